//! Sample-rate conversion between the telephone's 8 kHz and the 16 kHz of the speech engines, as a stream.
//!
//! [`To16k`] is for recognisers and voice activity, [`To8k`] for synthesised speech on its way to the wire
//! (it filters out what lies above 4 kHz, which would otherwise fold back as noise). Both hand out exactly as
//! many samples as the rates say, aligned in time with the input: the filter's delay is cut off at the front
//! and made up by `finish`. Other rates are not supported.

use audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler};

/// One block at 8 kHz: 20 ms.
const BLOCK_8K: usize = 160;

/// The same block at 16 kHz.
const BLOCK_16K: usize = 320;

/// The level of the image that the local recogniser's acoustic model likes best, by measurement over
/// telephone speech.
pub const IMAGE_DB: f32 = -12.0;

/// rubato's engine for one fixed block, its buffers, and the bookkeeping that keeps input and output aligned.
struct Engine {
    fft: Fft<f32>,
    input: Vec<f32>,
    filled: usize,
    output: Vec<f32>,
    /// Outputs still to be dropped at the front: the filter's delay.
    skip: usize,
    delay: usize,
}

impl Engine {
    fn new(rate_in: usize, rate_out: usize, block_in: usize, block_out: usize) -> Engine {
        // Both rates and the block are constants of this module, for which rubato has a plan.
        let fft = Fft::<f32>::new(rate_in, rate_out, block_in, 1, FixedSync::Both)
            .expect("8 and 16 kHz in blocks of 20 ms are rates rubato converts");
        let delay = fft.output_delay();
        Engine {
            fft,
            input: vec![0.0; block_in],
            filled: 0,
            output: vec![0.0; block_out],
            skip: delay,
            delay,
        }
    }

    /// Takes samples up to the end of the block; says how many it took and whether the block is full.
    fn fill(&mut self, samples: &[i16]) -> (usize, bool) {
        let room = self.input.len() - self.filled;
        let taken = room.min(samples.len());
        for (slot, sample) in self.input[self.filled..].iter_mut().zip(&samples[..taken]) {
            *slot = f32::from(*sample);
        }
        self.filled += taken;
        (taken, self.filled == self.input.len())
    }

    /// Converts the full block. The result stands in `self.output`.
    fn convert(&mut self) {
        let frames_in = self.input.len();
        let frames_out = self.output.len();
        let input = InterleavedSlice::new(&self.input[..], 1, frames_in);
        let output = InterleavedSlice::new_mut(&mut self.output[..], 1, frames_out);
        let (Ok(input), Ok(mut output)) = (input, output) else {
            unreachable!("one channel of as many frames as the slice has samples");
        };
        self.fft
            .process_into_buffer(&input, &mut output, None)
            .expect("both buffers have the size that a fixed-size resampler asks for");
        self.filled = 0;
    }

    /// The converted block less what is still to be dropped at the front.
    fn aligned(&mut self) -> &[f32] {
        let drop = self.skip.min(self.output.len());
        self.skip -= drop;
        &self.output[drop..]
    }

    fn reset(&mut self) {
        self.fft.reset();
        self.filled = 0;
        self.skip = self.delay;
    }
}

fn to_i16(sample: f32) -> i16 {
    // `as` saturates and maps NaN to zero, which is what clipping means here.
    sample.round() as i16
}

/// 8 kHz to 16 kHz.
///
/// By default the result is band-limited to 4 kHz. [`To16k::with_image`] leaves a mirror image of the
/// telephone band between 4 and 8 kHz at a chosen level: an acoustic model trained on wideband speech expects
/// energy there, and an empty upper half costs it accuracy. The image comes from mixing in the zero-stuffed
/// input, whose spectrum is the band and its mirror at equal strength: with `a` the image's amplitude, `a ×
/// stuffed + (1 − a) × filtered` has gain 1 below the filter's edge and `a` above.
pub struct To16k {
    engine: Engine,
    image: f32,
    /// The input delayed by as much as the filter delays it, so that the two mix in phase.
    history: Vec<f32>,
    /// How many input samples have not yet come out whole.
    owed: usize,
}

impl Default for To16k {
    fn default() -> To16k {
        To16k::new()
    }
}

impl To16k {
    /// Band-limited conversion.
    #[must_use]
    pub fn new() -> To16k {
        To16k::with_image_amplitude(0.0)
    }

    /// Conversion that leaves the 4–8 kHz image in at `db` decibels relative to the band; 0 or below.
    /// [`IMAGE_DB`] is the measured best.
    #[must_use]
    pub fn with_image(db: f32) -> To16k {
        To16k::with_image_amplitude(10_f32.powf(db.min(0.0) / 20.0))
    }

    fn with_image_amplitude(image: f32) -> To16k {
        let engine = Engine::new(8_000, 16_000, BLOCK_8K, BLOCK_16K);
        let history = vec![0.0; engine.delay / 2];
        To16k { engine, image, history, owed: 0 }
    }

    /// Appends to `out` what `samples` complete; up to 30 ms are kept back for the filter.
    pub fn push(&mut self, samples: &[i16], out: &mut Vec<i16>) {
        self.owed += 2 * samples.len();
        self.feed(samples, out);
    }

    /// Appends the samples kept back, so that twice as many came out as went in, and starts afresh.
    pub fn finish(&mut self, out: &mut Vec<i16>) {
        let zeros = [0_i16; BLOCK_8K];
        let end = out.len() + self.owed;
        while out.len() < end {
            self.feed(&zeros, out);
        }
        out.truncate(end);
        self.reset();
    }

    /// Forgets everything pushed.
    pub fn reset(&mut self) {
        self.engine.reset();
        self.history.fill(0.0);
        self.owed = 0;
    }

    fn feed(&mut self, mut samples: &[i16], out: &mut Vec<i16>) {
        while !samples.is_empty() {
            let (taken, full) = self.engine.fill(samples);
            samples = &samples[taken..];
            if full {
                self.engine.convert();
                if self.image > 0.0 {
                    self.mix_image();
                }
                let block = self.engine.aligned();
                self.owed = self.owed.saturating_sub(block.len());
                out.extend(block.iter().map(|sample| to_i16(*sample)));
            }
        }
    }

    /// Adds the zero-stuffed, equally delayed input to the converted block.
    fn mix_image(&mut self) {
        let lag = self.history.len();
        for sample in &mut self.engine.output {
            *sample *= 1.0 - self.image;
        }
        // A stuffed sample carries the energy of two, hence the factor 2.
        let gain = 2.0 * self.image;
        for at in 0..BLOCK_8K {
            let source = if at < lag { self.history[at] } else { self.engine.input[at - lag] };
            self.engine.output[2 * at] += gain * source;
        }
        let kept = BLOCK_8K - lag;
        self.history.copy_from_slice(&self.engine.input[kept..]);
    }
}

/// 16 kHz to 8 kHz, with the anti-aliasing filter.
pub struct To8k {
    engine: Engine,
    taken: usize,
    given: usize,
}

impl Default for To8k {
    fn default() -> To8k {
        To8k::new()
    }
}

impl To8k {
    /// A converter that has seen nothing.
    #[must_use]
    pub fn new() -> To8k {
        To8k { engine: Engine::new(16_000, 8_000, BLOCK_16K, BLOCK_8K), taken: 0, given: 0 }
    }

    /// Appends to `out` what `samples` complete; up to 30 ms are kept back for the filter.
    pub fn push(&mut self, samples: &[i16], out: &mut Vec<i16>) {
        self.taken += samples.len();
        self.feed(samples, out);
    }

    /// Appends the samples kept back, so that half as many (rounded up) came out as went in, and starts
    /// afresh.
    pub fn finish(&mut self, out: &mut Vec<i16>) {
        let zeros = [0_i16; BLOCK_16K];
        let owed = self.taken.div_ceil(2).saturating_sub(self.given);
        let end = out.len() + owed;
        while out.len() < end {
            self.feed(&zeros, out);
        }
        out.truncate(end);
        self.reset();
    }

    /// Forgets everything pushed.
    pub fn reset(&mut self) {
        self.engine.reset();
        self.taken = 0;
        self.given = 0;
    }

    fn feed(&mut self, mut samples: &[i16], out: &mut Vec<i16>) {
        while !samples.is_empty() {
            let (taken, full) = self.engine.fill(samples);
            samples = &samples[taken..];
            if full {
                self.engine.convert();
                let block = self.engine.aligned();
                self.given += block.len();
                out.extend(block.iter().map(|sample| to_i16(*sample)));
            }
        }
    }
}

/// Mu-law for a whole utterance of 16 kHz speech: converted, then coded.
#[must_use]
pub fn wideband_to_mulaw(samples: &[i16]) -> Vec<u8> {
    let mut narrow = Vec::with_capacity(samples.len() / 2 + BLOCK_8K);
    let mut converter = To8k::new();
    converter.push(samples, &mut narrow);
    converter.finish(&mut narrow);
    let mut codes = Vec::with_capacity(narrow.len());
    crate::g711::encode_onto(&narrow, &mut codes);
    codes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone::goertzel::power_at;
    use proptest::prelude::*;

    fn sine(hz: f32, rate: f32, samples: usize) -> Vec<i16> {
        (0..samples)
            .map(|n| to_i16(8_000.0 * (std::f32::consts::TAU * hz * n as f32 / rate).sin()))
            .collect()
    }

    fn up(mut converter: To16k, samples: &[i16]) -> Vec<i16> {
        let mut out = Vec::new();
        converter.push(samples, &mut out);
        converter.finish(&mut out);
        out
    }

    fn middle(samples: &[i16]) -> Vec<f32> {
        samples[800..2400].iter().map(|s| f32::from(*s)).collect()
    }

    fn decibels(ratio: f32) -> f32 {
        10.0 * ratio.log10()
    }

    #[test]
    fn going_up_keeps_the_tone_and_its_place_in_time() {
        let out = up(To16k::new(), &sine(1_000.0, 8_000.0, 1_600));
        let expected = sine(1_000.0, 16_000.0, 3_200);
        for at in 400..2_800 {
            assert!((i32::from(out[at]) - i32::from(expected[at])).abs() < 80, "at {at}");
        }
    }

    #[test]
    fn the_image_stands_where_it_was_asked_for() {
        let input = sine(1_000.0, 8_000.0, 1_600);
        for (db, converter) in
            [(-12.0, To16k::with_image(IMAGE_DB)), (-24.0, To16k::with_image(-24.0))]
        {
            let out = middle(&up(converter, &input));
            let band = power_at(&out, 1_000.0, 16_000.0);
            let image = power_at(&out, 7_000.0, 16_000.0);
            assert!((decibels(image / band) - db).abs() < 0.5, "wanted {db}");
        }
        let plain = middle(&up(To16k::new(), &input));
        let image = power_at(&plain, 7_000.0, 16_000.0);
        assert!(decibels(image / power_at(&plain, 1_000.0, 16_000.0)) < -60.0);
    }

    #[test]
    fn going_down_takes_out_what_would_fold_back() {
        let mut out = Vec::new();
        let mut converter = To8k::new();
        converter.push(&sine(5_000.0, 16_000.0, 6_400), &mut out);
        converter.finish(&mut out);
        let folded = power_at(&middle(&out), 3_000.0, 8_000.0);
        let loud = power_at(&middle(&sine(3_000.0, 8_000.0, 3_200)), 3_000.0, 8_000.0);
        assert!(decibels(folded / loud) < -50.0);
    }

    proptest! {
        /// However the input is cut, the output is the same and has the length the rates say.
        #[test]
        fn cutting_does_not_matter(cuts in prop::collection::vec(1_usize..400, 1..12)) {
            let total: usize = cuts.iter().sum();
            let input = sine(440.0, 16_000.0, total);
            let mut whole = Vec::new();
            let mut one = To8k::new();
            one.push(&input, &mut whole);
            one.finish(&mut whole);
            let mut pieces = Vec::new();
            let mut many = To8k::new();
            let mut rest = &input[..];
            for cut in cuts {
                let (piece, tail) = rest.split_at(cut);
                many.push(piece, &mut pieces);
                rest = tail;
            }
            many.finish(&mut pieces);
            prop_assert_eq!(whole.len(), total.div_ceil(2));
            prop_assert_eq!(&whole, &pieces);
            prop_assert_eq!(up(To16k::new(), &whole).len(), 2 * whole.len());
        }
    }
}
