//! Text to speech: the words of one segment in, mu-law out.

use bytes::Bytes;
use callwright_compliance::PhiString;
use tokio::sync::mpsc;

use crate::{Egress, VendorError};

/// A piece of speech, mu-law at 8 kHz; the channel's end is the end of the segment. After an error nothing follows.
pub type SpeechResult = Result<Bytes, VendorError>;

/// A text-to-speech vendor.
pub trait TextToSpeech: Send + Sync {
    /// Its id in the vendor register.
    fn id(&self) -> &'static str;

    /// Opens a session for one call. Nothing is sent yet.
    ///
    /// # Errors
    /// [`VendorError`] where it can be known at once that it will not work.
    fn open(&self, egress: Egress) -> Result<Box<dyn SpeechSession>, VendorError>;
}

/// A synthesiser at work on one call. Dropping it ends its connection.
pub trait SpeechSession: Send {
    /// Makes the connection ready, without words, so that the next piece does not wait for it. May be called at any time.
    fn warm(&mut self);

    /// Speaks the words of one segment. Pieces arrive as they are ready; dropping the receiver cancels that segment and no other.
    fn speak(&mut self, words: PhiString) -> mpsc::Receiver<SpeechResult>;
}
