//! The playout's vocabulary: what goes in, what goes to the carrier, and what became of each item.
//!
//! No behaviour here beyond showing and defaults.

use super::{ITEMS_MAX, QUEUED_S_MAX};
use crate::tone::dtmf::Press;
use bytes::Bytes;
use callwright_compliance::gate::{GateRefusal, NextStep, Opened};

/// Names an item to the caller. The caller chooses it, and never twice in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(pub u64);

/// Whether the carrier sends marks back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MarkSupport {
    /// It echoes a mark when everything before it was played (Twilio).
    Echo,
    /// It has none: playout is proven by the paced clock, where the gate's rules let that prove anything.
    None,
}

/// Settings of the playout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlayoutConfig {
    /// Whether the carrier sends marks back.
    pub marks: MarkSupport,
    /// How keys are pressed.
    pub press: Press,
    /// Audio that may be queued, seconds.
    pub queued_s_max: u32,
}

impl PlayoutConfig {
    /// The defaults for a carrier.
    #[must_use]
    pub fn new(marks: MarkSupport) -> PlayoutConfig {
        PlayoutConfig { marks, press: Press::default(), queued_s_max: QUEUED_S_MAX }
    }
}

/// What to send to the carrier, in this order.
#[derive(Clone, PartialEq, Eq)]
pub enum Transmit {
    /// Mu-law audio, at most 200 ms.
    Media(Bytes),
    /// A mark to be echoed when what was sent before it has been played.
    Mark(String),
    /// Throw away what was sent and not yet played.
    Clear,
}

/// Sizes and names only: audio may say a patient's values.
impl std::fmt::Debug for Transmit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Transmit::Media(audio) => write!(f, "Media({} bytes)", audio.len()),
            Transmit::Mark(name) => write!(f, "Mark({name})"),
            Transmit::Clear => f.write_str("Clear"),
        }
    }
}

/// How it is known that an item was played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DoneBy {
    /// Its mark came back.
    Mark,
    /// Its length went by; the carrier has no marks.
    PacedClock,
    /// Its length and five seconds more went by without the mark. The call goes on, but this proves nothing
    /// to the gate.
    Unproven,
}

/// What became of items.
pub enum PlayoutEvent {
    /// The far end begins to hear the item, by the estimate.
    Started {
        /// Which.
        id: ItemId,
    },
    /// The item was played to its end.
    Done {
        /// Which.
        id: ItemId,
        /// How that is known.
        by: DoneBy,
        /// What the gate wants next, where the item was a disclosure whose end could not be proven.
        next: NextStep,
    },
    /// The item was cut, or thrown away before it began (`played_ms` 0).
    Cut {
        /// Which.
        id: ItemId,
        /// How much of it was heard, by the estimate.
        played_ms: u32,
        /// What the gate wants next, where the item was a disclosure.
        next: NextStep,
    },
    /// A disclosure was proven and the gate opened. Told before its `Done`.
    GateOpened {
        /// The disclosure.
        id: ItemId,
        /// With the recording permit, where the call has leave to record.
        opened: Opened,
    },
}

/// What a cut spares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cut {
    /// The far end speaks: clips that are heard to their end go on, everything else goes.
    Interruption,
    /// Everything goes.
    Everything,
}

/// Why an item was not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlayoutError {
    /// Policy: the gate did not let it pass.
    #[error("the gate refuses: {0}")]
    Refused(#[from] GateRefusal),
    /// The caller's fault: too much is queued already. Cut, or wait for items to be done.
    #[error(
        "the playout queue is full ({seconds} s or {ITEMS_MAX} items): cut, or wait for items to be done"
    )]
    Full {
        /// The limit on audio, seconds.
        seconds: u32,
    },
    /// The caller's fault: there is no audio, so nothing could be heard.
    #[error("the item has no audio: have its words spoken again")]
    Empty,
    /// The caller's fault: no disclosure can be said in so little audio.
    #[error("{ms} ms of audio cannot be a disclosure: have the clip spoken again")]
    DisclosureTooShort {
        /// How long it is, ms.
        ms: u32,
    },
    /// The caller's fault: an item of this id is queued.
    #[error("an item of this id is queued already: take a new id")]
    DuplicateId,
    /// The segment was finished, cut, or never begun. After a cut this is to be expected: stop appending.
    #[error("no open segment of this id: it was finished or cut, or never begun")]
    Gone,
}
