//! Telephone samples at 8 kHz to the 16 kHz the acoustic model was trained on.
//!
//! The model expects sound up to 6 800 Hz, and a line ends below 4 000. A clean resampler leaves silence above, and without
//! its upper half an "s" is no longer an "s": "six" is heard as "eight". So this one leaves the mirror image of the band
//! in, softly under vowels and loudly under hisses, whose energy rises with frequency: blind bandwidth extension by
//! spectral folding (Makhoul and Berouti, "High-frequency regeneration in speech coding systems", ICASSP 1979). The result
//! is no better to listen to, and is meant for the recogniser only. [`crate::sphinx::Cmn`]'s values are for its output.

/// Taps on either side of the half-way sample. Sixteen hold the pass band within 0.1 dB up to 3 600 Hz.
const HALF: usize = 16;

/// Gain of the mirror image under vowels, -12 dB, and under hisses, +6 dB. Of images between none and +12 dB, this pair gave
/// the fewest word errors; a constant image of -12 dB made three times as many with voice slt.
const IMAGE_OF_VOWELS: f32 = 0.25;
const IMAGE_OF_HISSES: f32 = 2.0;

/// Brightness at and under which a sound is a vowel, and the range over which it becomes a hiss. Brightness is the energy of
/// the difference of neighbouring samples over that of the samples: 0 for a hum, 2 for white noise, 4 at most.
const VOWEL_BRIGHTNESS: f32 = 0.5;
const BRIGHTNESS_RANGE: f32 = 1.0;

/// How much of the energies is left a sample later: a memory of about 4 ms at 8 kHz.
const MEMORY: f32 = 0.97;

/// Energy added to the samples', so that rounding noise is no hiss: 10 units a sample.
const QUIET: f32 = 100.0;

/// Gain of all of it, so that loud hisses seldom clip.
const GAIN: f32 = 0.5;

/// A streaming upsampler from 8 to 16 kHz for the recogniser. Its output lags [`Widener::DELAY_SAMPLES`] behind.
#[derive(Clone, Debug)]
pub struct Widener {
    /// The last `2 * HALF` input samples, oldest first.
    history: [f32; 2 * HALF],
    /// Weight of each of them in the sample half way between the middle two.
    taps: [f32; 2 * HALF],
    /// Decaying energy of the samples, and of their differences.
    energy: f32,
    difference: f32,
}

impl Default for Widener {
    fn default() -> Widener {
        Widener::new()
    }
}

impl Widener {
    /// Output samples between a sample going in and the same coming out: 2 ms.
    pub const DELAY_SAMPLES: usize = 2 * HALF;

    /// A widener at the beginning of a stream.
    #[must_use]
    pub fn new() -> Widener {
        let mut taps = [0.0; 2 * HALF];
        for (index, tap) in taps.iter_mut().enumerate() {
            // The ideal half-sample interpolator, sinc(t) at t = ±1/2, ±3/2, …, under a Hann window.
            let t = index as f32 - HALF as f32 + 0.5;
            let pi_t = std::f32::consts::PI * t;
            let window = 0.5 + 0.5 * (pi_t / (HALF as f32 + 0.5)).cos();
            *tap = pi_t.sin() / pi_t * window;
        }
        Widener { history: [0.0; 2 * HALF], taps, energy: 0.0, difference: 0.0 }
    }

    /// Appends two samples to `out` for each of `samples`.
    pub fn process(&mut self, samples: &[i16], out: &mut Vec<i16>) {
        out.reserve(2 * samples.len());
        for &sample in samples {
            self.history.copy_within(1.., 0);
            self.history[2 * HALF - 1] = f32::from(sample);
            let (before, on) = (self.history[HALF - 2], self.history[HALF - 1]);
            let image = self.image_gain(before, on);
            // Zero-stuffed samples through low + image * high, where low and high are complementary half-band
            // filters: sample instants keep their value times (1 + image), instants between get the interpolation times
            // (1 - image).
            let between: f32 = self.history.iter().zip(&self.taps).map(|(s, t)| s * t).sum();
            // `as` saturates, which is what clipping is.
            out.push((on * (1.0 + image) * GAIN).round() as i16);
            out.push((between * (1.0 - image) * GAIN).round() as i16);
        }
    }

    /// The image's gain at the sample `on`, which follows `before`.
    fn image_gain(&mut self, before: f32, on: f32) -> f32 {
        self.energy = self.energy * MEMORY + on * on;
        self.difference = self.difference * MEMORY + (on - before) * (on - before);
        let brightness = self.difference / (self.energy + QUIET);
        let hiss = ((brightness - VOWEL_BRIGHTNESS) / BRIGHTNESS_RANGE).clamp(0.0, 1.0);
        IMAGE_OF_VOWELS + (IMAGE_OF_HISSES - IMAGE_OF_VOWELS) * hiss
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Level at `hz` by correlation, in decibels against an amplitude of 8 000.
    fn level_db(samples: &[i16], hz: f32) -> f32 {
        let (mut re, mut im) = (0.0_f64, 0.0_f64);
        for (n, &sample) in samples.iter().enumerate() {
            let angle = f64::from(2.0 * std::f32::consts::PI * hz) * n as f64 / 16_000.0;
            re += f64::from(sample) * angle.cos();
            im += f64::from(sample) * angle.sin();
        }
        let amplitude = 2.0 * re.hypot(im) / samples.len() as f64;
        (20.0 * (amplitude / 8_000.0).log10()) as f32
    }

    /// Levels of a tone of `hz` and of its mirror image, after widening.
    fn levels_db(hz: f32) -> (f32, f32) {
        let narrow: Vec<i16> = (0..8_000)
            .map(|n| 8_000.0 * (2.0 * std::f32::consts::PI * hz * n as f32 / 8_000.0).sin())
            .map(|sample| sample as i16)
            .collect();
        let mut wide = Vec::new();
        Widener::new().process(&narrow, &mut wide);
        assert_eq!(wide.len(), 16_000);
        (level_db(&wide, hz), level_db(&wide, 8_000.0 - hz))
    }

    #[test]
    fn a_tone_keeps_its_pitch_at_half_its_amplitude() {
        for hz in [300.0, 800.0, 1_600.0, 3_200.0] {
            let (kept, _) = levels_db(hz);
            assert!((kept + 6.0).abs() < 0.5, "{hz} Hz: {kept} dB");
        }
    }

    #[test]
    fn the_image_is_soft_under_a_vowel_and_loud_under_a_hiss() {
        for (hz, image_db) in [(300.0, -12.0), (800.0, -12.0), (2_400.0, 6.0), (3_200.0, 6.0)] {
            let (kept, image) = levels_db(hz);
            assert!((image - kept - image_db).abs() < 0.7, "{hz} Hz: {kept} dB, image {image} dB");
        }
    }

    #[test]
    fn chunks_make_no_difference_and_loud_sounds_do_not_wrap() {
        let loud: Vec<i16> =
            (0..960).map(|n| if n % 3 == 0 { i16::MAX } else { i16::MIN }).collect();
        let mut whole = Vec::new();
        Widener::new().process(&loud, &mut whole);
        let (mut parts, mut widener) = (Vec::new(), Widener::new());
        for chunk in loud.chunks(160) {
            widener.process(chunk, &mut parts);
        }
        assert_eq!(whole, parts);
        let at = |n: usize| whole[2 * n + Widener::DELAY_SAMPLES];
        assert!(at(300) > 16_000 && at(301) < -16_000 && at(303) > 16_000);
    }
}
