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

#[cfg(test)]
mod tests {
    use callwright_core::{Config, Input, LegFailure, Limits, Micros, Now, SampleTime};

    use super::*;
    use crate::call::Journal;

    fn header() -> Header {
        Header {
            v: VERSION,
            program: "0".to_owned(),
            call: "0".to_owned(),
            began_at: jiff::Timestamp::UNIX_EPOCH,
            policy: String::new(),
            prompts: String::new(),
            directory: String::new(),
            config: Config {
                questions: vec![],
                answered_before: vec![],
                items: vec![],
                limits: Limits::default(),
            },
        }
    }

    /// A journal of a short call, and the folder that holds it.
    fn journal() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let mut journal = Journal::create(&path, &header()).unwrap();
        let mut core = Conversation::new(header().config);
        let inputs = [Input::Ringing, Input::Answered, Input::StreamUp, Input::HungUp];
        for (n, input) in (1..).zip(inputs) {
            let now = Now { at: Micros::from_s(n), far: SampleTime(n) };
            core.handle(now, input).unwrap();
            let outputs: Vec<Output> = std::iter::from_fn(|| core.poll_output()).collect();
            journal.write(now, input, &outputs).unwrap();
        }
        (folder, path)
    }

    fn outcome(path: &Path) -> Result<(), Difference> {
        run(&[path.to_owned()]).pop().unwrap().outcome
    }

    #[test]
    fn a_journal_replays_identically_and_by_its_folder() {
        let (folder, _) = journal();
        let reports = run(&[folder.path().to_owned()]);
        assert_eq!(reports.len(), 1);
        assert!(reports[0].outcome.is_ok(), "{}", reports[0]);
        assert_eq!(reports[0].entries, 4);
    }

    #[test]
    fn a_changed_a_missing_and_a_swapped_line_are_found() {
        let (_folder, path) = journal();
        let good = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = good.lines().collect();
        let changed = good.replacen("\"hung_up\"", "\"answered\"", 1);
        let missing = [&lines[..2], &lines[3..]].concat().join("\n");
        let mut swapped = lines.clone();
        swapped.swap(2, 3);
        for bad in [changed, missing, swapped.join("\n")] {
            std::fs::write(&path, bad).unwrap();
            assert!(matches!(outcome(&path), Err(Difference::Chain { .. })));
        }
        std::fs::write(&path, lines[..4].join("\n")).unwrap();
        assert!(matches!(outcome(&path), Err(Difference::Cut { seq: 3 })));
        std::fs::write(&path, "not a journal").unwrap();
        assert!(matches!(outcome(&path), Err(Difference::Form { line: 1, .. })));
    }

    #[test]
    fn a_core_that_decides_otherwise_is_found() {
        let (_folder, path) = journal();
        let mut journal = Journal::create(&path.with_file_name("other.jsonl"), &header()).unwrap();
        let now = Now { at: Micros::from_s(1), far: SampleTime(0) };
        journal.write(now, Input::Failed(LegFailure::Busy), &[Output::HangUp]).unwrap();
        let other = outcome(&path.with_file_name("other.jsonl"));
        assert!(matches!(other, Err(Difference::Outputs { seq: 1, .. })));
    }
}
