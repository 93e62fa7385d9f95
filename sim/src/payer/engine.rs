//! The payer as a pure machine: no audio, no clock, no randomness.
//!
//! Drain contract: after every [`Engine::handle`] take [`Engine::poll_output`] until it gives nothing, then arm a timer for
//! [`Engine::poll_timeout`] and hand in [`Event::Timeout`] when it is due. Whoever drives it plays one `Say`, `Music` or
//! `Silence` at a time and answers each with one [`Event::SpokenDone`], unless a [`Output::Stop`] came first.
//! Times are milliseconds since the answer.

use super::menu::MenuState;
use super::person::PersonState;
use super::representative::Representative;
use super::scenario::{HOLD, HoldPart, Scenario};
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::Arc;

/// The most outputs between two drains; a well-driven engine makes four at most.
const OUTPUTS_MAX: usize = 64;

/// What the far end perceives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The call was answered: begin.
    Answered,
    /// The caller began to speak.
    AgentSpeechStarted,
    /// The caller has been quiet for long enough, and this is what was understood.
    AgentSpeechEnded {
        /// What was understood.
        heard: Heard,
    },
    /// The caller pressed a key.
    Key(char),
    /// What was given out has been played to its end.
    SpokenDone,
    /// The deadline of [`Engine::poll_timeout`] has passed.
    Timeout,
}

/// What was understood of an utterance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// These words, in lower case; none where nothing was understood.
    Words(Vec<String>),
    /// That somebody spoke; whoever listens has no recogniser. The representative then takes every answer for a good one.
    Speech,
}

/// What the far end does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Say this text.
    Say {
        /// The step it belongs to.
        step: String,
        /// One of [`Scenario::texts`].
        text: String,
    },
    /// Play hold music.
    Music {
        /// For so long.
        ms: u64,
    },
    /// Be silent.
    Silence {
        /// For so long.
        ms: u64,
    },
    /// Stop what is being played; no `SpokenDone` follows.
    Stop,
    /// Something worth writing down.
    Note(PayerEvent),
    /// Hang up.
    HangUp,
}

/// What happened at the far end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum PayerEvent {
    /// The keys were the ones it wanted.
    KeysAccepted {
        /// The menu step.
        step: String,
        /// The keys, with the terminator.
        keys: String,
    },
    /// They were not, or none came.
    KeysRefused {
        /// The menu step.
        step: String,
        /// The keys.
        keys: String,
    },
    /// The menu has been passed.
    HoldStarted,
    /// A person is on the line from here on.
    PersonConnected,
    /// What the person heard in one go.
    Heard {
        /// The step at which it was heard.
        step: String,
        /// The words; none where there is no recogniser.
        words: String,
    },
    /// A good answer that was misheard on purpose.
    Misheard {
        /// The request.
        step: String,
    },
    /// An answer that would not do.
    NotUnderstood {
        /// The step at which it was heard.
        step: String,
    },
    /// An answer was taken.
    Accepted {
        /// The request.
        step: String,
    },
    /// A topic was answered.
    Told {
        /// The topic.
        topic: String,
    },
    /// A read-back was judged.
    ReadBack {
        /// The topic it was about.
        topic: String,
        /// Whether it was confirmed.
        confirmed: bool,
    },
    /// The person asked whether anyone was there.
    Idle,
    /// The caller said good-bye.
    Goodbye,
    /// The far end had to say something that was not synthesised; it is a defect of the scenario.
    Unspeakable {
        /// The step.
        step: String,
    },
}

/// Why the engine wants to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimerName {
    /// The menu's wait for a key.
    Key,
    /// The pause after which the representative answers.
    Reply,
    /// The silence after which the representative asks whether anyone is there.
    Idle,
    /// The wait for the caller to hang up.
    Closing,
}

/// The machine.
#[derive(Debug)]
pub struct Engine {
    pub(super) scenario: Arc<Scenario>,
    pub(super) person: Option<Arc<Representative>>,
    pub(super) place: Place,
    pub(super) speaking: bool,
    pub(super) deadline: Option<(u64, TimerName)>,
    outputs: VecDeque<Output>,
}

/// Where in the call the far end is.
#[derive(Debug)]
pub(super) enum Place {
    Ringing,
    LeadIn,
    Menu(MenuState),
    Hold { part: usize },
    Person(PersonState),
    Over,
}

impl Engine {
    /// A far end that has not been rung yet.
    #[must_use]
    pub fn new(scenario: Arc<Scenario>) -> Engine {
        Engine {
            person: scenario.representative.clone().map(Arc::new),
            scenario,
            place: Place::Ringing,
            speaking: false,
            deadline: None,
            outputs: VecDeque::new(),
        }
    }

    /// Takes in one event.
    pub fn handle(&mut self, now_ms: u64, event: Event) {
        if event == Event::Timeout {
            match self.deadline {
                Some((at_ms, _)) if at_ms <= now_ms => {}
                Some(_) | None => return,
            }
        }
        if event == Event::SpokenDone {
            if !self.speaking {
                return;
            }
            self.speaking = false;
        }
        match (&self.place, event) {
            (Place::Over, _) => {}
            (Place::Ringing, Event::Answered) => {
                self.place = Place::LeadIn;
                let ms = self.scenario.lead_in_ms;
                self.silence(ms);
            }
            (Place::LeadIn, Event::SpokenDone) => self.begin(),
            (Place::Menu(_), event) => self.in_menu(now_ms, event),
            (Place::Hold { part }, Event::SpokenDone) => {
                let next = part + 1;
                self.hold(next);
            }
            (Place::Person(_), event) => self.in_person(now_ms, event),
            (Place::Ringing | Place::LeadIn | Place::Hold { .. }, _) => {}
        }
    }

    /// What it does next, if anything.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When it wants to be woken, and why.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(u64, TimerName)> {
        self.deadline
    }

    /// Whether the far end has hung up.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.place, Place::Over)
    }

    fn begin(&mut self) {
        if self.scenario.menu.is_empty() { self.hold(0) } else { self.menu_step(0, 0) }
    }

    /// Begins the hold's part of that number, or puts the person on where there is none.
    pub(super) fn hold(&mut self, part: usize) {
        if part == 0 {
            self.note(PayerEvent::HoldStarted);
        }
        self.deadline = None;
        self.place = Place::Hold { part };
        match self.scenario.hold.parts.get(part).cloned() {
            Some(HoldPart::MusicMs(ms)) => {
                self.speaking = true;
                self.push(Output::Music { ms });
            }
            Some(HoldPart::SilenceMs(ms)) => self.silence(ms),
            Some(HoldPart::Say(text)) => self.say(HOLD, text),
            None if self.scenario.representative.is_some() => self.person_answers(),
            None => self.hang_up(),
        }
    }

    pub(super) fn say(&mut self, step: &str, text: String) {
        self.speaking = true;
        self.push(Output::Say { step: step.to_owned(), text });
    }

    pub(super) fn silence(&mut self, ms: u64) {
        self.speaking = true;
        self.push(Output::Silence { ms });
    }

    pub(super) fn stop(&mut self) {
        if self.speaking {
            self.speaking = false;
            self.push(Output::Stop);
        }
    }

    pub(super) fn note(&mut self, event: PayerEvent) {
        self.push(Output::Note(event));
    }

    pub(super) fn hang_up(&mut self) {
        self.place = Place::Over;
        self.speaking = false;
        self.deadline = None;
        self.push(Output::HangUp);
    }

    /// Queues an output. One that nobody drains is a driver's defect: the oldest goes, so that memory stays bounded.
    fn push(&mut self, output: Output) {
        if self.outputs.len() == OUTPUTS_MAX {
            self.outputs.pop_front();
        }
        self.outputs.push_back(output);
    }
}

#[cfg(test)]
#[path = "engine_tests.rs"]
mod tests;
