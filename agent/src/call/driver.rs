//! The loop of one call: waits for the next thing to happen, gives it to the core, and does what comes out.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;

use bytes::BytesMut;
use callwright_compliance::egress::{FieldSet, Ledger};
use callwright_compliance::{MachineAudioPermit, VendorId};
use callwright_core::{
    Conversation, Input, Item, Micros, Now, Outcome, Topic, UtteranceId, ValueId,
};
use callwright_media::playout::{Cut, ItemId, MarkSupport, Playout, PlayoutConfig};
use callwright_media::recorder::Recorder;
use callwright_media::session::{MediaEvent, Session, SessionConfig};
use callwright_media::twilio::StreamEvent;
use callwright_understanding::Coverer;
use callwright_vendors::{ModelEvent, ModelSession, SpeechSession};
use tokio::sync::mpsc;

use super::ear::{Ear, Listener};
use super::identifiers::{self, Identifiers};
use super::mind::{Mind, next};
use super::mouth::{Mouth, Spoken};
use super::opt_outs::OptOuts;
use super::perceive::Wanted;
use super::press::{Pressing, pressed};
use super::talk::Talk;
use super::timeline::{Happening, Moment};
use super::{
    CallPlan, CallReport, Command, Disclosed, Exchanges, Latency, Leg, Lines, Note, Sessions, Stage,
};
use super::{Journal, Vault, translate};
use crate::api::MediaStream;
use crate::clock::Stopwatch;

/// How long the carrier may take to accept what is sent: its socket holds seconds of audio.
const SEND_WITHIN: std::time::Duration = std::time::Duration::from_secs(2);

/// A stall is noticed some hundred milliseconds after it began.
const STALL_SEEN_LATE: Micros = Micros::from_s(1);

/// The moments of the reply under way, for the latency table.
#[derive(Clone, Copy, Default)]
pub(super) struct ReplyTimes {
    pub(super) speech_ended: Option<Micros>,
    pub(super) finalised: Option<Micros>,
    pub(super) heard: Option<Micros>,
    /// When the reply's first audio was ready.
    pub(super) audio: Option<Micros>,
}

/// See the module.
pub struct Driver {
    pub(super) plan: Plan,
    pub(super) core: Conversation,
    pub(super) vault: Vault,
    pub(super) session: Session,
    pub(super) playout: Playout,
    pub(super) recorder: Option<Recorder>,
    /// Whether a frame could not be recorded. Said once: a full disk would say it fifty times a second.
    recording_gaps: bool,
    journal: Option<Journal>,
    pub(super) ear: Ear,
    pub(super) voice: Box<dyn SpeechSession>,
    pub(super) mouth: Mouth,
    pub(super) model: Box<dyn ModelSession>,
    pub(super) mind: Option<Mind>,
    /// The conversation, as the model may see it.
    pub(super) talk: Talk,
    pub(super) exchanges: Exchanges,
    pub(super) identifiers: Identifiers,
    /// Patient fields that were found in what the model was sent.
    pub(super) leaked: FieldSet,
    /// How long the stream was stalled in all, and since when it is: sample time stands still meanwhile.
    pub(super) stalled: (Micros, Option<Micros>),
    /// From here on what was said may not be kept.
    pub(super) silent_from: Option<Micros>,
    pub(super) stream: Option<MediaStream>,
    lines: Lines,
    pub(super) leg: Arc<dyn Leg>,
    /// Keys that the carrier is pressing.
    pub(super) pressing: Option<Pressing>,
    pub(super) watch: Stopwatch,
    inputs: VecDeque<Input>,
    /// Speech for a menu, until it is whole.
    pub(super) menu_answer: BytesMut,
    /// What each item at playout is to the core.
    pub(super) items: BTreeMap<ItemId, Item>,
    pub(super) next_item: u64,
    pub(super) next_segment: u32,
    /// What was asked and what was read back last, for understanding.
    pub(super) asked: Option<Topic>,
    pub(super) read_back: Option<(Topic, ValueId)>,
    /// Whether the far end has said the payer's own name.
    pub(super) payer_named: bool,
    /// What the far end's last act asked for; given to the gate again when it opens.
    pub(super) wanted: Wanted,
    /// The utterance that was understood last.
    pub(super) understood: Option<UtteranceId>,
    /// How much was heard of the disclosure that was cut, and how long it is.
    pub(super) cut_disclosure: Option<(u32, u32)>,
    pub(super) disclosing_since: Micros,
    pub(super) disclosed: Vec<Disclosed>,
    pub(super) reply: ReplyTimes,
    pub(super) latency: Latency,
    pub(super) ledger: Ledger,
    pub(super) cover: Coverer,
    pub(super) moments: mpsc::Sender<Moment>,
    pub(super) notes: mpsc::Sender<Note>,
    /// What was heard from here on, in milliseconds of far-end time, may not be kept unless a disclosure is proven.
    pub(super) waiting_from: Option<u32>,
    /// When what waits was last looked after, in milliseconds of far-end time.
    pub(super) held_back_at: u64,
    pub(super) objected: bool,
    /// What was heard of not being called.
    pub(super) opt_outs: OptOuts,
    pub(super) outcome: Option<Outcome>,
    /// The far end's audio of one message, kept to save its allocation.
    audio: Vec<u8>,
}

/// The parts of a call's plan that do not change.
pub(super) struct Plan {
    pub(super) id: String,
    pub(super) purpose: callwright_compliance::CallPurpose,
    pub(super) payer: callwright_dialplan::payer::PayerEntry,
    pub(super) menu: callwright_dialplan::menu::MenuMap,
    pub(super) questions: Arc<callwright_prompts::QuestionSet>,
    pub(super) pack: Arc<callwright_prompts::Pack>,
    pub(super) clips: Arc<super::ClipBook>,
    pub(super) vendors: super::Vendors,
    pub(super) carrier: VendorId,
    pub(super) today: callwright_understanding::Date,
}

/// Something happened.
enum Event {
    Wire(Result<StreamEvent, callwright_media::twilio::StreamError>),
    Stream(Box<MediaStream>),
    Status(callwright_dialplan::twilio::status::LegStatus),
    Command(Command),
    Recogniser(callwright_vendors::RecogniserEvent),
    Model(Option<ModelEvent>),
    Spoken(Spoken),
    Pressed(bool),
    Tick,
}

impl Driver {
    /// A call that was placed, or is about to be. `moments` and `notes` are told what happens.
    #[must_use]
    pub fn new(
        plan: CallPlan,
        lines: Lines,
        leg: Arc<dyn Leg>,
        watch: Stopwatch,
        moments: mpsc::Sender<Moment>,
        notes: mpsc::Sender<Note>,
    ) -> Driver {
        let recorder = plan.recording.and_then(|(path, permit)| begin(&plan.id, &path, permit));
        let vocabulary = plan.pack.vocabulary();
        let cover = identifiers::coverer(plan.vault.values(), &plan.covered_names, &vocabulary);
        let Sessions { speech_to_text, before_notice, language_model, text_to_speech, book } =
            plan.sessions;
        let hears = Listener::new(plan.vendors.speech_to_text.id(), speech_to_text);
        let first = before_notice.map(|(id, session)| Listener::new(id, session));
        Driver {
            identifiers: Identifiers::of(plan.vault.values(), &vocabulary),
            core: Conversation::new(plan.config),
            vault: plan.vault,
            session: Session::new(SessionConfig::default()),
            playout: Playout::new(plan.gate, PlayoutConfig::new(MarkSupport::Echo)),
            recorder,
            recording_gaps: false,
            journal: Some(plan.journal),
            ear: Ear::new(hears, first),
            voice: text_to_speech,
            mouth: Mouth::default(),
            model: language_model,
            mind: None,
            talk: Talk::default(),
            exchanges: Exchanges::new(book),
            leaked: FieldSet::EMPTY,
            stalled: (Micros(0), None),
            silent_from: None,
            stream: None,
            lines,
            leg,
            pressing: None,
            watch,
            inputs: VecDeque::new(),
            menu_answer: BytesMut::new(),
            items: BTreeMap::new(),
            next_item: 0,
            next_segment: 0,
            asked: None,
            read_back: None,
            payer_named: false,
            wanted: Wanted::default(),
            understood: None,
            cut_disclosure: None,
            disclosing_since: Micros(0),
            disclosed: Vec::new(),
            reply: ReplyTimes::default(),
            latency: Latency::default(),
            ledger: Ledger::new(),
            cover,
            moments,
            notes,
            waiting_from: None,
            held_back_at: 0,
            objected: false,
            opt_outs: OptOuts::default(),
            outcome: None,
            audio: Vec::new(),
            plan: Plan {
                id: plan.id,
                purpose: plan.purpose,
                payer: plan.payer,
                menu: plan.menu,
                questions: plan.questions,
                pack: plan.pack,
                clips: plan.clips,
                vendors: plan.vendors,
                carrier: plan.carrier,
                today: plan.today,
            },
        }
    }

    /// Runs the call to its end.
    pub async fn run(mut self) -> CallReport {
        self.tell(Happening::Phase(callwright_core::Phase::Ringing));
        self.dialled();
        self.settle().await;
        while self.outcome.is_none() {
            let event = self.wait().await;
            self.take(event);
            self.settle().await;
        }
        self.report().await
    }

    /// Waits for the next thing to happen.
    async fn wait(&mut self) -> Event {
        let deadline = self.deadline();
        tokio::select! {
            event = receive(&mut self.stream, &mut self.audio) => Event::Wire(event),
            Some(stream) = self.lines.streams.recv() => Event::Stream(Box::new(stream)),
            Some(status) = self.lines.statuses.recv() => Event::Status(status),
            Some(command) = self.lines.commands.recv() => Event::Command(command),
            event = self.ear.next() => Event::Recogniser(event),
            event = next(&mut self.mind) => Event::Model(event),
            spoken = self.mouth.next() => Event::Spoken(spoken),
            taken = pressed(&mut self.pressing) => Event::Pressed(taken),
            () = tokio::time::sleep_until(deadline) => Event::Tick,
        }
    }

    fn deadline(&self) -> tokio::time::Instant {
        let core = self.core.poll_timeout().map(|(at, _)| at);
        let stall = self.session.poll_timeout().map(Micros);
        // With nothing to wait for, a look once a minute does no harm.
        let idle = self.watch.at() + Micros::from_s(60);
        self.watch.when(core.into_iter().chain(stall).min().unwrap_or(idle))
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Wire(Ok(event)) => self.wire(event),
            Event::Wire(Err(error)) => {
                tracing::warn!(call = self.plan.id, %error, "media stream ended by an error");
                self.stream_down();
            }
            Event::Stream(stream) => {
                self.stream = Some(*stream);
                self.note(Note::Answered);
                self.input(Input::StreamUp);
            }
            Event::Status(status) => {
                if let Some(input) = translate::leg_status(status) {
                    self.input(input);
                }
            }
            Event::Command(Command::Kill) => self.killed(),
            Event::Command(Command::TakeOver) => self.input(Input::TakeOver),
            Event::Command(Command::Release) => self.input(Input::Release),
            Event::Recogniser(event) => self.recogniser(event),
            Event::Model(event) => self.model(event),
            Event::Spoken(spoken) => self.spoken(spoken),
            Event::Pressed(taken) => self.keys_pressed(taken),
            Event::Tick => self.tick(),
        }
    }

    fn tick(&mut self) {
        let now = self.watch.at();
        self.session.on_tick(now.0);
        self.media_events();
        if self.core.poll_timeout().is_some_and(|(at, _)| at <= now) {
            self.input(Input::Timeout);
        }
    }

    fn wire(&mut self, event: StreamEvent) {
        match event {
            StreamEvent::Media { .. } => self.far_audio(),
            StreamEvent::Mark(name) => {
                let verdict = self.playout.on_mark(&name);
                tracing::trace!(call = self.plan.id, ?verdict, "mark");
            }
            StreamEvent::Digit(key) => {
                self.input(Input::Digit(callwright_core::Key(key.symbol())));
            }
            StreamEvent::Ended(end) => {
                tracing::debug!(call = self.plan.id, ?end, "media stream ended");
                self.stream_down();
            }
        }
    }

    /// The stream is gone, and what it had been given with it: nothing of that may be proven on another one.
    fn stream_down(&mut self) {
        self.stream = None;
        self.playout.cut(Cut::Everything);
        self.input(Input::StreamDown);
    }

    /// The path of every frame: detectors, recorder, recogniser.
    fn far_audio(&mut self) {
        let now = self.watch.at();
        if let Err(error) = self.session.receive(now.0, &self.audio) {
            tracing::warn!(call = self.plan.id, %error, "far-end audio dropped");
        }
        self.audio.clear();
        while let Some((at, frame)) = self.session.next_frame() {
            let near = self.playout.tick();
            self.ear.frame(at, &frame);
            if let Some(recorder) = &mut self.recorder
                && let Err(error) = recorder.frame(&frame, &near)
                && !std::mem::replace(&mut self.recording_gaps, true)
            {
                // The recorder stays: it alone can still delete what may not be kept.
                tracing::error!(call = self.plan.id, %error, "recording has gaps");
            }
            self.media_events();
        }
    }

    fn media_events(&mut self) {
        while let Some(event) = self.session.poll_event() {
            match event {
                MediaEvent::SpeechStarted { at, .. } => self.ear.begins(at),
                MediaEvent::SpeechEnded { at, .. } => {
                    let ago = self.session.now().since(at) / callwright_media::SampleTime::PER_MS;
                    self.reply = ReplyTimes {
                        speech_ended: Some(self.watch.at().since(Micros::from_ms(ago))),
                        ..ReplyTimes::default()
                    };
                }
                MediaEvent::Stalled => self.stalled.1 = Some(self.watch.at()),
                MediaEvent::Resumed => {
                    let now = self.watch.at();
                    let lasted = self.stalled.1.take().map_or(Micros(0), |from| now.since(from));
                    self.stalled.0 = self.stalled.0 + lasted + STALL_SEEN_LATE;
                }
                MediaEvent::Digit { .. } | MediaEvent::Tone { .. } | MediaEvent::Hold { .. } => {}
            }
            if let Some(input) = translate::media_event(event) {
                self.input(input);
            }
        }
    }

    /// Queues an input for the core.
    pub(super) fn input(&mut self, input: Input) {
        self.inputs.push_back(input);
    }

    /// Gives the core its inputs and does what comes out, until nothing more follows; then writes to the carrier.
    async fn settle(&mut self) {
        loop {
            if let Some(input) = self.inputs.pop_front() {
                self.step(input);
                self.hang_up_if_due().await;
            } else if !self.playout_events() && !self.transmit().await {
                break;
            }
        }
        self.hold_back();
        self.write_ledger();
    }

    /// One input through the core, journalled before its outputs are obeyed.
    fn step(&mut self, input: Input) {
        if self.outcome.is_some() {
            return;
        }
        let now = Now { at: self.watch.at(), far: translate::far(self.session.now()) };
        if let Err(misuse) = self.core.handle(now, input) {
            tracing::error!(call = self.plan.id, %misuse, "the core refused an input");
            return;
        }
        let mut outputs = Vec::new();
        while let Some(output) = self.core.poll_output() {
            outputs.push(output);
        }
        if let Some(journal) = &mut self.journal
            && let Err(error) = journal.write(now, input, &outputs)
        {
            tracing::error!(call = self.plan.id, %error, "journal stopped");
            self.journal = None;
        }
        for output in outputs {
            self.obey(output);
        }
    }

    /// What became of items at playout. Says whether there was anything.
    fn playout_events(&mut self) -> bool {
        let mut events = Vec::new();
        while let Some(event) = self.playout.poll_event() {
            events.push(event);
        }
        let any = !events.is_empty();
        for event in events {
            self.playout_event(event);
        }
        any
    }

    /// Sends what playout has for the carrier. Says whether there was anything.
    async fn transmit(&mut self) -> bool {
        let mut any = false;
        let Some(stream) = &mut self.stream else {
            return false;
        };
        // A peer that stops reading must not hold the call's own timers up.
        let sent = tokio::time::timeout(SEND_WITHIN, async {
            while let Some(transmit) = self.playout.poll_transmit() {
                any = true;
                stream.send(&transmit).await?;
            }
            if any { stream.flush().await } else { Ok(()) }
        });
        let result = match sent.await {
            Ok(sent) => sent.map_err(|error| error.to_string()),
            Err(_) => Err("the carrier does not read".to_owned()),
        };
        if any && let Some(ready) = self.reply.audio.take() {
            let now = self.watch.at();
            self.measure(Stage::Playout, Some(ready), now);
            let ended = self.reply.speech_ended.take();
            self.measure(Stage::Reply, ended, now);
        }
        if let Err(error) = result {
            tracing::warn!(call = self.plan.id, %error, "media stream lost while sending");
            self.stream_down();
        }
        any
    }

    pub(super) fn finish(&mut self, outcome: Outcome) {
        self.outcome = Some(outcome);
        self.tell(Happening::Finished(outcome));
    }
}

/// Begins a recording; a call whose recording cannot be begun goes on without.
fn begin(call: &str, path: &Path, permit: MachineAudioPermit) -> Option<Recorder> {
    Recorder::create(path, permit, callwright_media::SampleTime(0))
        .inspect_err(|error| tracing::error!(call, %error, "recording not begun"))
        .ok()
}

/// The next thing from the carrier's stream; pends while there is none.
async fn receive(
    stream: &mut Option<MediaStream>,
    audio: &mut Vec<u8>,
) -> Result<StreamEvent, callwright_media::twilio::StreamError> {
    match stream {
        Some(stream) => stream.recv(audio).await,
        None => std::future::pending().await,
    }
}
