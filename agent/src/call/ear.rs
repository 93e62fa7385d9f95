//! The call's ear: one recogniser session, asleep on hold.
//!
//! Far-end frames are joined to 60 ms before they are sent; nothing is sent while asleep.

use bytes::BytesMut;
use callwright_core::UtteranceId;
use callwright_media::{Frame, SampleTime};
use callwright_vendors::{RecogniserEvent, RecogniserSession, ToRecogniser, VendorError};

/// Frames joined to one message: 60 ms, which recognisers take without waiting for more.
const JOINED_BYTES: usize = 3 * callwright_media::FRAME;

/// See the module.
pub(crate) struct Ear {
    session: RecogniserSession,
    awake: bool,
    /// Joined audio that was not sent yet, and where it begins.
    joined: BytesMut,
    joined_at: SampleTime,
    utterances: u32,
    /// Bytes sent, for the ledger.
    sent: u64,
    broken: Option<VendorError>,
    /// The failure was told.
    lost: bool,
}

impl Ear {
    pub(crate) fn new(session: RecogniserSession) -> Ear {
        Ear {
            session,
            awake: false,
            joined: BytesMut::new(),
            joined_at: SampleTime(0),
            utterances: 0,
            sent: 0,
            broken: None,
            lost: false,
        }
    }

    pub(crate) fn sleep(&mut self) {
        if self.awake {
            self.awake = false;
            self.joined.clear();
            self.tell(ToRecogniser::Sleeps);
        }
    }

    /// Wakes up, with the audio from before: where it begins, and its two pieces.
    pub(crate) fn wake(&mut self, before: (SampleTime, &[u8], &[u8])) {
        if self.awake {
            return;
        }
        self.awake = true;
        let (at, first, second) = before;
        self.joined_at = at;
        self.joined.extend_from_slice(first);
        self.joined.extend_from_slice(second);
        self.send_joined();
    }

    /// Hears one frame.
    pub(crate) fn frame(&mut self, at: SampleTime, frame: &Frame) {
        if !self.awake {
            return;
        }
        if self.joined.is_empty() {
            self.joined_at = at;
        }
        self.joined.extend_from_slice(frame);
        if self.joined.len() >= JOINED_BYTES {
            self.send_joined();
        }
    }

    fn send_joined(&mut self) {
        if self.joined.is_empty() {
            return;
        }
        let mulaw = self.joined.split().freeze();
        self.sent += mulaw.len() as u64;
        self.tell(ToRecogniser::Audio { at: self.joined_at, mulaw });
    }

    fn tell(&mut self, message: ToRecogniser) {
        // The first failure is kept: the driver tells of it once, and the call's own timers go on.
        if !self.lost
            && let Err(error) = self.session.tell(message)
        {
            self.broken = Some(error);
            self.lost = true;
        }
    }

    /// The voice detector heard speech begin.
    pub(crate) fn begins(&mut self, at: SampleTime) {
        if self.awake {
            self.send_joined();
            self.tell(ToRecogniser::Begins { at });
        }
    }

    /// Closes the utterance; its words will come under this number.
    pub(crate) fn finalise(&mut self) -> UtteranceId {
        self.send_joined();
        self.utterances += 1;
        let utterance = UtteranceId(self.utterances);
        self.tell(ToRecogniser::Finalise { utterance });
        utterance
    }

    /// Bytes sent since this was asked last.
    pub(crate) fn take_sent(&mut self) -> u64 {
        std::mem::take(&mut self.sent)
    }

    /// The failure, told once.
    pub(crate) fn take_failure(&mut self) -> Option<VendorError> {
        self.broken.take()
    }

    /// What was heard. Safe to cancel; pends for ever once the session is gone.
    pub(crate) async fn next(&mut self) -> RecogniserEvent {
        match self.session.next().await {
            Some(event) => event,
            None => std::future::pending().await,
        }
    }
}
