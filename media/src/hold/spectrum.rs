//! The magnitude spectrum of the last 64 ms, by a radix-2 FFT (Cooley and Tukey) of fixed size.
//!
//! It serves the hold detector only: one 512-point transform for each loud frame. The window is Hann's.

/// Samples of one look: 64 ms at 8 kHz, so that notes a semitone apart fall into different bins from about
/// 260 Hz up.
pub(super) const LOOK: usize = 512;
/// Bins kept: 150 to 3500 Hz, the part of the band that every telephone line passes.
pub(super) const BINS: usize = HIGH - LOW;
const LOW: usize = 150 * LOOK / 8_000;
const HIGH: usize = 3_500 * LOOK / 8_000;

/// Tables and scratch space of the transform.
pub(super) struct Spectrum {
    window: [f32; LOOK],
    cosine: [f32; LOOK / 2],
    sine: [f32; LOOK / 2],
    real: [f32; LOOK],
    imaginary: [f32; LOOK],
}

impl Spectrum {
    pub(super) fn new() -> Spectrum {
        let turn = std::f32::consts::TAU / LOOK as f32;
        Spectrum {
            window: std::array::from_fn(|n| 0.5 - 0.5 * (turn * n as f32).cos()),
            cosine: std::array::from_fn(|n| (turn * n as f32).cos()),
            sine: std::array::from_fn(|n| -(turn * n as f32).sin()),
            real: [0.0; LOOK],
            imaginary: [0.0; LOOK],
        }
    }

    /// The square roots of the magnitudes of the kept bins, less their mean and scaled to length one: a shape
    /// that does not depend on loudness. The root keeps one strong partial from deciding alone.
    pub(super) fn shape(&mut self, samples: &[f32; LOOK]) -> [f32; BINS] {
        for (n, slot) in self.real.iter_mut().enumerate() {
            *slot = samples[n] * self.window[n];
        }
        self.imaginary.fill(0.0);
        self.transform();
        let mut shape: [f32; BINS] = std::array::from_fn(|bin| {
            let (re, im) = (self.real[LOW + bin], self.imaginary[LOW + bin]);
            (re * re + im * im).sqrt().sqrt()
        });
        let mean = shape.iter().sum::<f32>() / BINS as f32;
        let mut length = 0.0;
        for value in &mut shape {
            *value -= mean;
            length += *value * *value;
        }
        let scale = 1.0 / length.sqrt().max(1e-6);
        for value in &mut shape {
            *value *= scale;
        }
        shape
    }

    /// In place: bit reversal, then butterflies.
    fn transform(&mut self) {
        let mut mirrored = 0;
        for n in 1..LOOK {
            let mut bit = LOOK >> 1;
            while mirrored & bit != 0 {
                mirrored ^= bit;
                bit >>= 1;
            }
            mirrored |= bit;
            if n < mirrored {
                // The imaginary parts are all zero yet.
                self.real.swap(n, mirrored);
            }
        }
        let mut half = 1;
        while half < LOOK {
            let stride = LOOK / (2 * half);
            for start in (0..LOOK).step_by(2 * half) {
                for k in 0..half {
                    let (cos, sin) = (self.cosine[k * stride], self.sine[k * stride]);
                    let (low, high) = (start + k, start + k + half);
                    let re = self.real[high] * cos - self.imaginary[high] * sin;
                    let im = self.real[high] * sin + self.imaginary[high] * cos;
                    self.real[high] = self.real[low] - re;
                    self.imaginary[high] = self.imaginary[low] - im;
                    self.real[low] += re;
                    self.imaginary[low] += im;
                }
            }
            half *= 2;
        }
    }
}

/// How alike two shapes are: 1 for the same, about 0 for unrelated ones.
pub(super) fn likeness(a: &[f32; BINS], b: &[f32; BINS]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(hz: f32) -> [f32; LOOK] {
        std::array::from_fn(|n| 1_000.0 * (std::f32::consts::TAU * hz * n as f32 / 8_000.0).sin())
    }

    #[test]
    fn a_tone_peaks_in_its_own_bin() {
        let mut spectrum = Spectrum::new();
        let shape = spectrum.shape(&sine(1_000.0));
        let peak = (0..BINS).max_by(|a, b| shape[*a].total_cmp(&shape[*b]));
        assert_eq!(peak, Some(1_000 * LOOK / 8_000 - LOW));
    }

    #[test]
    fn likeness_is_one_for_the_same_and_low_for_another_note() {
        let mut spectrum = Spectrum::new();
        let a = spectrum.shape(&sine(440.0));
        let louder = spectrum.shape(&sine(440.0).map(|s| s * 3.0));
        let b = spectrum.shape(&sine(523.0));
        assert!(likeness(&a, &louder) > 0.999);
        assert!(likeness(&a, &b) < 0.7);
    }
}
