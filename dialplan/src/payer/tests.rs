//! The embedded directory, and every mistake that a file can have.

use callwright_compliance::egress::Field;
use callwright_compliance::hours::Opening;

use super::*;
use crate::number::HumanNumberError;

const ACME: &str = include_str!("../../data/payers/acme-health.toml");

fn id(text: &str) -> PayerId {
    PayerId::new(text).unwrap()
}

/// The mistakes in one file, as text without the file's name.
fn mistakes(text: &str) -> Vec<String> {
    let errors = Directory::parse([("x.toml", text)]).unwrap_err();
    errors.iter().map(|e| e.to_string().strip_prefix("x.toml: ").unwrap().to_owned()).collect()
}

fn acme_with(from: &str, to: &str) -> String {
    assert!(ACME.contains(from), "{from}");
    ACME.replacen(from, to, 1)
}

#[test]
fn the_embedded_directory_has_the_payer_of_the_demonstration() {
    let directory = Directory::embedded().unwrap();
    let payer = directory.payer(&id("acme-health")).unwrap();
    assert_eq!(payer.name, "Acme Health");
    let line = payer.line(CallPurpose::MedicalBenefits).unwrap();
    assert_eq!(line.number.e164(), "+18002000140");
    assert_eq!(line.hours.zone, "America/New_York");
    assert_eq!(line.hours.payer, payer.id);
    for text in ["2026-11-22T04:59:59Z", "2026-11-22T05:00:00Z", "2026-03-08T07:00:00Z"] {
        assert_eq!(line.hours.opening(text.parse().unwrap()), Opening::Open, "{text}");
    }
    assert_eq!(line.publication.seen_on.to_string(), "2026-11-02");
    assert!(directory.menu(&line.menu).is_some());
    let (found, _) = directory.line_of(&line.number).unwrap();
    assert_eq!(found.id, payer.id);
    assert!(directory.payer(&id("other")).is_none());
    assert_eq!(directory.payers().count(), 2);
}

#[test]
fn a_line_says_what_it_wants_to_be_told() {
    let text = acme_with("[line.hours]", "needs = [\"member_id\", \"ssn\"]\n[line.hours]");
    let directory = Directory::parse([("x.toml", text)]).unwrap();
    let payer = directory.payer(&id("acme-health")).unwrap();
    let needs = payer.line(CallPurpose::MedicalBenefits).unwrap().needs;
    assert_eq!(needs, FieldSet::of(&[Field::MemberId, Field::Ssn]));
    let embedded = Directory::embedded().unwrap();
    let lines = embedded.payers().flat_map(|payer| &payer.lines);
    assert!(lines.into_iter().all(|line| line.needs.is_empty()));
}

#[test]
fn a_payers_own_list_of_fields_narrows_what_it_is_given() {
    let own = "[payer.fields]\nmedical_benefits = [\"npi\", \"member_id\"]\n\n[[line]]";
    let directory = Directory::parse([("x.toml", acme_with("[[line]]", own))]).unwrap();
    let payer = directory.payer(&id("acme-health")).unwrap();
    let medical = payer.allowed(CallPurpose::MedicalBenefits);
    for (field, given) in [
        (Field::Npi, true),
        (Field::MemberId, true),
        (Field::PatientDateOfBirth, false),
        (Field::TaxId, false),
        (Field::Ssn, false),
        (Field::HeardValue, true),
    ] {
        assert_eq!(medical.contains(field), given, "{field:?}");
    }
    // No list for the purpose: the policy's own.
    let dental = payer.allowed(CallPurpose::DentalBenefits);
    assert_eq!(dental, allowed(Destination::FarEnd, CallPurpose::DentalBenefits));
}

#[test]
fn a_payers_own_list_cannot_widen_the_policy() {
    for (list, mistake) in [
        (
            "medical_benefits = [\"ssn\", \"npi\"]",
            "payer.fields.medical_benefits: never given for this purpose: ssn",
        ),
        (
            "dental_benefits = [\"date_of_service\"]",
            "payer.fields.dental_benefits: never given for this purpose: date_of_service",
        ),
        (
            "medical_benefits = [\"recording\"]",
            "payer.fields.medical_benefits: never given for this purpose: recording",
        ),
        ("medical_benefits = []", "payer.fields.medical_benefits: empty"),
        ("medical_benefits = [\"birthday\"]", "payer: "),
        ("claims = [\"npi\"]", "payer: "),
    ] {
        let found =
            mistakes(&acme_with("[[line]]", &format!("[payer.fields]\n{list}\n\n[[line]]")));
        assert!(found.iter().any(|each| each.starts_with(mistake)), "{list}: {found:?}");
    }
}

#[test]
fn a_payer_names_itself_in_its_own_words_only() {
    let directory = Directory::embedded().unwrap();
    let payer = directory.payer(&id("acme-health")).unwrap();
    let names = |text: &str| payer.names_itself(&text.split(' ').collect::<Vec<_>>());
    assert!(names("thank you for calling Acme Health provider services"));
    assert!(names("acme health."));
    assert!(!names("thank you for calling health acme"));
    assert!(!names("acme general health"));
    assert!(!names("acne health"));
    assert!(!names(""));
}

/// What to change in the good file, to what, and the place and a word of the one mistake that follows.
const MISTAKES: &[(&str, &str, &str, &str)] = &[
    (r#"id = "acme-health""#, r#"id = "Acme""#, "payer.id", "not an id"),
    (r#"name = "Acme Health""#, r#"name = " ""#, "payer.name", "empty"),
    (r#""acme health""#, r#""""#, "payer.spoken", "empty"),
    ("spoken =", "spokn =", "payer", "spokn"),
    ("+18002000140", "1-800-GO-ACME", "line[0].number", "letters"),
    ("+18002000140", "800-200-0140 x3", "line[0].number", "menu map"),
    ("medical_benefits", "vision", "line[0]", "vision"),
    (r#"["medical_benefits", "dental_benefits"]"#, "[]", "line[0].purposes", "empty"),
    ("[line.hours]", "needs = [\"transcript\"]\n[line.hours]", "line[0].needs", "asks a caller"),
    ("[line.hours]", "needs = [\"shoe_size\"]\n[line.hours]", "line[0]", "shoe_size"),
    (r#"menu = "acme-health-provider""#, r#"menu = "other""#, "line[0].menu", "no [[menu]]"),
    ("America/New_York", "Mars/Olympus", "line[0].hours", "time zone"),
    (r#"from = "00:00""#, r#"from = "8am""#, "line[0].hours.windows[0]", "time of day"),
    (r#""sun""#, r#""sunday""#, "line[0].hours.windows[0]", "day of the week"),
    ("https://payers", "http://payers", "line[0].publication.url", "https"),
    ("2026-11-02", "2026-02-30", "line[0].publication.seen_on", "day"),
    (r#"press = "2""#, r#"press = "two""#, "menu[0].step[0].press", "not keys"),
    (r#"press = "2""#, "", "menu[0].step[0]", "exactly one"),
    (r#"press = "2""#, "press = \"2\"\nwait = true", "menu[0].step[0]", "exactly one"),
    (r#"item = "npi""#, r#"item = "ssn""#, "menu[0].step[1]", "ssn"),
    (r#"id = "rep""#, r#"id = "npi""#, "menu[0]", "same id"),
];

#[test]
fn one_mistake_is_named_with_its_place() {
    for (from, to, place, words) in MISTAKES {
        let found = mistakes(&acme_with(from, to));
        assert!(
            found.iter().any(|m| m.starts_with(&format!("{place}: ")) && m.contains(words)),
            "{from} -> {to}: {found:?}"
        );
        // A day that is wrong is wrong once; nothing else is blamed in its wake.
        assert_eq!(found.len(), 1, "{from} -> {to}: {found:?}");
    }
}

#[test]
fn all_mistakes_of_all_files_are_named_at_once() {
    let bad = acme_with("spoken =", "spokn =")
        .replace("+18002000140", "911")
        .replace("expect_hold = true", "expect_hold = 1");
    let errors = Directory::parse([("a.toml", bad.as_str()), ("b.toml", "payer = [")]).unwrap_err();
    let places: Vec<(&str, &str)> =
        errors.iter().map(|e| (e.file.as_str(), e.place.as_str())).collect();
    assert_eq!(
        places,
        [
            ("a.toml", "menu[0].step[3]"),
            ("a.toml", "payer"),
            ("a.toml", "line[0].number"),
            ("b.toml", "text line 1"),
        ]
    );
    let text = errors.to_string();
    assert!(text.starts_with("the payer directory has 4 mistake(s)\n  a.toml: "), "{text}");
}

#[test]
fn two_misspelled_keys_in_two_tables_are_two_messages() {
    let bad = acme_with("spoken =", "spokn =").replace("purposes =", "purpose =");
    let found = mistakes(&bad);
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn what_is_listed_twice_is_refused() {
    let errors = Directory::parse([("a.toml", ACME), ("b.toml", ACME)]).unwrap_err();
    let places: Vec<&str> = errors.iter().map(|e| e.place.as_str()).collect();
    assert_eq!(places, ["menu[0].id", "payer.id", "line[0].number"]);
    let twice = |e: &DirectoryError| matches!(e.problem, DirectoryProblem::Twice { .. });
    assert!(errors.iter().all(|e| e.file == "b.toml" && twice(e)));
}

#[test]
fn a_file_without_payer_or_lines_is_refused() {
    let found = mistakes("[vendor]\nid = \"x\"");
    let missing = "missing: a payer file has one [payer] and at least one [[line]]";
    assert!(found.contains(&format!("line: {missing}")), "{found:?}");
    assert!(found.contains(&format!("payer: {missing}")), "{found:?}");
    assert!(found.iter().any(|m| m.starts_with("vendor: no such table")), "{found:?}");
}

#[test]
fn the_digest_tells_texts_apart() {
    let digest = |text: &str| *Directory::parse([("a.toml", text)]).unwrap().digest();
    assert_eq!(digest(ACME), digest(ACME));
    assert_ne!(digest(ACME), digest(&format!("{ACME}\n")));
}

#[test]
fn no_message_repeats_a_number() {
    let found = mistakes(&acme_with("+18002000140", "8002000140,,55"));
    assert_eq!(found, [format!("line[0].number: {}", HumanNumberError::Extension)]);
}
