//! An operator takes the line, and gives it back.

use super::*;

#[test]
fn while_an_operator_has_the_line_the_agent_says_fixed_clips_only_and_opens_nothing() {
    let (mut gate, opened) = open();
    gate.counterparty(Counterparty::MatchedGreeting);
    gate.asked(MEMBER);
    let permit = opened.permit.unwrap();
    let waiting = gate.admit(&segment(FieldSet::EMPTY)).ok().unwrap();
    gate.taken_over();
    assert_eq!((gate.mode(), gate.due()), (Mode::Operator, None));
    assert!(!gate.covers(&permit), "nobody is recorded: the operator was told nothing");
    assert!(!gate.still_passes(&waiting));
    let not_open = Some(GateRefusal::NotOpen);
    assert_eq!(refused(&mut gate, segment(FieldSet::EMPTY)), not_open);
    assert_eq!(refused(&mut gate, keys(KeySource::Map, FieldSet::EMPTY)), not_open);
    assert_eq!(refused(&mut gate, Item::MenuAnswer), not_open);
    assert_eq!(refused(&mut gate, Item::Clip(ClipKind::Filler)), not_open);
    for clip in ClipKind::ALL {
        let wanted = match clip {
            ClipKind::Filler => not_open,
            ClipKind::Disclosure | ClipKind::DisclosureRest | ClipKind::DisclosureShort => NOT_DUE,
            ClipKind::IAmAutomated
            | ClipKind::RecordingObjection
            | ClipKind::AiRefusedBye
            | ClipKind::PoliteEnd
            | ClipKind::KillClose
            | ClipKind::NeedsStaffBye
            | ClipKind::EndNotice => None,
        };
        assert_eq!(refused(&mut gate, Item::Clip(clip)), wanted, "{clip:?}");
    }
}

#[test]
fn nothing_but_giving_it_back_ends_the_operator_s_turn() {
    let mut gate = Gate::new(rules());
    gate.taken_over();
    for why in [
        ArmReason::Person,
        ArmReason::NewPerson,
        ArmReason::HoldEnded,
        ArmReason::Transfer,
        ArmReason::Doubt,
    ] {
        gate.arm(why);
        assert_eq!(gate.mode(), Mode::Operator, "{why:?}");
    }
    assert_eq!(gate.menu(), Err(PersonWasHeard));
    gate.taken_over();
    assert_eq!(gate.mode(), Mode::Operator);
    gate.arm(ArmReason::TakeOver);
    assert_eq!((gate.mode(), gate.due()), (Mode::Armed, Some(ClipKind::Disclosure)));
    assert_eq!(gate.menu(), Err(PersonWasHeard), "somebody spoke: the operator at the least");
}

#[test]
fn a_disclosure_that_was_under_way_opens_nothing_for_the_operator_or_after() {
    let mut gate = Gate::new(rules());
    gate.arm(ArmReason::Person);
    assert!(gate.admit(&Item::Clip(ClipKind::Disclosure)).is_ok());
    gate.taken_over();
    let proof = mark(&gate);
    assert!(gate.played(ClipKind::Disclosure, proof).is_none());
    gate.arm(ArmReason::TakeOver);
    assert!(gate.played(ClipKind::Disclosure, proof).is_none());
    assert!(play(&mut gate, ClipKind::Disclosure).is_some_and(|opened| opened.permit.is_some()));
}

#[test]
fn who_is_there_after_the_operator_must_show_that_it_is_the_payer() {
    let (mut gate, _) = open();
    gate.counterparty(Counterparty::MatchedGreeting);
    gate.taken_over();
    gate.counterparty(Counterparty::MatchedGreeting);
    assert_eq!(gate.counterparty_evidence(), None, "the operator may yet be transferred");
    gate.arm(ArmReason::TakeOver);
    assert!(play(&mut gate, ClipKind::Disclosure).is_some());
    gate.asked(MEMBER);
    assert_eq!(refused(&mut gate, segment(MEMBER)), Some(GateRefusal::CounterpartyUnverified));
}
