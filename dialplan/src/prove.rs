//! Having the carrier prove that a number is one's own: the only way, and it consumes a `ProvingLeave` (rule N3, class T).
//!
//! The carrier rings the number and asks for the code that is shown here. It is the carrier's own call: no voice of ours speaks on it, and
//! nobody is called by one before somebody at the number keyed the code. This module writes nothing down.

use callwright_compliance::ProvingLeave;
use jiff::Timestamp;

use crate::twilio::{CarrierError, ProvingCode, Session};

/// The carrier's code for a number that is verified already.
const VERIFIED_ALREADY: u32 = 21_450;

/// Why the carrier does not ring the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProveError {
    /// Ours: the leave is used more than 30 s after its decision, or before it.
    #[error("the leave to prove the number does not hold at this time: ask anew")]
    Expired,
    /// The account's: a code was keyed there some time ago, which proves nothing about today.
    #[error(
        "the number is among the account's verified caller ids already: remove it in the carrier's console, and ask anew"
    )]
    VerifiedAlready,
    /// The carrier did not do it, or its answer was lost.
    #[error(transparent)]
    Carrier(CarrierError),
}

impl From<CarrierError> for ProveError {
    fn from(error: CarrierError) -> ProveError {
        if matches!(error, CarrierError::Other { code: VERIFIED_ALREADY, .. }) {
            ProveError::VerifiedAlready
        } else {
            ProveError::Carrier(error)
        }
    }
}

/// Has the carrier ring the number, and gives the code that must be keyed there. The leave is used up, whatever comes of it.
///
/// # Errors
/// [`ProveError`]; nothing was sent for `Expired`.
pub async fn prove(
    leave: ProvingLeave,
    session: &Session,
    now: Timestamp,
) -> Result<ProvingCode, ProveError> {
    if !leave.is_valid_at(now) {
        return Err(ProveError::Expired);
    }
    Ok(session.ask_for_code(leave.number(), now).await?)
}
