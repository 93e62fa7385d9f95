//! Words as a recogniser hands them over: text, time and how sure it was of each.
//!
//! What a far end says about a patient is protected health information. None of these types can print its text, and
//! the text is wiped when a word is dropped. Times are milliseconds of far-end sample time.
//!
//! This module does not normalise the words (see `normal`) nor give them any meaning.

use std::fmt;

use zeroize::Zeroize;

/// One word, in the recogniser's own spelling: `hundred`, `$1,500`, `01/01/2026`.
#[derive(Clone, PartialEq)]
pub struct Word {
    /// The text. Some recognisers put several spoken words into one.
    pub text: String,
    /// When it began, in ms of far-end sample time.
    pub from_ms: u32,
    /// When it ended, in ms of far-end sample time.
    pub to_ms: u32,
    /// How sure the recogniser was, from 0 to 1. Anything else (NaN too) counts as 0.
    pub confidence: f32,
}

impl Word {
    /// The confidence as a number between 0 and 1.
    #[must_use]
    pub fn sureness(&self) -> f32 {
        if self.confidence.is_nan() { 0.0 } else { self.confidence.clamp(0.0, 1.0) }
    }
}

impl Drop for Word {
    fn drop(&mut self) {
        self.text.zeroize();
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Word")
            .field("from_ms", &self.from_ms)
            .field("to_ms", &self.to_ms)
            .field("confidence", &self.confidence)
            .finish_non_exhaustive()
    }
}

/// The words of one utterance, owned. Each word wipes its text when it is dropped.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Utterance {
    words: Vec<Word>,
}

impl Utterance {
    /// An utterance of these words, in the order in which they were spoken.
    #[must_use]
    pub fn new(words: Vec<Word>) -> Utterance {
        Utterance { words }
    }

    /// An utterance typed or made up whole: every word sure, and paced at `ms_per_word`.
    ///
    /// A take-over's typed line and the tests use it; a recogniser's words come with their own times.
    #[must_use]
    pub fn from_text(text: &str, ms_per_word: u32) -> Utterance {
        let words = text
            .split_whitespace()
            .zip(0u32..)
            .map(|(text, place)| {
                let from_ms = place.saturating_mul(ms_per_word);
                let to_ms = from_ms.saturating_add(ms_per_word);
                Word { text: text.to_owned(), from_ms, to_ms, confidence: 1.0 }
            })
            .collect();
        Utterance { words }
    }

    /// The words, to understand.
    #[must_use]
    pub fn words(&self) -> Words<'_> {
        Words { words: &self.words }
    }

    /// How many words there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether nothing was said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}

/// The words of one utterance, borrowed: what [`crate::understand`] reads.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// In the order in which they were spoken.
    pub words: &'a [Word],
}

/// The stretch of far-end audio that something was heard in: the evidence for a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Where it begins, in ms of far-end sample time.
    pub from_ms: u32,
    /// Where it ends, in ms of far-end sample time.
    pub to_ms: u32,
    /// The confidence of the least sure word in it, from 0 to 1.
    pub confidence: f32,
}

impl Span {
    /// The stretch over `words[first..=last]`; an empty stretch at 0 where there are none.
    pub(crate) fn over(words: &[Word], first: usize, last: usize) -> Span {
        let heard = words.get(first..=last).unwrap_or_default();
        let confidence = heard.iter().map(Word::sureness).fold(1.0_f32, f32::min);
        Span {
            from_ms: heard.first().map_or(0, |word| word.from_ms),
            to_ms: heard.last().map_or(0, |word| word.to_ms),
            confidence: if heard.is_empty() { 0.0 } else { confidence },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_holds_no_text() {
        let utterance = Utterance::from_text("the patient is maria", 300);
        let shown = format!("{utterance:?} {:?}", utterance.words());
        assert!(!shown.contains("maria") && !shown.contains("patient"), "{shown}");
        assert!(shown.contains("from_ms: 900"), "{shown}");
    }

    #[test]
    fn a_span_is_as_sure_as_its_least_sure_word() {
        let mut words: Vec<Word> = ["one", "two", "three"]
            .into_iter()
            .zip(0u32..)
            .map(|(text, at)| Word {
                text: text.to_owned(),
                from_ms: at * 100,
                to_ms: at * 100 + 90,
                confidence: 0.9,
            })
            .collect();
        words[1].confidence = 0.3;
        words[2].confidence = f32::NAN;
        let span = Span::over(&words, 0, 1);
        assert_eq!((span.from_ms, span.to_ms), (0, 190));
        assert!((span.confidence - 0.3).abs() < 1e-6);
        assert!(Span::over(&words, 2, 2).confidence.abs() < 1e-6, "NaN counts as 0");
        assert!(Span::over(&words, 2, 9).confidence.abs() < 1e-6, "out of range is empty");
    }
}
