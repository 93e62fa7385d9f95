//! Cutting the silence a synthetic voice puts before and after its words. It changes no sample that it keeps.

/// Frame the loudness is judged on: 10 ms at 16 kHz.
const FRAME: usize = 160;
/// A frame whose mean magnitude is under this is silence (about -60 dBFS; flite's own silence is exact or nearly zero).
const SILENCE_MEAN: u32 = 30;
/// Frames kept before the first sound, so that a soft onset is not cut: 30 ms.
const LEAD_FRAMES: usize = 3;
/// Frames kept after the last sound, so that a release is not cut: 60 ms.
const TAIL_FRAMES: usize = 6;

/// `samples` without excess silence at either end; empty where all of it is silence.
pub(super) fn trimmed(mut samples: Vec<i16>) -> Vec<i16> {
    let loud = |frame: &[i16]| {
        let sum: u32 = frame.iter().map(|s| u32::from(s.unsigned_abs())).sum();
        sum > SILENCE_MEAN * FRAME as u32
    };
    let (mut first, mut last) = (None, 0);
    for (index, frame) in samples.chunks(FRAME).enumerate() {
        if loud(frame) {
            first.get_or_insert(index);
            last = index;
        }
    }
    let Some(first) = first else {
        return Vec::new();
    };
    samples.truncate(((last + 1 + TAIL_FRAMES) * FRAME).min(samples.len()));
    samples.drain(..first.saturating_sub(LEAD_FRAMES) * FRAME);
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_goes_and_margins_stay() {
        let mut samples = vec![0; 50 * FRAME];
        samples.extend(vec![1_000; 7 * FRAME]);
        samples.extend(vec![0; 50 * FRAME]);
        let kept = trimmed(samples);
        assert_eq!(kept.len(), (LEAD_FRAMES + 7 + TAIL_FRAMES) * FRAME);
        assert_eq!(kept[LEAD_FRAMES * FRAME], 1_000);
        assert_eq!(kept[LEAD_FRAMES * FRAME - 1], 0);
    }

    #[test]
    fn pauses_inside_stay_and_all_silence_is_nothing() {
        let mut samples = vec![1_000; FRAME];
        samples.extend(vec![0; 30 * FRAME]);
        samples.extend(vec![1_000; FRAME]);
        assert_eq!(trimmed(samples.clone()), samples);
        assert!(trimmed(vec![0; 1_000]).is_empty());
        assert!(trimmed(Vec::new()).is_empty());
    }
}
