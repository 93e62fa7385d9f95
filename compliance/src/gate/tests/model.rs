//! A second telling of the gate's rules, from the history instead of from a state, and random inputs to both.

use proptest::prelude::*;

use super::*;

/// What can be done to a gate.
#[derive(Clone, Debug)]
enum Op {
    Arm(ArmReason),
    TakenOver,
    Menu,
    Counterparty,
    Asked(bool),
    Admit(ClipKind),
    Played { clip: ClipKind, epoch_behind: u32, by: ProofBy },
    Cleared,
    Interrupted { clip: ClipKind, heard: bool },
    Unproven(ClipKind),
    Objected,
    Speak { patient: bool },
}

fn clips() -> impl Strategy<Value = ClipKind> {
    prop_oneof![
        3 => Just(ClipKind::Disclosure),
        2 => Just(ClipKind::DisclosureRest),
        2 => Just(ClipKind::DisclosureShort),
        1 => Just(ClipKind::IAmAutomated),
        1 => Just(ClipKind::Filler),
    ]
}

fn ops() -> impl Strategy<Value = Op> {
    let reasons = prop_oneof![
        Just(ArmReason::Person),
        Just(ArmReason::NewPerson),
        Just(ArmReason::HoldEnded),
        Just(ArmReason::Transfer),
        Just(ArmReason::Doubt),
        Just(ArmReason::TakeOver),
    ];
    let by = prop_oneof![4 => Just(ProofBy::Mark), 1 => Just(ProofBy::PacedClock)];
    let behind = prop_oneof![4 => Just(0u32), 1 => 1u32..3];
    prop_oneof![
        3 => reasons.prop_map(Op::Arm),
        1 => Just(Op::TakenOver),
        1 => Just(Op::Menu),
        1 => Just(Op::Counterparty),
        1 => any::<bool>().prop_map(Op::Asked),
        4 => clips().prop_map(Op::Admit),
        4 => (clips(), behind, by)
            .prop_map(|(clip, epoch_behind, by)| Op::Played { clip, epoch_behind, by }),
        1 => Just(Op::Cleared),
        2 => (clips(), any::<bool>()).prop_map(|(clip, heard)| Op::Interrupted { clip, heard }),
        1 => clips().prop_map(Op::Unproven),
        1 => Just(Op::Objected),
        3 => any::<bool>().prop_map(|patient| Op::Speak { patient }),
    ]
}

/// A second telling of the rules, from the history instead of from a state: it keeps what happened and looks back.
#[derive(Default)]
struct History {
    /// Everything since the listener last changed; `None` before anybody was suspected.
    since_armed: Option<Vec<Event>>,
    person: bool,
    counterparty: bool,
    asked: bool,
    objected: bool,
    opened: bool,
    /// An operator has the line.
    operator: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Event {
    Queued(ClipKind),
    Cleared,
    Cut { heard: bool },
    Unproven,
}

/// The part of a disclosure that is due.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    None,
    Rest,
    Again,
    Short,
}

impl History {
    /// The disclosure that was queued last and not cut since, and whether a clear came after it.
    fn under_way(&self) -> Option<(ClipKind, bool)> {
        let events = self.since_armed.as_deref().unwrap_or_default();
        let at = events
            .iter()
            .rposition(|event| matches!(event, Event::Queued(clip) if clip.is_disclosure()))?;
        let Event::Queued(clip) = events[at] else {
            return None;
        };
        let after = &events[at..];
        let fell_through = |event: &Event| matches!(event, Event::Cut { .. } | Event::Unproven);
        (!after.iter().any(fell_through)).then(|| (clip, after.contains(&Event::Cleared)))
    }

    fn is_under_way(&self, clip: ClipKind) -> bool {
        !self.opened && self.under_way().is_some_and(|(under_way, _)| under_way == clip)
    }

    /// What may open the gate by now; `None` where nothing may any more.
    fn part_due(&self) -> Option<Part> {
        let events = self.since_armed.as_deref().unwrap_or_default();
        events.iter().try_fold(Part::None, |part, event| match (event, part) {
            (Event::Queued(_) | Event::Cleared, part) => Some(part),
            (Event::Cut { heard: true }, Part::None) => Some(Part::Rest),
            (Event::Cut { heard: false }, Part::None) => Some(Part::Again),
            (Event::Cut { .. }, Part::Rest | Part::Again) => Some(Part::Short),
            (Event::Unproven, Part::None | Part::Rest | Part::Again) => Some(Part::Short),
            (Event::Cut { .. } | Event::Unproven, Part::Short) => None,
        })
    }

    fn opens(&self, clip: ClipKind, epoch_behind: u32, by: ProofBy) -> bool {
        let Some(part) = self.part_due() else {
            return false;
        };
        let queued = self.under_way() == Some((clip, false));
        !self.opened
            && !self.operator
            && queued
            && Self::is_form_of(part, clip)
            && epoch_behind == 0
            && by == ProofBy::Mark
    }

    /// Whether a clip may be queued at all: to listeners who heard no disclosure yet, only the form that would do.
    fn passes(&self, clip: ClipKind) -> bool {
        if self.operator {
            return clip != ClipKind::Filler && !clip.is_disclosure();
        }
        if self.since_armed.is_none() || self.opened || !clip.is_disclosure() {
            return clip != ClipKind::Filler || self.opened;
        }
        self.part_due().is_some_and(|part| Self::is_form_of(part, clip))
    }

    fn is_form_of(part: Part, clip: ClipKind) -> bool {
        match clip {
            ClipKind::Disclosure => part != Part::Short,
            ClipKind::DisclosureRest => part == Part::Rest,
            ClipKind::DisclosureShort => part == Part::Short,
            ClipKind::IAmAutomated
            | ClipKind::RecordingObjection
            | ClipKind::AiRefusedBye
            | ClipKind::PoliteEnd
            | ClipKind::KillClose
            | ClipKind::NeedsStaffBye
            | ClipKind::EndNotice
            | ClipKind::Filler => false,
        }
    }

    fn take_over(&mut self) {
        *self = History {
            since_armed: Some(vec![]),
            person: true,
            objected: self.objected,
            operator: true,
            ..History::default()
        };
    }

    fn arm(&mut self, why: ArmReason) {
        if self.operator && why != ArmReason::TakeOver {
            return;
        }
        self.operator = false;
        if why == ArmReason::TakeOver {
            self.counterparty = false;
        }
        let somebody_new = match why {
            ArmReason::Doubt => false,
            ArmReason::Person => !self.person,
            ArmReason::NewPerson
            | ArmReason::HoldEnded
            | ArmReason::Transfer
            | ArmReason::TakeOver => true,
        };
        if why == ArmReason::Transfer {
            (self.person, self.counterparty) = (false, false);
        }
        self.person |=
            matches!(why, ArmReason::Person | ArmReason::NewPerson | ArmReason::TakeOver);
        self.asked = false;
        if somebody_new || self.opened || self.since_armed.is_none() {
            self.since_armed = Some(vec![]);
            self.opened = false;
        }
    }

    fn push(&mut self, event: Event) {
        if let Some(events) = &mut self.since_armed {
            events.push(event);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Nothing but a disclosure that was queued to these listeners, not cut, not cleared and proven by a mark lets a word pass.
    #[test]
    fn it_does_what_its_history_says(ops in prop::collection::vec(ops(), 1..120)) {
        let mut gate = Gate::new(rules());
        let mut history = History::default();
        for op in ops {
            match op {
                Op::Arm(why) => {
                    gate.arm(why);
                    history.arm(why);
                }
                Op::TakenOver => {
                    gate.taken_over();
                    history.take_over();
                }
                Op::Menu => {
                    let back = history.since_armed.is_none() || (!history.opened && !history.person);
                    prop_assert_eq!(gate.menu().is_ok(), back);
                    if back && history.since_armed.take().is_some() {
                        history.asked = false;
                    }
                }
                Op::Counterparty => {
                    gate.counterparty(Counterparty::MatchedMap);
                    history.counterparty = !history.operator;
                }
                Op::Asked(asked) => {
                    gate.asked(if asked { MEMBER } else { FieldSet::EMPTY });
                    history.asked = asked;
                }
                Op::Admit(clip) => {
                    let passes = history.passes(clip);
                    prop_assert_eq!(gate.admit(&Item::Clip(clip)).is_ok(), passes);
                    if passes && !history.opened {
                        history.push(Event::Queued(clip));
                    }
                }
                Op::Played { clip, epoch_behind, by } => {
                    let epoch = gate.epoch().wrapping_sub(epoch_behind);
                    let opened = gate.played(clip, PlayProof { epoch, by });
                    let wanted = history.opens(clip, epoch_behind, by);
                    prop_assert_eq!(opened.is_some(), wanted);
                    if let Some(opened) = opened {
                        prop_assert_eq!(opened.permit.is_some(), !history.objected);
                        history.opened = true;
                    }
                }
                Op::Cleared => {
                    gate.cleared();
                    history.push(Event::Cleared);
                }
                Op::Interrupted { clip, heard } => {
                    let hit = history.is_under_way(clip);
                    let step = gate.interrupted(clip, if heard { 10 } else { 0 }, 100);
                    prop_assert_eq!(step != NextStep::Continue, hit);
                    if hit {
                        history.push(Event::Cut { heard });
                    }
                }
                Op::Unproven(clip) => {
                    let hit = history.is_under_way(clip);
                    prop_assert_eq!(gate.unproven(clip) != NextStep::Continue, hit);
                    if hit {
                        history.push(Event::Unproven);
                    }
                }
                Op::Objected => {
                    gate.objected();
                    history.objected = true;
                }
                Op::Speak { patient } => {
                    let carries = if patient { MEMBER } else { FieldSet::EMPTY };
                    let may_name = !patient || (history.counterparty && history.asked);
                    let passes = gate.admit(&segment(carries)).is_ok();
                    prop_assert_eq!(passes, history.opened && may_name);
                }
            }
            let mode = match (&history.since_armed, history.opened) {
                _ if history.operator => Mode::Operator,
                (None, _) => Mode::Menu,
                (Some(_), false) => Mode::Armed,
                (Some(_), true) => Mode::Open,
            };
            prop_assert_eq!(gate.mode(), mode);
        }
    }
}
