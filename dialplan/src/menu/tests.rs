//! Matching, on the prompts of the embedded map as a recogniser hears them.

use super::*;
use crate::payer::Directory;
use proptest::prelude::*;

fn acme() -> MenuMap {
    let directory = Directory::embedded().unwrap();
    directory.menu(&MenuMapId::new("acme-health-provider").unwrap()).unwrap().clone()
}

fn step_of(map: &MenuMap, prompt: &str) -> Option<String> {
    let words: Vec<&str> = prompt.split_whitespace().collect();
    map.match_prompt(&words).map(|found| map.step(found.step).unwrap().id.clone())
}

#[test]
fn every_prompt_of_the_menu_is_known() {
    let map = acme();
    for (prompt, step) in [
        (
            "thank you for calling acme health provider services this call may be recorded for quality and \
             training purposes for claims press one for benefits and eligibility press two",
            "welcome",
        ),
        ("please enter your ten digit n p i number followed by the pound key", "npi"),
        ("to speak with a representative press zero", "rep"),
        ("please hold while i connect you to a representative", "connect"),
    ] {
        assert_eq!(step_of(&map, prompt).as_deref(), Some(step), "{prompt}");
    }
}

#[test]
fn slips_of_the_recogniser_are_forgiven() {
    let map = acme();
    for (prompt, step) in [
        ("can you for calling acme health provider services this call maybe recorded", "welcome"),
        ("for claim press one four benefit and eligibility press two", "welcome"),
        ("please enter your ten digit in p i number followed by the pound key", "npi"),
        ("please enter your 10 digit NPI number, followed by the pound key.", "npi"),
        ("to speak with the representatives press zero", "rep"),
        ("please hold i'll connect you to representative", "connect"),
    ] {
        assert_eq!(step_of(&map, prompt).as_deref(), Some(step), "{prompt}");
    }
}

#[test]
fn the_acts_are_those_of_the_file() {
    let map = acme();
    let act = |i: u16| map.step(StepPlace(i)).unwrap().act.clone();
    assert_eq!(act(0), StepAct::Press(Keys::new("2").unwrap()));
    let terminator = Some(Keys::new("#").unwrap());
    assert_eq!(act(1), StepAct::Key { item: KeyItem::Npi, terminator });
    assert_eq!(act(2), StepAct::Press(Keys::new("0").unwrap()));
    assert_eq!(act(3), StepAct::ExpectHold);
    assert_eq!(map.step(StepPlace(4)), None);
}

#[test]
fn other_words_are_no_prompt() {
    let map = acme();
    for prompt in [
        "",
        "thank you for holding my name is jessica how can i help you today",
        "thank you for calling have a great day",
        "all representatives are busy please continue to hold your call is important to us",
        "the number you have dialed is not in service",
        "can i have the member i d please",
        "can you for calling",
    ] {
        assert_eq!(step_of(&map, prompt), None, "{prompt}");
    }
}

fn map(steps: &[(&str, &[&str])]) -> MenuMap {
    let steps = steps.iter().map(|(id, sets)| {
        let heard = sets.iter().map(|set| set.split(' ').map(str::to_owned).collect()).collect();
        Step::new(id, heard, StepAct::Wait).unwrap()
    });
    MenuMap::new(MenuMapId::new("test").unwrap(), steps.collect()).unwrap()
}

#[test]
fn the_best_score_wins_and_then_the_longer_set() {
    let map = map(&[("short", &["press two"]), ("long", &["benefits press two"])]);
    assert_eq!(step_of(&map, "for benefits press two").as_deref(), Some("long"));
    assert_eq!(step_of(&map, "for claims press two").as_deref(), Some("short"));
}

#[test]
fn a_tie_between_steps_is_no_match() {
    let map = map(&[("a", &["press one now"]), ("b", &["press two now"])]);
    assert_eq!(step_of(&map, "press one now").as_deref(), Some("a"));
    assert_eq!(step_of(&map, "press one or press two now"), None);
}

#[test]
fn one_missing_word_in_four_is_the_limit() {
    let map = map(&[("a", &["alpha bravo charlie delta"]), ("b", &["red green blue"])]);
    assert_eq!(step_of(&map, "alpha bravo charlie").as_deref(), Some("a"));
    assert_eq!(step_of(&map, "alpha bravo"), None);
    assert_eq!(step_of(&map, "red green"), None);
}

#[test]
fn maps_that_make_no_sense_are_refused() {
    let set = || vec![vec!["press".to_owned(), "one".to_owned()]];
    let step = |id: &str| Step::new(id, set(), StepAct::Wait);
    assert_eq!(step("No Id").unwrap_err(), MenuError::Id);
    let one_word = vec![vec!["press".to_owned()]];
    assert_eq!(Step::new("a", one_word, StepAct::Wait).unwrap_err(), MenuError::Heard);
    assert_eq!(Step::new("a", vec![], StepAct::Wait).unwrap_err(), MenuError::Heard);
    let id = || MenuMapId::new("m").unwrap();
    assert_eq!(MenuMap::new(id(), vec![]).unwrap_err(), MenuError::Steps);
    let twice = vec![step("a").unwrap(), step("a").unwrap()];
    assert_eq!(MenuMap::new(id(), twice).unwrap_err(), MenuError::Twice);
}

#[test]
fn keys_are_those_of_a_telephone() {
    assert!(Keys::new("0123456789*#").is_ok());
    for keys in ["", "a", "1 2", "1w2", "123456789012345678901234567890123"] {
        assert_eq!(Keys::new(keys), Err(KeysError), "{keys}");
    }
}

proptest! {
    /// More words around a prompt never turn a full match into a worse one.
    #[test]
    fn noise_does_not_lower_a_score(
        before in proptest::collection::vec("[a-z]{1,8}", 0..10),
        after in proptest::collection::vec("[a-z]{1,8}", 0..10),
    ) {
        let map = map(&[("a", &["enter your digits pound"])]);
        // The single letters around a word could join with nothing in it: every word of the prompt has more than one.
        let prompt = ["please", "enter", "your", "digits", "then", "pound"];
        let words: Vec<&str> = before.iter().map(String::as_str)
            .chain(prompt)
            .chain(after.iter().map(String::as_str))
            .collect();
        prop_assert_eq!(map.match_prompt(&words), Some(Match { step: StepPlace(0), score: 1000 }));
    }

    /// Any words at all: a match is of this map and scores within bounds.
    #[test]
    fn any_words_are_matched_or_not(words in proptest::collection::vec("\\PC{0,12}", 0..30)) {
        let map = acme();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        if let Some(found) = map.match_prompt(&words) {
            prop_assert!(map.step(found.step).is_some());
            prop_assert!((MATCH_MIN..=1000).contains(&found.score));
        }
    }
}
