//! A Twilio-compatible carrier on this machine: REST, TwiML, signed webhooks and Media Streams, in real time.
//!
//! Read from Twilio's published documentation. It simulates outbound calls with bidirectional streams; no inbound calls, no
//! recording, no answering-machine detection, no prices. It listens on and calls out to the loopback interface only.

mod call;
mod live;
mod params;
mod playout;
mod progress;
mod record;
mod rest;
pub mod signature;
mod socket;
mod stream;
mod twiml;
mod webhook;
mod wire;
mod xml;

use crate::error::SimError;
use crate::log::{CallLog, LogBook, LogEntry};
use crate::payer::scenario::Scenario;
use crate::speech::Speech;
use crate::speech::bank::Bank;
use call::{Call, Command, Happening, INBOX_MAX};
use params::{ApiError, CallParams};
use record::Record;
use std::collections::{BTreeMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};

/// How long a shutdown waits for calls to end and their callbacks to be sent.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(3);

/// Bounds of the simulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls at a time; one more is answered 429 (20429).
    pub live_calls_max: usize,
    /// Calls remembered; the oldest ended ones are forgotten first.
    pub records_max: usize,
    /// Longest call, in milliseconds, whatever its `TimeLimit`.
    pub call_ms_max: u64,
    /// Audio that one stream may have queued, in milliseconds.
    pub queued_audio_ms_max: u32,
    /// Whether the audio of calls is kept for evidence: 16 kB a second and call.
    pub keep_audio: bool,
}

impl Default for Limits {
    /// For a demo or a test: 64 calls at a time, 1 024 remembered, 20 minutes each, two minutes queued, audio kept.
    fn default() -> Limits {
        Limits {
            live_calls_max: 64,
            records_max: 1_024,
            call_ms_max: 20 * 60 * 1_000,
            queued_audio_ms_max: 120_000,
            keep_audio: true,
        }
    }
}

impl Limits {
    fn queued_audio_bytes(self) -> usize {
        self.queued_audio_ms_max as usize * 8
    }
}

/// Which payer answers which number.
#[derive(Clone, Debug)]
pub enum ScenarioSource {
    /// One payer answers every number.
    Any(Box<Scenario>),
    /// Each payer answers its own `line`; any other number fails as unreachable does (21214).
    ByLine(Vec<Scenario>),
}

/// What the simulator is started with.
#[derive(Clone, Debug)]
pub struct CarrierConfig {
    /// `AC` and 32 hexadecimal digits.
    pub account_sid: String,
    /// The secret of the account: REST password and signing key. For the simulator only.
    pub auth_token: String,
    /// Where to listen: a loopback address; port 0 for any.
    pub bind: SocketAddr,
    /// Who answers.
    pub scenarios: ScenarioSource,
    /// How they speak and hear.
    pub speech: Speech,
    /// The bounds.
    pub limits: Limits,
}

impl CarrierConfig {
    /// A carrier on any free port with the default bounds.
    #[must_use]
    pub fn new(
        account_sid: &str,
        auth_token: &str,
        scenarios: ScenarioSource,
        speech: Speech,
    ) -> CarrierConfig {
        CarrierConfig {
            account_sid: account_sid.to_owned(),
            auth_token: auth_token.to_owned(),
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            scenarios,
            speech,
            limits: Limits::default(),
        }
    }
}

/// A running carrier. Dropping it stops it at once; [`Carrier::shutdown`] lets calls end in order.
#[derive(Debug)]
pub struct Carrier {
    address: SocketAddr,
    world: Arc<World>,
    server: JoinHandle<()>,
}

impl Carrier {
    /// Starts listening, with everything the payers say already spoken into memory.
    ///
    /// # Errors
    /// [`SimError`] says what to mend.
    pub async fn start(config: CarrierConfig) -> Result<Carrier, SimError> {
        check(&config)?;
        let (bank, speech, scenarios) = prepare(config.scenarios, config.speech).await?;
        let address = config.bind;
        let bind_failed = |source| SimError::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(bind_failed)?;
        let address = listener.local_addr().map_err(bind_failed)?;
        let webhooks = webhook::Webhooks::new(&config.auth_token).map_err(SimError::Webhooks)?;
        let mut seed = [0_u8; 12];
        getrandom::fill(&mut seed).map_err(SimError::Random)?;
        let world = Arc::new(World {
            account: config.account_sid,
            token: config.auth_token,
            webhooks,
            bank: Arc::new(bank),
            speech,
            scenarios,
            limits: config.limits,
            seed,
            state: Mutex::new(State::default()),
        });
        let router = rest::router(Arc::clone(&world));
        let server = tokio::spawn(async move {
            // It only ends when it is aborted, or when the listener fails; then there is nobody to tell.
            drop(axum::serve(listener, router).await);
        });
        Ok(Carrier { address, world, server })
    }

    /// Where REST is served, without a slash at the end: what stands for `https://api.twilio.com`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The ids of the calls placed so far and not forgotten, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.world.all().iter().map(|call| call.sid.clone()).collect()
    }

    /// The evidence of a call so far.
    #[must_use]
    pub fn log(&self, call_sid: &str) -> Option<CallLog> {
        self.world.call(call_sid).map(|call| call.log.snapshot())
    }

    /// Waits until a call's log satisfies `wanted`; false if the call ends without, or is not known.
    pub async fn wait_for(&self, call_sid: &str, wanted: impl Fn(&[LogEntry]) -> bool) -> bool {
        match self.world.call(call_sid) {
            Some(call) => call.log.wait_for(wanted).await,
            None => false,
        }
    }

    /// Waits until a call is over and its last callback is sent; gives its evidence.
    pub async fn wait_finished(&self, call_sid: &str) -> Option<CallLog> {
        let call = self.world.call(call_sid)?;
        let mut finished = call.finished.subscribe();
        finished.wait_for(|finished| *finished).await.ok()?;
        Some(call.log.snapshot())
    }

    /// Waits until `count` calls have been placed; gives the id of the latest of them.
    pub async fn wait_placed(&self, count: usize) -> Option<String> {
        let mut placed = self.world.lock().placed.subscribe();
        placed.wait_for(|placed| *placed >= count).await.ok()?;
        self.calls().into_iter().nth(count.checked_sub(1)?)
    }

    /// Ends every call, sends the last callbacks, and stops.
    pub async fn shutdown(self) {
        for call in self.world.all() {
            drop(call.inbox.try_send(Happening::Command(Command::ShutDown)));
        }
        let mut tasks = std::mem::take(&mut self.world.lock().tasks);
        let all_done = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(SHUTDOWN_GRACE, all_done).await.is_err() {
            tracing::warn!("calls did not end in time; they are cut off");
        }
        self.server.abort();
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        self.server.abort();
        self.world.lock().tasks.abort_all();
    }
}

fn check(config: &CarrierConfig) -> Result<(), SimError> {
    let hex = config.account_sid.strip_prefix("AC").unwrap_or("");
    if hex.len() != 32 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(SimError::AccountSid);
    }
    if config.auth_token.is_empty() {
        return Err(SimError::AuthToken);
    }
    if !config.bind.ip().is_loopback() {
        return Err(SimError::NotLoopback(config.bind));
    }
    Ok(())
}

/// Line -> payer; the empty line stands for any number.
type Scenarios = BTreeMap<String, Arc<Scenario>>;

/// Speaks everything the payers may say, off the async threads.
async fn prepare(
    source: ScenarioSource,
    speech: Speech,
) -> Result<(Bank, Speech, Scenarios), SimError> {
    let work = move || {
        let mut scenarios = Scenarios::new();
        match source {
            ScenarioSource::Any(scenario) => {
                scenarios.insert(String::new(), Arc::new(*scenario));
            }
            ScenarioSource::ByLine(list) => {
                scenarios.extend(list.into_iter().map(|s| (s.line.clone(), Arc::new(s))));
            }
        }
        if scenarios.is_empty() {
            return Err(SimError::NoScenario);
        }
        let mut bank = Bank::default();
        for scenario in scenarios.values() {
            bank.fill(&speech, &scenario.texts())?;
        }
        Ok((bank, speech, scenarios))
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| SimError::Worker)?
}

/// What all calls share.
#[derive(Debug)]
struct World {
    account: String,
    token: String,
    webhooks: webhook::Webhooks,
    bank: Arc<Bank>,
    speech: Speech,
    scenarios: Scenarios,
    limits: Limits,
    seed: [u8; 12],
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calls: BTreeMap<String, Arc<Call>>,
    order: VecDeque<String>,
    tasks: JoinSet<()>,
    placed: watch::Sender<usize>,
    ids: u32,
    /// Calls placed to each payer, by its scenario's id.
    to_payer: BTreeMap<String, usize>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("calls", &self.order).finish_non_exhaustive()
    }
}

impl World {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while the lock is held can at worst leave a call in `calls` that `order` lacks.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call(&self, sid: &str) -> Option<Arc<Call>> {
        self.lock().calls.get(sid).cloned()
    }

    fn all(&self) -> Vec<Arc<Call>> {
        let state = self.lock();
        state.order.iter().filter_map(|sid| state.calls.get(sid).cloned()).collect()
    }

    fn forget(&self, sid: &str) {
        let mut state = self.lock();
        state.calls.remove(sid);
        state.order.retain(|other| other != sid);
    }

    fn new_stream_sid(&self) -> String {
        self.new_id("MZ", &mut self.lock())
    }

    /// An id that this process has not given before: a random part, then a counter.
    fn new_id(&self, prefix: &str, state: &mut State) -> String {
        state.ids += 1;
        let random: String = self.seed.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{prefix}{random}{:08x}", state.ids)
    }

    /// Places a call and starts its task.
    fn place(self: &Arc<World>, params: CallParams) -> Result<Arc<Call>, ApiError> {
        let scenario = self.scenarios.get(&params.to).or_else(|| self.scenarios.get(""));
        let scenario = scenario.cloned().ok_or_else(|| {
            ApiError::bad(21_214, "'To' phone number cannot be reached: no payer has this line")
        })?;
        let mut state = self.lock();
        while state.tasks.try_join_next().is_some() {}
        if state.tasks.len() >= self.limits.live_calls_max {
            return Err(ApiError {
                status: axum::http::StatusCode::TOO_MANY_REQUESTS,
                code: 20_429,
                message: "Too many concurrent calls".to_owned(),
            });
        }
        if state.order.len() >= self.limits.records_max
            && let Some(at) = state
                .order
                .iter()
                .position(|sid| state.calls.get(sid).is_none_or(|call| *call.finished.borrow()))
            && let Some(sid) = state.order.remove(at)
        {
            state.calls.remove(&sid);
        }
        let sid = self.new_id("CA", &mut state);
        let record = Record::new(&self.account, &sid, &params);
        let (inbox, happenings) = mpsc::channel(INBOX_MAX);
        let log = LogBook::new(self.limits.keep_audio);
        let to_payer = state.to_payer.entry(scenario.id.clone()).or_default();
        let nth = std::mem::replace(to_payer, *to_payer + 1);
        let call = Arc::new(Call::new(record, params, (scenario, nth), log, inbox));
        state.calls.insert(sid.clone(), Arc::clone(&call));
        state.order.push_back(sid);
        state.tasks.spawn(call::run(Arc::clone(&call), happenings, Arc::clone(self)));
        state.placed.send_modify(|placed| *placed += 1);
        Ok(call)
    }
}
