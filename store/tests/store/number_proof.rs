//! A number of class test becomes proven: asked for under a decision, keyed, and audited (rule N3).

use callwright_compliance::allowlist::AllowlistEntry;
use callwright_compliance::decide::Verdict;
use callwright_compliance::{CallClass, DecisionId, ObjectId, VendorId};
use callwright_store::{Kind, RandomId, StoreError};

use crate::support::*;
use crate::tenancy::entry;

fn carrier() -> VendorId {
    VendorId::new("twilio").unwrap()
}

fn reference() -> ObjectId {
    ObjectId::new("PN00000000000000000000000000000001").unwrap()
}

/// A house with an entry of a class.
async fn with_entry(class: CallClass) -> (House, AllowlistEntry) {
    let house = House::build().await;
    let mut new = entry(&house.tenant);
    new.class = class;
    let mut tx = house.store.begin(&house.tenant, &person("admin-1"), at(2)).await.unwrap();
    tx.add_allowlist_entry(&new).await.unwrap();
    tx.commit().await.unwrap();
    (house, new)
}

/// Records a decision and asks under it.
async fn ask(
    house: &House,
    entry: &AllowlistEntry,
    verdict: Verdict,
    now: i64,
) -> Result<DecisionId, StoreError> {
    ask_of(house, entry, entry, verdict, now, now).await
}

/// The same under a decision about some entry, made at some time.
async fn ask_of(
    house: &House,
    entry: &AllowlistEntry,
    about: &AllowlistEntry,
    verdict: Verdict,
    decided: i64,
    now: i64,
) -> Result<DecisionId, StoreError> {
    let request = callwright_compliance::RequestId::new(about.id.as_str()).unwrap();
    let mut record = decision(&house.tenant, &request, verdict);
    record.at = at(decided);
    let mut tx = house.store.begin(&house.tenant, &person("admin-1"), at(now)).await.unwrap();
    tx.record_decision(&record).await.unwrap();
    tx.ask_for_proof(&entry.id, record.id, &carrier()).await?;
    tx.commit().await.unwrap();
    Ok(record.id)
}

async fn keyed(house: &House, entry: &AllowlistEntry, now: i64) -> Result<(), StoreError> {
    let mut tx = house.store.begin(&house.tenant, &person("admin-1"), at(now)).await.unwrap();
    tx.prove_number(&entry.id, &reference(), at(now - 1)).await?;
    tx.commit().await
}

#[tokio::test]
async fn a_keyed_code_becomes_the_entry_s_proof() {
    let (house, entry) = with_entry(CallClass::Test).await;
    assert_eq!(house.store.proof_asked(&house.tenant, &entry.id).await.unwrap(), None);
    let decision = ask(&house, &entry, Verdict::MayProve, 10).await.unwrap();
    let asked = house.store.proof_asked(&house.tenant, &entry.id).await.unwrap().unwrap();
    assert_eq!((asked.decision, asked.asked_at, asked.carrier), (decision, at(10), carrier()));
    keyed(&house, &entry, 60).await.unwrap();
    let proven = house.store.allowlist_entry(&house.tenant, &entry.id).await.unwrap();
    assert_eq!(proven.number, entry.number);
    let proof = proven.proof.unwrap();
    assert_eq!((proof.asked_at, proof.keyed_at), (at(10), at(59)));
    assert_eq!((proof.decision, proof.reference), (decision, reference()));
    assert_eq!(proof.asked_by.as_str(), "admin-1");
    // It is written down once; a later asking makes a later proof.
    assert_eq!(house.store.proof_asked(&house.tenant, &entry.id).await.unwrap(), None);
    assert!(matches!(keyed(&house, &entry, 70).await, Err(StoreError::Invalid { .. })));
    ask(&house, &entry, Verdict::MayProve, 80).await.unwrap();
    keyed(&house, &entry, 90).await.unwrap();
    let again = house.store.allowlist_entry(&house.tenant, &entry.id).await.unwrap();
    assert_eq!(again.proof.unwrap().asked_at, at(80));
    assert!(house.store.verify_audit(&house.tenant, None).await.unwrap().is_ok());
}

#[tokio::test]
async fn nothing_is_proven_without_leave_or_asking() {
    let (house, entry) = with_entry(CallClass::Test).await;
    assert!(matches!(keyed(&house, &entry, 5).await, Err(StoreError::Invalid { .. })));
    for verdict in [Verdict::Refused, Verdict::Permitted, Verdict::MayQueue] {
        let refused = ask(&house, &entry, verdict, 10).await;
        assert_eq!(refused, Err(StoreError::NotFound(Kind::Decision)), "{verdict:?}");
    }
    let (other, payers) = with_entry(CallClass::Payer).await;
    let refused = ask(&other, &payers, Verdict::MayProve, 10).await;
    assert!(matches!(refused, Err(StoreError::Invalid { .. })));
    assert!(matches!(keyed(&other, &payers, 20).await, Err(StoreError::Invalid { .. })));
    // A node asks for no proof.
    let request = callwright_compliance::RequestId::random().unwrap();
    let record = decision(&house.tenant, &request, Verdict::MayProve);
    let mut tx = house.store.begin(&house.tenant, &node(), at(30)).await.unwrap();
    tx.record_decision(&record).await.unwrap();
    let refused = tx.ask_for_proof(&entry.id, record.id, &carrier()).await;
    assert!(matches!(refused, Err(StoreError::Invalid { field: "asked_by", .. })));
}

#[tokio::test]
async fn leave_is_for_its_entry_and_lasts_thirty_seconds() {
    let (house, entry) = with_entry(CallClass::Test).await;
    let mut other = crate::tenancy::entry(&house.tenant);
    other.id = ObjectId::random().unwrap();
    let none = Err(StoreError::NotFound(Kind::Decision));
    assert_eq!(ask_of(&house, &entry, &other, Verdict::MayProve, 50, 50).await, none);
    assert_eq!(ask_of(&house, &entry, &entry, Verdict::MayProve, 50, 81).await, none);
    assert_eq!(ask_of(&house, &entry, &entry, Verdict::MayProve, 91, 90).await, none, "to come");
    assert!(ask_of(&house, &entry, &entry, Verdict::MayProve, 70, 100).await.is_ok());
}

#[tokio::test]
async fn an_entry_brings_no_proof_along_and_no_foreign_one_is_proven() {
    let (house, entry) = with_entry(CallClass::Test).await;
    ask(&house, &entry, Verdict::MayProve, 10).await.unwrap();
    keyed(&house, &entry, 20).await.unwrap();
    let proven = house.store.allowlist_entry(&house.tenant, &entry.id).await.unwrap();
    let (other, _) = with_entry(CallClass::Payer).await;
    let mut copy = crate::tenancy::entry(&other.tenant);
    copy.class = CallClass::Test;
    copy.proof = proven.proof;
    let mut tx = other.store.begin(&other.tenant, &person("admin-1"), at(2)).await.unwrap();
    let refused = tx.add_allowlist_entry(&copy).await;
    assert!(matches!(refused, Err(StoreError::Invalid { .. })));
    drop(tx);
    let foreign = other.store.allowlist_entry(&other.tenant, &entry.id).await;
    assert_eq!(foreign.err(), Some(StoreError::NotFound(Kind::AllowlistEntry)));
    let missing = Err(StoreError::NotFound(Kind::AllowlistEntry));
    assert_eq!(keyed(&other, &entry, 30).await, missing);
}
