//! Everything the far end may say, as mu-law, made before the call so that nothing is synthesised while it runs.
//!
//! It does not decide what is said.

use super::Speech;
use crate::error::SimError;
use callwright_media::g711;
use callwright_media::resample::wideband_to_mulaw;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The pitch of the hum: between the DTMF groups' rows and below them, so that it is never a key.
const HUM_HZ: f32 = 440.0;
/// How long a hummed word lasts, with its gap.
const HUM_WORD_MS: usize = 120;

/// Text -> mu-law at 8 kHz.
#[derive(Debug, Default)]
pub(crate) struct Bank {
    clips: BTreeMap<String, Arc<[u8]>>,
}

impl Bank {
    /// Makes every text that is not there yet. Blocking: a second of speech takes about 10 ms.
    pub(crate) fn fill(&mut self, speech: &Speech, texts: &[String]) -> Result<(), SimError> {
        for text in texts {
            if self.clips.contains_key(text) {
                continue;
            }
            let audio = match speech {
                Speech::Tones => hum(text),
                Speech::Local(local) => {
                    let samples = local
                        .voice
                        .speak(text)
                        .map_err(|source| SimError::Unspeakable { text: text.clone(), source })?;
                    wideband_to_mulaw(&samples)
                }
            };
            self.clips.insert(text.clone(), audio.into());
        }
        Ok(())
    }

    pub(crate) fn clip(&self, text: &str) -> Option<Arc<[u8]>> {
        self.clips.get(text).cloned()
    }
}

/// What stands for a text where nobody can speak it: one beep a word.
pub(crate) fn hum(text: &str) -> Vec<u8> {
    let words = text.split_whitespace().count().max(1);
    let length = HUM_WORD_MS * 8;
    let sounding = length * 3 / 4;
    (0..words * length)
        .map(|at| {
            if at % length >= sounding {
                return g711::SILENCE;
            }
            let phase = std::f32::consts::TAU * HUM_HZ * at as f32 / 8_000.0;
            g711::encode((6_000.0 * phase.sin()) as i16)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use callwright_media::{SampleTime, dtmf};

    #[test]
    fn a_hum_is_as_long_as_its_words_and_holds_no_key() {
        let mut bank = Bank::default();
        bank.fill(&Speech::Tones, &["one two three".to_owned()]).unwrap();
        let clip = bank.clip("one two three").unwrap();
        assert_eq!(clip.len(), 3 * HUM_WORD_MS * 8);
        let samples: Vec<i16> = clip.iter().map(|&code| g711::decode(code)).collect();
        let mut keys = 0;
        dtmf::Detector::new().push(SampleTime(0), &samples, |_, _| keys += 1);
        assert_eq!(keys, 0);
        assert!(bank.clip("four").is_none());
    }
}
