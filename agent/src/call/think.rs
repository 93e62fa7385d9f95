//! Turns: what the model is asked, and what it answers.

use callwright_compliance::egress::{Field, FieldSet};
use callwright_compliance::vendor::Role;
use callwright_core::{Goal, Input, SegmentId, TurnId};
use callwright_vendors::{ModelEvent, TurnRequest};

use super::Stage;
use super::driver::{Driver, Mind};

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
        let recipient = self.vendor(self.plan.vendors.language_model.id(), Role::LanguageModel);
        self.egress(recipient, FieldSet::of(&[Field::ModelTokens]), goals.len() as u64);
        let request = TurnRequest {
            turn,
            goals,
            again,
            answered: self.vault.answered(),
            pack: self.plan.pack.clone(),
            questions: self.plan.questions.clone(),
        };
        let events = self.plan.vendors.language_model.turn(request);
        self.mind = Some(Mind { turn, events, asked_at: now, answered: false });
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
                self.next_segment += 1;
                let id = SegmentId(self.next_segment);
                self.vault.keep_piece(turn, id, segment);
                self.input(Input::Segment { turn, segment: id });
            }
            Some(ModelEvent::Done) => {
                self.mind = None;
                self.input(Input::TurnDone(turn));
            }
            Some(ModelEvent::Failed(error)) => {
                tracing::error!(call = self.plan.id, %error, "language model");
                self.mind = None;
                self.input(Input::TurnFailed(turn));
            }
            None => {
                self.mind = None;
                self.input(Input::TurnFailed(turn));
            }
        }
    }
}
