//! Incidents and the ledger in the store: opened once, never rewritten, their own tenant's, and holding what they concern.

use std::collections::BTreeSet;

use callwright_compliance::audit::Action;
use callwright_compliance::egress::{
    ENTRIES_MAX, Exposure, Field, FieldSet, Ledger, LedgerEntry, Recipient, Sent,
};
use callwright_compliance::incident::{
    Affected, Assessment, Conclusion, Duty, IncidentEvent, IncidentState, Notice, Rating, Step,
    StepRefused, Terms,
};
use callwright_compliance::vendor::Role;
use callwright_compliance::{CallPurpose, ObjectId, RequestId, TenantId, VendorId};
use callwright_store::{
    CallEnd, CallId, Ending, IncidentId, Kind, LedgerScope, NewIncident, Opened, Page, StopScope,
    Store, StoreError,
};
use jiff::SignedDuration;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use crate::support::*;

fn document() -> ObjectId {
    ObjectId::new("memo-1").unwrap()
}

fn vendor(id: &str, role: Role) -> Recipient {
    Recipient::Vendor { id: VendorId::new(id).unwrap(), role }
}

fn entry(at_ms: u64, recipient: Recipient, fields: &[Field]) -> LedgerEntry {
    let (purpose, fields) = (CallPurpose::DentalBenefits, FieldSet::of(fields));
    LedgerEntry { at_ms, recipient, purpose, fields, bytes: 10 }
}

fn ledger() -> Ledger {
    let mut ledger = Ledger::new();
    ledger.add(entry(0, vendor("phone", Role::Carrier), &[Field::DialledNumber]));
    ledger.add(entry(90_000, Recipient::FarEnd, &[Field::MemberId]));
    ledger.add(entry(90_500, vendor("ear", Role::SpeechToText), &[Field::FarEndAudio]));
    ledger
}

/// A ledger with more sends than it has room for.
fn overflown() -> Ledger {
    let mut ledger = Ledger::new();
    for at in 0..=u64::try_from(ENTRIES_MAX).unwrap() {
        // A minute apart and by turns, so that none joins another.
        let fields = [[Field::DialledNumber], [Field::MemberId]][usize::from(at % 2 == 0)];
        ledger.add(entry(at * 61_000, vendor("phone", Role::Carrier), &fields));
    }
    ledger
}

/// A call that was placed at `now`, with its request.
async fn placed(house: &House, now: i64) -> (RequestId, CallId, callwright_store::Lease) {
    let id = house.request().await;
    let (lease, _) = house.claim(at(now)).await;
    assert_eq!(lease.request(), &id);
    let call = dial(&house.store, &lease, at(now)).await;
    let mut tx = house.store.begin(&house.tenant, &node(), at(now)).await.unwrap();
    let sid = format!("CA{now}");
    tx.call_placed(&lease, &call, &sid.parse().unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    (id, call, lease)
}

async fn end(house: &House, call: &CallId, lease: &callwright_store::Lease, now: i64) {
    let mut tx = house.store.begin(&house.tenant, &node(), at(now)).await.unwrap();
    tx.put_ledger(call, at(now), &ledger()).await.unwrap();
    let over = CallEnd { outcome: code("lost"), cost_cents: None, recording: None, journal: None };
    tx.call_ended(lease, call, &over).await.unwrap();
    tx.finish(lease, &Ending::Failed, &code("lost")).await.unwrap();
    tx.commit().await.unwrap();
}

async fn open(store: &Store, tenant: &TenantId, new: &NewIncident, now: i64) -> Opened {
    let mut tx = store.begin(tenant, &person("ann"), at(now)).await.unwrap();
    let opened = tx.open_incident(new).await.unwrap();
    if let Opened::New(_) = opened {
        tx.commit().await.unwrap();
    }
    opened
}

fn of_call(call: &CallId, event: IncidentEvent, now: i64) -> NewIncident {
    NewIncident::of_call(call, event, None, at(now)).unwrap()
}

async fn take(house: &House, id: &IncidentId, step: &Step, now: i64) -> Result<(), StoreError> {
    let mut tx = house.store.begin(&house.tenant, &person("ann"), at(now)).await?;
    tx.advance_incident(id, step).await?;
    tx.commit().await
}

fn contain() -> Step {
    Step::Contain { document: document() }
}

fn not_compromised() -> Step {
    Step::Assess(Assessment {
        nature: Rating::Low,
        recipient: Rating::Low,
        acquired: Rating::Medium,
        remaining: Rating::Low,
        affected: Affected::Unknown,
        conclusion: Conclusion::LowProbability,
        document: document(),
    })
}

fn tell() -> Step {
    let told = Notice { duty: Duty::Practice, at: at(5), proof: document() };
    Step::Notify { notices: vec![told] }
}

fn close() -> Step {
    Step::Close { document: document() }
}

#[tokio::test]
async fn every_event_of_a_call_opens_exactly_one_incident_with_its_deadlines() {
    let house = House::build().await;
    let (request, call, _lease) = placed(&house, 2).await;
    let (store, tenant) = (&house.store, &house.tenant);
    for event in IncidentEvent::ALL {
        let first = open(store, tenant, &of_call(&call, *event, 5), 5).await;
        let again = open(store, tenant, &of_call(&call, *event, 9), 9).await;
        assert_eq!(again, Opened::Already(first.id().clone()), "{event}");
    }
    let kept = store.incidents(tenant).await.unwrap();
    assert_eq!(kept.len(), IncidentEvent::ALL.len());
    for incident in &kept {
        assert_eq!(incident.requests, BTreeSet::from([request.clone()]));
        assert_eq!((incident.discovered_at, incident.course.state()), (at(5), IncidentState::Open));
        let owed = incident.course.owed();
        assert_eq!((owed[0].duty, owed[0].by), (Duty::Practice, at(5 + 24 * 3_600)));
        let sixty = at(5 + 60 * 24 * 3_600);
        assert!(owed[1..].iter().all(|deadline| deadline.by == sixty));
    }
    let audited = store.audit_entries(tenant, &Page::first()).await.unwrap();
    let opened: Vec<_> =
        audited.iter().filter(|entry| entry.action == Action::IncidentOpened).collect();
    assert_eq!(opened.len(), kept.len());
    assert!(opened.iter().all(|entry| entry.rule.is_some() && entry.object.is_some()));
}

#[tokio::test]
async fn vendors_of_one_call_have_an_incident_each() {
    let house = House::build().await;
    let (_, call, _lease) = placed(&house, 2).await;
    let event = IncidentEvent::VendorWithoutAgreement;
    for (id, is_new) in [("ear", true), ("voice", true), ("ear", false)] {
        let vendor = Some(VendorId::new(id).unwrap());
        let new = NewIncident::of_call(&call, event, vendor, at(5)).unwrap();
        let opened = open(&house.store, &house.tenant, &new, 5).await;
        assert_eq!(matches!(opened, Opened::New(_)), is_new, "{id}");
    }
}

#[tokio::test]
async fn a_history_goes_on_and_is_never_rewritten() {
    let house = House::build().await;
    let (_, call, _lease) = placed(&house, 2).await;
    let new = of_call(&call, IncidentEvent::AiDenied, 5);
    open(&house.store, &house.tenant, &new, 5).await;
    let out_of_order = take(&house, &new.id, &not_compromised(), 6).await;
    assert!(matches!(out_of_order, Err(StoreError::Step(StepRefused::Order { .. }))));
    for (step, now) in [
        (contain(), 7),
        (not_compromised(), 8),
        (not_compromised(), 9),
        (tell(), 10),
        (close(), 11),
    ] {
        take(&house, &new.id, &step, now).await.unwrap();
    }
    let kept = house.store.incident(&house.tenant, &new.id).await.unwrap();
    use IncidentState::{Assessed, Closed, Contained, Notified};
    let states: Vec<_> = kept.steps.iter().map(|taken| (taken.state, taken.at)).collect();
    assert_eq!(
        states,
        [
            (Contained, at(7)),
            (Assessed, at(8)),
            (Assessed, at(9)),
            (Notified, at(10)),
            (Closed, at(11))
        ]
    );
    assert!(kept.steps.iter().all(|taken| taken.by == person("ann")));
    assert!(take(&house, &new.id, &contain(), 12).await.is_err());
    assert!(house.store.verify_audit(&house.tenant, None).await.unwrap().is_ok());

    let options = SqliteConnectOptions::new().filename(house.database());
    let mut db = options.connect().await.unwrap();
    for statement in [
        "UPDATE incident SET discovered_at = 0",
        "DELETE FROM incident",
        "UPDATE incident_step SET taken_at = 0",
        "DELETE FROM incident_step",
        "INSERT OR REPLACE INTO incident_step SELECT tenant, incident, 0, state, step, taken_by, 0 FROM incident_step LIMIT 1",
        "DELETE FROM incident_request",
    ] {
        assert!(sqlx::query(statement).execute(&mut db).await.is_err(), "{statement}");
    }
    db.close().await.unwrap();
    assert_eq!(house.store.incident(&house.tenant, &new.id).await.unwrap(), kept);
}

#[tokio::test]
async fn an_open_incident_holds_what_it_concerns_and_nothing_else() {
    let house = House::build().await;
    let (concerned, call, lease) = placed(&house, 2).await;
    end(&house, &call, &lease, 3).await;
    let other = house.request().await;
    let new = of_call(&call, IncidentEvent::PhiToWrongParty, 5);
    open(&house.store, &house.tenant, &new, 5).await;
    let erase = |id: RequestId, now| {
        let house = &house;
        async move {
            let mut tx = house.store.begin(&house.tenant, &person("ann"), at(now)).await.unwrap();
            tx.erase_request(&id).await?;
            tx.commit().await
        }
    };
    assert_eq!(erase(concerned.clone(), 6).await, Err(StoreError::Frozen));
    assert_eq!(erase(other, 6).await, Ok(()));
    for (step, now) in [(contain(), 7), (not_compromised(), 8), (tell(), 9), (close(), 10)] {
        assert_eq!(erase(concerned.clone(), now).await, Err(StoreError::Frozen));
        take(&house, &new.id, &step, now).await.unwrap();
    }
    assert_eq!(erase(concerned, 11).await, Ok(()));
}

#[tokio::test]
async fn an_incident_of_a_vendor_or_of_everything_holds_by_its_scope() {
    let house = House::build().await;
    let (used, call, lease) = placed(&house, 2).await;
    end(&house, &call, &lease, 3).await;
    let idle = house.request().await;
    let erasable = |id: RequestId| {
        let house = &house;
        async move {
            let mut tx = house.store.begin(&house.tenant, &person("ann"), at(6)).await.unwrap();
            tx.erase_request(&id).await.is_ok()
        }
    };
    let reported = |scope| NewIncident {
        id: IncidentId::random().unwrap(),
        event: IncidentEvent::Reported,
        vendor: None,
        scope,
        discovered_at: at(4),
        document: Some(document()),
    };
    let ear = Some(VendorId::new("ear").unwrap());
    let before = LedgerScope { vendor: ear.clone(), to: Some(at(3)), ..LedgerScope::default() };
    open(&house.store, &house.tenant, &reported(before), 5).await;
    assert!(erasable(used.clone()).await, "it went there later");
    let scope = LedgerScope { vendor: ear, ..LedgerScope::default() };
    open(&house.store, &house.tenant, &reported(scope), 5).await;
    assert!(!erasable(used).await);
    assert!(erasable(idle.clone()).await);
    open(&house.store, &house.tenant, &reported(LedgerScope::default()), 5).await;
    assert!(!erasable(idle).await);
}

#[tokio::test]
async fn calls_without_a_whole_ledger_are_held_by_every_scope_of_their_time() {
    let house = House::build().await;
    let mut calls = Vec::new();
    // The first call lost its ledger with its process; the second's was full; the third's is whole.
    for (now, ledger) in [(2, None), (4, Some(overflown())), (6, Some(ledger()))] {
        let (request, call, lease) = placed(&house, now).await;
        let mut tx = house.store.begin(&house.tenant, &node(), at(now + 1)).await.unwrap();
        if let Some(ledger) = ledger {
            tx.put_ledger(&call, at(now), &ledger).await.unwrap();
        }
        let over =
            CallEnd { outcome: code("lost"), cost_cents: None, recording: None, journal: None };
        tx.call_ended(&lease, &call, &over).await.unwrap();
        tx.finish(&lease, &Ending::Failed, &code("lost")).await.unwrap();
        tx.commit().await.unwrap();
        calls.push(request);
    }
    let (lost, full) = (calls[0].clone(), calls[1].clone());
    let unheard_of = Some(VendorId::new("unheard-of").unwrap());
    let scope = |vendor: &Option<VendorId>, from, to| LedgerScope {
        vendor: vendor.clone(),
        from,
        to,
        ..LedgerScope::default()
    };
    for (scope, held) in [
        (scope(&unheard_of, None, None), vec![&lost, &full]),
        (scope(&unheard_of, Some(at(4)), None), vec![&full]),
        (scope(&unheard_of, None, Some(at(4))), vec![&lost]),
        (scope(&None, Some(at(3)), Some(at(4))), vec![&lost]),
        (scope(&None, None, Some(at(2))), vec![]),
    ] {
        let new = NewIncident {
            id: IncidentId::random().unwrap(),
            event: IncidentEvent::Reported,
            vendor: None,
            scope,
            discovered_at: at(9),
            document: Some(document()),
        };
        open(&house.store, &house.tenant, &new, 9).await;
        let kept = house.store.incident(&house.tenant, &new.id).await.unwrap();
        assert_eq!(kept.requests, held.into_iter().cloned().collect(), "{:?}", kept.scope);
    }
}

#[tokio::test]
async fn a_foreign_incident_is_not_there() {
    let house = House::build().await;
    let (stranger, _) = practice(&house.store).await;
    let (request, call, lease) = placed(&house, 2).await;
    end(&house, &call, &lease, 3).await;
    let new = of_call(&call, IncidentEvent::PhiToWrongParty, 5);
    let store = &house.store;
    open(store, &house.tenant, &new, 5).await;
    let missing = |kind| Some(StoreError::NotFound(kind));
    assert_eq!(store.incident(&stranger, &new.id).await.err(), missing(Kind::Incident));
    assert!(store.incidents(&stranger).await.unwrap().is_empty());
    assert!(store.call_incidents(&stranger).await.unwrap().is_empty());
    let whole = LedgerScope::default();
    assert!(store.ledger(&stranger, &whole, &Page::first()).await.unwrap().0.is_empty());
    assert!(store.unaccounted(&stranger, &whole).await.unwrap().is_empty());
    assert_eq!(store.state_of_care(&stranger, &request).await.err(), missing(Kind::Request));
    let begin = || async { store.begin(&stranger, &person("eve"), at(6)).await.unwrap() };
    let taken = begin().await.advance_incident(&new.id, &contain()).await;
    assert_eq!(taken.err(), missing(Kind::Incident));
    let theirs = of_call(&call, IncidentEvent::AiDenied, 6);
    assert_eq!(begin().await.open_incident(&theirs).await.err(), missing(Kind::Call));
    let requests = BTreeSet::from([request]);
    let theirs = NewIncident {
        scope: LedgerScope { requests, ..LedgerScope::default() },
        ..of_call(&call, IncidentEvent::Reported, 6)
    };
    assert_eq!(begin().await.open_incident(&theirs).await.err(), missing(Kind::Request));
    assert_eq!(begin().await.put_ledger(&call, at(6), &ledger()).await.err(), missing(Kind::Call));
    // What concerns somebody else's practice holds nothing of ours.
    let everything = NewIncident { scope: whole, ..of_call(&call, IncidentEvent::Reported, 6) };
    open(store, &stranger, &everything, 6).await;
    let idle = house.request().await;
    let mut tx = store.begin(&house.tenant, &person("ann"), at(7)).await.unwrap();
    assert_eq!(tx.erase_request(&idle).await, Ok(()));
}

#[tokio::test]
async fn terms_hold_for_what_is_discovered_under_them() {
    let house = House::build().await;
    let (_, call, _lease) = placed(&house, 2).await;
    let (store, tenant) = (&house.store, &house.tenant);
    let early = of_call(&call, IncidentEvent::AiDenied, 5);
    open(store, tenant, &early, 5).await;
    let mut tx = store.begin(tenant, &person("ann"), at(6)).await.unwrap();
    tx.set_incident_terms(&Terms::new(72, true, Default::default()).unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    let late = of_call(&call, IncidentEvent::Reported, 7);
    open(store, tenant, &late, 7).await;
    let first = store.incident(tenant, &early.id).await.unwrap().course.owed();
    let second = store.incident(tenant, &late.id).await.unwrap().course.owed();
    assert_eq!(first[0].by, at(5) + SignedDuration::from_hours(24));
    assert!(first.iter().all(|deadline| deadline.duty != Duty::Authority));
    assert_eq!(second[0].by, at(7) + SignedDuration::from_hours(72));
    assert!(second.iter().any(|deadline| deadline.duty == Duty::Authority));
    let future =
        NewIncident { discovered_at: at(99), ..of_call(&call, IncidentEvent::AuditBroken, 7) };
    let mut tx = store.begin(tenant, &person("ann"), at(8)).await.unwrap();
    assert!(matches!(tx.open_incident(&future).await, Err(StoreError::Invalid { .. })));
}

#[tokio::test]
async fn a_ledger_is_kept_whole_once_and_read_back_by_its_parts() {
    let house = House::build().await;
    let (request, call, lease) = placed(&house, 2).await;
    let (store, tenant) = (&house.store, &house.tenant);
    let whole = LedgerScope::default();
    let running = store.unaccounted(tenant, &whole).await.unwrap();
    assert_eq!((&running[0].call, running[0].ended), (&call, false));
    end(&house, &call, &lease, 3).await;
    assert!(store.unaccounted(tenant, &whole).await.unwrap().is_empty());
    let mut tx = store.begin(tenant, &node(), at(4)).await.unwrap();
    let again = tx.put_ledger(&call, at(4), &ledger()).await;
    assert_eq!(again, Err(StoreError::Duplicate(Kind::Ledger)));
    drop(tx);

    let read = |scope: LedgerScope| async move {
        store.ledger(tenant, &scope, &Page::first()).await.unwrap().0
    };
    let kept = read(whole.clone()).await;
    let as_sent = |entry: &LedgerEntry| Sent {
        request: request.clone(),
        call: ObjectId::new(call.as_str()).unwrap(),
        at: at(3) + SignedDuration::from_millis(i64::try_from(entry.at_ms).unwrap()),
        recipient: entry.recipient.clone(),
        purpose: entry.purpose,
        fields: entry.fields,
        bytes: entry.bytes,
    };
    let wanted: Vec<Sent> = ledger().entries().iter().map(as_sent).collect();
    assert_eq!(kept, wanted);
    let ear = Some(VendorId::new("ear").unwrap());
    assert_eq!(read(LedgerScope { vendor: ear, ..whole.clone() }).await, wanted[2..]);
    let (from, to) = (Some(at(4)), Some(at(93) + SignedDuration::from_millis(1)));
    assert_eq!(read(LedgerScope { from, to, ..whole.clone() }).await, wanted[1..2]);
    let requests = BTreeSet::from([RequestId::new("nobody").unwrap()]);
    assert!(read(LedgerScope { requests, ..whole }).await.is_empty());
    // Page by page it is the same.
    let (mut page, mut paged) = (Page { limit: 1, ..Page::first() }, Vec::new());
    loop {
        let (mut sent, key) = store.ledger(tenant, &LedgerScope::default(), &page).await.unwrap();
        paged.append(&mut sent);
        let Some(key) = key else { break };
        page.after = Some(key);
    }
    assert_eq!(paged, wanted);
    let exposed: Exposure = paged.into_iter().collect();
    assert_eq!(exposed.in_clear().collect::<Vec<_>>(), [&request]);
    assert_eq!(store.state_of_care(tenant, &request).await.unwrap(), "OH");
}

#[tokio::test]
async fn a_full_ledger_says_what_it_lacks_and_a_lost_one_that_it_is_lost() {
    let house = House::build().await;
    let (_, call, _lease) = placed(&house, 2).await;
    let (store, tenant) = (&house.store, &house.tenant);
    let mut full = Ledger::new();
    for n in 0..ENTRIES_MAX as u64 + 3 {
        full.add(entry(n * 60_000, Recipient::FarEnd, &[Field::MemberId]));
    }
    let mut tx = store.begin(tenant, &node(), at(3)).await.unwrap();
    tx.put_ledger(&call, at(3), &full).await.unwrap();
    tx.commit().await.unwrap();
    let scope = LedgerScope::of_call(call);
    assert_eq!(store.overflowed(tenant, &scope).await.unwrap(), 3);
    let audited = store.audit_entries(tenant, &Page::first()).await.unwrap();
    assert_eq!(audited.last().unwrap().action, Action::Egress);

    // Its process died; another one closed it.
    let (_, lost, lease) = placed(&house, 10).await;
    let over = CallEnd { outcome: code("lost"), cost_cents: None, recording: None, journal: None };
    let mut tx = store.begin(tenant, &node(), at(11)).await.unwrap();
    tx.call_ended(&lease, &lost, &over).await.unwrap();
    tx.commit().await.unwrap();
    let unaccounted = store.unaccounted(tenant, &LedgerScope::default()).await.unwrap();
    assert_eq!((&unaccounted[0].call, unaccounted[0].ended), (&lost, true));
}

#[tokio::test]
async fn a_switch_that_is_thrown_after_the_decision_still_refuses_the_intent() {
    let house = House::build().await;
    let id = house.request().await;
    let (lease, _) = house.claim(at(2)).await;
    let (store, tenant) = (&house.store, &house.tenant);
    let record = decision(tenant, &id, callwright_compliance::decide::Verdict::Permitted);
    let mut tx = store.begin(tenant, &node(), at(2)).await.unwrap();
    tx.record_decision(&record).await.unwrap();
    tx.commit().await.unwrap();
    let vendor = |id: &str| StopScope::Vendor(VendorId::new(id).unwrap());
    let dialled = || async {
        let mut tx = store.begin(tenant, &node(), at(4)).await.unwrap();
        tx.dial_intent(&lease, &intent(record.id, at(4))).await
    };
    for scope in [StopScope::Global, StopScope::Tenant, StopScope::Request(id), vendor("speech-1")]
    {
        let mut tx = store.begin(tenant, &person("ann"), at(3)).await.unwrap();
        tx.throw_switch(&scope).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(dialled().await, Err(StoreError::Stopped), "{scope:?}");
        let stops = store.stops().await.unwrap();
        assert_eq!((&stops[0].scope, &stops[0].by, stops[0].at), (&scope, &person("ann"), at(3)));
        assert_eq!(stops[0].tenant.is_none(), scope == StopScope::Global);
        let mut tx = store.begin(tenant, &person("ann"), at(3)).await.unwrap();
        tx.lift_switch(&scope).await.unwrap();
        tx.commit().await.unwrap();
        assert!(store.stops().await.unwrap().is_empty());
    }
    let mut tx = store.begin(tenant, &person("ann"), at(3)).await.unwrap();
    tx.throw_switch(&vendor("not-used")).await.unwrap();
    tx.throw_switch(&StopScope::Request(RequestId::new("another").unwrap())).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(dialled().await, Ok(()));
}
