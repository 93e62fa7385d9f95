//! The rules, each against good facts with one thing changed.
//!
//! A permit is got by giving good facts, here as everywhere; there is no other way.

mod call;
mod decision;
mod number;
mod patient;
mod proof;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::allowlist::LineType;
use crate::class::{CallClass, CallPurpose, PatientKind};
use crate::decide::{Decision, RuleOutcome, Screening, Stage, Verdict, decide, screen};
use crate::egress::{Field, FieldSet};
use crate::facts::{FactKind, Facts, Reading};
use crate::id::VendorId;
use crate::number::PhoneNumber;
use crate::permit::{DialPermit, EndNotice, Notice, PERMIT_LIFE};
use crate::policy::{Absence, BeforeNotice, Policy, SoleAdministrator, Territory};
use crate::recording::RecordingMode;
use crate::refusal::{Mend, Reason, ReasonCode};
use crate::request::{DialRequest, VendorUse};
use crate::rule::RuleId;
use crate::vendor::{EgressRefusal, Role};

const REQUEST: &str = include_str!("../../../tests/data/request.json");
const FACTS: &str = include_str!("../../../tests/data/facts.json");

/// One second after the facts were read: Monday, 12:00:01 in New York.
fn now() -> Timestamp {
    "2026-10-05T16:00:01Z".parse().unwrap()
}

fn request() -> DialRequest {
    serde_json::from_str(REQUEST).unwrap()
}

fn facts() -> Facts {
    serde_json::from_str(FACTS).unwrap()
}

/// Good facts with one value put in another's place, by JSON pointer.
fn facts_with(pointer: &str, value: Value) -> Facts {
    let mut json: Value = serde_json::from_str(FACTS).unwrap();
    *json.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = value;
    serde_json::from_value(json).unwrap()
}

fn entry_with(part: &str, value: Value) -> Facts {
    facts_with(&format!("/allowlist/read/value/0/{part}"), value)
}

/// Request and facts for a number of class P, whose entry is right in all but the number.
fn to(number: &str, line: LineType) -> (DialRequest, Facts) {
    let mut request = request();
    request.to = PhoneNumber::parse_e164(number).unwrap();
    let mut facts = entry_with("number", json!(number));
    if let Reading::Read(evidence) = &mut facts.allowlist {
        evidence.value[0].line = line;
    }
    (request, facts)
}

/// A test call to one's own number, right in everything.
fn test_call() -> (DialRequest, Facts) {
    let (mut request, mut facts) = to("+16142000135", LineType::Landline);
    request.class = CallClass::Test;
    if let Reading::Read(evidence) = &mut facts.allowlist {
        evidence.value[0].class = CallClass::Test;
        evidence.value[0].publication.kind = crate::allowlist::PublicationKind::OwnNumberProven;
        evidence.value[0].proof = Some(serde_json::from_value(proof()).unwrap());
    }
    (request, facts)
}

/// A proof that the number is one's own, from a month before the call.
fn proof() -> Value {
    json!({
        "carrier": "sim-carrier", "reference": "PN1", "decision": "000000000000000000000000000000d0",
        "asked_by": "ann", "asked_at": "2026-09-10T15:00:00Z", "keyed_at": "2026-09-10T15:01:00Z",
    })
}

fn reasons_at(
    request: &DialRequest,
    facts: &Facts,
    policy: &Policy,
    now: Timestamp,
) -> Vec<Reason> {
    match decide(request, facts, policy, now) {
        Decision::Permit(_) => vec![],
        Decision::Refuse(refusal) => refusal.reasons().to_vec(),
    }
}

fn reasons(request: &DialRequest, facts: &Facts, policy: &Policy) -> Vec<Reason> {
    reasons_at(request, facts, policy, now())
}

fn permit() -> DialPermit {
    match decide(&request(), &facts(), &Policy::recommended(), now()) {
        Decision::Permit(permit) => permit,
        Decision::Refuse(refusal) => panic!("{refusal}"),
    }
}

#[track_caller]
fn only(got: &[Reason], rule: RuleId, code: ReasonCode) {
    assert_eq!(got, [Reason { rule, code }]);
}
