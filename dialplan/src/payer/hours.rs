//! A line's opening hours: from text to compliance's [`PayerHours`] (rule H2), and when the line answers next.
//!
//! Whether a line is open is [`PayerHours::opening`]'s to say; here a wait for it is worked out, and mistakes are named
//! that would make a line never open.

use callwright_compliance::hours::{DAY_MINUTES, Day, Opening, PayerHours, Window};
use jiff::civil::{Date, Time};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};

/// How far ahead the next opening is looked for: a year of closed days is no opening hours.
const DAYS_AHEAD: i64 = 366;

/// Why opening hours do not make sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HoursError {
    /// Not a zone of the IANA database.
    #[error("no such time zone: write an IANA name, for example America/New_York")]
    Zone,
    /// No window at all: such a line could never be called.
    #[error("no window: write the days and times at which the line answers")]
    NoWindow,
    /// Not a time of day.
    #[error("not a time of day: write it as 08:00, the end of the day as 24:00")]
    TimeOfDay,
    /// Not a day of the week.
    #[error("not a day of the week: write mon, tue, wed, thu, fri, sat or sun")]
    Day,
    /// A window that ends before it begins.
    #[error("the window ends before it begins: write one that passes midnight as two")]
    Backwards,
    /// Not a date.
    #[error("not a date: write it as 2026-12-25")]
    Date,
}

/// A window on one day of the week, with times as `08:00`; `24:00` is the end of the day.
pub(super) fn window(day: &str, from: &str, to: &str) -> Result<Window, HoursError> {
    let day = match day {
        "mon" => Day::Monday,
        "tue" => Day::Tuesday,
        "wed" => Day::Wednesday,
        "thu" => Day::Thursday,
        "fri" => Day::Friday,
        "sat" => Day::Saturday,
        "sun" => Day::Sunday,
        _ => return Err(HoursError::Day),
    };
    let (open_minute, close_minute) = (minute(from)?, minute(to)?);
    if open_minute >= close_minute {
        return Err(HoursError::Backwards);
    }
    Ok(Window { day, open_minute, close_minute })
}

/// `hh:mm` -> minutes since midnight, 24:00 included.
fn minute(text: &str) -> Result<u16, HoursError> {
    let part = |part: &str| {
        (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse::<u16>().ok())
            .flatten()
    };
    let (hour, minute) = text.split_once(':').ok_or(HoursError::TimeOfDay)?;
    match (part(hour), part(minute)) {
        (Some(hour @ 0..=23), Some(minute @ 0..=59)) => Ok(hour * 60 + minute),
        (Some(24), Some(0)) => Ok(DAY_MINUTES),
        _ => Err(HoursError::TimeOfDay),
    }
}

/// Checks what the windows cannot: that there are any, and that the zone exists.
pub(super) fn check(hours: &PayerHours) -> Result<(), HoursError> {
    if hours.weekly.is_empty() {
        return Err(HoursError::NoWindow);
    }
    zone(hours).map(|_| ()).ok_or(HoursError::Zone)
}

fn zone(hours: &PayerHours) -> Option<TimeZone> {
    // The same database that decides whether the line is open.
    TimeZoneDatabase::bundled().get(&hours.zone).ok()
}

/// The next instant at which the line answers: `now` itself while it is open; `None` where it never opens.
///
/// A window that begins in the hour that daylight saving leaves out is given an hour by the wall clock later, never too
/// early; one in the repeated hour, the first of the two.
#[must_use]
pub fn next_open(hours: &PayerHours, now: Timestamp) -> Option<Timestamp> {
    let open = |at| hours.opening(at) == Opening::Open;
    if open(now) {
        return Some(now);
    }
    let zone = zone(hours)?;
    let today = now.to_zoned(zone.clone()).date();
    (0..=DAYS_AHEAD).find_map(|ahead| {
        let date = today.checked_add(ahead.days()).ok()?;
        hours
            .weekly
            .iter()
            .filter(|window| window.day == Day::from(date.weekday()))
            .filter_map(|window| instant(date, window.open_minute, &zone))
            .filter(|begin| *begin > now && open(*begin))
            .min()
    })
}

fn instant(date: Date, minute: u16, zone: &TimeZone) -> Option<Timestamp> {
    let hour = i8::try_from(minute / 60).ok()?;
    let minute = i8::try_from(minute % 60).ok()?;
    let time = Time::new(hour, minute, 0, 0).ok()?;
    Some(date.to_datetime(time).to_zoned(zone.clone()).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use callwright_compliance::id::PayerId;

    fn hours(windows: &[(&str, &str, &str)]) -> PayerHours {
        let weekly = windows.iter().map(|(d, f, t)| window(d, f, t).unwrap()).collect();
        let payer = PayerId::new("acme-health").unwrap();
        let zone = "America/New_York".to_owned();
        PayerHours { payer, zone, weekly, closed_on: vec![] }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_next_opening_is_found_over_the_week() {
        // 2026-11-23 is a Monday; New York is five hours behind UTC in winter.
        let hours = hours(&[("mon", "08:00", "12:00"), ("mon", "13:00", "17:00")]);
        let now = at("2026-11-23T14:00:00Z");
        assert_eq!(next_open(&hours, now), Some(now));
        let next = |text| next_open(&hours, at(text)).unwrap().to_string();
        assert_eq!(next("2026-11-23T17:30:00Z"), "2026-11-23T18:00:00Z");
        assert_eq!(next("2026-11-23T22:00:00Z"), "2026-11-30T13:00:00Z");
    }

    #[test]
    fn a_closed_day_is_passed_over() {
        let mut hours = hours(&[("mon", "08:00", "12:00")]);
        hours.closed_on = vec!["2026-11-30".parse().unwrap()];
        let next = next_open(&hours, at("2026-11-24T12:00:00Z"));
        assert_eq!(next, Some(at("2026-12-07T13:00:00Z")));
    }

    #[test]
    fn daylight_saving_moves_the_instant_and_not_the_wall_clock() {
        let hours = hours(&[("fri", "08:00", "17:00"), ("mon", "08:00", "17:00")]);
        // Clocks go back on Sunday 2026-11-01.
        let next = |text| next_open(&hours, at(text)).unwrap().to_string();
        assert_eq!(next("2026-10-30T11:00:00Z"), "2026-10-30T12:00:00Z");
        assert_eq!(next("2026-10-31T12:00:00Z"), "2026-11-02T13:00:00Z");
    }

    #[test]
    fn a_window_in_the_hour_left_out_is_never_given_too_early() {
        // Clocks go forward on Sunday 2026-03-08: 02:30 does not exist, 03:30 does.
        let hours = hours(&[("sun", "02:30", "06:00")]);
        let next = next_open(&hours, at("2026-03-08T06:00:00Z"));
        assert_eq!(next, Some(at("2026-03-08T07:30:00Z")));
    }

    #[test]
    fn hours_that_never_open_give_no_opening() {
        let now = at("2026-11-23T14:00:00Z");
        assert_eq!(next_open(&hours(&[]), now), None);
        let mut nowhere = hours(&[("mon", "08:00", "17:00")]);
        nowhere.zone = "Mars/Olympus".to_owned();
        assert_eq!(next_open(&nowhere, now), None);
    }

    #[test]
    fn nonsense_is_named() {
        assert_eq!(window("mon", "08:00", "08:00"), Err(HoursError::Backwards));
        assert_eq!(window("monday", "08:00", "09:00"), Err(HoursError::Day));
        for text in ["8:00", "24:01", "12:60", "+1:00", "noon", "", "12:00:00"] {
            assert_eq!(window("mon", text, "24:00"), Err(HoursError::TimeOfDay), "{text}");
        }
        assert_eq!(check(&hours(&[])), Err(HoursError::NoWindow));
        let mut nowhere = hours(&[("mon", "08:00", "17:00")]);
        nowhere.zone = "New York".to_owned();
        assert_eq!(check(&nowhere), Err(HoursError::Zone));
        nowhere.zone = String::new();
        assert_eq!(check(&nowhere), Err(HoursError::Zone));
    }
}
