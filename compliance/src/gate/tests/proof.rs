//! When the gate opens, and what proves a disclosure.

use super::*;

#[test]
fn it_opens_on_the_disclosure_s_mark_only() {
    let mut gate = Gate::new(rules());
    gate.arm(ArmReason::Person);
    assert_eq!(gate.due(), Some(ClipKind::Disclosure));
    let now = mark(&gate);
    assert!(gate.played(ClipKind::Disclosure, now).is_none(), "it was not let pass yet");
    assert!(gate.admit(&Item::Clip(ClipKind::Disclosure)).is_ok());
    assert!(gate.played(ClipKind::IAmAutomated, now).is_none());
    let clock = PlayProof { by: ProofBy::PacedClock, ..now };
    assert!(gate.played(ClipKind::Disclosure, clock).is_none(), "the carrier has marks");
    assert_eq!(gate.mode(), Mode::Armed);
    let opened = gate.played(ClipKind::Disclosure, now).unwrap();
    assert!(opened.permit.is_some());
    assert_eq!((opened.by, gate.mode(), gate.due()), (ProofBy::Mark, Mode::Open, None));
    assert!(gate.played(ClipKind::Disclosure, now).is_none(), "once");
}

#[test]
fn a_paced_clock_proves_where_there_are_no_marks() {
    let mut gate = Gate::new(GateRules { paced_clock: PacedClock::Proves, ..rules() });
    gate.arm(ArmReason::Person);
    assert!(gate.admit(&Item::Clip(ClipKind::Disclosure)).is_ok());
    let proof = PlayProof { epoch: 0, by: ProofBy::PacedClock };
    assert_eq!(gate.played(ClipKind::Disclosure, proof).unwrap().by, ProofBy::PacedClock);
}

#[test]
fn a_mark_that_comes_back_after_a_clear_proves_nothing() {
    let mut gate = Gate::new(rules());
    gate.arm(ArmReason::Person);
    assert!(gate.admit(&Item::Clip(ClipKind::Disclosure)).is_ok());
    let before = mark(&gate);
    gate.cleared();
    let after = mark(&gate);
    assert!(gate.played(ClipKind::Disclosure, before).is_none());
    assert!(gate.played(ClipKind::Disclosure, after).is_none(), "it was queued before the clear");
    assert!(play(&mut gate, ClipKind::Disclosure).is_some());
}

#[test]
fn a_disclosure_played_to_a_menu_opens_nothing() {
    let mut gate = Gate::new(rules());
    assert!(play(&mut gate, ClipKind::Disclosure).is_none());
    gate.arm(ArmReason::Person);
    let proof = mark(&gate);
    assert!(gate.played(ClipKind::Disclosure, proof).is_none());
}

#[test]
fn an_objection_ends_recording_for_the_call() {
    let (mut gate, opened) = open();
    let permit = opened.permit.unwrap();
    gate.objected();
    assert_eq!(gate.mode(), Mode::Open, "the call goes on");
    assert!(!gate.covers(&permit));
    gate.arm(ArmReason::NewPerson);
    assert!(play(&mut gate, ClipKind::Disclosure).unwrap().permit.is_none());
}

#[test]
fn without_a_grant_the_gate_opens_and_mints_nothing() {
    let mut gate = Gate::new(GateRules { recording: RecordingGrant::none(), ..rules() });
    gate.arm(ArmReason::Person);
    assert!(play(&mut gate, ClipKind::Disclosure).unwrap().permit.is_none());
    assert_eq!(gate.mode(), Mode::Open);
}
