//! Everything that leaves for the far end: clips, keys and speech, each through playout and its gate.

use bytes::Bytes;
use callwright_compliance::Purpose;
use callwright_compliance::audit::Action;
use callwright_compliance::egress::{Field, FieldSet};
use callwright_compliance::gate::{KeySource, NextStep, Opened};
use callwright_compliance::incident::{IncidentEvent, claims_to_be_human};
use callwright_compliance::vendor::Role;
use callwright_core::{Clip, Input, Item, KeyWay, SegmentId, StepId, Stop};
use callwright_dialplan::menu::{StepAct, StepPlace};
use callwright_dialplan::twilio::twiml::IN_DOCUMENTS;
use callwright_media::dtmf;
use callwright_media::playout::{Cut, ItemId, PlayoutError, PlayoutEvent};
use callwright_prompts::ClipName;
use zeroize::Zeroizing;

use super::driver::{Driver, ReplyTimes};
use super::mouth::Spoken;
use super::press::Sent;
use super::timeline::{COVER, Happening, Said};
use super::{Disclosed, Note, Stage, translate};

impl Driver {
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

    pub(super) fn play(&mut self, clip: Clip) {
        let kind = translate::clip_kind(clip);
        let mut name = ClipName::from(kind);
        if clip == Clip::DisclosureRest
            && let Some((played_ms, total_ms)) = self.cut_disclosure
        {
            let business = self.plan.clips.business();
            name = self.plan.clips.notice().disclosure_after(&business, played_ms, total_ms);
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
            let clips = &self.plan.clips;
            let words = self.plan.pack.clip_text(clips.notice(), name, &clips.business());
            self.tell(Happening::Clip { clip, words });
            let fields = match clip {
                Clip::AiRefusedBye | Clip::NeedsStaffBye | Clip::PoliteEnd => {
                    FieldSet::of(&[Field::ProviderName, Field::CallbackNumber])
                }
                Clip::Disclosure
                | Clip::DisclosureRest
                | Clip::DisclosureShort
                | Clip::IAmAutomated
                | Clip::KillClose
                | Clip::RecordingObjection => Field::ProviderName.into(),
            };
            self.egress_to_far_end(fields, bytes);
        }
    }

    fn step_act(&self, step: StepId) -> Option<(String, StepAct)> {
        let step = self.plan.menu.step(StepPlace(step.0))?;
        Some((step.id.clone(), step.act.clone()))
    }

    pub(super) fn send_digits(&mut self, step: StepId, by: KeyWay) {
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
        let Some(pressed) = dtmf::Key::parse_all(text) else {
            self.input(Input::GateRefused(item));
            return;
        };
        let is_value = !carries.is_empty();
        let covered = if is_value { COVER.to_owned() } else { text.clone() };
        // Keying a value answers what this step of the verified map asked for (rule V3).
        self.playout.asked(carries);
        // The carrier keeps what documents hold: a patient's values and a tax id go as tones, however often.
        let by = if carries.is_subset_of(IN_DOCUMENTS) { by } else { KeyWay::Tones };
        let sent = Sent { carries, count: pressed.len() as u64, step: name, covered };
        match by {
            KeyWay::Tones => {
                let id = self.new_item(item);
                let result = self.playout.keys(id, source, carries, &pressed);
                if self.queued(item, result) {
                    self.keys_sent(sent);
                }
            }
            KeyWay::Carrier => {
                let text = Zeroizing::new(text.clone());
                self.press(item, source, text, sent);
            }
        }
    }

    /// Keys are on their way to the far end.
    pub(super) fn keys_sent(&mut self, sent: Sent) {
        self.egress_to_far_end(sent.carries, sent.count);
        self.tell(Happening::Keys { step: sent.step, covered: sent.covered });
    }

    pub(super) fn say_step(&mut self, step: StepId) {
        let phrase = self.step_act(step).and_then(|(_, act)| match act {
            StepAct::Say(phrase) => Some(phrase),
            StepAct::Press(_) | StepAct::Key { .. } | StepAct::Wait | StepAct::ExpectHold => None,
        });
        let Some(phrase) = phrase else {
            self.input(Input::GateRefused(Item::Keys(step)));
            return;
        };
        let recipient = self.vendor(self.plan.vendors.text_to_speech.id(), Role::TextToSpeech);
        self.egress(recipient, FieldSet::of(&[Field::AgentWords]), phrase.len() as u64);
        let words = callwright_compliance::Phi::new(phrase);
        let audio = self.voice.speak(words);
        self.mouth.speak(Item::Keys(step), audio, self.watch.at());
    }

    /// Has a piece of a turn spoken. The gate is asked first: words that may not be heard are not given to a synthesiser either.
    pub(super) fn speak(&mut self, segment: SegmentId) {
        let item = Item::Segment(segment);
        let Some(words) = self.vault.render(segment, &self.plan.questions) else {
            tracing::warn!(call = self.plan.id, "a value to be spoken is not there");
            self.input(Input::GateRefused(item));
            return;
        };
        let covered = self.vault.template(segment).unwrap_or_default();
        if claims_to_be_human(&covered) {
            // Held back; and whoever worded it got past a guard, which an officer must know (rule D3).
            tracing::error!(call = self.plan.id, "words that deny being a machine are not spoken");
            self.note(Note::Incident(IncidentEvent::AiDenied));
            self.input(Input::GateRefused(item));
            return;
        }
        let carries = self.vault.carries(segment);
        let id = self.new_item(item);
        let begun = self.playout.begin_segment(id, carries);
        if !self.queued(item, begun) {
            return;
        }
        let bytes = words.expose(Purpose::Speak).len() as u64;
        let recipient = self.vendor(self.plan.vendors.text_to_speech.id(), Role::TextToSpeech);
        self.egress(recipient, carries.union(FieldSet::of(&[Field::AgentWords])), bytes);
        let shown = words.duplicate(Purpose::ShowToOperator);
        let audio = self.voice.speak(words);
        self.talk.agent(covered.clone());
        self.mouth.speak(item, audio, self.watch.at());
        self.tell(Happening::Agent(Said { words: shown, covered }));
    }

    pub(super) fn stop_playout(&mut self, stop: Stop) {
        for item in self.mouth.shut() {
            if self.playing(item).is_none() {
                self.input(Input::PlayoutCut { item, played_ms: 0 });
            }
        }
        self.menu_answer.clear();
        self.playout.cut(match stop {
            Stop::Everything => Cut::Everything,
            Stop::Interruptible => Cut::Interruption,
        });
    }

    /// The synthesiser has something.
    pub(super) fn spoken(&mut self, spoken: Spoken) {
        match spoken {
            Spoken::Audio { item, asked_at, first, audio: Ok(audio) } => {
                if first {
                    let now = self.watch.at();
                    self.measure(Stage::TextToSpeech, Some(asked_at), now);
                    self.reply.audio = Some(now);
                }
                self.add_speech(item, audio);
            }
            Spoken::Audio { item, audio: Err(error), .. } => {
                tracing::error!(call = self.plan.id, %error, "text to speech");
                self.input(Input::SpeechFailed(item));
                self.end_speech(item);
            }
            Spoken::End { item, silent } => {
                if silent {
                    // There were words. Of a voice that stops after some audio it cannot be known whether that was all.
                    tracing::error!(call = self.plan.id, "text to speech gave no audio");
                    self.input(Input::SpeechFailed(item));
                }
                self.end_speech(item);
            }
        }
    }

    fn add_speech(&mut self, item: Item, audio: Bytes) {
        match item {
            Item::Segment(segment) => {
                let Some(id) = self.playing(item) else { return };
                let (carries, bytes) = (self.vault.carries(segment), audio.len() as u64);
                let appended = self.playout.append(id, audio);
                self.pieces_fit(appended);
                self.egress_to_far_end(carries, bytes);
            }
            Item::Keys(_) => self.menu_answer.extend_from_slice(&audio),
            Item::Clip(_) => {}
        }
    }

    /// All of it is there, or no more will come: what there is, is played.
    fn end_speech(&mut self, item: Item) {
        match item {
            Item::Segment(_) => {
                if let Some(id) = self.playing(item) {
                    let finished = self.playout.finish(id);
                    self.pieces_fit(finished);
                }
            }
            Item::Keys(_) => {
                let audio = self.menu_answer.split().freeze();
                let bytes = audio.len() as u64;
                let id = self.new_item(item);
                let result = self.playout.menu_answer(id, audio);
                if self.queued(item, result) {
                    self.egress_to_far_end(FieldSet::EMPTY, bytes);
                }
            }
            Item::Clip(_) => {}
        }
    }

    /// Later pieces of something that was cut meanwhile are of no use, and that is to be expected.
    fn pieces_fit(&self, result: Result<(), PlayoutError>) {
        match result {
            Ok(()) | Err(PlayoutError::Gone) => {}
            Err(error) => tracing::warn!(call = self.plan.id, %error, "a piece was not played"),
        }
    }

    fn playing(&self, item: Item) -> Option<ItemId> {
        self.items.iter().rev().find(|(_, played)| **played == item).map(|(id, _)| *id)
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

    fn item_cut(&mut self, id: ItemId, played_ms: u32, next: NextStep) {
        let Some(item) = self.items.remove(&id) else {
            return;
        };
        self.input(Input::PlayoutCut { item, played_ms });
        if let Item::Clip(clip) = item
            && let Some(owed) = translate::owed(next)
        {
            let total_ms = self.plan.clips.length_ms(translate::clip_kind(clip).into());
            self.cut_disclosure = Some((played_ms, total_ms));
            self.input(Input::DisclosureOwed(owed));
        }
    }

    fn gate_opened(&mut self, opened: Opened) {
        self.forget_what_waited_too_long();
        self.waiting_from = None;
        self.silent_from.take_if(|_| !self.objected);
        let at = self.watch.at();
        let far_ms = self.session.now().as_ms();
        let from = self.disclosing_since;
        self.disclosed.push(Disclosed { from, at, far_ms, by: opened.by });
        self.note(Note::Audit(Action::DisclosureProven));
        self.tell(Happening::Disclosed(opened.by));
        if let Some(permit) = opened.permit
            && let Some(recorder) = &mut self.recorder
        {
            if let Err(error) = recorder.permit(permit) {
                tracing::error!(call = self.plan.id, %error, "recording");
            }
            // With gaps, where the disk failed, it is a recording all the same.
            if recorder.people_permit().is_some() {
                self.note(Note::Audit(Action::RecordingStarted));
            }
        }
        self.ear.told(true);
        // Arming the gate forgot what the person had asked for while they were not told yet.
        self.playout.asked(self.wanted.fields);
        self.input(Input::GateOpened);
    }
}
