//! The policy of one tenant: every limit that a decision applies. What is not set is zero or deny, and refuses.
//!
//! It is read from TOML or JSON by serde; a misspelt key is an error. There is no `Option` of a limit and no "unlimited".
//! This module holds values, and says where they contradict each other ([`Policy::mistakes`]); the rules that apply them are in `rules`.

mod sense;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::caps::ClassCaps;
use crate::class::CallClass;
use crate::digest::Digest;
use crate::facts::FactKind;
use crate::network::Network;
use crate::recording::RecordingMode;
use crate::retention::RetentionPolicy;
use crate::vendor::{RetentionFlag, Role};

pub use sense::{PolicyFault, PolicyMistake};

/// A US territory that a tenant may opt in to call (rule N2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Territory {
    /// American Samoa.
    #[serde(rename = "AS")]
    AmericanSamoa,
    /// Guam.
    #[serde(rename = "GU")]
    Guam,
    /// Northern Mariana Islands.
    #[serde(rename = "MP")]
    NorthernMarianaIslands,
    /// Puerto Rico.
    #[serde(rename = "PR")]
    PuertoRico,
    /// United States Virgin Islands.
    #[serde(rename = "VI")]
    VirginIslands,
}

impl Territory {
    /// The territory with a postal code.
    #[must_use]
    pub fn from_region(region: &str) -> Option<Territory> {
        match region {
            "AS" => Some(Territory::AmericanSamoa),
            "GU" => Some(Territory::Guam),
            "MP" => Some(Territory::NorthernMarianaIslands),
            "PR" => Some(Territory::PuertoRico),
            "VI" => Some(Territory::VirginIslands),
            _ => None,
        }
    }
}

/// The whole policy of one tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Territories that may be called (rule N2).
    pub territories: BTreeSet<Territory>,
    /// The allowlist (rule N3).
    pub allowlist: AllowlistPolicy,
    /// How old a fact may be at dial time (rule N4).
    pub freshness: Freshness,
    /// Consent of the patient (rule C4).
    pub consent: ConsentPolicy,
    /// The hours in which patients may be called (rule H1).
    pub patient_hours: PatientHours,
    /// How long calls may last (rule L1).
    pub caps: CapsPolicy,
    /// How many calls, and what they may cost (rule L2).
    pub limits: Limits,
    /// Vendors (rule V1).
    pub vendors: VendorPolicy,
    /// Disclosure (rule D1).
    pub disclosure: DisclosurePolicy,
    /// Recording (rule D2).
    pub recording: RecordingPolicy,
    /// How long records are kept (rule R1).
    pub retention: RetentionPolicy,
}

/// The allowlist.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AllowlistPolicy {
    /// The longest that an entry may hold from the day it was added, in days.
    pub life_days_max: u32,
    /// Whether a sole administrator may confirm an entry.
    pub sole_administrator: SoleAdministrator,
    /// How old the proof of one's own number may be (class T), in days; at most 90.
    pub test_proof_days_max: u32,
}

/// Whether the one administrator of a practice may approve their own entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SoleAdministrator {
    /// Never: a second person must.
    #[default]
    Refused,
    /// After 24 h and after proving who they are again.
    AfterADay,
}

/// The greatest age of each fact at dial time, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Freshness {
    /// Of the allowlist.
    pub allowlist_s: u32,
    /// Of the caller's identity.
    pub identity_s: u32,
    /// Of the payer's hours.
    pub hours_s: u32,
    /// Of the vendor register.
    pub vendors_s: u32,
    /// Of the kill switch. Rule I1 has 5 s; more is refused (rule N4).
    pub switch_s: u32,
    /// Of the patient's consent.
    pub consent_s: u32,
    /// Of the counts of running calls and of spend.
    pub usage_s: u32,
    /// Of the opt-outs and the human-only list. At most 5 s, as for the kill switch (rules C2, N4).
    pub opt_outs_s: u32,
    /// Of what is known of a patient's number.
    pub contact_s: u32,
}

impl Freshness {
    /// The greatest age of a fact, in seconds. Zero is not set.
    #[must_use]
    pub const fn of(self, fact: FactKind) -> u32 {
        match fact {
            FactKind::Allowlist => self.allowlist_s,
            FactKind::Identity => self.identity_s,
            FactKind::Hours => self.hours_s,
            FactKind::Vendors => self.vendors_s,
            FactKind::Switch => self.switch_s,
            FactKind::Consent => self.consent_s,
            FactKind::Usage => self.usage_s,
            FactKind::OptOuts => self.opt_outs_s,
            FactKind::Contact => self.contact_s,
        }
    }
}

/// Consent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConsentPolicy {
    /// What follows where no `ai_call_consent` is recorded.
    pub absence: Absence,
}

/// What follows from a consent that nobody asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Absence {
    /// The call is refused.
    #[default]
    Deny,
    /// The call to the payer may be placed.
    Allow,
}

/// The hours in which patients may be called, from Monday to Friday, in every zone that counts (rule H1). Both zero is unset and refuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PatientHours {
    /// The first minute in which a call may begin, counted from midnight.
    pub open_minute: u16,
    /// The first minute in which none may any more.
    pub close_minute: u16,
}

/// The caps of each class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CapsPolicy {
    /// Class P.
    pub payer: ClassCaps,
    /// Class T.
    pub test: ClassCaps,
    /// Class C, which is refused whatever its caps are.
    pub patient: ClassCaps,
}

impl CapsPolicy {
    /// The caps of a class.
    #[must_use]
    pub const fn of(&self, class: CallClass) -> ClassCaps {
        match class {
            CallClass::Payer => self.payer,
            CallClass::Test => self.test,
            CallClass::Patient => self.patient,
        }
    }
}

/// Counts and money, each the greatest allowed with the call that is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Calls running on the whole system.
    pub system_running_max: u32,
    /// Calls running for the tenant.
    pub tenant_running_max: u32,
    /// Calls running to one number.
    pub number_running_max: u32,
    /// Calls begun on the whole system in one second.
    pub system_started_1s_max: u32,
    /// Calls begun to one number in a day.
    pub number_started_day_max: u32,
    /// Calls begun for the tenant in a day.
    pub tenant_started_day_max: u32,
    /// What one call may cost, in US cents.
    pub call_cents_max: u64,
    /// What the tenant's calls of a day may cost, in US cents.
    pub tenant_day_cents_max: u64,
}

/// Vendors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VendorPolicy {
    /// The flags that a hosted vendor must have set, by role. A role that is not named may have no hosted vendor.
    pub required_flags: BTreeMap<Role, BTreeSet<RetentionFlag>>,
    /// The private networks that count as on premises beside loopback.
    pub networks: Vec<Network>,
    /// How long an egress permit holds, in seconds.
    pub permit_s: u32,
}

/// Disclosure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DisclosurePolicy {
    /// How long the first sentence may be, in milliseconds of speech; at most 6000.
    pub first_sentence_ms_max: u32,
    /// How often an interrupted disclosure is repeated before the short form; at most 1.
    pub repeats_max: u8,
}

/// Recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecordingPolicy {
    /// What may be kept as audio.
    pub mode: RecordingMode,
    /// Who may hear a person before the disclosure was proven.
    pub before_notice: BeforeNotice,
}

/// Which recognisers may hear a person before the disclosure was proven.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BeforeNotice {
    /// Those on premises. Californian courts let wiretap claims go ahead against vendors able to use what they hear
    /// (Ambriz v. Google, N.D. Cal. 2025), so this is the strict setting and the default.
    #[default]
    OnPremisesOnly,
    /// Hosted ones too.
    AnyRecogniser,
}

impl Policy {
    /// Nothing is set, so everything is refused.
    #[must_use]
    pub fn strict_default() -> Policy {
        Policy::default()
    }

    /// The recommended values. A hosted vendor still needs its register row, a call its allowlist entry, and so on.
    ///
    /// Patients' hours lie inside those of every state (rule H1).
    ///
    /// Sources: total, conversation and test caps, switch age: rules L1 and I1. Ring: the phase table of the design. One call at a
    /// time to a number: courtesy to the payer. Retention flags: the vendors' own pages, by role.
    #[must_use]
    pub fn recommended() -> Policy {
        use RetentionFlag::{AuthenticatedMedia, CustomerKey, NoRetention, NoTraining};

        let speech = BTreeSet::from([NoTraining, NoRetention]);
        Policy {
            territories: BTreeSet::new(),
            allowlist: AllowlistPolicy {
                life_days_max: 365,
                sole_administrator: SoleAdministrator::AfterADay,
                test_proof_days_max: 30,
            },
            freshness: Freshness {
                allowlist_s: 30,
                identity_s: 30,
                hours_s: 30,
                vendors_s: 30,
                switch_s: 5,
                consent_s: 30,
                usage_s: 5,
                opt_outs_s: 5,
                contact_s: 30,
            },
            consent: ConsentPolicy { absence: Absence::Deny },
            patient_hours: PatientHours { open_minute: 10 * 60, close_minute: 18 * 60 },
            caps: CapsPolicy {
                payer: ClassCaps { total_s: 90 * 60, ring_s: 60, conversation_s: 15 * 60 },
                test: ClassCaps { total_s: 3 * 60, ring_s: 60, conversation_s: 3 * 60 },
                patient: ClassCaps { total_s: 5 * 60, ring_s: 30, conversation_s: 5 * 60 },
            },
            limits: Limits {
                system_running_max: 20,
                tenant_running_max: 4,
                number_running_max: 1,
                system_started_1s_max: 1,
                number_started_day_max: 200,
                tenant_started_day_max: 1_000,
                call_cents_max: 1_500,
                tenant_day_cents_max: 20_000,
            },
            vendors: VendorPolicy {
                required_flags: BTreeMap::from([
                    (Role::SpeechToText, speech.clone()),
                    (Role::LanguageModel, speech.clone()),
                    (Role::TextToSpeech, speech),
                    (Role::Carrier, BTreeSet::from([AuthenticatedMedia])),
                    (Role::Keys, BTreeSet::new()),
                    (Role::Storage, BTreeSet::from([CustomerKey])),
                    (Role::Backup, BTreeSet::from([CustomerKey])),
                ]),
                networks: Vec::new(),
                // Longer than the longest call (150 min), so that a permit outlives its call.
                permit_s: 3 * 60 * 60,
            },
            disclosure: DisclosurePolicy { first_sentence_ms_max: 6_000, repeats_max: 1 },
            recording: RecordingPolicy {
                mode: RecordingMode::AfterDisclosure,
                before_notice: BeforeNotice::OnPremisesOnly,
            },
            retention: RetentionPolicy::recommended(),
        }
    }

    /// The SHA-256 digest of the policy's canonical form: its JSON with fields in declaration order and maps sorted.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of_json(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_key_is_an_error() {
        for text in [
            r#"{"capz": {}}"#,
            r#"{"caps": {"payer": {"total": 1}}}"#,
            r#"{"limits": {"system_running": 1}}"#,
            r#"{"territories": ["XX"]}"#,
            r#"{"vendors": {"networks": ["0.0.0.0/0"]}}"#,
        ] {
            assert!(serde_json::from_str::<Policy>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_not_set_is_the_strict_default() {
        assert_eq!(serde_json::from_str::<Policy>("{}").unwrap(), Policy::strict_default());
        assert_eq!(Policy::strict_default().consent.absence, Absence::Deny);
        assert_eq!(Policy::strict_default().recording.mode, RecordingMode::Off);
    }

    #[test]
    fn the_digest_survives_a_round_trip_and_sees_a_change() {
        let policy = Policy::recommended();
        let json = serde_json::to_string(&policy).unwrap();
        let again: Policy = serde_json::from_str(&json).unwrap();
        assert_eq!(again.digest(), policy.digest());
        let mut other = policy.clone();
        other.limits.tenant_running_max += 1;
        assert_ne!(other.digest(), policy.digest());
    }
}
