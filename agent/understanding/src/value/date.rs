//! Dates: "january first twenty twenty six", "the first of january", "one one twenty twenty six", "01/01/2026".
//!
//! Figures are read month first, as American offices say them. A date without its year is completed from the day of the
//! call to the latest such day that is not in its future, and counts as unsure. This module knows no other dates than
//! calendar days.

use crate::normal::{Form, Token};
use crate::value::number::{cardinal, digit, ordinal_day, teen, tens, unit};
use crate::value::{Date, Parsed};

fn word(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| token.text.as_str())
}

/// "january" is 1; the short forms too, but for "mar" and "sun"-like ones that are other words.
pub(crate) fn month(word: &str) -> Option<u8> {
    Some(match word {
        "january" | "jan" => 1,
        "february" | "feb" => 2,
        "march" => 3,
        "april" | "apr" => 4,
        "may" => 5,
        "june" => 6,
        "july" => 7,
        "august" | "aug" => 8,
        "september" | "sept" | "sep" => 9,
        "october" | "oct" => 10,
        "november" | "nov" => 11,
        "december" | "dec" => 12,
        _ => return None,
    })
}

/// A date that begins at this token. `today` completes one that lacks its year.
pub(crate) fn date(tokens: &[Token], at: usize, today: Date) -> Option<Parsed<Date>> {
    let token = tokens.get(at)?;
    if let Form::Date { year, month, day } = token.form {
        return exact(year, month, day).map(|value| Parsed { value, end: at + 1, sure: true });
    }
    if let Some(month) = month(&token.text) {
        let (day, end, ordinal) = day(tokens, at + 1)?;
        // "May one" and "march four" are dates only with their year.
        return finish(tokens, end, month, day, today).filter(|date| date.sure || ordinal);
    }
    // "the first of january", "first january"
    if let Some((day, end)) = ordinal_day(tokens, at) {
        let end = if word(tokens, end) == "of" { end + 1 } else { end };
        if let Some(month) = month(word(tokens, end)) {
            return finish(tokens, end + 1, month, day, today);
        }
        return None;
    }
    in_figures(tokens, at)
}

fn exact(year: u64, month: u64, day: u64) -> Option<Date> {
    Date::new(u16::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
}

/// The day after a month's name: "first", "the first", "one", "1"; whether it was an ordinal.
fn day(tokens: &[Token], at: usize) -> Option<(u8, usize, bool)> {
    let at = if word(tokens, at) == "the" { at + 1 } else { at };
    if let Some((day, end)) = ordinal_day(tokens, at) {
        return Some((day, end, true));
    }
    let (day, end) = two_figures(tokens, at)?;
    Some((u8::try_from(day).ok()?, end, false))
}

/// The year, if one follows, and the whole date.
fn finish(tokens: &[Token], at: usize, month: u8, day: u8, today: Date) -> Option<Parsed<Date>> {
    let from = if matches!(word(tokens, at), "of" | "in") { at + 1 } else { at };
    if let Some(year) = year(tokens, from) {
        let value = Date::new(year.value, month, day)?;
        return Some(Parsed { value, end: year.end, sure: year.sure });
    }
    let this = Date::new(today.year(), month, day).filter(|date| *date <= today);
    let value = this.or_else(|| Date::new(today.year().checked_sub(1)?, month, day))?;
    Some(Parsed { value, end: at, sure: false })
}

/// A year: "twenty twenty six", "two thousand twenty six", "nineteen oh seven", "2026", or "26" with a doubt.
fn year(tokens: &[Token], at: usize) -> Option<Parsed<u16>> {
    let full = |value: u64, end: usize| {
        let value = u16::try_from(value).ok().filter(|year| (1900..=2099).contains(year))?;
        Some(Parsed { value, end, sure: true })
    };
    if let Some(Form::Number(value)) = tokens.get(at).map(|token| token.form) {
        if let Some(year) = full(value, at + 1) {
            return Some(year);
        }
        if (value == 20 || value == 19)
            && let Some(Form::Number(rest @ 0..=99)) = tokens.get(at + 1).map(|token| token.form)
        {
            return full(value * 100 + rest, at + 2);
        }
        return short_year(value, at + 1, word(tokens, at).len() == 2);
    }
    let century = match word(tokens, at) {
        "twenty" => Some(2_000),
        "nineteen" => Some(1_900),
        _ => None,
    };
    if let Some(century) = century {
        match word(tokens, at + 1) {
            "hundred" => {
                let (rest, end) = two_figures(tokens, at + 2).unwrap_or((0, at + 2));
                return full(century + rest, end);
            }
            "oh" | "o" | "zero" => {
                return full(century + unit(word(tokens, at + 2))?, at + 3);
            }
            _ => {}
        }
        if let Some((rest, end)) = two_figures(tokens, at + 1)
            && rest >= 10
        {
            return full(century + rest, end);
        }
    }
    if word(tokens, at + 1) == "thousand" {
        let thousand = cardinal(tokens, at)?;
        return full(thousand.value, thousand.end);
    }
    let (value, end) = two_figures(tokens, at)?;
    short_year(value, end, value >= 10)
}

/// "twenty six" for 2026: only this century, and in doubt.
fn short_year(value: u64, end: usize, two_figures: bool) -> Option<Parsed<u16>> {
    let value = u16::try_from(value).ok().filter(|value| *value < 100 && two_figures)?;
    Some(Parsed { value: 2000 + value, end, sure: false })
}

/// 0 to 99 as said in a date: "one", "oh one", "twelve", "twenty six", "01".
fn two_figures(tokens: &[Token], at: usize) -> Option<(u64, usize)> {
    let token = tokens.get(at)?;
    if let Form::Number(value @ 0..=99) = token.form {
        return Some((value, at + 1));
    }
    let first = token.text.as_str();
    if matches!(first, "oh" | "o" | "zero") {
        return digit(word(tokens, at + 1)).map(|digit| (digit, at + 2));
    }
    if let Some(tens) = tens(first) {
        return Some(match unit(word(tokens, at + 1)) {
            Some(unit) => (tens + unit, at + 2),
            None => (tens, at + 1),
        });
    }
    teen(first).or_else(|| unit(first)).map(|value| (value, at + 1))
}

/// "one one twenty twenty six", "zero four slash twelve slash 2026": month, day and a full year.
fn in_figures(tokens: &[Token], at: usize) -> Option<Parsed<Date>> {
    let skip = |at: usize| {
        if matches!(word(tokens, at), "slash" | "dash") { at + 1 } else { at }
    };
    let (month, end) = two_figures(tokens, at)?;
    let (day, end) = two_figures(tokens, skip(end))?;
    let year = year(tokens, skip(end)).filter(|year| year.sure)?;
    let value = exact(u64::from(year.value), month, day)?;
    Some(Parsed { value, end: year.end, sure: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normal::tests::of;
    use proptest::prelude::*;

    fn today() -> Date {
        Date::new(2026, 11, 22).unwrap()
    }

    fn read(text: &str) -> Option<(u16, u8, u8, bool)> {
        let tokens = of(text);
        date(&tokens, 0, today()).map(|p| (p.value.year(), p.value.month(), p.value.day(), p.sure))
    }

    #[test]
    fn dates_as_people_say_them() {
        for text in [
            "january first twenty twenty six",
            "january first, two thousand twenty six",
            "january 1st, 2026",
            "January 1, 2026",
            "january the first of twenty twenty six",
            "first of january twenty twenty six",
            "01/01/2026",
            "1-1-2026",
            "2026-01-01",
            "one one twenty twenty six",
            "zero one zero one twenty twenty six",
            "oh one oh one two thousand twenty six",
            "one slash one slash twenty twenty six",
            "1 1 2026",
        ] {
            assert_eq!(read(text), Some((2026, 1, 1, true)), "{text}");
        }
        assert_eq!(read("april twelfth nineteen eighty five"), Some((1985, 4, 12, true)));
        assert_eq!(read("july four two thousand and six"), Some((2006, 7, 4, true)));
        assert_eq!(read("december thirty first nineteen ninety nine"), Some((1999, 12, 31, true)));
    }

    #[test]
    fn a_date_without_its_year_is_the_latest_past_one_and_unsure() {
        assert_eq!(read("january first"), Some((2026, 1, 1, false)));
        assert_eq!(read("december first and"), Some((2025, 12, 1, false)));
        assert_eq!(read("january first twenty six"), Some((2026, 1, 1, false)));
    }

    #[test]
    fn what_is_no_day_is_no_date() {
        for text in [
            "february thirtieth twenty twenty six",
            "may i have",
            "march",
            "13/01/2026",
            "january fortieth",
            "one five hundred",
            "one thirteen",
            "twenty twenty six",
            "",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn reads_what_is_spoken(y in 1900i16..=2099, m in 1u8..=12, d in 1u8..=31) {
            if let Some(spoken) = callwright_prompts::spoken::date(y, m, d) {
                let tokens = of(&spoken);
                let parsed = date(&tokens, 0, today());
                let got = parsed.map(|p| (p.value.year(), p.value.month(), p.value.day(), p.sure, p.end));
                prop_assert_eq!(got, Some((y.unsigned_abs(), m, d, true, tokens.len())), "{}", spoken);
            }
        }
    }
}
