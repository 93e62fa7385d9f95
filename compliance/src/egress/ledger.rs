//! The egress ledger of one call: every field that reached a vendor or the payer, by name, with byte counts. Never values.
//!
//! It answers, after an incident, which fields of whom went where and when (45 CFR 164.528, 164.410). This module does not check the
//! policy ([`super::policy`]) and does not store the ledger.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::field::FieldSet;
use super::policy::Destination;
use crate::class::CallPurpose;
use crate::id::VendorId;
use crate::vendor::Role;

/// Who received something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// Whoever was on the line.
    FarEnd,
    /// A vendor, in one of its roles.
    Vendor {
        /// Its row in the register.
        id: VendorId,
        /// As what it was used.
        role: Role,
    },
}

impl Recipient {
    /// The recipient as the egress policy sees it.
    #[must_use]
    pub const fn destination(&self) -> Destination {
        match self {
            Recipient::FarEnd => Destination::FarEnd,
            Recipient::Vendor { role, .. } => Destination::Vendor(*role),
        }
    }
}

/// Fields that went to one recipient. Streamed bytes of the same kind are joined over [`JOIN_MS`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Milliseconds since the call began, at the first byte.
    pub at_ms: u64,
    /// Who received them.
    pub recipient: Recipient,
    /// What the call was for.
    pub purpose: CallPurpose,
    /// Which fields, by name.
    pub fields: FieldSet,
    /// How many bytes.
    pub bytes: u64,
}

/// The sum of what one recipient received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// How many bytes.
    pub bytes: u64,
    /// Every field that was in any of them.
    pub fields: FieldSet,
    /// How often something was sent.
    pub sends: u64,
}

/// Audio of one kind to one recipient is joined to one entry a minute, so that a call of 150 minutes stays small.
pub const JOIN_MS: u64 = 60_000;
/// The most entries: far above what a call of 150 minutes makes. Beyond it only the totals grow, and `overflowed` says so.
pub const ENTRIES_MAX: usize = 8_192;

/// What left this machine on one call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    entries: Vec<LedgerEntry>,
    totals: BTreeMap<Recipient, Total>,
    overflowed: u64,
}

impl Ledger {
    /// An empty ledger.
    #[must_use]
    pub fn new() -> Ledger {
        Ledger::default()
    }

    /// Writes down that something was sent. Call it for every send, before the send.
    pub fn add(&mut self, entry: LedgerEntry) {
        let total = self.totals.entry(entry.recipient.clone()).or_default();
        total.bytes = total.bytes.saturating_add(entry.bytes);
        total.fields = total.fields.union(entry.fields);
        total.sends = total.sends.saturating_add(1);
        // The newest entry of the recipient is near the end: few streams run at the same time.
        let joined = self.entries.iter_mut().rev().take(16).find(|old| {
            old.recipient == entry.recipient
                && old.purpose == entry.purpose
                && old.fields == entry.fields
                && entry.at_ms.saturating_sub(old.at_ms) < JOIN_MS
        });
        if let Some(old) = joined {
            old.bytes = old.bytes.saturating_add(entry.bytes);
        } else if self.entries.len() < ENTRIES_MAX {
            self.entries.push(entry);
        } else {
            self.overflowed = self.overflowed.saturating_add(1);
        }
    }

    /// The entries, oldest first.
    #[must_use]
    pub fn entries(&self) -> &[LedgerEntry] {
        &self.entries
    }

    /// The sum for every recipient. Complete even where entries overflowed.
    #[must_use]
    pub const fn totals(&self) -> &BTreeMap<Recipient, Total> {
        &self.totals
    }

    /// How many sends have no entry of their own because the ledger was full.
    #[must_use]
    pub const fn overflowed(&self) -> u64 {
        self.overflowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::egress::Field;

    fn entry(at_ms: u64, fields: FieldSet, bytes: u64) -> LedgerEntry {
        let id = VendorId::new("ear").unwrap();
        let recipient = Recipient::Vendor { id, role: Role::SpeechToText };
        LedgerEntry { at_ms, recipient, purpose: CallPurpose::MedicalBenefits, fields, bytes }
    }

    #[test]
    fn a_stream_is_joined_by_the_minute_and_summed() {
        let mut ledger = Ledger::new();
        for frame in 0..6_000u64 {
            ledger.add(entry(frame * 20, Field::FarEndAudio.into(), 160));
        }
        assert_eq!(ledger.entries().len(), 2);
        assert_eq!(ledger.entries().iter().map(|entry| entry.bytes).sum::<u64>(), 960_000);
        let total = ledger.totals().values().next().unwrap();
        assert_eq!((total.bytes, total.sends), (960_000, 6_000));
    }

    #[test]
    fn other_fields_are_another_entry() {
        let mut ledger = Ledger::new();
        ledger.add(entry(0, Field::FarEndAudio.into(), 1));
        ledger.add(entry(1, Field::Amounts.into(), 1));
        assert_eq!(ledger.entries().len(), 2);
        let total = ledger.totals().values().next().unwrap();
        assert_eq!(total.fields, FieldSet::of(&[Field::FarEndAudio, Field::Amounts]));
    }

    #[test]
    fn a_full_ledger_keeps_its_totals_true() {
        let mut ledger = Ledger::new();
        let sends = ENTRIES_MAX as u64 + 10;
        for minute in 0..sends {
            ledger.add(entry(minute * JOIN_MS, Field::FarEndAudio.into(), 2));
        }
        assert_eq!((ledger.entries().len(), ledger.overflowed()), (ENTRIES_MAX, 10));
        assert_eq!(ledger.totals().values().next().unwrap().bytes, sends * 2);
    }
}
