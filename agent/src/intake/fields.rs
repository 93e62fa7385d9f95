//! Reading one JSON object, field by field. What is wrong is noted by its pointer and reading goes on.
//!
//! Values are moved out of the object, not copied, so that a patient's value is in one place.

use serde_json::{Map, Value};

use super::problem::{Fault, Problem};

/// A field's name is taken for misspelt where one letter in so many is another, is missing or is too much.
const LETTERS_A_SLIP: usize = 4;

/// The names of a request's fields, whichever object they are in. One that lacks here is not named where it stands in the wrong place.
const NAMES: [&str; 22] = [
    "practice",
    "provider",
    "payer",
    "purpose",
    "question_set",
    "patient",
    "name",
    "date_of_birth",
    "member_id",
    "group_number",
    "relationship",
    "date_of_service",
    "ai_call_consent",
    "state",
    "at",
    "method",
    "evidence",
    "patient_kind",
    "class",
    "priority",
    "not_before",
    "due",
];

/// What is wrong with the field was noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AlreadyNoted;

/// An object that is being read.
pub(super) struct Fields<'p> {
    at: String,
    object: Map<String, Value>,
    problems: &'p mut Vec<Problem>,
}

impl<'p> Fields<'p> {
    pub(super) fn new(
        at: &str,
        object: Map<String, Value>,
        problems: &'p mut Vec<Problem>,
    ) -> Fields<'p> {
        Fields { at: at.to_owned(), object, problems }
    }

    /// Notes a mistake about a field.
    pub(super) fn note(&mut self, name: &str, fault: Fault) {
        self.problems.push(Problem { field: format!("{}/{name}", self.at), fault });
    }

    /// A field's value; `null` is as good as nothing.
    pub(super) fn value(&mut self, name: &str) -> Option<Value> {
        self.object.remove(name).filter(|value| !value.is_null())
    }

    /// An object that must be there.
    pub(super) fn object(&mut self, name: &str, what: &'static str) -> Option<Map<String, Value>> {
        match self.value(name) {
            Some(Value::Object(object)) => Some(object),
            Some(_) => {
                self.note(name, Fault::Form("an object"));
                None
            }
            None => {
                self.note(name, Fault::Missing(what));
                None
            }
        }
    }

    /// A text of a form that may be left out. `Err` where it is there and wrong.
    pub(super) fn optional<T>(
        &mut self,
        name: &str,
        form: &'static str,
        parse: impl FnOnce(String) -> Option<T>,
    ) -> Result<Option<T>, AlreadyNoted> {
        let parsed = match self.value(name) {
            None => return Ok(None),
            Some(Value::String(text)) => parse(text),
            Some(_) => None,
        };
        if parsed.is_none() {
            self.note(name, Fault::Form(form));
        }
        parsed.map(Some).ok_or(AlreadyNoted)
    }

    /// A text of a form that must be there.
    pub(super) fn required<T>(
        &mut self,
        name: &str,
        form: &'static str,
        parse: impl FnOnce(String) -> Option<T>,
    ) -> Option<T> {
        match self.optional(name, form, parse) {
            Ok(Some(value)) => Some(value),
            Ok(None) => {
                self.note(name, Fault::Missing(form));
                None
            }
            Err(AlreadyNoted) => None,
        }
    }

    /// Notes every field that was not asked for. A name is repeated only where it is a known one in the wrong object: any other could itself
    /// be a value, as where patients are keyed by their names. Of one that is like a known one, the known one is told.
    pub(super) fn finish(self) {
        for name in self.object.keys() {
            let known = NAMES.iter().find(|known| **known == name.as_str());
            let like = NAMES.iter().find(|known| is_slip(name, known));
            let field = format!("{}/{}", self.at, known.unwrap_or(&"?"));
            let fault = match like {
                Some(like) if known.is_none() => Fault::Like(like),
                Some(_) | None => Fault::Unknown,
            };
            self.problems.push(Problem { field, fault });
        }
    }
}

/// Whether a name is a known one with a few letters wrong.
fn is_slip(name: &str, known: &str) -> bool {
    let most = known.len() / LETTERS_A_SLIP;
    name.len().abs_diff(known.len()) <= most && distance(name.as_bytes(), known.as_bytes()) <= most
}

/// How many letters are other ones, missing or too many (Levenshtein).
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, letter) in a.iter().enumerate() {
        let mut before = row[0];
        row[0] = at + 1;
        for (other, cell) in b.iter().zip(1..) {
            let changed = before + usize::from(letter != other);
            before = row[cell];
            row[cell] = changed.min(before + 1).min(row[cell - 1] + 1);
        }
    }
    row[b.len()]
}
