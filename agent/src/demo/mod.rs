//! `callwright demo`: one verification call, end to end, on this machine and in real time.
//!
//! Everything is what a practice's call uses, over real sockets, but for the far side: the carrier and the payer are simulated, the
//! patient is made up, and speech is local. Nothing leaves the machine. Its store, key file and calls lie in the folder it is given.

pub mod seed;
mod show;
mod table;
pub mod world;

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use callwright_compliance::{ObjectId, PhoneNumber, Policy, RequestId, TenantId, VendorId};
use callwright_core::Limits;
use callwright_dialplan::payer::Directory;
use callwright_dialplan::twilio::{Client, ClientConfig, Credentials, Secret};
use callwright_sim::Scenario;
use callwright_sim::carrier::Carrier as SimCarrier;
use callwright_store::{Code, KeyRing, RequestState, Store};
use callwright_vendors::VendorError;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::api::{Api, Registry, Server, router};
use crate::call::clips::ClipShelf;
use crate::clock::Clock;
use crate::dialler::{Attempt, Claimed, DialError, LEASE, attempt};
use crate::local_speech::cache_folder;
use crate::panics::Broke;
use crate::services::{Carrier, FileKeeping, Services};
use world::World;

/// The scenario that is played when none is named.
pub const DEFAULT_SCENARIO: &str = "acme-medical";

/// Calls of one demo: a payer that drops every line is not called for ever.
const CALLS_MAX: usize = 3;

/// Moments of the timeline that may wait to be shown.
const MOMENTS_MAX: usize = 256;

/// What the command was given.
#[derive(Clone, Debug, Default)]
pub struct Args {
    /// A scenario's name, or a file.
    pub scenario: Option<String>,
    /// The folder for everything that the call leaves behind; made if it is not there.
    pub out: Option<PathBuf>,
    /// Who hears, words and speaks on our side.
    pub vendors: VendorSet,
    /// Whether identifiers, dates and names are shown.
    pub show_phi: bool,
    /// Whether the result is printed as JSON, and nothing else.
    pub json: bool,
}

/// Who hears, words and speaks on our side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VendorSet {
    /// Libraries on this machine and the rule-based model.
    #[default]
    Local,
    /// The clients of hosted vendors, at simulated ones.
    Simulated,
}

/// Why the demo could not be played to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// No such scenario.
    #[error(
        "there is no scenario {name:?}: name one of {}, or give the path of a scenario file",
        Scenario::names().collect::<Vec<_>>().join(", ")
    )]
    NoScenario {
        /// What was asked for.
        name: String,
    },
    /// The scenario asks what no question set has.
    #[error("the scenario's question_set {name:?} is not known: write \"medical\" or \"dental\"")]
    NoQuestions {
        /// What it names.
        name: String,
    },
    /// The simulator.
    #[error("the simulated carrier: {0}")]
    Sim(#[from] callwright_sim::SimError),
    /// The scenario file.
    #[error("the scenario: {0}")]
    Scenario(#[from] callwright_sim::payer::problems::ScenarioError),
    /// A vendor.
    #[error(transparent)]
    Vendor(#[from] VendorError),
    /// The store.
    #[error("the store: {0}")]
    Store(#[from] callwright_store::StoreError),
    /// The call.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// A file or a socket.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Data that is part of the program does not parse: a fault of ours.
    #[error("data of the program itself is broken: {0}")]
    Program(String),
}

fn program(error: impl std::fmt::Display) -> DemoError {
    DemoError::Program(error.to_string())
}

/// The scenario by name or path.
fn scenario(name: &str) -> Result<Scenario, DemoError> {
    if let Some(scenario) = Scenario::named(name) {
        return Ok(scenario?);
    }
    let path = Path::new(name);
    if path.is_file() {
        return Ok(Scenario::load(path)?);
    }
    Err(DemoError::NoScenario { name: name.to_owned() })
}

/// The folder for this run: what was asked for, or a new one named after the time.
#[must_use]
pub fn folder(args: &Args, clock: Clock) -> PathBuf {
    args.out.clone().unwrap_or_else(|| {
        let name = clock.wall().strftime("demo-%Y%m%d-%H%M%S").to_string();
        Path::new("out").join(name)
    })
}

/// Plays the demo. Says whether the verification is complete and every answer right.
///
/// # Errors
/// [`DemoError`].
pub async fn run(args: &Args, out: &Path, clock: Clock) -> Result<bool, DemoError> {
    let scenario = scenario(args.scenario.as_deref().unwrap_or(DEFAULT_SCENARIO))?;
    std::fs::create_dir_all(out)?;
    let mut show = show::Show::new(args, &scenario, out);
    show.begin()?;
    let world = World::open(&scenario, args.vendors, &cache_folder(&out.join("cache"))).await?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let public_url = format!("http://{}", listener.local_addr()?);
    let services = services(out, clock, &world, public_url).await?;
    let api = Api {
        registry: Arc::clone(&services.registry),
        signing: Secret::new(world.secret.clone()),
        public_url: services.public_url.clone(),
        clock,
    };
    let server = Server::start(listener, router(Arc::new(api)))?;

    let claimed = seed::request(&services, &scenario).await?;
    let (show, attempted) = calls(&services, &world, show, claimed).await;
    let evidence = attempted.as_ref().ok().map(|attempted| attempted.folder.join("carrier"));
    world.close(evidence.as_deref()).await?;
    server.stop(std::time::Duration::from_secs(2)).await;
    services.store.close().await;
    let (mut show, attempted) = (show?, attempted?);
    let right = finish(&mut show, &scenario, &attempted)?;
    Ok(right && attempted.result.is_complete())
}

/// The first call, and the further ones that policy wants after a line that dropped or the like.
async fn calls(
    services: &Services,
    world: &World,
    mut show: show::Show,
    mut claimed: Claimed,
) -> (Result<show::Show, DemoError>, Result<Attempt, DemoError>) {
    let (tenant, request) = (claimed.request.tenant.clone(), claimed.request.id.clone());
    loop {
        let (moments, shown) = mpsc::channel(MOMENTS_MAX);
        let telling = tokio::spawn(show.follow(shown));
        let attempted = attempt(services, claimed, moments).await;
        show = match telling.await {
            Ok(show) => show,
            Err(error) => {
                return (Err(program(Broke::from(&error))), attempted.map_err(DemoError::from));
            }
        };
        let attempted = match attempted {
            Ok(attempted) => attempted,
            Err(error) => return (Ok(show), Err(error.into())),
        };
        let next = async {
            evidence(&world.carrier, &attempted).await?;
            again(services, &tenant, &request, &mut show, &attempted).await
        };
        match next.await {
            Ok(Some(next)) => claimed = next,
            Ok(None) => return (Ok(show), Ok(attempted)),
            Err(error) => return (Ok(show), Err(error)),
        }
    }
}

/// Writes what the carrier saw beside the call's own files.
async fn evidence(carrier: &SimCarrier, attempted: &Attempt) -> Result<(), DemoError> {
    let seen = match carrier.calls().last() {
        Some(sid) => carrier.wait_finished(sid).await,
        None => None,
    };
    if let Some(seen) = seen {
        let folder = attempted.folder.join("carrier");
        std::fs::create_dir_all(&folder)?;
        seen.write(&folder)?;
    }
    Ok(())
}

/// Claims the request once more where it is to be tried again. The demo takes the wait that policy wants as over.
async fn again(
    services: &Services,
    tenant: &TenantId,
    request: &RequestId,
    show: &mut show::Show,
    attempted: &Attempt,
) -> Result<Option<Claimed>, DemoError> {
    let kept = services.store.request(tenant, request).await?;
    let calls = attempted.result.calls.len();
    if kept.state != RequestState::Queued || calls >= CALLS_MAX {
        return Ok(None);
    }
    let now = services.clock.wall();
    let due = kept.order.not_before.max(now);
    show.again(&attempted.result, due.duration_since(now))?;
    let claimed = services.store.claim(&services.node, due, LEASE).await?;
    Ok(claimed.map(|(lease, request)| Claimed { lease, request }))
}

fn finish(
    show: &mut show::Show,
    scenario: &Scenario,
    attempted: &Attempt,
) -> Result<bool, DemoError> {
    let wrong = table::wrong_answers(scenario, &attempted.result);
    show.result(attempted, &wrong)?;
    Ok(wrong.is_empty())
}

fn hex16() -> Result<String, DemoError> {
    Ok(callwright_store::CallId::random()?.to_string())
}

fn random_secret() -> Result<String, DemoError> {
    Ok(format!("{}{}", hex16()?, hex16()?))
}

async fn services(
    out: &Path,
    clock: Clock,
    world: &World,
    public_url: String,
) -> Result<Services, DemoError> {
    let key = out.join("callwright.key");
    let keys = if key.exists() { KeyRing::open(&key)? } else { KeyRing::create(&key)? };
    let store = Store::open(&out.join("callwright.db"), keys).await?;
    let credentials = Credentials::auth_token(&world.account, Secret::new(world.secret.clone()));
    let mut config = ClientConfig::new(credentials);
    config.base_url = format!("{}/2010-04-01", world.carrier.base_url());
    let client = Client::new(config).map_err(program)?;
    let calls_dir = out.join("calls");
    std::fs::create_dir_all(&calls_dir)?;
    Ok(Services {
        clock,
        node: Code::new("demo")?,
        node_id: ObjectId::new("demo").map_err(program)?,
        store,
        policy: Policy::recommended(),
        directory: Arc::new(Directory::embedded().map_err(program)?),
        pack: Arc::clone(&world.pack),
        vendors: world.vendors.clone(),
        clips: ClipShelf::default(),
        carrier: Carrier {
            client: Arc::new(client),
            id: VendorId::new(seed::CARRIER).map_err(program)?,
            from: PhoneNumber::parse_e164(seed::CALLER).map_err(program)?,
            cents_per_minute: 0,
        },
        registry: Arc::new(Registry::new(1)),
        public_url,
        calls_dir,
        keeping: FileKeeping::Open,
        limits: Limits::default(),
    })
}

/// A claimed request. Named here so that `seed` need not know leases.
async fn claim(services: &Services) -> Result<Claimed, DemoError> {
    let now = services.clock.wall();
    let claimed = services.store.claim(&services.node, now, LEASE).await?;
    let (lease, request) = claimed.ok_or_else(|| program("the request is not in the queue"))?;
    Ok(Claimed { lease, request })
}
