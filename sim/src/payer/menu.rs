//! The far end's phone menu: it takes keys, asks again, and gives up.
//!
//! It takes no speech; a payer whose menu wants speech is not simulated yet.

use super::engine::{Engine, Event, PayerEvent, Place, TimerName};
use super::scenario::{HANG_UP, HOLD, MenuStep};

/// The most keys remembered of one entry; more are a wrong entry anyway.
const KEYS_MAX: usize = 64;

/// Where in the menu.
#[derive(Clone, Debug)]
pub(super) struct MenuState {
    step: usize,
    tries: u8,
    keys: String,
    saying: Saying,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Saying {
    Prompt,
    Retry,
    GivingUp,
}

impl Engine {
    /// Says the prompt of a step for the `tries + 1`th time.
    pub(super) fn menu_step(&mut self, step: usize, tries: u8) {
        self.deadline = None;
        let Some(menu_step) = self.scenario.menu.get(step).cloned() else {
            self.hold(0);
            return;
        };
        let state = MenuState { step, tries, keys: String::new(), saying: Saying::Prompt };
        self.place = Place::Menu(state);
        self.say(&menu_step.id, menu_step.prompt);
    }

    pub(super) fn in_menu(&mut self, now_ms: u64, event: Event) {
        let Place::Menu(state) = &self.place else {
            return;
        };
        let state = state.clone();
        let Some(step) = self.scenario.menu.get(state.step).cloned() else {
            return;
        };
        match event {
            Event::SpokenDone => self.menu_spoken(now_ms, &state, &step),
            Event::Key(key) => self.menu_key(now_ms, &state, &step, key),
            Event::Timeout => self.refuse_keys(&state, &step),
            Event::Answered | Event::AgentSpeechStarted | Event::AgentSpeechEnded { .. } => {}
        }
    }

    fn menu_spoken(&mut self, now_ms: u64, state: &MenuState, step: &MenuStep) {
        match state.saying {
            Saying::GivingUp => self.hang_up(),
            Saying::Retry => self.menu_step(state.step, state.tries),
            Saying::Prompt if step.is_announcement() => self.follow(state.step, &step.then),
            Saying::Prompt => {
                let wait_ms = if state.keys.is_empty() {
                    self.scenario.menu_patience.first_key_ms
                } else {
                    self.scenario.menu_patience.next_key_ms
                };
                self.deadline = Some((now_ms + wait_ms, TimerName::Key));
            }
        }
    }

    fn menu_key(&mut self, now_ms: u64, state: &MenuState, step: &MenuStep, key: char) {
        if state.saying != Saying::Prompt || step.is_announcement() {
            return;
        }
        if self.speaking {
            if !step.barge_in {
                return;
            }
            self.stop();
        }
        let mut keys = state.keys.clone();
        if keys.len() < KEYS_MAX {
            keys.push(key);
        }
        let state = MenuState { keys, ..state.clone() };
        let wait_ms = self.scenario.menu_patience.next_key_ms;
        self.deadline = Some((now_ms + wait_ms, TimerName::Key));
        match step.judge(&state.keys) {
            Entry::Unfinished => self.place = Place::Menu(state),
            Entry::Wrong => self.refuse_keys(&state, step),
            Entry::Right { then } => {
                self.note(PayerEvent::KeysAccepted { step: step.id.clone(), keys: state.keys });
                self.follow(state.step, &then);
            }
        }
    }

    fn refuse_keys(&mut self, state: &MenuState, step: &MenuStep) {
        self.deadline = None;
        self.note(PayerEvent::KeysRefused { step: step.id.clone(), keys: state.keys.clone() });
        let patience = self.scenario.menu_patience.clone();
        let tries = state.tries.saturating_add(1);
        let (saying, name, text) = if tries >= patience.tries {
            (Saying::GivingUp, "trouble", patience.give_up)
        } else {
            (Saying::Retry, step.id.as_str(), step.retry.clone().unwrap_or(patience.retry))
        };
        let next = MenuState { step: state.step, tries, keys: String::new(), saying };
        self.place = Place::Menu(next);
        self.say(name, text);
    }

    fn follow(&mut self, from: usize, target: &Option<String>) {
        self.deadline = None;
        match target.as_deref() {
            None => self.menu_step(from + 1, 0),
            Some(HOLD) => self.hold(0),
            Some(HANG_UP) => self.hang_up(),
            Some(id) => {
                let at = self.scenario.menu.iter().position(|step| step.id == id);
                // Checked when the scenario was read: the target exists.
                self.menu_step(at.unwrap_or(from + 1), 0);
            }
        }
    }
}

enum Entry {
    Unfinished,
    Wrong,
    Right { then: Option<String> },
}

impl MenuStep {
    fn is_announcement(&self) -> bool {
        self.choices.is_empty() && self.digits.is_none()
    }

    fn judge(&self, keys: &str) -> Entry {
        let Some(digits) = &self.digits else {
            return match self.choices.get(keys) {
                Some(target) => Entry::Right { then: Some(target.clone()) },
                None => Entry::Wrong,
            };
        };
        let entered = match digits.terminator {
            Some(terminator) => match keys.strip_suffix(terminator) {
                Some(entered) => entered,
                None if keys.len() >= KEYS_MAX => return Entry::Wrong,
                None => return Entry::Unfinished,
            },
            None if keys.len() < usize::from(digits.count) => return Entry::Unfinished,
            None => keys,
        };
        let right = entered.len() == usize::from(digits.count)
            && entered.bytes().all(|key| key.is_ascii_digit())
            && digits.expect.as_deref().is_none_or(|expect| expect == entered);
        if right { Entry::Right { then: self.then.clone() } } else { Entry::Wrong }
    }
}
