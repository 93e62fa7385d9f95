//! The file format: what is taken, and how what is not is told.

use super::*;
use crate::payer::problems::Problem;

const ACME: &str = include_str!("../../../fixtures/payers/acme-medical.toml");

#[test]
fn the_demo_payer_is_read_whole() {
    let scenario = Scenario::acme_medical().unwrap();
    assert_eq!(scenario.expected.fields.len(), 10);
    assert_eq!((scenario.line.as_str(), scenario.menu.len()), ("+18002000140", 5));
    assert!(scenario.faults.is_none());
    let texts = scenario.texts();
    assert!(texts.windows(2).all(|pair| pair[0] < pair[1]), "sorted, each once");
}

#[test]
fn every_payer_of_the_program_asks_a_question_set_and_expects_its_fields() {
    let pack = callwright_prompts::Pack::embedded().unwrap();
    for name in Scenario::names() {
        let scenario = Scenario::named(name).unwrap().unwrap();
        assert_eq!(scenario.id, name);
        let set = pack.question_set(&scenario.question_set).unwrap();
        let mut asked: Vec<&str> = set.fields.iter().map(|field| field.name.as_str()).collect();
        asked.sort_unstable();
        let expected: Vec<&str> = scenario.expected.fields.keys().map(String::as_str).collect();
        assert_eq!(asked, expected, "{name}");
    }
}

#[test]
fn an_unknown_key_is_named() {
    let error = Scenario::parse(&ACME.replace("ring_ms", "rings_ms")).unwrap_err();
    assert!(error.to_string().contains("rings_ms"), "{error}");
}

#[test]
fn every_problem_is_told_at_once() {
    let text = ACME
        .replace("line = \"+18002000140\"", "line = \"payer\"")
        .replace("\"2\" = \"npi\"", "\"22\" = \"nowhere\"")
        .replace("id = \"specialist\"", "id = \"plan\"")
        .replace(
            "greeting = \"thank you for holding. my name is jessica. how can i help you today?\"",
            "greeting = \" \"",
        )
        .replace("tries = 3", "tries = 0")
        + "\n[faults.hang_up]\nstep = \"nobody\"\nat_ms = 5\n";
    let ScenarioError::Invalid(problems) = Scenario::parse(&text).unwrap_err() else {
        panic!("the text is well formed");
    };
    let has = |wanted: fn(&Problem) -> bool| problems.iter().any(wanted);
    assert!(has(|p| matches!(p, Problem::NotANumber)));
    assert!(has(|p| matches!(p, Problem::NotAKey { key, .. } if key == "22")));
    assert!(has(|p| matches!(p, Problem::NoSuchStep { named, .. } if named == "nowhere")));
    assert!(has(|p| matches!(p, Problem::DuplicateId { id } if id == "plan")));
    assert!(has(|p| matches!(p, Problem::NoWords { place } if place == "representative.greeting")));
    assert!(has(|p| matches!(p, Problem::OutOfRange { value: 0, .. })));
    assert!(has(|p| matches!(p, Problem::HangUpWhen)));
    assert!(has(|p| matches!(p, Problem::NoSuchStep { named, .. } if named == "nobody")));
}

#[test]
fn faults_are_data() {
    let text = ACME.to_owned()
        + "\n[faults]\ndial = \"no-answer\"\nmarks = \"out-of-order\"\nsecond_stream_at_ms = 40\n\
           hang_up = { step = \"greeting\", after_ms = 300 }\n\
           stalls = [{ at_ms = 100, for_ms = 60 }]\n\
           inject = [{ at_ms = 20, what = \"binary\" }, { at_ms = 40, what = { digit = \"5\" } }]\n";
    let faults = Scenario::parse(&text).unwrap().faults;
    assert_eq!(faults.dial, crate::payer::faults::DialFault::NoAnswer);
    assert_eq!(faults.inject[1].what, crate::payer::faults::Injected::Digit('5'));
    assert_eq!(faults.hang_up.unwrap().after_ms, 300);
}

#[test]
fn a_missing_file_is_named() {
    let error = Scenario::load(Path::new("no/such/payer.toml")).unwrap_err();
    assert!(error.to_string().contains("no/such/payer.toml"), "{error}");
}
