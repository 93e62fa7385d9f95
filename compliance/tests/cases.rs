//! The decision as a table: `data/cases.json` has one case a line, over numbers, classes, facts, policies and times.
//!
//! A case changes parts of a good call (`request`, `facts` and `policy`, by path) and says every rule that refuses and why; `has` names
//! some of them. `texts` are what rule N1 refuses. Beside the table stands the law that no refusal is lifted by knowing less.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;

use callwright_compliance::number::NumberError;
use callwright_compliance::{
    Decision, DialRequest, Facts, PhoneNumber, Policy, Proving, Reason, Screening, decide, prove,
    screen,
};
use jiff::Timestamp;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

const CASES: &str = include_str!("data/cases.json");
const REQUEST: &str = include_str!("data/request.json");
const FACTS: &str = include_str!("data/facts.json");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    texts: Vec<Text>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    text: String,
    refused: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    case: String,
    #[serde(default = "noon")]
    at: Timestamp,
    #[serde(default = "dial")]
    stage: String,
    #[serde(default)]
    with: serde_json::Map<String, Value>,
    /// Every reason; empty where nothing is against it.
    says: Option<Vec<String>>,
    /// Some of the reasons.
    has: Option<Vec<String>>,
}

/// Monday, 12:00:01 in New York, a second after the good facts were read.
fn noon() -> Timestamp {
    "2026-10-05T16:00:01Z".parse().unwrap()
}

fn dial() -> String {
    "dial".to_owned()
}

fn table() -> Table {
    serde_json::from_str(CASES).unwrap()
}

/// A good call as JSON: its request, its facts and the policy.
fn good() -> Value {
    let text = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    json!({
        "request": text(REQUEST), "facts": text(FACTS),
        "policy": serde_json::to_value(Policy::recommended()).unwrap(),
    })
}

/// Puts a value at a path such as `facts/usage/read/value/system_running`; keys that are not there yet are made.
fn put(world: &mut Value, path: &str, value: Value) {
    if path == "as_of" {
        let facts = world["facts"].as_object_mut().unwrap();
        for reading in facts.values_mut().filter(|reading| reading.is_object()) {
            reading["read"]["as_of"] = value.clone();
        }
        return;
    }
    let (parent, key) = path.rsplit_once('/').unwrap();
    let parent = world.pointer_mut(&format!("/{parent}")).unwrap_or_else(|| panic!("no {path}"));
    if let Value::Array(items) = parent {
        items[key.parse::<usize>().unwrap()] = value;
    } else {
        parent[key] = value;
    }
}

/// The reasons against a world, as `N2 area_code_premium`, sorted.
fn reasons(world: &Value, stage: &str, at: Timestamp) -> Vec<String> {
    let request: DialRequest = serde_json::from_value(world["request"].clone()).unwrap();
    let facts: Facts = serde_json::from_value(world["facts"].clone()).unwrap();
    let policy: Policy = serde_json::from_value(world["policy"].clone()).unwrap();
    let refused = match stage {
        "dial" => match decide(&request, &facts, &policy, at) {
            Decision::Permit(_) => None,
            Decision::Refuse(refusal) => Some(refusal),
        },
        "enqueue" => match screen(&request, &facts, &policy, at) {
            Screening::MayQueue(_) => None,
            Screening::Refuse(refusal) => Some(refusal),
        },
        "prove" => match prove(&request, &facts, &policy, at) {
            Proving::Leave(_) => None,
            Proving::Refuse(refusal) => Some(refusal),
        },
        other => panic!("no stage {other}"),
    };
    let mut found: Vec<String> = match refused {
        None => vec![],
        Some(refusal) => refusal.reasons().iter().map(named).collect(),
    };
    found.sort();
    found
}

fn named(reason: &Reason) -> String {
    let code = serde_json::to_value(reason.code).unwrap();
    let code = if let Value::Object(map) = &code {
        let (code, about) = map.iter().next().unwrap();
        about.as_str().map_or(code.clone(), |about| format!("{code}:{about}"))
    } else {
        code.as_str().unwrap().to_owned()
    };
    format!("{} {code}", reason.rule)
}

#[test]
fn every_case_of_the_table_is_decided_as_it_says() {
    let cases = table().cases;
    assert!(cases.len() >= 120, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let mut world = good();
        for (path, value) in &case.with {
            put(&mut world, path, value.clone());
        }
        let found = reasons(&world, &case.stage, case.at);
        let is_right = match (&case.says, &case.has) {
            (Some(says), None) => found == *says,
            (None, Some(has)) => !has.is_empty() && has.iter().all(|reason| found.contains(reason)),
            (Some(_), Some(_)) | (None, None) => panic!("{}: says or has", case.case),
        };
        if !is_right {
            wrong.push(format!("{}: {found:?}", case.case));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn the_table_permits_and_refuses_at_every_stage_and_by_every_rule_of_the_decision() {
    let cases = table().cases;
    for stage in ["dial", "enqueue", "prove"] {
        let of_stage = || cases.iter().filter(|case| case.stage == stage);
        assert!(of_stage().any(|case| case.says.as_ref().is_some_and(Vec::is_empty)), "{stage}");
        assert!(
            of_stage().any(|case| case.says.as_ref().is_some_and(|s| !s.is_empty())),
            "{stage}"
        );
    }
    let named = cases.iter().flat_map(|case| case.says.iter().chain(&case.has).flatten());
    let rules: BTreeSet<&str> = named.filter_map(|reason| reason.split(' ').next()).collect();
    for rule in ["N2", "N3", "N4", "H2", "C1", "C4", "L1", "L2", "V1", "V2", "G1", "D1", "I1"] {
        assert!(rules.contains(rule), "{rule}");
    }
}

#[test]
fn n1_refuses_every_text_of_the_table() {
    let texts = table().texts;
    assert!(texts.len() >= 60, "{}", texts.len());
    for Text { text, refused } in &texts {
        let error = PhoneNumber::parse_e164(text).expect_err(text);
        let kind = match error {
            NumberError::Grammar => "grammar",
            NumberError::Exchange(_) => "exchange",
        };
        assert_eq!(kind, refused, "{text:?}");
        // A text that is no number does not become a request's either.
        let mut world = good();
        put(&mut world, "request/to", json!(text));
        assert!(
            serde_json::from_value::<DialRequest>(world["request"].clone()).is_err(),
            "{text:?}"
        );
    }
}

#[test]
fn n4_what_was_permitted_at_the_door_is_refused_when_it_changed_before_the_dial() {
    let at = noon();
    assert!(reasons(&good(), "enqueue", at).is_empty());
    assert!(reasons(&good(), "dial", at).is_empty());
    for (path, value, reason) in [
        ("facts/allowlist/read/value", json!([]), "N3 not_listed"),
        ("facts/allowlist/read/value/0/approval", json!("pending"), "N3 approval_missing"),
        ("facts/switch/read/value/tenant", json!("stopped"), "I1 stopped_for_tenant"),
        ("facts/usage/read/value/number_running", json!(1), "L2 number_busy"),
        ("facts/vendors/read/value/rows", json!([]), "V1 vendor"),
        ("facts/hours/read/value/closed_on", json!(["2026-10-05"]), "H2 payer_closed"),
        ("policy/caps/payer/total_s", json!(0), "L1 cap_unset"),
    ] {
        let mut world = good();
        put(&mut world, path, value);
        let found = reasons(&world, "dial", at);
        assert!(found.iter().any(|found| found == reason), "{path}: {found:?}");
    }
}

/// What may be taken away of facts and policy. Lists of prohibitions (closed days, stopped vendors, required flags) are not knowledge
/// that permits: taking one of those away is an act of its own, and audited as one.
const TAKEN: &[(&str, &str)] = &[
    ("facts/allowlist", "\"unreadable\""),
    ("facts/identity", "\"unreadable\""),
    ("facts/hours", "\"unreadable\""),
    ("facts/vendors", "\"unreadable\""),
    ("facts/switch", "\"unreadable\""),
    ("facts/consent", "\"unreadable\""),
    ("facts/usage", "\"unreadable\""),
    ("facts/allowlist/read/value", "[]"),
    ("facts/allowlist/read/value/0/approval", "\"pending\""),
    ("facts/allowlist/read/value/0/proof", "null"),
    ("facts/allowlist/read/value/0/line", "\"unknown\""),
    ("facts/hours/read/value", "null"),
    ("facts/hours/read/value/zone", "\"\""),
    ("facts/hours/read/value/weekly", "[]"),
    ("facts/vendors/read/value/rows", "[]"),
    ("facts/consent/read/value", "\"absent\""),
    ("facts/identity/read/value/registered_name", "\"\""),
    ("request/vendors", "[]"),
    ("policy/territories", "[]"),
    ("policy/vendors/networks", "[]"),
];

/// Every key of the policy's JSON that leads to a value.
fn policy_keys(value: &Value, path: &str, keys: &mut Vec<String>) {
    if let Value::Object(map) = value {
        for (key, value) in map {
            let path = format!("{path}/{key}");
            policy_keys(value, &path, keys);
            keys.push(path);
        }
    }
}

/// Takes one thing away. What is not there, because something above it was taken before, stays away.
fn take(world: &mut Value, which: usize) {
    let mut keys = Vec::new();
    policy_keys(&world["policy"], "policy", &mut keys);
    let which = which % (TAKEN.len() + keys.len());
    if let Some((path, value)) = TAKEN.get(which) {
        // A refusal is a prohibition, too: it is never taken away (rule C4's history is not overwritten).
        let known = if *path == "facts/consent/read/value" {
            "facts/consent/read/value/granted"
        } else {
            path
        };
        let is_there = world.pointer(&format!("/{known}")).is_some_and(|value| !value.is_null());
        if is_there {
            put(world, path, serde_json::from_str(value).unwrap());
        }
    } else {
        let key = &keys[which - TAKEN.len()];
        let (parent, key) = key.rsplit_once('/').unwrap();
        let parent = world.pointer_mut(&format!("/{parent}")).unwrap();
        parent.as_object_mut().unwrap().remove(key);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// From any case of the table, permitted or not: once refused, it stays refused whatever is taken away, in whatever order.
    #[test]
    fn knowing_less_never_permits(case in any::<prop::sample::Index>(), taken in prop::collection::vec(any::<usize>(), 1..12)) {
        let cases = table().cases;
        let case = case.get(&cases);
        let mut world = good();
        for (path, value) in &case.with {
            put(&mut world, path, value.clone());
        }
        let mut was_refused = !reasons(&world, &case.stage, case.at).is_empty();
        for which in taken {
            take(&mut world, which);
            let is_refused = !reasons(&world, &case.stage, case.at).is_empty();
            prop_assert!(is_refused || !was_refused, "{}: lifted by taking {which}: {world}", case.case);
            was_refused = is_refused;
        }
    }
}

#[test]
fn each_fact_and_each_limit_alone_is_needed() {
    let mut keys = Vec::new();
    policy_keys(&good()["policy"], "policy", &mut keys);
    let mut idle = Vec::new();
    for which in 0..TAKEN.len() + keys.len() {
        let mut world = good();
        take(&mut world, which);
        if reasons(&world, "dial", noon()).is_empty() {
            idle.push(
                TAKEN.get(which).map_or_else(
                    || keys[which - TAKEN.len()].clone(),
                    |(path, _)| (*path).to_owned(),
                ),
            );
        }
    }
    // What this good call does not rest on: it is no test, no call to a patient, no territory, no hosted vendor, nobody confirmed alone,
    // and less is recorded. How long something is kept is no matter of a call.
    let rests_not_on = |path: &String| {
        [
            "caps/test",
            "caps/patient",
            "patient_hours",
            "policy/retention",
            "required_flags",
            "networks",
            "territories",
            "sole_administrator",
        ]
        .iter()
        .chain(&["test_proof_days_max", "recording", "repeats_max", "consent", "proof"])
        .any(|part| path.contains(part))
    };
    let surprising: Vec<&String> = idle.iter().filter(|path| !rests_not_on(path)).collect();
    assert!(surprising.is_empty(), "{surprising:?}");
}
