//! What can go wrong between us and the carrier, and whose fault it is.
//!
//! No variant holds a number, a message of the carrier or a part of a body: those may hold numbers.

use callwright_compliance::vendor::PeerRefused;

/// Why the carrier did not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CarrierError {
    /// Ours: the credentials are wrong or may not do this (401, 403; code 20003).
    #[error("the carrier refused our credentials: check the account sid and the auth token")]
    Auth,
    /// The request's: the carrier cannot or will not dial this number (codes 13223-13227, 21201, 21210-21214, 21216-21219).
    #[error(
        "the carrier refused a number (code {code}): check the caller's number and the payer's"
    )]
    BadNumber {
        /// The carrier's code.
        code: u32,
    },
    /// Ours: the account may not call that region (21215, 32205).
    #[error("the carrier's account may not call that region: change its geographic permissions")]
    GeoPermission,
    /// Ours: too many requests at once; nothing was done, and trying again did not help (429, 20429).
    #[error("the carrier limits our rate: lower the number of calls at a time")]
    RateLimited,
    /// The leg is over or never was (404, 20404).
    #[error("the carrier knows no such call: it is over, or it never was")]
    NotFound,
    /// The leg is not in a state in which this can be done (21220).
    #[error("the call is not in progress any more")]
    NotInProgress,
    /// The network's: no connection, so nothing was sent.
    #[error("the carrier cannot be reached: check the network and the base URL")]
    Unreachable,
    /// The network's or the carrier's: sent, but no whole answer in time.
    #[error("the carrier did not answer in time")]
    Timeout,
    /// The network's: sent, but the connection broke before the whole answer was there.
    #[error("the connection to the carrier broke")]
    Interrupted,
    /// The carrier's: it is out of order (5xx).
    #[error("the carrier is out of order (status {status})")]
    Unavailable {
        /// The HTTP status.
        status: u16,
    },
    /// The carrier's: the answer is not what its API promises.
    #[error("the carrier's answer breaks its protocol: {0}")]
    ProtocolViolation(Violation),
    /// The address is not one that the carrier's row in the vendor register covers (rule V1). Nothing was sent.
    #[error(transparent)]
    Peer(#[from] PeerRefused),
    /// The leave to send has ended (rule V1). Nothing more was sent.
    #[error(
        "V1: the carrier's egress permit has ended: the call outlasted it, or the agreement ended"
    )]
    PermitEnded,
    /// The leave to send is for another role (rule V1). Nothing was sent.
    #[error("V1: the carrier was given the egress permit of another role")]
    WrongPermit,
    /// Something else.
    #[error("the carrier refused (status {status}, code {code})")]
    Other {
        /// The HTTP status.
        status: u16,
        /// The carrier's code; 0 where it gave none.
        code: u32,
    },
}

/// What about an answer is not as promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// Not the JSON of the resource.
    #[error("not the resource's JSON")]
    Json,
    /// More than the limit.
    #[error("larger than the limit")]
    TooLarge,
    /// No call sid, or one of another form.
    #[error("no call sid")]
    Sid,
    /// A redirection, which the API never sends; following one would carry our credentials elsewhere.
    #[error("a redirection")]
    Redirect,
}

impl CarrierError {
    /// Whether a call may have been placed although this error came back.
    ///
    /// Creating a call has no idempotency key: after one of these the carrier must be asked before dialling again.
    #[must_use]
    pub const fn may_have_placed(self) -> bool {
        match self {
            CarrierError::Timeout
            | CarrierError::Interrupted
            | CarrierError::Unavailable { .. }
            | CarrierError::ProtocolViolation(_) => true,
            CarrierError::Auth
            | CarrierError::BadNumber { .. }
            | CarrierError::GeoPermission
            | CarrierError::RateLimited
            | CarrierError::NotFound
            | CarrierError::NotInProgress
            | CarrierError::Unreachable
            | CarrierError::Peer(_)
            | CarrierError::PermitEnded
            | CarrierError::WrongPermit
            | CarrierError::Other { .. } => false,
        }
    }

    /// Sorts an answer that is not a success by its status and the carrier's code (0: none).
    pub(crate) fn of(status: u16, code: u32) -> CarrierError {
        match (status, code) {
            (_, 13_223..=13_227 | 21_201 | 21_210..=21_214 | 21_216..=21_219) => {
                CarrierError::BadNumber { code }
            }
            (_, 21_215 | 32_205) => CarrierError::GeoPermission,
            (_, 21_220) => CarrierError::NotInProgress,
            (_, 20_003) | (401 | 403, _) => CarrierError::Auth,
            (_, 20_404) | (404, _) => CarrierError::NotFound,
            (_, 20_429) | (429, _) => CarrierError::RateLimited,
            (300..=399, _) => CarrierError::ProtocolViolation(Violation::Redirect),
            (500..=599, _) => CarrierError::Unavailable { status },
            _ => CarrierError::Other { status, code },
        }
    }
}
