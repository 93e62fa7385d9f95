//! One audit entry, and the canonical bytes that its digest is of.
//!
//! Canonical form, version 1: every part in the order of the fields of [`Entry`], each text as its length (4 bytes, big-endian) and its
//! bytes, each absent part as length `0xffff_ffff`, numbers as 8 bytes big-endian, digests as 32 bytes. So no two entries share a form.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::egress::FieldSet;
use crate::id::{DecisionId, ObjectId, PersonId, TenantId, VendorId};
use crate::phi::Purpose;
use crate::rule::RuleId;

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What was done. A closed list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Action { $($(#[$doc])* $name,)* }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Action] = &[$(Action::$name,)*];

            /// The stable name, as in the canonical bytes.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Action::$name => $text,)* }
            }
        }
    };
}

actions! {
    /// The first entry after a migration of the store.
    MigrationApplied = "migration_applied",
    /// A process took up its work with a configuration, whose digest is the object.
    ConfigLoaded = "config_loaded",
    /// A policy took effect for the tenant; its digest is the object.
    PolicyLoaded = "policy_loaded",
    /// A request was accepted.
    RequestAccepted = "request_accepted",
    /// A request was withdrawn or reached its end.
    RequestClosed = "request_closed",
    /// A decision was made; the object is its request.
    DecisionMade = "decision_made",
    /// A dial intent was written.
    DialIntent = "dial_intent",
    /// The carrier accepted a call.
    CallPlaced = "call_placed",
    /// A call ended.
    CallEnded = "call_ended",
    /// The playout of a disclosure was proven.
    DisclosureProven = "disclosure_proven",
    /// Keeping of audio or words began.
    RecordingStarted = "recording_started",
    /// Keeping of audio or words ended.
    RecordingStopped = "recording_stopped",
    /// Audio or words were deleted.
    RecordingDeleted = "recording_deleted",
    /// Somebody objected to being recorded.
    RecordingObjected = "recording_objected",
    /// Fields went to a vendor or the far end.
    Egress = "egress",
    /// Something was refused by the register, the egress policy or the gate.
    EgressRefused = "egress_refused",
    /// Protected health information was read.
    PhiRead = "phi_read",
    /// A result was stored.
    ResultStored = "result_stored",
    /// A result was given out.
    ResultDelivered = "result_delivered",
    /// The kill switch was thrown.
    KillSwitch = "kill_switch",
    /// The kill switch was taken back.
    KillSwitchReleased = "kill_switch_released",
    /// An opt-out was recorded.
    OptOutRecorded = "opt_out_recorded",
    /// An opt-out was lifted, with a reason.
    OptOutLifted = "opt_out_lifted",
    /// A consent was recorded or taken back.
    ConsentRecorded = "consent_recorded",
    /// What was found or asked about a patient's number was written down.
    ContactNoted = "contact_noted",
    /// An allowlist entry was added.
    AllowlistAdded = "allowlist_added",
    /// An allowlist entry was approved.
    AllowlistApproved = "allowlist_approved",
    /// The carrier was asked to prove that an entry's number is one's own.
    AllowlistProofAsked = "allowlist_proof_asked",
    /// The proof that an entry's number is one's own was written down.
    AllowlistProven = "allowlist_proven",
    /// An allowlist entry was removed.
    AllowlistRemoved = "allowlist_removed",
    /// A row of the vendor register was changed.
    VendorChanged = "vendor_changed",
    /// An account was made, changed or closed.
    AccountChanged = "account_changed",
    /// Somebody signed in.
    SignedIn = "signed_in",
    /// A sign-in failed.
    SignInFailed = "sign_in_failed",
    /// An operator took a call over or gave it back.
    OperatorTookOver = "operator_took_over",
    /// A key was made, wrapped anew or turned.
    KeyRotated = "key_rotated",
    /// A data key was destroyed: what it sealed is unreadable.
    Erased = "erased",
    /// A result was accepted: what was only needed to check it may go.
    ResultAccepted = "result_accepted",
    /// A legal hold was placed: what it covers is not purged and not erased.
    HoldPlaced = "hold_placed",
    /// A legal hold was lifted, with a reason.
    HoldLifted = "hold_lifted",
    /// A record was purged at the end of its period; its fields say of which class it was.
    Purged = "purged",
    /// Data was exported.
    Exported = "exported",
    /// A backup was made.
    BackedUp = "backed_up",
    /// A backup was restored.
    Restored = "restored",
    /// An incident was opened.
    IncidentOpened = "incident_opened",
    /// An incident went a step on.
    IncidentAdvanced = "incident_advanced",
    /// The terms of a practice's incidents were set: its agreement's hours, counsel's clocks.
    IncidentTermsSet = "incident_terms_set",
    /// A checkpoint over the entries up to this one was signed; the object is the root of the tree before it.
    Checkpointed = "checkpointed",
    /// A checkpoint was anchored outside; the object is its root.
    Anchored = "anchored",
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A process of ours, by its node id.
    Node(ObjectId),
    /// A person with an account.
    Person(PersonId),
    /// A program with an API key, by the key's id.
    Key(ObjectId),
    /// Whoever is on the line.
    FarEnd,
}

/// What is to be written down, before the chain gives it its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Who did it.
    pub actor: Actor,
    /// What.
    pub action: Action,
    /// To what: a request, a call, a document, the digest of a policy.
    pub object: Option<ObjectId>,
    /// Under which decision.
    pub decision: Option<DecisionId>,
    /// Under which rule.
    pub rule: Option<RuleId>,
    /// What for, where protected health information was read.
    pub purpose: Option<Purpose>,
    /// Which fields, by name.
    pub fields: FieldSet,
    /// Who received them.
    pub recipient: Option<VendorId>,
}

impl Event {
    /// An event with nothing but actor and action; the rest is set by the caller.
    #[must_use]
    pub const fn new(actor: Actor, action: Action) -> Event {
        Event {
            actor,
            action,
            object: None,
            decision: None,
            rule: None,
            purpose: None,
            fields: FieldSet::EMPTY,
            recipient: None,
        }
    }
}

/// One entry of a tenant's chain, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its place in the chain, from 0, without gaps.
    pub seq: u64,
    /// When, to the microsecond.
    pub at: Timestamp,
    /// Whose chain.
    pub tenant: TenantId,
    /// Who did it.
    pub actor: Actor,
    /// What.
    pub action: Action,
    /// To what.
    pub object: Option<ObjectId>,
    /// Under which decision.
    pub decision: Option<DecisionId>,
    /// Under which rule.
    pub rule: Option<RuleId>,
    /// What for.
    pub purpose: Option<Purpose>,
    /// Which fields, by name.
    pub fields: FieldSet,
    /// Who received them.
    pub recipient: Option<VendorId>,
    /// The digest of the entry before.
    pub prev: Digest,
    /// The digest of this entry's canonical bytes.
    pub digest: Digest,
}

/// The version of the canonical form.
const FORM: &[u8] = b"callwright-audit-1\n";

impl Entry {
    /// The bytes that the digest is of: everything but the digest itself.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(FORM);
        number(&mut bytes, self.seq);
        // Negative for times before 1970, which two's complement keeps apart.
        bytes.extend_from_slice(&self.at.as_microsecond().to_be_bytes());
        text(&mut bytes, Some(self.tenant.as_str()));
        let (kind, who) = match &self.actor {
            Actor::Node(id) => ("node", Some(id.as_str())),
            Actor::Person(id) => ("person", Some(id.as_str())),
            Actor::Key(id) => ("key", Some(id.as_str())),
            Actor::FarEnd => ("far_end", None),
        };
        text(&mut bytes, Some(kind));
        text(&mut bytes, who);
        text(&mut bytes, Some(self.action.name()));
        text(&mut bytes, self.object.as_ref().map(ObjectId::as_str));
        text(&mut bytes, self.decision.map(|id| id.to_string()).as_deref());
        text(&mut bytes, self.rule.map(RuleId::name));
        text(&mut bytes, self.purpose.map(Purpose::name));
        number(&mut bytes, self.fields.iter().count() as u64);
        for field in self.fields.iter() {
            text(&mut bytes, Some(field.name()));
        }
        text(&mut bytes, self.recipient.as_ref().map(VendorId::as_str));
        bytes.extend_from_slice(self.prev.as_bytes());
        bytes
    }

    /// The digest that the entry should have.
    #[must_use]
    pub fn expected_digest(&self) -> Digest {
        Digest::of(&self.canonical())
    }
}

fn number(bytes: &mut Vec<u8>, value: u64) {
    bytes.extend_from_slice(&value.to_be_bytes());
}

fn text(bytes: &mut Vec<u8>, value: Option<&str>) {
    // Ids are at most 64 characters, so a length never reaches the mark for an absent part.
    let length = value.map_or(u32::MAX, |value| u32::try_from(value.len()).unwrap_or(u32::MAX - 1));
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(value.unwrap_or_default().as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_serde_and_differ() {
        let mut seen = std::collections::BTreeSet::new();
        for action in Action::ALL {
            assert_eq!(serde_json::to_string(action).unwrap(), format!("\"{}\"", action.name()));
            assert!(seen.insert(action.name()));
        }
    }

    #[test]
    fn an_absent_part_is_not_an_empty_one() {
        let (mut absent, mut empty) = (vec![], vec![]);
        text(&mut absent, None);
        text(&mut empty, Some(""));
        assert_ne!(absent, empty);
    }
}
