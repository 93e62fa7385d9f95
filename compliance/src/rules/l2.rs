//! L2: how many calls run, begin and were placed to a number, and what they cost, stays within the policy, this call included. A limit
//! that is not set is zero and refuses.
//!
//! Source: own rule. Verified 2026-10-01. The counts are evidence from the store; two nodes that decide at the same moment are kept apart
//! by the store's own claim, not by this rule.

use super::{Case, Check, Rule, codes_where, value};
use crate::decide::Stage;
use crate::facts::FactKind;
use crate::refusal::ReasonCode;
use crate::rule::RuleId;

pub(super) const RULE: Rule = Rule {
    id: RuleId::L2,
    check,
};

fn check(case: &Case<'_>) -> Check {
    let limits = case.policy.limits;
    let cost = case.request.cost_cents_max;
    let too_dear = limits.call_cents_max == 0 || cost > limits.call_cents_max;
    let mut codes = codes_where([(too_dear, ReasonCode::CallTooDear)]);
    if case.stage == Stage::Enqueue {
        return if codes.is_empty() {
            Check::Deferred
        } else {
            Check::Codes(codes)
        };
    }
    let usage = match value(&case.facts.usage, FactKind::Usage) {
        Ok(usage) => usage,
        Err(code) => {
            codes.push(code);
            return Check::Codes(codes);
        }
    };
    let full = |now: u32, max: u32| now >= max;
    let spend = usage.tenant_spent_today_cents.saturating_add(cost);
    let day = limits.tenant_day_cents_max;
    codes.extend(codes_where([
        (
            full(usage.system_running, limits.system_running_max),
            ReasonCode::SystemBusy,
        ),
        (
            full(usage.tenant_running, limits.tenant_running_max),
            ReasonCode::TenantBusy,
        ),
        (
            full(usage.number_running, limits.number_running_max),
            ReasonCode::NumberBusy,
        ),
        (
            full(usage.system_started_1s, limits.system_started_1s_max),
            ReasonCode::StartsTooFast,
        ),
        (
            full(usage.number_started_today, limits.number_started_day_max),
            ReasonCode::NumberCalledOften,
        ),
        (day == 0 || spend > day, ReasonCode::DaySpendReached),
    ]));
    Check::Codes(codes)
}
