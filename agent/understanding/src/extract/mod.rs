//! Values: which question a heard value belongs to.
//!
//! What decides, in this order: the words of the question set around the value ([`callwright_prompts::Pattern`]); the
//! question that was just asked, where the speaker names no topic; and nothing else. A number that fits no question of
//! the call is not taken, whatever the sentence claims about it. The representative's name and the call's reference
//! number are topics of every call and have rules of their own.

mod assign;
mod clause;
#[cfg(test)]
mod dental_tests;
mod mention;
mod phrase;
mod reference;
mod share;
#[cfg(test)]
mod tests;

use callwright_core::{Extracted, FieldId, Topic, Verdict};
use callwright_prompts::Question;

use crate::acts::Heard;
use crate::normal::Token;
use crate::understand::{Context, Found};
use crate::value::{Value, name};
use crate::words::{Span, Word};

/// A value of which any word was recognised less surely than this is read back. A recogniser's confidence is roughly
/// the probability that the word is right; below one half it is more likely wrong.
const CONFIDENCE_MIN: f32 = 0.5;

/// What the conversation is about at the moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Focus {
    /// What was read back, else what was asked.
    pub(crate) topic: Option<Topic>,
    /// Whether it was read back: then a bare yes or no is about the read-back.
    pub(crate) reading_back: bool,
    /// Where the speaker began to correct themselves.
    pub(crate) correction_at: Option<usize>,
    /// Whether a name after "this is" is one.
    pub(crate) greeting: bool,
}

impl Focus {
    pub(crate) fn of(ctx: &Context<'_>, heard: &Heard<'_>) -> Focus {
        Focus {
            topic: ctx.read_back.map(|(topic, _)| topic).or(ctx.asked),
            reading_back: ctx.read_back.is_some(),
            correction_at: heard.correction_at(),
            greeting: heard.greets_by_name(),
        }
    }

    /// Whether this question was asked and not read back.
    fn is_asking(&self, field: usize) -> bool {
        !self.reading_back && self.field() == Some(field)
    }

    /// The question in focus, by its place.
    fn field(&self) -> Option<usize> {
        match self.topic {
            Some(Topic::Field(FieldId(place))) => Some(usize::from(place)),
            Some(Topic::Name | Topic::Reference) | None => None,
        }
    }
}

/// A value with its place in the tokens, before it becomes evidence.
struct Taken {
    topic: Topic,
    value: Value,
    /// The value itself.
    at: usize,
    end: usize,
    /// The words that tie it to the topic.
    from: usize,
    to: usize,
    sure: bool,
}

/// The values of an utterance, at most one a topic.
pub(crate) fn values(
    tokens: &[Token],
    words: &[Word],
    ctx: &Context<'_>,
    focus: &Focus,
) -> Vec<Found> {
    let mut taken = Vec::new();
    if let Some(name) = representative(tokens, focus) {
        taken.push(name);
    }
    if let Some(code) = reference::find(tokens, focus) {
        taken.push(code);
    }
    let spans: Vec<(usize, usize)> = taken.iter().map(|taken| (taken.at, taken.end)).collect();
    taken.extend(assign::fields(tokens, &spans, ctx, focus));
    taken.sort_by_key(|taken| taken.at);
    taken.into_iter().map(|taken| evidence(tokens, words, taken)).collect()
}

fn representative(tokens: &[Token], focus: &Focus) -> Option<Taken> {
    let asked = focus.topic == Some(Topic::Name);
    let found =
        name::find(tokens, asked).filter(|found| asked || found.strong || focus.greeting)?;
    Some(Taken {
        topic: Topic::Name,
        at: found.at,
        end: found.parsed.end,
        from: found.at.saturating_sub(3),
        to: found.parsed.end,
        sure: found.parsed.sure,
        value: Value::Name(found.parsed.value),
    })
}

/// Ties a value to the audio it was heard in.
fn evidence(tokens: &[Token], words: &[Word], taken: Taken) -> Found {
    let word = |at: usize| tokens.get(at).map_or(0, |token| token.word);
    let last = |end: usize| word(end.saturating_sub(1));
    let confidence = Span::over(words, word(taken.at), last(taken.end)).confidence;
    let around = Span::over(words, word(taken.from), last(taken.to));
    let clear = taken.sure && confidence >= CONFIDENCE_MIN;
    let verdict = if clear { Verdict::Clear } else { Verdict::Unsure };
    Found {
        extracted: Extracted { topic: taken.topic, verdict },
        value: Some(taken.value),
        span: Span { confidence, ..around },
    }
}

/// The questions with their ids.
fn questions<'a>(ctx: &Context<'a>) -> impl Iterator<Item = (usize, &'a Question)> {
    ctx.questions.fields.iter().enumerate()
}

/// The topic of the question at a place.
fn topic_of(place: usize) -> Option<Topic> {
    u16::try_from(place).ok().map(|place| Topic::Field(FieldId(place)))
}
