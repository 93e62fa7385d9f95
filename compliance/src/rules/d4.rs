//! D4: a call to a patient says at its end again that it was an AI voice, and how a human is reached. An obligation in the plan; no
//! other class has it, and while C1 refuses class C no call does.
//!
//! Source: Cal. Health & Safety Code 1339.75 (for audio, verbally at the start and at the end; how to reach a human). Verified
//! 2026-10-01. The law is about clinical information; here every call to a patient is held to it. The words are the prompt pack's.

use super::{Case, Check, Rule};
use crate::class::CallClass;
use crate::permit::EndNotice;
use crate::rule::RuleId;

pub(super) const RULE: Rule = Rule { id: RuleId::D4, check };

fn check(case: &Case<'_>) -> Check {
    match notice(case.request.class) {
        EndNotice::None => Check::NotApplicable,
        EndNotice::AiVoiceAndHuman => Check::Obliged,
    }
}

/// What a call of this class must say at its end.
pub(crate) const fn notice(class: CallClass) -> EndNotice {
    match class {
        CallClass::Payer | CallClass::Test => EndNotice::None,
        CallClass::Patient => EndNotice::AiVoiceAndHuman,
    }
}
