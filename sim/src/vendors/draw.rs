//! Random numbers from a seed: SplitMix64, and delays drawn from a distribution that is given by two of its percentiles.
//!
//! Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014; Box and Muller 1958. The same seed
//! draws the same on every machine. Not for secrets.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The standard normal distribution's 95th percentile.
const Z95: f64 = 1.644_853_6;
/// The longest delay that is drawn, whatever the tail says.
const DELAY_MAX: Duration = Duration::from_secs(60);

/// How long an answer takes: log-normal, by its median and its 95th percentile. Zero by default: no delay at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    /// Half of the delays are shorter, in milliseconds.
    pub p50_ms: u32,
    /// One in twenty is longer. Less than the median counts as the median: then all are the same.
    pub p95_ms: u32,
    /// What the draws begin from.
    #[serde(default)]
    pub seed: u64,
}

impl Latency {
    /// Always the same delay.
    #[must_use]
    pub const fn fixed(ms: u32) -> Latency {
        Latency { p50_ms: ms, p95_ms: ms, seed: 0 }
    }

    /// The delays of one session, each session its own.
    pub(super) fn of_session(self, session: u64) -> Delays {
        let draws = Draws::new(self.seed ^ session.wrapping_mul(0xD134_2543_DE82_EF95));
        Delays { latency: self, draws }
    }
}

/// Delays, one after another.
#[derive(Clone, Debug)]
pub(super) struct Delays {
    latency: Latency,
    draws: Draws,
}

impl Delays {
    pub(super) fn next(&mut self) -> Duration {
        let median = f64::from(self.latency.p50_ms);
        if median == 0.0 {
            return Duration::ZERO;
        }
        let high = f64::from(self.latency.p95_ms).max(median);
        let sigma = (high / median).ln() / Z95;
        let ms = median * (sigma * self.draws.normal()).exp();
        Duration::try_from_secs_f64(ms / 1_000.0).unwrap_or(DELAY_MAX).min(DELAY_MAX)
    }
}

/// The generator.
#[derive(Clone, Debug)]
pub(super) struct Draws(u64);

impl Draws {
    pub(super) fn new(seed: u64) -> Draws {
        Draws(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// One of the items; none where there are none.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(items.len()).ok().filter(|count| *count > 0)?;
        items.get(usize::try_from(self.next() % count).unwrap_or(0))
    }

    /// A number in (0, 1].
    fn unit(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 / 9_007_199_254_740_992.0
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.unit().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(latency: Latency, session: u64) -> Vec<Duration> {
        let mut delays = latency.of_session(session);
        (0..10_000).map(|_| delays.next()).collect()
    }

    #[test]
    fn delays_have_the_percentiles_that_were_asked_for() {
        let mut delays = drawn(Latency { p50_ms: 200, p95_ms: 600, seed: 1 }, 0);
        delays.sort();
        let (median, high) = (delays[5_000].as_millis(), delays[9_500].as_millis());
        assert!((190..=210).contains(&median), "{median}");
        assert!((560..=640).contains(&high), "{high}");
    }

    #[test]
    fn the_same_session_draws_the_same_and_another_one_does_not() {
        let latency = Latency { p50_ms: 200, p95_ms: 600, seed: 1 };
        assert_eq!(drawn(latency, 3), drawn(latency, 3));
        assert_ne!(drawn(latency, 3), drawn(latency, 4));
    }

    #[test]
    fn none_is_none_and_fixed_is_fixed() {
        assert!(drawn(Latency::default(), 0).iter().all(Duration::is_zero));
        let fixed = drawn(Latency::fixed(70), 9);
        assert!(fixed.iter().all(|delay| delay.as_micros().abs_diff(70_000) <= 1));
    }
}
