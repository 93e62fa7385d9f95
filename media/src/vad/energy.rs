//! The energy gate: closed while the line is no louder than its own noise.
//!
//! It adapts to the noise floor, down at once and up slowly, so that speech does not lift it. It does not
//! know what the sound is.

use crate::frame::FRAME;

/// Never let anything through below this: G.711's quantising noise and comfort noise lie under it.
const ABSOLUTE_DBOV: f32 = -62.0;
/// The highest floor: louder steady noise is let through to the voice detector, which knows it for noise.
const FLOOR_MAX_DBOV: f32 = -36.0;
const FLOOR_MIN_DBOV: f32 = -78.0;
/// The gate opens this far above the floor. The power of 20 ms of steady noise wanders by less than 2 dB.
const OPEN_ABOVE_DB: f32 = 5.0;
/// The floor climbs by 2 dB a second: ten seconds of unbroken sound lift it 20 dB, a pause of 20 ms drops it
/// again.
const CLIMB_DB: f32 = 0.04;
/// Frames that the gate stays open after the last loud one: 400 ms, longer than the gaps within words.
const LINGER: u32 = 20;

/// The level of `samples` in dB relative to a full-scale square wave (dBov, RFC 6464 §3); digital silence
/// gives −100.
#[must_use]
pub fn level_dbov(samples: &[i16]) -> f32 {
    let energy: i64 = samples.iter().map(|sample| i64::from(*sample) * i64::from(*sample)).sum();
    if energy == 0 || samples.is_empty() {
        return -100.0;
    }
    let mean_square = energy as f32 / samples.len() as f32;
    (10.0 * mean_square.log10() - 90.309).max(-100.0)
}

/// See the module.
#[derive(Clone, Debug)]
pub struct EnergyGate {
    floor_dbov: f32,
    level_dbov: f32,
    linger: u32,
}

impl Default for EnergyGate {
    fn default() -> EnergyGate {
        EnergyGate::new()
    }
}

impl EnergyGate {
    /// A closed gate that expects a quiet line.
    #[must_use]
    pub fn new() -> EnergyGate {
        EnergyGate { floor_dbov: -60.0, level_dbov: -100.0, linger: 0 }
    }

    /// Takes one frame; says whether the gate is open for it.
    pub fn frame(&mut self, samples: &[i16; FRAME]) -> bool {
        let level = level_dbov(samples);
        let loud = level > ABSOLUTE_DBOV && level > self.floor_dbov + OPEN_ABOVE_DB;
        self.level_dbov = level;
        self.linger = if loud { LINGER } else { self.linger.saturating_sub(1) };
        self.floor_dbov = if level < self.floor_dbov {
            level.max(FLOOR_MIN_DBOV)
        } else {
            (self.floor_dbov + CLIMB_DB).min(FLOOR_MAX_DBOV)
        };
        self.is_open()
    }

    /// Whether the last frame itself was loud; the gate stays open for a while after one that was.
    #[must_use]
    pub fn is_loud(&self) -> bool {
        self.linger == LINGER
    }

    /// The level of the last frame, dBov.
    #[must_use]
    pub fn level_dbov(&self) -> f32 {
        self.level_dbov
    }

    /// Whether the gate was open for the last frame.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.linger > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise from a fixed linear congruential generator.
    fn noise(amplitude: i32, frames: usize) -> Vec<[i16; FRAME]> {
        let mut state = 1_u32;
        (0..frames)
            .map(|_| {
                std::array::from_fn(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let unit = i32::from((state >> 16) as i16);
                    (unit * amplitude / 32_768) as i16
                })
            })
            .collect()
    }

    #[test]
    fn silence_never_opens_it() {
        let mut gate = EnergyGate::new();
        assert!((0..500).all(|_| !gate.frame(&[0; FRAME])));
    }

    #[test]
    fn it_gets_used_to_steady_noise() {
        let mut gate = EnergyGate::new();
        // −50 dBov: 10 dB above the floor it starts with.
        let frames = noise(180, 1_000);
        let open = frames.iter().map(|frame| gate.frame(frame)).collect::<Vec<_>>();
        assert!(open[10], "noise above the floor is let through at first");
        assert!(open[500..].iter().all(|open| !open), "and shut out later");
    }

    #[test]
    fn it_opens_at_once_and_lingers() {
        let mut gate = EnergyGate::new();
        for frame in noise(100, 300) {
            gate.frame(&frame);
        }
        assert!(!gate.is_open());
        for frame in noise(4_000, 3) {
            assert!(gate.frame(&frame));
        }
        let after: Vec<bool> = noise(100, 40).iter().map(|frame| gate.frame(frame)).collect();
        assert!(after[..19].iter().all(|open| *open) && !after[25]);
    }

    #[test]
    fn levels_are_in_dbov() {
        assert!((level_dbov(&[i16::MAX; 160]) - 0.0).abs() < 0.01);
        assert!((level_dbov(&[3_277; 160]) + 20.0).abs() < 0.01);
        assert_eq!(level_dbov(&[0; 160]), -100.0);
    }
}
