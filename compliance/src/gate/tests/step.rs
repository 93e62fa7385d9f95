//! One act done to the real gate and to the world around it, and what must hold afterwards.
//!
//! What the world is made of, and what is bounded, is said in [`super::world`].

use super::world::{
    Act, FIXED, FIXED_ONLY, Fault, Frozen, Kind, NOW, OLD_MARK, ONCE, OPERATOR, PERMIT, Phase,
    Queued, TAPE, Tape, VALUES, World,
};
use super::*;
use crate::recording::RecordingPermit;

/// One step under way: the real gate, and the world around it.
pub(super) struct Step {
    fault: Fault,
    gate: Gate,
    next: World,
}

impl Step {
    pub(super) fn new(fault: Fault, gate: Gate, next: World) -> Step {
        Step { fault, gate, next }
    }

    /// Does the act. `false` where it cannot happen.
    pub(super) fn run(&mut self, act: Act) -> Result<bool, &'static str> {
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
            ArmReason::Person | ArmReason::HoldEnded | ArmReason::Doubt | ArmReason::TakeOver => {
                false
            }
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
            | Fault::HoldsFixedClipsBack
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
            ArmReason::Person | ArmReason::NewPerson | ArmReason::TakeOver => {
                self.next.person = true
            }
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
        let held_back = self.fault == Fault::HoldsFixedClipsBack && self.gate.mode != Mode::Open;
        let passed = self.gate.admit(&kind.item()).is_ok() && !held_back;
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
    pub(super) fn laws(&self) -> Result<(), &'static str> {
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

    pub(super) fn freeze(self) -> World {
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
