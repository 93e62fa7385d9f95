//! Menu maps: which prompt is playing and what to do about it.
//!
//! A map is data (the payer directory's `[[menu]]` tables). Matching is pure and forgives a recogniser's slips; a prompt
//! that two steps claim equally is no match, for a wrong key leads astray and no key only costs a repeat. This module
//! does not press keys, does not wait for a prompt's end and knows no patient value.

pub(crate) mod words;

use std::fmt;

use callwright_compliance::egress::Field;
use serde::{Deserialize, Serialize};

use crate::payer::is_id;

/// The least score, in thousandths, for a match: one missing word in a set of four.
pub const MATCH_MIN: u16 = 750;

/// What a word counts that was heard with one letter wrong; a word heard right counts 1000.
const NEAR: u16 = 800;

/// The most keys in one go: the carrier's limit on digits to send.
pub const KEYS_MAX: usize = 32;

/// The most steps in a map, far above any real menu, so that a place always fits its number.
const STEPS_MAX: usize = 256;

/// Names a menu map: lower-case letters, digits and hyphens, at most 64 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MenuMapId(String);

impl MenuMapId {
    /// Checks the grammar of an id; `None` where it does not hold.
    #[must_use]
    pub fn new(id: &str) -> Option<MenuMapId> {
        is_id(id).then(|| MenuMapId(id.to_owned()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MenuMapId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is not keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not keys: use 1 to {KEYS_MAX} of 0-9, * and #")]
pub struct KeysError;

/// Keys of a telephone to press, 1 to [`KEYS_MAX`]. Map data: values that belong to somebody never are one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys(String);

impl Keys {
    /// Checks that every character is a key.
    ///
    /// # Errors
    /// [`KeysError`] where one is not, or there are none or too many.
    pub fn new(keys: &str) -> Result<Keys, KeysError> {
        let fits = (1..=KEYS_MAX).contains(&keys.len());
        let all = keys.bytes().all(|b| b.is_ascii_digit() || b == b'*' || b == b'#');
        if fits && all { Ok(Keys(keys.to_owned())) } else { Err(KeysError) }
    }

    /// The keys as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a menu may ask to have keyed. A closed list: the gate checks the field of each (rules V2 and V3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyItem {
    /// The national provider identifier.
    Npi,
    /// The practice's or provider's tax id.
    TaxId,
    /// The member id; its digits only, where it has letters the map says it instead.
    MemberId,
    /// The patient's date of birth as MMDDYYYY.
    PatientDateOfBirth,
    /// The practice's call-back number, ten digits.
    CallbackNumber,
}

impl KeyItem {
    /// The field that leaves the house with it.
    #[must_use]
    pub const fn field(self) -> Field {
        match self {
            KeyItem::Npi => Field::Npi,
            KeyItem::TaxId => Field::TaxId,
            KeyItem::MemberId => Field::MemberId,
            KeyItem::PatientDateOfBirth => Field::PatientDateOfBirth,
            KeyItem::CallbackNumber => Field::CallbackNumber,
        }
    }
}

/// What to do once a step's prompt has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepAct {
    /// Press these keys.
    Press(Keys),
    /// Key an item, then the terminator where there is one.
    Key {
        /// What to key.
        item: KeyItem,
        /// The key that ends the entry, usually `#`.
        terminator: Option<Keys>,
    },
    /// Say this phrase. Menu speech: it never carries a value.
    Say(String),
    /// Nothing; the menu goes on by itself.
    Wait,
    /// Nothing; the queue comes next.
    ExpectHold,
}

/// What is wrong with a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MenuError {
    /// A map without steps, or with more than any menu has.
    #[error("a menu map has 1 to {STEPS_MAX} steps")]
    Steps,
    /// A step's id does not hold to the grammar.
    #[error("not a step id: use lower-case letters, digits and hyphens, at most 64")]
    Id,
    /// Two steps with one id.
    #[error("two steps have the same id")]
    Twice,
    /// A step that no prompt can match.
    #[error("heard is empty: write at least one set of at least two words")]
    Heard,
    /// No act, or more than one.
    #[error("a step has exactly one of press, key, say, wait = true and expect_hold = true")]
    OneAct,
}

/// One prompt of a menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its id, unique within the map.
    pub id: String,
    /// What to do about it.
    pub act: StepAct,
    /// Keyword sets in normal form; any one of them identifies the prompt.
    heard: Vec<Vec<String>>,
}

impl Step {
    /// A step of a map, known by any one of the keyword sets `heard`.
    ///
    /// # Errors
    /// A bad id, or a keyword set of fewer than two words: a single word is in too many prompts.
    pub fn new(id: &str, heard: Vec<Vec<String>>, act: StepAct) -> Result<Step, MenuError> {
        Step::one_act(id, heard, vec![act])
    }

    /// As [`Step::new`], out of a list of acts that must hold exactly one.
    pub(crate) fn one_act(
        id: &str,
        heard: Vec<Vec<String>>,
        acts: Vec<StepAct>,
    ) -> Result<Step, MenuError> {
        if !is_id(id) {
            return Err(MenuError::Id);
        }
        let heard: Vec<Vec<String>> =
            heard.iter().map(|set| words::normalise(set.iter().map(String::as_str))).collect();
        if heard.is_empty() || heard.iter().any(|set| set.len() < 2) {
            return Err(MenuError::Heard);
        }
        let mut acts = acts.into_iter();
        match (acts.next(), acts.next()) {
            (Some(act), None) => Ok(Step { id: id.to_owned(), act, heard }),
            _ => Err(MenuError::OneAct),
        }
    }
}

/// The place of a step in its map, from 0: the number by which the core knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepPlace(pub u16);

/// A prompt that a map knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// Which step's prompt it is.
    pub step: StepPlace,
    /// How well it fits, in thousandths: [`MATCH_MIN`] to 1000.
    pub score: u16,
}

/// One payer line's menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuMap {
    id: MenuMapId,
    steps: Vec<Step>,
}

impl MenuMap {
    /// A map of these steps.
    ///
    /// # Errors
    /// No step, too many, or two with one id.
    pub fn new(id: MenuMapId, steps: Vec<Step>) -> Result<MenuMap, MenuError> {
        if !(1..=STEPS_MAX).contains(&steps.len()) {
            return Err(MenuError::Steps);
        }
        let twice = |i: usize, id: &str| steps.iter().take(i).any(|step| step.id == id);
        if steps.iter().enumerate().any(|(i, step)| twice(i, &step.id)) {
            return Err(MenuError::Twice);
        }
        Ok(MenuMap { id, steps })
    }

    /// A map that stands for one whose steps could not be read; it never leaves the parser.
    pub(crate) fn with_broken_steps(id: MenuMapId) -> MenuMap {
        MenuMap { id, steps: Vec::new() }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &MenuMapId {
        &self.id
    }

    /// Its steps, in order; a [`StepPlace`] counts them from 0.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The step at a place.
    #[must_use]
    pub fn step(&self, place: StepPlace) -> Option<&Step> {
        self.steps.get(usize::from(place.0))
    }

    /// Which step's prompt these words are.
    ///
    /// A set's score is the share of its words that were heard, a word with one letter wrong counting less. The best
    /// score wins; between equal scores the set with more words, for it says more. Two steps that are equal in both are
    /// no match. A match says what prompt was heard, not who spoke it: see `PayerEntry::names_itself`.
    #[must_use]
    pub fn match_prompt(&self, heard: &[&str]) -> Option<Match> {
        let heard = words::normalise(heard.iter().copied());
        let mut best: Option<((u16, usize), StepPlace)> = None;
        let mut tied = false;
        for (place, step) in (0_u16..).zip(&self.steps) {
            let of_step = step.heard.iter().map(|set| (score(set, &heard), set.len())).max();
            let Some(rank) = of_step.filter(|(score, _)| *score >= MATCH_MIN) else {
                continue;
            };
            match best {
                Some((so_far, _)) if rank < so_far => {}
                Some((so_far, _)) if rank == so_far => tied = true,
                _ => {
                    best = Some((rank, StepPlace(place)));
                    tied = false;
                }
            }
        }
        best.filter(|_| !tied).map(|((score, _), step)| Match { step, score })
    }
}

/// The share of a set's words that were heard, in thousandths.
fn score(set: &[String], heard: &[String]) -> u16 {
    let total: usize = set
        .iter()
        .map(|word| {
            if heard.contains(word) {
                1000
            } else if heard.iter().any(|h| words::near(h, word)) {
                usize::from(NEAR)
            } else {
                0
            }
        })
        .sum();
    u16::try_from(total / set.len().max(1)).unwrap_or(1000)
}

#[cfg(test)]
mod tests;
