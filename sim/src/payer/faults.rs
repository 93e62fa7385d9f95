//! What goes wrong on purpose: faults of the far end, of the carrier's media path and of the dial itself, as data.
//!
//! Times are milliseconds since the call was answered, or since the stream started where a field says so. This module
//! only describes faults; `carrier` commits them.

use serde::{Deserialize, Serialize};

/// All faults of one scenario. The default is a call on which nothing goes wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// How the dial itself ends.
    pub dial: DialFault,
    /// The far end hangs up in the middle of something.
    pub hang_up: Option<HangUpFault>,
    /// What becomes of the echoes of marks.
    pub marks: MarkFault,
    /// Stretches in which the stream carries no far-end audio.
    pub stalls: Vec<Stall>,
    /// Milliseconds after the first stream's start at which a second stream with the same URL and the same parameters is
    /// opened, as someone would who had seen the one-time token.
    pub second_stream_at_ms: Option<u64>,
    /// Frames pushed into the stream that a sound carrier would not send there.
    pub inject: Vec<Injection>,
    /// Whether keys sent as tones in the stream's audio are lost on the way, as over a codec that mangles them. Those that the carrier
    /// presses itself arrive.
    pub stream_tones_lost: bool,
}

/// How a dial ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DialFault {
    /// Answered after the scenario's ring time.
    #[default]
    None,
    /// Rings until the call's `Timeout`.
    NoAnswer,
    /// Busy (SIP 486).
    Busy,
    /// Cannot be reached (SIP 404).
    Failed,
}

/// The far end's sudden hang-up. One of `at_ms` and `step` must be given.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HangUpFault {
    /// At this many milliseconds after the answer.
    #[serde(default)]
    pub at_ms: Option<u64>,
    /// When the far end begins to say this step (a menu step, a request, a topic, or a fixed step's name).
    #[serde(default)]
    pub step: Option<String>,
    /// So many milliseconds into that step's words; so the hang-up comes mid-word.
    #[serde(default)]
    pub after_ms: u64,
    /// Only on this payer's first so many calls; on every one where it is left out.
    #[serde(default)]
    pub first_calls: Option<usize>,
}

impl HangUpFault {
    /// Whether the payer's `nth` call, from 0, is cut.
    #[must_use]
    pub fn cuts(&self, nth: usize) -> bool {
        self.first_calls.is_none_or(|calls| nth < calls)
    }
}

/// What becomes of the echoes of marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MarkFault {
    /// Echoed when due.
    #[default]
    None,
    /// Never echoed.
    Withheld,
    /// Held back until the next one is due, which then goes first.
    OutOfOrder,
    /// Echoed twice.
    Duplicated,
}

/// A stretch without far-end audio on the stream. The far end itself goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stall {
    /// Milliseconds since the stream's start.
    pub at_ms: u64,
    /// How long it lasts.
    pub for_ms: u64,
    /// Whether what was said meanwhile is lost; otherwise it arrives in one burst afterwards.
    #[serde(default)]
    pub lost: bool,
}

/// One frame that does not belong, and when it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Injection {
    /// Milliseconds since the stream's start.
    pub at_ms: u64,
    /// What is sent.
    pub what: Injected,
}

/// A frame pushed into the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Injected {
    /// A text frame that is not JSON.
    Malformed,
    /// A well-formed `media` message whose payload is one mebibyte.
    Oversized,
    /// A binary frame; the protocol has none.
    Binary,
    /// A JSON object whose `event` the protocol does not know.
    UnknownEvent,
    /// A `media` message of another stream.
    OtherStream,
    /// A `media` message whose payload is not base64.
    NotBase64,
    /// A second `start`.
    SecondStart,
    /// A `dtmf` message, as when the far end presses a key.
    Digit(char),
}

impl Faults {
    /// Whether nothing is to go wrong.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Faults::default()
    }
}
