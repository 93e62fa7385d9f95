//! One scripted call through the real pieces, in virtual time: the driver with its core, understanding, vault and gate, the media plane
//! over a real socket, and the client of a hosted model at a simulated one that obeys the far end.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use callwright::api::{Api, Registry, Server, router};
use callwright::call::clips::ClipShelf;
use callwright::call::journal::{Header, Journal};
use callwright::call::timeline::{Happening, Moment};
use callwright::call::{
    CallClock, CallPlan, CallReport, ClipBook, Driver, Leaves, Leg, Sessions, Vault, Vendors,
};
use callwright::clock::Clock;
use callwright_compliance::gate::{Admitted, Gate, GateRules, PacedClock};
use callwright_compliance::permit::Notice;
use callwright_compliance::recording::RecordingGrant;
use callwright_compliance::vendor::{Location, Region, Register, Role, Row};
use callwright_compliance::{CallClass, CallPurpose, Phi, Policy, VendorId};
use callwright_core::{
    Config, DataItem, FieldId, Limits as CallLimits, Phase, QuestionPlan, ReadBack, Topic,
};
use callwright_dialplan::payer::Directory;
use callwright_dialplan::twilio::{Secret, signature};
use callwright_media::twilio::{CarrierStream, Limits, Start};
use callwright_prompts::{Business, ModelBrief, NoticeText, Pack, Places};
use callwright_sim::Speech;
use callwright_sim::vendors::{ModelMode, Vendor, Vendors as SimVendors, VendorsConfig};
use callwright_understanding::Date;
use callwright_vendors::openai::{OpenAi, OpenAiConfig};
use callwright_vendors::{Egress, Endpoint, ExchangeBook, LanguageModel, Secret as Key};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use zeroize::Zeroizing;

use crate::judge::Patient;
use crate::line::{Entry, Line, Lips, Voice, Wire};
use crate::scripts::Move;

const KEY: &str = "a-key-of-the-tests";
const SIGNING: &str = "a-secret-of-the-tests";

/// A call is over after this, whatever happens, or it hangs.
const LONGEST: Duration = Duration::from_secs(1_200);

/// How often the virtual clock moves at least, so that what waits for a socket does not see its time-out come first.
const TICK: Duration = Duration::from_millis(10);

/// The questions that a call has to ask; the others were answered before.
pub(crate) const OPEN: [&str; 3] = ["deductible_individual", "specialist_copay", "plan_type"];

/// What the tests' calls share within one thread.
pub(crate) struct World {
    pack: Arc<Pack>,
    directory: Directory,
    registry: Arc<Registry>,
    _server: Server,
    media_url: String,
    simulated: SimVendors,
    model: Arc<dyn LanguageModel>,
    folder: tempfile::TempDir,
    calls: u64,
}

/// What became of a call.
#[derive(Clone)]
pub(crate) struct Made {
    /// What the far end said and heard.
    pub(crate) entries: Vec<Entry>,
    /// When each of these was, in milliseconds of the stream.
    pub(crate) times: Vec<usize>,
    /// The phases of the call, with when each began, in milliseconds of the call.
    pub(crate) phases: Vec<(u64, Phase)>,
    /// Everything that the model was sent, by the vendor's own log.
    pub(crate) to_model: Vec<String>,
    /// How it ended.
    pub(crate) outcome: callwright_core::Outcome,
    /// The names of the fields that were won, with their values.
    pub(crate) won: BTreeMap<String, String>,
    /// Whether the agent asked for the end of the leg.
    pub(crate) hung_up: bool,
}

struct Hook(AtomicBool);

impl Leg for Hook {
    fn hang_up(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn press(&self, _: Admitted, _: Zeroizing<String>) -> oneshot::Receiver<bool> {
        // A carrier that presses nothing: what it would press was let pass by the gate, and its tones are judged.
        oneshot::channel().1
    }
}

impl World {
    pub(crate) async fn open(mode: ModelMode, brief: ModelBrief) -> World {
        // From here on the virtual clock moves in small steps only.
        tokio::spawn(async {
            loop {
                tokio::time::sleep(TICK).await;
            }
        });
        let mut config = VendorsConfig::new(KEY, Speech::Tones);
        config.openai.mode = mode;
        config.openai.require_no_store = true;
        let simulated = SimVendors::start(config).await.unwrap();
        let base = format!("{}/v1", simulated.base_url());
        let endpoint = Endpoint::new(&base, Key::new(KEY.to_owned())).unwrap();
        let model = OpenAi::new(endpoint, OpenAiConfig::of_model("simulated", brief)).unwrap();
        let registry = Arc::new(Registry::new(4));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let public_url = format!("http://{}", listener.local_addr().unwrap());
        let api = Api {
            registry: Arc::clone(&registry),
            signing: Secret::new(SIGNING.to_owned()),
            public_url: public_url.clone(),
            clock: Clock,
        };
        World {
            pack: Arc::new(Pack::embedded().unwrap()),
            directory: Directory::embedded().unwrap(),
            registry,
            _server: Server::start(listener, router(Arc::new(api))).unwrap(),
            media_url: Api::media_url(&public_url),
            simulated,
            model: Arc::new(model),
            folder: tempfile::tempdir().unwrap(),
            calls: 0,
        }
    }

    /// Makes one call about this patient to a far end that says these lines.
    pub(crate) async fn call(&mut self, patient: &Patient, moves: Vec<Move>) -> Made {
        self.calls += 1;
        let id = format!("{:032x}", self.calls);
        let wire = Wire::default();
        let vendors = Vendors {
            speech_to_text: Arc::new(Lips(wire.clone())),
            before_notice: None,
            language_model: Arc::clone(&self.model),
            text_to_speech: Arc::new(Voice(wire.clone())),
        };
        let clips = self.clips(&vendors, patient).await;
        let plan = self.plan(&id, patient, vendors, clips);
        let far = Clock.wall() + Duration::from_secs(3_600);
        let lines = self.registry.enter(&id, far);
        let watch = Clock.stopwatch();
        let (moments, mut seen) = mpsc::channel::<Moment>(64);
        let (notes, mut noted) = mpsc::channel(64);
        let phases = tokio::spawn(async move {
            let mut phases = Vec::new();
            while let Some(moment) = seen.recv().await {
                if let Happening::Phase(phase) = moment.what {
                    phases.push((moment.at_ms, phase));
                }
            }
            phases
        });
        tokio::spawn(async move { while noted.recv().await.is_some() {} });
        let hook = Arc::new(Hook(AtomicBool::new(false)));
        let leg: Arc<dyn Leg> = Arc::clone(&hook) as Arc<dyn Leg>;
        let driver = Driver::new(plan, lines, leg, watch, moments, notes);
        let before = self.simulated.log().entries.len();
        let running = tokio::spawn(driver.run());
        let line = Line::new(self.connect(&id).await, wire, moves);
        let line = tokio::spawn(line.run());
        let report = tokio::time::timeout(LONGEST, running).await.expect("the call hangs").unwrap();
        self.registry.leave(&id);
        let entries = tokio::time::timeout(LONGEST, line).await.expect("the line hangs").unwrap();
        let (times, entries) = entries.into_iter().unzip();
        let log = self.simulated.log();
        assert!(log.is_whole(), "the vendor's log has gaps: a scan of it would prove nothing");
        let sent = log.entries.iter().skip(before).filter(|entry| entry.vendor == Vendor::OpenAi);
        let to_model = sent.flat_map(|entry| entry.event.sent_by_customer()).map(str::to_owned);
        Made {
            to_model: to_model.collect(),
            entries,
            times,
            phases: phases.await.unwrap(),
            outcome: report.outcome,
            won: self.won(&report),
            hung_up: hook.0.load(Ordering::Relaxed),
        }
    }

    fn won(&self, report: &CallReport) -> BTreeMap<String, String> {
        let set = self.pack.question_set("medical").unwrap();
        let name = |topic: Topic| match topic {
            Topic::Field(field) => set.fields[usize::from(field.0)].name.clone(),
            Topic::Name => "representative".to_owned(),
            Topic::Reference => "reference_number".to_owned(),
        };
        let value = |won: &callwright::call::vault::Won| {
            won.value.expose(callwright_compliance::Purpose::Compare).clone()
        };
        report.vault.won().map(|(topic, won)| (name(topic), value(won))).collect()
    }

    async fn clips(&self, vendors: &Vendors, patient: &Patient) -> ClipBook {
        let business =
            Business { registered_name: &patient.practice, callback_spoken: "six one four" };
        let leave = leave(Role::TextToSpeech, "hum", &ExchangeBook::new());
        let voice = vendors.text_to_speech.as_ref();
        let texts = (self.pack.as_ref(), self.notice());
        ClipShelf::default().book(texts, &business, voice, leave).await.unwrap()
    }

    /// The fixed texts of the practice: what may be heard at any time.
    pub(crate) fn fixed(&self, patient: &Patient) -> BTreeSet<String> {
        let business =
            Business { registered_name: &patient.practice, callback_spoken: "six one four" };
        let names = callwright_prompts::ClipName::ALL;
        let text = |name| self.pack.clip_text(self.notice(), name, &business);
        names.into_iter().map(text).collect()
    }

    fn notice(&self) -> &NoticeText {
        let recorded = Notice::RecordedAndTranscribed;
        self.pack.notices().choose(CallClass::Payer, Places::Unknown, recorded)
    }

    fn plan(&self, id: &str, patient: &Patient, vendors: Vendors, clips: ClipBook) -> CallPlan {
        let payer =
            self.directory.payers().find(|payer| payer.name == "Acme Health").unwrap().clone();
        let purpose = CallPurpose::MedicalBenefits;
        let menu = self.directory.menu(&payer.line(purpose).unwrap().menu).unwrap().clone();
        let set = self.pack.question_set("medical").unwrap().clone();
        let before: Vec<FieldId> = (0_u16..)
            .zip(&set.fields)
            .filter(|(_, field)| !OPEN.contains(&field.name.as_str()))
            .map(|(place, _)| FieldId(place))
            .collect();
        let items: BTreeMap<DataItem, _> =
            patient.items.iter().map(|(item, text)| (*item, Phi::new(text.clone()))).collect();
        let plan = QuestionPlan { required: true, read_back: ReadBack::WhenUnsure };
        let allowed = payer.allowed(purpose);
        let config = Config {
            questions: vec![plan; set.fields.len()],
            answered_before: before.clone(),
            // As the dialler does it; the number that nobody may be given lies in the vault all the same.
            items: items.keys().copied().filter(|item| *item != DataItem::Ssn).collect(),
            limits: CallLimits::default(),
        };
        let header = Header {
            v: callwright::call::journal::VERSION,
            program: "test".to_owned(),
            call: id.to_owned(),
            began_at: Clock.wall(),
            policy: String::new(),
            prompts: String::new(),
            directory: String::new(),
            config: config.clone(),
        };
        let journal = Journal::create(&self.folder.path().join(id), &header).unwrap();
        let book = ExchangeBook::new();
        let leaves = Leaves {
            speech_to_text: leave(Role::SpeechToText, "lips", &book),
            before_notice: None,
            language_model: leave(Role::LanguageModel, "openai", &book),
            text_to_speech: leave(Role::TextToSpeech, "hum", &book),
            book,
        };
        CallPlan {
            id: id.to_owned(),
            purpose,
            payer,
            menu,
            questions: Arc::new(set),
            pack: Arc::clone(&self.pack),
            clips: Arc::new(clips),
            vault: Vault::new(items, before.into_iter().map(Topic::Field).collect()),
            covered_names: vec![patient.name.clone()],
            config,
            gate: Gate::new(GateRules {
                allowed,
                disclosure_repeats_max: 1,
                paced_clock: PacedClock::ProvesNothing,
                recording: RecordingGrant::none(),
            }),
            recording: None,
            journal,
            sessions: Sessions::open(&vendors, leaves).unwrap(),
            vendors,
            carrier: VendorId::new("twilio").unwrap(),
            today: Date::new(2026, 11, 30).unwrap(),
        }
    }

    /// Opens the media stream of a call, as the carrier does.
    async fn connect(
        &self,
        id: &str,
    ) -> CarrierStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>> {
        let (token, epoch) = self.registry.offer_stream(id, Clock.wall()).unwrap();
        let mut request = self.media_url.as_str().into_client_request().unwrap();
        let signed = signature::sign(&Secret::new(SIGNING.to_owned()), &self.media_url, &[]);
        request.headers_mut().insert("x-twilio-signature", signed.parse().unwrap());
        // Without Nagle's algorithm, as carriers do: bursts of audio would be seconds of virtual time.
        let connecting = tokio_tungstenite::connect_async_with_config(request, None, true);
        let (socket, _) = connecting.await.unwrap();
        let parameters = BTreeMap::from([
            ("call".to_owned(), id.to_owned()),
            ("epoch".to_owned(), epoch.to_string()),
            ("token".to_owned(), token.reveal().to_owned()),
        ]);
        let start = Start {
            stream_sid: format!("MZ{id}"),
            account_sid: "AC00000000000000000000000000000001".to_owned(),
            call_sid: format!("CA{id}"),
            parameters,
        };
        CarrierStream::open(socket, Limits::default(), start).await.unwrap()
    }
}

/// Leave to send to this machine.
fn leave(role: Role, vendor: &str, book: &ExchangeBook) -> Egress {
    let id = VendorId::new(vendor).unwrap();
    let location = Location::OnPremises { network: "127.0.0.0/8".parse().unwrap() };
    let row = Row { id: id.clone(), role, region: Region::UnitedStates, location };
    let register = Register { rows: vec![row] };
    let permit = register.egress(role, &id, Clock.wall(), &Policy::recommended()).unwrap();
    Egress::new(permit, CallClock::shared(Clock, Clock.stopwatch()), book.clone())
}
