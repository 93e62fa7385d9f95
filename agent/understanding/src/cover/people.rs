//! Names, addresses and numbers that only the words around them give away.
//!
//! "This is mark", "suite two hundred", "the id ends in forty two": each word of it is an ordinary one. The tables lean towards covering
//! one word too many.

use std::ops::Range;

use callwright_prompts::slots::HeardKind;

use super::numbers::is_figure;
use super::{Kinds, cover, text};
use crate::normal::{Form, Token};
use crate::value::{name, number};

/// Words that lead to a name, longest first.
const LEADS: &[&[&str]] = &[
    &["you", "are", "speaking", "with"],
    &["you", "are", "speaking", "to"],
    &["spoke", "with"],
    &["spoke", "to"],
    &["names", "are"],
    &["name", "is"],
    &["name", "was"],
    &["this", "is"],
    &["called"],
    &["named"],
];

/// Words before a name.
const TITLES: &[&str] = &[
    "brother", "child", "daughter", "doctor", "dr", "father", "husband", "miss", "mister",
    "mother", "mr", "mrs", "ms", "nurse", "partner", "sister", "son", "wife",
];

/// Names that are everyday words, too.
const NAMES_TOO: &[&str] = &["day", "may", "new", "will"];

/// Words after which a number says who, and not how much.
const WHOSE: &[&str] = &[
    "account",
    "birth",
    "birthdate",
    "birthday",
    "born",
    "box",
    "case",
    "code",
    "confirmation",
    "digits",
    "dob",
    "ext",
    "extension",
    "fax",
    "id",
    "npi",
    "number",
    "numbers",
    "phone",
    "reference",
    "serial",
    "social",
    "ssn",
    "suite",
    "ticket",
    "tin",
    "tracking",
    "zip",
];

/// How far after such a word a number may stand.
const WHOSE_REACH: usize = 5;

/// Words that end the number and name of a street, or that a number follows in an address.
const STREETS: &[&str] = &[
    "apartment",
    "apt",
    "ave",
    "avenue",
    "blvd",
    "boulevard",
    "circle",
    "court",
    "drive",
    "highway",
    "lane",
    "parkway",
    "rd",
    "road",
    "st",
    "street",
    "suite",
    "terrace",
];

/// How many words a street's name has, at most.
const STREET_WORDS_MAX: usize = 4;

/// What an ordinal may stand before without being a day.
const COUNTED: &[&str] = &[
    "and", "floor", "line", "molar", "molars", "name", "opinion", "party", "person", "quarter",
    "question", "tier", "time", "visit",
];

/// Covers what the words around it give away. `bare` are the numbers that pass for want of a reason not to.
pub(super) fn mark(tokens: &[Token], bare: &[Range<usize>], kinds: &mut Kinds) {
    for at in 0..tokens.len() {
        names(tokens, at, kinds);
        addresses(tokens, at, kinds);
        at_dot_com(tokens, at, kinds);
        ordinals(tokens, at, kinds);
    }
    whose(tokens, bare, kinds);
}

/// Whether a name may go on with this word.
fn could_be_name(tokens: &[Token], at: usize) -> bool {
    tokens.get(at).is_some_and(|token| {
        token.form == Form::Word
            && token.text.chars().all(char::is_alphabetic)
            && !is_figure(token)
            && (NAMES_TOO.contains(&token.text.as_str())
                || !name::not_names().any(|word| word == token.text))
    })
}

fn names(tokens: &[Token], at: usize, kinds: &mut Kinds) {
    let lead = LEADS
        .iter()
        .find(|lead| lead.iter().enumerate().all(|(n, word)| text(tokens, at + n) == *word));
    let from = match lead {
        Some(lead) => at + lead.len(),
        None if TITLES.contains(&text(tokens, at)) => {
            let named = usize::from(matches!(text(tokens, at + 1), "is" | "named" | "called"));
            at + 1 + named
        }
        None if text(tokens, at + 1) == "speaking"
            && !matches!(text(tokens, at + 2), "with" | "to") =>
        {
            at
        }
        None => return,
    };
    let most = if text(tokens, at + 1) == "speaking" && from == at { 1 } else { 3 };
    let words = (from..from + most).take_while(|place| could_be_name(tokens, *place)).count();
    cover(kinds, from..from + words, HeardKind::Name);
}

/// "Twelve main street", "suite two hundred", "p o box nine".
fn addresses(tokens: &[Token], at: usize, kinds: &mut Kinds) {
    if !STREETS.contains(&text(tokens, at)) {
        return;
    }
    let before = at.saturating_sub(STREET_WORDS_MAX);
    if let Some(first) = (before..at).find(|place| is_figure(&tokens[*place])) {
        // The whole number belongs to it, however many words it has.
        let from =
            (0..first).rev().take_while(|place| is_figure(&tokens[*place])).last().unwrap_or(first);
        cover(kinds, from..at + 1, HeardKind::Id);
    }
    let figures = (at + 1..tokens.len()).take_while(|place| is_figure(&tokens[*place])).count();
    cover(kinds, at + 1..at + 1 + figures, HeardKind::Id);
}

/// "j smith at mail dot com": everything that is joined by dots and "at", and the word before.
fn at_dot_com(tokens: &[Token], at: usize, kinds: &mut Kinds) {
    if text(tokens, at) != "dot" || at == 0 {
        return;
    }
    let mut from = at - 1;
    while from >= 2 && matches!(text(tokens, from - 1), "at" | "dot" | "underscore" | "dash") {
        from -= 2;
    }
    // What stands before is said letter by letter, or is a first name.
    from = from.saturating_sub(1);
    cover(kinds, from..(at + 2).min(tokens.len()), HeardKind::Id);
}

/// "On the twelfth": a day that a month may have been named for before.
fn ordinals(tokens: &[Token], at: usize, kinds: &mut Kinds) {
    let Some((day, end)) = number::ordinal_day(tokens, at) else { return };
    let next = text(tokens, end);
    let before = at.checked_sub(1).map_or("", |at| text(tokens, at));
    let counts = COUNTED.contains(&next)
        || day <= 2 && !next.is_empty() && next != "of"
        || day == 2 && matches!(before, "a" | "one" | "per");
    if !counts {
        cover(kinds, at..end, HeardKind::Date);
    }
}

/// A number soon after a word that asks whose it is.
fn whose(tokens: &[Token], bare: &[Range<usize>], kinds: &mut Kinds) {
    let named = |at: usize| {
        let from = at.saturating_sub(WHOSE_REACH);
        (from..at).any(|place| WHOSE.contains(&text(tokens, place)))
    };
    for run in bare {
        if named(run.start) {
            cover(kinds, run.clone(), HeardKind::Id);
        }
    }
    // Amounts that have only "hundred" or "thousand" to show for it: "born in two thousand five".
    let mut at = 0;
    while at < tokens.len() {
        let figures = (at..tokens.len()).take_while(|place| is_figure(&tokens[*place])).count();
        if figures > 0 && named(at) && !is_counted(tokens, at + figures) {
            cover(kinds, at..at + figures, HeardKind::Id);
        }
        at += figures.max(1);
    }
}

fn is_counted(tokens: &[Token], at: usize) -> bool {
    matches!(
        text(tokens, at),
        "dollar" | "dollars" | "cents" | "percent" | "visits" | "days" | "months" | "years"
    )
}
