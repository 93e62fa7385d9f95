//! ElevenLabs as a text-to-speech vendor: `multi-stream-input` over one WebSocket a call.
//!
//! Each segment is a context of its own: its words go whole and are flushed at once, its audio comes as mu-law at 8 kHz and is
//! passed on untouched, and `isFinal` ends it. What a call no longer wants is dropped by its context's id: the protocol has no way
//! to take words back. Words are kept until the first of their audio is there, so that a connection that breaks before can be
//! made anew and asked again; after that, never.
//!
//! What it does not do: it streams no half sentences and does not use alignment, which is read for its count only. It is not for
//! models that this protocol does not have (`eleven_v3`).
//! Source: ElevenLabs' AsyncAPI of `multi-stream-input`; observed wire forms of two clients, for what that leaves open.

mod messages;
mod piece;
mod session;

use std::sync::Arc;
use std::time::Duration;

use callwright_compliance::vendor::{RetentionFlag, Role};

use crate::text_to_speech::{SpeechSession, TextToSpeech};
use crate::wire::{Endpoint, Retry, Timeouts};
use crate::{Egress, VendorError};

const ID: &str = "elevenlabs";
/// The flags of the vendor register that every request carries a setting for:
/// `enable_logging=false`: zero retention, and so no training.
const SENDS: &[RetentionFlag] = &[RetentionFlag::NoTraining, RetentionFlag::NoRetention];

/// How a voice speaks. What is `None` is as the voice's owner set it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct VoiceSettings {
    /// From 0, lively, to 1, even.
    pub stability: Option<f32>,
    /// How near to the voice it was made from, 0 to 1.
    pub similarity_boost: Option<f32>,
    /// Pace: 0.7 to 1.2, 1 being the voice's own.
    pub speed: Option<f32>,
}

/// What can be set about ElevenLabs.
#[derive(Clone, Debug)]
pub struct ElevenLabsConfig {
    /// The voice's id.
    pub voice: String,
    /// The model.
    pub model: String,
    /// How it speaks.
    pub settings: VoiceSettings,
    /// Time-outs of a segment and of its connection.
    pub timeouts: Timeouts,
    /// How connecting is tried again.
    pub retry: Retry,
    /// How often a connection that has nothing to speak is kept alive.
    pub keep_alive_every: Duration,
    /// How often in a row; after that it is let go, and made anew for the next segment.
    pub keep_alives_max: u8,
}

impl ElevenLabsConfig {
    /// The model with the shortest delay.
    pub const MODEL: &str = "eleven_flash_v2_5";
    /// The connection is asked to live 180 s without input, which is the most there is.
    pub const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(60);
    /// Ten minutes of silence in a conversation is a hold; the next warm-up connects again.
    pub const KEEP_ALIVES: u8 = 10;

    /// A voice, with everything else as it is by default.
    #[must_use]
    pub fn of_voice(voice: &str) -> ElevenLabsConfig {
        ElevenLabsConfig {
            voice: voice.to_owned(),
            model: ElevenLabsConfig::MODEL.to_owned(),
            settings: VoiceSettings::default(),
            timeouts: Timeouts::default(),
            retry: Retry::default(),
            keep_alive_every: ElevenLabsConfig::KEEP_ALIVE_EVERY,
            keep_alives_max: ElevenLabsConfig::KEEP_ALIVES,
        }
    }
}

/// ElevenLabs, for a process.
pub struct ElevenLabs {
    line: Arc<Line>,
}

/// What every session of a process shares.
struct Line {
    endpoint: Endpoint,
    /// The whole address, with its query.
    address: String,
    config: ElevenLabsConfig,
}

/// The query of `multi-stream-input`. `enable_logging=false` asks for zero retention, and is sent always; `auto_mode` has whole
/// sentences spoken at once.
fn query(config: &ElevenLabsConfig) -> [(&'static str, &str); 7] {
    [
        ("model_id", config.model.as_str()),
        ("output_format", "ulaw_8000"),
        ("enable_logging", "false"),
        ("enable_ssml_parsing", "false"),
        ("inactivity_timeout", "180"),
        ("sync_alignment", "true"),
        ("auto_mode", "true"),
    ]
}

impl ElevenLabs {
    /// The API for accounts whose data stays in the United States. Accounts of other regions have addresses of their own.
    pub const BASE: &str = "https://api.us.elevenlabs.io";

    /// ElevenLabs at an address, with its key.
    ///
    /// # Errors
    /// [`VendorError::Open`] where the configuration cannot work.
    pub fn new(endpoint: Endpoint, config: ElevenLabsConfig) -> Result<ElevenLabs, VendorError> {
        let open = |why: &str| VendorError::Open { vendor: ID, why: why.to_owned() };
        let is_id = |id: &str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric());
        if !is_id(&config.voice) {
            return Err(open("the voice's id is letters and digits"));
        }
        if config.model.trim().is_empty() {
            return Err(open("a model is wanted"));
        }
        let outside = |value: Option<f32>, low: f32, high: f32| {
            value.is_some_and(|value| !(low..=high).contains(&value))
        };
        let settings = &config.settings;
        if outside(settings.stability, 0.0, 1.0)
            || outside(settings.similarity_boost, 0.0, 1.0)
            || outside(settings.speed, 0.7, 1.2)
        {
            return Err(open(
                "voice settings: stability and similarity_boost are 0 to 1, speed is 0.7 to 1.2",
            ));
        }
        endpoint.key_header("").map_err(|error| open(&error.to_string()))?;
        let path = format!("/v1/text-to-speech/{}/multi-stream-input", config.voice);
        let address = endpoint.websocket(&path, &query(&config));
        Ok(ElevenLabs { line: Arc::new(Line { endpoint, address, config }) })
    }
}

impl TextToSpeech for ElevenLabs {
    fn id(&self) -> &'static str {
        ID
    }

    fn open(&self, egress: Egress) -> Result<Box<dyn SpeechSession>, VendorError> {
        egress.is_for(Role::TextToSpeech, ID, SENDS)?;
        Ok(Box::new(session::open(Arc::clone(&self.line), egress)))
    }
}
