//! V2: destination and purpose decide which fields may go. What the payer's line wants before it answers, by the payer's file, must be
//! among them; otherwise nobody is called in vain. On the call the gate and the egress policy keep the rule.
//!
//! Source: 45 CFR 164.502(b), 164.514(d) (minimum necessary). Verified 2026-10-01. The table is [`crate::egress::allowed`]. A social
//! security number is in it for no destination, and nothing here holds one, so no exception for a payer can be made: a person calls. What
//! a payer wants without saying so in its file is refused on the call.

use super::{Case, Check, Rule};
use crate::egress::{self, Destination, Field};
use crate::refusal::ReasonCode;
use crate::rule::RuleId;

pub(super) const RULE: Rule = Rule { id: RuleId::V2, check };

fn check(case: &Case<'_>) -> Check {
    let request = case.request;
    match egress::check(Destination::FarEnd, request.purpose, request.needs) {
        Ok(()) => Check::Obliged,
        Err(refused) => Check::Codes(refused.fields.iter().map(code).collect()),
    }
}

fn code(field: Field) -> ReasonCode {
    if field == Field::Ssn { ReasonCode::NeedsSsn } else { ReasonCode::NeedsField(field) }
}
