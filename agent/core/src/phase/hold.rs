//! The queue: silent, the vendors asleep, a local detector listening for somebody.
//!
//! The detector only wakes the recogniser. Its words decide whether a machine or a person spoke.

use crate::act::Act;
use crate::config::ENDPOINT_PERSON;
use crate::conversation::{Conversation, FarEnd};
use crate::input::{HoldSound, Tone};
use crate::outcome::Ending;
use crate::output::{ArmReason, Ear, Output, Phase, Recording};
use crate::phase::utterance::Utterance;
use crate::time::{Micros, SampleTime};
use crate::timer::TimerName;

/// Unclear utterances after which the doubt is resolved in favour of a person.
const UNCLEAR_MAX: u8 = 2;

/// What is known of the hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hold {
    /// A person was heard on this call before.
    pub(crate) after_person: bool,
    /// Where the sound that woke the recogniser began.
    woken_at: Option<SampleTime>,
    unclear: u8,
    /// When the conversation now under way began, and how long those before it were.
    pub(crate) talking_since: Micros,
    pub(crate) talked: Micros,
}

impl Conversation {
    /// `recording` says what was on the line before: only where no person was, hold music is a machine's for sure.
    pub(crate) fn enter_hold(&mut self, recording: Recording) {
        self.enter(Phase::Hold);
        self.floor.far_pending = false;
        self.utterance = Utterance::default();
        self.hold.woken_at = None;
        self.hold.unclear = 0;
        for timer in [
            TimerName::MenuStep,
            TimerName::MenuTotal,
            TimerName::HoldMusic,
            TimerName::RecogniserReply,
        ] {
            self.timers.clear(timer);
        }
        // Hold ends while there is still time for the conversation it is for.
        let reserve = self.config.limits.person_total;
        let cap = self.config.limits.total_cap.since(reserve);
        let until = (self.now.at + self.config.limits.hold_total).min(cap.max(self.now.at));
        self.timers.set(TimerName::HoldTotal, until);
        self.push(Output::SetRecording(recording));
        self.set_ear(Ear::Asleep);
    }

    pub(crate) fn in_hold(&mut self, doing: FarEnd) {
        let awake = self.hold.woken_at.is_some();
        match doing {
            FarEnd::Sound(HoldSound::SpeechCandidate, at) => self.wake(at),
            // The announcement is over and the music goes on: its words are all there.
            FarEnd::Sound(HoldSound::Music, at) if awake && self.floor.far_pending => {
                self.expect_endpoint(at, SampleTime::from_ms(0));
            }
            FarEnd::Sound(HoldSound::Silence, at) if awake && self.floor.far_pending => {
                self.expect_endpoint(at, ENDPOINT_PERSON);
            }
            FarEnd::SpeechStarted(_) if awake => {
                self.floor.far_pending = true;
                self.timers.clear(TimerName::Endpoint);
            }
            FarEnd::SpeechEnded(at) if awake => self.expect_endpoint(at, ENDPOINT_PERSON),
            FarEnd::Tone(Tone::Busy | Tone::Reorder) => self.hang_up(Ending::FarEndHungUp),
            FarEnd::Understood(heard) => self.hold_understood(heard),
            FarEnd::Sound(..)
            | FarEnd::SpeechStarted(_)
            | FarEnd::SpeechEnded(_)
            | FarEnd::Tone(Tone::Ringback | Tone::SpecialInformation) => {}
        }
    }

    /// Somebody may be speaking: keep nothing of it yet, and listen to the words.
    fn wake(&mut self, at: SampleTime) {
        if self.hold.woken_at.is_none() {
            self.hold.woken_at = Some(at);
            self.floor.far_pending = true;
            self.push(Output::SetRecording(Recording::PersonFrom(at)));
            self.set_ear(Ear::Woken(at));
        }
    }

    fn hold_understood(&mut self, heard: Utterance) {
        let Some(from) = self.hold.woken_at else {
            return;
        };
        let machine = heard.is_machine();
        let unclear = !machine && !heard.is_human() && heard.words > 0;
        if unclear {
            self.hold.unclear += 1;
        }
        let why = if self.hold.after_person { ArmReason::PersonAgain } else { ArmReason::Person };
        if heard.is_human() && !machine {
            self.person_heard(heard, from, why);
        } else if self.hold.unclear >= UNCLEAR_MAX {
            self.person_heard(heard, from, ArmReason::Doubt);
        } else if machine || (heard.words == 0 && self.hold.unclear == 0) {
            self.still_on_hold(heard.has(Act::MenuUnknown));
        }
        // A first unclear utterance: stay awake for the next.
    }

    fn still_on_hold(&mut self, asks_for_keys: bool) {
        self.hold.woken_at = None;
        self.hold.unclear = 0;
        if !self.hold.after_person {
            self.push(Output::SetRecording(Recording::Machines));
        }
        if asks_for_keys {
            // A machine that asks for keys is a menu again ("press one to keep your place").
            self.enter_menu();
        } else {
            self.set_ear(Ear::Asleep);
        }
    }
}
