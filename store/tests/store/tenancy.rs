//! Another tenant's rows are not there, through any door (rule T1).

use callwright_compliance::allowlist::{
    AllowlistEntry, Approval, LineType, Publication, PublicationKind,
};
use callwright_compliance::decide::Verdict;
use callwright_compliance::facts::SwitchState;
use callwright_compliance::{CallClass, Digest, ObjectId, PayerId, PersonId, TenantId, VendorId};
use callwright_store::{
    CallEnd, Ending, Kind, Page, RandomId, RequestState, StopScope, StoreError,
};
use jiff::SignedDuration;

use crate::support::*;

pub(crate) fn entry(tenant: &TenantId) -> AllowlistEntry {
    AllowlistEntry {
        id: ObjectId::random().unwrap(),
        tenant: tenant.clone(),
        number: number(),
        class: CallClass::Payer,
        payer: PayerId::new("acme-health").unwrap(),
        publication: Publication {
            kind: PublicationKind::PayerWebsite,
            document: ObjectId::new("page-1").unwrap(),
            sha256: Digest::of(b"page"),
            seen_on: "2026-12-30".parse().unwrap(),
        },
        line: LineType::TollFree,
        verifier: PersonId::new("verifier-1").unwrap(),
        added_by: PersonId::new("admin-1").unwrap(),
        added_at: at(2),
        approval: Approval::Pending,
        expires_at: at(90_000),
        proof: None,
    }
}

#[tokio::test]
async fn reading_a_foreign_row_finds_nothing() {
    let house = House::build().await;
    let (stranger, _) = practice(&house.store).await;
    let id = house.request().await;
    let (lease, _) = house.claim(at(2)).await;
    let call = dial(&house.store, &lease, at(2)).await;
    let record = house.store.decisions(&house.tenant, &id).await.unwrap().remove(0);
    let store = &house.store;
    // The owner's questions have answers.
    assert_eq!(store.call(&house.tenant, &call).await.unwrap().number, number());
    assert_eq!(store.decision(&house.tenant, record.id).await.unwrap(), record);
    let actor = person("staff-1");
    let missing = |kind| Some(StoreError::NotFound(kind));
    assert_eq!(store.request(&stranger, &id).await.err(), missing(Kind::Request));
    assert_eq!(
        store.patient(&stranger, &id, to_render(&actor)).await.err(),
        missing(Kind::Request)
    );
    assert_eq!(
        store.results(&stranger, &id, to_render(&actor)).await.err(),
        missing(Kind::Request)
    );
    assert_eq!(store.file_sealer(&stranger, &id).await.err(), missing(Kind::Request));
    assert_eq!(store.call(&stranger, &call).await.err(), missing(Kind::Call));
    assert_eq!(store.dial_intent(&stranger, &call).await.err(), missing(Kind::Call));
    assert_eq!(store.decision(&stranger, record.id).await.err(), missing(Kind::Decision));
    assert_eq!(store.provider(&stranger, &house.provider).await.err(), missing(Kind::Provider));
}

#[tokio::test]
async fn a_foreign_listing_is_empty() {
    let house = House::build().await;
    let (stranger, _) = practice(&house.store).await;
    let id = house.request().await;
    let (lease, _) = house.claim(at(2)).await;
    dial(&house.store, &lease, at(2)).await;
    let (store, tenant) = (&house.store, &house.tenant);
    assert_eq!(store.requests(tenant, &Page::first()).await.unwrap().len(), 1);
    assert_eq!(store.calls(tenant, &id).await.unwrap().len(), 1);
    assert_eq!(store.decisions(tenant, &id).await.unwrap().len(), 1);
    assert!(store.requests(&stranger, &Page::first()).await.unwrap().is_empty());
    assert!(store.calls(&stranger, &id).await.unwrap().is_empty());
    assert!(store.evidence(&stranger, &id).await.unwrap().is_empty());
    assert!(store.decisions(&stranger, &id).await.unwrap().is_empty());
}

#[tokio::test]
async fn acting_on_a_foreign_row_finds_nothing() {
    let house = House::build().await;
    let (stranger, own_provider) = practice(&house.store).await;
    let id = house.request().await;
    let (lease, _) = house.claim(at(2)).await;
    let call = dial(&house.store, &lease, at(2)).await;
    let store = &house.store;
    let end = CallEnd { outcome: code("lost"), cost_cents: None, recording: None, journal: None };
    let missing = |kind| Err(StoreError::NotFound(kind));
    let begin = || async { store.begin(&stranger, &node(), at(3)).await.unwrap() };
    assert_eq!(begin().await.erase_request(&id).await, missing(Kind::Request));
    let moved = begin().await.move_request(&id, RequestState::Failed, &code("x")).await;
    assert_eq!(moved, missing(Kind::Request));
    assert_eq!(begin().await.call_ended(&lease, &call, &end).await, missing(Kind::Request));
    let finished = begin().await.finish(&lease, &Ending::Failed, &code("x")).await;
    assert_eq!(finished, missing(Kind::Request));
    let foreign_provider = order(&house.provider);
    let new = callwright_compliance::RequestId::random().unwrap();
    let added = begin().await.add_request(&new, &foreign_provider, &patient()).await;
    assert_eq!(added, missing(Kind::Provider));
    let own = begin().await.add_request(&new, &order(&own_provider), &patient()).await;
    assert_eq!(own, Ok(()));
    let theirs = decision(&house.tenant, &id, Verdict::Permitted);
    assert_eq!(begin().await.record_decision(&theirs).await, missing(Kind::Practice));
}

#[tokio::test]
async fn an_unknown_tenant_has_no_transaction() {
    let house = House::build().await;
    let nobody = TenantId::random().unwrap();
    let begun = house.store.begin(&nobody, &node(), at(3)).await;
    assert_eq!(begun.err(), Some(StoreError::NotFound(Kind::Practice)));
}

#[tokio::test]
async fn an_allowlist_is_its_tenants_and_needs_a_second_person() {
    let house = House::build().await;
    let (stranger, _) = practice(&house.store).await;
    let (store, tenant, new) = (&house.store, &house.tenant, entry(&house.tenant));
    let mut tx = store.begin(tenant, &person("admin-1"), at(2)).await.unwrap();
    tx.add_allowlist_entry(&new).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.allowlist_for(tenant, &number()).await.unwrap(), std::slice::from_ref(&new));
    assert!(store.allowlist_for(&stranger, &number()).await.unwrap().is_empty());

    for actor in ["admin-1", "Admin-1", "verifier-1", "VERIFIER-1"] {
        let mut tx = store.begin(tenant, &person(actor), at(3)).await.unwrap();
        let refused = tx.approve_allowlist_entry(&new.id).await;
        assert!(matches!(refused, Err(StoreError::Invalid { .. })), "{actor} approved");
    }
    let mut tx = store.begin(&stranger, &person("admin-2"), at(3)).await.unwrap();
    let refused = tx.approve_allowlist_entry(&new.id).await;
    assert_eq!(refused, Err(StoreError::NotFound(Kind::AllowlistEntry)));
    drop(tx);
    let mut tx = store.begin(tenant, &person("admin-2"), at(4)).await.unwrap();
    tx.approve_allowlist_entry(&new.id).await.unwrap();
    tx.commit().await.unwrap();
    let by = PersonId::new("admin-2").unwrap();
    let kept = store.allowlist(tenant).await.unwrap();
    assert_eq!(kept[0].approval, Approval::Second { by, at: at(4) });
    assert_eq!(kept[0].number, number());
}

#[tokio::test]
async fn a_sole_administrator_confirms_only_an_entry_of_their_own() {
    let house = House::build().await;
    let (store, tenant, new) = (&house.store, &house.tenant, entry(&house.tenant));
    let adder = person("admin-1");
    let mut tx = store.begin(tenant, &adder, at(2)).await.unwrap();
    tx.add_allowlist_entry(&new).await.unwrap();
    tx.commit().await.unwrap();
    for actor in [person("admin-2"), person("verifier-1"), node()] {
        let mut tx = store.begin(tenant, &actor, at(80_000)).await.unwrap();
        let refused = tx.confirm_allowlist_entry(&new.id, at(79_999), 1).await;
        assert!(matches!(refused, Err(StoreError::Invalid { .. })), "{actor:?} confirmed");
    }
    let mut tx = store.begin(tenant, &adder, at(80_000)).await.unwrap();
    tx.confirm_allowlist_entry(&new.id, at(79_999), 1).await.unwrap();
    tx.commit().await.unwrap();
    let kept = Approval::SoleAdministrator {
        by: PersonId::new("admin-1").unwrap(),
        at: at(80_000),
        reauthenticated_at: at(79_999),
        administrators: 1,
    };
    assert_eq!(store.allowlist(tenant).await.unwrap()[0].approval, kept);
}

#[tokio::test]
async fn a_line_has_one_live_entry() {
    let house = House::build().await;
    let (store, tenant, new) = (&house.store, &house.tenant, entry(&house.tenant));
    let mut tx = store.begin(tenant, &person("admin-1"), at(2)).await.unwrap();
    tx.add_allowlist_entry(&new).await.unwrap();
    tx.commit().await.unwrap();
    let twin = AllowlistEntry { id: ObjectId::random().unwrap(), added_at: at(5), ..new.clone() };
    let mut tx = store.begin(tenant, &person("admin-1"), at(5)).await.unwrap();
    let refused = tx.add_allowlist_entry(&twin).await;
    assert_eq!(refused, Err(StoreError::Duplicate(Kind::AllowlistEntry)));
    drop(tx);
    let mut tx = store.begin(tenant, &person("admin-1"), at(5)).await.unwrap();
    tx.remove_allowlist_entry(&new.id).await.unwrap();
    tx.add_allowlist_entry(&twin).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.allowlist_for(tenant, &number()).await.unwrap(), [twin]);
}

#[tokio::test]
async fn a_switch_stops_its_own_scope() {
    let house = House::build().await;
    let (stranger, _) = practice(&house.store).await;
    let (a, b) = (house.request().await, house.request().await);
    let (store, tenant) = (&house.store, &house.tenant);
    let throw = |scope: StopScope| async move {
        let mut tx = store.begin(tenant, &person("admin-1"), at(3)).await.unwrap();
        tx.throw_switch(&scope).await.unwrap();
        tx.throw_switch(&scope).await.unwrap();
        tx.commit().await.unwrap();
    };
    throw(StopScope::Request(a.clone())).await;
    assert_eq!(store.kill_switch(tenant, &a).await.unwrap().request, SwitchState::Stopped);
    assert_eq!(store.kill_switch(tenant, &b).await.unwrap().request, SwitchState::Running);
    let vendor = VendorId::new("speech-1").unwrap();
    throw(StopScope::Vendor(vendor.clone())).await;
    assert!(store.kill_switch(tenant, &b).await.unwrap().vendors_stopped.contains(&vendor));
    throw(StopScope::Tenant).await;
    assert_eq!(store.kill_switch(tenant, &b).await.unwrap().tenant, SwitchState::Stopped);
    let all = [(tenant, &a), (tenant, &b), (&stranger, &a), (&stranger, &b)];
    let at_once = store.kill_switches(&all).await.unwrap();
    for (switch, (tenant, request)) in at_once.into_iter().zip(all) {
        let one = store.kill_switch(tenant, request).await.unwrap();
        assert_eq!(switch, one, "{tenant} {request}");
    }
    let other = store.kill_switch(&stranger, &b).await.unwrap();
    assert_eq!((other.tenant, other.global), (SwitchState::Running, SwitchState::Running));
    assert!(other.vendors_stopped.is_empty());
    throw(StopScope::Global).await;
    assert_eq!(store.kill_switch(&stranger, &b).await.unwrap().global, SwitchState::Stopped);
    let mut tx = store.begin(tenant, &person("admin-1"), at(4)).await.unwrap();
    tx.lift_switch(&StopScope::Global).await.unwrap();
    tx.commit().await.unwrap();
    let after = store.kill_switch(tenant, &b).await.unwrap();
    assert_eq!((after.global, after.tenant), (SwitchState::Running, SwitchState::Stopped));
}

#[tokio::test]
async fn usage_counts_own_and_shared_calls() {
    let house = House::build().await;
    let (stranger, provider) = practice(&house.store).await;
    for (tenant, provider) in [(&house.tenant, &house.provider), (&stranger, &provider)] {
        request(&house.store, tenant, provider).await;
        let (lease, _) = house.claim(at(10)).await;
        dial(&house.store, &lease, at(10)).await;
    }
    let day = at(10) - SignedDuration::from_hours(3);
    let usage = house.store.usage(&house.tenant, &number(), day, at(10)).await.unwrap();
    assert_eq!((usage.system_running, usage.tenant_running, usage.number_running), (2, 1, 2));
    assert_eq!((usage.system_started_1s, usage.number_started_today), (2, 2));
    assert_eq!((usage.tenant_started_today, usage.tenant_spent_today_cents), (1, 90));
    let later = house.store.usage(&house.tenant, &number(), at(60), at(60)).await.unwrap();
    assert_eq!((later.system_running, later.system_started_1s), (2, 0));
    assert_eq!((later.number_started_today, later.tenant_spent_today_cents), (0, 0));
}
