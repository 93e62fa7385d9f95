//! Calls in which an operator takes the line, and calls that end while somebody asks whether this is a machine.
#![expect(clippy::wildcard_enum_match_arm, reason = "a test looks for the outputs it is about")]

#[expect(dead_code, reason = "each test of whole calls uses a part of it")]
mod support;

use callwright_core::{
    Act, ArmReason, Clip, DataItem, Ear, Ending, HoldSound, Incident, Input, Item, Micros, Outcome,
    Output, Owed, Phase, Recording, Stop,
};
use support::{Rig, questions};

/// What came out since `before`.
fn since(rig: &Rig, before: usize) -> &[Output] {
    &rig.said[before..]
}

fn is_speech(output: &Output) -> bool {
    matches!(
        output,
        Output::Play(_)
            | Output::Speak(_)
            | Output::StartTurn { .. }
            | Output::SendDigits { .. }
            | Output::SayStep(_)
    )
}

/// With an operator at the line, and how much had come out by then.
fn taken_over() -> (Rig, usize) {
    let mut rig = Rig::new(questions(1));
    rig.reach_person();
    let before = rig.said.len();
    rig.input(Input::TakeOver);
    (rig, before)
}

#[test]
fn an_operator_silences_the_agent_deafens_it_and_stops_the_recording() {
    let (rig, before) = taken_over();
    let outputs = since(&rig, before);
    assert!(outputs.contains(&Output::YieldLine));
    assert!(outputs.contains(&Output::SetRecogniser(Ear::Asleep)));
    assert!(outputs.iter().any(|o| matches!(o, Output::SetRecording(Recording::PersonFrom(_)))));
}

#[test]
fn while_an_operator_has_the_line_nothing_makes_the_agent_speak_or_hang_up() {
    let (mut rig, _) = taken_over();
    let before = rig.said.len();
    rig.understand(&[Act::DataRequest(DataItem::Npi), Act::AreYouARobot], &[]);
    rig.understand(&[Act::RefusesAi], &[]);
    rig.input(Input::HoldEvidence { sound: HoldSound::Music, at: rig.far() });
    rig.input(Input::RecogniserFailed);
    rig.input(Input::DisclosureOwed(Owed::End));
    rig.input(Input::GateOpened);
    // Longer than a conversation, a menu and a hold may last.
    rig.pass(50 * 60_000);
    let outputs = since(&rig, before);
    assert!(!outputs.iter().any(is_speech), "{outputs:?}");
    assert!(!outputs.contains(&Output::HangUp));
    // The hard cap holds for operators, too (rule L1).
    rig.pass(60 * 60_000);
    assert!(rig.said.contains(&Output::HangUp));
}

#[test]
fn what_was_said_just_before_the_operator_came_is_obeyed_where_it_must_be() {
    let (mut rig, _) = taken_over();
    rig.understand(&[Act::ObjectsToRecording, Act::DoNotCall], &[]);
    assert_eq!(rig.count(|o| matches!(o, Output::SetRecording(Recording::ObjectedAt(_)))), 1);
    assert_eq!(rig.count(|o| *o == Output::Incident(Incident::DoNotCall)), 1);
    assert_eq!(rig.count(|o| *o == Output::HangUp), 0, "the operator is speaking");
}

#[test]
fn a_line_that_is_given_back_begins_with_the_disclosure() {
    let (mut rig, _) = taken_over();
    rig.pass(60_000);
    let before = rig.said.len();
    rig.input(Input::Release);
    let outputs = since(&rig, before);
    let place = |wanted: &Output| outputs.iter().position(|o| o == wanted);
    let armed = place(&Output::ArmGate(ArmReason::TakeOver)).expect("the gate is armed");
    let told = place(&Output::Play(Clip::Disclosure)).expect("they are told");
    assert!(armed < told);
    assert!(outputs.contains(&Output::SetRecogniser(Ear::Person)));
    let first_word = outputs.iter().position(is_speech);
    assert_eq!(first_word, Some(told), "nothing before it");
    assert_eq!(rig.call.phase(), Phase::Person);
}

#[test]
fn an_operator_may_take_a_line_in_a_menu_or_on_hold_and_it_stays_quiet() {
    for hold in [false, true] {
        let mut rig = Rig::new(questions(1));
        rig.input(Input::Answered);
        rig.input(Input::StreamUp);
        if hold {
            rig.hear(&[Act::QueueAnnouncement], &[]);
            assert_eq!(rig.call.phase(), Phase::Hold);
        }
        rig.input(Input::TakeOver);
        let before = rig.said.len();
        rig.input(Input::HoldEvidence { sound: HoldSound::SpeechCandidate, at: rig.far() });
        rig.understand(&[Act::Greeting { named: true }], &[]);
        rig.pass(50 * 60_000);
        let outputs = since(&rig, before);
        assert!(!outputs.iter().any(is_speech), "{outputs:?}");
        assert!(!outputs.contains(&Output::HangUp));
        rig.input(Input::Release);
        assert_eq!(rig.call.phase(), Phase::Person);
        assert_eq!(rig.count(|o| *o == Output::Play(Clip::Disclosure)), 1);
    }
}

#[test]
fn an_operator_may_take_a_call_that_is_closing() {
    let mut rig = Rig::new(questions(1));
    rig.reach_person();
    rig.plays = false;
    rig.hear(&[Act::AsksForHuman], &[]);
    assert_eq!(rig.count(|o| *o == Output::Play(Clip::NeedsStaffBye)), 1);
    rig.input(Input::TakeOver);
    assert!(rig.said.contains(&Output::StopPlayout(Stop::Everything)));
    rig.input(Input::PlayoutCut { item: Item::Clip(Clip::NeedsStaffBye), played_ms: 300 });
    rig.pass(120_000);
    assert_eq!(rig.count(|o| *o == Output::HangUp), 0, "the operator has it now");
    rig.plays = true;
    rig.input(Input::Release);
    // It had come to its end: what is left is to say so.
    assert_eq!(rig.count(|o| *o == Output::Play(Clip::PoliteEnd)), 1);
    assert_eq!(rig.said.last(), Some(&Output::HangUp));
    rig.input(Input::HungUp);
    let needs_staff = Output::Finish(Outcome::Failed(Ending::NeedsStaff));
    assert_eq!(rig.said.last(), Some(&needs_staff));
}

#[test]
fn nobody_takes_a_call_that_is_killed_or_not_answered() {
    let mut rig = Rig::new(questions(1));
    rig.input(Input::TakeOver);
    assert_eq!(rig.count(|o| *o == Output::YieldLine), 0);
    rig.reach_person();
    rig.plays = false;
    rig.input(Input::Kill);
    rig.input(Input::TakeOver);
    assert_eq!(rig.count(|o| *o == Output::YieldLine), 0);
    rig.pass(5_000);
    assert!(rig.said.contains(&Output::HangUp));
}

#[test]
fn the_kill_switch_ends_an_operator_s_call_too() {
    let (mut rig, _) = taken_over();
    rig.plays = false;
    let at = rig.now().at;
    rig.input(Input::Kill);
    assert_eq!(rig.count(|o| *o == Output::Play(Clip::KillClose)), 1);
    rig.pass(5_000);
    assert!(rig.said.contains(&Output::HangUp));
    assert!(rig.now().at.since(at) <= Micros::from_s(5));
}

#[test]
fn whoever_asks_whether_it_is_a_machine_is_answered_even_as_the_call_ends() {
    // In the words that end it.
    for (act, clip) in [
        (Act::RefusesAi, Clip::AiRefusedBye),
        (Act::AsksForHuman, Clip::NeedsStaffBye),
        (Act::DoNotCall, Clip::PoliteEnd),
    ] {
        let mut rig = Rig::new(questions(1));
        rig.reach_person();
        rig.hear(&[act, Act::AreYouARobot], &[]);
        let place = |clip| rig.said.iter().position(|o| *o == Output::Play(clip));
        let (truth, bye) = (place(Clip::IAmAutomated), place(clip));
        assert!(truth.is_some() && truth < bye, "{act:?}");
        assert_eq!(rig.said.last(), Some(&Output::HangUp), "{act:?}");
    }
    // While the last words are said.
    let mut rig = Rig::new(questions(1));
    rig.reach_person();
    rig.plays = false;
    rig.hear(&[Act::AsksForHuman], &[]);
    rig.hear(&[Act::AreYouARobot], &[]);
    assert_eq!(rig.count(|o| *o == Output::Play(Clip::IAmAutomated)), 0);
    rig.input(Input::PlayoutDone(Item::Clip(Clip::NeedsStaffBye)));
    assert_eq!(rig.count(|o| *o == Output::Play(Clip::IAmAutomated)), 1);
    assert_eq!(rig.count(|o| *o == Output::HangUp), 0);
    rig.input(Input::PlayoutDone(Item::Clip(Clip::IAmAutomated)));
    assert_eq!(rig.said.last(), Some(&Output::HangUp));
    // After our good-bye.
    let mut rig = Rig::new(questions(0));
    rig.reach_person();
    for _ in 0..6 {
        if rig.call.phase() == Phase::Person {
            rig.hear(&[Act::NotAvailable], &[]);
        }
    }
    assert_eq!(rig.call.phase(), Phase::WrapUp);
    rig.hear(&[Act::AreYouARobot, Act::Goodbye], &[]);
    assert_eq!(rig.count(|o| *o == Output::Play(Clip::IAmAutomated)), 1);
}

#[test]
fn whoever_transfers_us_before_they_were_told_is_gone_and_nothing_of_them_is_kept() {
    let mut rig = Rig::new(questions(1));
    rig.input(Input::Answered);
    rig.input(Input::StreamUp);
    rig.plays = false;
    rig.hear(&[Act::Greeting { named: true }, Act::Transfer], &[]);
    assert_eq!(rig.call.phase(), Phase::Hold);
    assert_eq!(rig.count(|o| *o == Output::ArmGate(ArmReason::Transfer)), 1);
    assert_eq!(
        rig.count(|o| *o == Output::Play(Clip::Disclosure)),
        0,
        "it would be told to the music"
    );
}
