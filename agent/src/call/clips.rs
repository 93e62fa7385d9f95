//! The fixed clips of a practice, synthesised once and kept. None of them holds a value of a patient's.

use std::collections::BTreeMap;

use bytes::Bytes;
use callwright_prompts::{Business, ClipName, Pack};

/// The audio of every clip, mu-law at 8 kHz. Cloning shares the audio.
#[derive(Clone)]
pub struct ClipBook {
    audio: BTreeMap<ClipName, Bytes>,
    registered_name: String,
    callback_spoken: String,
}

impl ClipBook {
    /// Makes every clip of the pack for one practice.
    ///
    /// # Errors
    /// The first error of `speak`.
    pub fn make<E>(
        pack: &Pack,
        registered_name: &str,
        callback_spoken: &str,
        mut speak: impl FnMut(&str) -> Result<Bytes, E>,
    ) -> Result<ClipBook, E> {
        let business = Business { registered_name, callback_spoken };
        let mut audio = BTreeMap::new();
        for name in ClipName::ALL {
            audio.insert(name, speak(&pack.clip_text(name, &business))?);
        }
        Ok(ClipBook {
            audio,
            registered_name: registered_name.to_owned(),
            callback_spoken: callback_spoken.to_owned(),
        })
    }

    /// The audio of a clip.
    #[must_use]
    pub fn audio(&self, name: ClipName) -> Bytes {
        // `make` made all of them.
        self.audio.get(&name).cloned().unwrap_or_default()
    }

    /// How long a clip lasts, in milliseconds.
    #[must_use]
    pub fn length_ms(&self, name: ClipName) -> u32 {
        u32::try_from(self.audio(name).len() / 8).unwrap_or(u32::MAX)
    }

    /// What the clips say about the practice.
    #[must_use]
    pub fn business(&self) -> Business<'_> {
        Business { registered_name: &self.registered_name, callback_spoken: &self.callback_spoken }
    }
}
