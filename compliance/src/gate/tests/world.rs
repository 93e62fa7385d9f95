//! The world around a real gate, for exploring it whole: playout, recorder, the core's phase, and what is true of the people there.
//!
//! The gate is the real one: it is taken apart into [`Frozen`] and put together again between steps, which only its own tests can do.
//! **Bounds**: one disclosure at the carrier and one other item behind it; counters are kept by what is compared (the same, or earlier);
//! the core's phase, the playout and the recorder are models of what they do, written from their documents. A person who takes another's
//! place without a sign of it (no hold, no transfer, no greeting) is in no model: nobody can notice that.

use super::explore::Model;
use super::*;
use crate::recording::RecordingPermit;

/// All of a gate but its rules. Epochs and armings are only ever compared with the present one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Frozen {
    pub(super) mode: Mode,
    due: Due,
    repeats: u8,
    /// The form that is under way, and whether it was let pass in the present epoch.
    pending: Option<(ClipKind, bool)>,
    person_heard: bool,
    counterparty: Option<Counterparty>,
    asked: FieldSet,
    objected: bool,
}

/// The present epoch and arming of every gate that is thawed.
const NOW: u32 = 10;

impl Frozen {
    fn of(gate: &Gate) -> Frozen {
        Frozen {
            mode: gate.mode,
            due: gate.due,
            repeats: gate.repeats,
            pending: gate.pending.map(|pending| (pending.clip, pending.epoch == gate.epoch)),
            person_heard: gate.person_heard,
            counterparty: gate.counterparty,
            asked: gate.asked,
            objected: gate.objected,
        }
    }

    fn thaw(&self, rules: GateRules) -> Gate {
        Gate {
            rules,
            mode: self.mode,
            epoch: NOW,
            arming: NOW,
            due: self.due,
            repeats: self.repeats,
            pending: self.pending.map(|(clip, current)| Pending { clip, epoch: age(current) }),
            person_heard: self.person_heard,
            counterparty: self.counterparty,
            asked: self.asked,
            objected: self.objected,
        }
    }
}

const fn age(current: bool) -> u32 {
    if current { NOW } else { NOW - 1 }
}

/// What the core believes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Phase {
    Menu,
    Hold,
    Person,
    Operator,
    /// The polite end was played.
    Ended,
}

/// The recorder, as `media::recorder` says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Tape {
    Machine,
    Waiting,
    /// With a permit, of this arming or an earlier one.
    People { current: bool },
    Stopped,
}

/// Something of the agent's that waits for its turn, or is at the carrier.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Queued {
    item: Kind,
    epoch_now: bool,
    arming_now: bool,
    /// The carrier was told to forget it: whoever listens did not hear it to its end.
    cleared: bool,
}

/// What the agent can want to be heard.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Kind {
    Clip(ClipKind),
    Segment,
    PatientSegment,
    HeardSegment,
    MapKeys,
    PatientKeys,
    MenuAnswer,
}

impl Kind {
    fn item(self) -> Item {
        match self {
            Kind::Clip(clip) => Item::Clip(clip),
            Kind::Segment => segment(FieldSet::EMPTY),
            Kind::PatientSegment => segment(MEMBER),
            Kind::HeardSegment => segment(Field::HeardValue.into()),
            Kind::MapKeys => keys(KeySource::Map, FieldSet::EMPTY),
            Kind::PatientKeys => keys(KeySource::Token, MEMBER),
            Kind::MenuAnswer => Item::MenuAnswer,
        }
    }

    fn is_about_patient(self) -> bool {
        matches!(self, Kind::PatientSegment | Kind::PatientKeys | Kind::HeardSegment)
    }

    fn is_for_machines(self) -> bool {
        matches!(self, Kind::MapKeys | Kind::PatientKeys | Kind::MenuAnswer)
    }

    fn disclosure(self) -> Option<ClipKind> {
        match self {
            Kind::Clip(clip) if clip.is_disclosure() => Some(clip),
            Kind::Clip(_)
            | Kind::Segment
            | Kind::PatientSegment
            | Kind::HeardSegment
            | Kind::MapKeys
            | Kind::PatientKeys
            | Kind::MenuAnswer => None,
        }
    }
}

/// The whole world.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct World {
    pub(super) gate: Frozen,
    pub(super) phase: Phase,
    tape: Tape,
    /// A disclosure at the carrier.
    on_air: Option<Queued>,
    /// Something else that was let pass and is not heard yet.
    waiting: Option<Queued>,
    // What is true, kept without the gate's help.
    /// A person was noticed since the last transfer.
    person: bool,
    /// A disclosure that was due was heard to its end by the people now on the line.
    told: bool,
    /// The payer was shown since the last transfer or take-over.
    verified: bool,
    asked: bool,
    objected: bool,
    /// Forms of the disclosure that were begun for these listeners; more than four count as four.
    begun: u8,
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Arm(ArmReason),
    TakenOver,
    Menu,
    Verified,
    Asked(bool),
    Objected,
    Queue(Kind),
    /// What waits is heard now.
    Play,
    /// The mark of the disclosure comes back.
    Mark,
    /// A mark of an earlier epoch comes back with the name of the disclosure.
    OldMark,
    /// The paced clock says that it was played.
    PacedClock,
    /// The far end cuts it, after some of it or before.
    Cut { heard: bool },
    /// Something else is cut: the carrier forgets all that it has.
    Cleared,
    /// Its mark is given up.
    Unproven,
}

/// A driver that does something wrong, so that each law can be seen to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// After a clear the disclosure is let pass anew without being sent again.
    ReadmitsWhatIsGone,
    NewPersonIsNotTold,
    TransferIsNotTold,
    ObjectionIsNotTold,
    CutIsNotTold,
    TakeOverIsNotTold,
    /// What was let pass for somebody else is played on.
    PlaysWhatIsStale,
    /// After a transfer it shows the payer by what was heard before.
    RemembersThePayer,
    /// It gives the gate what the person before had asked for.
    RemembersTheQuestion,
    /// The recorder goes on when the gate is armed again.
    RecordsOn,
    /// No mark comes back and none is given up.
    WaitsForever,
}

impl World {
    /// The gate waits for a disclosure to be proven, or to be given up.
    pub(super) fn is_armed(&self) -> bool {
        self.gate.mode == Mode::Armed
    }

    /// It is open, or nothing but the polite end is due any more.
    pub(super) fn is_decided(&self) -> bool {
        self.gate.mode == Mode::Open || self.is_armed() && self.gate.due == Due::End
    }

    /// The form of the disclosure that playout would be given next; `None` while one is at the carrier.
    pub(super) fn next_attempt(&self) -> Option<Kind> {
        let due = self.gate.thaw(rules()).due()?;
        self.on_air.is_none().then_some(Kind::Clip(due))
    }
}

/// See the module.
pub(super) struct Bench {
    pub(super) fault: Fault,
    pub(super) paced_clock: PacedClock,
}

pub(super) const REASONS: [ArmReason; 6] = [
    ArmReason::Person,
    ArmReason::NewPerson,
    ArmReason::HoldEnded,
    ArmReason::Transfer,
    ArmReason::Doubt,
    ArmReason::TakeOver,
];

const KINDS: [Kind; 11] = [
    Kind::Clip(ClipKind::Disclosure),
    Kind::Clip(ClipKind::DisclosureRest),
    Kind::Clip(ClipKind::DisclosureShort),
    Kind::Clip(ClipKind::PoliteEnd),
    Kind::Clip(ClipKind::Filler),
    Kind::Segment,
    Kind::PatientSegment,
    Kind::HeardSegment,
    Kind::MapKeys,
    Kind::PatientKeys,
    Kind::MenuAnswer,
];

pub(super) const FIXED_ONLY: &str = "nothing but fixed clips reaches a person before proof";
pub(super) const OLD_MARK: &str = "a mark from an earlier epoch, or of cleared audio, never opens";
pub(super) const PERMIT: &str = "a recording permit is minted after proof only, and never after an objection";
pub(super) const TAPE: &str = "the recorder keeps people only under a permit that covers them";
pub(super) const VALUES: &str =
    "patient values pass only to a payer that was verified since the last transfer or take-over, and only when asked for";
pub(super) const ONCE: &str = "one whole, at most one repeat, one short form, then the end";
pub(super) const FIXED: &str = "fixed compliance clips pass in every mode";
pub(super) const OPERATOR: &str = "an operator's line stays the operator's until it is given back";

impl Bench {
    fn rules(&self) -> GateRules {
        GateRules { paced_clock: self.paced_clock, ..rules() }
    }
}

impl Model for Bench {
    type State = World;
    type Act = Act;

    fn start(&self) -> World {
        World {
            gate: Frozen::of(&Gate::new(self.rules())),
            phase: Phase::Menu,
            tape: Tape::Machine,
            on_air: None,
            waiting: None,
            person: false,
            told: false,
            verified: false,
            asked: false,
            objected: false,
            begun: 0,
        }
    }

    fn acts(&self) -> Vec<Act> {
        let mut acts = vec![
            Act::TakenOver,
            Act::Menu,
            Act::Verified,
            Act::Asked(true),
            Act::Asked(false),
            Act::Objected,
            Act::Play,
            Act::OldMark,
            Act::PacedClock,
            Act::Cleared,
        ];
        acts.extend(REASONS.map(Act::Arm));
        acts.extend(KINDS.map(Act::Queue));
        if self.fault != Fault::WaitsForever {
            let ends = [Act::Mark, Act::Cut { heard: true }, Act::Cut { heard: false }, Act::Unproven];
            acts.extend(ends);
        }
        acts
    }

    fn step(&self, world: &World, act: Act) -> Result<Option<World>, &'static str> {
        if world.phase == Phase::Ended {
            return Ok(None);
        }
        let mut step = Step {
            fault: self.fault,
            gate: world.gate.thaw(self.rules()),
            next: world.clone(),
        };
        if !step.run(act)? {
            return Ok(None);
        }
        step.laws()?;
        Ok(Some(step.freeze()))
    }
}

/// One step under way: the real gate, and the world around it.
struct Step {
    fault: Fault,
    gate: Gate,
    next: World,
}

impl Step {
    /// Does the act. `false` where it cannot happen.
    fn run(&mut self, act: Act) -> Result<bool, &'static str> {
        match act {
            Act::Arm(why) => self.arm(why)?,
            Act::TakenOver => self.taken_over(),
            Act::Menu => self.menu(),
            Act::Verified => {
                self.gate.counterparty(Counterparty::MatchedGreeting);
                self.next.verified |= self.next.phase != Phase::Operator;
            }
            Act::Asked(asked) => {
                self.gate.asked(if asked { MEMBER } else { FieldSet::EMPTY });
                self.next.asked = asked;
            }
            Act::Objected => {
                if self.fault != Fault::ObjectionIsNotTold {
                    self.gate.objected();
                }
                self.next.objected = true;
                self.next.tape = Tape::Stopped;
            }
            Act::Queue(kind) => return self.queue(kind),
            Act::Play => return self.play(),
            Act::Mark => return self.proof(true, ProofBy::Mark),
            Act::OldMark => return self.proof(false, ProofBy::Mark),
            Act::PacedClock => return self.proof(true, ProofBy::PacedClock),
            Act::Cut { heard } => return Ok(self.cut(if heard { 10 } else { 0 })),
            Act::Cleared => self.clear(),
            Act::Unproven => return Ok(self.give_up()),
        }
        Ok(true)
    }

    fn arm(&mut self, why: ArmReason) -> Result<(), &'static str> {
        let with_operator = self.next.phase == Phase::Operator;
        let hidden = match why {
            ArmReason::NewPerson => self.fault == Fault::NewPersonIsNotTold,
            ArmReason::Transfer => self.fault == Fault::TransferIsNotTold,
            ArmReason::Person | ArmReason::HoldEnded | ArmReason::Doubt | ArmReason::TakeOver => false,
        };
        if !hidden {
            self.gate.arm(why);
            self.drop_stale();
        }
        match self.fault {
            Fault::RemembersThePayer => self.gate.counterparty(Counterparty::MatchedMap),
            Fault::RemembersTheQuestion => self.gate.asked(MEMBER),
            Fault::None
            | Fault::ReadmitsWhatIsGone
            | Fault::NewPersonIsNotTold
            | Fault::TransferIsNotTold
            | Fault::ObjectionIsNotTold
            | Fault::CutIsNotTold
            | Fault::TakeOverIsNotTold
            | Fault::PlaysWhatIsStale
            | Fault::RecordsOn
            | Fault::WaitsForever => {}
        }
        if with_operator && why != ArmReason::TakeOver {
            return if self.gate.mode == Mode::Operator { Ok(()) } else { Err(OPERATOR) };
        }
        self.next.phase = match why {
            ArmReason::HoldEnded | ArmReason::Transfer => Phase::Hold,
            ArmReason::Person | ArmReason::NewPerson | ArmReason::Doubt | ArmReason::TakeOver => {
                Phase::Person
            }
        };
        let same = match why {
            ArmReason::Doubt => true,
            ArmReason::Person => self.next.person,
            ArmReason::NewPerson
            | ArmReason::HoldEnded
            | ArmReason::Transfer
            | ArmReason::TakeOver => false,
        };
        match why {
            ArmReason::Person | ArmReason::NewPerson | ArmReason::TakeOver => self.next.person = true,
            ArmReason::Transfer => self.next.person = false,
            ArmReason::HoldEnded | ArmReason::Doubt => {}
        }
        // A gate that was open begins anew even for the same listener.
        if !same || self.next.told {
            self.next.begun = 0;
        }
        // From here on it means: told since the gate was armed last.
        self.next.told &= same && hidden;
        self.next.verified &= !matches!(why, ArmReason::Transfer | ArmReason::TakeOver);
        self.next.asked = false;
        self.people_from_here();
        Ok(())
    }

    fn taken_over(&mut self) {
        if self.fault != Fault::TakeOverIsNotTold {
            self.gate.taken_over();
            self.drop_stale();
        }
        let next = &mut self.next;
        (next.phase, next.person, next.told, next.verified) = (Phase::Operator, true, false, false);
        (next.begun, next.asked) = (0, false);
        self.people_from_here();
    }

    /// The recorder is told that somebody may be heard who was not told.
    fn people_from_here(&mut self) {
        if self.fault != Fault::RecordsOn && self.next.tape != Tape::Stopped {
            self.next.tape = Tape::Waiting;
        }
    }

    fn menu(&mut self) {
        let went = self.gate.menu().is_ok();
        self.drop_stale();
        if self.next.phase != Phase::Operator {
            self.next.phase = Phase::Menu;
        }
        if went {
            self.next.begun = 0;
            if self.next.tape == Tape::Waiting {
                self.next.tape = Tape::Machine;
            }
        }
    }

    fn queue(&mut self, kind: Kind) -> Result<bool, &'static str> {
        // The polite end is heard at once: it waits for nobody.
        let is_end = kind == Kind::Clip(ClipKind::PoliteEnd);
        let fits = match kind.disclosure() {
            Some(_) => self.next.on_air.is_none(),
            None => is_end || self.next.waiting.is_none(),
        };
        // What the core hands over: keys to a menu, words to a person.
        let in_phase = match self.next.phase {
            Phase::Menu => kind.is_for_machines() || matches!(kind, Kind::Clip(_)),
            Phase::Person => !kind.is_for_machines(),
            // It hands over nothing; playout's gate is asked all the same.
            Phase::Hold | Phase::Operator | Phase::Ended => true,
        };
        if !fits || !in_phase {
            return Ok(false);
        }
        let passed = self.gate.admit(&kind.item()).is_ok();
        if let Kind::Clip(clip) = kind
            && clip.passes_always()
            && !clip.is_disclosure()
            && !passed
        {
            return Err(FIXED);
        }
        if !passed {
            return Ok(false);
        }
        if self.next.phase == Phase::Operator && !is_end {
            return Err(OPERATOR);
        }
        if matches!(kind, Kind::PatientSegment | Kind::PatientKeys) && !self.next.asked {
            return Err(VALUES);
        }
        if is_end {
            // Heard at the end of what is due, or because the call is ended for another reason.
            self.next.phase = Phase::Ended;
            return Ok(true);
        }
        let queued = Queued { item: kind, epoch_now: true, arming_now: true, cleared: false };
        if let Some(clip) = kind.disclosure() {
            self.next.on_air = Some(queued);
            if self.gate.mode == Mode::Armed {
                self.begin(clip)?;
            }
        } else {
            self.next.waiting = Some(queued);
        }
        Ok(true)
    }

    /// A form of the disclosure begins: the whole, once again, the short one; a fourth is one too many.
    fn begin(&mut self, clip: ClipKind) -> Result<(), &'static str> {
        self.next.begun = (self.next.begun + 1).min(4);
        let right = (clip == ClipKind::Disclosure && self.next.begun <= 2)
            || (clip == ClipKind::DisclosureRest && self.next.begun == 2)
            || (clip == ClipKind::DisclosureShort && (2..=3).contains(&self.next.begun));
        if right { Ok(()) } else { Err(ONCE) }
    }

    /// What waits is heard, unless playout finds at the last moment that it may not be.
    fn play(&mut self) -> Result<bool, &'static str> {
        let Some(queued) = self.next.waiting.take() else {
            return Ok(false);
        };
        let stale = !self.gate.still_passes(&queued.admitted());
        if stale && self.fault != Fault::PlaysWhatIsStale {
            return Ok(true);
        }
        let to_machine = queued.item.is_for_machines() && !self.next.person;
        if !self.next.told && !to_machine {
            return Err(FIXED_ONLY);
        }
        if queued.item.is_about_patient() && !self.next.verified {
            return Err(VALUES);
        }
        Ok(true)
    }

    /// Playout's rule: whatever was let pass for others is cut.
    fn drop_stale(&mut self) {
        if self.fault == Fault::PlaysWhatIsStale {
            return;
        }
        let stale = |queued: &Queued, gate: &Gate| !gate.still_passes(&queued.admitted());
        if self.next.waiting.is_some_and(|queued| stale(&queued, &self.gate)) {
            self.next.waiting = None;
        }
        if self.next.on_air.is_some_and(|queued| stale(&queued, &self.gate)) {
            self.cut(10);
        }
    }

    fn cut(&mut self, played_ms: u32) -> bool {
        let Some(queued) = self.next.on_air.take() else {
            return false;
        };
        self.clear();
        if let Some(clip) = queued.item.disclosure()
            && self.fault != Fault::CutIsNotTold
        {
            self.gate.interrupted(clip, played_ms, 100);
        }
        true
    }

    fn give_up(&mut self) -> bool {
        let Some(queued) = self.next.on_air.take() else {
            return false;
        };
        if let Some(clip) = queued.item.disclosure() {
            self.gate.unproven(clip);
        }
        true
    }

    /// The carrier forgets all that it has.
    fn clear(&mut self) {
        self.gate.cleared();
        if let Some(queued) = &mut self.next.on_air {
            queued.cleared = true;
            queued.epoch_now = self.fault == Fault::ReadmitsWhatIsGone
                && self.gate.admit(&queued.item.item()).is_ok();
        }
    }

    fn proof(&mut self, own_epoch: bool, by: ProofBy) -> Result<bool, &'static str> {
        let Some(queued) = self.next.on_air else {
            return Ok(false);
        };
        let Some(clip) = queued.item.disclosure() else {
            return Ok(false);
        };
        let epoch = if own_epoch { queued.admitted().epoch() } else { NOW - 1 };
        let Some(opened) = self.gate.played(clip, PlayProof { epoch, by }) else {
            // It proves nothing, so it stays until it is given up.
            return Ok(false);
        };
        if !own_epoch || queued.cleared {
            return Err(OLD_MARK);
        }
        self.next.on_air = None;
        self.next.told = queued.arming_now && self.next.phase != Phase::Operator;
        if let Some(permit) = opened.permit {
            if self.next.objected || !self.next.told {
                return Err(PERMIT);
            }
            self.record(&permit);
        }
        Ok(true)
    }

    fn record(&mut self, permit: &RecordingPermit) {
        if self.next.tape != Tape::Stopped {
            self.next.tape = Tape::People { current: permit.arming() == NOW };
        }
    }

    /// What must hold after every step.
    fn laws(&self) -> Result<(), &'static str> {
        let gate = &self.gate;
        if gate.mode == Mode::Open && !self.next.told {
            return Err(FIXED_ONLY);
        }
        match self.next.tape {
            Tape::People { current } => {
                // A permit is of the arming in which it was minted; `freeze` turns the present one into an earlier one.
                let arming = if current { NOW } else { NOW - 1 };
                let permit = RecordingGrant::given(crate::id::DecisionId(1)).mint(arming);
                if !permit.is_some_and(|permit| gate.covers(&permit)) || !self.next.told {
                    return Err(TAPE);
                }
            }
            Tape::Machine if self.next.person => return Err(TAPE),
            Tape::Machine | Tape::Waiting | Tape::Stopped => {}
        }
        if self.next.phase == Phase::Operator && gate.mode != Mode::Operator {
            return Err(OPERATOR);
        }
        let fixed = ClipKind::ALL.iter().filter(|c| c.passes_always() && !c.is_disclosure());
        let mut probe = Frozen::of(gate).thaw(rules());
        for clip in fixed {
            if probe.admit(&Item::Clip(*clip)).is_err() {
                return Err(FIXED);
            }
        }
        Ok(())
    }

    fn freeze(self) -> World {
        let Step { gate, mut next, .. } = self;
        // `clear` has seen to the epochs.
        let ages = |queued: Queued| Queued {
            arming_now: queued.arming_now && gate.arming == NOW,
            ..queued
        };
        next.on_air = next.on_air.map(ages);
        next.waiting = next.waiting.map(ages);
        if let Tape::People { current } = &mut next.tape {
            *current &= gate.arming == NOW;
        }
        next.gate = Frozen::of(&gate);
        next
    }
}

impl Queued {
    fn admitted(&self) -> Admitted {
        Admitted::new(self.item.item(), age(self.epoch_now), age(self.arming_now))
    }
}
