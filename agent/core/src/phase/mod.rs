//! One module a phase: what the far end's doings mean there, and what the agent does next.

pub(crate) mod hold;
pub(crate) mod menu;
pub(crate) mod operator;
pub(crate) mod person;
pub(crate) mod turns;
pub(crate) mod utterance;
