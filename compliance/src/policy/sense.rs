//! What a policy says against itself: limits that are not set, that a rule does not allow, or that contradict each other.
//!
//! The rules refuse every call under such a policy, or let one of its limits never count. Whoever reads a policy from a file refuses it at
//! once, with all mistakes. This module does not know where a policy was written.

use core::fmt;

use super::{Policy, SoleAdministrator};
use crate::class::CallClass;
use crate::facts::FactKind;
use crate::rule::RuleId;
use crate::rules::{d1, h1, l1, n3, n4};
use crate::vendor::Role;

/// What is wrong with a value of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyFault {
    /// It is missing or zero, which refuses every call that it is asked about.
    Unset,
    /// It is above what its rule allows.
    AboveRule {
        /// The most that the rule allows.
        max: u64,
    },
    /// It is below what its rule allows.
    BelowRule {
        /// The least that the rule allows.
        min: u64,
    },
    /// It is so high that it bounds nothing.
    TooHigh {
        /// The most that makes sense.
        max: u64,
    },
    /// It is so low that no call could be placed.
    TooLow {
        /// The least that makes sense.
        min: u64,
    },
    /// It is above another value that bounds it.
    Above {
        /// The key of the other value.
        other: &'static str,
    },
    /// It is below another value that it must outlast.
    Below {
        /// The key of the other value.
        other: &'static str,
    },
    /// A sole administrator may confirm entries after a day, and entries end before.
    NoTimeToConfirm,
}

impl fmt::Display for PolicyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PolicyFault::Unset => f
                .write_str("it is missing or zero, and what is not set allows no call"),
            PolicyFault::AboveRule { max } => write!(f, "it is above what the rule allows, which is {max}"),
            PolicyFault::BelowRule { min } => write!(f, "it is below what the rule allows, which is {min}"),
            PolicyFault::TooHigh { max } => write!(f, "it is above {max}, and would bound nothing"),
            PolicyFault::TooLow { min } => write!(f, "it is below {min}, and no call could be placed"),
            PolicyFault::Above { other } => write!(f, "it is above `{other}`, which bounds it"),
            PolicyFault::Below { other } => write!(f, "it is below `{other}`, which it must outlast"),
            PolicyFault::NoTimeToConfirm => f.write_str(
                "a sole administrator may confirm an entry after a day, but `allowlist.life_days_max` ends it before",
            ),
        }
    }
}

/// One mistake of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyMistake {
    /// The key, from the policy's root: `caps.payer.total_s`.
    pub key: &'static str,
    /// The rule that the value is for.
    pub rule: RuleId,
    /// What is wrong.
    pub fault: PolicyFault,
}

impl fmt::Display for PolicyMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (rule {})", self.fault, self.rule)
    }
}

/// The greatest age that a policy may set where the rule has no ceiling of its own, in seconds: a day. Facts are read anew for each call.
const AGE_CEILING_S: u32 = 24 * 60 * 60;
/// The longest that an allowlist entry may hold, in days: numbers change hands, and what was published is looked up once a year.
const LIFE_DAYS_CEILING: u32 = 366;
/// The shortest time for the first sentence, in milliseconds: in less nobody says who calls and what for.
const FIRST_SENTENCE_MS_FLOOR: u32 = 1_500;

/// The key of a fact's greatest age.
const fn age_key(fact: FactKind) -> &'static str {
    match fact {
        FactKind::Allowlist => "freshness.allowlist_s",
        FactKind::Identity => "freshness.identity_s",
        FactKind::Hours => "freshness.hours_s",
        FactKind::Vendors => "freshness.vendors_s",
        FactKind::Switch => "freshness.switch_s",
        FactKind::Consent => "freshness.consent_s",
        FactKind::Usage => "freshness.usage_s",
        FactKind::OptOuts => "freshness.opt_outs_s",
        FactKind::Contact => "freshness.contact_s",
    }
}

/// A value that must be set, its key, its rule, and the most that the rule allows.
type Needed = (&'static str, RuleId, u64, u64);

impl Policy {
    /// Everything that the policy says against itself or the rules, in the order of its keys. Empty for a policy that makes sense.
    #[must_use]
    pub fn mistakes(&self) -> Vec<PolicyMistake> {
        let mut mistakes: Vec<PolicyMistake> = self
            .needed()
            .into_iter()
            .filter_map(|(key, rule, value, max)| {
                let fault = match value {
                    0 => PolicyFault::Unset,
                    value if value > max => PolicyFault::AboveRule { max },
                    _ => return None,
                };
                Some(PolicyMistake { key, rule, fault })
            })
            .collect();
        mistakes.extend(self.extremes());
        mistakes.extend(self.bounds());
        mistakes.extend(self.hours());
        mistakes.extend(self.confirming());
        mistakes
    }

    /// The roles, of those that have a hosted vendor, for which the policy requires no flag (rule V1): such a vendor might keep what it
    /// gets, or learn from it.
    #[must_use]
    pub fn roles_without_flags(&self, hosted: &[Role]) -> Vec<Role> {
        let flags = |role: &Role| self.vendors.required_flags.get(role);
        let without = |role: &&Role| flags(role).is_none_or(|flags| flags.is_empty());
        hosted.iter().filter(without).copied().collect()
    }

    fn needed(&self) -> Vec<Needed> {
        let mut needed = self.needed_before_a_call().to_vec();
        needed.extend(self.needed_ages());
        needed.extend(self.needed_caps());
        needed.extend(self.needed_limits());
        needed
    }

    fn needed_before_a_call(&self) -> [Needed; 6] {
        let (list, hours) = (&self.allowlist, self.patient_hours);
        let open = u64::from(u32::MAX);
        let proof_max = u64::from(n3::PROOF_DAYS_CEILING);
        let hours_max = u64::from(h1::FEDERAL.close);
        let sentence_max = u64::from(d1::FIRST_SENTENCE_MS_CEILING);
        let sentence = self.disclosure.first_sentence_ms_max;
        [
            ("allowlist.life_days_max", RuleId::N3, list.life_days_max.into(), open),
            (
                "allowlist.test_proof_days_max",
                RuleId::N3,
                list.test_proof_days_max.into(),
                proof_max,
            ),
            ("patient_hours.open_minute", RuleId::H1, hours.open_minute.into(), hours_max),
            ("patient_hours.close_minute", RuleId::H1, hours.close_minute.into(), hours_max),
            ("vendors.permit_s", RuleId::V1, self.vendors.permit_s.into(), open),
            ("disclosure.first_sentence_ms_max", RuleId::D1, sentence.into(), sentence_max),
        ]
    }

    fn needed_ages(&self) -> impl Iterator<Item = Needed> {
        let ages = self.freshness;
        FactKind::ALL.into_iter().map(move |fact| {
            let max = n4::ceiling_s(fact).unwrap_or(u32::MAX);
            (age_key(fact), RuleId::N4, ages.of(fact).into(), max.into())
        })
    }

    fn needed_caps(&self) -> impl Iterator<Item = Needed> {
        let keys = [
            (
                CallClass::Payer,
                ["caps.payer.total_s", "caps.payer.ring_s", "caps.payer.conversation_s"],
            ),
            (
                CallClass::Test,
                ["caps.test.total_s", "caps.test.ring_s", "caps.test.conversation_s"],
            ),
            (
                CallClass::Patient,
                ["caps.patient.total_s", "caps.patient.ring_s", "caps.patient.conversation_s"],
            ),
        ];
        let caps = self.caps;
        keys.into_iter().flat_map(move |(class, [total, ring, conversation])| {
            let (set, max) = (caps.of(class), l1::ceiling(class));
            [
                (total, RuleId::L1, set.total_s.into(), max.total_s.into()),
                (ring, RuleId::L1, set.ring_s.into(), max.ring_s.into()),
                (conversation, RuleId::L1, set.conversation_s.into(), max.conversation_s.into()),
            ]
        })
    }

    fn needed_limits(&self) -> [Needed; 8] {
        let limits = self.limits;
        let open = u64::from(u32::MAX);
        [
            ("limits.system_running_max", RuleId::L2, limits.system_running_max.into(), open),
            ("limits.tenant_running_max", RuleId::L2, limits.tenant_running_max.into(), open),
            ("limits.number_running_max", RuleId::L2, limits.number_running_max.into(), open),
            ("limits.system_started_1s_max", RuleId::L2, limits.system_started_1s_max.into(), open),
            (
                "limits.number_started_day_max",
                RuleId::L2,
                limits.number_started_day_max.into(),
                open,
            ),
            (
                "limits.tenant_started_day_max",
                RuleId::L2,
                limits.tenant_started_day_max.into(),
                open,
            ),
            ("limits.call_cents_max", RuleId::L2, limits.call_cents_max, u64::MAX),
            ("limits.tenant_day_cents_max", RuleId::L2, limits.tenant_day_cents_max, u64::MAX),
        ]
    }

    /// Values that no rule forbids, and that make no sense.
    fn extremes(&self) -> Vec<PolicyMistake> {
        let high = |key, rule, value: u32, max: u32| {
            let fault = PolicyFault::TooHigh { max: max.into() };
            (value > max).then_some(PolicyMistake { key, rule, fault })
        };
        let without = FactKind::ALL.into_iter().filter(|fact| n4::ceiling_s(*fact).is_none());
        let ages = without.filter_map(|fact| {
            high(age_key(fact), RuleId::N4, self.freshness.of(fact), AGE_CEILING_S)
        });
        let life = self.allowlist.life_days_max;
        let sentence = self.disclosure.first_sentence_ms_max;
        let short = (1..FIRST_SENTENCE_MS_FLOOR).contains(&sentence).then_some(PolicyMistake {
            key: "disclosure.first_sentence_ms_max",
            rule: RuleId::D1,
            fault: PolicyFault::TooLow { min: FIRST_SENTENCE_MS_FLOOR.into() },
        });
        high("allowlist.life_days_max", RuleId::N3, life, LIFE_DAYS_CEILING)
            .into_iter()
            .chain(ages)
            .chain(short)
            .collect()
    }

    /// Values that bound each other.
    fn bounds(&self) -> Vec<PolicyMistake> {
        let (caps, limits) = (self.caps, self.limits);
        let mut mistakes = Vec::new();
        let mut above = |key, value: u64, other, most: u64, rule| {
            // An unset bound is a mistake of its own.
            if most != 0 && value > most {
                mistakes.push(PolicyMistake { key, rule, fault: PolicyFault::Above { other } });
            }
        };
        let (payer, test, patient) = (caps.payer, caps.test, caps.patient);
        for (keys, caps) in [
            (["caps.payer.ring_s", "caps.payer.conversation_s", "caps.payer.total_s"], payer),
            (["caps.test.ring_s", "caps.test.conversation_s", "caps.test.total_s"], test),
            (
                ["caps.patient.ring_s", "caps.patient.conversation_s", "caps.patient.total_s"],
                patient,
            ),
        ] {
            let [ring, conversation, total] = keys;
            above(ring, caps.ring_s.into(), total, caps.total_s.into(), RuleId::L1);
            above(conversation, caps.conversation_s.into(), total, caps.total_s.into(), RuleId::L1);
        }
        let running = [
            (
                "limits.tenant_running_max",
                limits.tenant_running_max,
                "limits.system_running_max",
                limits.system_running_max,
            ),
            (
                "limits.number_running_max",
                limits.number_running_max,
                "limits.tenant_running_max",
                limits.tenant_running_max,
            ),
            (
                "limits.number_started_day_max",
                limits.number_started_day_max,
                "limits.tenant_started_day_max",
                limits.tenant_started_day_max,
            ),
        ];
        for (key, value, other, most) in running {
            above(key, value.into(), other, most.into(), RuleId::L2);
        }
        let (call, day) = (limits.call_cents_max, limits.tenant_day_cents_max);
        above("limits.call_cents_max", call, "limits.tenant_day_cents_max", day, RuleId::L2);
        if self.disclosure.repeats_max > d1::REPEATS_CEILING {
            let fault = PolicyFault::AboveRule { max: d1::REPEATS_CEILING.into() };
            mistakes.push(PolicyMistake { key: "disclosure.repeats_max", rule: RuleId::D1, fault });
        }
        // A permit that ends before its call cuts the call's vendors off.
        if self.vendors.permit_s != 0 && self.vendors.permit_s < payer.total_s {
            let fault = PolicyFault::Below { other: "caps.payer.total_s" };
            mistakes.push(PolicyMistake { key: "vendors.permit_s", rule: RuleId::V1, fault });
        }
        mistakes
    }

    /// The window of calls to patients, beside its ends being set and not too late (rule H1).
    fn hours(&self) -> Vec<PolicyMistake> {
        let (open, close) = (self.patient_hours.open_minute, self.patient_hours.close_minute);
        let min = h1::FEDERAL.open;
        let mistake = |key, fault| PolicyMistake { key, rule: RuleId::H1, fault };
        let mut mistakes = Vec::new();
        if open != 0 && open < min {
            let fault = PolicyFault::BelowRule { min: min.into() };
            mistakes.push(mistake("patient_hours.open_minute", fault));
        }
        if close != 0 && close <= open {
            let fault = PolicyFault::Below { other: "patient_hours.open_minute" };
            mistakes.push(mistake("patient_hours.close_minute", fault));
        }
        mistakes
    }

    fn confirming(&self) -> Option<PolicyMistake> {
        let may = self.allowlist.sole_administrator == SoleAdministrator::AfterADay;
        (may && self.allowlist.life_days_max <= 1).then_some(PolicyMistake {
            key: "allowlist.sole_administrator",
            rule: RuleId::N3,
            fault: PolicyFault::NoTimeToConfirm,
        })
    }
}

#[cfg(test)]
mod tests;
