//! A driver with no world behind it: it words every turn at once and plays everything to its end, unless told otherwise.

use callwright_core::{
    Act, Clip, Config, Conversation, DataItem, Extracted, FieldId, Goal, Input, Item, Limits,
    Micros, Now, Output, QuestionPlan, ReadBack, SampleTime, SegmentId, Topic, UtteranceId,
    ValueId, Verdict,
};

/// A call under test, with both clocks in step.
pub(crate) struct Rig {
    pub(crate) call: Conversation,
    pub(crate) now_ms: u64,
    /// Everything that came out so far.
    pub(crate) said: Vec<Output>,
    /// Whether items are played to their end by themselves.
    pub(crate) plays: bool,
    utterances: u32,
    segments: u32,
    values: u32,
}

pub(crate) fn questions(n: usize) -> Config {
    Config {
        questions: vec![QuestionPlan { required: true, read_back: ReadBack::WhenUnsure }; n],
        answered_before: vec![],
        items: vec![DataItem::MemberId, DataItem::Npi],
        limits: Limits::default(),
    }
}

/// The goals of all turns so far.
pub(crate) fn goals(rig: &Rig) -> Vec<Goal> {
    rig.said
        .iter()
        .filter_map(|o| {
            if let Output::StartTurn { goals, .. } = o { Some(goals.clone()) } else { None }
        })
        .flatten()
        .collect()
}

pub(crate) const FIRST: Topic = Topic::Field(FieldId(0));

impl Rig {
    pub(crate) fn new(config: Config) -> Rig {
        Rig {
            call: Conversation::new(config),
            now_ms: 0,
            said: vec![],
            plays: true,
            utterances: 0,
            segments: 0,
            values: 0,
        }
    }

    pub(crate) fn now(&self) -> Now {
        Now { at: Micros::from_ms(self.now_ms), far: SampleTime::from_ms(self.now_ms) }
    }

    pub(crate) fn far(&self) -> SampleTime {
        self.now().far
    }

    /// Hands in one input and does what comes out.
    pub(crate) fn input(&mut self, input: Input) {
        self.call.handle(self.now(), input).expect("the rig keeps the contract");
        let mut todo = vec![];
        while let Some(output) = self.call.poll_output() {
            todo.push(output);
        }
        for output in todo {
            self.said.push(output.clone());
            self.obey(&output);
        }
    }

    fn obey(&mut self, output: &Output) {
        match output {
            Output::StartTurn { turn, goals, .. } => {
                for _ in goals {
                    self.segments += 1;
                    self.input(Input::Segment { turn: *turn, segment: SegmentId(self.segments) });
                }
                self.input(Input::TurnDone(*turn));
            }
            Output::Speak(segment) => self.play(Item::Segment(*segment)),
            Output::SendDigits { step, .. } => self.play(Item::Keys(*step)),
            Output::Play(clip) => {
                if self.plays && matches!(clip, Clip::Disclosure | Clip::DisclosureShort) {
                    self.input(Input::PlayoutStarted(Item::Clip(*clip)));
                    self.pass(5_000);
                    self.input(Input::GateOpened);
                    self.input(Input::PlayoutDone(Item::Clip(*clip)));
                } else {
                    self.play(Item::Clip(*clip));
                }
            }
            _ => {}
        }
    }

    fn play(&mut self, item: Item) {
        if self.plays {
            self.input(Input::PlayoutStarted(item));
            self.pass(1_000);
            self.input(Input::PlayoutDone(item));
        }
    }

    /// Lets time pass on both clocks, waking the core whenever it asked for it.
    pub(crate) fn pass(&mut self, ms: u64) {
        let until = self.now_ms + ms;
        while let Some((at, _)) = self.call.poll_timeout() {
            if at > Micros::from_ms(until) {
                break;
            }
            self.now_ms = self.now_ms.max(at.0.div_ceil(1_000));
            self.input(Input::Timeout);
        }
        self.now_ms = self.now_ms.max(until);
    }

    /// The far end says something: the acts and values of one utterance, heard and understood.
    pub(crate) fn hear(&mut self, acts: &[Act], values: &[(Topic, Verdict)]) {
        self.input(Input::SpeechStarted { at: self.far() });
        self.pass(1_500);
        self.input(Input::SpeechEnded { at: self.far() });
        let before = self.said.len();
        self.pass(1_500);
        assert!(
            self.said[before..].contains(&Output::Finalise),
            "the far end's turn was never ended"
        );
        self.understand(acts, values);
    }

    pub(crate) fn understand(&mut self, acts: &[Act], values: &[(Topic, Verdict)]) {
        self.utterances += 1;
        let utterance = UtteranceId(self.utterances);
        self.input(Input::Heard { utterance, words: 5, done: true, end_of_turn: false });
        for act in acts {
            self.input(Input::Act { utterance, act: *act });
        }
        for (topic, verdict) in values {
            self.values += 1;
            self.input(Input::Extracted {
                utterance,
                found: Extracted { topic: *topic, verdict: *verdict },
                value: ValueId(self.values),
            });
        }
        self.input(Input::Understood(utterance));
    }

    /// Up to the first person's greeting, with the disclosure proven.
    pub(crate) fn reach_person(&mut self) {
        self.input(Input::Answered);
        self.input(Input::StreamUp);
        self.hear(&[Act::Greeting { named: true }, Act::GoAhead], &[(Topic::Name, Verdict::Clear)]);
    }

    pub(crate) fn count(&self, wanted: impl Fn(&Output) -> bool) -> usize {
        self.said.iter().filter(|o| wanted(o)).count()
    }

    pub(crate) fn last_value(&self) -> ValueId {
        ValueId(self.values)
    }
}
