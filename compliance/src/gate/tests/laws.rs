//! The gate with everything around it, explored whole: no order of events breaks a law, and each law can be seen to fail.
//!
//! What the states are made of, and what is bounded, is said in [`super::world`].

use super::explore::{Explored, Model, explore};
use super::world::{
    Act, Bench, FIXED, FIXED_ONLY, Fault, OLD_MARK, ONCE, OPERATOR, PERMIT, Phase, TAPE, VALUES,
    World,
};
use super::*;

/// More than there are, by far: a run that meets it fails.
const STATES_MAX: usize = 2_000_000;

fn whole(paced_clock: PacedClock) -> Explored<Bench> {
    match explore(&Bench { fault: Fault::None, paced_clock }, STATES_MAX) {
        Ok(explored) => explored,
        Err(broken) => panic!("{}:\n  {}", broken.law, broken.way.join("\n  ")),
    }
}

#[test]
fn no_order_of_events_breaks_a_law_of_the_gate() {
    for paced_clock in [PacedClock::ProvesNothing, PacedClock::Proves] {
        let explored = whole(paced_clock);
        eprintln!("{} states, {} steps", explored.states.len(), explored.steps.len());
        let seen = |wanted: fn(&World) -> bool| explored.states.iter().any(wanted);
        // Laws about what never happens are worth nothing where nothing happens.
        assert!(explored.states.len() > 1_000, "{}", explored.states.len());
        assert!(seen(|world| world.gate.mode == Mode::Open));
        assert!(seen(|world| world.gate.mode == Mode::Operator));
        assert!(seen(|world| world.phase == Phase::Ended));
        assert!(seen(|world| world.is_armed() && world.is_decided()), "the end is due somewhere");
    }
}

#[test]
fn every_armed_gate_can_still_open_or_come_to_the_polite_end() {
    let explored = whole(PacedClock::ProvesNothing);
    // Once the polite end was played there is nothing to wait for.
    let waits_on = |world: &World| world.is_armed() && world.phase != Phase::Ended;
    let stuck = explored.stuck(waits_on, World::is_decided);
    assert_eq!(stuck.map(|at| explored.way(at)), None);
    // A law that cannot fail says nothing.
    let bench = Bench { fault: Fault::WaitsForever, paced_clock: PacedClock::ProvesNothing };
    let waits = explore(&bench, STATES_MAX).unwrap_or_else(|broken| panic!("{broken:?}"));
    assert!(waits.stuck(waits_on, World::is_decided).is_some());
}

/// Plays what is due, has it end in each way that it can, and so on. Gives the most attempts that it took.
fn attempts(bench: &Bench, world: &World, so_far: u32) -> u32 {
    if world.is_decided() || !world.is_armed() {
        return so_far;
    }
    let Some(due) = world.next_attempt() else {
        panic!("nothing is due to an armed gate: {world:?}")
    };
    let step = |world: &World, act| bench.step(world, act).unwrap_or_else(|law| panic!("{law}"));
    let begun =
        step(world, Act::Queue(due)).unwrap_or_else(|| panic!("{due:?} is due and refused"));
    let ends = [Act::Mark, Act::Cut { heard: true }, Act::Cut { heard: false }, Act::Unproven];
    let most = ends.into_iter().filter_map(|end| step(&begun, end));
    most.map(|next| attempts(bench, &next, so_far + 1)).max().unwrap_or(so_far)
}

#[test]
fn three_attempts_decide_whatever_the_far_end_does() {
    let bench = Bench { fault: Fault::None, paced_clock: PacedClock::ProvesNothing };
    let explored = whole(PacedClock::ProvesNothing);
    let begins = |world: &&World| world.phase == Phase::Person && world.next_attempt().is_some();
    let most = explored.states.iter().filter(begins).map(|world| attempts(&bench, world, 0)).max();
    assert_eq!(most, Some(3), "the whole, its rest, the short form");
}

#[test]
fn a_driver_that_does_wrong_is_found_out() {
    for (fault, law) in [
        (Fault::ReadmitsWhatIsGone, OLD_MARK),
        (Fault::NewPersonIsNotTold, TAPE),
        // What was asked for before the transfer is keyed after it: as short a way as words to whoever is there.
        (Fault::TransferIsNotTold, VALUES),
        (Fault::PlaysWhatIsStale, FIXED_ONLY),
        (Fault::ObjectionIsNotTold, PERMIT),
        (Fault::RecordsOn, TAPE),
        (Fault::RemembersThePayer, VALUES),
        (Fault::RemembersTheQuestion, VALUES),
        (Fault::CutIsNotTold, ONCE),
        (Fault::HoldsFixedClipsBack, FIXED),
        (Fault::TakeOverIsNotTold, OPERATOR),
    ] {
        let bench = Bench { fault, paced_clock: PacedClock::ProvesNothing };
        let broken = explore(&bench, STATES_MAX).err().map(|broken| broken.law);
        assert_eq!(broken, Some(law), "{fault:?}");
    }
}
