//! `consent` and `opt-out` from their arguments to their output and exit codes.

use callwright_compliance::audit::Action;
use callwright_compliance::facts::AiCallConsent;
use callwright_compliance::{CallClass, CallPurpose, PatientKind, Phi, RequestId, TenantId};
use callwright_store::{Code, Order, Page, Patient, Priority, RandomId};
use serde_json::Value;

use super::tests::Place;
use super::*;
use crate::config::Config;

const OAK: &str = "CONFIG --practice oak";

/// A practice with one request, about whose patient nothing was said.
async fn with_request(place: &Place) -> RequestId {
    place.set_up().await;
    let config = Config::load(&place.path("callwright.toml")).unwrap();
    let store = config.open_store().await.unwrap();
    let tenant = TenantId::new("oak").unwrap();
    let provider = store.providers(&tenant).await.unwrap().remove(0).0;
    let id = RequestId::random().unwrap();
    let now = Clock.wall();
    let order = Order {
        provider,
        payer: "acme-health".parse().unwrap(),
        class: CallClass::Payer,
        purpose: CallPurpose::MedicalBenefits,
        patient_kind: PatientKind::Synthetic,
        question_set: Code::new("medical").unwrap(),
        consent: AiCallConsent::Absent,
        priority: Priority::NORMAL,
        not_before: now,
        due: None,
    };
    let value = |text: &str| Phi::new(text.to_owned());
    let patient = Patient {
        name: value("Wilma Planted"),
        date_of_birth: value("1961-07-13"),
        member_id: value("QX1"),
        group_number: None,
        relationship: value("self"),
        date_of_service: None,
    };
    let ann = Actor::Person("ann".parse().unwrap());
    let mut tx = store.begin(&tenant, &ann, now).await.unwrap();
    tx.add_request(&id, &order, &patient).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    id
}

async fn json(place: &Place, command: &str) -> Value {
    serde_json::from_str(&place.good(command).await).unwrap()
}

#[tokio::test]
async fn an_opt_out_is_added_listed_and_lifted_and_stays_in_the_list() {
    let place = Place::new();
    place.set_up().await;
    assert_eq!(place.good(&format!("opt-out list {OAK}")).await, "none\n");
    let add = format!("opt-out add {OAK} --as ann --number +16142000134 --means staff --json");
    let added = json(&place, &add).await;
    let id = added["id"].as_str().unwrap();
    assert_eq!(added["kind"], "do_not_call");
    let human =
        format!("opt-out add {OAK} --as ann --number +18002000140 --human-only --means web");
    assert!(place.good(&human).await.contains("only people call there"));

    let listed = place.good(&format!("opt-out list {OAK}")).await;
    for part in [id, "+1 614 *** **34", "+1 800 *** **40", "do_not_call", "human_only", "stands"] {
        assert!(listed.contains(part), "{part} is not in {listed}");
    }
    assert!(!listed.contains("2000134"));
    let of_number = format!("opt-out list {OAK} --number +16142000134 --json");
    assert_eq!(json(&place, &of_number).await.as_array().unwrap().len(), 1);

    let lift = format!("opt-out lift {id} {OAK} --as ben --reason misheard");
    place.good(&lift).await;
    let again = place.run(&lift).await.0.unwrap_err();
    assert_eq!(again.exit(), Exit::Usage);
    assert!(again.to_string().contains("opt-out that stands"), "{again}");
    assert_eq!(json(&place, &of_number).await.as_array().unwrap().len(), 0);
    let all = json(&place, &format!("opt-out list {OAK} --json")).await;
    let lifted = all.as_array().unwrap().iter().find(|entry| entry["opt_out"]["id"] == id).unwrap();
    assert_eq!(lifted["lifted"]["by"]["person"], "ben");
    let listed = place.good(&format!("opt-out list {OAK}")).await;
    assert!(listed.contains(" by ben\n") && !listed.contains("misheard"), "{listed}");
    // Why is a person's free text: shown to somebody by name, and written down.
    assert!(lifted["lifted"].get("reason").is_none(), "{lifted}");
    let reads = async || {
        let config = Config::load(&place.path("callwright.toml")).unwrap();
        let store = config.open_store().await.unwrap();
        let tenant = TenantId::new("oak").unwrap();
        let entries = store.audit_entries(&tenant, &Page::first()).await.unwrap();
        store.close().await;
        let reads = entries.into_iter().filter(|entry| entry.action == Action::PhiRead);
        reads.map(|entry| entry.actor).collect::<Vec<_>>()
    };
    assert_eq!(reads().await, []);
    let shown = format!("opt-out list {OAK} --as cleo --show-phi");
    assert!(place.good(&shown).await.contains(" by ben: misheard\n"));
    let all = json(&place, &format!("{shown} --json")).await;
    let lifted = all.as_array().unwrap().iter().find(|entry| entry["opt_out"]["id"] == id).unwrap();
    assert_eq!(lifted["lifted"]["reason"], "misheard");
    let cleo = Actor::Person("cleo".parse().unwrap());
    assert_eq!(reads().await, [cleo.clone(), cleo]);
    let standing = json(&place, &format!("opt-out list {OAK} --standing --json")).await;
    assert_eq!(standing.as_array().unwrap().len(), 1);
}

#[test]
fn lifting_wants_a_reason_and_adding_wants_to_know_whom_and_how() {
    for wrong in [
        "opt-out lift 0123 --config c --practice oak --as ann",
        "opt-out add --config c --practice oak --as ann --means staff",
        "opt-out list --config c --practice oak --show-phi",
        "opt-out add --config c --practice oak --as ann --number +16142000134",
        "opt-out add --config c --practice oak --as ann --number +16142000134 --means voice",
        "opt-out add --config c --practice oak --as ann --number 6142000134 --means staff",
        "opt-out add --config c --practice oak --number +16142000134 --means staff",
        "consent record --config c --as ann --act granted --method signed --evidence f",
        "consent record r1 --config c --as ann --act maybe --method signed --evidence f",
        "consent record r1 --config c --as ann --act granted --method signed",
        "consent record r1 --config c --as ann --act granted --method signed --evidence f --text t",
        "consent history --config c --number +16142000134",
    ] {
        assert!(Cli::try_parse_from(["callwright"].into_iter().chain(wrong.split(' '))).is_err());
    }
}

#[tokio::test]
async fn an_empty_reason_and_an_unknown_practice_are_usage_errors() {
    let place = Place::new();
    place.set_up().await;
    let add = format!("opt-out add {OAK} --as ann --number +16142000134 --means staff --json");
    let id = json(&place, &add).await["id"].as_str().unwrap().to_owned();
    for command in [
        format!("opt-out lift {id} {OAK} --as ben --reason \u{a0}"),
        "opt-out list CONFIG --practice elm".to_owned(),
        format!("{} --at 2999-01-01T00:00:00Z", add.replace(" --json", "")),
    ] {
        assert_eq!(place.run(&command).await.0.unwrap_err().exit(), Exit::Usage, "{command}");
    }
    let standing = json(&place, &format!("opt-out list {OAK} --standing --json")).await;
    assert_eq!(standing.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn consent_is_recorded_as_events_and_the_last_word_counts() {
    let place = Place::new();
    let request = with_request(&place).await;
    let history = format!("consent history {request} CONFIG --json");
    assert_eq!(json(&place, &history).await["stands"]["ai_call"], "absent");
    let record = |act: &str, at: &str| {
        format!(
            "consent record {request} CONFIG --as ann --act {act} --at {at} --method verbal --evidence note-1"
        )
    };
    place.good(&record("granted", "2026-02-01T15:00:00Z")).await;
    assert_eq!(json(&place, &history).await["stands"]["ai_call"], "granted");
    place.good(&record("revoked", "2026-02-01T15:00:00Z")).await;
    let shown = json(&place, &history).await;
    assert_eq!(shown["stands"]["ai_call"], "refused", "at the same moment, no counts");
    assert_eq!(shown["events"].as_array().unwrap().len(), 2);
    assert_eq!(shown["events"][0]["recorded_by"]["person"], "ann");
    let text = place.good(&format!("consent history {request} CONFIG")).await;
    assert!(text.ends_with("ai_call: refused\n") && !text.contains("Wilma"), "{text}");
    let unknown = record("revoked", "2026-02-01T15:00:00Z").replace(request.as_str(), "none");
    assert_eq!(place.run(&unknown).await.0.unwrap_err().exit(), Exit::Usage);
}

#[tokio::test]
async fn consent_to_be_called_is_recorded_for_a_number_and_a_purpose() {
    let place = Place::new();
    place.set_up().await;
    let record = format!(
        "consent record {OAK} --number +16142000134 --as ann --act granted --method signed \
         --evidence form-1 --text text-3"
    );
    let no_purpose = place.run(&record).await.0.unwrap_err();
    assert!(no_purpose.exit() == Exit::Usage && no_purpose.to_string().contains("scope"));
    place.good(&format!("{record} --purpose dental_benefits")).await;
    let history = format!("consent history {OAK} --number +16142000134");
    let shown = json(&place, &format!("{history} --json")).await;
    assert_eq!(shown["stands"]["dental_benefits"], "granted");
    assert_eq!(shown["stands"]["medical_benefits"], "not covered");
    let text = place.good(&history).await;
    assert!(text.contains("text text-3") && !text.contains("2000134"), "{text}");
    let no_text = record.replace(" --text text-3", "");
    assert_eq!(place.run(&no_text).await.0.unwrap_err().exit(), Exit::Usage);
}
