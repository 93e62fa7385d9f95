//! Whether, and when, an end that could not be written down is tried again.
//!
//! A call that ended and is not written down would be taken for one whose process died, and be dialled again. So it is tried for as
//! long as the store is merely in the way. Who holds the lease, and the waiting itself, are not of this module.

use std::time::Duration;

use callwright_store::{Fault, StoreError};

use super::DialError;

/// The wait after the first failure; it doubles.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait between two tries: well below a lease's length.
const WAIT_MAX: Duration = Duration::from_secs(15);

/// How often it was tried in vain, as the wait that follows from it.
pub(super) struct Patience {
    next: Duration,
}

impl Patience {
    pub(super) fn new() -> Patience {
        Patience { next: FIRST_WAIT }
    }

    /// How long to wait after this failure; `None` where trying again cannot help.
    pub(super) fn after(&mut self, error: &DialError) -> Option<Duration> {
        let DialError::Store(error) = error else { return None };
        may_pass(error).then(|| {
            let wait = self.next;
            self.next = (wait * 2).min(WAIT_MAX);
            wait
        })
    }
}

/// Whether trying again may help: the database is locked, or the operator makes room on the disc. A lost lease is somebody else's work.
pub(super) fn may_pass(error: &StoreError) -> bool {
    let is_lost = matches!(error, StoreError::LeaseLost);
    let is_full = matches!(error, StoreError::DiscFull);
    !is_lost && (is_full || error.fault() == Fault::Passing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locked_store_and_a_full_disc_are_waited_for_with_growing_patience() {
        let mut patience = Patience::new();
        let mut wait = |error: StoreError| patience.after(&error.into()).map(|wait| wait.as_secs());
        assert_eq!(wait(StoreError::Locked), Some(1));
        assert_eq!(wait(StoreError::DiscFull), Some(2));
        assert_eq!(wait(StoreError::Locked), Some(4));
        assert_eq!(wait(StoreError::Locked), Some(8));
        assert_eq!(wait(StoreError::Locked), Some(15));
        assert_eq!(wait(StoreError::Locked), Some(15));
    }

    #[test]
    fn what_time_does_not_mend_is_not_waited_for() {
        let mut patience = Patience::new();
        for error in [StoreError::LeaseLost, StoreError::Damaged, StoreError::CallOrder] {
            assert_eq!(patience.after(&error.into()), None);
        }
        assert_eq!(patience.after(&DialError::Id), None);
    }
}
