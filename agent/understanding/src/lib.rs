//! What the far end meant: words, the payer's menu map and the call's question set in; acts, typed values with verdicts
//! and conflicts out. Also the rule-based model, which finds the words for the next turn.
//!
//! | Module | What |
//! |---|---|
//! | [`cover`] | typed tokens in the place of whatever says who somebody is |
//! | [`words`] | words as a recogniser hands them over |
//! | [`value`] | typed values and their canonical written forms |
//! | [`rules_model`] | templates for the agent's next turn, never with values in them |
//!
//! Everything here is a pure function: the same words in the same context mean the same on every machine, so a call's
//! sealed words can be replayed. The control flow of a call is reached through the closed list
//! [`Act`](callwright_core::Act) only: whatever a hostile sentence says, it can do no more than one of those, and it can
//! give values only to topics that the call asks about.
//!
//! It does not recognise speech, keeps nothing from one utterance to the next, and decides nothing: what to do about an
//! act is for `callwright-core`, and what may be said is for the gate in `callwright-compliance`.

mod acts;
mod conflicts;
pub mod cover;
mod extract;
#[cfg(test)]
mod fixture;
mod normal;
mod pattern;
pub mod rules_model;
mod spelling;
mod understand;
pub mod value;
pub mod words;

pub use cover::{Covered, Coverer, shown};
pub use rules_model::{Segment, Wording};
pub use understand::{Context, Found, Understanding, understand};
pub use value::{Date, Frequency, Known, Value};
pub use words::{Span, Utterance, Word, Words};
