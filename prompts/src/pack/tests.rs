//! The embedded pack is whole, and a broken one is refused with all of its mistakes.

use std::collections::BTreeSet;

use super::*;
use crate::question::ValueKind;

fn embedded() -> Pack {
    Pack::embedded().unwrap_or_else(|error| panic!("{error}"))
}

/// The messages for a broken pack.
fn problems(sources: &Sources<'_>) -> Vec<String> {
    let error = Pack::parse(sources).unwrap_err();
    error.problems.iter().map(ToString::to_string).collect()
}

fn has(problems: &[String], parts: &[&str]) {
    let found = problems.iter().any(|problem| parts.iter().all(|part| problem.contains(part)));
    assert!(found, "{parts:?} not in {problems:#?}");
}

#[test]
fn the_embedded_pack_is_whole() {
    let pack = embedded();
    assert_eq!(pack.language(), "en-US");
    for name in ClipName::ALL {
        assert_eq!(pack.clip(name).is_none(), name.is_of_notice(), "{}", name.key());
    }
    assert!(!pack.notices().version().is_empty());
    for name in PhraseName::all() {
        assert!(!pack.phrases(name).is_empty(), "{}", name.key());
    }
    assert_eq!(pack.question_sets().collect::<Vec<_>>(), ["dental", "medical"]);
}

#[test]
fn the_medical_set_asks_the_ten_fields_in_their_order() {
    let pack = embedded();
    let set = pack.question_set("medical").unwrap();
    let names: Vec<&str> = set.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "coverage_status",
            "effective_date",
            "plan_type",
            "deductible_individual",
            "deductible_met",
            "out_of_pocket_max",
            "out_of_pocket_met",
            "specialist_copay",
            "coinsurance",
            "prior_authorization",
        ]
    );
    assert!(matches!(set.fields[0].kind, ValueKind::Choice(_)));
    assert_eq!(set.by_name("coinsurance").map(|(place, _)| place), Some(8));
    assert!(pack.question_set("veterinary").is_none());
}

#[test]
fn no_clip_holds_a_patients_token() {
    let pack = embedded();
    for notice in pack.notices().iter() {
        for name in notice.clips() {
            let template = notice.template(name).or_else(|| pack.clip(name)).unwrap();
            for token in template.tokens() {
                assert!(!token.is_about_patient(), "{}: {token}", name.key());
            }
        }
    }
}

#[test]
fn a_clip_is_filled_in_and_no_brace_is_left() {
    let pack = embedded();
    let business = Business { registered_name: "Lake Clinic", callback_spoken: "six one four" };
    for notice in pack.notices().iter() {
        for name in notice.clips() {
            let text = pack.clip_text(notice, name, &business);
            assert!(!text.is_empty() && !text.contains(['{', '}']), "{}: {text}", name.key());
        }
    }
    let notice = pack.notices().iter().next().unwrap();
    let bye = pack.clip_text(notice, ClipName::AiRefusedBye, &business);
    assert!(bye.contains("Our number is six one four."), "{bye}");
}

#[test]
fn wordings_go_round() {
    let pack = embedded();
    let wordings = pack.phrases(PhraseName::Thank).len();
    assert!(wordings > 1);
    assert_eq!(pack.phrase(PhraseName::Thank, 0), pack.phrase(PhraseName::Thank, wordings));
    assert_ne!(pack.phrase(PhraseName::Thank, 0), pack.phrase(PhraseName::Thank, 1));
}

#[test]
fn a_sentence_is_short_enough_for_the_telephone() {
    let pack = embedded();
    for name in PhraseName::all() {
        for template in pack.phrases(name) {
            let words = template.to_string().split_whitespace().count();
            assert!(words <= 18, "{}: {template}", name.key());
        }
    }
}

#[test]
fn the_digest_changes_with_any_word_of_any_file() {
    let whole = embedded().digest();
    let mut digests = BTreeSet::from([whole]);
    let more = |text: &str| format!("{text}\n# one more remark\n");
    let (pack, disclosures) = (more(EMBEDDED.pack), more(EMBEDDED.disclosures));
    let (phrases, far_end) = (more(EMBEDDED.phrases), more(EMBEDDED.far_end));
    let notices = more(EMBEDDED.notices);
    let medical = more(EMBEDDED.questions[0].1);
    let questions = [("medical", medical.as_str())];
    for sources in [
        Sources { pack: &pack, ..EMBEDDED },
        Sources { disclosures: &disclosures, ..EMBEDDED },
        Sources { notices: &notices, ..EMBEDDED },
        Sources { phrases: &phrases, ..EMBEDDED },
        Sources { far_end: &far_end, ..EMBEDDED },
        Sources { questions: &questions, ..EMBEDDED },
    ] {
        assert!(digests.insert(Pack::parse(&sources).unwrap().digest()));
    }
    assert_eq!(embedded().digest(), whole);
    assert_eq!(embedded().digest_hex().len(), 64);
}

#[test]
fn a_clip_with_a_patients_token_is_refused() {
    let text = EMBEDDED.disclosures.replace("One moment, please.", "One moment, {patient_name}.");
    assert_ne!(text, EMBEDDED.disclosures);
    let found = problems(&Sources { disclosures: &text, ..EMBEDDED });
    has(&found, &["disclosures.toml", "clips.filler", "{patient_name}"]);
    let text = EMBEDDED.disclosures.replace("calling for {business}", "calling");
    has(&problems(&Sources { disclosures: &text, ..EMBEDDED }), &["i_am_automated", "{business}"]);
    let text = format!("{}\n[clips.disclosure]\ntext = \"Hello.\"\n", EMBEDDED.disclosures);
    has(&problems(&Sources { disclosures: &text, ..EMBEDDED }), &["clips.disclosure", "no clip"]);
}

#[test]
fn an_unknown_token_a_missing_clip_and_an_unknown_clip_are_all_reported_at_once() {
    let disclosures = EMBEDDED
        .disclosures
        .replace("[clips.polite_end]", "[clips.polite_ending]")
        .replace("{callback_number}", "{call_back}");
    let phrases = EMBEDDED.phrases.replace("{member_id}", "{member}").replace("thank =", "tank =");
    let problems = problems(&Sources {
        disclosures: &disclosures,
        phrases: &phrases,
        pack: "id = \"x\"\nlanguage = \"\"\nversion = \"1\"",
        ..EMBEDDED
    });
    has(&problems, &["pack.toml", "language", "empty"]);
    has(&problems, &["clips.polite_ending", "no clip"]);
    has(&problems, &["clips.polite_end:", "missing"]);
    has(&problems, &["clips.ai_refused_bye", "unknown token"]);
    has(&problems, &["phrases.toml", "phrases.provide_member_id", "unknown token"]);
    has(&problems, &["phrases.tank", "no phrase"]);
    has(&problems, &["phrases.thank:", "missing"]);
}

#[test]
fn a_phrase_may_hold_its_own_token_only() {
    let phrases = EMBEDDED
        .phrases
        .replace("\"Thank you.\", \"Thanks.\"", "\"Thank you, {patient_name}.\"")
        .replace("The tax I D is {tax_id}.", "The tax I D is {npi}.");
    let problems = problems(&Sources { phrases: &phrases, ..EMBEDDED });
    has(&problems, &["phrases.thank", "no token"]);
    has(&problems, &["phrases.provide_tax_id", "{tax_id}"]);
}

#[test]
fn an_unknown_key_is_refused_with_its_line() {
    let problems = problems(&Sources {
        pack: "id = \"x\"\nlanguage = \"en\"\nversion = \"1\"\nvoice = \"slt\"",
        ..EMBEDDED
    });
    has(&problems, &["pack.toml", "line 4", "voice"]);
}

#[test]
fn a_question_set_with_mistakes_is_refused_with_each_of_them() {
    let (_, medical) = EMBEDDED.questions.iter().find(|(id, _)| *id == "medical").unwrap();
    let medical = medical
        .replace("the effective date as {heard}", "the effective date")
        .replace("\"What is the effective date?\"", "\"What is {member_id}?\"")
        .replace("[\"coverage_status\"]", "[\"coverage\"]")
        .replace("\"born\"", "\"Born 1985\"")
        .replace("name = \"plan_type\"", "name = \"coinsurance\"")
        .replace("kind = \"yes_no\"", "kind = \"money\"\nfull = [\"in full\"]");
    let questions = [("medical", medical.as_str())];
    let problems = problems(&Sources { questions: &questions, ..EMBEDDED });
    has(
        &problems,
        &["questions/medical.toml", "fields.effective_date.read_back_phrase", "{heard}"],
    );
    has(&problems, &["fields.effective_date.ask", "no token"]);
    has(&problems, &["fields.effective_date.answers_with", "`coverage`"]);
    has(&problems, &["fields.effective_date.heard", "`Born 1985`"]);
    has(&problems, &["fields.coinsurance", "more than once"]);
    has(&problems, &["fields.prior_authorization.yes", "yes_no"]);
    has(&problems, &["fields.prior_authorization.full", "plan_share"]);
}

#[test]
fn a_set_without_a_reason_or_without_words_for_a_share_is_refused() {
    let (_, dental) = EMBEDDED.questions.iter().find(|(id, _)| *id == "dental").unwrap();
    let dental = dental
        .replace("dental benefits for a patient.", "benefits of {patient_name}.")
        .replace("plan = [", "patient_too = [");
    let broken = [("dental", dental.as_str())];
    let found = problems(&Sources { questions: &broken, ..EMBEDDED });
    has(&found, &["questions/dental.toml", "patient_too"]);
    let dental = dental.replace("patient_too = [", "plan = []\n# [");
    let end = dental.find("patient = [").unwrap();
    let start = dental.find("# [").unwrap();
    let dental: String = dental.chars().take(start).chain(dental.chars().skip(end)).collect();
    let broken = [("dental", dental.as_str())];
    let found = problems(&Sources { questions: &broken, ..EMBEDDED });
    has(&found, &["questions/dental.toml", "shares.plan"]);
    has(&found, &["questions/dental.toml", "reason", "no token"]);
}

#[test]
fn a_far_end_line_with_an_unknown_slot_is_refused() {
    let problems = problems(&Sources {
        far_end: "[lists]\nmoney = [\"ten\"]\nempty = []\n\
            [groups.a]\ncount = 0\nlines = [\"press {key}\"]",
        ..EMBEDDED
    });
    has(&problems, &["far_end.toml", "groups.a", "`key` is neither"]);
    has(&problems, &["groups.a", "count"]);
    has(&problems, &["lists.money", "drawn"]);
    has(&problems, &["lists.empty", "empty"]);
}

#[test]
fn the_error_lists_every_problem_on_its_own_line() {
    let error = Pack::parse(&Sources { pack: "", phrases: "", ..EMBEDDED }).unwrap_err();
    assert_eq!(error.to_string().lines().count(), 1 + error.problems.len());
    assert!(error.problems.len() >= 2, "{error}");
}
