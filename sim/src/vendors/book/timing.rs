//! When in a clip each of its words is said.
//!
//! The synthesiser does not tell, so a clip's sounding time is shared out among its words by their letters; pauses belong to no
//! word. Good to about a syllable: enough to say which words of a cut utterance were heard. It reads no phonemes.

use crate::payer::words;
use callwright_media::g711;
use callwright_media::vad::level_dbov;

/// The grain of loudness: 10 ms.
const GRAIN: usize = 80;
/// Louder than this is sound.
const SOUND_DBOV: f32 = -50.0;
/// Quiet shorter than this is part of a word: the closure of a plosive lasts up to 100 ms.
const PAUSE_GRAINS: usize = 12;
/// What a word takes beyond its letters: "I D" is two syllables, and "through" is one.
const WORD_WEIGHT: usize = 2;

/// A word and its place in a clip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedWord {
    /// In lower case, without punctuation.
    pub word: String,
    /// With the punctuation that follows it.
    pub punctuated: String,
    /// Its first sample.
    pub start: u32,
    /// One past its last sample.
    pub end: u32,
}

/// The words of `text`, spread over the sounding part of `mulaw`.
pub(super) fn timed(text: &str, mulaw: &[u8]) -> Vec<TimedWord> {
    let sounding = sounding(mulaw);
    let spoken = spoken(text);
    let weight: usize = spoken.iter().map(|(word, _)| word_weight(word)).sum();
    if sounding.is_empty() || weight == 0 {
        return Vec::new();
    }
    let grain_at = |share: usize| {
        let at = (share * sounding.len() / weight).min(sounding.len() - 1);
        sounding[at]
    };
    let mut before = 0;
    let mut words = Vec::with_capacity(spoken.len());
    for (word, punctuated) in spoken {
        let start = grain_at(before);
        before += word_weight(&word);
        // The last grain that is this word's: a pause after it is nobody's.
        let last = (before * sounding.len() / weight).max(1) - 1;
        let end = sounding[last.min(sounding.len() - 1)].max(start) + 1;
        let sample = |grain: usize| u32::try_from(grain * GRAIN).unwrap_or(u32::MAX);
        words.push(TimedWord { word, punctuated, start: sample(start), end: sample(end) });
    }
    words
}

fn word_weight(word: &str) -> usize {
    word.chars().count() + WORD_WEIGHT
}

/// The words without and with what follows them. A word that is written with a hyphen is several.
fn spoken(text: &str) -> Vec<(String, String)> {
    let mut spoken = Vec::new();
    for token in text.split_whitespace() {
        let pieces = words::split(token);
        let mark = token.chars().next_back().filter(|last| matches!(last, '.' | ',' | '?' | '!'));
        let count = pieces.len();
        for (at, piece) in pieces.into_iter().enumerate() {
            let mut punctuated = piece.clone();
            punctuated.extend(mark.filter(|_| at + 1 == count));
            spoken.push((piece, punctuated));
        }
    }
    spoken
}

/// The grains of `mulaw` in which there is sound, in order.
fn sounding(mulaw: &[u8]) -> Vec<usize> {
    let mut grains = Vec::new();
    let mut quiet = Vec::new();
    for (at, grain) in mulaw.chunks(GRAIN).enumerate() {
        let samples: Vec<i16> = grain.iter().map(|&code| g711::decode(code)).collect();
        if level_dbov(&samples) > SOUND_DBOV {
            if quiet.len() < PAUSE_GRAINS && !grains.is_empty() {
                grains.append(&mut quiet);
            }
            quiet.clear();
            grains.push(at);
        } else {
            quiet.push(at);
        }
    }
    grains
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sound(ms: usize) -> Vec<u8> {
        (0..ms * 8).map(|at| if at % 16 < 8 { 0x20 } else { 0xA0 }).collect()
    }

    #[test]
    fn pauses_belong_to_no_word() {
        let mut mulaw = sound(400);
        mulaw.extend([0xFF; 500 * 8]);
        mulaw.extend(sound(400));
        let words = timed("same, same.", &mulaw);
        let [first, second] = &words[..] else { panic!("{words:?}") };
        assert_eq!((first.word.as_str(), first.punctuated.as_str()), ("same", "same,"));
        assert_eq!((second.word.as_str(), second.punctuated.as_str()), ("same", "same."));
        assert_eq!((first.start, first.end), (0, 3_200));
        assert_eq!((second.start, second.end), (7_200, 10_400));
    }

    #[test]
    fn a_hyphen_makes_words_of_a_word() {
        let words = timed("out-of-pocket maximum.", &sound(1_000));
        let said: Vec<&str> = words.iter().map(|word| word.punctuated.as_str()).collect();
        assert_eq!(said, ["out", "of", "pocket", "maximum."]);
    }

    #[test]
    fn no_words_or_no_sound_is_nothing() {
        assert!(timed("...", &sound(100)).is_empty());
        assert!(timed("word", &[0xFF; 800]).is_empty());
        assert!(timed("word", &[]).is_empty());
    }

    proptest! {
        /// Words come in order, do not overlap, lie inside the clip and are all there.
        #[test]
        fn words_lie_in_order_inside_the_clip(
            text in "[a-z]{1,9}( [a-z]{1,9}){0,12}",
            stretches in proptest::collection::vec((10_usize..900, 0_usize..600), 1..6),
        ) {
            let mut mulaw = Vec::new();
            for (loud, quiet) in stretches {
                mulaw.extend(sound(loud.max(20)));
                mulaw.resize(mulaw.len() + quiet * 8, 0xFF);
            }
            let words = timed(&text, &mulaw);
            prop_assert_eq!(words.len(), text.split(' ').count());
            for word in &words {
                prop_assert!(word.start < word.end, "{:?}", word);
                prop_assert!(word.end as usize <= mulaw.len().next_multiple_of(GRAIN));
            }
            for pair in words.windows(2) {
                prop_assert!(pair[0].start <= pair[1].start && pair[0].end <= pair[1].end);
            }
        }
    }
}
