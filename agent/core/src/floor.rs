//! Who holds the floor, and what of ours is still to be heard.

use alloc::vec::Vec;

use crate::goal::Goal;
use crate::id::TurnId;
use crate::input::Item;
use crate::time::SampleTime;

/// One turn of the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) id: TurnId,
    pub(crate) goals: Vec<Goal>,
    pub(crate) again: u8,
    /// The model has no more pieces.
    pub(crate) worded: bool,
}

/// The floor.
#[derive(Clone, Debug, Default)]
pub(crate) struct Floor {
    /// The agent's turn, from the moment the model is asked until it was heard or cut.
    pub(crate) turn: Option<Turn>,
    /// What was handed to playout and has not ended.
    pub(crate) playing: Vec<Item>,
    /// The far end is making sounds of speech.
    pub(crate) far_speaking: bool,
    /// The far end has spoken since its last utterance was understood.
    pub(crate) far_pending: bool,
    /// Where the far end's current utterance began.
    pub(crate) far_began: SampleTime,
    /// A turn that the far end cut off, to go on with should the interruption mean nothing.
    pub(crate) cut: Option<Turn>,
    turns: u32,
}

impl Floor {
    /// Whether the agent may begin something.
    pub(crate) fn is_free(&self) -> bool {
        self.turn.is_none() && self.playing.is_empty() && !self.far_pending
    }

    /// Whether something of ours is being heard.
    pub(crate) fn is_ours(&self) -> bool {
        !self.playing.is_empty()
    }

    /// Begins a turn.
    pub(crate) fn begin(&mut self, goals: Vec<Goal>, again: u8) -> TurnId {
        self.turns += 1;
        let id = TurnId(self.turns);
        self.turn = Some(Turn { id, goals, again, worded: false });
        self.cut = None;
        id
    }

    pub(crate) fn is_current(&self, id: TurnId) -> bool {
        self.turn.as_ref().is_some_and(|t| t.id == id)
    }

    pub(crate) fn play(&mut self, item: Item) {
        self.playing.push(item);
    }

    /// An item ended, by itself or by a cut. Says whether it was being played at all.
    pub(crate) fn ended(&mut self, item: Item) -> bool {
        let before = self.playing.len();
        self.playing.retain(|i| *i != item);
        before != self.playing.len()
    }

    /// Whether the agent's turn has been worded and heard to its end; takes it.
    pub(crate) fn take_heard_turn(&mut self) -> Option<Turn> {
        if self.playing.is_empty() { self.turn.take_if(|t| t.worded) } else { None }
    }
}
