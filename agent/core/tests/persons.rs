//! Who is on the line: each new person is told first, and each is told where to call back.
#![expect(clippy::wildcard_enum_match_arm, reason = "a test looks for the outputs it is about")]

#[expect(dead_code, reason = "each test of the core uses a part of it")]
mod support;

use callwright_core::{
    Act, Clip, Config, DataItem, Goal, HoldSound, Input, Item, Output, Phase, Verdict,
};
use support::{FIRST, Rig, goals, questions};

#[test]
fn a_person_after_a_hold_is_told_again() {
    let mut rig = Rig::new(questions(1));
    rig.reach_person();
    rig.hear(&[Act::Transfer], &[]);
    assert_eq!(rig.call.phase(), Phase::Hold);
    rig.input(Input::HoldEvidence { sound: HoldSound::SpeechCandidate, at: rig.far() });
    rig.hear(&[Act::Greeting { named: true }], &[]);
    assert_eq!(rig.count(|o| *o == Output::Play(Clip::Disclosure)), 2);
}

#[test]
fn another_name_in_mid_conversation_is_another_person() {
    let mut rig = Rig::new(questions(1));
    rig.reach_person();
    rig.hear(&[Act::Greeting { named: true }], &[]);
    assert_eq!(rig.count(|o| *o == Output::Play(Clip::Disclosure)), 2);
}

#[test]
fn another_name_before_the_reason_was_given_is_another_person_too() {
    for named in [true, false] {
        let mut rig = Rig::new(questions(1));
        rig.input(Input::Answered);
        rig.input(Input::StreamUp);
        // What they ask is answered first: the reason was not given yet.
        rig.hear(&[Act::Greeting { named }, Act::DataRequest(DataItem::Npi)], &[]);
        assert_eq!(goals(&rig), [Goal::Provide(DataItem::Npi)]);
        rig.hear(&[Act::Greeting { named: true }], &[]);
        assert_eq!(rig.count(|o| *o == Output::Play(Clip::Disclosure)), 2, "named: {named}");
    }
}

#[test]
fn who_is_told_where_to_call_back_is_told_once() {
    for asked in [false, true] {
        let mut rig = Rig::new(Config { items: vec![DataItem::CallbackNumber], ..questions(1) });
        rig.reach_person();
        if asked {
            rig.hear(&[Act::DataRequest(DataItem::CallbackNumber)], &[]);
        }
        rig.hear(&[Act::GoAhead], &[]);
        rig.hear(&[Act::Answer], &[(FIRST, Verdict::Clear)]);
        rig.hear(&[Act::NotAvailable], &[]);
        assert_eq!(rig.call.phase(), Phase::WrapUp);
        let number = Goal::Provide(DataItem::CallbackNumber);
        assert_eq!(goals(&rig).iter().filter(|goal| **goal == number).count(), 1, "{asked}");
        assert_eq!(goals(&rig).last(), Some(&Goal::Close));
    }
}

#[test]
fn a_number_that_the_gate_refused_was_not_told() {
    let mut rig = Rig::new(Config { items: vec![DataItem::CallbackNumber], ..questions(1) });
    rig.reach_person();
    rig.plays = false;
    rig.hear(&[Act::DataRequest(DataItem::CallbackNumber)], &[]);
    let spoken =
        rig.said.iter().rev().find_map(|output| {
            if let Output::Speak(segment) = output { Some(*segment) } else { None }
        });
    rig.plays = true;
    rig.input(Input::GateRefused(Item::Segment(spoken.unwrap())));
    rig.hear(&[Act::GoAhead], &[]);
    rig.hear(&[Act::Answer], &[(FIRST, Verdict::Clear)]);
    rig.hear(&[Act::NotAvailable], &[]);
    let last = goals(&rig).split_off(goals(&rig).len() - 2);
    assert_eq!(last, [Goal::Provide(DataItem::CallbackNumber), Goal::Close]);
}
