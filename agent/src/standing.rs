//! How a row of the vendor register stands on a day, for people and programs to read.
//!
//! It gives no leave to send anything: an egress permit is asked for here only to say whether there would be one, and dropped.

use std::fmt;

use callwright_compliance::vendor::{Location, Region, Register, RetentionFlag, Role, Row};
use callwright_compliance::{Policy, VendorId};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

/// A row and how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The vendor.
    pub vendor: VendorId,
    /// As what it is used.
    pub role: Role,
    /// Where it processes and stores (rule G1).
    pub region: Region,
    /// Where it runs, and under what.
    pub place: Place,
    /// Why nothing may be sent to it; `None` where something may.
    pub refusal: Option<String>,
    /// What must be renewed soon, or should have been.
    pub renewals: Vec<String>,
}

/// Where a vendor runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// On the practice's own machines.
    OnPremises {
        /// In which network.
        network: String,
    },
    /// At the vendor's.
    Hosted {
        /// The digest of the signed agreement, hexadecimal.
        agreement_sha256: String,
        /// When it was signed.
        signed: Date,
        /// Its last day.
        expires: Date,
        /// The latest written verification.
        verified_at: Date,
        /// Until when that holds.
        verified_until: Date,
        /// What is set there.
        flags: Vec<&'static str>,
    },
}

impl Standing {
    /// How a row of `register` stands at `now`.
    #[must_use]
    pub fn of(row: &Row, register: &Register, policy: &Policy, now: Timestamp) -> Standing {
        let refusal = register.egress(row.role, &row.id, now, policy).err();
        let today = now.to_zoned(TimeZone::UTC).date();
        Standing {
            vendor: row.id.clone(),
            role: row.role,
            region: row.region,
            place: place(&row.location),
            refusal: refusal.map(|refusal| refusal.to_string()),
            renewals: row.renewals(today).iter().map(ToString::to_string).collect(),
        }
    }

    /// Every row of a register, by role and vendor.
    #[must_use]
    pub fn all(register: &Register, policy: &Policy, now: Timestamp) -> Vec<Standing> {
        let of = |row| Standing::of(row, register, policy, now);
        let mut standings: Vec<_> = register.rows.iter().map(of).collect();
        standings.sort_by(|a, b| (a.role, &a.vendor).cmp(&(b.role, &b.vendor)));
        standings
    }
}

fn place(location: &Location) -> Place {
    match location {
        Location::OnPremises { network } => Place::OnPremises { network: network.to_string() },
        Location::Hosted { agreement, flags } => Place::Hosted {
            agreement_sha256: agreement.sha256.to_string(),
            signed: agreement.signed,
            expires: agreement.expires,
            verified_at: agreement.verified_at,
            verified_until: agreement.verification_ends(),
            flags: flags.iter().copied().map(RetentionFlag::name).collect(),
        },
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let region = match self.region {
            Region::UnitedStates => "in the US",
            Region::Elsewhere => "outside of the US",
        };
        match &self.place {
            Place::OnPremises { network } => {
                write!(f, "{}: on premises, {network}, {region}", self.vendor)
            }
            Place::Hosted { signed, expires, verified_at, flags, .. } => {
                let flags = if flags.is_empty() { "none".to_owned() } else { flags.join(" and ") };
                write!(
                    f,
                    "{}: hosted, {region}, signed {signed}, expires {expires}, verified {verified_at}, flags {flags}",
                    self.vendor
                )
            }
        }
    }
}
