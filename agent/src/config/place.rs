//! Where keys stand in the file: what a message about a key points at.
//!
//! It reads the text a second time, with the positions that the reader of values does not keep. It checks nothing.

use std::collections::BTreeMap;
use std::fmt;

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use super::problem::Fault;

/// A place in the file, counted from 1; columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Where a key and its value begin, in bytes.
#[derive(Clone, Copy)]
struct Begins {
    key: usize,
    value: usize,
}

/// The places of every key of a file.
pub(super) struct Places<'t> {
    text: &'t str,
    keys: BTreeMap<String, Begins>,
}

impl<'t> Places<'t> {
    /// Of nothing: for a file that could not be read.
    pub(super) fn none() -> Places<'static> {
        Places { text: "", keys: BTreeMap::new() }
    }

    /// Of a text, with every error of its syntax.
    pub(super) fn of(text: &'t str) -> (Places<'t>, Vec<Error>) {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut keys = BTreeMap::new();
        walk(table.get_ref(), "", &mut keys);
        (Places { text, keys }, errors)
    }

    /// The place of a byte.
    pub(super) fn byte(&self, at: usize) -> Place {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let last = before.rsplit('\n').next().unwrap_or_default();
        Place { line, column: last.chars().count() + 1 }
    }

    /// What a fault of a key points at: the key that nobody knows, the value that is wrong, the table that something is missing from.
    pub(super) fn find(&self, key: &str, fault: &Fault) -> Option<Place> {
        if let Some(begins) = self.keys.get(key) {
            let at_key = matches!(fault, Fault::Unknown | Fault::Secret | Fault::Missing);
            return Some(self.byte(if at_key { begins.key } else { begins.value }));
        }
        let mut table = key;
        while let Some((parent, _)) = table.rsplit_once('.') {
            if let Some(begins) = self.keys.get(parent) {
                return Some(self.byte(begins.key));
            }
            table = parent;
        }
        None
    }
}

fn walk(table: &DeTable<'_>, above: &str, keys: &mut BTreeMap<String, Begins>) {
    for (key, value) in table {
        let name: &str = key.get_ref();
        let path = if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") };
        let begins = Begins { key: key.span().start, value: Spanned::span(value).start };
        if let DeValue::Table(inner) = value.get_ref() {
            walk(inner, &path, keys);
        }
        keys.insert(path, begins);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_are_found_in_headers_and_dotted_keys() {
        let text = "a = 1\n[b.c]\n  d = \"x\"\ne.f = 2 # \u{e9}\n[g]\n";
        let (places, errors) = Places::of(text);
        assert!(errors.is_empty());
        let value = Fault::Value(String::new());
        let place = |line, column| Some(Place { line, column });
        for (key, fault, wanted) in [
            ("a", &Fault::Unknown, place(1, 1)),
            ("a", &value, place(1, 5)),
            ("b.c.d", &Fault::Unknown, place(3, 3)),
            ("b.c.d", &value, place(3, 7)),
            ("b.c.nothing", &Fault::Missing, place(2, 4)),
            ("b.nothing.at.all", &Fault::Missing, place(2, 2)),
            ("nothing", &Fault::Missing, None),
        ] {
            assert_eq!(places.find(key, fault), wanted, "{key}");
        }
    }
}
