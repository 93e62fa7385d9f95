//! Dates and years in words: "april twelfth, nineteen eighty five".

use super::number::number;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const DAYS: [&str; 31] = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
    "twenty first",
    "twenty second",
    "twenty third",
    "twenty fourth",
    "twenty fifth",
    "twenty sixth",
    "twenty seventh",
    "twenty eighth",
    "twenty ninth",
    "thirtieth",
    "thirty first",
];

/// A date; `None` where there is no such day or the year is not one of four figures.
#[must_use]
pub fn date(year_number: i16, month: u8, day_number: u8) -> Option<String> {
    let last = days_in(year_number, month)?;
    let spoken_day = day(day_number).filter(|_| day_number <= last)?;
    let month = MONTHS.get(usize::from(month.checked_sub(1)?))?;
    Some(format!("{month} {spoken_day}, {}", year(year_number)?))
}

/// A day of the month: 21 is "twenty first". `None` outside 1 to 31.
#[must_use]
pub fn day(day_number: u8) -> Option<&'static str> {
    DAYS.get(usize::from(day_number.checked_sub(1)?)).copied()
}

/// A year: 1985 is "nineteen eighty five", 2005 "two thousand five", 2026 "twenty twenty six". `None` outside 1000 to
/// 9999.
#[must_use]
pub fn year(year: i16) -> Option<String> {
    let year = u64::try_from(year).ok().filter(|year| (1_000..=9_999).contains(year))?;
    let (century, rest) = (year / 100, year % 100);
    Some(if century.is_multiple_of(10) && rest < 10 {
        number(year)
    } else if rest == 0 {
        format!("{} hundred", number(century))
    } else if rest < 10 {
        format!("{} oh {}", number(century), number(rest))
    } else {
        format!("{} {}", number(century), number(rest))
    })
}

fn days_in(year: i16, month: u8) -> Option<u8> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if leap { 29 } else { 28 }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_said_month_first() {
        let table = [
            ((1985, 4, 12), "april twelfth, nineteen eighty five"),
            ((2026, 1, 1), "january first, twenty twenty six"),
            ((2000, 2, 29), "february twenty ninth, two thousand"),
            ((2005, 12, 31), "december thirty first, two thousand five"),
            ((1900, 3, 3), "march third, nineteen hundred"),
            ((1907, 10, 20), "october twentieth, nineteen oh seven"),
            ((2010, 6, 30), "june thirtieth, twenty ten"),
        ];
        for ((y, m, d), words) in table {
            assert_eq!(date(y, m, d).as_deref(), Some(words));
        }
    }

    #[test]
    fn no_such_day_is_said() {
        for (y, m, d) in [
            (1985, 0, 1),
            (1985, 13, 1),
            (1985, 4, 0),
            (1985, 4, 31),
            (1985, 2, 29),
            (1900, 2, 29),
            (999, 1, 1),
            (10_000, 1, 1),
            (-5, 1, 1),
        ] {
            assert_eq!(date(y, m, d), None, "{y}-{m}-{d}");
        }
    }

    #[test]
    fn every_day_of_a_century_has_its_own_words() {
        let mut seen = std::collections::BTreeSet::new();
        let mut days = 0;
        for y in 1930..2030 {
            for m in 1..=12 {
                for d in 1..=31 {
                    if let Some(words) = date(y, m, d) {
                        days += 1;
                        assert!(words.chars().all(|c| c.is_ascii_lowercase() || " ,".contains(c)));
                        assert!(seen.insert(words));
                    }
                }
            }
        }
        assert_eq!(days, 36_525);
    }
}
