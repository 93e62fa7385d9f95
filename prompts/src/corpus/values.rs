//! Values drawn at random, in the several ways in which people say them.
//!
//! [`crate::spoken`] says each value in one way, the agent's. People vary: "fifteen hundred", "oh" for zero, a year as
//! "two thousand twenty six". These variants are for hearing only.

use crate::far_end::Slot;
use crate::rng::SplitMix64;
use crate::spoken::{self, Interval};

const LETTERS: [char; 26] = [
    'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's',
    't', 'u', 'v', 'w', 'x', 'y', 'z',
];
const DAYS: [u32; 10] = [14, 21, 30, 45, 60, 90, 120, 180, 270, 365];
const MONTHS: [u16; 9] = [0, 3, 6, 6, 12, 12, 18, 24, 36];
const PLAN_PERCENTS: [u32; 10] = [100, 100, 80, 80, 50, 50, 90, 70, 60, 20];
const PERCENTS: [u32; 14] = [0, 5, 10, 15, 20, 25, 30, 35, 40, 50, 60, 70, 80, 90];

/// One value, in words.
pub(crate) fn draw(slot: Slot, rng: &mut SplitMix64) -> String {
    match slot {
        Slot::BirthDate => date(rng, 1930, 2024),
        Slot::Count => spoken::count(rng.between(1, 60)),
        Slot::Date => date(rng, 2005, 2029),
        Slot::Months => spoken::count(u32::from(months(rng).max(1))),
        Slot::PlanPercent => {
            let percent = rng.pick(&PLAN_PERCENTS).copied().unwrap_or(80);
            spoken::count(percent)
        }
        Slot::Days => {
            let days = rng.pick(&DAYS).copied().unwrap_or(30);
            spoken::count(days)
        }
        Slot::Digit => heard_digits(rng, 1),
        Slot::Letter => letter(rng).to_string(),
        Slot::MemberId => member_id(rng),
        Slot::MonthDay => month_day(rng),
        Slot::Money => money(rng),
        Slot::Npi => heard_digits(rng, 10),
        Slot::Percent => {
            let percent = rng.pick(&PERCENTS).copied().unwrap_or(20);
            spoken::count(percent)
        }
        Slot::Phone => phone(rng),
        Slot::Reference => reference(rng),
        Slot::SmallMoney => small_money(rng),
        Slot::TaxId => heard_digits(rng, 9),
        Slot::Year => year(rng, 1930, 2029),
        Slot::Zip => heard_digits(rng, 5),
    }
}

/// Waiting periods and the stretches of frequencies that plans have, in months.
pub(crate) fn months(rng: &mut SplitMix64) -> u16 {
    rng.pick(&MONTHS).copied().unwrap_or(12)
}

/// How often a plan covers something.
pub(crate) fn frequency(rng: &mut SplitMix64) -> (u8, Interval) {
    let count = u8::try_from(rng.between(1, 4)).unwrap_or(1);
    let every = match rng.below(8) {
        0 => Interval::BenefitYear,
        1 | 2 => Interval::CalendarYear,
        3 => Interval::Lifetime,
        4 | 5 => Interval::Year,
        _ => Interval::Months(months(rng).max(1)),
    };
    (count, every)
}

/// Each letter followed by each digit.
pub(crate) fn letter_digit_pairs() -> impl Iterator<Item = String> {
    LETTERS.into_iter().flat_map(|letter| {
        ('0'..='9').map(move |digit| format!("{letter} {}", spoken::digits(&digit.to_string())))
    })
}

/// So many random figures, none of them chosen by anyone.
pub(crate) fn figures(rng: &mut SplitMix64, count: u32) -> String {
    (0..count).filter_map(|_| char::from_digit(rng.below(10), 10)).collect()
}

/// One letter.
pub(crate) fn letter(rng: &mut SplitMix64) -> char {
    rng.pick(&LETTERS).copied().unwrap_or('a')
}

/// A year, month and day that exist.
pub(crate) fn day(rng: &mut SplitMix64, from: u32, to: u32) -> (i16, u8, u8) {
    // Plans begin on the first of a month, most often of January, so those days are drawn more often.
    let year = i16::try_from(rng.between(from, to)).unwrap_or(2_000);
    let month = if rng.below(6) == 0 { 1 } else { rng.between(1, 12) };
    let day = if rng.below(6) == 0 { 1 } else { rng.between(1, 31) };
    let small = |n: u32| u8::try_from(n).unwrap_or(1);
    let (month, day) = (small(month), small(day));
    match spoken::date(year, month, day) {
        Some(_) => (year, month, day),
        // The month is too short: its 28th exists in every month.
        None => (year, month, 28),
    }
}

/// Dollars and cents as a benefit has them, in cents.
pub(crate) fn cents(rng: &mut SplitMix64) -> u64 {
    let dollars = match rng.below(10) {
        0..=3 => rng.between(1, 99) * 100,
        4..=6 => rng.between(1, 190) * 50,
        7 => rng.between(1, 20) * 1_000,
        8 => rng.between(1, 9_999),
        _ => rng.between(1, 40) * 5,
    };
    let cents = if rng.below(12) == 0 { rng.between(1, 99) } else { 0 };
    u64::from(dollars) * 100 + u64::from(cents)
}

fn money(rng: &mut SplitMix64) -> String {
    let cents = cents(rng);
    let dollars = cents / 100;
    let hundreds = cents.is_multiple_of(10_000) && (11..100).contains(&(dollars / 100));
    match rng.below(12) {
        // "fifteen hundred dollars"
        0 | 1 if hundreds && !dollars.is_multiple_of(1_000) => {
            format!("{} hundred dollars", spoken::number(dollars / 100))
        }
        2 if cents.is_multiple_of(100) => spoken::number(dollars),
        3 if dollars == 100 || dollars == 1_000 => {
            format!("a {} dollars", if dollars == 100 { "hundred" } else { "thousand" })
        }
        4 if !cents.is_multiple_of(100) => {
            format!("{} {}", spoken::number(dollars), spoken::number(cents % 100))
        }
        5 if dollars < 60 => "zero dollars".to_owned(),
        _ => spoken::money(cents),
    }
}

fn small_money(rng: &mut SplitMix64) -> String {
    let dollars = u64::from(rng.between(1, 60) * 5);
    match rng.below(8) {
        0 => spoken::number(dollars),
        1 => format!("{} dollar", spoken::number(dollars)),
        _ => spoken::money(dollars * 100),
    }
}

fn date(rng: &mut SplitMix64, from: u32, to: u32) -> String {
    let (year, month, day) = day(rng, from, to);
    let usual = spoken::date(year, month, day).unwrap_or_default();
    let (month_day, _) = usual.split_once(", ").unwrap_or((&usual, ""));
    let year = heard_year(rng, year);
    match rng.below(12) {
        0 => format!("{month_day} of {year}"),
        1 => match month_day.split_once(' ') {
            Some((month, day)) => format!("the {day} of {month} {year}"),
            None => usual,
        },
        // "four twelve nineteen eighty five"
        2 => {
            let figure = |n: u8| spoken::number(u64::from(n));
            format!("{} {} {year}", figure(month), figure(day))
        }
        _ => format!("{month_day} {year}"),
    }
}

fn month_day(rng: &mut SplitMix64) -> String {
    let (year, month, day) = day(rng, 2_020, 2_029);
    let date = spoken::date(year, month, day).unwrap_or_default();
    date.split_once(", ").map_or(date.clone(), |(month_day, _)| month_day.to_owned())
}

fn year(rng: &mut SplitMix64, from: u32, to: u32) -> String {
    let year = i16::try_from(rng.between(from, to)).unwrap_or(2_000);
    heard_year(rng, year)
}

fn heard_year(rng: &mut SplitMix64, year: i16) -> String {
    let usual = spoken::year(year).unwrap_or_default();
    let whole = u64::try_from(year).unwrap_or_default();
    match rng.below(6) {
        // "two thousand twenty six", "two thousand and five"
        0 if year >= 2_000 => spoken::number(whole),
        1 if year > 2_000 => format!("two thousand and {}", spoken::number(whole - 2_000)),
        _ => usual,
    }
}

/// Digits one at a time; now and then "oh" for zero.
fn heard_digits(rng: &mut SplitMix64, count: u32) -> String {
    let words = spoken::digits(&figures(rng, count));
    if count > 1 && rng.below(5) == 0 { words.replace("zero", "oh") } else { words }
}

fn heard_letter(rng: &mut SplitMix64) -> String {
    let letter = letter(rng);
    match rng.below(4) {
        0 => spoken::letter(letter).unwrap_or_default(),
        _ => letter.to_string(),
    }
}

fn reference(rng: &mut SplitMix64) -> String {
    let letters = match rng.below(10) {
        0..=4 => 0,
        5 | 6 => 1,
        7 | 8 => 2,
        _ => 3,
    };
    let mut words: Vec<String> = (0..letters).map(|_| heard_letter(rng)).collect();
    let digits = rng.between(4, 10);
    words.push(heard_digits(rng, digits));
    if rng.below(10) == 0 {
        words.push(heard_letter(rng));
    }
    words.join(" ")
}

fn member_id(rng: &mut SplitMix64) -> String {
    let letters = rng.below(4);
    let mut words: Vec<String> = (0..letters).map(|_| heard_letter(rng)).collect();
    let digits = rng.between(6, 11);
    words.push(heard_digits(rng, digits));
    words.join(" ")
}

fn phone(rng: &mut SplitMix64) -> String {
    let digits = heard_digits(rng, 7);
    match rng.below(3) {
        0 => format!("one eight hundred {digits}"),
        1 => format!("one eight eight eight {digits}"),
        _ => format!("{} {digits}", heard_digits(rng, 3)),
    }
}
