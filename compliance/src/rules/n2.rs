//! N2: the area code is in service, geographic and in the United States; a territory by opt-in; toll-free only by exact entry.
//!
//! Source: NANPA NPA report of 5 January 2026, brought up to 21 September 2026 (`data/nanp_area_codes.csv`). Verified 2026-10-01.
//! Emergency, premium, Caribbean, Canadian and unassigned codes are refused. It says nothing about where a telephone is: numbers are
//! portable.

use super::{Case, Check, Rule, value};
use crate::allowlist::LineType;
use crate::area_code::{self, AreaCode, AreaCodeKind};
use crate::facts::FactKind;
use crate::number::PhoneNumber;
use crate::policy::{Policy, Territory};
use crate::refusal::ReasonCode;
use crate::rule::RuleId;

pub(super) const RULE: Rule = Rule { id: RuleId::N2, check };

fn check(case: &Case<'_>) -> Check {
    let found = match area_code::lookup(case.request.to.area_code()) {
        None => Err(ReasonCode::AreaCodeUnassigned),
        Some(row) => match row.kind {
            AreaCodeKind::TollFree => toll_free(case),
            AreaCodeKind::Geographic | AreaCodeKind::Premium | AreaCodeKind::NonGeographic => {
                area(row, case.policy)
            }
        },
    };
    Check::Codes(found.err().into_iter().collect())
}

/// What is against a number's area code, whatever the allowlist says. A toll-free one is the allowlist's matter.
pub(super) fn number(number: &PhoneNumber, policy: &Policy) -> Result<(), ReasonCode> {
    match area_code::lookup(number.area_code()) {
        None => Err(ReasonCode::AreaCodeUnassigned),
        Some(row) => area(row, policy),
    }
}

fn area(row: &AreaCode, policy: &Policy) -> Result<(), ReasonCode> {
    match row.kind {
        AreaCodeKind::Geographic => geographic(row, policy),
        AreaCodeKind::TollFree => Ok(()),
        AreaCodeKind::Premium => Err(ReasonCode::AreaCodePremium),
        AreaCodeKind::NonGeographic => Err(ReasonCode::AreaCodeNonGeographic),
    }
}

fn geographic(row: &AreaCode, policy: &Policy) -> Result<(), ReasonCode> {
    if row.country != "US" {
        return Err(ReasonCode::AreaCodeForeign);
    }
    let opted_in = match Territory::from_region(row.region) {
        Some(territory) => policy.territories.contains(&territory),
        None => true,
    };
    if opted_in { Ok(()) } else { Err(ReasonCode::TerritoryNotOptedIn) }
}

fn toll_free(case: &Case<'_>) -> Result<(), ReasonCode> {
    let entries = value(&case.facts.allowlist, FactKind::Allowlist)?;
    let listed = entries
        .iter()
        .any(|entry| entry.number == case.request.to && entry.line == LineType::TollFree);
    if listed { Ok(()) } else { Err(ReasonCode::TollFreeNotListed) }
}
