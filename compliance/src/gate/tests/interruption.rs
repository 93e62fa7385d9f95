//! Disclosures that were cut or not proven, and which form follows.

use super::*;

#[test]
fn interruptions_go_rest_short_end() {
    let mut gate = Gate::new(rules());
    gate.arm(ArmReason::Person);
    assert!(gate.admit(&Item::Clip(ClipKind::Disclosure)).is_ok());
    assert_eq!(gate.interrupted(ClipKind::Disclosure, 2_000, 5_500), NextStep::RepeatRest);
    gate.cleared();
    assert_eq!(gate.due(), Some(ClipKind::DisclosureRest));
    assert_eq!(refused(&mut gate, Item::Clip(ClipKind::DisclosureShort)), NOT_DUE);
    assert!(gate.admit(&Item::Clip(ClipKind::DisclosureRest)).is_ok());
    assert_eq!(gate.interrupted(ClipKind::DisclosureRest, 100, 3_500), NextStep::ShortForm);
    gate.cleared();
    for tried in [ClipKind::Disclosure, ClipKind::DisclosureRest] {
        assert_eq!(refused(&mut gate, Item::Clip(tried)), NOT_DUE, "{tried:?}");
    }
    assert!(gate.admit(&Item::Clip(ClipKind::DisclosureShort)).is_ok());
    assert_eq!(gate.interrupted(ClipKind::DisclosureShort, 100, 2_000), NextStep::EndPolitely);
    gate.cleared();
    for clip in [ClipKind::Disclosure, ClipKind::DisclosureRest, ClipKind::DisclosureShort] {
        assert_eq!(refused(&mut gate, Item::Clip(clip)), NOT_DUE, "{clip:?}");
    }
    assert_eq!(gate.due(), Some(ClipKind::PoliteEnd));
    assert!(gate.admit(&Item::Clip(ClipKind::PoliteEnd)).is_ok());
}

#[test]
fn the_rest_and_the_short_form_open_when_they_are_due() {
    for (cuts, last) in [(1, ClipKind::DisclosureRest), (2, ClipKind::DisclosureShort)] {
        let mut gate = Gate::new(rules());
        gate.arm(ArmReason::Person);
        for _ in 0..cuts {
            let due = gate.due().unwrap();
            assert!(gate.admit(&Item::Clip(due)).is_ok());
            assert_ne!(gate.interrupted(due, 10, 100), NextStep::Continue);
            gate.cleared();
        }
        assert!(play(&mut gate, last).is_some());
    }
}

#[test]
fn without_a_repeat_the_short_form_follows_at_once() {
    let mut gate = Gate::new(GateRules { disclosure_repeats_max: 0, ..rules() });
    gate.arm(ArmReason::Person);
    assert!(gate.admit(&Item::Clip(ClipKind::Disclosure)).is_ok());
    assert_eq!(gate.interrupted(ClipKind::Disclosure, 10, 100), NextStep::ShortForm);
    let mut gate = Gate::new(GateRules { disclosure_repeats_max: 9, ..rules() });
    gate.arm(ArmReason::Person);
    for wanted in [NextStep::RepeatRest, NextStep::ShortForm, NextStep::EndPolitely] {
        let due = gate.due().unwrap();
        assert!(gate.admit(&Item::Clip(due)).is_ok());
        assert_eq!(gate.interrupted(due, 10, 100), wanted, "more than once is taken as once");
    }
}

#[test]
fn an_interruption_of_something_else_changes_nothing() {
    let mut gate = Gate::new(rules());
    assert_eq!(gate.interrupted(ClipKind::Disclosure, 1, 2), NextStep::Continue);
    gate.arm(ArmReason::Person);
    assert_eq!(gate.interrupted(ClipKind::Disclosure, 1, 2), NextStep::Continue);
    assert!(gate.admit(&Item::Clip(ClipKind::Disclosure)).is_ok());
    assert_eq!(gate.interrupted(ClipKind::IAmAutomated, 1, 2), NextStep::Continue);
    let proof = mark(&gate);
    assert!(gate.played(ClipKind::Disclosure, proof).is_some());
}

#[test]
fn where_nothing_was_heard_the_rest_is_the_whole() {
    let mut gate = Gate::new(rules());
    gate.arm(ArmReason::Person);
    assert!(gate.admit(&Item::Clip(ClipKind::Disclosure)).is_ok());
    assert_eq!(gate.interrupted(ClipKind::Disclosure, 0, 5_500), NextStep::RepeatRest);
    gate.cleared();
    assert_eq!(gate.due(), Some(ClipKind::Disclosure));
    assert_eq!(
        refused(&mut gate, Item::Clip(ClipKind::DisclosureRest)),
        NOT_DUE,
        "its beginning was never heard"
    );
    assert!(play(&mut gate, ClipKind::Disclosure).is_some());
}

#[test]
fn a_lost_mark_leads_to_the_short_form_and_then_to_the_end() {
    let mut gate = Gate::new(rules());
    gate.arm(ArmReason::Person);
    assert!(gate.admit(&Item::Clip(ClipKind::Disclosure)).is_ok());
    assert_eq!(gate.unproven(ClipKind::DisclosureShort), NextStep::Continue);
    assert_eq!(gate.unproven(ClipKind::Disclosure), NextStep::ShortForm);
    let late = mark(&gate);
    assert!(gate.played(ClipKind::Disclosure, late).is_none(), "it was given up");
    assert!(gate.admit(&Item::Clip(ClipKind::DisclosureShort)).is_ok());
    assert_eq!(gate.unproven(ClipKind::DisclosureShort), NextStep::EndPolitely);
    assert_eq!(gate.due(), Some(ClipKind::PoliteEnd));
}

#[test]
fn a_form_that_is_not_due_leaves_what_is_under_way_alone() {
    let mut gate = Gate::new(rules());
    gate.arm(ArmReason::Person);
    assert!(gate.admit(&Item::Clip(ClipKind::Disclosure)).is_ok());
    for clip in [ClipKind::DisclosureRest, ClipKind::DisclosureShort] {
        assert_eq!(refused(&mut gate, Item::Clip(clip)), NOT_DUE, "{clip:?}");
    }
    let proof = mark(&gate);
    assert!(gate.played(ClipKind::Disclosure, proof).is_some());
}

#[test]
fn the_whole_stands_for_its_rest() {
    let mut gate = Gate::new(rules());
    gate.arm(ArmReason::Person);
    assert!(gate.admit(&Item::Clip(ClipKind::Disclosure)).is_ok());
    gate.interrupted(ClipKind::Disclosure, 10, 100);
    assert_eq!(gate.due(), Some(ClipKind::DisclosureRest));
    assert!(play(&mut gate, ClipKind::Disclosure).is_some());
}
