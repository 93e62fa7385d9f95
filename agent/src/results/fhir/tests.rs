//! The response against documents that are kept in tests/fhir/documents, where an independent validator reads them, too.

use std::path::Path;

use callwright_compliance::Purpose;
use serde_json::{Value, json};

use super::*;
use crate::results::made_up;

fn text(document: &Document) -> String {
    render(document).unwrap().expose(Purpose::Compare).clone()
}

fn value(document: &Document) -> Value {
    serde_json::from_str(&text(document)).unwrap()
}

/// The items that have a benefit of this text.
fn benefit(response: &Value, title: &str) -> Value {
    let items = response["insurance"][0]["item"].as_array().unwrap();
    let benefits = items.iter().filter_map(|item| item["benefit"].as_array()).flatten();
    let mut found = benefits.filter(|benefit| benefit["type"]["text"] == title);
    let one = found.next().unwrap().clone();
    assert!(found.next().is_none(), "{title} is there twice");
    one
}

/// A value of the evidence.
fn part<'a>(extension: &'a Value, name: &str) -> &'a Value {
    let parts = extension["extension"].as_array().unwrap();
    parts.iter().find(|part| part["url"] == name).unwrap()
}

#[test]
fn the_kept_documents_are_what_is_rendered() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fhir/documents");
    for (name, document) in [
        ("complete", made_up::complete()),
        ("partial", made_up::partial()),
        ("failed", made_up::failed()),
        ("dental", made_up::dental()),
        ("odd", made_up::odd()),
    ] {
        let path = folder.join(format!("{name}.json"));
        let now = text(&document) + "\n";
        if std::env::var_os("UPDATE_FHIR").is_some() {
            std::fs::write(&path, &now).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            now, kept,
            "{name}: run with UPDATE_FHIR=1 to write it anew, then tests/fhir/run.sh"
        );
    }
}

#[test]
fn what_is_used_of_a_limit_stands_beside_it() {
    let response = value(&made_up::complete());
    let deductible = benefit(&response, "Individual deductible, in network");
    assert_eq!(deductible["allowedMoney"], json!({ "value": 1500.0, "currency": "USD" }));
    assert_eq!(deductible["usedMoney"], json!({ "value": 400.0, "currency": "USD" }));
    let heard: Vec<&Value> = deductible["extension"]
        .as_array()
        .unwrap()
        .iter()
        .map(|evidence| &part(evidence, "field")["valueString"])
        .collect();
    assert_eq!(heard, ["deductible_individual", "deductible_met"]);
}

#[test]
fn a_coinsurance_is_the_patients_share_whoever_gave_it() {
    let own = benefit(&value(&made_up::complete()), "Coinsurance, the patient's share");
    assert_eq!(own["allowedUnsignedInt"], 20);
    assert_eq!(part(&own["extension"][0], "planPays")["valueUnsignedInt"], 80);
    let turned = benefit(&value(&made_up::dental()), "Basic services");
    assert_eq!(turned["allowedUnsignedInt"], 20);
    assert_eq!(part(&turned["extension"][0], "planPays")["valueUnsignedInt"], 80);
}

#[test]
fn coverage_in_force_is_told_with_its_dates_and_plan() {
    let response = value(&made_up::complete());
    let insurance = &response["insurance"][0];
    assert_eq!(insurance["inforce"], true);
    assert_eq!(insurance["benefitPeriod"], json!({ "start": "2026-01-01" }));
    let contained = response["contained"].as_array().unwrap();
    let coverage = contained.iter().find(|each| each["resourceType"] == "Coverage").unwrap();
    assert_eq!(coverage["type"]["coding"][0]["code"], "PPO");
    assert_eq!(coverage["subscriberId"], made_up::MEMBER);
    let ended = value(&made_up::answered("coverage_status", "inactive"));
    assert_eq!(ended["insurance"][0]["inforce"], false);
    let coverage = &ended["contained"][4];
    assert_eq!(coverage["status"], "cancelled");
}

#[test]
fn an_answer_that_is_no_plain_yes_claims_neither() {
    let response = value(&made_up::answered("prior_authorization", "only for imaging"));
    let items = response["insurance"][0]["item"].as_array().unwrap();
    let item = items.iter().find(|item| item["name"] == "Prior authorization required").unwrap();
    assert_eq!(item.get("authorizationRequired"), None);
    assert_eq!(item["description"], "only for imaging");
    let response = value(&made_up::answered("coverage_status", "pending"));
    assert_eq!(response["insurance"][0].get("inforce"), None);
}

#[test]
fn each_outcome_is_fhirs_and_what_is_open_is_an_error() {
    let complete = value(&made_up::complete());
    assert_eq!((&complete["outcome"], complete.get("error")), (&json!("complete"), None));
    let partial = value(&made_up::partial());
    assert_eq!(partial["outcome"], "partial");
    let codes: Vec<&Value> = partial["error"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| &error["code"]["coding"][0]["code"])
        .collect();
    assert_eq!(codes, ["far_end_hung_up", "not-given", "unanswered"]);
    // A dependant's number is not the subscriber's.
    assert_eq!(partial["contained"][4].get("subscriberId"), None);
    let failed = value(&made_up::failed());
    assert_eq!(failed["outcome"], "error");
    assert_eq!(failed["insurance"][0].get("item"), None);
    assert_eq!(failed["insurance"][0].get("inforce"), None);
}

#[test]
fn a_real_patients_result_is_no_test_data() {
    let mut document = made_up::complete();
    assert_eq!(value(&document)["meta"]["security"][0]["code"], "HTEST");
    document.patient_kind = callwright_compliance::PatientKind::Real;
    assert_eq!(value(&document).get("meta"), None);
}

#[test]
fn the_narrative_holds_no_markup_that_was_heard() {
    let response = value(&made_up::answered("plan_type", "<b>&\"gold\"</b>"));
    let div = response["text"]["div"].as_str().unwrap();
    assert!(div.contains("&lt;b&gt;&amp;&quot;gold&quot;&lt;/b&gt;") && !div.contains("<b>"));
}
