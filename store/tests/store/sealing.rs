//! Patient values are sealed on the disc, erasure is final, and keys can be changed (rule K1).

use std::fs;

use callwright_compliance::{Phi, Purpose};
use callwright_store::{
    CallEnd, Ending, Evidence, KeyRing, ResultField, Sealed, Store, StoreError,
};
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::support::*;

const PLANTED: [&str; 8] = [NAME, BORN, MEMBER, GROUP, RELATIONSHIP, SERVICE, TAX_ID, ANSWER];

fn answer(call: &callwright_store::CallId) -> ResultField {
    ResultField {
        value: Some(Phi::new(ANSWER.to_owned())),
        evidence: Evidence {
            field: code("deductible"),
            call: call.clone(),
            confidence: 0.75,
            utterance: 4,
            from_ms: 61_000,
            to_ms: 63_500,
            read_back: true,
            evidenced: true,
        },
    }
}

/// A request that was called once and has one answer.
async fn finished(house: &House) -> callwright_compliance::RequestId {
    let id = house.request().await;
    let (lease, _) = house.claim(at(2)).await;
    let call = dial(&house.store, &lease, at(2)).await;
    let mut tx = house.store.begin(&house.tenant, &node(), at(3)).await.unwrap();
    tx.call_placed(&lease, &call, &"CA1".parse().unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    house.store.call_answered(&lease, &call, at(4)).await.unwrap();
    let mut tx = house.store.begin(&house.tenant, &node(), at(5)).await.unwrap();
    tx.put_result(&lease, &answer(&call)).await.unwrap();
    let end =
        CallEnd { outcome: code("complete"), cost_cents: Some(12), recording: None, journal: None };
    tx.call_ended(&lease, &call, &end).await.unwrap();
    tx.finish(&lease, &Ending::Done, &code("complete")).await.unwrap();
    tx.commit().await.unwrap();
    id
}

#[tokio::test]
async fn patient_values_come_back_and_are_nowhere_on_the_disc() {
    let house = House::build().await;
    let id = finished(&house).await;
    let actor = person("staff-1");
    let back = house.store.patient(&house.tenant, &id, to_render(&actor)).await.unwrap();
    let text = |phi: &callwright_compliance::PhiString| phi.expose(Purpose::Compare).clone();
    assert_eq!(
        [text(&back.name), text(&back.date_of_birth), text(&back.member_id)],
        [NAME, BORN, MEMBER]
    );
    assert_eq!(back.group_number.as_ref().map(text).as_deref(), Some(GROUP));
    assert_eq!(text(&back.relationship), RELATIONSHIP);
    assert_eq!(back.date_of_service.as_ref().map(text).as_deref(), Some(SERVICE));
    let fields = house.store.results(&house.tenant, &id, to_render(&actor)).await.unwrap();
    assert_eq!(fields.len(), 1);
    assert_eq!(fields[0].value.as_ref().map(text).as_deref(), Some(ANSWER));
    assert_eq!(fields[0].evidence.from_ms, 61_000);
    assert_eq!(house.store.evidence(&house.tenant, &id).await.unwrap()[0], fields[0].evidence);
    let provider = house.store.provider(&house.tenant, &house.provider).await.unwrap();
    assert_eq!(provider.tax_id.digits(), TAX_ID);

    let disc = house.bytes();
    assert!(contains(&disc, id.as_str().as_bytes()), "the search finds what is there");
    for planted in PLANTED {
        assert!(!contains(&disc, planted.as_bytes()), "{planted} lies open on the disc");
    }
}

#[tokio::test]
async fn a_value_moved_to_another_row_does_not_open() {
    let house = House::build().await;
    let (a, b) = (house.request().await, house.request().await);
    let mut raw = raw(&house).await;
    sqlx::query(
        "UPDATE request SET member_id = (SELECT member_id FROM request WHERE id = ?) WHERE id = ?",
    )
    .bind(a.as_str())
    .bind(b.as_str())
    .execute(&mut raw)
    .await
    .unwrap();
    let actor = person("staff-1");
    assert!(house.store.patient(&house.tenant, &a, to_render(&actor)).await.is_ok());
    assert_eq!(
        house.store.patient(&house.tenant, &b, to_render(&actor)).await.err(),
        Some(StoreError::Seal { table: "request", column: "member_id" })
    );
}

#[tokio::test]
async fn an_erased_request_cannot_be_read_and_its_key_is_gone_from_the_disc() {
    let house = House::build().await;
    let (erased, kept) = (finished(&house).await, house.request().await);
    let mut raw = raw(&house).await;
    let wrapped: Vec<u8> = sqlx::query_scalar("SELECT wrapped FROM request_key WHERE request = ?")
        .bind(erased.as_str())
        .fetch_one(&mut raw)
        .await
        .unwrap();
    raw.close().await.unwrap();
    assert!(contains(&house.bytes(), &wrapped));
    let sealer = house.store.file_sealer(&house.tenant, &erased).await.unwrap();
    let file = sealer.seal(&code("words"), &Phi::new(b"said".to_vec())).unwrap();
    drop(sealer);

    let mut tx = house.store.begin(&house.tenant, &person("admin-1"), at(9)).await.unwrap();
    tx.erase_request(&erased).await.unwrap();
    tx.commit().await.unwrap();

    assert!(!contains(&house.bytes(), &wrapped), "the wrapped key is still on the disc");
    let actor = person("staff-1");
    let (store, tenant) = (&house.store, &house.tenant);
    assert_eq!(
        store.patient(tenant, &erased, to_render(&actor)).await.err(),
        Some(StoreError::Erased)
    );
    assert_eq!(
        store.results(tenant, &erased, to_render(&actor)).await.err(),
        Some(StoreError::Erased)
    );
    assert_eq!(store.file_sealer(tenant, &erased).await.err(), Some(StoreError::Erased));
    let words = code("words");
    let opened = store.open_file(tenant, &erased, &words, &file, to_render(&actor)).await;
    assert_eq!(opened.err(), Some(StoreError::Erased));
    let row = store.request(tenant, &erased).await.unwrap();
    assert_eq!((row.erased_at, row.outcome), (Some(at(9)), Some(code("complete"))));
    assert!(store.patient(tenant, &kept, to_render(&actor)).await.is_ok());
}

#[tokio::test]
async fn a_restored_backup_does_not_bring_an_erased_request_back() {
    let house = House::build().await;
    let id = house.request().await;
    house.store.close().await;
    let backup = fs::read(house.database()).unwrap();
    let store = house.again().await;
    let mut tx = store.begin(&house.tenant, &person("admin-1"), at(9)).await.unwrap();
    tx.erase_request(&id).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await;

    fs::write(house.database(), backup).unwrap();
    let store = house.again().await;
    let actor = person("staff-1");
    let read = store.patient(&house.tenant, &id, to_render(&actor)).await;
    assert_eq!(read.err(), Some(StoreError::Erased));
    assert!(store.verify_audit(&house.tenant, None).await.unwrap().is_ok());
}

#[tokio::test]
async fn an_erasure_that_is_not_committed_is_none() {
    let house = House::build().await;
    let id = house.request().await;
    let mut tx = house.store.begin(&house.tenant, &person("admin-1"), at(9)).await.unwrap();
    tx.erase_request(&id).await.unwrap();
    drop(tx);
    let actor = person("staff-1");
    let store = house.again().await;
    assert!(store.patient(&house.tenant, &id, to_render(&actor)).await.is_ok());
}

#[tokio::test]
async fn a_request_under_way_is_not_erased() {
    let house = House::build().await;
    let id = house.request().await;
    let (lease, _) = house.claim(at(2)).await;
    let mut tx = house.store.begin(&house.tenant, &person("admin-1"), at(3)).await.unwrap();
    assert!(matches!(tx.erase_request(&id).await, Err(StoreError::NotErasable(_))));
    drop(tx);
    house.store.release(lease, at(3), at(3)).await.unwrap();
    let mut tx = house.store.begin(&house.tenant, &person("admin-1"), at(4)).await.unwrap();
    tx.erase_request(&id).await.unwrap();
    tx.commit().await.unwrap();
    assert!(house.idle(at(60)).await);
}

#[tokio::test]
async fn a_tenants_key_changes_and_everything_still_opens() {
    let house = House::build().await;
    let id = finished(&house).await;
    let old = tenant_key_bytes(&house).await;
    let mut tx = house.store.begin(&house.tenant, &person("admin-1"), at(9)).await.unwrap();
    tx.rotate_tenant_key().await.unwrap();
    tx.commit().await.unwrap();
    assert_ne!(tenant_key_bytes(&house).await, old);
    let actor = person("staff-1");
    let store = house.again().await;
    assert!(store.patient(&house.tenant, &id, to_render(&actor)).await.is_ok());
    assert_eq!(store.results(&house.tenant, &id, to_render(&actor)).await.unwrap().len(), 1);
    let provider = store.provider(&house.tenant, &house.provider).await.unwrap();
    assert_eq!(provider.tax_id.digits(), TAX_ID);
}

#[tokio::test]
async fn the_key_file_changes_and_the_old_one_opens_nothing() {
    let house = House::build().await;
    let id = house.request().await;
    let new = house.folder.path().join("key-2");
    let ring = KeyRing::create(&new).unwrap();
    house.store.clone().change_key_file(&ring, &person("admin-1"), at(9)).await.unwrap();
    let old = Store::open(&house.database(), house.keys()).await;
    assert_eq!(old.err(), Some(StoreError::WrongKey));
    let store = Store::open(&house.database(), KeyRing::open(&new).unwrap()).await.unwrap();
    let actor = person("staff-1");
    assert!(store.patient(&house.tenant, &id, to_render(&actor)).await.is_ok());
    assert!(store.verify_audit(&house.tenant, None).await.unwrap().is_ok());
}

#[tokio::test]
async fn a_file_opens_only_under_its_own_name_and_request() {
    let house = House::build().await;
    let (a, b) = (house.request().await, house.request().await);
    let sealer = house.store.file_sealer(&house.tenant, &a).await.unwrap();
    let sealed = sealer.seal(&code("words"), &Phi::new(b"planted words".to_vec())).unwrap();
    assert!(!contains(sealed.as_bytes(), b"planted words"));
    let sealed = Sealed::from_bytes(sealed.as_bytes().to_vec()).unwrap();
    let actor = person("staff-1");
    let (store, tenant) = (&house.store, &house.tenant);
    let (words, other) = (code("words"), code("recording.0"));
    let opened = store.open_file(tenant, &a, &words, &sealed, to_render(&actor)).await.unwrap();
    assert_eq!(opened.expose(Purpose::Compare).as_slice(), b"planted words");
    for (request, name) in [(&a, &other), (&b, &words)] {
        let refused = store.open_file(tenant, request, name, &sealed, to_render(&actor)).await;
        assert!(matches!(refused.err(), Some(StoreError::Seal { .. })));
    }
}

async fn raw(house: &House) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(house.database());
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn tenant_key_bytes(house: &House) -> Vec<u8> {
    let mut raw = raw(house).await;
    sqlx::query_scalar("SELECT wrapped FROM tenant_key").fetch_one(&mut raw).await.unwrap()
}
