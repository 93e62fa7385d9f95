//! The power of a block at one frequency (Goertzel's algorithm).
//!
//! It is exact at any frequency, not only at multiples of rate ÷ block length, but a block resolves two tones
//! only where they lie further apart than about rate ÷ length.

/// One filter, for one frequency at one rate.
#[derive(Clone, Copy, Debug)]
pub struct Goertzel {
    coefficient: f32,
}

impl Goertzel {
    /// A filter for `hz` in a signal of `rate` samples a second.
    #[must_use]
    pub fn new(hz: f32, rate: f32) -> Goertzel {
        Goertzel { coefficient: 2.0 * (std::f32::consts::TAU * hz / rate).cos() }
    }

    /// `|X(f)|²` of `block`. A sine of amplitude A that fills a block of N samples gives about (A·N/2)².
    #[must_use]
    pub fn power(&self, block: &[f32]) -> f32 {
        let mut last = 0.0_f32;
        let mut before = 0.0_f32;
        for sample in block {
            let now = sample + self.coefficient * last - before;
            before = last;
            last = now;
        }
        // Rounding can leave a silent bin a hair below zero.
        (last * last + before * before - self.coefficient * last * before).max(0.0)
    }

    /// The share of the block's energy that lies at this frequency: 1 for a pure tone, about 2 ÷ N for white
    /// noise.
    ///
    /// `energy` is the sum of squares of `block`; silence has no share anywhere.
    #[must_use]
    pub fn share(&self, block: &[f32], energy: f32) -> f32 {
        if energy <= 0.0 {
            return 0.0;
        }
        2.0 * self.power(block) / (energy * block.len() as f32)
    }
}

/// `|X(f)|²` of `block` at `hz`, for a one-off look.
#[must_use]
pub fn power_at(block: &[f32], hz: f32, rate: f32) -> f32 {
    Goertzel::new(hz, rate).power(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(hz: f32, samples: usize) -> Vec<f32> {
        (0..samples)
            .map(|n| 1_000.0 * (std::f32::consts::TAU * hz * n as f32 / 8_000.0).sin())
            .collect()
    }

    #[test]
    fn a_pure_tone_has_all_the_energy() {
        let block = sine(1_000.0, 160);
        let energy: f32 = block.iter().map(|s| s * s).sum();
        let share = Goertzel::new(1_000.0, 8_000.0).share(&block, energy);
        assert!((share - 1.0).abs() < 0.01, "{share}");
        let elsewhere = Goertzel::new(2_000.0, 8_000.0).share(&block, energy);
        assert!(elsewhere < 0.01, "{elsewhere}");
    }

    #[test]
    fn silence_has_no_share() {
        assert_eq!(Goertzel::new(440.0, 8_000.0).share(&[0.0; 160], 0.0), 0.0);
    }
}
