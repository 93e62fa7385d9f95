//! The purge of a serving process: it runs by itself, in a task of its own, so that no call waits for it (rule R1).

use std::sync::Arc;

use callwright_compliance::audit::Actor;
use callwright_compliance::retention::Periods;

use crate::retention::{Bound, Mode, Purge};
use crate::services::Services;

/// One round. What came of it is in the audit; here it is only told.
pub(super) async fn round(services: Arc<Services>) {
    let periods = match Periods::new(&services.policy.retention) {
        Ok(periods) => periods,
        Err(bad) => {
            // Without periods nothing is purged. The configuration refuses such a policy, so this is a defect.
            tracing::error!(problems = bad.len(), "the policy has no retention periods that hold");
            return;
        }
    };
    let purge = Purge {
        store: &services.store,
        calls: &services.calls_dir,
        periods: &periods,
        actor: &Actor::Node(services.node_id.clone()),
        now: services.clock.wall(),
    };
    match purge.round(None, Mode::Purge, Bound::Serving).await {
        Ok(report) => {
            for practice in &report.practices {
                for class in &practice.classes {
                    metrics::counter!("callwright_purged_total", "class" => class.class.name())
                        .increment(class.purged);
                }
                for failure in &practice.failures {
                    let (class, call, why) = (failure.class, &failure.call, &failure.why);
                    tracing::error!(%class, %call, %why, "files that are due could not be deleted");
                }
            }
            tracing::info!(purged = report.purged(), "purge");
        }
        Err(error) => tracing::error!(%error, "the purge; it is tried again in an hour"),
    }
}
