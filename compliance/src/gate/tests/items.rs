//! What passes in which mode, and with which values.

use super::*;

#[test]
fn patient_values_want_counterparty_question_and_policy() {
    let (mut gate, _) = open();
    assert_eq!(refused(&mut gate, segment(MEMBER)), Some(GateRefusal::CounterpartyUnverified));
    gate.counterparty(Counterparty::MatchedGreeting);
    assert_eq!(refused(&mut gate, segment(MEMBER)), Some(GateRefusal::FieldNotAsked(MEMBER)));
    gate.asked(MEMBER);
    assert_eq!(refused(&mut gate, segment(MEMBER)), None);
    let both = MEMBER.union(Field::PatientDateOfBirth.into());
    let missing = GateRefusal::FieldNotAsked(Field::PatientDateOfBirth.into());
    assert_eq!(refused(&mut gate, segment(both)), Some(missing));
    gate.asked(Field::Ssn.into());
    let ssn = GateRefusal::FieldNotAllowed(Field::Ssn.into());
    assert_eq!(refused(&mut gate, segment(Field::Ssn.into())), Some(ssn));
    assert_eq!(refused(&mut gate, segment(MEMBER)), Some(GateRefusal::FieldNotAsked(MEMBER)));
}

#[test]
fn heard_values_want_the_counterparty_but_no_question() {
    let (mut gate, _) = open();
    let heard = segment(Field::HeardValue.into());
    assert_eq!(refused(&mut gate, heard), Some(GateRefusal::CounterpartyUnverified));
    gate.counterparty(Counterparty::MatchedMap);
    assert_eq!(refused(&mut gate, heard), None);
}

#[test]
fn provider_facts_are_keyed_to_a_menu_and_spoken_to_an_open_gate() {
    let npi: FieldSet = Field::Npi.into();
    let mut gate = Gate::new(rules());
    assert_eq!(refused(&mut gate, keys(KeySource::Token, npi)), None);
    assert_eq!(refused(&mut gate, segment(npi)), Some(GateRefusal::NotOpen));
    gate.arm(ArmReason::Person);
    assert_eq!(refused(&mut gate, keys(KeySource::Token, npi)), Some(GateRefusal::NotOpen));
    assert!(play(&mut gate, ClipKind::Disclosure).is_some());
    assert_eq!(refused(&mut gate, segment(npi)), None);
}

#[test]
fn keys_come_from_somewhere() {
    let mut gate = Gate::new(rules());
    let npi: FieldSet = Field::Npi.into();
    let nowhere = Some(GateRefusal::KeysFromNowhere);
    assert_eq!(refused(&mut gate, keys(KeySource::ApprovedList, npi)), nowhere);
    assert_eq!(refused(&mut gate, keys(KeySource::Token, FieldSet::EMPTY)), nowhere);
    assert_eq!(refused(&mut gate, keys(KeySource::ApprovedList, FieldSet::EMPTY)), None);
    assert_eq!(refused(&mut gate, keys(KeySource::Map, FieldSet::EMPTY)), None);
    assert_eq!(refused(&mut gate, keys(KeySource::Map, npi)), None);
    let unknown = Some(GateRefusal::CounterpartyUnverified);
    assert_eq!(refused(&mut gate, keys(KeySource::Token, MEMBER)), unknown);
}

#[test]
fn menu_answers_are_for_menus() {
    let mut gate = Gate::new(rules());
    assert_eq!(refused(&mut gate, Item::MenuAnswer), None);
    gate.arm(ArmReason::Person);
    assert_eq!(refused(&mut gate, Item::MenuAnswer), Some(GateRefusal::NotOpen));
    let (mut gate, _) = open();
    assert_eq!(refused(&mut gate, Item::MenuAnswer), Some(GateRefusal::NotOpen));
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
        ClipKind::EndNotice,
    ];
    assert_eq!(fixed.len() + 1, ClipKind::ALL.len(), "all but the filler");
    let mut armed = Gate::new(rules());
    armed.arm(ArmReason::Person);
    for (mut gate, filler) in [(Gate::new(rules()), false), (armed, false), (open().0, true)] {
        for clip in fixed {
            let not_due =
                gate.mode() == Mode::Armed && clip.is_disclosure() && gate.due() != Some(clip);
            let wanted = if not_due { NOT_DUE } else { None };
            assert_eq!(refused(&mut gate, Item::Clip(clip)), wanted, "{clip:?}");
        }
        assert_eq!(refused(&mut gate, Item::Clip(ClipKind::Filler)).is_none(), filler);
    }
}
