//! The query of the text-to-speech addresses, read once; what is not a parameter, or is out of its range, is refused by name.
//!
//! It does not look at keys: `elevenlabs` does.

use axum::http::StatusCode;
use std::time::Duration;

/// Parameters that are taken and not acted on.
const PASSIVE: [&str; 9] = [
    "apply_language_text_normalization",
    "apply_text_normalization",
    "authorization",
    "enable_ssml_parsing",
    "language_code",
    "optimize_streaming_latency",
    "seed",
    "single_use_token",
    "token",
];
/// The vendor's default and bound for how long it waits for text.
const INACTIVITY_S: u64 = 20;
const INACTIVITY_S_MAX: u64 = 180;

/// The forms of audio that are made here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Ulaw8000,
    Pcm8000,
    Pcm16000,
}

impl Format {
    fn read(name: &str) -> Option<Format> {
        match name {
            "ulaw_8000" => Some(Format::Ulaw8000),
            "pcm_8000" => Some(Format::Pcm8000),
            "pcm_16000" => Some(Format::Pcm16000),
            _ => None,
        }
    }

    pub(super) fn media_type(self) -> &'static str {
        match self {
            Format::Ulaw8000 => "audio/basic",
            Format::Pcm8000 | Format::Pcm16000 => "audio/pcm",
        }
    }

    /// Bytes of a millisecond.
    pub(super) fn bytes_per_ms(self) -> usize {
        match self {
            Format::Ulaw8000 => 8,
            Format::Pcm8000 => 16,
            Format::Pcm16000 => 32,
        }
    }
}

/// What is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// A parameter, in the shape of the vendor's validation.
    Invalid { place: &'static str, name: String, message: String },
    /// Something the vendor has and this simulator, or this address, has not.
    NotServed { code: StatusCode, status: &'static str, message: String },
}

impl Wrong {
    /// Not here, with the vendor's name for why.
    pub(super) fn not_served(code: StatusCode, status: &'static str, message: &str) -> Wrong {
        Wrong::NotServed { code, status, message: message.to_owned() }
    }

    pub(super) fn invalid(place: &'static str, name: &str, message: &str) -> Wrong {
        Wrong::Invalid { place, name: name.to_owned(), message: message.to_owned() }
    }
}

/// What a session goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) format: Format,
    pub(super) logging: bool,
    pub(super) inactivity: Duration,
    pub(super) sync_alignment: bool,
    pub(super) auto_mode: bool,
}

impl Query {
    pub(super) fn read(pairs: &[(String, String)]) -> Result<Query, Wrong> {
        let mut format = "mp3_44100_128";
        let mut query = Query {
            format: Format::Ulaw8000,
            logging: true,
            inactivity: Duration::from_secs(INACTIVITY_S),
            sync_alignment: false,
            auto_mode: false,
        };
        for (name, value) in pairs {
            match name.as_str() {
                "output_format" => format = value,
                "model_id" if value == "eleven_v3" => {
                    let message = "eleven_v3 is not served over this address.";
                    let code = StatusCode::BAD_REQUEST;
                    return Err(Wrong::not_served(code, "unsupported_model", message));
                }
                "model_id" => {}
                "enable_logging" => query.logging = flag(name, value)?,
                "sync_alignment" => query.sync_alignment = flag(name, value)?,
                "auto_mode" => query.auto_mode = flag(name, value)?,
                "inactivity_timeout" => {
                    let seconds = value.parse().ok().filter(|s| (1..=INACTIVITY_S_MAX).contains(s));
                    let wrong = || Wrong::invalid("query", name, "Input should be from 1 to 180");
                    query.inactivity = Duration::from_secs(seconds.ok_or_else(wrong)?);
                }
                other if PASSIVE.contains(&other) => {}
                other => return Err(Wrong::invalid("query", other, "Unknown parameter")),
            }
        }
        query.format = Format::read(format).ok_or_else(|| {
            let message =
                format!("{format} is not made here; use ulaw_8000, pcm_8000 or pcm_16000.");
            Wrong::not_served(StatusCode::BAD_REQUEST, "unsupported_output_format", &message)
        })?;
        Ok(query)
    }
}

fn flag(name: &str, value: &str) -> Result<bool, Wrong> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Wrong::invalid("query", name, "Input should be a valid boolean")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Query, Wrong> {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let pairs: Vec<_> = pairs.map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        Query::read(&pairs)
    }

    #[test]
    fn what_clients_are_known_to_send_is_read() {
        let query = read("model_id=eleven_turbo_v2_5&output_format=pcm_16000&enable_ssml_parsing=false&enable_logging=false&inactivity_timeout=180&apply_text_normalization=auto&sync_alignment=true&auto_mode=true").unwrap();
        assert_eq!((query.format, query.inactivity), (Format::Pcm16000, Duration::from_secs(180)));
        assert!(!query.logging && query.sync_alignment && query.auto_mode);
    }

    #[test]
    fn other_forms_of_audio_are_not_served() {
        for query in ["", "output_format=mp3_44100_128", "output_format=opus_48000_32"] {
            let wrong = read(query).unwrap_err();
            assert!(matches!(wrong, Wrong::NotServed { status: "unsupported_output_format", .. }));
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (query, wanted) in [
            ("inactivity_timeout=181", "inactivity_timeout"),
            ("enable_logging=no", "enable_logging"),
            ("output=ulaw_8000", "output"),
        ] {
            let wrong = read(&format!("output_format=ulaw_8000&{query}")).unwrap_err();
            assert!(matches!(wrong, Wrong::Invalid { name, .. } if name == wanted), "{query}");
        }
    }
}
