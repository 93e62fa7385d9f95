//! Puts typed tokens in the place of everything in heard words that may say who somebody is (rule V2).
//!
//! A language model is shown what the far end says in this form only, and a screen may show it with the tokens blotted out. Identifiers,
//! spelled words, dates and names become `{heard:id#1}`, `{heard:spelling#2}`, `{heard:date#3}`, `{heard:name#4}`, known to the call or
//! not. Amounts, percentages and counts pass: they do not say whose they are.
//!
//! Words pass only where they are in the vocabulary, so that a name that nobody expected is covered, too. The price is that harmless
//! rare words are covered with it. It does not find out what a covered word means; `understand` does, on the words themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use callwright_prompts::Token as Slot;
use callwright_prompts::slots::HeardKind;
use zeroize::Zeroize;

use crate::normal::{Form, Token, tokens};
use crate::spelling::{ACRONYMS, COMPOUNDS, CONTRACTIONS, ENDINGS, SPELLINGS};
use crate::value::{code, date, name, number};
use crate::words::Word;

/// What may stand between two parts of one number.
const JOINS: &[&str] = &["dash", "hyphen", "slash", "double", "triple"];

/// Words after which, or before which, a number says how much or how many, and not who.
const UNITS: &[&str] = &[
    "bitewings",
    "cents",
    "cleanings",
    "day",
    "days",
    "dollar",
    "dollars",
    "exams",
    "hour",
    "hours",
    "minute",
    "minutes",
    "month",
    "months",
    "percent",
    "sessions",
    "times",
    "units",
    "visit",
    "visits",
    "week",
    "weeks",
    "year",
    "years",
];

/// A number of so many bare words says nothing about anybody: a key to press, "eighty twenty".
const FEW: usize = 2;

/// The most figures of an amount or a count without a comma or a currency sign: "1500 dollars", "365 days".
const AMOUNT_FIGURES_MAX: usize = 4;

/// The most words of one amount without a unit, such as "two thousand five hundred".
const AMOUNT_WORDS_MAX: usize = 7;

/// Covers the words of one call. The same words get the same token every time.
pub struct Coverer {
    vocabulary: BTreeSet<String>,
    names: BTreeSet<String>,
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
                None => out.extend(words[range.clone()].iter().map(|word| word.text.clone())),
            }
        }
        out.join(" ")
    }
}

impl Coverer {
    /// Lets the words of `vocabulary` pass, and those that understanding knows to be no names.
    #[must_use]
    pub fn new(vocabulary: &BTreeSet<String>) -> Coverer {
        let joined = ACRONYMS.iter().chain(COMPOUNDS).map(|(_, to)| *to);
        let spelled = SPELLINGS.iter().chain(CONTRACTIONS).chain(ENDINGS).map(|(_, to)| *to);
        let known = joined.chain(spelled).chain(name::not_names()).flat_map(str::split_whitespace);
        let mut vocabulary: BTreeSet<String> =
            vocabulary.iter().map(|word| word.replace('\'', "")).collect();
        vocabulary.extend(known.map(str::to_owned));
        Coverer { vocabulary, names: BTreeSet::new(), seen: BTreeMap::new() }
    }

    /// Covers each word of `text` from here on, in the vocabulary or not: a patient's name.
    pub fn name(&mut self, text: &str) {
        let plain = |word: &str| word.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        let words = text.split_whitespace().map(plain).map(|word| word.to_lowercase());
        self.names.extend(words.filter(|word| word.chars().count() > 1));
    }

    /// Covers an utterance.
    pub fn cover(&mut self, words: &[Word]) -> Covered {
        let tokens = tokens(words);
        let kinds = self.kinds(&tokens);
        // A word is covered where any token of it is.
        let mut by_word: Vec<Option<HeardKind>> = vec![None; words.len()];
        for (token, kind) in tokens.iter().zip(kinds) {
            by_word[token.word] = by_word[token.word].or(kind);
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

    /// What each token must be covered as; `None` for one that passes.
    fn kinds(&self, tokens: &[Token]) -> Vec<Option<HeardKind>> {
        let mut kinds = vec![None; tokens.len()];
        let mut at = 0;
        while at < tokens.len() {
            let dated = date_run(tokens, at);
            let run = number_run(tokens, at);
            if dated > 0 {
                kinds[at..at + dated].fill(Some(HeardKind::Date));
                at += dated;
            } else if run > 0 {
                kinds[at..at + run].fill(number_kind(tokens, at..at + run));
                at += run;
            } else {
                kinds[at] = self.word_kind(&tokens[at]);
                at += 1;
            }
        }
        kinds
    }

    fn word_kind(&self, token: &Token) -> Option<HeardKind> {
        let text = token.text.as_str();
        let passes = match token.form {
            Form::Decimal { .. } | Form::Percent(_) | Form::Ordinal(_) => return None,
            Form::Date { .. } => return Some(HeardKind::Date),
            Form::Number(_) => return Some(HeardKind::Id),
            Form::Word => self.vocabulary.contains(text) && !self.names.contains(text),
        };
        if passes {
            None
        } else if date::month(text).is_some() {
            Some(HeardKind::Date)
        } else if text.chars().any(|c| c.is_ascii_digit()) {
            Some(HeardKind::Id)
        } else {
            Some(HeardKind::Name)
        }
    }
}

impl Drop for Coverer {
    fn drop(&mut self) {
        let names = std::mem::take(&mut self.names).into_iter();
        names.chain(std::mem::take(&mut self.seen).into_keys()).for_each(|mut text| text.zeroize());
    }
}

fn text(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| token.text.as_str())
}

/// A part of a number in words or figures, or of a date.
fn is_figure(token: &Token) -> bool {
    let word = token.text.as_str();
    match token.form {
        Form::Number(_) => true,
        Form::Word => {
            matches!(word, "hundred" | "thousand" | "million")
                || number::digit(word).is_some() && word != "o"
                || number::teen(word).or_else(|| number::tens(word)).is_some()
        }
        Form::Decimal { .. } | Form::Percent(_) | Form::Date { .. } | Form::Ordinal(_) => false,
    }
}

fn is_day(tokens: &[Token], at: usize) -> bool {
    tokens.get(at).is_some_and(|token| {
        is_figure(token)
            || matches!(token.form, Form::Ordinal(_))
            || number::ordinal_day(tokens, at).is_some()
    })
}

/// How many tokens from `at` on are a date: a month with figures behind it, or a day before it.
fn date_run(tokens: &[Token], at: usize) -> usize {
    if matches!(tokens[at].form, Form::Date { .. }) {
        return 1;
    }
    let mut month = at;
    // "the twelfth of april", "twelfth april"
    if is_day(tokens, at) {
        month = number::ordinal_day(tokens, at).map_or(at + 1, |(_, end)| end);
        month += usize::from(text(tokens, month) == "of");
    }
    if date::month(text(tokens, month)).is_none() {
        return 0;
    }
    let mut end = month + 1;
    loop {
        let joined = matches!(text(tokens, end), "the" | "of" | "in" | "and");
        let from = end + usize::from(joined);
        if !is_day(tokens, from) {
            break;
        }
        end = number::ordinal_day(tokens, from).map_or(from + 1, |(_, after)| after.max(from + 1));
    }
    // A month alone is left to the vocabulary: "may i", "march".
    if end == month + 1 && month == at { 0 } else { end - at }
}

fn is_letter(token: &Token) -> bool {
    token.form == Form::Word
        && token.text.chars().count() == 1
        && token.text.chars().all(char::is_alphabetic)
}

/// How many tokens from `at` on are figures and letters, with what joins them and with "as in whiskey".
fn number_run(tokens: &[Token], at: usize) -> usize {
    let mut end = at;
    while let Some(token) = tokens.get(end) {
        let mixed = token.form == Form::Word
            && token.text.chars().any(|c| c.is_ascii_digit())
            && token.text.chars().any(char::is_alphabetic);
        if is_letter(token) {
            end += if text(tokens, end + 1) == "as" && text(tokens, end + 2) == "in" {
                4.min(tokens.len() - end)
            } else {
                1
            };
        } else if is_figure(token)
            || mixed
            || end > at && code::alphabet(&token.text).is_some() && number_goes_on(tokens, end)
            || end > at && JOINS.contains(&token.text.as_str())
            || text(tokens, end) == "and"
                && end > at
                && matches!(text(tokens, end - 1), "hundred" | "thousand")
                && tokens.get(end + 1).is_some_and(is_figure)
        {
            end += 1;
        } else {
            break;
        }
    }
    end - at
}

/// Whether a word of the spelling alphabet stands among figures, letters or other such words.
fn number_goes_on(tokens: &[Token], at: usize) -> bool {
    let beside = |token: &Token| {
        is_figure(token) || is_letter(token) || code::alphabet(&token.text).is_some()
    };
    tokens.get(at + 1).is_some_and(beside)
        || at.checked_sub(1).is_some_and(|at| beside(&tokens[at]))
}

/// What a run of figures and letters is covered as.
fn number_kind(tokens: &[Token], run: Range<usize>) -> Option<HeardKind> {
    let part = &tokens[run.clone()];
    let figures = part.iter().filter(|token| is_figure(token)).count();
    let articles = part.iter().take_while(|token| matches!(token.text.as_str(), "a" | "i")).count();
    let has_digit = |token: &Token| token.text.chars().any(|c| c.is_ascii_digit());
    if figures == 0 && !part.iter().any(has_digit) {
        // "i", "a": words. Anything else spells.
        return (articles < part.len()).then_some(HeardKind::Spelling);
    }
    let rest = &part[articles..];
    if !rest.iter().all(|token| is_figure(token) || token.text == "and") {
        return Some(HeardKind::Id);
    }
    let single = rest.iter().filter(|token| number::digit(&token.text).is_some()).count();
    let row_of_digits = single == rest.len() && single > FEW;
    // "four hundred seventy two nine one": what trails in single digits is no amount.
    let trailing = rest.iter().rev().take_while(|token| number::digit(&token.text).is_some());
    let huge = rest.iter().any(|token| {
        matches!(token.form, Form::Number(_)) && token.text.chars().count() > AMOUNT_FIGURES_MAX
    });
    if row_of_digits || trailing.count() > 1 || huge {
        return Some(HeardKind::Id);
    }
    let counted = UNITS.contains(&text(tokens, run.end));
    let scaled = rest.iter().any(|token| matches!(token.text.as_str(), "hundred" | "thousand"));
    let long = rest
        .iter()
        .any(|token| matches!(token.form, Form::Number(_)) && token.text.chars().count() > FEW);
    let passes = counted || scaled && rest.len() <= AMOUNT_WORDS_MAX || rest.len() <= FEW && !long;
    (!passes).then_some(HeardKind::Id)
}

#[cfg(test)]
mod tests;
