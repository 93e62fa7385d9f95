//! The one entry: an utterance in its context, understood.

use callwright_core::{Act, Extracted, Phase, Topic, Verdict};
use callwright_dialplan::menu::MenuMap;
use callwright_dialplan::payer::PayerEntry;
use callwright_prompts::QuestionSet;

use crate::acts::{self, Heard};
use crate::conflicts;
use crate::extract::{self, Focus};
use crate::normal;
use crate::value::{Date, Known, Value};
use crate::words::{Span, Words};

/// What the call knew when the utterance was heard.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Where the call stands.
    pub phase: Phase,
    /// Who was called.
    pub payer: &'a PayerEntry,
    /// The menu of the line that was called.
    pub menu: &'a MenuMap,
    /// What the call asks.
    pub questions: &'a QuestionSet,
    /// What was asked last and is not answered yet.
    pub asked: Option<Topic>,
    /// What was read back and is not confirmed yet.
    pub read_back: Option<(Topic, &'a Value)>,
    /// What the call already holds.
    pub known: &'a Known,
    /// The day of the call where the payer is. Time is an argument: nothing here reads a clock.
    pub today: Date,
}

/// A value that was heard, or that the far end said it cannot give.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// For what, and how surely.
    pub extracted: Extracted,
    /// The value; `None` exactly where the verdict is [`Verdict::Refused`].
    pub value: Option<Value>,
    /// Where it was heard: the evidence.
    pub span: Span,
}

/// What an utterance means. Its `Debug` form holds no words and no values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Understanding {
    /// What the far end did, the most pressing first; each act at most once. Empty only where no word was heard.
    pub acts: Vec<Act>,
    /// Values, at most one a topic, in the order in which they were heard.
    pub found: Vec<Found>,
    /// Pairs of topics whose values cannot both be right; a topic with itself where it contradicts what is known.
    pub conflicts: Vec<(Topic, Topic)>,
    /// Whether the far end said the payer's own name.
    pub payer_named: bool,
}

impl Understanding {
    /// The representative's name, if one was heard.
    #[must_use]
    pub fn name(&self) -> Option<&Value> {
        self.value(Topic::Name)
    }

    /// The call's reference number, if one was heard.
    #[must_use]
    pub fn reference(&self) -> Option<&Value> {
        self.value(Topic::Reference)
    }

    /// The value that was heard for a topic.
    #[must_use]
    pub fn value(&self, topic: Topic) -> Option<&Value> {
        self.found.iter().find(|found| found.extracted.topic == topic)?.value.as_ref()
    }
}

/// Understands one utterance.
///
/// The cost grows with the number of words; an utterance of thirty takes some tens of microseconds.
#[must_use]
pub fn understand(words: &Words<'_>, ctx: &Context<'_>) -> Understanding {
    let tokens = normal::tokens(words.words);
    if tokens.is_empty() {
        return Understanding::default();
    }
    let texts: Vec<&str> = words.words.iter().map(|word| word.text.as_str()).collect();
    let heard = Heard::new(&tokens, &texts, ctx);
    // A machine's numbers are no answers, and neither are those of "seven four nine, is that right?".
    let mut found = if heard.is_machine() || heard.asks_back() {
        Vec::new()
    } else {
        let focus = Focus::of(ctx, &heard);
        extract::values(&tokens, words.words, ctx, &focus)
    };
    let acts = acts::decide(&heard, ctx, &found);
    if acts.contains(&Act::NotAvailable)
        && let Some(refused) = refusal(words, ctx, &found)
    {
        found.push(refused);
    }
    let conflicts = conflicts::find(&found, ctx, heard.corrects());
    doubt(&mut found, &conflicts);
    let payer_named = ctx.payer.names_itself(&texts);
    Understanding { acts, found, conflicts, payer_named }
}

/// What cannot be right beside another value is read back, so that whoever says it twice is believed.
fn doubt(found: &mut [Found], conflicts: &[(Topic, Topic)]) {
    for new in found {
        let topic = new.extracted.topic;
        let in_doubt = conflicts.iter().any(|(a, b)| a != b && (*a == topic || *b == topic));
        if in_doubt && new.extracted.verdict == Verdict::Clear {
            new.extracted.verdict = Verdict::Unsure;
        }
    }
}

/// "I do not have that": what was asked is refused, unless it was answered in the same breath.
fn refusal(words: &Words<'_>, ctx: &Context<'_>, found: &[Found]) -> Option<Found> {
    let topic = ctx.asked?;
    if found.iter().any(|found| found.extracted.topic == topic) {
        return None;
    }
    let span = Span::over(words.words, 0, words.words.len().checked_sub(1)?);
    Some(Found { extracted: Extracted { topic, verdict: Verdict::Refused }, value: None, span })
}
