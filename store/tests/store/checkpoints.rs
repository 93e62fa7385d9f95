//! Signed checkpoints: what they cover, what they refuse to cover, and what becomes of their key (rule A1).

use callwright_compliance::audit::{Action, Actor, BrokenBy, Checkpoint, Event, Flaw, Kept};
use callwright_store::{Elsewhere, KeyRing, Page, Store, StoreError};

use crate::support::*;

async fn sign(house: &House, seconds: i64) -> Option<Checkpoint> {
    house.store.sign_audit(&house.tenant, &node(), at(seconds)).await.unwrap()
}

async fn flaws(house: &House, elsewhere: &Elsewhere) -> Vec<Flaw> {
    house.store.verify_log(&house.tenant, elsewhere).await.unwrap().flaws
}

#[tokio::test]
async fn a_checkpoint_covers_its_own_entry_and_stands_after_a_restart() {
    let house = House::build().await;
    house.request().await;
    let first = sign(&house, 10).await.unwrap();
    // Three acts of the house, the request, and the checkpoint's own entry.
    assert_eq!(first.size(), 5);
    house.request().await;
    let second = sign(&house, 20).await.unwrap();
    assert_eq!(second.size(), 7);
    house.store.close().await;

    let store = house.again().await;
    let key = store.audit_key(&house.tenant).await.unwrap().unwrap();
    assert_eq!(Checkpoint::open(second.note(), &key).as_ref(), Ok(&second));
    assert_eq!(store.checkpoints(&house.tenant).await.unwrap(), [first.clone(), second.clone()]);
    assert_eq!(store.newest_checkpoint(&house.tenant).await.unwrap().as_ref(), Some(&second));
    let elsewhere = Elsewhere {
        key: Some(key),
        anchor: None,
        checkpoints: vec![("first".to_owned(), first.note().to_owned())],
    };
    let report = store.verify_log(&house.tenant, &elsewhere).await.unwrap();
    assert_eq!(report.flaws, []);
    assert_eq!((report.whole.len, report.beside, report.elsewhere), (7, 2, 1));
    assert_eq!(report.signed, Some(7));
}

#[tokio::test]
async fn what_is_signed_already_is_not_signed_again() {
    let house = House::build().await;
    let unsigned = house.store.unsigned(&house.tenant).await.unwrap();
    assert_eq!((unsigned.entries, unsigned.since), (3, Some(at(0))));
    assert!(sign(&house, 1).await.is_some());
    assert!(sign(&house, 2).await.is_none());
    // That it was anchored is an entry, and calls for no other checkpoint.
    let mut tx = house.store.begin(&house.tenant, &node(), at(3)).await.unwrap();
    tx.audit(Event::new(node(), Action::Anchored)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(house.store.unsigned(&house.tenant).await.unwrap().entries, 0);
    assert!(sign(&house, 4).await.is_none());
    house.request().await;
    assert_eq!(house.store.unsigned(&house.tenant).await.unwrap().entries, 1);
    assert_eq!(sign(&house, 5).await.unwrap().size(), 7);
    assert_eq!(flaws(&house, &Elsewhere::default()).await, []);
}

#[tokio::test]
async fn a_checkpoint_that_is_not_committed_never_was() {
    let house = House::build().await;
    let mut tx = house.store.begin(&house.tenant, &node(), at(1)).await.unwrap();
    tx.checkpoint().await.unwrap();
    drop(tx);
    assert_eq!(house.store.checkpoints(&house.tenant).await.unwrap(), []);
    assert_eq!(house.store.unsigned(&house.tenant).await.unwrap().entries, 3);
}

#[tokio::test]
async fn checkpoints_cannot_be_changed_removed_or_squeezed_in() {
    let house = House::build().await;
    sign(&house, 1).await.unwrap();
    house.request().await;
    sign(&house, 2).await.unwrap();
    let mut raw = raw(&house).await;
    for statement in [
        "UPDATE audit_checkpoint SET note = 'x'",
        "DELETE FROM audit_checkpoint WHERE size = 4",
        "INSERT OR REPLACE INTO audit_checkpoint SELECT * FROM audit_checkpoint WHERE size = 6",
        "INSERT INTO audit_checkpoint SELECT tenant, 3, peaks, note FROM audit_checkpoint WHERE size = 6",
        "INSERT INTO audit_checkpoint SELECT tenant, 9, peaks, note FROM audit_checkpoint WHERE size = 6",
    ] {
        let refused = sqlx::query(statement).execute(&mut raw).await;
        assert!(refused.is_err(), "{statement}");
    }
    assert_eq!(flaws(&house, &Elsewhere::default()).await, []);
}

#[tokio::test]
async fn a_spoilt_log_is_not_signed() {
    let house = House::build().await;
    sign(&house, 1).await.unwrap();
    house.request().await;
    house.request().await;
    let mut raw = raw(&house).await;
    sqlx::raw_sql(
        "DROP TRIGGER audit_no_update; \
         UPDATE audit SET entry = replace(entry, 'staff-1', 'staff-2') WHERE seq = 4",
    )
    .execute(&mut raw)
    .await
    .unwrap();
    let refused = house.store.sign_audit(&house.tenant, &node(), at(3)).await;
    assert_eq!(refused, Err(StoreError::AuditBroken));
    assert_eq!(house.store.checkpoints(&house.tenant).await.unwrap().len(), 1);
    let found = flaws(&house, &Elsewhere::default()).await;
    assert!(
        matches!(found[..], [Flaw::Chain(broken)] if (broken.seq, broken.why) == (4, BrokenBy::Digest)),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_tree_that_was_changed_is_not_grown_on() {
    let house = House::build().await;
    sign(&house, 1).await.unwrap();
    house.request().await;
    let mut raw = raw(&house).await;
    sqlx::raw_sql(
        "DROP TRIGGER audit_checkpoint_no_update; UPDATE audit_checkpoint SET peaks = zeroblob(32)",
    )
    .execute(&mut raw)
    .await
    .unwrap();
    let refused = house.store.sign_audit(&house.tenant, &node(), at(3)).await;
    assert_eq!(refused, Err(StoreError::AuditBroken));
    assert!(matches!(
        flaws(&house, &Elsewhere::default()).await[..],
        [Flaw::Note { kept: Kept::Beside(4), .. }, Flaw::CheckpointGone { seq: 3 }]
    ));
}

#[tokio::test]
async fn the_key_outlives_the_key_file() {
    let house = House::build().await;
    let key = house.store.audit_key(&house.tenant).await.unwrap();
    sign(&house, 1).await.unwrap();
    let path = house.folder.path().join("new");
    let new = KeyRing::create(&path).unwrap();
    house.store.clone().change_key_file(&new, &person("admin-1"), at(2)).await.unwrap();
    let store = Store::open(&house.database(), KeyRing::open(&path).unwrap()).await.unwrap();
    assert_eq!(store.audit_key(&house.tenant).await.unwrap(), key);
    store.sign_audit(&house.tenant, &node(), at(3)).await.unwrap().unwrap();
    let report = store.verify_log(&house.tenant, &Elsewhere::default()).await.unwrap();
    assert_eq!((report.flaws, report.beside), (vec![], 2));
}

#[tokio::test]
async fn a_practice_from_before_gets_its_key_with_its_first_checkpoint() {
    let house = House::build().await;
    let mut raw = raw(&house).await;
    sqlx::query("DELETE FROM audit_key").execute(&mut raw).await.unwrap();
    assert_eq!(house.store.audit_key(&house.tenant).await.unwrap(), None);
    assert_eq!(flaws(&house, &Elsewhere::default()).await, []);
    sign(&house, 1).await.unwrap();
    let entries = house.store.audit_entries(&house.tenant, &Page::first()).await.unwrap();
    let last: Vec<Action> = entries[3..].iter().map(|entry| entry.action).collect();
    assert_eq!(last, [Action::KeyRotated, Action::Checkpointed]);
    assert_eq!(flaws(&house, &Elsewhere::default()).await, []);

    // Taken away once it has signed, it is not made anew: what it signed would look forged.
    let key = house.store.audit_key(&house.tenant).await.unwrap();
    house.request().await;
    sqlx::query("DELETE FROM audit_key").execute(&mut raw).await.unwrap();
    let refused = house.store.sign_audit(&house.tenant, &node(), at(3)).await;
    assert_eq!(refused, Err(StoreError::AuditBroken));
    let found = flaws(&house, &Elsewhere::default()).await;
    assert_eq!(found, [Flaw::NoKey, Flaw::CheckpointGone { seq: 4 }]);
    // Whoever kept the key verifies all the same.
    let elsewhere = Elsewhere { key, ..Elsewhere::default() };
    assert_eq!(flaws(&house, &elsewhere).await, []);
}

#[tokio::test]
async fn each_practice_has_a_key_and_checkpoints_of_its_own() {
    let house = House::build().await;
    let (other, _) = practice(&house.store).await;
    let own = sign(&house, 1).await.unwrap();
    assert_eq!(house.store.checkpoints(&other).await.unwrap(), []);
    let key = house.store.audit_key(&other).await.unwrap().unwrap();
    assert!(Checkpoint::open(own.note(), &key).is_err());
    let elsewhere = Elsewhere { key: Some(key), ..Elsewhere::default() };
    assert!(flaws(&house, &elsewhere).await.contains(&Flaw::OtherKey));
    // A row that was given to nobody.
    let mut raw = raw(&house).await;
    sqlx::raw_sql("DROP TRIGGER audit_in_order; INSERT INTO audit SELECT 'nobody', seq, at, prev, digest, entry FROM audit WHERE seq = 0 LIMIT 1")
        .execute(&mut raw)
        .await
        .unwrap();
    assert_eq!(flaws(&house, &Elsewhere::default()).await, [Flaw::Strays(1)]);
}

#[tokio::test]
async fn an_audit_that_was_emptied_is_not_whole_and_does_not_become_so() {
    let house = House::build().await;
    sign(&house, 1).await.unwrap();
    let mut raw = raw(&house).await;
    let triggers: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            .fetch_all(&mut raw)
            .await
            .unwrap();
    for name in triggers {
        let drop = sqlx::AssertSqlSafe(format!("DROP TRIGGER {name}"));
        sqlx::raw_sql(drop).execute(&mut raw).await.unwrap();
    }
    sqlx::raw_sql("DELETE FROM audit; DELETE FROM audit_checkpoint")
        .execute(&mut raw)
        .await
        .unwrap();
    assert_eq!(flaws(&house, &Elsewhere::default()).await, [Flaw::Unfounded]);
    // The next act does not begin a log that looks like any other.
    house.request().await;
    assert_eq!(flaws(&house, &Elsewhere::default()).await, [Flaw::Unfounded]);
}

#[tokio::test]
async fn an_act_after_the_checkpoint_in_the_same_transaction_is_not_covered() {
    let house = House::build().await;
    let mut tx = house.store.begin(&house.tenant, &node(), at(1)).await.unwrap();
    tx.audit(Event::new(Actor::FarEnd, Action::OptOutRecorded)).await.unwrap();
    let checkpoint = tx.checkpoint().await.unwrap();
    tx.audit(Event::new(Actor::FarEnd, Action::OptOutRecorded)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(checkpoint.size(), 5);
    let report = house.store.verify_log(&house.tenant, &Elsewhere::default()).await.unwrap();
    assert_eq!((report.flaws, report.whole.len, report.signed), (vec![], 6, Some(5)));
}
