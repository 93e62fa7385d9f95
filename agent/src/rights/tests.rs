//! Giving out and erasing, over real files and a real database.

use std::fs;

use callwright_compliance::audit::{Action, Event};
use callwright_compliance::egress::Field;
use callwright_compliance::{ObjectId, Purpose, VendorId};
use callwright_store::{Access, Code, HoldScope, Page, Sealed, StoreError};
use serde_json::Value;

use super::*;
use crate::dialler::SEALED;
use crate::retention::tests::{Place, actor, at};
use crate::retention::{SEALED_CLASSES, names};

const NAME: &str = "Wilhelmina Zzyzx-Planted";

async fn given_out(place: &Place, request: &RequestId) -> (Exported, PathBuf) {
    let (calls, to) = (place.calls(), place.folder.path().join("out"));
    let from = Export { store: &place.store, calls: &calls, to: &to };
    let actor = actor();
    let access = Access { purpose: Purpose::Export, actor: &actor, now: at(60) };
    let done = export(&from, &place.tenant, std::slice::from_ref(request), access).await;
    (done.unwrap(), to)
}

#[tokio::test]
async fn an_export_has_everything_opened_and_says_who_was_told_what() {
    let place = Place::new().await;
    let (request, call) = place.called(NAME).await;
    let (_, other) = place.called("Somebody Else").await;
    let mut told = Event::new(actor(), Action::Egress);
    told.object = ObjectId::new(call.as_str()).ok();
    told.fields = Field::MemberId.into();
    let mut heard = told.clone();
    heard.recipient = VendorId::new("deepgram").ok();
    let mut tx = place.store.begin(&place.tenant, &actor(), at(50)).await.unwrap();
    tx.audit(told).await.unwrap();
    tx.audit(heard).await.unwrap();
    tx.commit().await.unwrap();

    let (done, to) = given_out(&place, &request).await;
    assert_eq!((done.requests, done.unreadable), (vec![request.clone()], Vec::new()));
    let text = fs::read_to_string(to.join("person.json")).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let about = &document["requests"][0];
    assert_eq!(about["patient"]["name"], NAME);
    assert_eq!(about["result"][0]["value"], "1500.00");
    assert_eq!(about["ai_call_consent"], "absent");
    assert_eq!(about["decisions"].as_array().unwrap().len(), 1);
    assert_eq!(about["calls"][0]["call"], call.as_str());
    let disclosures = about["disclosures"].as_array().unwrap();
    assert_eq!(disclosures.len(), 2);
    assert_eq!(disclosures[0]["recipient"], "payer acme-health");
    assert_eq!(disclosures[0]["number"], "+16142000134");
    assert_eq!(disclosures[0]["fields"], serde_json::json!(["member_id"]));
    assert_eq!(disclosures[1]["recipient"], "deepgram");
    for name in SEALED_CLASSES.into_iter().flat_map(names) {
        let opened = fs::read_to_string(to.join(call.as_str()).join(name)).unwrap();
        assert_eq!(opened, format!("planted in {name}"));
    }
    assert!(!text.contains(other.as_str()) && !to.join(other.as_str()).exists());
    let entries = place.store.audit_entries(&place.tenant, &Page::first()).await.unwrap();
    let said: Vec<_> = entries.iter().filter(|e| e.action == Action::Exported).collect();
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].object.as_ref().unwrap().as_str(), request.as_str());
    assert_eq!(said[0].purpose, Some(Purpose::Export));
}

#[tokio::test]
async fn an_export_is_its_owners_and_overwrites_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new().await;
    let (request, call) = place.called(NAME).await;
    // A file that was changed outside of the program is named, and the rest is given out.
    let damaged = place.calls().join(call.as_str()).join(format!("words.jsonl{SEALED}"));
    let mut bytes = fs::read(&damaged).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&damaged, bytes).unwrap();
    let (done, to) = given_out(&place, &request).await;
    assert_eq!(done.unreadable, [format!("{call}/words.jsonl")]);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&to), mode(&to.join("person.json"))), (0o700, 0o600));
    let calls = place.calls();
    let from = Export { store: &place.store, calls: &calls, to: &to };
    let actor = actor();
    let access = Access { purpose: Purpose::Export, actor: &actor, now: at(61) };
    let again = export(&from, &place.tenant, &[request], access).await;
    assert!(matches!(again, Err(RightsError::File { kind: ErrorKind::AlreadyExists, .. })));
}

#[tokio::test]
async fn an_erased_person_has_no_file_no_key_and_one_journal() {
    let place = Place::new().await;
    let ((gone, call), (kept, other)) =
        (place.called(NAME).await, place.called("Somebody Else").await);
    let name = names(SEALED_CLASSES[1])[0];
    let path = place.calls().join(call.as_str()).join(format!("{name}{SEALED}"));
    let copy = Sealed::from_bytes(fs::read(path).unwrap()).unwrap();
    let before = place.files(&other);
    let (calls, actor) = (place.calls(), actor());
    let purge = place.purge(&calls, &actor, at(60));
    let done = erase(&purge, &place.tenant, std::slice::from_ref(&gone)).await.unwrap();
    assert_eq!((done.requests, done.files), (vec![gone.clone()], 4));
    assert!(done.failures.is_empty());
    assert!(done.retained.iter().all(|kept| kept.source.starts_with("45 CFR 164.316")));
    assert_eq!(
        place.files(&call),
        ["journal.jsonl"],
        "it has no patient value, and six years to stay"
    );
    let access = Access { purpose: Purpose::Export, actor: &actor, now: at(61) };
    let (store, tenant) = (&place.store, &place.tenant);
    assert_eq!(store.patient(tenant, &gone, access).await.err(), Some(StoreError::Erased));
    // Somebody's copy of a file is as unreadable as the values in the database.
    let opened = store.open_file(tenant, &gone, &Code::new(name).unwrap(), &copy, access).await;
    assert_eq!(opened.err(), Some(StoreError::Erased));
    assert!(store.patient(tenant, &kept, access).await.is_ok());
    assert_eq!(place.files(&other), before);
}

#[tokio::test]
async fn a_hold_on_one_request_blocks_the_erasure_of_all_with_a_clear_error() {
    let place = Place::new().await;
    let ((first, call), (second, _)) = (place.called(NAME).await, place.called(NAME).await);
    place.hold(&HoldScope::Request(second.clone())).await;
    let before = place.files(&call);
    let (calls, actor) = (place.calls(), actor());
    let purge = place.purge(&calls, &actor, at(60));
    let refused = erase(&purge, &place.tenant, &[first.clone(), second.clone()]).await.unwrap_err();
    let text = refused.to_string();
    assert!(
        text.starts_with("nothing was erased: a legal hold or an open incident stands on"),
        "{text}"
    );
    assert!(text.contains(second.as_str()) && !text.contains(first.as_str()), "{text}");
    let access = Access { purpose: Purpose::Export, actor: &actor, now: at(61) };
    assert!(place.store.patient(&place.tenant, &first, access).await.is_ok());
    assert_eq!(place.files(&call), before);
}

#[test]
fn a_file_of_identifiers_is_read_and_never_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("who.json");
    let planted = "Zzyzx-Planted";
    let good = format!(r#"{{"name": "{planted}", "date_of_birth": "1961-07-13"}}"#);
    fs::write(&path, &good).unwrap();
    assert!(read_person(&path).unwrap().member_id.is_none());
    for (from, to) in [
        ("1961-07-13", "13.7.1961"),
        ("1961-07-13", "1961-02-30"),
        ("\"name\"", "\"nam\""),
        ("\"1961-07-13\"", "1961"),
        ("}", ""),
    ] {
        fs::write(&path, good.replacen(from, to, 1)).unwrap();
        let error = read_person(&path).err().unwrap().to_string();
        assert!(error.contains("YYYY-MM-DD") && !error.contains(planted), "{error}");
    }
    assert!(read_person(&folder.path().join("none")).is_err());
}
