//! What can go wrong with a vendor, as far as a call can do something about it.

/// Why a vendor did not do its work. Never holds what was to be said or heard.
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
        /// What it said. Vendors are not given patient data to open.
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
}
