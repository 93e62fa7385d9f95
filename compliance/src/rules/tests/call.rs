//! Rules about the call: N4, H2, C1, C4, L1, L2, V1, V2, D1 and I1.

use super::*;

#[test]
fn n4_refuses_a_removal_between_queue_and_dial() {
    let policy = Policy::recommended();
    let screened = screen(&request(), &facts(), &policy, now());
    assert!(matches!(screened, Screening::MayQueue(_)));
    let removed = facts_with("/allowlist/read/value", json!([]));
    let got = reasons(&request(), &removed, &policy);
    assert!(got.contains(&Reason { rule: RuleId::N3, code: ReasonCode::NotListed }));
}

#[test]
fn n4_wants_every_fact_readable_and_fresh() {
    let facts_of = [
        ("allowlist", FactKind::Allowlist),
        ("identity", FactKind::Identity),
        ("hours", FactKind::Hours),
        ("vendors", FactKind::Vendors),
        ("switch", FactKind::Switch),
        ("consent", FactKind::Consent),
        ("usage", FactKind::Usage),
        ("opt_outs", FactKind::OptOuts),
        ("contact", FactKind::Contact),
    ];
    let policy = Policy::recommended();
    for (name, fact) in facts_of {
        let stale = facts_with(&format!("/{name}/read/as_of"), json!("2026-10-05T15:59:00Z"));
        only(&reasons(&request(), &stale, &policy), RuleId::N4, ReasonCode::FactStale(fact));
        let future = facts_with(&format!("/{name}/read/as_of"), json!("2026-10-05T16:00:02Z"));
        let code = ReasonCode::FactFromTheFuture(fact);
        only(&reasons(&request(), &future, &policy), RuleId::N4, code);
        let unreadable = facts_with(&format!("/{name}"), json!("unreadable"));
        let got = reasons(&request(), &unreadable, &policy);
        let wanted = Reason { rule: RuleId::N4, code: ReasonCode::FactUnreadable(fact) };
        assert!(got.contains(&wanted), "{name}: {got:?}");
    }
}

#[test]
fn n4_lets_no_policy_read_the_kill_switch_seldom() {
    let mut policy = Policy::recommended();
    for (seconds, refused) in [(1, false), (5, false), (6, true), (u32::MAX, true)] {
        policy.freshness.switch_s = seconds;
        let wanted: Vec<Reason> = refused
            .then_some(Reason {
                rule: RuleId::N4,
                code: ReasonCode::FreshnessTooLong(FactKind::Switch),
            })
            .into_iter()
            .collect();
        assert_eq!(reasons(&request(), &facts(), &policy), wanted, "{seconds}");
    }
}

#[test]
fn n4_takes_a_fact_of_the_greatest_age() {
    let at = now() + SignedDuration::from_secs(4);
    assert_eq!(reasons_at(&request(), &facts(), &Policy::recommended(), at), []);
    let later = at + SignedDuration::from_nanos(1);
    let got = reasons_at(&request(), &facts(), &Policy::recommended(), later);
    let stale = [FactKind::Switch, FactKind::Usage, FactKind::OptOuts]
        .map(|fact| Reason { rule: RuleId::N4, code: ReasonCode::FactStale(fact) });
    assert_eq!(got, stale);
}

#[test]
fn h2_keeps_to_the_payer_s_hours() {
    let policy = Policy::recommended();
    for (pointer, value, code) in [
        ("/hours/read/value", json!(null), ReasonCode::HoursMissing),
        ("/hours/read/value/zone", json!(""), ReasonCode::HoursZoneMissing),
        ("/hours/read/value/zone", json!("Mars/Olympus"), ReasonCode::HoursZoneUnknown),
        ("/hours/read/value/payer", json!("other"), ReasonCode::HoursOfOtherPayer),
        ("/hours/read/value/zone", json!("Pacific/Auckland"), ReasonCode::PayerClosed),
        ("/hours/read/value/weekly", json!([]), ReasonCode::HoursMissing),
    ] {
        only(&reasons(&request(), &facts_with(pointer, value), &policy), RuleId::H2, code);
    }
}

#[test]
fn h2_leaves_a_test_call_free() {
    let (request, mut facts) = test_call();
    assert_eq!(reasons(&request, &facts, &Policy::recommended()), []);
    if let Reading::Read(evidence) = &mut facts.hours {
        evidence.value = None;
    }
    assert_eq!(reasons(&request, &facts, &Policy::recommended()), []);
}

#[test]
fn class_c_is_always_refused_for_its_own_reason() {
    let mut request = request();
    request.class = CallClass::Patient;
    let got = reasons(&request, &facts(), &Policy::recommended());
    let wanted = Reason { rule: RuleId::C1, code: ReasonCode::PatientCallsNotOffered };
    assert!(got.contains(&wanted), "{got:?}");
    let screened = screen(&request, &facts(), &Policy::recommended(), now());
    assert!(screened.record().reasons.contains(&wanted));
}

#[test]
fn c4_knows_each_state_of_consent() {
    let policy = Policy::recommended();
    let refused = json!({"refused": {
        "at": "2026-09-20T10:00:00Z", "method": "verbal", "evidence": "note-1",
    }});
    let refused = facts_with("/consent/read/value", refused);
    only(&reasons(&request(), &refused, &policy), RuleId::C4, ReasonCode::ConsentRefused);
    let absent = facts_with("/consent/read/value", json!("absent"));
    only(&reasons(&request(), &absent, &policy), RuleId::C4, ReasonCode::ConsentAbsent);
    let mut lenient = policy.clone();
    lenient.consent.absence = Absence::Allow;
    assert_eq!(reasons(&request(), &absent, &lenient), []);
    only(&reasons(&request(), &refused, &lenient), RuleId::C4, ReasonCode::ConsentRefused);
    let future = facts_with("/consent/read/value/granted/at", json!("2026-10-06T00:00:00Z"));
    only(&reasons(&request(), &future, &policy), RuleId::C4, ReasonCode::ConsentFromTheFuture);
}

#[test]
fn c4_wants_a_synthetic_patient_for_a_test() {
    let (mut request, facts) = test_call();
    request.patient = PatientKind::Real;
    let got = reasons(&request, &facts, &Policy::recommended());
    only(&got, RuleId::C4, ReasonCode::TestNeedsSyntheticPatient);
}

#[test]
fn l1_has_ceilings_and_no_zero() {
    type Change = fn(&mut Policy);
    let cases: [(Change, Option<ReasonCode>); 8] = [
        (|p| p.caps.payer.total_s = 150 * 60, None),
        (|p| p.caps.payer.total_s = 150 * 60 + 1, Some(ReasonCode::CapTooHigh)),
        (|p| p.caps.payer.conversation_s = 15 * 60 + 1, Some(ReasonCode::CapTooHigh)),
        (|p| p.caps.payer.ring_s = 61, Some(ReasonCode::CapTooHigh)),
        (|p| p.caps.payer.total_s = 60, Some(ReasonCode::CapTooHigh)),
        (|p| p.caps.payer.total_s = 0, Some(ReasonCode::CapUnset)),
        (|p| p.caps.payer.ring_s = 0, Some(ReasonCode::CapUnset)),
        (|p| p.caps.payer.conversation_s = 0, Some(ReasonCode::CapUnset)),
    ];
    for (change, code) in cases {
        let mut policy = Policy::recommended();
        change(&mut policy);
        let wanted: Vec<Reason> =
            code.into_iter().map(|code| Reason { rule: RuleId::L1, code }).collect();
        assert_eq!(reasons(&request(), &facts(), &policy), wanted);
    }
    let (request, facts) = test_call();
    let mut policy = Policy::recommended();
    policy.caps.test.total_s = 181;
    only(&reasons(&request, &facts, &policy), RuleId::L1, ReasonCode::CapTooHigh);
}

#[test]
fn l2_counts_this_call_too() {
    for (field, value, code) in [
        ("system_running", 20, ReasonCode::SystemBusy),
        ("tenant_running", 4, ReasonCode::TenantBusy),
        ("number_running", 1, ReasonCode::NumberBusy),
        ("system_started_1s", 1, ReasonCode::StartsTooFast),
        ("number_started_today", 200, ReasonCode::NumberCalledOften),
        ("tenant_started_today", 1_000, ReasonCode::TenantCalledOften),
        ("tenant_spent_today_cents", 19_501, ReasonCode::DaySpendReached),
    ] {
        let pointer = format!("/usage/read/value/{field}");
        let full = facts_with(&pointer, json!(value));
        only(&reasons(&request(), &full, &Policy::recommended()), RuleId::L2, code);
        let below = facts_with(&pointer, json!(value - 1));
        assert_eq!(reasons(&request(), &below, &Policy::recommended()), [], "{field}");
    }
    let mut dear = request();
    dear.cost_cents_max = 1_501;
    only(&reasons(&dear, &facts(), &Policy::recommended()), RuleId::L2, ReasonCode::CallTooDear);
}

#[test]
fn l2_wants_a_price_but_from_a_carrier_on_premises() {
    let policy = Policy::recommended();
    let mut free = request();
    free.cost_cents_max = 0;
    assert_eq!(reasons(&free, &facts(), &policy), []);
    let hosted = json!({"hosted": {
        "agreement": {
            "sha256": crate::digest::Digest::of(b"agreement"), "signed": "2026-01-01",
            "expires": "2027-01-01", "verified_at": "2026-01-01", "verifier": "ann",
        },
        "flags": ["authenticated_media"],
    }});
    let hosted = facts_with("/vendors/read/value/rows/0/location", hosted);
    only(&reasons(&free, &hosted, &policy), RuleId::L2, ReasonCode::PriceUnset);
    assert_eq!(reasons(&request(), &hosted, &policy), [], "it has a price");
    let unpriced = Reason { rule: RuleId::L2, code: ReasonCode::PriceUnset };
    // At the door too; and where nothing says that the carrier is on premises.
    let screened = screen(&free, &hosted, &policy, now());
    assert_eq!(screened.record().reasons, [unpriced]);
    let unread = facts_with("/vendors", json!("unreadable"));
    assert!(reasons(&free, &unread, &policy).contains(&unpriced));
    free.vendors.remove(0);
    assert!(reasons(&free, &facts(), &policy).contains(&unpriced));
}

#[test]
fn v1_wants_every_vendor_registered() {
    let mut policy = Policy::recommended();
    // Else rule D2 misses the recogniser, too.
    policy.recording.before_notice = BeforeNotice::AnyRecogniser;
    let vendor = |role, refusal| ReasonCode::Vendor { role, refusal };
    let rows = "/vendors/read/value/rows";
    let ear = Role::SpeechToText;
    for (pointer, value, rule, refusal) in [
        ("1/id", json!("other"), RuleId::V1, EgressRefusal::NotRegistered),
        ("1/role", json!("crm"), RuleId::V1, EgressRefusal::NotRegistered),
        ("1/region", json!("elsewhere"), RuleId::G1, EgressRefusal::RegionRefused),
        (
            "1/location/on_premises/network",
            json!("10.0.0.0/8"),
            RuleId::V1,
            EgressRefusal::NetworkUndeclared,
        ),
    ] {
        let facts = facts_with(&format!("{rows}/{pointer}"), value);
        only(&reasons(&request(), &facts, &policy), rule, vendor(ear, refusal));
    }
    let mut silent = request();
    silent.vendors.remove(0);
    only(&reasons(&silent, &facts(), &policy), RuleId::V1, ReasonCode::CarrierMissing);
}

#[test]
fn v2_calls_nobody_who_wants_what_may_not_be_given() {
    let policy = Policy::recommended();
    let mut asked = request();
    asked.needs = Field::Ssn.into();
    only(&reasons(&asked, &facts(), &policy), RuleId::V2, ReasonCode::NeedsSsn);
    // At the door too: nobody waits for a call that cannot be.
    let screened = screen(&asked, &facts(), &policy, now());
    let wanted = Reason { rule: RuleId::V2, code: ReasonCode::NeedsSsn };
    assert_eq!(screened.record().reasons, [wanted]);
    assert_eq!(wanted.code.mend(), Mend::Staff);
    // A date of service is given for medical benefits only.
    asked.needs = Field::DateOfService.into();
    assert_eq!(reasons(&asked, &facts(), &policy), []);
    asked.purpose = CallPurpose::DentalBenefits;
    let code = ReasonCode::NeedsField(Field::DateOfService);
    only(&reasons(&asked, &facts(), &policy), RuleId::V2, code);
    asked.needs = FieldSet::of(&[Field::Transcript, Field::MemberId, Field::Ssn]);
    let got: Vec<ReasonCode> =
        reasons(&asked, &facts(), &policy).iter().map(|reason| reason.code).collect();
    assert_eq!(got, [ReasonCode::NeedsSsn, ReasonCode::NeedsField(Field::Transcript)]);
}

#[test]
fn d1_wants_a_name_to_give() {
    let nameless = facts_with("/identity/read/value/registered_name", json!("  "));
    let got = reasons(&request(), &nameless, &Policy::recommended());
    only(&got, RuleId::D1, ReasonCode::RegisteredNameMissing);
    let mut policy = Policy::recommended();
    policy.disclosure.first_sentence_ms_max = 6_001;
    only(&reasons(&request(), &facts(), &policy), RuleId::D1, ReasonCode::FirstSentenceUnset);
    let mut policy = Policy::recommended();
    policy.disclosure.repeats_max = 2;
    only(&reasons(&request(), &facts(), &policy), RuleId::D1, ReasonCode::RepeatsTooMany);
}

#[test]
fn i1_stops_at_every_level() {
    let policy = Policy::recommended();
    for (part, value, code) in [
        ("global", json!("stopped"), ReasonCode::StoppedGlobally),
        ("tenant", json!("stopped"), ReasonCode::StoppedForTenant),
        ("request", json!("stopped"), ReasonCode::StoppedForRequest),
        ("vendors_stopped", json!(["local-ear"]), ReasonCode::StoppedForVendor),
    ] {
        let facts = facts_with(&format!("/switch/read/value/{part}"), value);
        only(&reasons(&request(), &facts, &policy), RuleId::I1, code);
    }
    let other = facts_with("/switch/read/value/vendors_stopped", json!(["other"]));
    assert_eq!(reasons(&request(), &other, &policy), []);
}

/// Facts and a request in which the recogniser is at a vendor's.
fn hosted_ear() -> Facts {
    let hosted = json!({ "hosted": {
        "agreement": {
            "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "signed": "2026-01-05", "expires": "2027-01-05", "verified_at": "2026-01-05",
            "verifier": "ann",
        },
        "flags": ["no_training", "no_retention"],
    } });
    facts_with("/vendors/read/value/rows/1/location", hosted)
}

#[test]
fn d2_strict_wants_a_recogniser_on_premises() {
    let strict = Policy::recommended();
    assert_eq!(strict.recording.before_notice, BeforeNotice::OnPremisesOnly);
    let got = reasons(&request(), &hosted_ear(), &strict);
    only(&got, RuleId::D2, ReasonCode::NoRecogniserOnPremises);
    let mut lenient = strict.clone();
    lenient.recording.before_notice = BeforeNotice::AnyRecogniser;
    assert_eq!(reasons(&request(), &hosted_ear(), &lenient), []);
    // With one on premises beside it, that one hears until the notice.
    let mut facts = hosted_ear();
    let Reading::Read(evidence) = &mut facts.vendors else { panic!("the register was read") };
    let mut beside = evidence.value.rows[2].clone();
    (beside.id, beside.role) = (VendorId::new("other-ear").unwrap(), Role::SpeechToText);
    evidence.value.rows.push(beside);
    let mut both = request();
    both.vendors
        .push(VendorUse { role: Role::SpeechToText, vendor: VendorId::new("other-ear").unwrap() });
    assert_eq!(reasons(&both, &facts, &strict), []);
    // A call that hears nobody needs none.
    let mut deaf = request();
    deaf.vendors.retain(|used| used.role != Role::SpeechToText);
    assert_eq!(reasons(&deaf, &facts, &strict), []);
}

#[test]
fn d4_obliges_calls_to_patients_to_a_notice_at_their_end() {
    let outcome = |request: &DialRequest| {
        let decision = decide(request, &facts(), &Policy::recommended(), now());
        let rules = decision.record().rules.clone();
        rules.into_iter().find(|result| result.rule == RuleId::D4).map(|result| result.outcome)
    };
    assert_eq!(outcome(&request()), Some(RuleOutcome::NotApplicable));
    let mut patient = request();
    patient.class = CallClass::Patient;
    assert_eq!(outcome(&patient), Some(RuleOutcome::Obliged));
    assert_eq!(crate::rules::d4::notice(CallClass::Patient), EndNotice::AiVoiceAndHuman);
    assert_eq!(permit().disclosures().at_the_end, EndNotice::None);
}
