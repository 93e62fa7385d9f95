//! Writing down an end that must not be lost: tried again while the store is in the way and the lease holds.
//!
//! A call that ended and is not written down would be taken for one whose process died, and be dialled again. It decides nothing
//! about the call, and it gives up as soon as the lease does: then somebody else has the request.

use std::time::Duration;

use callwright_store::{Fault, StoreError};

use super::DialError;

/// The wait after the first failure; it doubles.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait between two tries: well below a lease's length.
const WAIT_MAX: Duration = Duration::from_secs(15);

/// Does `act` until it succeeds, fails for good, or `hold` (which renews the lease) says that the lease is lost.
///
/// # Errors
/// The last one of `act`, or the one of `hold`.
pub(super) async fn persist<S>(
    state: &mut S,
    mut act: impl AsyncFnMut(&mut S) -> Result<(), DialError>,
    mut hold: impl AsyncFnMut(&mut S) -> Result<(), StoreError>,
) -> Result<(), DialError> {
    let mut wait = FIRST_WAIT;
    loop {
        let error = match act(state).await {
            Err(DialError::Store(error)) if may_pass(&error) => error,
            done => return done,
        };
        tracing::warn!(%error, "an end could not be written down yet");
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(WAIT_MAX);
        match hold(state).await {
            Err(error) if !may_pass(&error) => return Err(error.into()),
            // Not renewed is not lost: the next try finds out.
            Ok(()) | Err(_) => {}
        }
    }
}

/// Whether trying again may help: the database is locked, or the operator makes room on the disc.
fn may_pass(error: &StoreError) -> bool {
    match error {
        StoreError::LeaseLost => false,
        StoreError::DiscFull => true,
        error => error.fault() == Fault::Passing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the store says to each try, and how often it was asked.
    struct Script {
        act: Vec<StoreError>,
        hold: Vec<StoreError>,
        tries: usize,
    }

    async fn run(act: Vec<StoreError>, hold: Vec<StoreError>) -> (Result<(), DialError>, usize) {
        let mut script = Script { act, hold, tries: 0 };
        let result = persist(
            &mut script,
            async |script: &mut Script| {
                script.tries += 1;
                if script.act.is_empty() { Ok(()) } else { Err(script.act.remove(0).into()) }
            },
            async |script: &mut Script| {
                if script.hold.is_empty() { Ok(()) } else { Err(script.hold.remove(0)) }
            },
        )
        .await;
        (result, script.tries)
    }

    #[tokio::test(start_paused = true)]
    async fn a_locked_store_and_a_full_disc_are_waited_for() {
        let began = tokio::time::Instant::now();
        let locked = vec![StoreError::Locked, StoreError::DiscFull, StoreError::Locked];
        let (result, tries) = run(locked, vec![StoreError::Locked]).await;
        assert!(result.is_ok());
        assert_eq!(tries, 4);
        assert_eq!(began.elapsed(), Duration::from_secs(1 + 2 + 4));
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_lease_and_a_defect_end_it_at_once() {
        let (result, tries) = run(vec![StoreError::LeaseLost], vec![]).await;
        assert!(matches!(result, Err(DialError::Store(StoreError::LeaseLost))));
        assert_eq!(tries, 1);
        let (result, tries) = run(vec![StoreError::Damaged], vec![]).await;
        assert!(matches!(result, Err(DialError::Store(StoreError::Damaged))));
        assert_eq!(tries, 1);
        // The lease went to somebody else while the store was locked.
        let (result, tries) = run(vec![StoreError::Locked], vec![StoreError::LeaseLost]).await;
        assert!(matches!(result, Err(DialError::Store(StoreError::LeaseLost))));
        assert_eq!(tries, 1);
    }
}
