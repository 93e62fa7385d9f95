//! Waiting before another try of a connection or a request: the one place of this crate that does.
//!
//! Only what delivered nothing yet is tried again, and only where the failure may pass: no connection, 408, 429, 5xx. How long a
//! vendor says to wait (`Retry-After`) is kept to. All tries and waits together have one bound. `backoff` computes the waits, and
//! no other module knows it.

use std::future::Future;
use std::time::Duration;

use backoff::ExponentialBackoff;
use backoff::backoff::Backoff;

use crate::VendorError;

/// How often and how fast a connection or request is tried again. Waits grow twofold and vary by half, so that many calls do not
/// come back at the same instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// All tries, the first included; 0 counts as 1.
    pub tries_max: u8,
    /// The first wait.
    pub first_wait: Duration,
    /// The longest wait that we choose ourselves.
    pub wait_max: Duration,
    /// All tries and waits together.
    pub total: Duration,
}

impl Retry {
    /// Three tries in well under the time in which a representative asks whether anybody is there.
    pub const TRIES: u8 = 3;
    /// Long enough for a restarted process to listen again.
    pub const FIRST_WAIT: Duration = Duration::from_millis(200);
    /// A longer wait than this is silence on the line.
    pub const WAIT_MAX: Duration = Duration::from_secs(1);
    /// A conversation waits no longer for anything.
    pub const TOTAL: Duration = Duration::from_secs(8);
}

impl Default for Retry {
    fn default() -> Retry {
        Retry {
            tries_max: Retry::TRIES,
            first_wait: Retry::FIRST_WAIT,
            wait_max: Retry::WAIT_MAX,
            total: Retry::TOTAL,
        }
    }
}

/// Whether a failed try may be followed by another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// It would fail in the same way.
    No,
    /// After a wait of our own.
    Soon,
    /// After the wait that the vendor asks for.
    After(Duration),
}

/// A failed try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) error: VendorError,
    pub(crate) again: Again,
}

impl Failure {
    /// One that no other try mends.
    pub(crate) const fn lasting(error: VendorError) -> Failure {
        Failure { error, again: Again::No }
    }

    /// One that may pass.
    pub(crate) const fn passing(error: VendorError) -> Failure {
        Failure { error, again: Again::Soon }
    }

    /// An answer with this status, and with this `Retry-After`.
    pub(crate) fn of_status(
        error: VendorError,
        status: u16,
        retry_after: Option<Duration>,
    ) -> Failure {
        let again = match status {
            408 | 429 | 500..=599 => retry_after.map_or(Again::Soon, Again::After),
            _ => Again::No,
        };
        Failure { error, again }
    }
}

/// The wait that a vendor asks for: `retry-after-ms`, which OpenAI sends, before `Retry-After` in seconds (RFC 9110 §10.2.3). The form
/// with a date would need a clock; no vendor of ours sends it.
pub(crate) fn retry_after(headers: &reqwest::header::HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    number("retry-after-ms")
        .map(Duration::from_millis)
        .or_else(|| number("retry-after").map(Duration::from_secs))
}

/// Growing waits.
pub(crate) struct Waits {
    grow: ExponentialBackoff,
    max: Duration,
}

impl Waits {
    pub(crate) fn new(retry: &Retry) -> Waits {
        let grow = ExponentialBackoff {
            current_interval: retry.first_wait,
            initial_interval: retry.first_wait,
            max_interval: retry.wait_max,
            multiplier: 2.0,
            randomization_factor: 0.5,
            max_elapsed_time: None, // whoever waits has a limit of its own
            ..ExponentialBackoff::default()
        };
        Waits { grow, max: retry.wait_max }
    }

    /// The next one.
    pub(crate) fn next(&mut self) -> Duration {
        self.grow.next_backoff().unwrap_or(self.max)
    }
}

/// Tries until it works, the failure is lasting, or the bounds are reached; then the last failure is the answer.
pub(crate) async fn until_done<T, F, Fut>(
    retry: &Retry,
    timed_out: VendorError,
    mut attempt: F,
) -> Result<T, VendorError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, Failure>>,
{
    let mut waits = Waits::new(retry);
    let mut last = timed_out;
    let tries = async {
        let mut left = retry.tries_max.max(1);
        loop {
            let failure = match attempt().await {
                Ok(done) => return Ok(done),
                Err(failure) => failure,
            };
            last = failure.error.clone();
            left -= 1;
            let wait = match failure.again {
                Again::No => return Err(failure.error),
                Again::Soon => waits.next(),
                Again::After(wait) => wait,
            };
            // A wait that the bound would cut is not begun: nothing comes of it.
            if left == 0 || wait >= retry.total {
                return Err(failure.error);
            }
            tracing::debug!(error = %failure.error, ?wait, left, "a vendor is tried again");
            tokio::time::sleep(wait).await;
        }
    };
    match tokio::time::timeout(retry.total, tries).await {
        Ok(result) => result,
        Err(_) => Err(last),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    const V: &str = "openai";
    const DOWN: VendorError = VendorError::Unavailable { vendor: V };
    const LATE: VendorError = VendorError::TimedOut { vendor: V };

    async fn run(retry: &Retry, again: Again, works_at: u32) -> (Result<u32, VendorError>, u32) {
        let tries = Cell::new(0);
        let result = until_done(retry, LATE, || async {
            tries.set(tries.get() + 1);
            if tries.get() == works_at { Ok(7) } else { Err(Failure { error: DOWN, again }) }
        })
        .await;
        (result, tries.get())
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_pass_is_tried_again_and_no_more_than_is_allowed() {
        let retry = Retry::default();
        assert_eq!(run(&retry, Again::Soon, 3).await, (Ok(7), 3));
        assert_eq!(run(&retry, Again::Soon, 4).await, (Err(DOWN), 3));
        assert_eq!(run(&retry, Again::No, 2).await, (Err(DOWN), 1));
        let none = Retry { tries_max: 0, ..retry };
        assert_eq!(run(&none, Again::Soon, 2).await, (Err(DOWN), 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_is_asked_for_is_kept_to_and_one_too_long_not_begun() {
        let retry = Retry { wait_max: Duration::from_millis(1), ..Retry::default() };
        let waited = async |wait| {
            let mut left = Duration::ZERO;
            let step = Duration::from_millis(100);
            let mut running = Box::pin(run(&retry, Again::After(wait), 2));
            loop {
                tokio::select! {
                    biased;
                    done = &mut running => return (done, left),
                    () = tokio::time::sleep(step) => left += step,
                }
            }
        };
        let (done, after) = waited(Duration::from_secs(3)).await;
        assert_eq!(done, (Ok(7), 2));
        assert!(after >= Duration::from_millis(2_900), "{after:?}");
        let (done, after) = waited(Duration::from_secs(60)).await;
        assert_eq!((done, after), ((Err(DOWN), 1), Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn a_try_that_hangs_ends_with_the_bound() {
        let hang = || std::future::pending::<Result<(), Failure>>();
        assert_eq!(until_done(&Retry::default(), LATE, hang).await, Err(LATE));
    }

    #[test]
    fn only_what_may_pass_is_repeated() {
        let again = |status, wait| Failure::of_status(DOWN, status, wait).again;
        for status in [400, 401, 402, 403, 404, 409, 422, 301] {
            assert_eq!(again(status, Some(Duration::ZERO)), Again::No, "{status}");
        }
        for status in [408, 429, 500, 502, 503, 529] {
            assert_eq!(again(status, None), Again::Soon, "{status}");
        }
        let second = Duration::from_secs(1);
        assert_eq!(again(429, Some(second)), Again::After(second));
    }

    #[test]
    fn both_forms_of_the_wait_are_read() {
        let read = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = reqwest::header::HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, reqwest::header::HeaderValue::from_static(value));
            }
            retry_after(&headers)
        };
        assert_eq!(read(&[("retry-after", "2")]), Some(Duration::from_secs(2)));
        let both = [("retry-after", "2"), ("retry-after-ms", "150")];
        assert_eq!(read(&both), Some(Duration::from_millis(150)));
        assert_eq!(read(&[("retry-after", "Fri, 31 Dec 1999 23:59:59 GMT")]), None);
        assert_eq!(read(&[]), None);
    }
}
