//! Where this process sends anything: each role of the vendor register, and who has it. A closed list.
//!
//! Every role has an answer here, by a match that a new role breaks. What connects is in the modules that
//! `tests/tests/egress.rs` names, each under an egress permit. This module connects to nothing and gives no permit: it says what the
//! configuration asks for, and which of that a practice's register gives no leave for.

use std::fmt;
use std::net::IpAddr;

use callwright_compliance::vendor::{EgressRefusal, PeerRefused, Register, Role};
use callwright_compliance::{RuleId, TenantId, VendorId};
use callwright_store::{Store, StoreError};
use jiff::Timestamp;

use crate::config::Config;

/// Who has a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filled {
    /// A vendor, which receives protected health information in this role and needs its row in the register of each practice.
    Vendor {
        /// Its id in the register.
        vendor: VendorId,
        /// Where its API is; `None` for one that is part of this process.
        address: Option<String>,
    },
    /// This process itself, on this machine's disk. Nobody else receives anything.
    ThisMachine(&'static str),
    /// Nobody: nothing is built that sends anything there.
    Nobody,
}

/// A role and who has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The role.
    pub role: Role,
    /// Who has it.
    pub filled: Filled,
    /// Whether it is the recogniser that hears only until the notice (rule D2), beside the role's own.
    pub before_notice: bool,
}

impl Destination {
    /// The role, and that it is only until the notice, in words.
    #[must_use]
    pub fn named(&self) -> String {
        let until = if self.before_notice { " until the notice" } else { "" };
        format!("{}{until}", self.role)
    }
}

/// Every role under a configuration, in the register's order. Speech to text is there twice where the policy keeps a hosted recogniser from
/// people who were not told yet.
#[must_use]
pub fn of(config: &Config) -> Vec<Destination> {
    let role = |role| {
        let own = Destination { role, filled: filled(config, role), before_notice: false };
        let first = if role == Role::SpeechToText { before_notice(config) } else { None };
        std::iter::once(own).chain(first)
    };
    Role::ALL.iter().copied().flat_map(role).collect()
}

/// Every role of a practice's calls: as [`of`], without a second recogniser where the practice has the first one on its own machines.
#[must_use]
pub fn of_practice(config: &Config, register: &Register) -> Vec<Destination> {
    let mut all = of(config);
    let is_own = |destination: &Destination| match &destination.filled {
        Filled::Vendor { vendor, .. } => {
            destination.role == Role::SpeechToText
                && !destination.before_notice
                && register.is_on_premises(destination.role, vendor)
        }
        Filled::ThisMachine(_) | Filled::Nobody => false,
    };
    if all.iter().any(is_own) {
        all.retain(|destination| !destination.before_notice);
    }
    all
}

/// Who hears until the notice. It is part of this process.
fn before_notice(config: &Config) -> Option<Destination> {
    let vendor = config.vendors.before_notice(config.policy.recording.before_notice)?;
    let filled = VendorId::new(vendor)
        .map_or(Filled::Nobody, |vendor| Filled::Vendor { vendor, address: None });
    Some(Destination { role: Role::SpeechToText, filled, before_notice: true })
}

fn filled(config: &Config, role: Role) -> Filled {
    match role {
        Role::SpeechToText | Role::LanguageModel | Role::TextToSpeech => speech(config, role),
        Role::Carrier => Filled::Vendor {
            vendor: config.carrier.vendor.clone(),
            address: Some(config.carrier.base_url.clone()),
        },
        Role::Keys => Filled::ThisMachine("the key file"),
        Role::Storage => Filled::ThisMachine("the database and the folder of calls"),
        Role::Crm | Role::Webhook | Role::Traces | Role::Backup => Filled::Nobody,
    }
}

/// Who hears, words or speaks. An id that no register could hold would be a fault of ours; it is nobody's then, and no call is placed.
fn speech(config: &Config, role: Role) -> Filled {
    let vendors = &config.vendors;
    let own = vendors.ids().into_iter().find(|(of, _)| *of == role);
    let vendor = own.and_then(|(_, id)| VendorId::new(id).ok());
    vendor.map_or(Filled::Nobody, |vendor| {
        let address = vendors.address(role).map(str::to_owned);
        Filled::Vendor { vendor, address }
    })
}

/// Why there is no leave to send to a vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoLeave {
    /// The register gives none.
    #[error(transparent)]
    Register(#[from] EgressRefusal),
    /// The configured address is not one that the vendor's row covers. A name is looked at when it is resolved, at each connection.
    #[error("{0}: compare base_url in the configuration with the row")]
    Address(#[from] PeerRefused),
    /// It is to hear people before the notice, and the register does not have it on the practice's own machines.
    #[error(
        "D2: before the notice only a recogniser on the practice's machines hears a person, and this one is not registered as such"
    )]
    NotOnPremises,
}

/// A role that receives protected health information, and for which a practice's register gives no leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfilled {
    /// Whose register.
    pub practice: TenantId,
    /// The role.
    pub role: Role,
    /// Who would have it.
    pub vendor: VendorId,
    /// Why not.
    pub refusal: NoLeave,
}

impl Unfilled {
    /// The rule that refuses calls for it.
    #[must_use]
    pub const fn rule(&self) -> RuleId {
        match self.refusal {
            NoLeave::Register(_) | NoLeave::Address(_) => RuleId::V1,
            NoLeave::NotOnPremises => RuleId::D2,
        }
    }

    /// The command that mends it.
    #[must_use]
    pub fn mend(&self) -> String {
        let Unfilled { practice, role, vendor, refusal } = self;
        let these = format!("--practice {practice} --role {role} --id {vendor}");
        match refusal {
            NoLeave::Register(EgressRefusal::VerificationOverdue) => {
                format!("`callwright setup verify-vendor {these}` with --on")
            }
            NoLeave::NotOnPremises => format!(
                "`callwright setup vendor {these} --network 127.0.0.0/8`, or before_notice = \"any_recogniser\" in [policy.recording] once counsel agreed"
            ),
            NoLeave::Register(_) | NoLeave::Address(_) => {
                format!("`callwright setup vendor {these}` with --network or --agreement")
            }
        }
    }
}

impl fmt::Display for Unfilled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unfilled { practice, role, vendor, refusal } = self;
        write!(f, "practice {practice}: {vendor} as {role}: {refusal}\n  -> {}", self.mend())
    }
}

/// The roles of `config` for which one practice's register gives no leave.
#[must_use]
pub fn unfilled(
    config: &Config,
    practice: &TenantId,
    register: &Register,
    now: Timestamp,
) -> Vec<Unfilled> {
    let mut missing = Vec::new();
    for Destination { role, filled, before_notice } in of_practice(config, register) {
        let Filled::Vendor { vendor, address } = filled else { continue };
        let leave = register.egress(role, &vendor, now, &config.policy);
        let covered = leave.map_err(NoLeave::from).and_then(|permit| {
            let literal = address.as_deref().and_then(literal);
            Ok(literal.map_or(Ok(()), |peer| permit.check_peer(&peer))?)
        });
        let covered = if before_notice && !register.is_on_premises(role, &vendor) {
            Err(NoLeave::NotOnPremises)
        } else {
            covered
        };
        if let Err(refusal) = covered {
            missing.push(Unfilled { practice: practice.clone(), role, vendor, refusal });
        }
    }
    missing
}

/// The address that a URL has for a host, if it is none to be resolved.
fn literal(url: &str) -> Option<IpAddr> {
    let url = reqwest::Url::parse(url).ok()?;
    let host = url.host_str()?.trim_matches(['[', ']']);
    host.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// Whom a process would call for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Serves {
    /// Every practice of the store.
    Every,
    /// One of them. One that the store does not know is no practice to serve: whoever asks for it is told so elsewhere.
    One(TenantId),
}

/// The roles for which the practices that are served have no leave.
///
/// # Errors
/// Those of the store.
pub async fn unfilled_in(
    config: &Config,
    store: &Store,
    serves: &Serves,
    now: Timestamp,
) -> Result<Vec<Unfilled>, StoreError> {
    let mut missing = Vec::new();
    for practice in store.practices().await? {
        let is_served = match serves {
            Serves::Every => true,
            Serves::One(tenant) => *tenant == practice.tenant,
        };
        if is_served {
            let register = store.register(&practice.tenant).await?;
            missing.extend(unfilled(config, &practice.tenant, &register, now));
        }
    }
    Ok(missing)
}
