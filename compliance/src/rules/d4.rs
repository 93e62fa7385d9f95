//! D4: a call to a patient ends as it began: with the notice that an AI voice spoke, and with how to reach a human. Here it is an
//! obligation; the call's script keeps it, and class C has none yet.
//!
//! Source: Cal. Health & Safety Code 1339.75 (a verbal disclaimer at the start and at the end of a generated patient communication, and
//! how to reach a human). Verified 2026-10-01. By own rule it holds for every class C call, in every state. It says no words.

use super::{Case, Check, Rule};
use crate::class::CallClass;
use crate::rule::RuleId;

pub(super) const RULE: Rule = Rule { id: RuleId::D4, check };

fn check(case: &Case<'_>) -> Check {
    match case.request.class {
        CallClass::Payer | CallClass::Test => Check::NotApplicable,
        CallClass::Patient => Check::Obliged,
    }
}
