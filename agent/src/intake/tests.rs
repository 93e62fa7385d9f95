//! What the intake takes and refuses, and that it never repeats a value.

use callwright_compliance::{CallClass, Purpose};
use callwright_dialplan::payer::Directory;
use callwright_prompts::Pack;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::services::FileKeeping;

const NOW: &str = "2026-11-02T15:00:00Z";

fn read(text: &[u8], keeping: FileKeeping) -> Result<Intake, Problems> {
    let (directory, pack) = (Directory::embedded().unwrap(), Pack::embedded().unwrap());
    let now = NOW.parse().unwrap();
    parse(text, &Known { directory: &directory, pack: &pack, keeping, now })
}

fn good() -> Value {
    json!({
        "practice": "oak-street",
        "provider": "0123456789abcdef0123456789abcdef",
        "payer": "acme-health",
        "purpose": "medical_benefits",
        "question_set": "medical",
        "patient": {
            "name": "Maria Lopez",
            "date_of_birth": "1985-04-12",
            "member_id": "W472 913-886",
            "group_number": null,
            "relationship": "self",
        },
        "ai_call_consent": {
            "state": "granted", "at": "2026-10-01T09:00:00-04:00",
            "method": "signed", "evidence": "form-17",
        },
        "patient_kind": "real",
        "class": "test",
        "priority": 9,
    })
}

/// The fields that are complained about when `pointer` is set to `value`.
fn fields(pointer: &str, value: Value) -> Vec<String> {
    let mut request = good();
    *request.pointer_mut(pointer).unwrap() = value;
    problems(&request)
}

fn problems(request: &Value) -> Vec<String> {
    match read(request.to_string().as_bytes(), FileKeeping::Sealed) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(|problem| problem.field.clone()).collect(),
    }
}

fn told(request: &Value) -> String {
    read(request.to_string().as_bytes(), FileKeeping::Sealed).err().unwrap().to_string()
}

#[test]
fn a_good_request_is_typed() {
    let intake = read(good().to_string().as_bytes(), FileKeeping::Sealed).ok().unwrap();
    assert_eq!(intake.tenant.as_str(), "oak-street");
    assert_eq!(intake.order.not_before, NOW.parse().unwrap());
    assert_eq!(u8::from(intake.order.priority), 9);
    assert_eq!(intake.order.class, CallClass::Test);
    let mut request = good();
    request.as_object_mut().unwrap().remove("class");
    let intake = read(request.to_string().as_bytes(), FileKeeping::Sealed).ok().unwrap();
    assert_eq!(intake.order.class, CallClass::Payer);
    assert_eq!(intake.patient.member_id.expose(Purpose::Compare), "W472 913-886");
    assert!(intake.patient.group_number.is_none());
}

#[test]
fn each_field_is_checked_and_named() {
    for (pointer, bad) in [
        ("/practice", json!("Oak Street")),
        ("/provider", json!("1234567893")),
        ("/payer", json!("no-such-payer")),
        ("/payer", json!(7)),
        ("/purpose", json!("surgery")),
        ("/question_set", json!("no_such_set")),
        ("/patient", json!("Maria Lopez")),
        ("/patient/name", json!(" ")),
        ("/patient/name", json!("a\nb")),
        ("/patient/date_of_birth", json!("1985-02-30")),
        ("/patient/date_of_birth", json!("04/12/1985")),
        ("/patient/date_of_birth", json!("2026-11-04")),
        ("/patient/member_id", json!("W;4")),
        ("/patient/group_number", json!("")),
        ("/patient/relationship", json!("friend")),
        ("/ai_call_consent", json!(true)),
        ("/ai_call_consent/state", json!("yes")),
        ("/ai_call_consent/at", json!("2026-11-02")),
        ("/ai_call_consent/at", json!("2027-01-01T00:00:00Z")),
        ("/ai_call_consent/method", json!("telepathy")),
        ("/ai_call_consent/evidence", json!("Maria Lopez")),
        ("/patient_kind", json!("dead")),
        ("/class", json!("emergency")),
        ("/priority", json!(10)),
        ("/priority", json!(-1)),
    ] {
        assert_eq!(fields(pointer, bad.clone()), [pointer], "{bad}");
    }
}

#[test]
fn all_mistakes_come_at_once() {
    let mut request = good();
    request["purpose"] = Value::Null;
    request["colour"] = json!("red");
    request["patient"]["ssn"] = json!("078-05-1120");
    request["patient"]["member_id"] = json!("?");
    request["due"] = json!("2026-11-01T00:00:00Z");
    let found = problems(&request);
    let wanted = ["/purpose", "/due", "/?", "/patient/member_id", "/patient/?"];
    assert_eq!(found, wanted);
}

#[test]
fn an_unknown_field_is_named_only_where_it_is_a_known_one() {
    for (name, wanted) in [
        ("payer", "/patient/payer: there is no such field: remove it"),
        (
            "member_di",
            "/patient/?: there is no such field (what was written is not repeated): did you mean `member_id`?",
        ),
        ("dateofbirth", "did you mean `date_of_birth`?"),
        ("names", "did you mean `name`?"),
        ("relationships", "did you mean `relationship`?"),
        ("mayer", "/patient/?: "),
        ("ssn", "/patient/?: "),
        ("lopez", "/patient/?: "),
        ("maria_lopez", "/patient/?: "),
        ("", "/patient/?: "),
        ("ñame", "/patient/?: "),
    ] {
        let mut request = good();
        request["patient"][name] = json!(1);
        let found = told(&request);
        assert!(found.contains(wanted), "{name}: {found}");
    }
}

#[test]
fn an_empty_request_lists_what_is_required() {
    let wanted = [
        "/practice",
        "/provider",
        "/payer",
        "/purpose",
        "/question_set",
        "/patient",
        "/ai_call_consent",
        "/patient_kind",
    ];
    assert_eq!(problems(&json!({})), wanted);
}

#[test]
fn consent_that_nobody_asked_for_needs_no_evidence() {
    assert!(fields("/ai_call_consent", json!({ "state": "absent" })).is_empty());
    let odd = json!({ "state": "absent", "at": "2026-10-01T09:00:00Z" });
    assert_eq!(fields("/ai_call_consent", odd), ["/ai_call_consent/at"]);
}

#[test]
fn a_living_patient_is_refused_where_files_are_open() {
    let text = good().to_string();
    let problems = read(text.as_bytes(), FileKeeping::Open).err().unwrap();
    assert_eq!(problems.iter().next().unwrap().fault, Fault::OpenFiles);
    let text = text.replace("\"real\"", "\"synthetic\"");
    assert!(read(text.as_bytes(), FileKeeping::Open).is_ok());
}

#[test]
fn what_is_no_object_is_refused() {
    for text in ["", "[]", "7", "{", "\u{feff}{}", "{\"practice\": }"] {
        let problems = read(text.as_bytes(), FileKeeping::Sealed).err().unwrap();
        assert_eq!(problems.iter().count(), 1, "{text}");
    }
    let long = vec![b' '; REQUEST_BYTES_MAX + 1];
    let problems = read(&long, FileKeeping::Sealed).err().unwrap();
    assert_eq!(problems.iter().next().unwrap().fault, Fault::TooLong);
}

fn any_json(planted: &'static str) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(Value::from(planted)),
    ];
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any_name(planted), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn any_name(planted: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "practice",
            "provider",
            "payer",
            "purpose",
            "question_set",
            "patient",
            "name",
            "due",
            "ai_call_consent",
            "state",
            "at",
            "patient_kind",
            "priority",
            "member_id",
        ])
        .prop_map(str::to_owned),
        Just(planted.to_owned()),
        ".{0,8}",
    ]
}

const PLANTED: &str = "Zebediah Q. 4729-W";

proptest! {
    #[test]
    fn no_json_panics_or_is_repeated(value in any_json(PLANTED), at in 0_usize..10) {
        // Both as the whole request and in place of one field of a good one.
        let mut request = good();
        if let Some((_, field)) = request.as_object_mut().and_then(|all| all.iter_mut().nth(at)) {
            *field = value.clone();
        }
        for request in [request, value] {
            if let Err(problems) = read(request.to_string().as_bytes(), FileKeeping::Sealed) {
                prop_assert!(!problems.to_string().contains(PLANTED));
                let debug = format!("{problems:?}");
                prop_assert!(!debug.contains(PLANTED));
            }
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(read(&bytes, FileKeeping::Sealed).is_err());
    }
}
