//! Question sets: what a call asks, how it asks, and the words that tell one answer from another.
//!
//! The words are data so that understanding can decide, from what was heard alone, which field a value belongs to: see
//! [`Pattern`]. This module holds and checks the data. It does not hear, and it does not choose what to ask next.

mod raw;

use serde::Deserialize;

use crate::slots::Template;

pub(crate) use raw::RawSet;

/// The questions of one kind of verification, in the order in which they are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionSet {
    /// Its id, e.g. `medical`: the file's name.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// Ways to say what the call is for, the usual one first. At least one. They hold no token.
    pub reason: Vec<Template>,
    /// The words that tell the plan's share from the patient's.
    pub shares: Shares,
    /// The questions. A question's place here is its `FieldId` in the core.
    pub fields: Vec<Question>,
}

/// The words that say whose a percentage is. Mixing the two up is the commonest error in written-down dental benefits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shares {
    /// Phrases for the plan's share: "covered at".
    pub plan: Vec<String>,
    /// Phrases for the patient's share: "you pay".
    pub patient: Vec<String>,
}

impl QuestionSet {
    /// The place and the question of this name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<(usize, &Question)> {
        self.fields.iter().enumerate().find(|(_, question)| question.name == name)
    }
}

/// One thing a call asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Its name in results, e.g. `deductible_met`.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What sort of value answers it.
    pub kind: ValueKind,
    /// Whether a result without it is only partial.
    pub required: bool,
    /// When its value is read back.
    pub read_back: ReadBack,
    /// Ways to ask, the usual one first. At least one. They hold no token.
    pub ask: Vec<String>,
    /// How the value is read back; holds `{heard}` once and no other token.
    pub read_back_phrase: Template,
    /// What its answers sound like; a value is this question's when any pattern fits. At least one.
    pub heard: Vec<Pattern>,
    /// Names of the questions whose answers often come in the same breath, so that both are awaited before either is
    /// asked again.
    pub answers_with: Vec<String>,
    /// For [`ValueKind::YesNo`]: phrases that mean yes to this question beside "yes" itself. Where several phrases of
    /// both lists are heard, the longest decides.
    pub yes: Vec<String>,
    /// For [`ValueKind::YesNo`]: phrases that mean no to this question beside "no" itself.
    pub no: Vec<String>,
    /// For money, shares, counts and months: phrases that mean zero though no number is said ("there is no co pay").
    pub zero: Vec<String>,
    /// For [`ValueKind::PlanShare`]: phrases that mean that the plan pays all of it ("preventive is covered in full").
    pub full: Vec<String>,
}

/// The sort of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// Yes or no.
    YesNo,
    /// An amount of dollars and cents.
    Money,
    /// The patient's share in whole percent.
    Percent,
    /// The plan's share in whole percent. The set's [`Shares`] tell it from the patient's.
    PlanShare,
    /// How many times in what stretch of time.
    Frequency,
    /// A stretch of time in whole months; none is zero.
    Months,
    /// A calendar date.
    Date,
    /// A whole number of things.
    Count,
    /// One of a closed list.
    Choice(Vec<Choice>),
    /// A person's name.
    Name,
    /// Letters and digits.
    Reference,
}

/// One value of a closed list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Its name in results, e.g. `ppo`.
    pub value: String,
    /// The phrases that mean it, lower case, letters apart ("p p o"). Where phrases of several choices are heard, the
    /// longest decides: "not active" beats "active".
    pub words: Vec<String>,
    /// How it is said when it is read back; the first of `words` where it is empty.
    #[serde(default)]
    pub say: String,
}

impl Choice {
    /// How the value is said, e.g. "P P O".
    #[must_use]
    pub fn spoken(&self) -> &str {
        if self.say.is_empty() { self.words.first().map_or("", String::as_str) } else { &self.say }
    }
}

/// When a value is read back to the representative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadBack {
    /// Always.
    Always,
    /// When understanding was unsure of it.
    WhenUnsure,
    /// Never.
    Never,
}

/// Words that tie a value to a question.
///
/// The *clause* of a value is the stretch of words around it: from the end of the value before, to the beginning of the
/// next one, and not beyond an "and", a "but" or a "then". A pattern fits a value when all three hold:
///
/// 1. `topic`: the value's topic is one of these phrases, or `topic` is empty. Which topic a value has is decided among
///    the questions of its own kind: the last one said in its clause before it, else the first one said in its clause
///    after it, else the last one said earlier in the utterance, else that of the question just asked.
/// 2. `near`: one of these phrases is in the clause. Empty: nothing is needed.
/// 3. `without`: none of these phrases is in the clause.
///
/// So "the individual deductible is one thousand dollars and four hundred dollars has been met" holds two clauses under
/// the topic "deductible": the first has no "met", the second has. Phrases are lower case, letters apart. Understanding
/// applies this rule; the tests here hold the words of the packs to it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    /// Phrases that name the subject.
    #[serde(default)]
    pub topic: Vec<String>,
    /// Phrases of which one has to stand in the value's clause.
    #[serde(default)]
    pub near: Vec<String>,
    /// Phrases of which none may stand in the value's clause.
    #[serde(default)]
    pub without: Vec<String>,
    /// For [`ValueKind::Percent`]: the words give the payer's share ("covered at eighty percent"), so the patient's is a hundred less
    /// it. Mixing the two up is the commonest error in written-down benefits.
    #[serde(default)]
    pub payer_share: bool,
}

#[cfg(test)]
mod rule;
#[cfg(test)]
mod tests;
