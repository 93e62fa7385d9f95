//! The simulated world of the demo, all of it on loopback: the carrier, and the vendors if these are simulated too.
//!
//! It makes the far side only. What calls it is the product.

use std::path::Path;
use std::sync::Arc;

use callwright_prompts::{ModelBrief, Pack};
use callwright_sim::Scenario;
use callwright_sim::carrier::{Carrier as SimCarrier, CarrierConfig, ScenarioSource};
use callwright_sim::speech::{LocalSpeech as FarEndSpeech, Speech};
use callwright_sim::vendors::{Latency, Vendors as SimVendors, VendorsConfig};
use callwright_vendors::deepgram::{Deepgram, DeepgramConfig};
use callwright_vendors::elevenlabs::{ElevenLabs, ElevenLabsConfig};
use callwright_vendors::openai::{OpenAi, OpenAiConfig};
use callwright_vendors::{Endpoint, Secret};

use super::{DemoError, VendorSet, hex16, program, random_secret};
use crate::call::Vendors;
use crate::local_speech;
use crate::panics::Broke;

/// What the simulated language model is called. It takes any name.
const MODEL: &str = "simulated";
/// A voice's id is letters and digits.
const VOICE: &str = "simulated";

/// Delays like those of hosted vendors over a good network, in milliseconds: half of them are shorter than the first number, one in
/// twenty is longer than the second.
const RESULTS: (u32, u32) = (120, 250);
const FIRST_TOKEN: (u32, u32) = (350, 600);
const EACH_TOKEN: (u32, u32) = (15, 30);
const FIRST_BYTE: (u32, u32) = (90, 180);
/// Synthesis runs ahead of speech.
const TIMES_REAL_TIME: u32 = 8;

/// The far side, and the vendors that hear, word and speak on ours.
pub(super) struct World {
    pub(super) carrier: SimCarrier,
    pub(super) account: String,
    pub(super) secret: String,
    pub(super) vendors: Vendors,
    pub(super) pack: Arc<Pack>,
    simulated: Option<SimVendors>,
}

impl World {
    /// Opens the voices and starts the carrier with this payer behind it.
    pub(super) async fn open(
        scenario: &Scenario,
        set: VendorSet,
        cache: &Path,
    ) -> Result<World, DemoError> {
        let pack = Arc::new(Pack::embedded().map_err(program)?);
        let far_end = blocking(cache, |cache| {
            Ok(Speech::Local(FarEndSpeech::open(&cache.join("caller-model"))?))
        })
        .await?;
        let (vendors, simulated) = match set {
            VendorSet::Local => {
                let own = Arc::clone(&pack);
                let open = move |cache: &Path| Ok(local_speech::vendors(&own, cache)?);
                (blocking(cache, open).await?, None)
            }
            VendorSet::Simulated => {
                let key = random_secret()?;
                let config =
                    simulated_config(std::slice::from_ref(scenario), far_end.clone(), &key);
                let simulated = SimVendors::start(config).await?;
                (clients_of(&simulated, &key)?, Some(simulated))
            }
        };
        let (account, secret) = (format!("AC{}", hex16()?), random_secret()?);
        let source = ScenarioSource::Any(Box::new(scenario.clone()));
        let config = CarrierConfig::new(&account, &secret, source, far_end);
        let carrier = SimCarrier::start(config).await?;
        Ok(World { carrier, account, secret, vendors, pack, simulated })
    }

    /// Lets everything end, and writes the evidence of the far side into `folder`.
    pub(super) async fn close(self, folder: Option<&Path>) -> Result<(), DemoError> {
        self.carrier.shutdown().await;
        if let Some(vendors) = self.simulated {
            if let Some(folder) = folder {
                std::fs::create_dir_all(folder)?;
                std::fs::write(folder.join("vendors.jsonl"), vendors.log().to_jsonl())?;
            }
            vendors.shutdown().await;
        }
        Ok(())
    }
}

/// Runs what takes seconds the first time off the threads that carry live audio.
async fn blocking<T: Send + 'static>(
    cache: &Path,
    open: impl FnOnce(&Path) -> Result<T, DemoError> + Send + 'static,
) -> Result<T, DemoError> {
    let cache = cache.to_owned();
    let opening = tokio::task::spawn_blocking(move || open(&cache));
    opening.await.map_err(|error| program(Broke::from(&error)))?
}

/// Simulated vendors that know what these payers say, at the pace of hosted ones, and demand every privacy setting.
///
/// `key` is what all three take.
#[must_use]
pub fn simulated_config(scenarios: &[Scenario], speech: Speech, key: &str) -> VendorsConfig {
    let latency = |(p50_ms, p95_ms): (u32, u32)| Latency { p50_ms, p95_ms, seed: 1 };
    let mut config = VendorsConfig::new(key, speech);
    config.scenarios = scenarios.to_vec();
    config.deepgram.results = latency(RESULTS);
    config.deepgram.require_opt_out = true;
    config.openai.first_token = latency(FIRST_TOKEN);
    config.openai.each_token = latency(EACH_TOKEN);
    config.openai.require_no_store = true;
    config.elevenlabs.first_byte = latency(FIRST_BYTE);
    config.elevenlabs.times_real_time = TIMES_REAL_TIME;
    config.elevenlabs.require_zero_retention = true;
    config
}

/// The product's own clients of hosted vendors, at simulated ones.
///
/// # Errors
/// [`DemoError::Vendor`]; [`DemoError::Program`] where the model's brief does not parse.
pub fn clients_of(simulated: &SimVendors, key: &str) -> Result<Vendors, DemoError> {
    let at = |path: &str| -> Result<Endpoint, DemoError> {
        let base = format!("{}{path}", simulated.base_url());
        Endpoint::new(&base, Secret::new(key.to_owned())).map_err(program)
    };
    let brief = ModelBrief::embedded().map_err(program)?;
    let model = OpenAiConfig::of_model(MODEL, brief);
    let voice = ElevenLabsConfig::of_voice(VOICE);
    Ok(Vendors {
        speech_to_text: Arc::new(Deepgram::new(at("")?, DeepgramConfig::default())?),
        // Simulated on this machine, and registered so.
        before_notice: None,
        language_model: Arc::new(OpenAi::new(at("/v1")?, model)?),
        text_to_speech: Arc::new(ElevenLabs::new(at("")?, voice)?),
    })
}
