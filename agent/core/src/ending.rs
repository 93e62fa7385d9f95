//! How a call ends: the outcome, the last clip, the end of the leg, and what was said while it ended.
//!
//! It does not say why a call must end: the phases do.

use alloc::vec;

use crate::act::{Act, DataItem};
use crate::config::{HANG_UP_CONFIRM, LAST_WORDS, WRAP_UP};
use crate::conversation::Conversation;
use crate::goal::Goal;
use crate::input::Input;
use crate::outcome::{Ending, Outcome};
use crate::output::{Clip, Ear, Output, Phase, Recording, Stop};
use crate::timer::TimerName;

impl Conversation {
    /// What the call comes to, should `why` end it now.
    pub(crate) fn outcome(&self, why: Ending) -> Outcome {
        let list = &self.checklist;
        match list.missing() {
            0 if (list.won_any() || list.has_answers_before()) && list.is_signed_off() => {
                Outcome::Complete
            }
            missing if list.won_any() => Outcome::Partial { missing, why },
            _ => Outcome::Failed(why),
        }
    }

    /// Decides the end, unless an earlier reason has decided it.
    ///
    /// Where the far end asked for what it may not or cannot be given, and the call came to no end of its own, a person of the practice
    /// must go on (rule V3): that is what is reported, whoever hung up.
    pub(crate) fn decide(&mut self, why: Ending) {
        let unfinished =
            matches!(why, Ending::AnswersWithheld | Ending::FarEndHungUp | Ending::NobodyThere);
        let why = if unfinished && self.person.withheld { Ending::NeedsStaff } else { why };
        if self.ending.is_none() {
            self.ending = Some(self.outcome(why));
        }
    }

    /// Thanks and says good-bye.
    pub(crate) fn close(&mut self) {
        if self.phase == Phase::WrapUp || self.phase == Phase::Ended {
            return;
        }
        if !self.is_disclosed() {
            self.end_with_clip(Clip::PoliteEnd, Ending::CapReached);
            return;
        }
        self.silence_us(Stop::Interruptible);
        self.decide(Ending::AnswersWithheld);
        self.enter(Phase::WrapUp);
        self.timers.set(TimerName::WrapUp, self.now.at + WRAP_UP);
        self.person.closed = true;
        let mut goals = vec![Goal::Close];
        let number = DataItem::CallbackNumber;
        if !self.person.knows_number && self.config.items.contains(&number) {
            // Whoever was called by an artificial voice is told where to call back, during the call or after (47 CFR 64.1200(b)(2)).
            goals.insert(0, Goal::Provide(number));
        }
        self.start_turn(goals, 0);
    }

    /// Says a last fixed clip and hangs up when it was heard.
    pub(crate) fn end_with_clip(&mut self, clip: Clip, why: Ending) {
        if self.phase == Phase::Ringing {
            self.hang_up(why);
            return;
        }
        self.decide(why);
        let asked = clip != Clip::KillClose && self.person.take_robot_question();
        // A kill stops even what is heard to its end otherwise: its own clip must come at once.
        let stop = if clip == Clip::KillClose { Stop::Everything } else { Stop::Interruptible };
        self.silence_us(stop);
        self.floor.cut = None;
        if self.phase != Phase::WrapUp {
            self.enter(Phase::WrapUp);
        }
        // The kill switch promises an end within five seconds; a clip that does not end must not hold it up.
        let most = if clip == Clip::KillClose { HANG_UP_CONFIRM } else { WRAP_UP };
        let until = self.now.at + most;
        let sooner = self.timers.at(TimerName::WrapUp).map_or(until, |at| at.min(until));
        self.timers.set(TimerName::WrapUp, sooner);
        self.person.last_clip = Some(clip);
        if asked {
            // Whoever asked is answered even as the call ends (rule D3). The kill switch alone has no time for it.
            self.play(Clip::IAmAutomated);
        }
        self.play(clip);
    }

    /// Whether the kill switch's close is being said.
    pub(crate) fn is_being_killed(&self) -> bool {
        self.person.last_clip == Some(Clip::KillClose)
    }

    /// Ends the leg at once.
    pub(crate) fn hang_up(&mut self, why: Ending) {
        self.decide(why);
        self.hang_up_as_decided();
    }

    pub(crate) fn hang_up_as_decided(&mut self) {
        self.decide(Ending::AnswersWithheld);
        self.hung_up = true;
        self.timers.clear_all();
        self.set_ear(Ear::Asleep);
        self.timers.set(TimerName::HangUpConfirm, self.now.at + HANG_UP_CONFIRM);
        self.push(Output::HangUp);
    }

    pub(crate) fn leg_over(&mut self, why: Ending) {
        self.decide(why);
        if self.floor.far_pending && self.ear != Ear::Asleep {
            // They hung up on their own words: whoever asked not to be called did so, and no frame more ends that utterance.
            self.leg_gone = true;
            self.timers.clear_all();
            self.timers.set(TimerName::RecogniserReply, self.now.at + LAST_WORDS);
            self.push(Output::Finalise);
        } else {
            self.finish();
        }
    }

    /// The far end's last words, after the leg: an opt-out and an objection in them hold (rules C2, D2); nothing else means anything.
    pub(crate) fn after_leg(&mut self, input: Input) {
        if let Input::Act { utterance, act } = input {
            self.utterance.add_act(utterance, act);
        } else if let Input::Understood(_) = input {
            let heard = core::mem::take(&mut self.utterance);
            if heard.has(Act::ObjectsToRecording) {
                self.push(Output::SetRecording(Recording::ObjectedAt(self.floor.far_began)));
            }
            self.opted_out(&heard);
            self.finish();
        } else if input == Input::RecogniserFailed
            || input == Input::Timeout
                && self.timers.due(self.now).contains(&TimerName::RecogniserReply)
        {
            self.finish();
        }
    }

    pub(crate) fn finish(&mut self) {
        self.decide(Ending::FarEndHungUp);
        self.timers.clear_all();
        self.set_ear(Ear::Asleep);
        self.phase = Phase::Ended;
        self.push(Output::Phase(Phase::Ended));
        if let Some(outcome) = self.ending {
            self.push(Output::Finish(outcome));
        }
    }

    pub(crate) fn after_hang_up(&mut self, input: Input) {
        let due = input == Input::Timeout
            && self.timers.due(self.now).contains(&TimerName::HangUpConfirm);
        if due || matches!(input, Input::HungUp | Input::Failed(_)) {
            self.finish();
        }
    }
}
