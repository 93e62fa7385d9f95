//! Which text is chosen, and which packs are refused.

use super::*;
use crate::clip::{FIRST_SENTENCE_MAX_S, estimated_s};
use crate::pack::{EMBEDDED, Pack, Sources};

const RECORDED: Notice = Notice::RecordedAndTranscribed;
const CLASSES: [CallClass; 3] = [CallClass::Payer, CallClass::Test, CallClass::Patient];

fn pack() -> Pack {
    Pack::embedded().unwrap_or_else(|error| panic!("{error}"))
}

fn id(class: CallClass, places: Places<'_>, recording: Notice) -> String {
    pack().notices().choose(class, places, recording).id.clone()
}

#[test]
fn a_payer_s_place_is_not_known_and_its_text_says_all_that_any_place_wants() {
    assert_eq!(id(CallClass::Payer, Places::Unknown, RECORDED), "payer-recorded");
    assert_eq!(id(CallClass::Payer, Places::Unknown, Notice::Transcribed), "payer-transcribed");
    assert_eq!(id(CallClass::Test, Places::Unknown, RECORDED), "test-recorded");
    assert_eq!(id(CallClass::Test, Places::Any(&["OH"]), Notice::Transcribed), "test-transcribed");
}

#[test]
fn the_strictest_of_a_patient_s_places_wins() {
    for (places, wanted) in [
        (Places::Any(&["OH"]), "patient-recorded"),
        (Places::Any(&["TX", "WA"]), "patient-recorded"),
        (Places::Any(&["UT"]), "patient-recorded-not-human"),
        (Places::Any(&["OH", "ME"]), "patient-recorded-not-human"),
        (Places::Any(&["CA"]), "patient-recorded-strictest"),
        (Places::Any(&["UT", "CA"]), "patient-recorded-strictest"),
        // Not read, not there, not known, and no place at all.
        (Places::Any(&["GU"]), "patient-recorded-strictest"),
        (Places::Any(&["OH", "ZZ"]), "patient-recorded-strictest"),
        (Places::Any(&["oh"]), "patient-recorded-strictest"),
        (Places::Any(&[]), "patient-recorded-strictest"),
        (Places::Unknown, "patient-recorded-strictest"),
    ] {
        assert_eq!(id(CallClass::Patient, places, RECORDED), wanted, "{places:?}");
    }
    let transcribed = id(CallClass::Patient, Places::Unknown, Notice::Transcribed);
    assert_eq!(transcribed, "patient-transcribed-strictest");
}

#[test]
fn more_places_never_want_less() {
    let pack = pack();
    let notices = pack.notices();
    let regions: Vec<&str> = notices.places.keys().map(String::as_str).collect();
    assert_eq!(regions.len(), 51, "the states and the District of Columbia");
    for class in CLASSES {
        for recording in [RECORDED, Notice::Transcribed] {
            let unknown = notices.choose(class, Places::Unknown, recording);
            for one in &regions {
                let alone = notices.choose(class, Places::Any(&[one]), recording);
                assert!(alone.says.is_superset(&base(recording)), "{class:?} {one}");
                assert!(unknown.says.is_superset(&alone.says), "{class:?} {one}");
                for other in &regions {
                    let both = notices.choose(class, Places::Any(&[one, other]), recording);
                    assert!(both.says.is_superset(&alone.says), "{class:?} {one} {other}");
                }
            }
        }
    }
}

#[test]
fn every_first_sentence_fits_six_seconds_and_says_who_what_why_and_how_it_is_kept() {
    let business = Business {
        registered_name: "Riverside Family Medicine",
        callback_spoken: "six one four, two zero zero, zero one three four",
    };
    let pack = pack();
    assert_eq!(pack.notices().iter().count(), 10);
    for text in pack.notices().iter() {
        let words = business.fill(&text.disclosure);
        let first = first_sentence(&words);
        assert!(estimated_s(first) <= FIRST_SENTENCE_MAX_S, "{}: {first}", text.id);
        for part in ["A I voice", "Riverside Family Medicine", "transcribed", "about"] {
            assert!(first.contains(part), "{}: {part}: {first}", text.id);
        }
        let recorded = text.says.contains(&Element::Recorded);
        assert_eq!(first.contains("recorded"), recorded, "{}", text.id);
        assert!(!text.source.is_empty() && text.verified_on.starts_with("2026-"), "{}", text.id);
    }
}

#[test]
fn calls_to_patients_end_with_the_notice_again_and_how_to_reach_a_person() {
    let pack = pack();
    for text in pack.notices().iter() {
        let Some(end) = &text.end else {
            assert!(!text.id.starts_with("patient"), "{}", text.id);
            continue;
        };
        assert!(text.id.starts_with("patient"), "{}", text.id);
        let end = end.to_string();
        for part in ["A I voice", "a person", "{callback_number}"] {
            assert!(end.contains(part), "{}: {part}", text.id);
        }
    }
}

/// The messages for a pack whose notices are changed.
fn problems(change: impl Fn(&str) -> String) -> Vec<String> {
    let text = change(EMBEDDED.notices);
    assert_ne!(text, EMBEDDED.notices, "the change hits nothing");
    let error = Pack::parse(&Sources { notices: &text, ..EMBEDDED }).unwrap_err();
    error.problems.iter().map(ToString::to_string).collect()
}

#[test]
fn a_text_that_does_not_say_what_it_claims_is_refused() {
    for (from, to, wanted) in [
        ("voice for {business} on a recorded", "voice on a recorded", "Business"),
        ("a recorded, transcribed call about benefits", "a call about benefits", "Recorded"),
        ("on a transcribed call about a test", "on a recorded call about a test", "is not"),
        ("I am not a person. Our", "Our", "NotHuman"),
        ("To reach a person at our office, call {callback_number}. ", "", "CallbackNumber"),
        ("about benefits.\"\nrest", "about {patient_name}.\"\nrest", "{patient_name}"),
        (
            "call about benefits.\"\nrest",
            "call about the medical benefits of a patient.\"\nrest",
            "takes",
        ),
        ("source = \"Utah Code 13-77-103; 10 M.R.S. 1500-DD\"", "source = \"\"", "is empty"),
        ("verified_on = \"2026-10-01\"", "verified_on = \"last autumn\"", "no date"),
        ("region = \"UT\"", "region = \"OH\"", "plain"),
        ("id = \"test-recorded\"", "id = \"payer-recorded\"", "more than once"),
        ("class = \"test\"", "class = \"payer\"", "may be wanted"),
        ("wants = [\"callback_number\", \"asks_leave\"]", "wants = [\"a_bell\"]", "a_bell"),
    ] {
        let found = problems(|text| text.replace(from, to));
        assert!(found.iter().any(|problem| problem.contains(wanted)), "{wanted}: {found:#?}");
    }
}

#[test]
fn a_want_that_no_text_meets_is_found_when_the_pack_is_read() {
    let found = problems(|text| {
        text.replace("region = \"UT\"\nclass = \"patient\"", "region = \"UT\"\nclass = \"payer\"")
    });
    assert!(found.iter().any(|problem| problem.contains("may be wanted")), "{found:#?}");
}
