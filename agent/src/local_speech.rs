//! The vendors that are part of this version: voice, ear and wording on this machine, without a network.
//!
//! It opens them; what they are worth is in `callwright_speech_local`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use callwright_compliance::vendor::Role;
use callwright_prompts::{Pack, corpus};
use callwright_vendors::VendorError;
use callwright_vendors::local::{Flite, Rules, Sphinx};

use crate::call::{ClipBook, Vendors};
use crate::services::ClipMaker;

/// The seed of the recogniser's training sentences: the same model on every machine.
const CORPUS_SEED: u64 = 1;

/// The ids of these vendors in the register, by role.
pub const VENDORS: [(Role, &str); 3] = [
    (Role::SpeechToText, "pocketsphinx"),
    (Role::LanguageModel, "rules"),
    (Role::TextToSpeech, "flite"),
];

/// An open voice and ear.
pub struct LocalSpeech {
    flite: Arc<Flite>,
    sphinx: Arc<Sphinx>,
    pack: Arc<Pack>,
}

impl LocalSpeech {
    /// Opens both. Takes some seconds the first time: the recogniser's model is built and kept in `cache`.
    ///
    /// # Errors
    /// [`VendorError::Missing`] with what to install, or [`VendorError::Open`].
    pub fn open(pack: Arc<Pack>, cache: &Path) -> Result<LocalSpeech, VendorError> {
        let flite = Arc::new(Flite::open()?);
        let sentences = corpus::far_end(&pack, CORPUS_SEED);
        let sphinx = Arc::new(Sphinx::open(&cache.join("payer-model"), &sentences)?);
        Ok(LocalSpeech { flite, sphinx, pack })
    }

    /// The vendors of a call.
    #[must_use]
    pub fn vendors(&self) -> Vendors {
        Vendors {
            speech_to_text: Arc::clone(&self.sphinx) as _,
            language_model: Arc::new(Rules),
            text_to_speech: Arc::clone(&self.flite) as _,
        }
    }

    /// Makes a practice's clips with the voice, once.
    #[must_use]
    pub fn clip_maker(&self) -> Box<ClipMaker> {
        let (flite, pack) = (Arc::clone(&self.flite), Arc::clone(&self.pack));
        let made = Mutex::new(BTreeMap::new());
        Box::new(move |name: &str, callback: &str| {
            let practice = (name.to_owned(), callback.to_owned());
            // A panic in here leaves the map whole: a book is put in when it is made.
            let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(book) = made.get(&practice) {
                return Ok(ClipBook::clone(book));
            }
            let book = ClipBook::make(&pack, name, callback, |words| flite.speak_now(words))?;
            made.insert(practice, book.clone());
            Ok(book)
        })
    }
}

/// Where models that were built once are kept: the user's cache, or `fallback` where there is none.
#[must_use]
pub fn cache_folder(fallback: &Path) -> PathBuf {
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or(home);
    base.map_or_else(|| fallback.to_owned(), |base| base.join("callwright"))
}
