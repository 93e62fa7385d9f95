//! The representative: greets, asks who is calling about whom, looks it up, tells what is asked, confirms, says good-bye.
//!
//! It understands by key words and digit words only, goes on talking when talked over, and never makes up an answer.

use super::engine::{Engine, Event, Heard, PayerEvent, Place, TimerName};
use super::representative::{Accept, IdentificationRequest, Interjection, Representative};
use super::topics::{READ_BACK_NUMBERS, best_topic};
use super::words;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The most words remembered of what was said before the representative answers.
const WORDS_MAX: usize = 400;

/// Where in the conversation.
#[derive(Clone, Debug)]
pub(super) struct PersonState {
    stage: Stage,
    /// Utterances begun and not yet understood.
    open_utterances: u8,
    heard: Option<Heard>,
    /// The last thing said that can be said again: its step and words.
    last: Option<(String, String)>,
    pub(super) told: BTreeSet<usize>,
    pub(super) latest_topic: Option<usize>,
    interjected: BTreeSet<usize>,
    idle_prompts: u8,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Waits for the reason of the call.
    Opening,
    /// Waits for an answer to a request.
    Request { index: usize, tries: u8, misheard: u8 },
    /// Waits for any answer to what was said out of turn.
    Interjected { index: usize, before: Next },
    /// Replies to that answer.
    Replying { before: Next },
    /// Says that it will look, is silent, says what it found.
    Lookup { part: u8 },
    /// Answers questions.
    Topics,
    /// Says good-bye, then waits for the caller to hang up.
    Closing,
    /// Says good-bye and hangs up.
    Leaving,
}

/// What comes after the words out of turn: the request of that number, or the lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Request(usize),
    Lookup,
}

impl Engine {
    fn person(&self) -> Option<Arc<Representative>> {
        self.person.clone()
    }

    pub(super) fn state(&mut self) -> Option<&mut PersonState> {
        match &mut self.place {
            Place::Person(state) => Some(state),
            Place::Ringing | Place::LeadIn | Place::Menu(_) | Place::Hold { .. } | Place::Over => {
                None
            }
        }
    }

    /// The person takes the call.
    pub(super) fn person_answers(&mut self) {
        let Some(person) = self.person() else { return };
        self.place = Place::Person(PersonState {
            stage: Stage::Opening,
            open_utterances: 0,
            heard: None,
            last: None,
            told: BTreeSet::new(),
            latest_topic: None,
            interjected: BTreeSet::new(),
            idle_prompts: 0,
        });
        self.note(PayerEvent::PersonConnected);
        self.say_again_later("greeting", person.greeting.clone());
    }

    pub(super) fn in_person(&mut self, now_ms: u64, event: Event) {
        match event {
            Event::AgentSpeechStarted => {
                if let Some(state) = self.state() {
                    state.open_utterances = state.open_utterances.saturating_add(1);
                    let closing = state.stage == Stage::Closing;
                    if !closing {
                        self.deadline = None;
                    }
                }
            }
            Event::AgentSpeechEnded { heard } => self.person_hears(now_ms, heard),
            Event::SpokenDone => self.person_spoke(now_ms),
            Event::Timeout => self.person_timeout(now_ms),
            Event::Answered | Event::Key(_) => {}
        }
    }

    fn person_hears(&mut self, now_ms: u64, heard: Heard) {
        let speaking = self.speaking;
        let Some(state) = self.state() else { return };
        state.open_utterances = state.open_utterances.saturating_sub(1);
        state.idle_prompts = 0;
        // What was said wholly under the person's own words is not heard, except between questions.
        if speaking && state.stage != Stage::Topics {
            return;
        }
        state.heard = Some(match (state.heard.take(), heard) {
            (Some(Heard::Words(mut before)), Heard::Words(more)) => {
                before.extend(more);
                before.truncate(WORDS_MAX);
                Heard::Words(before)
            }
            (_, heard) => heard,
        });
        if state.open_utterances == 0 && !speaking {
            self.reply_soon(now_ms);
        }
    }

    fn reply_soon(&mut self, now_ms: u64) {
        let Some(person) = self.person() else { return };
        let Some(state) = self.state() else { return };
        let pause_ms = match state.stage {
            Stage::Opening => person.opening_pause_ms,
            Stage::Closing | Stage::Leaving => return,
            Stage::Request { .. }
            | Stage::Interjected { .. }
            | Stage::Replying { .. }
            | Stage::Lookup { .. }
            | Stage::Topics => person.reply_pause_ms,
        };
        self.deadline = Some((now_ms + pause_ms, TimerName::Reply));
    }

    fn person_spoke(&mut self, now_ms: u64) {
        let Some(person) = self.person() else { return };
        let Some(state) = self.state() else { return };
        let waits = state.open_utterances > 0;
        let has_heard = state.heard.is_some();
        match state.stage.clone() {
            Stage::Leaving => self.hang_up(),
            Stage::Closing => {
                self.deadline = Some((now_ms + person.closing_wait_ms, TimerName::Closing));
            }
            Stage::Interjected { index, .. }
                if person.interjections.get(index).is_some_and(|i| i.then_hang_up) =>
            {
                self.hang_up();
            }
            Stage::Replying { before } => self.go_on(before),
            Stage::Lookup { part } => self.lookup(part + 1),
            Stage::Topics if has_heard && !waits => self.reply_soon(now_ms),
            Stage::Opening | Stage::Request { .. } | Stage::Interjected { .. } | Stage::Topics => {
                if !waits {
                    self.deadline = Some((now_ms + person.idle_ms, TimerName::Idle));
                }
            }
        }
    }

    fn person_timeout(&mut self, now_ms: u64) {
        let Some(person) = self.person() else { return };
        match self.deadline.take() {
            Some((_, TimerName::Reply)) => {
                let heard = self.state().and_then(|state| state.heard.take());
                if let Some(heard) = heard {
                    self.respond(now_ms, heard);
                }
            }
            Some((_, TimerName::Idle)) => {
                let Some(state) = self.state() else { return };
                state.idle_prompts += 1;
                let leaves = state.idle_prompts > person.idle_most;
                self.note(PayerEvent::Idle);
                if leaves {
                    self.close(Stage::Leaving);
                } else {
                    self.say("idle", person.idle_prompt.clone());
                }
            }
            Some((_, TimerName::Closing)) => self.hang_up(),
            Some((_, TimerName::Key)) | None => {}
        }
    }

    /// Answers what was said while the person listened.
    fn respond(&mut self, now_ms: u64, heard: Heard) {
        let Some(person) = self.person() else { return };
        let Some(state) = self.state() else { return };
        let stage = state.stage.clone();
        let step = stage.name(&person);
        let words = match &heard {
            Heard::Words(words) => words.clone(),
            Heard::Speech => Vec::new(),
        };
        self.note(PayerEvent::Heard { step: step.clone(), words: words.join(" ") });
        let understood = heard == Heard::Speech || !words.is_empty();
        if understood && words::has_any(&words, &person.hears.goodbye) {
            self.note(PayerEvent::Goodbye);
            self.close(Stage::Closing);
            return;
        }
        if !stage.is_answered_by(&person, &words) {
            let waits = words::has_any(&words, &person.hears.waiting);
            if words::has_any(&words, &person.hears.repeat) || (waits && stage != Stage::Topics) {
                self.say_last();
                return;
            }
            let idles = waits || words::has_any(&words, &person.hears.acknowledgement);
            if idles && stage == Stage::Topics {
                self.deadline = Some((now_ms + person.idle_ms, TimerName::Idle));
                return;
            }
        }
        match stage {
            Stage::Opening if understood => self.go_on(Next::Request(0)),
            Stage::Interjected { index, before } if understood => {
                let reply = person.interjections.get(index).and_then(|i| i.reply.clone());
                match reply {
                    Some(text) => {
                        self.stage(Stage::Replying { before });
                        self.say(&step, text);
                    }
                    None => self.go_on(before),
                }
            }
            Stage::Request { index, tries, misheard } => {
                if let Some(request) = person.requests.get(index) {
                    self.judge(request, index, tries, misheard, &heard);
                }
            }
            Stage::Topics => self.tell(&person, &heard),
            Stage::Opening | Stage::Interjected { .. } => self.not_understood(&step),
            Stage::Replying { .. } | Stage::Lookup { .. } | Stage::Closing | Stage::Leaving => {}
        }
    }

    fn judge(
        &mut self,
        request: &IdentificationRequest,
        index: usize,
        tries: u8,
        misheard: u8,
        heard: &Heard,
    ) {
        let step = request.id.clone();
        let good = request.accept.takes(heard);
        let (tries, misheard) = match (good, misheard < request.mishear) {
            (true, true) => {
                self.note(PayerEvent::Misheard { step: step.clone() });
                (tries, misheard + 1)
            }
            (false, _) if tries + 1 < request.tries => {
                self.note(PayerEvent::NotUnderstood { step: step.clone() });
                (tries + 1, misheard)
            }
            (true, false) | (false, _) => {
                self.note(PayerEvent::Accepted { step });
                self.go_on(Next::Request(index + 1));
                return;
            }
        };
        self.stage(Stage::Request { index, tries, misheard });
        let sorry =
            request.sorry.clone().or_else(|| self.person().map(|p| p.repeat_request.clone()));
        self.say_again_later(&step, sorry.unwrap_or_default());
    }

    /// Goes on to a request or to the lookup, unless something is to be said out of turn first.
    fn go_on(&mut self, next: Next) {
        let Some(person) = self.person() else { return };
        let request = match next {
            Next::Request(index) => person.requests.get(index),
            Next::Lookup => None,
        };
        let before = request.map_or("lookup", |request| request.id.as_str());
        let next = if request.is_some() { next } else { Next::Lookup };
        if let Some((index, interjection)) = self.interjection(&person, before) {
            self.stage(Stage::Interjected { index, before: next });
            self.say_again_later(&interjection.id, interjection.say);
            return;
        }
        match (next, request) {
            (Next::Request(index), Some(request)) => {
                self.stage(Stage::Request { index, tries: 0, misheard: 0 });
                self.say_again_later(&request.id, request.ask.clone());
            }
            (Next::Request(_) | Next::Lookup, _) => self.lookup(0),
        }
    }

    fn interjection(
        &mut self,
        person: &Representative,
        before: &str,
    ) -> Option<(usize, Interjection)> {
        let state = self.state()?;
        let (index, interjection) = person
            .interjections
            .iter()
            .enumerate()
            .find(|(index, i)| i.before == before && !state.interjected.contains(index))?;
        state.interjected.insert(index);
        Some((index, interjection.clone()))
    }

    fn lookup(&mut self, part: u8) {
        let Some(person) = self.person() else { return };
        self.stage(Stage::Lookup { part });
        match part {
            0 => self.say("lookup", person.lookup.say.clone()),
            1 => self.silence(person.lookup.silence_ms),
            _ => {
                self.stage(Stage::Topics);
                self.say_again_later("account", person.lookup.then.clone());
            }
        }
    }

    pub(super) fn not_understood(&mut self, step: &str) {
        let Some(person) = self.person() else { return };
        self.note(PayerEvent::NotUnderstood { step: step.to_owned() });
        self.say("repeat", person.repeat_request.clone());
    }

    pub(super) fn close(&mut self, stage: Stage) {
        let Some(person) = self.person() else { return };
        self.stage(stage);
        self.say("closing", person.closing.clone());
    }

    fn stage(&mut self, stage: Stage) {
        if let Some(state) = self.state() {
            state.stage = stage;
        }
    }

    pub(super) fn say_again_later(&mut self, step: &str, text: String) {
        if let Some(state) = self.state() {
            state.last = Some((step.to_owned(), text.clone()));
        }
        self.say(step, text);
    }

    fn say_last(&mut self) {
        let last = self.state().and_then(|state| state.last.clone());
        if let Some((step, text)) = last {
            self.say(&step, text);
        }
    }
}

impl Accept {
    fn takes(self, heard: &Heard) -> bool {
        match heard {
            Heard::Speech => true,
            Heard::Words(words) => match self {
                Accept::Speech => !words.is_empty(),
                Accept::Digits(least) => words::digit_words(words) >= usize::from(least),
                Accept::Numbers(least) => words::number_or_date_words(words) >= usize::from(least),
            },
        }
    }
}

impl Stage {
    /// Whether what was said is plainly what this stage waits for, whatever else it may sound like: a number where one was
    /// asked for, a question where questions are answered, or a read-back.
    fn is_answered_by(&self, person: &Representative, words: &[String]) -> bool {
        match self {
            Stage::Request { index, .. } => person.requests.get(*index).is_some_and(|request| {
                let heard = Heard::Words(words.to_vec());
                request.accept != Accept::Speech && request.accept.takes(&heard)
            }),
            Stage::Topics => {
                best_topic(person, words).is_some()
                    || words::has_any(words, &person.hears.read_back)
                    || words::number_words(words).len() >= READ_BACK_NUMBERS
            }
            Stage::Opening
            | Stage::Interjected { .. }
            | Stage::Replying { .. }
            | Stage::Lookup { .. }
            | Stage::Closing
            | Stage::Leaving => false,
        }
    }

    fn name(&self, person: &Representative) -> String {
        match self {
            Stage::Opening => "greeting".into(),
            Stage::Request { index, .. } => {
                person.requests.get(*index).map(|request| request.id.clone()).unwrap_or_default()
            }
            Stage::Interjected { index, .. } => {
                person.interjections.get(*index).map(|i| i.id.clone()).unwrap_or_default()
            }
            Stage::Replying { .. } | Stage::Lookup { .. } => "lookup".into(),
            Stage::Topics => "topics".into(),
            Stage::Closing | Stage::Leaving => "closing".into(),
        }
    }
}
