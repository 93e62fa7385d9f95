//! A model at work on one turn, and the next thing that it says.
//!
//! It does not start or judge a turn: `think` does.

use callwright_core::{Goal, Micros, TurnId};
use callwright_vendors::ModelEvent;
use tokio::sync::mpsc;

/// A model at work on a turn.
pub(super) struct Mind {
    pub(super) turn: TurnId,
    pub(super) goals: Vec<Goal>,
    pub(super) again: u8,
    pub(super) events: mpsc::Receiver<ModelEvent>,
    pub(super) asked_at: Micros,
    pub(super) answered: bool,
}

/// The next thing from the model; pends while none is at work.
pub(super) async fn next(mind: &mut Option<Mind>) -> Option<ModelEvent> {
    match mind {
        Some(mind) => mind.events.recv().await,
        None => std::future::pending().await,
    }
}
