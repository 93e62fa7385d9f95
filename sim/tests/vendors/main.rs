//! The three vendors over real sockets: handshakes, messages, closes, refusals and faults.
//!
//! The recogniser knows the recordings of `fixtures/audio`, the synthesiser hums and the model is scripted, so nothing needs to be
//! installed. Every wait has a bound; none is for time to pass that could be awaited.
#![allow(clippy::unwrap_used, reason = "test helpers outside test functions")]
#![allow(missing_docs, reason = "a test binary")]

mod deepgram;
mod elevenlabs;
mod evidence;
mod faults;
mod openai;
mod world;
