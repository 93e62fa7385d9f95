//! What may leave this machine, and what did: field names, the egress policy, the ledger (rule V2), and what is read from ledgers
//! afterwards: exposure, and the accounting of disclosures.
//!
//! Nothing here holds or sends a value.

mod accounting;
mod exposure;
mod field;
mod ledger;
mod policy;
#[cfg(test)]
mod tests;

pub use accounting::{CallIncident, Disclosure, Standing, account};
pub use exposure::{Exposed, Exposure, Form, Sent};
pub use field::{Field, FieldSet};
pub use ledger::{ENTRIES_MAX, JOIN_MS, Ledger, LedgerEntry, Recipient, Total};
pub use policy::{Destination, FieldsRefused, allowed, allowed_to_payer, check, listable};
