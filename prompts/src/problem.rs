//! What can be wrong with a pack, reported all at once by file and key.
//!
//! Packs hold no patient data, so a message may quote the words it complains about. This module does not look for
//! the mistakes: `pack`, `question` and `far_end` do.

use std::fmt;

use thiserror::Error;

/// One mistake in a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The pack's file, e.g. `questions/medical.toml`.
    pub file: String,
    /// The key in it, e.g. `fields.coinsurance.ask`; empty where the file as a whole is meant.
    pub key: String,
    /// What is wrong, and how to mend it.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            write!(f, "{}: {}", self.file, self.message)
        } else {
            write!(f, "{}: {}: {}", self.file, self.key, self.message)
        }
    }
}

/// A pack that may not be used, with every mistake found in it. Whoever wrote the pack is at fault.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the prompt pack has {} mistake(s):{}", .problems.len(), list(.problems))]
pub struct PackError {
    /// The mistakes, in the order of the files; never empty.
    pub problems: Vec<Problem>,
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}

/// Gathers the mistakes of one file while it is checked.
#[derive(Debug)]
pub(crate) struct Findings<'a> {
    file: &'a str,
    into: &'a mut Vec<Problem>,
}

impl<'a> Findings<'a> {
    pub(crate) fn new(file: &'a str, into: &'a mut Vec<Problem>) -> Findings<'a> {
        Findings { file, into }
    }

    pub(crate) fn add(&mut self, key: impl Into<String>, message: impl Into<String>) {
        self.into.push(Problem {
            file: self.file.to_owned(),
            key: key.into(),
            message: message.into(),
        });
    }
}
