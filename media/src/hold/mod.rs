//! Hold: is the line silent, does it play music, or might somebody be speaking?
//!
//! While a call is on hold the recogniser and the voice detector sleep, and this alone listens. Its
//! `SpeechCandidate` wakes them; the words then decide whether a person is there, so a false wake costs a few
//! seconds of recognition and no more. It does not tell a recorded announcement from a person, and singing
//! with sparse accompaniment is a candidate: both are settled by words.
//!
//! Two features of the last half second, over 20 ms frames, both needed for speech:
//!
//! - *Stability*: the likeness of the spectrum's shape to that of 60 ms before; its upper third. A held note
//!   is the same note 60 ms later, however many sound together; a voice glides and changes its vowel. Music
//!   lies above 0.94, speech mostly below 0.90.
//! - *Range*: the distance between loud and quiet frames. Syllables and stops open gaps of 15 to 40 dB
//!   several times a second (the 4 Hz modulation of Scheirer and Slaney, "Construction and evaluation of a
//!   robust multifeature speech/music discriminator", 1997); music fills its gaps.

mod spectrum;

use crate::frame::{FRAME, SampleTime};
use crate::vad::EnergyGate;
use spectrum::{BINS, LOOK, Spectrum, likeness};

/// Frames looked back on: half a second.
const WINDOW: usize = 25;
/// The shape is compared with that of so many frames before.
const LAG: usize = 3;
/// Comparisons wanted before anything is said about the window.
const ENOUGH: usize = 12;
/// Stability below which a window may be speech.
const UNSTABLE: f32 = 0.92;
/// Range in dB above which a window may be speech.
const WIDE_DB: f32 = 12.0;
/// Windows in favour, less those against, that make a candidate: 120 ms of agreement.
const CANDIDATE_VOTES: i32 = 6;
/// Windows of music that end a stretch of speech, or begin music: one second.
const MUSIC_VOTES: i32 = 50;
/// Quiet that counts as silence: longer than the pause between two sentences of an announcement.
const SILENCE_FRAMES: u32 = 75;
/// A pause that divides two stretches of sound.
const STRETCH_GAP: u32 = 15;
/// A candidate in unbroken sound is taken to have begun so long before it was noticed.
const NOTICE_LAG: u64 = 4_000;

/// What the hold detector hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HoldEvidence {
    /// Nothing for a second and a half.
    Silence,
    /// Music, for a second.
    Music,
    /// Sound that changes as speech does. Only words can say more.
    SpeechCandidate,
}

/// See the module. About 25 kB; 10 µs for a loud frame, next to nothing for a quiet one.
pub struct HoldDetector {
    spectrum: Box<Spectrum>,
    gate: EnergyGate,
    samples: [f32; LOOK],
    /// The last shapes, newest last; `None` for a frame that was not loud.
    shapes: [Option<[f32; BINS]>; LAG + 1],
    /// Of the last frames, in a ring: level, and likeness where both frames were loud.
    levels: [f32; WINDOW],
    likenesses: [Option<f32>; WINDOW],
    next: usize,
    seen: usize,
    votes: i32,
    music: i32,
    quiet: u32,
    stretch_at: SampleTime,
    evidence: Option<HoldEvidence>,
}

impl Default for HoldDetector {
    fn default() -> HoldDetector {
        HoldDetector::new()
    }
}

impl HoldDetector {
    /// A detector that has heard nothing.
    #[must_use]
    pub fn new() -> HoldDetector {
        HoldDetector {
            spectrum: Box::new(Spectrum::new()),
            gate: EnergyGate::new(),
            samples: [0.0; LOOK],
            shapes: [None; LAG + 1],
            levels: [-100.0; WINDOW],
            likenesses: [None; WINDOW],
            next: 0,
            seen: 0,
            votes: 0,
            music: 0,
            quiet: 0,
            stretch_at: SampleTime(0),
            evidence: None,
        }
    }

    /// What was last told.
    #[must_use]
    pub fn evidence(&self) -> Option<HoldEvidence> {
        self.evidence
    }

    /// Forgets what was told and what speaks for it, so that whatever is on the line is told anew.
    pub fn restart(&mut self) {
        self.evidence = None;
        self.votes = 0;
        self.music = 0;
        self.quiet = 0;
    }

    /// Takes the frame that begins at `at`; tells a change, and where the new sound began.
    ///
    /// `tone` says that the line carries a network tone: neither speech nor music, so it counts for nothing.
    pub fn frame(
        &mut self,
        at: SampleTime,
        samples: &[i16; FRAME],
        tone: bool,
    ) -> Option<(HoldEvidence, SampleTime)> {
        self.samples.copy_within(FRAME.., 0);
        for (slot, sample) in self.samples[LOOK - FRAME..].iter_mut().zip(samples) {
            *slot = f32::from(*sample);
        }
        self.gate.frame(samples);
        let loud = self.gate.is_loud();
        self.remember(loud && !tone);
        if tone {
            self.quiet = 0;
            return None;
        }
        let told = if loud { self.sound(at) } else { self.pause(at) };
        let (evidence, began) = told?;
        if self.evidence == Some(evidence) {
            return None;
        }
        self.evidence = Some(evidence);
        Some((evidence, began))
    }

    /// Puts the frame's level and likeness into the rings.
    fn remember(&mut self, loud: bool) {
        self.shapes.copy_within(1.., 0);
        self.shapes[LAG] = loud.then(|| self.spectrum.shape(&self.samples));
        self.likenesses[self.next] = match (&self.shapes[0], &self.shapes[LAG]) {
            (Some(then), Some(now)) => Some(likeness(then, now)),
            (None, _) | (_, None) => None,
        };
        self.levels[self.next] = self.gate.level_dbov();
        self.next = (self.next + 1) % WINDOW;
        self.seen = (self.seen + 1).min(WINDOW);
    }

    fn sound(&mut self, at: SampleTime) -> Option<(HoldEvidence, SampleTime)> {
        if self.quiet >= STRETCH_GAP || self.seen == 1 {
            self.stretch_at = at;
        }
        self.quiet = 0;
        let speech = self.window_is_speech()?;
        if speech {
            self.votes = (self.votes + 1).min(CANDIDATE_VOTES);
            self.music = (self.music - 2).max(0);
        } else {
            self.votes = (self.votes - 1).max(0);
            self.music = (self.music + 1).min(MUSIC_VOTES);
        }
        if self.votes == CANDIDATE_VOTES {
            let recent = (at + FRAME as u64).back(NOTICE_LAG);
            let began =
                if at.since(self.stretch_at) <= 2 * NOTICE_LAG { self.stretch_at } else { recent };
            return Some((HoldEvidence::SpeechCandidate, began));
        }
        if self.music == MUSIC_VOTES {
            let began = (at + FRAME as u64).back(MUSIC_VOTES as u64 * FRAME as u64);
            return Some((HoldEvidence::Music, began.max(self.stretch_at)));
        }
        None
    }

    fn pause(&mut self, at: SampleTime) -> Option<(HoldEvidence, SampleTime)> {
        self.quiet = self.quiet.saturating_add(1);
        if self.quiet < SILENCE_FRAMES {
            return None;
        }
        self.votes = 0;
        self.music = 0;
        let length = u64::from(SILENCE_FRAMES) * FRAME as u64;
        Some((HoldEvidence::Silence, (at + FRAME as u64).back(length)))
    }

    /// Whether the last half second changes as speech does; nothing where too little of it was sound.
    fn window_is_speech(&self) -> Option<bool> {
        let mut likenesses = [0.0_f32; WINDOW];
        let mut count = 0;
        for value in self.likenesses.iter().flatten() {
            likenesses[count] = *value;
            count += 1;
        }
        if count < ENOUGH {
            return None;
        }
        let known = &mut likenesses[..count];
        known.sort_unstable_by(f32::total_cmp);
        let stability = known[count * 7 / 10];
        let mut levels = self.levels;
        let known = &mut levels[WINDOW - self.seen..];
        if self.seen < WINDOW {
            known.copy_from_slice(&self.levels[..self.seen]);
        }
        known.sort_unstable_by(f32::total_cmp);
        let range = known[self.seen * 9 / 10] - known[self.seen / 10];
        Some(stability < UNSTABLE && range > WIDE_DB)
    }
}

#[cfg(test)]
mod tests;
