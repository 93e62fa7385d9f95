//! Each mistake of a policy is named by its key.

use std::collections::BTreeSet;

use super::*;
use crate::caps::ClassCaps;

#[test]
fn the_recommended_policy_makes_sense() {
    assert_eq!(Policy::recommended().mistakes(), []);
    let every = [Role::SpeechToText, Role::LanguageModel, Role::TextToSpeech, Role::Carrier];
    assert_eq!(Policy::recommended().roles_without_flags(&every), []);
}

#[test]
fn every_limit_that_the_strict_default_leaves_unset_is_named() {
    let mistakes = Policy::strict_default().mistakes();
    let keys: BTreeSet<&str> = mistakes.iter().map(|mistake| mistake.key).collect();
    assert_eq!(keys.len(), mistakes.len());
    assert_eq!(keys.len(), 32);
    assert!(mistakes.iter().all(|mistake| mistake.fault == PolicyFault::Unset));
    let none = Policy::strict_default().roles_without_flags(&[Role::Carrier]);
    assert_eq!(none, [Role::Carrier]);
}

type Change = fn(&mut Policy);

/// Each change makes its mistake.
#[track_caller]
fn named(cases: &[(Change, &str, PolicyFault)]) {
    for (change, key, fault) in cases {
        let mut policy = Policy::recommended();
        change(&mut policy);
        let found = policy.mistakes();
        let named = found.iter().any(|mistake| mistake.key == *key && mistake.fault == *fault);
        assert!(named, "{key}: {found:?}");
    }
}

#[test]
fn each_contradiction_is_named_by_its_key() {
    let above = |other| PolicyFault::Above { other };
    named(&[
        (
            |p| p.caps.payer.total_s = 9_001,
            "caps.payer.total_s",
            PolicyFault::AboveRule { max: 9_000 },
        ),
        (|p| p.caps.payer.total_s = 600, "caps.payer.conversation_s", above("caps.payer.total_s")),
        (|p| p.caps.test.total_s = 100, "caps.test.conversation_s", above("caps.test.total_s")),
        (
            |p| p.caps.patient.total_s = 601,
            "caps.patient.total_s",
            PolicyFault::AboveRule { max: 600 },
        ),
        (
            |p| p.limits.number_running_max = 5,
            "limits.number_running_max",
            above("limits.tenant_running_max"),
        ),
        (
            |p| p.limits.tenant_running_max = 21,
            "limits.tenant_running_max",
            above("limits.system_running_max"),
        ),
        (
            |p| p.limits.call_cents_max = 20_001,
            "limits.call_cents_max",
            above("limits.tenant_day_cents_max"),
        ),
        (
            |p| p.limits.number_started_day_max = 1_001,
            "limits.number_started_day_max",
            above("limits.tenant_started_day_max"),
        ),
        (|p| p.freshness.switch_s = 6, "freshness.switch_s", PolicyFault::AboveRule { max: 5 }),
        (
            |p| p.disclosure.repeats_max = 2,
            "disclosure.repeats_max",
            PolicyFault::AboveRule { max: 1 },
        ),
        (
            |p| p.vendors.permit_s = 5_399,
            "vendors.permit_s",
            PolicyFault::Below { other: "caps.payer.total_s" },
        ),
        (
            |p| p.allowlist.life_days_max = 1,
            "allowlist.sole_administrator",
            PolicyFault::NoTimeToConfirm,
        ),
        (
            |p| p.allowlist.test_proof_days_max = 91,
            "allowlist.test_proof_days_max",
            PolicyFault::AboveRule { max: 90 },
        ),
    ]);
}

#[test]
fn ages_and_hours_that_the_rules_do_not_allow_are_named_by_their_key() {
    named(&[
        (|p| p.freshness.opt_outs_s = 6, "freshness.opt_outs_s", PolicyFault::AboveRule { max: 5 }),
        (|p| p.freshness.contact_s = 0, "freshness.contact_s", PolicyFault::Unset),
        (|p| p.patient_hours.close_minute = 0, "patient_hours.close_minute", PolicyFault::Unset),
        (
            |p| p.patient_hours.open_minute = 479,
            "patient_hours.open_minute",
            PolicyFault::BelowRule { min: 480 },
        ),
        (
            |p| p.patient_hours.close_minute = 1_261,
            "patient_hours.close_minute",
            PolicyFault::AboveRule { max: 1_260 },
        ),
        (
            |p| p.patient_hours.open_minute = 1_080,
            "patient_hours.close_minute",
            PolicyFault::Below { other: "patient_hours.open_minute" },
        ),
        (
            |p| p.patient_hours.close_minute = 500,
            "patient_hours.close_minute",
            PolicyFault::Below { other: "patient_hours.open_minute" },
        ),
    ]);
}

#[test]
fn a_role_without_flags_is_named() {
    let mut policy = Policy::recommended();
    policy.vendors.required_flags.remove(&Role::LanguageModel);
    policy.vendors.required_flags.insert(Role::Carrier, BTreeSet::new());
    let hosted = [Role::Carrier, Role::LanguageModel, Role::TextToSpeech];
    assert_eq!(policy.roles_without_flags(&hosted), [Role::Carrier, Role::LanguageModel]);
}

#[test]
fn values_that_bound_nothing_and_values_that_let_nothing_through_are_named() {
    let day = PolicyFault::TooHigh { max: 86_400 };
    named(&[
        (|p| p.freshness.allowlist_s = u32::MAX, "freshness.allowlist_s", day),
        (|p| p.freshness.consent_s = 86_401, "freshness.consent_s", day),
        (
            |p| p.allowlist.life_days_max = 367,
            "allowlist.life_days_max",
            PolicyFault::TooHigh { max: 366 },
        ),
        (
            |p| p.disclosure.first_sentence_ms_max = 1_499,
            "disclosure.first_sentence_ms_max",
            PolicyFault::TooLow { min: 1_500 },
        ),
        (
            |p| p.caps.payer.total_s = 59,
            "caps.payer.ring_s",
            PolicyFault::Above { other: "caps.payer.total_s" },
        ),
        (
            |p| p.caps.test.total_s = 30,
            "caps.test.ring_s",
            PolicyFault::Above { other: "caps.test.total_s" },
        ),
        (
            |p| p.caps.patient.total_s = 20,
            "caps.patient.ring_s",
            PolicyFault::Above { other: "caps.patient.total_s" },
        ),
    ]);
    // The last values that are taken.
    let mut policy = Policy::recommended();
    policy.freshness.allowlist_s = 86_400;
    policy.allowlist.life_days_max = 366;
    policy.disclosure.first_sentence_ms_max = 1_500;
    policy.caps.test = ClassCaps { total_s: 60, ring_s: 60, conversation_s: 60 };
    assert_eq!(policy.mistakes(), []);
}
