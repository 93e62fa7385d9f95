//! Positions, sleeps and late answers, without a socket.

use proptest::prelude::*;

use super::*;
use crate::deepgram::messages::Message;

/// 100 ms of audio.
const PIECE: u64 = 800;

fn audio(hearing: &mut Hearing, at_ms: u64, pieces: u64) {
    for piece in 0..pieces {
        let at = SampleTime::from_ms(at_ms + piece * 100);
        hearing.take(at, Bytes::from(vec![0xFF; 800]));
    }
}

/// An answer about the connection's own time, milliseconds.
fn results(
    hearing: &mut Hearing,
    base: u64,
    span: (u64, u64),
    words: &[(&str, u64, u64)],
    flags: (bool, bool),
) {
    let s = |ms: u64| ms as f64 / 1_000.0;
    let words: Vec<String> = words
        .iter()
        .map(|(word, from, to)| {
            format!(r#"{{"word":"{word}","start":{},"end":{},"confidence":0.9}}"#, s(*from), s(*to))
        })
        .collect();
    let text = format!(
        r#"{{"type":"Results","start":{},"duration":{},"is_final":{},"from_finalize":{},
            "channel":{{"alternatives":[{{"transcript":"","words":[{}]}}]}}}}"#,
        s(span.0),
        s(span.1 - span.0),
        flags.0,
        flags.1,
        words.join(",")
    );
    let Ok(Message::Results(results)) = serde_json::from_str(&text) else { panic!("{text}") };
    assert!(hearing.results(base, &results));
}

const INTERIM: (bool, bool) = (false, false);
const FINAL: (bool, bool) = (true, false);
const FLUSHED: (bool, bool) = (true, true);

fn said(hearing: &mut Hearing) -> Vec<(u32, String)> {
    std::iter::from_fn(|| hearing.answer())
        .map(|answer| {
            let words: Vec<_> =
                answer.words.words().words.iter().map(|word| word.text.clone()).collect();
            (answer.utterance.0, words.join(" "))
        })
        .collect()
}

#[test]
fn an_utterance_is_the_union_of_its_finals() {
    let mut hearing = Hearing::default();
    audio(&mut hearing, 10_000, 20);
    results(&mut hearing, 0, (0, 1_000), &[("Four", 100, 300)], FINAL);
    results(&mut hearing, 0, (1_000, 1_500), &[("thirty", 1_100, 1_400)], INTERIM);
    assert!(hearing.finalise(UtteranceId(1)));
    assert!(hearing.answer().is_none(), "the flush is not answered yet");
    results(&mut hearing, 0, (1_000, 2_000), &[("hundred", 1_100, 1_500)], FLUSHED);
    let answer = hearing.answer().unwrap();
    let times: Vec<_> =
        answer.words.words().words.iter().map(|w| (w.text.clone(), w.from_ms, w.to_ms)).collect();
    let expected = [("four".to_owned(), 10_100, 10_300), ("hundred".to_owned(), 11_100, 11_500)];
    assert_eq!(times, expected);
}

#[test]
fn nothing_new_needs_no_flush() {
    let mut hearing = Hearing::default();
    assert!(!hearing.finalise(UtteranceId(1)), "nothing was taken in");
    audio(&mut hearing, 0, 10);
    results(&mut hearing, 0, (0, 1_000), &[("yes", 200, 400)], FINAL);
    assert!(!hearing.finalise(UtteranceId(2)), "all of it is final");
    assert!(!hearing.finalise(UtteranceId(3)), "and nothing came since");
    let expected = [(1, String::new()), (2, "yes".to_owned()), (3, String::new())];
    assert_eq!(said(&mut hearing), expected);
}

#[test]
fn a_late_answer_does_not_leak_into_the_next_utterance() {
    let mut hearing = Hearing::default();
    audio(&mut hearing, 0, 10);
    assert!(hearing.finalise(UtteranceId(1)));
    hearing.close_first();
    assert_eq!(said(&mut hearing), [(1, String::new())]);
    audio(&mut hearing, 1_000, 10);
    assert!(hearing.finalise(UtteranceId(2)));
    results(&mut hearing, 0, (0, 1_000), &[("late", 200, 400)], FLUSHED);
    assert!(hearing.answer().is_none(), "this flush was the first one's");
    results(&mut hearing, 0, (1_000, 2_000), &[("new", 1_010, 1_200)], FLUSHED);
    assert_eq!(said(&mut hearing), [(2, "new".to_owned())]);
}

#[test]
fn two_flushes_under_way_are_told_apart_and_a_missing_one_does_no_harm() {
    let mut hearing = Hearing::default();
    audio(&mut hearing, 0, 20);
    hearing.finalise(UtteranceId(1));
    audio(&mut hearing, 2_000, 20);
    hearing.finalise(UtteranceId(2));
    let words = [("one", 500, 800), ("two", 2_500, 2_800)];
    results(&mut hearing, 0, (0, 4_000), &words, FLUSHED);
    assert_eq!(said(&mut hearing), [(1, "one".to_owned()), (2, "two".to_owned())]);
}

#[test]
fn a_flush_is_known_by_where_its_span_ends() {
    let mut hearing = Hearing::default();
    audio(&mut hearing, 0, 2);
    hearing.finalise(UtteranceId(1));
    hearing.close_first();
    audio(&mut hearing, 200, 2);
    hearing.finalise(UtteranceId(2));
    assert_eq!(said(&mut hearing), [(1, String::new())]);
    results(&mut hearing, 0, (0, 190), &[("late", 20, 40)], FLUSHED);
    assert!(hearing.answer().is_none(), "the first flush, a little short");
    results(&mut hearing, 0, (190, 380), &[("new", 210, 300)], FLUSHED);
    assert_eq!(said(&mut hearing), [(2, "new".to_owned())], "the second one, short too");
    // An answer that is missing: the next one stands for both.
    audio(&mut hearing, 400, 2);
    hearing.finalise(UtteranceId(3));
    audio(&mut hearing, 600, 2);
    hearing.finalise(UtteranceId(4));
    results(&mut hearing, 0, (380, 790), &[("three", 450, 500), ("four", 650, 700)], FLUSHED);
    assert_eq!(said(&mut hearing), [(3, "three".to_owned()), (4, "four".to_owned())]);
}

#[test]
fn after_a_sleep_times_are_the_far_ends_and_words_from_before_are_nobodys() {
    let mut hearing = Hearing::default();
    audio(&mut hearing, 0, 10);
    assert!(hearing.sleep());
    assert!(!hearing.awaits(), "what was slept through is not sent again");
    // Woken at two minutes, with five seconds of audio from before.
    audio(&mut hearing, 115_000, 60);
    results(&mut hearing, 0, (0, 1_000), &[("music", 900, 1_000)], FLUSHED);
    assert!(hearing.finalise(UtteranceId(1)));
    results(&mut hearing, 0, (1_000, 7_000), &[("hello", 1_000, 1_300)], FLUSHED);
    let answer = hearing.answer().unwrap();
    let words = answer.words.words().words;
    assert_eq!((words.len(), words[0].from_ms, words[0].to_ms), (1, 115_000, 115_300));
}

#[test]
fn a_word_that_ends_where_a_sleep_began_ends_there() {
    let mut hearing = Hearing::default();
    audio(&mut hearing, 0, 10);
    hearing.finalise(UtteranceId(1));
    audio(&mut hearing, 60_000, 1);
    results(&mut hearing, 0, (0, 1_000), &[("bye", 700, 1_000)], FLUSHED);
    assert_eq!(hearing.answer().unwrap().words.words().words[0].to_ms, 1_000);
}

#[test]
fn a_new_connection_gets_what_the_old_one_left_unanswered() {
    let mut hearing = Hearing::default();
    audio(&mut hearing, 0, 30);
    results(&mut hearing, 0, (0, 2_050), &[("one", 500, 800)], FINAL);
    let (base, kept) = hearing.unanswered();
    assert_eq!(
        (base, kept.len()),
        (20 * PIECE, 10),
        "a piece that is answered in part is sent again"
    );
    hearing.finalise(UtteranceId(1));
    results(&mut hearing, base, (0, 1_000), &[("two", 200, 500)], FLUSHED);
    let answer = hearing.answer().unwrap();
    let words = answer.words.words().words;
    assert_eq!((words.len(), words[1].from_ms), (2, 2_200));
}

#[test]
fn an_outage_keeps_five_seconds() {
    let mut hearing = Hearing::default();
    audio(&mut hearing, 0, 200);
    let (base, kept) = hearing.unanswered();
    assert_eq!((base, kept.len() as u64), (150 * PIECE, KEPT_SAMPLES / PIECE));
}

#[test]
fn times_that_are_none_are_no_answer() {
    let mut hearing = Hearing::default();
    audio(&mut hearing, 0, 10);
    for (start, duration) in [("-1", "1"), ("0", "1e300"), ("0", "-0.5")] {
        let text = format!(
            r#"{{"type":"Results","start":{start},"duration":{duration},"is_final":true,"channel":{{"alternatives":[]}}}}"#
        );
        let Ok(Message::Results(bad)) = serde_json::from_str(&text) else { panic!("{text}") };
        assert!(!hearing.results(0, &bad), "{text}");
    }
}

proptest! {
    /// Whatever comes when: each utterance is answered once and in order, and a word is given at most once, to the utterance
    /// that was open when it was spoken.
    #[test]
    fn a_word_is_given_once_and_to_whom_it_belongs(steps in proptest::collection::vec(0_u8..5, 1..60)) {
        let mut hearing = Hearing::default();
        let (mut pieces, mut asked, mut answered) = (0_u64, 0_u32, 0_u32);
        // For each piece of audio, the utterance it is in: the number of finalises before it, plus one.
        let mut owner = Vec::new();
        let mut told = 0;
        let mut seen = std::collections::BTreeSet::new();
        for step in steps {
            match step {
                0 | 1 => {
                    audio(&mut hearing, pieces * 100, 3);
                    owner.extend([asked + 1; 3]);
                    pieces += 3;
                }
                2 => {
                    asked += 1;
                    hearing.finalise(UtteranceId(asked));
                }
                3 => hearing.close_first(),
                _ => {
                    // Everything so far becomes final, one word a piece, named after it.
                    let names: Vec<String> = (told..pieces).map(|piece| format!("w{piece}")).collect();
                    let words: Vec<_> = names
                        .iter()
                        .zip(told..)
                        .map(|(name, piece)| (name.as_str(), piece * 100 + 10, piece * 100 + 90))
                        .collect();
                    results(&mut hearing, 0, (told * 100, pieces * 100), &words, FLUSHED);
                    told = pieces;
                }
            }
            while let Some(answer) = hearing.answer() {
                answered += 1;
                prop_assert_eq!(answer.utterance.0, answered);
                for word in answer.words.words().words {
                    let piece: usize = word.text.trim_start_matches('w').parse().unwrap();
                    prop_assert_eq!(owner[piece], answered);
                    prop_assert!(seen.insert(piece));
                }
            }
            prop_assert_eq!(answered as usize + hearing.owed(), asked as usize);
        }
    }
}
