//! Trying an HTTP request again: the one place that does.
//!
//! A request that must not happen twice is sent again only where it certainly was not carried out: no connection came
//! about, or the carrier answered 429, which it promises to mean "not processed". This module does not read bodies and
//! does not know what a request is for.

use std::error::Error;
use std::time::Duration;

use backoff::ExponentialBackoff;
use backoff::backoff::Backoff;
use callwright_compliance::vendor::PeerRefused;
use reqwest::{RequestBuilder, Response, StatusCode};

use crate::twilio::CarrierError;

/// How often and how fast a request is tried again. Waits grow twofold and vary by half, so that many nodes do not
/// come back at the same instant.
#[derive(Clone, Copy, Debug)]
pub struct HttpRetry {
    /// All tries of one request, the first included; 0 counts as 1.
    pub tries_max: u8,
    /// The first wait.
    pub first_wait: Duration,
    /// The longest wait.
    pub wait_max: Duration,
}

impl Default for HttpRetry {
    /// Four tries in about 2 s: a short outage is bridged, and a permit's 30 s are not used up.
    fn default() -> HttpRetry {
        HttpRetry {
            tries_max: 4,
            first_wait: Duration::from_millis(300),
            wait_max: Duration::from_secs(3),
        }
    }
}

/// Whether doing a request twice does harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It does (a second call, keys pressed twice): again only where the first was certainly not carried out.
    OnlyIfUndone,
    /// It does not (reading, ending a call).
    Freely,
}

/// Sends what `make` builds until it is answered, tries run out or `give_up_after` has passed.
///
/// A try that has begun is never cut short by `give_up_after`: that would leave its result unknown. It only keeps a
/// further one from beginning.
pub(crate) async fn send(
    retry: &HttpRetry,
    repeat: Repeat,
    give_up_after: Duration,
    make: impl Fn() -> RequestBuilder,
) -> Result<Response, CarrierError> {
    let mut waits = ExponentialBackoff {
        current_interval: retry.first_wait,
        initial_interval: retry.first_wait,
        max_interval: retry.wait_max,
        multiplier: 2.0,
        randomization_factor: 0.5,
        max_elapsed_time: None, // the deadline below is the limit
        ..ExponentialBackoff::default()
    };
    let deadline = tokio::time::sleep(give_up_after);
    tokio::pin!(deadline);
    let mut tries_left = retry.tries_max.max(1);
    loop {
        let result = make().send().await;
        tries_left -= 1;
        if tries_left == 0 || !may_repeat(&result, repeat) {
            return result.map_err(|e| sort(&e));
        }
        let wait = waits.next_backoff().unwrap_or(retry.wait_max);
        tracing::debug!(?wait, tries_left, "carrier request is tried again");
        tokio::select! {
            biased;
            () = &mut deadline => return result.map_err(|e| sort(&e)),
            () = tokio::time::sleep(wait) => {}
        }
    }
}

fn may_repeat(result: &Result<Response, reqwest::Error>, repeat: Repeat) -> bool {
    match result {
        Ok(answer) => {
            answer.status() == StatusCode::TOO_MANY_REQUESTS
                || (repeat == Repeat::Freely && answer.status() == StatusCode::SERVICE_UNAVAILABLE)
        }
        // Another try would find the same address.
        Err(error) => error.is_connect() && peer_refused(error).is_none(),
    }
}

/// The refusal of an address in a chain of errors, where a connection did not come about because of one.
fn peer_refused(error: &reqwest::Error) -> Option<PeerRefused> {
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<PeerRefused>() {
            return Some(*refused);
        }
        cause = inner.source();
    }
    None
}

/// What a failed exchange means. A connection that never came about sent nothing, whatever the reason was.
pub(crate) fn sort(error: &reqwest::Error) -> CarrierError {
    if let Some(refused) = peer_refused(error) {
        CarrierError::Peer(refused)
    } else if error.is_connect() || error.is_builder() {
        CarrierError::Unreachable
    } else if error.is_timeout() {
        CarrierError::Timeout
    } else {
        CarrierError::Interrupted
    }
}
