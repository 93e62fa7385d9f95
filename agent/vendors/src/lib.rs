//! Speech-to-text, language model and text-to-speech, behind three small traits.
//!
//! A vendor is opened once a process and then opens sessions for calls. Every session is a pair of bounded channels, so that a
//! vendor that stalls cannot hold a call up: the call goes on by its own timers. What may be sent to whom is not decided here but by
//! `compliance::vendor`, before a session is opened; what was sent is written down by the call.
//!
//! [`local`] holds the vendors that need no network: flite, PocketSphinx and the rule-based model.

mod error;
mod language_model;
pub mod local;
mod speech_to_text;
mod text_to_speech;

pub use error::VendorError;
pub use language_model::{LanguageModel, ModelEvent, TurnRequest};
pub use speech_to_text::{
    Heard, RecogniserEvent, RecogniserSession, SpeechToText, ToRecogniser, VendorSide,
    recogniser_channels,
};
pub use text_to_speech::{SpeechResult, TextToSpeech};
