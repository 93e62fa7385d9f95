//! Doing what the core wants done.

use callwright_compliance::Purpose;
use callwright_compliance::audit::Action;
use callwright_compliance::incident::IncidentEvent;
use callwright_compliance::opt_out::OptOutKind;
use callwright_core::{ArmReason, Incident, Micros, Output, Phase, Recording, Topic, ValueId};
use callwright_media::session::Profile;
use callwright_understanding::Value;

use super::driver::{Driver, ReplyTimes};
use super::perceive::Wanted;
use super::timeline::{COVER, Happening, Said};
use super::{Note, Stage, translate};

/// Whether a value may identify somebody. Amounts, counts and choices do not.
fn says_whose(value: &Value) -> bool {
    match value {
        Value::Date(_) | Value::Name(_) | Value::Reference(_) => true,
        Value::YesNo(_)
        | Value::Money { .. }
        | Value::Percent(_)
        | Value::PlanShare(_)
        | Value::Frequency(_)
        | Value::Months(_)
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
            Output::SendDigits { step, by } => self.send_digits(step, by),
            Output::SayStep(step) => self.say_step(step),
            Output::Reopen(topic) => self.vault.lose(topic),
            Output::SetRecogniser(ear) => self.set_ear(ear),
            Output::SetRecording(recording) => self.set_recording(recording),
            Output::Speak(segment) => self.speak(segment),
            Output::StartTurn { turn, goals, again } => self.start_turn(turn, goals, again),
            Output::StopPlayout(stop) => self.stop_playout(stop),
            Output::YieldLine => self.yield_line(),
        }
    }

    fn accept(&mut self, topic: Topic, value: ValueId, read_back: bool) {
        self.vault.win(topic, value, read_back);
        self.asked.take_if(|asked| *asked == topic);
        self.read_back.take_if(|(asked, _)| *asked == topic);
        let title = self.title(topic);
        let Some(value) = self.vault.value(value) else {
            return;
        };
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
        if matches!(why, ArmReason::Hold | ArmReason::Transfer | ArmReason::TakeOver) {
            self.forget_what_waits();
        }
        if why == ArmReason::TakeOver {
            self.note(Note::Audit(Action::OperatorTookOver));
        }
        match why {
            // Who comes need be neither the payer nor anybody who asked for something.
            ArmReason::Transfer | ArmReason::TakeOver => {
                self.payer_named = false;
                self.wanted = Wanted::default();
            }
            ArmReason::Hold => self.wanted = Wanted::default(),
            // What they asked for in the very words by which they were noticed stays.
            ArmReason::Doubt | ArmReason::Person | ArmReason::PersonAgain => {
                self.wanted.keep_only_of(self.understood);
            }
        }
        self.playout.arm(translate::arm(why));
        self.ear.told(false);
        self.record_nobody_else();
    }

    /// An operator has the line.
    fn yield_line(&mut self) {
        self.note(Note::Audit(Action::OperatorTookOver));
        self.payer_named = false;
        self.wanted = Wanted::default();
        self.playout.taken_over();
        self.ear.told(false);
        self.record_nobody_else();
    }

    /// A permit that covers nobody on the line any more records nobody any more, whatever else the recorder is told.
    fn record_nobody_else(&mut self) {
        let now = self.session.now();
        if let Some(recorder) = &mut self.recorder
            && recorder.people_permit().is_some_and(|permit| !self.playout.gate().covers(permit))
            && let Err(error) = recorder.human_from(now)
        {
            tracing::error!(call = self.plan.id, %error, "recording");
        }
    }

    fn phase(&mut self, phase: Phase) {
        if phase == Phase::Menu && self.playout.menu().is_err() {
            // A person was heard on this stretch of the leg: the gate stays shut, and the menu gets nothing.
            tracing::warn!(call = self.plan.id, "a menu after a person: keys will be refused");
        }
        if matches!(phase, Phase::Menu | Phase::Person) {
            // Connections are made while nobody waits for a word.
            self.model.warm();
            self.voice.warm();
        }
        tracing::info!(call = self.plan.id, ?phase, "phase");
        self.tell(Happening::Phase(phase));
    }

    fn incident(&mut self, incident: Incident) {
        tracing::warn!(call = self.plan.id, ?incident, "incident");
        match incident {
            Incident::AiRefused => self.opted_out(OptOutKind::HumanOnly),
            Incident::DoNotCall => self.opted_out(OptOutKind::DoNotCall),
            Incident::DisclosureUnproven => {
                self.note(Note::Incident(IncidentEvent::DisclosureUnproven));
            }
            Incident::GateRefused | Incident::SsnRequested => {
                self.note(Note::Audit(Action::EgressRefused));
            }
        }
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
                self.model.warm();
                self.voice.warm();
                // Softer sounds lie before what the detector noticed.
                let from = translate::media(at).back(callwright_media::SampleTime::from_ms(500).0);
                let before = self.session.pre_roll(from);
                self.ear.wake(before);
                self.session.set_profile(Profile::Person);
                self.ear.begins(translate::media(at));
            }
        }
    }

    /// What went to vendors and came back from this place of the far end's audio on is not kept, unless a disclosure is proven.
    fn unheard_from(&mut self, at: callwright_media::SampleTime) {
        let ago = self.session.now().since(at) / callwright_media::SampleTime::PER_MS;
        // How the stalls lie to this place is not known: all of them count, so that too much goes rather than too little.
        let from = self.watch.at().since(Micros::from_ms(ago) + self.stalled.0);
        self.silent_from = Some(self.silent_from.map_or(from, |earlier| earlier.min(from)));
    }

    fn set_recording(&mut self, recording: Recording) {
        let ms = |at: callwright_core::SampleTime| u32::try_from(at.as_ms()).unwrap_or(u32::MAX);
        match recording {
            Recording::Machines => {
                if self.playout.machines_only().is_some() {
                    self.waiting_from = None;
                    self.silent_from.take_if(|_| !self.objected);
                }
            }
            Recording::PersonFrom(at) => {
                self.waiting_from.get_or_insert(ms(at));
                self.unheard_from(translate::media(at));
            }
            Recording::ObjectedAt(at) => {
                self.objected = true;
                self.unheard_from(translate::media(at));
                self.vault.forget_words_from(ms(at));
                self.playout.objected();
                self.note(Note::Audit(Action::RecordingObjected));
            }
        }
        let Some(recorder) = &mut self.recorder else { return };
        let result = match recording {
            Recording::Machines => match self.playout.machines_only() {
                Some(proof) => recorder.machine_again(proof),
                // Somebody was heard on this stretch of the leg: what waits goes on waiting for a permit.
                None => Ok(()),
            },
            Recording::PersonFrom(at) => recorder.human_from(translate::media(at)),
            Recording::ObjectedAt(at) => recorder.objected(translate::media(at)),
        };
        if let Err(error) = result {
            tracing::error!(call = self.plan.id, %error, "recording");
        }
    }
}
