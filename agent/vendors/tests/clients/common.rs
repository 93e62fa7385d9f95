//! Leave to send, clocks, and the server ends of the protocols.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use callwright_compliance::digest::Digest;
use callwright_compliance::id::PersonId;
use callwright_compliance::policy::Policy;
use callwright_compliance::vendor::{
    Agreement, Location, Region, Register, RetentionFlag, Role, Row,
};
use callwright_compliance::{Purpose, VendorId};
use callwright_core::Micros;
use callwright_vendors::{Egress, EgressClock, ExchangeBook, Retry, Secret, Timeouts, What};
use futures_util::{FutureExt, SinkExt, StreamExt};
use jiff::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

pub(crate) const KEY: &str = "k-0123456789";

/// Nothing in these tests takes as long.
const LONG: Duration = Duration::from_secs(20);

/// Waits for what must come.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(LONG, what).await.expect("it comes in time")
}

/// Lets every other task of the test go on until it waits for something from outside: here all of them share one thread.
pub(crate) async fn settle() {
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
}

pub(crate) fn key() -> Secret {
    Secret::new(KEY.to_owned())
}

/// Time-outs that no test meets unless it is about them.
pub(crate) fn patient() -> Timeouts {
    Timeouts { connect: LONG, first_answer: LONG, idle: LONG, write: LONG, close: LONG }
}

/// Tries that follow each other at once.
pub(crate) fn quick() -> Retry {
    let wait = Duration::from_millis(1);
    Retry { tries_max: 3, first_wait: wait, wait_max: wait, total: LONG }
}

struct Clock {
    wall: Timestamp,
    at: AtomicU64,
}

impl EgressClock for Clock {
    fn wall(&self) -> Timestamp {
        self.wall
    }

    fn at(&self) -> Micros {
        Micros(self.at.fetch_add(1, Ordering::Relaxed))
    }
}

fn agreed() -> Timestamp {
    "2026-10-05T16:00:00Z".parse().unwrap()
}

fn leave(role: Role, vendor: &str, location: Location, wall: Timestamp) -> (Egress, ExchangeBook) {
    let id = VendorId::new(vendor).unwrap();
    let row = Row { id: id.clone(), role, region: Region::UnitedStates, location };
    let register = Register { rows: vec![row] };
    let permit = register.egress(role, &id, agreed(), &Policy::recommended()).unwrap();
    let book = ExchangeBook::new();
    let clock = Arc::new(Clock { wall, at: AtomicU64::new(1) });
    (Egress::new(permit, clock, book.clone()), book)
}

fn here() -> Location {
    Location::OnPremises { network: "127.0.0.0/8".parse().unwrap() }
}

/// Leave to send to this machine.
pub(crate) fn egress(role: Role, vendor: &str) -> (Egress, ExchangeBook) {
    leave(role, vendor, here(), agreed())
}

/// Leave that has ended.
pub(crate) fn ended(role: Role, vendor: &str) -> Egress {
    leave(role, vendor, here(), "2026-10-06T16:00:00Z".parse().unwrap()).0
}

/// Leave to send to a hosted vendor, which this machine is not.
pub(crate) fn elsewhere(role: Role, vendor: &str) -> Egress {
    hosted(role, vendor, &[RetentionFlag::NoTraining, RetentionFlag::NoRetention])
}

/// Leave to send to a hosted vendor whose row claims these flags.
pub(crate) fn hosted(role: Role, vendor: &str, flags: &[RetentionFlag]) -> Egress {
    let agreement = Agreement {
        sha256: Digest::of(b"agreement"),
        signed: "2026-01-01".parse().unwrap(),
        expires: "2027-01-01".parse().unwrap(),
        verified_at: "2026-01-01".parse().unwrap(),
        verifier: PersonId::new("ann").unwrap(),
    };
    let flags = flags.iter().copied().collect();
    leave(role, vendor, Location::Hosted { agreement, flags }, agreed()).0
}

/// What is in a book: number and kind, with the body or the count of bytes.
pub(crate) fn written(book: &ExchangeBook) -> Vec<(u32, &'static str, String)> {
    let drained = book.drain();
    assert_eq!(drained.lost, 0);
    drained
        .exchanges
        .iter()
        .map(|exchange| {
            let detail = match &exchange.what {
                What::Request(body) | What::Answer(body) => body.expose(Purpose::Replay).clone(),
                What::AudioSent { bytes } => bytes.to_string(),
                What::AudioReceived { bytes, aligned } => format!("{bytes}/{aligned}"),
                What::Failed(error) => error.to_string(),
                What::Opened | What::Ended | What::Cancelled => String::new(),
            };
            (exchange.number, exchange.what.name(), detail)
        })
        .collect()
}

pub(crate) struct Server {
    listener: TcpListener,
}

impl Server {
    pub(crate) async fn bind() -> Server {
        Server { listener: TcpListener::bind("127.0.0.1:0").await.unwrap() }
    }

    pub(crate) fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    /// The next connection.
    pub(crate) async fn tcp(&self) -> TcpStream {
        soon(self.listener.accept()).await.unwrap().0
    }

    /// The next connection, as a WebSocket.
    pub(crate) async fn websocket(&self) -> Peer {
        let (mut uri, mut headers) = (String::new(), Vec::new());
        #[expect(clippy::result_large_err, reason = "the library's own signature")]
        let note = |request: &Request, response: Response| {
            uri = request.uri().to_string();
            headers = request
                .headers()
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
                .collect();
            Ok(response)
        };
        let socket = tokio_tungstenite::accept_hdr_async(self.tcp().await, note);
        let socket = soon(socket).await.unwrap();
        Peer { socket, uri, headers }
    }

    /// Answers the next handshake or request with this, and closes.
    pub(crate) async fn refuse(&self, status: &str, headers: &str, body: &str) {
        let mut http = Http { stream: self.tcp().await };
        http.request().await;
        http.answer(status, headers, body).await;
    }

    /// Nobody else has connected.
    pub(crate) fn is_quiet(&self) -> bool {
        self.listener.accept().now_or_never().is_none()
    }
}

/// The server's end of a WebSocket.
pub(crate) struct Peer {
    socket: WebSocketStream<TcpStream>,
    pub(crate) uri: String,
    headers: Vec<(String, String)>,
}

impl Peer {
    pub(crate) fn header(&self, wanted: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.as_str())
    }

    /// The query's pairs, in order, as they stand.
    pub(crate) fn query(&self) -> Vec<&str> {
        self.uri.split_once('?').unwrap().1.split('&').collect()
    }

    pub(crate) async fn next(&mut self) -> Option<Message> {
        soon(self.socket.next()).await.and_then(Result::ok)
    }

    /// The next message, which must be text.
    pub(crate) async fn text(&mut self) -> String {
        match self.next().await {
            Some(Message::Text(text)) => text.to_string(),
            other => panic!("text was expected, not {other:?}"),
        }
    }

    /// The next message, which must be audio.
    pub(crate) async fn binary(&mut self) -> Vec<u8> {
        match self.next().await {
            Some(Message::Binary(bytes)) => bytes.to_vec(),
            other => panic!("audio was expected, not {other:?}"),
        }
    }

    pub(crate) async fn say(&mut self, text: impl Into<String>) {
        self.socket.send(Message::text(text.into())).await.unwrap();
    }

    pub(crate) async fn say_binary(&mut self, bytes: &[u8]) {
        self.socket.send(Message::binary(bytes.to_vec())).await.unwrap();
    }

    pub(crate) async fn close(mut self, code: u16) {
        let frame = CloseFrame { code: code.into(), reason: "".into() };
        self.socket.close(Some(frame)).await.unwrap();
        // The other end's half of the good-bye, if it gives one.
        while let Some(Ok(_)) = soon(self.socket.next()).await {}
    }
}

/// The server's end of an HTTP/1.1 connection.
pub(crate) struct Http {
    pub(crate) stream: TcpStream,
}

impl Http {
    /// The next request: its head and its body.
    pub(crate) async fn request(&mut self) -> (String, String) {
        soon(async {
            let mut bytes = Vec::new();
            loop {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                if let Some((head, body)) = text.split_once("\r\n\r\n") {
                    let length = head
                        .lines()
                        .filter_map(|line| line.split_once(": "))
                        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                        .map_or(0, |(_, value)| value.parse().unwrap());
                    if body.len() >= length {
                        return (head.to_owned(), body.to_owned());
                    }
                }
                let read = self.stream.read_buf(&mut bytes).await.unwrap();
                assert!(read > 0, "the connection ended within a request");
            }
        })
        .await
    }

    pub(crate) async fn write(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    pub(crate) async fn answer(&mut self, status: &str, headers: &str, body: &str) {
        let length = body.len();
        self.write(&format!(
            "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}"
        ))
        .await;
    }

    /// Waits until the other end closes.
    pub(crate) async fn closed(&mut self) {
        let mut rest = Vec::new();
        // A reset is a close as well.
        drop(soon(self.stream.read_to_end(&mut rest)).await);
    }
}
