//! The rules of [`crate::decide()`], one file each, in the order in which they are applied. All of them run on every decision.
//!
//! Each file says its rule, its source and when that was last read; the same stand in [`crate::rule::RuleId`] for tools. A rule sees
//! the request, the facts, the policy and the time, and finds codes; it has no other effect.

mod c1;
mod c2;
mod c3;
mod c4;
pub(crate) mod d1;
mod d2;
mod d3;
pub(crate) mod d4;
pub(crate) mod h1;
mod h2;
mod i1;
pub(crate) mod l1;
mod l2;
mod n1;
mod n2;
pub(crate) mod n3;
pub(crate) mod n4;
#[cfg(test)]
mod tests;
mod v1;
mod v2;
mod v3;

use jiff::Timestamp;

use crate::allowlist::LineType;
use crate::decide::{RuleOutcome, Stage};
use crate::facts::{FactKind, Facts, Reading};
use crate::number::PhoneNumber;
use crate::policy::Policy;
use crate::refusal::{Reason, ReasonCode};
use crate::request::DialRequest;
use crate::rule::RuleId;
use crate::vendor::EgressRefusal;

/// What a rule looks at.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) request: &'a DialRequest,
    pub(crate) facts: &'a Facts,
    pub(crate) policy: &'a Policy,
    pub(crate) now: Timestamp,
    pub(crate) stage: Stage,
}

/// What a rule says.
pub(crate) enum Check {
    NotApplicable,
    Deferred,
    /// Nothing against the call, and an obligation for it.
    Obliged,
    /// The codes against the call; none means that the rule is content.
    Codes(Vec<ReasonCode>),
}

/// One rule.
pub(crate) struct Rule {
    pub(crate) id: RuleId,
    check: fn(&Case<'_>) -> Check,
}

/// What N1, N2 and N3 have against a number and the type of its line, whatever else an allowlist entry would say.
pub(crate) fn unfit(number: &PhoneNumber, line: LineType, policy: &Policy) -> Vec<Reason> {
    let form = n1::number(number).err().map(|code| Reason { rule: RuleId::N1, code });
    let area = n2::number(number, policy).err().map(|code| Reason { rule: RuleId::N2, code });
    let line = n3::line(number, line).into_iter().map(|code| Reason { rule: RuleId::N3, code });
    form.into_iter().chain(area).chain(line).collect()
}

/// Every rule that a decision applies.
pub(crate) const ALL: &[Rule] = &[
    n1::RULE,
    n2::RULE,
    n3::RULE,
    n4::RULE,
    h1::RULE,
    h2::RULE,
    c1::RULE,
    c2::RULE,
    c3::RULE,
    c4::RULE,
    l1::RULE,
    l2::RULE,
    v1::RULE,
    v2::RULE,
    v3::RULE,
    d1::RULE,
    d2::RULE,
    d3::RULE,
    d4::RULE,
    i1::RULE,
];

/// Applies one rule.
pub(crate) fn run(rule: &Rule, case: &Case<'_>) -> (RuleOutcome, Vec<Reason>) {
    let codes = match (rule.check)(case) {
        Check::NotApplicable => return (RuleOutcome::NotApplicable, Vec::new()),
        Check::Deferred => return (RuleOutcome::Deferred, Vec::new()),
        Check::Obliged => return (RuleOutcome::Obliged, Vec::new()),
        Check::Codes(codes) => codes,
    };
    let outcome = if codes.is_empty() { RuleOutcome::Passed } else { RuleOutcome::Refused };
    (outcome, codes.into_iter().map(|code| Reason { rule: owner(rule.id, code), code }).collect())
}

/// A vendor's region is rule G1's, though the register finds it.
fn owner(rule: RuleId, code: ReasonCode) -> RuleId {
    if let ReasonCode::Vendor { refusal: EgressRefusal::RegionRefused, .. } = code {
        RuleId::G1
    } else {
        rule
    }
}

/// The value of a reading, or the code that refuses without it.
fn value<T>(reading: &Reading<T>, fact: FactKind) -> Result<&T, ReasonCode> {
    match reading {
        Reading::Read(evidence) => Ok(&evidence.value),
        Reading::Unreadable => Err(ReasonCode::FactUnreadable(fact)),
    }
}

/// Collects the codes whose condition holds.
fn codes_where<const N: usize>(conditions: [(bool, ReasonCode); N]) -> Vec<ReasonCode> {
    conditions.into_iter().filter_map(|(holds, code)| holds.then_some(code)).collect()
}
