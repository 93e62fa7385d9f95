//! The rule-based model as a language-model vendor: it answers at once.

use callwright_compliance::vendor::Role;
use callwright_understanding::{Wording, rules_model};
use tokio::sync::mpsc;

use crate::language_model::{LanguageModel, ModelEvent, ModelSession, TurnRequest};
use crate::{Egress, VendorError};

const ID: &str = "rules";

/// The rule-based model of `callwright_understanding`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules;

/// Pieces of one turn; a turn has a few goals of a sentence or two each.
const PIECES_MAX: usize = 32;

impl LanguageModel for Rules {
    fn id(&self) -> &'static str {
        ID
    }

    fn open(&self, egress: Egress) -> Result<Box<dyn ModelSession>, VendorError> {
        // What it says follows from the goals alone, so there is nothing to write down for a replay.
        egress.is_for(Role::LanguageModel, ID, &[])?;
        Ok(Box::new(*self))
    }
}

impl ModelSession for Rules {
    fn warm(&mut self) {
        // There is nothing to connect to.
    }

    fn turn(&mut self, request: TurnRequest) -> mpsc::Receiver<ModelEvent> {
        let (to, from) = mpsc::channel(PIECES_MAX);
        let wording = Wording {
            pack: &request.pack,
            questions: &request.questions,
            answered: &request.answered,
            turn: request.turn,
            again: request.again,
        };
        for piece in rules_model::turn(&request.goals, &wording).into_iter().take(PIECES_MAX - 1) {
            // The channel has room for all of them and its receiver is held here.
            drop(to.try_send(ModelEvent::Segment(piece)));
        }
        drop(to.try_send(ModelEvent::Done));
        from
    }
}
