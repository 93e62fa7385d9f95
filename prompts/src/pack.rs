//! The pack: everything that may be said in one language, in one version, read and checked as a whole.
//!
//! The words come in as text ([`Sources`]): this module opens no file. A pack with any mistake in it is refused with all
//! of its mistakes, so that a pack in hand is whole: every clip and every phrase is there, every token is known, and no
//! clip holds anything about a patient.

mod load;

use std::collections::BTreeMap;

use crate::clip::{Business, ClipName};
use crate::far_end::FarEnd;
use crate::notice::{NoticeText, Notices};
use crate::phrase::PhraseName;
use crate::problem::PackError;
use crate::question::QuestionSet;
use crate::slots::{Template, Token};

/// The texts of a pack's files.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// `pack.toml`: id, language and version.
    pub pack: &'a str,
    /// `disclosures.toml`: the fixed clips but the disclosures.
    pub disclosures: &'a str,
    /// `notices.toml`: the disclosures.
    pub notices: &'a str,
    /// `phrases.toml`: the sentences of the rule-based model.
    pub phrases: &'a str,
    /// `far_end.toml`: what payers say.
    pub far_end: &'a str,
    /// `questions/<id>.toml`: the question sets, each with its id.
    pub questions: &'a [(&'a str, &'a str)],
}

/// The pack that is part of the program: American English.
pub const EMBEDDED: Sources<'static> = Sources {
    pack: include_str!("../packs/en-US/pack.toml"),
    disclosures: include_str!("../packs/en-US/disclosures.toml"),
    notices: include_str!("../packs/en-US/notices.toml"),
    phrases: include_str!("../packs/en-US/phrases.toml"),
    far_end: include_str!("../packs/en-US/far_end.toml"),
    questions: &[
        ("dental", include_str!("../packs/en-US/questions/dental.toml")),
        ("medical", include_str!("../packs/en-US/questions/medical.toml")),
    ],
};

/// What may be said, in one language and version.
#[derive(Clone, Debug)]
pub struct Pack {
    id: String,
    language: String,
    version: String,
    clips: BTreeMap<ClipName, Template>,
    notices: Notices,
    phrases: BTreeMap<PhraseName, Vec<Template>>,
    samples: BTreeMap<Token, Vec<String>>,
    questions: BTreeMap<String, QuestionSet>,
    far_end: FarEnd,
    digest: [u8; 32],
}

impl Pack {
    /// The pack that is part of the program. Reading it takes a few milliseconds: read it once and share it.
    ///
    /// # Errors
    /// [`PackError`] only where the program was built with a broken pack.
    pub fn embedded() -> Result<Pack, PackError> {
        Pack::parse(&EMBEDDED)
    }

    /// Reads and checks a pack.
    ///
    /// # Errors
    /// [`PackError`] with every mistake in every file.
    pub fn parse(sources: &Sources<'_>) -> Result<Pack, PackError> {
        load::load(sources)
    }

    /// The pack's id, e.g. `en-US`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its language as a BCP 47 tag.
    #[must_use]
    pub fn language(&self) -> &str {
        &self.language
    }

    /// Its version, which changes with every change of a word.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// SHA-256 of all of the pack's texts, for a call's journal.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The digest in lower-case hexadecimal.
    #[must_use]
    pub fn digest_hex(&self) -> String {
        self.digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A fixed clip for this practice, where the call has this notice. Empty where the notice has no such words: the end of a call that is
    /// not to a patient.
    #[must_use]
    pub fn clip_text(
        &self,
        notice: &NoticeText,
        name: ClipName,
        business: &Business<'_>,
    ) -> String {
        // A checked pack holds every clip.
        let template = notice.template(name).or_else(|| self.clips.get(&name));
        template.map(|template| business.fill(template)).unwrap_or_default()
    }

    /// The disclosures.
    #[must_use]
    pub fn notices(&self) -> &Notices {
        &self.notices
    }

    /// A clip's template, for those that no notice words.
    #[must_use]
    pub fn clip(&self, name: ClipName) -> Option<&Template> {
        self.clips.get(&name)
    }

    /// The wordings of a phrase, the usual one first. Never empty in a checked pack.
    #[must_use]
    pub fn phrases(&self, name: PhraseName) -> &[Template] {
        self.phrases.get(&name).map_or(&[], Vec::as_slice)
    }

    /// One wording of a phrase: the `turn`-th, round and round, so that a caller who counts does not say the same
    /// thank-you ten times. Zero is the usual one.
    #[must_use]
    pub fn phrase(&self, name: PhraseName, turn: usize) -> Option<&Template> {
        self.phrases(name).iter().cycle().nth(turn % self.phrases(name).len().max(1))
    }

    /// The question set of this id.
    #[must_use]
    pub fn question_set(&self, id: &str) -> Option<&QuestionSet> {
        self.questions.get(id)
    }

    /// The ids of the question sets, in order.
    pub fn question_sets(&self) -> impl Iterator<Item = &str> {
        self.questions.keys().map(String::as_str)
    }

    pub(crate) fn far_end(&self) -> &FarEnd {
        &self.far_end
    }

    /// Made-up values of a token, for training sentences; empty for a token whose values are drawn.
    pub(crate) fn samples(&self, token: Token) -> &[String] {
        self.samples.get(&token).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn every_phrase(&self) -> impl Iterator<Item = &Template> {
        self.phrases.values().flatten()
    }

    pub(crate) fn sets(&self) -> impl Iterator<Item = &QuestionSet> {
        self.questions.values()
    }
}

#[cfg(test)]
mod tests;
