//! The representative's name: "my name is jessica", "this is jessica", "jessica speaking", "jessica".
//!
//! A name is a word that is none of the words such sentences are otherwise made of. Which recognised words are names is
//! not otherwise known, so the list of words that are none has to be long; a wrong name is read back, and a wrong
//! greeting would open nothing by itself.

use crate::normal::{Form, Token};
use crate::value::{Parsed, date, number};

/// Words that stand where a name could and are none, in alphabetical order.
#[rustfmt::skip] // One word a line would fill four screens.
const NOT_NAMES: &[&str] = &[
    "a", "able", "about", "account", "active", "actually", "after", "again", "agent", "ai",
    "all", "alright", "also", "am", "an", "and", "another", "any", "anyone", "are", "as",
    "assistant", "at", "automated", "available", "back", "bear", "because", "been", "being",
    "benefit", "benefits", "billing", "birth", "bot", "business", "but", "by", "call", "caller",
    "calling", "can", "cannot", "center", "claim", "claims", "coinsurance", "computer",
    "confidential", "copay", "correct", "could", "coverage", "covered", "customer", "date",
    "day", "deductible", "department", "did", "do", "does", "doing", "dollars", "done",
    "eligibility", "everything", "exactly", "fine", "first", "for", "from", "go", "going",
    "good", "goodbye", "got", "great", "group", "had", "has", "have", "hello", "help", "her",
    "here", "hey", "hi", "his", "hold", "holding", "how", "human", "i", "id", "if", "important",
    "in", "inactive", "information", "insurance", "is", "it", "its", "just", "know", "last",
    "let", "like", "line", "list", "listed", "live", "me", "medical", "member", "message",
    "moment", "monitored", "more", "my", "name", "network", "new", "no", "nolonger", "not",
    "now", "npi", "number", "of", "office", "ok", "on", "one", "only", "or", "our", "out",
    "patient", "patients", "percent", "perfect", "person", "plan", "please", "policy",
    "practice", "provider", "providers", "question", "real", "really", "recorded", "recording",
    "reference", "regarding", "representative", "required", "right", "robot", "say", "service",
    "services", "she", "so", "some", "someone", "sorry", "speak", "speaking", "still",
    "subscriber", "sure", "take", "tax", "terminated", "thank", "thanks", "that", "the",
    "their", "them", "then", "there", "they", "this", "time", "to", "today", "too", "transfer",
    "um", "under", "unit", "until", "up", "us", "very", "virtual", "voicemail", "wait",
    "waiting", "was", "we", "well", "what", "when", "where", "which", "while", "who", "why",
    "will", "with", "working", "would", "wrong", "yeah", "yep", "yes", "yet", "you", "your",
];

/// See [`NOT_NAMES`].
pub(crate) fn not_names() -> impl Iterator<Item = &'static str> {
    NOT_NAMES.iter().copied()
}

/// Words that lead into a name, longest first; a name has to follow at once.
const LEADS: &[&[&str]] = &[
    &["you", "are", "speaking", "with"],
    &["you", "are", "speaking", "to"],
    &["you", "have", "reached"],
    &["my", "first", "name", "is"],
    &["my", "name", "is"],
    &["name", "here", "is"],
    &["i", "am", "called"],
    &["this", "is"],
];

/// As [`LEADS`], but only where the name was asked for.
const LEADS_ASKED: &[&[&str]] = &[
    &["first", "name", "is"],
    &["the", "name", "is"],
    &["name", "is"],
    &["that", "is"],
    &["it", "is"],
    &["i", "am"],
    &["sure"],
    &["yes"],
    &["yeah"],
    &["ok"],
];

/// Whether this token could be a name.
fn could_be(token: &Token) -> bool {
    let text = token.text.as_str();
    token.form == Form::Word
        && text.chars().count() > 1
        && text.chars().all(char::is_alphabetic)
        && NOT_NAMES.binary_search(&text).is_err()
        && date::month(text).is_none_or(|_| matches!(text, "april" | "june" | "may" | "august"))
        && number::digit(text)
            .or_else(|| number::teen(text))
            .or_else(|| number::tens(text))
            .is_none()
}

/// A name found in an utterance.
pub(crate) struct Found {
    /// The name, and the place after it.
    pub(crate) parsed: Parsed<String>,
    /// The place of its first token.
    pub(crate) at: usize,
    /// Whether only a name could stand there; after "this is" other words could.
    pub(crate) strong: bool,
}

/// The representative's name in these words. `asked` says that it was asked for, so that a bare name counts.
pub(crate) fn find(tokens: &[Token], asked: bool) -> Option<Found> {
    for at in 0..tokens.len() {
        if let Some(found) = led(tokens, at, LEADS) {
            return Some(found);
        }
        if asked && let Some(found) = led(tokens, at, LEADS_ASKED) {
            return Some(found);
        }
        let says = tokens.get(at + 1).is_some_and(|next| {
            next.text == "speaking" && tokens.get(at + 2).is_none_or(|after| after.text != "with")
        });
        if says && tokens.get(at).is_some_and(could_be) {
            return take(tokens, at, at + 1, true, true);
        }
    }
    let first = tokens.first().filter(|_| asked && tokens.len() <= 12)?;
    could_be(first).then(|| take(tokens, 0, 1, tokens.len() == 1, false)).flatten()
}

fn led(tokens: &[Token], at: usize, leads: &[&[&str]]) -> Option<Found> {
    let lead = leads.iter().find(|lead| {
        tokens.get(at..at + lead.len()).is_some_and(|window| {
            window.iter().zip(**lead).all(|(token, word)| token.text == *word)
        })
    })?;
    let first = at + lead.len();
    tokens.get(first).filter(|token| could_be(token))?;
    let strong = !matches!(**lead, ["this", "is"] | ["you", "have", "reached"]);
    take(tokens, first, first + 1, true, strong)
}

/// The name from `at`, with an initial or a second name where one follows.
fn take(tokens: &[Token], at: usize, mut end: usize, sure: bool, strong: bool) -> Option<Found> {
    let mut value = capital(&tokens.get(at)?.text);
    let letters = spelled(tokens, end);
    if letters.is_empty() {
        if let Some(next) = tokens.get(end).filter(|next| is_initial(next)) {
            value.push(' ');
            value.push_str(&capital(&next.text));
            end += 1;
        }
        return Some(Found { parsed: Parsed { value, end, sure }, at, strong });
    }
    end += letters.len();
    // The spelling decides how the name is written.
    let agrees = letters.eq_ignore_ascii_case(&value);
    let value = capital(&letters.to_lowercase());
    Some(Found { parsed: Parsed { value, end, sure: sure && agrees }, at, strong })
}

/// "jessica m": one letter that is no word of its own.
fn is_initial(token: &Token) -> bool {
    let text = token.text.as_str();
    text.len() == 1
        && text.chars().all(|c| c.is_ascii_alphabetic())
        && !matches!(text, "a" | "i" | "o")
}

/// Three letters or more in a row: a spelling.
fn spelled(tokens: &[Token], at: usize) -> String {
    let letters: String = tokens
        .iter()
        .skip(at)
        .map_while(|token| {
            let mut chars = token.text.chars();
            chars.next().filter(|c| c.is_ascii_alphabetic() && chars.next().is_none())
        })
        .take(24)
        .collect();
    if letters.len() >= 3 { letters } else { String::new() }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normal::tests::of;

    fn read(text: &str, asked: bool) -> Option<(String, bool)> {
        find(&of(text), asked).map(|found| (found.parsed.value, found.parsed.sure))
    }

    #[test]
    fn the_list_is_in_order() {
        assert!(NOT_NAMES.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn names_as_representatives_give_them() {
        for (text, want) in [
            ("thank you for holding. my name is jessica. how can i help you today?", "Jessica"),
            ("acme health this is Robert how may i help you", "Robert"),
            ("michael speaking how can i help", "Michael"),
            ("you are speaking with dana", "Dana"),
            ("My name's not important, this is Priya K.", "Priya K"),
            ("my name is jon j o n", "Jon"),
            ("thank you for calling my name is april", "April"),
        ] {
            assert_eq!(read(text, false).map(|(name, _)| name).as_deref(), Some(want), "{text}");
        }
        for (text, want, sure) in [
            ("jessica", "Jessica", true),
            ("it is jessica", "Jessica", true),
            ("jessica thank you", "Jessica", false),
            ("john j o n", "Jon", false),
        ] {
            assert_eq!(read(text, true), Some((want.to_owned(), sure)), "{text}");
        }
    }

    #[test]
    fn what_is_no_name() {
        for text in [
            "this is a recording",
            "this is correct",
            "this is your representative",
            "am i speaking with a real person",
            "who am i speaking with",
            "representative speaking",
            "my name is not important",
            "jessica",
            "you have reached the claims department",
            "this is one of those robots",
        ] {
            assert_eq!(read(text, false), None, "{text}");
        }
        assert_eq!(read("i do not have that information", true), None);
    }
}
