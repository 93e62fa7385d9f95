//! What can go wrong with a vendor, as far as a call or its practice can do something about it.

use callwright_compliance::vendor::PeerRefused;

/// Why a vendor did not do its work. Never holds what was to be said or heard, and never what a vendor wrote about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VendorError {
    /// Something that must be on this machine is not; the message says how to install it.
    #[error("{0}")]
    Missing(String),
    /// It could not be opened for another reason.
    #[error("{vendor} could not be opened: {why}")]
    Open {
        /// Which vendor.
        vendor: &'static str,
        /// What is wrong. Vendors are not given patient data to open.
        why: String,
    },
    /// It broke in mid-call.
    #[error("{vendor} failed in the middle of a call")]
    Broke {
        /// Which vendor.
        vendor: &'static str,
    },
    /// It is behind by more than its queue holds.
    #[error("{vendor} does not keep up: its queue is full")]
    Behind {
        /// Which vendor.
        vendor: &'static str,
    },
    /// It does not take our key (401, 403).
    #[error("{vendor} refuses the key: check that it is the right one, and what it may do")]
    Refused {
        /// Which vendor.
        vendor: &'static str,
    },
    /// The account there has no money or no quota left (402, or the vendor's own word for it).
    #[error("{vendor} wants to be paid: the account's credit or quota is used up")]
    Unpaid {
        /// Which vendor.
        vendor: &'static str,
    },
    /// It was asked too much at once, by this call or by others (429), for longer than a call can wait.
    #[error("{vendor} limits the rate of requests: fewer calls at once, or a larger plan")]
    RateLimited {
        /// Which vendor.
        vendor: &'static str,
    },
    /// It says that it cannot work now (5xx).
    #[error("{vendor} is not available: try again later")]
    Unavailable {
        /// Which vendor.
        vendor: &'static str,
    },
    /// No connection came about: no such name, no route, nobody listening.
    #[error("{vendor} cannot be reached: check its address and this machine's network")]
    Unreachable {
        /// Which vendor.
        vendor: &'static str,
    },
    /// The other end could not prove to be the vendor.
    #[error(
        "{vendor} has no certificate that this machine trusts: check its address and the system's certificates"
    )]
    Untrusted {
        /// Which vendor.
        vendor: &'static str,
    },
    /// It did not answer in time.
    #[error("{vendor} did not answer in time")]
    TimedOut {
        /// Which vendor.
        vendor: &'static str,
    },
    /// It answered what its protocol does not have.
    #[error("{vendor} answered something that is not its protocol")]
    BadAnswer {
        /// Which vendor.
        vendor: &'static str,
    },
    /// It finds our request wrong (400, 404, 422): a model or voice that it does not have, or a form it does not take.
    #[error("{vendor} rejects the request: check the configured model, voice and address")]
    Rejected {
        /// Which vendor.
        vendor: &'static str,
    },
    /// A language model worded something that the turn's goals do not allow, or left out what they want.
    #[error("{vendor} worded a turn that its goals do not allow")]
    OffGoals {
        /// Which vendor.
        vendor: &'static str,
    },
    /// The address is not one that the vendor's row in the register covers (rule V1). Nothing was sent.
    #[error(transparent)]
    Peer(#[from] PeerRefused),
    /// The leave to send has ended (rule V1). Nothing more was sent.
    #[error(
        "V1: the egress permit has ended: the call outlasted it, or the vendor's agreement ended"
    )]
    PermitEnded,
    /// The vendor's row in the register claims a flag for which nothing is sent (rule V1). Nothing was sent.
    #[error(
        "V1: the register claims the flag {flag} of {vendor}, and no setting for it is sent: take the flag out of its row"
    )]
    FlagNotSent {
        /// Which vendor.
        vendor: &'static str,
        /// Which flag.
        flag: &'static str,
    },
    /// The leave to send is for another vendor, or for another role. Nothing was sent.
    #[error("V1: {vendor} was given the egress permit of another vendor or role")]
    WrongPermit {
        /// Which vendor.
        vendor: &'static str,
    },
}

/// Who can do something about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mend {
    /// Time does: the same may work in a later call.
    Later,
    /// Whoever runs this installation: a key, a bill, an address, a package, a row of the register.
    Operator,
    /// Whoever wrote this program: we and the vendor speak differently.
    Engineer,
}

impl VendorError {
    /// Who can mend it. Only [`Mend::Later`] is worth another attempt without anybody having done something.
    #[must_use]
    pub const fn mend(&self) -> Mend {
        match self {
            VendorError::Broke { .. }
            | VendorError::Behind { .. }
            | VendorError::RateLimited { .. }
            | VendorError::Unavailable { .. }
            | VendorError::Unreachable { .. }
            | VendorError::TimedOut { .. }
            | VendorError::OffGoals { .. } => Mend::Later,
            VendorError::Missing(_)
            | VendorError::Open { .. }
            | VendorError::Refused { .. }
            | VendorError::Unpaid { .. }
            | VendorError::Untrusted { .. }
            | VendorError::Rejected { .. }
            | VendorError::Peer(_)
            | VendorError::FlagNotSent { .. }
            | VendorError::PermitEnded => Mend::Operator,
            VendorError::BadAnswer { .. } | VendorError::WrongPermit { .. } => Mend::Engineer,
        }
    }
}
