//! What can be wrong with a scenario file, in words that say where and how to mend it.
//!
//! It does not read files; `scenario` does.

use thiserror::Error;

/// Why a scenario cannot be used. It is always the file's author who can mend it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// The file could not be read.
    #[error("the scenario {path} cannot be read: {source}")]
    Unreadable {
        /// The path as given.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not TOML, a key that does not exist, or a value of the wrong type.
    #[error("the scenario is not well formed: {0}")]
    Syntax(#[from] toml::de::Error),
    /// Well formed, but it cannot be played. All problems at once.
    #[error("the scenario cannot be played:{}", list(.0))]
    Invalid(Vec<Problem>),
}

/// One thing that makes a scenario unplayable.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// A text that must be spoken is empty.
    #[error("{place} has no words: write what is to be said")]
    NoWords {
        /// Where.
        place: String,
    },
    /// A text is too long to be spoken in one go.
    #[error("{place} is {length} characters long; keep it under {limit}, or make two of it")]
    TooLong {
        /// Where.
        place: String,
        /// How long it is.
        length: usize,
        /// The bound.
        limit: usize,
    },
    /// Two steps share an id.
    #[error("the id `{id}` is used twice: every step, request and topic needs its own")]
    DuplicateId {
        /// The id.
        id: String,
    },
    /// A step is named that does not exist.
    #[error("{place} names the step `{named}`, which does not exist")]
    NoSuchStep {
        /// Where.
        place: String,
        /// The name.
        named: String,
    },
    /// A menu step has both choices and digits.
    #[error("menu step `{id}` has both `choices` and `digits`: give one of them")]
    TwoInputs {
        /// The step.
        id: String,
    },
    /// A key that no telephone has.
    #[error("{place} has the key `{key}`; keys are 0-9, *, # and A-D")]
    NotAKey {
        /// Where.
        place: String,
        /// What was written.
        key: String,
    },
    /// A number that makes no sense.
    #[error("{place} is {value}; it must be between {least} and {most}")]
    OutOfRange {
        /// Where.
        place: String,
        /// What was written.
        value: u64,
        /// The least allowed.
        least: u64,
        /// The most allowed.
        most: u64,
    },
    /// The line's number is not E.164.
    #[error("`line` must be a telephone number like +18002000140")]
    NotANumber,
    /// A fault that says neither or both of when and where.
    #[error("`faults.hang_up` needs exactly one of `at_ms` and `step`")]
    HangUpWhen,
    /// Too many entries.
    #[error("{place} has {count} entries; the most is {limit}")]
    TooMany {
        /// Where.
        place: String,
        /// How many.
        count: usize,
        /// The bound.
        limit: usize,
    },
    /// Neither a menu nor a representative: nobody would ever speak.
    #[error("the scenario has neither a menu nor a representative: nobody would speak")]
    Nobody,
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("\n  - {problem}")).collect()
}
