//! What the simulated vendors are started with.
//!
//! The default is a vendor that is as fast as this machine and does nothing wrong.

use super::book::Clip;
use super::draw::Latency;
use super::fault::VendorFault;
use super::openai::ModelMode;
use crate::error::SimError;
use crate::payer::scenario::Scenario;
use crate::speech::Speech;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Deepgram closes a stream after so much time without audio and without `KeepAlive` (NET-0001).
pub const DEEPGRAM_IDLE_MS: u64 = 10_000;

/// What the simulated vendors are started with.
#[derive(Clone, Debug)]
pub struct VendorsConfig {
    /// Where to listen: a loopback address; port 0 for any.
    pub bind: SocketAddr,
    /// Whose words the recogniser knows.
    pub scenarios: Vec<Scenario>,
    /// What it knows besides: recordings and their words.
    pub clips: Vec<Clip>,
    /// How the payers speak, so that the recogniser knows them; and whether the agent's voice speaks or hums.
    pub speech: Speech,
    /// The recogniser.
    pub deepgram: DeepgramConfig,
    /// The language model.
    pub openai: OpenAiConfig,
    /// The synthesiser.
    pub elevenlabs: ElevenLabsConfig,
    /// What goes wrong.
    pub faults: Vec<VendorFault>,
}

/// The simulated recogniser.
#[derive(Clone, Debug)]
pub struct DeepgramConfig {
    /// The key that is taken.
    pub key: String,
    /// How long results take.
    pub results: Latency,
    /// Time without audio and without `KeepAlive` after which a stream is closed.
    pub idle_ms: u64,
    /// Whether a stream without `mip_opt_out=true` is refused.
    pub require_opt_out: bool,
}

/// The simulated language model.
#[derive(Clone, Debug)]
pub struct OpenAiConfig {
    /// The key that is taken.
    pub key: String,
    /// What kind of model it is.
    pub mode: ModelMode,
    /// Whether a faithful model varies its openings.
    pub varied: bool,
    /// What the variation begins from, where a request has no `seed` of its own.
    pub seed: u64,
    /// How long the first token takes.
    pub first_token: Latency,
    /// How long each further token takes.
    pub each_token: Latency,
    /// Whether a request with `store: true` is refused.
    pub require_no_store: bool,
}

/// The simulated synthesiser.
#[derive(Clone, Debug)]
pub struct ElevenLabsConfig {
    /// The key that is taken.
    pub key: String,
    /// How long the first audio of a generation takes.
    pub first_byte: Latency,
    /// How many times as fast as real time the rest comes; 0 for at once.
    pub times_real_time: u32,
    /// Whether a request without `enable_logging=false` is refused.
    pub require_zero_retention: bool,
}

impl ElevenLabsConfig {
    /// The pause after so much audio.
    pub(super) fn pause_after(&self, ms: usize) -> Duration {
        let ms = Duration::from_millis(u64::try_from(ms).unwrap_or(0));
        ms.checked_div(self.times_real_time).unwrap_or_default()
    }
}

impl VendorsConfig {
    /// Vendors on any free port that take this key, one for all three.
    #[must_use]
    pub fn new(key: &str, speech: Speech) -> VendorsConfig {
        let none = Latency::default();
        VendorsConfig {
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            scenarios: Vec::new(),
            clips: Vec::new(),
            speech,
            deepgram: DeepgramConfig {
                key: key.to_owned(),
                results: none,
                idle_ms: DEEPGRAM_IDLE_MS,
                require_opt_out: false,
            },
            openai: OpenAiConfig {
                key: key.to_owned(),
                mode: ModelMode::Faithful,
                varied: false,
                seed: 0,
                first_token: none,
                each_token: none,
                require_no_store: false,
            },
            elevenlabs: ElevenLabsConfig {
                key: key.to_owned(),
                first_byte: none,
                times_real_time: 0,
                require_zero_retention: false,
            },
            faults: Vec::new(),
        }
    }

    pub(super) fn check(&self) -> Result<(), SimError> {
        let keys = [&self.deepgram.key, &self.openai.key, &self.elevenlabs.key];
        if keys.iter().any(|key| key.is_empty()) {
            return Err(SimError::VendorKey);
        }
        if self.bind.ip().is_loopback() { Ok(()) } else { Err(SimError::NotLoopback(self.bind)) }
    }
}
