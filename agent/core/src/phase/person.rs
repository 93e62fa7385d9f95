//! A person listens: the disclosure first, then what they ask, then what we want to know.

use alloc::vec;
use alloc::vec::Vec;

use crate::act::{Act, DataItem, Topic, Verdict};
use crate::config::{HOLD_MUSIC, WAIT_NOTICE};
use crate::conversation::{Conversation, FarEnd};
use crate::goal::Goal;
use crate::id::ValueId;
use crate::input::{HoldSound, Owed, Tone};
use crate::outcome::Ending;
use crate::output::{ArmReason, Clip, Incident, Output, Phase, Recording, Stop};
use crate::phase::utterance::Utterance;
use crate::time::SampleTime;
use crate::timer::TimerName;

/// How far the disclosure to this person has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Disclosure {
    /// It must be played next.
    Owed(Clip),
    /// It was handed to playout.
    Playing(Clip),
    /// It is proven; the gate is open.
    Proven,
    /// Nobody is there to disclose to yet.
    #[default]
    NotYet,
}

/// What is known of the conversation with this person.
#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    disclosure: Disclosure,
    short_form_tried: bool,
    reason_given: bool,
    /// They, or whoever was there before them, gave a name by way of greeting.
    named: bool,
    /// They were told where the practice can be called back.
    pub(crate) knows_number: bool,
    /// What is to be answered once the disclosure is proven.
    owed: Utterance,
    /// The goals of our last turn, for "could you repeat that?".
    pub(crate) last: Vec<Goal>,
    pub(crate) again: u8,
    /// What we asked for last.
    asked: Option<Topic>,
    read_back: Option<(Topic, ValueId)>,
    /// They asked us to wait.
    waiting: bool,
    silences: u8,
    unclear: u8,
    /// They asked for something that they may not or cannot be given.
    pub(crate) withheld: bool,
    /// A clip after which the call ends.
    pub(crate) last_clip: Option<Clip>,
    /// Nothing is left to ask; good-bye was said by us.
    pub(crate) closed: bool,
}

impl Person {
    pub(crate) fn forget_read_back(&mut self) {
        self.read_back = None;
    }

    /// Whether "are you a robot?" is owed an answer; it is given now.
    pub(crate) fn take_robot_question(&mut self) -> bool {
        let owed = self.owed.has(Act::AreYouARobot);
        self.owed.acts.retain(|act| *act != Act::AreYouARobot);
        owed
    }

    /// Notes a "are you a robot?" that came as the call ends.
    fn owe_robot_answer(&mut self, heard: &Utterance) {
        if heard.has(Act::AreYouARobot) && !self.owed.has(Act::AreYouARobot) {
            self.owed.acts.push(Act::AreYouARobot);
        }
    }
}

impl Conversation {
    /// Somebody must be told first: nothing that was being said, or was about to be, goes on.
    pub(crate) fn owe_disclosure(&mut self) {
        self.silence_us(Stop::Interruptible);
        self.floor.cut = None;
        self.person.disclosure = Disclosure::Owed(Clip::Disclosure);
        self.person.short_form_tried = false;
        self.person.knows_number = false;
    }

    pub(crate) fn with_person(&mut self, doing: FarEnd) {
        match doing {
            FarEnd::SpeechStarted(_) => self.person_speaks(),
            FarEnd::SpeechEnded(at) => {
                self.timers.clear(TimerName::BargeIn);
                self.expect_endpoint(at, self.config.limits.endpoint_person);
            }
            FarEnd::Understood(heard) => {
                if self.is_somebody_else(&heard) {
                    let from = self.floor.far_began;
                    self.person_heard(heard, from, ArmReason::PersonAgain);
                } else {
                    self.understood_from_person(heard);
                }
            }
            FarEnd::Sound(HoldSound::Music, at) => {
                let due = SampleTime(at.0 + HOLD_MUSIC.0).max(self.now.far);
                self.timers.set_far(TimerName::HoldMusic, due);
            }
            FarEnd::Sound(..) => self.timers.clear(TimerName::HoldMusic),
            FarEnd::Tone(Tone::Busy | Tone::Reorder) => self.hang_up(Ending::FarEndHungUp),
            FarEnd::Tone(Tone::Ringback | Tone::SpecialInformation) => {}
        }
    }

    /// A greeting with a name that was not heard before is another person's, and they must be told, too. Only whoever began with a bare
    /// "hello" may still give their name, until we have said something.
    fn is_somebody_else(&self, heard: &Utterance) -> bool {
        let may_be_the_same = !self.person.named && self.person.last.is_empty();
        self.phase == Phase::Person && !may_be_the_same && heard.has(Act::Greeting { named: true })
    }

    /// Music went on too long for a person to be speaking: we were put on hold.
    pub(crate) fn put_on_hold(&mut self) {
        if self.phase == Phase::Person {
            self.silence_us(Stop::Interruptible);
            self.floor.cut = None;
            self.hold.after_person = true;
            self.hold.talked = self.hold.talked + self.now.at.since(self.hold.talking_since);
            self.timers.clear(TimerName::PersonTotal);
            // Who comes back may be another, and what was said to nobody may not be kept.
            self.person.disclosure = Disclosure::NotYet;
            self.push(Output::ArmGate(ArmReason::Hold));
            self.enter_hold(Recording::PersonFrom(self.now.far));
        }
    }

    /// What a person said has been understood.
    pub(crate) fn understood_from_person(&mut self, heard: Utterance) {
        self.hold.after_person = true;
        self.person.named |= heard.has(Act::Greeting { named: true });
        if heard.has(Act::ObjectsToRecording) {
            // At once, whatever else was said and whoever has the floor (rule D2).
            self.push(Output::SetRecording(Recording::ObjectedAt(self.floor.far_began)));
        }
        if self.must_end(&heard) {
            return;
        }
        self.take_values(&heard);
        if self.phase == Phase::WrapUp {
            self.person.owe_robot_answer(&heard);
            if self.floor.is_free() {
                if heard.has(Act::Goodbye) && !heard.has(Act::AreYouARobot) {
                    self.hang_up_as_decided();
                } else {
                    self.expect_goodbye();
                }
            }
            return;
        }
        if heard.has(Act::Transfer) && !self.is_disclosed() && !heard.has(Act::AreYouARobot) {
            // Whoever said it is gone before the disclosure ends: it would be proven to the music.
            self.push(Output::ArmGate(ArmReason::Transfer));
            self.put_on_hold();
            return;
        }
        if heard.words == 0 && heard.acts.is_empty() {
            self.noise();
            return;
        }
        self.person.waiting = false;
        self.person.owed.append(heard);
        self.go_on();
    }

    /// A sound without words: whatever it interrupted goes on.
    fn noise(&mut self) {
        if self.floor.turn.is_none() && self.floor.playing.is_empty() {
            match self.floor.cut.take() {
                Some(turn) => self.start_turn(turn.goals, turn.again),
                None if self.is_disclosed() => self.listen(),
                None => self.go_on(),
            }
        }
    }

    /// Who asks not to be called, or not by a machine, is written down in every phase, whoever of us has the line (rule C2). What a
    /// menu or a queue announces is not said by anyone.
    pub(crate) fn opted_out(&mut self, heard: &Utterance) {
        let talking = matches!(self.phase, Phase::Person | Phase::WrapUp);
        if !talking && heard.is_machine() {
            return;
        }
        for (act, incident) in
            [(Act::DoNotCall, Incident::DoNotCall), (Act::RefusesAi, Incident::AiRefused)]
        {
            if heard.has(act) {
                self.push(Output::Incident(incident));
            }
        }
    }

    /// Acts that end the call, whatever else was said.
    fn must_end(&mut self, heard: &Utterance) -> bool {
        if self.person.last_clip.is_some() {
            self.person.owe_robot_answer(heard);
            return true; // the end is being said already
        }
        let ends = [Act::DoNotCall, Act::RefusesAi, Act::AsksForHuman];
        if ends.into_iter().any(|act| heard.has(act)) {
            self.person.owe_robot_answer(heard);
        }
        if heard.has(Act::DoNotCall) {
            self.end_with_clip(Clip::PoliteEnd, Ending::DoNotCall);
        } else if heard.has(Act::RefusesAi) {
            self.end_with_clip(Clip::AiRefusedBye, Ending::AiRefused);
        } else if heard.has(Act::AsksForHuman) {
            self.end_with_clip(Clip::NeedsStaffBye, Ending::NeedsStaff);
        } else if heard.has(Act::Voicemail) {
            self.hang_up(Ending::Voicemail);
        } else {
            return false;
        }
        true
    }

    /// Takes what was won, before deciding what to say.
    fn take_values(&mut self, heard: &Utterance) {
        let confirmed = heard.has(Act::Affirm) && !heard.has(Act::Deny);
        if let Some((topic, value)) = self.person.read_back {
            if confirmed {
                self.person.read_back = None;
                if let Some(accepted) = self.checklist.confirmed(topic, value) {
                    self.accept(accepted);
                }
            } else if heard.has(Act::Deny) {
                self.person.read_back = None;
                self.checklist.denied(topic);
            }
        }
        for (found, value) in &heard.values {
            if let Some(accepted) = self.checklist.heard(found.topic, found.verdict, *value) {
                self.accept(accepted);
            }
            if found.verdict != Verdict::Refused && self.person.asked == Some(found.topic) {
                self.person.asked = None;
            }
        }
        for topic in heard.conflicts.iter().flat_map(|(a, b)| [*a, *b]) {
            if self.checklist.doubt(topic) {
                self.push(Output::Reopen(topic));
            }
        }
        if heard.has(Act::NotAvailable)
            && let Some(topic) = self.person.asked.take()
        {
            self.checklist.give_up(topic);
        }
    }

    /// Does the next thing, if the floor is free.
    pub(crate) fn go_on(&mut self) {
        if self.phase != Phase::Person || self.operator || !self.floor.is_free() {
            return;
        }
        match self.person.disclosure {
            Disclosure::Owed(clip) => {
                let robot = Act::AreYouARobot;
                if self.person.owed.has(robot) {
                    self.person.owed.acts.retain(|a| *a != robot);
                    self.play(Clip::IAmAutomated);
                } else {
                    self.person.disclosure = Disclosure::Playing(clip);
                    self.play(clip);
                }
            }
            Disclosure::Proven => self.answer(),
            Disclosure::Playing(_) | Disclosure::NotYet => {}
        }
    }

    /// Answers what is owed to the person, or asks the next thing.
    fn answer(&mut self) {
        let owed = core::mem::take(&mut self.person.owed);
        if owed.has(Act::ObjectsToRecording) {
            self.keep_rest(owed, Act::ObjectsToRecording);
            self.play(Clip::RecordingObjection);
        } else if owed.has(Act::AreYouARobot) {
            self.keep_rest(owed, Act::AreYouARobot);
            self.play(Clip::IAmAutomated);
        } else if owed.has(Act::HoldNotice) {
            self.person.waiting = true;
            self.start_turn(vec![Goal::Acknowledge], 0);
        } else if owed.has(Act::Transfer) {
            self.push(Output::ArmGate(ArmReason::Transfer));
            self.put_on_hold();
        } else if let Some(turn) = self.floor.cut.take_if(|_| owed.is_backchannel()) {
            self.start_turn(turn.goals, turn.again);
        } else if let Some(goals) = self.reply_to(&owed) {
            self.start_turn(goals, self.person.again);
        } else {
            self.ask_next();
        }
    }

    fn keep_rest(&mut self, mut owed: Utterance, done: Act) {
        owed.acts.retain(|a| *a != done);
        self.person.owed = owed;
    }

    /// The direct reply to what was asked or not understood; `None` where it is our turn to ask.
    fn reply_to(&mut self, owed: &Utterance) -> Option<Vec<Goal>> {
        self.person.again = 0;
        let goals: Vec<Goal> = owed
            .acts
            .iter()
            .filter_map(|act| {
                if let Act::DataRequest(item) = act { Some(self.provide(*item)) } else { None }
            })
            .collect();
        if !goals.is_empty() {
            self.person.unclear = 0;
            return Some(goals);
        }
        if owed.has(Act::RepeatPlease) && !self.person.last.is_empty() {
            self.person.again = 1;
            return Some(self.person.last.clone());
        }
        if !self.person.reason_given {
            self.person.reason_given = true;
            return Some(vec![Goal::GiveReason]);
        }
        if owed.is_unclear() {
            self.person.unclear += 1;
            if self.person.unclear <= 2 {
                return Some(vec![Goal::Clarify]);
            }
        }
        self.person.unclear = 0;
        None
    }

    fn provide(&mut self, item: DataItem) -> Goal {
        if item == DataItem::Ssn {
            self.push(Output::Incident(Incident::SsnRequested));
        }
        if item == DataItem::ReasonForCall {
            self.person.reason_given = true;
            Goal::GiveReason
        } else if self.config.items.contains(&item) {
            Goal::Provide(item)
        } else {
            self.person.withheld = true;
            Goal::CannotProvide(item)
        }
    }

    /// Reads back what waits for it, else asks the next question, else closes.
    pub(crate) fn ask_next(&mut self) {
        while let Some(next) = self.checklist.next_read_back() {
            match next {
                Ok((topic, value)) => {
                    self.start_turn(vec![Goal::ReadBack(topic, value)], 0);
                    return;
                }
                Err(unconfirmed) => self.accept(unconfirmed),
            }
        }
        let again = self.person.asked;
        match self.checklist.next_question() {
            Some(topic) => {
                self.person.asked = Some(topic);
                self.start_turn(vec![Goal::Ask(topic)], u8::from(again == Some(topic)));
            }
            None => self.close(),
        }
    }

    /// Our turn was heard. What the person said meanwhile is answered now; else it is theirs to speak.
    pub(crate) fn yield_floor(&mut self) {
        let owed = &self.person.owed;
        if owed.acts.is_empty() || owed.is_backchannel() || owed.is_unclear() {
            self.person.owed = Utterance::default();
            self.listen();
        } else {
            self.go_on();
        }
    }

    /// Waits for the person to speak.
    pub(crate) fn listen(&mut self) {
        if self.phase != Phase::Person {
            return;
        }
        let patience = if self.person.waiting { WAIT_NOTICE } else { self.config.limits.silence };
        self.timers.set_far(TimerName::Silence, SampleTime(self.now.far.0 + patience.0));
    }

    /// The person has been silent for too long.
    pub(crate) fn nobody_speaks(&mut self) {
        if self.operator || self.phase != Phase::Person {
            return;
        }
        self.person.silences += 1;
        self.person.waiting = false;
        if self.person.silences > self.config.limits.attempts_max {
            self.end_with_clip(Clip::PoliteEnd, Ending::NobodyThere);
        } else if self.person.disclosure != Disclosure::Proven {
            self.go_on();
            self.listen();
        } else if self.floor.is_free() {
            self.start_turn(vec![Goal::AreYouThere], 0);
        }
    }

    /// Our turn was heard: what it read back may be confirmed from now on.
    pub(crate) fn was_heard(&mut self, goals: &[Goal]) {
        self.person.read_back = goals.iter().find_map(|goal| {
            if let Goal::ReadBack(topic, value) = goal { Some((*topic, *value)) } else { None }
        });
    }

    pub(crate) fn is_disclosed(&self) -> bool {
        self.person.disclosure == Disclosure::Proven
    }

    pub(crate) fn somebody_spoke(&mut self) {
        self.person.silences = 0;
    }

    // The disclosure.

    pub(crate) fn gate_opened(&mut self) {
        if self.operator {
            return; // it was proven just before the operator took the line, and counts no more
        }
        self.person.disclosure = Disclosure::Proven;
        self.go_on();
    }

    /// A disclosure clip ended without the gate having opened: its playout could not be proven.
    pub(crate) fn disclosure_ended(&mut self) {
        if !matches!(self.person.disclosure, Disclosure::Playing(_)) {
            return;
        }
        if self.person.short_form_tried {
            self.push(Output::Incident(Incident::DisclosureUnproven));
            self.end_with_clip(Clip::PoliteEnd, Ending::DisclosureUnproven);
        } else {
            self.person.short_form_tried = true;
            self.person.disclosure = Disclosure::Owed(Clip::DisclosureShort);
        }
    }

    pub(crate) fn disclosure_owed(&mut self, owed: Owed) {
        if self.operator {
            return;
        }
        match owed {
            Owed::Rest => self.person.disclosure = Disclosure::Owed(Clip::DisclosureRest),
            Owed::Short => {
                self.person.short_form_tried = true;
                self.person.disclosure = Disclosure::Owed(Clip::DisclosureShort);
            }
            Owed::End => {
                self.push(Output::Incident(Incident::DisclosureUnproven));
                self.end_with_clip(Clip::PoliteEnd, Ending::DisclosureUnproven);
                return;
            }
        }
        self.go_on();
    }

    /// Whether what is being played may not be cut by the person speaking.
    pub(crate) fn plays_uninterruptible(&self) -> bool {
        self.person.disclosure == Disclosure::Playing(Clip::DisclosureShort)
            || self.person.last_clip.is_some()
    }

    pub(crate) fn has_closed(&self) -> bool {
        self.person.closed || self.person.last_clip.is_some()
    }
}
