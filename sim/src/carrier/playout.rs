//! The playout queue of a stream: audio and marks in order, drained 20 ms at a time.
//!
//! Source: Twilio, "Media Streams: WebSocket messages", messages to Twilio. A mark comes back when the frame that holds the
//! last of the audio before it has been out for its 20 ms; at once if nothing is queued; and with every other outstanding mark on a
//! clear. The queue is bounded; audio beyond the bound is thrown away, as the caller is told nothing of a bound.

use callwright_media::{FRAME, Frame, dtmf, g711};
use std::collections::VecDeque;

/// The most marks outstanding.
const MARKS_MAX: usize = 1_000;

#[derive(Debug)]
pub(super) struct PlayoutQueue {
    items: VecDeque<Item>,
    /// Bytes of audio in `items`.
    queued: usize,
    /// Marks in `items` and `due`.
    marks: usize,
    /// Marks whose audio is in the frame that is out now.
    due: Vec<String>,
    /// Whether the frame that is out now has audio.
    sounding: bool,
    bytes_max: usize,
}

#[derive(Debug)]
enum Item {
    Audio { bytes: Vec<u8>, at: usize },
    Mark(String),
}

/// What became of a mark that was put in.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Marked {
    /// It waits for the audio before it.
    Queued,
    /// Nothing is queued: it comes back at once.
    Echo(String),
    /// Too many are outstanding: it is thrown away.
    TooMany,
}

impl PlayoutQueue {
    pub(super) fn new(bytes_max: usize) -> PlayoutQueue {
        PlayoutQueue {
            items: VecDeque::new(),
            queued: 0,
            marks: 0,
            due: Vec::new(),
            sounding: false,
            bytes_max,
        }
    }

    /// Keys and pauses as audio: `w` is half a second, `W` a whole one.
    pub(super) fn of_keys(digits: &str) -> PlayoutQueue {
        let mut audio = Vec::new();
        for symbol in digits.chars() {
            match (symbol, dtmf::Key::new(symbol)) {
                (_, Some(key)) => audio.extend(dtmf::generate(&[key], dtmf::Press::default())),
                ('W', None) => audio.resize(audio.len() + 8_000, g711::SILENCE),
                // Checked when it was read: anything else is a `w`.
                (_, None) => audio.resize(audio.len() + 4_000, g711::SILENCE),
            }
        }
        let mut queue = PlayoutQueue::new(audio.len());
        queue.audio(audio);
        queue
    }

    /// Queued audio in milliseconds, rounded up.
    pub(super) fn queued_ms(&self) -> u64 {
        (self.queued as u64).div_ceil(8)
    }

    /// Queues audio; gives the number of bytes for which there was no room.
    pub(super) fn audio(&mut self, mut bytes: Vec<u8>) -> usize {
        let room = self.bytes_max - self.queued;
        let excess = bytes.len().saturating_sub(room);
        bytes.truncate(room);
        if !bytes.is_empty() {
            self.queued += bytes.len();
            self.items.push_back(Item::Audio { bytes, at: 0 });
        }
        excess
    }

    pub(super) fn mark(&mut self, name: String) -> Marked {
        if self.items.is_empty() && self.due.is_empty() && !self.sounding {
            return Marked::Echo(name);
        }
        if self.marks >= MARKS_MAX {
            return Marked::TooMany;
        }
        self.marks += 1;
        if self.items.is_empty() {
            self.due.push(name);
        } else {
            self.items.push_back(Item::Mark(name));
        }
        Marked::Queued
    }

    /// Throws everything away; gives the outstanding marks in order.
    pub(super) fn clear(&mut self) -> Vec<String> {
        let mut marks = std::mem::take(&mut self.due);
        let left = self.items.drain(..).filter_map(|item| match item {
            Item::Mark(name) => Some(name),
            Item::Audio { .. } => None,
        });
        marks.extend(left);
        self.queued = 0;
        self.marks = 0;
        self.sounding = false;
        marks
    }

    /// The frame to be played now, silence where the queue has run dry; and the marks that come back because the frame
    /// before this one is out.
    pub(super) fn next_frame(&mut self) -> (Frame, Vec<String>) {
        let echoes = std::mem::take(&mut self.due);
        self.marks -= echoes.len();
        let mut frame = [g711::SILENCE; FRAME];
        let mut filled = 0;
        loop {
            match self.items.front_mut() {
                Some(Item::Mark(name)) => {
                    self.due.push(std::mem::take(name));
                    self.items.pop_front();
                }
                Some(Item::Audio { bytes, at }) if filled < FRAME => {
                    let length = (FRAME - filled).min(bytes.len() - *at);
                    frame[filled..filled + length].copy_from_slice(&bytes[*at..*at + length]);
                    filled += length;
                    *at += length;
                    self.queued -= length;
                    if *at == bytes.len() {
                        self.items.pop_front();
                    }
                }
                Some(Item::Audio { .. }) | None => {
                    self.sounding = filled > 0;
                    return (frame, echoes);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue() -> PlayoutQueue {
        PlayoutQueue::new(8_000)
    }

    #[test]
    fn a_mark_comes_back_after_the_audio_before_it_is_out() {
        let mut queue = queue();
        queue.audio(vec![1; 320]);
        assert_eq!(queue.mark("a".into()), Marked::Queued);
        queue.audio(vec![2; 80]);
        assert_eq!(queue.mark("b".into()), Marked::Queued);
        assert_eq!(queue.next_frame(), ([1; FRAME], vec![]));
        assert_eq!(queue.next_frame(), ([1; FRAME], vec![]));
        let (frame, echoes) = queue.next_frame();
        assert_eq!((frame[79], frame[80], echoes), (2, g711::SILENCE, vec!["a".to_owned()]));
        assert_eq!(queue.next_frame(), ([g711::SILENCE; FRAME], vec!["b".to_owned()]));
        assert_eq!(queue.next_frame(), ([g711::SILENCE; FRAME], vec![]));
    }

    #[test]
    fn with_nothing_queued_a_mark_comes_back_at_once() {
        let mut queue = queue();
        assert_eq!(queue.mark("a".into()), Marked::Echo("a".into()));
        queue.audio(vec![1; 10]);
        queue.next_frame();
        assert_eq!(queue.mark("b".into()), Marked::Queued, "its frame is still out");
        assert_eq!(queue.next_frame().1, ["b"]);
        assert_eq!(queue.mark("c".into()), Marked::Echo("c".into()));
    }

    #[test]
    fn a_mark_behind_one_that_is_due_keeps_its_place() {
        let mut queue = queue();
        queue.audio(vec![1; 160]);
        queue.mark("a".into());
        queue.next_frame();
        assert_eq!(queue.mark("b".into()), Marked::Queued);
        assert_eq!(queue.next_frame().1, ["a", "b"]);
    }

    #[test]
    fn clear_gives_every_mark_back_and_forgets_the_audio() {
        let mut queue = queue();
        queue.audio(vec![1; 160]);
        queue.mark("a".into());
        queue.audio(vec![1; 1_600]);
        queue.mark("b".into());
        queue.next_frame();
        assert_eq!(queue.queued_ms(), 200);
        assert_eq!(queue.clear(), ["a", "b"]);
        assert_eq!(queue.queued_ms(), 0);
        assert_eq!(queue.next_frame(), ([g711::SILENCE; FRAME], vec![]));
    }

    #[test]
    fn the_queue_is_bounded() {
        let mut queue = queue();
        assert_eq!(queue.audio(vec![1; 9_000]), 1_000);
        assert_eq!(queue.audio(vec![1; 5]), 5);
        for _ in 0..MARKS_MAX {
            assert_eq!(queue.mark("m".into()), Marked::Queued);
        }
        assert_eq!(queue.mark("m".into()), Marked::TooMany);
    }
}
