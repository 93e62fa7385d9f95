//! A telephone line in miniature: 16 kHz in, 300 to 3 400 Hz and 8-bit mu-law, 8 kHz out. For measuring only: live audio
//! goes through the media plane.

use callwright_speech_local::wideband::Widener;

/// `speech` at 16 kHz as it arrives at the other end of a line, widened for the recogniser, with a stretch of line
/// silence before and after as an endpointer leaves it.
pub(crate) fn heard_over_the_line(speech: &[i16], lead_ms: usize, tail_ms: usize) -> Vec<i16> {
    let mut padded = vec![0; lead_ms * 16];
    padded.extend_from_slice(speech);
    padded.extend(std::iter::repeat_n(0, tail_ms * 16));
    let narrow: Vec<i16> = narrowed(&padded).into_iter().map(through_mulaw).collect();
    let mut wide = Vec::new();
    Widener::default().process(&narrow, &mut wide);
    wide
}

/// Low-pass at 3.6 kHz (a windowed sinc of 65 taps), then every other sample.
fn narrowed(speech: &[i16]) -> Vec<i16> {
    const HALF: isize = 32;
    let cutoff = 3_600.0 / 16_000.0;
    let taps: Vec<f32> = (-HALF..=HALF)
        .map(|k| {
            let t = k as f32;
            let sinc = match k {
                0 => 2.0 * cutoff,
                _ => (2.0 * std::f32::consts::PI * cutoff * t).sin() / (std::f32::consts::PI * t),
            };
            sinc * (0.54 + 0.46 * (std::f32::consts::PI * t / HALF as f32).cos())
        })
        .collect();
    let sample = |at: isize| {
        let at = usize::try_from(at).ok();
        at.and_then(|at| speech.get(at)).map_or(0.0, |s| f32::from(*s))
    };
    (0..speech.len() as isize)
        .step_by(2)
        .map(|centre| {
            let sum: f32 = taps.iter().zip(-HALF..).map(|(tap, k)| tap * sample(centre + k)).sum();
            sum.round() as i16
        })
        .collect()
}

/// A sample after mu-law and back (ITU-T G.711, the continuous law rounded to 8 bits).
fn through_mulaw(sample: i16) -> i16 {
    const MU: f32 = 255.0;
    let x = f32::from(sample) / 32_768.0;
    let code = (x.signum() * (1.0 + MU * x.abs()).ln() / (1.0 + MU).ln() * 127.0).round() / 127.0;
    (code.signum() * ((1.0 + MU).powf(code.abs()) - 1.0) / MU * 32_768.0) as i16
}
