//! What the representative does between questions: answers, judges read-backs, asks again.
//!
//! It goes by key words and number words alone; the topic with most of them wins.

use super::engine::{Engine, Heard, PayerEvent};
use super::person::Stage;
use super::representative::Representative;
use super::words;

/// Number words that make a read-back of what asks for nothing.
pub(super) const READ_BACK_NUMBERS: usize = 3;

impl Engine {
    /// Answers a question, judges a read-back, or asks again.
    pub(super) fn tell(&mut self, person: &Representative, heard: &Heard) {
        let Some(state) = self.state() else { return };
        let latest = state.latest_topic;
        let words = match heard {
            Heard::Speech => {
                let next = (0..person.topics.len()).find(|index| !state.told.contains(index));
                match next {
                    Some(index) => self.answer(person, index),
                    None => self.close(Stage::Closing),
                }
                return;
            }
            Heard::Words(words) => words,
        };
        let asked = best_topic(person, words);
        let reads_back = words::has_any(words, &person.hears.read_back);
        let numbers = words::number_words(words).len();
        if let Some(latest) = latest
            && (reads_back || (asked.is_none() && numbers >= READ_BACK_NUMBERS))
        {
            let about = asked.filter(|index| state.told.contains(index)).unwrap_or(latest);
            self.confirm(person, about, words);
            return;
        }
        match asked {
            Some(index) => self.answer(person, index),
            None => self.not_understood("topics"),
        }
    }

    fn answer(&mut self, person: &Representative, index: usize) {
        let Some(topic) = person.topics.get(index) else {
            return;
        };
        if let Some(state) = self.state() {
            state.told.insert(index);
            state.latest_topic = Some(index);
        }
        self.note(PayerEvent::Told { topic: topic.id.clone() });
        self.say_again_later(&topic.id, topic.answer.clone());
    }

    fn confirm(&mut self, person: &Representative, index: usize, heard: &[String]) {
        let Some(topic) = person.topics.get(index) else {
            return;
        };
        let mut truths = std::iter::once(&topic.answer).chain(&topic.also);
        let confirmed = truths.any(|truth| words::agrees(heard, &words::split(truth)));
        self.note(PayerEvent::ReadBack { topic: topic.id.clone(), confirmed });
        if confirmed {
            self.say("confirm", person.confirmation.clone());
        } else {
            self.say_again_later(&topic.id, topic.correction());
        }
    }
}

/// The topic with most key words heard; the earlier one of two equals.
pub(crate) fn best_topic(person: &Representative, words: &[String]) -> Option<usize> {
    let mut best: Option<(usize, usize)> = None;
    for (index, topic) in person.topics.iter().enumerate() {
        let score = words::score(words, &topic.heard);
        if score > best.map_or(0, |(_, score)| score) {
            best = Some((index, score));
        }
    }
    best.map(|(index, _)| index)
}
