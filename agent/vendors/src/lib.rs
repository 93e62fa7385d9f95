//! Speech-to-text, language model and text-to-speech, behind three small traits.
//!
//! A vendor is opened once a process, with its configuration and its key, and then opens a session for each call. A session is
//! opened with the call's [`Egress`]: its leave to send to that vendor, checked again at every connection, and the book in which
//! what is sent and answered is written. Every session ends in bounded channels, so that a vendor that stalls cannot hold a call
//! up: the call goes on by its own timers. Who may receive what is not decided here but by `compliance::vendor`, before a session
//! is opened.
//!
//! | Module | Vendor |
//! |---|---|
//! | [`deepgram`] | speech to text over a WebSocket |
//! | [`openai`] | chat completions, at OpenAI or at any server that speaks the same |
//! | [`elevenlabs`] | text to speech over a WebSocket |
//! | [`local`] | no network: flite, PocketSphinx and the rule-based model |

mod conversation;
pub mod deepgram;
mod egress;
pub mod elevenlabs;
mod error;
mod exchange;
mod language_model;
pub mod local;
pub mod openai;
mod speech_to_text;
mod text_to_speech;
mod wire;

pub use conversation::{Line, TokenText, Who};
pub use egress::{Egress, EgressClock};
pub use error::{Mend, VendorError};
pub use exchange::{Drained, Exchange, ExchangeBook, What};
pub use language_model::{LanguageModel, ModelEvent, ModelSession, ToolCall, TurnRequest};
pub use speech_to_text::{
    Heard, RecogniserEvent, RecogniserSession, SpeechToText, ToRecogniser, VendorSide,
    recogniser_channels,
};
pub use text_to_speech::{SpeechResult, SpeechSession, TextToSpeech};
pub use wire::{Endpoint, EndpointError, Retry, Secret, Timeouts};
