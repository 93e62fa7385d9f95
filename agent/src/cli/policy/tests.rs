//! `policy explain` and `policy check` from their arguments to their output and exit codes.

use std::fs;

use serde_json::Value;

use super::super::tests::Place;
use crate::cli::Exit;

const LINE: &str = "+18002000140";

/// Explains as JSON, and says how it ended.
async fn explained(place: &Place, rest: &str) -> (Exit, Value) {
    let (exit, text) = place.run(&format!("policy explain --json {rest}")).await;
    (exit.unwrap(), serde_json::from_str(&text).unwrap())
}

/// The rules with an outcome.
fn rules(explanation: &Value, outcome: &str) -> Vec<String> {
    let rules = explanation["rules"].as_array().unwrap().iter();
    let with = rules.filter(|row| row["outcome"] == outcome);
    with.map(|row| row["rule"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_line_that_may_be_called_is_permitted_with_every_rule_and_its_source() {
    let place = Place::new();
    place.set_up().await;
    let rest = format!("CONFIG --to {LINE} --class payer");
    let (exit, said) = explained(&place, &rest).await;
    assert_eq!((exit, said["verdict"].as_str()), (Exit::Good, Some("permitted")), "{said:#}");
    assert_eq!((&said["practice"], &said["payer"]), (&"oak".into(), &"acme-health".into()));
    assert_eq!(said["to"], "+1 800 *** **40");
    assert_eq!(said["missing"], serde_json::json!([]));
    for row in said["rules"].as_array().unwrap() {
        for part in ["title", "source", "verified_on", "outcome"] {
            assert!(row[part].as_str().is_some_and(|text| !text.is_empty()), "{part}: {row}");
        }
        assert_eq!(row["reasons"], serde_json::json!([]), "{row}");
    }
    for rule in ["N1", "N2", "N3", "N4", "H2", "C4", "L1", "L2", "V1", "I1"] {
        assert!(rules(&said, "passed").contains(&rule.to_owned()), "{rule}");
    }
    assert!(rules(&said, "obliged").contains(&"D1".to_owned()));
    // For people: the verdict is the first word. No number in clear in either form.
    let text = place.good(&format!("policy explain {rest}")).await;
    assert!(text.starts_with("PERMITTED: a payer call to +1 800 *** **40"), "{text}");
    assert!(!text.contains("8002000140") && !said.to_string().contains("8002000140"));
}

#[tokio::test]
async fn explaining_writes_nothing() {
    let place = Place::new();
    place.set_up().await;
    let before = place.good("audit verify FOLDER").await;
    for class in ["payer", "test", "patient"] {
        let rest = format!("CONFIG --to {LINE} --class {class}");
        assert_eq!(explained(&place, &rest).await.0 == Exit::Good, class == "payer");
    }
    assert_eq!(place.good("audit verify FOLDER").await, before);
}

#[tokio::test]
async fn a_refusal_names_its_rules_and_how_to_mend_them() {
    let place = Place::new();
    place.set_up().await;
    for (rest, rule, code) in [
        (format!("--to {LINE} --class patient"), "C1", "patient_calls_not_offered"),
        (format!("--to {LINE} --class test"), "N3", "listed_for_other_class"),
        (
            format!("--to {LINE} --class payer --at 2026-01-02T15:00:00Z"),
            "N3",
            "listing_from_the_future",
        ),
        ("--to +18002000149 --class payer".to_owned(), "N3", "not_listed"),
        ("--to +18092000140 --class payer".to_owned(), "N2", "area_code_foreign"),
        ("--to +19002000140 --class test".to_owned(), "N2", "area_code_premium"),
    ] {
        let (exit, said) = explained(&place, &format!("CONFIG {rest}")).await;
        assert_eq!(exit, Exit::Refused, "{rest}");
        let row = said["rules"].as_array().unwrap().iter().find(|row| row["rule"] == rule).unwrap();
        assert_eq!(row["outcome"], "refused", "{rest}");
        let reasons = row["reasons"].as_array().unwrap();
        let reason = reasons.iter().find(|reason| reason["code"] == code);
        let reason = reason.unwrap_or_else(|| panic!("{rest}: {reasons:?}"));
        assert!(reason["mend"].as_str().is_some_and(|mend| !mend.is_empty()));
    }
    place.good("kill CONFIG --as ann --all").await;
    let (exit, text) = place.run(&format!("policy explain CONFIG --to {LINE} --class payer")).await;
    assert_eq!(exit.unwrap(), Exit::Refused);
    assert!(text.starts_with("REFUSED by I1: "), "{text}");
    assert!(text.find("Refused by").unwrap() < text.find("Content").unwrap(), "{text}");
    assert!(text.contains("-> `callwright kill lift`"), "{text}");
}

#[tokio::test]
async fn what_is_not_there_is_named_and_refuses() {
    let place = Place::new();
    let call = format!("--to {LINE} --class payer");
    let nowhere = format!("{call} --config FOLDER/none.toml");
    for (rest, what) in [
        (call.clone(), "no configuration was given"),
        (nowhere, "there is no configuration file"),
        (format!("{call} CONFIG"), "so no allowlist"),
    ] {
        let (exit, said) = explained(&place, &rest).await;
        assert_eq!((exit, &said["verdict"]), (Exit::Refused, &"refused".into()), "{rest}");
        let missing = said["missing"].to_string();
        assert!(missing.contains(what), "{rest}: {missing}");
        assert!(rules(&said, "refused").contains(&"N3".to_owned()), "{said}");
    }
    // Nothing was made in asking.
    assert!(!place.path("callwright.db").exists() && !place.path("callwright.key").exists());

    place.set_up().await;
    place.good("setup practice CONFIG --as ann --practice elm --name Elm").await;
    let (exit, said) = explained(&place, &format!("{call} CONFIG")).await;
    assert_eq!(exit, Exit::Refused);
    assert!(said["missing"].to_string().contains("give --practice: elm, oak"), "{said}");
    let (exit, said) = explained(&place, &format!("{call} CONFIG --practice elm")).await;
    assert_eq!(exit, Exit::Refused);
    assert!(said["missing"].to_string().contains("no provider"), "{said}");
    assert_eq!(explained(&place, &format!("{call} CONFIG --practice oak")).await.0, Exit::Good);
    assert_eq!(explained(&place, &format!("{call} CONFIG --practice ash")).await.0, Exit::Refused);
}

#[tokio::test]
async fn every_text_that_is_no_number_is_explained_by_n1() {
    let place = Place::new();
    let table = include_str!("../../../../compliance/tests/data/cases.json");
    let table: Value = serde_json::from_str(table).unwrap();
    let texts = table["texts"].as_array().unwrap();
    assert!(texts.len() >= 60);
    for text in texts {
        let to = text["text"].as_str().unwrap();
        let words = ["policy", "explain", "--json", "--class", "payer", "--to", to];
        let (exit, said) = place.run_words(words.into_iter()).await;
        assert_eq!(exit.unwrap(), Exit::Refused, "{to:?}");
        let said: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(rules(&said, "refused"), ["N1"], "{to:?}");
        let first = &said["rules"][0];
        let code = format!("number_{}", text["refused"].as_str().unwrap());
        assert_eq!(first["reasons"][0]["code"], code, "{to:?}");
        assert_eq!(said["to"], Value::Null);
    }
    // What people would read as a number is told.
    let words = ["policy", "explain", "--class", "payer", "--to", "(614) 200-0134"];
    let (_, said) = place.run_words(words.into_iter()).await;
    assert!(said.contains("people read it as +16142000134"), "{said}");
}

#[tokio::test]
async fn a_broken_policy_is_named_with_all_its_lines() {
    let place = Place::new();
    place.good("policy check FOLDER/callwright.toml").await;
    let (exit, said) = place.run("policy check FOLDER/callwright.toml --json").await;
    assert_eq!(exit.unwrap(), Exit::Good);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["whole"], true);

    let path = place.path("callwright.toml");
    let good = fs::read_to_string(&path).unwrap();
    let bad = good
        .replace("number_running_max = 1\n", "number_running_max = 9\nrunning = 2\n")
        .replace("absence = \"deny\"", "absence = 7")
        .replace("total_s = 5400", "total_s = 0");
    fs::write(&path, &bad).unwrap();
    let (exit, said) = place.run("policy check FOLDER/callwright.toml --json").await;
    assert_eq!(exit.unwrap(), Exit::Usage);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["whole"], false);
    let line = |text: &str| bad.lines().position(|line| line.contains(text)).unwrap() as u64 + 1;
    let found: Vec<(&str, u64)> = said["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| (problem["key"].as_str().unwrap(), problem["line"].as_u64().unwrap()))
        .collect();
    let wanted = [
        ("policy.limits.number_running_max", line("number_running_max = 9")),
        ("policy.limits.running", line("running = 2")),
        ("policy.caps.payer.total_s", line("total_s = 0")),
        ("policy.consent.absence", line("absence = 7")),
    ];
    assert_eq!(found, wanted);
    // Every command that reads the file says the same.
    let rest = format!("policy explain CONFIG --to {LINE} --class payer");
    for command in ["policy check FOLDER/callwright.toml", "check CONFIG", rest.as_str()] {
        let error = place.run(command).await.0.unwrap_err();
        assert_eq!(error.exit(), Exit::Usage);
        let told = format!("line {}, column 1: `policy.limits.running`", line("running = 2"));
        assert!(error.to_string().contains(&told), "{error}");
        assert_eq!(error.to_string().lines().count(), 5, "{error}");
    }
}
