//! Turn-taking: our turns from the model's first word to their last sound, and the far end's interruptions.

use crate::act::DataItem;
use crate::config::{BARGE_IN, GOODBYE_GRACE, SPEECH_FAILURES_MAX};
use crate::conversation::Conversation;
use crate::goal::Goal;
use crate::id::{SegmentId, TurnId};
use crate::input::Item;
use crate::output::{Clip, Incident, Output, Phase, Stop};
use crate::time::SampleTime;
use crate::timer::TimerName;

impl Conversation {
    // The model.

    pub(crate) fn segment_ready(&mut self, turn: TurnId, segment: SegmentId) {
        if self.floor.is_current(turn) {
            // Each piece earns the model the time for the next one, until the turn is worded.
            self.timers.set(TimerName::ModelReply, self.now.at + crate::config::MODEL_REPLY);
            self.hand_over(Item::Segment(segment));
            self.push(Output::Speak(segment));
        }
    }

    pub(crate) fn turn_worded(&mut self, id: TurnId) {
        if let Some(turn) = self.floor.turn.as_mut().filter(|t| t.id == id) {
            turn.worded = true;
            self.timers.clear(TimerName::ModelReply);
            self.turn_maybe_over();
        }
    }

    pub(crate) fn turn_failed(&mut self, id: TurnId) {
        if self.floor.is_current(id) {
            self.retry_turn();
        }
    }

    /// A piece could not be spoken: the turn is tried again. A voice that fails again and again leaves the far end with half of every
    /// question, so the call ends.
    pub(crate) fn speech_failed(&mut self, item: Item) {
        if self.floor.ended(item) {
            self.speech_failures = self.speech_failures.saturating_add(1);
            if let Some(turn) = &self.floor.turn {
                self.push(Output::CancelTurn(turn.id));
            }
            if self.operator {
                return;
            }
            if self.speech_failures >= SPEECH_FAILURES_MAX {
                self.floor.turn = None;
                self.end_with_clip(Clip::PoliteEnd, crate::outcome::Ending::VendorLost);
            } else {
                self.retry_turn();
            }
        }
    }

    pub(crate) fn model_late(&mut self) {
        if let Some(turn) = &self.floor.turn {
            self.push(Output::CancelTurn(turn.id));
            self.retry_turn();
        }
    }

    /// A turn that could not be worded is tried once more; then the call closes without words of a model.
    fn retry_turn(&mut self) {
        let Some(turn) = self.floor.turn.take() else {
            return;
        };
        if turn.again == 0 {
            self.start_turn(turn.goals, 1);
        } else {
            self.end_with_clip(Clip::PoliteEnd, crate::outcome::Ending::VendorLost);
        }
    }

    // Playout.

    pub(crate) fn item_over(&mut self, item: Item) {
        if !self.floor.ended(item) {
            return;
        }
        if self.floor.playing.is_empty() {
            self.timers.clear(TimerName::PlayoutStuck);
        }
        match item {
            Item::Clip(Clip::Disclosure | Clip::DisclosureRest | Clip::DisclosureShort) => {
                self.disclosure_ended();
                self.go_on();
            }
            Item::Clip(clip) => self.clip_over(clip),
            Item::Keys(_) => {}
            Item::Segment(_) => self.turn_maybe_over(),
        }
    }

    fn clip_over(&mut self, clip: Clip) {
        if self.person.last_clip == Some(clip) {
            let answers = !matches!(clip, Clip::KillClose | Clip::IAmAutomated);
            if answers && self.person.take_robot_question() {
                self.person.last_clip = Some(Clip::IAmAutomated);
                self.play(Clip::IAmAutomated);
            } else {
                self.hang_up_as_decided();
            }
        } else if self.phase == Phase::WrapUp && self.person.last_clip.is_none() {
            self.expect_goodbye();
        } else {
            self.go_on();
        }
    }

    pub(crate) fn item_cut(&mut self, item: Item) {
        self.floor.ended(item);
        if self.floor.playing.is_empty() {
            self.timers.clear(TimerName::PlayoutStuck);
        }
        if let Item::Clip(clip) = item
            && self.person.last_clip == Some(clip)
        {
            self.hang_up_as_decided();
        }
    }

    /// Our turn is over when its last piece was heard: then it is the far end's.
    fn turn_maybe_over(&mut self) {
        let Some(turn) = self.floor.take_heard_turn() else {
            return;
        };
        if turn.goals.contains(&Goal::Close) {
            self.expect_goodbye();
            return;
        }
        self.person.knows_number |= turn.goals.contains(&Goal::Provide(DataItem::CallbackNumber));
        self.was_heard(&turn.goals);
        // "Are you there?" is not what a person wants repeated.
        if !turn.goals.iter().all(|g| matches!(g, Goal::AreYouThere | Goal::Clarify)) {
            self.person.last = turn.goals;
        }
        self.yield_floor();
    }

    /// Waits for the far end's good-bye, for as long as is polite; a question whether this is a machine is answered first (rule D3).
    pub(crate) fn expect_goodbye(&mut self) {
        if self.operator {
            return;
        }
        if self.person.take_robot_question() {
            self.timers.clear(TimerName::GoodbyeGrace);
            self.play(Clip::IAmAutomated);
            return;
        }
        let until = SampleTime(self.now.far.0 + GOODBYE_GRACE.0);
        self.timers.set_far(TimerName::GoodbyeGrace, until);
    }

    pub(crate) fn gate_refused(&mut self, item: Item) {
        self.push(Output::Incident(Incident::GateRefused));
        self.floor.ended(item);
        if let Item::Clip(clip) = item
            && self.person.last_clip == Some(clip)
        {
            self.hang_up_as_decided();
            return;
        }
        let gives = |goals: &[Goal]| goals.iter().any(|goal| matches!(goal, Goal::Provide(_)));
        self.person.withheld |= self.floor.turn.as_ref().is_some_and(|turn| gives(&turn.goals));
        // What could not be said is not tried again: the person will ask, or the silence timer speaks. And nobody knows it.
        let knows_number = self.person.knows_number;
        self.turn_maybe_over();
        self.person.knows_number = knows_number;
    }

    // The far end's voice.

    pub(crate) fn person_speaks(&mut self) {
        self.timers.clear(TimerName::Endpoint);
        self.timers.clear(TimerName::Silence);
        self.timers.clear(TimerName::GoodbyeGrace);
        self.somebody_spoke();
        self.floor.far_pending = true;
        if self.floor.is_ours() && !self.plays_uninterruptible() {
            let due = SampleTime(self.now.far.0 + BARGE_IN.0);
            self.timers.set_far(TimerName::BargeIn, due);
        } else if self.floor.turn.is_some() && !self.has_closed() {
            // They go on before we began: what we were about to say waits for what they add.
            self.silence_us(Stop::Interruptible);
        }
    }

    /// The far end has spoken long enough for it to be an interruption.
    pub(crate) fn barge_in(&mut self) {
        if self.floor.far_speaking && self.floor.is_ours() && self.phase == Phase::Person {
            self.silence_us(Stop::Interruptible);
        }
    }
}
