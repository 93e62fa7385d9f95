//! Erasing a person: the data keys of all their requests are destroyed, their files deleted, and what the law wants kept is named.

use callwright_compliance::retention::{Hold, RecordClass};
use callwright_compliance::{RequestId, TenantId};
use serde::Serialize;

use super::RightsError;
use crate::retention::{Failure, Purge};

/// What was erased, and what was not.
#[derive(Clone, Debug, Serialize)]
pub struct Erased {
    /// The requests whose data keys are destroyed.
    pub requests: Vec<RequestId>,
    /// Classes of files of calls that were deleted.
    pub files: u64,
    /// Files that could not be deleted. Sealed ones are unreadable all the same; each round of the purge tries again.
    pub failures: Vec<Failure>,
    /// What is kept, and by which law. None of it holds a patient's value.
    pub retained: Vec<Retained>,
}

/// A class of records that is kept.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Retained {
    /// Which.
    pub class: RecordClass,
    /// For how many days.
    pub days: u32,
    /// By which law.
    pub source: &'static str,
}

/// Erases requests, all or none. They are on the erasure list from then on, so that no restored backup brings them back.
///
/// # Errors
/// [`RightsError::Blocked`] where a legal hold stands on one, or a call runs for it: with every one of them. Nothing is erased then.
pub async fn erase(
    purge: &Purge<'_>,
    tenant: &TenantId,
    requests: &[RequestId],
) -> Result<Erased, RightsError> {
    let (mut held, mut running) = (Vec::new(), Vec::new());
    let mut tx = purge.store.begin(tenant, purge.actor, purge.now).await?;
    for request in requests {
        if tx.hold_on(request).await? == Hold::Held {
            held.push(request.clone());
        }
        if purge.store.request(tenant, request).await?.state.is_leased() {
            running.push(request.clone());
        }
    }
    if !(held.is_empty() && running.is_empty()) {
        return Err(RightsError::Blocked { held, running });
    }
    for request in requests {
        tx.erase_request(request).await?;
    }
    tx.commit().await?;
    let (mut files, mut failures) = (0, Vec::new());
    for request in requests {
        let (deleted, failed) = purge.erased(tenant, request).await?;
        files += deleted;
        failures.extend(failed);
    }
    let kept = RecordClass::ALL.iter().filter(|class| class.is_six_year());
    let retained = kept
        .map(|class| Retained {
            class: *class,
            days: purge.periods.days(*class),
            source: class.source(),
        })
        .collect();
    Ok(Erased { requests: requests.to_vec(), files, failures, retained })
}
