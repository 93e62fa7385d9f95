//! The machine itself: inputs in, outputs out. Each phase answers for its own inputs in `phase/`.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::checklist::{Accepted, Checklist};
use crate::config::{Config, MISSED_REPLIES_MAX, PLAYOUT_STUCK, RECOGNISER_REPLY, STREAM_LOST};
use crate::floor::Floor;
use crate::goal::Goal;
use crate::input::{HoldSound, Input, Item, Now, Tone};
use crate::outcome::{Ending, Outcome};
use crate::output::{Clip, Ear, Output, Phase, Stop};
use crate::phase::hold::Hold;
use crate::phase::menu::Menu;
use crate::phase::person::Person;
use crate::phase::utterance::Utterance;
use crate::time::{Micros, SampleTime};
use crate::timer::{TimerName, Timers};

/// What the far end does, for the phase to answer.
#[derive(Clone, Debug)]
pub(crate) enum FarEnd {
    SpeechStarted(SampleTime),
    SpeechEnded(SampleTime),
    Sound(HoldSound, SampleTime),
    Tone(Tone),
    Understood(Utterance),
}

/// The caller broke the contract of the machine. A bug of the driver, never of the far end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misuse {
    /// An input came before `poll_output` had been drained.
    NotDrained,
    /// A clock went backwards.
    TimeWentBack,
}

impl core::fmt::Display for Misuse {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Misuse::NotDrained => "an input was given before all outputs were taken",
            Misuse::TimeWentBack => "an input was given with an earlier time than the last one",
        })
    }
}

impl core::error::Error for Misuse {}

/// One call's conversation.
#[derive(Debug)]
pub struct Conversation {
    pub(crate) config: Config,
    pub(crate) now: Now,
    pub(crate) phase: Phase,
    pub(crate) timers: Timers,
    pub(crate) floor: Floor,
    pub(crate) checklist: Checklist,
    pub(crate) ear: Ear,
    pub(crate) utterance: Utterance,
    pub(crate) menu: Menu,
    pub(crate) hold: Hold,
    pub(crate) person: Person,
    /// What to finish with once the leg is over; set as soon as the end is decided.
    pub(crate) ending: Option<Outcome>,
    /// A person of the practice speaks for us.
    pub(crate) operator: bool,
    /// We asked for the end of the leg.
    pub(crate) hung_up: bool,
    /// The leg is over, and the far end's last words are owed.
    pub(crate) leg_gone: bool,
    /// Pieces that could not be spoken.
    pub(crate) speech_failures: u8,
    /// Utterances in a row that the recogniser gave no words for.
    missed_replies: u8,
    outputs: VecDeque<Output>,
}

impl Conversation {
    /// A call that is about to be dialled, at time zero of both clocks.
    #[must_use]
    pub fn new(config: Config) -> Conversation {
        let mut timers = Timers::default();
        timers.set(TimerName::Ring, config.limits.ring);
        timers.set(TimerName::TotalCap, config.limits.total_cap);
        Conversation {
            checklist: Checklist::new(&config),
            config,
            now: Now::default(),
            phase: Phase::Ringing,
            timers,
            floor: Floor::default(),
            ear: Ear::Asleep,
            utterance: Utterance::default(),
            menu: Menu::default(),
            hold: Hold::default(),
            person: Person::default(),
            ending: None,
            operator: false,
            hung_up: false,
            leg_gone: false,
            missed_replies: 0,
            speech_failures: 0,
            outputs: VecDeque::new(),
        }
    }

    /// Where the call stands.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Takes one input.
    ///
    /// # Errors
    /// [`Misuse`] where the caller has not drained the outputs, or turned a clock back. The input is then not taken.
    pub fn handle(&mut self, now: Now, input: Input) -> Result<(), Misuse> {
        if !self.outputs.is_empty() {
            return Err(Misuse::NotDrained);
        }
        if now.at < self.now.at || now.far < self.now.far {
            return Err(Misuse::TimeWentBack);
        }
        self.now = now;
        if self.phase == Phase::Ended {
            return Ok(());
        }
        if self.leg_gone {
            self.after_leg(input);
        } else if self.hung_up {
            // Only the end of the leg, or of our patience with it, means anything any more.
            self.after_hang_up(input);
        } else {
            self.dispatch(input);
        }
        Ok(())
    }

    /// The next thing to be done; `None` when all is said.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When the core wants `Input::Timeout`, and why. Ask again after every input.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Micros, TimerName)> {
        self.timers.next(self.now)
    }

    fn dispatch(&mut self, input: Input) {
        match input {
            Input::HungUp => self.leg_over(Ending::FarEndHungUp),
            Input::Failed(failure) => self.leg_over(Ending::Leg(failure)),
            Input::StreamDown => {
                self.timers.set(TimerName::StreamLost, self.now.at + STREAM_LOST);
            }
            Input::StreamUp => self.stream_up(),
            Input::MediaStalled => self.stalled(),
            Input::MediaResumed => {
                self.timers.stall(false);
                self.timers.clear(TimerName::StreamLost);
            }
            Input::Kill => self.end_with_clip(Clip::KillClose, Ending::Killed),
            Input::TakeOver => self.take_over(),
            Input::Release => self.release(),
            Input::Timeout => self.timeouts(),
            Input::Ringing => {}
            Input::Answered => self.answered(),
            Input::PlayoutStarted(_) => {
                self.timers.set(TimerName::PlayoutStuck, self.now.at + PLAYOUT_STUCK);
            }
            Input::PlayoutDone(item) => self.item_over(item),
            Input::PlayoutCut { item, .. } => self.item_cut(item),
            Input::Act { utterance, act } => self.utterance.add_act(utterance, act),
            Input::Extracted { utterance, found, value } => {
                self.utterance.add_value(utterance, found, value);
            }
            Input::Conflict { a, b } => self.utterance.add_conflict(a, b),
            Input::MenuMatched { step, reply } => self.utterance.menu = Some((step, reply)),
            Input::Heard { words, done, end_of_turn, .. } => {
                self.missed_replies = 0;
                self.words_heard(words, done, end_of_turn);
            }
            Input::Segment { turn, segment } => self.segment_ready(turn, segment),
            Input::TurnDone(turn) => self.turn_worded(turn),
            Input::TurnFailed(turn) => self.turn_failed(turn),
            Input::SpeechFailed(item) => self.speech_failed(item),
            Input::RecogniserFailed => self.recogniser_failed(),
            Input::GateOpened => self.gate_opened(),
            Input::GateRefused(item) => self.gate_refused(item),
            Input::DisclosureOwed(owed) => self.disclosure_owed(owed),
            Input::SpeechStarted { at } => self.far_end(FarEnd::SpeechStarted(at)),
            Input::SpeechEnded { at } => self.far_end(FarEnd::SpeechEnded(at)),
            Input::Digit(_) => {} // a far end that keys at us means nothing in any phase yet
            Input::Tone(tone) => self.far_end(FarEnd::Tone(tone)),
            Input::HoldEvidence { sound, at } => self.far_end(FarEnd::Sound(sound, at)),
            Input::Understood(_) => self.understood(),
        }
    }

    /// What the far end does means something else in each phase.
    fn far_end(&mut self, doing: FarEnd) {
        if let FarEnd::SpeechStarted(at) = doing {
            self.floor.far_speaking = true;
            if !self.floor.far_pending {
                self.floor.far_began = at;
            }
        } else if matches!(doing, FarEnd::SpeechEnded(_)) {
            self.floor.far_speaking = false;
        }
        if self.operator {
            if let FarEnd::Understood(heard) = doing {
                self.understood_with_operator(&heard);
            }
            return;
        }
        match self.phase {
            Phase::Ringing | Phase::Ended => {}
            Phase::Menu => self.in_menu(doing),
            Phase::Hold => self.in_hold(doing),
            Phase::Person | Phase::WrapUp => self.with_person(doing),
        }
    }

    fn understood(&mut self) {
        self.timers.clear(TimerName::RecogniserReply);
        // They may have begun again between the end of the utterance and its words.
        self.floor.far_pending = self.floor.far_speaking;
        let heard = core::mem::take(&mut self.utterance);
        self.opted_out(&heard);
        self.far_end(FarEnd::Understood(heard));
    }

    /// The leg was answered: its stream must follow.
    fn answered(&mut self) {
        self.timers.clear(TimerName::Ring);
        if self.phase == Phase::Ringing {
            self.timers.set(TimerName::StreamLost, self.now.at + STREAM_LOST);
        }
    }

    /// Far-end timers stand still; a stream that stays silent for good is as lost as one that is gone.
    fn stalled(&mut self) {
        self.timers.stall(true);
        self.timers.set(TimerName::StreamLost, self.now.at + STREAM_LOST);
    }

    /// Without ears the call can only be closed.
    fn recogniser_failed(&mut self) {
        if self.operator {
            return; // the operator has ears; ours are found out when the line is given back
        }
        match self.phase {
            Phase::Person | Phase::WrapUp => {
                self.end_with_clip(Clip::NeedsStaffBye, Ending::VendorLost);
            }
            Phase::Ringing | Phase::Menu | Phase::Hold | Phase::Ended => {
                self.hang_up(Ending::VendorLost);
            }
        }
    }

    /// The far end's turn is over: its words are owed now.
    fn end_of_turn(&mut self) {
        // Where the words of the turn before are owed still, their deadline stands.
        if !self.timers.is_armed(TimerName::RecogniserReply) {
            self.timers.set(TimerName::RecogniserReply, self.now.at + RECOGNISER_REPLY);
        }
        self.push(Output::Finalise);
    }

    /// A recogniser that says nothing once has heard nothing, and the conversation goes on. One that goes on saying nothing is gone.
    fn recogniser_silent(&mut self) {
        self.missed_replies = self.missed_replies.saturating_add(1);
        if self.missed_replies >= MISSED_REPLIES_MAX {
            self.recogniser_failed();
        } else {
            self.understood();
        }
    }

    fn stream_up(&mut self) {
        self.timers.clear(TimerName::StreamLost);
        self.timers.clear(TimerName::Ring);
        if self.phase == Phase::Ringing {
            self.enter_menu();
        }
    }

    fn words_heard(&mut self, words: u16, done: bool, end_of_turn: bool) {
        self.utterance.words = self.utterance.words.saturating_add(if done { words } else { 0 });
        if end_of_turn && !done && self.timers.is_armed(TimerName::Endpoint) {
            let soon = SampleTime(self.now.far.0 + crate::config::ENDPOINT_EAGER.0);
            self.timers.set_far(TimerName::Endpoint, soon);
        }
    }

    /// Arms the timer that ends the far end's turn.
    pub(crate) fn expect_endpoint(&mut self, ended: SampleTime, after: SampleTime) {
        let due = SampleTime(ended.0 + after.0).max(self.now.far);
        self.timers.set_far(TimerName::Endpoint, due);
    }

    fn timeouts(&mut self) {
        for name in self.timers.due(self.now) {
            if self.phase == Phase::Ended {
                return;
            }
            self.timeout(name);
        }
    }

    fn timeout(&mut self, name: TimerName) {
        match name {
            TimerName::Ring => {
                self.hang_up(Ending::Leg(crate::input::LegFailure::NoAnswer));
            }
            TimerName::TotalCap => self.hang_up(Ending::CapReached),
            TimerName::StreamLost => self.hang_up(Ending::MediaLost),
            TimerName::HangUpConfirm => self.finish(),
            // A menu cannot go on where the recogniser owes what it said.
            TimerName::MenuStep if self.missed_replies > 0 => self.recogniser_failed(),
            TimerName::MenuStep | TimerName::MenuTotal => self.hang_up(Ending::MenuStuck),
            TimerName::HoldTotal => self.hang_up(Ending::HoldTooLong),
            TimerName::PersonTotal => self.close(),
            TimerName::WrapUp | TimerName::GoodbyeGrace => self.hang_up_as_decided(),
            TimerName::PlayoutStuck => self.hang_up(Ending::MediaLost),
            TimerName::Endpoint => self.end_of_turn(),
            TimerName::RecogniserReply => self.recogniser_silent(),
            TimerName::BargeIn => self.barge_in(),
            TimerName::HoldMusic => self.put_on_hold(),
            TimerName::ModelReply => self.model_late(),
            TimerName::Silence => self.nobody_speaks(),
        }
    }

    pub(crate) fn push(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    pub(crate) fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.timers.clear(TimerName::Endpoint);
        self.timers.clear(TimerName::Silence);
        self.push(Output::Phase(phase));
    }

    pub(crate) fn set_ear(&mut self, ear: Ear) {
        if self.ear != ear {
            self.ear = ear;
            self.push(Output::SetRecogniser(ear));
        }
    }

    pub(crate) fn play(&mut self, clip: Clip) {
        self.hand_over(Item::Clip(clip));
        self.push(Output::Play(clip));
    }

    /// Something is given to playout, which owes its end.
    pub(crate) fn hand_over(&mut self, item: Item) {
        self.floor.play(item);
        self.timers.set(TimerName::PlayoutStuck, self.now.at + PLAYOUT_STUCK);
    }

    pub(crate) fn start_turn(&mut self, goals: Vec<Goal>, again: u8) {
        // What was read back before is answered by nothing that is said after this.
        self.person.forget_read_back();
        let turn = self.floor.begin(goals.clone(), again);
        self.timers.clear(TimerName::Silence);
        self.timers.set(TimerName::ModelReply, self.now.at + crate::config::MODEL_REPLY);
        self.push(Output::StartTurn { turn, goals, again });
    }

    pub(crate) fn accept(&mut self, accepted: Accepted) {
        let Accepted { topic, value, read_back } = accepted;
        self.push(Output::Accept { topic, value, read_back });
    }

    /// Stops whatever we are saying or about to say.
    pub(crate) fn silence_us(&mut self, stop: Stop) {
        self.timers.clear(TimerName::ModelReply);
        self.timers.clear(TimerName::BargeIn);
        if let Some(turn) = self.floor.turn.take() {
            self.push(Output::CancelTurn(turn.id));
            self.floor.cut = Some(turn);
        }
        if self.floor.is_ours() {
            self.push(Output::StopPlayout(stop));
        }
    }
}
