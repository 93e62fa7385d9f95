//! Whom, when and how: numbers, the payer directory, menu maps, the queue's machine and the carrier's call control.
//!
//! A word of caution: in Asterisk and FreeSWITCH *dialplan* means a routing script. Here it is routing **and** the leg,
//! one carrier connection from dialling to release.
//!
//! | Module | What |
//! |---|---|
//! | [`number`] | what people type -> a dialable [`PhoneNumber`](callwright_compliance::number::PhoneNumber) |
//! | [`payer`] | the payer directory: lines, opening hours, how a payer names itself |
//! | [`menu`] | menu maps: which prompt is playing and what to do about it |
//! | [`mod@originate`] | the only way to place a call: it consumes a `DialPermit` |
//! | [`mod@prove`] | the only way to have a number proven to be one's own: it consumes a `ProvingLeave` |
//! | [`twilio`] | the carrier: requests, signatures, TwiML, status call-backs, stream tokens |
//! | [`retry`] | which outcome is tried again, when, and how often |
//! | [`dispatcher`] | the queue: a pure machine without clock, task or socket |
//!
//! It does not decide whether a call may be placed (`callwright-compliance` does), does not touch audio
//! (`callwright-media` does) and does not read files: the caller passes their text.

mod retry_http;

pub mod dispatcher;
pub mod menu;
pub mod number;
pub mod originate;
pub mod payer;
pub mod prove;
pub mod retry;
pub mod twilio;

pub use number::parse_human;
pub use originate::{CallPlan, OriginateError, Placed, PlanError, originate};
pub use prove::{ProveError, prove};
