//! **callwright**: the process that hosts calls.
//!
//! | room | what it does |
//! |---|---|
//! | [`cli`] | the commands |
//! | [`config`] | the configuration file, and services made from it |
//! | [`destinations`], [`standing`] | who receives anything, and how the vendor register stands on each |
//! | [`dialler`] | from a request to a leg: the policy enforcement point |
//! | [`intake`] | requests, parsed once, screened and queued |
//! | [`call`] | one live call |
//! | [`api`] | the carrier's webhooks and media streams |
//! | [`local_speech`] | the vendors that run on this machine |
//! | [`results`] | what calls found out, as FHIR, a page, CSV or JSON |
//! | [`checkpoints`] | when the audit is signed, and anchoring it outside |
//! | [`retention`] | the purge of what is past its period |
//! | [`rights`] | everything held about a person, given out or erased |
//! | [`panics`] | what is told of a panic |
//! | [`replay`] | recorded calls, run again through the core |
//! | [`stop`] | the kill switch, over the calls that run here |
//! | [`clock`] | the only place that reads a clock |
//!
//! Nothing here is a static: what the process has is made in `main` and passed on as [`services::Services`]. It does not decide whether a
//! call may be placed or a word be spoken (`callwright-compliance`), nor what the conversation does next (`callwright-core`).

pub mod api;
pub mod call;
pub mod checkpoints;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod destinations;
pub mod dialler;
pub mod intake;
pub mod local_speech;
pub mod panics;
pub mod replay;
pub mod results;
pub mod retention;
pub mod rights;
pub mod services;
pub mod standing;
pub mod stop;
