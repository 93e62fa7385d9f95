//! The book over what simulated payers say: whole and cut utterances, loss, concealment, any alignment, and what is not in it.
//!
//! What the local voice says is `measure`'s; this file needs nothing installed.

use super::*;
use proptest::prelude::*;
use std::sync::Arc;

/// Something like speech: a buzz through wandering resonances, with pauses, different for each seed.
fn babble(seed: u64, ms: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut noise = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / 8_388_608.0 - 1.0
    };
    let mut low = 0.0_f32;
    (0..ms * 8)
        .map(|at| {
            let pitch = 60 + (seed as usize + at / 1_600) % 40;
            low = 0.7 * low + 0.3 * (noise() + if at % pitch < 4 { 4.0 } else { 0.0 });
            callwright_media::g711::encode((low * 4_000.0) as i16)
        })
        .collect()
}

fn clip(seed: u64, words: usize) -> Clip {
    let text: Vec<String> = (0..words).map(|at| format!("word{seed}x{at}")).collect();
    Clip { text: text.join(" "), mulaw: babble(seed, words * 300) }
}

fn heard(book: &Arc<Book>, mulaw: &[u8]) -> Vec<String> {
    let mut hearing = Hearing::new(Arc::clone(book));
    hearing.push(mulaw);
    hearing.words().into_iter().map(|word| word.word).collect()
}

#[test]
fn two_streams_at_once_hear_their_own() {
    let book = Arc::new(Book::new(&[clip(1, 5), clip(2, 5)]));
    let (mut one, mut two) = (Hearing::new(Arc::clone(&book)), Hearing::new(Arc::clone(&book)));
    for (a, b) in babble(1, 1_500).chunks(160).zip(babble(2, 1_500).chunks(160)) {
        one.push(a);
        two.push(b);
    }
    assert!(one.words().iter().all(|w| w.word.starts_with("word1x")) && one.words().len() == 5);
    assert!(two.words().iter().all(|w| w.word.starts_with("word2x")) && two.words().len() == 5);
}

#[test]
fn the_same_sentence_twice_is_heard_twice() {
    // Also one of a single word.
    for count in [1, 4] {
        let book = Arc::new(Book::new(&[clip(3, count)]));
        let mut mulaw = babble(3, count * 300);
        mulaw.extend([0xFF; 4_000]);
        mulaw.extend(babble(3, count * 300));
        assert_eq!(heard(&book, &mulaw).len(), 2 * count);
    }
}

#[test]
fn clips_that_begin_alike_are_told_apart_by_their_ends() {
    let beginning = babble(7, 900);
    let mut one = beginning.clone();
    one.extend(babble(8, 900));
    let mut two = beginning;
    two.extend(babble(9, 900));
    let text = |last: &str| format!("same same same {last} {last} {last}");
    let book = Book::new(&[
        Clip { text: text("first"), mulaw: one.clone() },
        Clip { text: text("other"), mulaw: two.clone() },
    ]);
    let book = Arc::new(book);
    assert_eq!(heard(&book, &one).join(" "), text("first"));
    assert_eq!(heard(&book, &two).join(" "), text("other"));
    assert_eq!(heard(&book, &one[..5_000]), ["same", "same"]);
}

#[test]
fn a_long_stretch_replaced_by_silence_takes_its_words_with_it() {
    let book = Arc::new(Book::new(&[clip(4, 10)]));
    let mut mulaw = babble(4, 3_000);
    mulaw[8_000..16_000].fill(0xFF);
    let words = heard(&book, &mulaw);
    let expected: Vec<String> = [0, 1, 2, 7, 8, 9].iter().map(|at| format!("word4x{at}")).collect();
    assert!(expected.iter().all(|word| words.contains(word)), "{words:?}");
    assert!(!words.contains(&"word4x4".to_owned()) && words.len() <= 7, "{words:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A clip cut out anywhere, sent in pieces of any size, gives those of its words that are wholly inside, in order and in their
    /// place, and none that is wholly outside.
    #[test]
    fn a_cut_gives_the_words_that_were_heard(
        seed in 1_u64..1_000,
        from in 0_usize..12_000,
        length in 4_000_usize..24_000,
        before in 0_usize..5_000,
        piece in 1_usize..1_000,
    ) {
        let clip = clip(seed, 10);
        let page = timing::timed(&clip.text, &clip.mulaw);
        let to = (from + length).min(clip.mulaw.len());
        let mut stream = vec![0xFF; before];
        stream.extend(&clip.mulaw[from..to]);
        let mut hearing = Hearing::new(Arc::new(Book::new(std::slice::from_ref(&clip))));
        for part in stream.chunks(piece) {
            hearing.push(part);
        }
        let words = hearing.words();
        // Edges are known to 200 ms.
        let edge = 1_600;
        for (at, word) in page.iter().enumerate() {
            let heard = words.iter().find(|w| w.word == word.word);
            let (start, end) = (word.start as usize, word.end as usize);
            if start >= from + 64 && end + 64 <= to {
                let place = heard.map(|w| w.start);
                prop_assert_eq!(place, Some((start + before - from) as u64), "word {}", at);
            }
            if end + edge <= from || start >= to + edge {
                prop_assert!(heard.is_none(), "word {}", at);
            }
        }
        prop_assert!(words.windows(2).all(|pair| pair[0].start <= pair[1].start));
    }

    /// One frame in twenty dropped or replaced, anywhere, loses no word.
    #[test]
    fn loss_up_to_five_percent_loses_no_word(
        seed in 1_u64..1_000,
        fates in proptest::collection::vec(0_u8..40, 200),
        lead in 0_usize..160,
    ) {
        let clip = clip(seed, 10);
        let mut stream = vec![0xFF; lead];
        let mut last = vec![0xFF; 160];
        for (frame, fate) in clip.mulaw.chunks(160).zip(fates) {
            match fate {
                0 => {}
                1 => stream.extend(&last),
                _ => stream.extend(frame),
            }
            last = frame.to_vec();
        }
        let book = Arc::new(Book::new(std::slice::from_ref(&clip)));
        prop_assert_eq!(heard(&book, &stream).join(" "), clip.text);
    }

    /// What is not in the book is not heard.
    #[test]
    fn other_sound_gives_nothing(seed in 2_000_u64..3_000) {
        let book = Arc::new(Book::new(&[clip(1, 10), clip(2, 10)]));
        prop_assert!(heard(&book, &babble(seed, 3_000)).is_empty());
    }
}
