//! Text to speech: the words of one segment in, mu-law out.

use bytes::Bytes;
use callwright_compliance::PhiString;
use tokio::sync::mpsc;

use crate::VendorError;

/// A piece of speech, mu-law at 8 kHz; the channel's end is the end of the segment.
pub type SpeechResult = Result<Bytes, VendorError>;

/// A text-to-speech vendor.
pub trait TextToSpeech: Send + Sync {
    /// Its id in the vendor register.
    fn id(&self) -> &'static str;

    /// Speaks the words of one segment. Pieces arrive as they are ready; dropping the receiver stops it.
    fn speak(&self, words: PhiString) -> mpsc::Receiver<SpeechResult>;
}
