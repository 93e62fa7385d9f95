//! D2: no recording or transcript of a person is kept before the disclosure's playout is proven. The gate alone mints the permit for it;
//! here it is an obligation, or nothing where no audio is kept. Where the policy is strict (`recording.before_notice` is
//! `on_premises_only`), nobody hears a person before that but a recogniser on the practice's own machines, so the call must have one.
//!
//! Source: Cal. Penal Code 632 and 632.7, RCW 9.73.030(3) (the announcement itself is recorded), C.G.S. 52-570d; for the strict setting
//! Cal. Penal Code 631 as read in Ambriz v. Google (N.D. Cal. 10 February 2025). Every call is treated as one where all parties must
//! consent, because a representative's place cannot be known. Verified 2026-10-01.

use super::{Case, Check, Rule, value};
use crate::facts::FactKind;
use crate::policy::BeforeNotice;
use crate::refusal::ReasonCode;
use crate::rule::RuleId;
use crate::vendor::Role;

pub(super) const RULE: Rule = Rule { id: RuleId::D2, check };

fn check(case: &Case<'_>) -> Check {
    match case.policy.recording.before_notice {
        BeforeNotice::OnPremisesOnly if !has_an_ear_on_premises(case) => {
            Check::Codes(vec![ReasonCode::NoRecogniserOnPremises])
        }
        // Transcribing is intercepting too, so the obligation stands in every recording mode.
        BeforeNotice::OnPremisesOnly | BeforeNotice::AnyRecogniser => Check::Obliged,
    }
}

/// Whether one of the call's recognisers runs on the practice's machines. A call without a recogniser needs none, and an unreadable
/// register is rule V1's refusal.
fn has_an_ear_on_premises(case: &Case<'_>) -> bool {
    let Ok(register) = value(&case.facts.vendors, FactKind::Vendors) else {
        return true;
    };
    let mut ears = case.request.vendors.iter().filter(|used| used.role == Role::SpeechToText);
    let none = ears.clone().next().is_none();
    none || ears.any(|ear| register.is_on_premises(ear.role, &ear.vendor))
}
