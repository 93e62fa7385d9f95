//! The query of `/v1/listen`, read once. A parameter that the vendor does not have, or a value out of its range, is refused by name.
//!
//! It accepts what it does not act on (punctuation of numbers, redaction and the like): `deepgram`'s own page says what that is.

use std::time::Duration;

/// Parameters that are taken and not acted on.
const PASSIVE: [&str; 21] = [
    "callback",
    "callback_method",
    "detect_entities",
    "diarize",
    "diarize_model",
    "dictation",
    "extra",
    "filler_words",
    "keyterm",
    "keywords",
    "language_hint",
    "mip_opt_out",
    "multichannel",
    "no_delay",
    "numerals",
    "profanity_filter",
    "redact",
    "replace",
    "search",
    "tag",
    "version",
];

/// What a session goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) model: String,
    pub(super) language: String,
    pub(super) interim: bool,
    pub(super) punctuated: bool,
    /// Silence after speech that ends it; none if there is no endpointing.
    pub(super) endpointing: Option<Duration>,
    pub(super) utterance_end: Option<Duration>,
    pub(super) speech_events: bool,
    pub(super) opted_out: bool,
}

impl Query {
    /// Reads the pairs of the query.
    pub(super) fn read(pairs: &[(String, String)]) -> Result<Query, String> {
        let mut query = Query {
            model: "base".to_owned(),
            language: "en".to_owned(),
            interim: false,
            punctuated: false,
            // The vendor's default.
            endpointing: Some(Duration::from_millis(10)),
            utterance_end: None,
            speech_events: false,
            opted_out: false,
        };
        let (mut encoding, mut rate) = (None, None);
        for (name, value) in pairs {
            match name.as_str() {
                "encoding" => encoding = Some(value.as_str()),
                "sample_rate" => rate = Some(value.as_str()),
                "channels" if value == "1" => {}
                "channels" => return Err("channels: only 1 is simulated.".to_owned()),
                "model" if value.is_empty() => return Err(bad(name)),
                "model" => query.model.clone_from(value),
                "language" => query.language.clone_from(value),
                "interim_results" => query.interim = flag(name, value)?,
                "punctuate" | "smart_format" => query.punctuated |= flag(name, value)?,
                "vad_events" => query.speech_events = flag(name, value)?,
                "endpointing" => query.endpointing = endpointing(name, value)?,
                "utterance_end_ms" => query.utterance_end = Some(milliseconds(name, value)?),
                "multichannel" if flag(name, value)? => {
                    return Err("multichannel: only one channel is simulated.".to_owned());
                }
                "mip_opt_out" => query.opted_out = flag(name, value)?,
                other if PASSIVE.contains(&other) => {}
                other => return Err(format!("Unknown query parameter: {other}.")),
            }
        }
        if encoding != Some("mulaw") || rate != Some("8000") {
            let message = "Only encoding=mulaw with sample_rate=8000 is simulated.";
            return Err(message.to_owned());
        }
        if query.utterance_end.is_some() && !query.interim {
            return Err("utterance_end_ms requires interim_results=true.".to_owned());
        }
        Ok(query)
    }

    /// The family that a model's name belongs to: `nova-3-medical` is of `nova-3`.
    pub(super) fn architecture(&self) -> String {
        let parts: Vec<&str> = self.model.split('-').take(2).collect();
        parts.join("-")
    }
}

fn bad(name: &str) -> String {
    format!("Invalid value for query parameter: {name}.")
}

fn flag(name: &str, value: &str) -> Result<bool, String> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(bad(name)),
    }
}

fn milliseconds(name: &str, value: &str) -> Result<Duration, String> {
    let ms: u32 = value.parse().map_err(|_| bad(name))?;
    Ok(Duration::from_millis(u64::from(ms)))
}

fn endpointing(name: &str, value: &str) -> Result<Option<Duration>, String> {
    match value {
        "false" => Ok(None),
        "true" => Ok(Some(Duration::from_millis(10))),
        _ => milliseconds(name, value).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Query, String> {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let pairs: Vec<_> = pairs.map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        Query::read(&pairs)
    }

    const PHONE: &str = "encoding=mulaw&sample_rate=8000";

    #[test]
    fn the_documentations_telephone_example_is_read() {
        let query = read(&format!("{PHONE}&model=nova-3-medical&channels=1&interim_results=true&smart_format=true&numerals=true&endpointing=300&utterance_end_ms=1000&vad_events=true&keyterm=Delta Dental&keyterm=PPO&mip_opt_out=true")).unwrap();
        assert_eq!(query.endpointing, Some(Duration::from_millis(300)));
        assert_eq!(query.utterance_end, Some(Duration::from_secs(1)));
        assert!(query.interim && query.punctuated && query.speech_events && query.opted_out);
        assert_eq!(query.architecture(), "nova-3");
    }

    #[test]
    fn the_vendors_defaults_hold() {
        let query = read(PHONE).unwrap();
        assert!(!query.interim && !query.speech_events && !query.opted_out);
        assert_eq!(query.endpointing, Some(Duration::from_millis(10)));
        assert_eq!(read(&format!("{PHONE}&endpointing=false")).unwrap().endpointing, None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (query, named) in [
            ("encoding=linear16&sample_rate=8000", "encoding"),
            ("encoding=mulaw", "sample_rate"),
            ("encoding=mulaw&sample_rate=16000", "sample_rate"),
            (&format!("{PHONE}&interim_results=yes"), "interim_results"),
            (&format!("{PHONE}&channels=2"), "channels"),
            (&format!("{PHONE}&multichannel=true"), "multichannel"),
            (&format!("{PHONE}&utterance_end_ms=1000"), "interim_results"),
            (&format!("{PHONE}&interim_result=true"), "interim_result"),
            (&format!("{PHONE}&endpointing=-1"), "endpointing"),
        ] {
            let message = read(query).unwrap_err();
            assert!(message.contains(named), "{query}: {message}");
        }
    }
}
