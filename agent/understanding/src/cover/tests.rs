//! What is covered and what passes, sentence by sentence, and what holds for every sentence.

use std::sync::LazyLock;

use callwright_prompts::Pack;
use proptest::prelude::*;

use super::*;
use crate::words::Utterance;

/// Reading a pack takes longer than covering a thousand sentences.
static VOCABULARY: LazyLock<BTreeSet<String>> =
    LazyLock::new(|| Pack::embedded().unwrap().vocabulary());

fn coverer() -> Coverer {
    let mut coverer = Coverer::new(&VOCABULARY);
    coverer.name("Maria Grace Lopez");
    coverer
}

fn cover_with(coverer: &mut Coverer, text: &str) -> String {
    let utterance = Utterance::from_text(text, 100);
    let words = utterance.words().words;
    coverer.cover(words).text(words, |slot| slot.to_string())
}

fn cover(text: &str) -> String {
    cover_with(&mut coverer(), text)
}

#[test]
fn identifiers_spellings_dates_and_names_are_covered() {
    for (open, covered) in [
        ("the member id is w four seven two nine", "the member id is {heard:id#1}"),
        ("the member id is W47291835.", "the member id is {heard:id#1}"),
        ("w as in whiskey four seven two", "{heard:id#1}"),
        ("whiskey four seven two", "{heard:name#1} {heard:id#2}"),
        ("reference number 749025 okay", "reference number {heard:id#1} okay"),
        ("reference number seven four nine zero two five", "reference number {heard:id#1}"),
        ("that is l o p e z", "that is {heard:spelling#1}"),
        ("active effective january first twenty twenty six", "active effective {heard:date#1}"),
        ("the twelfth of april nineteen eighty five", "the {heard:date#1}"),
        ("born 04/12/1985", "{heard:name#1} {heard:date#2}"),
        ("four twelve nineteen eighty five", "{heard:id#1}"),
        ("four twelve eighty five", "{heard:id#1}"),
        ("her name is maria lopez", "her name is {heard:name#1}"),
        ("this is jessica how can i help", "this is {heard:name#1} how can i help"),
        ("the dependent is zbigniew", "the dependent is {heard:name#1}"),
        ("her number is 614-200-0134", "her number is {heard:id#1}"),
        ("six one four two zero zero zero one three four", "{heard:id#1}"),
        ("her number is 6142000134 business", "her number is {heard:id#1} business"),
        ("the reference is 749025 per our file", "the reference is {heard:id#1} per our file"),
        ("four hundred seventy two nine one eight", "{heard:id#1}"),
        ("grace is on file", "{heard:name#1} is on file"),
    ] {
        assert_eq!(cover(open), covered, "{open}");
    }
}

#[test]
fn amounts_percentages_counts_and_plain_words_pass() {
    for text in [
        "the deductible is one thousand five hundred dollars",
        "and four hundred dollars has been met",
        "the specialist co pay is forty dollars",
        "the specialist co pay is $40",
        "the out of pocket maximum is six thousand",
        "the coinsurance is twenty percent after the deductible",
        "it is 20%",
        "the plan is a p p o plan",
        "press one for claims",
        "thirty visits per calendar year",
        "one hundred and eighty days",
        "may i have the member i d please",
        "thank you for holding",
    ] {
        assert_eq!(cover(text), text);
    }
}

#[test]
fn the_same_words_get_the_same_token_and_others_another() {
    let mut coverer = coverer();
    assert_eq!(cover_with(&mut coverer, "this is jessica"), "this is {heard:name#1}");
    assert_eq!(cover_with(&mut coverer, "the id is 749025"), "the id is {heard:id#2}");
    assert_eq!(cover_with(&mut coverer, "jessica speaking"), "{heard:name#1} speaking");
}

#[test]
fn a_token_says_which_words_it_stands_for() {
    let utterance = Utterance::from_text("the reference is seven four nine", 100);
    let covered = coverer().cover(utterance.words().words);
    let tokens: Vec<_> = covered.tokens().collect();
    assert_eq!(tokens, [(Slot::HeardEarlier(HeardKind::Id, 1), 3..6)]);
}

proptest! {
    /// A planted identity in any form is not in the covered text, whatever stands around it.
    #[test]
    fn nothing_planted_slips_through(
        before in "(the |member |is |so |okay ){0,3}",
        after in "( please| thank you| is active| one moment| days| dollars| per year| times| visits){0,2}",
        planted in prop_oneof![
            "[0-9]{5,11}",
            "[A-Z][0-9]{4,9}",
            "(one|two|four|six|nine|zero)( (one|three|seven|eight|oh)){2,9}",
            "[b-hj-z]( [b-hj-z]){2,7}",
            "(january|april|october) (first|second|twelfth|21st) (nineteen eighty|twenty twenty) (one|six)",
            "(0[1-9]|1[0-2])/[12][0-9]/19[0-9]{2}",
            "(maria|lopez|zbigniew|kowalska|oyelaran)( (lopez|kowalska|mcnamara))?",
        ],
    ) {
        // Single letters and digits occur in other words; longer ones must be gone.
        let text = format!("{before}{planted}{after}");
        let covered = cover(&text);
        prop_assert!(!covered.contains(planted.as_str()), "{text} -> {covered}");
        prop_assert!(covered.contains("{heard:"), "{text} -> {covered}");
    }
}
