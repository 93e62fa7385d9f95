//! Twilio's bidirectional Media Streams over a WebSocket: the messages, the server's end and, for the
//! simulator, the carrier's end.
//!
//! Source: Twilio docs, "Media Streams: WebSocket messages" and "TwiML `<Stream>`". This module neither
//! accepts connections nor checks who connects: the signature of the upgrade request and the one-time token
//! in `start`'s parameters are the caller's to check, before anything else is read.

mod client;
mod limits;
mod server;
pub mod wire;

pub use client::{CarrierEvent, CarrierStream};
pub use limits::{Limits, Malformed, Part};
pub use server::{End, Stream, StreamCounts, StreamError, StreamEvent};
pub use wire::Start;

#[cfg(test)]
mod tests;
