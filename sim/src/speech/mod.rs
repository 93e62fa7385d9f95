//! The far end's voice and ear.
//!
//! With [`Speech::Local`] it speaks by flite and hears by PocketSphinx, on this machine. With [`Speech::Tones`] it hums
//! what it would say and knows only that it was spoken to: enough for the protocols, anywhere.

pub(crate) mod bank;
pub(crate) mod ear;
pub(crate) mod endpoint;
pub(crate) mod music;

use crate::error::SimError;
use callwright_prompts::{Pack, corpus};
use callwright_speech_local::Missing;
use callwright_speech_local::flite::{Stretch, Synthesiser, Voice};
use callwright_speech_local::model::Model;
use callwright_speech_local::sphinx::Decoder;
use std::path::Path;
use std::sync::Arc;

/// flite's own pace is that of reading aloud; on the telephone people speak a tenth faster.
const PACE: f32 = 0.9;

/// The seed of the ear's training sentences: the same sentences, so the same model, on every machine.
const CORPUS_SEED: u64 = 20_260_101;

/// How the far end speaks and hears.
#[derive(Clone, Debug)]
pub enum Speech {
    /// Hums and hears no words. Needs no library.
    Tones,
    /// Speaks (flite, voice rms) and understands (PocketSphinx) on this machine.
    Local(LocalSpeech),
}

/// A voice and an ear on this machine.
#[derive(Clone, Debug)]
pub struct LocalSpeech {
    pub(crate) voice: Synthesiser,
    pub(crate) model: Arc<Model>,
}

impl LocalSpeech {
    /// Opens the voice, and makes (or finds in the cache) the language model of what callers say.
    ///
    /// Takes up to a few seconds the first time; call it off the async threads.
    ///
    /// # Errors
    /// [`SimError::SpeechMissing`], [`SimError::Pack`], [`SimError::Model`] or [`SimError::Ear`].
    pub fn open(cache: &Path) -> Result<LocalSpeech, SimError> {
        let voice = payer_voice()?;
        let pack = Pack::embedded()?;
        let model = Model::build(cache, &corpus::agent_side(&pack, CORPUS_SEED))?;
        // Opened once here so that a missing library is told now and not in the middle of a call.
        drop(Decoder::open(&model)?);
        Ok(LocalSpeech { voice, model: Arc::new(model) })
    }
}

/// The voice that every payer speaks with.
pub(crate) fn payer_voice() -> Result<Synthesiser, Missing> {
    let pace = Stretch::new(PACE).unwrap_or(Stretch::NATURAL);
    Ok(Synthesiser::open(Voice::Rms)?.with_stretch(pace))
}
