//! What is known of a patient's number before it may be called: the evidence of the class C rules (C1, C3, H1).
//!
//! Every check says when it was made. What was not checked is a state of its own, and refuses. This module makes no check, knows no list
//! and judges nothing.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::consent::History;
use crate::digest::KeyedDigest;
use crate::number::PhoneNumber;

/// Whether the number is on the national do-not-call registry (47 CFR 64.1200(c)(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum NationalDnc {
    /// Nobody looked.
    NotChecked,
    /// It was not on it.
    NotListed {
        /// When the registry's version was got.
        checked_at: Timestamp,
    },
    /// It was on it.
    Listed {
        /// When the registry's version was got.
        checked_at: Timestamp,
    },
}

/// What the reassigned numbers database answers (47 CFR 64.1200(l), (m)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReassignedAnswer {
    /// The number was not disconnected since the day asked about.
    No,
    /// It was: it may be somebody else's.
    Yes,
    /// The database does not say.
    NoData,
}

/// Whether the number may have become somebody else's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Reassigned {
    /// Nobody asked.
    NotChecked,
    /// The database was asked.
    Checked {
        /// What it said.
        answer: ReassignedAnswer,
        /// The day that was asked about: of the consent, or of the last contact with the patient there.
        since: Date,
        /// When it was asked.
        checked_at: Timestamp,
    },
}

/// What the patient asked for as confidential communications (45 CFR 164.522(b)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Preference {
    /// It was not looked up.
    NotRecorded,
    /// Nothing.
    NoneStated,
    /// To be called at this number only.
    OnlyNumber(KeyedDigest),
    /// Not to be telephoned.
    NoCalls,
}

/// Where the patient lives, as far as calling hours need it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Residence {
    /// The state's postal code.
    pub region: String,
    /// Every IANA time zone that the address may lie in. None means that it is not known.
    pub zones: Vec<String>,
}

/// Calls begun to the person, at whichever number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallsMade {
    /// In the 24 hours before now.
    pub day: u32,
    /// In the seven days before now.
    pub week: u32,
}

/// A patient at a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// The number that all of this is about. Serialised as its digest.
    #[serde(serialize_with = "PhoneNumber::serialise_digest")]
    pub number: PhoneNumber,
    /// The same, as consents name it.
    pub digest: KeyedDigest,
    /// What was said to calls to it.
    pub consents: History,
    /// The national registry.
    pub national: NationalDnc,
    /// The reassigned numbers database.
    pub reassigned: Reassigned,
    /// Confidential communications.
    pub preference: Preference,
    /// Where the patient lives.
    pub residence: Residence,
    /// What was called already.
    pub calls: CallsMade,
}
