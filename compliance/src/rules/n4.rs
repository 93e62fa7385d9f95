//! N4: every fact is readable, and at dial time it was read within the age that the policy allows.
//!
//! Source: own rule; an entry, a consent or a switch may have changed since the request was queued. Verified 2026-10-01.
//! With [`crate::screen()`] making no permit, this is what makes N1 to N3, H, C, L and the switch be checked again at dial time. An age of
//! zero in the policy is unset and refuses; so does one of the kill switch or of the opt-outs above 5 s (rules I1, C2). It cannot know
//! whether `as_of` is honest.

use jiff::{SignedDuration, Timestamp};

use super::{Case, Check, Rule};
use crate::decide::Stage;
use crate::facts::FactKind;
use crate::refusal::ReasonCode;
use crate::rule::RuleId;

pub(super) const RULE: Rule = Rule { id: RuleId::N4, check };

/// The greatest age of the kill switch that a policy may set, in seconds (rule I1).
const SWITCH_AGE_CEILING_S: u32 = 5;
/// The same for the opt-outs: one that was recorded blocks the next dial at once (rule C2).
const OPT_OUTS_AGE_CEILING_S: u32 = 5;

fn check(case: &Case<'_>) -> Check {
    let (facts, ages) = (case.facts, case.policy.freshness);
    let codes: Vec<ReasonCode> = FactKind::ALL
        .into_iter()
        .filter_map(|fact| code(case, fact, facts.as_of(fact), ages.of(fact)))
        .collect();
    match case.stage {
        Stage::Enqueue if codes.is_empty() => Check::Deferred,
        Stage::Enqueue | Stage::Dial | Stage::Prove => Check::Codes(codes),
    }
}

fn code(
    case: &Case<'_>,
    fact: FactKind,
    as_of: Option<Timestamp>,
    age_s_max: u32,
) -> Option<ReasonCode> {
    let Some(as_of) = as_of else {
        return Some(ReasonCode::FactUnreadable(fact));
    };
    if case.stage == Stage::Enqueue {
        return None;
    }
    let age = case.now.duration_since(as_of);
    if age_s_max == 0 {
        Some(ReasonCode::FreshnessUnset(fact))
    } else if ceiling_s(fact).is_some_and(|most| age_s_max > most) {
        Some(ReasonCode::FreshnessTooLong(fact))
    } else if age.is_negative() {
        Some(ReasonCode::FactFromTheFuture(fact))
    } else if age > SignedDuration::from_secs(i64::from(age_s_max)) {
        Some(ReasonCode::FactStale(fact))
    } else {
        None
    }
}

/// What a policy may set at most, in seconds; `None` where the rules leave it to the policy.
pub(crate) const fn ceiling_s(fact: FactKind) -> Option<u32> {
    match fact {
        FactKind::Switch => Some(SWITCH_AGE_CEILING_S),
        FactKind::OptOuts => Some(OPT_OUTS_AGE_CEILING_S),
        FactKind::Allowlist
        | FactKind::Identity
        | FactKind::Hours
        | FactKind::Vendors
        | FactKind::Consent
        | FactKind::Usage
        | FactKind::Contact => None,
    }
}
