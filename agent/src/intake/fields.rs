//! Reading one JSON object, field by field. What is wrong is noted by its pointer and reading goes on.
//!
//! Values are moved out of the object, not copied, so that a patient's value is in one place.

use serde_json::{Map, Value};

use super::problem::{Fault, Problem};

/// The longest unknown field name that is repeated in a message.
const NAME_CHARS_MAX: usize = 40;

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

    /// Notes every field that was not asked for. A name that could itself be a value is not repeated.
    pub(super) fn finish(self) {
        for name in self.object.keys() {
            let is_name = name.len() <= NAME_CHARS_MAX
                && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            let name = if is_name { name.as_str() } else { "?" };
            let field = format!("{}/{name}", self.at);
            self.problems.push(Problem { field, fault: Fault::Unknown });
        }
    }
}
