//! The call's reference number.

use callwright_core::Topic;

use zeroize::Zeroize;

use super::{Focus, Taken};
use crate::normal::Token;
use crate::value::{Parsed, Value, code};

/// What a representative calls it.
const NOUNS: &[&[&str]] = &[
    &["reference", "number"],
    &["reference", "id"],
    &["reference", "code"],
    &["call", "reference"],
    &["reference", "is"],
    &["confirmation", "number"],
    &["confirmation", "code"],
    &["call", "id"],
    &["call", "number"],
    &["ticket", "number"],
    &["tracking", "number"],
    &["interaction", "id"],
    &["interaction", "number"],
    &["case", "number"],
];

/// A reference has at least this many letters and digits; shorter ones are counts.
const LEN_MIN: usize = 3;

/// How many words may stand between the noun and the number: "for this call today is going to be".
const LEAD: usize = 10;

/// The reference number in these words, if it is named or was asked for.
pub(super) fn find(tokens: &[Token], focus: &Focus) -> Option<Taken> {
    let noun = noun_end(tokens);
    let asked = focus.topic == Some(Topic::Reference);
    if noun.is_none() && !asked {
        return None;
    }
    let mut codes = codes(tokens);
    let after = |end: usize| codes.iter().position(|(at, _)| *at >= end && *at <= end + LEAD);
    let first = match noun {
        Some(end) => after(end).or_else(|| (!codes.is_empty()).then_some(0)),
        None => (!codes.is_empty()).then_some(0),
    }?;
    let picked = pick(codes.get(first..)?, focus);
    for (_, code) in &mut codes {
        code.value.zeroize();
    }
    let (at, best) = picked?;
    Some(Taken {
        topic: Topic::Reference,
        at,
        end: best.end,
        from: noun.map_or(at, |end| end.saturating_sub(2).min(at)),
        to: best.end,
        sure: best.sure,
        value: Value::Reference(best.value),
    })
}

fn noun_end(tokens: &[Token]) -> Option<usize> {
    (0..tokens.len()).find_map(|at| {
        NOUNS.iter().find_map(|noun| {
            let window = tokens.get(at..at + noun.len())?;
            let same = window.iter().zip(*noun).all(|(token, word)| token.text == *word);
            same.then_some(at + noun.len())
        })
    })
}

/// The codes long enough, from left to right. Parts with only "and" or "then" between them are one.
fn codes(tokens: &[Token]) -> Vec<(usize, Parsed<String>)> {
    let mut found: Vec<(usize, Parsed<String>)> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let Some(code) = code::code(tokens, at) else {
            at += 1;
            continue;
        };
        let end = code.end;
        match found.last_mut() {
            Some((_, last)) if joins(tokens, last.end, at) => {
                last.value.push_str(&code.value);
                last.end = end;
                last.sure = false;
            }
            Some(_) | None => found.push((at, code)),
        }
        at = end;
    }
    found.retain(|(_, code)| code.value.len() >= LEN_MIN && is_said_as_code(tokens, code));
    found
}

fn joins(tokens: &[Token], from: usize, to: usize) -> bool {
    from < to
        && tokens.get(from..to).is_some_and(|between| {
            between.iter().all(|token| matches!(token.text.as_str(), "and" | "then"))
        })
}

/// "forty dollars" and "twenty percent" are no codes.
fn is_said_as_code(tokens: &[Token], code: &Parsed<String>) -> bool {
    let digits = code.value.chars().any(|c| c.is_ascii_digit());
    let next = tokens.get(code.end).map_or("", |token| token.text.as_str());
    digits && !matches!(next, "dollars" | "dollar" | "percent" | "cents" | "visits")
}

/// The code that is meant: a correction's, else the longest; in doubt where they differ.
fn pick(codes: &[(usize, Parsed<String>)], focus: &Focus) -> Option<(usize, Parsed<String>)> {
    let (first_at, first) = codes.first()?;
    let same = codes.iter().all(|(_, code)| code.value == first.value);
    if same {
        return Some((*first_at, first.clone()));
    }
    let corrected = focus
        .correction_at
        .and_then(|place| codes.iter().rev().find(|(at, _)| *at > place && *first_at < place));
    let (at, best) = match corrected {
        Some(found) => found,
        None => codes.iter().rev().max_by_key(|(_, code)| code.value.len())?,
    };
    Some((*at, Parsed { sure: false, ..best.clone() }))
}
