//! D1: the first words to every new person say that an AI voice calls, for which registered business, why, and that the call is recorded
//! and transcribed. The permit carries the plan; the gate proves its playout. Without a name to give there is no call.
//!
//! Source: 47 CFR 64.1200(b) (identification by the name registered with the state; a telephone number during or after the message),
//! FCC 24-17, Cal. Pub. Util. Code 2874. Verified 2026-10-01. It does not hold the words: they are the prompt pack's.

use super::{Case, Check, Rule, value};
use crate::facts::FactKind;
use crate::permit::{DisclosurePlan, Notice};
use crate::recording::RecordingMode;
use crate::refusal::ReasonCode;
use crate::rule::RuleId;

pub(super) const RULE: Rule = Rule { id: RuleId::D1, check };

/// The longest first sentence: six seconds of speech.
pub(crate) const FIRST_SENTENCE_MS_CEILING: u32 = 6_000;
/// An interrupted disclosure is repeated once.
pub(crate) const REPEATS_CEILING: u8 = 1;

fn check(case: &Case<'_>) -> Check {
    match plan(case) {
        Ok(_) => Check::Obliged,
        Err(code) => Check::Codes(vec![code]),
    }
}

/// What must be said on the call.
pub(crate) fn plan(case: &Case<'_>) -> Result<DisclosurePlan, ReasonCode> {
    let identity = value(&case.facts.identity, FactKind::Identity)?;
    let disclosure = case.policy.disclosure;
    if identity.registered_name.trim().is_empty() {
        return Err(ReasonCode::RegisteredNameMissing);
    }
    if !(1..=FIRST_SENTENCE_MS_CEILING).contains(&disclosure.first_sentence_ms_max) {
        return Err(ReasonCode::FirstSentenceUnset);
    }
    if disclosure.repeats_max > REPEATS_CEILING {
        return Err(ReasonCode::RepeatsTooMany);
    }
    let notice = match case.policy.recording.mode {
        RecordingMode::AfterDisclosure => Notice::RecordedAndTranscribed,
        RecordingMode::Off | RecordingMode::MachineOnly => Notice::Transcribed,
    };
    Ok(DisclosurePlan {
        registered_name: identity.registered_name.clone(),
        callback: identity.callback.clone(),
        purpose: case.request.purpose,
        notice,
        first_sentence_ms_max: disclosure.first_sentence_ms_max,
        repeats_max: disclosure.repeats_max,
        before_notice: case.policy.recording.before_notice,
        at_the_end: super::d4::notice(case.request.class),
    })
}
