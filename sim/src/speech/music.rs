//! Hold music: a small synthesiser of its own, so that no recording is needed. Four chords with a broken-chord melody,
//! about -16 dBov, the same samples every time.
//!
//! It is not meant to please.

use callwright_media::g711;
use std::f32::consts::TAU;
use std::sync::{Arc, LazyLock};

const RATE: f32 = 8_000.0;
/// One bar: two seconds.
const BAR: usize = 16_000;
/// Eight melody notes a bar.
const NOTE: usize = BAR / 8;
/// C, A minor, F, G as three notes each, Hz.
const CHORDS: [[f32; 3]; 4] = [
    [261.63, 329.63, 392.00],
    [220.00, 261.63, 329.63],
    [174.61, 220.00, 261.63],
    [196.00, 246.94, 293.66],
];
/// The order in which the melody takes the chord's notes; 3 is the first one an octave up.
const MELODY: [usize; 8] = [0, 1, 2, 3, 2, 1, 2, 1];

static LOOP: LazyLock<Arc<[u8]>> = LazyLock::new(|| (0..4 * BAR).map(sample).collect());

/// Eight seconds of music as mu-law, to be played over and over.
pub(crate) fn mulaw() -> Arc<[u8]> {
    Arc::clone(&LOOP)
}

fn sample(at: usize) -> u8 {
    let chord = CHORDS[(at / BAR) % CHORDS.len()];
    let seconds = at as f32 / RATE;
    let pad: f32 = chord.iter().map(|hz| (TAU * hz * seconds).sin()).sum();
    let step = MELODY[(at / NOTE) % MELODY.len()];
    let hz = 2.0 * chord.get(step).copied().unwrap_or(2.0 * chord[0]);
    let into = (at % NOTE) as f32 / RATE;
    // A plucked note: a fast attack, then a decay of a fifth of a second; two partials.
    let envelope = (into / 0.005).min(1.0) * (-into / 0.2).exp();
    let tone = (TAU * hz * into).sin() + 0.4 * (TAU * 2.0 * hz * into).sin();
    g711::encode((1_100.0 * pad + 5_000.0 * envelope * tone) as i16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use callwright_media::vad::level_dbov;
    use callwright_media::{SampleTime, dtmf};

    #[test]
    fn music_is_never_silent_clipped_or_a_key() {
        let samples: Vec<i16> = mulaw().iter().map(|&code| g711::decode(code)).collect();
        assert_eq!(samples.len(), 64_000);
        for (at, second) in samples.chunks(8_000).enumerate() {
            let level = level_dbov(second);
            assert!((-26.0..-10.0).contains(&level), "second {at}: {level} dBov");
        }
        assert!(samples.iter().all(|sample| sample.unsigned_abs() < 20_000));
        let mut keys = Vec::new();
        dtmf::Detector::new().push(SampleTime(0), &samples, |key, _| keys.push(key.symbol()));
        assert!(keys.is_empty(), "{keys:?}");
    }
}
