//! The gate, case by case. [`model`] holds it against a second telling of its rules.

mod model;

use super::*;
use crate::egress::Field;
use crate::recording::RecordingGrant;

const MEMBER: FieldSet = FieldSet::of(&[Field::MemberId]);

fn rules() -> GateRules {
    GateRules {
        allowed: crate::egress::allowed(
            crate::egress::Destination::FarEnd,
            crate::class::CallPurpose::MedicalBenefits,
        ),
        disclosure_repeats_max: 1,
        paced_clock: PacedClock::ProvesNothing,
        recording: RecordingGrant::given(crate::id::DecisionId(1)),
    }
}

fn mark(gate: &Gate) -> PlayProof {
    PlayProof {
        epoch: gate.epoch(),
        by: ProofBy::Mark,
    }
}

fn play(gate: &mut Gate, clip: ClipKind) -> Option<Opened> {
    let proof = mark(gate);
    assert!(gate.admit(&Item::Clip(clip)).is_ok());
    gate.played(clip, proof)
}

fn open() -> (Gate, Opened) {
    let mut gate = Gate::new(rules());
    gate.arm(ArmReason::Person);
    let opened = play(&mut gate, ClipKind::Disclosure).unwrap();
    (gate, opened)
}

fn segment(carries: FieldSet) -> Item {
    Item::Segment { carries }
}

fn keys(source: KeySource, carries: FieldSet) -> Item {
    Item::Keys { source, carries }
}

fn refused(gate: &mut Gate, item: Item) -> Option<GateRefusal> {
    gate.admit(&item).err()
}

#[test]
fn it_opens_on_the_disclosure_s_mark_only() {
    let mut gate = Gate::new(rules());
    gate.arm(ArmReason::Person);
    assert_eq!(gate.due(), Some(ClipKind::Disclosure));
    let now = mark(&gate);
    assert!(
        gate.played(ClipKind::Disclosure, now).is_none(),
        "it was not let pass yet"
    );
    assert!(gate.admit(&Item::Clip(ClipKind::Disclosure)).is_ok());
    assert!(gate.played(ClipKind::IAmAutomated, now).is_none());
    let clock = PlayProof {
        by: ProofBy::PacedClock,
        ..now
    };
    assert!(
        gate.played(ClipKind::Disclosure, clock).is_none(),
        "the carrier has marks"
    );
    assert_eq!(gate.mode(), Mode::Armed);
    let opened = gate.played(ClipKind::Disclosure, now).unwrap();
    assert!(opened.permit.is_some());
    assert_eq!(
        (opened.by, gate.mode(), gate.due()),
        (ProofBy::Mark, Mode::Open, None)
    );
    assert!(gate.played(ClipKind::Disclosure, now).is_none(), "once");
}

#[test]
fn a_paced_clock_proves_where_there_are_no_marks() {
    let mut gate = Gate::new(GateRules {
        paced_clock: PacedClock::Proves,
        ..rules()
    });
    gate.arm(ArmReason::Person);
    assert!(gate.admit(&Item::Clip(ClipKind::Disclosure)).is_ok());
    let proof = PlayProof {
        epoch: 0,
        by: ProofBy::PacedClock,
    };
    assert_eq!(
        gate.played(ClipKind::Disclosure, proof).unwrap().by,
        ProofBy::PacedClock
    );
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
    assert!(
        gate.played(ClipKind::Disclosure, after).is_none(),
        "it was queued before the clear"
    );
    assert!(play(&mut gate, ClipKind::Disclosure).is_some());
}

#[test]
fn a_disclosure_to_somebody_else_proves_nothing() {
    for why in [
        ArmReason::NewPerson,
        ArmReason::Transfer,
        ArmReason::HoldEnded,
        ArmReason::TakeOver,
    ] {
        let mut gate = Gate::new(rules());
        gate.arm(ArmReason::Person);
        assert!(gate.admit(&Item::Clip(ClipKind::Disclosure)).is_ok());
        gate.arm(why);
        let proof = mark(&gate);
        assert!(
            gate.played(ClipKind::Disclosure, proof).is_none(),
            "{why:?}"
        );
    }
    let mut gate = Gate::new(rules());
    gate.arm(ArmReason::Person);
    assert!(gate.admit(&Item::Clip(ClipKind::Disclosure)).is_ok());
    gate.arm(ArmReason::Doubt);
    gate.arm(ArmReason::Person);
    let proof = mark(&gate);
    assert!(
        gate.played(ClipKind::Disclosure, proof).is_some(),
        "it is the same listener"
    );
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
        assert!(
            !gate.still_passes(&waiting) && gate.still_passes(&fixed),
            "{why:?}"
        );
        assert!(!gate.covers(&permit));
        let reopened = play(&mut gate, ClipKind::Disclosure).unwrap();
        assert!(!gate.covers(&permit), "it was minted for other people");
        assert!(gate.covers(&reopened.permit.unwrap()));
        assert!(!gate.still_passes(&waiting));
    }
}

#[test]
fn interruptions_go_rest_short_end() {
    let mut gate = Gate::new(rules());
    gate.arm(ArmReason::Person);
    assert!(gate.admit(&Item::Clip(ClipKind::Disclosure)).is_ok());
    assert_eq!(
        gate.interrupted(ClipKind::Disclosure, 2_000, 5_500),
        NextStep::RepeatRest
    );
    gate.cleared();
    assert_eq!(gate.due(), Some(ClipKind::DisclosureRest));
    assert!(
        play(&mut gate, ClipKind::DisclosureShort).is_none(),
        "it is not due yet"
    );
    assert!(gate.admit(&Item::Clip(ClipKind::DisclosureRest)).is_ok());
    assert_eq!(
        gate.interrupted(ClipKind::DisclosureRest, 100, 3_500),
        NextStep::ShortForm
    );
    gate.cleared();
    assert!(
        play(&mut gate, ClipKind::DisclosureRest).is_none(),
        "the rest was tried"
    );
    assert!(gate.admit(&Item::Clip(ClipKind::DisclosureShort)).is_ok());
    assert_eq!(
        gate.interrupted(ClipKind::DisclosureShort, 100, 2_000),
        NextStep::EndPolitely
    );
    gate.cleared();
    for clip in [
        ClipKind::Disclosure,
        ClipKind::DisclosureRest,
        ClipKind::DisclosureShort,
    ] {
        assert!(play(&mut gate, clip).is_none(), "{clip:?}");
    }
    assert_eq!(gate.due(), Some(ClipKind::PoliteEnd));
    assert!(gate.admit(&Item::Clip(ClipKind::PoliteEnd)).is_ok());
}

#[test]
fn the_rest_and_the_short_form_open_when_they_are_due() {
    for (cuts, last) in [
        (1, ClipKind::DisclosureRest),
        (2, ClipKind::DisclosureShort),
    ] {
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
    let mut gate = Gate::new(GateRules {
        disclosure_repeats_max: 0,
        ..rules()
    });
    gate.arm(ArmReason::Person);
    assert!(gate.admit(&Item::Clip(ClipKind::Disclosure)).is_ok());
    assert_eq!(
        gate.interrupted(ClipKind::Disclosure, 10, 100),
        NextStep::ShortForm
    );
    let mut gate = Gate::new(GateRules {
        disclosure_repeats_max: 9,
        ..rules()
    });
    gate.arm(ArmReason::Person);
    for wanted in [
        NextStep::RepeatRest,
        NextStep::ShortForm,
        NextStep::EndPolitely,
    ] {
        let due = gate.due().unwrap();
        assert!(gate.admit(&Item::Clip(due)).is_ok());
        assert_eq!(
            gate.interrupted(due, 10, 100),
            wanted,
            "more than once is taken as once"
        );
    }
}

#[test]
fn an_interruption_of_something_else_changes_nothing() {
    let mut gate = Gate::new(rules());
    assert_eq!(
        gate.interrupted(ClipKind::Disclosure, 1, 2),
        NextStep::Continue
    );
    gate.arm(ArmReason::Person);
    assert_eq!(
        gate.interrupted(ClipKind::Disclosure, 1, 2),
        NextStep::Continue
    );
    assert!(gate.admit(&Item::Clip(ClipKind::Disclosure)).is_ok());
    assert_eq!(
        gate.interrupted(ClipKind::IAmAutomated, 1, 2),
        NextStep::Continue
    );
    let proof = mark(&gate);
    assert!(gate.played(ClipKind::Disclosure, proof).is_some());
}

#[test]
fn patient_values_want_counterparty_question_and_policy() {
    let (mut gate, _) = open();
    assert_eq!(
        refused(&mut gate, segment(MEMBER)),
        Some(GateRefusal::CounterpartyUnverified)
    );
    gate.counterparty(Counterparty::MatchedGreeting);
    assert_eq!(
        refused(&mut gate, segment(MEMBER)),
        Some(GateRefusal::FieldNotAsked(MEMBER))
    );
    gate.asked(MEMBER);
    assert_eq!(refused(&mut gate, segment(MEMBER)), None);
    let both = MEMBER.union(Field::PatientDateOfBirth.into());
    let missing = GateRefusal::FieldNotAsked(Field::PatientDateOfBirth.into());
    assert_eq!(refused(&mut gate, segment(both)), Some(missing));
    gate.asked(Field::Ssn.into());
    let ssn = GateRefusal::FieldNotAllowed(Field::Ssn.into());
    assert_eq!(refused(&mut gate, segment(Field::Ssn.into())), Some(ssn));
    assert_eq!(
        refused(&mut gate, segment(MEMBER)),
        Some(GateRefusal::FieldNotAsked(MEMBER))
    );
}

#[test]
fn heard_values_want_the_counterparty_but_no_question() {
    let (mut gate, _) = open();
    let heard = segment(Field::HeardValue.into());
    assert_eq!(
        refused(&mut gate, heard),
        Some(GateRefusal::CounterpartyUnverified)
    );
    gate.counterparty(Counterparty::MatchedMap);
    assert_eq!(refused(&mut gate, heard), None);
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
    assert_eq!(
        refused(&mut gate, segment(MEMBER)),
        Some(GateRefusal::FieldNotAsked(MEMBER))
    );
}

#[test]
fn provider_facts_are_keyed_to_a_menu_and_spoken_to_an_open_gate() {
    let npi: FieldSet = Field::Npi.into();
    let mut gate = Gate::new(rules());
    assert_eq!(refused(&mut gate, keys(KeySource::Token, npi)), None);
    assert_eq!(refused(&mut gate, segment(npi)), Some(GateRefusal::NotOpen));
    gate.arm(ArmReason::Person);
    assert_eq!(
        refused(&mut gate, keys(KeySource::Token, npi)),
        Some(GateRefusal::NotOpen)
    );
    assert!(play(&mut gate, ClipKind::Disclosure).is_some());
    assert_eq!(refused(&mut gate, segment(npi)), None);
}

#[test]
fn keys_come_from_somewhere() {
    let mut gate = Gate::new(rules());
    let npi: FieldSet = Field::Npi.into();
    let nowhere = Some(GateRefusal::KeysFromNowhere);
    assert_eq!(
        refused(&mut gate, keys(KeySource::ApprovedList, npi)),
        nowhere
    );
    assert_eq!(
        refused(&mut gate, keys(KeySource::Token, FieldSet::EMPTY)),
        nowhere
    );
    assert_eq!(
        refused(&mut gate, keys(KeySource::ApprovedList, FieldSet::EMPTY)),
        None
    );
    assert_eq!(
        refused(&mut gate, keys(KeySource::Map, FieldSet::EMPTY)),
        None
    );
    assert_eq!(refused(&mut gate, keys(KeySource::Map, npi)), None);
    let unknown = Some(GateRefusal::CounterpartyUnverified);
    assert_eq!(refused(&mut gate, keys(KeySource::Token, MEMBER)), unknown);
}

#[test]
fn menu_answers_are_for_menus() {
    let mut gate = Gate::new(rules());
    assert_eq!(refused(&mut gate, Item::MenuAnswer), None);
    gate.arm(ArmReason::Person);
    assert_eq!(
        refused(&mut gate, Item::MenuAnswer),
        Some(GateRefusal::NotOpen)
    );
    let (mut gate, _) = open();
    assert_eq!(
        refused(&mut gate, Item::MenuAnswer),
        Some(GateRefusal::NotOpen)
    );
}

#[test]
fn compliance_clips_pass_in_every_mode_and_fillers_only_when_open() {
    let fixed = [
        ClipKind::Disclosure,
        ClipKind::DisclosureRest,
        ClipKind::DisclosureShort,
        ClipKind::IAmAutomated,
        ClipKind::RecordingObjection,
        ClipKind::AiRefusedBye,
        ClipKind::PoliteEnd,
        ClipKind::KillClose,
        ClipKind::NeedsStaffBye,
    ];
    let mut armed = Gate::new(rules());
    armed.arm(ArmReason::Person);
    for (mut gate, filler) in [
        (Gate::new(rules()), false),
        (armed, false),
        (open().0, true),
    ] {
        for clip in fixed {
            assert_eq!(refused(&mut gate, Item::Clip(clip)), None);
        }
        assert_eq!(
            refused(&mut gate, Item::Clip(ClipKind::Filler)).is_none(),
            filler
        );
    }
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
    assert!(
        play(&mut gate, ClipKind::Disclosure)
            .unwrap()
            .permit
            .is_none()
    );
}

#[test]
fn without_a_grant_the_gate_opens_and_mints_nothing() {
    let mut gate = Gate::new(GateRules {
        recording: RecordingGrant::none(),
        ..rules()
    });
    gate.arm(ArmReason::Person);
    assert!(
        play(&mut gate, ClipKind::Disclosure)
            .unwrap()
            .permit
            .is_none()
    );
    assert_eq!(gate.mode(), Mode::Open);
}

#[test]
fn where_nothing_was_heard_the_rest_is_the_whole() {
    let mut gate = Gate::new(rules());
    gate.arm(ArmReason::Person);
    assert!(gate.admit(&Item::Clip(ClipKind::Disclosure)).is_ok());
    assert_eq!(
        gate.interrupted(ClipKind::Disclosure, 0, 5_500),
        NextStep::RepeatRest
    );
    gate.cleared();
    assert_eq!(gate.due(), Some(ClipKind::Disclosure));
    assert!(
        play(&mut gate, ClipKind::DisclosureRest).is_none(),
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
    assert!(
        gate.played(ClipKind::Disclosure, late).is_none(),
        "it was given up"
    );
    assert!(gate.admit(&Item::Clip(ClipKind::DisclosureShort)).is_ok());
    assert_eq!(
        gate.unproven(ClipKind::DisclosureShort),
        NextStep::EndPolitely
    );
    assert_eq!(gate.due(), Some(ClipKind::PoliteEnd));
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
