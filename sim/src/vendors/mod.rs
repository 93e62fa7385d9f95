//! The three vendors of speech and language on this machine, behind one listener: Deepgram, OpenAI and ElevenLabs.
//!
//! They speak the vendors' published protocols over real sockets on the loopback interface. What they have for ears is the utterance
//! book ([`book`]), for a mind a script, for a voice flite or a hum: so a whole call can be placed with the adapters that would
//! serve a real one. What goes wrong is data ([`VendorFault`]); what came over the wire is kept as evidence ([`VendorLog`]).
//! They share no code with the agent's adapters, and call nobody.

pub mod book;
mod config;
mod deepgram;
mod draw;
mod elevenlabs;
mod fault;
mod flow;
mod http;
mod log;
mod openai;
mod socket;

pub use config::{DEEPGRAM_IDLE_MS, DeepgramConfig, ElevenLabsConfig, OpenAiConfig, VendorsConfig};
pub use draw::Latency;
pub use fault::{FaultKind, Garbage, Trigger, VendorFault};
pub use log::{Side, Vendor, VendorEntry, VendorEvent, VendorLog};
pub use openai::ModelMode;

use crate::error::SimError;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use book::Book;
use draw::Draws;
use elevenlabs::AgentVoice;
use fault::Faults;
use log::LogBook;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// How long a shutdown waits for what is being said.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

/// Running vendors. Dropping them stops them at once; [`Vendors::shutdown`] lets open connections end.
#[derive(Debug)]
pub struct Vendors {
    address: SocketAddr,
    world: Arc<World>,
    server: JoinHandle<()>,
}

impl Vendors {
    /// Starts listening, with everything the payers may say already in the book.
    ///
    /// # Errors
    /// [`SimError`] says what to mend.
    pub async fn start(config: VendorsConfig) -> Result<Vendors, SimError> {
        config.check()?;
        let mut seed = [0_u8; 8];
        getrandom::fill(&mut seed).map_err(SimError::Random)?;
        let (config, book, agent_voice) = prepare(config).await?;
        let address = config.bind;
        let bind_failed = |source| SimError::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(bind_failed)?;
        let address = listener.local_addr().map_err(bind_failed)?;
        let world = Arc::new(World {
            faults: Faults::new(config.faults.clone()),
            config,
            book: Arc::new(book),
            agent_voice,
            log: LogBook::new(),
            seed: u64::from_le_bytes(seed),
            over: watch::Sender::new(false),
            sessions: Mutex::new(JoinSet::new()),
        });
        let router = router(Arc::clone(&world));
        let over = world.over();
        let server = tokio::spawn(async move {
            // Small messages go out at once, as any vendor's do.
            let listener = listener.tap_io(|socket| drop(socket.set_nodelay(true)));
            let serving = axum::serve(listener, router).with_graceful_shutdown(until(over));
            // It only ends when it is told to, or when the listener fails; then there is nobody to tell.
            drop(serving.await);
        });
        Ok(Vendors { address, world, server })
    }

    /// What stands for `https://api.openai.com` and `https://api.elevenlabs.io`, without a slash at the end. OpenAI's own base URL
    /// has `/v1` behind it.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What stands for `wss://api.deepgram.com` and `wss://api.elevenlabs.io`, without a slash at the end.
    #[must_use]
    pub fn ws_url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// How many clips the recogniser knows.
    #[must_use]
    pub fn clips(&self) -> usize {
        self.world.book.clips()
    }

    /// The evidence so far.
    #[must_use]
    pub fn log(&self) -> VendorLog {
        self.world.log.snapshot()
    }

    /// Waits until the log satisfies `wanted`. Waits for ever if it never does: give it a time-out.
    pub async fn wait_for(&self, wanted: impl Fn(&[VendorEntry]) -> bool) {
        self.world.log.wait_for(wanted).await;
    }

    /// Puts other faults in the place of those that are still to come. Open connections keep what they have.
    pub fn set_faults(&self, faults: Vec<VendorFault>) {
        self.world.faults.replace(faults);
    }

    /// Ends every connection, and stops.
    pub async fn shutdown(mut self) {
        self.world.over.send_replace(true);
        if tokio::time::timeout(SHUTDOWN_GRACE, &mut self.server).await.is_err() {
            tracing::warn!("connections did not end in time; they are cut off");
        }
    }
}

impl Drop for Vendors {
    fn drop(&mut self) {
        self.world.over.send_replace(true);
        self.server.abort();
        self.world.sessions().abort_all();
    }
}

/// Reads everything the payers say into the book, off the async threads.
async fn prepare(config: VendorsConfig) -> Result<(VendorsConfig, Book, AgentVoice), SimError> {
    let work = move || {
        let mut texts: Vec<String> = config.scenarios.iter().flat_map(|s| s.texts()).collect();
        texts.sort();
        texts.dedup();
        let book = Book::of_texts(&config.speech, &texts, &config.clips)?;
        let voice = AgentVoice::open(&config.speech)?;
        Ok((config, book, voice))
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| SimError::Worker)?
}

fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/v1/listen", get(deepgram::listen))
        .route("/v1/chat/completions", post(openai::chat))
        .route("/v1/models", get(openai::models))
        .route("/v1/models/{model}", get(openai::one_model))
        .route("/v1/text-to-speech/{voice}", post(elevenlabs::speak))
        .route("/v1/text-to-speech/{voice}/stream", post(elevenlabs::speak))
        .route("/v1/text-to-speech/{voice}/stream-input", get(elevenlabs::stream_input))
        .route("/v1/text-to-speech/{voice}/multi-stream-input", get(elevenlabs::multi_stream_input))
        .fallback(|| async { (StatusCode::NOT_FOUND, "no simulated vendor has this address") })
        .with_state(world)
}

async fn until(mut over: watch::Receiver<bool>) {
    // Also when the vendors are gone.
    drop(over.wait_for(|over| *over).await);
}

/// What all connections share.
#[derive(Debug)]
struct World {
    config: VendorsConfig,
    book: Arc<Book>,
    agent_voice: AgentVoice,
    faults: Faults,
    log: LogBook,
    seed: u64,
    over: watch::Sender<bool>,
    sessions: Mutex<JoinSet<()>>,
}

impl World {
    /// True once the vendors are to stop.
    fn over(&self) -> watch::Receiver<bool> {
        self.over.subscribe()
    }

    async fn closed(&self) {
        until(self.over()).await;
    }

    fn sessions(&self) -> MutexGuard<'_, JoinSet<()>> {
        // A panic while the lock is held leaves a whole set: tasks are added in one step.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a session until it ends or the vendors do.
    fn spawn(&self, session: impl Future<Output = ()> + Send + 'static) {
        let mut sessions = self.sessions();
        while sessions.try_join_next().is_some() {}
        sessions.spawn(session);
    }

    /// An id in the form of a UUID that this process gives once (RFC 9562, version 4).
    fn request_id(&self, connection: u64) -> String {
        let mut draws = Draws::new(self.seed ^ connection.rotate_left(32));
        let (high, low) = (draws.next(), draws.next());
        let tail = low & 0xFFFF_FFFF_FFFF;
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{tail:012x}",
            high >> 32,
            high >> 16 & 0xFFFF,
            high & 0xFFF,
            0x8000 | (low >> 48 & 0x3FFF),
        )
    }

    /// The id of the recogniser's one model.
    fn model_id(&self) -> String {
        self.request_id(u64::MAX)
    }
}
