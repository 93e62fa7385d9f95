//! The language model: what a turn is for in, sentences with typed tokens out.

use std::collections::BTreeSet;
use std::sync::Arc;

use callwright_core::{Goal, Topic, TurnId};
use callwright_prompts::{Pack, QuestionSet};
use callwright_understanding::Segment;
use tokio::sync::mpsc;

use crate::VendorError;

/// What a model is asked for. It holds no value of the patient's or the far end's: only what the turn is for.
#[derive(Clone, Debug)]
pub struct TurnRequest {
    /// The turn.
    pub turn: TurnId,
    /// What it is for, in order.
    pub goals: Vec<Goal>,
    /// How many times these goals were tried before.
    pub again: u8,
    /// The topics that are answered already.
    pub answered: BTreeSet<Topic>,
    /// The prompt pack of the call.
    pub pack: Arc<Pack>,
    /// The id of the question set of the call.
    pub questions: Arc<QuestionSet>,
}

/// What a model says, in order; the channel ends after `Done` or `Failed`.
#[derive(Debug)]
pub enum ModelEvent {
    /// A piece of the turn: a template of words and typed tokens.
    Segment(Segment),
    /// The turn is whole.
    Done,
    /// The turn could not be worded.
    Failed(VendorError),
}

/// A language model.
pub trait LanguageModel: Send + Sync {
    /// Its id in the vendor register.
    fn id(&self) -> &'static str;

    /// Words a turn. Dropping the receiver cancels it.
    fn turn(&self, request: TurnRequest) -> mpsc::Receiver<ModelEvent>;
}
