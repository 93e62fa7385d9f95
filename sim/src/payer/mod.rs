//! A payer as data: what its phone menu, its hold line and its representative say, want to hear and get wrong.
//!
//! [`scenario`] is the file format, [`engine`] the machine that plays it, [`words`] the little understanding a simulated
//! representative has, [`faults`] what may go wrong on purpose. Nothing here knows about audio, sockets or clocks: the
//! carrier's line turns texts into sound and sound into [`engine::Event`]s.

mod check;
pub mod engine;
pub mod faults;
mod menu;
mod person;
pub mod problems;
pub mod representative;
pub mod scenario;
pub(crate) mod topics;
pub mod words;
