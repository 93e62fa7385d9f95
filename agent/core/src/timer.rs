//! Deadlines by name, on either of the two clocks.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

use crate::input::Now;
use crate::time::{Micros, SampleTime};

/// Why the core wants to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimerName {
    /// The far end speaks while we do: is it an interruption?
    BargeIn,
    /// The far end fell silent: is its turn over?
    Endpoint,
    /// Waiting for the far end's good-bye.
    GoodbyeGrace,
    /// The carrier should have confirmed our hang-up.
    HangUpConfirm,
    /// Patience in the queue.
    HoldTotal,
    /// Music in a conversation: were we put on hold?
    HoldMusic,
    /// One menu step.
    MenuStep,
    /// The whole menu.
    MenuTotal,
    /// The model owes words.
    ModelReply,
    /// The conversation about one patient.
    PersonTotal,
    /// What is being played does not end.
    PlayoutStuck,
    /// The recogniser owes the words of an utterance.
    RecogniserReply,
    /// Nobody answers.
    Ring,
    /// Nobody says anything.
    Silence,
    /// The stream is gone.
    StreamLost,
    /// The hard cap of the call.
    TotalCap,
    /// Saying good-bye takes too long.
    WrapUp,
}

#[derive(Clone, Copy, Debug)]
enum Deadline {
    At(Micros),
    Far(SampleTime),
}

/// The armed timers of a call.
///
/// A timer on far-end time fires only when that much of the far end has been *heard*; while media is stalled it stands still.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers {
    armed: BTreeMap<TimerName, Deadline>,
    stalled: bool,
}

impl Timers {
    /// Arms, or re-arms, a timer on the monotonic clock.
    pub(crate) fn set(&mut self, name: TimerName, at: Micros) {
        self.armed.insert(name, Deadline::At(at));
    }

    /// Arms, or re-arms, a timer on far-end time.
    pub(crate) fn set_far(&mut self, name: TimerName, at: SampleTime) {
        self.armed.insert(name, Deadline::Far(at));
    }

    pub(crate) fn clear(&mut self, name: TimerName) {
        self.armed.remove(&name);
    }

    pub(crate) fn clear_all(&mut self) {
        self.armed.clear();
    }

    /// Clears all but these.
    pub(crate) fn keep_only(&mut self, names: &[TimerName]) {
        self.armed.retain(|name, _| names.contains(name));
    }

    /// When a timer on the monotonic clock is due; `None` where it is not armed, or runs on far-end time.
    pub(crate) fn at(&self, name: TimerName) -> Option<Micros> {
        match self.armed.get(&name)? {
            Deadline::At(at) => Some(*at),
            Deadline::Far(_) => None,
        }
    }

    pub(crate) fn is_armed(&self, name: TimerName) -> bool {
        self.armed.contains_key(&name)
    }

    pub(crate) fn stall(&mut self, stalled: bool) {
        self.stalled = stalled;
    }

    /// The next deadline on the monotonic clock, given how far both clocks had come at the last input.
    pub(crate) fn next(&self, now: Now) -> Option<(Micros, TimerName)> {
        self.armed
            .iter()
            .filter_map(|(name, deadline)| match *deadline {
                Deadline::At(at) => Some((at, *name)),
                Deadline::Far(_) if self.stalled => None,
                Deadline::Far(far) => {
                    let left = SampleTime(far.0.saturating_sub(now.far.0));
                    Some((now.at + left.as_micros(), *name))
                }
            })
            .min()
    }

    /// Takes out the timers that are due, soonest first.
    pub(crate) fn due(&mut self, now: Now) -> Vec<TimerName> {
        let mut due: Vec<(Micros, TimerName)> = self
            .armed
            .iter()
            .filter_map(|(name, deadline)| match *deadline {
                Deadline::At(at) => (at <= now.at).then_some((at, *name)),
                Deadline::Far(far) => (far <= now.far).then_some((now.at, *name)),
            })
            .collect();
        due.sort_unstable();
        for (_, name) in &due {
            self.armed.remove(name);
        }
        due.into_iter().map(|(_, name)| name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(ms: u64, far_ms: u64) -> Now {
        Now { at: Micros::from_ms(ms), far: SampleTime::from_ms(far_ms) }
    }

    #[test]
    fn a_far_timer_waits_for_audio_not_for_time() {
        let mut timers = Timers::default();
        timers.set_far(TimerName::Endpoint, SampleTime::from_ms(700));
        assert_eq!(
            timers.next(now(1_000, 100)),
            Some((Micros::from_ms(1_600), TimerName::Endpoint))
        );
        // Time has passed and no audio came: not due, and the deadline has moved.
        assert_eq!(timers.due(now(1_600, 100)), []);
        assert_eq!(
            timers.next(now(1_600, 100)),
            Some((Micros::from_ms(2_200), TimerName::Endpoint))
        );
        timers.stall(true);
        assert_eq!(timers.next(now(1_600, 100)), None);
        timers.stall(false);
        assert_eq!(timers.due(now(2_200, 700)), [TimerName::Endpoint]);
        assert_eq!(timers.next(now(2_200, 700)), None);
    }

    #[test]
    fn due_timers_come_soonest_first_and_once() {
        let mut timers = Timers::default();
        timers.set(TimerName::TotalCap, Micros::from_ms(5));
        timers.set(TimerName::Ring, Micros::from_ms(3));
        assert_eq!(timers.due(now(9, 0)), [TimerName::Ring, TimerName::TotalCap]);
        assert_eq!(timers.due(now(9, 0)), []);
    }
}
