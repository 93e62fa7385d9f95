//! How often something is covered, and stretches of months: "two per calendar year", "once every six months", "a twelve month wait".
//!
//! This module reads words that name their stretch of time. A bare number is no frequency, whatever was asked: two in a year and two
//! in a lifetime differ too much to guess.

use callwright_prompts::spoken::Interval;

use crate::normal::Token;
use crate::value::number::{begins, cardinal};
use crate::value::{Frequency, Parsed};

/// What may stand between the number and its stretch: what is counted, and what is said of it.
const COUNTED: &[&str] = &[
    "adult",
    "allowed",
    "any",
    "are",
    "bitewing",
    "bitewings",
    "cleaning",
    "cleanings",
    "covered",
    "evaluation",
    "evaluations",
    "exam",
    "examination",
    "examinations",
    "exams",
    "films",
    "is",
    "limit",
    "limited",
    "of",
    "oral",
    "payable",
    "periodic",
    "prophies",
    "prophy",
    "prophylaxis",
    "ray",
    "rays",
    "routine",
    "series",
    "set",
    "sets",
    "service",
    "services",
    "them",
    "these",
    "those",
    "time",
    "times",
    "to",
    "treatment",
    "treatments",
    "visit",
    "visits",
    "x",
];

/// Words that lead to the stretch of time.
const LINKS: &[&str] =
    &["a", "an", "any", "during", "each", "every", "for", "in", "per", "the", "within"];

/// The most words of either sort: no sentence has more, and none is searched for longer.
const WORDS_MAX: usize = 8;

/// More than this in any stretch is a mishearing.
const COUNT_MAX: u64 = 24;

/// Longer than this is a mishearing: the longest replacement rules are ten years.
const MONTHS_MAX: u64 = 240;

fn word(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| token.text.as_str())
}

/// The place after the words of this list, from `at` on.
fn skip(tokens: &[Token], at: usize, list: &[&str]) -> usize {
    (at..at + WORDS_MAX)
        .find(|place| !list.contains(&word(tokens, *place)))
        .unwrap_or(at + WORDS_MAX)
}

/// How many times in what stretch.
pub(crate) fn frequency(tokens: &[Token], at: usize) -> Option<Parsed<Frequency>> {
    let first = word(tokens, at);
    // "Every six months" is once in each; so is "annually".
    if matches!(first, "every" | "each") {
        let every = stretch(tokens, at + 1)?;
        return Some(parsed(1, every.value, every.end, every.sure));
    }
    if let Some((times, every)) = adverb(tokens, at) {
        return Some(parsed(times, every, at + 1, true));
    }
    let (times, after, sure) = times(tokens, at)?;
    let counted = skip(tokens, after, COUNTED);
    if let Some((1, every)) = adverb(tokens, counted) {
        return Some(parsed(times, every, counted + 1, sure));
    }
    let link = skip(tokens, counted, LINKS);
    let every = if link > counted { stretch(tokens, link) } else { None };
    if let Some(every) = every {
        return Some(parsed(times, every.value, every.end, sure && every.sure));
    }
    // "Two cleanings and two exams per year": the stretch is said once for both.
    let shared = counted > after && word(tokens, counted) == "and";
    let other = if shared { counted_next(tokens, counted + 1)? } else { return None };
    Some(parsed(times, other.every, counted, sure))
}

/// The frequency of something counted that begins here: "two exams per year", not "every six months".
fn counted_next(tokens: &[Token], at: usize) -> Option<Frequency> {
    let (_, after, _) = times(tokens, at)?;
    if skip(tokens, after, COUNTED) == after {
        return None;
    }
    frequency(tokens, at).map(|other| other.value)
}

fn parsed(times: u8, every: Interval, end: usize, sure: bool) -> Parsed<Frequency> {
    Parsed { value: Frequency { times, every }, end, sure }
}

/// "Annually" and the like: a number of times and its stretch in one word.
fn adverb(tokens: &[Token], at: usize) -> Option<(u8, Interval)> {
    match word(tokens, at) {
        "annually" | "yearly" => Some((1, Interval::Year)),
        "semiannually" | "biannually" => Some((2, Interval::Year)),
        _ => None,
    }
}

/// "Once", "twice", "two".
fn times(tokens: &[Token], at: usize) -> Option<(u8, usize, bool)> {
    match word(tokens, at) {
        "once" => return Some((1, at + 1, true)),
        "twice" => return Some((2, at + 1, true)),
        _ => {}
    }
    let number = cardinal(tokens, at).filter(|_| tokens.get(at).is_some_and(begins))?;
    let times = u8::try_from(number.value).ok().filter(|_| number.value <= COUNT_MAX)?;
    (times > 0).then_some((times, number.end, number.sure))
}

/// A stretch of time after its link: "six months", "calendar year", "lifetime".
fn stretch(tokens: &[Token], at: usize) -> Option<Parsed<Interval>> {
    let named = |interval: Interval, end: usize| Some(Parsed { value: interval, end, sure: true });
    match (word(tokens, at), word(tokens, at + 1)) {
        ("calendar", "year") => return named(Interval::CalendarYear, at + 2),
        ("benefit" | "plan" | "contract" | "policy", "year" | "period") => {
            return named(Interval::BenefitYear, at + 2);
        }
        ("lifetime", _) => return named(Interval::Lifetime, at + 1),
        ("year", _) => return named(Interval::Year, at + 1),
        ("month", _) => return named(Interval::Months(1), at + 1),
        ("other", "year") => return named(Interval::Months(24), at + 2),
        ("other", "month") => return named(Interval::Months(2), at + 2),
        _ => {}
    }
    let one_year = word(tokens, at) == "one" && word(tokens, at + 1) == "year";
    if one_year {
        return named(Interval::Year, at + 2);
    }
    let months = months(tokens, at)?;
    Some(Parsed { value: Interval::Months(months.value), end: months.end, sure: months.sure })
}

/// A stretch of months, or of years as months: "twelve months", "two consecutive years", "a year".
pub(crate) fn months(tokens: &[Token], at: usize) -> Option<Parsed<u16>> {
    let article = matches!(word(tokens, at), "a" | "one");
    let (number, after, sure) = match (article, word(tokens, at + 1)) {
        (true, "year" | "month") => (1, at + 1, true),
        _ => {
            let number = cardinal(tokens, at).filter(|_| tokens.get(at).is_some_and(begins))?;
            (number.value, number.end, number.sure)
        }
    };
    let unit = skip(tokens, after, &["consecutive", "rolling", "calendar", "full"]);
    let each = match word(tokens, unit) {
        "month" | "months" => 1,
        "year" | "years" => 12,
        _ => return None,
    };
    let months = number.checked_mul(each).filter(|months| (1..=MONTHS_MAX).contains(months))?;
    let end = if word(tokens, unit + 1) == "period" { unit + 2 } else { unit + 1 };
    Some(Parsed { value: u16::try_from(months).ok()?, end, sure })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normal::tests::of;
    use proptest::prelude::*;

    #[test]
    fn frequencies_as_payers_say_them() {
        for (text, times, every) in [
            ("two per calendar year", 2, Interval::CalendarYear),
            ("two cleanings per benefit year", 2, Interval::BenefitYear),
            ("two in a benefit year", 2, Interval::BenefitYear),
            ("2 per plan year", 2, Interval::BenefitYear),
            ("two times a year", 2, Interval::Year),
            ("twice per year", 2, Interval::Year),
            ("twice a calendar year", 2, Interval::CalendarYear),
            ("twice annually", 2, Interval::Year),
            ("once every six months", 1, Interval::Months(6)),
            ("one every 6 months", 1, Interval::Months(6)),
            ("one per six-month period", 1, Interval::Months(6)),
            ("every six months", 1, Interval::Months(6)),
            ("every other year", 1, Interval::Months(24)),
            ("once a year", 1, Interval::Year),
            ("one in twelve consecutive months", 1, Interval::Months(12)),
            ("one set of bite wings per twelve months", 1, Interval::Months(12)),
            ("once every three years", 1, Interval::Months(36)),
            ("one per lifetime", 1, Interval::Lifetime),
            ("once in a lifetime", 1, Interval::Lifetime),
            ("two cleanings and two exams per year", 2, Interval::Year),
            ("two are covered in any twelve month period", 2, Interval::Months(12)),
            ("annually", 1, Interval::Year),
        ] {
            let got = frequency(&of(text), 0).map(|parsed| parsed.value);
            assert_eq!(got, Some(Frequency { times, every }), "{text}");
        }
    }

    #[test]
    fn what_names_no_stretch_is_no_frequency() {
        for text in [
            "two",
            "two cleanings",
            "twice",
            "every patient",
            "forty dollars per year",
            "fifteen hundred per calendar year",
            "zero per year",
            "six months",
            "one moment in the system",
        ] {
            assert!(frequency(&of(text), 0).is_none(), "{text}");
        }
    }

    #[test]
    fn months_and_years() {
        for (text, want) in [
            ("twelve months", Some(12)),
            ("a year", Some(12)),
            ("one year", Some(12)),
            ("two years", Some(24)),
            ("24-month", Some(24)),
            ("six month", Some(6)),
            ("eighteen consecutive months", Some(18)),
            ("thirty days", None),
            ("a", None),
            ("one", None),
            ("ninety years", None),
        ] {
            assert_eq!(months(&of(text), 0).map(|parsed| parsed.value), want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn reads_the_frequency_that_is_spoken(times in 1u8..=24, months in 2u16..=240, which in 0usize..6) {
            let every = [
                Interval::BenefitYear,
                Interval::CalendarYear,
                Interval::Lifetime,
                Interval::Months(months),
                Interval::Months(1),
                Interval::Year,
            ][which];
            let tokens = of(&callwright_prompts::spoken::frequency(times, every));
            let parsed = frequency(&tokens, 0).map(|p| (p.value, p.end, p.sure));
            prop_assert_eq!(parsed, Some((Frequency { times, every }, tokens.len(), true)));
        }

        #[test]
        fn reads_the_months_that_are_spoken(n in 1u16..=240) {
            let tokens = of(&callwright_prompts::spoken::months(n));
            prop_assert_eq!(months(&tokens, 0).map(|p| (p.value, p.end)), Some((n, tokens.len())));
        }
    }
}
