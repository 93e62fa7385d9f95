//! From what the recogniser heard to what the core is told: words into the vault, meaning into inputs.

use callwright_compliance::egress::FieldSet;
use callwright_compliance::gate::Counterparty;
use callwright_compliance::{Phi, Purpose};
use callwright_core::{Act, Extracted, Input, Topic, UtteranceId, ValueId, Verdict};
use callwright_dialplan::menu::StepPlace;
use callwright_understanding::{Context, Understanding, Utterance, understand};
use callwright_vendors::{Heard, RecogniserEvent, TokenText};

use super::driver::Driver;
use super::timeline::{COVER, Happening, Said};
use super::{Stage, translate};

/// What the far end asked for, and in which words. Somebody else's question gives nobody a patient's values.
#[derive(Clone, Copy, Default)]
pub(super) struct Wanted {
    pub(super) fields: FieldSet,
    pub(super) said_in: Option<UtteranceId>,
}

impl Wanted {
    /// Forgets what was asked for in other words than these.
    pub(super) fn keep_only_of(&mut self, utterance: Option<UtteranceId>) {
        if self.said_in != utterance {
            *self = Wanted::default();
        }
    }
}

impl Driver {
    /// The recogniser has something.
    pub(super) fn recogniser(&mut self, event: RecogniserEvent) {
        match event {
            RecogniserEvent::Heard(heard) => self.heard(heard),
            RecogniserEvent::Failed(error) => {
                tracing::error!(call = self.plan.id, %error, "recogniser");
                self.input(Input::RecogniserFailed);
            }
        }
    }

    fn heard(&mut self, heard: Heard) {
        let Heard { utterance, words, done, end_of_turn } = heard;
        let count = u16::try_from(words.len()).unwrap_or(u16::MAX);
        self.input(Input::Heard { utterance, words: count, done, end_of_turn });
        if !done {
            return;
        }
        let now = self.watch.at();
        self.measure(Stage::SpeechToText, self.reply.finalised, now);
        self.reply.heard = Some(now);
        self.show_far_end(utterance, &words);
        self.understood(utterance, &words);
        if !self.objected {
            self.vault.keep_words(utterance, words);
        }
    }

    /// Tells the observer, and remembers the line for the model, each with what identifies covered.
    fn show_far_end(&mut self, utterance: UtteranceId, words: &Utterance) {
        if words.is_empty() {
            return;
        }
        let covered = self.talk.far_end(utterance, words, &mut self.cover);
        let words = words.words().words;
        let text = |range: std::ops::Range<usize>| {
            let texts: Vec<&str> = words[range].iter().map(|word| word.text.as_str()).collect();
            Phi::new(texts.join(" "))
        };
        for (token, range) in covered.tokens() {
            self.vault.keep_covered(token, text(range));
        }
        let shown = covered.text(words, |_| COVER.to_owned());
        self.tell(Happening::FarEnd(Said { words: text(0..words.len()), covered: shown }));
    }

    /// What the words are to be understood against, with the topic that was asked.
    fn context(&self, asked: Option<Topic>) -> Context<'_> {
        let read_back = self.read_back.and_then(|(topic, id)| Some((topic, self.vault.value(id)?)));
        Context {
            phase: self.core.phase(),
            payer: &self.plan.payer,
            menu: &self.plan.menu,
            questions: &self.plan.questions,
            asked,
            read_back,
            known: self.vault.known(),
            today: self.plan.today,
        }
    }

    /// The model says that the far end's latest words answer a topic, and quotes them. The quote is understood as any answer is, and what
    /// is found in it is taken as unsure: it is read back before it stands.
    pub(super) fn answered(&mut self, topic: Topic, quote: &TokenText) {
        let Some((utterance, words)) = self.talk.quoted(quote) else {
            tracing::warn!(call = self.plan.id, "the model quotes what was not said");
            return;
        };
        let meaning = understand(&words.words(), &self.context(Some(topic)));
        for found in meaning.found.iter().filter(|found| found.extracted.topic == topic) {
            if let Some(value) = self.vault.keep_value(utterance, found) {
                let found = Extracted { topic, verdict: Verdict::Unsure };
                self.input(Input::Extracted { utterance, found, value });
            }
        }
    }

    fn understood(&mut self, utterance: UtteranceId, words: &Utterance) {
        let meaning = understand(&words.words(), &self.context(self.asked));
        self.understood = Some(utterance);
        self.counterparty(&meaning);
        self.asked_for(utterance, &meaning);
        self.hear_name(&meaning);
        for act in &meaning.acts {
            self.input(Input::Act { utterance, act: *act });
            if let Act::MenuPrompt(step) = act
                && let Some(known) = self.plan.menu.step(StepPlace(step.0))
            {
                let reply = translate::menu_reply(&known.act);
                self.input(Input::MenuMatched { step: *step, reply });
            }
        }
        for found in &meaning.found {
            // Where the far end has none, there is no value, and no number of one.
            let value = self.vault.keep_value(utterance, found).unwrap_or(ValueId(0));
            self.input(Input::Extracted { utterance, found: found.extracted, value });
        }
        for (a, b) in &meaning.conflicts {
            self.input(Input::Conflict { a: *a, b: *b });
        }
        self.input(Input::Understood(utterance));
    }

    /// The payer's own menu, or its own name in a greeting, shows who is on the line. A map says only which prompt was heard, so the
    /// payer must have named itself, too.
    fn counterparty(&mut self, meaning: &Understanding) {
        self.payer_named |= meaning.payer_named;
        if !self.payer_named {
            return;
        }
        if meaning.acts.iter().any(|act| matches!(act, Act::MenuPrompt(_))) {
            self.playout.counterparty(Counterparty::MatchedMap);
        } else if meaning.payer_named {
            self.playout.counterparty(Counterparty::MatchedGreeting);
        }
    }

    /// Which fields this utterance asks for. One that only asks to hear it again, or shows that somebody listens, leaves standing what
    /// was asked before.
    fn asked_for(&mut self, utterance: UtteranceId, meaning: &Understanding) {
        let repeats = meaning
            .acts
            .iter()
            .all(|act| matches!(act, Act::Affirm | Act::RepeatPlease | Act::Unclear));
        if repeats {
            return;
        }
        let items = meaning
            .acts
            .iter()
            .filter_map(|act| if let Act::DataRequest(item) = act { Some(*item) } else { None });
        let fields = translate::fields(items);
        self.wanted = Wanted { fields, said_in: Some(utterance) };
        self.playout.asked(fields);
    }

    /// A name that was heard is covered from here on.
    fn hear_name(&mut self, meaning: &Understanding) {
        if let Some(name) = meaning.name() {
            let name = name.canonical();
            self.cover.name(name.expose(Purpose::ShowToOperator));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use callwright_compliance::Field;

    #[test]
    fn what_somebody_else_asked_for_is_forgotten_and_ones_own_words_are_not() {
        let asked = Wanted { fields: Field::MemberId.into(), said_in: Some(UtteranceId(3)) };
        let mut wanted = asked;
        wanted.keep_only_of(Some(UtteranceId(3)));
        assert_eq!(wanted.fields, asked.fields, "they were noticed by these very words");
        wanted.keep_only_of(Some(UtteranceId(4)));
        assert_eq!((wanted.fields, wanted.said_in), (FieldSet::EMPTY, None));
        let mut wanted = asked;
        wanted.keep_only_of(None);
        assert!(wanted.fields.is_empty());
    }
}
