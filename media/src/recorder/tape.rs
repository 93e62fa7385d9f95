//! What is kept, what waits and what is forgotten: the recorder's rules, without files and permits.
//!
//! Source: design rules for recording (compliance rule D2): machines' audio is kept and cut at the first
//! human sound; people's audio waits in memory until the disclosure is proven, thirty seconds at most; an
//! objection deletes from there on.

use super::holdback::{HoldBack, Pair};
use crate::frame::{FRAME, Frame, SampleTime};

/// Where kept frames go.
pub(super) trait Sink {
    type Error;

    /// Frames handed in, silent ones included. One that could not be written counts: its place is kept.
    fn frames(&self) -> u64;
    fn write(&mut self, pair: &Pair) -> Result<(), Self::Error>;
    /// Writes a silent frame, so that the timeline stays true.
    fn silence(&mut self) -> Result<(), Self::Error>;
    /// Overwrites the frames `from..to`, which were written, with silence. Where that fails the sink remembers
    /// it and tries again.
    fn blank(&mut self, from: u64, to: u64) -> Result<(), Self::Error>;
}

/// Whose audio comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Machines only, as far as is known.
    Machine,
    /// A person from this frame on, and no permit.
    Waiting { from: u64 },
    /// People, with a permit.
    People,
    /// Somebody objected: nothing is kept from this frame on.
    Stopped { from: u64 },
}

/// Bounds, in frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) settle: usize,
    pub(super) wait: usize,
}

/// See the module.
pub(super) struct Tape {
    bounds: Bounds,
    start: SampleTime,
    held: HoldBack,
    /// Frame number of the oldest frame that is held.
    oldest: u64,
    state: State,
    /// Frames of people that were written as silence or blanked, for want of a permit.
    forgotten: u64,
}

impl Tape {
    pub(super) fn new(start: SampleTime, bounds: Bounds) -> Tape {
        Tape {
            bounds,
            start,
            held: HoldBack::default(),
            oldest: 0,
            state: State::Machine,
            forgotten: 0,
        }
    }

    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting { .. })
    }

    /// The frame number from which nothing is kept, after an objection.
    pub(super) fn stopped_from(&self) -> Option<u64> {
        match self.state {
            State::Stopped { from } => Some(from),
            State::Machine | State::Waiting { .. } | State::People => None,
        }
    }

    /// The frame that holds `at`.
    fn frame_of(&self, at: SampleTime) -> u64 {
        at.since(self.start) / FRAME as u64
    }

    pub(super) fn push<S: Sink>(
        &mut self,
        far: &Frame,
        near: &Frame,
        sink: &mut S,
    ) -> Result<(), S::Error> {
        if matches!(self.state, State::Stopped { .. }) {
            return Ok(());
        }
        self.held.push(far, near);
        self.drain(sink)
    }

    /// Moves on what need not wait any more.
    fn drain<S: Sink>(&mut self, sink: &mut S) -> Result<(), S::Error> {
        let mut result = Ok(());
        match self.state {
            State::Machine | State::People => {
                while self.held.len() > self.bounds.settle {
                    result = result.and(self.keep_oldest(sink));
                }
            }
            State::Waiting { from } => {
                result = self.keep_before(from, sink);
                while self.held.len() > self.bounds.wait {
                    result = result.and(self.forget_oldest(sink));
                }
            }
            State::Stopped { .. } => {}
        }
        result
    }

    fn keep_oldest<S: Sink>(&mut self, sink: &mut S) -> Result<(), S::Error> {
        self.oldest += 1;
        self.held.pop(|pair| sink.write(pair)).unwrap_or(Ok(()))
    }

    /// Zeroises the oldest frame; silence takes its place.
    fn forget_oldest<S: Sink>(&mut self, sink: &mut S) -> Result<(), S::Error> {
        if self.held.pop(|_| ()).is_none() {
            return Ok(());
        }
        self.oldest += 1;
        self.forgotten += 1;
        sink.silence()
    }

    fn keep_before<S: Sink>(&mut self, from: u64, sink: &mut S) -> Result<(), S::Error> {
        let mut result = Ok(());
        while self.held.len() > 0 && self.oldest < from {
            result = result.and(self.keep_oldest(sink));
        }
        result
    }

    /// Blanks what was written from frame `from` on.
    fn blank_from<S: Sink>(&mut self, from: u64, sink: &mut S) -> Result<(), S::Error> {
        let written = sink.frames();
        if from < written {
            self.forgotten += written - from;
            sink.blank(from, written)?;
        }
        Ok(())
    }

    pub(super) fn human_from<S: Sink>(
        &mut self,
        at: SampleTime,
        sink: &mut S,
    ) -> Result<(), S::Error> {
        let at = self.frame_of(at);
        let from = match self.state {
            State::Machine | State::People => at,
            State::Waiting { from } => from.min(at),
            State::Stopped { .. } => return Ok(()),
        };
        // From here on nothing of this stretch is written, even if blanking fails.
        self.state = State::Waiting { from };
        let blanked = self.blank_from(from, sink);
        blanked.and(self.drain(sink))
    }

    /// Machines are on the line, as far as is known. What waits is kept only where `nobody` was established
    /// since it began to wait; otherwise it is forgotten, and what comes from here on is kept.
    pub(super) fn machine_again<S: Sink>(
        &mut self,
        nobody: bool,
        sink: &mut S,
    ) -> Result<(), S::Error> {
        let mut result = Ok(());
        if let State::Waiting { from } = self.state {
            if !nobody {
                result = self.keep_before(from, sink);
                while self.held.len() > 0 {
                    result = result.and(self.forget_oldest(sink));
                }
            }
            self.state = State::Machine;
        }
        result.and(self.drain(sink))
    }

    /// Whoever spoke and was not told is gone: what waits of them is forgotten. Who speaks next waits anew.
    pub(super) fn forget_waiting<S: Sink>(&mut self, sink: &mut S) -> Result<(), S::Error> {
        let State::Waiting { from } = self.state else {
            return Ok(());
        };
        let mut result = self.keep_before(from, sink);
        while self.held.len() > 0 {
            result = result.and(self.forget_oldest(sink));
        }
        result
    }

    pub(super) fn permitted<S: Sink>(&mut self, sink: &mut S) -> Result<(), S::Error> {
        if !matches!(self.state, State::Stopped { .. }) {
            self.state = State::People;
        }
        self.drain(sink)
    }

    /// Keeps what may be kept before `at`, forgets the rest, and takes nothing more.
    pub(super) fn objected<S: Sink>(
        &mut self,
        at: SampleTime,
        sink: &mut S,
    ) -> Result<(), S::Error> {
        let at = self.frame_of(at);
        let from = match self.state {
            State::Machine | State::People => at,
            State::Waiting { from } => from.min(at),
            State::Stopped { .. } => return Ok(()),
        };
        self.state = State::Stopped { from };
        let kept = self.keep_before(from, sink);
        self.held.clear();
        // Deleting does not depend on whether what may be kept could be written.
        kept.and(self.blank_from(from, sink))
    }

    /// The call is over: keeps what may be kept and forgets the rest.
    pub(super) fn finish<S: Sink>(&mut self, sink: &mut S) -> Result<(), S::Error> {
        let until = match self.state {
            State::Machine | State::People => u64::MAX,
            State::Waiting { from } => from,
            State::Stopped { .. } => 0,
        };
        let kept = self.keep_before(until, sink);
        self.forgotten += self.held.len() as u64;
        self.held.clear();
        kept
    }
}

#[cfg(test)]
mod tests;
