//! The chain: each entry holds the digest of the one before, the first the tenant's genesis digest.
//!
//! This module keeps only the head. The store appends the entry in the same transaction as the act, and resumes the chain from its last
//! row.

use core::fmt;
use std::borrow::Borrow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::entry::{Entry, Event};
use crate::digest::Digest;
use crate::id::TenantId;

/// The digest that a tenant's first entry holds as the one before.
#[must_use]
pub fn genesis(tenant: &TenantId) -> Digest {
    let mut bytes = b"callwright-audit-genesis-1\n".to_vec();
    bytes.extend_from_slice(tenant.as_str().as_bytes());
    Digest::of(&bytes)
}

/// How long a chain is, and the digest of its last entry (of the genesis where it is empty).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// The number of entries.
    pub len: u64,
    /// The digest of the last.
    pub head: Digest,
}

/// The head of one tenant's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    tenant: TenantId,
    anchor: Anchor,
}

impl Chain {
    /// The empty chain of a tenant.
    #[must_use]
    pub fn new(tenant: TenantId) -> Chain {
        let head = genesis(&tenant);
        Chain { tenant, anchor: Anchor { len: 0, head } }
    }

    /// The chain of a tenant that ends at `anchor`, as read from the store.
    #[must_use]
    pub const fn resume(tenant: TenantId, anchor: Anchor) -> Chain {
        Chain { tenant, anchor }
    }

    /// Length and head, to be anchored outside.
    #[must_use]
    pub const fn anchor(&self) -> Anchor {
        self.anchor
    }

    /// Gives an event its place. Store the entry in the transaction of the act; if that fails, throw this chain away and resume anew.
    ///
    /// `at` is cut to the microsecond, which every store keeps.
    #[must_use = "an entry that is not stored breaks the chain"]
    pub fn append(&mut self, at: Timestamp, event: Event) -> Entry {
        let mut entry = Entry {
            seq: self.anchor.len,
            at: Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at),
            tenant: self.tenant.clone(),
            actor: event.actor,
            action: event.action,
            object: event.object,
            decision: event.decision,
            rule: event.rule,
            purpose: event.purpose,
            fields: event.fields,
            recipient: event.recipient,
            prev: self.anchor.head,
            digest: self.anchor.head,
        };
        entry.digest = entry.expected_digest();
        self.anchor = Anchor { len: self.anchor.len + 1, head: entry.digest };
        entry
    }
}

/// The chain was verified from its beginning to this end.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a whole chain may still be truncated: compare it with an anchor"]
pub struct Whole {
    /// The number of entries.
    pub len: u64,
    /// The digest of the last.
    pub head: Digest,
    anchor_seen: AnchorSeen,
}

/// Whether the anchor that was asked for lies on the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AnchorSeen {
    NotAsked,
    OnChain,
    Missed,
}

impl Whole {
    /// Length and head.
    #[must_use]
    pub const fn anchor(&self) -> Anchor {
        Anchor { len: self.len, head: self.head }
    }

    /// Whether the anchor that the verification was given lies on the chain. A chain that is shorter than an anchor kept elsewhere was
    /// truncated; one with another head at that length was forked. Without an anchor the answer is no.
    #[must_use]
    pub const fn reaches(&self) -> bool {
        matches!(self.anchor_seen, AnchorSeen::OnChain)
    }
}

/// What is wrong with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BrokenBy {
    /// Its number is not the one after the entry before: one is missing, was added or has another place.
    Sequence,
    /// It belongs to another tenant.
    Tenant,
    /// It does not hold the digest of the entry before.
    Link,
    /// Its digest is not that of its bytes: it was edited.
    Digest,
    /// It is not kept in the form in which it was written: it was edited.
    Form,
}

/// The chain does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Broken {
    /// The place, counted from 0, at which it breaks.
    pub seq: u64,
    /// What is wrong there.
    pub why: BrokenBy,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.why {
            BrokenBy::Sequence => "an entry is missing, was added or has another place",
            BrokenBy::Tenant => "the entry belongs to another tenant",
            BrokenBy::Link => "the entry does not follow the one before",
            BrokenBy::Digest => "the entry was edited",
            BrokenBy::Form => "what is kept there is not an entry as it was written",
        };
        write!(f, "A1: the audit chain breaks at entry {}: {why}", self.seq)
    }
}

impl core::error::Error for Broken {}

/// Verifies a tenant's chain entry by entry, from its first, in constant memory.
///
/// The anchor is given at the beginning, because whether it lies on the chain is seen as its place goes by.
#[derive(Clone, Debug)]
#[must_use = "a verification says something only once it is finished"]
pub struct Verifier {
    tenant: TenantId,
    anchor: Option<Anchor>,
    /// The chain so far.
    now: Anchor,
    seen: bool,
}

impl Verifier {
    /// Begins at the genesis of the tenant's chain, looking for an `anchor` that was kept elsewhere.
    pub fn new(tenant: TenantId, anchor: Option<Anchor>) -> Verifier {
        let now = Anchor { len: 0, head: genesis(&tenant) };
        Verifier { tenant, anchor, now, seen: anchor == Some(now) }
    }

    /// Goes on where a verified stretch of the chain ended.
    pub const fn resume(tenant: TenantId, now: Anchor) -> Verifier {
        Verifier { tenant, anchor: None, now, seen: false }
    }

    /// The end of the chain so far.
    pub const fn reached(&self) -> Anchor {
        self.now
    }

    /// What is kept at the next place cannot be read as an entry, or not in the form in which it was written.
    pub const fn unreadable(&self) -> Broken {
        Broken { seq: self.now.len, why: BrokenBy::Form }
    }

    /// Takes the next entry.
    ///
    /// # Errors
    /// [`Broken`] where it does not hold. The chain goes no further then: no entry after it is taken but the one that belongs here.
    pub fn push(&mut self, entry: &Entry) -> Result<(), Broken> {
        let Anchor { len, head } = self.now;
        let why = if entry.seq != len {
            Some(BrokenBy::Sequence)
        } else if entry.tenant != self.tenant {
            Some(BrokenBy::Tenant)
        } else if entry.prev != head {
            Some(BrokenBy::Link)
        } else if entry.digest != entry.expected_digest() {
            Some(BrokenBy::Digest)
        } else {
            None
        };
        if let Some(why) = why {
            return Err(Broken { seq: len, why });
        }
        self.now = Anchor { len: len + 1, head: entry.digest };
        self.seen |= self.anchor == Some(self.now);
        Ok(())
    }

    /// The chain ends here.
    pub fn finish(self) -> Whole {
        let anchor_seen = match (self.anchor, self.seen) {
            (None, _) => AnchorSeen::NotAsked,
            (Some(_), true) => AnchorSeen::OnChain,
            (Some(_), false) => AnchorSeen::Missed,
        };
        Whole { len: self.now.len, head: self.now.head, anchor_seen }
    }
}

/// Verifies a tenant's chain from its first entry, and whether `anchor`, kept elsewhere, lies on it. [`Verifier`] does it piece by piece.
///
/// # Errors
/// [`Broken`] at the first entry that does not hold.
pub fn verify<E: Borrow<Entry>>(
    tenant: &TenantId,
    entries: impl IntoIterator<Item = E>,
    anchor: Option<Anchor>,
) -> Result<Whole, Broken> {
    let mut verifier = Verifier::new(tenant.clone(), anchor);
    for entry in entries {
        verifier.push(entry.borrow())?;
    }
    Ok(verifier.finish())
}

#[cfg(test)]
mod tests;
