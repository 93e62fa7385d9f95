//! Incidents (rule I2): what opens one, by when whom must be told, and how it goes from open to closed.
//!
//! | Module | Subject |
//! |---|---|
//! | [`event`] | the closed list of events that open an incident by themselves |
//! | [`review`](mod@review) | which of them a call that ended has in it |
//! | [`clock`] | the deadlines that run from the discovery |
//! | [`course`] | contained, assessed, notified, closed; the four-factor assessment |
//!
//! Sources: 45 CFR 164.308(a)(6) (response and reporting), 164.400-414 (breach notification), GDPR art. 33, NIST SP 800-61r3.
//! This module stores nothing, tells nobody, and does not say whether an event is a breach: a person assesses that. State breach laws
//! differ in what they cover; their clocks are what counsel enters ([`clock::Terms`]).

pub mod clock;
pub mod course;
pub mod event;
pub mod review;
#[cfg(test)]
mod tests;

pub use clock::{Affected, Counted, Deadline, Duty, StateClock, StateCode, Terms, deadlines};
pub use course::{
    Assessment, Conclusion, Course, IncidentState, Notice, Rating, Step, StepRefused,
};
pub use event::IncidentEvent;
pub use review::{CallFacts, Finding, claims_to_be_human, review};
