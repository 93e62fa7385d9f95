//! What a peer may send at most, and what a message that breaks the protocol is called.
//!
//! A carrier is outside: nothing it sends may make this process allocate without bound, wait without bound,
//! or panic.

use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// The bounds of one stream. [`Limits::default`] is right for Twilio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest text message, bytes. A frame of 20 ms takes about 400. `start` carries what our own TwiML
    /// put into `<Parameter>`s, which is one token; Twilio would allow far more.
    pub message_bytes_max: usize,
    /// The longest decoded audio payload, bytes: two seconds. Twilio sends 160.
    pub payload_bytes_max: usize,
    /// The longest name of a mark, bytes. Ours take at most 32.
    pub mark_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { message_bytes_max: 32 * 1024, payload_bytes_max: 16_000, mark_bytes_max: 128 }
    }
}

impl Limits {
    /// The WebSocket settings that go with these limits: small buffers, as there are many calls, and a
    /// bounded write buffer.
    #[must_use]
    pub fn websocket(&self) -> WebSocketConfig {
        WebSocketConfig::default()
            .read_buffer_size(8 * 1024)
            .write_buffer_size(8 * 1024)
            .max_write_buffer_size(1024 * 1024)
            .max_message_size(Some(self.message_bytes_max))
            .max_frame_size(Some(self.message_bytes_max))
    }
}

/// The field of a message that is not as the protocol says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// `streamSid`
    StreamSid,
    /// `sequenceNumber`
    SequenceNumber,
    /// `start`
    Start,
    /// `start.mediaFormat`
    MediaFormat,
    /// `media`
    Media,
    /// `media.track`
    Track,
    /// `media.timestamp`
    Timestamp,
    /// `media.payload`
    Payload,
    /// `dtmf`
    Dtmf,
    /// `mark`
    Mark,
    /// `stop`
    Stop,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Part::StreamSid => "streamSid",
            Part::SequenceNumber => "sequenceNumber",
            Part::Start => "start",
            Part::MediaFormat => "start.mediaFormat",
            Part::Media => "media",
            Part::Track => "media.track",
            Part::Timestamp => "media.timestamp",
            Part::Payload => "media.payload",
            Part::Dtmf => "dtmf",
            Part::Mark => "mark",
            Part::Stop => "stop",
        })
    }
}

/// The peer's fault: a message that the protocol does not allow. No content is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Not a JSON object with a string `event`, or a field has the wrong type.
    #[error("the message is not JSON of the expected shape (line {line}, column {column})")]
    Json {
        /// Line of the fault, from 1.
        line: usize,
        /// Column of the fault.
        column: usize,
    },
    /// A field that the event needs is missing.
    #[error("the field `{0}` is missing")]
    Missing(Part),
    /// A field has a value that the protocol does not allow.
    #[error("the field `{0}` has a value that the protocol does not allow")]
    Invalid(Part),
    /// A field is longer than the limits allow.
    #[error("the field `{0}` is longer than allowed")]
    TooLong(Part),
    /// The message names another stream than `start` did.
    #[error("the message names another stream than `start` did")]
    OtherStream,
    /// An event out of its order: `connected` and `start` come first and once.
    #[error("the event `{got}` came where `{wanted}` is due")]
    OutOfOrder {
        /// What came.
        got: &'static str,
        /// What is due.
        wanted: &'static str,
    },
    /// An event that a peer in this role does not send.
    #[error("the event is not one that this peer may send")]
    UnknownEvent,
    /// A binary message: the protocol has text only.
    #[error("a binary message came; the protocol has text messages only")]
    Binary,
}

impl From<serde_json::Error> for Malformed {
    fn from(error: serde_json::Error) -> Malformed {
        Malformed::Json { line: error.line(), column: error.column() }
    }
}
