//! Puts typed tokens in the place of everything in heard words that may say who somebody is (rule V2).
//!
//! A language model is shown what the far end says in this form only, and a screen may show it with the tokens blotted out. Identifiers,
//! spelled words, dates and names become `{heard:id#1}`, `{heard:spelling#2}`, `{heard:date#3}`, `{heard:name#4}`, known to the call or
//! not. Amounts, percentages and counts pass: they do not say whose they are.
//!
//! | Module | What it covers |
//! |---|---|
//! | `numbers` | figures and letters in a row, said in any way, and dates |
//! | `people` | names, addresses and numbers by the words around them |
//! | `known` | what the call knows of its patient, in pieces and half heard, too |
//!
//! Words pass only where they are in the vocabulary, so that a name that nobody expected is covered, too. The price is that harmless
//! rare words are covered with it, and numbers that belong to nothing; a model can quote a token as well as a word. Each step only ever
//! covers more. It does not find out what a covered word means; `understand` does, on the words themselves.

mod known;
mod numbers;
mod people;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;

use callwright_prompts::Token as Slot;
use callwright_prompts::slots::HeardKind;
use zeroize::Zeroize;

use crate::normal::{Form, Token, tokens};
use crate::spelling::{ACRONYMS, COMPOUNDS, CONTRACTIONS, ENDINGS, SPELLINGS};
use crate::value::{code, date, name};
use crate::words::Word;

use known::Known;
use numbers::Run;

/// What each token must be covered as; `None` for one that passes.
type Kinds = [Option<HeardKind>];

/// Numbers without a unit say nothing about anybody as long as there are few of them: a key to press, "limit of two". This many may pass
/// in [`UTTERANCES`] utterances; with one more, somebody reads a number in pieces.
const BARE_MAX: usize = 2;

/// How many utterances, the latest included, are looked at for a number that is read in pieces.
const UTTERANCES: usize = 4;

/// Covers the words of one call. The same words get the same token every time.
pub struct Coverer {
    vocabulary: BTreeSet<String>,
    known: Known,
    /// Bare numbers in each of the utterances before this one.
    bare: VecDeque<usize>,
    /// Covered words, normalised, and their numbers.
    seen: BTreeMap<String, (HeardKind, u32)>,
}

/// What was covered of an utterance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// Parts in order: a range of the utterance's words, and the token that stands for them, if any.
    parts: Vec<(Range<usize>, Option<Slot>)>,
}

impl Covered {
    /// The tokens, and the words that each stands for.
    pub fn tokens(&self) -> impl Iterator<Item = (Slot, Range<usize>)> + '_ {
        self.parts.iter().filter_map(|(words, slot)| Some(((*slot)?, words.clone())))
    }

    /// The text, with each token as `token` writes it. `words` are those that were covered.
    #[must_use]
    pub fn text(&self, words: &[Word], token: impl Fn(Slot) -> String) -> String {
        let mut out: Vec<String> = Vec::new();
        for (range, slot) in &self.parts {
            match slot {
                Some(slot) => out.push(token(*slot)),
                None => out.extend(words[range.clone()].iter().map(shown)),
            }
        }
        out.join(" ")
    }
}

/// A word that passes, as it is shown. Braces are tokens' alone: nobody can say one.
#[must_use]
pub fn shown(word: &Word) -> String {
    word.text.replace('{', "(").replace('}', ")")
}

impl Coverer {
    /// Lets the words of `vocabulary` pass, and those that understanding knows to be no names.
    #[must_use]
    pub fn new(vocabulary: &BTreeSet<String>) -> Coverer {
        let joined = ACRONYMS.iter().chain(COMPOUNDS).map(|(_, to)| *to);
        let spelled = SPELLINGS.iter().chain(CONTRACTIONS).chain(ENDINGS).map(|(_, to)| *to);
        let known = joined.chain(spelled).chain(name::not_names()).flat_map(str::split_whitespace);
        // "Mike" spells a letter, and is a name.
        let known = known.filter(|word| code::alphabet(word).is_none() || *word == "able");
        let mut vocabulary: BTreeSet<String> =
            vocabulary.iter().map(|word| word.replace('\'', "")).collect();
        vocabulary.extend(known.map(str::to_owned));
        Coverer {
            vocabulary,
            known: Known::default(),
            bare: VecDeque::new(),
            seen: BTreeMap::new(),
        }
    }

    /// Covers each word of `text` from here on, in the vocabulary or not: a patient's name.
    pub fn name(&mut self, text: &str) {
        self.known.name(text);
    }

    /// Covers this number from here on, and four of its digits in a row wherever they are said, in one breath or in several: a member
    /// id, or a date of birth as `YYYY-MM-DD`.
    pub fn identifier(&mut self, text: &str) {
        self.known.identifier(text);
    }

    /// Covers an utterance.
    pub fn cover(&mut self, words: &[Word]) -> Covered {
        let tokens = tokens(words);
        let kinds = self.kinds(&tokens);
        // A word is covered where any token of it is.
        let mut by_word: Vec<Option<HeardKind>> = vec![None; words.len()];
        let mut has_token = vec![false; words.len()];
        for (token, kind) in tokens.iter().zip(kinds) {
            has_token[token.word] = true;
            by_word[token.word] = by_word[token.word].or(kind);
        }
        // Of spelled letters that were read as one word only the first has it: the others go with it.
        for at in 1..words.len() {
            if !has_token[at] {
                by_word[at] = by_word[at - 1];
            }
        }
        let mut parts: Vec<(Range<usize>, Option<Slot>)> = Vec::new();
        let mut at = 0;
        while at < by_word.len() {
            let kind = by_word[at];
            let run = by_word[at..].iter().take_while(|each| **each == kind).count();
            let slot = kind.map(|kind| self.slot(kind, &words[at..at + run]));
            parts.push((at..at + run, slot));
            at += run;
        }
        Covered { parts }
    }

    fn slot(&mut self, kind: HeardKind, words: &[Word]) -> Slot {
        let key: Vec<String> = words.iter().map(|word| word.text.to_lowercase()).collect();
        let next = u32::try_from(self.seen.len() + 1).unwrap_or(u32::MAX);
        let (kind, number) = *self.seen.entry(key.join(" ")).or_insert((kind, next));
        Slot::HeardEarlier(kind, number)
    }

    fn kinds(&mut self, tokens: &[Token]) -> Vec<Option<HeardKind>> {
        let mut kinds = vec![None; tokens.len()];
        let mut bare = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let (end, run) = numbers::run(tokens, at);
            match run {
                Run::Covered(kind) => kinds[at..end].fill(Some(kind)),
                Run::Bare => bare.push(at..end),
                Run::Passes => {}
                Run::Word => kinds[at] = self.word_kind(&tokens[at]),
            }
            at = end.max(at + 1);
        }
        numbers::hold_on(tokens, &mut kinds);
        people::mark(tokens, &bare, &mut kinds);
        self.known.mark(tokens, &mut kinds);
        let before: usize = self.bare.iter().sum();
        if before + bare.len() > BARE_MAX {
            bare.iter().for_each(|run| cover(&mut kinds, run.clone(), HeardKind::Id));
        }
        if self.bare.len() == UTTERANCES - 1 {
            self.bare.pop_front();
        }
        self.bare.push_back(bare.len());
        kinds
    }

    fn word_kind(&self, token: &Token) -> Option<HeardKind> {
        let text = token.text.as_str();
        match token.form {
            Form::Decimal { .. } => return numbers::is_too_long(token).then_some(HeardKind::Id),
            Form::Percent(value) => return (value > 100).then_some(HeardKind::Id),
            Form::Ordinal(_) => return None,
            Form::Date { .. } => return Some(HeardKind::Date),
            Form::Number(_) => return Some(HeardKind::Id),
            Form::Word => {}
        }
        if self.vocabulary.contains(text) {
            None
        } else if date::month(text).is_some() {
            Some(HeardKind::Date)
        } else if text.chars().any(char::is_numeric) {
            Some(HeardKind::Id)
        } else {
            Some(HeardKind::Name)
        }
    }
}

impl Drop for Coverer {
    fn drop(&mut self) {
        std::mem::take(&mut self.seen).into_keys().for_each(|mut text| text.zeroize());
    }
}

/// Covers what passes so far.
fn cover(kinds: &mut Kinds, range: Range<usize>, kind: HeardKind) {
    for each in kinds.iter_mut().take(range.end).skip(range.start) {
        each.get_or_insert(kind);
    }
}

fn text(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| token.text.as_str())
}

#[cfg(test)]
mod tests;
