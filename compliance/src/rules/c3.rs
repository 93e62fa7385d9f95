//! C3: a patient is called at most once a day and three times a week, at whichever number.
//!
//! Source: 47 CFR 64.1200(a)(3)(v) (calls that HIPAA covers: one a day, three a week). Verified 2026-10-01. A day is counted as the 24
//! hours before now and a week as the seven days, which is never less than a calendar's. Counts are for dial time: a request may wait.

use super::c1::contact;
use super::{Case, Check, Rule, codes_where};
use crate::class::CallClass;
use crate::decide::Stage;
use crate::refusal::ReasonCode;
use crate::rule::RuleId;

pub(super) const RULE: Rule = Rule { id: RuleId::C3, check };

/// Calls to one person in 24 hours.
const DAY_MAX: u32 = 1;
/// Calls to one person in seven days.
const WEEK_MAX: u32 = 3;

fn check(case: &Case<'_>) -> Check {
    match (case.request.class, case.stage) {
        (CallClass::Payer | CallClass::Test, _) => Check::NotApplicable,
        (CallClass::Patient, Stage::Enqueue) => Check::Deferred,
        (CallClass::Patient, Stage::Dial | Stage::Prove) => Check::Codes(match contact(case) {
            Err(code) => vec![code],
            Ok(contact) => codes_where([
                (contact.calls.day >= DAY_MAX, ReasonCode::CalledThisDay),
                (contact.calls.week >= WEEK_MAX, ReasonCode::CalledThisWeek),
            ]),
        }),
    }
}
