//! D3: "are you a human?" gets a truthful, fixed answer, always. The clip passes the gate in every mode; here it is an obligation.
//!
//! Source: Cal. Bus. & Prof. Code 17941, Utah Code 13-77-103. Verified 2026-10-01. Hearing the question is understanding's work.

use super::{Case, Check, Rule};
use crate::permit::DisclosurePlan;
use crate::rule::RuleId;

pub(super) const RULE: Rule = Rule { id: RuleId::D3, check };

const _: () = assert!(DisclosurePlan::ARE_YOU_A_ROBOT.passes_always());

fn check(_: &Case<'_>) -> Check {
    Check::Obliged
}
