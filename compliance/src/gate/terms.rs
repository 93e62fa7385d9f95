//! The words in which the gate is spoken to, and in which it answers.
//!
//! This module holds no state; [`super::Gate`] does.

use crate::egress::FieldSet;
use crate::recording::{RecordingGrant, RecordingPermit};

/// What the gate lets pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// A machine is heard: keys and phrases of the menu map pass.
    Menu,
    /// A person may be there: only fixed compliance clips pass.
    Armed,
    /// The disclosure to the people on the line was proven: turns pass, with their fields checked.
    Open,
    /// An operator, a person of the practice, has the line and speaks for it: only fixed compliance clips pass, no disclosure opens
    /// anything, and nobody is recorded. Only [`ArmReason::TakeOver`], the operator's giving the line back, leads out of it.
    Operator,
}

/// Why the gate is armed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArmReason {
    /// A person is heard.
    Person,
    /// Another person than before is heard.
    NewPerson,
    /// Hold music or the queue ended.
    HoldEnded,
    /// The far end transfers the call. What is known about the counterparty is void.
    Transfer,
    /// It is not clear whether a person is there.
    Doubt,
    /// An operator gave the line back. Who was led to it meanwhile is not known, so what is known about the counterparty is void.
    TakeOver,
}

/// How the far end was shown to be the allowlisted payer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Counterparty {
    /// A prompt matched the payer's menu map.
    MatchedMap,
    /// A greeting named the payer.
    MatchedGreeting,
}

/// How it is known that a clip was played to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProofBy {
    /// The carrier sent back the mark that followed the clip.
    Mark,
    /// The clip's length went by on the paced clock. Only where the carrier has no marks; recorded as such.
    PacedClock,
}

/// A clip was played to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PlayProof {
    /// The playout epoch in which the clip was queued.
    pub epoch: u32,
    /// How it is known.
    pub by: ProofBy,
}

/// Whether a paced clock proves anything on this call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PacedClock {
    /// The carrier has marks, so only they prove.
    #[default]
    ProvesNothing,
    /// The carrier has no marks.
    Proves,
}

/// What the gate of one call is told at its beginning.
pub struct GateRules {
    /// The fields that may be given to this payer for this purpose ([`crate::egress::allowed`]).
    pub allowed: FieldSet,
    /// How often an interrupted disclosure is repeated before the short form. Rule D1 has once; more is taken as once.
    pub disclosure_repeats_max: u8,
    /// Whether the paced clock proves playout.
    pub paced_clock: PacedClock,
    /// The call's leave to record people, from its dial permit, or [`RecordingGrant::none`].
    pub recording: RecordingGrant,
}

/// The gate opened.
pub struct Opened {
    /// Leave to record the people on the line, where the call has leave and nobody objected.
    pub permit: Option<RecordingPermit>,
    /// How the playout was proven.
    pub by: ProofBy,
}

/// What follows an interruption.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NextStep {
    /// Play what was not heard of the disclosure: the rest, or the whole where nothing was heard ([`super::Gate::due`]).
    RepeatRest,
    /// Play the short form, not interruptible.
    ShortForm,
    /// Play [`super::ClipKind::PoliteEnd`] and hang up.
    EndPolitely,
    /// Nothing is due because of this: the clip was no disclosure to the people now on the line.
    Continue,
}

/// The gate was not set back to its menu mode: a person was heard since the last transfer, the gate is open, or an operator has the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "D1: a person was heard on this stretch of the leg, so the gate does not go back to menu mode"
)]
pub struct PersonWasHeard;
