//! C1: a call to a patient needs prior express consent, on no do-not-call list, in the calling window, and a script. None exists, so
//! class C is refused, whatever else is true.
//!
//! Source: 47 U.S.C. 227(b)(1), 47 CFR 64.1200(a)(1), (c)(1) and (d), FCC 24-17 (an AI voice is an artificial voice), 45 CFR
//! 164.522(b). Verified 2026-10-01. It judges no consent: H1, C3 and D4 stand behind the same refusal.

use super::{Case, Check, Rule};
use crate::class::CallClass;
use crate::refusal::ReasonCode;
use crate::rule::RuleId;

pub(super) const RULE: Rule = Rule { id: RuleId::C1, check };

fn check(case: &Case<'_>) -> Check {
    match case.request.class {
        CallClass::Payer | CallClass::Test => Check::NotApplicable,
        CallClass::Patient => Check::Codes(vec![ReasonCode::PatientCallsNotOffered]),
    }
}
