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
        // What cannot be read of one practice's keeps nobody from looking at the next one's.
        if let Err(error) = one(services, checkpoints, tenant).await {
            tracing::error!(practice = %tenant, %error, "the audit could not be verified");
        }
    }
    Ok(())
}

async fn one(
    services: &Services,
    checkpoints: &Checkpoints,
    tenant: &TenantId,
) -> Result<(), StoreError> {
    let elsewhere = elsewhere(checkpoints, tenant).await;
    let report = services.store.verify_log(tenant, &elsewhere).await?;
    for flaw in &report.flaws {
        tracing::error!(practice = %tenant, %flaw, "the audit is broken");
    }
    if report.is_good() { Ok(()) } else { open(services, tenant).await }
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

#[cfg(test)]
mod tests {
    use std::fs;

    use callwright_compliance::audit::{Action, Event};
    use callwright_store::{KeyRing, Store};
    use tempfile::TempDir;

    use super::*;
    use crate::checkpoints::When;
    use crate::clock::Clock;
    use crate::dialler::testing::{self, node};

    /// Two practices, whose audit is signed and anchored.
    struct Place {
        folder: TempDir,
    }

    impl Place {
        async fn new() -> Place {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("anchors")).unwrap();
            KeyRing::create(&folder.path().join("key")).unwrap();
            let place = Place { folder };
            let store = place.open().await;
            for name in ["elm", "oak"] {
                let tenant = TenantId::new(name).unwrap();
                store.found_practice(&tenant, "A practice", &node(), testing::NOW).await.unwrap();
            }
            place.sign(&store).await;
            store.close().await;
            place
        }

        async fn open(&self) -> Store {
            let keys = KeyRing::open(&self.folder.path().join("key")).unwrap();
            Store::open(&self.folder.path().join("db"), keys).await.unwrap()
        }

        fn checkpoints(&self) -> Checkpoints {
            Checkpoints::new(Some(self.folder.path().join("anchors")))
        }

        async fn sign(&self, store: &Store) {
            let when = (When::Now, Clock.wall());
            self.checkpoints().sign_all(store, &node(), when).await;
        }

        /// So many acts of a practice.
        async fn act(&self, store: &Store, name: &str, acts: usize) {
            let tenant = TenantId::new(name).unwrap();
            for _ in 0..acts {
                let mut tx = store.begin(&tenant, &node(), Clock.wall()).await.unwrap();
                tx.audit(Event::new(node(), Action::ConfigLoaded)).await.unwrap();
                tx.commit().await.unwrap();
            }
        }

        /// Acts of a practice that are signed and anchored, and the file put back as it was before them.
        async fn cut_off(&self, name: &str) {
            let file = self.folder.path().join("db");
            let before = fs::read(&file).unwrap();
            let store = self.open().await;
            self.act(&store, name, 3).await;
            self.sign(&store).await;
            store.close().await;
            fs::write(&file, before).unwrap();
        }

        /// Changes every place in the closed file that reads so, as another program could.
        async fn spoil(&self, text: &[u8]) {
            self.open().await.close().await;
            let file = self.folder.path().join("db");
            let mut bytes = fs::read(&file).unwrap();
            for at in 0..bytes.len() - text.len() {
                if bytes[at..].starts_with(text) {
                    bytes[at] = b'x';
                }
            }
            fs::write(&file, bytes).unwrap();
        }

        /// The practices that have an incident about their audit after a look, one word each.
        async fn found(&self, store: &Store, checkpoints: &Checkpoints) -> Vec<String> {
            let services = testing::services(store.clone(), self.folder.path());
            verify(Arc::new(services), checkpoints.clone()).await;
            let mut found = Vec::new();
            for practice in store.practices().await.unwrap() {
                for incident in store.incidents(&practice.tenant).await.unwrap() {
                    assert_eq!(incident.event, IncidentEvent::AuditBroken);
                    assert_eq!(incident.opened_by, node());
                    found.push(practice.tenant.to_string());
                }
            }
            found
        }
    }

    #[tokio::test]
    async fn what_is_whole_opens_no_incident() {
        let place = Place::new().await;
        let store = place.open().await;
        assert_eq!(place.found(&store, &place.checkpoints()).await, [""; 0]);
    }

    #[tokio::test]
    async fn a_tail_that_was_cut_off_is_found_by_the_anchors_and_is_one_incident() {
        let place = Place::new().await;
        place.cut_off("oak").await;
        let store = place.open().await;
        // By itself the shorter log is whole, and a folder that cannot be read says nothing.
        let nowhere = Checkpoints::new(Some(place.folder.path().join("nowhere")));
        for blind in [Checkpoints::new(None), nowhere] {
            assert_eq!(place.found(&store, &blind).await, [""; 0]);
        }
        for day in 1..=3 {
            assert_eq!(place.found(&store, &place.checkpoints()).await, ["oak"], "day {day}");
        }
    }

    #[tokio::test]
    async fn a_second_history_is_found_when_it_has_grown_past_the_anchors() {
        let place = Place::new().await;
        place.cut_off("oak").await;
        let store = place.open().await;
        place.act(&store, "oak", 9).await;
        store.sign_audit(&TenantId::new("oak").unwrap(), &node(), Clock.wall()).await.unwrap();
        assert_eq!(place.found(&store, &Checkpoints::new(None)).await, [""; 0]);
        assert_eq!(place.found(&store, &place.checkpoints()).await, ["oak"]);
    }

    #[tokio::test]
    async fn what_cannot_be_read_of_one_practice_hides_no_other_one_s_flaws() {
        let place = Place::new().await;
        // The practice that is looked at first: its audit is spoilt, and so is the row of the incident that tells of it.
        place.spoil(b"\"tenant\":\"elm\"").await;
        let store = place.open().await;
        assert_eq!(place.found(&store, &place.checkpoints()).await, ["elm"]);
        store.close().await;
        place.spoil(b"audit_broken").await;
        place.cut_off("oak").await;
        let store = place.open().await;
        let [elm, oak] = ["elm", "oak"].map(|name| TenantId::new(name).unwrap());
        assert!(store.incidents(&elm).await.is_err(), "nothing was spoilt");
        let services = testing::services(store.clone(), place.folder.path());
        verify(Arc::new(services), place.checkpoints()).await;
        assert_eq!(store.incidents(&oak).await.unwrap().len(), 1);
    }
}
