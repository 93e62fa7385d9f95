//! The vendors that are part of this version: voice, ear and wording on this machine, without a network.
//!
//! It opens them; what they are worth is in `callwright_speech_local`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use callwright_prompts::{Pack, corpus};
use callwright_vendors::local::{Flite, Rules, Sphinx};
use callwright_vendors::{SpeechToText, TextToSpeech, VendorError};

use crate::call::Vendors;

/// The seed of the recogniser's training sentences: the same model on every machine.
const CORPUS_SEED: u64 = 1;

/// Opens the voice on this machine.
///
/// # Errors
/// [`VendorError::Missing`] with what to install.
pub fn voice() -> Result<Arc<dyn TextToSpeech>, VendorError> {
    Ok(Arc::new(Flite::open()?))
}

/// Opens the ear on this machine. Takes some seconds the first time: the recogniser's model is built and kept in `cache`.
///
/// # Errors
/// [`VendorError::Missing`] with what to install, or [`VendorError::Open`].
pub fn ear(pack: &Pack, cache: &Path) -> Result<Arc<dyn SpeechToText>, VendorError> {
    let sentences = corpus::far_end(pack, CORPUS_SEED);
    Ok(Arc::new(Sphinx::open(&cache.join("payer-model"), &sentences)?))
}

/// Voice, ear and wording, all on this machine.
///
/// # Errors
/// As [`voice`] and [`ear`].
pub fn vendors(pack: &Pack, cache: &Path) -> Result<Vendors, VendorError> {
    Ok(Vendors {
        speech_to_text: ear(pack, cache)?,
        before_notice: None,
        language_model: Arc::new(Rules),
        text_to_speech: voice()?,
    })
}

/// Where models that were built once are kept: the user's cache, or `fallback` where there is none.
#[must_use]
pub fn cache_folder(fallback: &Path) -> PathBuf {
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or(home);
    base.map_or_else(|| fallback.to_owned(), |base| base.join("callwright"))
}
