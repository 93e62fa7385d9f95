//! H2: a payer is called inside its own hours in its own time zone. A toll-free number has no zone, so the payer's must be given. A test
//! call may be placed at any hour.
//!
//! Source: own rule; a payer invites calls to a line by publishing it with its hours. Verified 2026-10-01.
//! At enqueueing only what hours there are is checked, not the time: a request may wait for the morning. Hours without one window that
//! can be open are as good as none.

use super::{Case, Check, Rule, value};
use crate::class::CallClass;
use crate::decide::Stage;
use crate::facts::FactKind;
use crate::hours::Opening;
use crate::refusal::ReasonCode;
use crate::rule::RuleId;

pub(super) const RULE: Rule = Rule { id: RuleId::H2, check };

fn check(case: &Case<'_>) -> Check {
    match case.request.class {
        CallClass::Payer => Check::Codes(payer(case).err().into_iter().collect()),
        CallClass::Test | CallClass::Patient => Check::NotApplicable,
    }
}

fn payer(case: &Case<'_>) -> Result<(), ReasonCode> {
    let hours = value(&case.facts.hours, FactKind::Hours)?;
    let hours = hours.as_ref().ok_or(ReasonCode::HoursMissing)?;
    if hours.payer != case.request.payer {
        return Err(ReasonCode::HoursOfOtherPayer);
    }
    // A request would wait in the queue for ever.
    if !hours.ever_open() {
        return Err(ReasonCode::HoursMissing);
    }
    match (hours.opening(case.now), case.stage) {
        (Opening::Open, _) | (Opening::Closed, Stage::Enqueue) => Ok(()),
        (Opening::Closed, Stage::Dial | Stage::Prove) => Err(ReasonCode::PayerClosed),
        (Opening::ZoneMissing, _) => Err(ReasonCode::HoursZoneMissing),
        (Opening::ZoneUnknown, _) => Err(ReasonCode::HoursZoneUnknown),
    }
}
