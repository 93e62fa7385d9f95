//! Verifying every practice's audit while serving: one that is broken is an incident (rules A1, I2).
//!
//! The chain, the stored checkpoints and those in the anchor folder: the last find what was cut off or rewritten at the end. A folder that
//! cannot be read is told in the log and is no incident: what it holds is looked at the next day, or by `callwright audit verify`.

use std::sync::Arc;

use callwright_compliance::TenantId;
use callwright_compliance::audit::Actor;
use callwright_compliance::incident::{IncidentEvent, IncidentState};
use callwright_store::{Elsewhere, IncidentId, LedgerScope, NewIncident, StoreError};

use crate::checkpoints::Checkpoints;
use crate::services::Services;

/// Verifies each log once.
pub(super) async fn verify(services: Arc<Services>, checkpoints: Checkpoints) {
    if let Err(error) = each(&services, &checkpoints).await {
        tracing::error!(%error, "the audit chains could not be verified");
    }
}

async fn each(services: &Services, checkpoints: &Checkpoints) -> Result<(), StoreError> {
    for practice in services.store.practices().await? {
        let tenant = &practice.tenant;
        let elsewhere = elsewhere(checkpoints, tenant).await;
        let report = services.store.verify_log(tenant, &elsewhere).await?;
        for flaw in &report.flaws {
            tracing::error!(practice = %tenant, %flaw, "the audit is broken");
        }
        if !report.is_good() {
            open(services, tenant).await?;
        }
    }
    Ok(())
}

/// What is anchored of a practice; nothing where the folder cannot be read.
async fn elsewhere(checkpoints: &Checkpoints, tenant: &TenantId) -> Elsewhere {
    let anchored = checkpoints.anchored(tenant).await.unwrap_or_else(|error| {
        tracing::error!(practice = %tenant, %error, "the audit is verified without what is anchored");
        Vec::new()
    });
    Elsewhere { checkpoints: anchored, ..Elsewhere::default() }
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
