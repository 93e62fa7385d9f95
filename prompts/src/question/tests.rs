//! Answers find their fields: the medical set's words against what payers say.

use super::rule::{Around, candidates};
use super::*;
use crate::pack::Pack;

/// The names of the candidates for a value, with `asked` by name. The value stands as `#` in the sentence, other values
/// as `_`; clauses are cut here as the rule says.
fn fields(sentence: &str, asked: &str, kind: &ValueKind) -> Vec<String> {
    let pack = Pack::embedded().unwrap();
    let set = pack.question_set("medical").unwrap();
    let words: Vec<&str> = sentence.split(' ').collect();
    let at = words.iter().position(|word| *word == "#").unwrap();
    let (left, right) = (&words[..at], &words[at + 1..]);
    let cuts = |word: &&str| ["_", "and", "but", "then"].contains(word);
    let start = left.iter().rposition(cuts).map_or(0, |place| place + 1);
    let end = right.iter().position(cuts).unwrap_or(right.len());
    let around = Around { earlier: &left[..start], before: &left[start..], after: &right[..end] };
    let found = candidates(set, around, asked, kind);
    found.into_iter().map(|(field, _)| field.name.clone()).collect()
}

#[test]
fn money_finds_its_field_by_the_words_around_it() {
    let table = [
        ("the individual deductible is # and _ has been met", "", "deductible_individual"),
        ("the individual deductible is _ and # has been met", "", "deductible_met"),
        ("the out of pocket maximum is # and _ has been met", "", "out_of_pocket_max"),
        ("the out of pocket maximum is _ and # has been met", "", "out_of_pocket_met"),
        ("the deductible is _ with # met so far", "", "deductible_met"),
        ("they have met # of the deductible", "", "deductible_met"),
        ("the specialist co pay is #", "", "specialist_copay"),
        ("# co pay for a specialist", "", "specialist_copay"),
        ("the specialist copay is # after the deductible", "", "specialist_copay"),
        ("it is #", "specialist_copay", "specialist_copay"),
        ("it is # and _ has been met", "deductible_individual", "deductible_individual"),
        ("it is _ and # has been met", "deductible_individual", "deductible_met"),
        ("_ for the deductible and # for the out of pocket", "", "out_of_pocket_max"),
        ("the deductible is _ and the out of pocket is #", "", "out_of_pocket_max"),
        ("the deductible is #", "specialist_copay", "deductible_individual"),
    ];
    for (sentence, asked, field) in table {
        assert_eq!(fields(sentence, asked, &ValueKind::Money), [field], "{sentence}");
    }
}

#[test]
fn money_that_is_none_of_the_fields_finds_none() {
    for (sentence, asked) in [
        ("the family deductible is #", "deductible_individual"),
        ("the deductible has # remaining", "deductible_individual"),
        ("out of network the deductible is #", "deductible_individual"),
        ("the primary care co pay is #", "specialist_copay"),
        ("the check was #", ""),
    ] {
        let found = fields(sentence, asked, &ValueKind::Money);
        assert!(found.is_empty(), "{sentence}: {found:?}");
    }
}

#[test]
fn a_date_is_the_effective_date_only_when_the_words_say_so() {
    let of = |sentence, asked| fields(sentence, asked, &ValueKind::Date);
    assert_eq!(of("the policy is active effective #", ""), ["effective_date"]);
    assert_eq!(of("#", "coverage_status"), ["effective_date"]);
    assert_eq!(of("active since #", ""), ["effective_date"]);
    assert!(of("the policy was terminated on #", "coverage_status").is_empty());
    assert!(of("the date of birth is #", "effective_date").is_empty());
    assert!(of("#", "coinsurance").is_empty());
}

#[test]
fn a_percent_is_the_patients_share_unless_the_words_are_the_payers() {
    let pack = Pack::embedded().unwrap();
    let set = pack.question_set("medical").unwrap();
    let share = |before: &[&str], after: &[&str]| {
        let around = Around { earlier: &[], before, after };
        let found = candidates(set, around, "coinsurance", &ValueKind::Percent);
        found.first().map(|(_, pattern)| pattern.payer_share)
    };
    assert_eq!(share(&["the", "coinsurance", "is"], &["after", "the", "deductible"]), Some(false));
    assert_eq!(share(&["it", "is", "covered", "at"], &["after", "deductible"]), Some(true));
    assert_eq!(share(&["the", "plan", "pays"], &[]), Some(true));
    assert_eq!(share(&["the", "member", "pays"], &[]), Some(false));
    assert_eq!(share(&["out", "of", "network", "coinsurance", "is"], &[]), None);
}

#[test]
fn authorization_is_not_taken_from_a_word_about_referrals() {
    let of = |sentence| fields(sentence, "prior_authorization", &ValueKind::YesNo);
    assert_eq!(of("prior authorization is #"), ["prior_authorization"]);
    assert_eq!(of("no authorization or referral is #"), ["prior_authorization"]);
    assert_eq!(of("no it is #"), ["prior_authorization"]);
    assert!(of("no referral is #").is_empty());
    assert!(fields("it is #", "coinsurance", &ValueKind::YesNo).is_empty());
}

#[test]
fn every_choice_has_words_and_a_way_to_say_it() {
    let pack = Pack::embedded().unwrap();
    let set = pack.question_set("medical").unwrap();
    for field in &set.fields {
        if let ValueKind::Choice(choices) = &field.kind {
            for choice in choices {
                assert!(!choice.spoken().is_empty(), "{}: {}", field.name, choice.value);
            }
        }
    }
    let (_, plan) = set.by_name("plan_type").unwrap();
    let ValueKind::Choice(choices) = &plan.kind else { panic!("plan_type is a choice") };
    assert_eq!(choices[0].spoken(), "P P O");
}
