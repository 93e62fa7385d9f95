//! Yes and no, with negation: "no prior authorization is not required" is one no, not two.
//!
//! This module reads a stretch of words as an answer to a question that can be answered by yes or no. Which question
//! that is, is for `extract` to know.

use crate::normal::Token;

/// Which way an answer goes, and whether its words agree with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Polarity {
    /// Yes or no.
    pub(crate) yes: bool,
    /// Whether the words leave no doubt.
    pub(crate) sure: bool,
}

/// Words that begin an answer with yes.
const YES: &[&str] = &[
    "yes",
    "yeah",
    "yep",
    "yup",
    "correct",
    "right",
    "affirmative",
    "absolutely",
    "exactly",
    "sure",
];

/// Words that begin an answer with no.
const NO: &[&str] = &["no", "nope", "nah", "negative", "incorrect", "wrong"];

/// Words that turn what follows round.
const NOT: &[&str] = &["not", "never", "without", "nolonger", "none", "neither"];

/// Words that make an answer hold for some cases only.
const HEDGES: &[&str] = &[
    "after",
    "unless",
    "except",
    "depends",
    "depending",
    "some",
    "sometimes",
    "maybe",
    "might",
    "if",
    "only",
];

/// The particle that these words begin with, after such as "ok" or "well".
pub(crate) fn lead(tokens: &[Token]) -> Option<bool> {
    tokens
        .iter()
        .take(4)
        .take_while(|token| is_filler(token) || is_yes(&token.text) || is_no(&token.text))
        .find_map(|token| match token.text.as_str() {
            text if is_yes(text) => Some(true),
            text if is_no(text) => Some(false),
            _ => None,
        })
}

fn is_filler(token: &Token) -> bool {
    matches!(
        token.text.as_str(),
        "ok" | "well"
            | "so"
            | "and"
            | "oh"
            | "actually"
            | "thank"
            | "you"
            | "alright"
            | "that"
            | "is"
    )
}

fn is_yes(text: &str) -> bool {
    YES.contains(&text)
}

fn is_no(text: &str) -> bool {
    NO.contains(&text)
}

/// Whether a word of negation stands among these.
pub(crate) fn negated(tokens: &[Token]) -> bool {
    tokens.iter().any(|token| NOT.contains(&token.text.as_str()))
}

/// Whether the words hold for some cases only.
pub(crate) fn hedged(tokens: &[Token]) -> bool {
    tokens.iter().any(|token| HEDGES.contains(&token.text.as_str()))
}

/// "Yes" and "no" themselves. "Sure", "right" and "correct" only begin a sentence as often as not: "sure, one moment".
fn particle(token: &Token) -> Option<bool> {
    match token.text.as_str() {
        "yes" | "yeah" | "yep" | "yup" | "affirmative" => Some(true),
        "no" | "nope" | "nah" | "negative" => Some(false),
        _ => None,
    }
}

/// The tokens from the first one that is more than a filler.
fn without_fillers(tokens: &[Token]) -> &[Token] {
    let filler = |token: &Token| {
        matches!(token.text.as_str(), "ok" | "well" | "so" | "and" | "oh" | "actually" | "alright")
    };
    let first = tokens.iter().position(|token| !filler(token));
    first.and_then(|at| tokens.get(at..)).unwrap_or_default()
}

/// Yes or no as the whole answer: the word alone, or with "it is", "they do" and the like after it. "No claims on file"
/// and "sure, one moment" are none.
pub(crate) fn answer(tokens: &[Token]) -> Option<bool> {
    let tokens = without_fillers(tokens);
    let (first, rest) = tokens.split_first()?;
    let Some(next) = rest.first() else {
        return particle(first).or_else(|| lead(tokens));
    };
    let goes_on = matches!(
        next.text.as_str(),
        "it" | "they" | "he" | "she" | "that" | "you" | "we" | "there" | "sir" | "maam" | "thank"
    );
    particle(first).filter(|_| goes_on || particle(next).is_some())
}

/// Reads the words as an answer. `says` is what the question's own phrases make of them ("required", "not required"),
/// if any of those is among them.
pub(crate) fn read(tokens: &[Token], says: Option<bool>) -> Option<Polarity> {
    let (yes, agree) = match says {
        None => {
            let answer = answer(tokens)?;
            (answer, !(answer && negated(tokens)))
        }
        Some(says) => match without_fillers(tokens).first().and_then(particle) {
            None => (says, true),
            Some(true) => (says, says),
            // "no prior authorization is required": heard without its pauses it is a no, and worth asking after.
            Some(false) => (false, !says),
        },
    };
    Some(Polarity { yes, sure: agree && !hedged(tokens) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normal::tests::of;

    #[test]
    fn particles_and_phrases() {
        for (text, says, want) in [
            ("no prior authorization is not required", Some(false), Some((false, true))),
            ("prior authorization is not required", Some(false), Some((false, true))),
            ("yes prior authorization is required", Some(true), Some((true, true))),
            ("it is required", Some(true), Some((true, true))),
            ("no prior authorization is required", Some(true), Some((false, false))),
            ("yes it is not required", Some(false), Some((false, false))),
            ("it is required for some services", Some(true), Some((true, false))),
            ("ok yes", None, Some((true, true))),
            ("nope", None, Some((false, true))),
            ("yes it does not", None, Some((true, false))),
            ("one moment please", None, None),
            ("sure one moment please", None, None),
            ("right let me check", None, None),
            ("no claims on file", None, None),
            ("right prior authorization is not required", Some(false), Some((false, true))),
            ("correct", None, Some((true, true))),
            ("no they do not", None, Some((false, true))),
            ("the patient has no claims", None, None),
        ] {
            let got = read(&of(text), says).map(|polarity| (polarity.yes, polarity.sure));
            assert_eq!(got, want, "{text}");
        }
    }
}
