//! Verifying every practice's audit chain while serving: one that is broken is an incident (rules A1, I2).
//!
//! A chain that was cut off at its end is found only against an anchor that is kept elsewhere: `callwright audit verify --anchor`.

use std::sync::Arc;

use callwright_compliance::TenantId;
use callwright_compliance::audit::Actor;
use callwright_compliance::incident::{IncidentEvent, IncidentState};
use callwright_store::{IncidentId, LedgerScope, NewIncident, StoreError};

use crate::services::Services;

/// Verifies each chain once.
pub(super) async fn verify(services: Arc<Services>) {
    if let Err(error) = each(&services).await {
        tracing::error!(%error, "the audit chains could not be verified");
    }
}

async fn each(services: &Services) -> Result<(), StoreError> {
    for practice in services.store.practices().await? {
        if let Err(broken) = services.store.verify_audit(&practice.tenant, None).await? {
            tracing::error!(practice = %practice.tenant, %broken, "the audit chain is broken");
            open(services, &practice.tenant).await?;
        }
    }
    Ok(())
}

/// Opens an incident over everything of the practice, unless the one of an earlier day is not closed yet.
async fn open(services: &Services, tenant: &TenantId) -> Result<(), StoreError> {
    let (store, event) = (&services.store, IncidentEvent::AuditBroken);
    let known = store.incidents(tenant).await?;
    let is_open = |state| state != IncidentState::Closed;
    if known.iter().any(|known| known.event == event && is_open(known.course.state())) {
        return Ok(());
    }
    let now = services.clock.wall();
    let actor = Actor::Node(services.node_id.clone());
    let new = NewIncident {
        id: IncidentId::random()?,
        event,
        vendor: None,
        scope: LedgerScope::default(),
        discovered_at: now,
        document: None,
    };
    let mut tx = store.begin(tenant, &actor, now).await?;
    tx.open_incident(&new).await?;
    tx.commit().await
}
