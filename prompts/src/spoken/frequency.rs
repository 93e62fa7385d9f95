//! How often a plan covers something, and how long one waits for it, in words.
//!
//! A year, a calendar year and twelve months are three things to a payer: the first does not say when it begins, the second
//! begins in January, the third begins with the last service. None is turned into another.

use super::{count, number};

/// The stretch of time in which something is covered so many times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interval {
    /// The year in which the plan counts, when that was said: a benefit, plan, contract or policy year.
    BenefitYear,
    /// From January to December.
    CalendarYear,
    /// As long as the person lives.
    Lifetime,
    /// So many months in a row.
    Months(u16),
    /// A year, and it was not said which.
    Year,
}

/// A frequency: two in a calendar year are "two per calendar year", one in six months is "one every six months".
#[must_use]
pub fn frequency(times: u8, every: Interval) -> String {
    let times = count(u32::from(times));
    match every {
        Interval::BenefitYear => format!("{times} per benefit year"),
        Interval::CalendarYear => format!("{times} per calendar year"),
        Interval::Lifetime => format!("{times} per lifetime"),
        Interval::Months(1) => format!("{times} every month"),
        Interval::Months(n) => format!("{times} every {} months", number(u64::from(n))),
        Interval::Year => format!("{times} per year"),
    }
}

/// A stretch of months: 12 is "twelve months", and 0 is "none".
#[must_use]
pub fn months(n: u16) -> String {
    match n {
        0 => "none".to_owned(),
        1 => "one month".to_owned(),
        n => format!("{} months", number(u64::from(n))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_interval_keeps_its_name() {
        for (times, every, words) in [
            (2, Interval::BenefitYear, "two per benefit year"),
            (2, Interval::CalendarYear, "two per calendar year"),
            (1, Interval::Lifetime, "one per lifetime"),
            (1, Interval::Months(1), "one every month"),
            (1, Interval::Months(36), "one every thirty six months"),
            (3, Interval::Year, "three per year"),
        ] {
            assert_eq!(frequency(times, every), words);
        }
    }

    #[test]
    fn no_months_are_none() {
        assert_eq!([months(0), months(1), months(24)], ["none", "one month", "twenty four months"]);
    }
}
