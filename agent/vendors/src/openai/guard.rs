//! What a model wrote, held against what it was asked for.
//!
//! A piece passes only as a template whose tokens are those of the turn's goals: the value of a `ReadBack`, the items of `Provide`.
//! Its words may hold no numeral, no number spelled out, no markup and no letter but those of English; each word must be one that such
//! turns are made of; and nothing in them may fit the lexicon of what a model may never say. At the end, every value that the goals want
//! said must have been said, once. Anything else fails the turn.
//!
//! What it does not prove: that the words are good, or that a question is the one that was to be asked. What it misses of bad sentences
//! and what it refuses of good ones is measured by its tests.

use std::collections::{BTreeSet, VecDeque};

use callwright_core::{DataItem, Goal, ValueId};
use callwright_prompts::lexicon::{Class, Said, VALUE};
use callwright_prompts::model::Never;
use callwright_prompts::{Piece, Template, Token};
use callwright_understanding::Segment;

/// Characters of one piece; the longest sentence of the pack has a third of that.
pub(super) const PIECE_CHARS_MAX: usize = 320;

/// Pieces of a turn.
pub(super) const PIECES_MAX: usize = 10;

/// Characters of a whole turn: half a minute of speech. The longest turn of the pack has half of that, and nobody listens to a machine
/// for longer.
const TURN_CHARS_MAX: usize = 400;

/// What the turn does not allow. It does not hold the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Off {
    /// Too long, or in too many pieces.
    Long,
    /// No template: an unknown token or a brace without a partner.
    Template,
    /// A token that no goal names, or one more than they name.
    Token,
    /// A character that is not for speaking.
    Character,
    /// A number of the model's own.
    Number,
    /// A word that such turns are not made of.
    Word,
    /// A sentence that a model may never say.
    Phrase(Class),
    /// A value that was to be said was not.
    Missing,
}

impl Off {
    /// The stable name, for a metric.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Off::Long => "long",
            Off::Template => "template",
            Off::Token => "token",
            Off::Character => "character",
            Off::Number => "number",
            Off::Word => "word",
            Off::Phrase(class) => class.name(),
            Off::Missing => "missing",
        }
    }
}

/// See the module.
pub(super) struct Guard<'a> {
    never: &'a Never,
    /// Items still to be given.
    items: Vec<DataItem>,
    /// Values still to be read back, in the order of the goals.
    values: VecDeque<ValueId>,
    /// Words of the turn's own wordings, which may be said besides those of the lists.
    wordings: BTreeSet<String>,
    /// The words so far. What may not be said may lie across two pieces.
    said: Said,
    numbers_in_a_row: usize,
    pieces: usize,
    chars: usize,
}

impl<'a> Guard<'a> {
    /// The guard of a turn. `wordings` are sentences that would do for it.
    pub(super) fn new(goals: &[Goal], never: &'a Never, wordings: &[String]) -> Guard<'a> {
        let mut items = Vec::new();
        let mut values = VecDeque::new();
        for goal in goals {
            match goal {
                Goal::Provide(item) if token_of(*item).is_some() && !items.contains(item) => {
                    items.push(*item);
                }
                Goal::ReadBack(_, value) => values.push_back(*value),
                Goal::Acknowledge
                | Goal::AreYouThere
                | Goal::Ask(_)
                | Goal::CannotProvide(_)
                | Goal::Clarify
                | Goal::Close
                | Goal::GiveReason
                | Goal::Provide(_) => {}
            }
        }
        let mut own = Said::new();
        wordings.iter().for_each(|wording| own.add(wording));
        Guard {
            never,
            wordings: own.words().iter().cloned().collect(),
            items,
            values,
            said: Said::new(),
            numbers_in_a_row: 0,
            pieces: 0,
            chars: 0,
        }
    }

    /// Passes one piece.
    pub(super) fn piece(&mut self, text: &str) -> Result<Segment, Off> {
        self.pieces += 1;
        let chars = text.chars().count();
        self.chars += chars;
        if self.pieces > PIECES_MAX || chars > PIECE_CHARS_MAX || self.chars > TURN_CHARS_MAX {
            return Err(Off::Long);
        }
        let template = Template::parse(text).map_err(|_| Off::Template)?;
        let (mut carries, mut heard) = (Vec::new(), None);
        for piece in template.pieces() {
            match piece {
                Piece::Literal(words) => self.words(words)?,
                Piece::Token(Token::Heard) => {
                    // A segment has one value in hand.
                    let value = self.values.pop_front().ok_or(Off::Token)?;
                    if heard.replace(value).is_some() {
                        return Err(Off::Token);
                    }
                    self.value();
                }
                Piece::Token(token) => {
                    let place = self.items.iter().position(|item| token_of(*item) == Some(*token));
                    carries.push(self.items.remove(place.ok_or(Off::Token)?));
                    self.value();
                }
            }
        }
        Ok(Segment { template, carries, heard })
    }

    /// Everything that was to be said was said.
    pub(super) fn finish(&self) -> Result<(), Off> {
        if self.items.is_empty() && self.values.is_empty() { Ok(()) } else { Err(Off::Missing) }
    }

    /// A value stands between the words: nothing goes across it.
    fn value(&mut self) {
        self.said.add_value();
        self.numbers_in_a_row = 0;
    }

    fn words(&mut self, literal: &str) -> Result<(), Off> {
        if literal.chars().any(char::is_numeric) {
            return Err(Off::Number);
        }
        if !literal.chars().all(is_for_speaking) {
            return Err(Off::Character);
        }
        let before = self.said.words().len();
        self.said.add(literal);
        let mut unknown = false;
        // An acronym may have been put together with a letter of before.
        for word in self.said.words().iter().skip(before.saturating_sub(2)) {
            let is_number = self.never.number_words.contains(word);
            unknown |= !is_number
                && word != VALUE
                && word.len() > 1
                && !self.never.words.contains(word)
                && !self.wordings.contains(word);
        }
        self.count_numbers(literal)?;
        match self.never.lexicon.finds(&self.said) {
            Some(class) => Err(Off::Phrase(class)),
            None if unknown => Err(Off::Word),
            None => Ok(()),
        }
    }

    fn count_numbers(&mut self, literal: &str) -> Result<(), Off> {
        let lower = literal.to_lowercase();
        for part in lower.split(|c: char| !c.is_alphabetic()).filter(|part| !part.is_empty()) {
            let is_number = self.never.number_words.iter().any(|word| word == part);
            self.numbers_in_a_row = if is_number { self.numbers_in_a_row + 1 } else { 0 };
            if self.numbers_in_a_row > self.never.number_words_max {
                return Err(Off::Number);
            }
        }
        Ok(())
    }
}

const fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}')
}

/// What a synthesiser reads as words and pauses, and nothing that it would spell out or take for markup. Letters are those of English
/// alone: one of another alphabet that looks like one of them would hide a word.
fn is_for_speaking(c: char) -> bool {
    let mark =
        matches!(c, '.' | ',' | ';' | ':' | '?' | '!' | '-' | '–' | '—' | '…' | '"' | '“' | '”');
    c.is_ascii_alphabetic() || c == ' ' || is_apostrophe(c) || mark
}

/// The token that stands for an item; none for what is said without a value, or never said.
pub(super) const fn token_of(item: DataItem) -> Option<Token> {
    match item {
        DataItem::CallbackNumber => Some(Token::CallbackNumber),
        DataItem::CallerName => Some(Token::CallerName),
        DataItem::DateOfService => Some(Token::DateOfService),
        DataItem::GroupNumber => Some(Token::GroupNumber),
        DataItem::MemberId => Some(Token::MemberId),
        DataItem::Npi => Some(Token::Npi),
        DataItem::PatientDateOfBirth => Some(Token::PatientDateOfBirth),
        DataItem::PatientName => Some(Token::PatientName),
        DataItem::ProviderAddress => Some(Token::ProviderAddress),
        DataItem::ProviderName => Some(Token::ProviderName),
        DataItem::Relationship => Some(Token::Relationship),
        DataItem::TaxId => Some(Token::TaxId),
        // A reason is words of the pack. No sentence says a social security number (rule V2).
        DataItem::ReasonForCall | DataItem::Ssn => None,
    }
}

#[cfg(test)]
mod sentences;
#[cfg(test)]
mod tests;
