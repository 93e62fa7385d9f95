//! The messages of Media Streams, as the carrier writes and reads them.
//!
//! Source: Twilio, "Media Streams: WebSocket messages". Counters are strings. Written here apart from the agent's reading of
//! the same page, so that a misreading shows.

use crate::payer::faults::Injected;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use callwright_media::Frame;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// One stream's identity.
#[derive(Clone, Debug)]
pub(super) struct StreamIds {
    pub(super) account: String,
    pub(super) call: String,
    pub(super) stream: String,
}

/// A frame to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outgoing {
    Text(String),
    Binary(Vec<u8>),
}

/// Writes a stream's messages and keeps its counters.
#[derive(Debug)]
pub(super) struct Writer {
    ids: StreamIds,
    sequence: u64,
    chunk: u64,
}

impl Writer {
    pub(super) fn new(ids: StreamIds) -> Writer {
        Writer { ids, sequence: 0, chunk: 0 }
    }

    pub(super) fn stream(&self) -> &str {
        &self.ids.stream
    }

    pub(super) fn connected() -> Outgoing {
        let message = json!({"event": "connected", "protocol": "Call", "version": "1.0.0"});
        Outgoing::Text(message.to_string())
    }

    pub(super) fn start(&mut self, parameters: &[(String, String)]) -> Outgoing {
        let custom: Map<String, Value> =
            parameters.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let body = json!({
            "accountSid": self.ids.account,
            "streamSid": self.ids.stream,
            "callSid": self.ids.call,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": custom,
        });
        self.message("start", body)
    }

    pub(super) fn media(&mut self, at_ms: u64, frame: &Frame) -> Outgoing {
        self.chunk += 1;
        let body = json!({
            "track": "inbound",
            "chunk": self.chunk.to_string(),
            "timestamp": at_ms.to_string(),
            "payload": STANDARD.encode(frame),
        });
        self.message("media", body)
    }

    pub(super) fn mark(&mut self, name: &str) -> Outgoing {
        self.message("mark", json!({"name": name}))
    }

    pub(super) fn stop(&mut self) -> Outgoing {
        let body = json!({"accountSid": self.ids.account, "callSid": self.ids.call});
        self.message("stop", body)
    }

    /// A frame that does not belong.
    pub(super) fn injected(&mut self, what: Injected, at_ms: u64) -> Outgoing {
        let media = |payload: String| {
            let at = at_ms.to_string();
            json!({"track": "inbound", "chunk": "1", "timestamp": at, "payload": payload})
        };
        match what {
            Injected::Malformed => Outgoing::Text("{\"event\":\"media\",".to_owned()),
            Injected::Oversized => {
                self.message("media", media(STANDARD.encode(vec![0xFF_u8; 1 << 20])))
            }
            Injected::Binary => Outgoing::Binary(vec![0xFF; 160]),
            Injected::UnknownEvent => self.message("surprise", json!({})),
            Injected::OtherStream => {
                let other = StreamIds { stream: format!("MZ{:032x}", 0), ..self.ids.clone() };
                let mut stranger = Writer { ids: other, sequence: self.sequence, chunk: 0 };
                stranger.message("media", media(STANDARD.encode([0xFF_u8; 160])))
            }
            Injected::NotBase64 => self.message("media", media("***".to_owned())),
            Injected::SecondStart => self.start(&[]),
            Injected::Digit(digit) => {
                self.message("dtmf", json!({"track": "inbound_track", "digit": digit.to_string()}))
            }
        }
    }

    fn message(&mut self, event: &str, body: Value) -> Outgoing {
        self.sequence += 1;
        let mut message = Map::new();
        message.insert("event".into(), json!(event));
        message.insert("sequenceNumber".into(), json!(self.sequence.to_string()));
        message.insert("streamSid".into(), json!(self.ids.stream));
        message.insert(event.into(), body);
        Outgoing::Text(Value::Object(message).to_string())
    }
}

/// A message from the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Incoming {
    Media(Vec<u8>),
    Mark(String),
    Clear,
}

#[derive(Deserialize)]
struct Raw {
    event: String,
    #[serde(rename = "streamSid")]
    stream: Option<String>,
    media: Option<RawMedia>,
    mark: Option<RawMark>,
}

#[derive(Deserialize)]
struct RawMedia {
    payload: String,
}

#[derive(Deserialize)]
struct RawMark {
    name: String,
}

/// Why a message is refused (Twilio's 31951).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("a binary frame: messages are text")]
    Binary,
    #[error("a frame over the size limit")]
    TooLarge,
    #[error("not a JSON object of a known form")]
    Json,
    #[error("an event that is not media, mark or clear")]
    Event,
    #[error("another stream's `streamSid`, or none")]
    Stream,
    #[error("`media` without a payload of base64")]
    Payload,
    #[error("`mark` without a name")]
    Name,
}

/// Reads a message of the stream of that id.
pub(super) fn read(text: &str, stream: &str) -> Result<Incoming, Refused> {
    let raw: Raw = serde_json::from_str(text).map_err(|_| Refused::Json)?;
    let incoming = match raw.event.as_str() {
        "media" => {
            let payload = raw.media.ok_or(Refused::Payload)?.payload;
            let bytes = STANDARD.decode(payload).map_err(|_| Refused::Payload)?;
            Incoming::Media(bytes)
        }
        "mark" => Incoming::Mark(raw.mark.ok_or(Refused::Name)?.name),
        "clear" => Incoming::Clear,
        _ => return Err(Refused::Event),
    };
    if raw.stream.as_deref() == Some(stream) { Ok(incoming) } else { Err(Refused::Stream) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SID: &str = "MZ00000000000000000000000000000001";

    fn writer() -> Writer {
        let ids = StreamIds { account: "AC1".into(), call: "CA1".into(), stream: SID.into() };
        Writer::new(ids)
    }

    fn value(outgoing: Outgoing) -> Value {
        match outgoing {
            Outgoing::Text(text) => serde_json::from_str(&text).unwrap(),
            Outgoing::Binary(_) => panic!("a binary frame"),
        }
    }

    #[test]
    fn messages_are_the_documentations() {
        let mut writer = writer();
        let start = value(writer.start(&[("call_ref".into(), "abc".into())]));
        let expected = json!({"event":"start","sequenceNumber":"1","streamSid":SID,
            "start":{"accountSid":"AC1","streamSid":SID,"callSid":"CA1","tracks":["inbound"],
            "mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},
            "customParameters":{"call_ref":"abc"}}});
        assert_eq!(start, expected);
        let media = value(writer.media(5, &[0xFF; 160]));
        assert_eq!(media["sequenceNumber"], "2");
        assert_eq!(
            (&media["media"]["chunk"], &media["media"]["timestamp"]),
            (&json!("1"), &json!("5"))
        );
        let mark = json!({"event":"mark","sequenceNumber":"3","streamSid":SID,"mark":{"name":"m"}});
        assert_eq!(value(writer.mark("m")), mark);
        let stop = json!({"event":"stop","sequenceNumber":"4","streamSid":SID,
            "stop":{"accountSid":"AC1","callSid":"CA1"}});
        assert_eq!(value(writer.stop()), stop);
    }

    #[test]
    fn reads_what_the_application_may_send() {
        let media =
            format!(r#"{{"event":"media","streamSid":"{SID}","media":{{"payload":"AQI="}}}}"#);
        assert_eq!(read(&media, SID), Ok(Incoming::Media(vec![1, 2])));
        let clear = format!(r#"{{"event":"clear","streamSid":"{SID}"}}"#);
        assert_eq!(read(&clear, SID), Ok(Incoming::Clear));
        let mark = format!(r#"{{"event":"mark","streamSid":"{SID}","mark":{{"name":"m"}}}}"#);
        assert_eq!(read(&mark, SID), Ok(Incoming::Mark("m".into())));
    }

    #[test]
    fn refuses_the_rest() {
        for (text, why) in [
            ("", Refused::Json),
            ("[]", Refused::Json),
            (r#"{"event":"start"}"#, Refused::Event),
            (r#"{"event":"clear"}"#, Refused::Stream),
            (r#"{"event":"clear","streamSid":"MZ2"}"#, Refused::Stream),
            (r#"{"event":"media","streamSid":"MZ1"}"#, Refused::Payload),
            (r#"{"event":"media","streamSid":"MZ1","media":{"payload":"*"}}"#, Refused::Payload),
            (r#"{"event":"mark","streamSid":"MZ1"}"#, Refused::Name),
        ] {
            assert_eq!(read(text, "MZ1"), Err(why), "{text}");
        }
    }
}
