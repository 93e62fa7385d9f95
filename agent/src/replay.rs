//! Replaying a call: the journal's inputs through the core again, and its outputs compared bit for bit.
//!
//! It needs no vault, no audio and no key: a journal holds ids and enums only. It proves that this program decides as the one did that
//! wrote the journal; it says nothing about what was heard.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use callwright_core::{Conversation, Output};

use crate::call::journal::{Chain, Entry, Header, VERSION};

/// What a replay came to.
#[derive(Debug)]
pub struct Report {
    /// The journal.
    pub path: PathBuf,
    /// How many inputs were replayed.
    pub entries: u64,
    /// Whether every output was the same.
    pub outcome: Result<(), Difference>,
}

/// Where a replay differs, or why there is none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Difference {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    File(#[from] std::io::Error),
    /// A line is not of the journal's form.
    #[error("line {line} is not of the journal's form: {source}")]
    Form {
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The journal is of another version.
    #[error("is of version {found}; this program replays version {VERSION}")]
    Version {
        /// Its version.
        found: u32,
    },
    /// A line was changed, removed or put in.
    #[error("entry {seq} does not fit the chain of digests: the journal was changed")]
    Chain {
        /// The entry.
        seq: u64,
    },
    /// The core refused an input.
    #[error("entry {seq}: {misuse}")]
    Misuse {
        /// The entry.
        seq: u64,
        /// Why.
        misuse: callwright_core::Misuse,
    },
    /// The core now says something else.
    #[error("entry {seq} differs\n  recorded: {recorded:?}\n  now:      {now:?}")]
    Outputs {
        /// The entry.
        seq: u64,
        /// What the journal has.
        recorded: Vec<Output>,
        /// What the core says.
        now: Vec<Output>,
    },
    /// The journal ends before the call does.
    #[error("ends before the call does, after entry {seq}")]
    Cut {
        /// The last entry.
        seq: u64,
    },
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.outcome {
            Ok(()) => write!(f, "{path}: identical, {} inputs", self.entries),
            Err(difference) => write!(f, "{path}: {difference}"),
        }
    }
}

/// Replays each journal; a folder stands for every `journal.jsonl` below it.
#[must_use]
pub fn run(paths: &[PathBuf]) -> Vec<Report> {
    let mut journals = Vec::new();
    for path in paths {
        find(path, &mut journals);
    }
    journals.iter().map(|path| one(path)).collect()
}

fn find(path: &Path, found: &mut Vec<PathBuf>) {
    if !path.is_dir() {
        found.push(path.to_owned());
        return;
    }
    let Ok(entries) = std::fs::read_dir(path) else {
        found.push(path.to_owned());
        return;
    };
    let mut inside: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    inside.sort();
    for path in inside {
        let is_journal = path.file_name().is_some_and(|name| name == "journal.jsonl");
        if path.is_dir() || is_journal {
            find(&path, found);
        }
    }
}

fn one(path: &Path) -> Report {
    let mut entries = 0;
    let outcome = replay(path, &mut entries);
    Report { path: path.to_owned(), entries, outcome }
}

fn replay(path: &Path, entries: &mut u64) -> Result<(), Difference> {
    let mut lines = BufReader::new(File::open(path)?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let form = |line| move |source| Difference::Form { line, source };
    let header: Header = serde_json::from_str(&first).map_err(form(1))?;
    if header.v != VERSION {
        return Err(Difference::Version { found: header.v });
    }
    let mut chain = Chain::new(&header);
    let mut core = Conversation::new(header.config);
    let mut finished = false;
    for line in lines {
        let entry: Entry = serde_json::from_str(&line?).map_err(form(*entries + 2))?;
        *entries += 1;
        let seq = entry.seq;
        let expected = chain.entry(seq, entry.now, entry.input, entry.outputs.clone());
        if seq != *entries || expected.digest != entry.digest {
            return Err(Difference::Chain { seq });
        }
        core.handle(entry.now, entry.input).map_err(|misuse| Difference::Misuse { seq, misuse })?;
        let now: Vec<Output> = std::iter::from_fn(|| core.poll_output()).collect();
        if now != entry.outputs {
            return Err(Difference::Outputs { seq, recorded: entry.outputs, now });
        }
        finished |= now.iter().any(|output| matches!(output, Output::Finish(_)));
    }
    if finished { Ok(()) } else { Err(Difference::Cut { seq: *entries }) }
}
