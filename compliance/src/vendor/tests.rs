//! The register, row by row.

mod laws;

use static_assertions::assert_not_impl_any;

use super::*;

assert_not_impl_any!(EgressPermit: Clone, Copy, Default, fmt::Debug, Serialize, serde::de::DeserializeOwned);
// Nothing but a signature makes a row of an entry that nobody signed, and none can be made or stored elsewhere.
assert_not_impl_any!(known::Unsigned: Clone, Copy, Default, Into<Row>, Serialize, serde::de::DeserializeOwned);

fn now() -> Timestamp {
    "2026-10-05T16:00:00Z".parse().unwrap()
}

fn hosted(flags: &[RetentionFlag]) -> Row {
    let agreement = Agreement {
        sha256: Digest::of(b"agreement"),
        signed: "2026-01-01".parse().unwrap(),
        expires: "2026-10-05".parse().unwrap(),
        verified_at: "2026-01-01".parse().unwrap(),
        verifier: PersonId::new("ann").unwrap(),
    };
    Row {
        id: VendorId::new("ear").unwrap(),
        role: Role::SpeechToText,
        region: Region::UnitedStates,
        location: Location::Hosted { agreement, flags: flags.iter().copied().collect() },
    }
}

fn local(network: &str) -> Row {
    let location = Location::OnPremises { network: network.parse().unwrap() };
    Row { location, ..hosted(&[]) }
}

fn ask_at(row: &Row, policy: &Policy, now: Timestamp) -> Result<EgressPermit, EgressRefusal> {
    let register = Register { rows: vec![row.clone()] };
    register.egress(row.role, &row.id, now, policy)
}

fn refusal(row: &Row, policy: &Policy) -> Option<EgressRefusal> {
    ask_at(row, policy, now()).err()
}

const BOTH: [RetentionFlag; 2] = [RetentionFlag::NoTraining, RetentionFlag::NoRetention];

#[test]
fn a_hosted_vendor_needs_agreement_region_and_flags() {
    let policy = Policy::recommended();
    assert_eq!(refusal(&hosted(&BOTH), &policy), None);
    let one_missing = hosted(&BOTH[..1]);
    assert_eq!(refusal(&one_missing, &policy), Some(EgressRefusal::FlagMissing));
    let abroad = Row { region: Region::Elsewhere, ..hosted(&BOTH) };
    assert_eq!(refusal(&abroad, &policy), Some(EgressRefusal::RegionRefused));
    let next_day: Timestamp = "2026-10-06T00:00:00Z".parse().unwrap();
    let expired = ask_at(&hosted(&BOTH), &policy, next_day).err();
    assert_eq!(expired, Some(EgressRefusal::AgreementExpired));
    let before: Timestamp = "2025-12-31T23:59:59Z".parse().unwrap();
    let unsigned = ask_at(&hosted(&BOTH), &policy, before).err();
    assert_eq!(unsigned, Some(EgressRefusal::AgreementNotYetSigned));
    let crm = Row { role: Role::Crm, ..hosted(&BOTH) };
    assert_eq!(refusal(&crm, &policy), Some(EgressRefusal::FlagsUnset));
}

#[test]
fn nothing_set_refuses_everybody() {
    let policy = Policy::strict_default();
    let unset = Some(EgressRefusal::PermitLifetimeUnset);
    assert_eq!(refusal(&hosted(&BOTH), &policy), unset);
    assert_eq!(refusal(&local("127.0.0.0/8"), &policy), unset);
}

#[test]
fn two_rows_for_the_same_count_for_neither() {
    let register = Register { rows: vec![hosted(&BOTH), local("127.0.0.0/8")] };
    let id = VendorId::new("ear").unwrap();
    let got = register.egress(Role::SpeechToText, &id, now(), &Policy::recommended()).err();
    assert_eq!(got, Some(EgressRefusal::RegisteredTwice));
}

#[test]
fn on_premises_is_loopback_or_declared_and_checked_at_connect() {
    let mut policy = Policy::recommended();
    let lan = local("10.20.0.0/16");
    assert_eq!(refusal(&lan, &policy), Some(EgressRefusal::NetworkUndeclared));
    policy.vendors.networks.push("10.20.1.0/24".parse().unwrap());
    assert_eq!(refusal(&lan, &policy), Some(EgressRefusal::NetworkUndeclared), "only a part");
    policy.vendors.networks.push("10.0.0.0/8".parse().unwrap());
    let permit = ask_at(&lan, &policy, now()).ok().unwrap();
    assert!(permit.is_on_premises());
    for (peer, fits) in [
        ("10.20.3.4", true),
        ("::ffff:10.20.3.4", true),
        ("10.21.0.1", false),
        ("127.0.0.1", false),
        ("1.1.1.1", false),
    ] {
        assert_eq!(permit.check_peer(&peer.parse().unwrap()).is_ok(), fits, "{peer}");
    }
}

#[test]
fn a_hosted_vendor_does_not_live_on_a_local_address() {
    let permit = ask_at(&hosted(&BOTH), &Policy::recommended(), now()).ok().unwrap();
    assert_eq!(permit.check_peer(&"34.1.2.3".parse().unwrap()), Ok(()));
    for peer in ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1", "::ffff:127.0.0.1"] {
        assert_eq!(permit.check_peer(&peer.parse().unwrap()), Err(PeerRefused), "{peer}");
    }
    assert_eq!(permit.flags().collect::<Vec<_>>(), BOTH);
}

#[test]
fn a_permit_does_not_outlive_the_agreement() {
    let late: Timestamp = "2026-10-05T23:59:00Z".parse().unwrap();
    let permit = ask_at(&hosted(&BOTH), &Policy::recommended(), late).ok().unwrap();
    assert!(permit.is_valid_at(late + SignedDuration::from_secs(59)));
    assert!(!permit.is_valid_at(late + SignedDuration::from_secs(60)));
    // Well before that day, the policy's length holds.
    let life = SignedDuration::from_hours(3);
    let early = now() - SignedDuration::from_hours(12);
    let permit = ask_at(&hosted(&BOTH), &Policy::recommended(), early).ok().unwrap();
    assert!(permit.is_valid_at(early + life - SignedDuration::from_nanos(1)));
    assert!(!permit.is_valid_at(early + life));
}

#[test]
fn a_permit_ends() {
    let mut policy = Policy::recommended();
    policy.vendors.permit_s = 60;
    let permit = ask_at(&local("127.0.0.0/8"), &policy, now()).ok().unwrap();
    assert!(permit.is_valid_at(now() + SignedDuration::from_secs(59)));
    assert!(!permit.is_valid_at(now() + SignedDuration::from_secs(60)));
}

/// An agreement for years whose verification was given on a day.
fn verified(on: &str) -> Row {
    let mut row = hosted(&BOTH);
    if let Location::Hosted { agreement, .. } = &mut row.location {
        agreement.expires = "2030-01-01".parse().unwrap();
        agreement.verified_at = on.parse().unwrap();
    }
    row
}

#[test]
fn a_verification_holds_for_a_year_and_is_asked_for_a_month_before() {
    let policy = Policy::recommended();
    // Today is 5 October 2026.
    let today: Date = "2026-10-05".parse().unwrap();
    for (on, refused, due) in [
        ("2026-10-06", Some(EgressRefusal::VerificationNotYetGiven), false),
        ("2026-10-05", None, false),
        ("2025-11-05", None, false),
        ("2025-11-04", None, true),
        ("2025-10-05", None, true),
        ("2025-10-04", Some(EgressRefusal::VerificationOverdue), true),
    ] {
        let row = verified(on);
        assert_eq!(refusal(&row, &policy), refused, "{on}");
        let by =
            Renewal::Verification { by: on.parse::<Date>().unwrap() + jiff::ToSpan::days(365) };
        assert_eq!(row.renewals(today), if due { vec![by] } else { vec![] }, "{on}");
    }
    let by = today;
    assert_eq!(hosted(&BOTH).renewals(today), [Renewal::Agreement { by }]);
    assert!(local("127.0.0.0/8").renewals(today).is_empty());
}

#[test]
fn a_permit_does_not_outlive_the_verification() {
    let late: Timestamp = "2026-10-05T23:59:00Z".parse().unwrap();
    let permit = ask_at(&verified("2025-10-05"), &Policy::recommended(), late).ok().unwrap();
    assert!(permit.is_valid_at(late + SignedDuration::from_secs(59)));
    assert!(!permit.is_valid_at(late + SignedDuration::from_secs(60)));
}

#[test]
fn what_is_known_of_a_vendor_is_required_whatever_the_policy_leaves_out() {
    let mut policy = Policy::recommended();
    policy.vendors.required_flags.insert(Role::SpeechToText, BTreeSet::new());
    assert_eq!(refusal(&hosted(&[]), &policy), None, "nothing is known of this one");
    let known = |flags| Row { id: VendorId::new("deepgram").unwrap(), ..hosted(flags) };
    assert_eq!(refusal(&known(&BOTH[..1]), &policy), Some(EgressRefusal::FlagMissing));
    assert_eq!(refusal(&known(&BOTH), &policy), None);
}
