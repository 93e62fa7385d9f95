//! The fixed clips of a practice, synthesised once for each voice and kept. None of them holds a value of a patient's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use callwright_compliance::Phi;
use callwright_prompts::{Business, ClipName, Pack};
use callwright_vendors::{Egress, SpeechSession, TextToSpeech, VendorError};
use tokio::sync::OnceCell;

/// The clips last a minute in all, and a voice makes them several times as fast. Well below a lease's length.
const BOOK_WITHIN: Duration = Duration::from_secs(60);

/// The audio of every clip, mu-law at 8 kHz. Cloning shares the audio.
#[derive(Clone)]
pub struct ClipBook {
    audio: BTreeMap<ClipName, Bytes>,
    registered_name: String,
    callback_spoken: String,
}

/// The clips of every practice that called, by voice.
#[derive(Default)]
pub struct ClipShelf {
    made: Mutex<BTreeMap<Key, Arc<OnceCell<ClipBook>>>>,
}

/// Whose clips: the voice's id, the practice's name and its number.
type Key = (&'static str, String, String);

impl ClipShelf {
    /// The clips of a practice, made with this voice where that was not done before. Nothing was dialled yet: it may take seconds.
    ///
    /// # Errors
    /// The first error of the voice; [`VendorError::TimedOut`] where it does not answer.
    pub async fn book(
        &self,
        pack: &Pack,
        business: &Business<'_>,
        voice: &dyn TextToSpeech,
        leave: Egress,
    ) -> Result<ClipBook, VendorError> {
        let id = voice.id();
        let cell = self.cell(key(business, id));
        // A second call of the practice waits for the first one's book; calls of others do not.
        let made = cell.get_or_try_init(|| make(pack, business, voice, leave));
        let made = tokio::time::timeout(BOOK_WITHIN, made).await;
        made.map_err(|_| VendorError::TimedOut { vendor: id })?.cloned()
    }

    fn cell(&self, key: Key) -> Arc<OnceCell<ClipBook>> {
        // A panic in here leaves the map whole: it only ever gains an empty cell.
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(made.entry(key).or_default())
    }

    /// The clips of a practice, if they were made with this voice.
    #[must_use]
    pub fn made(&self, business: &Business<'_>, id: &'static str) -> Option<ClipBook> {
        self.cell(key(business, id)).get().cloned()
    }
}

async fn make(
    pack: &Pack,
    business: &Business<'_>,
    voice: &dyn TextToSpeech,
    leave: Egress,
) -> Result<ClipBook, VendorError> {
    let mut session = voice.open(leave)?;
    let mut audio = BTreeMap::new();
    for name in ClipName::ALL {
        let spoken = speak(session.as_mut(), pack.clip_text(name, business)).await?;
        if spoken.is_empty() {
            // A disclosure without a sound would be none.
            return Err(VendorError::BadAnswer { vendor: voice.id() });
        }
        audio.insert(name, spoken);
    }
    Ok(ClipBook {
        audio,
        registered_name: business.registered_name.to_owned(),
        callback_spoken: business.callback_spoken.to_owned(),
    })
}

fn key(business: &Business<'_>, id: &'static str) -> Key {
    (id, business.registered_name.to_owned(), business.callback_spoken.to_owned())
}

async fn speak(voice: &mut dyn SpeechSession, words: String) -> Result<Bytes, VendorError> {
    let mut pieces = voice.speak(Phi::new(words));
    let mut audio = BytesMut::new();
    while let Some(piece) = pieces.recv().await {
        audio.extend_from_slice(&piece?);
    }
    Ok(audio.freeze())
}

impl ClipBook {
    /// The audio of a clip.
    #[must_use]
    pub fn audio(&self, name: ClipName) -> Bytes {
        // The shelf made all of them.
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
