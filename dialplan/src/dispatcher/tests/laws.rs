//! The machine's laws as properties, against a world that does anything in any order.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::*;
use super::{at, config, number, request};

/// What a random shell does next.
#[derive(Clone, Debug)]
enum Move {
    Enqueue { to: usize, delay: i64, priority: Priority },
    Slot,
    Answer { which: usize, claim: u8 },
    End { which: usize, outcome: usize },
    Renew { which: usize },
    Withdraw { which: usize },
    Wait { s: i64 },
}

const OUTCOMES: [CallOutcome; 6] = [
    CallOutcome::Complete,
    CallOutcome::Busy,
    CallOutcome::Dropped,
    CallOutcome::OurFault,
    CallOutcome::RefusedAi,
    CallOutcome::PolicyRefused,
];

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let priority = prop_oneof![Just(Priority::Low), Just(Priority::Normal), Just(Priority::Urgent)];
    let one = prop_oneof![
        3 => (0_usize..3, 0_i64..90, priority)
            .prop_map(|(to, delay, priority)| Move::Enqueue { to, delay, priority }),
        3 => Just(Move::Slot),
        4 => (0_usize..8, 0_u8..6).prop_map(|(which, claim)| Move::Answer { which, claim }),
        4 => (0_usize..8, 0_usize..6).prop_map(|(which, outcome)| Move::End { which, outcome }),
        1 => (0_usize..8).prop_map(|which| Move::Renew { which }),
        1 => (0_usize..20).prop_map(|which| Move::Withdraw { which }),
        3 => (0_i64..400).prop_map(|s| Move::Wait { s }),
    ];
    proptest::collection::vec(one, 0..120)
}

/// A request as the world sees it.
#[derive(Clone, Debug)]
struct Seen {
    to: usize,
    rank: (std::cmp::Reverse<Priority>, usize),
    ready_from: Timestamp,
    flight: Option<(u32, bool)>, // attempt, and whether its claim was won
    over: bool,
}

/// The world around the machine, which checks the laws at every output.
struct World {
    machine: Dispatcher,
    limits: Limits,
    now: Timestamp,
    seen: BTreeMap<RequestId, Seen>,
    slots: u32,
}

impl World {
    fn new(total: u32, per_number: u32) -> World {
        let limits = Limits { total, per_number };
        let machine = Dispatcher::new(config(total, per_number));
        World { machine, limits, now: at(0), seen: BTreeMap::new(), slots: 0 }
    }

    fn flying(&self) -> Vec<(RequestId, u32, bool)> {
        self.seen
            .iter()
            .filter_map(|(r, s)| s.flight.map(|(attempt, won)| (r.clone(), attempt, won)))
            .collect()
    }

    fn flying_to(&self, to: usize) -> usize {
        self.seen.values().filter(|s| s.flight.is_some() && s.to == to).count()
    }

    fn input(&mut self, input: Input) {
        self.machine.handle(self.now, input).unwrap();
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Start { request, attempt } => self.check_start(&request, attempt),
                Output::Park { request, until, .. } => {
                    let seen = self.seen.get_mut(&request).unwrap();
                    assert!(seen.flight.is_none() && !seen.over);
                    seen.ready_from = until;
                }
                Output::Recover { request, attempt } => {
                    assert_eq!(self.seen[&request].flight.map(|(a, _)| a), Some(attempt));
                }
                Output::Done { request } | Output::GiveUp { request, .. } => {
                    let seen = self.seen.get_mut(&request).unwrap();
                    assert!(seen.flight.is_none() && !seen.over, "ended twice or in flight");
                    seen.over = true;
                }
            }
        }
        let open = self.seen.values().filter(|s| !s.over).count();
        assert_eq!(self.machine.held(), open, "a request is lost or kept");
        assert_eq!(self.machine.in_flight() as usize, self.flying().len());
    }

    fn check_start(&mut self, request: &RequestId, attempt: u32) {
        let seen = &self.seen[request];
        assert!(!seen.over && seen.flight.is_none(), "two calls for one request");
        assert!(seen.ready_from <= self.now, "too early");
        let better = self.seen.iter().find(|(_, other)| {
            !other.over
                && other.flight.is_none()
                && other.ready_from <= self.now
                && other.rank < seen.rank
                && self.flying_to(other.to) < self.limits.per_number as usize
        });
        assert!(better.is_none(), "{better:?} was passed over for {request}");
        self.slots = self.slots.checked_sub(1).expect("started without a slot");
        self.seen.get_mut(request).unwrap().flight = Some((attempt, false));
        assert!(self.flying().len() <= self.limits.total as usize);
        let to = self.seen[request].to;
        assert!(self.flying_to(to) <= self.limits.per_number as usize);
    }

    fn answer(&mut self, request: RequestId, attempt: u32, claim: u8) {
        let seen = self.seen.get_mut(&request).unwrap();
        let claim = match claim {
            0 => Claim::Taken,
            1 => Claim::Unavailable,
            _ => Claim::Won { until: self.now + SignedDuration::from_secs(60) },
        };
        let lost = self
            .machine
            .handle(self.now, Input::Claimed { request: request.clone(), attempt, claim });
        if lost.is_err() {
            return; // the claim came too late, and recovery is under way
        }
        match claim {
            Claim::Won { .. } => seen.flight = Some((attempt, true)),
            Claim::Taken => {
                seen.flight = None;
                seen.over = true;
                self.slots = (self.slots + 1).min(self.limits.total);
            }
            Claim::Unavailable => {
                seen.flight = None;
                seen.ready_from = self.now + Config::CLAIM_AGAIN;
                self.slots = (self.slots + 1).min(self.limits.total);
            }
        }
        self.drain();
    }

    fn end(&mut self, request: RequestId, attempt: u32, outcome: CallOutcome) {
        self.seen.get_mut(&request).unwrap().flight = None;
        self.seen.get_mut(&request).unwrap().ready_from = Timestamp::MAX;
        self.input(Input::CallEnded { request, attempt, outcome, payer_opens: None });
    }

    fn step(&mut self, index: usize, action: Move) {
        let flying = self.flying();
        let pick = |which: usize| flying.get(which % flying.len().max(1)).cloned();
        match action {
            Move::Enqueue { to, delay, priority } => {
                let ready_from = self.now + SignedDuration::from_secs(delay);
                let rank = (std::cmp::Reverse(priority), index);
                let seen = Seen { to, rank, ready_from, flight: None, over: false };
                self.seen.insert(request(index), seen);
                let (request, number) = (request(index), number(to));
                self.input(Input::Enqueued {
                    request,
                    number,
                    not_before: ready_from,
                    priority,
                    attempts_made: 0,
                });
            }
            Move::Slot => {
                self.slots = (self.slots + 1).min(self.limits.total);
                self.input(Input::SlotFree);
            }
            Move::Answer { which, claim } => {
                if let Some((request, attempt, false)) = pick(which) {
                    self.answer(request, attempt, claim);
                }
            }
            Move::End { which, outcome } => {
                if let Some((request, attempt, _)) = pick(which) {
                    self.end(request, attempt, OUTCOMES[outcome]);
                }
            }
            Move::Renew { which } => {
                if let Some((request, attempt, true)) = pick(which) {
                    let until = self.now + SignedDuration::from_secs(90);
                    // Refused where the lease ran out already; then nothing may come of it.
                    let renewed = Input::Renewed { request, attempt, until };
                    let taken = self.machine.handle(self.now, renewed);
                    assert!(matches!(taken, Ok(()) | Err(InputError::Stage)));
                    self.drain();
                }
            }
            Move::Withdraw { which } => {
                let open: Vec<RequestId> =
                    self.seen.iter().filter(|(_, s)| !s.over).map(|(r, _)| r.clone()).collect();
                if let Some(request) = open.get(which % open.len().max(1)) {
                    self.input(Input::Withdrawn { request: request.clone() });
                }
            }
            Move::Wait { s } => self.wait_until(self.now + SignedDuration::from_secs(s)),
        }
    }

    /// Lets time pass as a driver does: at every deadline on the way.
    fn wait_until(&mut self, end: Timestamp) {
        while let Some((deadline, _)) = self.machine.poll_timeout().filter(|(d, _)| *d <= end) {
            self.now = self.now.max(deadline);
            self.machine.handle_timeout(self.now).unwrap();
            self.drain();
            let next = self.machine.poll_timeout();
            assert!(next.is_none_or(|(next, _)| next > self.now), "a deadline that stays");
        }
        self.now = end;
        self.machine.handle_timeout(self.now).unwrap();
        self.drain();
    }

    /// Answers everything from here on: every request must come to an end.
    fn finish(&mut self) {
        for _ in 0..2_000 {
            if self.machine.held() == 0 {
                return;
            }
            if self.slots == 0 {
                self.slots = 1;
                self.input(Input::SlotFree);
            }
            match self.flying().first().cloned() {
                Some((request, attempt, _)) => self.end(request, attempt, CallOutcome::Complete),
                None => {
                    let (deadline, _) = self.machine.poll_timeout().expect("nothing to wait for");
                    self.wait_until(deadline);
                }
            }
        }
        panic!("{} requests never come to an end", self.machine.held());
    }
}

proptest! {
    /// Never two calls for one request, none lost, no limit exceeded, oldest first within a priority.
    #[test]
    fn the_laws_hold(total in 1_u32..4, per_number in 1_u32..3, moves in moves()) {
        let mut world = World::new(total, per_number);
        for (index, action) in moves.into_iter().enumerate() {
            world.step(index, action);
        }
        world.finish();
        prop_assert!(world.seen.values().all(|seen| seen.over));
    }
}
