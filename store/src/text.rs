//! Checked text: codes, names and short notes, parsed once at the door.
//!
//! A [`Code`] cannot hold a sentence, so no patient value slips in where an outcome or a field name is expected.
//! This module does not know which codes exist.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::StoreError;

/// Longest code, in bytes.
pub const CODE_BYTES_MAX: usize = 64;
/// Longest name or address line, in characters.
pub const NAME_CHARS_MAX: usize = 200;
/// Longest URL or path, in characters.
pub const PATH_CHARS_MAX: usize = 1_000;

/// A name from a closed list that lives elsewhere: a payer id, a question set, a field, an outcome, a node.
///
/// Lower-case letters, digits, `_`, `-` and `.`; it begins with a letter or digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Code(String);

impl Code {
    /// Checks a code.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] where it has other characters, is empty, or is longer than [`CODE_BYTES_MAX`].
    pub fn new(text: &str) -> Result<Code, StoreError> {
        let known = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.');
        let first = |b: &u8| matches!(b, b'a'..=b'z' | b'0'..=b'9');
        if text.len() <= CODE_BYTES_MAX
            && text.as_bytes().first().is_some_and(first)
            && text.bytes().all(known)
        {
            Ok(Code(text.to_owned()))
        } else {
            Err(StoreError::Invalid {
                field: "code",
                needs: "1 to 64 lower-case letters, digits, `_`, `-` or `.`",
            })
        }
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Code {
    type Error = StoreError;

    fn try_from(text: String) -> Result<Code, StoreError> {
        Code::new(&text)
    }
}

impl FromStr for Code {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Code, StoreError> {
        Code::new(text)
    }
}

impl From<Code> for String {
    fn from(code: Code) -> String {
        code.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One line that a person wrote, between its bounds and without control characters.
pub(crate) fn line<'a>(field: &'static str, text: &'a str) -> Result<&'a str, StoreError> {
    bounded(field, text, NAME_CHARS_MAX, "1 to 200 characters on one line")
}

/// A URL or a path.
pub(crate) fn path<'a>(field: &'static str, text: &'a str) -> Result<&'a str, StoreError> {
    bounded(field, text, PATH_CHARS_MAX, "1 to 1000 characters on one line")
}

fn bounded<'a>(
    field: &'static str,
    text: &'a str,
    chars_max: usize,
    needs: &'static str,
) -> Result<&'a str, StoreError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > chars_max || text.chars().any(char::is_control) {
        return Err(StoreError::Invalid { field, needs });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_hold_no_sentences() {
        for good in ["partial", "in-network_2", "9x", "aetna.dental"] {
            assert_eq!(Code::new(good).unwrap().as_str(), good);
        }
        let long = "a".repeat(CODE_BYTES_MAX + 1);
        for bad in ["", "Ada Lovelace", "Partial", "_x", "a\n", "é", "4/12/1985", &long] {
            assert!(Code::new(bad).is_err(), "{bad:?} passed");
        }
    }

    #[test]
    fn lines_are_bounded_and_plain() {
        assert_eq!(line("name", "  Oak Street Dental ").unwrap(), "Oak Street Dental");
        for bad in ["", "  ", "a\u{7}b", "two\nlines", &"x".repeat(NAME_CHARS_MAX + 1)] {
            assert!(line("name", bad).is_err());
        }
    }
}
