//! The vendor register (rules V1 and G1): who may receive anything, in which role, under which agreement, and over which network.
//!
//! No connection that carries call data is made without an [`EgressPermit`], and none is made to a peer that the permit does not
//! cover. A vendor with which nothing is signed is a [`known::Unsigned`], which no register takes. This module does not connect, and it
//! does not say which fields may go ([`crate::egress`]).
//! Sources: 45 CFR 164.308(b), 164.314(a), 164.504(e) (business associate contracts).

use core::fmt;
use core::net::IpAddr;
use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::id::{PersonId, VendorId};
use crate::network::Network;
use crate::policy::Policy;

pub mod known;
mod renewal;

pub use renewal::{RENEWAL_DAYS, Renewal, VERIFICATION_DAYS};

/// As what a vendor is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Hears the far end.
    SpeechToText,
    /// Words the agent's turns.
    LanguageModel,
    /// Speaks the agent's words.
    TextToSpeech,
    /// Places and carries the call.
    Carrier,
    /// Wraps keys.
    Keys,
    /// Keeps sealed recordings.
    Storage,
    /// The practice's own records.
    Crm,
    /// A receiver of results.
    Webhook,
    /// Traces and metrics.
    Traces,
    /// Keeps backups.
    Backup,
}

impl Role {
    /// Every role.
    pub const ALL: &'static [Role] = &[
        Role::SpeechToText,
        Role::LanguageModel,
        Role::TextToSpeech,
        Role::Carrier,
        Role::Keys,
        Role::Storage,
        Role::Crm,
        Role::Webhook,
        Role::Traces,
        Role::Backup,
    ];
}

/// Where a vendor processes and stores (rule G1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Region {
    /// In the United States only.
    UnitedStates,
    /// Elsewhere, or not pinned to a region.
    Elsewhere,
}

/// What a vendor promises about what it receives. The adapter sends the vendor's own setting for each ("set and sent").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetentionFlag {
    /// Does not train on it (Deepgram `mip_opt_out=true`).
    NoTraining,
    /// Keeps nothing after the request (OpenAI zero data retention with `store: false`; ElevenLabs `enable_logging=false`).
    NoRetention,
    /// Media can be read only after authentication (Twilio: HTTP auth on media).
    AuthenticatedMedia,
    /// Encrypted with a key that the vendor does not hold.
    CustomerKey,
}

/// A signed agreement, such as a business associate agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// The digest of the signed document.
    pub sha256: Digest,
    /// The day on which the last party signed.
    pub signed: Date,
    /// The last day on which it holds.
    pub expires: Date,
    /// The day of the vendor's latest written assurance that it keeps to it. It is renewed every year ([`VERIFICATION_DAYS`]).
    pub verified_at: Date,
    /// Who read it and checked it against this row.
    pub verifier: PersonId,
}

/// Where a vendor runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Location {
    /// On the practice's own machines: loopback, or a network that the policy declares.
    OnPremises {
        /// The network that its addresses lie in.
        network: Network,
    },
    /// At the vendor's.
    Hosted {
        /// The agreement under which it receives anything.
        agreement: Agreement,
        /// What is set there and sent with every request.
        flags: BTreeSet<RetentionFlag>,
    },
}

/// One vendor in one role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The vendor.
    pub id: VendorId,
    /// As what it is used.
    pub role: Role,
    /// Where it processes and stores.
    pub region: Region,
    /// Where it runs, and under what.
    pub location: Location,
}

/// The register of one tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// Its rows. One for each vendor and role; of two for the same, neither counts.
    pub rows: Vec<Row>,
}

/// Why nothing may be sent to a vendor (rules V1 and G1).
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    thiserror::Error,
)]
#[serde(rename_all = "snake_case")]
pub enum EgressRefusal {
    /// The register has no row for the vendor in this role.
    #[error("V1: the register has no row for this vendor in this role: add one")]
    NotRegistered,
    /// The register has two rows for the vendor in this role.
    #[error("V1: the register has two rows for this vendor and role: remove one")]
    RegisteredTwice,
    /// The vendor processes outside of the United States, or its region is not pinned.
    #[error("G1: the vendor is not pinned to the United States")]
    RegionRefused,
    /// The agreement is not signed yet.
    #[error("V1: the vendor's agreement is signed in the future")]
    AgreementNotYetSigned,
    /// The agreement has ended.
    #[error("V1: the vendor's agreement has expired: renew it and update the register")]
    AgreementExpired,
    /// The vendor's yearly verification bears a day that has not come.
    #[error("V1: the vendor's written verification is dated in the future")]
    VerificationNotYetGiven,
    /// The vendor's yearly verification is older than a year.
    #[error(
        "V1: the vendor's written verification is more than {VERIFICATION_DAYS} days old: obtain a new one (`callwright setup verify-vendor`)"
    )]
    VerificationOverdue,
    /// The policy does not say which flags a hosted vendor in this role needs.
    #[error(
        "V1: the policy names no required flags for this role, so no hosted vendor may have it"
    )]
    FlagsUnset,
    /// A flag that the policy, or what is known of the vendor ([`known`]), requires is not set.
    #[error("V1: a retention flag that is required of the vendor is not set there")]
    FlagMissing,
    /// The on-premises network is neither loopback nor inside a network that the policy declares.
    #[error("V1: the on-premises network is not loopback and not declared in the policy")]
    NetworkUndeclared,
    /// The policy's `vendors.permit_s` is zero.
    #[error("V1: the policy sets no lifetime for egress permits (vendors.permit_s)")]
    PermitLifetimeUnset,
}

/// The peer that was connected to is not the vendor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("V1: connected to an address outside of the vendor's declared network")]
pub struct PeerRefused;

/// Leave to send to one vendor in one role, for a while.
///
/// Made by [`Register::egress`] alone; no `Clone`, `Debug` or `Serialize`. A connection is made under it: the adapter calls
/// [`EgressPermit::check_peer`] with the address that it connected to before it sends a byte, and [`EgressPermit::is_valid_at`] when it
/// connects again.
#[must_use = "a connection that carries call data is made under its egress permit"]
pub struct EgressPermit {
    vendor: VendorId,
    role: Role,
    location: Location,
    until: Timestamp,
}

impl EgressPermit {
    /// The vendor.
    #[must_use]
    pub const fn vendor(&self) -> &VendorId {
        &self.vendor
    }

    /// As what it may be used.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Whether the permit still holds.
    #[must_use]
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        now < self.until
    }

    /// Checks the address that was connected to. A hosted vendor is proven by its TLS certificate instead, so any public address
    /// passes; loopback and private addresses do not, because no hosted vendor lives there.
    ///
    /// # Errors
    /// [`PeerRefused`] where the address is not the vendor's.
    pub fn check_peer(&self, peer: &IpAddr) -> Result<(), PeerRefused> {
        let covered = match &self.location {
            Location::OnPremises { network } => network.contains(peer),
            Location::Hosted { .. } => !Network::is_local(peer),
        };
        if covered { Ok(()) } else { Err(PeerRefused) }
    }

    /// The flags whose settings the adapter sends with every request; empty on premises.
    pub fn flags(&self) -> impl Iterator<Item = RetentionFlag> {
        let flags = match &self.location {
            Location::OnPremises { .. } => None,
            Location::Hosted { flags, .. } => Some(flags),
        };
        flags.into_iter().flatten().copied()
    }

    /// Whether the vendor runs on the practice's own machines.
    #[must_use]
    pub const fn is_on_premises(&self) -> bool {
        matches!(self.location, Location::OnPremises { .. })
    }
}

impl Register {
    /// Checks a vendor in a role and gives leave to send to it.
    ///
    /// # Errors
    /// The first [`EgressRefusal`] that applies.
    pub fn egress(
        &self,
        role: Role,
        vendor: &VendorId,
        now: Timestamp,
        policy: &Policy,
    ) -> Result<EgressPermit, EgressRefusal> {
        let row = self.row(role, vendor)?;
        if row.region != Region::UnitedStates {
            return Err(EgressRefusal::RegionRefused);
        }
        if policy.vendors.permit_s == 0 {
            return Err(EgressRefusal::PermitLifetimeUnset);
        }
        check_location(row, now, policy)?;
        let life = SignedDuration::from_secs(i64::from(policy.vendors.permit_s));
        Ok(EgressPermit {
            vendor: row.id.clone(),
            role,
            location: row.location.clone(),
            until: end_of(&row.location, now.saturating_add(life).unwrap_or(now)),
        })
    }

    /// Whether the register's one row for a vendor in a role says that it runs on the practice's own machines. This gives no leave to
    /// send: [`Register::egress`] does.
    #[must_use]
    pub fn is_on_premises(&self, role: Role, vendor: &VendorId) -> bool {
        self.row(role, vendor).is_ok_and(|row| matches!(row.location, Location::OnPremises { .. }))
    }

    /// The one row for a vendor in a role.
    fn row(&self, role: Role, vendor: &VendorId) -> Result<&Row, EgressRefusal> {
        let mut rows = self.rows.iter().filter(|row| row.role == role && row.id == *vendor);
        let row = rows.next().ok_or(EgressRefusal::NotRegistered)?;
        match rows.next() {
            None => Ok(row),
            Some(_) => Err(EgressRefusal::RegisteredTwice),
        }
    }
}

/// When a permit ends that would hold until `until`: a hosted vendor's not after the last day of its agreement or of
/// its verification, in UTC as everywhere here.
fn end_of(location: &Location, until: Timestamp) -> Timestamp {
    match location {
        Location::OnPremises { .. } => until,
        Location::Hosted { agreement, .. } => agreement
            .last_day()
            .tomorrow()
            .and_then(|day| day.to_zoned(TimeZone::UTC))
            // The last day that the calendar has: nothing ends after it.
            .map_or(until, |day| until.min(day.timestamp())),
    }
}

fn check_location(row: &Row, now: Timestamp, policy: &Policy) -> Result<(), EgressRefusal> {
    match &row.location {
        Location::OnPremises { network } => {
            let declared = &policy.vendors.networks;
            if network.is_loopback() || declared.iter().any(|outer| outer.covers(network)) {
                Ok(())
            } else {
                Err(EgressRefusal::NetworkUndeclared)
            }
        }
        Location::Hosted { agreement, flags } => {
            let today = now.to_zoned(TimeZone::UTC).date();
            if agreement.signed > today {
                return Err(EgressRefusal::AgreementNotYetSigned);
            }
            if agreement.expires < today {
                return Err(EgressRefusal::AgreementExpired);
            }
            if agreement.verified_at > today {
                return Err(EgressRefusal::VerificationNotYetGiven);
            }
            if agreement.verification_ends() < today {
                return Err(EgressRefusal::VerificationOverdue);
            }
            let required =
                policy.vendors.required_flags.get(&row.role).ok_or(EgressRefusal::FlagsUnset)?;
            let of_vendor =
                known::find(&row.id, row.role).map_or(&[][..], known::Unsigned::required);
            let are_set = required.iter().chain(of_vendor).all(|flag| flags.contains(flag));
            if are_set { Ok(()) } else { Err(EgressRefusal::FlagMissing) }
        }
    }
}

impl RetentionFlag {
    /// The name, as on the command line and in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            RetentionFlag::NoTraining => "no_training",
            RetentionFlag::NoRetention => "no_retention",
            RetentionFlag::AuthenticatedMedia => "authenticated_media",
            RetentionFlag::CustomerKey => "customer_key",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::SpeechToText => "speech_to_text",
            Role::LanguageModel => "language_model",
            Role::TextToSpeech => "text_to_speech",
            Role::Carrier => "carrier",
            Role::Keys => "keys",
            Role::Storage => "storage",
            Role::Crm => "crm",
            Role::Webhook => "webhook",
            Role::Traces => "traces",
            Role::Backup => "backup",
        })
    }
}

#[cfg(test)]
mod tests;
