//! The only place of the process that reads a clock. Everything else is given the time.

use std::time::{Duration, Instant};

use callwright_core::Micros;
use jiff::Timestamp;

/// Reads the clocks. Made once in `main` and passed on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock;

impl Clock {
    /// The wall clock: for permits, leases, audit rows and file names.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the clock that all others stand for")]
    pub fn wall(self) -> Timestamp {
        Timestamp::now()
    }

    /// Starts a stop-watch at zero.
    #[must_use]
    pub fn stopwatch(self) -> Stopwatch {
        Stopwatch { began: monotonic() }
    }
}

/// Monotonic time since a beginning: the clock of one call.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    began: Instant,
}

impl Stopwatch {
    /// The time since the beginning.
    #[must_use]
    pub fn at(self) -> Micros {
        Micros(
            u64::try_from(monotonic().duration_since(self.began).as_micros()).unwrap_or(u64::MAX),
        )
    }

    /// The moment, for a timer of the runtime, at which the watch shows `at`.
    #[must_use]
    pub fn when(self, at: Micros) -> tokio::time::Instant {
        tokio::time::Instant::from_std(self.began + Duration::from_micros(at.0))
    }
}

/// The clock that the runtime's timers go by, so that a deadline and the watch agree; where a test lets the runtime's time stand still,
/// the watch stands still, too.
#[expect(clippy::disallowed_methods, reason = "this is the clock that all others stand for")]
fn monotonic() -> Instant {
    tokio::time::Instant::now().into_std()
}
