//! The payer's menu: wait for a prompt's end, then keys.
//!
//! A data request by a machine is answered by keys from the menu map; a person who answers at once is met with the
//! disclosure. What the map does not know gets nothing: no patient value goes to an unknown menu.

use crate::act::Act;
use crate::config::{MENU_REPEATS_MAX, TONES_UNHEARD};
use crate::conversation::{Conversation, FarEnd};
use crate::id::StepId;
use crate::input::{HoldSound, Item, LegFailure, MenuReply, Tone};
use crate::outcome::Ending;
use crate::output::{ArmReason, Ear, KeyWay, Output, Phase, Recording};
use crate::phase::utterance::Utterance;
use crate::time::SampleTime;
use crate::timer::TimerName;

/// Unclear utterances in a row after which the doubt is resolved in favour of a person.
const UNCLEAR_MAX: u8 = 2;

/// Where in the menu we are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Menu {
    last: Option<StepId>,
    repeats: u8,
    /// How keys are sent. Once tones were not heard, the carrier presses them for the rest of the call.
    by: KeyWay,
    /// Utterances in a row that were neither a machine's nor a person's for sure.
    unclear: u8,
}

impl Conversation {
    pub(crate) fn enter_menu(&mut self) {
        self.enter(Phase::Menu);
        self.timers.set(TimerName::MenuTotal, self.now.at + self.config.limits.menu_total);
        self.expect_menu_step();
        self.push(Output::SetRecording(Recording::Machines));
        self.set_ear(Ear::Menu);
    }

    fn expect_menu_step(&mut self) {
        self.timers.set(TimerName::MenuStep, self.now.at + self.config.limits.menu_step);
    }

    pub(crate) fn in_menu(&mut self, doing: FarEnd) {
        match doing {
            FarEnd::SpeechStarted(_) => {
                self.floor.far_pending = true;
                self.timers.clear(TimerName::Endpoint);
            }
            FarEnd::SpeechEnded(at) => {
                self.expect_endpoint(at, self.config.limits.endpoint_menu);
            }
            FarEnd::Tone(Tone::SpecialInformation) => self.hang_up(Ending::OutOfService),
            FarEnd::Tone(Tone::Busy | Tone::Reorder) => {
                self.hang_up(Ending::Leg(LegFailure::Busy));
            }
            FarEnd::Understood(heard) => self.menu_understood(heard),
            // Music in the menu means that the queue has begun, whether or not it was announced.
            FarEnd::Sound(HoldSound::Music, _) => self.enter_hold(Recording::Machines),
            FarEnd::Tone(Tone::Ringback)
            | FarEnd::Sound(HoldSound::Silence | HoldSound::SpeechCandidate, _) => {}
        }
    }

    fn menu_understood(&mut self, heard: Utterance) {
        if heard.has(Act::Voicemail) {
            self.hang_up(Ending::Voicemail);
        } else if heard.has(Act::OutOfService) {
            self.hang_up(Ending::OutOfService);
        } else if let Some((step, reply)) = heard.menu {
            self.menu_step(step, reply);
        } else if heard.has(Act::QueueAnnouncement)
            || (heard.has(Act::Transfer) && !heard.is_human())
        {
            self.enter_hold(Recording::Machines);
        } else if heard.is_machine() {
            self.menu.unclear = 0;
        } else if heard.is_human() {
            let from = self.floor.far_began;
            self.person_heard(heard, from, ArmReason::Person);
        } else if heard.words > 0 {
            self.menu.unclear += 1;
            if self.menu.unclear >= UNCLEAR_MAX {
                let from = self.floor.far_began;
                self.person_heard(heard, from, ArmReason::Doubt);
            }
        }
        // Anything else is a prompt that the map does not know: wait for what comes next; the step's timer ends it.
    }

    fn menu_step(&mut self, step: StepId, reply: MenuReply) {
        self.menu.unclear = 0;
        self.menu.repeats = if self.menu.last == Some(step) { self.menu.repeats + 1 } else { 0 };
        self.menu.last = Some(step);
        if self.menu.repeats > MENU_REPEATS_MAX {
            self.hang_up(Ending::MenuStuck);
            return;
        }
        self.expect_menu_step();
        match reply {
            MenuReply::Press | MenuReply::Enter(_) => {
                if self.menu.repeats >= TONES_UNHEARD {
                    self.menu.by = KeyWay::Carrier;
                }
                self.hand_over(Item::Keys(step));
                self.push(Output::SendDigits { step, by: self.menu.by });
            }
            MenuReply::Say => {
                self.hand_over(Item::Keys(step));
                self.push(Output::SayStep(step));
            }
            MenuReply::Wait => {}
            MenuReply::Hold => self.enter_hold(Recording::Machines),
        }
    }

    /// A person is on the line, or may be: the gate shuts, and the disclosure comes first.
    pub(crate) fn person_heard(&mut self, heard: Utterance, from: SampleTime, why: ArmReason) {
        self.meet_person(from, why);
        self.understood_from_person(heard);
    }

    /// Somebody is there, from this place of the far end's audio on, who was told nothing.
    pub(crate) fn meet_person(&mut self, from: SampleTime, why: ArmReason) {
        self.push(Output::SetRecording(Recording::PersonFrom(from)));
        self.push(Output::ArmGate(why));
        self.enter(Phase::Person);
        for timer in
            [TimerName::MenuStep, TimerName::MenuTotal, TimerName::HoldTotal, TimerName::HoldMusic]
        {
            self.timers.clear(timer);
        }
        if !self.timers.is_armed(TimerName::PersonTotal) {
            // What was spent before a hold counts.
            let left = self.config.limits.person_total.since(self.hold.talked);
            self.timers.set(TimerName::PersonTotal, self.now.at + left);
            self.hold.talking_since = self.now.at;
        }
        self.set_ear(Ear::Person);
        self.owe_disclosure();
    }
}
