//! Class T: rule N3's proof that a number is one's own, and the leave to have it proven.

use super::*;
use crate::proving::{Proving, prove};

/// A test call whose proof has one part changed.
fn proven_with(part: &str, value: Value) -> (DialRequest, Facts) {
    let (request, mut facts) = test_call();
    let mut json = proof();
    json[part] = value;
    if let Reading::Read(evidence) = &mut facts.allowlist {
        evidence.value[0].proof = Some(serde_json::from_value(json).unwrap());
    }
    (request, facts)
}

/// A test call to a number that nobody proved yet.
fn unproven() -> (DialRequest, Facts) {
    let (request, mut facts) = test_call();
    if let Reading::Read(evidence) = &mut facts.allowlist {
        evidence.value[0].proof = None;
    }
    (request, facts)
}

#[test]
fn n3_calls_one_s_own_number_with_a_fresh_proof_only() {
    let policy = Policy::recommended();
    let (request, facts) = test_call();
    assert_eq!(reasons(&request, &facts, &policy), []);
    let (request, facts) = unproven();
    only(&reasons(&request, &facts, &policy), RuleId::N3, ReasonCode::NumberUnproven);
    for (part, value, code) in [
        ("keyed_at", "2026-09-10T14:58:59Z", Some(ReasonCode::ProofOutOfOrder)),
        ("keyed_at", "2026-09-10T14:59:00Z", None), // the carrier's clock, a minute behind
        ("keyed_at", "2026-09-10T15:15:00Z", None),
        ("keyed_at", "2026-09-10T15:15:01Z", Some(ReasonCode::ProofOutOfOrder)),
        ("keyed_at", "2026-10-06T15:00:00Z", Some(ReasonCode::ProofOutOfOrder)),
        ("asked_at", "2026-10-06T15:00:00Z", Some(ReasonCode::ProofOutOfOrder)),
    ] {
        let (request, facts) = proven_with(part, json!(value));
        let wanted: Vec<Reason> =
            code.into_iter().map(|code| Reason { rule: RuleId::N3, code }).collect();
        assert_eq!(reasons(&request, &facts, &policy), wanted, "{part} {value}");
    }
}

#[test]
fn n3_lets_a_proof_grow_old() {
    let (request, facts) = test_call();
    let mut policy = Policy::recommended();
    // The proof is a little over 25 days old.
    for (days, code) in [
        (30, None),
        (26, None),
        (25, Some(ReasonCode::ProofOld)),
        (90, None),
        (91, Some(ReasonCode::ProofAgeUnset)),
    ] {
        policy.allowlist.test_proof_days_max = days;
        let wanted: Vec<Reason> =
            code.into_iter().map(|code| Reason { rule: RuleId::N3, code }).collect();
        assert_eq!(reasons(&request, &facts, &policy), wanted, "{days}");
    }
    policy.allowlist.test_proof_days_max = 0;
    let got = reasons(&request, &facts, &policy);
    assert!(got.contains(&Reason { rule: RuleId::N3, code: ReasonCode::ProofAgeUnset }));
}

#[test]
fn n3_leaves_the_proof_out_while_the_number_is_being_proven() {
    let policy = Policy::recommended();
    let (request, facts) = unproven();
    let Proving::Leave(leave) = prove(&request, &facts, &policy, now()) else { panic!("refused") };
    assert_eq!(leave.number(), &request.to);
    assert_eq!(leave.record().verdict, Verdict::MayProve);
    assert_eq!(leave.record().stage, Stage::Prove);
    assert!(leave.is_valid_at(now()) && !leave.is_valid_at(now() + PERMIT_LIFE));
    assert!(!leave.is_valid_at(now() - SignedDuration::from_nanos(1)));
}

#[test]
fn proving_is_refused_by_every_other_rule() {
    let (own, good) = unproven();
    let policy = Policy::recommended();
    let mut json: Value = serde_json::from_str(FACTS).unwrap();
    json["allowlist"] = serde_json::to_value(&good.allowlist).unwrap();
    json["allowlist"]["read"]["value"][0]["number"] = json!(own.to.e164());
    json["identity"]["read"]["value"]["callback"] = json!("+16142000134");
    for (pointer, value, rule, code) in [
        (
            "/allowlist/read/value/0/approval",
            json!("pending"),
            RuleId::N3,
            ReasonCode::ApprovalMissing,
        ),
        ("/allowlist/read/value/0/line", json!("mobile"), RuleId::N3, ReasonCode::LineTypeRefused),
        ("/switch/read/value/global", json!("stopped"), RuleId::I1, ReasonCode::StoppedGlobally),
        ("/usage/read/value/number_running", json!(1), RuleId::L2, ReasonCode::NumberBusy),
        (
            "/switch/read/as_of",
            json!("2026-10-05T15:00:00Z"),
            RuleId::N4,
            ReasonCode::FactStale(FactKind::Switch),
        ),
    ] {
        let mut json = json.clone();
        *json.pointer_mut(pointer).unwrap() = value;
        let facts: Facts = serde_json::from_value(json).unwrap();
        let proving = prove(&own, &facts, &policy, now());
        assert!(matches!(proving, Proving::Refuse(_)), "{pointer}");
        assert_eq!(proving.record().reasons, [Reason { rule, code }], "{pointer}");
    }
    // A payer's line is not one's own number.
    let got = prove(&request(), &facts(), &policy, now());
    only(&got.record().reasons, RuleId::N3, ReasonCode::ProvingOtherClass);
}
