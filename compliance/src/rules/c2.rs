//! C2: a number at which somebody asked not to be called is not called any more, for the whole tenant and any class; one whose people
//! refuse an AI voice is left to people. From the moment it is recorded until it is lifted with a reason.
//!
//! Source: 47 CFR 64.1200(a)(10) (revocation by any reasonable means), (b)(3) (automated opt-out), (d)(3) and (d)(6) (company-specific
//! do-not-call). Verified 2026-10-01. That it is recorded before hang-up is the call's own work; the store looks once more in the
//! transaction that writes the intent to dial.

use super::{Case, Check, Rule, value};
use crate::facts::FactKind;
use crate::opt_out::OptOutKind;
use crate::refusal::ReasonCode;
use crate::rule::RuleId;

pub(super) const RULE: Rule = Rule { id: RuleId::C2, check };

fn check(case: &Case<'_>) -> Check {
    let standing = match value(&case.facts.opt_outs, FactKind::OptOuts) {
        Ok(standing) => standing,
        Err(code) => return Check::Codes(vec![code]),
    };
    let mut codes: Vec<ReasonCode> = standing
        .iter()
        .map(|opt_out| match opt_out.kind {
            OptOutKind::DoNotCall => ReasonCode::OptedOut,
            OptOutKind::HumanOnly => ReasonCode::HumanOnly,
        })
        .collect();
    codes.sort_unstable();
    codes.dedup();
    Check::Codes(codes)
}
