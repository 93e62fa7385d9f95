//! Acts: what the far end did with an utterance, by tables of patterns.
//!
//! Every table is data, one file a subject. The same words may mean different things in a menu, in a queue and from a
//! person, so [`decide`] weighs what the tables found by where the call stands. What it never does is make an act that
//! the closed list does not have.

mod decide;
mod machine;
mod objections;
mod person;
mod requests;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use callwright_core::{Act, DataItem, Phase, StepId, Topic};

use zeroize::Zeroizing;

use crate::normal::Token;
use crate::pattern::{Hit, Patterns};
use crate::understand::Context;
use crate::value::{Value, name, polar};

pub(crate) use decide::decide;

/// What a pattern means, before the phase has its say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sense {
    Affirm,
    AnythingElse,
    AsksForHuman,
    /// A question for an item, whole in itself.
    Asks(DataItem),
    /// Asks whether something that was said is right.
    AsksBack,
    Assistant,
    CallThanks,
    Correction,
    Deny,
    DoNotCall,
    /// Words of a menu that only a machine would say while we expect one.
    Form,
    GoAhead,
    Goodbye,
    /// Looks like an objection and is none.
    Harmless,
    Hello,
    HelpOffer,
    HoldThanks,
    /// Names an item; a request makes it a question.
    Item(DataItem),
    NotAvailable,
    NotHere,
    ObjectsToRecording,
    OutOfService,
    /// Words of a menu that nobody else says.
    Press,
    Queue,
    RefusesAi,
    Repeat,
    Request,
    Robot,
    Statement,
    Transfer,
    Voicemail,
    Wait,
}

static PATTERNS: LazyLock<Patterns<Sense>> = LazyLock::new(|| {
    Patterns::compile(&[objections::TABLE, machine::TABLE, person::TABLE, requests::TABLE])
});

/// What the tables, the menu map and the name rules found in an utterance.
pub(crate) struct Heard<'a> {
    tokens: &'a [Token],
    hits: Vec<Hit<Sense>>,
    phase: Phase,
    step: Option<StepId>,
    name: Option<Zeroizing<String>>,
    name_is_new: bool,
    lead: Option<bool>,
    reading_back: bool,
}

impl<'a> Heard<'a> {
    pub(crate) fn new(tokens: &'a [Token], texts: &[&str], ctx: &Context<'_>) -> Heard<'a> {
        let hits = PATTERNS.find(tokens);
        let asked_name = ctx.asked == Some(Topic::Name)
            || ctx.read_back.is_some_and(|(topic, _)| topic == Topic::Name);
        // "This is" leads to a name where somebody greets, and to any word elsewhere.
        let greets = [Sense::HelpOffer, Sense::HoldThanks, Sense::CallThanks, Sense::Hello]
            .into_iter()
            .any(|sense| hits.iter().any(|hit| hit.sense == sense));
        let greets = greets || expects_machine(ctx.phase);
        let name = name::find(tokens, false)
            .filter(|found| found.strong || greets)
            .map(|found| Zeroizing::new(found.parsed.value));
        let known = match ctx.known.value(Topic::Name) {
            Some(Value::Name(known)) => Some(known.as_str()),
            Some(_) | None => None,
        };
        let name_is_new =
            name.is_some() && !asked_name && known != name.as_ref().map(|name| name.as_str());
        let expects_machine = expects_machine(ctx.phase);
        // In a queue only what sounds like a menu is looked up in its map.
        let menu_like = ctx.phase != Phase::Hold
            || hits.iter().any(|hit| matches!(hit.sense, Sense::Press | Sense::Form));
        let step = (expects_machine && menu_like)
            .then(|| ctx.menu.match_prompt(texts))
            .flatten()
            .map(|found| StepId(found.step.0));
        let lead = polar::lead(tokens);
        let reading_back = ctx.read_back.is_some();
        Heard { tokens, hits, phase: ctx.phase, step, name, name_is_new, lead, reading_back }
    }

    fn has(&self, sense: Sense) -> bool {
        self.hits.iter().any(|hit| hit.sense == sense)
    }

    /// Where a sense was heard last.
    fn last(&self, sense: Sense) -> Option<usize> {
        self.hits.iter().filter(|hit| hit.sense == sense).map(|hit| hit.at).max()
    }

    /// Whether a name was given by way of greeting.
    pub(crate) fn greets_by_name(&self) -> bool {
        self.name.is_some()
    }

    /// Whether the speaker asks whether they heard us right.
    pub(crate) fn asks_back(&self) -> bool {
        self.has(Sense::AsksBack)
    }

    /// Whether the speaker corrected themselves.
    pub(crate) fn corrects(&self) -> bool {
        self.has(Sense::Correction)
    }

    /// Where a correction begins that something follows.
    pub(crate) fn correction_at(&self) -> Option<usize> {
        self.last(Sense::Correction).filter(|at| *at > 0)
    }

    /// Whether a person gave their name, or offered help where a queue or a menu would not.
    fn is_personal(&self) -> bool {
        if self.has(Sense::Press) || self.has(Sense::Assistant) {
            return false;
        }
        let machine_words = self.has(Sense::Queue) || self.has(Sense::Form);
        self.name.is_some() || (self.has(Sense::HelpOffer) && !machine_words)
    }

    /// Whether a machine spoke.
    pub(crate) fn is_machine(&self) -> bool {
        if self.has(Sense::OutOfService) || self.has(Sense::Press) {
            return true;
        }
        if self.is_personal() {
            return false;
        }
        if expects_machine(self.phase) {
            self.step.is_some()
                || self.has(Sense::Voicemail)
                || self.has(Sense::Queue)
                || self.has(Sense::Form)
                || self.has(Sense::Assistant)
        } else {
            // A person says some of a queue's words, but not two of its sentences.
            let queue = self.hits.iter().filter(|hit| hit.sense == Sense::Queue).count();
            self.is_voicemail() || queue >= 2
        }
    }

    fn is_voicemail(&self) -> bool {
        let a_person = self.is_personal() && self.has(Sense::HelpOffer);
        let a_menu = self.has(Sense::Press) || self.has(Sense::Queue);
        self.has(Sense::Voicemail) && !a_person && !a_menu
    }

    /// What a machine's words mean.
    fn machine_act(&self) -> Act {
        if self.has(Sense::OutOfService) {
            return Act::OutOfService;
        }
        if let Some(step) = self.step {
            return Act::MenuPrompt(step);
        }
        if self.is_voicemail() {
            return Act::Voicemail;
        }
        if self.has(Sense::Press) {
            return Act::MenuUnknown;
        }
        if self.has(Sense::Queue) { Act::QueueAnnouncement } else { Act::MenuUnknown }
    }
}

/// Whether what is heard now is more likely a machine than a person.
fn expects_machine(phase: Phase) -> bool {
    match phase {
        Phase::Ringing | Phase::Menu | Phase::Hold => true,
        Phase::Person | Phase::WrapUp | Phase::Ended => false,
    }
}
