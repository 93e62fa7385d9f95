//! N1: the number matches `+1NXXNXXXXXX` and its exchange is not N11, 555, 950, 958, 959 or 976.
//!
//! Source: the North American Numbering Plan (ATIS-0300051); libphonenumber v9.0.35, `ShortNumberMetadata.xml`. Verified 2026-10-01.
//! A [`PhoneNumber`] already passed this grammar; it is applied again so that the record does not rest on a constructor elsewhere.
//! It does not look at area codes (N2).

use super::{Case, Check, Rule};
use crate::number::PhoneNumber;
use crate::refusal::ReasonCode;
use crate::rule::RuleId;

pub(super) const RULE: Rule = Rule { id: RuleId::N1, check };

fn check(case: &Case<'_>) -> Check {
    Check::Codes(number(&case.request.to).err().into_iter().collect())
}

/// What is against a number's form.
pub(super) fn number(number: &PhoneNumber) -> Result<(), ReasonCode> {
    PhoneNumber::parse_e164(number.e164()).map(drop).map_err(ReasonCode::from)
}
