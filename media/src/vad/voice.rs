//! The voice detector: earshot's scores, with hysteresis, turned into where speech began and ended.
//!
//! earshot wants 16 kHz in frames of 256 samples (16 ms) and gives a score between 0 and 1. It hears music as
//! voice; see the module above.

use super::EnergyGate;
use crate::frame::{FRAME, SampleTime};
use crate::resample::To16k;

/// One score covers 16 ms: 256 samples at 16 kHz, 128 at 8 kHz.
const SCORE_16K: usize = 256;
const SCORE_8K: u64 = 128;
/// Frames kept from before the gate opened, so that the detector's context is filled when the voice starts.
const LEAD_FRAMES: usize = 4;
/// By measurement a score first crosses the threshold about 40 ms after telephone speech begins; starts are
/// moved back by so much.
const ONSET_LAG: u64 = 320;

/// When a voice counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VadConfig {
    /// Score above which a voice begins. 0.5 is earshot's own advice; at 0.8 half the speech is missed.
    pub begin_score: f32,
    /// Score below which a voice is thought to pause.
    pub keep_score: f32,
    /// Voice needed before a start is told, ms: clicks are shorter.
    pub onset_ms: u32,
    /// Pause needed before an end is told, ms.
    pub hangover_ms: u32,
}

impl Default for VadConfig {
    fn default() -> VadConfig {
        VadConfig { begin_score: 0.5, keep_score: 0.35, onset_ms: 64, hangover_ms: 240 }
    }
}

/// A border of speech.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VadEvent {
    /// A voice began at this sample, which lies before the moment of telling.
    Started(SampleTime),
    /// The voice was last heard at this sample.
    Ended(SampleTime),
}

/// See the module. About 20 kB.
pub struct Vad {
    config: VadConfig,
    gate: EnergyGate,
    detector: Box<earshot::Detector>,
    upsampler: To16k,
    wide: Vec<i16>,
    lead: [[i16; FRAME]; LEAD_FRAMES],
    lead_len: usize,
    running: bool,
    /// Sample time of the next score's first sample, while running.
    score_at: SampleTime,
    speaking: bool,
    /// While silent: where the present stretch of voice began and how long it has lasted. While speaking:
    /// where voice was last heard.
    voiced_since: Option<SampleTime>,
    voiced: u64,
    last_voice: SampleTime,
    /// The end of the last utterance: a start is never moved back beyond it.
    ended_at: SampleTime,
}

impl Vad {
    /// A detector that has heard nothing.
    #[must_use]
    pub fn new(config: VadConfig) -> Vad {
        Vad {
            config,
            gate: EnergyGate::new(),
            detector: earshot::Detector::default_boxed(),
            upsampler: To16k::new(),
            wide: Vec::with_capacity(2 * SCORE_16K + 4 * FRAME),
            lead: [[0; FRAME]; LEAD_FRAMES],
            lead_len: 0,
            running: false,
            score_at: SampleTime(0),
            speaking: false,
            voiced_since: None,
            voiced: 0,
            last_voice: SampleTime(0),
            ended_at: SampleTime(0),
        }
    }

    /// Whether speech has started and not ended.
    #[must_use]
    pub fn is_speaking(&self) -> bool {
        self.speaking
    }

    /// Takes the frame that begins at `at`. Frames come in order and without gaps, except after
    /// [`Vad::reset`].
    pub fn frame(&mut self, at: SampleTime, samples: &[i16; FRAME]) -> Option<VadEvent> {
        if self.gate.frame(samples) {
            if !self.running {
                self.wake(at);
            }
            self.upsampler.push(samples, &mut self.wide);
            self.score()
        } else {
            let end = at + FRAME as u64;
            self.rest(samples);
            self.judge(false, end, FRAME as u64)
        }
    }

    /// Ends what is being said, and forgets the audio: the next frame may come from elsewhere in the leg. The
    /// noise floor is kept.
    pub fn reset(&mut self) -> Option<VadEvent> {
        self.running = false;
        self.lead_len = 0;
        self.voiced_since = None;
        self.voiced = 0;
        if !self.speaking {
            return None;
        }
        self.speaking = false;
        self.ended_at = self.last_voice;
        Some(VadEvent::Ended(self.last_voice))
    }

    /// The gate opened at `at`: start the detector afresh, a few frames back.
    fn wake(&mut self, at: SampleTime) {
        self.running = true;
        self.detector.reset();
        self.upsampler.reset();
        self.wide.clear();
        self.score_at = at.back((self.lead_len * FRAME) as u64);
        for frame in &self.lead[LEAD_FRAMES - self.lead_len..] {
            self.upsampler.push(frame, &mut self.wide);
        }
        self.lead_len = 0;
    }

    /// The gate is closed: keep the frame for when it opens.
    fn rest(&mut self, samples: &[i16; FRAME]) {
        self.running = false;
        self.lead.copy_within(1.., 0);
        self.lead[LEAD_FRAMES - 1] = *samples;
        self.lead_len = (self.lead_len + 1).min(LEAD_FRAMES);
    }

    /// Scores every whole 16 ms that waits. One frame completes at most a few; at most one border falls among
    /// them.
    fn score(&mut self) -> Option<VadEvent> {
        let mut border = None;
        let mut used = 0;
        while self.wide.len() - used >= SCORE_16K {
            let score = self.detector.predict_i16(&self.wide[used..used + SCORE_16K]);
            used += SCORE_16K;
            self.score_at = self.score_at + SCORE_8K;
            let threshold = if self.speaking || self.voiced > 0 {
                self.config.keep_score
            } else {
                self.config.begin_score
            };
            border = self.judge(score >= threshold, self.score_at, SCORE_8K).or(border);
        }
        self.wide.drain(..used);
        border
    }

    /// `samples` samples up to `end` were voice, or not.
    fn judge(&mut self, voice: bool, end: SampleTime, samples: u64) -> Option<VadEvent> {
        if self.speaking {
            if voice {
                self.last_voice = end;
                return None;
            }
            let pause = end.since(self.last_voice);
            if pause < u64::from(self.config.hangover_ms) * SampleTime::PER_MS {
                return None;
            }
            self.speaking = false;
            self.ended_at = self.last_voice;
            self.voiced_since = None;
            self.voiced = 0;
            return Some(VadEvent::Ended(self.last_voice));
        }
        if !voice {
            self.voiced_since = None;
            self.voiced = 0;
            return None;
        }
        let since = *self.voiced_since.get_or_insert(end.back(samples));
        self.voiced += samples;
        if self.voiced < u64::from(self.config.onset_ms) * SampleTime::PER_MS {
            return None;
        }
        self.speaking = true;
        self.last_voice = end;
        Some(VadEvent::Started(since.back(ONSET_LAG).max(self.ended_at)))
    }
}
