//! Deadlines: who must be told by when, counted from the discovery.
//!
//! An incident is discovered when it is known, or would have been with reasonable diligence (45 CFR 164.410(a)(2)). Days are counted as
//! 24 hours from that moment, so none of these deadlines is later than the law's own, which end with their day. While it is not known
//! how many are affected, the earliest deadline that may apply is given. State clocks are counsel's to enter: no state's law is built in.

use core::fmt;
use core::str::FromStr;
use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::id::ObjectId;

/// Days from discovery within which individuals, the Secretary and the media are told (45 CFR 164.404(b), 164.406(b), 164.408(b)).
const HIPAA_DAYS: i64 = 60;
/// From so many individuals on, the Secretary is told with them and not after the year's end (45 CFR 164.408(b), (c)).
const HHS_AT_ONCE_FROM: u32 = 500;
/// With more than so many residents of one State, its media are told (45 CFR 164.406(a)).
const MEDIA_ABOVE: u32 = 500;
/// Hours to the supervisory authority (GDPR art. 33(1)).
const AUTHORITY_HOURS: i64 = 72;
/// The hours of a contract that were not set: the strictest usual ones.
const CONTRACT_HOURS: u16 = 24;
/// A contract cannot give more than the law does.
const CONTRACT_HOURS_MAX: u16 = 60 * 24;
/// The westernmost State's clock, Hawaii's: near midnight of a new year it gives the earlier year, and so the earlier deadline.
const WESTERNMOST_UTC: i8 = -10;

/// A State's two-letter postal code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StateCode([u8; 2]);

/// The text is no State's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a State is two upper-case letters, as OH")]
pub struct NotAState;

impl FromStr for StateCode {
    type Err = NotAState;

    fn from_str(text: &str) -> Result<StateCode, NotAState> {
        let letters: [u8; 2] = text.as_bytes().try_into().map_err(|_| NotAState)?;
        if letters.iter().all(u8::is_ascii_uppercase) {
            Ok(StateCode(letters))
        } else {
            Err(NotAState)
        }
    }
}

impl TryFrom<String> for StateCode {
    type Error = NotAState;

    fn try_from(text: String) -> Result<StateCode, NotAState> {
        text.parse()
    }
}

impl From<StateCode> for String {
    fn from(state: StateCode) -> String {
        state.to_string()
    }
}

impl fmt::Display for StateCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b] = self.0;
        write!(f, "{}{}", char::from(a), char::from(b))
    }
}

impl fmt::Debug for StateCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StateCode({self})")
    }
}

/// A State's own clock, as counsel has read its law.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateClock {
    /// Hours from discovery.
    pub hours: u32,
    /// Counsel's memorandum that says so.
    pub document: ObjectId,
}

/// What a practice's incidents are bound to beside the law.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "TermsText")]
pub struct Terms {
    contract_hours: u16,
    gdpr: bool,
    state_clocks: BTreeMap<StateCode, StateClock>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TermsText {
    contract_hours: u16,
    gdpr: bool,
    state_clocks: BTreeMap<StateCode, StateClock>,
}

/// The contract's hours are out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the contract's hours must be 1 to 1440 (60 days, 45 CFR 164.410(b)); usual are 24 to 72")]
pub struct BadTerms;

impl Default for Terms {
    /// 24 hours, no GDPR, no State clocks.
    fn default() -> Terms {
        Terms { contract_hours: CONTRACT_HOURS, gdpr: false, state_clocks: BTreeMap::new() }
    }
}

impl TryFrom<TermsText> for Terms {
    type Error = BadTerms;

    fn try_from(text: TermsText) -> Result<Terms, BadTerms> {
        Terms::new(text.contract_hours, text.gdpr, text.state_clocks)
    }
}

impl Terms {
    /// Hours in which the practice is to be told by its agreement, whether the GDPR applies to its patients, and counsel's State clocks.
    ///
    /// # Errors
    /// [`BadTerms`].
    pub fn new(
        contract_hours: u16,
        gdpr: bool,
        state_clocks: BTreeMap<StateCode, StateClock>,
    ) -> Result<Terms, BadTerms> {
        if (1..=CONTRACT_HOURS_MAX).contains(&contract_hours) {
            Ok(Terms { contract_hours, gdpr, state_clocks })
        } else {
            Err(BadTerms)
        }
    }

    /// Hours in which the practice is to be told.
    #[must_use]
    pub const fn contract_hours(&self) -> u16 {
        self.contract_hours
    }

    /// Whether the GDPR applies.
    #[must_use]
    pub const fn gdpr(&self) -> bool {
        self.gdpr
    }

    /// Counsel's State clocks.
    #[must_use]
    pub const fn state_clocks(&self) -> &BTreeMap<StateCode, StateClock> {
        &self.state_clocks
    }
}

/// How many individuals are affected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Affected {
    /// Not known yet: the strictest deadlines hold.
    Unknown,
    /// Counted.
    Counted(Counted),
}

/// Counts of individuals, by the State they live in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// Those whose State is known.
    pub by_state: BTreeMap<StateCode, u32>,
    /// The others.
    pub elsewhere: u32,
}

impl Counted {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.by_state.values().fold(self.elsewhere, |sum, count| sum.saturating_add(*count))
    }

    /// Whether some State may have more than 500: those whose State is not known may all live in one.
    #[must_use]
    pub fn may_need_media(&self) -> bool {
        let most = self.by_state.values().max().copied().unwrap_or(0);
        most.saturating_add(self.elsewhere) > MEDIA_ABOVE
    }

    fn may_live_in(&self, state: StateCode) -> bool {
        self.elsewhere > 0 || self.by_state.get(&state).is_some_and(|count| *count > 0)
    }
}

/// Who must be told. Written `practice`, `individuals`, `hhs`, `media`, `authority`, `state:OH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Duty {
    /// The practice, which is the covered entity (45 CFR 164.410; the agreement).
    Practice,
    /// The individuals (45 CFR 164.404).
    Individuals,
    /// The Secretary of Health and Human Services (45 CFR 164.408).
    Hhs,
    /// Prominent media of a State (45 CFR 164.406).
    Media,
    /// The supervisory authority (GDPR art. 33).
    Authority,
    /// A State, by its own law.
    State(StateCode),
}

/// The text names no duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be practice, individuals, hhs, media, authority, or state:XX")]
pub struct NotADuty;

impl FromStr for Duty {
    type Err = NotADuty;

    fn from_str(text: &str) -> Result<Duty, NotADuty> {
        match text {
            "practice" => Ok(Duty::Practice),
            "individuals" => Ok(Duty::Individuals),
            "hhs" => Ok(Duty::Hhs),
            "media" => Ok(Duty::Media),
            "authority" => Ok(Duty::Authority),
            _ => {
                let state = text.strip_prefix("state:").ok_or(NotADuty)?;
                state.parse().map(Duty::State).map_err(|_| NotADuty)
            }
        }
    }
}

impl TryFrom<String> for Duty {
    type Error = NotADuty;

    fn try_from(text: String) -> Result<Duty, NotADuty> {
        text.parse()
    }
}

impl From<Duty> for String {
    fn from(duty: Duty) -> String {
        duty.to_string()
    }
}

impl fmt::Display for Duty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Duty::Practice => f.write_str("practice"),
            Duty::Individuals => f.write_str("individuals"),
            Duty::Hhs => f.write_str("hhs"),
            Duty::Media => f.write_str("media"),
            Duty::Authority => f.write_str("authority"),
            Duty::State(state) => write!(f, "state:{state}"),
        }
    }
}

/// A duty and its last moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deadline {
    /// Who must be told.
    pub duty: Duty,
    /// By then.
    pub by: Timestamp,
    /// What says so.
    pub source: &'static str,
}

/// The deadlines of an incident that was discovered at `discovered`, the earliest first.
#[must_use]
pub fn deadlines(discovered: Timestamp, terms: &Terms, affected: &Affected) -> Vec<Deadline> {
    let hours = |hours: i64| later(discovered, SignedDuration::from_hours(hours));
    let sixty_days = hours(HIPAA_DAYS * 24);
    let at_once = "45 CFR 164.408(b): 500 or more";
    let after_the_year = after_the_year(discovered);
    let (hhs, media) = match affected {
        // In the first hours of a year the old year's end may still be nearer.
        Affected::Unknown => ((sixty_days.min(after_the_year), at_once), true),
        Affected::Counted(counted) if counted.total() >= HHS_AT_ONCE_FROM => {
            ((sixty_days, at_once), counted.may_need_media())
        }
        Affected::Counted(counted) => {
            ((after_the_year, "45 CFR 164.408(c): fewer than 500"), counted.may_need_media())
        }
    };
    let mut found = vec![
        Deadline {
            duty: Duty::Practice,
            by: hours(i64::from(terms.contract_hours)),
            source: "the agreement with the practice; 45 CFR 164.410(b) at the latest",
        },
        Deadline { duty: Duty::Individuals, by: sixty_days, source: "45 CFR 164.404(b)" },
        Deadline { duty: Duty::Hhs, by: hhs.0, source: hhs.1 },
    ];
    if media {
        let source = "45 CFR 164.406: more than 500 residents of a State";
        found.push(Deadline { duty: Duty::Media, by: sixty_days, source });
    }
    if terms.gdpr {
        let by = hours(AUTHORITY_HOURS);
        found.push(Deadline { duty: Duty::Authority, by, source: "GDPR art. 33(1)" });
    }
    for (state, clock) in &terms.state_clocks {
        let concerned = match affected {
            Affected::Unknown => true,
            Affected::Counted(counted) => counted.may_live_in(*state),
        };
        if concerned {
            let by = hours(i64::from(clock.hours));
            let duty = Duty::State(*state);
            found.push(Deadline { duty, by, source: "the State's law, as counsel entered it" });
        }
    }
    found.sort_by_key(|deadline| (deadline.by, deadline.duty));
    found
}

fn later(from: Timestamp, by: SignedDuration) -> Timestamp {
    from.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// The last second, by UTC, of the sixtieth day after the end of the year of discovery: 1 March, or 29 February in a leap year.
fn after_the_year(discovered: Timestamp) -> Timestamp {
    let west = TimeZone::fixed(Offset::constant(WESTERNMOST_UTC));
    let last_day = Date::new(discovered.to_zoned(west).year(), 12, 31);
    let day = last_day.and_then(|day| day.checked_add(HIPAA_DAYS.days()));
    let end = day.and_then(|day| day.at(23, 59, 59, 0).to_zoned(TimeZone::UTC));
    // Past the end of the calendar there is no such day; then the shorter term holds.
    end.map_or_else(
        |_| later(discovered, SignedDuration::from_hours(HIPAA_DAYS * 24)),
        |end| end.timestamp(),
    )
}
