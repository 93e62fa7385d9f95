//! What is wrong with a command line, without what was typed: a name pasted into the wrong place must not stand on standard error, which
//! is often kept beside the logs.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Error};

use super::Cli;

/// What stands in a value's place.
const COVER: &str = "…";

/// The shortest word of a value by which a reason that repeats it is known.
const WORD_CHARS: usize = 3;

/// The same error, with every value covered. The names of arguments, and what they may be, stay.
#[must_use]
pub fn covered(error: Error) -> Error {
    let value = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) => value.clone(),
        _ => String::new(),
    };
    let reason = error.source().map(ToString::to_string).unwrap_or_default();
    let mut covered = if repeats(&reason, &value) { without_reason(&error) } else { error };
    if !value.is_empty() {
        covered.insert(ContextKind::InvalidValue, ContextValue::String(COVER.to_owned()));
    }
    // A word that no command knows is not the name of anything, but for a misspelling of what one knows.
    let unknown = if covered.kind() == ErrorKind::UnknownArgument {
        ContextKind::InvalidArg
    } else if covered.kind() == ErrorKind::InvalidSubcommand {
        ContextKind::InvalidSubcommand
    } else {
        return covered;
    };
    let like = covered.get(ContextKind::SuggestedArg).is_some();
    let is_misspelt =
        like && matches!(covered.get(unknown), Some(ContextValue::String(word)) if is_option(word));
    if !is_misspelt {
        covered.insert(unknown, ContextValue::String(COVER.to_owned()));
        covered.remove(ContextKind::Suggested);
    }
    covered
}

fn without_reason(error: &Error) -> Error {
    let mut covered = Error::new(error.kind()).with_cmd(&Cli::command());
    for (kind, value) in error.context() {
        covered.insert(kind, value.clone());
    }
    covered
}

/// Whether a reason has a word of the value in it.
fn repeats(reason: &str, value: &str) -> bool {
    let reason = reason.to_lowercase();
    let words = value.split(|c: char| !c.is_alphanumeric());
    let mut words = words.filter(|word| word.chars().count() >= WORD_CHARS);
    words.any(|word| reason.contains(&word.to_lowercase()))
}

/// `--identifiers`, and not what a person is called or born on.
fn is_option(word: &str) -> bool {
    word.strip_prefix("--")
        .is_some_and(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn told(words: &[&str]) -> String {
        let words = ["callwright"].iter().chain(words);
        let error = Cli::try_parse_from(words).expect_err("it is wrong");
        format!("{}\n{}", error.exit_code(), covered(error).render())
    }

    #[test]
    fn what_was_typed_is_not_told_and_where_and_why_is() {
        let config = ["--config", "c", "--as", "ann"];
        let record =
            ["consent", "record", "0123456789abcdef0123456789abcdef", "--method", "signed"];
        for (words, told_of) in [
            (vec!["Zebulon"], "subcommand"),
            (vec!["person", "export", "Zebulon Quackenbush"], "REQUEST"),
            (vec!["person", "export", "a1", "Zebulon"], "unexpected argument"),
            (vec!["person", "export", "a1", "-Zebulon"], "unexpected argument"),
            (vec!["person", "export", "a1", "--zebulon-quackenbush"], "unexpected argument"),
            (vec!["person", "export", "--practice=Zebulon Q"], "--practice <ID>"),
            ([&record[..], &["--act", "Zebulon"]].concat(), "granted"),
            ([&record[..], &["--evidence", "form of Zebulon"]].concat(), "--evidence <ID>"),
            ([&record[..], &["--at", "Zebulon, 1949"]].concat(), "--at <TIME>"),
            ([&record[..], &["--at=1949-07-23"]].concat(), "--at <TIME>"),
            (vec!["call", "a.json", "--queue=Zebulon"], "--queue"),
        ] {
            let told = told(&[&words[..], &config].concat());
            for typed in ["zebulon", "1949"] {
                assert!(!told.to_lowercase().contains(typed), "{words:?}: {told}");
            }
            assert!(told.starts_with('2') && told.contains(told_of), "{words:?}: {told}");
        }
    }

    #[test]
    fn a_misspelt_option_is_named() {
        let told = told(&["call", "a.json", "--qeue"]);
        assert!(told.contains("'--qeue'") && told.contains("'--queue'"), "{told}");
    }
}
