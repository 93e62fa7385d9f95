//! How long each stage of a reply took.

use serde::{Deserialize, Serialize};

/// The stages of a reply, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// From the last sound of the far end to the decision that its turn is over.
    EndOfTurn,
    /// From there to its words.
    SpeechToText,
    /// From the words to what they mean and what to do.
    Understanding,
    /// From there to the first piece of the reply.
    LanguageModel,
    /// From the piece to its first audio.
    TextToSpeech,
    /// From the audio to the carrier's socket.
    Playout,
    /// All of it: from the far end's last sound to the first of ours.
    Reply,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Stage; 7] = [
        Stage::EndOfTurn,
        Stage::SpeechToText,
        Stage::Understanding,
        Stage::LanguageModel,
        Stage::TextToSpeech,
        Stage::Playout,
        Stage::Reply,
    ];

    /// Its name in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Stage::EndOfTurn => "end_of_turn",
            Stage::SpeechToText => "speech_to_text",
            Stage::Understanding => "understanding",
            Stage::LanguageModel => "language_model",
            Stage::TextToSpeech => "text_to_speech",
            Stage::Playout => "playout",
            Stage::Reply => "reply",
        }
    }

    /// Its name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Stage::EndOfTurn => "end of turn",
            Stage::SpeechToText => "speech to text",
            Stage::Understanding => "understanding",
            Stage::LanguageModel => "language model",
            Stage::TextToSpeech => "text to speech",
            Stage::Playout => "playout",
            Stage::Reply => "all: their last sound to our first",
        }
    }
}

/// The times of one stage over a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Which stage.
    pub stage: Stage,
    /// How often it was measured.
    pub count: usize,
    /// The median, in microseconds.
    pub p50_us: u64,
    /// The greatest, in microseconds.
    pub max_us: u64,
}

/// Replies measured in one call; a longer call keeps the first ones.
const SAMPLES_MAX: usize = 4_096;

/// The measurements of one call.
#[derive(Clone, Debug, Default)]
pub struct Latency {
    samples: Vec<(Stage, u64)>,
}

impl Latency {
    /// Writes down one measurement, in microseconds.
    pub fn add(&mut self, stage: Stage, us: u64) {
        if self.samples.len() < SAMPLES_MAX {
            self.samples.push((stage, us));
        }
    }

    /// A line a stage that was measured.
    #[must_use]
    pub fn summary(&self) -> Vec<Summary> {
        let line = |stage| {
            let mut all: Vec<u64> =
                self.samples.iter().filter(|(s, _)| *s == stage).map(|(_, us)| *us).collect();
            all.sort_unstable();
            let p50_us = *all.get(all.len() / 2)?;
            let max_us = *all.last()?;
            Some(Summary { stage, count: all.len(), p50_us, max_us })
        };
        Stage::ALL.into_iter().filter_map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_has_the_median_and_the_greatest() {
        let mut latency = Latency::default();
        for us in [5, 1, 9] {
            latency.add(Stage::Playout, us);
        }
        let summary = latency.summary();
        assert_eq!(summary.len(), 1);
        assert_eq!((summary[0].count, summary[0].p50_us, summary[0].max_us), (3, 5, 9));
    }
}
