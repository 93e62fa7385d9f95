//! Random walks: whatever is done in whatever order, what must not pass does not.

use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Segment {
        ms: usize,
    },
    Begin,
    Append {
        ms: usize,
    },
    Finish,
    Clip(ClipKind),
    Cut(Cut),
    Arm(ArmReason),
    TakenOver,
    Menu,
    Send(usize),
    Tick(usize),
    /// The carrier echoes the oldest mark it has.
    Echo,
    /// It echoes some mark it was ever sent.
    EchoAny(prop::sample::Index),
}

fn step() -> impl Strategy<Value = Step> {
    let clip = prop::sample::select(vec![
        ClipKind::Disclosure,
        ClipKind::DisclosureRest,
        ClipKind::DisclosureShort,
        ClipKind::IAmAutomated,
        ClipKind::Filler,
    ]);
    let arm = prop::sample::select(vec![
        ArmReason::Person,
        ArmReason::NewPerson,
        ArmReason::Doubt,
        ArmReason::Transfer,
        ArmReason::TakeOver,
    ]);
    prop_oneof![
        3 => (0_usize..500).prop_map(|ms| Step::Segment { ms }),
        2 => Just(Step::Begin),
        3 => (0_usize..300).prop_map(|ms| Step::Append { ms }),
        2 => Just(Step::Finish),
        4 => clip.prop_map(Step::Clip),
        1 => prop::sample::select(vec![Cut::Interruption, Cut::Everything]).prop_map(Step::Cut),
        1 => arm.prop_map(Step::Arm),
        1 => Just(Step::TakenOver),
        1 => Just(Step::Menu),
        4 => (1_usize..12).prop_map(Step::Send),
        4 => (1_usize..40).prop_map(Step::Tick),
        4 => Just(Step::Echo),
        1 => any::<prop::sample::Index>().prop_map(Step::EchoAny),
    ]
}

/// What the test knows, from the results of calls alone, about the items it queued.
#[derive(Default)]
struct Book {
    /// Per item: whether it may be heard while the gate is armed.
    always: std::collections::BTreeMap<u64, bool>,
    next: u64,
    open_segment: Option<u64>,
    marks: Vec<String>,
    waiting: VecDeque<String>,
    last_sent: u64,
    over: std::collections::BTreeSet<u64>,
    opened: u32,
    disclosures_done: u32,
}

impl Book {
    /// Each item's audio names the item, so that what is on the wire can be told apart.
    fn audio(id: u64, ms: usize) -> Bytes {
        Bytes::from([(id >> 8) as u8, id as u8].repeat(ms * 4))
    }

    fn queue(&mut self, result: Result<(), PlayoutError>, always: bool) -> Option<u64> {
        let id = self.next;
        self.next += 1;
        result.ok()?;
        self.always.insert(id, always);
        Some(id)
    }

    fn check_media(&mut self, audio: &[u8], mode: Mode) -> Result<(), TestCaseError> {
        for name in audio.chunks_exact(2) {
            let id = u64::from(name[0]) << 8 | u64::from(name[1]);
            let always = self.always.get(&id).copied();
            prop_assert!(always.is_some(), "item {} was never admitted", id);
            prop_assert!(mode == Mode::Open || always == Some(true), "item {} while not open", id);
            prop_assert!(!self.over.contains(&id), "item {} was over", id);
            prop_assert!(id >= self.last_sent, "item {} after {}", id, self.last_sent);
            self.last_sent = id;
        }
        Ok(())
    }

    fn check_events(&mut self, playout: &mut Playout) -> Result<(), TestCaseError> {
        while let Some(event) = playout.poll_event() {
            match event {
                PlayoutEvent::Started { id } => prop_assert!(!self.over.contains(&id.0)),
                PlayoutEvent::Done { id, by, .. } => {
                    prop_assert!(self.over.insert(id.0), "over once only");
                    self.disclosures_done += u32::from(by == DoneBy::Mark && self.always[&id.0]);
                }
                PlayoutEvent::Cut { id, .. } => prop_assert!(self.over.insert(id.0)),
                PlayoutEvent::GateOpened { .. } => self.opened += 1,
            }
        }
        prop_assert!(self.opened <= self.disclosures_done);
        Ok(())
    }

    fn run(&mut self, playout: &mut Playout, step: Step) -> Result<(), TestCaseError> {
        let id = ItemId(self.next);
        match step {
            Step::Segment { ms } => {
                let result = playout.segment(id, FieldSet::EMPTY, Book::audio(id.0, ms));
                self.queue(result, false);
            }
            Step::Begin => {
                let result = playout.begin_segment(id, FieldSet::EMPTY);
                // A segment still open stays open, and holds everything behind it: as a stalled voice would.
                self.open_segment = self.queue(result, false).or(self.open_segment);
            }
            Step::Append { ms } => {
                if let Some(id) = self.open_segment {
                    let gone = playout.append(ItemId(id), Book::audio(id, ms)).is_err();
                    prop_assert_eq!(gone, self.over.contains(&id), "taken until it is over");
                }
            }
            Step::Finish => {
                if let Some(id) = self.open_segment.take() {
                    let gone = playout.finish(ItemId(id)).is_err();
                    prop_assert_eq!(gone, self.over.contains(&id));
                }
            }
            Step::Clip(clip) => {
                let result = playout.clip(id, clip, Book::audio(id.0, 600));
                self.queue(result, clip.passes_always());
            }
            Step::Cut(cut) => playout.cut(cut),
            Step::Arm(why) => playout.arm(why),
            Step::TakenOver => playout.taken_over(),
            Step::Menu => {
                let went = playout.menu().is_ok();
                prop_assert_eq!(went, playout.mode() == Mode::Menu);
            }
            Step::Send(count) => {
                for _ in 0..count {
                    match playout.poll_transmit() {
                        Some(Transmit::Media(audio)) => self.check_media(&audio, playout.mode())?,
                        Some(Transmit::Mark(name)) => {
                            self.marks.push(name.clone());
                            self.waiting.push_back(name);
                        }
                        Some(Transmit::Clear) | None => {}
                    }
                }
            }
            Step::Tick(count) => {
                ticks(playout, count);
            }
            Step::Echo => {
                if let Some(name) = self.waiting.pop_front() {
                    playout.on_mark(&name);
                }
            }
            Step::EchoAny(which) => {
                if !self.marks.is_empty() {
                    let name = which.get(self.marks.as_slice()).clone();
                    playout.on_mark(&name);
                }
            }
        }
        self.check_events(playout)
    }
}

proptest! {
    /// Whatever happens in whatever order: only admitted audio reaches the wire, in the order of queueing,
    /// nothing of it while the gate is not open except clips that always pass, nothing of an item that is
    /// over; every item is over at most once; and the gate opens only on a clip whose mark proved it.
    #[test]
    fn nothing_passes_that_was_not_let_pass(steps in prop::collection::vec(step(), 1..120)) {
        let mut playout = playout();
        let mut book = Book::default();
        playout.arm(ArmReason::Person);
        for step in steps {
            book.run(&mut playout, step)?;
        }
        playout.cut(Cut::Everything);
        book.check_events(&mut playout)?;
        prop_assert_eq!(book.over.len(), book.always.len(), "every admitted item ended");
        prop_assert!(playout.is_idle());
    }
}
