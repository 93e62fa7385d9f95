//! Doing what the core wants done.

use bytes::Bytes;
use callwright_compliance::Purpose;
use callwright_compliance::audit::Action;
use callwright_compliance::egress::{Field, FieldSet};
use callwright_compliance::gate::KeySource;
use callwright_compliance::vendor::Role;
use callwright_core::{
    ArmReason, Clip, Goal, Incident, Input, Item, Output, Phase, Recording, SegmentId, StepId,
    Topic, TurnId, ValueId,
};
use callwright_dialplan::menu::{StepAct, StepPlace};
use callwright_media::dtmf;
use callwright_media::playout::{Cut, ItemId, PlayoutError, PlayoutEvent};
use callwright_media::session::Profile;
use callwright_prompts::ClipName;
use callwright_understanding::Value;
use callwright_vendors::{ModelEvent, TurnRequest};

use super::cover::COVER;
use super::driver::{Driver, Mind, ReplyTimes};
use super::mouth::Spoken;
use super::timeline::{Happening, Said};
use super::{Disclosed, Note, Stage, translate};

/// Whether a value may identify somebody. Amounts, counts and choices do not.
fn says_whose(value: &Value) -> bool {
    match value {
        Value::Date(_) | Value::Name(_) | Value::Reference(_) => true,
        Value::YesNo(_)
        | Value::Money { .. }
        | Value::Percent(_)
        | Value::Count(_)
        | Value::Choice(_) => false,
    }
}

impl Driver {
    pub(super) fn obey(&mut self, output: Output) {
        match output {
            Output::Accept { topic, value, read_back } => self.accept(topic, value, read_back),
            Output::ArmGate(why) => self.arm(why),
            Output::CancelTurn(turn) => {
                self.mind.take_if(|mind| mind.turn == turn);
            }
            Output::Finalise => self.finalise(),
            Output::Finish(outcome) => self.finish(outcome),
            Output::HangUp => self.hang_up(),
            Output::Incident(incident) => self.incident(incident),
            Output::Phase(phase) => self.phase(phase),
            Output::Play(clip) => self.play(clip),
            Output::SendDigits(step) => self.send_digits(step),
            Output::SayStep(step) => self.say_step(step),
            Output::SetRecogniser(ear) => self.set_ear(ear),
            Output::SetRecording(recording) => self.set_recording(recording),
            Output::Speak(segment) => self.speak(segment),
            Output::StartTurn { turn, goals, again } => self.start_turn(turn, goals, again),
            Output::StopPlayout => self.stop_playout(),
        }
    }

    fn accept(&mut self, topic: Topic, value: ValueId, read_back: bool) {
        self.vault.win(topic, value, read_back);
        self.asked.take_if(|asked| *asked == topic);
        self.read_back.take_if(|(asked, _)| *asked == topic);
        let title = self.title(topic);
        let Some(value) = self.vault.value(value) else { return };
        let words = value.canonical();
        let covered = if says_whose(value) {
            COVER.to_owned()
        } else {
            words.expose(Purpose::ShowToOperator).clone()
        };
        self.tell(Happening::Won { title, value: Said { words, covered }, read_back });
    }

    fn title(&self, topic: Topic) -> String {
        match topic {
            Topic::Name => "representative".to_owned(),
            Topic::Reference => "reference number".to_owned(),
            Topic::Field(field) => self
                .plan
                .questions
                .fields
                .get(usize::from(field.0))
                .map_or_else(String::new, |question| question.title.clone()),
        }
    }

    fn arm(&mut self, why: ArmReason) {
        self.playout.arm(translate::arm(why));
    }

    fn phase(&mut self, phase: Phase) {
        if phase == Phase::Menu && self.playout.menu().is_err() {
            // A person was heard on this stretch of the leg: the gate stays shut, and the menu gets nothing.
            tracing::warn!(call = self.plan.id, "a menu after a person: keys will be refused");
        }
        tracing::info!(call = self.plan.id, ?phase, "phase");
        self.tell(Happening::Phase(phase));
    }

    fn incident(&mut self, incident: Incident) {
        tracing::warn!(call = self.plan.id, ?incident, "incident");
        let action = match incident {
            Incident::DoNotCall => Action::OptOutRecorded,
            Incident::DisclosureUnproven => Action::IncidentOpened,
            Incident::GateRefused | Incident::SsnRequested => Action::EgressRefused,
        };
        self.note(Note::Audit(action));
        self.tell(Happening::Incident(incident));
    }

    fn finalise(&mut self) {
        let now = self.watch.at();
        if self.core.phase() != Phase::Person {
            // A menu waits for its prompt's end and a hold for its music: those are no replies.
            self.reply = ReplyTimes::default();
        }
        self.measure(Stage::EndOfTurn, self.reply.speech_ended, now);
        self.reply.finalised = Some(now);
        self.ear.finalise();
    }

    fn set_ear(&mut self, ear: callwright_core::Ear) {
        use callwright_core::Ear;
        match ear {
            Ear::Asleep => {
                self.ear.sleep();
                self.session.set_profile(Profile::Hold);
            }
            Ear::Menu | Ear::Person => {
                let profile = if ear == Ear::Menu { Profile::Menu } else { Profile::Person };
                let before = self.session.pre_roll(self.session.now());
                self.ear.wake(before);
                self.session.set_profile(profile);
            }
            Ear::Woken(at) => {
                // Softer sounds lie before what the detector noticed.
                let from = translate::media(at).back(callwright_media::SampleTime::from_ms(500).0);
                let before = self.session.pre_roll(from);
                self.ear.wake(before);
                self.session.set_profile(Profile::Person);
                self.ear.begins(translate::media(at));
            }
        }
    }

    fn set_recording(&mut self, recording: Recording) {
        if let Recording::ObjectedAt(_) = recording {
            self.objected = true;
            self.playout.objected();
            self.note(Note::Audit(Action::RecordingObjected));
        }
        let Some(recorder) = &mut self.recorder else { return };
        let result = match recording {
            Recording::Machines => recorder.machine_again(),
            Recording::PersonFrom(at) => recorder.human_from(translate::media(at)),
            Recording::ObjectedAt(at) => recorder.objected(translate::media(at)),
        };
        if let Err(error) = result {
            tracing::error!(call = self.plan.id, %error, "recording");
        }
    }

    // Playing.

    fn new_item(&mut self, item: Item) -> ItemId {
        self.next_item += 1;
        let id = ItemId(self.next_item);
        self.items.insert(id, item);
        id
    }

    /// Playout took an item, or did not.
    fn queued(&mut self, item: Item, result: Result<(), PlayoutError>) -> bool {
        match result {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(call = self.plan.id, %error, "not played");
                self.input(Input::GateRefused(item));
                false
            }
        }
    }

    fn play(&mut self, clip: Clip) {
        let kind = translate::clip_kind(clip);
        let mut name = ClipName::from(kind);
        if clip == Clip::DisclosureRest
            && let Some((played_ms, total_ms)) = self.cut_disclosure
        {
            let business = self.plan.clips.business();
            name = self.plan.pack.disclosure_after(&business, played_ms, total_ms);
        }
        if matches!(clip, Clip::Disclosure | Clip::DisclosureShort) {
            self.disclosing_since = self.watch.at();
        }
        let audio = self.plan.clips.audio(name);
        let bytes = audio.len() as u64;
        let item = Item::Clip(clip);
        let id = self.new_item(item);
        let result = self.playout.clip(id, name.kind(), audio);
        // A clip holds the turn up: what follows it is no reply to what was heard before.
        self.reply = ReplyTimes::default();
        if self.queued(item, result) {
            let words = self.plan.pack.clip_text(name, &self.plan.clips.business());
            self.tell(Happening::Clip { clip, words });
            self.egress_to_far_end(FieldSet::of(&[Field::ProviderName]), bytes);
        }
    }

    fn step_act(&self, step: StepId) -> Option<(String, StepAct)> {
        let step = self.plan.menu.step(StepPlace(step.0))?;
        Some((step.id.clone(), step.act.clone()))
    }

    fn send_digits(&mut self, step: StepId) {
        let item = Item::Keys(step);
        let wanted = self.step_act(step).and_then(|(name, act)| {
            let (keys, carries) = self.vault.keys(&act)?;
            Some((name, act, keys, carries))
        });
        let Some((name, act, keys, carries)) = wanted else {
            tracing::warn!(call = self.plan.id, "the request lacks what the menu wants keyed");
            self.input(Input::GateRefused(item));
            return;
        };
        let text = keys.expose(Purpose::Key);
        let source = match act {
            StepAct::Key { .. } => KeySource::Token,
            StepAct::Press(_) | StepAct::Say(_) | StepAct::Wait | StepAct::ExpectHold => {
                KeySource::Map
            }
        };
        let Some(pressed) = dtmf::Key::parse_all(text) else { return };
        let is_value = !carries.is_empty();
        let covered = if is_value { COVER.to_owned() } else { text.clone() };
        // Keying a value answers what this step of the verified map asked for (rule V3).
        self.playout.asked(carries);
        let id = self.new_item(item);
        let result = self.playout.keys(id, source, carries, &pressed);
        if self.queued(item, result) {
            self.egress_to_far_end(carries, pressed.len() as u64);
            self.tell(Happening::Keys { step: name, covered });
        }
    }

    fn say_step(&mut self, step: StepId) {
        let phrase = self.step_act(step).and_then(|(_, act)| match act {
            StepAct::Say(phrase) => Some(phrase),
            StepAct::Press(_) | StepAct::Key { .. } | StepAct::Wait | StepAct::ExpectHold => None,
        });
        let Some(phrase) = phrase else { return };
        let words = callwright_compliance::Phi::new(phrase);
        let audio = self.plan.vendors.text_to_speech.speak(words);
        self.mouth.speak(Item::Keys(step), audio, self.watch.at());
    }

    fn speak(&mut self, segment: SegmentId) {
        let item = Item::Segment(segment);
        let Some(words) = self.vault.render(segment, &self.plan.questions) else {
            tracing::warn!(call = self.plan.id, "a value to be spoken is not there");
            self.input(Input::GateRefused(item));
            return;
        };
        let mut fields = self.vault.carries(segment);
        fields.insert(Field::AgentWords);
        let bytes = words.expose(Purpose::Speak).len() as u64;
        let recipient = self.vendor(self.plan.vendors.text_to_speech.id(), Role::TextToSpeech);
        self.egress(recipient, fields, bytes);
        let covered = self.vault.template(segment).unwrap_or_default();
        let shown = words.duplicate(Purpose::ShowToOperator);
        let audio = self.plan.vendors.text_to_speech.speak(words);
        self.mouth.speak(item, audio, self.watch.at());
        self.tell(Happening::Agent(Said { words: shown, covered }));
    }

    fn stop_playout(&mut self) {
        for item in self.mouth.shut() {
            self.input(Input::PlayoutCut { item, played_ms: 0 });
        }
        self.playout.cut(Cut::Interruption);
    }

    /// The synthesiser has something.
    pub(super) fn spoken(&mut self, spoken: Spoken) {
        match spoken {
            Spoken::Audio { item, asked_at, first, audio: Ok(audio) } => {
                let now = self.watch.at();
                if first {
                    self.measure(Stage::TextToSpeech, Some(asked_at), now);
                    self.reply.audio = Some(now);
                    self.begin_speaking(item, audio);
                } else if let Some(id) = self.playing(item) {
                    drop(self.playout.append(id, audio));
                }
            }
            Spoken::Audio { item, audio: Err(error), .. } => {
                tracing::error!(call = self.plan.id, %error, "text to speech");
                if let Some(id) = self.playing(item) {
                    drop(self.playout.finish(id));
                } else {
                    self.input(Input::PlayoutCut { item, played_ms: 0 });
                }
            }
            Spoken::End { item, begun: true } => {
                if let Some(id) = self.playing(item) {
                    drop(self.playout.finish(id));
                }
            }
            Spoken::End { item, begun: false } => {
                self.input(Input::PlayoutCut { item, played_ms: 0 });
            }
        }
    }

    fn playing(&self, item: Item) -> Option<ItemId> {
        self.items.iter().rev().find(|(_, played)| **played == item).map(|(id, _)| *id)
    }

    fn begin_speaking(&mut self, item: Item, audio: Bytes) {
        let id = self.new_item(item);
        let bytes = audio.len() as u64;
        let (carries, result) = match item {
            Item::Segment(segment) => {
                let carries = self.vault.carries(segment);
                let begun = self.playout.begin_segment(id, carries);
                (carries, begun.and_then(|()| self.playout.append(id, audio)))
            }
            Item::Keys(_) => (FieldSet::EMPTY, self.playout.menu_answer(id, audio)),
            Item::Clip(_) => return,
        };
        if self.queued(item, result) {
            self.egress_to_far_end(carries, bytes);
        }
    }

    /// What became of an item at playout.
    pub(super) fn playout_event(&mut self, event: PlayoutEvent) {
        match event {
            PlayoutEvent::Started { id } => {
                if let Some(item) = self.items.get(&id).copied() {
                    self.input(Input::PlayoutStarted(item));
                }
            }
            PlayoutEvent::Done { id, next, .. } => {
                if let Some(item) = self.items.remove(&id) {
                    if let Some(owed) = translate::owed(next) {
                        self.input(Input::DisclosureOwed(owed));
                    }
                    self.input(Input::PlayoutDone(item));
                }
            }
            PlayoutEvent::Cut { id, played_ms, next } => self.item_cut(id, played_ms, next),
            PlayoutEvent::GateOpened { opened, .. } => self.gate_opened(opened),
        }
    }

    fn item_cut(
        &mut self,
        id: ItemId,
        played_ms: u32,
        next: callwright_compliance::gate::NextStep,
    ) {
        let Some(item) = self.items.remove(&id) else { return };
        self.input(Input::PlayoutCut { item, played_ms });
        if let Item::Clip(clip) = item
            && let Some(owed) = translate::owed(next)
        {
            let total_ms = self.plan.clips.length_ms(translate::clip_kind(clip).into());
            self.cut_disclosure = Some((played_ms, total_ms));
            self.input(Input::DisclosureOwed(owed));
        }
    }

    fn gate_opened(&mut self, opened: callwright_compliance::gate::Opened) {
        let at = self.watch.at();
        let far_ms = self.session.now().as_ms();
        let from = self.disclosing_since;
        self.disclosed.push(Disclosed { from, at, far_ms, by: opened.by });
        self.note(Note::Audit(Action::DisclosureProven));
        self.tell(Happening::Disclosed(opened.by));
        if let Some(permit) = opened.permit
            && let Some(recorder) = &mut self.recorder
        {
            match recorder.permit(permit) {
                Ok(()) => self.note(Note::Audit(Action::RecordingStarted)),
                Err(error) => tracing::error!(call = self.plan.id, %error, "recording"),
            }
        }
        // Arming the gate forgot what the person had asked for while they were not told yet.
        self.playout.asked(self.wanted);
        self.input(Input::GateOpened);
    }

    // The model.

    fn start_turn(&mut self, turn: TurnId, goals: Vec<Goal>, again: u8) {
        for goal in &goals {
            match goal {
                Goal::Ask(topic) => self.asked = Some(*topic),
                Goal::ReadBack(topic, value) => self.read_back = Some((*topic, *value)),
                Goal::Acknowledge
                | Goal::AreYouThere
                | Goal::CannotProvide(_)
                | Goal::Clarify
                | Goal::Close
                | Goal::GiveReason
                | Goal::Provide(_) => {}
            }
        }
        let now = self.watch.at();
        // Only a turn that follows at once is a reply to what was heard.
        let heard = self.reply.heard.take();
        self.measure(Stage::Understanding, heard, now);
        let recipient = self.vendor(self.plan.vendors.language_model.id(), Role::LanguageModel);
        self.egress(recipient, FieldSet::of(&[Field::ModelTokens]), goals.len() as u64);
        let request = TurnRequest {
            turn,
            goals,
            again,
            answered: self.vault.answered(),
            pack: self.plan.pack.clone(),
            questions: self.plan.questions.clone(),
        };
        let events = self.plan.vendors.language_model.turn(request);
        self.mind = Some(Mind { turn, events, asked_at: now, answered: false });
    }

    /// The model has something, or is gone.
    pub(super) fn model(&mut self, event: Option<ModelEvent>) {
        let Some(mind) = &mut self.mind else { return };
        let turn = mind.turn;
        match event {
            Some(ModelEvent::Segment(segment)) => {
                let first = !std::mem::replace(&mut mind.answered, true);
                let asked_at = mind.asked_at;
                if first {
                    let now = self.watch.at();
                    self.measure(Stage::LanguageModel, Some(asked_at), now);
                }
                self.next_segment += 1;
                let id = SegmentId(self.next_segment);
                self.vault.keep_piece(turn, id, segment);
                self.input(Input::Segment { turn, segment: id });
            }
            Some(ModelEvent::Done) => {
                self.mind = None;
                self.input(Input::TurnDone(turn));
            }
            Some(ModelEvent::Failed(error)) => {
                tracing::error!(call = self.plan.id, %error, "language model");
                self.mind = None;
                self.input(Input::TurnFailed(turn));
            }
            None => {
                self.mind = None;
                self.input(Input::TurnFailed(turn));
            }
        }
    }
}
