//! A person of the practice has the line: the agent neither speaks nor listens, and the practice's person ends the call or gives it back.
//!
//! Nothing of that time is kept: the far end was told of a machine, and whoever is with it now was told nothing. Only the carrier, the
//! kill switch and the hard cap end the call meanwhile. What was still on its way from the recogniser is obeyed where it must be: an
//! objection, and an opt-out as in every phase. Given back, the line is somebody new's: the gate shuts, and the disclosure comes first.

use crate::act::Act;
use crate::conversation::Conversation;
use crate::outcome::Ending;
use crate::output::{ArmReason, Clip, Ear, Output, Phase, Recording, Stop};
use crate::phase::person::Person;
use crate::phase::utterance::Utterance;
use crate::timer::TimerName;

impl Conversation {
    /// An operator takes the line. Before anybody answered there is none to take; a call that is being killed ends.
    pub(crate) fn take_over(&mut self) {
        if self.operator || self.phase == Phase::Ringing || self.is_being_killed() {
            return;
        }
        self.operator = true;
        self.silence_us(Stop::Everything);
        self.floor.cut = None;
        self.floor.far_pending = false;
        if self.timers.is_armed(TimerName::PersonTotal) {
            self.hold.talked = self.hold.talked + self.now.at.since(self.hold.talking_since);
        }
        self.timers.keep_only(&[TimerName::TotalCap, TimerName::StreamLost]);
        // A good-bye that was under way is the operator's to say now.
        self.person = Person::default();
        self.hold.after_person = true;
        self.push(Output::SetRecording(Recording::PersonFrom(self.now.far)));
        self.push(Output::YieldLine);
        self.set_ear(Ear::Asleep);
    }

    /// The operator gives the line back.
    pub(crate) fn release(&mut self) {
        if !self.operator {
            return;
        }
        self.operator = false;
        self.floor.far_pending = self.floor.far_speaking;
        self.meet_person(self.now.far, ArmReason::TakeOver);
        if self.ending.is_some() {
            // It was closing when the operator took it.
            self.end_with_clip(Clip::PoliteEnd, Ending::AnswersWithheld);
        } else {
            self.go_on();
        }
    }

    /// What the far end said just before the operator took the line.
    pub(crate) fn understood_with_operator(&mut self, heard: &Utterance) {
        if heard.has(Act::ObjectsToRecording) {
            self.push(Output::SetRecording(Recording::ObjectedAt(self.floor.far_began)));
        }
    }
}
