//! The recorder's rules against a sink in memory.

use super::*;
use proptest::prelude::*;
use std::convert::Infallible;

/// Each written frame by its far-end byte; `None` for silence.
#[derive(Default)]
struct Memory(Vec<Option<u8>>);

impl Sink for Memory {
    type Error = Infallible;

    fn frames(&self) -> u64 {
        self.0.len() as u64
    }

    fn write(&mut self, pair: &Pair) -> Result<(), Infallible> {
        self.0.push(Some(pair.far[0]));
        Ok(())
    }

    fn silence(&mut self) -> Result<(), Infallible> {
        self.0.push(None);
        Ok(())
    }

    fn blank(&mut self, from: u64, to: u64) -> Result<(), Infallible> {
        self.0[from as usize..to as usize].fill(None);
        Ok(())
    }
}

struct Bench {
    tape: Tape,
    sink: Memory,
    pushed: u64,
}

const BOUNDS: Bounds = Bounds { settle: 10, wait: 30 };

fn at(frame: u64) -> SampleTime {
    SampleTime(frame * FRAME as u64 + 7)
}

impl Bench {
    fn new() -> Bench {
        Bench { tape: Tape::new(SampleTime(0), BOUNDS), sink: Memory::default(), pushed: 0 }
    }

    fn push(&mut self, frames: u64) {
        for _ in 0..frames {
            let byte = (self.pushed % 251) as u8;
            let Ok(()) = self.tape.push(&[byte; FRAME], &[0; FRAME], &mut self.sink);
            self.pushed += 1;
        }
    }

    fn human(&mut self, frame: u64) {
        let Ok(()) = self.tape.human_from(at(frame), &mut self.sink);
    }

    fn permit(&mut self) {
        let Ok(()) = self.tape.permitted(&mut self.sink);
    }

    fn object(&mut self, frame: u64) {
        let Ok(()) = self.tape.objected(at(frame), &mut self.sink);
    }

    fn finish(&mut self) {
        let Ok(()) = self.tape.finish(&mut self.sink);
    }

    /// The frames on the sink that hold sound, by number.
    fn sounding(&self) -> Vec<u64> {
        (0..self.sink.0.len() as u64).filter(|n| self.sink.0[*n as usize].is_some()).collect()
    }
}

#[test]
fn machines_are_kept_after_a_settling_time() {
    let mut bench = Bench::new();
    bench.push(25);
    assert_eq!(bench.sink.0.len(), 15);
    bench.finish();
    assert_eq!(bench.sounding(), (0..25).collect::<Vec<_>>());
}

#[test]
fn the_first_human_sound_cuts_even_when_noticed_late() {
    let mut bench = Bench::new();
    bench.push(25);
    // Noticed five frames late: all of it is still in memory.
    bench.human(20);
    assert_eq!(bench.sounding(), (0..20).collect::<Vec<_>>());
    bench.push(3);
    bench.finish();
    assert_eq!(bench.sink.0.len(), 20, "what waited is not even a length");
    assert_eq!(bench.tape.forgotten(), 8);
}

#[test]
fn the_announcement_is_in_the_recording() {
    // RCW 9.73.030(3): what was said while it waited, the announcement among it, is kept with the rest once it is proven.
    let mut bench = Bench::new();
    bench.push(20);
    bench.human(15);
    bench.push(12);
    let announced = 22..32;
    bench.permit();
    bench.push(20);
    bench.finish();
    let kept = bench.sounding();
    assert!(announced.into_iter().all(|frame| kept.contains(&frame)), "{kept:?}");
}

#[test]
fn what_waited_of_people_who_left_is_not_kept_by_what_others_are_told() {
    let mut bench = Bench::new();
    bench.push(20);
    bench.human(15);
    bench.push(5);
    let Ok(()) = bench.tape.forget_waiting(&mut bench.sink);
    assert_eq!(bench.sounding(), (0..15).collect::<Vec<_>>());
    assert_eq!((bench.tape.forgotten(), bench.sink.0.len()), (10, 25), "silence in its place");
    bench.push(5);
    bench.permit();
    bench.finish();
    assert_eq!(bench.sounding(), (0..15).chain(25..30).collect::<Vec<_>>());
    // Nothing waits: nothing is forgotten.
    let mut bench = Bench::new();
    bench.push(5);
    let Ok(()) = bench.tape.forget_waiting(&mut bench.sink);
    bench.finish();
    assert_eq!(bench.sounding(), (0..5).collect::<Vec<_>>());
}

#[test]
fn noticed_later_than_the_settling_time_it_is_taken_back_from_the_file() {
    let mut bench = Bench::new();
    bench.push(40);
    bench.human(12);
    assert_eq!(bench.sounding(), (0..12).collect::<Vec<_>>());
    assert_eq!(bench.sink.0.len(), 30);
}

#[test]
fn a_permit_releases_what_waits() {
    let mut bench = Bench::new();
    bench.push(20);
    bench.human(18);
    bench.push(20);
    bench.permit();
    bench.push(5);
    bench.finish();
    assert_eq!(bench.sounding(), (0..45).collect::<Vec<_>>());
}

#[test]
fn past_the_wait_the_oldest_becomes_silence() {
    let mut bench = Bench::new();
    bench.push(10);
    bench.human(10);
    bench.push(50);
    bench.permit();
    bench.finish();
    let kept: Vec<u64> = (0..10).chain(30..60).collect();
    assert_eq!(bench.sounding(), kept);
    assert_eq!(bench.sink.0.len(), 60, "the timeline stays true");
}

#[test]
fn an_objection_forgets_from_there_on_for_good() {
    let mut bench = Bench::new();
    bench.push(10);
    bench.human(10);
    bench.permit();
    bench.push(40);
    bench.object(30);
    assert_eq!(bench.sounding(), (0..30).collect::<Vec<_>>());
    bench.permit();
    bench.push(40);
    bench.finish();
    assert_eq!(bench.sounding(), (0..30).collect::<Vec<_>>());
    assert_eq!(bench.tape.stopped_from(), Some(30));
}

#[test]
fn a_false_alarm_is_kept_as_machine_audio() {
    let mut bench = Bench::new();
    bench.push(15);
    bench.human(14);
    let Ok(()) = bench.tape.machine_again(true, &mut bench.sink);
    bench.push(15);
    bench.finish();
    assert_eq!(bench.sounding(), (0..30).collect::<Vec<_>>());
}

#[test]
fn where_somebody_was_established_what_waited_is_forgotten() {
    let mut bench = Bench::new();
    bench.push(15);
    bench.human(14);
    bench.push(5);
    let Ok(()) = bench.tape.machine_again(false, &mut bench.sink);
    bench.push(10);
    bench.finish();
    let kept: Vec<u64> = (0..14).chain(20..30).collect();
    assert_eq!(bench.sounding(), kept);
    assert_eq!(bench.sink.0.len(), 30, "the timeline stays true");
    assert_eq!(bench.tape.forgotten(), 6);
}

#[derive(Clone, Debug)]
enum Step {
    Push(u64),
    Human { back: u64 },
    Permit,
    MachineAgain { nobody: bool },
    Object { back: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1_u64..40).prop_map(Step::Push),
        2 => (0_u64..25).prop_map(|back| Step::Human { back }),
        2 => Just(Step::Permit),
        1 => any::<bool>().prop_map(|nobody| Step::MachineAgain { nobody }),
        1 => (0_u64..25).prop_map(|back| Step::Object { back }),
    ];
    prop::collection::vec(step, 1..30)
}

proptest! {
    /// At every moment: no frame from a human sound on is on the file unless a permit came after it; none
    /// from an objection on; the timeline has no holes; and memory stays within its bound.
    #[test]
    fn nobody_is_kept_without_leave(steps in steps()) {
        let mut bench = Bench::new();
        let mut waiting: Option<u64> = None;
        let mut stopped: Option<u64> = None;
        let mut forgotten: Vec<std::ops::Range<u64>> = Vec::new();
        for step in steps {
            match step {
                Step::Push(frames) => bench.push(frames),
                Step::Human { back } => {
                    let from = bench.pushed.saturating_sub(back);
                    bench.human(from);
                    waiting = Some(waiting.map_or(from, |before| before.min(from)));
                }
                Step::Permit => {
                    bench.permit();
                    waiting = None;
                }
                Step::MachineAgain { nobody } => {
                    let Ok(()) = bench.tape.machine_again(nobody, &mut bench.sink);
                    if let Some(from) = waiting.take_if(|_| stopped.is_none())
                        && !nobody
                    {
                        forgotten.push(from..bench.pushed);
                    }
                }
                Step::Object { back } => {
                    let from = bench.pushed.saturating_sub(back);
                    bench.object(from);
                    if stopped.is_none() {
                        stopped = Some(waiting.map_or(from, |waiting| waiting.min(from)));
                    }
                }
            }
            if let Some(from) = stopped.or(waiting) {
                prop_assert!(bench.sounding().iter().all(|frame| *frame < from));
            }
            prop_assert!(!bench.sounding().iter().any(|frame| forgotten.iter().any(|gone| gone.contains(frame))));
            prop_assert!(bench.tape.held.len() <= BOUNDS.wait.max(BOUNDS.settle));
            for (n, byte) in bench.sink.0.iter().enumerate() {
                prop_assert!(byte.is_none_or(|byte| u64::from(byte) == n as u64 % 251));
            }
        }
        bench.finish();
        if let Some(from) = stopped.or(waiting) {
            prop_assert!(bench.sounding().iter().all(|frame| *frame < from));
        } else {
            prop_assert_eq!(bench.sink.0.len() as u64, bench.pushed);
        }
    }
}
