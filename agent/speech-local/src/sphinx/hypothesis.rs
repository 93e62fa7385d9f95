//! What was heard, word by word, with times and confidence. It does not correct words or join them into values.

use std::fmt;

use super::ffi::Segment;

/// Frames a second of the acoustic model (`-frate 100`), as milliseconds a frame.
const FRAME_MS: u32 = 10;

/// The words of one utterance, in order.
///
/// They may be a patient's data, so `Debug` shows how many there are and not which.
#[derive(Clone, Default, PartialEq)]
pub struct Hypothesis {
    /// The words, silences and noises left out.
    pub words: Vec<HypWord>,
}

/// One word heard. `Debug` shows its times and not the word.
#[derive(Clone, PartialEq)]
pub struct HypWord {
    /// The word, in lower case, as in the model's sentences.
    pub text: String,
    /// Where it begins, in milliseconds of samples fed since the utterance's start.
    pub from_ms: u32,
    /// Where it ends, on the same scale; later than `from_ms`.
    pub to_ms: u32,
    /// How sure the recogniser is, 0 to 1: the word's own evidence (square root) times the whole utterance's, since speech
    /// from outside the model spoils all its words.
    ///
    /// Not a probability. Over a telephone line with voice rms, 95 of 100 words heard rightly lie above 0.59, and 90 of 100
    /// words made up for speech outside the model below 0.58. It says little about which word of a good utterance is
    /// wrong: there, read the value back.
    pub confidence: f32,
}

impl Hypothesis {
    /// The words, separated by single spaces.
    #[must_use]
    pub fn text(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(|word| word.text.as_str()).collect();
        words.join(" ")
    }

    /// The mean of the words' confidence, weighted by their length; 0 without words.
    #[must_use]
    pub fn confidence(&self) -> f32 {
        let length = |word: &HypWord| (word.to_ms - word.from_ms) as f32;
        let total: f32 = self.words.iter().map(length).sum();
        if total == 0.0 {
            return 0.0;
        }
        let weighted: f32 = self.words.iter().map(|word| word.confidence * length(word)).sum();
        weighted / total
    }

    /// Keeps the words among `segments`, without the number of the pronunciation.
    pub(super) fn from_segments(segments: &[Segment]) -> Hypothesis {
        let words: Vec<&Segment> =
            segments.iter().filter(|segment| !is_filler(&segment.word)).collect();
        let frames: f64 = words.iter().map(|word| word.frames()).sum();
        let total: f64 = words.iter().map(|word| sureness(word) * word.frames()).sum();
        let words = words.iter().map(|segment| HypWord {
            text: spelling(&segment.word).to_owned(),
            from_ms: segment.first * FRAME_MS,
            to_ms: (segment.last.max(segment.first) + 1) * FRAME_MS,
            confidence: (sureness(segment).sqrt() * (total / frames)) as f32,
        });
        Hypothesis { words: words.collect() }
    }
}

impl fmt::Debug for Hypothesis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hypothesis({} words)", self.words.len())
    }
}

impl fmt::Debug for HypWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HypWord({}..{} ms, {:.2})", self.from_ms, self.to_ms, self.confidence)
    }
}

/// Sentence marks, silences and the model's noises (`noisedict`): `<s>`, `</s>`, `<sil>`, `[NOISE]`, `++UH++`.
fn is_filler(word: &str) -> bool {
    word.is_empty() || word.starts_with(['<', '[', '+'])
}

/// `word` of `word(2)`, which is how the dictionary tells pronunciations apart.
fn spelling(word: &str) -> &str {
    match word.split_once('(') {
        Some((spelling, number)) if number.ends_with(')') && !spelling.is_empty() => spelling,
        _ => word,
    }
}

impl Segment {
    fn frames(&self) -> f64 {
        f64::from(self.last.max(self.first) - self.first + 1)
    }
}

/// How far the sounds of a word may lie behind the best sounds of any kind, in nats a frame, before they count against it,
/// and where nothing is left of it. Of words heard rightly a quarter lie behind 3.0 and one in a hundred behind 4.6.
const FITS: f64 = -3.0;
const DOES_NOT_FIT: f64 = -6.0;

/// One word's own evidence, 0 to 1: its probability against the other words of the lattice, times how well its sounds fit.
/// The lattice alone is sure of the one word that comes near when all are wrong; the fit sees that none comes near.
fn sureness(segment: &Segment) -> f64 {
    let behind = segment.acoustic / segment.frames();
    let fit = (behind - DOES_NOT_FIT) / (FITS - DOES_NOT_FIT);
    segment.posterior.clamp(0.0, 1.0) * fit.clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(word: &str, first: u32, last: u32, posterior: f64) -> Segment {
        Segment { word: word.to_owned(), first, last, posterior, acoustic: -1.0 }
    }

    #[test]
    fn fillers_go_and_pronunciations_lose_their_number() {
        let heard = Hypothesis::from_segments(&[
            segment("<s>", 0, 9, 1.0),
            segment("the(2)", 10, 19, 0.5),
            segment("<sil>", 20, 29, 1.0),
            segment("[NOISE]", 30, 39, 1.0),
            segment("++UH++", 40, 41, 1.0),
            segment("patient's", 42, 79, 1.5),
            segment("</s>", 80, 99, 1.0),
        ]);
        assert_eq!(heard.text(), "the patient's");
        assert_eq!((heard.words[0].from_ms, heard.words[0].to_ms), (100, 200));
        assert_eq!((heard.words[1].from_ms, heard.words[1].to_ms), (420, 800));
        assert!((0.0..=1.0).contains(&heard.words[1].confidence));
    }

    #[test]
    fn a_bad_fit_costs_confidence_and_bad_neighbours_do_too() {
        let confidence = |fits: [f64; 2]| {
            let words = fits.map(|fit| Segment { acoustic: 10.0 * fit, ..segment("a", 0, 9, 1.0) });
            Hypothesis::from_segments(&words).words[0].confidence
        };
        assert!((confidence([-1.0, -2.9]) - 1.0).abs() < 1e-6);
        assert!((confidence([-1.0, -6.0]) - 0.5).abs() < 1e-6);
        assert!((confidence([-4.5, -4.5]) - 0.5_f32.sqrt() * 0.5).abs() < 1e-6);
        assert_eq!(confidence([-9.0, -1.0]), 0.0);
    }

    #[test]
    fn nothing_heard_has_no_confidence() {
        assert_eq!(Hypothesis::default().confidence(), 0.0);
        assert_eq!(Hypothesis::from_segments(&[segment("<sil>", 0, 9, 1.0)]).text(), "");
    }

    #[test]
    fn debug_keeps_the_words_to_itself() {
        let heard = Hypothesis::from_segments(&[segment("seven", 0, 9, 1.0)]);
        let shown = format!("{heard:?} {:?}", heard.words);
        assert!(!shown.contains("seven"), "{shown}");
    }
}
