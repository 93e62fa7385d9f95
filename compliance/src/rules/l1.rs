//! L1: every call has a hard cap, by our own timer and at the carrier. Class P: 90 minutes with hold, up to 150 by configuration, of which
//! 15 are conversation; class T: 3 minutes; class C: 10 minutes, 5 recommended. A cap that is not set is zero and refuses.
//!
//! Source: own rule; Twilio ends a call only after 4 h by default (twilio.com/docs/voice/limitations-and-edge-cases). Verified
//! 2026-10-01. It sets the caps; the call's timers and the carrier enforce them.

use super::{Case, Check, Rule};
use crate::caps::{Caps, ClassCaps};
use crate::class::CallClass;
use crate::refusal::ReasonCode;
use crate::rule::RuleId;

pub(super) const RULE: Rule = Rule { id: RuleId::L1, check };

/// The highest caps of class P that a policy may set.
const PAYER_CEILING: ClassCaps =
    ClassCaps { total_s: 150 * 60, ring_s: RING_CEILING_S, conversation_s: 15 * 60 };
/// The highest caps of class T that a policy may set.
const TEST_CEILING: ClassCaps =
    ClassCaps { total_s: 3 * 60, ring_s: RING_CEILING_S, conversation_s: 3 * 60 };
/// The highest caps of class C that a policy may set. The class is refused by rule C1 all the same.
const PATIENT_CEILING: ClassCaps =
    ClassCaps { total_s: 10 * 60, ring_s: RING_CEILING_S, conversation_s: 10 * 60 };
/// Longer than any payer lets it ring; voicemail and forwarding answer sooner.
const RING_CEILING_S: u32 = 60;

fn check(case: &Case<'_>) -> Check {
    Check::Codes(caps(case).err().into_iter().collect())
}

/// The highest caps of a class.
pub(crate) const fn ceiling(class: CallClass) -> ClassCaps {
    match class {
        CallClass::Payer => PAYER_CEILING,
        CallClass::Test => TEST_CEILING,
        CallClass::Patient => PATIENT_CEILING,
    }
}

/// The caps of the call.
pub(crate) fn caps(case: &Case<'_>) -> Result<Caps, ReasonCode> {
    let class = case.request.class;
    let (set, ceiling) = (case.policy.caps.of(class), ceiling(class));
    if set.total_s == 0 || set.ring_s == 0 || set.conversation_s == 0 {
        return Err(ReasonCode::CapUnset);
    }
    let too_high = set.total_s > ceiling.total_s
        || set.ring_s > ceiling.ring_s
        || set.conversation_s > ceiling.conversation_s.min(set.total_s);
    if too_high { Err(ReasonCode::CapTooHigh) } else { Ok(set.caps()) }
}
