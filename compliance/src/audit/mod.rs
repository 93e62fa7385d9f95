//! The audit log: entries of a closed kind, chained per tenant by SHA-256 (rule A1; 45 CFR 164.312(b), 164.316(b)(2)(i)).
//!
//! An entry is written in the same transaction as the act; no row, no act. Entries hold ids, rule ids and field names, never values.
//! The chain finds an edit, a deletion, a reordering and an insertion; a truncated tail is found only against an anchor kept elsewhere
//! ([`Whole::reaches`]). This module stores and signs nothing.

mod chain;
mod entry;

pub use chain::{Anchor, Broken, BrokenBy, Chain, Verifier, Whole, genesis, verify};
pub use entry::{Action, Actor, Entry, Event};
