//! Speech without a network: flite speaks and PocketSphinx listens, on this machine.
//!
//! Both are C libraries, opened when first used. A machine without them still builds and runs everything else; what needs
//! them answers [`Missing`], which says what to install. All `unsafe` code of the workspace is in this crate, in
//! the three modules that talk to C: `dl`, `flite::ffi` and `sphinx::ffi`.
//!
//! # What the recogniser is worth
//!
//! It is for trying calls out offline. It hears a synthetic voice over a telephone line well, because it knows beforehand
//! the sentences that voice may say ([`model::Model`]). It has not been tried on people. Speech outside its model comes out
//! as other words; [`sphinx::HypWord::confidence`] is then usually low, but a caller must expect confident mistakes.
//! `tests/accuracy.rs` measures both.
//!
//! # What is not here
//!
//! No threads, no clock, no telephone audio coding, no meaning. One 20 ms chunk can take the recogniser 6 to 50 ms, so
//! callers keep it off the threads that carry live audio.

pub mod dictionary;
mod dl;
pub mod flite;
pub mod lm;
pub mod model;
pub mod sphinx;
pub mod wideband;

pub use dl::Missing;
