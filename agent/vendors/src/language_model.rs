//! The language model: what a turn is for in, sentences with typed tokens out.

use std::collections::BTreeSet;
use std::sync::Arc;

use callwright_core::{Goal, Topic, TurnId};
use callwright_prompts::{Pack, QuestionSet};
use callwright_understanding::Segment;
use tokio::sync::mpsc;

use crate::conversation::{Line, TokenText};
use crate::{Egress, VendorError};

/// What a model is asked for. It holds no value of the patient's: what the turn is for, and the conversation with everything that
/// identifies covered.
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
    /// The question set of the call.
    pub questions: Arc<QuestionSet>,
    /// The payer's public name.
    pub payer: String,
    /// The conversation so far, oldest line first. A model that works from goals alone does not read it.
    pub heard: Vec<Line>,
}

/// What a model says, in order; the channel ends after `Done` or `Failed`.
#[derive(Debug)]
pub enum ModelEvent {
    /// A piece of the turn: a template of words and typed tokens.
    Segment(Segment),
    /// What the model found in the far end's latest words.
    Tool(ToolCall),
    /// The turn is whole.
    Done,
    /// The turn could not be worded. Segments that came before may have been spoken.
    Failed(VendorError),
}

/// What a model may report beside its words: a closed list. It reports; whoever receives it judges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolCall {
    /// The far end's latest words, quoted, answer this topic. The quote is a part of those words: a model cannot make one up.
    Answer {
        /// The topic.
        topic: Topic,
        /// The words.
        quote: TokenText,
    },
    /// The far end asks what the agent may not or cannot decide.
    NeedsStaff,
}

/// A language model.
pub trait LanguageModel: Send + Sync {
    /// Its id in the vendor register.
    fn id(&self) -> &'static str;

    /// Opens a session for one call. Nothing is sent yet.
    ///
    /// # Errors
    /// [`VendorError`] where it can be known at once that it will not work.
    fn open(&self, egress: Egress) -> Result<Box<dyn ModelSession>, VendorError>;
}

/// A language model at work on one call.
pub trait ModelSession: Send {
    /// Makes the connection ready, without words, so that the next turn does not wait for it. May be called at any time.
    fn warm(&mut self);

    /// Words a turn. Dropping the receiver cancels it.
    fn turn(&mut self, request: TurnRequest) -> mpsc::Receiver<ModelEvent>;
}
