//! What a language model is told, and what it may not say: `model.toml` of a pack.
//!
//! The words are data, so that they are reviewed and versioned like everything else that shapes what the agent says. This
//! module reads and checks them; it does not talk to a model, and it does not judge a turn: the adapter of the model does,
//! by the lists here.

use serde::Deserialize;
use sha2::{Digest, Sha256};

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

/// What a turn may not hold. Words are lower case, without apostrophes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Never {
    /// Phrases: claims to be human, consents, commitments. Those exist only as fixed clips.
    pub phrases: Vec<String>,
    /// The words that numbers are spelled with.
    pub number_words: Vec<String>,
    /// How many of them may stand in a row.
    pub number_words_max: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    system: String,
    tools: ToolWords,
    never: Never,
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
        if let Some(raw) = &raw {
            check(raw, &mut findings);
        }
        match raw {
            Some(raw) if problems.is_empty() => Ok(ModelBrief {
                system: raw.system.trim().to_owned(),
                tools: raw.tools,
                never: raw.never,
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

fn check(raw: &Raw, findings: &mut Findings<'_>) {
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
    let lists =
        [("never.phrases", &raw.never.phrases), ("never.number_words", &raw.never.number_words)];
    for (key, list) in lists {
        if list.is_empty() {
            findings.add(key, "is empty: without it nothing is refused");
        }
        let plain = |c: char| c.is_lowercase() || c == ' ';
        for entry in list {
            if entry.trim() != entry || entry.is_empty() || !entry.chars().all(plain) {
                findings.add(key, format!("{entry:?}: write lower-case words, letters only"));
            }
        }
    }
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
            .replace("\"i agree\"", "\"I agree!\"")
            .replace("The topic that is answered.", " ");
        let error = ModelBrief::parse(&text).unwrap_err();
        let keys: Vec<&str> = error.problems.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(keys, ["system", "tools.topic", "never.phrases"]);
    }

    #[test]
    fn a_misspelled_key_is_refused_with_its_line() {
        let error = ModelBrief::parse(&EMBEDDED.replace("needs_staff", "need_staff")).unwrap_err();
        assert!(error.problems[0].key.starts_with("line "), "{error}");
    }
}
