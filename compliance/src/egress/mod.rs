//! What may leave this machine, and what did: field names, the egress policy and the ledger (rule V2).
//!
//! Nothing here holds or sends a value.

mod field;
mod ledger;
mod policy;

pub use field::{Field, FieldSet};
pub use ledger::{ENTRIES_MAX, JOIN_MS, Ledger, LedgerEntry, Recipient, Total};
pub use policy::{Destination, FieldsRefused, allowed, allowed_to_payer, check, listable};
