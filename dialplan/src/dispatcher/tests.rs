//! The machine's laws by example; `laws` has them as properties.

mod laws;

use super::*;

fn at(s: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + s).unwrap()
}

fn request(n: usize) -> RequestId {
    RequestId::new(&format!("r{n:03}")).unwrap()
}

fn number(n: usize) -> PhoneNumber {
    PhoneNumber::parse_e164(&format!("+1800200014{}", n % 10)).unwrap()
}

fn config(total: u32, per_number: u32) -> Config {
    Config::new(Limits { total, per_number }, RetryRules::embedded().unwrap())
}

fn enqueued(n: usize, to: usize, not_before: i64, priority: Priority) -> Input {
    Input::Enqueued {
        request: request(n),
        number: number(to),
        not_before: at(not_before),
        priority,
        attempts_made: 0,
    }
}

fn outputs(machine: &mut Dispatcher) -> Vec<Output> {
    std::iter::from_fn(|| machine.poll_output()).collect()
}

/// Feeds an input that must be taken and gives what comes out.
fn feed(machine: &mut Dispatcher, now: i64, input: Input) -> Vec<Output> {
    machine.handle(at(now), input).unwrap();
    outputs(machine)
}

fn started(outputs: &[Output]) -> Vec<RequestId> {
    let start = |output: &Output| match output {
        Output::Start { request, .. } => Some(request.clone()),
        Output::Park { .. }
        | Output::Recover { .. }
        | Output::Done { .. }
        | Output::GiveUp { .. } => None,
    };
    outputs.iter().filter_map(start).collect()
}

fn won(n: usize, attempt: u32, until: i64) -> Input {
    Input::Claimed { request: request(n), attempt, claim: Claim::Won { until: at(until) } }
}

fn ended(n: usize, attempt: u32, outcome: CallOutcome) -> Input {
    Input::CallEnded { request: request(n), attempt, outcome, payer_opens: None }
}

#[test]
fn a_request_goes_through_its_life() {
    let mut machine = Dispatcher::new(config(1, 1));
    assert_eq!(feed(&mut machine, 0, enqueued(1, 0, 0, Priority::Normal)), []);
    let start = Output::Start { request: request(1), attempt: 1 };
    assert_eq!(feed(&mut machine, 0, Input::SlotFree), [start]);
    assert_eq!(machine.poll_timeout(), Some((at(15), TimerName::Claim)));
    assert_eq!(feed(&mut machine, 1, won(1, 1, 60)), []);
    assert_eq!(machine.poll_timeout(), Some((at(60), TimerName::Lease)));
    let renewed = Input::Renewed { request: request(1), attempt: 1, until: at(120) };
    assert_eq!(feed(&mut machine, 50, renewed), []);
    let park = Output::Park { request: request(1), attempts_made: 1, until: at(160) };
    assert_eq!(feed(&mut machine, 100, ended(1, 1, CallOutcome::Dropped)), [park]);
    assert_eq!(machine.poll_timeout(), Some((at(160), TimerName::NotBefore)));
    assert_eq!(feed(&mut machine, 110, Input::SlotFree), []);
    machine.handle_timeout(at(160)).unwrap();
    let again = Output::Start { request: request(1), attempt: 2 };
    assert_eq!(outputs(&mut machine), [again]);
    feed(&mut machine, 161, won(1, 2, 200));
    let done = Output::Done { request: request(1) };
    assert_eq!(feed(&mut machine, 190, ended(1, 2, CallOutcome::Complete)), [done]);
    assert_eq!((machine.held(), machine.in_flight(), machine.poll_timeout()), (0, 0, None));
}

#[test]
fn an_unset_limit_starts_nothing() {
    for limits in [
        Limits::default(),
        Limits { total: 5, ..Limits::default() },
        Limits { per_number: 5, ..Limits::default() },
    ] {
        let config = Config::new(limits, RetryRules::embedded().unwrap());
        let mut machine = Dispatcher::new(config);
        feed(&mut machine, 0, Input::SlotFree);
        assert_eq!(feed(&mut machine, 0, enqueued(1, 0, 0, Priority::Urgent)), [], "{limits:?}");
    }
}

#[test]
fn the_oldest_of_the_highest_priority_goes_first() {
    let mut machine = Dispatcher::new(config(9, 9));
    feed(&mut machine, 0, enqueued(1, 0, 0, Priority::Low));
    feed(&mut machine, 0, enqueued(2, 0, 0, Priority::Normal));
    feed(&mut machine, 0, enqueued(3, 0, 0, Priority::Normal));
    feed(&mut machine, 0, enqueued(4, 0, 0, Priority::Urgent));
    feed(&mut machine, 0, enqueued(5, 0, 99, Priority::Urgent));
    let mut order = Vec::new();
    for _ in 0..5 {
        order.extend(started(&feed(&mut machine, 0, Input::SlotFree)));
    }
    assert_eq!(order, [4, 2, 3, 1].map(request));
}

#[test]
fn a_number_at_its_limit_lets_the_next_pass() {
    let mut machine = Dispatcher::new(config(9, 1));
    for (n, to) in [(1, 0), (2, 0), (3, 1)] {
        feed(&mut machine, 0, enqueued(n, to, 0, Priority::Normal));
    }
    assert_eq!(started(&feed(&mut machine, 0, Input::SlotFree)), [request(1)]);
    assert_eq!(started(&feed(&mut machine, 0, Input::SlotFree)), [request(3)]);
    assert_eq!(started(&feed(&mut machine, 0, Input::SlotFree)), []);
    let out = feed(&mut machine, 1, ended(1, 1, CallOutcome::Complete));
    assert_eq!(started(&out), [request(2)]);
}

#[test]
fn a_lease_that_runs_out_is_recovered_and_not_started_again() {
    let mut machine = Dispatcher::new(config(2, 2));
    feed(&mut machine, 0, Input::SlotFree);
    feed(&mut machine, 0, Input::SlotFree);
    feed(&mut machine, 0, enqueued(1, 0, 0, Priority::Normal));
    feed(&mut machine, 0, won(1, 1, 30));
    let recover = || vec![Output::Recover { request: request(1), attempt: 1 }];
    machine.handle_timeout(at(30)).unwrap();
    assert_eq!(outputs(&mut machine), recover());
    assert_eq!(machine.poll_timeout(), Some((at(90), TimerName::Recover)));
    // A late renewal does not bring it back: its leg is being ended.
    let renewed = Input::Renewed { request: request(1), attempt: 1, until: at(500) };
    assert_eq!(machine.handle(at(31), renewed), Err(InputError::Stage));
    machine.handle_timeout(at(90)).unwrap();
    assert_eq!(outputs(&mut machine), recover());
    let out = feed(&mut machine, 95, ended(1, 1, CallOutcome::OurFault));
    let park = Output::Park { request: request(1), attempts_made: 1, until: at(95 + 120) };
    assert_eq!(out, [park]);
}

#[test]
fn a_claim_without_an_answer_is_recovered() {
    let mut machine = Dispatcher::new(config(1, 1));
    feed(&mut machine, 0, Input::SlotFree);
    feed(&mut machine, 0, enqueued(1, 0, 0, Priority::Normal));
    machine.handle_timeout(at(15)).unwrap();
    let recover = Output::Recover { request: request(1), attempt: 1 };
    assert_eq!(outputs(&mut machine), [recover]);
    assert_eq!(machine.handle(at(16), won(1, 1, 60)), Err(InputError::Stage));
}

#[test]
fn a_claim_that_is_not_won_gives_its_slot_back() {
    let mut machine = Dispatcher::new(config(1, 1));
    feed(&mut machine, 0, Input::SlotFree);
    feed(&mut machine, 0, enqueued(1, 0, 0, Priority::Urgent));
    feed(&mut machine, 0, enqueued(2, 0, 0, Priority::Normal));
    let claimed = |n, claim| Input::Claimed { request: request(n), attempt: 1, claim };
    let out = feed(&mut machine, 0, claimed(1, Claim::Unavailable));
    assert_eq!(started(&out), [request(2)]);
    let out = feed(&mut machine, 5, claimed(2, Claim::Taken));
    // The attempt that was never made does not count.
    assert_eq!(out, [Output::Start { request: request(1), attempt: 1 }]);
    assert_eq!(machine.held(), 1);
}

#[test]
fn a_withdrawn_request_is_not_tried_again() {
    let mut machine = Dispatcher::new(config(1, 1));
    feed(&mut machine, 0, enqueued(1, 0, 0, Priority::Normal));
    let withdrawn = || Input::Withdrawn { request: request(1) };
    let give_up = || vec![Output::GiveUp { request: request(1), why: EndReason::Withdrawn }];
    assert_eq!(feed(&mut machine, 0, withdrawn()), give_up());
    assert_eq!(machine.handle(at(0), withdrawn()), Err(InputError::Unknown));
    feed(&mut machine, 0, enqueued(1, 0, 0, Priority::Normal));
    feed(&mut machine, 0, Input::SlotFree);
    assert_eq!(feed(&mut machine, 0, withdrawn()), []);
    feed(&mut machine, 0, won(1, 1, 60));
    assert_eq!(feed(&mut machine, 9, ended(1, 1, CallOutcome::Busy)), give_up());
}

#[test]
fn inputs_that_do_not_fit_change_nothing() {
    let mut machine = Dispatcher::new(Config { held_max: 1, ..config(1, 1) });
    feed(&mut machine, 0, enqueued(1, 0, 0, Priority::Normal));
    let mut refused = |input| machine.handle(at(0), input).unwrap_err();
    assert_eq!(refused(enqueued(1, 0, 0, Priority::Normal)), InputError::Twice);
    assert_eq!(refused(enqueued(2, 0, 0, Priority::Normal)), InputError::Full);
    assert_eq!(refused(won(1, 1, 60)), InputError::Stage);
    assert_eq!(refused(ended(1, 0, CallOutcome::Complete)), InputError::Stage);
    assert_eq!(refused(ended(2, 1, CallOutcome::Complete)), InputError::Unknown);
    machine.handle(at(0), Input::SlotFree).unwrap();
    assert_eq!(machine.handle(at(0), Input::SlotFree), Err(InputError::NotDrained));
    assert_eq!(machine.handle_timeout(at(0)), Err(InputError::NotDrained));
    assert_eq!(started(&outputs(&mut machine)), [request(1)]);
}

#[test]
fn a_clock_that_is_set_back_does_not_turn_time_back() {
    let mut machine = Dispatcher::new(config(1, 1));
    feed(&mut machine, 100, Input::SlotFree);
    let out = feed(&mut machine, 0, enqueued(1, 0, 50, Priority::Normal));
    assert_eq!(started(&out), [request(1)]);
}
