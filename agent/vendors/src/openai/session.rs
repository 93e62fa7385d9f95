//! One session: an HTTP client of the call's own, and a task for each turn.

use std::sync::{Arc, Weak};

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Response};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::guard::PIECES_MAX;
use super::reading::Reading;
use super::stream::{Event, Events};
use super::tools::CALLS_MAX;
use super::{ID, Line, request};
use crate::exchange::What;
use crate::language_model::{ModelEvent, ModelSession, TurnRequest};
use crate::wire::Host;
use crate::wire::dns::{self, AdmittedNames, canonical};
use crate::wire::retry::{Failure, retry_after, until_done};
use crate::wire::{of_status, trust};
use crate::{Egress, VendorError};

/// Everything that one turn can give: pieces, tool calls and its end. So a turn never waits for the call.
const EVENTS_MAX: usize = PIECES_MAX + CALLS_MAX + 1;

struct OpenAiSession {
    caller: Arc<Caller>,
    /// Lives as long as the session: what a task does for later turns is of no use after it.
    alive: Arc<()>,
}

/// What the tasks of one session share.
struct Caller {
    line: Arc<Line>,
    egress: Egress,
    http: Client,
    key: HeaderValue,
}

pub(super) fn open(line: Arc<Line>, egress: Egress) -> Result<Box<dyn ModelSession>, VendorError> {
    let timeouts = &line.config.timeouts;
    let names = AdmittedNames { egress: egress.clone(), vendor: ID };
    // HTTP/1.1: dropping an answer then closes its connection, which is how a turn is cancelled.
    let mut builder = Client::builder()
        .connect_timeout(timeouts.connect)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .http1_only()
        .tcp_nodelay(true)
        .dns_resolver(Arc::new(names))
        .user_agent(concat!("callwright/", env!("CARGO_PKG_VERSION")));
    builder = match line.endpoint.tls() {
        Some(config) => builder.https_only(true).tls_backend_preconfigured((*config).clone()),
        None => builder.tls_certs_only(std::iter::empty()),
    };
    let wrong = |why: &str| VendorError::Open { vendor: ID, why: why.to_owned() };
    let http = builder.build().map_err(|_| wrong("the HTTP client could not be made"))?;
    let key = line.endpoint.key_header("Bearer ").map_err(|error| wrong(&error.to_string()))?;
    let caller = Arc::new(Caller { line, egress, http, key });
    Ok(Box::new(OpenAiSession { caller, alive: Arc::new(()) }))
}

impl ModelSession for OpenAiSession {
    fn warm(&mut self) {
        tokio::spawn(Caller::warm(Arc::clone(&self.caller)));
    }

    fn turn(&mut self, request: TurnRequest) -> mpsc::Receiver<ModelEvent> {
        let (to, from) = mpsc::channel(EVENTS_MAX);
        let alive = Arc::downgrade(&self.alive);
        tokio::spawn(Caller::turn(Arc::clone(&self.caller), request, to, alive));
        from
    }
}

impl Caller {
    /// Makes a connection and leaves it in the client's pool. `HEAD` has no body in either direction, and any answer will do.
    async fn warm(self: Arc<Self>) {
        let timeouts = &self.line.config.timeouts;
        let result = async {
            self.admitted()?;
            let asked = self
                .http
                .head(self.line.endpoint.http("/models"))
                .header(AUTHORIZATION, self.key.clone())
                .timeout(timeouts.connect)
                .send();
            asked.await.map(drop).map_err(|error| sort(&error).error)
        };
        match result.await {
            Ok(()) => self.egress.write(ID, 0, What::Opened),
            Err(error) => {
                tracing::warn!(vendor = ID, %error, "no connection");
                self.egress.write(ID, 0, What::Failed(error));
            }
        }
    }

    async fn turn(
        self: Arc<Self>,
        request: TurnRequest,
        to: mpsc::Sender<ModelEvent>,
        alive: Weak<()>,
    ) {
        let number = request.turn.0;
        let result = tokio::select! {
            biased;
            () = to.closed() => None,
            result = tokio::time::timeout(self.line.config.total, self.word(&request, &to)) => {
                Some(result.unwrap_or(Err(VendorError::TimedOut { vendor: ID })))
            }
        };
        match result {
            Some(Ok(answer)) => {
                self.egress.write(ID, number, What::Ended);
                drop(to.try_send(ModelEvent::Done));
                drop(to);
                self.read_out(answer).await;
            }
            Some(Err(error)) => {
                self.egress.write(ID, number, What::Failed(error.clone()));
                drop(to.try_send(ModelEvent::Failed(error)));
            }
            None => {
                self.egress.write(ID, number, What::Cancelled);
                // The connection went with the turn; the next turn shall not wait for a new one.
                if alive.strong_count() > 0 {
                    self.warm().await;
                }
            }
        }
    }

    /// Reads to the end of an answer whose words are all there: only then its connection serves another turn.
    async fn read_out(&self, mut answer: Response) {
        let rest = async { while let Ok(Some(_)) = answer.chunk().await {} };
        if tokio::time::timeout(self.line.config.timeouts.close, rest).await.is_err() {
            tracing::debug!(vendor = ID, "an answer did not end; its connection is given up");
        }
    }

    /// Asks, and passes on what comes until the turn is whole.
    async fn word(
        &self,
        request: &TurnRequest,
        to: &mpsc::Sender<ModelEvent>,
    ) -> Result<Response, VendorError> {
        let number = request.turn.0;
        let body = request::build(&self.line.config, request);
        let body = serde_json::to_string(&body).map_err(|_| VendorError::Broke { vendor: ID })?;
        self.egress.write(ID, number, What::request(&body));
        let timeouts = &self.line.config.timeouts;
        let late = || VendorError::TimedOut { vendor: ID };
        let mut first = Box::pin(tokio::time::sleep(timeouts.first_answer));
        let mut answer = tokio::select! {
            () = &mut first => return Err(late()),
            answer = self.ask(body) => answer?,
        };
        let mut reading = Reading::new(&self.line.config.brief, &self.egress, request, to);
        let mut events = Events::default();
        loop {
            let wait = async {
                if reading.has_begun() {
                    tokio::time::sleep(timeouts.idle).await;
                } else {
                    (&mut first).await;
                }
            };
            let bytes = tokio::select! {
                () = wait => return Err(late()),
                bytes = answer.chunk() => bytes.map_err(|_| VendorError::Broke { vendor: ID })?,
            };
            let Some(bytes) = bytes else { break };
            let came = events.push(&bytes).map_err(|_| VendorError::BadAnswer { vendor: ID })?;
            for event in came {
                match event {
                    Event::Data(data) => reading.chunk(&Zeroizing::new(data))?,
                    Event::Done => return reading.finish().map(|()| answer),
                }
            }
        }
        // A server that closes without the closing word has said everything if it gave a reason for finishing.
        reading.finish().map(|()| answer)
    }

    /// Sends the request until it is answered with a success.
    async fn ask(&self, body: String) -> Result<Response, VendorError> {
        let late = VendorError::TimedOut { vendor: ID };
        let body = bytes::Bytes::from(body);
        until_done(&self.line.config.retry, late, || async {
            self.admitted().map_err(Failure::lasting)?;
            let asked = self
                .http
                .post(self.line.endpoint.http("/chat/completions"))
                .header(AUTHORIZATION, self.key.clone())
                .header(CONTENT_TYPE, "application/json")
                .header(ACCEPT, "text/event-stream")
                .body(body.clone())
                .send();
            let answer = asked.await.map_err(|error| sort(&error))?;
            let status = answer.status().as_u16();
            if answer.status().is_success() {
                return Ok(answer);
            }
            tracing::warn!(vendor = ID, status, "a vendor refused a request");
            let wait = retry_after(answer.headers());
            Err(Failure::of_status(of_status(ID, status), status, wait))
        })
        .await
    }

    /// The leave holds. Where the host is an address no name is resolved, so it is checked here; names are checked as they are
    /// resolved.
    fn admitted(&self) -> Result<(), VendorError> {
        match self.line.endpoint.host() {
            (Host::Address(address), _) => self.egress.admit(canonical(address)),
            (Host::Name(_), _) => self.egress.holds(),
        }
    }
}

/// What a failed exchange means, before any of the answer came.
fn sort(error: &reqwest::Error) -> Failure {
    let vendor = ID;
    if let Some(refused) = dns::refusal(error) {
        return dns::failure(refused);
    }
    if trust::is_missing(error) {
        Failure::lasting(VendorError::Untrusted { vendor })
    } else if error.is_timeout() {
        Failure::passing(VendorError::TimedOut { vendor })
    } else if error.is_connect() {
        Failure::passing(VendorError::Unreachable { vendor })
    } else {
        Failure::passing(VendorError::Broke { vendor })
    }
}
