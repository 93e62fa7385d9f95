//! What can be wrong with a configuration file. Everything is collected, so that one run names all of it.
//!
//! A message names the key and its place, never its value: a secret may stand where it does not belong.

use std::fmt;
use std::path::{Path, PathBuf};

use super::place::{Place, Places};

/// What is wrong with one key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The file is not TOML.
    #[error("this is not TOML: {0}")]
    Syntax(String),
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(std::io::ErrorKind),
    /// A key that must be there is not.
    #[error("it is missing")]
    Missing,
    /// A key that nobody knows.
    #[error("there is no such key")]
    Unknown,
    /// A value of another kind.
    #[error("it is not {0}")]
    Kind(&'static str),
    /// A value of the right kind that makes no sense.
    #[error("{0}")]
    Value(String),
    /// A secret in the file.
    #[error("secrets never stand in this file")]
    Secret,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key's path, such as `carrier.from`; empty for the whole file.
    pub key: String,
    /// What is wrong.
    pub fault: Fault,
    /// How to mend it.
    pub mend: String,
    /// Where it is, where that is known: what is missing is missing from its table.
    pub place: Option<Place>,
}

impl Problem {
    /// A mistake whose place is looked up later.
    pub(super) fn new(key: impl Into<String>, fault: Fault, mend: impl Into<String>) -> Problem {
        Problem { key: key.into(), fault, mend: mend.into(), place: None }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place {
            write!(f, "{place}: ")?;
        }
        if self.key.is_empty() {
            write!(f, "{}: {}", self.fault, self.mend)
        } else {
            write!(f, "`{}`: {}: {}", self.key, self.fault, self.mend)
        }
    }
}

/// All mistakes of a file, in the order of their places, those without one first; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors {
    file: PathBuf,
    problems: Vec<Problem>,
}

impl ConfigErrors {
    pub(super) fn new(
        file: &Path,
        mut problems: Vec<Problem>,
        places: &Places<'_>,
    ) -> ConfigErrors {
        for problem in &mut problems {
            problem.place = problem.place.or_else(|| places.find(&problem.key, &problem.fault));
        }
        problems.sort_by_key(|problem| problem.place);
        ConfigErrors { file: file.to_owned(), problems }
    }

    /// Whether there is no such file.
    #[must_use]
    pub fn is_no_file(&self) -> bool {
        let gone = Fault::Unreadable(std::io::ErrorKind::NotFound);
        self.problems.iter().any(|problem| problem.fault == gone)
    }

    /// The mistakes.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has {} mistake(s)", self.file.display(), self.problems.len())?;
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}
