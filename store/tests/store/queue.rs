//! One request, one node: claims, leases, and what is left of a node that died.

use std::collections::BTreeSet;

use callwright_store::{
    CallEnd, Ending, Order, Priority, RandomId, RequestState, Store, StoreError,
};
use jiff::SignedDuration;

use crate::support::*;

async fn add(house: &House, change: impl FnOnce(&mut Order)) -> callwright_compliance::RequestId {
    let mut order = order(&house.provider);
    change(&mut order);
    let id = callwright_compliance::RequestId::random().unwrap();
    let mut tx = house
        .store
        .begin(&house.tenant, &person("staff-1"), at(0))
        .await
        .unwrap();
    tx.add_request(&id, &order, &patient()).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn claims_all(store: Store, name: &str) -> Vec<String> {
    let mut mine = Vec::new();
    while let Some((lease, request)) = store.claim(&code(name), at(10), LEASE).await.unwrap() {
        assert_eq!(
            (lease.node(), request.state),
            (&code(name), RequestState::Claimed)
        );
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
    for (store, name) in [
        (&house.store, "a"),
        (&house.store, "b"),
        (&other, "c"),
        (&other, "d"),
    ] {
        let store = store.clone();
        tasks.spawn(async move { claims_all(store, name).await });
    }
    let mut claimed = Vec::new();
    while let Some(mine) = tasks.join_next().await {
        claimed.extend(mine.unwrap());
    }
    assert_eq!(
        claimed.len(),
        40,
        "a request was claimed twice or not at all"
    );
    assert_eq!(claimed.into_iter().collect::<BTreeSet<_>>(), all);
}

#[tokio::test]
async fn the_urgent_come_first_and_nothing_before_its_time() {
    let house = House::build().await;
    let low = add(&house, |order| {
        order.priority = Priority::try_from(1).unwrap()
    })
    .await;
    let later = add(&house, |order| order.not_before = at(100)).await;
    let high = add(&house, |order| {
        order.priority = Priority::try_from(9).unwrap()
    })
    .await;
    let over = add(&house, |order| order.due = Some(at(5))).await;
    assert_eq!(
        house.store.overdue(at(10)).await.unwrap(),
        [(house.tenant.clone(), over)]
    );
    assert_eq!(house.claim(at(10)).await.1.id, high);
    assert_eq!(house.claim(at(10)).await.1.id, low);
    assert!(house.idle(at(10)).await);
    // The first two leases ran out long before; they are taken up again in the same order.
    let again: Vec<_> = [
        house.claim(at(100)).await.1.id,
        house.claim(at(100)).await.1.id,
    ]
    .into();
    assert_eq!(again, [high, later]);
}

#[tokio::test]
async fn a_lease_holds_while_it_beats_and_no_longer() {
    let house = House::build().await;
    house.request().await;
    let (mut lease, _) = house.claim(at(2)).await;
    house
        .store
        .heartbeat(&mut lease, at(20), LEASE)
        .await
        .unwrap();
    assert_eq!(lease.until(), at(50));
    assert!(house.idle(at(49)).await);
    let beat = house.store.heartbeat(&mut lease, at(50), LEASE).await;
    assert_eq!(beat, Err(StoreError::LeaseLost));
    let (new, _) = house
        .store
        .claim(&code("node-1"), at(50), LEASE)
        .await
        .unwrap()
        .unwrap();
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
    let adopted = house
        .store
        .adopt(&code("node-2"), at(40), LEASE)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (&adopted.request.id, adopted.call.as_ref()),
        (&id, Some(&call))
    );
    assert_eq!(adopted.request.state, RequestState::Dialling);
    assert!(house.orphanless(at(41)).await);

    // The dead node comes back: it can do nothing any more.
    let mut tx = house
        .store
        .begin(&house.tenant, &node(), at(41))
        .await
        .unwrap();
    let placed = tx.call_placed(&old, &call, &"CA1".parse().unwrap()).await;
    assert_eq!(placed, Err(StoreError::LeaseLost));
    drop(tx);
    let answered = house.store.call_answered(&old, &call, at(41)).await;
    assert_eq!(answered, Err(StoreError::LeaseLost));

    let end = CallEnd {
        outcome: code("lost"),
        cost_cents: None,
        recording: None,
        journal: None,
    };
    let mut tx = house
        .store
        .begin(&house.tenant, &node(), at(42))
        .await
        .unwrap();
    tx.call_ended(&adopted.lease, &call, &end).await.unwrap();
    let retry = Ending::Retry {
        not_before: at(200),
    };
    tx.finish(adopted.lease, &retry, &code("node_died"))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert!(house.idle(at(199)).await);
    let (_, request) = house.claim(at(200)).await;
    assert_eq!((request.id, request.attempts), (id, 1));
}

#[tokio::test]
async fn a_lease_is_at_least_a_second() {
    let house = House::build().await;
    let node = code("node-1");
    for bad in [
        SignedDuration::ZERO,
        SignedDuration::from_secs(-5),
        SignedDuration::MAX,
    ] {
        let refused = house.store.claim(&node, at(2), bad).await;
        assert!(matches!(refused, Err(StoreError::Invalid { .. })));
    }
    assert!(
        house
            .store
            .claim(&node, at(2), SignedDuration::from_secs(1))
            .await
            .unwrap()
            .is_none()
    );
}
