//! Text to samples with flite.
//!
//! Source of the calls: flite 2.2, `flite.h` and `cst_wave.h`. It does not choose words, does not spell out numbers
//! beyond what flite does itself, and does not resample.

mod ffi;
mod trim;

use std::ffi::CString;

use crate::Missing;

/// Samples a second of everything [`Synthesiser::speak`] returns.
pub const SAMPLE_RATE_HZ: u32 = 16_000;

/// The longest text one call may speak, in bytes. Flite's memory and time grow with the text, and a minute of speech is
/// about 1 000 bytes; whoever has more to say sends segments.
pub const MAX_TEXT_BYTES: usize = 4_096;

/// The voices of Debian's `libflite1` that speak at 16 kHz and that the figures in `tests/accuracy.rs` cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Voice {
    /// CMU ARCTIC awb: a Scottish man.
    Awb,
    /// CMU ARCTIC rms: an American man. The clearest over a telephone line.
    Rms,
    /// CMU ARCTIC slt: an American woman.
    Slt,
}

/// How fast to speak: a factor on every sound's length. 1.0 is the voice's own pace, 1.25 is a quarter slower.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Stretch(f32);

impl Stretch {
    /// The voice's own pace.
    pub const NATURAL: Stretch = Stretch(1.0);
    /// The fastest allowed.
    pub const MIN: Stretch = Stretch(0.5);
    /// The slowest allowed.
    pub const MAX: Stretch = Stretch(2.0);

    /// A stretch by `factor`, or `None` outside 0.5 to 2.0, where flite's voices stop being intelligible.
    #[must_use]
    pub fn new(factor: f32) -> Option<Stretch> {
        let asked = Stretch(factor);
        (Stretch::MIN <= asked && asked <= Stretch::MAX).then_some(asked)
    }
}

impl Default for Stretch {
    fn default() -> Stretch {
        Stretch::NATURAL
    }
}

/// Why nothing was spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpeakError {
    /// Flite gave no wave back: ours or the library's fault.
    #[error("flite returned no samples for the text; check that libflite1 is whole")]
    NoWave,
    /// The caller's text has a NUL in it, where C text ends.
    #[error("the text has a NUL at byte {at}; remove it")]
    Nul {
        /// Where the first NUL is, in bytes.
        at: usize,
    },
    /// The caller's text is over [`MAX_TEXT_BYTES`].
    #[error("the text has {bytes} bytes, over the limit of {MAX_TEXT_BYTES}; speak it in segments")]
    TooLong {
        /// Bytes in the text.
        bytes: usize,
    },
    /// The library's wave is not what this crate promises; another build of flite is installed.
    #[error(
        "flite gave {rate_hz} Hz on {channels} channel(s), not {SAMPLE_RATE_HZ} Hz on one; install Debian's libflite1"
    )]
    WrongForm {
        /// Samples a second.
        rate_hz: i32,
        /// Channels.
        channels: i32,
    },
}

/// A voice, ready to speak.
///
/// Cheap to clone and to share between threads. Flite keeps its lexicon, its voices and their features in globals, so
/// all synthesis in the process takes turns behind one lock; a second of speech takes about 10 ms.
#[derive(Clone, Debug)]
pub struct Synthesiser {
    flite: &'static ffi::Flite,
    voice: ffi::VoiceHandle,
    stretch: Stretch,
}

impl Synthesiser {
    /// Opens flite and `voice`, once a process; later calls reuse what is open.
    ///
    /// # Errors
    ///
    /// [`Missing`] where the library or the voice is not installed. The answer for flite itself is kept until the process
    /// ends, so installing it takes a restart.
    pub fn open(voice: Voice) -> Result<Synthesiser, Missing> {
        let flite = ffi::flite()?;
        Ok(Synthesiser { flite, voice: flite.voice(voice)?, stretch: Stretch::NATURAL })
    }

    /// The same voice at another pace.
    #[must_use]
    pub fn with_stretch(self, stretch: Stretch) -> Synthesiser {
        Synthesiser { stretch, ..self }
    }

    /// Speaks `text`: mono samples at [`SAMPLE_RATE_HZ`], with at most a few hundredths of a second of silence at either end.
    /// Text without a word in it, such as an empty one, gives no samples. The same text gives the same samples.
    ///
    /// # Errors
    ///
    /// [`SpeakError`] for a text that cannot be spoken or a library that is not the expected one.
    pub fn speak(&self, text: &str) -> Result<Vec<i16>, SpeakError> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(SpeakError::TooLong { bytes: text.len() });
        }
        if !text.contains(char::is_alphanumeric) {
            return Ok(Vec::new());
        }
        let text = CString::new(text).map_err(|nul| SpeakError::Nul { at: nul.nul_position() })?;
        let wave = self.flite.speak(self.voice, &text, self.stretch.0)?;
        if wave.rate_hz != SAMPLE_RATE_HZ.cast_signed() || wave.channels != 1 {
            return Err(SpeakError::WrongForm { rate_hz: wave.rate_hz, channels: wave.channels });
        }
        Ok(trim::trimmed(wave.samples))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The voice, or a printed reason why the test is skipped.
    fn slt() -> Option<Synthesiser> {
        Synthesiser::open(Voice::Slt).inspect_err(|missing| println!("skipped: {missing}")).ok()
    }

    #[test]
    fn bad_text_is_refused_with_its_reason() {
        let Some(slt) = slt() else { return };
        assert_eq!(slt.speak("a\0b"), Err(SpeakError::Nul { at: 1 }));
        let long = "word ".repeat(MAX_TEXT_BYTES);
        assert_eq!(slt.speak(&long), Err(SpeakError::TooLong { bytes: long.len() }));
        assert_eq!(slt.speak(" ... "), Ok(Vec::new()));
    }

    #[test]
    fn a_sentence_has_a_likely_length_and_no_long_silences_around_it() {
        let Some(slt) = slt() else { return };
        let samples = slt.speak("The member I D is four seven two.").expect("spoken");
        let seconds = samples.len() as f32 / SAMPLE_RATE_HZ as f32;
        assert!((1.0..4.0).contains(&seconds), "{seconds} s");
        let head = &samples[..SAMPLE_RATE_HZ as usize / 10];
        assert!(head.iter().any(|s| s.unsigned_abs() > 200), "starts late");
    }

    #[test]
    fn stretching_lengthens_and_does_not_stick() {
        let Some(slt) = slt() else { return };
        let text = "Thank you for your time.";
        let natural = slt.speak(text).expect("spoken").len();
        let slow = slt.clone().with_stretch(Stretch::new(1.5).expect("in range"));
        let stretched = slow.speak(text).expect("spoken").len();
        assert!(stretched * 10 > natural * 13, "{stretched} against {natural}");
        assert_eq!(slt.speak(text).expect("spoken").len(), natural);
        assert!(Stretch::new(f32::NAN).is_none() && Stretch::new(2.5).is_none());
    }

    #[test]
    fn threads_that_share_a_voice_hear_the_same() {
        let Some(slt) = slt() else { return };
        let expected = slt.speak("one moment please").expect("spoken");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let rms = Synthesiser::open(Voice::Rms).expect("installed with slt");
                    assert!(slt.speak("one moment please").as_ref() == Ok(&expected));
                    assert!(rms.speak("one moment please").as_ref() != Ok(&expected));
                });
            }
        });
    }
}
