//! The world around a real gate, for exploring it whole: playout, recorder, the core's phase, and what is true of the people there.
//!
//! The gate is the real one: it is taken apart into [`Frozen`] and put together again between steps, which only its own tests can do.
//! **Bounds**: one disclosure at the carrier and one other item behind it; counters are kept by what is compared (the same, or earlier);
//! the core's phase, the playout and the recorder are models of what they do, written from their documents. A person who takes another's
//! place without a sign of it (no hold, no transfer, no greeting) is in no model: nobody can notice that.

use super::explore::Model;
use super::step::Step;
use super::*;

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
    pub(super) objected: bool,
}

/// The present epoch and arming of every gate that is thawed.
pub(super) const NOW: u32 = 10;

impl Frozen {
    pub(super) fn of(gate: &Gate) -> Frozen {
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

    pub(super) fn thaw(&self, rules: GateRules) -> Gate {
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
    People {
        current: bool,
    },
    Stopped,
}

/// Something of the agent's that waits for its turn, or is at the carrier.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Queued {
    pub(super) item: Kind,
    pub(super) epoch_now: bool,
    pub(super) arming_now: bool,
    /// The carrier was told to forget it: whoever listens did not hear it to its end.
    pub(super) cleared: bool,
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
    pub(super) fn item(self) -> Item {
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

    pub(super) fn is_about_patient(self) -> bool {
        matches!(self, Kind::PatientSegment | Kind::PatientKeys | Kind::HeardSegment)
    }

    pub(super) fn is_for_machines(self) -> bool {
        matches!(self, Kind::MapKeys | Kind::PatientKeys | Kind::MenuAnswer)
    }

    pub(super) fn disclosure(self) -> Option<ClipKind> {
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
    pub(super) tape: Tape,
    /// A disclosure at the carrier.
    pub(super) on_air: Option<Queued>,
    /// Something else that was let pass and is not heard yet.
    pub(super) waiting: Option<Queued>,
    // What is true, kept without the gate's help.
    /// A person was noticed since the last transfer.
    pub(super) person: bool,
    /// A disclosure that was due was heard to its end by the people now on the line.
    pub(super) told: bool,
    /// The payer was shown since the last transfer or take-over.
    pub(super) verified: bool,
    pub(super) asked: bool,
    pub(super) objected: bool,
    /// Forms of the disclosure that were begun for these listeners; more than four count as four.
    pub(super) begun: u8,
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
    Cut {
        heard: bool,
    },
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
    /// Fixed clips wait until the gate is open, like everything else.
    HoldsFixedClipsBack,
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
pub(super) const PERMIT: &str =
    "a recording permit is minted after proof only, and never after an objection";
pub(super) const TAPE: &str = "the recorder keeps people only under a permit that covers them";
pub(super) const VALUES: &str = "patient values pass only to a payer that was verified since the last transfer or take-over, and only when asked for";
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
            let ends =
                [Act::Mark, Act::Cut { heard: true }, Act::Cut { heard: false }, Act::Unproven];
            acts.extend(ends);
        }
        acts
    }

    fn step(&self, world: &World, act: Act) -> Result<Option<World>, &'static str> {
        if world.phase == Phase::Ended {
            return Ok(None);
        }
        let mut step = Step::new(self.fault, world.gate.thaw(self.rules()), world.clone());
        if !step.run(act)? {
            return Ok(None);
        }
        step.laws()?;
        Ok(Some(step.freeze()))
    }
}

impl Queued {
    pub(super) fn admitted(&self) -> Admitted {
        Admitted::new(self.item.item(), age(self.epoch_now), age(self.arming_now))
    }
}
