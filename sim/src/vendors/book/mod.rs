//! The utterance book: the mu-law of everything a simulated payer may say, mapped to timed words.
//!
//! A telephone network carries mu-law untouched, so a stretch of a known clip is known again by its very bytes. The book cuts each
//! clip into overlapping windows of 8 ms and keeps the fingerprint of about one window in sixteen, chosen by the fingerprint itself:
//! so the same windows are chosen again wherever a stream begins, on a frame's border or not. What a stream's fingerprints agree
//! on, in clip and in time, is what was said (`Hearing`). A lost or concealed frame spoils the windows that touch it and no others.
//!
//! It is no recogniser: a sentence that is not in the book, another voice, noise on the line or a transcoded stream give no words.

mod fingerprint;
mod hearing;
#[cfg(test)]
mod measure;
#[cfg(test)]
mod tests;
mod timing;

pub use hearing::{HeardWord, Hearing};
pub use timing::TimedWord;

use crate::error::SimError;
use crate::speech::Speech;
use crate::speech::bank::Bank;
use fingerprint::{Fingerprinter, Mark};
use std::collections::BTreeMap;

/// The most places that one fingerprint may have. Texts with the same beginning share its fingerprints; what more clips than this
/// share tells nothing.
const PLACES_MAX: usize = 64;

/// Audio and its words: what a recording or a synthesiser said.
#[derive(Clone, Debug)]
pub struct Clip {
    /// The words, with their punctuation.
    pub text: String,
    /// Mu-law, 8 kHz.
    pub mulaw: Vec<u8>,
}

/// Where a fingerprint stands.
#[derive(Clone, Copy, Debug)]
struct Place {
    clip: usize,
    /// The window's end, in samples since the clip's beginning.
    end: u32,
}

#[derive(Debug)]
struct Page {
    words: Vec<TimedWord>,
    samples: u32,
    /// The ends of the windows that were kept, rising.
    marks: Vec<u32>,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Book {
    pages: Vec<Page>,
    places: BTreeMap<u64, Vec<Place>>,
}

impl Book {
    /// A book of these clips. A clip without a word or without sound adds nothing.
    #[must_use]
    pub fn new(clips: &[Clip]) -> Book {
        let mut book = Book::default();
        for clip in clips {
            book.add(&clip.text, &clip.mulaw);
        }
        book
    }

    /// A book of what these texts sound like when the far end says them. Blocking: a second of speech takes about 10 ms.
    ///
    /// What [`Speech::Tones`] hums has no words in it, so a far end that hums adds nothing.
    ///
    /// # Errors
    /// [`SimError::Unspeakable`].
    pub(crate) fn of_texts(
        speech: &Speech,
        texts: &[String],
        clips: &[Clip],
    ) -> Result<Book, SimError> {
        let mut book = Book::new(clips);
        if let Speech::Local(_) = speech {
            let mut bank = Bank::default();
            bank.fill(speech, texts)?;
            for text in texts {
                if let Some(mulaw) = bank.clip(text) {
                    book.add(text, &mulaw);
                }
            }
        }
        Ok(book)
    }

    /// How many clips it knows.
    #[must_use]
    pub fn clips(&self) -> usize {
        self.pages.len()
    }

    fn add(&mut self, text: &str, mulaw: &[u8]) {
        let words = timing::timed(text, mulaw);
        let Ok(samples) = u32::try_from(mulaw.len()) else {
            return;
        };
        let mut marks = Vec::new();
        let mut fingerprinter = Fingerprinter::default();
        for (&code, end) in mulaw.iter().zip(1_u32..) {
            if let Some(Mark(print)) = fingerprinter.push(code) {
                let places = self.places.entry(print).or_default();
                if places.len() < PLACES_MAX {
                    places.push(Place { clip: self.pages.len(), end });
                    marks.push(end);
                }
            }
        }
        if !words.is_empty() && !marks.is_empty() {
            self.pages.push(Page { words, samples, marks });
        }
    }

    fn places(&self, Mark(print): Mark) -> &[Place] {
        self.places.get(&print).map_or(&[], Vec::as_slice)
    }
}
