//! What an explanation says: the verdict, what is missing, and each rule with its outcome, reasons and source.

use callwright_compliance::decide::{RuleOutcome, rules_applied};
use callwright_compliance::rule::VERIFIED_DAYS_MAX;
use callwright_compliance::{
    CallClass, DecisionRecord, Digest, PayerId, Reason, ReasonCode, RuleId, TenantId,
};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::mend::mend;

/// An explanation.
#[derive(Debug, Serialize)]
pub(super) struct Explanation {
    pub(super) verdict: Verdict,
    /// The number, masked; absent where the text is none.
    pub(super) to: Option<String>,
    pub(super) class: CallClass,
    pub(super) at: Timestamp,
    pub(super) practice: Option<TenantId>,
    pub(super) payer: Option<PayerId>,
    /// The digest of the policy that was asked.
    pub(super) policy: Digest,
    /// What is not there, without which nothing is permitted.
    pub(super) missing: Vec<Missing>,
    /// What was taken for granted.
    pub(super) assumed: Vec<String>,
    pub(super) rules: Vec<RuleRow>,
}

/// Whether the call would be permitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    Permitted,
    Refused,
}

/// One thing that is not there.
#[derive(Debug, Serialize)]
pub(super) struct Missing {
    pub(super) what: String,
    pub(super) mend: String,
}

impl Missing {
    pub(super) fn new(what: impl Into<String>, mend: impl Into<String>) -> Missing {
        Missing { what: what.into(), mend: mend.into() }
    }
}

/// What one rule said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Refused,
    Passed,
    /// It lays an obligation on the call, which is kept while it runs.
    Obliged,
    NotApplicable,
    /// It was not asked: the text is no number.
    NotJudged,
}

/// One rule.
#[derive(Debug, Serialize)]
pub(super) struct RuleRow {
    pub(super) rule: RuleId,
    pub(super) outcome: Outcome,
    pub(super) title: &'static str,
    pub(super) reasons: Vec<ReasonRow>,
    pub(super) source: &'static str,
    pub(super) verified_on: Date,
    /// The source was read too long ago.
    pub(super) due_for_review: bool,
}

/// One reason of a refusal.
#[derive(Debug, Serialize)]
pub(super) struct ReasonRow {
    pub(super) code: ReasonCode,
    pub(super) why: String,
    pub(super) mend: String,
}

impl RuleRow {
    fn new(rule: RuleId, outcome: Outcome, reasons: Vec<ReasonRow>, at: Timestamp) -> RuleRow {
        let today = at.to_zoned(TimeZone::UTC).date();
        RuleRow {
            rule,
            outcome,
            title: rule.title(),
            reasons,
            source: rule.source(),
            verified_on: rule.verified_on(),
            due_for_review: rule.is_due_for_review(today),
        }
    }
}

/// A warning about sources that were read too long ago, if there are any.
pub(super) fn review(rows: &[RuleRow]) -> Option<String> {
    let due: Vec<&str> =
        rows.iter().filter(|row| row.due_for_review).map(|row| row.rule.name()).collect();
    (!due.is_empty()).then(|| {
        format!(
            "the sources of {} were read more than {VERIFIED_DAYS_MAX} days before: read them again",
            due.join(", ")
        )
    })
}

/// The rows of a decision, in the order of the rules.
pub(super) fn rows(record: &DecisionRecord, at: Timestamp) -> Vec<RuleRow> {
    let reasons_of = |rule: RuleId| -> Vec<ReasonRow> {
        record.reasons.iter().filter(|reason| reason.rule == rule).map(reason_row).collect()
    };
    let mut rows: Vec<RuleRow> = record
        .rules
        .iter()
        .map(|result| {
            let reasons = reasons_of(result.rule);
            let outcome = match result.outcome {
                RuleOutcome::Refused if !reasons.is_empty() => Outcome::Refused,
                // Another rule owns what it found.
                RuleOutcome::Refused | RuleOutcome::Passed => Outcome::Passed,
                RuleOutcome::Obliged => Outcome::Obliged,
                RuleOutcome::NotApplicable => Outcome::NotApplicable,
                RuleOutcome::Deferred => Outcome::NotJudged,
            };
            RuleRow::new(result.rule, outcome, reasons, at)
        })
        .collect();
    // A vendor's region is found by V1 and is rule G1's.
    for rule in RuleId::ALL.iter().copied() {
        let is_listed = rows.iter().any(|row| row.rule == rule);
        let reasons = reasons_of(rule);
        if !is_listed && !reasons.is_empty() {
            rows.push(RuleRow::new(rule, Outcome::Refused, reasons, at));
        }
    }
    rows
}

/// The rows where the text is no number: N1 says why, and nothing else is asked.
pub(super) fn rows_without_a_number(
    code: ReasonCode,
    hint: Option<String>,
    at: Timestamp,
) -> Vec<RuleRow> {
    let mut first = reason_row(&Reason { rule: RuleId::N1, code });
    first.mend = hint.unwrap_or(first.mend);
    let mut rows = vec![RuleRow::new(RuleId::N1, Outcome::Refused, vec![first], at)];
    let others = rules_applied().filter(|rule| *rule != RuleId::N1);
    rows.extend(others.map(|rule| RuleRow::new(rule, Outcome::NotJudged, vec![], at)));
    rows
}

fn reason_row(reason: &Reason) -> ReasonRow {
    ReasonRow { code: reason.code, why: reason.code.to_string(), mend: mend(reason) }
}
