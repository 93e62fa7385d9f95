//! Leave to have the carrier prove that a number is one's own: what a class T entry needs before anything is dialled (rule N3).
//!
//! The carrier rings the number and wants the code keyed there that is shown on the screen here. So nobody is called by our artificial
//! voice before somebody at the number has agreed by keying the code, and no code is kept. It is a call all the same: every rule of a
//! class T call applies, but for the proof itself.
//!
//! This module asks no carrier, and what is proven is written down elsewhere ([`crate::allowlist::NumberProof`]).

use jiff::Timestamp;

use crate::decide::{self, DecisionRecord, Stage, Verdict};
use crate::facts::Facts;
use crate::number::PhoneNumber;
use crate::permit::PERMIT_LIFE;
use crate::policy::Policy;
use crate::refusal::Refusal;
use crate::request::DialRequest;
use crate::rules::Case;

/// Leave to have the carrier ring exactly one number to prove it. Only [`prove`] makes one; it is used up by asking, and expires 30 s
/// after its decision. It is no permit to call.
#[must_use = "leave is used up by asking the carrier, or is dropped unused"]
pub struct ProvingLeave {
    number: PhoneNumber,
    until: Timestamp,
    record: Box<DecisionRecord>,
}

impl ProvingLeave {
    /// The number to prove, and no other.
    #[must_use]
    pub const fn number(&self) -> &PhoneNumber {
        &self.number
    }

    /// The decision's record, to be audited before the carrier is asked.
    #[must_use]
    pub fn record(&self) -> &DecisionRecord {
        &self.record
    }

    /// Whether the leave holds at `now`: not before its decision, and not 30 s after it.
    #[must_use]
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.record.at <= now && now < self.until
    }
}

/// The decision about proving a number.
#[must_use = "a decision is audited, whatever it says"]
pub enum Proving {
    /// The carrier may be asked, within the next 30 s.
    Leave(ProvingLeave),
    /// It may not.
    Refuse(Refusal),
}

impl Proving {
    /// What is kept of it.
    #[must_use]
    pub fn record(&self) -> &DecisionRecord {
        match self {
            Proving::Leave(leave) => leave.record(),
            Proving::Refuse(refusal) => refusal.record(),
        }
    }
}

/// Decides whether the carrier may be asked now to prove the request's number. Deny by default, as [`crate::decide()`].
pub fn prove(request: &DialRequest, facts: &Facts, policy: &Policy, now: Timestamp) -> Proving {
    let case = Case { request, facts, policy, now, stage: Stage::Prove };
    let mut record = decide::judge(&case);
    if record.reasons.is_empty() {
        record.verdict = Verdict::MayProve;
        // At the end of time a leave ends where it begins, which refuses.
        let until = now.saturating_add(PERMIT_LIFE).unwrap_or(now);
        Proving::Leave(ProvingLeave { number: request.to.clone(), until, record })
    } else {
        Proving::Refuse(Refusal { record })
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use serde::de::DeserializeOwned;
    use static_assertions::assert_not_impl_any;

    use super::*;

    assert_not_impl_any!(ProvingLeave: Clone, Copy, Default, std::fmt::Debug, Serialize, DeserializeOwned);
}
