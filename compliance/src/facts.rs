//! What a decision rests on: evidence, each piece with its source and the time at which it was read. Never a bare yes or no.
//!
//! Facts can be read from JSON, so a test gets a permit by giving good facts, and no other way. When serialised, numbers are replaced
//! by their digests. This module judges nothing, and it cannot know whether what it is told is true.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::allowlist::AllowlistEntry;
use crate::contact::Contact;
use crate::hours::PayerHours;
use crate::id::{ObjectId, VendorId};
use crate::number::PhoneNumber;
use crate::opt_out::OptOut;
use crate::vendor::Register;

/// Where evidence comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The store, read for this decision.
    Store,
    /// The configuration that the process was started with, checked again for this decision.
    Configuration,
    /// The payer directory.
    Directory,
    /// The process's own counters.
    Counters,
}

/// A value, who says so, and when it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence<T> {
    /// What was found.
    pub value: T,
    /// Where.
    pub source: Source,
    /// When it was read. Rule N4 wants it fresh at dial time.
    pub as_of: Timestamp,
}

/// A piece of evidence, or the news that it could not be read. What cannot be read refuses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading<T> {
    /// It was read.
    Read(Evidence<T>),
    /// It could not be read.
    Unreadable,
}

impl<T> Reading<T> {
    /// A value that was read from `source` at `as_of`.
    pub const fn read(value: T, source: Source, as_of: Timestamp) -> Reading<T> {
        Reading::Read(Evidence { value, source, as_of })
    }

    const fn as_of(&self) -> Option<Timestamp> {
        match self {
            Reading::Read(evidence) => Some(evidence.as_of),
            Reading::Unreadable => None,
        }
    }
}

/// Which fact is meant, in reasons and records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactKind {
    /// [`Facts::allowlist`].
    Allowlist,
    /// [`Facts::identity`].
    Identity,
    /// [`Facts::hours`].
    Hours,
    /// [`Facts::vendors`].
    Vendors,
    /// [`Facts::switch`].
    Switch,
    /// [`Facts::consent`].
    Consent,
    /// [`Facts::usage`].
    Usage,
    /// [`Facts::opt_outs`].
    OptOuts,
    /// [`Facts::contact`].
    Contact,
}

impl FactKind {
    /// Every fact, in the order of [`Facts`].
    pub const ALL: [FactKind; 9] = [
        FactKind::Allowlist,
        FactKind::Identity,
        FactKind::Hours,
        FactKind::Vendors,
        FactKind::Switch,
        FactKind::Consent,
        FactKind::Usage,
        FactKind::OptOuts,
        FactKind::Contact,
    ];
}

/// Everything that a decision rests on beside the request and the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The tenant's allowlist entries for the number; empty where it has none.
    pub allowlist: Reading<Vec<AllowlistEntry>>,
    /// As whom the practice calls.
    pub identity: Reading<CallerIdentity>,
    /// The payer's hours; `null` where the directory has none.
    pub hours: Reading<Option<PayerHours>>,
    /// The tenant's vendor register.
    pub vendors: Reading<Register>,
    /// The kill switch.
    pub switch: Reading<KillSwitch>,
    /// What the patient said about being the subject of calls by an AI voice.
    pub consent: Reading<AiCallConsent>,
    /// What runs and was spent, counted without this call.
    pub usage: Reading<Usage>,
    /// The opt-outs and the entries of the human-only list that stand for the number, and for class C for the patient.
    pub opt_outs: Reading<Vec<OptOut>>,
    /// What is known of the patient at the number; `null` where the call does not go to one, or nothing is known.
    pub contact: Reading<Option<Contact>>,
}

impl Facts {
    /// When a fact was read; `None` where it could not be.
    #[must_use]
    pub const fn as_of(&self, fact: FactKind) -> Option<Timestamp> {
        match fact {
            FactKind::Allowlist => self.allowlist.as_of(),
            FactKind::Identity => self.identity.as_of(),
            FactKind::Hours => self.hours.as_of(),
            FactKind::Vendors => self.vendors.as_of(),
            FactKind::Switch => self.switch.as_of(),
            FactKind::Consent => self.consent.as_of(),
            FactKind::Usage => self.usage.as_of(),
            FactKind::OptOuts => self.opt_outs.as_of(),
            FactKind::Contact => self.contact.as_of(),
        }
    }
}

/// As whom the practice calls. Disclosures name it (rule D1; 47 CFR 64.1200(b)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallerIdentity {
    /// The name under which the business is registered with the state.
    pub registered_name: String,
    /// The number on which people of the practice can be reached. Serialised as its digest.
    #[serde(serialize_with = "PhoneNumber::serialise_digest")]
    pub callback: PhoneNumber,
}

/// Whether something may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SwitchState {
    /// Calls may be placed.
    Running,
    /// The kill switch was thrown: no call is placed.
    Stopped,
}

/// The kill switch at its levels (rule I1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KillSwitch {
    /// For everything.
    pub global: SwitchState,
    /// For the tenant.
    pub tenant: SwitchState,
    /// For the request.
    pub request: SwitchState,
    /// The vendors to which nothing may go.
    pub vendors_stopped: BTreeSet<VendorId>,
}

impl KillSwitch {
    /// Whether it stops a call that uses these vendors.
    #[must_use]
    pub fn stops(&self, vendors: &BTreeSet<VendorId>) -> bool {
        [self.global, self.tenant, self.request].contains(&SwitchState::Stopped)
            || !self.vendors_stopped.is_disjoint(vendors)
    }
}

/// How consent or refusal was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentMethod {
    /// A signed form.
    Signed,
    /// An electronic form.
    Electronic,
    /// By word of mouth to the practice's staff.
    Verbal,
}

/// The patient's `ai_call_consent` (rule C4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum AiCallConsent {
    /// The patient agreed.
    Granted {
        /// When.
        at: Timestamp,
        /// How.
        method: ConsentMethod,
        /// The kept evidence.
        evidence: ObjectId,
    },
    /// The patient refused, or took consent back.
    Refused {
        /// When.
        at: Timestamp,
        /// How.
        method: ConsentMethod,
        /// The kept evidence.
        evidence: ObjectId,
    },
    /// Nothing is recorded. Whether that denies is the tenant's policy.
    Absent,
}

/// What runs and was spent, without the call that is asked for (rule L2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// Calls now running on the whole system.
    pub system_running: u32,
    /// Calls now running for the tenant.
    pub tenant_running: u32,
    /// Calls now running to the number.
    pub number_running: u32,
    /// Calls that the whole system began in the last second.
    pub system_started_1s: u32,
    /// Calls that were begun to the number today: the day is of UTC.
    pub number_started_today: u32,
    /// Calls that were begun for the tenant today: the day is of UTC.
    pub tenant_started_today: u32,
    /// What the tenant's calls cost today (of UTC), in US cents, running ones at their upper bound.
    pub tenant_spent_today_cents: u64,
}
