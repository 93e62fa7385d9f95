//! From a call to its result, as the practice asks for it: by the command, from a sealed store, in each form; and what is refused.
//!
//! The calls are real ones, hummed. What each form looks like in full is tested beside the renderers.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[expect(dead_code, reason = "each test of whole calls uses a part of it")]
mod support;

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use callwright::cli::output::Out;
use callwright::cli::{self, Cli, CliError, Exit, Logs, Session};
use callwright::services::FileKeeping;
use clap::Parser;
use serde_json::Value;
use support::house::{Called, House, scenario};
use support::vendors::Voices;

/// What a command printed.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Runs `callwright result` on the house's own folder.
async fn result(house: &House, request: &str, rest: &str) -> (Result<Exit, CliError>, String) {
    let config = house.folder().join("callwright.toml");
    std::fs::write(&config, include_str!("../../deploy/callwright.toml")).unwrap();
    let line = format!("callwright result {request} --config {} --as ann {rest}", config.display());
    let cli = Cli::try_parse_from(line.split_whitespace()).unwrap();
    let printed = Printed::default();
    let session = Session { clock: house.services.clock, logs: Logs::Silent };
    let exit = cli::run(cli, session, &mut Out::to(printed.clone())).await;
    let text = String::from_utf8(printed.0.lock().unwrap().clone()).unwrap();
    (exit, text)
}

async fn printed(house: &House, called: &Called, rest: &str) -> String {
    let (exit, text) = result(house, called.request.as_str(), rest).await;
    assert_eq!(exit.map_err(|error| error.to_string()), Ok(Exit::Good), "{rest}");
    text
}

/// The error of a command that must not work: it prints nothing, and says nothing about anybody.
async fn refused(house: &House, request: &str, rest: &str) -> (Exit, String) {
    let (exit, text) = result(house, request, rest).await;
    let error = exit.expect_err("this is refused");
    let told = format!("{error} {error:?}");
    let patient = &house.scenario.patient;
    for hidden in [&patient.last_name, &patient.member_id, "749025", "1500"] {
        assert!(!told.contains(hidden), "{told}");
    }
    assert_eq!(text, "");
    (error.exit(), error.to_string())
}

async fn audit_rows(house: &House, called: &Called) -> u64 {
    house.services.store.verify_audit(&called.tenant, None).await.unwrap().unwrap().len
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
    let mut names: Vec<String> = entries.map(|entry| name(entry).into_string().unwrap()).collect();
    names.sort();
    names
}

fn every_answer_is_there(house: &House, json: &str) {
    let result: Value = serde_json::from_str(json).unwrap();
    assert_eq!(result["outcome"], "complete");
    assert_eq!(result["missing"], serde_json::json!([]));
    let expected = &house.scenario.expected;
    for (name, value) in &expected.fields {
        assert_eq!(result["fields"][name]["value"], *value, "{name}");
    }
    assert_eq!(
        Some(result["reference_number"]["value"].as_str().unwrap()),
        expected.reference_number.as_deref()
    );
    // What only the call itself knows comes out of its sealed file.
    assert_eq!(result["calls"][0]["recording_objected"], false);
    assert_eq!(result["calls"][0]["disclosures"][0]["proven_by"], "mark");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_result_is_rendered_for_who_asks_and_the_audit_says_who() {
    let mut house = House::open(scenario("brief"), Voices::hummed()).await;
    house.services.keeping = FileKeeping::Sealed;
    let called = house.call().await;
    assert_eq!(called.ended(), ("complete", None));
    let folder = called.made().folder.clone();
    assert_eq!(
        names(&folder),
        [
            "journal.jsonl",
            "recording.wav.sealed",
            "result.json.sealed",
            "vendors.jsonl.sealed",
            "words.jsonl.sealed"
        ],
        "nothing lies open"
    );

    let before = audit_rows(&house, &called).await;
    every_answer_is_there(&house, &printed(&house, &called, "--format json").await);
    // The call's file, the patient, the answers.
    assert_eq!(audit_rows(&house, &called).await, before + 3);
    let fhir: Value =
        serde_json::from_str(&printed(&house, &called, "--format fhir").await).unwrap();
    assert_eq!(fhir["resourceType"], "CoverageEligibilityResponse");
    assert_eq!(fhir["insurance"][0]["inforce"], true);
    let csv = printed(&house, &called, "--format csv").await;
    assert_eq!(csv.lines().count(), 1 + house.scenario.expected.fields.len() + 2);

    let page = folder.join("page.html");
    let to_file = format!("--format html --out {}", page.display());
    assert_eq!(printed(&house, &called, &to_file).await, "");
    assert_eq!(std::fs::metadata(&page).unwrap().permissions().mode() & 0o777, 0o600);
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(html.contains("749025") && html.contains(&house.scenario.patient.last_name));
    let (exit, told) = refused(&house, called.request.as_str(), &to_file).await;
    assert_eq!(exit, Exit::Usage);
    assert!(told.contains("page.html is there already"), "{told}");

    what_is_not_there_is_said(&house, &called).await;
    house.settled(&called).await;
    house.close().await;
}

async fn what_is_not_there_is_said(house: &House, called: &Called) {
    let request = called.request.as_str();
    let (exit, _) = refused(house, "no-such-request", "--format json").await;
    assert_eq!(exit, Exit::Usage);
    let (exit, _) = refused(house, request, "--format json --practice nobodys").await;
    assert_eq!(exit, Exit::Usage);

    let untried = house.claim().await;
    let (exit, told) = refused(house, untried.request.id.as_str(), "--format json").await;
    assert_eq!(exit, Exit::NotGood);
    assert!(told.contains("no result yet"), "{told}");

    // A file that somebody changed is no evidence; one that is gone leaves the answers.
    let file = called.file("result.json.sealed");
    let mut bytes = std::fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let (exit, told) = refused(house, request, "--format json").await;
    assert_eq!(exit, Exit::NotGood);
    assert!(told.contains("damaged"), "{told}");
    std::fs::remove_file(&file).unwrap();
    let json: Value = serde_json::from_str(&printed(house, called, "--format json").await).unwrap();
    assert_eq!(json["calls"][0]["disclosures"], Value::Null);
    assert_eq!(json["fields"]["coverage_status"]["value"], "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_result_lies_in_every_form_beside_it() {
    let house = House::open(scenario("brief"), Voices::hummed()).await;
    let called = house.call().await;
    assert_eq!(called.ended(), ("complete", None));
    for (name, sign) in [
        ("result.fhir.json", "\"CoverageEligibilityResponse\""),
        ("result.html", "<!doctype html>"),
        ("result.csv", "request,practice,payer,"),
    ] {
        let path = called.file(name);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(sign) && text.contains("749025"), "{name}");
    }
    every_answer_is_there(&house, &printed(&house, &called, "--format json").await);
    house.settled(&called).await;
    house.close().await;
}
