//! The words around a value: where its clause ends, and which topic it stands under.
//!
//! The rules are those of [`callwright_prompts::Pattern`], with two refinements for people who do not pause: a topic that
//! introduces the next value belongs to that one's clause, and a topic in the clause before the value goes before one
//! after it.

use callwright_prompts::Pattern;

use super::assign::value_for;
use super::mention::Mention;
use super::{Focus, phrase, questions};
use crate::normal::Token;
use crate::understand::Context;

/// Words that end a value's clause.
const CONNECTORS: &[&str] = &["and", "but", "then"];

/// Where the clause of the token at a place begins, by the connectors alone.
pub(super) fn clause_start(tokens: &[Token], at: usize) -> usize {
    let connects = |place: &usize| {
        tokens.get(*place).is_some_and(|token| CONNECTORS.contains(&token.text.as_str()))
    };
    (0..at).rev().find(connects).map_or(0, |place| place + 1)
}

/// To which side the words between two values belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    Both,
    Left,
    Right,
}

/// A topic of a question, where it was said.
pub(super) struct Said<'a> {
    pub(super) field: usize,
    pub(super) pattern: &'a Pattern,
    pub(super) at: usize,
    pub(super) end: usize,
}

pub(super) struct Search<'a> {
    pub(super) tokens: &'a [Token],
    pub(super) ctx: &'a Context<'a>,
    pub(super) focus: &'a Focus,
    pub(super) mentions: Vec<Mention>,
    pub(super) gaps: Vec<Gap>,
    pub(super) said: Vec<Said<'a>>,
}

/// Every topic of every question that was said.
pub(super) fn topics<'a>(tokens: &[Token], ctx: &Context<'a>) -> Vec<Said<'a>> {
    let mut said = Vec::new();
    for (field, question) in questions(ctx) {
        for pattern in &question.heard {
            for words in &pattern.topic {
                for (at, end) in phrase::places(tokens, words) {
                    said.push(Said { field, pattern, at, end });
                }
            }
        }
    }
    said
}

impl Search<'_> {
    /// The stretch of words around a mention, up to the next value or connector.
    pub(super) fn clause(&self, place: usize) -> (usize, usize) {
        let Some(mention) = self.mentions.get(place) else {
            return (0, 0);
        };
        let before = self
            .mentions
            .iter()
            .enumerate()
            .filter(|(_, other)| other.end <= mention.at)
            .max_by_key(|(_, other)| other.end);
        let after = self
            .mentions
            .iter()
            .filter(|other| other.at >= mention.end)
            .map(|other| other.at)
            .min();
        let mut from = match before {
            Some((other, _)) if self.gaps.get(other) == Some(&Gap::Left) => mention.at,
            Some((_, other)) => other.end,
            None => 0,
        };
        let mut to = match after {
            Some(_) if self.gaps.get(place) == Some(&Gap::Right) => mention.end,
            Some(at) => at,
            None => self.tokens.len(),
        };
        let connects = |at: usize| {
            self.tokens.get(at).is_some_and(|token| CONNECTORS.contains(&token.text.as_str()))
        };
        if let Some(last) = (from..mention.at).rev().find(|at| connects(*at)) {
            from = last + 1;
        }
        if let Some(first) = (mention.end..to).find(|at| connects(*at)) {
            to = first;
        }
        // A comma or full stop right after the value ends its clause, too.
        if self.tokens.get(mention.end).is_some_and(|token| token.after_stop) {
            to = mention.end;
        }
        // "... has been met the copay is ...": between two values, a topic with "is" after it begins the second clause.
        if before.is_some_and(|(_, other)| other.end == from)
            && let Some(topic) = self.introduced(from, mention.at).max()
        {
            from = topic;
        }
        if after == Some(to)
            && let Some(topic) = self.introduced(mention.end, to).min()
        {
            to = topic;
        }
        (from, to)
    }

    /// Where the topics that introduce a value begin, with the words that qualify them.
    fn introduced(&self, from: usize, to: usize) -> impl Iterator<Item = usize> + '_ {
        let word = |at: usize| self.tokens.get(at).map_or("", |token| token.text.as_str());
        self.said
            .iter()
            .filter(move |said| said.at >= from && said.end <= to)
            .filter(move |said| matches!(word(said.end), "is" | "are" | "was" | "of" | "will"))
            .map(move |said| {
                let breaks = |at: usize| {
                    matches!(word(at), "the" | "met" | "has" | "been" | "is" | "so" | "dollars")
                };
                (from..said.at).rev().find(|at| breaks(*at)).map_or(from, |at| at + 1)
            })
    }

    /// The topic that a mention stands under: the last one before it in its clause, else the first after it there, else
    /// the last one said earlier; among topics of questions that the mention could answer at all.
    pub(super) fn governing(
        &self,
        mention: &Mention,
        from: usize,
        to: usize,
    ) -> Option<(usize, usize)> {
        let could = |field: usize| {
            self.ctx
                .questions
                .fields
                .get(field)
                .is_some_and(|question| value_for(mention, field, question).is_some())
        };
        let said = || self.said.iter().filter(|said| could(said.field));
        let before = said()
            .filter(|said| said.at >= from && said.end <= mention.at)
            .max_by_key(|said| (said.end, usize::MAX - said.at));
        let after = || {
            said()
                .filter(|said| said.end > mention.at && said.end <= to && said.at >= from)
                .min_by_key(|said| (said.at, usize::MAX - said.end))
        };
        let earlier = || {
            said()
                .filter(|said| said.end <= from)
                .max_by_key(|said| (said.end, usize::MAX - said.at))
        };
        before.or_else(after).or_else(earlier).map(|said| (said.at, said.end))
    }
}
