//! The call's ear, asleep on hold: one recogniser session, or two.
//!
//! Far-end frames are joined to 60 ms before they are sent; nothing is sent while asleep. Where policy keeps the call's recogniser from a
//! person who was not told yet (rule D2, `before_notice`), another one on the practice's machines hears until the notice is proven, menus
//! and queues too: who speaks there is known from the words only. The change to the call's recogniser waits for the end of the utterance
//! under way; the change back waits for nothing.

use bytes::BytesMut;
use callwright_core::UtteranceId;
use callwright_media::{Frame, SampleTime};
use callwright_vendors::{RecogniserEvent, RecogniserSession, ToRecogniser, VendorError};

/// Frames joined to one message: 60 ms, which recognisers take without waiting for more.
const JOINED_BYTES: usize = 3 * callwright_media::FRAME;

/// A recogniser at work on this call.
pub(crate) struct Listener {
    /// Its id in the vendor register.
    pub(crate) id: &'static str,
    pub(crate) session: RecogniserSession,
    /// Bytes sent and not yet written into the ledger.
    sent: u64,
}

impl Listener {
    pub(crate) fn new(id: &'static str, session: RecogniserSession) -> Listener {
        Listener { id, session, sent: 0 }
    }
}

/// See the module.
pub(crate) struct Ear {
    /// The call's recogniser.
    main: Listener,
    /// Hears in its place whoever was not told yet; `None` where policy lets the call's recogniser do so.
    first: Option<Listener>,
    /// Whether the far end was told, and an utterance is under way.
    told: bool,
    speaking: bool,
    /// Whether the call's recogniser is the one that hears.
    main_hears: bool,
    awake: bool,
    /// Joined audio that was not sent yet, and where it begins.
    joined: BytesMut,
    joined_at: SampleTime,
    utterances: u32,
    broken: Option<VendorError>,
    /// The failure was told.
    lost: bool,
}

impl Ear {
    pub(crate) fn new(main: Listener, first: Option<Listener>) -> Ear {
        Ear {
            main_hears: first.is_none(),
            main,
            first,
            told: false,
            speaking: false,
            awake: false,
            joined: BytesMut::new(),
            joined_at: SampleTime(0),
            utterances: 0,
            broken: None,
            lost: false,
        }
    }

    pub(crate) fn sleep(&mut self) {
        if self.awake {
            self.awake = false;
            self.speaking = false;
            self.joined.clear();
            self.tell(ToRecogniser::Sleeps);
        }
    }

    /// The far end was told that a machine listens, or somebody is there who was not.
    pub(crate) fn told(&mut self, told: bool) {
        self.told = told;
        if !told || !self.speaking {
            self.change();
        }
    }

    /// Has the right one hear from here on. It gets nothing of what was said before.
    fn change(&mut self) {
        let main_hears = self.told || self.first.is_none();
        if main_hears != self.main_hears {
            self.joined.clear();
            if self.awake {
                self.tell(ToRecogniser::Sleeps);
            }
            self.main_hears = main_hears;
            self.speaking = false;
        }
    }

    fn hearing(&mut self) -> &mut Listener {
        match &mut self.first {
            Some(first) if !self.main_hears => first,
            Some(_) | None => &mut self.main,
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
        self.hearing().sent += mulaw.len() as u64;
        self.tell(ToRecogniser::Audio { at: self.joined_at, mulaw });
    }

    fn tell(&mut self, message: ToRecogniser) {
        // The first failure is kept: the driver tells of it once, and the call's own timers go on.
        if !self.lost
            && let Err(error) = self.hearing().session.tell(message)
        {
            self.broken = Some(error);
            self.lost = true;
        }
    }

    /// The voice detector heard speech begin.
    pub(crate) fn begins(&mut self, at: SampleTime) {
        if self.awake {
            self.speaking = true;
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
        self.speaking = false;
        self.change();
        utterance
    }

    /// Bytes sent to each since this was asked last, by its id in the vendor register.
    pub(crate) fn take_sent(&mut self) -> impl Iterator<Item = (&'static str, u64)> {
        let listeners = std::iter::once(&mut self.main).chain(&mut self.first);
        listeners.map(|listener| (listener.id, std::mem::take(&mut listener.sent)))
    }

    /// The failure, told once.
    pub(crate) fn take_failure(&mut self) -> Option<VendorError> {
        self.broken.take()
    }

    /// What was heard. Safe to cancel; pends for ever once the session is gone.
    pub(crate) async fn next(&mut self) -> RecogniserEvent {
        let Some(first) = &mut self.first else {
            return match self.main.session.next().await {
                Some(event) => event,
                None => std::future::pending().await,
            };
        };
        tokio::select! {
            Some(event) = self.main.session.next() => event,
            Some(event) = first.session.next() => event,
            else => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use callwright_vendors::{VendorSide, recogniser_channels};

    const FRAME: Frame = [1; callwright_media::FRAME];

    /// An ear with both, and what each is told.
    fn strict() -> (Ear, VendorSide, VendorSide) {
        let (main, of_main) = recogniser_channels("hosted");
        let (first, of_first) = recogniser_channels("local");
        let first = Listener::new("local", first);
        let mut ear = Ear::new(Listener::new("hosted", main), Some(first));
        ear.wake((SampleTime(0), &[2; 480], &[]));
        (ear, of_main, of_first)
    }

    fn speak(ear: &mut Ear, frames: u64) {
        for n in 0..frames {
            ear.frame(SampleTime::from_ms(1_000 + n * 20), &FRAME);
        }
    }

    /// Bytes of audio among what a recogniser was told.
    fn heard(side: &mut VendorSide) -> usize {
        let told = std::iter::from_fn(|| side.0.try_recv().ok());
        told.map(|message| match message {
            ToRecogniser::Audio { mulaw, .. } => mulaw.len(),
            ToRecogniser::Begins { .. } | ToRecogniser::Finalise { .. } | ToRecogniser::Sleeps => 0,
        })
        .sum()
    }

    #[test]
    fn a_hosted_recogniser_hears_nobody_before_the_notice() {
        let (mut ear, mut hosted, mut local) = strict();
        ear.begins(SampleTime(0));
        speak(&mut ear, 30);
        ear.finalise();
        assert_eq!((heard(&mut hosted), heard(&mut local)), (0, 480 + 30 * 160));
        ear.told(true);
        speak(&mut ear, 3);
        assert_eq!((heard(&mut hosted), heard(&mut local)), (480, 0));
        // Somebody new: not a frame more.
        speak(&mut ear, 2);
        ear.told(false);
        speak(&mut ear, 30);
        assert_eq!((heard(&mut hosted), heard(&mut local)), (0, 30 * 160));
        let sent: Vec<_> = ear.take_sent().collect();
        assert_eq!(sent, [("hosted", 480), ("local", 480 + 60 * 160)]);
    }

    #[test]
    fn what_was_begun_before_the_notice_is_heard_to_its_end_by_the_same_recogniser() {
        let (mut ear, mut hosted, mut local) = strict();
        ear.begins(SampleTime(0));
        speak(&mut ear, 3);
        ear.told(true);
        speak(&mut ear, 3);
        assert_eq!((heard(&mut hosted), heard(&mut local)), (0, 480 + 6 * 160));
        ear.finalise();
        speak(&mut ear, 3);
        assert_eq!((heard(&mut hosted), heard(&mut local)), (480, 0));
    }

    #[test]
    fn asleep_nobody_hears() {
        let (mut ear, mut hosted, mut local) = strict();
        heard(&mut local);
        ear.sleep();
        ear.told(true);
        speak(&mut ear, 30);
        assert_eq!((heard(&mut hosted), heard(&mut local)), (0, 0));
    }

    #[test]
    fn where_policy_lets_it_the_call_s_recogniser_hears_from_the_start() {
        let (main, mut side) = recogniser_channels("hosted");
        let mut ear = Ear::new(Listener::new("hosted", main), None);
        ear.wake((SampleTime(0), &[2; 480], &[]));
        ear.told(false);
        speak(&mut ear, 3);
        assert_eq!(heard(&mut side), 960);
    }
}
