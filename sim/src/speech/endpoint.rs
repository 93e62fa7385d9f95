//! Where the caller's utterances begin and end, by energy.
//!
//! The caller's audio reaches the far end as it was synthesised: digital silence between the words, no line noise. So a level
//! is enough here, and it is exact to a frame; a noisy line would need `media`'s voice detector. Keys are not speech: a
//! burst in which one was detected is passed over.

use callwright_media::{FRAME, vad::level_dbov};

/// Frames louder than this are sound.
pub(crate) const SOUND_DBOV: f32 = -50.0;
/// Frames of sound that make a beginning: 60 ms, longer than a key needs to be detected.
const ONSET_FRAMES: u32 = 3;
/// Frames of silence that end an utterance: 600 ms.
const END_FRAMES: u32 = 30;
/// Frames of silence that end a burst of keys: 200 ms, more than the gap between two keys.
const KEYS_END_FRAMES: u32 = 10;

/// A border of an utterance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    Began,
    Ended,
}

#[derive(Debug, Default)]
pub(crate) struct Endpointer {
    speaking: bool,
    keys: bool,
    loud: u32,
    quiet: u32,
}

impl Endpointer {
    /// Takes one frame.
    pub(crate) fn frame(&mut self, samples: &[i16; FRAME]) -> Option<Edge> {
        if level_dbov(samples) > SOUND_DBOV {
            self.loud += 1;
            self.quiet = 0;
        } else {
            self.quiet += 1;
            self.loud = 0;
        }
        if self.keys {
            self.keys = self.quiet < KEYS_END_FRAMES;
        } else if !self.speaking && self.loud >= ONSET_FRAMES {
            self.speaking = true;
            return Some(Edge::Began);
        } else if self.speaking && self.quiet >= END_FRAMES {
            self.speaking = false;
            return Some(Edge::Ended);
        }
        None
    }

    /// A key was detected in the latest frames.
    pub(crate) fn key(&mut self) {
        self.keys |= !self.speaking;
    }
}

/// Stretches of sound for the log: joined over pauses under 200 ms.
#[derive(Debug, Default)]
pub(crate) struct Segments {
    began_ms: Option<u64>,
    ended_ms: u64,
}

impl Segments {
    const JOIN_MS: u64 = 200;

    /// Takes the frame that begins at `at_ms`; gives a stretch that has ended.
    pub(crate) fn frame(&mut self, at_ms: u64, samples: &[i16; FRAME]) -> Option<(u64, u64)> {
        if level_dbov(samples) > SOUND_DBOV {
            self.began_ms.get_or_insert(at_ms);
            self.ended_ms = at_ms + 20;
            return None;
        }
        if at_ms < self.ended_ms + Self::JOIN_MS { None } else { self.finish() }
    }

    /// Gives the stretch that is still running.
    pub(crate) fn finish(&mut self) -> Option<(u64, u64)> {
        self.began_ms.take().map(|began_ms| (began_ms, self.ended_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOUD: [i16; FRAME] = [4_000; FRAME];
    const QUIET: [i16; FRAME] = [0; FRAME];

    #[test]
    fn an_utterance_begins_after_three_frames_and_ends_after_thirty() {
        let mut endpointer = Endpointer::default();
        assert_eq!(endpointer.frame(&LOUD), None);
        assert_eq!(endpointer.frame(&LOUD), None);
        assert_eq!(endpointer.frame(&LOUD), Some(Edge::Began));
        for _ in 0..29 {
            assert_eq!(endpointer.frame(&QUIET), None);
        }
        assert_eq!(endpointer.frame(&QUIET), Some(Edge::Ended));
    }

    #[test]
    fn keys_are_not_speech() {
        let mut endpointer = Endpointer::default();
        for _ in 0..10 {
            assert_eq!(endpointer.frame(&LOUD), None);
            endpointer.key();
            for _ in 0..4 {
                assert_eq!(endpointer.frame(&LOUD), None);
            }
            for _ in 0..4 {
                assert_eq!(endpointer.frame(&QUIET), None);
            }
        }
        for _ in 0..10 {
            assert_eq!(endpointer.frame(&QUIET), None);
        }
        let edges: Vec<_> = (0..3).filter_map(|_| endpointer.frame(&LOUD)).collect();
        assert_eq!(edges, [Edge::Began]);
    }

    #[test]
    fn segments_join_over_short_pauses() {
        let mut segments = Segments::default();
        let mut found = Vec::new();
        for at in 0..60_u64 {
            let frame = if (5..10).contains(&at) || (14..20).contains(&at) { LOUD } else { QUIET };
            found.extend(segments.frame(at * 20, &frame));
        }
        assert_eq!(found, [(100, 400)]);
        assert_eq!(segments.finish(), None);
    }
}
