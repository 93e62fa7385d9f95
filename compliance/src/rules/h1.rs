//! H1: a patient is called from Monday to Friday inside the policy's hours, in every time zone of the number and of the patient's
//! address, and on no federal or state holiday of either. The hours are never wider than 8:00 to 21:00 and than the state's own.
//!
//! Source: 47 CFR 64.1200(c)(1) (8 a.m. to 9 p.m., local time at the called party's location); the states' telephone solicitation
//! laws, here as policy (table below: secondary source of November 2025, to be confirmed by counsel). Verified 2026-10-01. Numbers are
//! portable: the zones of the number do not say where its owner is, which is why the address's count too.
//!
//! At enqueueing only what is known is checked, not the time: a request may wait for the morning.

use jiff::Zoned;
use jiff::civil::Weekday;
use jiff::tz::TimeZoneDatabase;

use super::c1::contact;
use super::{Case, Check, Rule};
use crate::area_code;
use crate::class::CallClass;
use crate::decide::Stage;
use crate::holiday::is_holiday;
use crate::refusal::ReasonCode;
use crate::rule::RuleId;

pub(super) const RULE: Rule = Rule { id: RuleId::H1, check };

/// Minutes from midnight: the first in which a call may begin, and the first in which none may.
#[derive(Clone, Copy)]
pub(crate) struct Hours {
    pub(crate) open: u16,
    pub(crate) close: u16,
}

const fn hours(open: u16, close: u16) -> Hours {
    Hours { open: open * 60, close: close * 60 }
}

/// The federal hours, which no policy widens.
pub(crate) const FEDERAL: Hours = hours(8, 21);

/// States whose hours on weekdays are narrower. Their Sundays and Saturdays are not here: none is called on.
const STATES: &[(&[&str], Hours)] = &[
    (&["AL", "FL", "LA", "MA", "MD", "MS", "OK", "WA"], hours(8, 20)),
    (&["CT", "NV"], hours(9, 20)),
    (&["KY"], hours(10, 21)),
    (&["MI", "MN", "NM"], hours(9, 21)),
    (&["RI"], hours(9, 18)),
];

fn check(case: &Case<'_>) -> Check {
    match case.request.class {
        CallClass::Payer | CallClass::Test => Check::NotApplicable,
        CallClass::Patient => Check::Codes(patient(case).unwrap_or_else(|code| vec![code])),
    }
}

fn patient(case: &Case<'_>) -> Result<Vec<ReasonCode>, ReasonCode> {
    let contact = contact(case)?;
    let number = area_code::lookup(case.request.to.area_code());
    let number = number.ok_or(ReasonCode::WindowZoneMissing)?;
    let residence = &contact.residence;
    if number.zones().is_empty() || residence.zones.is_empty() || residence.region.is_empty() {
        return Err(ReasonCode::WindowZoneMissing);
    }
    // Under another name a state would lose its hours and its holidays.
    if !area_code::is_us_region(&residence.region) {
        return Err(ReasonCode::WindowRegionUnknown);
    }
    let regions = [number.region, residence.region.as_str()];
    let window = window(case, regions)?;
    let zones = number.zones().iter().copied().chain(residence.zones.iter().map(String::as_str));
    let mut codes = Vec::new();
    for name in zones {
        let zone = TimeZoneDatabase::bundled().get(name);
        let zone = zone.map_err(|_| ReasonCode::WindowZoneUnknown)?;
        let local = case.now.to_zoned(zone);
        if !is_inside(&local, window) {
            codes.push(ReasonCode::OutsideWindow);
        }
        if is_holiday(local.date(), &regions) {
            codes.push(ReasonCode::Holiday);
        }
    }
    if case.stage == Stage::Enqueue {
        return Ok(Vec::new());
    }
    codes.sort_unstable();
    codes.dedup();
    Ok(codes)
}

/// The policy's hours, cut down to those of each region.
fn window(case: &Case<'_>, regions: [&str; 2]) -> Result<Hours, ReasonCode> {
    let set = case.policy.patient_hours;
    if set.open_minute == 0 && set.close_minute == 0 {
        return Err(ReasonCode::WindowUnset);
    }
    let within = FEDERAL.open <= set.open_minute && set.close_minute <= FEDERAL.close;
    if !within || set.open_minute >= set.close_minute {
        return Err(ReasonCode::WindowTooWide);
    }
    let mut window = Hours { open: set.open_minute, close: set.close_minute };
    for (states, hours) in STATES {
        if states.iter().any(|state| regions.contains(state)) {
            window.open = window.open.max(hours.open);
            window.close = window.close.min(hours.close);
        }
    }
    Ok(window)
}

fn is_inside(local: &Zoned, window: Hours) -> bool {
    let weekend = matches!(local.weekday(), Weekday::Saturday | Weekday::Sunday);
    // Wall-clock hour and minute are never negative, so the conversion cannot fail.
    let minute = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute()));
    !weekend && minute.is_ok_and(|minute| (window.open..window.close).contains(&minute))
}
