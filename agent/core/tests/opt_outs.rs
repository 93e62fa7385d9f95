//! Whoever asks not to be called is heard, whatever else the call is doing (rule C2).

#![expect(clippy::wildcard_enum_match_arm, reason = "a test looks for the outputs it is about")]

#[expect(dead_code, reason = "each test of the core uses a part of it")]
mod support;

use callwright_core::{Act, Incident, Input, Output};
use support::{Rig, questions};

#[test]
fn an_opt_out_is_told_in_every_phase_whoever_has_the_line() {
    let told = |prepare: &dyn Fn(&mut Rig), acts: &[Act]| {
        let mut rig = Rig::new(questions(1));
        prepare(&mut rig);
        // With an operator on the line the agent is deaf; these words were on their way.
        rig.understand(acts, &[]);
        [Incident::DoNotCall, Incident::AiRefused]
            .map(|wanted| rig.count(|output| *output == Output::Incident(wanted)))
    };
    let person = |rig: &mut Rig| rig.reach_person();
    let operator = |rig: &mut Rig| {
        rig.reach_person();
        rig.input(Input::TakeOver);
    };
    let menu = |rig: &mut Rig| {
        rig.input(Input::Answered);
        rig.input(Input::StreamUp);
    };
    let both = [Act::DoNotCall, Act::RefusesAi];
    for prepare in [&person as &dyn Fn(&mut Rig), &operator, &menu] {
        assert_eq!(told(prepare, &both), [1, 1]);
        assert_eq!(told(prepare, &both[..1]), [1, 0]);
        assert_eq!(told(prepare, &[Act::AsksForHuman]), [0, 0]);
    }
    // What a menu announces is said by nobody.
    assert_eq!(told(&menu, &[Act::DoNotCall, Act::MenuUnknown]), [0, 0]);
}

#[test]
fn what_was_said_before_the_far_end_hung_up_still_opts_out() {
    for (said, wanted) in [(Some(Act::DoNotCall), 1), (Some(Act::Answer), 0), (None, 0)] {
        let mut rig = Rig::new(questions(1));
        rig.reach_person();
        rig.input(Input::SpeechStarted { at: rig.far() });
        rig.pass(300);
        rig.input(Input::HungUp);
        assert_eq!(rig.said.last(), Some(&Output::Finalise), "their last words are owed");
        match said {
            Some(act) => rig.understand(&[act], &[]),
            // A recogniser that owes them for good holds nobody up.
            None => rig.pass(5_000),
        }
        assert!(matches!(rig.said.last(), Some(Output::Finish(_))), "{said:?}");
        assert_eq!(rig.count(|o| *o == Output::Incident(Incident::DoNotCall)), wanted);
    }
}
