//! A payer's own opening hours, in its own time zone (rule H2).
//!
//! The time zone database is the one built into the binary; no file is read. This module does not know where hours come from.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZoneDatabase;
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};

use crate::id::PayerId;

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

impl Day {
    /// Every day, from Monday.
    pub const ALL: [Day; 7] = [
        Day::Monday,
        Day::Tuesday,
        Day::Wednesday,
        Day::Thursday,
        Day::Friday,
        Day::Saturday,
        Day::Sunday,
    ];
}

impl From<Weekday> for Day {
    fn from(day: Weekday) -> Day {
        match day {
            Weekday::Monday => Day::Monday,
            Weekday::Tuesday => Day::Tuesday,
            Weekday::Wednesday => Day::Wednesday,
            Weekday::Thursday => Day::Thursday,
            Weekday::Friday => Day::Friday,
            Weekday::Saturday => Day::Saturday,
            Weekday::Sunday => Day::Sunday,
        }
    }
}

/// Minutes in a day: the close of a window that lasts until midnight.
pub const DAY_MINUTES: u16 = 24 * 60;

/// One stretch of a day in which the payer answers. A night shift is two windows. A window that ends before it begins, or after
/// midnight, is never open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// The day.
    pub day: Day,
    /// The first open minute, counted from midnight.
    pub open_minute: u16,
    /// The first closed minute, counted from midnight; at most [`DAY_MINUTES`].
    pub close_minute: u16,
}

/// When a payer's provider line is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayerHours {
    /// Whose hours they are.
    pub payer: PayerId,
    /// The payer's own time zone, by its IANA name. Empty where it is not known: then nothing is open.
    #[serde(default)]
    pub zone: String,
    /// The windows of a week. None means never.
    pub weekly: Vec<Window>,
    /// Days on which the payer is closed, such as holidays.
    #[serde(default)]
    pub closed_on: Vec<Date>,
}

/// What the hours say about an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Inside a window.
    Open,
    /// Outside of every window, or on a day on which the payer is closed.
    Closed,
    /// No time zone is given.
    ZoneMissing,
    /// The time zone is not in the database.
    ZoneUnknown,
}

impl PayerHours {
    /// Whether the payer is open at an instant.
    #[must_use]
    pub fn opening(&self, now: Timestamp) -> Opening {
        if self.zone.is_empty() {
            return Opening::ZoneMissing;
        }
        let Ok(zone) = TimeZoneDatabase::bundled().get(&self.zone) else {
            return Opening::ZoneUnknown;
        };
        let local = now.to_zoned(zone);
        if self.closed_on.contains(&local.date()) || !self.weekly.iter().any(|w| w.holds(&local)) {
            return Opening::Closed;
        }
        Opening::Open
    }
}

impl PayerHours {
    /// Whether there is any window that can be open.
    #[must_use]
    pub fn ever_open(&self) -> bool {
        self.weekly.iter().any(Window::is_in_form)
    }
}

impl Window {
    const fn is_in_form(&self) -> bool {
        self.open_minute < self.close_minute && self.close_minute <= DAY_MINUTES
    }

    fn holds(&self, local: &Zoned) -> bool {
        // Wall-clock hour and minute are never negative, so the conversion cannot fail.
        let minute = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute()));
        self.is_in_form()
            && self.day == Day::from(local.weekday())
            && minute.is_ok_and(|minute| (self.open_minute..self.close_minute).contains(&minute))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(zone: &str) -> PayerHours {
        let weekly = Day::ALL
            .into_iter()
            .take(5)
            .map(|day| Window { day, open_minute: 8 * 60, close_minute: 17 * 60 })
            .collect();
        PayerHours {
            payer: PayerId::new("acme-health").unwrap(),
            zone: zone.into(),
            weekly,
            closed_on: vec!["2026-11-26".parse().unwrap()],
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn windows_are_of_the_payer_s_wall_clock() {
        let hours = hours("America/New_York");
        for (instant, opening) in [
            ("2026-10-05T11:59:59Z", Opening::Closed), // Monday 07:59:59 EDT
            ("2026-10-05T12:00:00Z", Opening::Open),
            ("2026-10-05T20:59:59Z", Opening::Open),
            ("2026-10-05T21:00:00Z", Opening::Closed),
            ("2026-10-04T15:00:00Z", Opening::Closed), // Sunday
            ("2026-11-02T12:30:00Z", Opening::Closed), // the Monday after clocks went back: 07:30 EST
            ("2026-11-02T13:00:00Z", Opening::Open),
            ("2026-11-26T15:00:00Z", Opening::Closed), // Thanksgiving
        ] {
            assert_eq!(hours.opening(at(instant)), opening, "{instant}");
        }
    }

    #[test]
    fn without_a_zone_nothing_is_open() {
        let noon = at("2026-10-05T16:00:00Z");
        assert_eq!(hours("").opening(noon), Opening::ZoneMissing);
        assert_eq!(hours("America/Nowhere").opening(noon), Opening::ZoneUnknown);
    }

    #[test]
    fn a_window_out_of_form_is_never_open() {
        let mut hours = hours("UTC");
        for (open_minute, close_minute) in [(17 * 60, 8 * 60), (0, DAY_MINUTES + 1), (600, 600)] {
            hours.weekly = vec![Window { day: Day::Monday, open_minute, close_minute }];
            assert_eq!(hours.opening(at("2026-10-05T10:00:00Z")), Opening::Closed);
        }
    }
}
