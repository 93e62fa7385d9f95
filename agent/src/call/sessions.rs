//! The vendors at work on one call: a session with each, opened under that call's own leave to send.

use std::sync::Arc;

use callwright_core::Micros;
use callwright_vendors::{
    Egress, EgressClock, ExchangeBook, ModelSession, RecogniserSession, SpeechSession, VendorError,
};
use jiff::Timestamp;

use super::Vendors;
use crate::clock::{Clock, Stopwatch};

/// The leave to send, role by role. Each is the vendor register's permit and one book for all of them.
pub struct Leaves {
    /// To the recogniser.
    pub speech_to_text: Egress,
    /// To the one that hears in its place until the notice, where policy wants one.
    pub before_notice: Option<Egress>,
    /// To the model.
    pub language_model: Egress,
    /// To the synthesiser.
    pub text_to_speech: Egress,
    /// What is sent and answered is written here.
    pub book: ExchangeBook,
}

/// A session with each vendor.
pub struct Sessions {
    /// Hears the far end.
    pub speech_to_text: RecogniserSession,
    /// Hears whoever was not told yet, with its id in the vendor register; `None` where the recogniser itself may.
    pub before_notice: Option<(&'static str, RecogniserSession)>,
    /// Words the turns.
    pub language_model: Box<dyn ModelSession>,
    /// Speaks them.
    pub text_to_speech: Box<dyn SpeechSession>,
    /// What was sent and answered.
    pub book: ExchangeBook,
}

impl Sessions {
    /// Opens a session with each vendor. Those on a network connect in the background.
    ///
    /// # Errors
    /// [`VendorError`] of the first that cannot be opened.
    pub fn open(vendors: &Vendors, leaves: Leaves) -> Result<Sessions, VendorError> {
        let before_notice = match (&vendors.before_notice, leaves.before_notice) {
            (Some(vendor), Some(leave)) => Some((vendor.id(), vendor.open(leave)?)),
            (Some(_) | None, None) => None,
            (None, Some(_)) => return Err(VendorError::WrongPermit { vendor: "none" }),
        };
        Ok(Sessions {
            before_notice,
            language_model: vendors.language_model.open(leaves.language_model)?,
            text_to_speech: vendors.text_to_speech.open(leaves.text_to_speech)?,
            speech_to_text: vendors.speech_to_text.open(leaves.speech_to_text)?,
            book: leaves.book,
        })
    }
}

/// The clocks of one call, for its leaves.
pub struct CallClock {
    /// The wall clock.
    pub clock: Clock,
    /// Since the call began.
    pub watch: Stopwatch,
}

impl CallClock {
    /// Shared by the leaves of a call.
    #[must_use]
    pub fn shared(clock: Clock, watch: Stopwatch) -> Arc<dyn EgressClock> {
        Arc::new(CallClock { clock, watch })
    }
}

impl EgressClock for CallClock {
    fn wall(&self) -> Timestamp {
        self.clock.wall()
    }

    fn at(&self) -> Micros {
        self.watch.at()
    }
}
