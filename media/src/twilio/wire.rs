//! The messages of Twilio's Media Streams, as JSON (Twilio docs, "Media Streams: WebSocket messages").
//!
//! Both directions, both roles: a server parses what a carrier sends and writes what a server sends; a
//! simulated carrier does the reverse. All counters are strings. Unknown fields are ignored, as the carrier
//! may add some. No IO here.

mod write;

pub use write::{carrier_says, server_says};

use super::limits::{Limits, Malformed, Part};
use crate::frame::SAMPLE_RATE;
use crate::tone::dtmf::Key;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// What `start` says about the stream.
#[derive(Clone, PartialEq, Eq)]
pub struct Start {
    /// The carrier's id of this stream.
    pub stream_sid: String,
    /// The carrier's id of the account.
    pub account_sid: String,
    /// The carrier's id of the call.
    pub call_sid: String,
    /// What the TwiML's `<Parameter>`s said. One of them is the one-time token that lets the stream in.
    pub parameters: BTreeMap<String, String>,
}

/// The parameters' values are secrets of the call: only their names are shown.
impl fmt::Debug for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start")
            .field("stream_sid", &self.stream_sid)
            .field("account_sid", &self.account_sid)
            .field("call_sid", &self.call_sid)
            .field("parameters", &self.parameters.keys())
            .finish()
    }
}

/// A message from the carrier, read and checked.
#[derive(Debug, PartialEq, Eq)]
pub enum FromCarrier {
    /// The socket speaks Media Streams.
    Connected,
    /// The stream begins.
    Start(Box<Start>),
    /// Far-end audio; it was appended to the buffer that `read` was given.
    Media {
        /// Milliseconds since the stream began, by the carrier.
        timestamp_ms: u64,
    },
    /// A key that the carrier heard.
    Digit(Key),
    /// A mark came back.
    Mark(String),
    /// The stream is over.
    Stop,
    /// An event this version does not know; to be counted and left alone.
    Unknown,
}

/// One message with its place in the stream.
#[derive(Debug, PartialEq, Eq)]
pub struct Numbered {
    /// `sequenceNumber`, which only `connected` lacks.
    pub sequence: Option<u64>,
    /// The message.
    pub message: FromCarrier,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow)]
    sequence_number: Option<Cow<'a, str>>,
    #[serde(borrow)]
    stream_sid: Option<Cow<'a, str>>,
    start: Option<StartBody>,
    #[serde(borrow)]
    media: Option<MediaBody<'a>>,
    #[serde(borrow)]
    dtmf: Option<DtmfBody<'a>>,
    #[serde(borrow)]
    mark: Option<MarkBody<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartBody {
    account_sid: String,
    stream_sid: String,
    call_sid: String,
    tracks: Vec<String>,
    media_format: MediaFormat,
    #[serde(default)]
    custom_parameters: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MediaFormat {
    encoding: String,
    sample_rate: u32,
    channels: u32,
}

#[derive(Serialize, Deserialize)]
struct MediaBody<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    track: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    chunk: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    timestamp: Option<Cow<'a, str>>,
    #[serde(borrow)]
    payload: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
struct DtmfBody<'a> {
    #[serde(borrow)]
    track: Cow<'a, str>,
    #[serde(borrow)]
    digit: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
struct MarkBody<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

const ENCODING: &str = "audio/x-mulaw";
const INBOUND: &str = "inbound";

/// Reads a message from the carrier. Audio is appended to `audio`, which is left as it was on an error.
/// `stream` is the id that `start` gave, once it has.
///
/// # Errors
/// [`Malformed`], which names what is wrong.
pub fn read_from_carrier(
    text: &str,
    limits: &Limits,
    stream: Option<&str>,
    audio: &mut Vec<u8>,
) -> Result<Numbered, Malformed> {
    let envelope: Envelope<'_> = serde_json::from_str(text)?;
    let sequence = match &envelope.sequence_number {
        Some(number) => Some(counter(number, Part::SequenceNumber)?),
        None => None,
    };
    let message = match &*envelope.event {
        "connected" => FromCarrier::Connected,
        "start" => FromCarrier::Start(Box::new(read_start(envelope)?)),
        known @ ("media" | "dtmf" | "mark" | "stop") => {
            let sid = envelope.stream_sid.as_deref();
            if sid.ok_or(Malformed::Missing(Part::StreamSid))? != stream.unwrap_or_default() {
                return Err(Malformed::OtherStream);
            }
            match known {
                "media" => read_media(envelope.media, limits, audio)?,
                "dtmf" => read_digit(envelope.dtmf)?,
                "mark" => FromCarrier::Mark(read_mark(envelope.mark, limits)?),
                _ => FromCarrier::Stop,
            }
        }
        _ => FromCarrier::Unknown,
    };
    Ok(Numbered { sequence, message })
}

fn counter(text: &str, part: Part) -> Result<u64, Malformed> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Malformed::Invalid(part));
    }
    text.parse().map_err(|_| Malformed::Invalid(part))
}

fn read_start(envelope: Envelope<'_>) -> Result<Start, Malformed> {
    let body = envelope.start.ok_or(Malformed::Missing(Part::Start))?;
    let format = &body.media_format;
    if format.encoding != ENCODING || format.sample_rate != SAMPLE_RATE || format.channels != 1 {
        return Err(Malformed::Invalid(Part::MediaFormat));
    }
    let outer = envelope.stream_sid.as_deref();
    if body.stream_sid.is_empty() || outer.is_some_and(|outer| outer != body.stream_sid) {
        return Err(Malformed::Invalid(Part::StreamSid));
    }
    Ok(Start {
        stream_sid: body.stream_sid,
        account_sid: body.account_sid,
        call_sid: body.call_sid,
        parameters: body.custom_parameters,
    })
}

fn read_media(
    body: Option<MediaBody<'_>>,
    limits: &Limits,
    audio: &mut Vec<u8>,
) -> Result<FromCarrier, Malformed> {
    let body = body.ok_or(Malformed::Missing(Part::Media))?;
    if body.track.as_deref().is_some_and(|track| track != INBOUND) {
        return Err(Malformed::Invalid(Part::Track));
    }
    let timestamp = body.timestamp.as_deref().ok_or(Malformed::Missing(Part::Timestamp))?;
    let timestamp_ms = counter(timestamp, Part::Timestamp)?;
    decode_payload(&body.payload, limits, audio)?;
    Ok(FromCarrier::Media { timestamp_ms })
}

fn decode_payload(payload: &str, limits: &Limits, audio: &mut Vec<u8>) -> Result<(), Malformed> {
    // Base64 makes four characters of three bytes: a longer text is refused before it is decoded.
    if payload.len() > limits.payload_bytes_max.div_ceil(3) * 4 {
        return Err(Malformed::TooLong(Part::Payload));
    }
    let before = audio.len();
    if STANDARD.decode_vec(payload, audio).is_err() {
        audio.truncate(before);
        return Err(Malformed::Invalid(Part::Payload));
    }
    Ok(())
}

fn read_digit(body: Option<DtmfBody<'_>>) -> Result<FromCarrier, Malformed> {
    let body = body.ok_or(Malformed::Missing(Part::Dtmf))?;
    let mut symbols = body.digit.chars();
    match (symbols.next().and_then(Key::new), symbols.next()) {
        (Some(key), None) => Ok(FromCarrier::Digit(key)),
        (Some(_) | None, _) => Err(Malformed::Invalid(Part::Dtmf)),
    }
}

fn read_mark(body: Option<MarkBody<'_>>, limits: &Limits) -> Result<String, Malformed> {
    let body = body.ok_or(Malformed::Missing(Part::Mark))?;
    if body.name.len() > limits.mark_bytes_max {
        return Err(Malformed::TooLong(Part::Mark));
    }
    Ok(body.name.into_owned())
}

/// A message from the server, read and checked as strictly as the carrier does (its error 31951).
#[derive(Debug, PartialEq, Eq)]
pub enum FromServer {
    /// Near-end audio; it was appended to the buffer that `read` was given.
    Media,
    /// Echo this name when everything before it was played.
    Mark(String),
    /// Throw away what waits to be played, and echo all marks.
    Clear,
}

/// Reads a message from the server. Audio is appended to `audio`, which is left as it was on an error.
///
/// # Errors
/// [`Malformed`], which names what is wrong.
pub fn read_from_server(
    text: &str,
    limits: &Limits,
    stream: &str,
    audio: &mut Vec<u8>,
) -> Result<FromServer, Malformed> {
    let envelope: Envelope<'_> = serde_json::from_str(text)?;
    if !matches!(&*envelope.event, "media" | "mark" | "clear") {
        return Err(Malformed::UnknownEvent);
    }
    let sid = envelope.stream_sid.as_deref();
    if sid.ok_or(Malformed::Missing(Part::StreamSid))? != stream {
        return Err(Malformed::OtherStream);
    }
    match &*envelope.event {
        "media" => {
            let body = envelope.media.ok_or(Malformed::Missing(Part::Media))?;
            decode_payload(&body.payload, limits, audio)?;
            Ok(FromServer::Media)
        }
        "mark" => Ok(FromServer::Mark(read_mark(envelope.mark, limits)?)),
        _ => Ok(FromServer::Clear),
    }
}

#[cfg(test)]
mod tests;
