//! The house: made with a scenario and vendors, calls once or more, and leaves nothing behind.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use callwright::api::{Api, Registry, Server, router};
use callwright::call::CallClock;
use callwright::call::clips::ClipShelf;
use callwright::clock::Clock;
use callwright::demo::seed;
use callwright::dialler::{Attempt, Claimed, DialError, LEASE, attempt};
use callwright::replay;
use callwright::services::{Carrier, FileKeeping, Services};
use callwright_compliance::permit::Notice;
use callwright_compliance::vendor::Role;
use callwright_compliance::{
    CallClass, ObjectId, PhoneNumber, Policy, RequestId, TenantId, VendorId,
};
use callwright_core::Limits;
use callwright_dialplan::payer::Directory;
use callwright_dialplan::twilio::{Client, ClientConfig, Credentials, Secret};
use callwright_prompts::{Business, Places, spoken};
use callwright_sim::carrier::{Carrier as SimCarrier, CarrierConfig, ScenarioSource};
use callwright_sim::{CallLog, LogEvent, Scenario};
use callwright_store::{CallId, Code, KeyRing, Request, Store};
use callwright_vendors::{Egress, ExchangeBook};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::vendors::Voices;

/// No call of a test may take longer than this: one that does hangs.
pub(crate) const LONGEST: Duration = Duration::from_secs(240);

/// Moments of the timeline that are kept for a test that looks at none.
const MOMENTS_MAX: usize = 16;

/// A scenario of `fixtures/payers`.
pub(crate) fn scenario(name: &str) -> Scenario {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/payers");
    Scenario::load(&folder.join(format!("{name}.toml"))).unwrap()
}

/// See the module.
pub(crate) struct House {
    pub(crate) services: Services,
    pub(crate) carrier: Arc<SimCarrier>,
    /// What the carrier signs with.
    pub(crate) secret: String,
    pub(crate) scenario: Scenario,
    server: Server,
    folder: TempDir,
}

/// What became of one request.
pub(crate) struct Called {
    pub(crate) tenant: TenantId,
    pub(crate) request: RequestId,
    /// What the dialler says.
    pub(crate) attempt: Result<Attempt, DialError>,
    /// What the carrier saw; `None` where it saw no call.
    pub(crate) seen: Option<CallLog>,
}

impl House {
    /// Opens it, with the recommended policy.
    pub(crate) async fn open(scenario: Scenario, voices: Voices) -> House {
        let folder = tempfile::tempdir().unwrap();
        let hex = || CallId::random().unwrap().to_string();
        let (account, secret) = (format!("AC{}", hex()), hex());
        let source = ScenarioSource::Any(Box::new(scenario.clone()));
        let config = CarrierConfig::new(&account, &secret, source, voices.far_end);
        let carrier = Arc::new(SimCarrier::start(config).await.unwrap());
        voices.line.connect(&carrier);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let public_url = format!("http://{}", listener.local_addr().unwrap());
        let keys = KeyRing::create(&folder.path().join("callwright.key")).unwrap();
        let calls_dir = folder.path().join("calls");
        std::fs::create_dir(&calls_dir).unwrap();
        let services = Services {
            clock: Clock,
            node: Code::new("house").unwrap(),
            node_id: ObjectId::new("house").unwrap(),
            store: Store::open(&folder.path().join("callwright.db"), keys).await.unwrap(),
            policy: Policy::recommended(),
            directory: Arc::new(Directory::embedded().unwrap()),
            pack: voices.pack,
            vendors: voices.vendors,
            clips: ClipShelf::default(),
            carrier: Carrier {
                client: Arc::new(client(&carrier.base_url(), &account, &secret)),
                id: VendorId::new(seed::CARRIER).unwrap(),
                from: PhoneNumber::parse_e164(seed::CALLER).unwrap(),
                cents_per_minute: 0,
            },
            registry: Arc::new(Registry::new(1)),
            public_url,
            calls_dir,
            keeping: FileKeeping::Open,
            limits: Limits::default(),
        };
        let api = Api {
            registry: Arc::clone(&services.registry),
            signing: Secret::new(secret.clone()),
            public_url: services.public_url.clone(),
            clock: services.clock,
        };
        let server = Server::start(listener, router(Arc::new(api))).unwrap();
        House { services, carrier, secret, scenario, server, folder }
    }

    /// Everything that the house leaves on disk.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Sets up a practice with one request, and claims it.
    pub(crate) async fn claim(&self) -> Claimed {
        seed::request(&self.services, &self.scenario).await.unwrap()
    }

    /// Sets up a practice with one request and makes an attempt at it.
    pub(crate) async fn call(&self) -> Called {
        let claimed = self.claim().await;
        self.attempt(claimed).await
    }

    /// Has the practice's clips made before the call, so that a voice can fail in the middle of it.
    pub(crate) async fn make_clips(&self, claimed: &Claimed) {
        let services = &self.services;
        let provider = &self.scenario.provider;
        let callback = spoken::phone(&provider.callback);
        let business = Business { registered_name: &provider.name, callback_spoken: &callback };
        let voice = &services.vendors.text_to_speech;
        let register = services.store.register(&claimed.request.tenant).await.unwrap();
        let (id, now) = (VendorId::new(voice.id()).unwrap(), services.clock.wall());
        let permit = register.egress(Role::TextToSpeech, &id, now, &services.policy).unwrap();
        let clock = CallClock::shared(services.clock, services.clock.stopwatch());
        let leave = Egress::new(permit, clock, ExchangeBook::new());
        let recorded = Notice::RecordedAndTranscribed;
        let notice = services.pack.notices().choose(CallClass::Payer, Places::Unknown, recorded);
        let texts = (services.pack.as_ref(), notice);
        let made = services.clips.book(texts, &business, voice.as_ref(), leave).await;
        assert!(made.is_ok(), "the voice cannot speak the clips");
    }

    /// Claims the request again once it is due, whatever the wait that policy wants.
    pub(crate) async fn claim_again(&self, called: &Called) -> Claimed {
        let store = &self.services.store;
        let request = store.request(&called.tenant, &called.request).await.unwrap();
        let due = request.order.not_before.max(self.services.clock.wall());
        let claimed = store.claim(&self.services.node, due, LEASE).await.unwrap();
        let (lease, request) = claimed.expect("the request is in the queue");
        Claimed { lease, request }
    }

    /// Makes an attempt at a request, and waits until the carrier is done with it, too.
    pub(crate) async fn attempt(&self, claimed: Claimed) -> Called {
        let (tenant, request) = (claimed.request.tenant.clone(), claimed.request.id.clone());
        let before = self.carrier.calls().len();
        let (moments, _moments) = mpsc::channel(MOMENTS_MAX);
        let running = attempt(&self.services, claimed, moments);
        let Ok(attempt) = tokio::time::timeout(LONGEST, running).await else {
            let log = self.carrier.calls().get(before).and_then(|sid| self.carrier.log(sid));
            panic!("the call hangs\n{}", log.map(|log| log.to_jsonl()).unwrap_or_default());
        };
        let seen = match self.carrier.calls().get(before) {
            Some(sid) => {
                let finished = self.carrier.wait_finished(sid);
                tokio::time::timeout(LONGEST, finished).await.expect("the carrier's leg hangs")
            }
            None => None,
        };
        Called { tenant, request, attempt, seen }
    }

    /// Whether nothing was lost and nothing hangs: the call's row is ended, its request is with somebody, its journal replays, the
    /// audit is whole, and no leg waits in this process. Gives the request.
    pub(crate) async fn settled(&self, called: &Called) -> Request {
        let store = &self.services.store;
        assert!(self.services.registry.is_empty(), "a call was not forgotten");
        let request = store.request(&called.tenant, &called.request).await.unwrap();
        assert!(!request.state.is_leased(), "the request is still {}", request.state);
        assert!(
            request.outcome.is_some() || called.attempt.is_err(),
            "it ended without saying how"
        );
        for call in store.calls(&called.tenant, &called.request).await.unwrap() {
            assert!(call.ended_at.is_some() && call.outcome.is_some(), "{call:?} did not end");
        }
        let audit = store.verify_audit(&called.tenant, None).await.unwrap();
        assert!(audit.unwrap().len > 0);
        if let Ok(attempt) = &called.attempt {
            for report in replay::run(&[attempt.folder.join("journal.jsonl")]) {
                assert!(report.outcome.is_ok(), "{report}");
            }
        }
        if let Some(seen) = &called.seen {
            let ends = seen.entries.iter().filter(|e| matches!(e.event, LogEvent::Ended { .. }));
            assert_eq!(ends.count(), 1, "a leg ends once");
        }
        request
    }

    /// Stops everything in order.
    pub(crate) async fn close(self) {
        self.services.store.close().await;
        self.server.stop(Duration::from_secs(2)).await;
    }
}

/// A client of the carrier at `base`.
pub(crate) fn client(base: &str, account: &str, secret: &str) -> Client {
    let credentials = Credentials::auth_token(account, Secret::new(secret.to_owned()));
    let mut config = ClientConfig::new(credentials);
    config.base_url = format!("{base}/2010-04-01");
    Client::new(config).unwrap()
}

impl Called {
    /// The attempt; it must have been made.
    pub(crate) fn made(&self) -> &Attempt {
        self.attempt.as_ref().unwrap_or_else(|error| panic!("not called: {error}"))
    }

    /// The carrier's evidence; it must have seen a call.
    pub(crate) fn log(&self) -> &CallLog {
        self.seen.as_ref().expect("the carrier saw a call")
    }

    /// How the call ended: the outcome, and for one that is partial what ended it.
    pub(crate) fn ended(&self) -> (&str, Option<&str>) {
        let result = &self.made().result;
        (&result.outcome, result.ended_by.as_deref())
    }

    /// A file of the call's folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.made().folder.join(name)
    }
}
