//! The messages of `/v1/listen`, with every field that the AsyncAPI requires. Times are seconds of audio received.

use super::query::Query;
use crate::clock;
use crate::vendors::book::HeardWord;
use serde_json::{Value, json};

/// What all of a session's messages say about it.
#[derive(Clone, Debug)]
pub(super) struct About {
    pub(super) request_id: String,
    pub(super) model_id: String,
    pub(super) model: String,
    pub(super) architecture: String,
    /// What the recogniser says of the language: only where it was to find out (`language=multi`).
    pub(super) language: Option<&'static str>,
    pub(super) punctuated: bool,
}

impl About {
    pub(super) fn new(request_id: &str, model_id: String, query: &Query) -> About {
        About {
            request_id: request_id.to_owned(),
            model_id,
            model: query.model.clone(),
            architecture: query.architecture(),
            language: (query.language == "multi").then_some("en"),
            punctuated: query.punctuated,
        }
    }
}

/// A stretch of audio that a `Results` is about, in samples, and why it comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) is_final: bool,
    pub(super) speech_final: bool,
    pub(super) from_finalize: bool,
}

pub(super) fn seconds(samples: u64) -> f64 {
    samples as f64 / 8_000.0
}

pub(super) fn results(about: &About, span: Span, words: &[HeardWord]) -> Value {
    let said = |word: &HeardWord| {
        if about.punctuated { word.punctuated.clone() } else { word.word.clone() }
    };
    let transcript: Vec<String> = words.iter().map(said).collect();
    let sum: f64 = words.iter().map(|word| word.confidence).sum();
    let confidence = if words.is_empty() { 0.0 } else { sum / words.len() as f64 };
    let words: Vec<Value> = words.iter().map(|word| timed(about, word)).collect();
    let mut alternative = json!({
        "transcript": transcript.join(" "),
        "confidence": confidence,
        "words": words,
    });
    if let Some(language) = about.language {
        alternative["languages"] = json!([language]);
    }
    json!({
        "type": "Results",
        "channel_index": [0, 1],
        "duration": seconds(span.end - span.start),
        "start": seconds(span.start),
        "is_final": span.is_final,
        "speech_final": span.speech_final,
        "from_finalize": span.from_finalize,
        "channel": {"alternatives": [alternative]},
        "metadata": {
            "request_id": about.request_id,
            "model_info": {
                "name": format!("general-{}", about.model),
                "version": "2025-04-17.21547",
                "arch": about.architecture,
            },
            "model_uuid": about.model_id,
        },
    })
}

fn timed(about: &About, word: &HeardWord) -> Value {
    let mut timed = json!({
        "word": word.word,
        "start": seconds(word.start),
        "end": seconds(word.end),
        "confidence": word.confidence,
    });
    if let Some(language) = about.language {
        timed["language"] = json!(language);
    }
    if about.punctuated {
        timed["punctuated_word"] = json!(word.punctuated);
    }
    timed
}

pub(super) fn speech_started(at: u64) -> Value {
    json!({"type": "SpeechStarted", "channel": [0, 1], "timestamp": seconds(at)})
}

pub(super) fn utterance_end(last_word_end: u64) -> Value {
    json!({"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": seconds(last_word_end)})
}

pub(super) fn metadata(about: &About, sha256: &str, samples: u64) -> Value {
    json!({
        "type": "Metadata",
        "transaction_key": "deprecated",
        "request_id": about.request_id,
        "sha256": sha256,
        "created": clock::now().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        "duration": seconds(samples),
        "channels": 1,
        "models": [about.model_id],
        "model_info": {about.model_id.as_str(): {
            "name": format!("general-{}", about.model),
            "version": "2025-04-17.21547",
            "arch": about.architecture,
        }},
    })
}

pub(super) fn configured(about: &About, keyterms: &[Value]) -> Value {
    json!({"type": "ConfigureSuccess", "request_id": about.request_id, "keyterms": keyterms})
}

pub(super) fn not_configured(about: &About) -> Value {
    json!({
        "type": "ConfigureFailure",
        "request_id": about.request_id,
        "code": "CONFIGURE_KEYTERMS_NOT_SUPPORTED",
        "description": "Only Nova-3 models take new key terms.",
    })
}

pub(super) fn error(variant: &str, description: &str) -> Value {
    json!({
        "type": "Error",
        "variant": variant,
        "description": description,
        "message": description,
    })
}
