//! Speech to text: mu-law in, words with times out.

use bytes::Bytes;
use callwright_core::UtteranceId;
use callwright_media::SampleTime;
use callwright_understanding::Utterance;
use tokio::sync::mpsc;

use crate::{Egress, VendorError};

/// Messages that may wait for a recogniser: four seconds of 20 ms frames and the few marks between them. One that is further
/// behind is of no use to a live conversation.
const TO_RECOGNISER_MAX: usize = 256;

/// Answers that may wait for the call, which drains them at once.
const FROM_RECOGNISER_MAX: usize = 32;

/// What the call tells a recogniser session.
#[derive(Debug)]
pub enum ToRecogniser {
    /// Far-end audio: mu-law at 8 kHz, and where it begins.
    Audio {
        /// Far-end sample time of the first byte.
        at: SampleTime,
        /// The audio as it came from the carrier.
        mulaw: Bytes,
    },
    /// The local voice detector heard speech begin. Recognisers that find utterances by themselves may ignore it.
    Begins {
        /// Where.
        at: SampleTime,
    },
    /// Nothing more will be heard for a while; an open utterance is of no interest.
    Sleeps,
    /// The utterance is over: give its words now.
    Finalise {
        /// The number that the call gives to it.
        utterance: UtteranceId,
    },
}

/// What was heard. The words are wiped when dropped, and cannot be printed.
#[derive(Debug)]
pub struct Heard {
    /// Which utterance.
    pub utterance: UtteranceId,
    /// Its words, with times in milliseconds of far-end sample time.
    pub words: Utterance,
    /// Whether these words will be revised no more.
    pub done: bool,
    /// Whether the recogniser saw an end of turn.
    pub end_of_turn: bool,
}

/// What a recogniser session tells the call.
#[derive(Debug)]
pub enum RecogniserEvent {
    /// Words.
    Heard(Heard),
    /// The session is over.
    Failed(VendorError),
}

/// A recogniser at work on one call. It ends when this is dropped.
#[derive(Debug)]
pub struct RecogniserSession {
    to: mpsc::Sender<ToRecogniser>,
    from: mpsc::Receiver<RecogniserEvent>,
    vendor: &'static str,
}

impl RecogniserSession {
    /// Tells the session something, without waiting.
    ///
    /// # Errors
    /// [`VendorError::Behind`] where its queue is full, [`VendorError::Broke`] where it is gone.
    pub fn tell(&self, message: ToRecogniser) -> Result<(), VendorError> {
        let vendor = self.vendor;
        self.to.try_send(message).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => VendorError::Behind { vendor },
            mpsc::error::TrySendError::Closed(_) => VendorError::Broke { vendor },
        })
    }

    /// The next thing it heard; `None` when it is gone. Safe to cancel.
    pub async fn next(&mut self) -> Option<RecogniserEvent> {
        self.from.recv().await
    }
}

/// The far side of a session: what the vendor's own task reads and writes.
pub type VendorSide = (mpsc::Receiver<ToRecogniser>, mpsc::Sender<RecogniserEvent>);

/// Makes the two sides of a session.
#[must_use]
pub fn recogniser_channels(vendor: &'static str) -> (RecogniserSession, VendorSide) {
    let (to, to_vendor) = mpsc::channel(TO_RECOGNISER_MAX);
    let (from_vendor, from) = mpsc::channel(FROM_RECOGNISER_MAX);
    (RecogniserSession { to, from, vendor }, (to_vendor, from_vendor))
}

/// A speech-to-text vendor.
pub trait SpeechToText: Send + Sync {
    /// Its id in the vendor register.
    fn id(&self) -> &'static str;

    /// Opens a session for one call. It connects in the background, when there is something to be heard; a failure arrives as an
    /// event.
    ///
    /// # Errors
    /// [`VendorError`] where it can be known at once that it will not work.
    fn open(&self, egress: Egress) -> Result<RecogniserSession, VendorError>;
}
