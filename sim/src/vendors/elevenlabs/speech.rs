//! The voice behind the vendor: words to audio, in pieces, with the time of each character.
//!
//! Characters share the time of their text evenly: enough to cut a text where it was interrupted, no more. It sends nothing.

use super::query::Format;
use crate::speech::{Speech, bank};
use callwright_media::g711;
use callwright_media::resample::{To8k, To16k, wideband_to_mulaw};
use callwright_speech_local::flite::{Stretch, Synthesiser, Voice};
use serde_json::{Value, json};

/// The length of a piece of audio.
const PIECE_MS: usize = 250;

/// Who speaks for the agent.
#[derive(Clone, Debug)]
pub(in crate::vendors) enum AgentVoice {
    Hum,
    Flite(Synthesiser),
}

impl AgentVoice {
    pub(in crate::vendors) fn open(
        speech: &Speech,
    ) -> Result<AgentVoice, callwright_speech_local::Missing> {
        match speech {
            Speech::Tones => Ok(AgentVoice::Hum),
            Speech::Local(_) => Ok(AgentVoice::Flite(Synthesiser::open(Voice::Slt)?)),
        }
    }

    /// Speaks so many times as fast as usual; none where the text cannot be spoken.
    pub(super) async fn say(&self, text: &str, speed: f32) -> Option<Spoken> {
        let chars: Vec<char> = text.chars().collect();
        let samples = match self {
            AgentVoice::Hum => {
                let mut wide = Vec::new();
                if text.contains(char::is_alphanumeric) {
                    let narrow: Vec<i16> =
                        bank::hum(text).iter().map(|&code| g711::decode(code)).collect();
                    let mut to16k = To16k::new();
                    to16k.push(&narrow, &mut wide);
                    to16k.finish(&mut wide);
                }
                wide
            }
            AgentVoice::Flite(voice) => {
                let stretch = Stretch::new(1.0 / speed).unwrap_or(Stretch::NATURAL);
                let (voice, text) = (voice.clone().with_stretch(stretch), text.to_owned());
                tokio::task::spawn_blocking(move || voice.speak(&text)).await.ok()?.ok()?
            }
        };
        Some(Spoken { chars, samples })
    }
}

/// What was spoken: 16 kHz.
#[derive(Clone, Debug)]
pub(super) struct Spoken {
    chars: Vec<char>,
    samples: Vec<i16>,
}

/// A piece of it, with the characters that begin in it.
#[derive(Clone, Debug)]
pub(super) struct SpokenPiece {
    pub(super) bytes: Vec<u8>,
    pub(super) ms: usize,
    pub(super) chars: Vec<TimedChar>,
}

/// A character and its time, in milliseconds since the text's beginning.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimedChar {
    char: char,
    start_ms: usize,
    ms: usize,
}

impl Spoken {
    /// The audio in pieces. At least one, if there is audio at all.
    pub(super) fn pieces(&self, format: Format) -> Vec<SpokenPiece> {
        let bytes = self.bytes(format);
        let size = PIECE_MS * format.bytes_per_ms();
        let whole_ms = bytes.len() / format.bytes_per_ms();
        let count = self.chars.len().max(1);
        let at_ms = |place: usize| place * whole_ms / count;
        let timed: Vec<TimedChar> = self
            .chars
            .iter()
            .enumerate()
            .map(|(at, &char)| {
                let start_ms = at_ms(at);
                TimedChar { char, start_ms, ms: at_ms(at + 1) - start_ms }
            })
            .collect();
        let last = bytes.len().div_ceil(size).saturating_sub(1);
        bytes
            .chunks(size)
            .enumerate()
            .map(|(at, bytes)| {
                let mine = |timed: &&TimedChar| (timed.start_ms / PIECE_MS).min(last) == at;
                SpokenPiece {
                    bytes: bytes.to_vec(),
                    ms: bytes.len() / format.bytes_per_ms(),
                    chars: timed.iter().filter(mine).copied().collect(),
                }
            })
            .collect()
    }

    fn bytes(&self, format: Format) -> Vec<u8> {
        let little = |samples: &[i16]| samples.iter().flat_map(|s| s.to_le_bytes()).collect();
        match format {
            Format::Ulaw8000 => wideband_to_mulaw(&self.samples),
            Format::Pcm16000 => little(&self.samples),
            Format::Pcm8000 => {
                let (mut to8k, mut narrow) = (To8k::new(), Vec::new());
                to8k.push(&self.samples, &mut narrow);
                to8k.finish(&mut narrow);
                little(&narrow)
            }
        }
    }
}

/// The vendor's `alignment`, relative to the audio that begins at `begin_ms`.
pub(super) fn alignment<'a>(chars: impl Iterator<Item = &'a TimedChar>, begin_ms: usize) -> Value {
    let chars: Vec<&TimedChar> = chars.collect();
    let list = |of: fn(&TimedChar, usize) -> Value| -> Vec<Value> {
        chars.iter().map(|timed| of(timed, begin_ms)).collect()
    };
    json!({
        "chars": list(|timed, _| json!(timed.char.to_string())),
        "charStartTimesMs": list(|timed, begin| json!(timed.start_ms.saturating_sub(begin))),
        "charDurationsMs": list(|timed, _| json!(timed.ms)),
    })
}

/// How far into the text the piece with this number begins.
pub(super) fn piece_begins_ms(at: usize) -> usize {
    at * PIECE_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pieces_are_the_whole_and_hold_each_character_once() {
        let text = "one two three four.";
        let spoken = AgentVoice::Hum.say(text, 1.0).await.unwrap();
        for format in [Format::Ulaw8000, Format::Pcm8000, Format::Pcm16000] {
            let pieces = spoken.pieces(format);
            // Four hummed words of 120 ms.
            assert_eq!(pieces.iter().map(|piece| piece.ms).sum::<usize>(), 480);
            let bytes: usize = pieces.iter().map(|piece| piece.bytes.len()).sum();
            assert_eq!(bytes, 480 * format.bytes_per_ms());
            let chars: String = pieces.iter().flat_map(|p| &p.chars).map(|c| c.char).collect();
            assert_eq!(chars, text);
            for (at, piece) in pieces.iter().enumerate() {
                let value = alignment(piece.chars.iter(), piece_begins_ms(at));
                let starts = value["charStartTimesMs"].as_array().unwrap();
                assert!(starts.iter().all(|s| s.as_u64().unwrap() < 250), "{value}");
            }
        }
    }

    #[tokio::test]
    async fn what_has_no_word_has_no_sound() {
        let spoken = AgentVoice::Hum.say(" ", 1.0).await.unwrap();
        assert!(spoken.pieces(Format::Ulaw8000).is_empty());
    }
}
