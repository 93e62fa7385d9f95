//! Turns: what the model is asked, and what it answers.

use callwright_compliance::egress::{Field, FieldSet};
use callwright_compliance::vendor::Role;
use callwright_core::{Goal, Input, SegmentId, TurnId};
use callwright_understanding::{Segment, Wording, rules_model};
use callwright_vendors::{ModelEvent, ToolCall, TurnRequest};

use super::Stage;
use super::driver::Driver;
use super::mind::Mind;

/// Whether a goal has one plain way to be said. A model could only say it later.
const fn is_plain(goal: Goal) -> bool {
    match goal {
        Goal::Acknowledge
        | Goal::AreYouThere
        | Goal::CannotProvide(_)
        | Goal::Close
        | Goal::GiveReason
        | Goal::Provide(_)
        | Goal::ReadBack(..) => true,
        Goal::Ask(_) | Goal::Clarify => false,
    }
}

impl Driver {
    pub(super) fn start_turn(&mut self, turn: TurnId, goals: Vec<Goal>, again: u8) {
        for goal in &goals {
            match goal {
                Goal::Ask(topic) => self.asked = Some(*topic),
                Goal::ReadBack(topic, value) => self.read_back = Some((*topic, *value)),
                Goal::Acknowledge
                | Goal::AreYouThere
                | Goal::CannotProvide(_)
                | Goal::Clarify
                | Goal::Close
                | Goal::GiveReason
                | Goal::Provide(_) => {}
            }
        }
        let now = self.watch.at();
        // Only a turn that follows at once is a reply to what was heard.
        let heard = self.reply.heard.take();
        self.measure(Stage::Understanding, heard, now);
        // What was tried before is said in the pack's own words: nobody waits a second time for a model that failed, or depends on one
        // whose question was none.
        if again > 0 || goals.iter().copied().all(is_plain) {
            self.word_by_rules(turn, &goals, again);
            return;
        }
        let recipient = self.vendor(self.plan.vendors.language_model.id(), Role::LanguageModel);
        // How much it is sent is counted when it was.
        self.egress(recipient, FieldSet::of(&[Field::ModelTokens]), 0);
        let request = TurnRequest {
            turn,
            goals: goals.clone(),
            again,
            answered: self.vault.answered(),
            pack: self.plan.pack.clone(),
            questions: self.plan.questions.clone(),
            payer: self.plan.payer.name.clone(),
            heard: self.talk.lines(),
        };
        let events = self.model.turn(request);
        self.mind = Some(Mind { turn, goals, again, events, asked_at: now, answered: false });
    }

    /// Words a turn without the model: the rules can word every turn.
    fn word_by_rules(&mut self, turn: TurnId, goals: &[Goal], again: u8) {
        metrics::counter!("callwright_turns_worded_by_rules_total").increment(1);
        let answered = self.vault.answered();
        let wording = Wording {
            pack: &self.plan.pack,
            questions: &self.plan.questions,
            answered: &answered,
            turn,
            again,
        };
        for segment in rules_model::turn(goals, &wording) {
            self.segment(turn, segment);
        }
        self.input(Input::TurnDone(turn));
    }

    fn segment(&mut self, turn: TurnId, segment: Segment) {
        self.next_segment += 1;
        let id = SegmentId(self.next_segment);
        self.vault.keep_piece(turn, id, segment);
        self.input(Input::Segment { turn, segment: id });
    }

    /// The model has something, or is gone.
    pub(super) fn model(&mut self, event: Option<ModelEvent>) {
        let Some(mind) = &mut self.mind else { return };
        let turn = mind.turn;
        match event {
            Some(ModelEvent::Segment(segment)) => {
                let first = !std::mem::replace(&mut mind.answered, true);
                let asked_at = mind.asked_at;
                if first {
                    let now = self.watch.at();
                    self.measure(Stage::LanguageModel, Some(asked_at), now);
                }
                self.segment(turn, segment);
            }
            Some(ModelEvent::Tool(ToolCall::Answer { topic, quote })) => {
                self.answered(topic, &quote);
            }
            // What the far end asks is understood by the rules; staff hear of the call by its outcome.
            Some(ModelEvent::Tool(ToolCall::NeedsStaff)) => {
                tracing::info!(call = self.plan.id, "the model would leave this to staff");
            }
            Some(ModelEvent::Done) => {
                self.mind = None;
                self.input(Input::TurnDone(turn));
            }
            Some(ModelEvent::Failed(error)) => {
                tracing::error!(call = self.plan.id, %error, "language model");
                self.model_gone();
            }
            None => self.model_gone(),
        }
    }

    /// The model words this turn no further. What it had not begun to word, the rules word at once.
    fn model_gone(&mut self) {
        let Some(mind) = self.mind.take() else { return };
        if mind.answered {
            self.input(Input::TurnFailed(mind.turn));
        } else {
            self.word_by_rules(mind.turn, &mind.goals, mind.again);
        }
    }
}
