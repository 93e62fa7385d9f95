//! The playout against an imagined carrier, item by item.

use super::*;
use crate::tone::dtmf::Press;
use callwright_compliance::gate::{ArmReason, GateRefusal, GateRules, Mode, PacedClock};
use callwright_compliance::recording::RecordingGrant;

mod walk;

fn gate(paced_clock: PacedClock) -> Gate {
    Gate::new(GateRules {
        allowed: FieldSet::PROVIDER.union(FieldSet::PATIENT),
        disclosure_repeats_max: 1,
        paced_clock,
        recording: RecordingGrant::none(),
    })
}

fn playout() -> Playout {
    Playout::new(gate(PacedClock::ProvesNothing), PlayoutConfig::new(MarkSupport::Echo))
}

fn audio(byte: u8, ms: usize) -> Bytes {
    Bytes::from(vec![byte; ms * 8])
}

/// Takes everything there is to send: the audio as one run of bytes, the marks, and whether there was a
/// clear.
fn send(playout: &mut Playout) -> (Vec<u8>, Vec<String>, bool) {
    let (mut bytes, mut marks, mut cleared) = (Vec::new(), Vec::new(), false);
    while let Some(transmit) = playout.poll_transmit() {
        match transmit {
            Transmit::Media(audio) => {
                assert!(!audio.is_empty() && audio.len() <= MESSAGE);
                bytes.extend_from_slice(&audio);
            }
            Transmit::Mark(name) => marks.push(name),
            Transmit::Clear => cleared = true,
        }
    }
    (bytes, marks, cleared)
}

fn ticks(playout: &mut Playout, count: usize) -> Vec<u8> {
    (0..count).flat_map(|_| playout.tick()).collect()
}

/// Events in short: `S1` started, `D1` done by mark, `P1` by the paced clock, `U1` unproven, `C1@60` cut at
/// 60 ms, `O1` gate opened.
fn events(playout: &mut Playout) -> Vec<String> {
    std::iter::from_fn(|| playout.poll_event())
        .map(|event| match event {
            PlayoutEvent::Started { id } => format!("S{}", id.0),
            PlayoutEvent::Done { id, by: DoneBy::Mark, .. } => format!("D{}", id.0),
            PlayoutEvent::Done { id, by: DoneBy::PacedClock, .. } => format!("P{}", id.0),
            PlayoutEvent::Done { id, by: DoneBy::Unproven, .. } => format!("U{}", id.0),
            PlayoutEvent::Cut { id, played_ms, .. } => format!("C{}@{played_ms}", id.0),
            PlayoutEvent::GateOpened { id, .. } => format!("O{}", id.0),
        })
        .collect()
}

/// Plays a disclosure to its proven end.
fn open(playout: &mut Playout, id: u64) {
    playout.arm(ArmReason::Person);
    playout.clip(ItemId(id), ClipKind::Disclosure, audio(0xD0, 500)).unwrap();
    let (_, marks, _) = send(playout);
    ticks(playout, 25);
    assert_eq!(playout.on_mark(&marks[0]), MarkVerdict::Proved);
    assert_eq!(playout.mode(), Mode::Open);
    while playout.poll_event().is_some() {}
}

#[test]
fn a_disclosure_opens_the_gate_when_its_mark_comes_back() {
    let mut playout = playout();
    playout.arm(ArmReason::Person);
    let segment = playout.segment(ItemId(1), FieldSet::EMPTY, audio(1, 100));
    assert_eq!(segment, Err(PlayoutError::Refused(GateRefusal::NotOpen)));
    playout.clip(ItemId(2), ClipKind::Disclosure, audio(2, 500)).unwrap();
    let (bytes, marks, _) = send(&mut playout);
    assert_eq!((bytes.len(), marks.len()), (4_000, 1));
    assert_eq!(ticks(&mut playout, 25), vec![2; 4_000]);
    assert_eq!(playout.mode(), Mode::Armed, "the estimate alone proves nothing");
    assert_eq!(playout.on_mark(&marks[0]), MarkVerdict::Proved);
    assert_eq!(playout.mode(), Mode::Open);
    assert_eq!(events(&mut playout), ["S2", "O2", "D2"]);
    playout.segment(ItemId(3), FieldSet::EMPTY, audio(3, 100)).unwrap();
}

#[test]
fn a_mark_that_comes_back_after_a_clear_proves_nothing() {
    let mut playout = playout();
    playout.arm(ArmReason::Person);
    playout.clip(ItemId(1), ClipKind::Disclosure, audio(1, 1_000)).unwrap();
    let (_, marks, _) = send(&mut playout);
    ticks(&mut playout, 40);
    playout.cut(Cut::Interruption);
    // Twilio echoes all outstanding marks at once.
    assert_eq!(playout.on_mark(&marks[0]), MarkVerdict::AfterClear);
    assert_eq!(playout.mode(), Mode::Armed);
    assert!(send(&mut playout).2, "a clear was sent");
    assert_eq!(events(&mut playout), ["S1", "C1@800"]);
    assert_eq!(playout.gate().due(), Some(ClipKind::DisclosureRest));
}

#[test]
fn a_mark_that_is_impossibly_early_proves_nothing() {
    let mut playout = playout();
    playout.arm(ArmReason::Person);
    playout.clip(ItemId(1), ClipKind::Disclosure, audio(1, 1_000)).unwrap();
    let (_, marks, _) = send(&mut playout);
    ticks(&mut playout, 2);
    assert_eq!(playout.on_mark(&marks[0]), MarkVerdict::TooEarly);
    assert_eq!(playout.mode(), Mode::Armed);
    // The item is given up five seconds after its end, so that the call goes on; the gate stays armed.
    ticks(&mut playout, 50 + GIVE_UP as usize);
    assert_eq!(events(&mut playout), ["S1", "U1"]);
    assert_eq!(playout.mode(), Mode::Armed);
    assert_eq!(playout.mark_counts().missing, 1);
}

#[test]
fn odd_marks_are_tolerated_and_counted() {
    let mut playout = playout();
    open(&mut playout, 1);
    for id in 2..5 {
        playout.segment(ItemId(id), FieldSet::EMPTY, audio(9, 20)).unwrap();
    }
    let (_, marks, _) = send(&mut playout);
    ticks(&mut playout, 3);
    assert_eq!(playout.on_mark("nonsense"), MarkVerdict::Unknown);
    assert_eq!(playout.on_mark("e0-99"), MarkVerdict::Unknown);
    assert_eq!(playout.on_mark(&marks[1]), MarkVerdict::Proved);
    assert_eq!(playout.on_mark(&marks[1]), MarkVerdict::Repeated);
    assert_eq!(events(&mut playout), ["S2", "S3", "S4"], "done in order only");
    assert_eq!(playout.on_mark(&marks[0]), MarkVerdict::Proved);
    assert_eq!(events(&mut playout), ["D2", "D3"]);
    assert_eq!(playout.on_mark(&marks[0]), MarkVerdict::Repeated);
    let counts = playout.mark_counts();
    assert_eq!((counts.unknown, counts.repeated, counts.out_of_order), (2, 2, 1));
}

#[test]
fn a_streamed_segment_is_sent_as_it_comes_and_small_pieces_are_joined() {
    let mut playout = playout();
    open(&mut playout, 1);
    playout.begin_segment(ItemId(2), FieldSet::EMPTY).unwrap();
    assert_eq!(send(&mut playout), (vec![], vec![], false));
    for _ in 0..3 {
        playout.append(ItemId(2), audio(5, 50)).unwrap();
    }
    assert_eq!(playout.poll_transmit(), Some(Transmit::Media(audio(5, 150))));
    assert_eq!(playout.poll_transmit(), None, "no mark before the end");
    playout.segment(ItemId(3), FieldSet::EMPTY, audio(6, 20)).unwrap();
    assert_eq!(playout.poll_transmit(), None, "nothing overtakes");
    playout.append(ItemId(2), audio(5, 450)).unwrap();
    playout.finish(ItemId(2)).unwrap();
    assert_eq!(playout.append(ItemId(2), audio(5, 20)), Err(PlayoutError::Gone));
    let (bytes, marks, _) = send(&mut playout);
    assert_eq!((bytes.len(), marks.len()), (3_600 + 160, 2));
}

#[test]
fn arming_cuts_what_may_not_be_heard_any_more() {
    let mut playout = playout();
    open(&mut playout, 1);
    playout.begin_segment(ItemId(2), FieldSet::EMPTY).unwrap();
    playout.append(ItemId(2), audio(5, 400)).unwrap();
    send(&mut playout);
    ticks(&mut playout, 5);
    playout.arm(ArmReason::NewPerson);
    assert_eq!(playout.append(ItemId(2), audio(5, 20)), Err(PlayoutError::Gone));
    assert_eq!(playout.poll_transmit(), Some(Transmit::Clear));
    assert_eq!(playout.poll_transmit(), None);
    assert_eq!(events(&mut playout), ["S2", "C2@100"]);
    assert_eq!(ticks(&mut playout, 1), vec![g711::SILENCE; 160]);
}

#[test]
fn what_is_heard_to_its_end_is_not_interrupted() {
    let mut playout = playout();
    open(&mut playout, 1);
    playout.segment(ItemId(2), FieldSet::EMPTY, audio(2, 200)).unwrap();
    playout.clip(ItemId(3), ClipKind::KillClose, audio(3, 200)).unwrap();
    let (bytes, _, _) = send(&mut playout);
    assert_eq!(bytes, vec![2; 1_600], "the clip waits until it is alone");
    ticks(&mut playout, 5);
    playout.cut(Cut::Interruption);
    let (bytes, marks, cleared) = send(&mut playout);
    assert!(cleared);
    assert_eq!(bytes, vec![3; 1_600]);
    ticks(&mut playout, 5);
    playout.cut(Cut::Interruption);
    assert_eq!(send(&mut playout), (vec![], vec![], false));
    ticks(&mut playout, 5);
    assert_eq!(playout.on_mark(&marks[0]), MarkVerdict::Proved);
    assert_eq!(events(&mut playout), ["S2", "C2@100", "S3", "D3"]);
    playout.clip(ItemId(4), ClipKind::KillClose, audio(3, 200)).unwrap();
    send(&mut playout);
    playout.cut(Cut::Everything);
    assert_eq!(events(&mut playout), ["C4@0"]);
}

#[test]
fn twice_interrupted_the_short_form_opens_the_gate() {
    let mut playout = playout();
    playout.arm(ArmReason::Person);
    for (id, clip) in [(1, ClipKind::Disclosure), (2, ClipKind::DisclosureRest)] {
        assert_eq!(playout.gate().due(), Some(clip));
        playout.clip(ItemId(id), clip, audio(1, 600)).unwrap();
        send(&mut playout);
        ticks(&mut playout, 10);
        playout.cut(Cut::Interruption);
    }
    playout.clip(ItemId(3), ClipKind::DisclosureShort, audio(1, 600)).unwrap();
    let (_, marks, _) = send(&mut playout);
    ticks(&mut playout, 10);
    playout.cut(Cut::Interruption);
    ticks(&mut playout, 10);
    assert_eq!(playout.on_mark(&marks[0]), MarkVerdict::Proved);
    assert_eq!(playout.mode(), Mode::Open);
}

#[test]
fn a_carrier_without_marks_is_paced_and_proven_by_the_clock() {
    let config = PlayoutConfig::new(MarkSupport::None);
    let mut playout = Playout::new(gate(PacedClock::Proves), config);
    playout.arm(ArmReason::Person);
    playout.clip(ItemId(1), ClipKind::Disclosure, audio(1, 2_000)).unwrap();
    let (bytes, marks, _) = send(&mut playout);
    assert_eq!((bytes.len(), marks.len()), (LEAD, 0), "400 ms ahead");
    let mut heard = 0;
    for _ in 0..100 {
        assert_eq!(playout.mode(), Mode::Armed);
        heard += playout.tick().iter().filter(|byte| **byte == 1).count();
        send(&mut playout);
    }
    assert_eq!(heard, 16_000);
    assert_eq!(playout.mode(), Mode::Armed, "it must also have time to arrive");
    ticks(&mut playout, SETTLE as usize);
    assert_eq!(playout.mode(), Mode::Open);
    assert_eq!(events(&mut playout), ["S1", "O1", "P1"]);
}

#[test]
fn the_queue_is_bounded_and_ids_are_used_once() {
    let mut playout = playout();
    open(&mut playout, 1);
    playout.segment(ItemId(2), FieldSet::EMPTY, audio(1, 119_000)).unwrap();
    assert_eq!(
        playout.segment(ItemId(2), FieldSet::EMPTY, audio(1, 20)),
        Err(PlayoutError::DuplicateId)
    );
    assert_eq!(
        playout.segment(ItemId(3), FieldSet::EMPTY, audio(1, 2_000)),
        Err(PlayoutError::Full { seconds: 120 })
    );
    playout.begin_segment(ItemId(4), FieldSet::EMPTY).unwrap();
    playout.append(ItemId(4), audio(1, 1_000)).unwrap();
    assert_eq!(playout.append(ItemId(4), audio(1, 20)), Err(PlayoutError::Full { seconds: 120 }));
}

#[test]
fn keys_go_out_as_tones_in_menus_and_not_while_armed() {
    let keys = Key::parse_all("12#").unwrap();
    let mut playout = playout();
    playout.keys(ItemId(1), KeySource::Map, FieldSet::EMPTY, &keys).unwrap();
    assert_eq!(send(&mut playout).0, dtmf::generate(&keys, Press::default()));
    playout.arm(ArmReason::Doubt);
    assert_eq!(events(&mut playout), ["C1@0"]);
    assert_eq!(
        playout.keys(ItemId(2), KeySource::Map, FieldSet::EMPTY, &keys),
        Err(PlayoutError::Refused(GateRefusal::NotOpen))
    );
}

#[test]
fn what_cannot_be_heard_is_not_queued() {
    let mut playout = playout();
    let none = Bytes::new;
    let answer = playout.menu_answer(ItemId(1), none());
    assert_eq!(answer, Err(PlayoutError::Empty));
    playout.arm(ArmReason::Person);
    let clip = playout.clip(ItemId(1), ClipKind::Disclosure, none());
    assert_eq!(clip, Err(PlayoutError::Empty));
    for clip in [ClipKind::Disclosure, ClipKind::DisclosureRest, ClipKind::DisclosureShort] {
        let short = playout.clip(ItemId(1), clip, audio(1, 499));
        assert_eq!(short, Err(PlayoutError::DisclosureTooShort { ms: 499 }));
    }
    assert!(playout.is_idle());
    assert_eq!(send(&mut playout), (vec![], vec![], false), "not even a mark");
    open(&mut playout, 1);
    let segment = playout.segment(ItemId(2), FieldSet::EMPTY, none());
    assert_eq!(segment, Err(PlayoutError::Empty));
    playout.clip(ItemId(3), ClipKind::Filler, audio(1, 100)).unwrap();
}

/// Queues an item of two seconds, plays so many frames of it, and gives its mark back.
fn mark_after(clip: ClipKind, frames: usize) -> (MarkVerdict, Mode) {
    let mut playout = playout();
    playout.arm(ArmReason::Person);
    playout.clip(ItemId(1), clip, audio(1, 2_000)).unwrap();
    let (_, marks, _) = send(&mut playout);
    ticks(&mut playout, frames);
    (playout.on_mark(&marks[0]), playout.mode())
}

#[test]
fn the_mark_of_a_disclosure_may_be_early_by_the_slack_only() {
    let early = (MarkVerdict::TooEarly, Mode::Armed);
    let proved = (MarkVerdict::Proved, Mode::Open);
    assert_eq!(mark_after(ClipKind::Disclosure, 50), early, "half is not enough");
    assert_eq!(mark_after(ClipKind::Disclosure, 69), early);
    assert_eq!(mark_after(ClipKind::Disclosure, 70), proved);
    // Other clips prove nothing to the gate, so half of one will do.
    let other = (MarkVerdict::Proved, Mode::Armed);
    assert_eq!(mark_after(ClipKind::IAmAutomated, 50), other);
}

#[test]
fn a_disclosure_shorter_than_the_slack_must_still_be_half_heard() {
    let mut playout = playout();
    playout.arm(ArmReason::Person);
    playout.clip(ItemId(1), ClipKind::Disclosure, audio(1, 500)).unwrap();
    let (_, marks, _) = send(&mut playout);
    assert_eq!(playout.on_mark(&marks[0]), MarkVerdict::TooEarly);
    assert_eq!(playout.mark_counts().too_early, 1);
    ticks(&mut playout, 25 + GIVE_UP as usize);
    assert_eq!(events(&mut playout), ["S1", "U1"]);
    assert_eq!(playout.gate().due(), Some(ClipKind::DisclosureShort));
}

#[test]
fn an_item_of_an_earlier_epoch_proves_nothing_in_this_one() {
    let config = PlayoutConfig::new(MarkSupport::None);
    let mut playout = Playout::new(gate(PacedClock::Proves), config);
    playout.arm(ArmReason::Person);
    for id in [1, 2] {
        playout.clip(ItemId(id), ClipKind::Disclosure, audio(1, 500)).unwrap();
        if id == 1 {
            playout.gate.cleared();
        }
    }
    for _ in 0..25 + SETTLE {
        send(&mut playout);
        playout.tick();
    }
    assert_eq!(events(&mut playout), ["S1", "S2", "P1"]);
    assert_eq!(playout.mode(), Mode::Armed, "the first was let pass before the clear");
    for _ in 0..25 {
        send(&mut playout);
        playout.tick();
    }
    assert_eq!(playout.mode(), Mode::Open);
}

#[test]
fn only_menus_prove_that_machines_are_alone() {
    let mut playout = playout();
    let before = playout.machines_only().map(MachinesOnly::armings);
    assert_eq!(before, Some(0));
    playout.arm(ArmReason::Doubt);
    assert!(playout.machines_only().is_none());
    playout.menu().unwrap();
    let after = playout.machines_only().map(MachinesOnly::armings);
    assert_eq!(after, Some(1), "a menu again, but not the same stretch");
    open(&mut playout, 1);
    assert!(playout.machines_only().is_none());
}

#[test]
fn an_operator_s_line_has_nothing_of_the_agent_s_on_it() {
    let mut playout = playout();
    open(&mut playout, 1);
    playout.segment(ItemId(2), FieldSet::EMPTY, audio(2, 1_000)).unwrap();
    send(&mut playout);
    ticks(&mut playout, 5);
    playout.taken_over();
    let (bytes, _, cleared) = send(&mut playout);
    assert!(bytes.is_empty() && cleared, "what the carrier had is thrown away");
    assert_eq!(events(&mut playout), ["S2", "C2@100"]);
    assert!(playout.machines_only().is_none());
    let refused = PlayoutError::Refused(GateRefusal::NotOpen);
    assert_eq!(playout.segment(ItemId(3), FieldSet::EMPTY, audio(3, 100)), Err(refused));
    let told = playout.clip(ItemId(4), ClipKind::Disclosure, audio(4, 600));
    assert_eq!(told, Err(PlayoutError::Refused(GateRefusal::DisclosureNotDue)));
    // Given back, whoever is there is told first.
    playout.arm(ArmReason::TakeOver);
    assert_eq!(playout.mode(), Mode::Armed);
    open(&mut playout, 5);
}

#[test]
fn a_disclosure_under_way_is_cut_by_an_operator_and_opens_nothing() {
    let mut playout = playout();
    playout.arm(ArmReason::Person);
    playout.clip(ItemId(1), ClipKind::Disclosure, audio(1, 500)).unwrap();
    let (_, marks, _) = send(&mut playout);
    ticks(&mut playout, 25);
    playout.taken_over();
    assert_eq!(playout.on_mark(&marks[0]), MarkVerdict::AfterClear);
    assert_eq!(playout.mode(), Mode::Operator);
    assert!(!events(&mut playout).iter().any(|event| event.starts_with('O')));
}
