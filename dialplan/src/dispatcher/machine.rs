//! The machine itself: the stage of each request and the moves between stages.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use callwright_compliance::id::RequestId;
use callwright_compliance::number::PhoneNumber;
use jiff::{SignedDuration, Timestamp};

use super::queue::{Rank, Ready};
use super::{Claim, Config, Input, InputError, Output, Priority, TimerName};
use crate::retry::{CallOutcome, EndReason, Next};

/// Where a request stands. All but the first two are *in flight*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Parked { until: Timestamp },
    Ready,
    Claiming { deadline: Timestamp },
    Running { lease: Timestamp },
    Lost { ask_again: Timestamp },
}

impl Stage {
    const fn in_flight(self) -> bool {
        match self {
            Stage::Parked { .. } | Stage::Ready => false,
            Stage::Claiming { .. } | Stage::Running { .. } | Stage::Lost { .. } => true,
        }
    }

    /// When the stage ends by itself.
    const fn timer(self) -> Option<(Timestamp, TimerName)> {
        match self {
            Stage::Parked { until } => Some((until, TimerName::NotBefore)),
            Stage::Ready => None,
            Stage::Claiming { deadline } => Some((deadline, TimerName::Claim)),
            Stage::Running { lease } => Some((lease, TimerName::Lease)),
            Stage::Lost { ask_again } => Some((ask_again, TimerName::Recover)),
        }
    }
}

struct Held {
    number: PhoneNumber,
    rank: Rank,
    attempts_made: u32,
    withdrawn: bool,
    stage: Stage,
}

/// The queue's machine. See the module's page for its contract.
pub struct Dispatcher {
    config: Config,
    now: Timestamp,
    next_place: u64,
    slots_free: u32,
    in_flight: u32,
    in_flight_to: BTreeMap<PhoneNumber, u32>,
    held: BTreeMap<RequestId, Held>,
    ready: Ready,
    timers: BTreeSet<(Timestamp, TimerName, RequestId)>,
    outputs: VecDeque<Output>,
}

impl Dispatcher {
    /// An empty queue without a free slot.
    #[must_use]
    pub fn new(config: Config) -> Dispatcher {
        Dispatcher {
            config,
            now: Timestamp::MIN,
            next_place: 0,
            slots_free: 0,
            in_flight: 0,
            in_flight_to: BTreeMap::new(),
            held: BTreeMap::new(),
            ready: Ready::default(),
            timers: BTreeSet::new(),
            outputs: VecDeque::new(),
        }
    }

    /// Takes in what happened. A `now` before an earlier one counts as that one: a wall clock may be set back.
    ///
    /// # Errors
    /// [`InputError`]; the machine is as it was.
    pub fn handle(&mut self, now: Timestamp, input: Input) -> Result<(), InputError> {
        if !self.outputs.is_empty() {
            return Err(InputError::NotDrained);
        }
        self.now = self.now.max(now);
        match input {
            Input::Enqueued { request, number, not_before, priority, attempts_made } => {
                self.enqueue(request, number, not_before, priority, attempts_made)?;
            }
            // A node may not announce more than the limit lets it use, or a later one would not be noticed.
            Input::SlotFree => {
                self.slots_free = (self.slots_free + 1).min(self.config.limits.total);
            }
            Input::Claimed { request, attempt, claim } => self.claimed(&request, attempt, claim)?,
            Input::Renewed { request, attempt, until } => {
                let stage = self.stage_of(&request, attempt)?;
                let Stage::Running { .. } = stage else {
                    return Err(InputError::Stage);
                };
                self.set_stage(&request, Stage::Running { lease: until });
            }
            Input::CallEnded { request, attempt, outcome, payer_opens } => {
                if !self.stage_of(&request, attempt)?.in_flight() {
                    return Err(InputError::Stage);
                }
                self.ended(&request, attempt, outcome, payer_opens);
            }
            Input::Withdrawn { request } => self.withdraw(&request)?,
        }
        self.advance();
        Ok(())
    }

    /// Lets time pass. Calling it early does no harm.
    ///
    /// # Errors
    /// [`InputError::NotDrained`].
    pub fn handle_timeout(&mut self, now: Timestamp) -> Result<(), InputError> {
        if !self.outputs.is_empty() {
            return Err(InputError::NotDrained);
        }
        self.now = self.now.max(now);
        self.advance();
        Ok(())
    }

    /// The next thing to do, in order.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Dispatcher::handle_timeout`] is due, and for what.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Timestamp, TimerName)> {
        self.timers.first().map(|(at, name, _)| (*at, *name))
    }

    /// How many requests are held.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// How many of them are in flight.
    #[must_use]
    pub const fn in_flight(&self) -> u32 {
        self.in_flight
    }

    fn enqueue(
        &mut self,
        request: RequestId,
        number: PhoneNumber,
        not_before: Timestamp,
        priority: Priority,
        attempts_made: u32,
    ) -> Result<(), InputError> {
        if self.held.contains_key(&request) {
            return Err(InputError::Twice);
        }
        if self.held.len() >= self.config.held_max {
            return Err(InputError::Full);
        }
        let rank = (Reverse(priority), self.next_place);
        self.next_place += 1;
        let stage = Stage::Parked { until: not_before };
        self.timers.insert((not_before, TimerName::NotBefore, request.clone()));
        let held = Held { number, rank, attempts_made, withdrawn: false, stage };
        self.held.insert(request, held);
        Ok(())
    }

    fn claimed(
        &mut self,
        request: &RequestId,
        attempt: u32,
        claim: Claim,
    ) -> Result<(), InputError> {
        let Stage::Claiming { .. } = self.stage_of(request, attempt)? else {
            return Err(InputError::Stage);
        };
        match claim {
            Claim::Won { until } => self.set_stage(request, Stage::Running { lease: until }),
            Claim::Taken => {
                self.give_back_slot();
                self.remove(request);
            }
            Claim::Unavailable => {
                self.give_back_slot();
                let until = self.after(self.config.claim_again);
                let Some(held) = self.held.get_mut(request) else {
                    return Ok(());
                };
                // The attempt was never made.
                held.attempts_made = held.attempts_made.saturating_sub(1);
                if held.withdrawn {
                    self.give_up(request, EndReason::Withdrawn);
                } else {
                    self.set_stage(request, Stage::Parked { until });
                }
            }
        }
        Ok(())
    }

    fn ended(
        &mut self,
        request: &RequestId,
        attempt: u32,
        outcome: CallOutcome,
        payer_opens: Option<Timestamp>,
    ) {
        let withdrawn = self.held.get(request).is_some_and(|held| held.withdrawn);
        match self.config.retry.next(outcome, attempt, self.now, payer_opens) {
            Next::End(EndReason::Done) => {
                self.remove(request);
                self.outputs.push_back(Output::Done { request: request.clone() });
            }
            Next::End(why) => self.give_up(request, why),
            Next::At(_) if withdrawn => self.give_up(request, EndReason::Withdrawn),
            Next::At(until) => {
                self.set_stage(request, Stage::Parked { until });
                let request = request.clone();
                self.outputs.push_back(Output::Park { request, attempts_made: attempt, until });
            }
        }
    }

    fn withdraw(&mut self, request: &RequestId) -> Result<(), InputError> {
        let held = self.held.get_mut(request).ok_or(InputError::Unknown)?;
        if held.stage.in_flight() {
            held.withdrawn = true;
        } else {
            self.give_up(request, EndReason::Withdrawn);
        }
        Ok(())
    }

    fn give_up(&mut self, request: &RequestId, why: EndReason) {
        self.remove(request);
        self.outputs.push_back(Output::GiveUp { request: request.clone(), why });
    }

    /// Everything that time and free slots now allow.
    fn advance(&mut self) {
        // Taken out first: a timer that is set again for now waits for the next call.
        let due: Vec<_> =
            self.timers.iter().take_while(|(at, ..)| *at <= self.now).cloned().collect();
        for (_, name, request) in due {
            match name {
                TimerName::NotBefore => self.set_stage(&request, Stage::Ready),
                TimerName::Claim | TimerName::Lease | TimerName::Recover => self.lost(&request),
            }
        }
        while let Some(request) = self.next_to_start() {
            let deadline = self.after(self.config.claim_timeout);
            self.set_stage(&request, Stage::Claiming { deadline });
            self.slots_free -= 1;
            let Some(held) = self.held.get_mut(&request) else {
                break;
            };
            held.attempts_made = held.attempts_made.saturating_add(1);
            let attempt = held.attempts_made;
            self.outputs.push_back(Output::Start { request, attempt });
        }
    }

    fn next_to_start(&self) -> Option<RequestId> {
        let limits = self.config.limits;
        if self.slots_free == 0 || self.in_flight >= limits.total {
            return None;
        }
        let in_flight_to =
            |number: &PhoneNumber| self.in_flight_to.get(number).copied().unwrap_or(0);
        self.ready.first(|number| in_flight_to(number) < limits.per_number)
    }

    fn lost(&mut self, request: &RequestId) {
        let ask_again = self.after(self.config.recover_again);
        self.set_stage(request, Stage::Lost { ask_again });
        let Some(held) = self.held.get(request) else {
            return;
        };
        let attempt = held.attempts_made;
        self.outputs.push_back(Output::Recover { request: request.clone(), attempt });
    }

    /// The stage of a request, where `attempt` is the one it is at.
    fn stage_of(&self, request: &RequestId, attempt: u32) -> Result<Stage, InputError> {
        let held = self.held.get(request).ok_or(InputError::Unknown)?;
        if held.attempts_made == attempt { Ok(held.stage) } else { Err(InputError::Stage) }
    }

    /// Moves a request, and with it the indices and counts.
    fn set_stage(&mut self, request: &RequestId, stage: Stage) {
        self.leave_stage(request);
        let Some(held) = self.held.get_mut(request) else {
            return;
        };
        held.stage = stage;
        if stage == Stage::Ready {
            self.ready.insert(&held.number, held.rank, request.clone());
        }
        if let Some((at, name)) = stage.timer() {
            self.timers.insert((at, name, request.clone()));
        }
        if stage.in_flight() {
            self.in_flight += 1;
            *self.in_flight_to.entry(held.number.clone()).or_default() += 1;
        }
    }

    /// Takes a request out of the indices and counts of its stage.
    fn leave_stage(&mut self, request: &RequestId) {
        let Some(held) = self.held.get(request) else {
            return;
        };
        if held.stage == Stage::Ready {
            self.ready.remove(&held.number, held.rank, request);
        }
        if let Some((at, name)) = held.stage.timer() {
            self.timers.remove(&(at, name, request.clone()));
        }
        if held.stage.in_flight() {
            self.in_flight -= 1;
            if let Some(count) = self.in_flight_to.get_mut(&held.number) {
                *count -= 1;
                if *count == 0 {
                    self.in_flight_to.remove(&held.number);
                }
            }
        }
    }

    fn remove(&mut self, request: &RequestId) {
        self.leave_stage(request);
        self.held.remove(request);
    }

    fn give_back_slot(&mut self) {
        self.slots_free = (self.slots_free + 1).min(self.config.limits.total);
    }

    fn after(&self, wait: SignedDuration) -> Timestamp {
        self.now.checked_add(wait).unwrap_or(Timestamp::MAX)
    }
}
