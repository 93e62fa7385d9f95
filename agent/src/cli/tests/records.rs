//! Retention, holds, a person's rights, backup and restore, from the command line.

use std::fs;

use callwright_compliance::facts::AiCallConsent;
use callwright_compliance::{
    CallClass, CallPurpose, PatientKind, PayerId, Phi, RequestId, TenantId,
};
use callwright_store::{Code, Order, Page, Patient, Priority, RandomId, Store};
use serde_json::Value;

use super::Place;
use crate::cli::Exit;
use crate::clock::Clock;
use crate::config::Config;

const NAME: &str = "Wilhelmina Zzyzx-Planted";

impl Place {
    async fn store(&self) -> Store {
        Config::load(&self.path("callwright.toml")).unwrap().open_store().await.unwrap()
    }

    /// A request in the queue.
    async fn request(&self) -> RequestId {
        let store = self.store().await;
        let tenant = TenantId::new("oak").unwrap();
        let provider = store.providers(&tenant).await.unwrap().swap_remove(0);
        let phi = |text: &str| Phi::new(text.to_owned());
        let patient = Patient {
            name: phi(NAME),
            date_of_birth: phi("1961-07-13"),
            member_id: phi("QX7719340021"),
            group_number: None,
            relationship: phi("self"),
            date_of_service: None,
        };
        let now = Clock.wall();
        let order = Order {
            provider: provider.0,
            payer: PayerId::new("acme-health").unwrap(),
            class: CallClass::Payer,
            purpose: CallPurpose::MedicalBenefits,
            patient_kind: PatientKind::Synthetic,
            question_set: Code::new("medical").unwrap(),
            consent: AiCallConsent::Absent,
            priority: Priority::NORMAL,
            not_before: now,
            due: None,
        };
        let id = RequestId::random().unwrap();
        let actor = callwright_compliance::audit::Actor::Node(
            callwright_compliance::ObjectId::new("node-1").unwrap(),
        );
        let mut tx = store.begin(&tenant, &actor, now).await.unwrap();
        tx.add_request(&id, &order, &patient).await.unwrap();
        tx.commit().await.unwrap();
        store.close().await;
        id
    }

    async fn entries(&self) -> usize {
        let store = self.store().await;
        let tenant = TenantId::new("oak").unwrap();
        let entries = store.audit_entries(&tenant, &Page::first()).await.unwrap().len();
        store.close().await;
        entries
    }

    async fn refused(&self, command: &str) -> String {
        let (exit, text) = self.run(command).await;
        let error = exit.unwrap_err();
        assert_eq!(error.exit(), Exit::Usage, "{command}: {error} {text}");
        error.to_string()
    }
}

#[tokio::test]
async fn retention_show_prints_each_class_with_its_source() {
    let place = Place::new();
    let text = place.good("retention show CONFIG").await;
    for line in
        ["audit         2192 days, then yours to archive", "audio           30 days, then deleted"]
    {
        assert!(text.contains(line), "{text}");
    }
    assert_eq!(text.lines().count(), 11);
    let text = place.good("retention show CONFIG --json").await;
    let classes: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(classes.iter().all(|class| class["days"].as_u64() >= class["floor_days"].as_u64()));
}

#[tokio::test]
async fn a_policy_of_a_day_is_refused_with_each_class_and_its_law() {
    let place = Place::new();
    let path = place.path("callwright.toml");
    let text = fs::read_to_string(&path).unwrap();
    let short = "audit_days = 1\ndisclosure_days = 1\nopt_out_days = 2191\naudio_days = 0";
    fs::write(&path, text.replace("audio_days = 30", short)).unwrap();
    for command in ["retention show CONFIG", "retention run CONFIG --as ann", "serve CONFIG"] {
        let error = place.refused(command).await;
        for key in ["audit_days", "disclosure_days", "opt_out_days", "audio_days"] {
            assert!(error.contains(&format!("`policy.retention.{key}`")), "{error}");
        }
        assert!(error.contains("45 CFR 164.316(b)(2)(i)"), "{error}");
        assert!(!error.contains("words_days"), "{error}");
    }
}

#[tokio::test]
async fn retention_run_reports_and_a_dry_run_leaves_no_trace() {
    let place = Place::new();
    place.set_up().await;
    place.request().await;
    let before = place.entries().await;
    let text = place.good("retention run CONFIG --as ann --dry-run --json").await;
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["dry_run"], true);
    let classes = report["practices"][0]["classes"].as_array().unwrap();
    assert_eq!(classes.len(), 11);
    assert!(classes.iter().all(|class| class["purged"] == 0 && class["held"] == 0));
    let text = place.good("retention run CONFIG --as ann --practice oak").await;
    assert!(text.contains("oak: audio       purged 0, held 0, oldest kept none"), "{text}");
    assert_eq!(place.entries().await, before);
    place.refused("retention run CONFIG --as ann --practice elm").await;
}

#[tokio::test]
async fn a_hold_is_placed_listed_and_lifted_and_blocks_erasure_meanwhile() {
    let place = Place::new();
    place.set_up().await;
    let request = place.request().await;
    assert_eq!(place.good("hold list CONFIG").await, "no hold stands\n");
    let placed = place
        .good(&format!(
            "hold place CONFIG --as ann --practice oak --request {request} --reason case-14"
        ))
        .await;
    let hold = placed.split(' ').nth(1).unwrap().to_owned();
    let list: Value = serde_json::from_str(&place.good("hold list CONFIG --json").await).unwrap();
    assert_eq!((&list[0]["hold"], &list[0]["placed_by"]), (&hold.clone().into(), &"ann".into()));
    let error = place.refused(&format!("person erase {request} CONFIG --as ann")).await;
    assert!(
        error.contains("a legal hold or an open incident stands on")
            && error.contains(request.as_str()),
        "{error}"
    );
    let lift = format!("hold lift {hold} CONFIG --as ann --practice oak --reason closed");
    place.good(&lift).await;
    place.refused(&lift).await;
    let all = place.good("hold list CONFIG --all").await;
    assert!(all.contains("lifted") && all.contains("closed"), "{all}");
    let text = place.good(&format!("person erase {request} CONFIG --as ann")).await;
    assert!(text.starts_with(&format!("erased: request {request}\n")), "{text}");
    assert!(text.contains("kept, without a patient's value: audit, 2192 days (45 CFR"), "{text}");
}

#[tokio::test]
async fn a_person_is_exported_by_identifiers_that_never_stand_on_the_command_line() {
    let place = Place::new();
    place.set_up().await;
    let request = place.request().await;
    let who = format!(r#"{{"name": "{NAME}", "date_of_birth": "1961-07-13"}}"#);
    fs::write(place.path("who.json"), &who).unwrap();
    let command = "person export --identifiers FOLDER/who.json --practice oak CONFIG --as ann --out FOLDER/out";
    let text = place.good(command).await;
    assert!(text.contains("1 requests, 0 files") && !text.contains(NAME), "{text}");
    let document = fs::read_to_string(place.path("out/person.json")).unwrap();
    assert!(document.contains(NAME) && document.contains(request.as_str()));
    place.refused(command).await;
    fs::write(place.path("who.json"), who.replace("1961", "1962")).unwrap();
    let error = place.refused(&command.replace("FOLDER/out", "FOLDER/other")).await;
    assert!(error.contains("no request is about such a person"), "{error}");
    assert!(!place.path("other").exists());
}

#[tokio::test]
async fn back_up_erase_restore_and_the_person_stays_gone() {
    let place = Place::new();
    place.set_up().await;
    let (gone, kept) = (place.request().await, place.request().await);
    let text = place.good("backup CONFIG --as ann --out FOLDER/b.db").await;
    assert!(text.contains("SHA-256") && text.contains("not in it: the key file"), "{text}");
    place.refused("backup CONFIG --as ann --out FOLDER/b.db").await;
    place.good(&format!("person erase {gone} --only CONFIG --as ann")).await;
    let error = place.refused("restore FOLDER/b.db CONFIG --as ann").await;
    assert!(error.contains("later than the backup: add --replace"), "{error}");
    let text = place.good("restore FOLDER/b.db CONFIG --as ann --replace").await;
    assert!(text.contains("erased again: 1 requests"), "{text}");
    assert!(text.contains("waited when the backup was made: 1"), "{text}");
    let export = |id: &RequestId, to: &str| {
        format!("person export {id} --only CONFIG --as ann --out FOLDER/{to}")
    };
    let error = place.refused(&export(&gone, "gone")).await;
    assert!(error.contains("the request was erased"), "{error}");
    place.good(&export(&kept, "kept")).await;
    assert!(fs::read_to_string(place.path("kept/person.json")).unwrap().contains(NAME));
    // The switch is thrown until somebody has looked.
    assert!(place.missing().await.iter().any(|subject| subject.contains("kill switch")));
    place.good("kill lift CONFIG --as ann --all").await;
    let text = place.good("audit verify FOLDER").await;
    assert!(text.starts_with("oak: whole"), "{text}");
}

#[tokio::test]
async fn a_new_key_opens_what_the_old_one_did() {
    let place = Place::new();
    place.set_up().await;
    let request = place.request().await;
    let text = place.good("setup rotate-key CONFIG --as ann --practice oak").await;
    assert!(text.contains("a new key wraps its data keys"), "{text}");
    place.good(&format!("person export {request} CONFIG --as ann --out FOLDER/out")).await;
    // A whole new key file: a backup from before opens with the old one alone.
    place.good("backup CONFIG --as ann --out FOLDER/b.db").await;
    place.good("setup change-key-file CONFIG --as ann --new FOLDER/new.key").await;
    let error = place.run("retention run CONFIG --as ann").await.0.unwrap_err();
    assert!(error.to_string().contains("does not open this database"), "{error}");
    let path = place.path("callwright.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"callwright.key\"", "\"new.key\"")).unwrap();
    place.good(&format!("person export {request} CONFIG --as ann --out FOLDER/again")).await;
    let restore = "restore FOLDER/b.db CONFIG --as ann --replace";
    let error = place.run(restore).await.0.unwrap_err();
    assert!(error.to_string().contains("does not open this database"), "{error}");
}

#[tokio::test]
async fn a_result_that_goes_on_is_not_accepted() {
    let place = Place::new();
    place.set_up().await;
    let request = place.request().await;
    let error = place.refused(&format!("retention accept {request} CONFIG --as ann")).await;
    assert!(error.contains("queued"), "{error}");
}
