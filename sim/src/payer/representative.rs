//! The person at the payer, as data: what is said, asked, looked up and told, and the words the person goes by.
//!
//! Part of the file format of `scenario`; how it is played is `person`'s matter.

use serde::Deserialize;

/// The person.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Representative {
    /// What the person says first.
    pub greeting: String,
    /// How long the caller may pause within the opening words before the person answers.
    #[serde(default = "default_opening_pause_ms")]
    pub opening_pause_ms: u64,
    /// How long the caller may pause later on.
    #[serde(default = "default_reply_pause_ms")]
    pub reply_pause_ms: u64,
    /// What the person wants to know, in order.
    #[serde(default)]
    pub requests: Vec<IdentificationRequest>,
    /// What the person says out of turn, and before which request.
    #[serde(default)]
    pub interjections: Vec<Interjection>,
    /// The look into the account.
    pub lookup: Lookup,
    /// What the person can tell.
    pub topics: Vec<Topic>,
    /// What is said when nothing was understood.
    pub repeat_request: String,
    /// What confirms a right read-back.
    pub confirmation: String,
    /// What is said after ten seconds of silence.
    pub idle_prompt: String,
    /// How long a silence must last.
    #[serde(default = "default_idle_ms")]
    pub idle_ms: u64,
    /// How many idle prompts before the person hangs up.
    #[serde(default = "default_idle_most")]
    pub idle_most: u8,
    /// What is said after the caller's good-bye.
    pub closing: String,
    /// How long the person waits for the caller to hang up after that.
    #[serde(default = "default_closing_wait_ms")]
    pub closing_wait_ms: u64,
    /// The words the person goes by.
    #[serde(default)]
    pub hears: Hears,
}

/// The words a representative goes by. Each entry is a phrase whose words must come one after another.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Hears {
    /// Good-bye.
    pub goodbye: Vec<String>,
    /// The caller wants something said again.
    pub repeat: Vec<String>,
    /// The caller reads something back.
    pub read_back: Vec<String>,
    /// The caller is still there, or will wait.
    pub waiting: Vec<String>,
    /// Thanks and the like: between questions there is nothing to answer.
    pub acknowledgement: Vec<String>,
}

impl Default for Hears {
    fn default() -> Self {
        let phrases = |list: &[&str]| list.iter().map(|&phrase| phrase.to_owned()).collect();
        Hears {
            goodbye: phrases(&["goodbye", "good bye", "bye"]),
            repeat: phrases(&[
                "repeat",
                "say that again",
                "say it again",
                "once more",
                "one more time",
                "what should it be",
            ]),
            read_back: phrases(&["correct", "is that right", "did i get that right"]),
            waiting: phrases(&["still here", "i am here", "will hold", "will wait"]),
            acknowledgement: phrases(&[
                "thank you",
                "thanks",
                "all right",
                "okay",
                "i see",
                "that is all",
                "that is everything",
                "let me ask that again",
                "meant to ask",
                "follow up",
                "a i voice",
                "not a person",
                "call our office back",
                "one moment",
                "recording has been stopped",
            ]),
        }
    }
}

/// One thing the representative wants to know.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentificationRequest {
    /// Its name.
    pub id: String,
    /// How it is asked.
    pub ask: String,
    /// What an answer must have.
    #[serde(default)]
    pub accept: Accept,
    /// How many good answers are misheard all the same.
    #[serde(default)]
    pub mishear: u8,
    /// What is said to an answer that was not understood.
    pub sorry: Option<String>,
    /// How many poor answers before the person goes on regardless.
    #[serde(default = "default_request_tries")]
    pub tries: u8,
}

/// What an answer must have to be taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Accept {
    /// Any words at all.
    #[default]
    Speech,
    /// At least so many digit words ("four", "oh").
    Digits(u8),
    /// At least so many words of a number or date ("twelfth", "nineteen", "april").
    Numbers(u8),
}

/// Something said out of turn, to which any answer will do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interjection {
    /// Its name.
    pub id: String,
    /// Before which request, or `lookup`.
    pub before: String,
    /// What is said.
    pub say: String,
    /// What is said to the answer, if anything.
    pub reply: Option<String>,
    /// Whether the person hangs up instead of listening.
    #[serde(default)]
    pub then_hang_up: bool,
}

/// The look into the account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// Before it.
    pub say: String,
    /// How long it is silent.
    pub silence_ms: u64,
    /// After it.
    pub then: String,
}

/// Something the representative can tell.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// Its name.
    pub id: String,
    /// Phrases that ask for it. The topic with most words of them heard wins.
    pub heard: Vec<String>,
    /// What is said.
    pub answer: String,
    /// The same facts in other terms, in which they may be read back: "you pay twenty percent" is "the plan pays eighty percent".
    #[serde(default)]
    pub also: Vec<String>,
}

impl Topic {
    /// What is said to a read-back that is wrong.
    #[must_use]
    pub fn correction(&self) -> String {
        format!("no, {}", self.answer)
    }
}

impl Representative {
    /// Adds every text that the person may say.
    pub(super) fn texts(&self, texts: &mut Vec<String>) {
        texts.push(self.greeting.clone());
        for request in &self.requests {
            texts.push(request.ask.clone());
            texts.extend(request.sorry.clone());
        }
        for interjection in &self.interjections {
            texts.push(interjection.say.clone());
            texts.extend(interjection.reply.clone());
        }
        for topic in &self.topics {
            texts.push(topic.answer.clone());
            texts.push(topic.correction());
        }
        texts.extend([
            self.lookup.say.clone(),
            self.lookup.then.clone(),
            self.repeat_request.clone(),
            self.confirmation.clone(),
            self.idle_prompt.clone(),
            self.closing.clone(),
        ]);
    }
}

fn default_opening_pause_ms() -> u64 {
    1_500
}

fn default_reply_pause_ms() -> u64 {
    300
}

fn default_idle_ms() -> u64 {
    10_000
}

fn default_idle_most() -> u8 {
    3
}

fn default_closing_wait_ms() -> u64 {
    8_000
}

fn default_request_tries() -> u8 {
    3
}
