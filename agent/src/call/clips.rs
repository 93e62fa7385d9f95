//! The fixed clips of a practice, synthesised once for each voice and kept. None of them holds a value of a patient's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use callwright_compliance::Phi;
use callwright_prompts::clip::share_of_first_sentence;
use callwright_prompts::{Business, ClipName, NoticeText, Pack};
use callwright_vendors::{Egress, SpeechSession, TextToSpeech, VendorError};
use tokio::sync::OnceCell;

/// The clips last a minute in all, and a voice makes them several times as fast. Well below a lease's length.
const BOOK_WITHIN: Duration = Duration::from_secs(60);

/// The audio of every clip, mu-law at 8 kHz. Cloning shares the audio.
#[derive(Clone)]
pub struct ClipBook {
    audio: BTreeMap<ClipName, Bytes>,
    notice: NoticeText,
    registered_name: String,
    callback_spoken: String,
}

/// The clips of every practice that called, by voice.
#[derive(Default)]
pub struct ClipShelf {
    made: Mutex<BTreeMap<Key, Arc<OnceCell<ClipBook>>>>,
}

/// Which clips: the voice's id, the notice's id, the practice's name and its number.
type Key = (&'static str, String, String, String);

impl ClipShelf {
    /// The clips of a practice, made with this voice where that was not done before. Nothing was dialled yet: it may take seconds.
    ///
    /// # Errors
    /// The first error of the voice; [`VendorError::TimedOut`] where it does not answer.
    pub async fn book(
        &self,
        (pack, notice): (&Pack, &NoticeText),
        business: &Business<'_>,
        voice: &dyn TextToSpeech,
        leave: Egress,
    ) -> Result<ClipBook, VendorError> {
        let id = voice.id();
        let cell = self.cell(key(notice, business, id));
        // A second call of the practice waits for the first one's book; calls of others do not.
        let made = cell.get_or_try_init(|| make((pack, notice), business, voice, leave));
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
    pub fn made(
        &self,
        notice: &NoticeText,
        business: &Business<'_>,
        id: &'static str,
    ) -> Option<ClipBook> {
        self.cell(key(notice, business, id)).get().cloned()
    }
}

async fn make(
    (pack, notice): (&Pack, &NoticeText),
    business: &Business<'_>,
    voice: &dyn TextToSpeech,
    leave: Egress,
) -> Result<ClipBook, VendorError> {
    let mut session = voice.open(leave)?;
    let mut audio = BTreeMap::new();
    for name in notice.clips() {
        let spoken = speak(session.as_mut(), pack.clip_text(notice, name, business)).await?;
        if spoken.is_empty() {
            // A disclosure without a sound would be none.
            return Err(VendorError::BadAnswer { vendor: voice.id() });
        }
        audio.insert(name, spoken);
    }
    Ok(ClipBook {
        audio,
        notice: notice.clone(),
        registered_name: business.registered_name.to_owned(),
        callback_spoken: business.callback_spoken.to_owned(),
    })
}

fn key(notice: &NoticeText, business: &Business<'_>, id: &'static str) -> Key {
    let (name, callback) = (business.registered_name, business.callback_spoken);
    (id, notice.id.clone(), name.to_owned(), callback.to_owned())
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

    /// The disclosure that these clips say.
    #[must_use]
    pub fn notice(&self) -> &NoticeText {
        &self.notice
    }

    /// How long the first sentence of the disclosure lasts, in milliseconds: of the clip, the share of its words.
    #[must_use]
    pub fn first_sentence_ms(&self, pack: &Pack) -> u32 {
        let words = pack.clip_text(&self.notice, ClipName::Disclosure, &self.business());
        let ms = f64::from(self.length_ms(ClipName::Disclosure)) * share_of_first_sentence(&words);
        // A share of a length in milliseconds is one, too.
        ms.ceil() as u32
    }

    /// What the clips say about the practice.
    #[must_use]
    pub fn business(&self) -> Business<'_> {
        Business { registered_name: &self.registered_name, callback_spoken: &self.callback_spoken }
    }
}
