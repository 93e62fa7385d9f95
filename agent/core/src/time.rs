//! The core's two clocks. It reads neither: both arrive with the inputs.

use core::ops::Add;
use serde::{Deserialize, Serialize};

/// Monotonic microseconds since the call began. Caps and vendor time-outs run on it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Micros(pub u64);

impl Micros {
    /// So many milliseconds.
    #[must_use]
    pub const fn from_ms(ms: u64) -> Micros {
        Micros(ms * 1_000)
    }

    /// So many seconds.
    #[must_use]
    pub const fn from_s(s: u64) -> Micros {
        Micros(s * 1_000_000)
    }

    /// Whole milliseconds, rounded down.
    #[must_use]
    pub const fn as_ms(self) -> u64 {
        self.0 / 1_000
    }

    /// The time from `earlier` to here; zero where `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Micros) -> Micros {
        Micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add for Micros {
    type Output = Micros;

    fn add(self, rhs: Micros) -> Micros {
        Micros(self.0.saturating_add(rhs.0))
    }
}

/// Far-end sample time: how many 8 kHz samples of the far end had arrived since the leg's first frame.
///
/// Evidence about the far end carries it, so that a stream that stalls is not taken for silence.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
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

    /// The same stretch on the monotonic clock, were audio to arrive at its own pace.
    #[must_use]
    pub const fn as_micros(self) -> Micros {
        Micros(self.0 * 1_000 / SampleTime::PER_MS)
    }
}
