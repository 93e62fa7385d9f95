//! Rules about calls to patients and about opt-outs: H1, C1, C2, C3 and D4. Class C is refused besides, always, by C1 itself.

use super::*;
use crate::contact::Contact;
use crate::opt_out::OptOut;

/// A Tuesday, 13:00 in New York, noon in Chicago.
const AT: &str = "2026-10-06T17:00:00Z";

fn contact(number: &str) -> Value {
    let digest = "11".repeat(32);
    json!({
        "number": number,
        "digest": digest,
        "consents": [{
            "id": "consent-1",
            "to": {"prior_express": {
                "number": digest, "scope": ["medical_benefits"], "text": "text-3",
            }},
            "act": "granted",
            "at": "2026-09-01T15:00:00Z",
            "given_by": "patient",
            "method": "signed",
            "evidence": "form-9",
            "recorded_by": {"person": "ann"},
            "recorded_at": "2026-09-01T15:05:00Z",
        }],
        "national": {"not_listed": {"checked_at": "2026-09-20T00:00:00Z"}},
        "reassigned": {"checked": {
            "answer": "no", "since": "2026-09-01", "checked_at": "2026-09-20T00:00:00Z",
        }},
        "preference": "none_stated",
        "residence": {"region": "OH", "zones": ["America/New_York"]},
        "calls": {"day": 0, "week": 0},
    })
}

/// A class C call that everything speaks for, were it offered.
struct Call {
    number: &'static str,
    contact: Value,
    at: Timestamp,
    policy: Policy,
}

impl Call {
    fn to(number: &'static str) -> Call {
        let at = AT.parse().unwrap();
        Call { number, contact: contact(number), at, policy: Policy::recommended() }
    }

    fn good() -> Call {
        Call::to("+16142000135")
    }

    fn with(mut self, pointer: &str, value: Value) -> Call {
        *self.contact.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = value;
        self
    }

    fn living_in(self, region: &str, zone: &str) -> Call {
        self.with("/residence", json!({"region": region, "zones": [zone]}))
    }

    fn at(mut self, at: &str) -> Call {
        self.at = at.parse().unwrap();
        self
    }

    fn facts(&self) -> Facts {
        let contact: Contact = serde_json::from_value(self.contact.clone()).unwrap();
        let mut facts = facts();
        facts.contact = Reading::read(Some(contact), crate::facts::Source::Store, self.at);
        facts
    }

    fn request(&self) -> DialRequest {
        let mut request = request();
        request.class = CallClass::Patient;
        request.to = PhoneNumber::parse_e164(self.number).unwrap();
        request
    }

    /// What one rule has against it.
    #[track_caller]
    fn codes(&self, rule: RuleId) -> Vec<ReasonCode> {
        let got = reasons_at(&self.request(), &self.facts(), &self.policy, self.at);
        let refused = Reason { rule: RuleId::C1, code: ReasonCode::PatientCallsNotOffered };
        assert!(got.contains(&refused), "class C was offered: {got:?}");
        got.iter().filter(|r| r.rule == rule && **r != refused).map(|r| r.code).collect()
    }
}

#[test]
fn a_good_class_c_call_has_nothing_against_it_but_that_none_is_offered() {
    let call = Call::good();
    for rule in [RuleId::H1, RuleId::C1, RuleId::C2, RuleId::C3, RuleId::C4] {
        assert_eq!(call.codes(rule), [], "{rule}");
    }
}

#[test]
fn c1_denies_for_each_piece_that_is_missing() {
    let other = "22".repeat(32);
    for (pointer, value, code) in [
        ("/consents", json!([]), ReasonCode::PriorConsentAbsent),
        ("/consents/0/to", json!("ai_call"), ReasonCode::PriorConsentAbsent),
        ("/consents/0/to/prior_express/number", json!(other), ReasonCode::PriorConsentAbsent),
        ("/consents/0/act", json!("revoked"), ReasonCode::PriorConsentWithdrawn),
        ("/consents/0/act", json!("refused"), ReasonCode::PriorConsentWithdrawn),
        (
            "/consents/0/to/prior_express/scope",
            json!(["dental_benefits"]),
            ReasonCode::PriorConsentOutOfScope,
        ),
        ("/consents/0/to/prior_express/scope", json!([]), ReasonCode::PriorConsentOutOfScope),
        ("/consents/0/at", json!("2026-10-07T00:00:00Z"), ReasonCode::PriorConsentFromTheFuture),
        ("/national", json!("not_checked"), ReasonCode::NationalDncUnchecked),
        (
            "/national/not_listed/checked_at",
            json!("2026-09-05T16:59:59Z"),
            ReasonCode::NationalDncUnchecked,
        ),
        (
            "/national/not_listed/checked_at",
            json!("2026-10-07T00:00:00Z"),
            ReasonCode::NationalDncUnchecked,
        ),
        (
            "/national",
            json!({"listed": {"checked_at": "2026-09-20T00:00:00Z"}}),
            ReasonCode::NationalDncListed,
        ),
        ("/reassigned", json!("not_checked"), ReasonCode::ReassignedUnchecked),
        ("/reassigned/checked/answer", json!("no_data"), ReasonCode::ReassignedUnchecked),
        ("/reassigned/checked/answer", json!("yes"), ReasonCode::NumberReassigned),
        ("/reassigned/checked/since", json!("2026-09-02"), ReasonCode::ReassignedUnchecked),
        (
            "/reassigned/checked/checked_at",
            json!("2026-08-01T00:00:00Z"),
            ReasonCode::ReassignedUnchecked,
        ),
        ("/preference", json!("not_recorded"), ReasonCode::PreferenceUnknown),
        ("/preference", json!("no_calls"), ReasonCode::PreferenceForbids),
        ("/preference", json!({"only_number": other}), ReasonCode::PreferenceForbids),
        ("/number", json!("+16142000136"), ReasonCode::ContactOfOtherNumber),
    ] {
        let codes = Call::good().with(pointer, value.clone()).codes(RuleId::C1);
        assert_eq!(codes, [code], "{pointer} {value}");
    }
    let own = Call::good().with("/preference", json!({"only_number": "11".repeat(32)}));
    assert_eq!(own.codes(RuleId::C1), []);
}

#[test]
fn c1_s_consent_cannot_lack_a_part() {
    let whole = contact("+16142000135");
    assert!(serde_json::from_value::<Contact>(whole.clone()).is_ok());
    let event = "/consents/0";
    let prior = "/consents/0/to/prior_express";
    for (place, part) in [
        (event, "given_by"),
        (event, "recorded_by"),
        (event, "at"),
        (event, "act"),
        (event, "method"),
        (event, "evidence"),
        (prior, "number"),
        (prior, "scope"),
        (prior, "text"),
        ("", "national"),
        ("", "reassigned"),
        ("", "preference"),
    ] {
        let mut without = whole.clone();
        let object = without.pointer_mut(place).unwrap().as_object_mut().unwrap();
        assert!(object.remove(part).is_some(), "no {part}");
        assert!(serde_json::from_value::<Contact>(without).is_err(), "{part} may be left out");
    }
}

#[test]
fn c1_denies_where_nothing_is_known_of_the_patient() {
    let call = Call::good();
    for (reading, code) in [
        (json!("unreadable"), ReasonCode::FactUnreadable(FactKind::Contact)),
        (
            json!({"read": {"source": "store", "as_of": AT, "value": null}}),
            ReasonCode::ContactMissing,
        ),
    ] {
        let facts = facts_with("/contact", reading);
        let got = reasons_at(&call.request(), &facts, &call.policy, call.at);
        for rule in [RuleId::C1, RuleId::C3, RuleId::H1] {
            assert!(got.contains(&Reason { rule, code }), "{rule}: {got:?}");
        }
    }
}

fn opt_out(kind: &str) -> OptOut {
    serde_json::from_value(json!({
        "id": "opt-1", "kind": kind, "means": "voice", "covers": "number",
        "at": "2026-10-05T15:59:59Z", "recorded_by": "far_end", "call": "call-1",
    }))
    .unwrap()
}

#[test]
fn c2_refuses_every_class_from_the_moment_it_is_recorded() {
    let policy = Policy::recommended();
    for (kind, code) in
        [("do_not_call", ReasonCode::OptedOut), ("human_only", ReasonCode::HumanOnly)]
    {
        let standing = json!([opt_out(kind), opt_out(kind)]);
        let facts = facts_with("/opt_outs/read/value", standing);
        only(&reasons(&request(), &facts, &policy), RuleId::C2, code);
        let screened = screen(&request(), &facts, &policy, now());
        assert!(screened.record().reasons.contains(&Reason { rule: RuleId::C2, code }));
        let (request, mut test) = test_call();
        test.opt_outs = facts.opt_outs.clone();
        only(&reasons(&request, &test, &policy), RuleId::C2, code);
        let mut patient = Call::good().facts();
        patient.opt_outs = facts.opt_outs;
        let got = reasons_at(&Call::good().request(), &patient, &policy, Call::good().at);
        assert!(got.contains(&Reason { rule: RuleId::C2, code }));
    }
    let unreadable = facts_with("/opt_outs", json!("unreadable"));
    let code = ReasonCode::FactUnreadable(FactKind::OptOuts);
    let got = reasons(&request(), &unreadable, &policy);
    assert!(got.contains(&Reason { rule: RuleId::C2, code }));
}

#[test]
fn c2_lets_no_policy_read_the_opt_outs_seldom() {
    let mut policy = Policy::recommended();
    policy.freshness.opt_outs_s = 6;
    let code = ReasonCode::FreshnessTooLong(FactKind::OptOuts);
    only(&reasons(&request(), &facts(), &policy), RuleId::N4, code);
}

#[test]
fn c3_refuses_the_second_call_of_a_day_and_the_fourth_of_a_week() {
    let calls = |day: u32, week: u32| {
        let call = Call::good().with("/calls", json!({"day": day, "week": week}));
        call.codes(RuleId::C3)
    };
    assert_eq!(calls(0, 2), []);
    assert_eq!(calls(1, 1), [ReasonCode::CalledThisDay]);
    assert_eq!(calls(0, 3), [ReasonCode::CalledThisWeek]);
    assert_eq!(calls(2, 4), [ReasonCode::CalledThisDay, ReasonCode::CalledThisWeek]);
    let often = Call::good().with("/calls", json!({"day": 9, "week": 9}));
    let screened = screen(&often.request(), &often.facts(), &often.policy, often.at);
    let c3 = screened.record().rules.iter().find(|result| result.rule == RuleId::C3).unwrap();
    assert_eq!(c3.outcome, RuleOutcome::Deferred);
}

#[test]
fn h1_wants_the_window_in_every_zone_of_the_number() {
    let outside = vec![ReasonCode::OutsideWindow];
    // 850, the Florida panhandle: Central and Eastern. 10:00 CDT is 15:00Z, 18:00 EDT is 22:00Z.
    let florida = || Call::to("+18502000135").living_in("FL", "America/Chicago");
    // 928, Arizona without and the Navajo Nation with daylight time: 10:00 MST is 17:00Z, 18:00 MDT is 00:00Z.
    let arizona = || Call::to("+19282000135").living_in("AZ", "America/Phoenix");
    // 208, Idaho: 10:00 PDT is 17:00Z, 18:00 MDT is 00:00Z.
    let idaho = || Call::to("+12082000135").living_in("ID", "America/Boise");
    for (call, at, inside) in [
        (florida as fn() -> Call, "2026-10-06T14:59:59Z", false),
        (florida, "2026-10-06T15:00:00Z", true),
        (florida, "2026-10-06T21:59:59Z", true),
        (florida, "2026-10-06T22:00:00Z", false),
        (arizona, "2026-10-06T16:59:59Z", false),
        (arizona, "2026-10-06T17:00:00Z", true),
        (arizona, "2026-10-06T23:59:59Z", true),
        (arizona, "2026-10-07T00:00:00Z", false),
        // In winter the two are one: 10:00 MST is 17:00Z, 18:00 MST is 01:00Z.
        (arizona, "2026-12-09T00:59:59Z", true),
        (arizona, "2026-12-09T01:00:00Z", false),
        (idaho, "2026-10-06T16:59:59Z", false),
        (idaho, "2026-10-06T17:00:00Z", true),
        (idaho, "2026-10-06T23:59:59Z", true),
        (idaho, "2026-10-07T00:00:00Z", false),
    ] {
        let wanted = if inside { vec![] } else { outside.clone() };
        assert_eq!(call().at(at).codes(RuleId::H1), wanted, "{at}");
    }
}

#[test]
fn h1_wants_the_window_at_the_address_too() {
    let moved = || Call::good().living_in("CA", "America/Los_Angeles");
    // 10:00 PDT is 17:00Z.
    assert_eq!(moved().at("2026-10-06T16:59:59Z").codes(RuleId::H1), [ReasonCode::OutsideWindow]);
    assert_eq!(moved().at("2026-10-06T17:00:00Z").codes(RuleId::H1), []);
    for (residence, code) in [
        (json!({"region": "OH", "zones": []}), ReasonCode::WindowZoneMissing),
        (json!({"region": "", "zones": ["America/New_York"]}), ReasonCode::WindowZoneMissing),
        (json!({"region": "OH", "zones": ["Ohio/Columbus"]}), ReasonCode::WindowZoneUnknown),
        (json!({"region": "fl", "zones": ["America/New_York"]}), ReasonCode::WindowRegionUnknown),
        (
            json!({"region": "Florida", "zones": ["America/New_York"]}),
            ReasonCode::WindowRegionUnknown,
        ),
        (json!({"region": "US", "zones": ["America/New_York"]}), ReasonCode::WindowRegionUnknown),
        (json!({"region": "ON", "zones": ["America/Toronto"]}), ReasonCode::WindowRegionUnknown),
    ] {
        assert_eq!(Call::good().with("/residence", residence).codes(RuleId::H1), [code]);
    }
    let toll_free = Call::to("+18002000140");
    assert_eq!(toll_free.codes(RuleId::H1), [ReasonCode::WindowZoneMissing]);
}

#[test]
fn h1_follows_the_clock_when_it_changes() {
    // Clocks go back on Sunday, 1 November 2026: 10:00 in Columbus is 14:00Z on the Friday before and 15:00Z on the Monday after;
    // they go forward on Sunday, 14 March 2027.
    for (at, inside) in [
        ("2026-10-30T14:00:00Z", true),
        ("2026-10-30T13:59:59Z", false),
        ("2026-11-02T14:59:59Z", false),
        ("2026-11-02T15:00:00Z", true),
        ("2026-11-02T22:59:59Z", true),
        ("2026-11-02T23:00:00Z", false),
        ("2027-03-12T15:00:00Z", true),
        ("2027-03-15T14:00:00Z", true),
        ("2027-03-15T22:00:00Z", false),
        // The two Sundays themselves.
        ("2026-11-01T17:00:00Z", false),
        ("2027-03-14T17:00:00Z", false),
    ] {
        let wanted = if inside { vec![] } else { vec![ReasonCode::OutsideWindow] };
        assert_eq!(Call::good().at(at).codes(RuleId::H1), wanted, "{at}");
    }
}

#[test]
fn h1_keeps_weekends_and_holidays() {
    for at in ["2026-10-10T17:00:00Z", "2026-10-11T17:00:00Z"] {
        assert_eq!(Call::good().at(at).codes(RuleId::H1), [ReasonCode::OutsideWindow], "{at}");
    }
    // Columbus Day, and the day after Thanksgiving, which is Florida's and not Ohio's.
    let columbus = Call::good().at("2026-10-12T17:00:00Z");
    assert_eq!(columbus.codes(RuleId::H1), [ReasonCode::Holiday]);
    let friday = "2026-11-27T17:00:00Z";
    assert_eq!(Call::good().at(friday).codes(RuleId::H1), []);
    let florida = Call::good().living_in("FL", "America/New_York").at(friday);
    assert_eq!(florida.codes(RuleId::H1), [ReasonCode::Holiday]);
}

#[test]
fn h1_lets_a_policy_be_wider_than_its_own_but_not_than_the_law_or_the_state() {
    let with = |open: u16, close: u16, call: Call, at: &str| {
        let mut call = call.at(at);
        call.policy.patient_hours =
            crate::policy::PatientHours { open_minute: open, close_minute: close };
        call.codes(RuleId::H1)
    };
    let (late, early) = ("2026-10-07T00:30:00Z", "2026-10-06T12:30:00Z"); // 20:30 and 08:30 EDT
    assert_eq!(with(480, 1260, Call::good(), late), []);
    assert_eq!(with(480, 1260, Call::good(), early), []);
    let florida = || Call::good().living_in("FL", "America/New_York");
    assert_eq!(with(480, 1260, florida(), late), [ReasonCode::OutsideWindow]);
    let rhode = || Call::to("+14012000135").living_in("RI", "America/New_York");
    assert_eq!(with(480, 1260, rhode(), early), [ReasonCode::OutsideWindow]);
    assert_eq!(with(480, 1260, rhode(), "2026-10-06T21:59:59Z"), []);
    assert_eq!(with(480, 1260, rhode(), "2026-10-06T22:00:00Z"), [ReasonCode::OutsideWindow]);
    for (open, close) in [(479, 1080), (600, 1261), (1080, 600), (600, 600), (0, 1)] {
        let codes = with(open, close, Call::good(), AT);
        assert_eq!(codes, [ReasonCode::WindowTooWide], "{open} {close}");
    }
    assert_eq!(with(0, 0, Call::good(), AT), [ReasonCode::WindowUnset]);
}

#[test]
fn h1_lets_a_request_wait_for_the_morning() {
    let night = Call::good().at("2026-10-06T05:00:00Z");
    let screened = screen(&night.request(), &night.facts(), &night.policy, night.at);
    let h1 = screened.record().rules.iter().find(|result| result.rule == RuleId::H1).unwrap();
    assert_eq!(h1.outcome, RuleOutcome::Passed);
}
