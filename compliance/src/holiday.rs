//! Days on which no patient is called: federal holidays and those of the states (rule H1).
//!
//! Federal: 5 U.S.C. 6103(a), with the weekday on which one that falls on a weekend is kept (6103(b)). States: the legal holidays on
//! which their offices close, of common knowledge, to be confirmed by counsel before class C is ever offered; a state may add one at
//! any time. Verified 2026-10-01. Days that only some counties or banks keep are not here.

use jiff::civil::{Date, Weekday};

use Day::{After, Easter, Fixed, Last, Nth};

/// A day of every year.
#[derive(Clone, Copy)]
enum Day {
    /// Month and day.
    Fixed(i8, i8),
    /// The n-th such weekday of a month.
    Nth(i8, i8, Weekday),
    /// The last such weekday of a month.
    Last(i8, Weekday),
    /// So many days after Easter Sunday; before it, where negative.
    Easter(i8),
    /// The day after another.
    After(&'static Day),
}

const THANKSGIVING: Day = Nth(11, 4, Weekday::Thursday);

const FEDERAL: &[Day] = &[
    Fixed(1, 1),
    Nth(1, 3, Weekday::Monday),
    Nth(2, 3, Weekday::Monday),
    Last(5, Weekday::Monday),
    Fixed(6, 19),
    Fixed(7, 4),
    Nth(9, 1, Weekday::Monday),
    Nth(10, 2, Weekday::Monday),
    Fixed(11, 11),
    THANKSGIVING,
    Fixed(12, 25),
];

const GOOD_FRIDAY: Day = Easter(-2);

const STATES: &[(&[&str], Day)] = &[
    // The day after Thanksgiving.
    (
        &[
            "AR", "CA", "DE", "FL", "GA", "IA", "IL", "IN", "KS", "KY", "LA", "ME", "MD", "MI",
            "MN", "NC", "NE", "NH", "NM", "NV", "OK", "PA", "SC", "TN", "TX", "UT", "VA", "WA",
            "WV",
        ],
        After(&THANKSGIVING),
    ),
    // Christmas Eve.
    (&["AR", "GA", "KY", "MI", "NC", "ND", "SC", "TN", "TX", "WI", "WV"], Fixed(12, 24)),
    (&["NC", "SC", "TX"], Fixed(12, 26)),
    (&["KY", "MI", "WI"], Fixed(12, 31)),
    (
        &["CT", "DE", "HI", "IN", "KY", "LA", "NC", "ND", "NJ", "TN", "TX", "PR", "VI", "GU"],
        GOOD_FRIDAY,
    ),
    // Mardi Gras.
    (&["AL", "FL", "LA"], Easter(-47)),
    // Lincoln's birthday.
    (&["AZ", "CA", "CT", "IL", "IN", "MO", "NJ", "NY"], Fixed(2, 12)),
    // General election.
    (
        &["DE", "HI", "IL", "IN", "KY", "LA", "MD", "MI", "MT", "NJ", "NY", "RI", "VA", "WV"],
        After(&Nth(11, 1, Weekday::Monday)),
    ),
    (&["MA", "ME"], Nth(4, 3, Weekday::Monday)), // Patriots' Day
    (&["CA", "TX"], Fixed(3, 31)),               // Cesar Chavez
    (&["DC"], Fixed(4, 16)),                     // Emancipation
    (&["TX"], Fixed(1, 19)),
    (&["TX"], Fixed(3, 2)),
    (&["TX"], Fixed(4, 21)),
    (&["TX"], Fixed(8, 27)),
    (&["IL"], Nth(3, 1, Weekday::Monday)),
    (&["VT"], Nth(3, 1, Weekday::Tuesday)),
    (&["VT"], Fixed(8, 16)),
    (&["RI"], Nth(8, 2, Weekday::Monday)),
    (&["HI"], Fixed(3, 26)),
    (&["HI"], Fixed(6, 11)),
    (&["HI"], Nth(8, 3, Weekday::Friday)),
    (&["AK"], Last(3, Weekday::Monday)),
    (&["AK"], Fixed(10, 18)),
    (&["NV"], Last(10, Weekday::Friday)),
    (&["UT"], Fixed(7, 24)),
    (&["WV"], Fixed(6, 20)),
    (&["MO"], Fixed(5, 8)),
    (&["NE"], Last(4, Weekday::Friday)),
    (&["AL", "MS", "GA"], Last(4, Weekday::Monday)),
    (&["AL"], Nth(4, 4, Weekday::Monday)),
    (&["AL"], Nth(6, 1, Weekday::Monday)),
    (&["SC", "NC"], Fixed(5, 10)),
    (&["PR"], Fixed(1, 6)),
    (&["PR"], Fixed(3, 22)),
    (&["PR"], Fixed(7, 25)),
    (&["PR"], Fixed(11, 19)),
];

/// Whether a day is a federal holiday, or one of these states' and territories', by postal code.
pub(crate) fn is_holiday(date: Date, regions: &[&str]) -> bool {
    let of_states = STATES.iter().filter(|(states, _)| states.iter().any(|s| regions.contains(s)));
    FEDERAL.iter().chain(of_states.map(|(_, day)| day)).any(|day| is_kept_on(*day, date))
}

/// On the day itself, and on the weekday that stands for it. New Year's Day may be kept in the year before.
fn is_kept_on(day: Day, date: Date) -> bool {
    [date.year(), date.year().saturating_add(1)].into_iter().any(|year| {
        let Some(on) = in_year(day, year) else { return false };
        on == date || observed(on) == Some(date)
    })
}

/// A Saturday's is kept on the Friday before, a Sunday's on the Monday after.
fn observed(on: Date) -> Option<Date> {
    match on.weekday() {
        Weekday::Saturday => on.yesterday().ok(),
        Weekday::Sunday => on.tomorrow().ok(),
        Weekday::Monday
        | Weekday::Tuesday
        | Weekday::Wednesday
        | Weekday::Thursday
        | Weekday::Friday => None,
    }
}

fn in_year(day: Day, year: i16) -> Option<Date> {
    let first = |month: i8| Date::new(year, month, 1).ok();
    match day {
        Fixed(month, day) => Date::new(year, month, day).ok(),
        Nth(month, n, weekday) => first(month)?.nth_weekday_of_month(n, weekday).ok(),
        Last(month, weekday) => first(month)?.nth_weekday_of_month(-1, weekday).ok(),
        Easter(days) => easter(year)?.checked_add(jiff::Span::new().days(days)).ok(),
        After(day) => in_year(*day, year)?.tomorrow().ok(),
    }
}

/// Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher).
fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    let day = (h + l - 7 * m + 33 * month + 19) % 32;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn easter_falls_where_the_almanac_has_it() {
        for (year, on) in [
            (2024, "2024-03-31"),
            (2025, "2025-04-20"),
            (2026, "2026-04-05"),
            (2027, "2027-03-28"),
            (2038, "2038-04-25"),
        ] {
            assert_eq!(easter(year), Some(day(on)));
        }
    }

    #[test]
    fn federal_holidays_of_two_years_are_found_and_kept_on_weekdays() {
        // opm.gov, federal holidays 2026 and 2027.
        for on in [
            "2026-01-01",
            "2026-01-19",
            "2026-02-16",
            "2026-05-25",
            "2026-06-19",
            "2026-07-03",
            "2026-09-07",
            "2026-10-12",
            "2026-11-11",
            "2026-11-26",
            "2026-12-25",
            "2027-01-01",
            "2027-01-18",
            "2027-02-15",
            "2027-05-31",
            "2027-06-18",
            "2027-07-05",
            "2027-09-06",
            "2027-10-11",
            "2027-11-11",
            "2027-11-25",
            "2027-12-24",
            "2027-12-31",
        ] {
            assert!(is_holiday(day(on), &[]), "{on}");
        }
        for on in ["2026-01-02", "2026-07-06", "2026-11-27", "2026-12-24", "2027-12-27"] {
            assert!(!is_holiday(day(on), &[]), "{on}");
        }
    }

    #[test]
    fn a_state_s_holiday_is_its_own() {
        for (on, state, other) in [
            ("2026-11-27", "FL", "NY"),
            ("2026-02-17", "LA", "TX"),
            ("2026-04-20", "MA", "CT"),
            ("2026-07-24", "UT", "ID"),
            ("2026-04-03", "NJ", "NY"),
            ("2026-11-03", "IL", "TX"),
        ] {
            assert!(is_holiday(day(on), &[state]), "{on} {state}");
            assert!(is_holiday(day(on), &[other, state]), "{on} {state}");
            assert!(!is_holiday(day(on), &[other]), "{on} {other}");
        }
    }
}
