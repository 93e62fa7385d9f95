//! Proofs for a stranger: that an entry stands in a signed log, and that the log only grew since an older checkpoint.
//!
//! A proof is one JSON document. It is checked with the practice's verifier key alone, without the store and the other entries. It says
//! that the entry was in the log when the checkpoint was signed; not that what it says is true.

use serde::{Deserialize, Serialize};

use super::checkpoint::Checkpoint;
use super::entry::Entry;
use super::merkle::{Leaves, Path};
use super::note::{NoteError, VerifierKey};

/// That the log of a newer checkpoint begins with that of an older one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// The older checkpoint's signed note.
    pub checkpoint: String,
    /// The consistency proof (RFC 9162 §2.1.4).
    pub consistency: Path,
}

/// That an entry is in the log of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The entry, whole.
    pub entry: Entry,
    /// The checkpoint's signed note.
    pub checkpoint: String,
    /// The inclusion proof (RFC 9162 §2.1.3).
    pub inclusion: Path,
    /// And that this log grew out of an older one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
}

/// Why a proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The checkpoint.
    #[error("the checkpoint: {0}")]
    Checkpoint(NoteError),
    /// The older checkpoint.
    #[error("the older checkpoint: {0}")]
    Older(NoteError),
    /// The entry belongs to another practice.
    #[error("the entry is of another practice than the checkpoint")]
    OtherLog,
    /// The entry's digest is not that of its bytes.
    #[error("the entry was edited: its digest is not that of its bytes")]
    Entry,
    /// The path does not lead from the entry to the root.
    #[error("the entry is not in the log of this checkpoint")]
    NotIncluded,
    /// The older root is not one that the newer grew out of.
    #[error(
        "the log of this checkpoint did not grow out of the older one: entries were removed or replaced"
    )]
    NotConsistent,
}

/// What a good proof shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The checkpoint that the entry is under.
    pub checkpoint: Checkpoint,
    /// The older one, where there is one in the proof.
    pub older: Option<Checkpoint>,
}

impl Proof {
    /// Makes the proof of an entry. `leaves` are those of the log. `None` where the entry is not below the checkpoint's size, or the older
    /// checkpoint is not older.
    #[must_use]
    pub fn make(
        entry: Entry,
        leaves: &Leaves,
        checkpoint: &Checkpoint,
        older: Option<&Checkpoint>,
    ) -> Option<Proof> {
        let inclusion = leaves.inclusion(entry.seq, checkpoint.size())?;
        let since = match older {
            None => None,
            Some(older) => Some(Since {
                checkpoint: older.note().to_owned(),
                consistency: leaves.consistency(older.size(), checkpoint.size())?,
            }),
        };
        Some(Proof { entry, checkpoint: checkpoint.note().to_owned(), inclusion, since })
    }

    /// Checks everything that the document claims.
    ///
    /// # Errors
    /// The first claim that does not hold.
    pub fn check(&self, key: &VerifierKey) -> Result<Proven, ProofError> {
        let checkpoint = Checkpoint::open(&self.checkpoint, key).map_err(ProofError::Checkpoint)?;
        let (size, root) = (checkpoint.size(), checkpoint.root());
        let entry = &self.entry;
        if entry.tenant != *checkpoint.tenant() {
            return Err(ProofError::OtherLog);
        }
        if entry.digest != entry.expected_digest() {
            return Err(ProofError::Entry);
        }
        if !self.inclusion.proves_inclusion(entry.digest, entry.seq, size, root) {
            return Err(ProofError::NotIncluded);
        }
        let older = match &self.since {
            None => None,
            Some(since) => {
                let older = Checkpoint::open(&since.checkpoint, key).map_err(ProofError::Older)?;
                let from = (older.size(), older.root());
                if !since.consistency.proves_consistency(from, (size, root)) {
                    return Err(ProofError::NotConsistent);
                }
                Some(older)
            }
        };
        Ok(Proven { checkpoint, older })
    }
}
