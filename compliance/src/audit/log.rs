//! Verifying a whole log: its chain, its own checkpoints, and checkpoints that were kept elsewhere, in one pass and little memory.
//!
//! Checkpoints are given first, entries after, in order. What is looked for, beside a break of the chain: a checkpoint that is not signed
//! by the key; one above the log's end (the tail is missing) or with another root (entries were replaced); one that the log says was made
//! and that is not there, and the other way about. What it cannot know: whether the key is the right one, and what happened after the
//! newest checkpoint that was kept elsewhere.

use core::fmt;
use std::collections::BTreeMap;

use super::chain::{Anchor, Broken, Verifier, Whole};
use super::checkpoint::Checkpoint;
use super::entry::{Action, Entry};
use super::merkle::Tree;
use super::note::{NoteError, VerifierKey};
use crate::digest::Digest;
use crate::id::{ObjectId, TenantId};

/// Where a checkpoint was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// Beside the log, with the size under which it lies there.
    Beside(u64),
    /// Elsewhere: the name of a file.
    Elsewhere(String),
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kept::Beside(size) => write!(f, "the stored checkpoint of {size} entries"),
            Kept::Elsewhere(name) => write!(f, "the checkpoint in {name}"),
        }
    }
}

/// What is wrong with a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The chain breaks.
    Chain(Broken),
    /// A checkpoint is not one, or not of this log, or not signed by its key.
    Note {
        /// Which.
        kept: Kept,
        /// Why.
        why: NoteError,
    },
    /// The log is shorter than a checkpoint says.
    Cut {
        /// Which.
        kept: Kept,
        /// How many entries it covers.
        size: u64,
        /// How many there are.
        len: u64,
    },
    /// The log is long enough, and its root at that size is another.
    Replaced {
        /// Which.
        kept: Kept,
        /// How many entries it covers.
        size: u64,
    },
    /// The log does not pass through the length and digest that were kept elsewhere.
    AnchorMissed(Anchor),
    /// An entry says that a checkpoint was signed there, and it is gone or was of another tree.
    CheckpointGone {
        /// The entry.
        seq: u64,
    },
    /// A checkpoint is stored that no entry tells of.
    CheckpointUntold {
        /// How many entries it covers.
        size: u64,
    },
    /// There are checkpoints, and no key of the log to verify them with.
    NoKey,
    /// The log is signed by another key than the one that was kept elsewhere.
    OtherKey,
    /// An export has not as many lines as its head says.
    Incomplete {
        /// How many checkpoints it should have.
        checkpoints: u64,
        /// How many entries.
        entries: u64,
    },
    /// Rows of the audit belong to no practice.
    Strays(u64),
    /// The log does not begin with the practice's founding: it has no entry, or another one there.
    Unfounded,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flaw::Chain(broken) => broken.fmt(f),
            Flaw::Note { kept, why } => write!(f, "A1: {kept}: {why}"),
            Flaw::Cut { kept, size, len } => write!(
                f,
                "A1: {kept} covers {size} entries and the log has {len}: entries were removed at its end"
            ),
            Flaw::Replaced { kept, size } => {
                write!(f, "A1: {kept} has another root over the first {size} entries: some were replaced")
            }
            Flaw::AnchorMissed(Anchor { len, .. }) => write!(
                f,
                "A1: the chain does not pass through the anchor at {len}: entries were removed at its end, or replaced"
            ),
            Flaw::CheckpointGone { seq } => {
                write!(f, "A1: entry {seq} tells of a checkpoint that is not there, or was of other entries")
            }
            Flaw::CheckpointUntold { size } => {
                write!(f, "A1: no entry tells of the stored checkpoint of {size} entries")
            }
            Flaw::NoKey => f.write_str(
                "A1: there are checkpoints, and the key that verifies them is gone: give the one you keep",
            ),
            Flaw::OtherKey => f.write_str("A1: the log's key is not the one that was given"),
            Flaw::Incomplete { checkpoints, entries } => write!(
                f,
                "A1: the export should have {checkpoints} checkpoints and {entries} entries, and has not"
            ),
            Flaw::Strays(rows) => write!(
                f,
                "A1: {rows} rows of the audit belong to no practice: they were added, or taken from another's log"
            ),
            Flaw::Unfounded => f.write_str(
                "A1: the log does not begin with the practice's founding, as every log does: all that was in it was removed",
            ),
        }
    }
}

/// A checkpoint that is still ahead.
#[derive(Clone, Debug)]
struct Ahead {
    kept: Kept,
    root: Digest,
}

/// What a verification found.
#[derive(Clone, Debug)]
#[must_use = "a report may hold flaws"]
pub struct Report {
    /// The chain up to its end, or to where it breaks.
    pub whole: Whole,
    /// What is wrong, in the order in which it was found. Empty: nothing.
    pub flaws: Vec<Flaw>,
    /// How many checkpoints beside the log agree with it.
    pub beside: u64,
    /// How many that were kept elsewhere do.
    pub elsewhere: u64,
    /// The size of the largest checkpoint that agrees: what comes after it, its chain alone protects.
    pub signed: Option<u64>,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        self.flaws.is_empty()
    }
}

/// See the module.
#[derive(Clone, Debug)]
#[must_use = "a verification says something only once it is finished"]
pub struct LogVerifier {
    chain: Verifier,
    anchor: Option<Anchor>,
    tree: Tree,
    tenant: TenantId,
    key: Option<VerifierKey>,
    ahead: BTreeMap<u64, Vec<Ahead>>,
    report: Found,
    broken: bool,
}

#[derive(Clone, Debug, Default)]
struct Found {
    flaws: Vec<Flaw>,
    beside: u64,
    elsewhere: u64,
    signed: Option<u64>,
}

impl LogVerifier {
    /// Begins. `key` is the one that the log's checkpoints are signed with; `anchor` a length and digest kept elsewhere.
    pub fn new(tenant: TenantId, key: Option<VerifierKey>, anchor: Option<Anchor>) -> LogVerifier {
        LogVerifier {
            chain: Verifier::new(tenant.clone(), anchor),
            anchor,
            tree: Tree::new(),
            tenant,
            key,
            ahead: BTreeMap::new(),
            report: Found::default(),
            broken: false,
        }
    }

    /// Notes a flaw that the caller found.
    pub fn flaw(&mut self, flaw: Flaw) {
        self.report.flaws.push(flaw);
    }

    /// Takes a checkpoint, by its note, before the first entry.
    pub fn checkpoint(&mut self, kept: Kept, note: &str) {
        let Some(key) = &self.key else {
            if !self.report.flaws.contains(&Flaw::NoKey) {
                self.flaw(Flaw::NoKey);
            }
            return;
        };
        let opened = Checkpoint::open(note, key).and_then(|checkpoint| {
            let place = match &kept {
                Kept::Beside(size) => *size == checkpoint.size() && checkpoint.is_bare(),
                Kept::Elsewhere(_) => true,
            };
            if *checkpoint.tenant() != self.tenant {
                return Err(NoteError::OtherLog);
            }
            // One of nothing is none of ours: the first covers its own entry.
            if place && checkpoint.size() > 0 { Ok(checkpoint) } else { Err(NoteError::Form) }
        });
        match opened {
            Ok(checkpoint) => {
                let ahead = Ahead { kept, root: checkpoint.root() };
                self.ahead.entry(checkpoint.size()).or_default().push(ahead);
            }
            Err(why) => self.flaw(Flaw::Note { kept, why }),
        }
    }

    /// Takes the next entry, or `None` where what is kept there is not one as it was written. After a break the rest is passed over.
    pub fn push(&mut self, entry: Option<&Entry>) {
        if self.broken {
            return;
        }
        let taken = match entry {
            Some(entry) => self.chain.push(entry),
            None => Err(self.chain.unreadable()),
        };
        match (taken, entry) {
            (Ok(()), Some(entry)) => self.grow(entry),
            (Err(broken), _) => {
                self.broken = true;
                self.flaw(Flaw::Chain(broken));
            }
            (Ok(()), None) => {}
        }
    }

    fn grow(&mut self, entry: &Entry) {
        let before = self.tree.root();
        self.tree.push(entry.digest);
        let size = self.tree.size();
        let here = self.ahead.remove(&size).unwrap_or_default();
        let tells = entry.action == Action::Checkpointed;
        let beside = here.iter().any(|ahead| matches!(ahead.kept, Kept::Beside(_)));
        if tells {
            let names = |object: &ObjectId| object.as_str() == before.to_string();
            if !beside || !entry.object.as_ref().is_some_and(names) {
                self.flaw(Flaw::CheckpointGone { seq: entry.seq });
            }
        } else if beside {
            self.flaw(Flaw::CheckpointUntold { size });
        }
        let root = self.tree.root();
        for Ahead { kept, root: signed } in here {
            if signed != root {
                self.flaw(Flaw::Replaced { kept, size });
                continue;
            }
            match kept {
                Kept::Beside(_) => self.report.beside += 1,
                Kept::Elsewhere(_) => self.report.elsewhere += 1,
            }
            self.report.signed = Some(size);
        }
    }

    /// Whether the chain broke: what comes after is passed over.
    #[must_use]
    pub const fn is_broken(&self) -> bool {
        self.broken
    }

    /// The log ends here.
    pub fn finish(mut self) -> Report {
        let whole = self.chain.finish();
        // Behind a break nothing is known, and the break is told.
        if !self.broken {
            if whole.len == 0 {
                self.report.flaws.push(Flaw::Unfounded);
            }
            for (size, here) in std::mem::take(&mut self.ahead) {
                for Ahead { kept, .. } in here {
                    self.report.flaws.push(Flaw::Cut { kept, size, len: whole.len });
                }
            }
            if let Some(anchor) = self.anchor
                && !whole.reaches()
            {
                self.report.flaws.push(Flaw::AnchorMissed(anchor));
            }
        }
        let Found { flaws, beside, elsewhere, signed } = self.report;
        Report { whole, flaws, beside, elsewhere, signed }
    }
}

#[cfg(test)]
mod tests;
