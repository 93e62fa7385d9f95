//! The file format of a payer: TOML, every key known, every problem told at once.
//!
//! All people in a scenario are synthetic; that is why they may stand in a file in the clear. Texts are in lower case, as a
//! synthesiser likes them. The format holds no audio and no code.

use super::faults::Faults;
use super::problems::ScenarioError;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The most characters spoken in one go: about a minute of speech.
pub const TEXT_MAX: usize = 600;
/// The most entries of any list in a scenario.
pub const ENTRIES_MAX: usize = 64;
/// The longest stretch of music or silence, and the longest time-out.
pub const STRETCH_MS_MAX: u64 = 45 * 60 * 1_000;

/// The name of the step that says that a representative is sought, and of the target that leads there.
pub const HOLD: &str = "hold";
/// The name of the target that ends the call.
pub const HANG_UP: &str = "hang-up";
/// The names of the steps that every scenario has.
pub const FIXED_STEPS: [&str; 9] = [
    HOLD, "greeting", "lookup", "account", "closing", "idle", "repeat", "confirm", "trouble",
];

/// A payer, the request that is put to it, and what a call should find out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Short name, such as `acme-medical`.
    pub id: String,
    /// What it shows, in a sentence.
    pub title: String,
    /// The payer's provider line, E.164.
    pub line: String,
    /// How long it rings.
    #[serde(default = "default_ring_ms")]
    pub ring_ms: u64,
    /// Silence between the answer and the first word.
    #[serde(default = "default_lead_in_ms")]
    pub lead_in_ms: u64,
    /// Whose benefits are asked about. Synthetic.
    pub patient: Patient,
    /// The practice that asks. Synthetic.
    pub provider: Provider,
    /// What a good call brings home.
    pub expected: Expected,
    /// The phone menu, in order; may be empty.
    #[serde(default)]
    pub menu: Vec<MenuStep>,
    /// How patient the menu is.
    #[serde(default)]
    pub menu_patience: MenuPatience,
    /// The wait for a representative.
    #[serde(default)]
    pub hold: Hold,
    /// The person; without one the call ends after the hold.
    pub representative: Option<Representative>,
    /// What goes wrong on purpose.
    #[serde(default)]
    pub faults: Faults,
}

/// A synthetic patient.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patient {
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// ISO 8601 date.
    pub date_of_birth: String,
    /// As printed on the card.
    pub member_id: String,
}

/// A synthetic practice.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// The practice's registered name.
    pub name: String,
    /// National provider identifier, ten digits.
    pub npi: String,
    /// Tax id, nine digits.
    pub tax_id: String,
    /// Where the practice can be called back, E.164.
    pub callback: String,
}

/// What a good call brings home, in the canonical string forms of a result.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Question-set field -> value.
    pub fields: BTreeMap<String, String>,
    /// The representative's name.
    pub representative: Option<String>,
    /// The call's reference number.
    pub reference_number: Option<String>,
}

/// One prompt of the phone menu. With `choices` it wants one key, with `digits` a number; with neither it only announces.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MenuStep {
    /// Its name.
    pub id: String,
    /// What it says.
    pub prompt: String,
    /// Key -> the step it leads to; [`HOLD`] and [`HANG_UP`] are steps too.
    #[serde(default)]
    pub choices: BTreeMap<String, String>,
    /// A number to be keyed.
    pub digits: Option<DigitsInput>,
    /// Where an announcement or a number leads; without it to the next step of the file, or to hold after the last one.
    pub then: Option<String>,
    /// Whether a key pressed during the prompt cuts it short.
    #[serde(default = "default_true")]
    pub barge_in: bool,
    /// What it says to a wrong key or to none, before the prompt comes again.
    pub retry: Option<String>,
}

/// A number to be keyed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigitsInput {
    /// How many digits.
    pub count: u8,
    /// The key that ends it; without one it ends with the last digit.
    pub terminator: Option<char>,
    /// The one number that is taken; without it any of the right length.
    pub expect: Option<String>,
}

/// How patient the menu is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MenuPatience {
    /// Wait for the first key after the prompt's end.
    pub first_key_ms: u64,
    /// Wait between keys.
    pub next_key_ms: u64,
    /// How often a step is tried before the menu gives up.
    pub tries: u8,
    /// What it then says before it hangs up.
    pub give_up: String,
    /// What a step without its own `retry` says.
    pub retry: String,
}

impl Default for MenuPatience {
    fn default() -> Self {
        MenuPatience {
            first_key_ms: 6_000,
            next_key_ms: 4_000,
            tries: 3,
            give_up: "we are sorry you are having trouble. goodbye.".into(),
            retry: "i am sorry, that is not a valid entry.".into(),
        }
    }
}

/// The wait for a representative, in order.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// Its stretches.
    #[serde(default)]
    pub parts: Vec<HoldPart>,
}

/// One stretch of the hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum HoldPart {
    /// Music, in milliseconds.
    MusicMs(u64),
    /// Silence, in milliseconds.
    SilenceMs(u64),
    /// A queue announcement.
    Say(String),
}

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
}

impl Topic {
    /// What is said to a read-back that is wrong.
    #[must_use]
    pub fn correction(&self) -> String {
        format!("no, {}", self.answer)
    }
}

impl Scenario {
    /// Reads a scenario from its TOML text.
    ///
    /// # Errors
    /// [`ScenarioError::Syntax`] for a text that is not a scenario, [`ScenarioError::Invalid`] with every problem of one
    /// that cannot be played.
    pub fn parse(text: &str) -> Result<Scenario, ScenarioError> {
        let scenario: Scenario = toml::from_str(text)?;
        let problems = super::check::problems(&scenario);
        if problems.is_empty() {
            Ok(scenario)
        } else {
            Err(ScenarioError::Invalid(problems))
        }
    }

    /// Reads a scenario from a file.
    ///
    /// # Errors
    /// As [`Scenario::parse`], and [`ScenarioError::Unreadable`].
    pub fn load(path: &Path) -> Result<Scenario, ScenarioError> {
        let text = std::fs::read_to_string(path).map_err(|source| ScenarioError::Unreadable {
            path: path.display().to_string(),
            source,
        })?;
        Scenario::parse(&text)
    }

    /// The payer of the demo call, which is part of the program.
    ///
    /// # Errors
    /// None as long as the file in `fixtures/payers` passes its test.
    pub fn acme_medical() -> Result<Scenario, ScenarioError> {
        Scenario::parse(include_str!("../../../fixtures/payers/acme-medical.toml"))
    }

    /// Every text that the far end may say in this scenario, each once, so that all can be synthesised before the call.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        let mut texts: Vec<String> = Vec::new();
        for step in &self.menu {
            texts.push(step.prompt.clone());
            texts.extend(step.retry.clone());
        }
        texts.push(self.menu_patience.retry.clone());
        texts.push(self.menu_patience.give_up.clone());
        for part in &self.hold.parts {
            if let HoldPart::Say(text) = part {
                texts.push(text.clone());
            }
        }
        if let Some(person) = &self.representative {
            person.texts(&mut texts);
        }
        texts.sort();
        texts.dedup();
        texts
    }
}

impl Representative {
    fn texts(&self, texts: &mut Vec<String>) {
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

/// Whether a telephone has this key.
#[must_use]
pub fn is_key(key: char) -> bool {
    matches!(key, '0'..='9' | '*' | '#' | 'A'..='D')
}

fn default_ring_ms() -> u64 {
    1_200
}
fn default_lead_in_ms() -> u64 {
    500
}
fn default_true() -> bool {
    true
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

#[cfg(test)]
#[path = "scenario_tests.rs"]
mod tests;
