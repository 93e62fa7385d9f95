//! A request from the door to its end, and the steps that are refused on the way.

use callwright_compliance::decide::Verdict;
use callwright_compliance::policy::Limits;
use callwright_compliance::vendor::{Location, Region, Role, Row};
use callwright_compliance::{DecisionId, VendorId};
use callwright_store::{
    CallEnd, CallId, Ending, Kind, NewIntent, RandomId, RequestState, RunningLimit, StoreError,
};
use jiff::SignedDuration;

use crate::support::*;

fn end(outcome: &str) -> CallEnd {
    CallEnd {
        outcome: code(outcome),
        cost_cents: Some(31),
        recording: Some("calls/1/recording.sealed".to_owned()),
        journal: Some("calls/1/journal.jsonl".to_owned()),
    }
}

#[tokio::test]
async fn a_call_is_kept_from_intent_to_end() {
    let house = House::build().await;
    let id = house.request().await;
    let (lease, _) = house.claim(at(2)).await;
    let call = dial(&house.store, &lease, at(3)).await;
    let (store, tenant) = (&house.store, &house.tenant);
    let intent = store.dial_intent(tenant, &call).await.unwrap();
    assert!(intent.may_be_answered(at(3)) && intent.may_be_answered(at(22)));
    assert!(!intent.may_be_answered(at(23)) && !intent.may_be_answered(at(2)));
    assert_eq!(store.request(tenant, &id).await.unwrap().state, RequestState::Dialling);

    let mut tx = store.begin(tenant, &node(), at(4)).await.unwrap();
    tx.call_placed(&lease, &call, &"CA0001".parse().unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    store.call_answered(&lease, &call, at(5)).await.unwrap();
    assert_eq!(store.request(tenant, &id).await.unwrap().state, RequestState::InCall);
    let mut tx = store.begin(tenant, &node(), at(9)).await.unwrap();
    tx.call_ended(&lease, &call, &end("complete")).await.unwrap();
    tx.finish(&lease, &Ending::Done, &code("complete")).await.unwrap();
    tx.commit().await.unwrap();

    let kept = store.calls(tenant, &id).await.unwrap().remove(0);
    assert_eq!((kept.intent_at, kept.placed_at), (at(3), Some(at(4))));
    assert_eq!((kept.answered_at, kept.ended_at), (Some(at(5)), Some(at(9))));
    assert_eq!((kept.cost_cents, kept.outcome), (31, Some(code("complete"))));
    assert_eq!(kept.recording.as_deref(), Some("calls/1/recording.sealed"));
    assert!(!store.dial_intent(tenant, &call).await.unwrap().may_be_answered(at(10)));
    let done = store.request(tenant, &id).await.unwrap();
    assert_eq!((done.state, done.attempts), (RequestState::Done, 1));
    assert!(store.verify_audit(tenant, None).await.unwrap().is_ok());
}

#[tokio::test]
async fn nothing_is_dialled_without_a_permit_of_this_request() {
    let house = House::build().await;
    let (id, other) = (house.request().await, house.request().await);
    let (lease, claimed) = house.claim(at(2)).await;
    let (own, foreign) = if claimed.id == id { (&id, &other) } else { (&other, &id) };
    let (store, tenant) = (&house.store, &house.tenant);
    let refused = decision(tenant, own, Verdict::Refused);
    let elsewhere = decision(tenant, foreign, Verdict::Permitted);
    let mut tx = store.begin(tenant, &node(), at(3)).await.unwrap();
    tx.record_decision(&refused).await.unwrap();
    tx.record_decision(&elsewhere).await.unwrap();
    tx.commit().await.unwrap();
    for bad in [refused.id, elsewhere.id, DecisionId::random().unwrap()] {
        let mut tx = store.begin(tenant, &node(), at(3)).await.unwrap();
        let dialled = tx.dial_intent(&lease, &intent(bad, at(3))).await;
        assert_eq!(dialled, Err(StoreError::NotFound(Kind::Decision)));
    }
    assert!(store.calls(tenant, own).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_permit_places_one_call_and_a_request_has_one_at_a_time() {
    let house = House::build().await;
    let id = house.request().await;
    let (lease, _) = house.claim(at(2)).await;
    let (store, tenant) = (&house.store, &house.tenant);
    let call = dial(store, &lease, at(3)).await;
    let spent = store.call(tenant, &call).await.unwrap().decision;
    let mut tx = store.begin(tenant, &node(), at(4)).await.unwrap();
    let again = tx.dial_intent(&lease, &intent(spent, at(4))).await;
    assert!(matches!(again, Err(StoreError::Transition { .. })));
    drop(tx);
    // The request may not be finished while its call runs.
    let mut tx = store.begin(tenant, &node(), at(5)).await.unwrap();
    let retry = Ending::Retry { not_before: at(5) };
    let finished = tx.finish(&lease, &retry, &code("busy")).await;
    assert_eq!(finished, Err(StoreError::CallOrder));
    drop(tx);
    let adopted = store.adopt(&code("node-2"), at(60), LEASE).await.unwrap().unwrap();
    let mut tx = store.begin(tenant, &node(), at(61)).await.unwrap();
    tx.call_ended(&adopted.lease, &call, &end("busy")).await.unwrap();
    tx.finish(&adopted.lease, &retry, &code("busy")).await.unwrap();
    tx.commit().await.unwrap();
    // The decision of the first attempt does not serve for the second.
    let (lease, request) = house.claim(at(62)).await;
    assert_eq!((request.id, request.outcome), (id, Some(code("busy"))));
    let mut tx = store.begin(tenant, &node(), at(62)).await.unwrap();
    let again = tx.dial_intent(&lease, &intent(spent, at(62))).await;
    assert_eq!(again, Err(StoreError::Duplicate(Kind::Call)));
}

#[tokio::test]
async fn steps_out_of_order_are_refused() {
    let house = House::build().await;
    house.request().await;
    let (lease, _) = house.claim(at(2)).await;
    let (store, tenant) = (&house.store, &house.tenant);
    let answered = store.call_answered(&lease, &CallId::random().unwrap(), at(2)).await;
    assert!(matches!(answered, Err(StoreError::Transition { .. })));
    let call = dial(store, &lease, at(3)).await;
    let answered = store.call_answered(&lease, &call, at(4)).await;
    assert_eq!(answered, Err(StoreError::CallOrder), "answered before it was placed");
    for (expected, step) in [(Ok(()), "first"), (Err(StoreError::CallOrder), "second")] {
        let mut tx = store.begin(tenant, &node(), at(5)).await.unwrap();
        let placed = tx.call_placed(&lease, &call, &"CA1".parse().unwrap()).await;
        assert_eq!(placed, expected, "{step}");
        if placed.is_ok() {
            tx.commit().await.unwrap();
        }
    }
    // A late intent: already over when it is written.
    let mut tx = store.begin(tenant, &node(), at(6)).await.unwrap();
    let mut late = intent(DecisionId::random().unwrap(), at(6));
    late.expires = at(6);
    assert!(tx.dial_intent(&lease, &late).await.is_err());
}

#[tokio::test]
async fn an_intent_ends_before_its_lease() {
    let house = House::build().await;
    let id = house.request().await;
    let (mut lease, _) = house.claim(at(2)).await;
    let (store, tenant) = (&house.store, &house.tenant);
    let record = decision(tenant, &id, Verdict::Permitted);
    let mut new = intent(record.id, at(3));
    new.expires = lease.until() + SignedDuration::from_micros(1);
    let mut tx = store.begin(tenant, &node(), at(3)).await.unwrap();
    tx.record_decision(&record).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.begin(tenant, &node(), at(3)).await.unwrap();
    let refused = tx.dial_intent(&lease, &new).await;
    assert_eq!(refused, Err(StoreError::LeaseTooShort));
    drop(tx);
    // Renewed, it lasts long enough; to the same moment is enough.
    store.heartbeat(&mut lease, at(3), LEASE).await.unwrap();
    new.expires = lease.until();
    let mut tx = store.begin(tenant, &node(), at(3)).await.unwrap();
    tx.dial_intent(&lease, &new).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn running_calls_are_counted_again_when_the_intent_is_written() {
    let house = House::build().await;
    let (store, tenant) = (&house.store, &house.tenant);
    let (stranger, strange_provider) = practice(store).await;
    house.request().await;
    let (first, _) = house.claim(at(2)).await;
    let call = dial(store, &first, at(3)).await;
    // Two that were decided on before the first intent was written: one of the same tenant, one of another.
    house.request().await;
    let (own, _) = house.claim(at(2)).await;
    request(store, &stranger, &strange_provider).await;
    let (foreign, _) = house.claim(at(2)).await;
    assert_eq!(foreign.tenant(), &stranger);
    let all = intent(DecisionId(0), at(4)).limits;
    let open =
        Limits { system_running_max: 2, tenant_running_max: 2, number_running_max: 2, ..all };
    let system = Limits { system_running_max: 1, ..open };
    let of_tenant = Limits { tenant_running_max: 1, ..open };
    let of_number = Limits { number_running_max: 1, ..open };
    for (lease, limits, reached) in [
        (&own, system, Some(RunningLimit::System)),
        (&own, of_tenant, Some(RunningLimit::Tenant)),
        (&own, of_number, Some(RunningLimit::Number)),
        (&own, Limits::default(), Some(RunningLimit::System)),
        (&own, open, None),
        (&foreign, system, Some(RunningLimit::System)),
        (&foreign, of_tenant, None),
        (&foreign, of_number, Some(RunningLimit::Number)),
    ] {
        let record = decision(lease.tenant(), lease.request(), Verdict::Permitted);
        let new = NewIntent { limits, ..intent(record.id, at(4)) };
        let mut tx = store.begin(lease.tenant(), &node(), at(4)).await.unwrap();
        tx.record_decision(&record).await.unwrap();
        let wanted = reached.map_or(Ok(()), |limit| Err(StoreError::LimitReached(limit)));
        // Undone each time, so that only the first call runs.
        assert_eq!(tx.dial_intent(lease, &new).await, wanted, "{limits:?}");
    }
    // A call that has ended takes no room.
    let mut tx = store.begin(tenant, &node(), at(5)).await.unwrap();
    tx.call_ended(&first, &call, &end("busy")).await.unwrap();
    tx.commit().await.unwrap();
    let record = decision(tenant, own.request(), Verdict::Permitted);
    let new = NewIntent {
        limits: Limits {
            system_running_max: 1,
            tenant_running_max: 1,
            number_running_max: 1,
            ..all
        },
        ..intent(record.id, at(6))
    };
    let mut tx = store.begin(tenant, &node(), at(6)).await.unwrap();
    tx.record_decision(&record).await.unwrap();
    tx.dial_intent(&own, &new).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn staff_settle_what_no_node_holds() {
    let house = House::build().await;
    let id = house.request().await;
    let (store, tenant) = (&house.store, &house.tenant);
    let to = |next: RequestState| {
        let id = id.clone();
        async move {
            let mut tx = store.begin(tenant, &person("staff-1"), at(3)).await?;
            tx.move_request(&id, next, &code("by_staff")).await?;
            tx.commit().await
        }
    };
    to(RequestState::NeedsStaff).await.unwrap();
    assert!(house.idle(at(4)).await);
    to(RequestState::Queued).await.unwrap();
    let (lease, _) = house.claim(at(4)).await;
    assert!(matches!(to(RequestState::Failed).await, Err(StoreError::Transition { .. })));
    store.release(lease, at(4), at(4)).await.unwrap();
    assert!(matches!(to(RequestState::InCall).await, Err(StoreError::Transition { .. })));
    to(RequestState::Failed).await.unwrap();
    assert!(matches!(to(RequestState::Queued).await, Err(StoreError::Transition { .. })));
}

#[tokio::test]
async fn the_register_keeps_one_row_a_vendor_and_role() {
    let house = House::build().await;
    let (store, tenant) = (&house.store, &house.tenant);
    let row = |region| Row {
        id: VendorId::new("local-speech").unwrap(),
        role: Role::SpeechToText,
        region,
        location: Location::OnPremises { network: "127.0.0.0/8".parse().unwrap() },
    };
    let mut tx = store.begin(tenant, &person("admin-1"), at(2)).await.unwrap();
    tx.put_vendor(&row(Region::Elsewhere)).await.unwrap();
    tx.put_vendor(&row(Region::UnitedStates)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.register(tenant).await.unwrap().rows, [row(Region::UnitedStates)]);
    let vendor = VendorId::new("local-speech").unwrap();
    let mut tx = store.begin(tenant, &person("admin-1"), at(3)).await.unwrap();
    assert_eq!(
        tx.remove_vendor(&vendor, Role::Carrier).await,
        Err(StoreError::NotFound(Kind::Vendor))
    );
    drop(tx);
    let mut tx = store.begin(tenant, &person("admin-1"), at(3)).await.unwrap();
    tx.remove_vendor(&vendor, Role::SpeechToText).await.unwrap();
    tx.commit().await.unwrap();
    assert!(store.register(tenant).await.unwrap().rows.is_empty());
}

#[tokio::test]
async fn starts_and_spend_are_counted_once_more_before_the_dial() {
    let house = House::build().await;
    let (first, second) = (house.request().await, house.request().await);
    assert_ne!(first, second);
    let (lease, _) = house.claim(at(2)).await;
    dial(&house.store, &lease, at(2)).await;
    let (lease, _) = house.claim(at(2)).await;
    let all = intent(DecisionId(0), at(2)).limits;
    let starts = Limits { system_started_1s_max: 1, ..all };
    let number_day = Limits { number_started_day_max: 1, ..all };
    let tenant_day = Limits { tenant_started_day_max: 1, ..all };
    for (limits, now, reached) in [
        (starts, 2, Some(RunningLimit::Starts)),
        // The first call began a second ago.
        (starts, 3, None),
        (number_day, 3, Some(RunningLimit::NumberDay)),
        (tenant_day, 3, Some(RunningLimit::TenantDay)),
        (Limits { tenant_day_cents_max: 179, ..all }, 3, Some(RunningLimit::Spend)),
        (Limits { tenant_day_cents_max: 180, ..all }, 3, None),
    ] {
        let record = decision(lease.tenant(), lease.request(), Verdict::Permitted);
        let new = NewIntent { limits, ..intent(record.id, at(now)) };
        let mut tx = house.store.begin(lease.tenant(), &node(), at(now)).await.unwrap();
        tx.record_decision(&record).await.unwrap();
        let wanted = reached.map_or(Ok(()), |limit| Err(StoreError::LimitReached(limit)));
        assert_eq!(tx.dial_intent(&lease, &new).await, wanted, "{limits:?}");
    }
}
