//! The unit of audio on a telephone leg: 20 ms of 8 kHz mu-law, and the clock that counts it.
//!
//! It does not know where a frame came from, nor when it arrived: arrival is the caller's clock.

use std::ops::Add;

/// Samples a second on a telephone leg (ITU-T G.711 §2).
pub const SAMPLE_RATE: u32 = 8_000;

/// Samples (and, in G.711, bytes) of one frame.
pub const FRAME: usize = 160;

/// Length of one frame in milliseconds; the packet interval RFC 3551 §4.2 recommends.
pub const FRAME_MS: u32 = 20;

/// One frame: [`FRAME`] bytes of G.711 mu-law.
pub type Frame = [u8; FRAME];

/// Far-end sample time: how many 8 kHz samples of the far end had arrived since the leg's first frame.
///
/// It stands still while the stream stalls, so a stall is never taken for silence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SampleTime(pub u64);

impl SampleTime {
    /// Samples in a millisecond at 8 kHz.
    pub const PER_MS: u64 = 8;

    /// So many milliseconds of audio.
    #[must_use]
    pub const fn from_ms(ms: u64) -> SampleTime {
        SampleTime(ms * SampleTime::PER_MS)
    }

    /// Whole milliseconds of audio, rounded down.
    #[must_use]
    pub const fn as_ms(self) -> u64 {
        self.0 / SampleTime::PER_MS
    }

    /// The samples from `earlier` to here; zero where `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: SampleTime) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// `samples` before this, but not before the leg's first sample.
    #[must_use]
    pub const fn back(self, samples: u64) -> SampleTime {
        SampleTime(self.0.saturating_sub(samples))
    }
}

impl Add<u64> for SampleTime {
    type Output = SampleTime;

    /// `samples` later.
    fn add(self, samples: u64) -> SampleTime {
        SampleTime(self.0.saturating_add(samples))
    }
}

/// How many milliseconds `bytes` bytes of mu-law last, rounded down.
#[must_use]
pub const fn bytes_as_ms(bytes: usize) -> u32 {
    (bytes as u64 / SampleTime::PER_MS) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_lasts_twenty_milliseconds() {
        assert_eq!(bytes_as_ms(FRAME), FRAME_MS);
        assert_eq!(SampleTime::from_ms(20).0, FRAME as u64);
    }

    #[test]
    fn time_does_not_go_below_the_first_sample() {
        assert_eq!(SampleTime(5).back(9), SampleTime(0));
        assert_eq!(SampleTime(5).since(SampleTime(9)), 0);
        assert_eq!(SampleTime(5) + 3, SampleTime(8));
    }
}
