//! Who listens: what closes the gate, and what is forgotten when somebody else may be there.

use super::*;

#[test]
fn a_disclosure_to_somebody_else_proves_nothing() {
    for why in
        [ArmReason::NewPerson, ArmReason::Transfer, ArmReason::HoldEnded, ArmReason::TakeOver]
    {
        let mut gate = Gate::new(rules());
        gate.arm(ArmReason::Person);
        assert!(gate.admit(&Item::Clip(ClipKind::Disclosure)).is_ok());
        gate.arm(why);
        let proof = mark(&gate);
        assert!(gate.played(ClipKind::Disclosure, proof).is_none(), "{why:?}");
    }
    let mut gate = Gate::new(rules());
    gate.arm(ArmReason::Person);
    assert!(gate.admit(&Item::Clip(ClipKind::Disclosure)).is_ok());
    gate.arm(ArmReason::Doubt);
    gate.arm(ArmReason::Person);
    let proof = mark(&gate);
    assert!(gate.played(ClipKind::Disclosure, proof).is_some(), "it is the same listener");
}

#[test]
fn an_open_gate_closes_for_every_reason() {
    for why in [
        ArmReason::Person,
        ArmReason::NewPerson,
        ArmReason::HoldEnded,
        ArmReason::Transfer,
        ArmReason::Doubt,
        ArmReason::TakeOver,
    ] {
        let (mut gate, opened) = open();
        let permit = opened.permit.unwrap();
        assert!(gate.covers(&permit));
        let waiting = gate.admit(&segment(FieldSet::EMPTY)).ok().unwrap();
        let fixed = gate.admit(&Item::Clip(ClipKind::KillClose)).ok().unwrap();
        gate.arm(why);
        assert_eq!(gate.mode(), Mode::Armed);
        assert!(!gate.still_passes(&waiting) && gate.still_passes(&fixed), "{why:?}");
        assert!(!gate.covers(&permit));
        let reopened = play(&mut gate, ClipKind::Disclosure).unwrap();
        assert!(!gate.covers(&permit), "it was minted for other people");
        assert!(gate.covers(&reopened.permit.unwrap()));
        assert!(!gate.still_passes(&waiting));
    }
}

#[test]
fn a_transfer_makes_the_counterparty_unknown_and_a_hold_does_not() {
    let (mut gate, _) = open();
    gate.counterparty(Counterparty::MatchedMap);
    gate.arm(ArmReason::HoldEnded);
    assert_eq!(gate.counterparty_evidence(), Some(Counterparty::MatchedMap));
    gate.arm(ArmReason::Transfer);
    assert_eq!(gate.counterparty_evidence(), None);
}

#[test]
fn what_was_asked_before_arming_is_forgotten() {
    let (mut gate, _) = open();
    gate.counterparty(Counterparty::MatchedMap);
    gate.asked(MEMBER);
    gate.arm(ArmReason::Doubt);
    assert!(play(&mut gate, ClipKind::Disclosure).is_some());
    assert_eq!(refused(&mut gate, segment(MEMBER)), Some(GateRefusal::FieldNotAsked(MEMBER)));
}

#[test]
fn menu_mode_comes_back_only_where_no_person_was_heard() {
    let mut gate = Gate::new(rules());
    gate.arm(ArmReason::HoldEnded);
    assert_eq!(gate.menu(), Ok(()));
    gate.arm(ArmReason::Doubt);
    assert_eq!(gate.menu(), Ok(()));
    gate.arm(ArmReason::Person);
    assert_eq!(gate.menu(), Err(PersonWasHeard));
    gate.arm(ArmReason::HoldEnded);
    assert_eq!(gate.menu(), Err(PersonWasHeard));
    gate.arm(ArmReason::Transfer);
    assert_eq!(gate.menu(), Ok(()), "a transfer may lead into another menu");
    let (mut gate, _) = open();
    assert_eq!(gate.menu(), Err(PersonWasHeard));
    assert_eq!(gate.mode(), Mode::Open);
}

#[test]
fn a_disclosure_to_somebody_who_is_gone_is_not_played_on() {
    let mut gate = Gate::new(rules());
    gate.arm(ArmReason::Person);
    let disclosure = gate.admit(&Item::Clip(ClipKind::Disclosure)).ok().unwrap();
    gate.arm(ArmReason::Doubt);
    assert!(gate.still_passes(&disclosure));
    gate.arm(ArmReason::NewPerson);
    assert!(!gate.still_passes(&disclosure));
}
