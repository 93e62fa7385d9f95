//! Which numbers may be called: rules N2 and N3.

use super::*;

#[test]
fn n2_judges_area_codes() {
    for (code, found) in [
        (911, ReasonCode::AreaCodeUnassigned),
        (933, ReasonCode::AreaCodeUnassigned),
        (988, ReasonCode::AreaCodeUnassigned),
        (976, ReasonCode::AreaCodeUnassigned),
        (273, ReasonCode::AreaCodeUnassigned),
        (900, ReasonCode::AreaCodePremium),
        (809, ReasonCode::AreaCodeForeign),
        (876, ReasonCode::AreaCodeForeign),
        (658, ReasonCode::AreaCodeForeign),
        (416, ReasonCode::AreaCodeForeign),
        (500, ReasonCode::AreaCodeNonGeographic),
        (600, ReasonCode::AreaCodeNonGeographic),
        (710, ReasonCode::AreaCodeNonGeographic),
        (787, ReasonCode::TerritoryNotOptedIn),
        (671, ReasonCode::TerritoryNotOptedIn),
        (822, ReasonCode::AreaCodeUnassigned),
    ] {
        let (request, facts) = to(&format!("+1{code}2000140"), LineType::Landline);
        only(&reasons(&request, &facts, &Policy::recommended()), RuleId::N2, found);
    }
    let (request, facts) = to("+16142000140", LineType::Landline);
    assert_eq!(reasons(&request, &facts, &Policy::recommended()), []);
}

#[test]
fn n2_lets_a_territory_be_opted_in_to_alone() {
    let mut policy = Policy::recommended();
    policy.territories.insert(Territory::PuertoRico);
    let (request, facts) = to("+17872000140", LineType::Landline);
    assert_eq!(reasons(&request, &facts, &policy), []);
    let (request, facts) = to("+16712000140", LineType::Landline);
    only(&reasons(&request, &facts, &policy), RuleId::N2, ReasonCode::TerritoryNotOptedIn);
}

#[test]
fn n2_and_n3_want_the_exact_toll_free_number() {
    let mut request = request();
    request.to = PhoneNumber::parse_e164("+18002000141").unwrap();
    let wanted = [
        Reason { rule: RuleId::N2, code: ReasonCode::TollFreeNotListed },
        Reason { rule: RuleId::N3, code: ReasonCode::NotListed },
    ];
    assert_eq!(reasons(&request, &facts(), &Policy::recommended()), wanted);
}

#[test]
fn n3_judges_each_part_of_an_entry() {
    let second = |by: &str, at: &str| json!({"second": {"by": by, "at": at}});
    for (part, value, code) in [
        ("tenant", json!("other"), ReasonCode::ListedForOtherTenant),
        ("class", json!("test"), ReasonCode::ListedForOtherClass),
        ("payer", json!("other"), ReasonCode::ListedForOtherPayer),
        ("expires_at", json!("2026-10-05T16:00:01Z"), ReasonCode::ListingExpired),
        ("expires_at", json!("2027-09-02T15:00:00Z"), ReasonCode::ListingTooLong),
        ("publication/seen_on", json!("2026-10-06"), ReasonCode::ListingFromTheFuture),
        ("publication/kind", json!("own_number_proven"), ReasonCode::PublicationUnfit),
        ("approval", json!("pending"), ReasonCode::ApprovalMissing),
        ("approval", second("ann", "2026-09-01T16:00:00Z"), ReasonCode::ApprovedByAdder),
        ("approval", second("Ann", "2026-09-01T16:00:00Z"), ReasonCode::ApprovedByAdder),
        ("verifier", json!("ben"), ReasonCode::ApprovedByVerifier),
        ("verifier", json!("BEN"), ReasonCode::ApprovedByVerifier),
        ("approval", second("ben", "2026-09-01T14:59:59Z"), ReasonCode::ApprovalOutOfOrder),
        ("approval", second("ben", "2026-10-05T16:00:02Z"), ReasonCode::ApprovalOutOfOrder),
    ] {
        let got = reasons(&request(), &entry_with(part, value.clone()), &Policy::recommended());
        let wanted = Reason { rule: RuleId::N3, code };
        assert!(got.contains(&wanted), "{part} {value}: {got:?}");
        assert!(got.iter().all(|reason| reason.rule == RuleId::N3), "{part}: {got:?}");
    }
}

#[test]
fn n3_refuses_line_types_that_are_never_called() {
    for line in [
        LineType::Mobile,
        LineType::Pager,
        LineType::Emergency,
        LineType::PatientRoom,
        LineType::Residential,
        LineType::Unknown,
    ] {
        let (request, facts) = to("+16142000140", line);
        only(
            &reasons(&request, &facts, &Policy::recommended()),
            RuleId::N3,
            ReasonCode::LineTypeRefused,
        );
    }
    let (request, facts) = to("+16142000140", LineType::TollFree);
    let got = reasons(&request, &facts, &Policy::recommended());
    only(&got, RuleId::N3, ReasonCode::LineTypeContradicted);
}

#[test]
fn n3_lets_a_sole_administrator_confirm_after_a_day() {
    let by = |by: &str, at: &str, reauthenticated_at: &str, administrators: u32| {
        let approval = json!({"sole_administrator": {
            "by": by, "at": at, "reauthenticated_at": reauthenticated_at, "administrators": administrators,
        }});
        entry_with("approval", approval)
    };
    let sole = |at: &str, reauthenticated_at: &str, administrators: u32| {
        by("ann", at, reauthenticated_at, administrators)
    };
    let policy = Policy::recommended();
    let good = sole("2026-09-02T15:00:00Z", "2026-09-02T14:50:00Z", 1);
    assert_eq!(reasons(&request(), &good, &policy), []);
    for (facts, code) in [
        (
            by("ben", "2026-09-02T15:00:00Z", "2026-09-02T14:50:00Z", 1),
            ReasonCode::SoleAdministratorNotAdder,
        ),
        (
            sole("2026-09-02T14:59:59Z", "2026-09-02T14:59:00Z", 1),
            ReasonCode::SoleAdministratorTooSoon,
        ),
        (
            sole("2026-09-02T15:00:00Z", "2026-09-02T14:49:59Z", 1),
            ReasonCode::SoleAdministratorNotReauthenticated,
        ),
        (
            sole("2026-09-02T15:00:00Z", "2026-09-02T15:00:01Z", 1),
            ReasonCode::SoleAdministratorNotReauthenticated,
        ),
        (sole("2026-09-02T15:00:00Z", "2026-09-02T14:55:00Z", 2), ReasonCode::NotSoleAdministrator),
        (sole("2026-09-02T15:00:00Z", "2026-09-02T14:55:00Z", 0), ReasonCode::NotSoleAdministrator),
        (sole("2026-10-06T15:00:00Z", "2026-10-06T14:55:00Z", 1), ReasonCode::ApprovalOutOfOrder),
    ] {
        only(&reasons(&request(), &facts, &policy), RuleId::N3, code);
    }
    let mut strict = policy;
    strict.allowlist.sole_administrator = SoleAdministrator::Refused;
    let got = reasons(&request(), &good, &strict);
    only(&got, RuleId::N3, ReasonCode::SoleAdministratorRefused);
}

#[test]
fn n3_wants_one_entry() {
    let mut facts = facts();
    if let Reading::Read(evidence) = &mut facts.allowlist {
        let copy = evidence.value[0].clone();
        evidence.value.push(copy);
    }
    let got = reasons(&request(), &facts, &Policy::recommended());
    only(&got, RuleId::N3, ReasonCode::ListedTwice);
}

#[test]
fn a_number_that_can_never_be_called_is_known_without_an_entry() {
    let unfit = |number: &str, line, policy: &Policy| -> Vec<(RuleId, ReasonCode)> {
        let number = PhoneNumber::parse_e164(number).unwrap();
        let reasons = crate::allowlist::unfit(&number, line, policy);
        reasons.into_iter().map(|reason| (reason.rule, reason.code)).collect()
    };
    let policy = Policy::recommended();
    for (number, line, rule, code) in [
        ("+19002000140", LineType::Landline, RuleId::N2, ReasonCode::AreaCodePremium),
        ("+14162000140", LineType::Landline, RuleId::N2, ReasonCode::AreaCodeForeign),
        ("+17872000140", LineType::FixedVoip, RuleId::N2, ReasonCode::TerritoryNotOptedIn),
        ("+18222000140", LineType::Landline, RuleId::N2, ReasonCode::AreaCodeUnassigned),
        ("+18442000140", LineType::Landline, RuleId::N3, ReasonCode::LineTypeContradicted),
        ("+16142000140", LineType::TollFree, RuleId::N3, ReasonCode::LineTypeContradicted),
        ("+16142000140", LineType::Mobile, RuleId::N3, ReasonCode::LineTypeRefused),
    ] {
        assert_eq!(unfit(number, line, &policy), [(rule, code)], "{number} {line:?}");
    }
    assert_eq!(unfit("+18442000140", LineType::TollFree, &policy), []);
    assert_eq!(unfit("+16142000140", LineType::Landline, &policy), []);
    let mut policy = policy;
    policy.territories.insert(Territory::PuertoRico);
    assert_eq!(unfit("+17872000140", LineType::FixedVoip, &policy), []);
}
