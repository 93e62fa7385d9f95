//! The audit log: entries of a closed kind, chained per tenant by SHA-256 (rule A1; 45 CFR 164.312(b), 164.316(b)(2)(i)).
//!
//! An entry is written in the same transaction as the act; no row, no act. Entries hold ids, rule ids and field names, never values.
//! The chain finds an edit, a deletion, a reordering and an insertion. What a chain alone cannot show, a rewritten or missing tail, is
//! seen against a [`Checkpoint`]: the size and the Merkle root of the log, signed. [`LogVerifier`] verifies chain and checkpoints
//! together; [`Proof`] and [`ExportLine`] are what a stranger verifies without the store. This module stores nothing and keeps no key.

mod chain;
mod checkpoint;
mod entry;
mod export;
mod log;
mod merkle;
mod note;
mod proof;

pub use chain::{Anchor, Broken, BrokenBy, Chain, Verifier, Whole, genesis, verify};
pub use checkpoint::{Checkpoint, origin, tenant_of};
pub use entry::{Action, Actor, Entry, Event};
pub use export::{ExportHead, ExportLine, ExportVerifier, NotAnExport};
pub use log::{Flaw, Kept, LogVerifier, Report};
pub use merkle::{Leaves, Path, Tree};
pub use note::{NoteError, NoteSigner, VerifierKey};
pub use proof::{Proof, ProofError, Proven, Since};
