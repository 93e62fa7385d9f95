//! Entries of a tenant's allowlist: which exact number may be called, as what, on whose word (rule N3).
//!
//! These are evidence; `rules` judges them. This module does not keep the list.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::class::CallClass;
use crate::digest::Digest;
use crate::id::{DecisionId, ObjectId, PayerId, PersonId, TenantId, VendorId};
use crate::number::PhoneNumber;
use crate::policy::Policy;
use crate::refusal::Reason;
use crate::rules;

/// What is at the other end of a number, as it was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineType {
    /// A business's landline.
    Landline,
    /// A business's line over the internet, at a fixed place.
    FixedVoip,
    /// A toll-free line.
    TollFree,
    /// A mobile telephone. Refused: 47 U.S.C. 227(b)(1)(A)(iii).
    Mobile,
    /// A pager. Refused: 47 U.S.C. 227(b)(1)(A)(iii).
    Pager,
    /// An emergency line of any kind. Refused: 47 CFR 64.1200(a)(1)(i).
    Emergency,
    /// A guest or patient room of a hospital or home. Refused: 47 CFR 64.1200(a)(1)(ii).
    PatientRoom,
    /// A residence. Refused: 47 U.S.C. 227(b)(1)(B).
    Residential,
    /// Not known. Refused.
    Unknown,
}

/// What the rules have against ever calling a number of this line type: its form, its area code, the type itself. Empty where an entry may be
/// added. Whether it may be called is judged at each call, on the whole entry.
#[must_use]
pub fn unfit(number: &PhoneNumber, line: LineType, policy: &Policy) -> Vec<Reason> {
    rules::unfit(number, line, policy)
}

/// How it is known that the number is what the entry says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublicationKind {
    /// The payer publishes the line for providers on its site.
    PayerWebsite,
    /// The payer's provider manual.
    ProviderManual,
    /// A contract between the practice and the payer.
    Contract,
    /// The back of a member's card.
    MemberCard,
    /// One's own number, proven by a code that was keyed on its telephone (class T). The proof is [`AllowlistEntry::proof`].
    OwnNumberProven,
}

/// The evidence that the line was published for calls like this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// Where it was published.
    pub kind: PublicationKind,
    /// The kept copy: page, document or proof.
    pub document: ObjectId,
    /// The digest of that copy.
    pub sha256: Digest,
    /// The day on which it was seen.
    pub seen_on: Date,
}

/// The proof that a number is one's own: the carrier rang it, and the code that was shown on the screen here was keyed there (class T).
///
/// The code itself is kept nowhere: the carrier makes it, shows it once, and says afterwards whether it was keyed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberProof {
    /// The carrier that rang the number.
    pub carrier: VendorId,
    /// The carrier's own record of the verified number.
    pub reference: ObjectId,
    /// The decision under which the carrier was asked to ring it.
    pub decision: DecisionId,
    /// Who asked for it.
    pub asked_by: PersonId,
    /// When the carrier was asked to ring it.
    pub asked_at: Timestamp,
    /// When the code was keyed, by the carrier's clock.
    pub keyed_at: Timestamp,
}

/// Who said, beside the one who added it, that the entry is right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Approval {
    /// Nobody yet.
    Pending,
    /// A second person.
    Second {
        /// Who.
        by: PersonId,
        /// When.
        at: Timestamp,
    },
    /// The one administrator that the tenant has, a day later and after proving who they are again.
    SoleAdministrator {
        /// Who: the one who added the entry.
        by: PersonId,
        /// When the entry was confirmed: at least 24 h after it was added.
        at: Timestamp,
        /// When the administrator authenticated again for it.
        reauthenticated_at: Timestamp,
        /// How many administrators the tenant had at that time. More than one makes this approval void.
        administrators: u32,
    },
}

/// One number that a tenant may call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowlistEntry {
    /// The entry itself, for the audit.
    pub id: ObjectId,
    /// Whose list it is on.
    pub tenant: TenantId,
    /// The exact number. Serialised as its digest.
    #[serde(serialize_with = "PhoneNumber::serialise_digest")]
    pub number: PhoneNumber,
    /// The only class of call that it is for.
    pub class: CallClass,
    /// The payer at the other end.
    pub payer: PayerId,
    /// Why it may be called at all.
    pub publication: Publication,
    /// What is at the other end.
    pub line: LineType,
    /// Who verified line and publication.
    pub verifier: PersonId,
    /// Who added the entry.
    pub added_by: PersonId,
    /// When it was added.
    pub added_at: Timestamp,
    /// Who approved it.
    pub approval: Approval,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The proof that the number is one's own. Class T is refused without; no other class looks at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<NumberProof>,
}
