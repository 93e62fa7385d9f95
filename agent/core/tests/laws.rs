//! What holds for every sequence of inputs, however wild.
#![expect(clippy::wildcard_enum_match_arm, reason = "a test looks for the outputs it is about")]

use callwright_core::{
    Act, Clip, Config, Conversation, DataItem, Ear, Extracted, FieldId, HoldSound, Input, Item,
    LegFailure, Limits, MenuReply, Micros, Now, Output, Owed, Phase, QuestionPlan, ReadBack,
    SampleTime, SegmentId, StepId, Tone, Topic, TurnId, UtteranceId, ValueId, Verdict,
};
use proptest::prelude::*;

fn topic() -> impl Strategy<Value = Topic> {
    prop_oneof![
        (0u16..4).prop_map(|f| Topic::Field(FieldId(f))),
        Just(Topic::Name),
        Just(Topic::Reference)
    ]
}

fn act() -> impl Strategy<Value = Act> {
    prop::sample::select(vec![
        Act::Answer,
        Act::AreYouARobot,
        Act::AsksForHuman,
        Act::DoNotCall,
        Act::Affirm,
        Act::Deny,
        Act::DataRequest(DataItem::MemberId),
        Act::DataRequest(DataItem::Ssn),
        Act::GoAhead,
        Act::Greeting { named: true },
        Act::Greeting { named: false },
        Act::Goodbye,
        Act::HoldNotice,
        Act::MenuPrompt(StepId(0)),
        Act::MenuUnknown,
        Act::NotAvailable,
        Act::ObjectsToRecording,
        Act::OtherQuestion,
        Act::QueueAnnouncement,
        Act::RefusesAi,
        Act::RepeatPlease,
        Act::AnythingElse,
        Act::Transfer,
        Act::Voicemail,
        Act::OutOfService,
        Act::Unclear,
    ])
}

fn item() -> impl Strategy<Value = Item> {
    prop_oneof![
        prop::sample::select(vec![
            Item::Clip(Clip::Disclosure),
            Item::Clip(Clip::DisclosureShort),
            Item::Clip(Clip::PoliteEnd),
            Item::Clip(Clip::IAmAutomated),
        ]),
        (1u32..6).prop_map(|s| Item::Segment(SegmentId(s))),
        Just(Item::Keys(StepId(0))),
    ]
}

fn input() -> impl Strategy<Value = Input> {
    let at = (0u64..100).prop_map(SampleTime::from_ms);
    let utterance = (1u32..4).prop_map(UtteranceId);
    let turn = (1u32..6).prop_map(TurnId);
    prop_oneof![
        2 => Just(Input::StreamUp),
        1 => prop::sample::select(vec![
            Input::Ringing, Input::Answered, Input::StreamDown, Input::MediaStalled,
            Input::MediaResumed, Input::TakeOver, Input::TakeOver, Input::Release, Input::Kill,
            Input::Tone(Tone::Ringback), Input::Tone(Tone::Busy),
            Input::DisclosureOwed(Owed::Rest), Input::DisclosureOwed(Owed::Short),
            Input::DisclosureOwed(Owed::End), Input::Failed(LegFailure::Busy),
            Input::RecogniserFailed, Input::SpeechFailed(Item::Segment(SegmentId(1))),
        ]),
        4 => at.clone().prop_map(|at| Input::SpeechStarted { at }),
        4 => at.clone().prop_map(|at| Input::SpeechEnded { at }),
        2 => (at, prop::sample::select(vec![
            HoldSound::Music, HoldSound::Silence, HoldSound::SpeechCandidate,
        ])).prop_map(|(at, sound)| Input::HoldEvidence { sound, at }),
        3 => item().prop_map(Input::PlayoutStarted),
        4 => item().prop_map(Input::PlayoutDone),
        2 => item().prop_map(|item| Input::PlayoutCut { item, played_ms: 100 }),
        3 => (utterance.clone(), 0u16..9).prop_map(|(utterance, words)| Input::Heard {
            utterance, words, done: true, end_of_turn: false,
        }),
        6 => (utterance.clone(), act()).prop_map(|(utterance, act)| Input::Act { utterance, act }),
        4 => (utterance.clone(), topic(), 0u32..9).prop_map(|(utterance, topic, value)| {
            Input::Extracted {
                utterance,
                found: Extracted { topic, verdict: Verdict::Clear },
                value: ValueId(value),
            }
        }),
        1 => (topic(), topic()).prop_map(|(a, b)| Input::Conflict { a, b }),
        1 => Just(Input::MenuMatched { step: StepId(0), reply: MenuReply::Press }),
        6 => utterance.prop_map(Input::Understood),
        4 => (turn.clone(), 1u32..6).prop_map(|(turn, segment)| Input::Segment {
            turn, segment: SegmentId(segment),
        }),
        3 => turn.clone().prop_map(Input::TurnDone),
        1 => turn.prop_map(Input::TurnFailed),
        3 => Just(Input::GateOpened),
        1 => item().prop_map(Input::GateRefused),
        6 => Just(Input::Timeout),
    ]
}

fn questions(n: usize) -> Config {
    let plan = QuestionPlan { required: true, read_back: ReadBack::WhenUnsure };
    Config {
        questions: vec![plan; n],
        // One in three has an answer from an earlier call.
        answered_before: (0..n).filter(|at| at % 3 == 1).map(|at| FieldId(at as u16)).collect(),
        items: vec![DataItem::MemberId],
        limits: Limits::default(),
    }
}

/// What an observer of the outputs can say about the call so far.
struct Watch {
    phase: Phase,
    armed: bool,
    operator: bool,
    finished: bool,
    hung_up: bool,
}

impl Watch {
    fn new() -> Watch {
        Watch {
            phase: Phase::Ringing,
            armed: false,
            operator: false,
            finished: false,
            hung_up: false,
        }
    }

    fn see(&mut self, output: &Output) -> Result<(), TestCaseError> {
        prop_assert!(!self.finished, "{output:?} after the end");
        match output {
            Output::Phase(phase) => self.phase = *phase,
            Output::ArmGate(_) => (self.armed, self.operator) = (true, false),
            Output::YieldLine => (self.armed, self.operator) = (true, true),
            Output::Play(clip) if self.operator => {
                prop_assert_eq!(*clip, Clip::KillClose, "while an operator has the line");
            }
            Output::StartTurn { goals, .. } => {
                prop_assert!(!self.armed, "a turn began before the disclosure was proven");
                prop_assert!(!goals.is_empty(), "a turn without an aim");
                prop_assert!(matches!(self.phase, Phase::Person | Phase::WrapUp));
            }
            Output::SendDigits { .. } | Output::SayStep(_) => {
                prop_assert_eq!(self.phase, Phase::Menu, "keys to a person");
            }
            Output::SetRecogniser(Ear::Person) => {
                prop_assert!(self.armed || self.hung_up, "a person heard without a gate");
            }
            Output::HangUp => self.hung_up = true,
            Output::Finish(_) => self.finished = true,
            _ => {}
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn no_sequence_of_inputs_breaks_the_machine(
        steps in prop::collection::vec((input(), 0u64..30_000), 1..150),
    ) {
        let mut call = Conversation::new(questions(3));
        let mut watch = Watch::new();
        let mut now = Now::default();
        for (input, wait) in steps {
            now.at = now.at + Micros::from_ms(wait / 10);
            now.far = SampleTime(now.far.0 + SampleTime::from_ms(wait / 10).0);
            if input == Input::GateOpened {
                watch.armed = false;
            }
            call.handle(now, input).expect("the contract was kept");
            while let Some(output) = call.poll_output() {
                watch.see(&output)?;
            }
            if input == Input::Timeout
                && let Some((at, name)) = call.poll_timeout()
            {
                prop_assert!(at > now.at, "{name:?} is still due after the time-out");
            }
        }
        // Whatever happened, the call ends by itself once nothing more comes.
        for _ in 0..400 {
            let Some((at, _)) = call.poll_timeout() else { break };
            let passed = at.since(now.at);
            now.at = now.at.max(at);
            now.far = SampleTime(now.far.0 + passed.as_ms() * SampleTime::PER_MS + 8);
            call.handle(now, Input::Timeout).expect("the contract was kept");
            while let Some(output) = call.poll_output() {
                watch.see(&output)?;
            }
        }
        prop_assert!(watch.finished, "the call hangs in {:?}", call.phase());
    }

    #[test]
    fn the_same_inputs_give_the_same_outputs(
        steps in prop::collection::vec(input(), 1..80),
    ) {
        let run = || {
            let mut call = Conversation::new(questions(3));
            let mut all = vec![];
            let mut now = Now::default();
            for input in &steps {
                now.at = now.at + Micros::from_ms(70);
                now.far = SampleTime(now.far.0 + 560);
                call.handle(now, *input).expect("the contract was kept");
                while let Some(output) = call.poll_output() {
                    all.push(output);
                }
            }
            all
        };
        prop_assert_eq!(run(), run());
    }
}

#[test]
fn a_broken_contract_is_an_error_and_changes_nothing() {
    let mut call = Conversation::new(questions(1));
    call.handle(Now::default(), Input::StreamUp).unwrap();
    assert_eq!(
        call.handle(Now::default(), Input::HungUp),
        Err(callwright_core::Misuse::NotDrained)
    );
    while call.poll_output().is_some() {}
    assert_eq!(call.phase(), Phase::Menu);
    let later = Now { at: Micros::from_s(9), far: SampleTime(9) };
    call.handle(later, Input::Ringing).unwrap();
    assert_eq!(
        call.handle(Now::default(), Input::HungUp),
        Err(callwright_core::Misuse::TimeWentBack)
    );
}
