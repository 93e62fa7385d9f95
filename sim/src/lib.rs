//! The outside world, simulated through the real protocols: a telephone carrier, the payers at its far end, and the vendors of speech
//! and language.
//!
//! [`carrier`] speaks Twilio's REST, TwiML, webhook and Media Streams protocols over real sockets on the loopback interface,
//! in real time. [`payer`] is what answers: a menu, a hold line and a representative, as data. [`log`] is the carrier's own
//! evidence of what happened, kept apart from anything the caller says about itself. [`speech`] gives the far end a voice
//! and an ear. [`vendors`] speaks the protocols of Deepgram, OpenAI and ElevenLabs, with evidence of its own.
//!
//! It is an independent reading of the protocol: it shares no code with the agent's side of it, not even the signature. It
//! never leaves this machine, places no real call and holds no real person's data.

pub mod carrier;
pub mod clock;
mod error;
mod line;
pub mod log;
pub mod payer;
pub mod speech;
pub mod vendors;

pub use carrier::{Carrier, CarrierConfig, Limits, ScenarioSource};
pub use error::SimError;
pub use log::{CallLog, LogEntry, LogEvent};
pub use payer::scenario::Scenario;
pub use speech::Speech;
pub use vendors::{Vendors, VendorsConfig};
