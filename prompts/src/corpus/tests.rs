//! What the corpora hold to: the same for the same seed, plain words only, every word in the recogniser's dictionary.

use std::collections::BTreeSet;

use super::*;

/// Debian's PocketSphinx dictionary.
const DICTIONARY: &str = "/usr/share/pocketsphinx/model/en-us/cmudict-en-us.dict";

fn pack() -> Pack {
    Pack::embedded().unwrap()
}

fn words(sentences: &[String]) -> BTreeSet<&str> {
    sentences.iter().flat_map(|sentence| sentence.split(' ')).collect()
}

#[test]
fn a_seed_gives_the_same_sentences_and_another_seed_others() {
    let pack = pack();
    assert_eq!(far_end(&pack, 7), far_end(&pack, 7));
    assert_ne!(far_end(&pack, 7), far_end(&pack, 8));
    assert_eq!(agent_side(&pack, 7), agent_side(&pack, 7));
    assert_ne!(agent_side(&pack, 7), agent_side(&pack, 8));
}

#[test]
fn the_corpora_are_large_enough_to_train_on_and_no_larger() {
    let pack = pack();
    let far = far_end(&pack, 1).len();
    assert!((12_000..=17_000).contains(&far), "{far}");
    let agent = agent_side(&pack, 1).len();
    assert!((4_000..=16_000).contains(&agent), "{agent}");
}

#[test]
fn sentences_are_plain_words() {
    let pack = pack();
    for sentence in far_end(&pack, 3).iter().chain(&agent_side(&pack, 3)) {
        assert!(!sentence.is_empty());
        assert_eq!(*sentence, plain(sentence));
    }
}

#[test]
fn every_word_is_in_the_recognisers_dictionary() {
    // Without the recogniser's model on this machine there is nothing to compare with.
    let Ok(bytes) = std::fs::read(DICTIONARY) else {
        return;
    };
    let text = String::from_utf8_lossy(&bytes);
    let known: BTreeSet<&str> =
        text.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let pack = pack();
    for sentences in [far_end(&pack, 5), agent_side(&pack, 5)] {
        let unknown: Vec<&str> = words(&sentences).difference(&known).copied().collect();
        assert!(unknown.is_empty(), "not in the dictionary: {unknown:?}");
    }
}

#[test]
fn every_digit_letter_month_and_day_is_heard() {
    let pack = pack();
    let far = far_end(&pack, 11);
    let agent = agent_side(&pack, 11);
    for sentences in [&far, &agent] {
        let heard = words(sentences);
        for digit in '0'..='9' {
            assert!(heard.contains(crate::spoken::digits(&digit.to_string()).as_str()));
        }
        for letter in 'a'..='z' {
            assert!(heard.contains(letter.to_string().as_str()), "{letter}");
        }
        for month in 1..=12 {
            let date = crate::spoken::date(2_024, month, 1).unwrap();
            assert!(heard.contains(date.split(' ').next().unwrap()));
        }
        for day in 1..=31 {
            for word in crate::spoken::day(day).unwrap().split(' ') {
                assert!(heard.contains(word), "{word}");
            }
        }
    }
}

#[test]
fn the_fixed_lines_of_a_payer_are_among_the_sentences() {
    let far = far_end(&pack(), 1);
    for line in [
        "for claims press one for benefits and eligibility press two",
        "please enter your ten digit n p i number followed by the pound key",
        "to speak with a representative press zero",
        "thank you for waiting i have the account what would you like to know",
        "the policy is active effective january first twenty twenty six",
        "the plan is a p p o plan",
        "the specialist co pay is forty dollars",
        "no prior authorization is not required",
        "i do not consent to being recorded",
        "the number you have dialed is not in service",
    ] {
        assert!(far.iter().any(|sentence| sentence == line), "{line}");
    }
}

#[test]
fn the_agent_is_heard_asking_and_giving() {
    let agent = agent_side(&pack(), 1);
    for line in [
        "what is the individual deductible and how much has been met",
        "may i have a reference number for this call",
        "i would like to verify medical benefits for a patient",
        "the practice is riverside family medicine",
    ] {
        assert!(agent.iter().any(|sentence| sentence == line), "{line}");
    }
    assert!(agent.iter().any(|s| s.starts_with("the member i d is") && s.contains("as in")));
    assert!(agent.iter().any(|s| s.contains("on a recorded transcribed call")));
}

#[test]
fn plain_leaves_words_and_apostrophes() {
    assert_eq!(plain("The patient's co-pay, X as in x-ray."), "the patient's co pay x as in x ray");
    assert_eq!(plain("  --  "), "");
}
