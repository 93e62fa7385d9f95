//! C4: a patient who refused AI calls is not the subject of one, to the payer neither. Whether a missing answer denies is the tenant's
//! policy, and unset it does. A test call is about nobody: its patient must be synthetic.
//!
//! Source: 45 CFR 164.522(a) (restrictions that a patient asks for); state AI disclosure laws. Verified 2026-10-01.
//! It does not judge how consent was worded.

use super::{Case, Check, Rule, codes_where, value};
use crate::class::{CallClass, PatientKind};
use crate::facts::{AiCallConsent, FactKind};
use crate::policy::Absence;
use crate::refusal::ReasonCode;
use crate::rule::RuleId;

pub(super) const RULE: Rule = Rule { id: RuleId::C4, check };

fn check(case: &Case<'_>) -> Check {
    match case.request.class {
        CallClass::Test => {
            let real = case.request.patient == PatientKind::Real;
            Check::Codes(codes_where([(real, ReasonCode::TestNeedsSyntheticPatient)]))
        }
        CallClass::Payer | CallClass::Patient => Check::Codes(consent(case)),
    }
}

fn consent(case: &Case<'_>) -> Vec<ReasonCode> {
    match value(&case.facts.consent, FactKind::Consent) {
        Err(code) => vec![code],
        Ok(AiCallConsent::Granted { at, .. }) => {
            codes_where([(*at > case.now, ReasonCode::ConsentFromTheFuture)])
        }
        Ok(AiCallConsent::Refused { .. }) => vec![ReasonCode::ConsentRefused],
        Ok(AiCallConsent::Absent) => match case.policy.consent.absence {
            Absence::Deny => vec![ReasonCode::ConsentAbsent],
            Absence::Allow => vec![],
        },
    }
}
