//! What a language model is told, and what it may not say: `model.toml` of a pack.
//!
//! The words are data, so that they are reviewed and versioned like everything else that shapes what the agent says. This
//! module reads and checks them; it does not talk to a model, and it does not judge a turn: the adapter of the model does,
//! by the lists here and [`crate::lexicon`].

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::lexicon::{Class, Lexicon, Pattern};
use crate::problem::{Findings, PackError};
use crate::slots::Template;

const FILE: &str = "model.toml";

/// The words that are part of the program: American English.
const EMBEDDED: &str = include_str!("../packs/en-US/model.toml");

/// The instructions of a language model, in one language and version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelBrief {
    /// The system message.
    pub system: String,
    /// What each tool and each of its arguments is for.
    pub tools: ToolWords,
    /// What a turn may not hold.
    pub never: Never,
    digest: [u8; 32],
}

/// The tools in words for the model.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolWords {
    /// The far end's words answer a topic.
    pub report_answer: String,
    /// Its argument: which topic.
    pub topic: String,
    /// Its argument: the words that do.
    pub quote: String,
    /// The far end wants what the agent may not or cannot decide.
    pub needs_staff: String,
}

/// What a turn may not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Never {
    /// Sentences: claims to be human, consents, commitments and the like. What of it may be said exists only as fixed clips.
    pub lexicon: Lexicon,
    /// The words that turns are made of, beside those of a call's own wordings and questions.
    pub words: BTreeSet<String>,
    /// The words that numbers are spelled with, in lower case.
    pub number_words: Vec<String>,
    /// How many of them may stand in a row.
    pub number_words_max: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNever {
    own: Vec<String>,
    words: BTreeSet<String>,
    number_words: Vec<String>,
    number_words_max: usize,
    patterns: BTreeMap<Class, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    system: String,
    tools: ToolWords,
    never: RawNever,
}

impl ModelBrief {
    /// The instructions that are part of the program.
    ///
    /// # Errors
    /// [`PackError`] only where the program was built with broken ones.
    pub fn embedded() -> Result<ModelBrief, PackError> {
        ModelBrief::parse(EMBEDDED)
    }

    /// Reads and checks a `model.toml`.
    ///
    /// # Errors
    /// [`PackError`] with every mistake in it.
    pub fn parse(text: &str) -> Result<ModelBrief, PackError> {
        let mut problems = Vec::new();
        let mut findings = Findings::new(FILE, &mut problems);
        let raw = match toml::from_str::<Raw>(text) {
            Ok(raw) => Some(raw),
            Err(error) => {
                let at = error.span().map(|span| span.start).unwrap_or_default();
                let line = 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
                findings.add(format!("line {line}"), error.message());
                None
            }
        };
        let lexicon = raw.as_ref().map(|raw| check(raw, &mut findings));
        match (raw, lexicon) {
            (Some(raw), Some(lexicon)) if problems.is_empty() => Ok(ModelBrief {
                system: raw.system.trim().to_owned(),
                tools: raw.tools,
                never: Never {
                    lexicon,
                    words: raw.never.words,
                    number_words: raw.never.number_words,
                    number_words_max: raw.never.number_words_max,
                },
                digest: Sha256::digest(text.as_bytes()).into(),
            }),
            _ => Err(PackError { problems }),
        }
    }

    /// SHA-256 of the file, for a call's journal.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }
}

/// Notes every mistake, and gives the lexicon of what is none.
fn check(raw: &Raw, findings: &mut Findings<'_>) -> Lexicon {
    // A token in the instructions would be a value's name that the model learns outside of any goal.
    match Template::parse(&raw.system) {
        Ok(template) if template.tokens().next().is_none() => {}
        Ok(_) => findings.add("system", "names a token: goals alone do"),
        Err(error) => findings.add("system", error.to_string()),
    }
    let tools = &raw.tools;
    for (key, words) in [
        ("tools.report_answer", &tools.report_answer),
        ("tools.topic", &tools.topic),
        ("tools.quote", &tools.quote),
        ("tools.needs_staff", &tools.needs_staff),
    ] {
        if words.trim().is_empty() {
            findings.add(key, "is empty");
        }
    }
    let never = &raw.never;
    if never.number_words.is_empty() {
        findings.add("never.number_words", "is empty: without it no number is refused");
    }
    if never.words.is_empty() {
        findings.add("never.words", "is empty: nothing could be said");
    }
    let words = never.words.iter().map(|word| ("never.words", word));
    let numbers = never.number_words.iter().map(|word| ("never.number_words", word));
    for (key, word) in words.chain(numbers) {
        if word.is_empty() || !word.chars().all(|c| c.is_ascii_lowercase()) {
            findings.add(key, format!("{word:?}: write one lower-case word"));
        }
    }
    let mut rules = Vec::new();
    for class in Class::ALL {
        let key = format!("never.patterns.{}", class.name());
        match (class, never.patterns.get(&class)) {
            (Class::Own, None) => {}
            (Class::Own, Some(_)) => {
                findings.add(key, "what may be said of the caller stands in never.own");
            }
            (_, None) => {
                findings.add(key, "is missing: without it nothing of the class is refused")
            }
            (_, Some(list)) => {
                if list.is_empty() {
                    findings.add(key.as_str(), "is empty: nothing of the class is refused");
                }
                rules.extend(patterns(&key, list, findings).map(|pattern| (class, pattern)));
            }
        }
    }
    if never.own.is_empty() {
        findings.add("never.own", "is empty: no sentence with \"I\" could be said");
    }
    let own = patterns("never.own", &never.own, findings).collect();
    Lexicon::new(rules, own)
}

fn patterns(
    key: &str,
    list: &[String],
    findings: &mut Findings<'_>,
) -> impl Iterator<Item = Pattern> {
    let mut out = Vec::new();
    for text in list {
        match Pattern::parse(text) {
            Some(pattern) => out.push(pattern),
            None => {
                findings.add(key, format!("{text:?} is no pattern: see lexicon.rs for its form"))
            }
        }
    }
    out.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_instructions_are_whole() {
        let brief = ModelBrief::embedded().unwrap();
        assert!(brief.system.starts_with("You word single turns"));
        assert!(!brief.system.contains("\\\n") && !brief.system.contains("  "));
        assert_ne!(brief.digest(), [0; 32]);
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let text = EMBEDDED
            .replace("You word single turns", "Say {member_id}. You word single turns")
            .replace("\"permission granted\"", "\"Permission granted!\"")
            .replace("The topic that is answered.", " ");
        let error = ModelBrief::parse(&text).unwrap_err();
        let keys: Vec<&str> = error.problems.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(keys, ["system", "tools.topic", "never.patterns.consent"]);
    }

    #[test]
    fn a_misspelled_key_is_refused_with_its_line() {
        let error = ModelBrief::parse(&EMBEDDED.replace("needs_staff", "need_staff")).unwrap_err();
        assert!(error.problems[0].key.starts_with("line "), "{error}");
    }
}
