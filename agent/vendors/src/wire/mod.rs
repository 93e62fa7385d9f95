//! What the clients of hosted vendors share: keys, addresses, time-outs, waiting before another try, WebSockets and names.
//!
//! It knows no vendor's protocol. Nothing in here follows a redirect, asks a proxy, or sends a byte to an address that the call's
//! [`Egress`](crate::Egress) does not cover.

pub(crate) mod dns;
mod endpoint;
pub(crate) mod retry;
mod secret;
pub(crate) mod trust;
pub(crate) mod websocket;

use std::time::Duration;

use crate::VendorError;
pub(crate) use endpoint::Host;
pub use endpoint::{Endpoint, EndpointError};
pub use retry::Retry;
pub use secret::Secret;

/// How long a vendor may take. Each client has defaults of its own; see its `Config`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// One connection, from the name to the end of the handshake.
    pub connect: Duration,
    /// From a request to the first of its answer.
    pub first_answer: Duration,
    /// From one part of an answer to the next.
    pub idle: Duration,
    /// One write: a vendor that does not read is gone.
    pub write: Duration,
    /// Saying good-bye.
    pub close: Duration,
}

impl Timeouts {
    /// A handshake is four round trips; over any usable network they take less than a second.
    pub const CONNECT: Duration = Duration::from_secs(4);
    /// After five seconds of silence a representative asks whether anybody is there.
    pub const FIRST_ANSWER: Duration = Duration::from_secs(5);
    /// A stream that stands still for this long does not come back in time to be spoken.
    pub const IDLE: Duration = Duration::from_secs(5);
    /// The socket holds seconds of audio before a write waits at all.
    pub const WRITE: Duration = Duration::from_secs(2);
    /// Nobody waits for it; it only holds a task.
    pub const CLOSE: Duration = Duration::from_secs(2);
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts {
            connect: Timeouts::CONNECT,
            first_answer: Timeouts::FIRST_ANSWER,
            idle: Timeouts::IDLE,
            write: Timeouts::WRITE,
            close: Timeouts::CLOSE,
        }
    }
}

/// What an HTTP status that is no success means. Sources: RFC 9110 §15; the vendors' pages on errors.
pub(crate) const fn of_status(vendor: &'static str, status: u16) -> VendorError {
    match status {
        401 | 403 => VendorError::Refused { vendor },
        402 => VendorError::Unpaid { vendor },
        408 | 504 => VendorError::TimedOut { vendor },
        429 => VendorError::RateLimited { vendor },
        400..=499 => VendorError::Rejected { vendor },
        500..=599 => VendorError::Unavailable { vendor },
        // A redirect, which is not followed, or no status of HTTP at all.
        _ => VendorError::BadAnswer { vendor },
    }
}

/// Makes ring the process's TLS provider where it has none yet.
pub(crate) fn provider() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // It fails only where another thread was quicker, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
    }
}
