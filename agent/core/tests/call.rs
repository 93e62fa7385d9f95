//! Whole calls through the public face of the core, on a clock that is only numbers.
#![expect(clippy::wildcard_enum_match_arm, reason = "a test looks for the outputs it is about")]

mod support;

use callwright_core::{
    Act, Clip, DataItem, Ending, Extracted, FieldId, Goal, HoldSound, Input, Item, KeyWay,
    LegFailure, MenuReply, Outcome, Output, Owed, Phase, Recording, StepId, Stop, Topic,
    UtteranceId, ValueId, Verdict,
};
use support::{FIRST, Rig, goals, questions};

fn position(rig: &Rig, wanted: impl Fn(&Output) -> bool) -> usize {
    rig.said.iter().position(wanted).expect("the output never came")
}

fn keys(output: &Output, step: StepId, by: KeyWay) -> bool {
    *output == Output::SendDigits { step, by }
}

#[test]
fn a_good_call_runs_from_the_menu_to_a_complete_outcome() {
    let mut rig = Rig::new(questions(1));
    rig.input(Input::Ringing);
    rig.input(Input::Answered);
    rig.input(Input::StreamUp);
    rig.input(Input::MenuMatched { step: StepId(0), reply: MenuReply::Press });
    rig.hear(&[Act::MenuPrompt(StepId(0))], &[]);
    assert_eq!(rig.count(|o| keys(o, StepId(0), KeyWay::Tones)), 1);
    rig.input(Input::MenuMatched { step: StepId(1), reply: MenuReply::Hold });
    rig.hear(&[Act::MenuPrompt(StepId(1))], &[]);
    assert_eq!(rig.call.phase(), Phase::Hold);

    rig.pass(60_000);
    rig.input(Input::HoldEvidence { sound: HoldSound::SpeechCandidate, at: rig.far() });
    rig.hear(&[Act::Greeting { named: true }, Act::GoAhead], &[(Topic::Name, Verdict::Clear)]);
    assert_eq!(rig.call.phase(), Phase::Person);
    rig.hear(&[Act::DataRequest(DataItem::MemberId)], &[]);
    rig.hear(&[Act::GoAhead], &[]);
    rig.hear(&[Act::Answer], &[(FIRST, Verdict::Clear)]);
    rig.hear(&[Act::Answer], &[(Topic::Reference, Verdict::Clear)]);
    rig.hear(&[Act::Affirm], &[]);
    assert_eq!(rig.call.phase(), Phase::WrapUp);
    rig.hear(&[Act::Goodbye], &[]);
    assert_eq!(rig.count(|o| *o == Output::HangUp), 1);
    rig.input(Input::HungUp);

    assert_eq!(rig.said.last(), Some(&Output::Finish(Outcome::Complete)));
    assert_eq!(
        goals(&rig),
        [
            Goal::GiveReason,
            Goal::Provide(DataItem::MemberId),
            Goal::Ask(FIRST),
            Goal::Ask(Topic::Reference),
            Goal::ReadBack(Topic::Reference, rig.last_value()),
            Goal::Close,
        ]
    );
}

#[test]
fn the_disclosure_comes_before_any_word_of_a_turn() {
    let mut rig = Rig::new(questions(1));
    rig.reach_person();
    let armed = position(&rig, |o| matches!(o, Output::ArmGate(_)));
    let disclosed = position(&rig, |o| *o == Output::Play(Clip::Disclosure));
    let spoke = position(&rig, |o| matches!(o, Output::StartTurn { .. }));
    assert!(armed < disclosed && disclosed < spoke);
}

#[test]
fn a_queue_announcement_does_not_make_a_person() {
    let mut rig = Rig::new(questions(1));
    rig.input(Input::StreamUp);
    rig.input(Input::HoldEvidence { sound: HoldSound::Music, at: rig.far() });
    assert_eq!(rig.call.phase(), Phase::Hold);
    rig.pass(10_000);
    let woken = rig.far();
    rig.input(Input::HoldEvidence { sound: HoldSound::SpeechCandidate, at: woken });
    assert_eq!(
        rig.said.iter().rev().nth(1),
        Some(&Output::SetRecording(Recording::PersonFrom(woken)))
    );
    rig.hear(&[Act::QueueAnnouncement], &[]);
    assert_eq!(rig.call.phase(), Phase::Hold);
    assert_eq!(rig.count(|o| matches!(o, Output::Play(_))), 0);
    assert_eq!(rig.count(|o| matches!(o, Output::ArmGate(_))), 0);
}

#[test]
fn an_interrupted_disclosure_is_finished_before_anything_else() {
    let mut rig = Rig::new(questions(1));
    rig.input(Input::StreamUp);
    rig.plays = false;
    rig.hear(&[Act::Greeting { named: true }], &[]);
    rig.input(Input::PlayoutStarted(Item::Clip(Clip::Disclosure)));
    rig.pass(1_000);
    rig.input(Input::SpeechStarted { at: rig.far() });
    rig.pass(500);
    assert_eq!(rig.said.last(), Some(&Output::StopPlayout(Stop::Interruptible)));
    rig.input(Input::PlayoutCut { item: Item::Clip(Clip::Disclosure), played_ms: 1_500 });
    rig.input(Input::DisclosureOwed(Owed::Rest));
    assert_eq!(rig.count(|o| *o == Output::Play(Clip::DisclosureRest)), 0, "they still speak");
    rig.input(Input::SpeechEnded { at: rig.far() });
    rig.pass(1_000);
    rig.understand(&[Act::DataRequest(DataItem::Npi)], &[]);
    assert_eq!(rig.said.last(), Some(&Output::Play(Clip::DisclosureRest)));
    rig.plays = true;
    rig.input(Input::GateOpened);
    rig.input(Input::PlayoutDone(Item::Clip(Clip::DisclosureRest)));
    assert_eq!(goals(&rig), [Goal::Provide(DataItem::Npi)], "what they asked is not forgotten");
}

#[test]
fn a_disclosure_that_cannot_be_proven_ends_the_call() {
    let mut rig = Rig::new(questions(1));
    rig.input(Input::StreamUp);
    rig.plays = false;
    rig.hear(&[Act::Greeting { named: false }], &[]);
    rig.input(Input::PlayoutDone(Item::Clip(Clip::Disclosure)));
    assert_eq!(rig.said.last(), Some(&Output::Play(Clip::DisclosureShort)));
    rig.input(Input::PlayoutDone(Item::Clip(Clip::DisclosureShort)));
    assert_eq!(rig.said.last(), Some(&Output::Play(Clip::PoliteEnd)));
    rig.input(Input::PlayoutDone(Item::Clip(Clip::PoliteEnd)));
    assert_eq!(rig.said.last(), Some(&Output::HangUp));
    rig.input(Input::HungUp);
    assert_eq!(rig.said.last(), Some(&Output::Finish(Outcome::Failed(Ending::DisclosureUnproven))));
    assert!(goals(&rig).is_empty());
}

#[test]
fn a_robot_question_is_answered_even_before_the_disclosure() {
    let mut rig = Rig::new(questions(1));
    rig.input(Input::StreamUp);
    rig.hear(&[Act::AreYouARobot], &[]);
    let truth = position(&rig, |o| *o == Output::Play(Clip::IAmAutomated));
    let disclosure = position(&rig, |o| *o == Output::Play(Clip::Disclosure));
    assert!(truth < disclosure);
}

#[test]
fn an_objection_stops_the_recording_and_the_call_goes_on() {
    let mut rig = Rig::new(questions(1));
    rig.reach_person();
    rig.hear(&[Act::ObjectsToRecording], &[]);
    assert_eq!(rig.count(|o| matches!(o, Output::SetRecording(Recording::ObjectedAt(_)))), 1);
    assert_eq!(rig.count(|o| *o == Output::Play(Clip::RecordingObjection)), 1);
    assert_eq!(goals(&rig).last(), Some(&Goal::Ask(FIRST)));
}

#[test]
fn acts_that_end_a_call_end_it_with_a_fixed_clip() {
    for (act, clip, why) in [
        (Act::RefusesAi, Clip::AiRefusedBye, Ending::AiRefused),
        (Act::DoNotCall, Clip::PoliteEnd, Ending::DoNotCall),
        (Act::AsksForHuman, Clip::NeedsStaffBye, Ending::NeedsStaff),
    ] {
        let mut rig = Rig::new(questions(1));
        rig.reach_person();
        rig.hear(&[act, Act::Greeting { named: false }], &[]);
        assert_eq!(rig.count(|o| *o == Output::Play(clip)), 1, "{act:?}");
        rig.input(Input::HungUp);
        assert_eq!(rig.said.last(), Some(&Output::Finish(Outcome::Failed(why))));
    }
}

#[test]
fn a_short_sound_while_we_speak_does_not_stop_us_and_a_long_one_does() {
    let mut rig = Rig::new(questions(2));
    rig.reach_person();
    rig.plays = false;
    rig.hear(&[Act::GoAhead], &[]);
    let asked = goals(&rig).len();
    rig.input(Input::SpeechStarted { at: rig.far() });
    rig.pass(200);
    rig.input(Input::SpeechEnded { at: rig.far() });
    rig.pass(1_000);
    assert_eq!(rig.count(|o| matches!(o, Output::StopPlayout(_))), 0);
    rig.understand(&[Act::Affirm], &[]);
    rig.input(Input::SpeechStarted { at: rig.far() });
    rig.pass(500);
    assert_eq!(rig.count(|o| matches!(o, Output::StopPlayout(_))), 1);
    let Some(Output::Speak(cut)) =
        rig.said.iter().rev().find(|o| matches!(o, Output::Speak(_))).cloned()
    else {
        panic!("nothing was spoken")
    };
    rig.input(Input::PlayoutCut { item: Item::Segment(cut), played_ms: 700 });
    rig.input(Input::SpeechEnded { at: rig.far() });
    rig.pass(1_000);
    rig.understand(&[Act::Unclear], &[]);
    assert_eq!(goals(&rig).len(), asked + 1, "a false interruption resumes the turn");
    assert_eq!(goals(&rig).last(), goals(&rig).get(asked - 1));
}

#[test]
fn a_denied_read_back_asks_again() {
    let mut rig = Rig::new(questions(1));
    rig.reach_person();
    rig.hear(&[Act::GoAhead], &[]);
    rig.hear(&[Act::Answer], &[(FIRST, Verdict::Unsure)]);
    assert_eq!(goals(&rig).last(), Some(&Goal::ReadBack(FIRST, rig.last_value())));
    rig.hear(&[Act::Deny], &[]);
    assert_eq!(goals(&rig).last(), Some(&Goal::Ask(FIRST)));
    rig.hear(&[Act::Answer], &[(FIRST, Verdict::Clear)]);
    assert_eq!(rig.count(|o| matches!(o, Output::Accept { topic, .. } if *topic == FIRST)), 1);
}

#[test]
fn a_line_that_drops_keeps_what_was_won() {
    let mut rig = Rig::new(questions(2));
    rig.reach_person();
    rig.hear(&[Act::Answer], &[(FIRST, Verdict::Clear)]);
    rig.input(Input::HungUp);
    let why = Ending::FarEndHungUp;
    assert_eq!(rig.said.last(), Some(&Output::Finish(Outcome::Partial { missing: 1, why })));
}

#[test]
fn a_request_that_may_not_be_granted_ends_with_staff() {
    for (asked, gave) in
        [(DataItem::Ssn, false), (DataItem::TaxId, false), (DataItem::MemberId, true)]
    {
        let mut rig = Rig::new(questions(1));
        rig.reach_person();
        rig.hear(&[Act::DataRequest(asked)], &[]);
        let goal = if gave { Goal::Provide(asked) } else { Goal::CannotProvide(asked) };
        assert_eq!(goals(&rig).last(), Some(&goal));
        rig.input(Input::HungUp);
        let why = if gave { Ending::FarEndHungUp } else { Ending::NeedsStaff };
        assert_eq!(rig.said.last(), Some(&Output::Finish(Outcome::Failed(why))), "{asked:?}");
    }
}

#[test]
fn what_the_gate_refused_ends_with_staff_and_what_was_answered_is_complete() {
    let mut rig = Rig::new(questions(1));
    rig.reach_person();
    rig.plays = false;
    rig.hear(&[Act::DataRequest(DataItem::MemberId)], &[]);
    let spoken =
        rig.said.iter().rev().find_map(|output| {
            if let Output::Speak(segment) = output { Some(*segment) } else { None }
        });
    rig.input(Input::GateRefused(Item::Segment(spoken.unwrap())));
    rig.input(Input::HungUp);
    let why = Ending::NeedsStaff;
    assert_eq!(rig.said.last(), Some(&Output::Finish(Outcome::Failed(why))));

    let mut rig = Rig::new(questions(1));
    rig.reach_person();
    rig.hear(&[Act::DataRequest(DataItem::Ssn)], &[]);
    rig.hear(&[Act::Answer], &[(FIRST, Verdict::Clear)]);
    rig.hear(&[Act::Answer], &[(Topic::Name, Verdict::Clear), (Topic::Reference, Verdict::Clear)]);
    rig.hear(&[Act::Affirm], &[]);
    rig.hear(&[Act::Goodbye], &[]);
    rig.input(Input::HungUp);
    assert_eq!(rig.said.last(), Some(&Output::Finish(Outcome::Complete)));
}

#[test]
fn a_second_call_asks_only_what_the_first_one_left_open() {
    let mut config = questions(2);
    config.answered_before = vec![FieldId(0)];
    let second = Topic::Field(FieldId(1));
    let mut rig = Rig::new(config.clone());
    rig.reach_person();
    rig.hear(&[Act::GoAhead], &[]);
    rig.hear(&[Act::Answer], &[(second, Verdict::Clear)]);
    rig.hear(&[Act::Answer], &[(Topic::Reference, Verdict::Clear)]);
    rig.hear(&[Act::Affirm], &[]);
    rig.hear(&[Act::Goodbye], &[]);
    rig.input(Input::HungUp);
    assert_eq!(rig.said.last(), Some(&Output::Finish(Outcome::Complete)));
    assert!(goals(&rig).contains(&Goal::Ask(second)));
    assert!(!goals(&rig).contains(&Goal::Ask(FIRST)), "it was answered before");

    // One that wins nothing new says what ended it, so that it is tried again for that reason.
    let mut rig = Rig::new(config);
    rig.reach_person();
    rig.input(Input::HungUp);
    let dropped = Outcome::Failed(Ending::FarEndHungUp);
    assert_eq!(rig.said.last(), Some(&Output::Finish(dropped)));
}

#[test]
fn every_leg_failure_is_its_own_outcome() {
    for failure in [LegFailure::Busy, LegFailure::Carrier, LegFailure::NoAnswer] {
        let mut rig = Rig::new(questions(1));
        rig.input(Input::Failed(failure));
        assert_eq!(rig.said.last(), Some(&Output::Finish(Outcome::Failed(Ending::Leg(failure)))));
    }
}

#[test]
fn silence_is_asked_about_and_then_ended() {
    let mut rig = Rig::new(questions(1));
    rig.reach_person();
    rig.pass(200_000);
    assert_eq!(goals(&rig).iter().filter(|g| **g == Goal::AreYouThere).count(), 3);
    assert_eq!(rig.count(|o| *o == Output::HangUp), 1);
    assert_eq!(
        rig.said.last(),
        Some(&Output::Finish(Outcome::Failed(Ending::NobodyThere))),
        "an unconfirmed hang-up still finishes the call"
    );
}

#[test]
fn limits_end_a_call_that_goes_nowhere() {
    // Nobody answers.
    let mut rig = Rig::new(questions(1));
    rig.pass(120_000);
    let no_answer = Ending::Leg(LegFailure::NoAnswer);
    assert_eq!(rig.said.last(), Some(&Output::Finish(Outcome::Failed(no_answer))));
    // The menu says nothing that the map knows.
    let mut rig = Rig::new(questions(1));
    rig.input(Input::StreamUp);
    rig.pass(60_000);
    assert_eq!(rig.said.last(), Some(&Output::Finish(Outcome::Failed(Ending::MenuStuck))));
    // The queue does not end.
    let mut rig = Rig::new(questions(1));
    rig.input(Input::StreamUp);
    rig.input(Input::HoldEvidence { sound: HoldSound::Music, at: rig.far() });
    rig.pass(3 * 3_600_000);
    assert_eq!(rig.said.last(), Some(&Output::Finish(Outcome::Failed(Ending::HoldTooLong))));
}

#[test]
fn the_same_prompt_again_and_again_is_a_loop() {
    let mut rig = Rig::new(questions(1));
    rig.input(Input::StreamUp);
    for _ in 0..5 {
        rig.input(Input::MenuMatched { step: StepId(0), reply: MenuReply::Press });
        rig.hear(&[Act::MenuPrompt(StepId(0))], &[]);
    }
    assert_eq!(rig.count(|o| keys(o, StepId(0), KeyWay::Tones)), 2);
    assert_eq!(rig.count(|o| keys(o, StepId(0), KeyWay::Carrier)), 2);
    assert_eq!(rig.count(|o| *o == Output::HangUp), 1);
}

#[test]
fn a_line_that_does_not_hear_tones_gets_its_keys_from_the_carrier_for_the_rest_of_the_menu() {
    let mut rig = Rig::new(questions(1));
    rig.input(Input::StreamUp);
    for step in [0, 0, 0, 1] {
        rig.input(Input::MenuMatched { step: StepId(step), reply: MenuReply::Press });
        rig.hear(&[Act::MenuPrompt(StepId(step))], &[]);
        // What the carrier presses costs the leg its stream.
        rig.input(Input::StreamDown);
        rig.input(Input::StreamUp);
    }
    assert_eq!(rig.call.phase(), Phase::Menu);
    assert_eq!(rig.count(|o| keys(o, StepId(0), KeyWay::Tones)), 2);
    assert_eq!(rig.count(|o| keys(o, StepId(0), KeyWay::Carrier)), 1);
    assert_eq!(rig.count(|o| keys(o, StepId(1), KeyWay::Carrier)), 1);
}

#[test]
fn the_kill_switch_closes_within_five_seconds_even_if_the_clip_does_not_end() {
    let mut rig = Rig::new(questions(1));
    rig.reach_person();
    rig.plays = false;
    let at = rig.now_ms;
    rig.input(Input::Kill);
    assert_eq!(rig.said.last(), Some(&Output::Play(Clip::KillClose)));
    rig.pass(5_000);
    assert_eq!(rig.said.last(), Some(&Output::HangUp));
    assert!(rig.now_ms - at <= 5_000);
}

#[test]
fn a_dead_recogniser_does_not_hang_the_call() {
    let mut rig = Rig::new(questions(1));
    rig.reach_person();
    rig.input(Input::SpeechStarted { at: rig.far() });
    rig.pass(1_000);
    rig.input(Input::SpeechEnded { at: rig.far() });
    rig.pass(30_000);
    assert!(goals(&rig).contains(&Goal::AreYouThere));
}

#[test]
fn a_recogniser_that_owes_two_utterances_in_a_row_is_lost() {
    let silent = |rig: &mut Rig| {
        rig.input(Input::SpeechStarted { at: rig.far() });
        rig.pass(1_000);
        rig.input(Input::SpeechEnded { at: rig.far() });
        rig.pass(8_000);
    };
    let lost = |rig: &Rig| rig.count(|o| *o == Output::HangUp);
    let mut rig = Rig::new(questions(1));
    rig.input(Input::Answered);
    rig.input(Input::StreamUp);
    silent(&mut rig);
    assert_eq!(lost(&rig), 0, "once may be chance");
    silent(&mut rig);
    rig.input(Input::HungUp);
    assert_eq!(rig.said.last(), Some(&Output::Finish(Outcome::Failed(Ending::VendorLost))));

    // One that answers in between, be it that it heard nothing, is there.
    let mut rig = Rig::new(questions(1));
    rig.input(Input::Answered);
    rig.input(Input::StreamUp);
    silent(&mut rig);
    rig.hear(&[], &[]);
    silent(&mut rig);
    assert_eq!(lost(&rig), 0);
}

#[test]
fn an_objection_is_obeyed_at_once_whatever_else_is_said() {
    for others in [vec![], vec![Act::AsksForHuman], vec![Act::RefusesAi]] {
        let mut rig = Rig::new(questions(1));
        rig.reach_person();
        let began = rig.far();
        let mut acts = vec![Act::ObjectsToRecording];
        acts.extend(others);
        rig.hear(&acts, &[]);
        let objected = Output::SetRecording(Recording::ObjectedAt(began));
        assert_eq!(rig.count(|o| *o == objected), 1, "{acts:?}");
    }
}

#[test]
fn a_hold_in_mid_conversation_shuts_the_gate_and_keeps_nothing() {
    let mut rig = Rig::new(questions(1));
    rig.reach_person();
    rig.input(Input::HoldEvidence { sound: HoldSound::Music, at: rig.far() });
    rig.pass(4_000);
    assert_eq!(rig.call.phase(), Phase::Hold);
    assert!(matches!(
        rig.said.iter().rev().find(|o| matches!(o, Output::SetRecording(_))),
        Some(Output::SetRecording(Recording::PersonFrom(_)))
    ));
    assert_eq!(
        rig.count(|o| *o == Output::ArmGate(callwright_core::ArmReason::Hold)),
        1,
        "nobody on hold may be spoken to"
    );
}

#[test]
fn a_yes_before_the_read_back_was_heard_confirms_nothing() {
    let mut rig = Rig::new(questions(1));
    rig.reach_person();
    rig.hear(&[Act::GoAhead], &[]);
    rig.plays = false;
    rig.hear(&[Act::Answer], &[(FIRST, Verdict::Unsure)]);
    let value = rig.last_value();
    assert_eq!(goals(&rig).last(), Some(&Goal::ReadBack(FIRST, value)));
    rig.hear(&[Act::Affirm], &[]);
    assert_eq!(rig.count(|o| matches!(o, Output::Accept { topic, .. } if *topic == FIRST)), 0);
}

#[test]
fn a_lost_recogniser_closes_the_call_in_words() {
    let mut rig = Rig::new(questions(1));
    rig.reach_person();
    rig.input(Input::RecogniserFailed);
    assert_eq!(rig.count(|o| *o == Output::Play(Clip::NeedsStaffBye)), 1);
    rig.input(Input::HungUp);
    assert_eq!(rig.said.last(), Some(&Output::Finish(Outcome::Failed(Ending::VendorLost))));
}

#[test]
fn speech_that_cannot_be_made_is_tried_again() {
    let mut rig = Rig::new(questions(1));
    rig.reach_person();
    rig.plays = false;
    rig.hear(&[Act::GoAhead], &[]);
    let asked = goals(&rig).len();
    let Some(Output::Speak(segment)) =
        rig.said.iter().rev().find(|o| matches!(o, Output::Speak(_))).cloned()
    else {
        panic!("nothing was spoken")
    };
    rig.input(Input::SpeechFailed(Item::Segment(segment)));
    assert_eq!(goals(&rig).len(), asked + 1);
    assert_eq!(goals(&rig)[asked], goals(&rig)[asked - 1]);
}

#[test]
fn a_value_that_comes_late_hides_nothing_of_what_is_said_next() {
    let mut rig = Rig::new(questions(2));
    rig.reach_person();
    rig.hear(&[Act::GoAhead], &[]);
    // A model points at an answer in words that were understood already.
    let found = Extracted { topic: FIRST, verdict: Verdict::Unsure };
    let value = ValueId(90);
    rig.input(Input::Extracted { utterance: UtteranceId(2), found, value });
    rig.hear(&[Act::ObjectsToRecording], &[]);
    let objected = |o: &Output| matches!(o, Output::SetRecording(Recording::ObjectedAt(_)));
    assert_eq!(rig.count(objected), 1, "the objection was lost");
    rig.hear(&[Act::GoAhead], &[]);
    assert!(goals(&rig).contains(&Goal::ReadBack(FIRST, value)), "so was the answer");
}

#[test]
fn a_deaf_recogniser_is_found_out_however_fast_the_far_end_talks() {
    let mut rig = Rig::new(questions(1));
    rig.reach_person();
    for _ in 0..6 {
        rig.input(Input::SpeechStarted { at: rig.far() });
        rig.pass(1_000);
        rig.input(Input::SpeechEnded { at: rig.far() });
        rig.pass(2_000);
    }
    rig.input(Input::HungUp);
    let lost = Outcome::Failed(Ending::VendorLost);
    assert_eq!(rig.said.last(), Some(&Output::Finish(lost)));
}

#[test]
fn a_voice_that_fails_now_and_then_and_again_ends_the_call() {
    let mut rig = Rig::new(questions(3));
    rig.reach_person();
    rig.plays = false;
    for _ in 0..4 {
        rig.hear(&[Act::GoAhead], &[]);
        let spoken = rig.said.iter().rev().find_map(|output| match output {
            Output::Speak(segment) => Some(*segment),
            _ => None,
        });
        rig.input(Input::SpeechFailed(Item::Segment(spoken.expect("it asks"))));
    }
    rig.input(Input::HungUp);
    let lost = Outcome::Failed(Ending::VendorLost);
    assert_eq!(rig.said.last(), Some(&Output::Finish(lost)));
}

#[test]
fn a_stream_that_never_comes_or_goes_silent_for_good_ends_the_call() {
    let mut rig = Rig::new(questions(1));
    rig.input(Input::Answered);
    rig.pass(30_000);
    assert_eq!(rig.said.last(), Some(&Output::Finish(Outcome::Failed(Ending::MediaLost))));
    let mut rig = Rig::new(questions(1));
    rig.input(Input::StreamUp);
    rig.input(Input::HoldEvidence { sound: HoldSound::Music, at: rig.far() });
    rig.input(Input::MediaStalled);
    rig.pass(30_000);
    assert_eq!(rig.said.last(), Some(&Output::Finish(Outcome::Failed(Ending::MediaLost))));
}

#[test]
fn a_kill_stays_a_kill() {
    let mut rig = Rig::new(questions(1));
    rig.reach_person();
    rig.plays = false;
    rig.input(Input::Kill);
    let at = rig.now_ms;
    rig.hear(&[Act::RefusesAi], &[]);
    assert_eq!(rig.count(|o| matches!(o, Output::Play(Clip::AiRefusedBye))), 0);
    rig.pass(5_000);
    assert_eq!(rig.count(|o| *o == Output::HangUp), 1);
    assert!(rig.now_ms - at <= 8_000);
    rig.input(Input::HungUp);
    assert_eq!(rig.said.last(), Some(&Output::Finish(Outcome::Failed(Ending::Killed))));
}
