//! V1 (and G1): every vendor that the call will use has a valid row in the register, in its role, in the United States.
//!
//! Source: 45 CFR 164.308(b), 164.314(a), 164.502(e) and 164.504(e) (business associate contracts). Verified 2026-10-01.
//! Whether a vendor keeps to its agreement cannot be seen from here. Each connection asks the register again.

use super::{Case, Check, Rule, value};
use crate::facts::FactKind;
use crate::refusal::ReasonCode;
use crate::rule::RuleId;
use crate::vendor::Role;

pub(super) const RULE: Rule = Rule { id: RuleId::V1, check };

fn check(case: &Case<'_>) -> Check {
    let register = match value(&case.facts.vendors, FactKind::Vendors) {
        Ok(register) => register,
        Err(code) => return Check::Codes(vec![code]),
    };
    let uses = &case.request.vendors;
    let mut codes = Vec::new();
    if !uses.iter().any(|used| used.role == Role::Carrier) {
        codes.push(ReasonCode::CarrierMissing);
    }
    for used in uses {
        if let Err(refusal) = register.egress(used.role, &used.vendor, case.now, case.policy) {
            codes.push(ReasonCode::Vendor { role: used.role, refusal });
        }
    }
    Check::Codes(codes)
}
