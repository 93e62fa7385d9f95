//! Where this process sends anything: each role of the vendor register, and who has it. A closed list.
//!
//! Every role has an answer here, by a match that a new role breaks. What connects is in the modules that
//! `tests/tests/egress.rs` names, each under an egress permit. This module connects to nothing and gives no permit: it says what the
//! configuration asks for, and which of that a practice's register gives no leave for.

use std::fmt;
use std::net::IpAddr;

use callwright_compliance::vendor::{EgressRefusal, PeerRefused, Register, Role};
use callwright_compliance::{TenantId, VendorId};
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
}

/// Every role under a configuration, in the register's order.
#[must_use]
pub fn of(config: &Config) -> Vec<Destination> {
    Role::ALL
        .iter()
        .map(|role| Destination { role: *role, filled: filled(config, *role) })
        .collect()
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
    /// The command that mends it.
    #[must_use]
    pub fn mend(&self) -> String {
        let Unfilled { practice, role, vendor, refusal } = self;
        if *refusal == NoLeave::Register(EgressRefusal::VerificationOverdue) {
            return format!(
                "`callwright setup verify-vendor --practice {practice} --role {role} --id {vendor}` with --on"
            );
        }
        format!(
            "`callwright setup vendor --practice {practice} --role {role} --id {vendor}` with --network or --agreement"
        )
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
    for Destination { role, filled } in of(config) {
        let Filled::Vendor { vendor, address } = filled else { continue };
        let leave = register.egress(role, &vendor, now, &config.policy);
        let covered = leave.map_err(NoLeave::from).and_then(|permit| {
            let literal = address.as_deref().and_then(literal);
            Ok(literal.map_or(Ok(()), |peer| permit.check_peer(&peer))?)
        });
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
