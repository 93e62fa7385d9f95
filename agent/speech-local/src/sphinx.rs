//! Samples to words with PocketSphinx (0.8+5prealpha), one decoder a listener.
//!
//! It hears only what its [`Model`] was made of. It does not find where speech begins or ends (the caller starts and
//! finishes each utterance), and does not judge what words mean.

mod config;
mod ffi;
mod hypothesis;

use std::path::PathBuf;

pub use config::{Cmn, DecoderConfig};
pub use hypothesis::{HypWord, Hypothesis};

use crate::Missing;
use crate::model::Model;

/// Samples a second that [`Decoder::process`] takes.
pub const SAMPLE_RATE_HZ: u32 = 16_000;

/// Why a decoder could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A library or the acoustic model is not installed.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// A path has a NUL in it, which C cannot take: the caller's fault.
    #[error("the path {path} has a NUL in it; use another directory for the model")]
    Path {
        /// The path, with what cannot be shown replaced.
        path: String,
    },
    /// PocketSphinx refuses the model or the settings. Its own reason goes to a log that is kept off, since it also holds
    /// what is heard.
    #[error(
        "PocketSphinx refused the model in {model} with these settings; delete that directory so that it is built again"
    )]
    Refused {
        /// Where the model's files are.
        model: PathBuf,
    },
}

/// Why an utterance could not be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// [`Decoder::start`] inside an utterance: the caller's fault.
    #[error("an utterance is already being heard; finish it first")]
    AlreadyStarted,
    /// PocketSphinx failed inside: the decoder should be dropped.
    #[error("PocketSphinx failed while decoding; drop this decoder and open another")]
    Failed,
    /// [`Decoder::process`] or [`Decoder::finish`] outside an utterance: the caller's fault.
    #[error("no utterance is being heard; start one first")]
    NotStarted,
}

/// A recogniser for one listener on one line.
///
/// It learns the line's mean spectrum as it listens ([`Cmn`]), so the same samples may come out differently later in a
/// call; a new decoder fed the same utterances gives the same answers. It can move between threads but serves one at a time.
#[derive(Debug)]
pub struct Decoder {
    raw: ffi::RawDecoder,
    hearing: bool,
}

impl Decoder {
    /// A decoder for `model` with the settings found best for a telephone line, [`DecoderConfig::default`]. Takes 30 to
    /// 200 ms and about 7 MB.
    ///
    /// # Errors
    ///
    /// [`OpenError`] where PocketSphinx is not installed or refuses the model.
    pub fn open(model: &Model) -> Result<Decoder, OpenError> {
        Decoder::open_with(model, &DecoderConfig::default())
    }

    /// A decoder for `model` with `config`.
    ///
    /// # Errors
    ///
    /// As [`Decoder::open`].
    pub fn open_with(model: &Model, config: &DecoderConfig) -> Result<Decoder, OpenError> {
        let arguments = config.arguments(model)?;
        match ffi::RawDecoder::new(&arguments)? {
            Some(raw) => Ok(Decoder { raw, hearing: false }),
            None => Err(OpenError::Refused { model: model.dir().to_owned() }),
        }
    }

    /// Begins an utterance.
    ///
    /// # Errors
    ///
    /// [`DecodeError::AlreadyStarted`], or [`DecodeError::Failed`].
    pub fn start(&mut self) -> Result<(), DecodeError> {
        if self.hearing {
            return Err(DecodeError::AlreadyStarted);
        }
        self.worked(|raw| raw.start())?;
        self.hearing = true;
        Ok(())
    }

    /// Feeds the next samples of the utterance: mono, [`SAMPLE_RATE_HZ`]. Telephone audio goes through
    /// [`crate::wideband::Widener`] first.
    ///
    /// # Errors
    ///
    /// [`DecodeError::NotStarted`], or [`DecodeError::Failed`].
    pub fn process(&mut self, samples: &[i16]) -> Result<(), DecodeError> {
        if !self.hearing {
            return Err(DecodeError::NotStarted);
        }
        if samples.is_empty() {
            return Ok(());
        }
        self.worked(|raw| raw.process(samples))
    }

    /// The words so far, separated by spaces; empty outside an utterance. They will be revised, early ones too: good for
    /// showing that something is heard, not for acting on.
    pub fn partial(&mut self) -> String {
        if self.hearing { self.raw.text() } else { String::new() }
    }

    /// Ends the utterance and gives its words.
    ///
    /// # Errors
    ///
    /// [`DecodeError::NotStarted`], or [`DecodeError::Failed`].
    pub fn finish(&mut self) -> Result<Hypothesis, DecodeError> {
        if !self.hearing {
            return Err(DecodeError::NotStarted);
        }
        self.hearing = false;
        self.worked(|raw| raw.end())?;
        Ok(Hypothesis::from_segments(&self.raw.segments()))
    }

    fn worked(
        &mut self,
        call: impl FnOnce(&mut ffi::RawDecoder) -> bool,
    ) -> Result<(), DecodeError> {
        if call(&mut self.raw) { Ok(()) } else { Err(DecodeError::Failed) }
    }
}
