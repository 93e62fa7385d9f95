//! One request, one node: claims, leases, and what is left of a node that died.

use std::collections::BTreeSet;

use callwright_compliance::audit::{Action, Actor};
use callwright_compliance::{ObjectId, RequestId};
use callwright_store::{
    CallEnd, Ending, Order, Page, Priority, RandomId, RequestState, Store, StoreError,
};
use jiff::SignedDuration;
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::support::*;

async fn add(house: &House, change: impl FnOnce(&mut Order)) -> callwright_compliance::RequestId {
    let mut order = order(&house.provider);
    change(&mut order);
    let id = callwright_compliance::RequestId::random().unwrap();
    let mut tx = house.store.begin(&house.tenant, &person("staff-1"), at(0)).await.unwrap();
    tx.add_request(&id, &order, &patient()).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn claims_all(store: Store, name: &str) -> Vec<String> {
    let mut mine = Vec::new();
    while let Some((lease, request)) = store.claim(&code(name), at(10), LEASE).await.unwrap() {
        assert_eq!((lease.node(), request.state), (&code(name), RequestState::Claimed));
        mine.push(request.id.to_string());
        tokio::task::yield_now().await;
    }
    mine
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn claimers_never_share_a_request() {
    let house = House::build().await;
    let mut all = BTreeSet::new();
    for _ in 0..40 {
        all.insert(house.request().await.to_string());
    }
    // Two programs, that is two writing connections, with two tasks each.
    let other = house.again().await;
    let mut tasks = tokio::task::JoinSet::new();
    for (store, name) in [(&house.store, "a"), (&house.store, "b"), (&other, "c"), (&other, "d")] {
        let store = store.clone();
        tasks.spawn(async move { claims_all(store, name).await });
    }
    let mut claimed = Vec::new();
    while let Some(mine) = tasks.join_next().await {
        claimed.extend(mine.unwrap());
    }
    assert_eq!(claimed.len(), 40, "a request was claimed twice or not at all");
    assert_eq!(claimed.into_iter().collect::<BTreeSet<_>>(), all);
}

#[tokio::test]
async fn the_urgent_come_first_and_nothing_before_its_time() {
    let house = House::build().await;
    let low = add(&house, |order| order.priority = Priority::try_from(1).unwrap()).await;
    let later = add(&house, |order| order.not_before = at(100)).await;
    let high = add(&house, |order| order.priority = Priority::try_from(9).unwrap()).await;
    let over = add(&house, |order| order.due = Some(at(5))).await;
    assert_eq!(house.store.overdue(at(10)).await.unwrap(), [(house.tenant.clone(), over)]);
    assert_eq!(house.claim(at(10)).await.1.id, high);
    assert_eq!(house.claim(at(10)).await.1.id, low);
    assert!(house.idle(at(10)).await);
    // The first two leases ran out long before; they are taken up again in the same order.
    let again: Vec<_> = [house.claim(at(100)).await.1.id, house.claim(at(100)).await.1.id].into();
    assert_eq!(again, [high, later]);
}

#[tokio::test]
async fn a_lease_holds_while_it_beats_and_no_longer() {
    let house = House::build().await;
    house.request().await;
    let (mut lease, _) = house.claim(at(2)).await;
    house.store.heartbeat(&mut lease, at(20), LEASE).await.unwrap();
    assert_eq!(lease.until(), at(50));
    assert!(house.idle(at(49)).await);
    let beat = house.store.heartbeat(&mut lease, at(50), LEASE).await;
    assert_eq!(beat, Err(StoreError::LeaseLost));
    let (new, _) = house.store.claim(&code("node-1"), at(50), LEASE).await.unwrap().unwrap();
    // Even for the same node, an old lease is not the new one.
    let beat = house.store.heartbeat(&mut lease, at(51), LEASE).await;
    assert_eq!(beat, Err(StoreError::LeaseLost));
    let released = house.store.release(lease, at(51), at(51)).await;
    assert_eq!(released, Err(StoreError::LeaseLost));
    house.store.release(new, at(90), at(52)).await.unwrap();
    assert!(house.idle(at(89)).await);
    let (_, request) = house.claim(at(90)).await;
    assert_eq!(request.attempts, 0);
}

#[tokio::test]
async fn a_dialled_request_is_adopted_once_and_never_claimed() {
    let house = House::build().await;
    let id = house.request().await;
    let (old, _) = house.claim(at(2)).await;
    let call = dial(&house.store, &old, at(2)).await;
    assert!(house.orphanless(at(31)).await);
    assert!(house.idle(at(40)).await);
    let adopted = house.store.adopt(&code("node-2"), at(40), LEASE).await.unwrap().unwrap();
    assert_eq!((&adopted.request.id, adopted.call.as_ref()), (&id, Some(&call)));
    assert_eq!(adopted.request.state, RequestState::Dialling);
    assert!(house.orphanless(at(41)).await);

    // The dead node comes back: it can do nothing any more.
    let mut tx = house.store.begin(&house.tenant, &node(), at(41)).await.unwrap();
    let placed = tx.call_placed(&old, &call, &"CA1".parse().unwrap()).await;
    assert_eq!(placed, Err(StoreError::LeaseLost));
    drop(tx);
    let answered = house.store.call_answered(&old, &call, at(41)).await;
    assert_eq!(answered, Err(StoreError::LeaseLost));

    let end = CallEnd { outcome: code("lost"), cost_cents: None, recording: None, journal: None };
    let mut tx = house.store.begin(&house.tenant, &node(), at(42)).await.unwrap();
    tx.call_ended(&adopted.lease, &call, &end).await.unwrap();
    let retry = Ending::Retry { not_before: at(200) };
    tx.finish(&adopted.lease, &retry, &code("node_died")).await.unwrap();
    tx.commit().await.unwrap();
    assert!(house.idle(at(199)).await);
    let (_, request) = house.claim(at(200)).await;
    assert_eq!((request.id, request.attempts), (id, 1));
}

#[tokio::test]
async fn a_lease_is_at_least_a_second() {
    let house = House::build().await;
    let node = code("node-1");
    for bad in [SignedDuration::ZERO, SignedDuration::from_secs(-5), SignedDuration::MAX] {
        let refused = house.store.claim(&node, at(2), bad).await;
        assert!(matches!(refused, Err(StoreError::Invalid { .. })));
    }
    assert!(house.store.claim(&node, at(2), SignedDuration::from_secs(1)).await.unwrap().is_none());
}

/// Makes a request's row one that this program cannot read.
async fn spoil(house: &House, id: &RequestId) {
    let options = SqliteConnectOptions::new().filename(house.database());
    let mut raw = SqliteConnection::connect_with(&options).await.unwrap();
    let spoilt = sqlx::query("UPDATE request SET consent = '{' WHERE id = ?")
        .bind(id.as_str())
        .execute(&mut raw)
        .await
        .unwrap();
    assert_eq!(spoilt.rows_affected(), 1);
}

/// State and outcome of a request, read around the program.
async fn standing(house: &House, id: &RequestId) -> (String, Option<String>) {
    let options = SqliteConnectOptions::new().filename(house.database());
    let mut raw = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query_as("SELECT state, outcome FROM request WHERE id = ? AND lease_owner IS NULL")
        .bind(id.as_str())
        .fetch_one(&mut raw)
        .await
        .unwrap()
}

/// What this node did last, oldest first.
async fn last_acts(house: &House, node: &str, count: usize) -> Vec<(Action, String)> {
    let entries = house.store.audit_entries(&house.tenant, &Page::first()).await.unwrap();
    let verified = house.store.verify_audit(&house.tenant, None).await.unwrap();
    assert!(verified.is_ok());
    let actor = Actor::Node(ObjectId::new(node).unwrap());
    entries[entries.len() - count..]
        .iter()
        .map(|entry| {
            assert_eq!(entry.actor, actor);
            (entry.action, entry.object.as_ref().unwrap().to_string())
        })
        .collect()
}

#[tokio::test]
async fn a_request_that_cannot_be_read_stops_nobody() {
    let house = House::build().await;
    let urgent = |order: &mut Order| order.priority = Priority::try_from(9).unwrap();
    let spoilt = add(&house, urgent).await;
    spoil(&house, &spoilt).await;
    let (stranger, provider) = practice(&house.store).await;
    let readable = request(&house.store, &stranger, &provider).await;

    assert_eq!(house.claim(at(2)).await.1.id, readable);
    let with_staff = ("needs_staff".to_owned(), Some("unreadable".to_owned()));
    assert_eq!(standing(&house, &spoilt).await, with_staff);
    let closed = (Action::RequestClosed, spoilt.to_string());
    assert_eq!(last_acts(&house, "node-1", 1).await, [closed]);
    assert!(house.idle(at(3)).await);
}

#[tokio::test]
async fn a_call_that_was_left_behind_by_what_cannot_be_read_is_closed() {
    let house = House::build().await;
    let spoilt = house.request().await;
    let (dead, _) = house.claim(at(2)).await;
    let call = dial(&house.store, &dead, at(2)).await;
    spoil(&house, &spoilt).await;
    let (stranger, provider) = practice(&house.store).await;
    let readable = request(&house.store, &stranger, &provider).await;
    let (other, _) = house.claim(at(4)).await;
    dial(&house.store, &other, at(4)).await;

    let adopted = house.store.adopt(&code("node-2"), at(60), LEASE).await.unwrap().unwrap();
    assert_eq!(adopted.request.id, readable);
    let with_staff = ("needs_staff".to_owned(), Some("unreadable".to_owned()));
    assert_eq!(standing(&house, &spoilt).await, with_staff);
    let kept = house.store.call(&house.tenant, &call).await.unwrap();
    assert_eq!(
        (kept.ended_at, kept.outcome, kept.cost_cents),
        (Some(at(60)), Some(code("unreadable")), 90)
    );
    let acts = [(Action::CallEnded, call.to_string()), (Action::RequestClosed, spoilt.to_string())];
    assert_eq!(last_acts(&house, "node-2", 2).await, acts);
    assert!(house.orphanless(at(61)).await);
}
