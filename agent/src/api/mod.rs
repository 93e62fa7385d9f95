//! What the process offers over HTTP: the carrier's webhooks and media streams, and a health check.
//!
//! Every request of the carrier is checked for its signature before anything of it is believed. An API for programs and a console for
//! people are not here yet.

pub mod problem;
mod registry;
mod twilio;
mod upgrade;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::routing::{any, get, post};
use axum::serve::ListenerExt as _;
use callwright_dialplan::twilio::Secret;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub use registry::{CallHandle, NoStream, Registry};
pub(crate) use twilio::target;

use crate::clock::Clock;

/// A carrier's media stream over an upgraded HTTP connection.
pub type MediaStream = callwright_media::twilio::Stream<TokioIo<hyper::upgrade::Upgraded>>;

/// What the routes need.
pub struct Api {
    /// The calls that run here.
    pub registry: Arc<Registry>,
    /// The secret that the carrier signs with.
    pub signing: Secret,
    /// Where the carrier reaches us: scheme and authority, without a slash at the end.
    pub public_url: String,
    /// The time.
    pub clock: Clock,
}

impl Api {
    /// Where the carrier asks what to do with a call.
    #[must_use]
    pub fn twiml_url(public_url: &str, call: &str) -> String {
        format!("{public_url}/twilio/twiml/{call}")
    }

    /// Where the carrier reports on a call.
    #[must_use]
    pub fn status_url(public_url: &str, call: &str) -> String {
        format!("{public_url}/twilio/status/{call}")
    }

    /// Where the carrier connects media streams: the same place, over WebSocket.
    #[must_use]
    pub fn media_url(public_url: &str) -> String {
        let socket = match public_url.strip_prefix("https://") {
            Some(rest) => format!("wss://{rest}"),
            None => format!("ws://{}", public_url.trim_start_matches("http://")),
        };
        format!("{socket}/twilio/media")
    }
}

/// The routes.
pub fn router(api: Arc<Api>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/twilio/twiml/{call}", post(twilio::twiml))
        .route("/twilio/status/{call}", post(twilio::status))
        .route("/twilio/media", any(twilio::media))
        .fallback(|| async { problem::not_found() })
        .with_state(api)
}

/// A server that runs until it is told to stop.
pub struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// Serves `router` on a listener.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn start(listener: TcpListener, router: Router) -> std::io::Result<Server> {
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        // Frames of 20 ms and marks go out at once: with Nagle's algorithm (RFC 896) they wait for the carrier's acknowledgement of the
        // frame before, 40 ms and more.
        let listener = listener.tap_io(|socket| {
            if let Err(error) = socket.set_nodelay(true) {
                tracing::warn!(%error, "small frames may be held back");
            }
        });
        let serve = axum::serve(listener, router).with_graceful_shutdown(async {
            drop(stopped.await);
        });
        Ok(Server { address, stop, task: tokio::spawn(async move { serve.await }) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops taking connections and waits for those that are open, for at most `patience`.
    pub async fn stop(self, patience: std::time::Duration) {
        if self.stop.send(()).is_err() {
            tracing::debug!("the server had stopped already");
        }
        let abort = self.task.abort_handle();
        if tokio::time::timeout(patience, self.task).await.is_err() {
            abort.abort();
        }
    }
}
