//! What an inventory says, as data.

use std::collections::BTreeMap;

use callwright_compliance::egress::{Destination as Place, allowed};
use callwright_compliance::retention::Periods;
use callwright_compliance::vendor::known;
use callwright_compliance::vendor::{Register, Role};
use callwright_compliance::{CallPurpose, FieldSet, TenantId};
use jiff::Timestamp;
use serde::Serialize;

use super::places::{self, Kept};
use crate::config::Config;
use crate::destinations::{self, Destination, Filled};
use crate::standing::Standing;

/// The purposes of a call that can be placed.
const PURPOSES: [CallPurpose; 2] = [CallPurpose::MedicalBenefits, CallPurpose::DentalBenefits];

/// The whole inventory.
#[derive(Debug, Serialize)]
pub(super) struct Inventory {
    /// When it was made.
    pub(super) made_at: Timestamp,
    /// The version of the program that made it.
    pub(super) version: &'static str,
    /// The digest of the policy in force.
    pub(super) policy_sha256: String,
    /// Where data goes.
    pub(super) flows: Vec<Flow>,
    /// The vendor register of each practice.
    pub(super) practices: Vec<PracticeRegister>,
    /// Where data lies on this machine.
    pub(super) kept: Vec<Kept>,
}

/// One destination.
#[derive(Debug, Serialize)]
pub(super) struct Flow {
    /// `far_end`, or the role of the vendor register.
    pub(super) destination: String,
    /// Whether it receives anything only until the notice of a call, and not where a practice has the role's own vendor on its machines.
    pub(super) before_notice: bool,
    /// Who receives it.
    pub(super) recipient: Recipient,
    /// The fields that may go there, by the purpose of the call (rule V2); nothing else may.
    pub(super) fields: BTreeMap<CallPurpose, FieldSet>,
    /// What goes with every request.
    pub(super) sent: Vec<String>,
    /// What must be agreed or switched on there.
    pub(super) at_vendor: Option<&'static str>,
}

/// Who receives something.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Recipient {
    /// Whoever is on the line: the payer that the allowlist names.
    Payer,
    /// A vendor.
    Vendor {
        /// Its id in the register.
        vendor: String,
        /// Its name, where it is known.
        name: Option<&'static str>,
        /// Where its API is; `None` for one that runs in this process.
        address: Option<String>,
    },
    /// This process, on this machine.
    ThisMachine {
        /// As what.
        what: &'static str,
    },
    /// Nobody: nothing is built that sends anything there.
    Nobody,
}

/// One practice's vendor register.
#[derive(Debug, Serialize)]
pub(super) struct PracticeRegister {
    /// The practice.
    pub(super) practice: TenantId,
    /// Its rows.
    pub(super) rows: Vec<Standing>,
    /// The vendors of the configuration that have no leave from it, and why.
    pub(super) unfilled: Vec<Gap>,
}

/// A vendor that the configuration uses and the register gives no leave for.
#[derive(Debug, Serialize)]
pub(super) struct Gap {
    /// The role.
    pub(super) role: Role,
    /// The vendor.
    pub(super) vendor: String,
    /// Why not.
    pub(super) why: String,
}

impl Inventory {
    pub(super) fn of(
        config: &Config,
        periods: &Periods,
        practices: Vec<PracticeRegister>,
        now: Timestamp,
    ) -> Inventory {
        let far_end = Flow {
            destination: "far_end".to_owned(),
            before_notice: false,
            recipient: Recipient::Payer,
            fields: fields(Place::FarEnd),
            sent: Vec::new(),
            at_vendor: None,
        };
        let roles = destinations::of(config).into_iter().map(flow);
        Inventory {
            made_at: now,
            version: env!("CARGO_PKG_VERSION"),
            policy_sha256: config.policy.digest().to_string(),
            flows: std::iter::once(far_end).chain(roles).collect(),
            practices,
            kept: places::of(config, periods),
        }
    }
}

/// What may go to a destination. Where nobody receives anything, nothing does, whatever policy would let go there.
fn fields(place: Place) -> BTreeMap<CallPurpose, FieldSet> {
    PURPOSES.into_iter().map(|purpose| (purpose, allowed(place, purpose))).collect()
}

fn flow(destination: Destination) -> Flow {
    let Destination { role, filled, before_notice } = destination;
    let (recipient, fields, known) = match filled {
        Filled::Vendor { vendor, address } => {
            let known = known::find(&vendor, role);
            let name = known.map(|known| known.name());
            let vendor = vendor.to_string();
            let recipient = Recipient::Vendor { vendor, name, address };
            (recipient, fields(Place::Vendor(role)), known)
        }
        Filled::ThisMachine(what) => (Recipient::ThisMachine { what }, BTreeMap::new(), None),
        Filled::Nobody => (Recipient::Nobody, BTreeMap::new(), None),
    };
    Flow {
        destination: role.to_string(),
        before_notice,
        recipient,
        fields,
        sent: known
            .map(|known| known.sent().iter().map(ToString::to_string).collect())
            .unwrap_or_default(),
        at_vendor: known.map(|known| known.at_vendor()),
    }
}

impl PracticeRegister {
    pub(super) fn of(
        config: &Config,
        practice: TenantId,
        register: &Register,
        now: Timestamp,
    ) -> PracticeRegister {
        let gap = |unfilled: destinations::Unfilled| Gap {
            role: unfilled.role,
            vendor: unfilled.vendor.to_string(),
            why: unfilled.refusal.to_string(),
        };
        let missing = destinations::unfilled(config, &practice, register, now);
        PracticeRegister {
            rows: Standing::all(register, &config.policy, now),
            unfilled: missing.into_iter().map(gap).collect(),
            practice,
        }
    }
}
