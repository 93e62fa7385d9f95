//! I1: the kill switch, for everything, the tenant, the request or a vendor, stops new calls; what cannot be read counts as thrown.
//!
//! Source: own rule; NIST SP 800-61r3 (containment). Verified 2026-10-01. Running calls are ended by their drivers. At enqueueing only a
//! switch on the request itself refuses: the others may be off again when the call is due.

use super::{Case, Check, Rule, codes_where, value};
use crate::decide::Stage;
use crate::facts::{FactKind, SwitchState};
use crate::refusal::ReasonCode;
use crate::rule::RuleId;

pub(super) const RULE: Rule = Rule { id: RuleId::I1, check };

fn check(case: &Case<'_>) -> Check {
    let switch = match value(&case.facts.switch, FactKind::Switch) {
        Ok(switch) => switch,
        Err(code) => return Check::Codes(vec![code]),
    };
    let stopped = |state| state == SwitchState::Stopped;
    let mut codes = codes_where([(stopped(switch.request), ReasonCode::StoppedForRequest)]);
    if case.stage == Stage::Enqueue {
        return if codes.is_empty() { Check::Deferred } else { Check::Codes(codes) };
    }
    let uses_stopped =
        case.request.vendors.iter().any(|used| switch.vendors_stopped.contains(&used.vendor));
    codes.extend(codes_where([
        (stopped(switch.global), ReasonCode::StoppedGlobally),
        (stopped(switch.tenant), ReasonCode::StoppedForTenant),
        (uses_stopped, ReasonCode::StoppedForVendor),
    ]));
    Check::Codes(codes)
}
