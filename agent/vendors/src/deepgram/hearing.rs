//! The book-keeping of one session: which audio was taken in, where it lies in the far end's time, and whose words are whose.
//!
//! A *position* counts the samples that were taken in over the whole session, whatever connection carried them. Deepgram counts
//! seconds of the audio that one connection was sent, and knows nothing of the gaps between: here its times become positions, and
//! positions become far-end sample time. An utterance owns the words up to the position at which it was finalised; no later
//! answer can put words into another one.
//!
//! This module has no socket, no clock and no timer.

use std::collections::VecDeque;

use bytes::Bytes;
use callwright_core::UtteranceId;
use callwright_media::SampleTime;
use callwright_understanding::{Utterance, Word};

use super::messages::Results;

/// Audio that is kept until its words are final, to be sent again after a break: five seconds.
pub(super) const KEPT_SAMPLES: u64 = 5 * RATE;

/// Samples a second.
const RATE: u64 = 8_000;

/// How far a flushed span may end before the last sample that was sent before the flush: Deepgram works in windows.
const FLUSH_SLACK: u64 = RATE / 2;

/// Rounding of times in seconds.
const ROUNDING: u64 = RATE / 50;

/// Breaks in the far end's time that are remembered: each is a sleep, and words older than sixteen sleeps do not come.
const STRETCHES_MAX: usize = 16;

/// Words that wait for their utterance to be finalised. A representative says about three a second; ten minutes are no utterance.
const WORDS_MAX: usize = 2_000;

/// From `from` on, positions run beside the far end's time from `far` on.
struct Stretch {
    from: u64,
    far: SampleTime,
}

/// A final word and where its middle is.
struct Placed {
    middle: u64,
    word: Word,
}

/// An end of an utterance, or of what nobody wants to hear.
struct Owed {
    until: u64,
    whose: Option<UtteranceId>,
}

/// An utterance with its words.
pub(super) struct Answer {
    pub(super) utterance: UtteranceId,
    pub(super) words: Utterance,
}

/// See the module.
#[derive(Default)]
pub(super) struct Hearing {
    taken: u64,
    /// Up to here words are final.
    covered: u64,
    /// Words from before here are nobody's.
    floor: u64,
    stretches: VecDeque<Stretch>,
    finals: Vec<Placed>,
    owed: VecDeque<Owed>,
    /// Where each flush was asked for that is not answered yet. An answer may be missing, and may come when nobody waits any more.
    flushes: VecDeque<u64>,
    kept: VecDeque<Bytes>,
    kept_from: u64,
    ready: VecDeque<Answer>,
}

impl Hearing {
    /// Takes audio in.
    pub(super) fn take(&mut self, at: SampleTime, mulaw: Bytes) {
        let next = self.stretches.back().map(|last| last.far + (self.taken - last.from));
        if next != Some(at) {
            self.stretches.push_back(Stretch { from: self.taken, far: at });
            if self.stretches.len() > STRETCHES_MAX {
                self.stretches.pop_front();
            }
        }
        self.taken += mulaw.len() as u64;
        self.kept.push_back(mulaw);
        while self.taken - self.kept_from > KEPT_SAMPLES {
            if !self.forget_first() {
                break;
            }
        }
    }

    fn forget_first(&mut self) -> bool {
        let Some(first) = self.kept.pop_front() else { return false };
        self.kept_from += first.len() as u64;
        true
    }

    /// The audio that was not answered yet, to be sent over a new connection, and the position it begins at.
    pub(super) fn unanswered(&self) -> (u64, Vec<Bytes>) {
        (self.kept_from, self.kept.iter().cloned().collect())
    }

    /// Whether anything was taken in that is not answered yet.
    pub(super) fn awaits(&self) -> bool {
        !self.kept.is_empty()
    }

    /// Whether any utterance waits for its words.
    pub(super) fn owes(&self) -> bool {
        !self.owed.is_empty()
    }

    /// The utterance is over. Says whether its words have to be asked for: no, where everything taken in is final already.
    pub(super) fn finalise(&mut self, utterance: UtteranceId) -> bool {
        self.owe(Some(utterance))
    }

    /// Nothing more is wanted, and nothing of what is open. Says whether a flush is needed to keep what was heard apart from what
    /// will be.
    pub(super) fn sleep(&mut self) -> bool {
        self.kept.clear();
        self.kept_from = self.taken;
        self.owe(None)
    }

    fn owe(&mut self, whose: Option<UtteranceId>) -> bool {
        self.owed.push_back(Owed { until: self.taken, whose });
        let flush = self.covered + ROUNDING < self.taken && self.floor < self.taken;
        if flush {
            self.flushes.push_back(self.taken);
        } else {
            self.settle(self.taken);
        }
        flush
    }

    /// A new connection was sent everything unanswered and asked for one flush; those of the old one are not answered any more.
    pub(super) fn flushed_anew(&mut self) {
        self.flushes.clear();
        self.flushes.push_back(self.taken);
    }

    /// Takes an answer in. `base` is the position at which the connection's own time begins. False where it is no answer.
    pub(super) fn results(&mut self, base: u64, results: &Results<'_>) -> bool {
        let (Some(from), Some(length)) = (samples(results.start), samples(results.duration)) else {
            return false;
        };
        let Some(words) = results.words() else { return false };
        if !results.is_final {
            return true;
        }
        let until = base.saturating_add(from).saturating_add(length).min(self.taken);
        for word in words {
            let (Some(begin), Some(end)) = (samples(word.start), samples(word.end)) else {
                return false;
            };
            self.place(base.saturating_add(begin), base.saturating_add(end.max(begin)), word);
        }
        self.covered = self.covered.max(until);
        while self.kept.front().is_some_and(|first| self.kept_from + first.len() as u64 <= until) {
            self.forget_first();
        }
        let settled = if results.from_finalize { self.flush_of(until) } else { until };
        self.settle(settled);
        true
    }

    /// Up to where the flush was that a span answers which ends at `until`: the nearest one, and those before it are not answered
    /// any more.
    fn flush_of(&mut self, until: u64) -> u64 {
        let near = self.flushes.iter().take_while(|flush| **flush <= until + FLUSH_SLACK);
        let Some(answered) = near.copied().min_by_key(|flush| flush.abs_diff(until)) else {
            return until;
        };
        self.flushes.retain(|flush| *flush > answered);
        answered.max(until)
    }

    fn place(&mut self, begin: u64, end: u64, word: &super::messages::Word<'_>) {
        let (begin, end) = (begin.min(self.taken), end.min(self.taken));
        let middle = begin.midpoint(end);
        if middle < self.floor || self.finals.len() >= WORDS_MAX {
            return;
        }
        let word = Word {
            text: word.word.to_lowercase(),
            from_ms: ms(self.far(begin)),
            // The end of a word is the end of its last sample, also where a new stretch begins just there.
            to_ms: ms(self.far(end.saturating_sub(1).max(begin)) + u64::from(end > begin)),
            confidence: word.confidence,
        };
        self.finals.push(Placed { middle, word });
    }

    /// Where a position lies in the far end's time.
    fn far(&self, position: u64) -> SampleTime {
        let stretch = self.stretches.iter().rev().find(|stretch| stretch.from <= position);
        stretch
            .or(self.stretches.front())
            .map_or(SampleTime(0), |s| s.far + position.saturating_sub(s.from))
    }

    /// Closes every utterance that ends up to here.
    fn settle(&mut self, until: u64) {
        while self.owed.front().is_some_and(|owed| owed.until <= until) {
            self.close_first();
        }
    }

    /// Gives the utterance that waits longest what there is, and nothing later.
    pub(super) fn close_first(&mut self) {
        let Some(owed) = self.owed.pop_front() else { return };
        self.floor = self.floor.max(owed.until);
        let (mine, later): (Vec<Placed>, Vec<Placed>) =
            self.finals.drain(..).partition(|placed| placed.middle < owed.until);
        self.finals = later;
        if let Some(utterance) = owed.whose {
            let words = mine.into_iter().map(|placed| placed.word).collect();
            self.ready.push_back(Answer { utterance, words: Utterance::new(words) });
        }
    }

    /// The next utterance whose words are there.
    pub(super) fn answer(&mut self) -> Option<Answer> {
        self.ready.pop_front()
    }

    /// How many utterances wait.
    pub(super) fn owed(&self) -> usize {
        self.owed.len()
    }

    /// The number of the utterance that waits longest; 0 where none does.
    pub(super) fn first_owed(&self) -> u32 {
        self.owed.iter().find_map(|owed| owed.whose).map_or(0, |utterance| utterance.0)
    }
}

fn ms(far: SampleTime) -> u32 {
    u32::try_from(far.as_ms()).unwrap_or(u32::MAX)
}

/// Seconds as samples; `None` for what is no time.
fn samples(seconds: f64) -> Option<u64> {
    // A day of audio is more than any call has.
    let is_time = (0.0..86_400.0).contains(&seconds);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is checked above"
    )]
    is_time.then(|| (seconds * RATE as f64).round() as u64)
}

#[cfg(test)]
mod tests;
