//! What the call knows of its patient: names and numbers that are covered in whatever pieces they are said, and half heard, too.
//!
//! It is the second net: what it finds, the rules for everybody's names and numbers let through.

use std::collections::BTreeSet;

use callwright_prompts::slots::HeardKind;
use zeroize::Zeroize;

use super::numbers::{homophone, is_figure, repeats};
use super::{Kinds, text};
use crate::normal::{Form, Token};
use crate::value::number;

/// So many of a known number's digits in a row are no chance.
const DIGITS_MIN: usize = 4;

/// Digits of earlier utterances that later ones may go on from.
const TAIL: usize = 16;

/// Names from this length on are covered with one letter wrong.
const HALF_HEARD_MIN: usize = 5;

/// See the module.
#[derive(Default)]
pub(super) struct Known {
    names: BTreeSet<String>,
    /// The digits of each number, in every order in which it is written.
    numbers: Vec<String>,
    /// The last digits that were heard.
    tail: String,
}

impl Known {
    /// Takes each part of a name, and the parts of a hyphenated one together.
    pub(super) fn name(&mut self, text: &str) {
        for word in text.split_whitespace() {
            let joined: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
            let parts = word.split(|c: char| !c.is_alphanumeric()).map(str::to_owned);
            for part in parts.chain([joined]) {
                if part.chars().count() > 1 {
                    self.names.insert(part.to_lowercase());
                }
            }
        }
    }

    /// Takes a number; one that is written as `YYYY-MM-DD` also as a date is said.
    pub(super) fn identifier(&mut self, text: &str) {
        let mut add = |text: &str| {
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            if digits.len() >= DIGITS_MIN && !self.numbers.contains(&digits) {
                self.numbers.push(digits);
            }
        };
        add(text);
        let parts: Vec<&str> = text.split('-').collect();
        if let [year, month, day] = parts[..]
            && year.len() == 4
            && month.len() == 2
            && day.len() == 2
        {
            let short = |part: &str| part.trim_start_matches('0').to_owned();
            let ending = year.get(2..).unwrap_or_default();
            for (first, second) in [(month, day), (day, month)] {
                for (first, second) in
                    [(first.to_owned(), second.to_owned()), (short(first), short(second))]
                {
                    add(&format!("{first}{second}{year}"));
                    add(&format!("{first}{second}{ending}"));
                    add(&format!("{year}{first}{second}"));
                }
            }
        }
    }

    /// Covers what is known.
    pub(super) fn mark(&mut self, tokens: &[Token], kinds: &mut Kinds) {
        for at in 0..tokens.len() {
            for words in 1..=3 {
                if self.is_name(tokens, at, words) {
                    super::cover(kinds, at..at + words, HeardKind::Name);
                }
            }
        }
        if self.numbers.is_empty() {
            return;
        }
        let plain = figures(tokens, false);
        for stream in [&plain, &figures(tokens, true)] {
            self.mark_digits(stream, kinds);
        }
        self.mark_amounts(tokens, kinds);
        self.tail.extend(plain.iter().map(|(_, digit)| digit));
        let over = self.tail.len().saturating_sub(TAIL);
        let mut rest = self.tail.split_off(over);
        std::mem::swap(&mut rest, &mut self.tail);
        rest.zeroize();
    }

    /// Whether these words together are a name, or one letter away from a long one.
    fn is_name(&self, tokens: &[Token], at: usize, words: usize) -> bool {
        let Some(part) = tokens.get(at..at + words) else { return false };
        if part.iter().any(|token| token.form != Form::Word) {
            return false;
        }
        let mut joined: String = part.iter().map(|token| token.text.as_str()).collect();
        let found = self.names.contains(&joined)
            || joined.chars().count() + 1 >= HALF_HEARD_MIN
                && self.names.iter().any(|name| {
                    name.chars().count() >= HALF_HEARD_MIN && is_one_off(name, &joined)
                });
        joined.zeroize();
        found
    }

    fn mark_digits(&self, stream: &[(usize, char)], kinds: &mut Kinds) {
        let mut all: Vec<(Option<usize>, char)> = self.tail.chars().map(|c| (None, c)).collect();
        all.extend(stream.iter().map(|(at, c)| (Some(*at), *c)));
        for window in all.windows(DIGITS_MIN) {
            let mut digits: String = window.iter().map(|(_, c)| *c).collect();
            if self.numbers.iter().any(|number| number.contains(&digits)) {
                for (place, _) in window {
                    if let Some(kind) = place.and_then(|place| kinds.get_mut(place)) {
                        kind.get_or_insert(HeardKind::Id);
                    }
                }
            }
            digits.zeroize();
        }
        all.iter_mut().for_each(|(_, c)| *c = '0');
    }

    /// "Four thousand seven hundred twenty nine" is 4729, too.
    fn mark_amounts(&self, tokens: &[Token], kinds: &mut Kinds) {
        let mut at = 0;
        while at < tokens.len() {
            let mut next = at + 1;
            if is_figure(&tokens[at])
                && let Some(one) = number::cardinal(tokens, at)
            {
                next = one.end.max(next);
                let mut digits = one.value.to_string();
                let known = digits.len() >= DIGITS_MIN
                    && self.numbers.iter().any(|number| number.contains(&digits));
                if known {
                    super::cover(kinds, at..one.end, HeardKind::Id);
                }
                digits.zeroize();
            }
            at = next;
        }
    }
}

impl Drop for Known {
    fn drop(&mut self) {
        std::mem::take(&mut self.names).into_iter().for_each(|mut name| name.zeroize());
        self.numbers.zeroize();
        self.tail.zeroize();
    }
}

/// The digits that are said, each with the token it came from; words that sound like one count only where `sounds` says so.
fn figures(tokens: &[Token], sounds: bool) -> Vec<(usize, char)> {
    let mut out: Vec<(usize, char)> = Vec::new();
    let mut times = 1;
    for (at, token) in tokens.iter().enumerate() {
        let word = token.text.as_str();
        if let Some(many) = repeats(word) {
            times = many;
            continue;
        }
        let before = at.checked_sub(1).and_then(|at| number::tens(text(tokens, at)));
        let mut digits = match token.form {
            Form::Word => in_words(word, before.is_some(), sounds, &mut out),
            Form::Number(_)
            | Form::Decimal { .. }
            | Form::Date { .. }
            | Form::Ordinal(_)
            | Form::Percent(_) => word.chars().filter(char::is_ascii_digit).collect(),
        };
        for _ in 0..times {
            out.extend(digits.chars().map(|digit| (at, digit)));
        }
        times = 1;
        digits.zeroize();
    }
    out
}

/// The digits of one word. A unit after "forty" takes the place of its nought.
fn in_words(word: &str, after_tens: bool, sounds: bool, out: &mut Vec<(usize, char)>) -> String {
    if let Some(unit) = number::unit(word) {
        if after_tens {
            out.pop();
        }
        return unit.to_string();
    }
    if let Some(value) =
        number::digit(word).or_else(|| number::teen(word)).or_else(|| number::tens(word))
    {
        return value.to_string();
    }
    if let Some((value, _)) = ordinal(word) {
        return value.to_string();
    }
    homophone(word).filter(|_| sounds).map(String::from).unwrap_or_default()
}

/// The day that one word says: "twelfth".
fn ordinal(word: &str) -> Option<(u8, usize)> {
    #[rustfmt::skip] // One word a line would hide the row.
    const DAYS: &[&str] = &[
        "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth",
        "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
        "twentieth",
    ];
    let place = DAYS.iter().position(|day| *day == word)?;
    u8::try_from(place + 3).ok().map(|day| (day, 1))
}

/// Whether two words differ in one letter: another one, one too many or one too few.
fn is_one_off(name: &str, heard: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (name.chars().collect(), heard.chars().collect());
    let same = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (rest_a, rest_b) = (a.len() - same, b.len() - same);
    let tail = |from_a: usize, from_b: usize| a.get(same + from_a..) == b.get(same + from_b..);
    match (rest_a, rest_b) {
        (x, y) if x == y => x > 0 && tail(1, 1),
        (x, y) if x == y + 1 => tail(1, 0),
        (x, y) if x + 1 == y => tail(0, 1),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_letter_wrong_is_heard_for_the_name() {
        for (name, heard, off) in [
            ("lopez", "lopes", true),
            ("marks", "mark", true),
            ("mark", "marks", true),
            ("holder", "hold", false),
            ("lopez", "lopez", false),
        ] {
            assert_eq!(is_one_off(name, heard), off, "{name} {heard}");
        }
    }

    #[test]
    fn digits_are_read_however_they_are_said() {
        use crate::normal::tests::of;
        let read = |text: &str, sounds: bool| -> String {
            figures(&of(text), sounds).into_iter().map(|(_, digit)| digit).collect()
        };
        for text in ["four seven two nine", "forty seven, twenty nine", "47 and then 29", "4729"] {
            assert_eq!(read(text, false), "4729", "{text}");
        }
        assert_eq!(read("double four triple oh", false), "44000");
        assert_eq!(read("for seven to nine", true), "4729");
        assert_eq!(read("april twelfth nineteen eighty five", false), "121985");
    }
}
