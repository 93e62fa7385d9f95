//! The disclosure gate: a pure machine between everything the agent wants to say or key and the far end.
//!
//! Modes: *menu* (keys and phrases of the menu map pass), *armed* (only fixed compliance clips pass), *open*, and *operator* (a person
//! of the practice has the line, and the agent is silent but for fixed compliance clips). A new person, the end of a hold, a transfer,
//! a doubt or an operator's giving the line back arms it. It opens when the disclosure is proven to have been **played out**: by the carrier's
//! mark in the current playout epoch, or by the paced clock where a carrier has no marks. A mark that comes back after a clear
//! proves nothing, because clearing begins a new epoch.
//!
//! An interrupted disclosure is repeated from where it was cut, once; then comes one short form that is not interruptible; then the
//! call is ended politely. [`Gate::due`] says which clip that is.
//!
//! Patient values pass only to a verified counterparty, only if the far end's last act asked for them and the policy allows them.
//!
//! It is driven by `media::playout`, which owns it. The gate has no clock and hears nothing. **What it does not prove**: that a
//! `PlayProof` is honest, that the far end listened, or that the words of a segment carry no more than was said they do.
//!
//! Rules: D1, D2, D3, V2, V3. Sources: FCC 24-17 (AI voices are artificial voices), 47 CFR 64.1200(b) (identification), Cal. Penal
//! Code 632 and 632.7, RCW 9.73.030(3) (the announcement is recorded too).

mod item;
mod terms;
#[cfg(test)]
mod tests;

use crate::egress::FieldSet;
use crate::recording::RecordingPermit;

use item::NEEDS_COUNTERPARTY;
pub use item::{Admitted, ClipKind, GateRefusal, Item, KeySource};
pub use terms::{
    ArmReason, Counterparty, GateRules, Mode, NextStep, Opened, PacedClock, PersonWasHeard,
    PlayProof, ProofBy,
};

/// How often an interrupted disclosure may be repeated, at most (design: "once").
const REPEATS_CEILING: u8 = 1;

/// What must be proven next for the gate to open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Due {
    Full,
    Rest,
    Short,
    End,
}

impl Due {
    /// Whether the playout of `clip` would open the gate. The whole stands for its rest; nothing stands for the short form, which is
    /// the last attempt and is not interruptible.
    const fn takes(self, clip: ClipKind) -> bool {
        matches!(
            (self, clip),
            (Due::Full | Due::Rest, ClipKind::Disclosure)
                | (Due::Rest, ClipKind::DisclosureRest)
                | (Due::Short, ClipKind::DisclosureShort)
        )
    }
}

/// A form of the disclosure that was let pass and is not yet proven.
#[derive(Clone, Copy)]
struct Pending {
    clip: ClipKind,
    epoch: u32,
}

/// The disclosure gate of one call. It starts in menu mode, with an unknown counterparty.
pub struct Gate {
    rules: GateRules,
    mode: Mode,
    epoch: u32,
    /// Counts how often the gate was armed for somebody new; what was let pass before is void after.
    arming: u32,
    due: Due,
    repeats: u8,
    pending: Option<Pending>,
    person_heard: bool,
    counterparty: Option<Counterparty>,
    asked: FieldSet,
    objected: bool,
}

impl Gate {
    /// The gate of a new call.
    #[must_use]
    pub const fn new(rules: GateRules) -> Gate {
        Gate {
            rules,
            mode: Mode::Menu,
            epoch: 0,
            arming: 0,
            due: Due::Full,
            repeats: 0,
            pending: None,
            person_heard: false,
            counterparty: None,
            asked: FieldSet::EMPTY,
            objected: false,
        }
    }

    /// The mode it is in.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// The playout epoch. It goes up with every clear.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The clip that is due while the gate is armed: a form of the disclosure, or the polite end. `None` in the other modes.
    #[must_use]
    pub const fn due(&self) -> Option<ClipKind> {
        match (self.mode, self.due) {
            (Mode::Menu | Mode::Open | Mode::Operator, _) => None,
            (Mode::Armed, Due::Full) => Some(ClipKind::Disclosure),
            (Mode::Armed, Due::Rest) => Some(ClipKind::DisclosureRest),
            (Mode::Armed, Due::Short) => Some(ClipKind::DisclosureShort),
            (Mode::Armed, Due::End) => Some(ClipKind::PoliteEnd),
        }
    }

    /// Closes the gate to everything but fixed compliance clips until a disclosure is proven.
    ///
    /// While it is armed already, `Doubt` and a person who is known of change nothing; every other reason means that somebody new may
    /// listen, so a disclosure under way proves nothing any more and the whole of it is due.
    ///
    /// While an operator has the line it stays theirs, whoever else comes and goes: only [`ArmReason::TakeOver`] arms it again.
    pub fn arm(&mut self, why: ArmReason) {
        if self.mode == Mode::Operator && why != ArmReason::TakeOver {
            return;
        }
        let same_listener = match why {
            ArmReason::Doubt => true,
            ArmReason::Person => self.person_heard,
            ArmReason::NewPerson
            | ArmReason::HoldEnded
            | ArmReason::Transfer
            | ArmReason::TakeOver => false,
        };
        self.person_heard = match why {
            ArmReason::Person | ArmReason::NewPerson | ArmReason::TakeOver => true,
            ArmReason::Transfer => false,
            ArmReason::HoldEnded | ArmReason::Doubt => self.person_heard,
        };
        if matches!(why, ArmReason::Transfer | ArmReason::TakeOver) {
            self.counterparty = None;
        }
        self.asked = FieldSet::EMPTY;
        if self.mode == Mode::Armed && same_listener {
            return;
        }
        self.close_to_all(Mode::Armed);
    }

    /// An operator takes the line: what was let pass is void, and so is every recording permit, until the line is given back and a
    /// disclosure to whoever is there then is proven. The operator was told nothing, so nothing of the operator is kept.
    pub fn taken_over(&mut self) {
        self.person_heard = true;
        self.counterparty = None;
        self.asked = FieldSet::EMPTY;
        if self.mode != Mode::Operator {
            self.close_to_all(Mode::Operator);
        }
    }

    /// Somebody new listens, in this mode: what was let pass for others is void, and the whole disclosure is due to them.
    const fn close_to_all(&mut self, mode: Mode) {
        self.mode = mode;
        self.arming = self.arming.wrapping_add(1);
        self.due = Due::Full;
        self.repeats = 0;
        self.pending = None;
    }

    /// Goes (back) to menu mode, as after a false alarm on hold or a transfer into another menu.
    ///
    /// # Errors
    /// [`PersonWasHeard`] where a person was heard since the last transfer, the gate is open, or an operator has the line: then it stays
    /// as it is.
    pub fn menu(&mut self) -> Result<(), PersonWasHeard> {
        match self.mode {
            Mode::Menu => Ok(()),
            Mode::Armed if !self.person_heard => {
                self.mode = Mode::Menu;
                self.arming = self.arming.wrapping_add(1);
                self.pending = None;
                self.asked = FieldSet::EMPTY;
                Ok(())
            }
            Mode::Armed | Mode::Open | Mode::Operator => Err(PersonWasHeard),
        }
    }

    /// The far end was shown to be the allowlisted payer. Holds until a transfer or a take-over. While an operator has the line nothing
    /// shows it: whoever is there then need not be there when the line is given back.
    pub fn counterparty(&mut self, evidence: Counterparty) {
        if self.mode != Mode::Operator {
            self.counterparty = Some(evidence);
        }
    }

    /// How the far end was shown to be the payer, if it was.
    #[must_use]
    pub const fn counterparty_evidence(&self) -> Option<Counterparty> {
        self.counterparty
    }

    /// The fields that the far end's last act asked for. Replaces what it asked for before.
    pub const fn asked(&mut self, fields: FieldSet) {
        self.asked = fields;
    }

    /// Lets an item pass, or says why not. Nothing is queued for playout without the [`Admitted`].
    ///
    /// # Errors
    /// The first [`GateRefusal`] that applies.
    pub fn admit(&mut self, item: &Item) -> Result<Admitted, GateRefusal> {
        self.check(item)?;
        if let Item::Clip(clip) = item
            && clip.is_disclosure()
            && self.mode == Mode::Armed
        {
            self.pending = Some(Pending { clip: *clip, epoch: self.epoch });
        }
        Ok(Admitted::new(*item, self.epoch, self.arming))
    }

    /// Whether an item that was let pass may still be played. Fixed compliance clips always may, but not a disclosure to somebody
    /// who is gone; anything else only while the gate was not armed since.
    #[must_use]
    pub const fn still_passes(&self, admitted: &Admitted) -> bool {
        match admitted.item() {
            Item::Clip(clip) if clip.passes_always() && !clip.is_disclosure() => true,
            Item::Clip(_) | Item::Keys { .. } | Item::MenuAnswer | Item::Segment { .. } => {
                admitted.arming() == self.arming
            }
        }
    }

    /// A clip was played to its end. Opens the gate if it is the disclosure that is due, let pass in this arming, and the proof is of
    /// the current epoch.
    pub fn played(&mut self, clip: ClipKind, proof: PlayProof) -> Option<Opened> {
        if proof.by == ProofBy::PacedClock && self.rules.paced_clock == PacedClock::ProvesNothing {
            return None;
        }
        let pending = self.pending?;
        let of_this_epoch = pending.epoch == self.epoch && proof.epoch == self.epoch;
        if self.mode != Mode::Armed || pending.clip != clip || !of_this_epoch {
            return None;
        }
        if !self.due.takes(clip) {
            return None;
        }
        self.mode = Mode::Open;
        self.pending = None;
        let permit = if self.objected { None } else { self.rules.recording.mint(self.arming) };
        Some(Opened { permit, by: proof.by })
    }

    /// Queued playout was cleared: a new epoch begins, and proofs of the old one are void.
    pub const fn cleared(&mut self) {
        self.epoch = self.epoch.wrapping_add(1);
    }

    /// A clip was cut after `played_ms` of its `total_ms`. Says what follows; [`Gate::due`] names the clip.
    ///
    /// Where nothing of the disclosure was heard, what was not heard is the whole, so the whole is due again.
    pub fn interrupted(&mut self, clip: ClipKind, played_ms: u32, total_ms: u32) -> NextStep {
        let repeat = match played_ms {
            0 => Some(Due::Full),
            _ if played_ms < total_ms => Some(Due::Rest),
            _ => None,
        };
        self.fell_through(clip, repeat)
    }

    /// A clip came to its end, as far as can be told, but no proof of it came: a mark was lost. Says what follows.
    pub fn unproven(&mut self, clip: ClipKind) -> NextStep {
        self.fell_through(clip, None)
    }

    /// A disclosure under way did not complete. `repeat` is what a repeat of it would be.
    fn fell_through(&mut self, clip: ClipKind, repeat: Option<Due>) -> NextStep {
        let under_way = self.pending.is_some_and(|pending| pending.clip == clip);
        if self.mode != Mode::Armed || !under_way {
            return NextStep::Continue;
        }
        self.pending = None;
        let repeats_max = self.rules.disclosure_repeats_max.min(REPEATS_CEILING);
        let (due, step) = match (self.due, repeat) {
            (Due::Full | Due::Rest, Some(again)) if self.repeats < repeats_max => {
                self.repeats += 1;
                (again, NextStep::RepeatRest)
            }
            (Due::Full | Due::Rest, _) => (Due::Short, NextStep::ShortForm),
            (Due::Short | Due::End, _) => (Due::End, NextStep::EndPolitely),
        };
        self.due = due;
        step
    }

    /// Somebody objected to being recorded: no [`RecordingPermit`] is minted on this call any more, and none covers.
    pub const fn objected(&mut self) {
        self.objected = true;
    }

    /// Whether a recording permit covers what is heard now: nobody objected, and the gate is open to the people it was minted for.
    #[must_use]
    pub fn covers(&self, permit: &RecordingPermit) -> bool {
        !self.objected && self.mode == Mode::Open && permit.arming() == self.arming
    }

    fn check(&self, item: &Item) -> Result<(), GateRefusal> {
        let passes = match (item, self.mode) {
            (Item::Clip(clip), mode) => clip.passes_always() || mode == Mode::Open,
            (Item::Keys { .. }, mode) => matches!(mode, Mode::Menu | Mode::Open),
            (Item::MenuAnswer, mode) => mode == Mode::Menu,
            (Item::Segment { .. }, mode) => mode == Mode::Open,
        };
        if !passes {
            return Err(GateRefusal::NotOpen);
        }
        // So what is under way is never given up for a form that proves nothing, and the agent does not speak into an operator's turn.
        if let Item::Clip(clip) = item
            && clip.is_disclosure()
            && (self.mode == Mode::Operator || self.mode == Mode::Armed && !self.due.takes(*clip))
        {
            return Err(GateRefusal::DisclosureNotDue);
        }
        if let Item::Keys { source, carries } = item {
            let from_nowhere = match source {
                KeySource::Map => false,
                KeySource::ApprovedList => !carries.is_empty(),
                KeySource::Token => carries.is_empty(),
            };
            if from_nowhere {
                return Err(GateRefusal::KeysFromNowhere);
            }
        }
        self.check_fields(item.carries())
    }

    fn check_fields(&self, carries: FieldSet) -> Result<(), GateRefusal> {
        let not_allowed = carries.minus(self.rules.allowed);
        if !not_allowed.is_empty() {
            return Err(GateRefusal::FieldNotAllowed(not_allowed));
        }
        let about_patient = carries.intersection(NEEDS_COUNTERPARTY);
        if !about_patient.is_empty() && self.counterparty.is_none() {
            return Err(GateRefusal::CounterpartyUnverified);
        }
        let not_asked = carries.intersection(FieldSet::PATIENT).minus(self.asked);
        if !not_asked.is_empty() {
            return Err(GateRefusal::FieldNotAsked(not_asked));
        }
        Ok(())
    }
}
