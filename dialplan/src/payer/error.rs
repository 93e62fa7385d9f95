//! What can be wrong with a payer file. Mistakes are collected, so that one run names them all.

use std::fmt;

use callwright_compliance::egress::FieldSet;

use crate::menu::{KeysError, MenuError};
use crate::number::HumanNumberError;
use crate::payer::HoursError;

/// What is wrong at one place of a payer file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryProblem {
    /// The file is not TOML, or a table has a key that nobody knows or lacks one.
    #[error("{0}")]
    Toml(String),
    /// A table or key at the top of the file that nobody knows.
    #[error("no such table: a payer file has [payer], [[line]] and [[menu]]")]
    UnknownTable,
    /// A table that must be there is not.
    #[error("missing: a payer file has one [payer] and at least one [[line]]")]
    Missing,
    /// An id that does not hold to the grammar.
    #[error("not an id: use lower-case letters, digits and hyphens, at most 64")]
    Id,
    /// The same id or number twice.
    #[error("already used in {other}: every payer, menu and number is listed once")]
    Twice {
        /// Where it was seen first.
        other: String,
    },
    /// A list or text that must not be empty.
    #[error("empty: write at least one")]
    Empty,
    /// The number cannot be dialled.
    #[error(transparent)]
    Number(#[from] HumanNumberError),
    /// Something that nobody on a telephone asks for.
    #[error(
        "not what a payer asks a caller: write facts about the provider, the patient or the call, as member_id or ssn"
    )]
    Needs,
    /// Opening hours that do not make sense.
    #[error(transparent)]
    Hours(#[from] HoursError),
    /// A publication address that is not `https`.
    #[error("the publication's address begins with https://")]
    Url,
    /// A day that is not a day.
    #[error("not a day: write it as 2026-11-02")]
    Day,
    /// A line names a menu map that no file has.
    #[error("no [[menu]] has this id")]
    NoSuchMenu,
    /// A payer's own list names what no payer is given for that purpose.
    #[error(
        "never given for this purpose: {fields}; a payer's list can only leave out what the policy allows"
    )]
    FieldsNotGiven {
        /// The fields.
        fields: FieldSet,
    },
    /// Keys that no telephone has.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// A menu step that does not make sense.
    #[error(transparent)]
    Menu(#[from] MenuError),
}

/// One mistake and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryError {
    /// The file's name, as the caller gave it.
    pub file: String,
    /// The place, for example `line[0].hours`.
    pub place: String,
    /// What is wrong there.
    pub problem: DirectoryProblem,
}

impl fmt::Display for DirectoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.file, self.place, self.problem)
    }
}

/// All mistakes of all files, in the order in which they were found; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryErrors(pub(super) Vec<DirectoryError>);

impl DirectoryErrors {
    /// The mistakes.
    pub fn iter(&self) -> impl Iterator<Item = &DirectoryError> {
        self.0.iter()
    }
}

impl fmt::Display for DirectoryErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the payer directory has {} mistake(s)", self.0.len())?;
        for error in &self.0 {
            write!(f, "\n  {error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for DirectoryErrors {}
