//! What can be wrong with a request, by field. No message holds a value: a request is about a patient.

use std::fmt;

/// What is wrong with one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The text is not JSON.
    #[error("this is not JSON: look at line {line}, column {column}")]
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// More than a request ever needs.
    #[error("a request is at most {REQUEST_BYTES_MAX} bytes long")]
    TooLong,
    /// A field that must be there is not.
    #[error("it is missing: give {0}")]
    Missing(&'static str),
    /// A field that nobody knows.
    #[error(
        "there is no such field: remove it, or look for a misspelling (`?` is a name like none of them, which is not repeated)"
    )]
    Unknown,
    /// A field that nobody knows, with a name like that of a known one.
    #[error("there is no such field (what was written is not repeated): did you mean `{0}`?")]
    Like(&'static str),
    /// A value of another kind or form.
    #[error("it must be {0}")]
    Form(&'static str),
    /// A date that has not come yet.
    #[error("it lies in the future")]
    Future,
    /// Not an id that is known here.
    #[error("it is not known: {0}")]
    NotKnown(&'static str),
    /// A living patient where the files of calls are kept open.
    #[error(
        "the files of calls are kept open here, which is for made-up patients only: set `keep = \"sealed\"` in [calls]"
    )]
    OpenFiles,
}

/// The longest request: some 40 times what one with every field takes.
pub const REQUEST_BYTES_MAX: usize = 64 * 1024;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field, as a JSON pointer (RFC 6901) such as `/patient/member_id`; empty for the whole request.
    pub field: String,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = if self.field.is_empty() { "the request" } else { &self.field };
        write!(f, "{field}: {}", self.fault)
    }
}

/// All mistakes of a request, in the order of its fields; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub(super) Vec<Problem>);

impl Problems {
    /// One mistake.
    pub(super) fn one(field: &str, fault: Fault) -> Problems {
        Problems(vec![Problem { field: field.to_owned(), fault }])
    }

    /// The mistakes.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the request has {} mistake(s)", self.0.len())?;
        for problem in &self.0 {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
