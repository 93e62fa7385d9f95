//! Reading one table of the file, key by key. What is wrong is noted and reading goes on; what is left over at the end is unknown.
//!
//! It is not serde: a derived reader stops at the first mistake.

use toml::{Table, Value};

use super::problem::{Fault, Problem};

/// Names under which people put secrets into files.
const SECRETS: [&str; 6] = ["auth_token", "token", "secret", "password", "api_key", "key"];

/// A table that is being read.
pub(super) struct Section<'p> {
    name: &'static str,
    table: Table,
    known: Vec<&'static str>,
    problems: &'p mut Vec<Problem>,
}

impl<'p> Section<'p> {
    /// Takes a table out of the file; one that is not there is empty.
    pub(super) fn take(
        file: &mut Table,
        name: &'static str,
        problems: &'p mut Vec<Problem>,
    ) -> Section<'p> {
        let table = match file.remove(name) {
            None => Table::new(),
            Some(Value::Table(table)) => table,
            Some(_) => {
                let mend = format!("write it as [{name}]");
                problems.push(Problem::new(name, Fault::Kind("a table"), mend));
                Table::new()
            }
        };
        Section { name, table, known: Vec::new(), problems }
    }

    /// Notes a mistake about a key.
    pub(super) fn note(&mut self, key: &str, fault: Fault, mend: &str) {
        let key = format!("{}.{key}", self.name);
        self.problems.push(Problem::new(key, fault, mend));
    }

    fn value(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        self.table.remove(key)
    }

    /// A text that may be left out.
    pub(super) fn text(&mut self, key: &'static str, mend: &str) -> Option<String> {
        if let Value::String(text) = self.value(key)?
            && !text.trim().is_empty()
        {
            return Some(text);
        }
        self.note(key, Fault::Kind("a text"), mend);
        None
    }

    /// A text that must be there.
    pub(super) fn required(&mut self, key: &'static str, mend: &str) -> Option<String> {
        if !self.table.contains_key(key) {
            self.known.push(key);
            self.note(key, Fault::Missing, mend);
            return None;
        }
        self.text(key, mend)
    }

    /// A text that must be there and have a form.
    pub(super) fn parsed<T, E: std::fmt::Display>(
        &mut self,
        key: &'static str,
        mend: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.required(key, mend)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(why) => {
                self.note(key, Fault::Value(why.to_string()), mend);
                None
            }
        }
    }

    /// A whole number that may be left out.
    pub(super) fn number(&mut self, key: &'static str, default: u32, mend: &str) -> Option<u32> {
        match self.value(key) {
            None => Some(default),
            Some(Value::Integer(number)) if u32::try_from(number).is_ok() => {
                u32::try_from(number).ok()
            }
            Some(_) => {
                self.note(key, Fault::Kind("a whole number that is not negative"), mend);
                None
            }
        }
    }

    /// One of a few words; without the key the first.
    pub(super) fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&str, T)],
    ) -> Option<T> {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        let mend = format!("write one of {}", words.join(", "));
        let Some(value) = self.value(key) else {
            return choices.first().map(|(_, choice)| *choice);
        };
        let word = value.as_str().unwrap_or_default();
        let found = choices.iter().find(|(name, _)| *name == word).map(|(_, choice)| *choice);
        if found.is_none() {
            self.note(key, Fault::Kind("one of the words it may be"), &mend);
        }
        found
    }

    /// Notes every key that was not asked for.
    pub(super) fn finish(self) {
        let known = self.known.join(", ");
        for key in self.table.keys() {
            let is_secret = SECRETS.contains(&key.as_str());
            let (fault, mend) = if is_secret {
                (Fault::Secret, format!("remove it; this table has {known}"))
            } else {
                (Fault::Unknown, format!("remove it, or write one of {known}"))
            };
            self.problems.push(Problem::new(format!("{}.{key}", self.name), fault, mend));
        }
    }
}
