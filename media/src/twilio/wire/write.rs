//! The messages as each side writes them.

use super::{DtmfBody, ENCODING, INBOUND, MarkBody, MediaBody, MediaFormat, Start, StartBody};
use crate::frame::SAMPLE_RATE;
use crate::tone::dtmf::Key;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use std::borrow::Cow;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outgoing<'a> {
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_sid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<StartBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    media: Option<MediaBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dtmf: Option<DtmfBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mark: Option<MarkBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop: Option<StopBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StopBody<'a> {
    account_sid: &'a str,
    call_sid: &'a str,
}

impl<'a> Outgoing<'a> {
    fn new(event: &'static str, stream_sid: Option<&'a str>) -> Outgoing<'a> {
        Outgoing {
            event,
            sequence_number: None,
            stream_sid,
            start: None,
            media: None,
            dtmf: None,
            mark: None,
            stop: None,
            protocol: None,
            version: None,
        }
    }

    fn numbered(event: &'static str, stream_sid: &'a str, sequence: u64) -> Outgoing<'a> {
        Outgoing {
            sequence_number: Some(sequence.to_string()),
            ..Outgoing::new(event, Some(stream_sid))
        }
    }

    fn write(&self) -> String {
        serde_json::to_string(self).expect("strings and numbers under string keys are JSON")
    }
}

fn payload<'a>(audio: &[u8]) -> MediaBody<'a> {
    MediaBody {
        track: None,
        chunk: None,
        timestamp: None,
        payload: Cow::Owned(STANDARD.encode(audio)),
    }
}

/// The server's messages.
pub mod server_says {
    use super::{MarkBody, Outgoing, payload};
    use std::borrow::Cow;

    /// Audio to be played.
    #[must_use]
    pub fn media(stream: &str, audio: &[u8]) -> String {
        Outgoing { media: Some(payload(audio)), ..Outgoing::new("media", Some(stream)) }.write()
    }

    /// A mark to be echoed.
    #[must_use]
    pub fn mark(stream: &str, name: &str) -> String {
        let mark = Some(MarkBody { name: Cow::Borrowed(name) });
        Outgoing { mark, ..Outgoing::new("mark", Some(stream)) }.write()
    }

    /// Throw away what waits.
    #[must_use]
    pub fn clear(stream: &str) -> String {
        Outgoing::new("clear", Some(stream)).write()
    }
}

/// The carrier's messages, for a simulated one.
pub mod carrier_says {
    use super::{
        Cow, DtmfBody, ENCODING, INBOUND, Key, MarkBody, MediaBody, MediaFormat, Outgoing,
        SAMPLE_RATE, Start, StartBody, StopBody, payload,
    };

    /// The first message.
    #[must_use]
    pub fn connected() -> String {
        Outgoing {
            protocol: Some("Call"),
            version: Some("1.0.0"),
            ..Outgoing::new("connected", None)
        }
        .write()
    }

    /// The stream begins.
    #[must_use]
    pub fn start(start: &Start, sequence: u64) -> String {
        let body = StartBody {
            account_sid: start.account_sid.clone(),
            stream_sid: start.stream_sid.clone(),
            call_sid: start.call_sid.clone(),
            tracks: vec![INBOUND.to_owned()],
            media_format: MediaFormat {
                encoding: ENCODING.to_owned(),
                sample_rate: SAMPLE_RATE,
                channels: 1,
            },
            custom_parameters: start.parameters.clone(),
        };
        Outgoing { start: Some(body), ..Outgoing::numbered("start", &start.stream_sid, sequence) }
            .write()
    }

    /// Far-end audio: chunk number `chunk`, `timestamp_ms` after the stream began.
    #[must_use]
    pub fn media(
        stream: &str,
        sequence: u64,
        chunk: u64,
        timestamp_ms: u64,
        audio: &[u8],
    ) -> String {
        let body = MediaBody {
            track: Some(Cow::Borrowed(INBOUND)),
            chunk: Some(Cow::Owned(chunk.to_string())),
            timestamp: Some(Cow::Owned(timestamp_ms.to_string())),
            ..payload(audio)
        };
        Outgoing { media: Some(body), ..Outgoing::numbered("media", stream, sequence) }.write()
    }

    /// A key that was heard.
    #[must_use]
    pub fn dtmf(stream: &str, sequence: u64, key: Key) -> String {
        let body = DtmfBody {
            track: Cow::Borrowed("inbound_track"),
            digit: Cow::Owned(key.symbol().to_string()),
        };
        Outgoing { dtmf: Some(body), ..Outgoing::numbered("dtmf", stream, sequence) }.write()
    }

    /// A mark comes back.
    #[must_use]
    pub fn mark(stream: &str, sequence: u64, name: &str) -> String {
        let mark = Some(MarkBody { name: Cow::Borrowed(name) });
        Outgoing { mark, ..Outgoing::numbered("mark", stream, sequence) }.write()
    }

    /// The stream is over.
    #[must_use]
    pub fn stop(start: &Start, sequence: u64) -> String {
        let stop = Some(StopBody { account_sid: &start.account_sid, call_sid: &start.call_sid });
        Outgoing { stop, ..Outgoing::numbered("stop", &start.stream_sid, sequence) }.write()
    }
}
