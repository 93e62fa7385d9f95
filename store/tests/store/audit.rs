//! No act without its audit row, and no audit row changed (rule A1).

use callwright_compliance::audit::{Action, Actor, BrokenBy, Event};
use callwright_compliance::consent::{ConsentAct, ConsentGiver};
use callwright_compliance::facts::ConsentMethod;
use callwright_compliance::{ObjectId, Purpose};
use callwright_store::{ConsentAbout, NewConsent, PAGE_ROWS_MAX, Page, RandomId, StoreError};

use crate::support::*;

#[tokio::test]
async fn every_act_leaves_its_row_and_the_chain_verifies_after_a_restart() {
    let house = House::build().await;
    let id = house.request().await;
    let actor = person("staff-1");
    house.store.patient(&house.tenant, &id, to_render(&actor)).await.unwrap();
    let whole = house.store.verify_audit(&house.tenant, None).await.unwrap().unwrap();
    house.store.close().await;

    let store = house.again().await;
    let mut tx = store.begin(&house.tenant, &actor, at(4)).await.unwrap();
    let revoked = NewConsent {
        id: ObjectId::random().unwrap(),
        about: ConsentAbout::Request(&id),
        act: ConsentAct::Revoked,
        at: at(3),
        given_by: ConsentGiver::Patient,
        method: ConsentMethod::Verbal,
        evidence: ObjectId::new("note-1").unwrap(),
    };
    tx.record_consent(&revoked).await.unwrap();
    tx.commit().await.unwrap();
    let after = store.verify_audit(&house.tenant, Some(whole.anchor())).await.unwrap().unwrap();
    assert!(after.reaches());
    assert_eq!(after.len, whole.len + 1);
    let entries = store.audit_entries(&house.tenant, &Page::first()).await.unwrap();
    let actions: Vec<Action> = entries.iter().map(|entry| entry.action).collect();
    assert_eq!(
        actions,
        [
            Action::AccountChanged,
            Action::AccountChanged,
            Action::AccountChanged,
            Action::RequestAccepted,
            Action::PhiRead,
            Action::ConsentRecorded
        ]
    );
    let read = &entries[4];
    assert_eq!((read.purpose, &read.actor), (Some(Purpose::RenderResult), &actor));
    assert_eq!(read.fields.iter().count(), 6);
    assert_eq!(read.object.as_ref().map(|object| object.as_str()), Some(id.as_str()));
    let page = Page { after: Some(entries[1].seq), limit: 2 };
    assert_eq!(store.audit_entries(&house.tenant, &page).await.unwrap(), entries[2..4]);
}

#[tokio::test]
async fn rows_cannot_be_changed_removed_or_squeezed_in() {
    let house = House::build().await;
    house.request().await;
    let (lease, _) = house.claim(at(2)).await;
    dial(&house.store, &lease, at(2)).await;
    let mut raw = raw(&house).await;
    for statement in [
        "UPDATE audit SET at = at + 1",
        "UPDATE audit SET entry = '{}' WHERE seq = 1",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE seq = 0",
        "INSERT INTO audit SELECT tenant, seq + 7, at, prev, digest, entry FROM audit WHERE seq = 0",
        "INSERT INTO audit SELECT tenant, (SELECT max(seq) + 1 FROM audit), at, x'00' || substr(prev, 2), \
         digest, entry FROM audit WHERE seq = 0",
        "UPDATE decision SET verdict = 'refused'",
        "DELETE FROM decision",
    ] {
        let refused = sqlx::query(statement).execute(&mut raw).await;
        assert!(refused.is_err(), "{statement}");
    }
    assert!(house.store.verify_audit(&house.tenant, None).await.unwrap().is_ok());
}

#[tokio::test]
async fn what_is_done_around_the_triggers_is_seen() {
    let house = House::build().await;
    house.request().await;
    let mut raw = raw(&house).await;
    sqlx::raw_sql(
        "DROP TRIGGER audit_no_update; \
         UPDATE audit SET entry = replace(entry, 'staff-1', 'staff-2') WHERE seq = 3",
    )
    .execute(&mut raw)
    .await
    .unwrap();
    let broken = house.store.verify_audit(&house.tenant, None).await.unwrap().unwrap_err();
    assert_eq!((broken.seq, broken.why), (3, BrokenBy::Digest));
}

#[tokio::test]
async fn a_chain_of_many_pages_is_verified_to_its_end() {
    let house = House::build().await;
    let first = house.store.verify_audit(&house.tenant, None).await;
    let anchor = first.unwrap().unwrap().anchor();
    let rows = u64::from(PAGE_ROWS_MAX) * 2;
    let mut tx = house.store.begin(&house.tenant, &node(), at(1)).await.unwrap();
    for _ in 0..rows {
        tx.audit(Event::new(Actor::FarEnd, Action::OptOutRecorded)).await.unwrap();
    }
    tx.commit().await.unwrap();
    let whole = house.store.verify_audit(&house.tenant, Some(anchor)).await;
    let whole = whole.unwrap().unwrap();
    assert_eq!(whole.len, anchor.len + rows);
    assert!(whole.reaches(), "the anchor lies on the first page");

    // On the last page.
    let last = i64::try_from(whole.len - 1).unwrap();
    sqlx::raw_sql("DROP TRIGGER audit_no_update").execute(&mut raw(&house).await).await.unwrap();
    sqlx::query("UPDATE audit SET entry = replace(entry, 'far_end', 'far_end ') WHERE seq = ?")
        .bind(last)
        .execute(&mut raw(&house).await)
        .await
        .unwrap();
    let unread = house.store.verify_audit(&house.tenant, None).await.unwrap().unwrap_err();
    assert_eq!((unread.seq, unread.why), (whole.len - 1, BrokenBy::Form));
    sqlx::query(
        "UPDATE audit SET entry = replace(replace(entry, 'far_end ', 'far_end'), \
         'opt_out_recorded', 'opt_out_lifted') WHERE seq = ?",
    )
    .bind(last)
    .execute(&mut raw(&house).await)
    .await
    .unwrap();
    let broken = house.store.verify_audit(&house.tenant, None).await;
    let broken = broken.unwrap().unwrap_err();
    assert_eq!((broken.seq, broken.why), (whole.len - 1, BrokenBy::Digest));
}

#[tokio::test]
async fn a_cut_off_tail_is_seen_against_an_anchor() {
    let house = House::build().await;
    house.request().await;
    let anchor = house.store.verify_audit(&house.tenant, None).await.unwrap().unwrap().anchor();
    let mut raw = raw(&house).await;
    sqlx::raw_sql("DROP TRIGGER audit_no_delete; DELETE FROM audit WHERE seq = 3")
        .execute(&mut raw)
        .await
        .unwrap();
    let whole = house.store.verify_audit(&house.tenant, Some(anchor)).await.unwrap().unwrap();
    assert!(!whole.reaches());
}

#[tokio::test]
async fn what_is_not_committed_never_was() {
    let house = House::build().await;
    let before = house.store.verify_audit(&house.tenant, None).await.unwrap().unwrap();
    let id = RandomId::random().unwrap();
    let mut tx = house.store.begin(&house.tenant, &person("staff-1"), at(1)).await.unwrap();
    tx.add_request(&id, &order(&house.provider), &patient()).await.unwrap();
    drop(tx);
    let store = house.again().await;
    assert!(store.request(&house.tenant, &id).await.is_err());
    let after = store.verify_audit(&house.tenant, None).await.unwrap().unwrap();
    assert_eq!(after.anchor(), before.anchor());
}

#[tokio::test]
async fn an_empty_transaction_and_a_spoilt_one_do_not_commit() {
    let house = House::build().await;
    let tx = house.store.begin(&house.tenant, &person("staff-1"), at(1)).await.unwrap();
    assert_eq!(tx.commit().await, Err(StoreError::Unaudited));

    let id = RandomId::random().unwrap();
    let mut tx = house.store.begin(&house.tenant, &person("staff-1"), at(1)).await.unwrap();
    tx.add_request(&id, &order(&house.provider), &patient()).await.unwrap();
    assert!(tx.add_request(&id, &order(&house.provider), &patient()).await.is_err());
    let next = tx.audit(Event::new(Actor::FarEnd, Action::OptOutRecorded)).await;
    assert_eq!(next, Err(StoreError::Unaudited));
    assert_eq!(tx.commit().await, Err(StoreError::Unaudited));
    assert!(house.store.request(&house.tenant, &id).await.is_err());
}

#[tokio::test]
async fn an_act_that_is_dropped_half_way_spoils_its_transaction() {
    let house = House::build().await;
    let (order, patient) = (order(&house.provider), patient());
    // The database may be done with an act before it is looked at once; then there was nothing to drop, and it is tried again.
    for _ in 0..1_000 {
        let (first, second) = (RandomId::random().unwrap(), RandomId::random().unwrap());
        let mut tx = house.store.begin(&house.tenant, &person("staff-1"), at(1)).await.unwrap();
        tx.add_request(&first, &order, &patient).await.unwrap();
        let dropped = tokio::select! {
            biased;
            done = tx.add_request(&second, &order, &patient) => {
                done.unwrap();
                false
            }
            () = std::future::ready(()) => true,
        };
        if dropped {
            assert_eq!(tx.commit().await, Err(StoreError::Unaudited));
            assert!(house.store.request(&house.tenant, &first).await.is_err());
            return;
        }
    }
    panic!("no act was ever dropped half-way");
}

#[tokio::test]
async fn what_happened_outside_is_written_down_too() {
    let house = House::build().await;
    let mut tx = house.store.begin(&house.tenant, &node(), at(1)).await.unwrap();
    tx.audit(Event::new(Actor::FarEnd, Action::OptOutRecorded)).await.unwrap();
    tx.commit().await.unwrap();
    let entries = house.store.audit_entries(&house.tenant, &Page::first()).await.unwrap();
    assert_eq!(entries.last().map(|entry| &entry.actor), Some(&Actor::FarEnd));
}
