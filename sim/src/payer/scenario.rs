//! The file format of a payer: TOML, every key known, every problem told at once.
//!
//! All people in a scenario are synthetic; that is why they may stand in a file in the clear. Texts are in lower case, as a
//! synthesiser likes them. The format holds no audio and no code.

use super::faults::Faults;
use super::problems::ScenarioError;
use super::representative::Representative;
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
pub const FIXED_STEPS: [&str; 9] =
    [HOLD, "greeting", "lookup", "account", "closing", "idle", "repeat", "confirm", "trouble"];

/// A payer, the request that is put to it, and what a call should find out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Short name, such as `acme-medical`.
    pub id: String,
    /// What it shows, in a sentence.
    pub title: String,
    /// What is asked: the id of a question set.
    #[serde(default = "default_question_set")]
    pub question_set: String,
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

/// The payers of the demo calls.
const NAMED: &[(&str, &str)] = &[
    ("acme-medical", include_str!("../../../fixtures/payers/acme-medical.toml")),
    ("acme-dental", include_str!("../../../fixtures/payers/acme-dental.toml")),
    ("acme-dropped", include_str!("../../../fixtures/payers/acme-dropped.toml")),
];

impl Scenario {
    /// Reads a scenario from its TOML text.
    ///
    /// # Errors
    /// [`ScenarioError::Syntax`] for a text that is not a scenario, [`ScenarioError::Invalid`] with every problem of one
    /// that cannot be played.
    pub fn parse(text: &str) -> Result<Scenario, ScenarioError> {
        let scenario: Scenario = toml::from_str(text)?;
        let problems = super::check::problems(&scenario);
        if problems.is_empty() { Ok(scenario) } else { Err(ScenarioError::Invalid(problems)) }
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

    /// The payer of the demo call.
    ///
    /// # Errors
    /// As [`Scenario::named`].
    pub fn acme_medical() -> Result<Scenario, ScenarioError> {
        Scenario::parse(NAMED[0].1)
    }

    /// The names of the payers that are part of the program.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMED.iter().map(|(name, _)| *name)
    }

    /// A payer that is part of the program; `None` where no such name is known.
    ///
    /// # Errors
    /// None as long as the files in `fixtures/payers` pass their test.
    #[must_use]
    pub fn named(name: &str) -> Option<Result<Scenario, ScenarioError>> {
        NAMED.iter().find(|(known, _)| *known == name).map(|(_, text)| Scenario::parse(text))
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

/// Whether a telephone has this key.
#[must_use]
pub fn is_key(key: char) -> bool {
    matches!(key, '0'..='9' | '*' | '#' | 'A'..='D')
}

fn default_question_set() -> String {
    "medical".to_owned()
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

#[cfg(test)]
#[path = "scenario_tests.rs"]
mod tests;
