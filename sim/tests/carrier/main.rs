//! The carrier over real sockets, against a small scripted application: REST, webhooks, TwiML, Media Streams and faults.
//!
//! The far end hums (`Speech::Tones`), so nothing needs to be installed. Time is told by counting the 20 ms messages of the
//! stream; no test sleeps.
#![allow(clippy::unwrap_used, reason = "test helpers outside test functions")]
#![allow(missing_docs, reason = "a test binary")]

mod app;
mod faults;
mod rest;
mod stream;
mod voice;
