//! What the agent means to do with one turn. The model (rules or a language model) finds the words; the core never sees them.

use serde::{Deserialize, Serialize};

use crate::act::{DataItem, Topic};
use crate::id::ValueId;

/// The aim of one turn. A model may word it, and may not change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// Thank for a wait, or agree to one: "of course, thank you."
    Acknowledge,
    /// Ask for a topic.
    Ask(Topic),
    /// Say that an item that was asked for is not to be had from us.
    CannotProvide(DataItem),
    /// Ask the far end to say it again.
    Clarify,
    /// Ask whether somebody is there, after a long silence.
    AreYouThere,
    /// Thank, and say good-bye.
    Close,
    /// Say what the call is for.
    GiveReason,
    /// Give an item that was asked for.
    Provide(DataItem),
    /// Say a value back and ask whether it is right.
    ReadBack(Topic, ValueId),
}
