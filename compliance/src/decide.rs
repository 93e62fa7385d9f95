//! The policy decision: request, facts, policy and time in; a permit or every reason against it out. Pure.
//!
//! [`decide`] is the decision at dial time and the only maker of a [`DialPermit`]. [`screen`] is the one at enqueueing: it says what is
//! wrong already, and it cannot make a permit, so whatever is queued is decided again when it is dialled (rule N4). That a number is
//! one's own is proven under [`crate::proving::prove`], by the same rules.
//!
//! Every decision leaves a [`DecisionRecord`], which is free of numbers and of patient values and is audited before anything is done.
//! This module places no call and reads no clock.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::class::CallClass;
use crate::digest::Digest;
use crate::facts::Facts;
use crate::id::{DecisionId, RequestId, TenantId};
use crate::permit::{DialPermit, Terms};
use crate::policy::Policy;
use crate::refusal::{Reason, Refusal};
use crate::request::DialRequest;
use crate::rule::RuleId;
use crate::rules::{self, Case};

/// When a decision is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// When the request is queued. Never yields a permit.
    Enqueue,
    /// When the call is about to be placed.
    Dial,
    /// When the carrier is about to be asked to prove that a number is one's own (class T). Never yields a permit to call.
    Prove,
}

/// What a decision said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The call may be placed.
    Permitted,
    /// The request may wait in the queue.
    MayQueue,
    /// The carrier may be asked to prove the number.
    MayProve,
    /// None of these.
    Refused,
}

/// What one rule said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleOutcome {
    /// It has nothing against the call.
    Passed,
    /// It refuses; its reasons are in the record.
    Refused,
    /// It lays an obligation on the call, which the permit carries and the gate or the egress policy keeps.
    Obliged,
    /// It is for dial time, and this is not.
    Deferred,
    /// It is not for this class of call.
    NotApplicable,
}

/// One rule and what it said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleResult {
    /// The rule.
    pub rule: RuleId,
    /// What it said.
    pub outcome: RuleOutcome,
}

/// What is kept of a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionRecord {
    /// The decision.
    pub id: DecisionId,
    /// When in the request's life it was made.
    pub stage: Stage,
    /// For whom.
    pub tenant: TenantId,
    /// For which request.
    pub request: RequestId,
    /// The class of the call.
    pub class: CallClass,
    /// What it said.
    pub verdict: Verdict,
    /// Every reason against, in the order of the rules.
    pub reasons: Vec<Reason>,
    /// What each rule said.
    pub rules: Vec<RuleResult>,
    /// The digest of the policy that was applied.
    pub policy: Digest,
    /// The digest of the facts that it rests on.
    pub facts: Digest,
    /// The time for which it was made.
    pub at: Timestamp,
}

/// The decision at dial time.
#[must_use = "a decision is audited, whatever it says"]
pub enum Decision {
    /// The call may be placed, within the next 30 s.
    Permit(DialPermit),
    /// It may not.
    Refuse(Refusal),
}

impl Decision {
    /// What is kept of it.
    #[must_use]
    pub fn record(&self) -> &DecisionRecord {
        match self {
            Decision::Permit(permit) => permit.record(),
            Decision::Refuse(refusal) => refusal.record(),
        }
    }
}

/// The decision at enqueueing. Neither side of it is a permission to call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a decision is audited, whatever it says"]
pub enum Screening {
    /// Nothing is against the request yet.
    MayQueue(Box<DecisionRecord>),
    /// It would be refused at dial time too, as things are.
    Refuse(Refusal),
}

impl Screening {
    /// What is kept of it.
    #[must_use]
    pub fn record(&self) -> &DecisionRecord {
        match self {
            Screening::MayQueue(record) => record,
            Screening::Refuse(refusal) => refusal.record(),
        }
    }
}

/// Decides whether a call may be placed now. Deny by default: every rule must be content.
pub fn decide(request: &DialRequest, facts: &Facts, policy: &Policy, now: Timestamp) -> Decision {
    let case = Case { request, facts, policy, now, stage: Stage::Dial };
    let mut record = judge(&case);
    // The terms rest on the same facts as the rules; where they cannot be made, that is a reason too.
    match terms(&case) {
        Ok(terms) if record.reasons.is_empty() => {
            record.verdict = Verdict::Permitted;
            Decision::Permit(DialPermit::new(terms, record))
        }
        Ok(_) => Decision::Refuse(Refusal { record }),
        Err(reason) => {
            if !record.reasons.contains(&reason) {
                record.reasons.push(reason);
            }
            Decision::Refuse(Refusal { record })
        }
    }
}

/// The rules that a decision applies, in the order of its record.
pub fn rules_applied() -> impl Iterator<Item = RuleId> {
    rules::ALL.iter().map(|rule| rule.id)
}

/// Judges a request that is about to be queued. Rules about the moment (hours, counts, the switch, freshness) are left to dial time.
pub fn screen(request: &DialRequest, facts: &Facts, policy: &Policy, now: Timestamp) -> Screening {
    let case = Case { request, facts, policy, now, stage: Stage::Enqueue };
    let mut record = judge(&case);
    if record.reasons.is_empty() {
        record.verdict = Verdict::MayQueue;
        Screening::MayQueue(record)
    } else {
        Screening::Refuse(Refusal { record })
    }
}

/// Runs every rule. The verdict is still `Refused`: only the callers turn it.
pub(crate) fn judge(case: &Case<'_>) -> Box<DecisionRecord> {
    let mut reasons = Vec::new();
    let mut results = Vec::new();
    for rule in rules::ALL {
        let (outcome, mut found) = rules::run(rule, case);
        reasons.append(&mut found);
        results.push(RuleResult { rule: rule.id, outcome });
    }
    Box::new(DecisionRecord {
        id: case.request.decision,
        stage: case.stage,
        tenant: case.request.tenant.clone(),
        request: case.request.request.clone(),
        class: case.request.class,
        verdict: Verdict::Refused,
        reasons,
        rules: results,
        policy: case.policy.digest(),
        facts: Digest::of_json(case.facts),
        at: case.now,
    })
}

fn terms(case: &Case<'_>) -> Result<Terms, Reason> {
    let reason = |rule| move |code| Reason { rule, code };
    Ok(Terms {
        number: case.request.to.clone(),
        caps: rules::l1::caps(case).map_err(reason(RuleId::L1))?,
        disclosures: rules::d1::plan(case).map_err(reason(RuleId::D1))?,
        recording: case.policy.recording.mode,
        payer: case.request.payer.clone(),
    })
}
