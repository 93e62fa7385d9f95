//! The media plane: samples and their timing, from the carrier's socket to the recogniser and back.
//!
//! One telephone leg has a *far end* (whoever is on the line) and a *near end* (the agent). Far-end audio
//! comes in as G.711 mu-law at 8 kHz, is cut into 20 ms frames and counted in [`SampleTime`]; detectors turn
//! it into [`session::MediaEvent`]s. Near-end audio goes out through [`playout::Playout`], which owns the
//! disclosure gate, so that nothing reaches the wire that the gate did not admit.
//!
//! Everything here but [`twilio`]'s socket ends is free of IO and of clocks (the recorder writes its one
//! file): bytes and time are arguments, events are polled. What was *said* is none of this crate's business:
//! it knows speech, music, tones and silence only.

pub mod frame;
pub mod g711;
pub mod hold;
pub mod playout;
pub mod recorder;
pub mod resample;
pub mod session;
pub mod tone;
pub mod twilio;
pub mod vad;

pub use frame::{FRAME, FRAME_MS, Frame, SAMPLE_RATE, SampleTime};
pub use tone::dtmf;
