//! **callwright**: the process that hosts calls.
//!
//! | room | what it does |
//! |---|---|
//! | [`cli`] | the commands |
//! | [`config`] | the configuration file, and services made from it |
//! | [`dialler`] | from a request to a leg: the policy enforcement point |
//! | [`call`] | one live call |
//! | [`api`] | the carrier's webhooks and media streams |
//! | [`replay`] | recorded calls, run again through the core |
//! | [`clock`] | the only place that reads a clock |
//!
//! Nothing here is a static: what the process has is made in `main` and passed on as [`services::Services`].

pub mod api;
pub mod call;
pub mod clock;
pub mod dialler;
pub mod services;
