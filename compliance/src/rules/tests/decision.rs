//! Decisions as a whole: permits, records, screening, refusals.

use super::*;

#[test]
fn good_facts_get_a_permit_with_its_terms() {
    let permit = permit();
    assert_eq!(permit.number().e164(), "+18002000140");
    assert_eq!(permit.class(), CallClass::Payer);
    assert_eq!(permit.caps().carrier_limit_s(), 5_400);
    assert_eq!(permit.caps().conversation.as_secs(), 900);
    assert_eq!(permit.recording(), RecordingMode::AfterDisclosure);
    let plan = permit.disclosures();
    assert_eq!(plan.registered_name, "Riverside Family Medicine");
    assert_eq!(plan.notice, Notice::RecordedAndTranscribed);
    assert_eq!(plan.purpose, CallPurpose::MedicalBenefits);
    assert_eq!(permit.record().verdict, Verdict::Permitted);
    assert_eq!(permit.record().stage, Stage::Dial);
    assert_eq!(permit.decision_id(), request().decision);
}

#[test]
fn a_permit_holds_for_thirty_seconds() {
    let permit = permit();
    let end = now() + PERMIT_LIFE;
    let instant = SignedDuration::from_nanos(1);
    assert!(permit.is_valid_at(now()) && permit.is_valid_at(end - instant));
    assert!(!permit.is_valid_at(end) && !permit.is_valid_at(now() - instant));
}

#[test]
fn recording_leave_is_given_out_once_and_only_in_its_mode() {
    let mut full = permit();
    assert!(full.machine_audio().is_some() && full.machine_audio().is_none());
    assert!(full.recording_grant().allows() && !full.recording_grant().allows());
    for (mode, machine) in [(RecordingMode::Off, false), (RecordingMode::MachineOnly, true)] {
        let mut policy = Policy::recommended();
        policy.recording.mode = mode;
        let Decision::Permit(mut permit) = decide(&request(), &facts(), &policy, now()) else {
            panic!("{mode:?}")
        };
        assert_eq!(permit.machine_audio().is_some(), machine);
        assert!(!permit.recording_grant().allows());
        assert_eq!(permit.disclosures().notice, Notice::Transcribed);
    }
}

#[test]
fn no_policy_refuses_by_every_rule_that_has_a_limit() {
    let got = reasons(&request(), &facts(), &Policy::strict_default());
    let rules: std::collections::BTreeSet<RuleId> = got.iter().map(|r| r.rule).collect();
    let wanted = [RuleId::N3, RuleId::N4, RuleId::D1, RuleId::L1, RuleId::L2, RuleId::V1].into();
    assert_eq!(rules, wanted, "{got:?}");
    // All reasons of a rule, not only its first: nine facts without an age.
    assert_eq!(got.iter().filter(|r| r.rule == RuleId::N4).count(), 9);
}

#[test]
fn screening_leaves_the_moment_to_dial_time() {
    let policy = Policy::recommended();
    let night: Timestamp = "2026-10-05T06:00:00Z".parse().unwrap();
    for (facts, at) in [
        (facts(), night),
        (facts_with("/switch/read/value/global", json!("stopped")), now()),
        (facts_with("/usage/read/value/tenant_running", json!(4)), now()),
    ] {
        let screened = screen(&request(), &facts, &policy, at);
        assert!(matches!(screened, Screening::MayQueue(_)), "{:?}", screened.record().reasons);
        assert_ne!(reasons_at(&request(), &facts, &policy, at), []);
    }
    let deferred = screen(&request(), &facts(), &policy, now());
    let n4 = deferred.record().rules.iter().find(|result| result.rule == RuleId::N4).unwrap();
    assert_eq!(n4.outcome, RuleOutcome::Deferred);
}

#[test]
fn a_refusal_says_whether_waiting_mends_it() {
    let Decision::Refuse(refusal) = decide(
        &request(),
        &facts_with("/hours/read/value/zone", json!("Pacific/Auckland")),
        &Policy::recommended(),
        now(),
    ) else {
        panic!("permitted")
    };
    assert_eq!(refusal.mend(), Mend::Wait);
    let Decision::Refuse(refusal) = decide(&request(), &facts(), &Policy::strict_default(), now())
    else {
        panic!("permitted")
    };
    assert_eq!(refusal.mend(), Mend::Staff);
}

#[test]
fn a_record_holds_no_number_and_reads_back() {
    for policy in [Policy::recommended(), Policy::strict_default()] {
        let decision = decide(&request(), &facts(), &policy, now());
        let json = serde_json::to_string(decision.record()).unwrap();
        for secret in ["8002000140", "2000140", "2000134", "+1", "Riverside Family"] {
            assert!(!json.contains(secret), "{secret} in {json}");
        }
        let again: crate::DecisionRecord = serde_json::from_str(&json).unwrap();
        assert_eq!(&again, decision.record());
    }
    let text = serde_json::to_string(&facts()).unwrap();
    assert!(!text.contains("8002000140") && !text.contains("2000134"));
}

#[test]
fn digests_tell_facts_apart() {
    let policy = Policy::recommended();
    let base = decide(&request(), &facts(), &policy, now()).record().facts;
    let (request, other) = to("+18002000141", LineType::TollFree);
    assert_ne!(decide(&request, &other, &policy, now()).record().facts, base);
}

#[test]
fn every_rule_that_a_decision_applies_is_in_the_record_once() {
    let record = screen(&request(), &facts(), &Policy::recommended(), now());
    let mut ids: Vec<RuleId> = record.record().rules.iter().map(|result| result.rule).collect();
    let len = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), len);
    for rule in RuleId::ALL {
        let listed = ids.contains(rule);
        if rule.applied_by() == crate::rule::AppliedBy::Decision {
            assert!(listed, "{rule}");
        }
    }
}

#[test]
fn a_rule_falls_due_for_review_after_ninety_days() {
    let day = RuleId::N1.verified_on();
    let after = |days: i32| day.checked_add(jiff::Span::new().days(days)).unwrap();
    assert!(!RuleId::N1.is_due_for_review(after(90)));
    assert!(RuleId::N1.is_due_for_review(after(91)));
    assert!(!RuleId::N1.is_due_for_review(after(-400)));
    assert!(RuleId::N1.is_due_for_review(after(400)));
}
