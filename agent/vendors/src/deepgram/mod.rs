//! Deepgram as a speech-to-text vendor: `v1/listen` over one WebSocket a call.
//!
//! Mu-law goes as it came from the carrier, 60 ms at a time. Our own voice detector says where an utterance ends, so Deepgram's
//! endpointing is off: `Finalise` becomes its `Finalize`, and the words are the union of what it gave as final since the last one.
//! While the recogniser sleeps, nothing goes but a keep-alive. A connection that breaks is made anew, and what it had not
//! answered is sent again, up to five seconds.
//!
//! What it does not do: interim words are not passed on, because nothing uses them; they are asked for all the same, so that a
//! connection that hears and says nothing can be told from one that is dead. It speaks no Flux (`v2/listen`).
//! Source: Deepgram's AsyncAPI of `v1/listen`, and its pages on Finalize, KeepAlive and CloseStream.

mod hearing;
mod messages;
mod session;

use std::sync::Arc;
use std::time::Duration;

use callwright_compliance::vendor::{RetentionFlag, Role};

use crate::speech_to_text::{RecogniserSession, SpeechToText, recogniser_channels};
use crate::wire::{Endpoint, Retry, Timeouts};
use crate::{Egress, VendorError};

const ID: &str = "deepgram";
/// The flags of the vendor register that every request carries a setting for:
/// `mip_opt_out=true`: no training, and kept only while it is processed.
const SENDS: &[RetentionFlag] = &[RetentionFlag::NoTraining, RetentionFlag::NoRetention];

/// Terms that may be given; Deepgram takes 500 tokens in all.
const KEYTERMS_MAX: usize = 100;

/// Characters of all terms together: about 500 tokens.
const KEYTERM_CHARS_MAX: usize = 2_000;

/// What can be set about Deepgram.
#[derive(Clone, Debug)]
pub struct DeepgramConfig {
    /// The model, e.g. `nova-3`, `nova-3-medical`, `nova-2-phonecall`.
    pub model: String,
    /// The language, e.g. `en-US`.
    pub language: String,
    /// Public words that are to be expected: names of payers and plans, terms of the question set. Never anything about a patient.
    /// Models before nova-3 take none.
    pub keyterms: Vec<String>,
    /// Time-outs. `first_answer` is not used; `idle` is how long a connection that is sent audio may say nothing.
    pub timeouts: Timeouts,
    /// How connecting is tried again.
    pub retry: Retry,
    /// How long the words of an utterance are waited for. Deepgram sends nothing where there is nothing to flush.
    pub finalise_wait: Duration,
    /// How often a connection without audio is kept alive.
    pub keep_alive_every: Duration,
    /// How often a session may connect again after its connection broke.
    pub reconnects_max: u8,
}

impl DeepgramConfig {
    /// Deepgram's general model of 2025. Models are retired: this is only where configuration begins.
    pub const MODEL: &str = "nova-3";
    /// Flushing takes 100 to 300 ms; after this long, what is there already has to do.
    pub const FINALISE_WAIT: Duration = Duration::from_millis(1_500);
    /// Deepgram closes after 10 s without audio, and asks for a message every 3 to 5 s.
    pub const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(4);
    /// Interim results come about once a second; ten seconds without any is a dead connection.
    pub const IDLE: Duration = Duration::from_secs(10);
    /// An hour on the line bears some breaks. One that breaks more often is of no use.
    pub const RECONNECTS: u8 = 8;
}

impl Default for DeepgramConfig {
    fn default() -> DeepgramConfig {
        DeepgramConfig {
            model: DeepgramConfig::MODEL.to_owned(),
            language: "en-US".to_owned(),
            keyterms: Vec::new(),
            timeouts: Timeouts { idle: DeepgramConfig::IDLE, ..Timeouts::default() },
            retry: Retry::default(),
            finalise_wait: DeepgramConfig::FINALISE_WAIT,
            keep_alive_every: DeepgramConfig::KEEP_ALIVE_EVERY,
            reconnects_max: DeepgramConfig::RECONNECTS,
        }
    }
}

/// Deepgram, for a process.
pub struct Deepgram {
    line: Arc<Line>,
}

/// What every session of a process shares.
struct Line {
    endpoint: Endpoint,
    /// The whole address, with its query.
    address: String,
    config: DeepgramConfig,
}

impl Deepgram {
    /// The production API. A vendor row pinned to the United States goes with it.
    pub const BASE: &str = "https://api.deepgram.com";

    /// Deepgram at an address, with its key.
    ///
    /// # Errors
    /// [`VendorError::Open`] where the configuration cannot work.
    pub fn new(endpoint: Endpoint, config: DeepgramConfig) -> Result<Deepgram, VendorError> {
        let open = |why: &str| VendorError::Open { vendor: ID, why: why.to_owned() };
        if config.model.trim().is_empty() || config.language.trim().is_empty() {
            return Err(open("model and language are wanted"));
        }
        let chars: usize = config.keyterms.iter().map(|term| term.chars().count()).sum();
        if config.keyterms.len() > KEYTERMS_MAX || chars > KEYTERM_CHARS_MAX {
            return Err(open("too many key terms: at most 100, of 2000 characters in all"));
        }
        endpoint.key_header("Token ").map_err(|error| open(&error.to_string()))?;
        let address = endpoint.websocket("/v1/listen", &query(&config));
        Ok(Deepgram { line: Arc::new(Line { endpoint, address, config }) })
    }
}

/// The query of `v1/listen`. Plain words are wanted: numbers as they were spoken, no punctuation, no formatting. `mip_opt_out` keeps
/// what is heard out of the vendor's training, and is sent always.
fn query(config: &DeepgramConfig) -> Vec<(&'static str, &str)> {
    let mut query = vec![
        ("model", config.model.as_str()),
        ("language", config.language.as_str()),
        ("encoding", "mulaw"),
        ("sample_rate", "8000"),
        ("channels", "1"),
        ("interim_results", "true"),
        ("punctuate", "false"),
        ("smart_format", "false"),
        ("numerals", "false"),
        ("endpointing", "false"),
        ("vad_events", "false"),
        ("mip_opt_out", "true"),
    ];
    query.extend(config.keyterms.iter().map(|term| ("keyterm", term.as_str())));
    query
}

impl SpeechToText for Deepgram {
    fn id(&self) -> &'static str {
        ID
    }

    fn open(&self, egress: Egress) -> Result<RecogniserSession, VendorError> {
        egress.is_for(Role::SpeechToText, ID, SENDS)?;
        let (session, side) = recogniser_channels(ID);
        tokio::spawn(session::run(Arc::clone(&self.line), egress, side));
        Ok(session)
    }
}
