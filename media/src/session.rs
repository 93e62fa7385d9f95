//! One far-end media session: bytes from the carrier in, typed events out.
//!
//! It cuts payloads of any length into 20 ms frames, counts them in [`SampleTime`], and runs the detectors
//! that the call's phase wants:
//!
//! | profile | voice activity | hold detector | tones and keys |
//! |---|---|---|---|
//! | `Menu`, `Person` | yes | yes | yes |
//! | `Hold` | asleep | yes, and it alone wakes | yes |
//!
//! Voice activity hears music as voice, so its events carry the profile they were heard in and the listener
//! weighs them by the phase; in `Hold` there are none. The last five seconds are kept as pre-roll, for a
//! recogniser that is woken late. Nothing here is played, recorded or understood. In the steady state nothing
//! is allocated.
//!
//! The order of calls: [`Session::receive`], then [`Session::next_frame`] until it gives nothing, draining
//! [`Session::poll_event`] after each; [`Session::on_tick`] whenever the caller's timer fires.

use crate::frame::{FRAME, Frame, SAMPLE_RATE, SampleTime};
use crate::g711;
use crate::hold::{HoldDetector, HoldEvidence};
use crate::tone::dtmf::{self, Key};
use crate::tone::progress::{self, Progress};
use crate::vad::{Vad, VadConfig, VadEvent};
use std::collections::VecDeque;
use zeroize::Zeroize;

/// How long no audio may come before the stream counts as stalled: twenty frames.
pub const STALL_US: u64 = 400_000;

/// Audio that may wait to be taken by `next_frame`: four seconds, many times the largest payload a carrier
/// sends.
const BACKLOG_MAX: usize = 4 * SAMPLE_RATE as usize;

/// Pre-roll: five seconds.
const PRE_ROLL: usize = 5 * SAMPLE_RATE as usize;

/// Events that may wait. A frame makes at most five and the caller drains after each, so this is never
/// reached in good use.
const EVENTS_MAX: usize = 256;

/// What the detectors are set for: the phase of the call as far as audio is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// A machine speaks and wants keys or answers.
    Menu,
    /// Nobody is expected to speak soon.
    Hold,
    /// A person is, or may be, on the line.
    Person,
}

/// What was heard. Times are far-end sample time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaEvent {
    /// A voice (or music, or a tone) began; `at` lies before the moment of telling.
    SpeechStarted {
        /// Where it began.
        at: SampleTime,
        /// The profile it was heard in.
        profile: Profile,
    },
    /// The voice was last heard at `at`.
    SpeechEnded {
        /// Where it ended.
        at: SampleTime,
        /// The profile it was heard in.
        profile: Profile,
    },
    /// The far end pressed a key, heard as a tone.
    Digit {
        /// Which.
        key: Key,
        /// Where the tone began.
        at: SampleTime,
    },
    /// A call-progress tone.
    Tone {
        /// Which.
        tone: Progress,
        /// Where it began.
        at: SampleTime,
    },
    /// The line went over to silence, music or something that may be speech.
    Hold {
        /// To what.
        evidence: HoldEvidence,
        /// Where it began.
        at: SampleTime,
    },
    /// No audio for [`STALL_US`]. Sample time stands still: this is not silence.
    Stalled,
    /// Audio comes again.
    Resumed,
}

/// The carrier sent audio faster than it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{bytes} bytes of far-end audio would wait, {BACKLOG_MAX} may: the peer floods, or `next_frame` is not called"
)]
pub struct FarEndFlood {
    /// How many bytes would have waited.
    pub bytes: usize,
}

/// How a session listens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SessionConfig {
    /// The profile it begins with.
    pub profile: Profile,
    /// The voice detector's settings.
    pub vad: VadConfig,
    /// Silence after which the stream counts as stalled, microseconds.
    pub stall_us: u64,
}

impl Default for SessionConfig {
    fn default() -> SessionConfig {
        SessionConfig { profile: Profile::Menu, vad: VadConfig::default(), stall_us: STALL_US }
    }
}

/// See the module.
pub struct Session {
    config: SessionConfig,
    profile: Profile,
    /// Bytes received and not yet cut into frames.
    backlog: VecDeque<u8>,
    now: SampleTime,
    pre_roll: VecDeque<u8>,
    vad: Vad,
    hold: HoldDetector,
    keys: dtmf::Detector,
    progress: progress::Detector,
    /// Where the hold detector last noticed a candidate.
    candidate_at: Option<SampleTime>,
    last_audio_us: Option<u64>,
    stalled: bool,
    events: VecDeque<MediaEvent>,
    events_lost: u64,
}

impl Session {
    /// A session whose first frame is yet to come.
    #[must_use]
    pub fn new(config: SessionConfig) -> Session {
        Session {
            config,
            profile: config.profile,
            backlog: VecDeque::with_capacity(BACKLOG_MAX),
            now: SampleTime(0),
            pre_roll: VecDeque::with_capacity(PRE_ROLL + FRAME),
            vad: Vad::new(config.vad),
            hold: HoldDetector::new(),
            keys: dtmf::Detector::new(),
            progress: progress::Detector::new(),
            candidate_at: None,
            last_audio_us: None,
            stalled: false,
            events: VecDeque::with_capacity(EVENTS_MAX),
            events_lost: 0,
        }
    }

    /// The sample time up to which frames have been taken.
    #[must_use]
    pub fn now(&self) -> SampleTime {
        self.now
    }

    /// The profile that is set.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Events thrown away because nobody drained them.
    #[must_use]
    pub fn events_lost(&self) -> u64 {
        self.events_lost
    }

    /// Takes a payload of mu-law, of any length, that arrived at `now_us` (monotonic microseconds).
    ///
    /// # Errors
    /// [`FarEndFlood`] where more than four seconds would wait; the payload is then not taken.
    pub fn receive(&mut self, now_us: u64, payload: &[u8]) -> Result<(), FarEndFlood> {
        let bytes = self.backlog.len() + payload.len();
        if bytes > BACKLOG_MAX {
            return Err(FarEndFlood { bytes });
        }
        if payload.is_empty() {
            return Ok(());
        }
        self.backlog.extend(payload);
        self.last_audio_us = Some(now_us);
        if self.stalled {
            self.stalled = false;
            self.tell(MediaEvent::Resumed);
        }
        Ok(())
    }

    /// The next whole frame and where it begins; it has been through the detectors when it is given.
    pub fn next_frame(&mut self) -> Option<(SampleTime, Frame)> {
        if self.backlog.len() < FRAME {
            return None;
        }
        let mut frame = [0; FRAME];
        for (slot, code) in frame.iter_mut().zip(self.backlog.drain(..FRAME)) {
            *slot = code;
        }
        let at = self.now;
        self.far_frame(&frame);
        Some((at, frame))
    }

    /// Puts one frame through the detectors. For callers that cut frames themselves; others use `receive` and
    /// `next_frame`.
    pub fn far_frame(&mut self, frame: &Frame) {
        let at = self.now;
        self.now = at + FRAME as u64;
        self.keep(frame);
        let mut samples = [0_i16; FRAME];
        g711::decode_into(frame, &mut samples);

        if let Some((tone, at)) = self.progress.frame(at, &samples) {
            self.tell(MediaEvent::Tone { tone, at });
        }
        let mut heard = None;
        self.keys.push(at, &samples, |key, at| heard = Some((key, at)));
        if let Some((key, at)) = heard {
            self.tell(MediaEvent::Digit { key, at });
        }
        let tone = self.progress.is_tone();
        if let Some((evidence, at)) = self.hold.frame(at, &samples, tone) {
            if evidence == HoldEvidence::SpeechCandidate {
                self.candidate_at = Some(at);
            }
            self.tell(MediaEvent::Hold { evidence, at });
        }
        if self.profile != Profile::Hold
            && let Some(border) = self.vad.frame(at, &samples)
        {
            self.tell_border(border);
        }
    }

    /// Sets the detectors for a phase.
    ///
    /// Going to `Hold` ends an utterance that is under way, and has the hold detector tell anew what it
    /// hears. Coming back from it, the voice detector is run over the pre-roll from the last candidate on, so
    /// that the utterance that woke the call starts where it did.
    pub fn set_profile(&mut self, profile: Profile) {
        let before = self.profile;
        if before == profile {
            return;
        }
        if profile == Profile::Hold {
            if let Some(border) = self.vad.reset() {
                self.tell_border(border);
            }
            self.hold.restart();
            self.candidate_at = None;
        }
        self.profile = profile;
        if before == Profile::Hold {
            self.catch_up();
        }
    }

    /// Runs the voice detector over what it slept through, from the last candidate on.
    fn catch_up(&mut self) {
        self.vad.reset();
        let Some(from) = self.candidate_at else {
            return;
        };
        let kept = self.pre_roll.len() as u64;
        // A little before the candidate, so that the detector has heard quiet first; whole frames.
        let wanted = self.now.since(from.back(2 * FRAME as u64)).min(kept);
        let frames = wanted as usize / FRAME;
        let mut at = self.now.back((frames * FRAME) as u64);
        let first = self.pre_roll.len() - frames * FRAME;
        for n in 0..frames {
            let mut samples = [0_i16; FRAME];
            let codes = self.pre_roll.range(first + n * FRAME..first + (n + 1) * FRAME);
            for (sample, code) in samples.iter_mut().zip(codes) {
                *sample = g711::decode(*code);
            }
            if let Some(border) = self.vad.frame(at, &samples) {
                self.tell_border(border);
            }
            at = at + FRAME as u64;
        }
    }

    /// The far end's audio from `from` on (at most the last five seconds), in two pieces, and where the first
    /// begins.
    #[must_use]
    pub fn pre_roll(&self, from: SampleTime) -> (SampleTime, &[u8], &[u8]) {
        let kept = self.pre_roll.len();
        let wanted = usize::try_from(self.now.since(from)).map_or(kept, |wanted| wanted.min(kept));
        let skip = kept - wanted;
        let (a, b) = self.pre_roll.as_slices();
        let begins = self.now.back(wanted as u64);
        if skip <= a.len() { (begins, &a[skip..], b) } else { (begins, &b[skip - a.len()..], &[]) }
    }

    /// Looks whether the stream stalled. `now_us` is on the clock of [`Session::receive`]. Says nothing
    /// before the first audio.
    pub fn on_tick(&mut self, now_us: u64) {
        let Some(last) = self.last_audio_us else {
            return;
        };
        if !self.stalled && now_us.saturating_sub(last) >= self.config.stall_us {
            self.stalled = true;
            self.tell(MediaEvent::Stalled);
        }
    }

    /// When [`Session::on_tick`] has something to say at the earliest, if no audio comes.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<u64> {
        let last = self.last_audio_us?;
        (!self.stalled).then(|| last.saturating_add(self.config.stall_us))
    }

    /// The next event, oldest first.
    pub fn poll_event(&mut self) -> Option<MediaEvent> {
        self.events.pop_front()
    }

    fn keep(&mut self, frame: &Frame) {
        while self.pre_roll.len() + FRAME > PRE_ROLL {
            self.pre_roll.drain(..FRAME);
        }
        self.pre_roll.extend(frame);
    }

    fn tell_border(&mut self, border: VadEvent) {
        let profile = self.profile;
        self.tell(match border {
            VadEvent::Started(at) => MediaEvent::SpeechStarted { at, profile },
            VadEvent::Ended(at) => MediaEvent::SpeechEnded { at, profile },
        });
    }

    fn tell(&mut self, event: MediaEvent) {
        if self.events.len() == EVENTS_MAX {
            self.events.pop_front();
            self.events_lost += 1;
        }
        self.events.push_back(event);
    }
}

/// What the far end said does not stay behind in freed memory, but for the detectors' own windows of less
/// than a tenth of a second.
impl Drop for Session {
    fn drop(&mut self) {
        for queue in [&mut self.backlog, &mut self.pre_roll] {
            // Both never grow beyond their first allocation: clearing what it holds now and zeroing all of it
            // reaches every copy.
            let capacity = queue.capacity();
            queue.clear();
            queue.resize(capacity, 0);
            queue.make_contiguous().zeroize();
        }
    }
}

#[cfg(test)]
mod tests;
