//! L2: how many calls run, begin and were placed to a number, and what they cost, stays within the policy, this call included. A limit
//! that is not set is zero and refuses.
//!
//! A call without a price is free of every limit on spend, so it is refused unless its carrier is on the practice's own machines.
//!
//! Source: own rule. Verified 2026-10-01. The counts are evidence from the store, read before the decision. Two nodes that decide at the
//! same moment see the same counts: the store counts once more in the transaction that writes the intent to dial, and refuses there.

use super::{Case, Check, Rule, codes_where, value};
use crate::decide::Stage;
use crate::facts::FactKind;
use crate::refusal::ReasonCode;
use crate::rule::RuleId;
use crate::vendor::Role;

pub(super) const RULE: Rule = Rule { id: RuleId::L2, check };

fn check(case: &Case<'_>) -> Check {
    let limits = case.policy.limits;
    let cost = case.request.cost_cents_max;
    let too_dear = limits.call_cents_max == 0 || cost > limits.call_cents_max;
    let unpriced = cost == 0 && !is_free_of_charge(case);
    let mut codes =
        codes_where([(too_dear, ReasonCode::CallTooDear), (unpriced, ReasonCode::PriceUnset)]);
    if case.stage == Stage::Enqueue {
        return if codes.is_empty() { Check::Deferred } else { Check::Codes(codes) };
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
        (full(usage.system_running, limits.system_running_max), ReasonCode::SystemBusy),
        (full(usage.tenant_running, limits.tenant_running_max), ReasonCode::TenantBusy),
        (full(usage.number_running, limits.number_running_max), ReasonCode::NumberBusy),
        (full(usage.system_started_1s, limits.system_started_1s_max), ReasonCode::StartsTooFast),
        (
            full(usage.number_started_today, limits.number_started_day_max),
            ReasonCode::NumberCalledOften,
        ),
        (
            full(usage.tenant_started_today, limits.tenant_started_day_max),
            ReasonCode::TenantCalledOften,
        ),
        (day == 0 || spend > day, ReasonCode::DaySpendReached),
    ]));
    Check::Codes(codes)
}

/// Whether every carrier of the call runs on the practice's own machines, by the register. Whether that is so is rule V1's to judge.
fn is_free_of_charge(case: &Case<'_>) -> bool {
    let Ok(register) = value(&case.facts.vendors, FactKind::Vendors) else {
        return false;
    };
    let uses = case.request.vendors.iter();
    let mut carriers = uses.filter(|used| used.role == Role::Carrier).peekable();
    carriers.peek().is_some()
        && carriers.all(|used| register.is_on_premises(used.role, &used.vendor))
}
