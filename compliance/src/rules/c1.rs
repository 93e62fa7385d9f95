//! C1: a call to a patient needs prior express consent for the number and the purpose, not withdrawn; the number is not on the national
//! do-not-call registry and was not reassigned since; the patient did not ask for another number or channel. And it needs a script: none
//! exists, so class C is refused, whatever else is true.
//!
//! Source: 47 U.S.C. 227(b)(1), 47 CFR 64.1200(a)(1), (c)(2)(i)(D) (a registry version of at most 31 days), (l) and (m) (reassigned
//! numbers), FCC 24-17 (an AI voice is an artificial voice), 45 CFR 164.522(b). Verified 2026-10-01. The tenant's own do-not-call list
//! is rule C2's. It takes each check's word for what it found.

use jiff::{SignedDuration, Timestamp};

use super::{Case, Check, Rule, codes_where, value};
use crate::class::CallClass;
use crate::consent::PriorExpress;
use crate::contact::{Contact, NationalDnc, Preference, Reassigned, ReassignedAnswer};
use crate::facts::FactKind;
use crate::refusal::ReasonCode;
use crate::rule::RuleId;

pub(super) const RULE: Rule = Rule { id: RuleId::C1, check };

/// How old a check of the registry may be: 31 days (47 CFR 64.1200(c)(2)(i)(D)). For the reassigned numbers database, which is updated
/// once a month, the same by own rule.
const CHECK_AGE_MAX: SignedDuration = SignedDuration::from_hours(31 * 24);

fn check(case: &Case<'_>) -> Check {
    match case.request.class {
        CallClass::Payer | CallClass::Test => Check::NotApplicable,
        CallClass::Patient => {
            let mut codes = vec![ReasonCode::PatientCallsNotOffered];
            match contact(case) {
                Ok(contact) => codes.extend(about(case, contact)),
                Err(code) => codes.push(code),
            }
            Check::Codes(codes)
        }
    }
}

/// What is known of the patient at exactly this number.
pub(super) fn contact<'a>(case: &Case<'a>) -> Result<&'a Contact, ReasonCode> {
    let contact = value(&case.facts.contact, FactKind::Contact)?.as_ref();
    let contact = contact.ok_or(ReasonCode::ContactMissing)?;
    if contact.number == case.request.to {
        Ok(contact)
    } else {
        Err(ReasonCode::ContactOfOtherNumber)
    }
}

fn about(case: &Case<'_>, contact: &Contact) -> Vec<ReasonCode> {
    let consent = contact.consents.prior_express(&contact.digest, case.request.purpose);
    let mut codes = match consent {
        PriorExpress::Granted(event) => {
            let mut codes =
                codes_where([(event.at > case.now, ReasonCode::PriorConsentFromTheFuture)]);
            codes.extend(reassigned(case, contact, event.at));
            codes
        }
        PriorExpress::OutOfScope => vec![ReasonCode::PriorConsentOutOfScope],
        PriorExpress::Withdrawn => vec![ReasonCode::PriorConsentWithdrawn],
        PriorExpress::Absent => vec![ReasonCode::PriorConsentAbsent],
    };
    codes.extend(match contact.national {
        NationalDnc::Listed { .. } => Some(ReasonCode::NationalDncListed),
        NationalDnc::NotListed { checked_at } if is_recent(case, checked_at) => None,
        NationalDnc::NotListed { .. } | NationalDnc::NotChecked => {
            Some(ReasonCode::NationalDncUnchecked)
        }
    });
    codes.extend(match contact.preference {
        Preference::NoneStated => None,
        Preference::OnlyNumber(number) if number == contact.digest => None,
        Preference::OnlyNumber(_) | Preference::NoCalls => Some(ReasonCode::PreferenceForbids),
        Preference::NotRecorded => Some(ReasonCode::PreferenceUnknown),
    });
    codes
}

/// The safe harbour asks about the day of the consent: a later day hides what happened in between.
fn reassigned(case: &Case<'_>, contact: &Contact, consent: Timestamp) -> Option<ReasonCode> {
    let unchecked = Some(ReasonCode::ReassignedUnchecked);
    let Reassigned::Checked { answer, since, checked_at } = contact.reassigned else {
        return unchecked;
    };
    let consent_day = consent.to_zoned(jiff::tz::TimeZone::UTC).date();
    match answer {
        ReassignedAnswer::Yes => Some(ReasonCode::NumberReassigned),
        ReassignedAnswer::No if since <= consent_day && is_recent(case, checked_at) => None,
        ReassignedAnswer::No | ReassignedAnswer::NoData => unchecked,
    }
}

fn is_recent(case: &Case<'_>, checked_at: Timestamp) -> bool {
    let age = case.now.duration_since(checked_at);
    !age.is_negative() && age <= CHECK_AGE_MAX
}
