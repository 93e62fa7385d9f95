//! Values as they were heard, typed, with one canonical written form each.
//!
//! A value is about a patient's plan or comes from a person on the line, so none of these types prints its content,
//! and text is wiped on drop. The parsers in the submodules read normalised tokens from left to right and never guess:
//! what does not parse is no value, and what parses with a doubt says so.
//!
//! This module does not decide which question a value answers (see `extract`).

pub(crate) mod code;
pub(crate) mod date;
pub(crate) mod frequency;
pub(crate) mod money;
pub(crate) mod name;
pub(crate) mod number;
pub(crate) mod polar;

use std::collections::BTreeMap;
use std::fmt;

use callwright_compliance::PhiString;
use callwright_core::Topic;
use callwright_prompts::spoken::Interval;
use zeroize::Zeroize;

/// A typed value taken from what was heard.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// Yes or no.
    YesNo(bool),
    /// An amount of money in cents.
    Money {
        /// The amount in cents.
        cents: u64,
    },
    /// The patient's share in whole percent, 0 to 100.
    Percent(u8),
    /// The plan's share in whole percent, 0 to 100.
    PlanShare(u8),
    /// How many times in what stretch of time.
    Frequency(Frequency),
    /// A stretch of time in whole months; 0 is none.
    Months(u16),
    /// A day that exists in the calendar.
    Date(Date),
    /// A whole number of things.
    Count(u32),
    /// The name of one of a question's choices, e.g. `ppo`.
    Choice(String),
    /// A person's name, capitalised.
    Name(String),
    /// Letters (upper case) and digits.
    Reference(String),
}

impl Value {
    /// The form that goes into results: `1500.00`, `20`, `2 per calendar year`, `1 per 6 months`, `12 months`, `none`, `2026-01-01`,
    /// `yes`, `active`, `Jessica`, `749025`.
    #[must_use]
    pub fn canonical(&self) -> PhiString {
        PhiString::new(match self {
            Value::YesNo(yes) => if *yes { "yes" } else { "no" }.to_owned(),
            Value::Money { cents } => format!("{}.{:02}", cents / 100, cents % 100),
            Value::Percent(percent) | Value::PlanShare(percent) => percent.to_string(),
            Value::Frequency(frequency) => frequency.canonical(),
            Value::Months(0) => "none".to_owned(),
            Value::Months(1) => "1 month".to_owned(),
            Value::Months(months) => format!("{months} months"),
            Value::Date(date) => format!("{:04}-{:02}-{:02}", date.year, date.month, date.day),
            Value::Count(count) => count.to_string(),
            Value::Choice(text) | Value::Name(text) | Value::Reference(text) => text.clone(),
        })
    }

    /// The sort of value, for messages: it tells nothing of the content.
    #[must_use]
    pub fn sort(&self) -> &'static str {
        match self {
            Value::YesNo(_) => "yes or no",
            Value::Money { .. } => "money",
            Value::Percent(_) => "percent",
            Value::PlanShare(_) => "plan's share",
            Value::Frequency(_) => "frequency",
            Value::Months(_) => "months",
            Value::Date(_) => "date",
            Value::Count(_) => "count",
            Value::Choice(_) => "choice",
            Value::Name(_) => "name",
            Value::Reference(_) => "reference",
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({})", self.sort())
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        self.zeroize();
    }
}

/// Wipes the content; the value is then an empty one of the same sort, to be dropped.
impl Zeroize for Value {
    fn zeroize(&mut self) {
        match self {
            Value::YesNo(yes) => yes.zeroize(),
            Value::Money { cents } => cents.zeroize(),
            Value::Percent(percent) | Value::PlanShare(percent) => percent.zeroize(),
            Value::Frequency(frequency) => frequency.zeroize(),
            Value::Months(months) => months.zeroize(),
            Value::Date(date) => date.zeroize(),
            Value::Count(count) => count.zeroize(),
            Value::Choice(text) | Value::Name(text) | Value::Reference(text) => text.zeroize(),
        }
    }
}

/// How many times something is covered in what stretch of time. It is about a patient's plan, so it is not printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Frequency {
    /// How many times, from 1.
    pub times: u8,
    /// In what stretch.
    pub every: Interval,
}

impl Frequency {
    fn canonical(self) -> String {
        let times = self.times;
        match self.every {
            Interval::BenefitYear => format!("{times} per benefit year"),
            Interval::CalendarYear => format!("{times} per calendar year"),
            Interval::Lifetime => format!("{times} per lifetime"),
            Interval::Months(1) => format!("{times} per month"),
            Interval::Months(months) => format!("{times} per {months} months"),
            Interval::Year => format!("{times} per year"),
        }
    }
}

impl fmt::Debug for Frequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Frequency(..)")
    }
}

impl Zeroize for Frequency {
    fn zeroize(&mut self) {
        self.times.zeroize();
        self.every = Interval::Year;
    }
}

/// A day of the Gregorian calendar. It may be a patient's, so it is not printed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// Years outside these are a mishearing: no plan and no living patient has them.
const YEARS: std::ops::RangeInclusive<u16> = 1900..=2099;

impl Date {
    /// The day, if the calendar has it and the year is from 1900 to 2099.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Date> {
        let leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let last = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        let exists = YEARS.contains(&year) && (1..=last).contains(&day);
        exists.then_some(Date { year, month, day })
    }

    /// The year, 1900 to 2099.
    #[must_use]
    pub fn year(self) -> u16 {
        self.year
    }

    /// The month, from 1.
    #[must_use]
    pub fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    #[must_use]
    pub fn day(self) -> u8 {
        self.day
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Date(..)")
    }
}

impl Zeroize for Date {
    fn zeroize(&mut self) {
        self.year.zeroize();
        self.month.zeroize();
        self.day.zeroize();
    }
}

/// The values that the call already holds, for conflicts and for "has been met" without an amount.
#[derive(Clone, Debug, Default)]
pub struct Known {
    values: BTreeMap<Topic, Value>,
}

impl Known {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Known {
        Known::default()
    }

    /// Holds `value` for `topic`, in the place of what was held before.
    pub fn insert(&mut self, topic: Topic, value: Value) {
        self.values.insert(topic, value);
    }

    /// Holds nothing for `topic` any more.
    pub fn remove(&mut self, topic: Topic) {
        self.values.remove(&topic);
    }

    /// What is held for `topic`.
    #[must_use]
    pub fn value(&self, topic: Topic) -> Option<&Value> {
        self.values.get(&topic)
    }
}

/// What a parser made of some tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parsed<T> {
    /// The value.
    pub(crate) value: T,
    /// The place of the first token after it.
    pub(crate) end: usize,
    /// Whether the words leave no doubt.
    pub(crate) sure: bool,
}

#[cfg(test)]
mod tests {
    use callwright_compliance::Purpose;

    use super::*;

    fn often(times: u8, every: Interval) -> Value {
        Value::Frequency(Frequency { times, every })
    }

    #[test]
    fn canonical_forms() {
        for (value, want) in [
            (Value::YesNo(true), "yes"),
            (Value::Money { cents: 150_000 }, "1500.00"),
            (Value::Money { cents: 5 }, "0.05"),
            (Value::Percent(20), "20"),
            (Value::PlanShare(80), "80"),
            (often(2, Interval::CalendarYear), "2 per calendar year"),
            (often(2, Interval::BenefitYear), "2 per benefit year"),
            (often(1, Interval::Months(6)), "1 per 6 months"),
            (often(1, Interval::Months(1)), "1 per month"),
            (often(1, Interval::Lifetime), "1 per lifetime"),
            (often(1, Interval::Year), "1 per year"),
            (Value::Months(0), "none"),
            (Value::Months(1), "1 month"),
            (Value::Months(12), "12 months"),
            (Value::Date(Date::new(2026, 1, 1).unwrap()), "2026-01-01"),
            (Value::Count(20), "20"),
            (Value::Choice("active".to_owned()), "active"),
            (Value::Name("Jessica".to_owned()), "Jessica"),
            (Value::Reference("A749025".to_owned()), "A749025"),
        ] {
            assert_eq!(value.canonical().expose(Purpose::Compare), want);
        }
    }

    #[test]
    fn debug_holds_no_content() {
        let mut known = Known::new();
        known.insert(Topic::Name, Value::Name("Jessica".to_owned()));
        known.insert(Topic::Reference, Value::Reference("749025".to_owned()));
        let frequency = Frequency { times: 2, every: Interval::Lifetime };
        let shown = format!("{known:?} {:?} {frequency:?}", Value::Money { cents: 150_000 });
        assert!(!shown.contains("Lifetime"), "{shown}");
        assert!(!shown.contains("Jessica") && !shown.contains("749025"), "{shown}");
        assert!(!shown.contains("1500"), "{shown}");
    }

    #[test]
    fn only_days_that_exist() {
        assert!(Date::new(2024, 2, 29).is_some());
        for (y, m, d) in [(2025, 2, 29), (1900, 2, 29), (2026, 13, 1), (2026, 0, 1), (2026, 4, 31)]
        {
            assert!(Date::new(y, m, d).is_none(), "{y}-{m}-{d}");
        }
        assert!(Date::new(1899, 1, 1).is_none() && Date::new(2100, 1, 1).is_none());
        assert!(Date::new(2026, 1, 0).is_none());
    }
}
