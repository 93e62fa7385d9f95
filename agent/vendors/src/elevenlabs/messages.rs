//! What ElevenLabs is told and says, as far as it is used. Unknown fields are passed over.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::{ID, VoiceSettings};
use crate::VendorError;

/// Good-bye.
pub(super) const CLOSE_SOCKET: &str = r#"{"close_socket":true}"#;

/// Opens a context. Its text must be a single space.
#[derive(Serialize)]
pub(super) struct Begin<'a> {
    text: &'static str,
    context_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    voice_settings: Option<Settings>,
}

#[derive(Serialize)]
struct Settings {
    #[serde(skip_serializing_if = "Option::is_none")]
    stability: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    similarity_boost: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    speed: Option<f32>,
}

impl<'a> Begin<'a> {
    pub(super) fn new(context_id: &'a str, settings: &VoiceSettings) -> Begin<'a> {
        let VoiceSettings { stability, similarity_boost, speed } = *settings;
        let any = stability.is_some() || similarity_boost.is_some() || speed.is_some();
        let voice_settings = any.then_some(Settings { stability, similarity_boost, speed });
        Begin { text: " ", context_id, voice_settings }
    }
}

/// Words of a context; an empty text keeps it alive.
#[derive(Serialize)]
pub(super) struct Words<'a> {
    pub(super) text: &'a str,
    pub(super) context_id: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) flush: bool,
}

/// No more words come; what was flushed is still spoken.
#[derive(Serialize)]
pub(super) struct End<'a> {
    context_id: &'a str,
    close_context: bool,
}

impl<'a> End<'a> {
    pub(super) const fn new(context_id: &'a str) -> End<'a> {
        End { context_id, close_context: true }
    }
}

/// Anything that comes.
#[derive(Deserialize)]
pub(super) struct Answer<'a> {
    /// Mu-law in base64.
    #[serde(borrow, default)]
    pub(super) audio: Option<Cow<'a, str>>,
    #[serde(rename = "isFinal", default)]
    pub(super) is_final: Option<bool>,
    /// The documents say `contextId`; some servers were seen to write `context_id`.
    #[serde(rename = "contextId", alias = "context_id", borrow, default)]
    pub(super) context: Option<Cow<'a, str>>,
    #[serde(default)]
    alignment: Option<Alignment>,
    /// The vendor's name for what is wrong.
    #[serde(borrow, default)]
    pub(super) error: Option<Cow<'a, str>>,
}

/// When each character is spoken. The characters are the words themselves: they are counted and not read.
#[derive(Deserialize)]
struct Alignment {
    #[serde(default)]
    chars: Vec<IgnoredAny>,
}

impl Answer<'_> {
    pub(super) fn aligned(&self) -> u32 {
        let chars = self.alignment.as_ref().map_or(0, |alignment| alignment.chars.len());
        u32::try_from(chars).unwrap_or(u32::MAX)
    }
}

/// What the vendor's name for an error means. The list is not documented as a whole: an unknown name is a failure like any other.
pub(super) fn meaning(name: &str) -> VendorError {
    known(name).unwrap_or(VendorError::Broke { vendor: ID })
}

fn known(name: &str) -> Option<VendorError> {
    let vendor = ID;
    Some(match name {
        "quota_exceeded" | "payment_required" => VendorError::Unpaid { vendor },
        "invalid_api_key"
        | "missing_api_key"
        | "authentication_error"
        | "unauthorized"
        | "missing_permissions" => VendorError::Refused { vendor },
        "too_many_concurrent_requests" | "rate_limit_exceeded" | "max_active_conversations" => {
            VendorError::RateLimited { vendor }
        }
        "system_busy" | "internal_error" => VendorError::Unavailable { vendor },
        "voice_not_found" | "model_not_found" | "invalid_request" | "validation_error" => {
            VendorError::Rejected { vendor }
        }
        "input_timeout_exceeded" => VendorError::TimedOut { vendor },
        _ => return None,
    })
}

/// Reads a refused handshake's body: `{"detail":{"status":"quota_exceeded",…}}` comes with status 401.
pub(super) fn refusal(_: u16, body: &[u8]) -> Option<VendorError> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        detail: Detail<'a>,
    }
    #[derive(Deserialize)]
    struct Detail<'a> {
        #[serde(borrow)]
        status: Cow<'a, str>,
    }
    let body: Body<'_> = serde_json::from_slice(body).ok()?;
    // A name that we do not know says less than the status does.
    known(&body.detail.status)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Answer<'_> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn both_spellings_of_the_context_are_read() {
        for name in ["contextId", "context_id"] {
            let text = format!(r#"{{"isFinal":true,"{name}":"p1"}}"#);
            let answer = read(&text);
            assert_eq!((answer.context.as_deref(), answer.is_final), (Some("p1"), Some(true)));
        }
    }

    #[test]
    fn an_audio_message_is_read_and_its_characters_counted() {
        let answer = read(
            r#"{"audio":"//8=","isFinal":null,"contextId":"p1","normalizedAlignment":null,
            "alignment":{"chars":["H","i"],"charStartTimesMs":[0,80],"charDurationsMs":[80,60]}}"#,
        );
        assert_eq!((answer.audio.as_deref(), answer.aligned()), (Some("//8="), 2));
        assert_eq!(read(r#"{"audio":null,"alignment":null}"#).aligned(), 0);
    }

    #[test]
    fn refusals_are_told_by_their_name() {
        let vendor = ID;
        let table = [
            (
                r#"{"detail":{"status":"quota_exceeded","message":"m"}}"#,
                Some(VendorError::Unpaid { vendor }),
            ),
            (r#"{"detail":{"status":"something_new","message":"m"}}"#, None),
            (r#"{"detail":[{"loc":["query"],"msg":"m","type":"t"}]}"#, None),
            ("<html>", None),
        ];
        for (body, expected) in table {
            assert_eq!(refusal(401, body.as_bytes()), expected, "{body}");
        }
    }

    #[test]
    fn settings_that_are_not_set_are_not_sent() {
        let begin = |settings| serde_json::to_string(&Begin::new("p1", &settings)).unwrap();
        assert_eq!(begin(VoiceSettings::default()), r#"{"text":" ","context_id":"p1"}"#);
        let faster = VoiceSettings { speed: Some(1.1), ..VoiceSettings::default() };
        let sent = r#"{"text":" ","context_id":"p1","voice_settings":{"speed":1.1}}"#;
        assert_eq!(begin(faster), sent);
    }
}
