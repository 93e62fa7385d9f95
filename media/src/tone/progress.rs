//! Call progress: the tones by which a US network says what became of a call.
//!
//! Source: the Precise Tone Plan (Telcordia GR-506-CORE §17; ITU-T E.180 supplement 2): dial tone 350 + 440
//! Hz, ringback 440 + 480 Hz, busy 480 + 620 Hz at 0.5 s on and off, reorder the same pair at 0.25 s; special
//! information tones, three rising notes, ITU-T E.180 §7; the answering tone of a fax machine, 2100 Hz, ITU-T
//! T.30 §4. Other countries' cadences are not told apart.

use super::goertzel::Goertzel;
use crate::frame::{FRAME, SampleTime};

/// What the network says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Progress {
    /// The far end's telephone rings. Told once for each ring.
    Ringback,
    /// The far end is engaged.
    Busy,
    /// The network is engaged, or cannot place the call ("fast busy").
    Reorder,
    /// The line waits for a number: whoever was there has hung up.
    DialTone,
    /// Three rising notes, before an announcement that the call failed.
    SpecialInformation,
    /// A fax machine or a modem answers.
    FaxAnswer,
}

/// What one window of audio holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sound {
    Quiet,
    Dial,
    Ring,
    Engaged,
    SitLow,
    SitMiddle,
    SitHigh,
    Fax,
    Other,
}

/// Two frames, 40 ms: enough to tell 440 from 480 Hz.
const WINDOW: usize = 2 * FRAME;
const FREQUENCIES: [f32; 10] =
    [350.0, 440.0, 480.0, 620.0, 913.8, 985.2, 1_370.6, 1_428.5, 1_776.7, 2_100.0];
/// Share of the energy that a tone, or a pair, must have.
const PURE: f32 = 0.80;
/// Share that the weaker of a pair must have.
const WEAKER: f32 = 0.12;
/// Mean square below which nothing is listened for: a sine at about −48 dBm0.
const FLOOR: f32 = 2_000.0;

/// Lengths in frames of 20 ms. A window smears each edge by a frame, so bounds are wide.
const RING_MIN: u32 = 20;
const DIAL_MIN: u32 = 50;
const FAX_MIN: u32 = 25;
const SIT_MIN: u32 = 8;
const SIT_MAX: u32 = 24;
const SIT_GAP_MAX: u32 = 4;
const REORDER_ON: std::ops::RangeInclusive<u32> = 9..=17;
const BUSY_ON: std::ops::RangeInclusive<u32> = 20..=30;

/// Hears call-progress tones, one 20 ms frame at a time.
pub struct Detector {
    filters: [Goertzel; 10],
    window: [f32; WINDOW],
    sound: Sound,
    /// Frames the present sound has lasted, and where it began.
    run: u32,
    began: SampleTime,
    /// The last run of the engaged pair, in frames, where a second one of its kind would settle the cadence.
    engaged: Option<(Progress, SampleTime)>,
    /// Notes of a special information tone heard so far, and where the first began.
    notes: u8,
    sit_began: SampleTime,
}

impl Default for Detector {
    fn default() -> Detector {
        Detector::new()
    }
}

impl Detector {
    /// A detector that has heard nothing.
    #[must_use]
    pub fn new() -> Detector {
        Detector {
            filters: FREQUENCIES.map(|hz| Goertzel::new(hz, 8_000.0)),
            window: [0.0; WINDOW],
            sound: Sound::Quiet,
            run: 0,
            began: SampleTime(0),
            engaged: None,
            notes: 0,
            sit_began: SampleTime(0),
        }
    }

    /// Takes the frame that begins at `at`; gives a tone that has just been proved, and where it began.
    pub fn frame(
        &mut self,
        at: SampleTime,
        samples: &[i16; FRAME],
    ) -> Option<(Progress, SampleTime)> {
        self.window.copy_within(FRAME.., 0);
        for (slot, sample) in self.window[FRAME..].iter_mut().zip(samples) {
            *slot = f32::from(*sample);
        }
        let sound = self.listen();
        if sound == self.sound {
            self.run = self.run.saturating_add(1);
            return self.lasting();
        }
        let ended = self.ended();
        self.sound = sound;
        self.run = 1;
        self.began = at;
        ended
    }

    /// Whether the line carries a network's tone at this moment; speech detectors are not to be trusted while
    /// it does.
    #[must_use]
    pub fn is_tone(&self) -> bool {
        self.run >= 3 && !matches!(self.sound, Sound::Quiet | Sound::Other)
    }

    fn listen(&self) -> Sound {
        let energy: f32 = self.window.iter().map(|s| s * s).sum();
        if energy < FLOOR * WINDOW as f32 {
            return Sound::Quiet;
        }
        let share = self.filters.map(|filter| filter.share(&self.window, energy));
        let pair =
            |a: usize, b: usize| share[a] + share[b] >= PURE && share[a].min(share[b]) >= WEAKER;
        // The two pairs that share 440 or 480 Hz leak into each other: the stronger claim wins.
        let claims = [
            (Sound::Dial, pair(0, 1), share[0] + share[1]),
            (Sound::Ring, pair(1, 2), share[1] + share[2]),
            (Sound::Engaged, pair(2, 3), share[2] + share[3]),
            (Sound::SitLow, share[4].max(share[5]) >= PURE, share[4].max(share[5])),
            (Sound::SitMiddle, share[6].max(share[7]) >= PURE, share[6].max(share[7])),
            (Sound::SitHigh, share[8] >= PURE, share[8]),
            (Sound::Fax, share[9] >= PURE, share[9]),
        ];
        claims
            .iter()
            .filter(|(_, holds, _)| *holds)
            .max_by(|a, b| a.2.total_cmp(&b.2))
            .map_or(Sound::Other, |(sound, _, _)| *sound)
    }

    /// A sound goes on: those that are known by lasting.
    fn lasting(&mut self) -> Option<(Progress, SampleTime)> {
        let told = match (self.sound, self.run) {
            (Sound::Ring, RING_MIN) => Progress::Ringback,
            (Sound::Dial, DIAL_MIN) => Progress::DialTone,
            (Sound::Fax, FAX_MIN) => Progress::FaxAnswer,
            (Sound::SitHigh, SIT_MIN) if self.notes == 2 => {
                self.notes = 0;
                return Some((Progress::SpecialInformation, self.sit_began));
            }
            _ => return None,
        };
        Some((told, self.began))
    }

    /// A sound ended: those that are known by their length and order.
    fn ended(&mut self) -> Option<(Progress, SampleTime)> {
        let note = (SIT_MIN..=SIT_MAX).contains(&self.run);
        match self.sound {
            Sound::SitLow if note => {
                self.notes = 1;
                self.sit_began = self.began;
            }
            Sound::SitMiddle if note && self.notes == 1 => self.notes = 2,
            // The window straddles two notes for a frame or two.
            Sound::Other | Sound::Quiet if self.run <= SIT_GAP_MAX => {}
            Sound::Quiet
            | Sound::Dial
            | Sound::Ring
            | Sound::Engaged
            | Sound::SitLow
            | Sound::SitMiddle
            | Sound::SitHigh
            | Sound::Fax
            | Sound::Other => self.notes = 0,
        }
        if self.sound != Sound::Engaged {
            // A pause of the cadence keeps the count; anything long, or any other sound, breaks it.
            let pause =
                matches!(self.sound, Sound::Quiet | Sound::Other) && self.run <= *BUSY_ON.end();
            if !pause {
                self.engaged = None;
            }
            return None;
        }
        let kind = if REORDER_ON.contains(&self.run) {
            Progress::Reorder
        } else if BUSY_ON.contains(&self.run) {
            Progress::Busy
        } else {
            self.engaged = None;
            return None;
        };
        match self.engaged {
            Some((before, began)) if before == kind => {
                self.engaged = None;
                Some((kind, began))
            }
            Some(_) | None => {
                self.engaged = Some((kind, self.began));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::g711;

    /// Segments of (frequencies, milliseconds), through mu-law.
    fn play(segments: &[(&[f32], u32)]) -> Vec<i16> {
        let mut out = Vec::new();
        for (tones, ms) in segments {
            for n in 0..*ms * 8 {
                let t = std::f32::consts::TAU * n as f32 / 8_000.0;
                let sample: f32 = tones.iter().map(|hz| 3_000.0 * (t * hz).sin()).sum();
                out.push(g711::decode(g711::encode(sample as i16)));
            }
        }
        out
    }

    fn hear(samples: &[i16]) -> Vec<(Progress, u64)> {
        let mut detector = Detector::new();
        let mut heard = Vec::new();
        for (n, chunk) in samples.chunks_exact(FRAME).enumerate() {
            let frame: &[i16; FRAME] = chunk.try_into().unwrap();
            heard.extend(
                detector
                    .frame(SampleTime((n * FRAME) as u64), frame)
                    .map(|(tone, at)| (tone, at.as_ms())),
            );
        }
        heard
    }

    const RING: &[f32] = &[440.0, 480.0];
    const ENGAGED: &[f32] = &[480.0, 620.0];
    const QUIET: &[f32] = &[];

    #[test]
    fn each_ring_is_told() {
        let heard = hear(&play(&[(QUIET, 330), (RING, 2_000), (QUIET, 4_000), (RING, 2_000)]));
        let tones: Vec<Progress> = heard.iter().map(|(tone, _)| *tone).collect();
        assert_eq!(tones, [Progress::Ringback, Progress::Ringback]);
        assert!(heard[0].1.abs_diff(330) <= 40 && heard[1].1.abs_diff(6_330) <= 40);
    }

    #[test]
    fn busy_and_reorder_differ_by_cadence() {
        for (ms, tone) in [(500, Progress::Busy), (250, Progress::Reorder)] {
            let cycle = [(ENGAGED, ms), (QUIET, ms)];
            let heard = hear(&play(&[cycle, cycle, cycle, cycle].concat()));
            assert_eq!(heard.first().map(|h| h.0), Some(tone), "{ms}");
            assert!(heard.iter().all(|h| h.0 == tone));
        }
    }

    #[test]
    fn dial_tone_and_fax_are_known_by_lasting() {
        let dial = hear(&play(&[(&[350.0, 440.0], 3_000)]));
        assert_eq!(dial.len(), 1);
        assert!(dial[0].0 == Progress::DialTone && dial[0].1 <= 20);
        assert_eq!(hear(&play(&[(&[2_100.0], 3_000)]))[0].0, Progress::FaxAnswer);
        assert_eq!(hear(&play(&[(&[350.0, 440.0], 700)])), []);
    }

    #[test]
    fn three_rising_notes_are_special_information() {
        for notes in [[985.2, 1_428.5, 1_776.7], [913.8, 1_370.6, 1_776.7]] {
            let heard = hear(&play(&[
                (QUIET, 200),
                (&notes[..1], 276),
                (&notes[1..2], 276),
                (&notes[2..], 380),
                (QUIET, 500),
            ]));
            assert_eq!(heard.len(), 1, "{heard:?}");
            assert_eq!(heard[0].0, Progress::SpecialInformation);
            assert!(heard[0].1.abs_diff(200) <= 40);
        }
        let falling = hear(&play(&[(&[1_776.7], 300), (&[1_370.6], 300), (&[913.8], 300)]));
        assert_eq!(falling, []);
    }

    #[test]
    fn keys_and_single_notes_are_no_progress() {
        let keys = super::super::dtmf::Key::parse_all("1234567890").unwrap();
        let codes = super::super::dtmf::generate(&keys, super::super::dtmf::Press::default());
        let samples: Vec<i16> = codes.iter().map(|c| g711::decode(*c)).collect();
        assert_eq!(hear(&samples), []);
        assert_eq!(hear(&play(&[(&[440.0], 3_000)])), []);
    }
}
