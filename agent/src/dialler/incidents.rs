//! Incidents that a call opens by itself (rule I2): while it runs, for what the driver sees, and when it is over, for what a review of it
//! finds. Which events there are is `compliance`'s; this reads the facts, and writes.

use std::collections::BTreeSet;

use callwright_compliance::audit::Actor;
use callwright_compliance::egress::Ledger;
use callwright_compliance::incident::{CallFacts, Finding, IncidentEvent, review};
use callwright_compliance::{PatientKind, Policy, TenantId};
use callwright_core::Outcome;
use callwright_dialplan::payer::Line;
use callwright_dialplan::retry::CallOutcome;
use callwright_store::{CallId, NewIncident, Opened, Request, Store, StoreError, Tx};
use jiff::Timestamp;

use crate::call::translate;

/// Opens an incident of a running call, in a transaction of its own. One that is open already stays as it is.
pub(super) async fn open(
    store: &Store,
    tenant: &TenantId,
    actor: &Actor,
    (call, event): (&CallId, IncidentEvent),
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut tx = store.begin(tenant, actor, now).await?;
    match open_in(&mut tx, call, &Finding::of(event), now).await? {
        Opened::New(_) => tx.commit().await,
        Opened::Already(_) => Ok(()),
    }
}

/// Opens an incident of a call within a transaction.
pub(super) async fn open_in(
    tx: &mut Tx,
    call: &CallId,
    found: &Finding,
    now: Timestamp,
) -> Result<Opened, StoreError> {
    let new = NewIncident::of_call(call, found.event, found.vendor.clone(), now)?;
    let opened = tx.open_incident(&new).await?;
    if let Opened::New(id) = &opened {
        tracing::error!(%call, incident = %id, event = %found.event, "an incident was opened");
        metrics::counter!("callwright_incidents_total", "event" => found.event.name()).increment(1);
    }
    Ok(opened)
}

/// What is seen of a call that is over.
pub(super) struct Seen<'a> {
    /// The line that was called.
    pub(super) line: &'a Line,
    /// When it was dialled.
    pub(super) began_at: Timestamp,
    /// What left.
    pub(super) ledger: &'a Ledger,
    /// How it ended.
    pub(super) outcome: Outcome,
    /// Whether audio of people was kept.
    pub(super) people_recorded: bool,
    /// Whether a disclosure was proven.
    pub(super) announced: bool,
}

/// What a call that is over has in it.
pub(super) async fn find(
    store: &Store,
    policy: &Policy,
    request: &Request,
    seen: &Seen<'_>,
    now: Timestamp,
) -> Result<BTreeSet<Finding>, StoreError> {
    let (tenant, number) = (&request.tenant, &seen.line.number);
    let register = store.register(tenant).await?;
    let opt_outs = store.opt_outs_for(tenant, number, None).await?;
    let opted_out_at = opt_outs.iter().map(|said| said.at).filter(|at| *at < seen.began_at).min();
    // About a made-up patient nothing is disclosed.
    let wrong_party = request.order.patient_kind == PatientKind::Real
        && translate::call_outcome(seen.outcome) == CallOutcome::WrongNumber;
    Ok(review(&CallFacts {
        class: request.order.class,
        number: number.e164(),
        dialled_at: seen.began_at,
        ended_at: now,
        hours: &seen.line.hours,
        opted_out_at,
        ledger: seen.ledger,
        register: &register,
        policy,
        wrong_party,
        people_recorded: seen.people_recorded,
        announced: seen.announced,
    }))
}

#[cfg(test)]
mod tests {
    use callwright_compliance::opt_out::{OptOutKind, OptOutMeans};
    use callwright_compliance::vendor::{Location, Region, Role, Row};
    use callwright_compliance::{CallPurpose, ObjectId, PayerId, VendorId};
    use callwright_core::Ending;
    use callwright_dialplan::payer::Directory;
    use callwright_store::{Covering, KeyRing, NewOptOut, RandomId};
    use jiff::SignedDuration;
    use tempfile::TempDir;

    use super::super::testing::{self, NOW, node};
    use super::*;

    struct Place {
        _folder: TempDir,
        store: Store,
        request: Request,
        call: CallId,
        line: Line,
        ledger: Ledger,
    }

    impl Place {
        /// A call to the payer of the embedded directory, with the one vendor of its ledger in the register.
        async fn new() -> Place {
            let folder = tempfile::tempdir().unwrap();
            let keys = KeyRing::create(&folder.path().join("key")).unwrap();
            let store = Store::open(&folder.path().join("db"), keys).await.unwrap();
            let (tenant, id, call) = testing::running(&store, "oak", NOW).await;
            let request = store.request(&tenant, &id).await.unwrap();
            let network = "127.0.0.0/8".parse().unwrap();
            let mut tx = store.begin(&tenant, &node(), NOW).await.unwrap();
            tx.put_vendor(&Row {
                id: VendorId::new("ear").unwrap(),
                role: Role::SpeechToText,
                region: Region::UnitedStates,
                location: Location::OnPremises { network },
            })
            .await
            .unwrap();
            tx.commit().await.unwrap();
            let directory = Directory::embedded().unwrap();
            let payer = directory.payer(&PayerId::new("acme-health").unwrap()).unwrap();
            let mut line = payer.line(CallPurpose::MedicalBenefits).unwrap().clone();
            for window in &mut line.hours.weekly {
                (window.open_minute, window.close_minute) = (8 * 60, 18 * 60);
            }
            line.number = store.call(&tenant, &call).await.unwrap().number;
            Place { _folder: folder, store, request, call, line, ledger: testing::ledger() }
        }

        fn seen(&self) -> Seen<'_> {
            Seen {
                line: &self.line,
                began_at: NOW,
                ledger: &self.ledger,
                outcome: Outcome::Complete,
                people_recorded: true,
                announced: true,
            }
        }

        async fn found(&self, seen: Seen<'_>) -> Vec<IncidentEvent> {
            let policy = Policy::recommended();
            let found = find(&self.store, &policy, &self.request, &seen, NOW).await.unwrap();
            found.into_iter().map(|found| found.event).collect()
        }
    }

    #[tokio::test]
    async fn a_call_is_reviewed_with_what_the_store_knows_of_it() {
        let mut place = Place::new().await;
        assert_eq!(place.found(place.seen()).await, []);
        let voicemail = Seen { outcome: Outcome::Failed(Ending::Voicemail), ..place.seen() };
        assert_eq!(place.found(voicemail).await, [IncidentEvent::PhiToWrongParty]);
        let silent = Seen { announced: false, ..place.seen() };
        assert_eq!(place.found(silent).await, [IncidentEvent::RecordedWithoutAnnouncement]);
        let night = Seen { began_at: NOW + SignedDuration::from_hours(12), ..place.seen() };
        assert_eq!(place.found(night).await, [IncidentEvent::CallOutsideWindow]);
        place.request.order.patient_kind = PatientKind::Synthetic;
        let voicemail = Seen { outcome: Outcome::Failed(Ending::Voicemail), ..place.seen() };
        assert_eq!(place.found(voicemail).await, []);
    }

    #[tokio::test]
    async fn what_the_register_and_the_opt_outs_say_counts_as_it_stands() {
        let place = Place::new().await;
        let tenant = &place.request.tenant;
        let mut tx = place.store.begin(tenant, &node(), NOW).await.unwrap();
        tx.remove_vendor(&VendorId::new("ear").unwrap(), Role::SpeechToText).await.unwrap();
        let said = NewOptOut {
            id: ObjectId::random().unwrap(),
            kind: OptOutKind::DoNotCall,
            means: OptOutMeans::Voice,
            covers: Covering::Number(&place.line.number),
            at: NOW,
            call: Some(&place.call),
        };
        tx.record_opt_out(&said).await.unwrap();
        tx.commit().await.unwrap();
        let later = Seen { began_at: NOW + SignedDuration::from_secs(1), ..place.seen() };
        let both = [IncidentEvent::CalledAfterOptOut, IncidentEvent::VendorWithoutAgreement];
        assert_eq!(place.found(later).await, both);
        assert_eq!(place.found(place.seen()).await, [IncidentEvent::VendorWithoutAgreement]);
    }

    #[tokio::test]
    async fn an_event_that_is_seen_twice_opens_one_incident() {
        let place = Place::new().await;
        let (store, tenant) = (&place.store, &place.request.tenant);
        for _ in 0..3 {
            let seen = (&place.call, IncidentEvent::DisclosureUnproven);
            open(store, tenant, &node(), seen, NOW).await.unwrap();
        }
        let kept = store.incidents(tenant).await.unwrap();
        assert_eq!(kept.len(), 1);
        assert_eq!(
            (kept[0].event, &kept[0].opened_by),
            (IncidentEvent::DisclosureUnproven, &node())
        );
        assert!(kept[0].requests.contains(&place.request.id));
        assert!(store.verify_audit(tenant, None).await.unwrap().is_ok());
    }
}
