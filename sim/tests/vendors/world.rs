//! Vendors, and a customer who speaks to them by hand.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use callwright_sim::Speech;
use callwright_sim::vendors::book::Clip;
use callwright_sim::vendors::{Vendors, VendorsConfig};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use std::future::Future;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::Error as WsError;
use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderName, HeaderValue};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

pub(crate) const KEY: &str = "key-of-the-simulator";

pub(crate) const GREETING: &str =
    "thank you for holding. my name is jessica. how can i help you today?";
pub(crate) const QUEUE: &str =
    "all representatives are busy. please continue to hold. your call is important to us.";
pub(crate) const ANSWER: &str = "the policy is active, effective january first.";

/// The recording of those words.
pub(crate) fn recording(text: &str) -> Vec<u8> {
    match text {
        GREETING => include_bytes!("../../../fixtures/audio/greet.ulaw").to_vec(),
        QUEUE => include_bytes!("../../../fixtures/audio/queue.ulaw").to_vec(),
        ANSWER => include_bytes!("../../../fixtures/audio/answer.ulaw").to_vec(),
        other => panic!("there is no recording of `{other}`"),
    }
}

/// The words without punctuation.
pub(crate) fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric() || *c == ' ').collect()
}

pub(crate) fn config() -> VendorsConfig {
    let clip = |text: &str| Clip { text: text.to_owned(), mulaw: recording(text) };
    let mut config = VendorsConfig::new(KEY, Speech::Tones);
    config.clips = [GREETING, QUEUE, ANSWER].map(clip).into();
    config
}

pub(crate) async fn start(config: VendorsConfig) -> Vendors {
    within(Vendors::start(config)).await.unwrap()
}

pub(crate) async fn vendors() -> Vendors {
    start(config()).await
}

/// Nothing here takes long; what does has failed.
pub(crate) async fn within<F: Future>(work: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(20), work).await.expect("it took 20 s")
}

/// A handshake that was not answered with 101.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// What a vendor did.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    Json(Value),
    /// Text that is not JSON.
    Text(String),
    Binary(Vec<u8>),
    Closed(u16, String),
    /// The connection ended without a close frame.
    Cut,
}

#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) headers: HeaderMap,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    pub(crate) async fn open(url: &str, headers: &[(&str, &str)]) -> Result<Socket, Refused> {
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        }
        match within(connect_async(request)).await {
            Ok((socket, response)) => Ok(Socket { headers: response.headers().clone(), socket }),
            Err(WsError::Http(response)) => {
                let body = response.body().clone().unwrap_or_default();
                Err(Refused {
                    status: response.status().as_u16(),
                    headers: response.headers().clone(),
                    body: serde_json::from_slice(&body).unwrap_or(Value::Null),
                })
            }
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) async fn json(&mut self, message: &Value) {
        self.text(&message.to_string()).await;
    }

    pub(crate) async fn text(&mut self, text: &str) {
        self.socket.send(Message::Text(text.into())).await.unwrap();
    }

    pub(crate) async fn binary(&mut self, bytes: &[u8]) {
        self.socket.send(Message::Binary(bytes.to_vec().into())).await.unwrap();
    }

    /// Audio in frames of 20 ms, as fast as it goes.
    pub(crate) async fn audio(&mut self, mulaw: &[u8]) {
        for frame in mulaw.chunks(160) {
            self.binary(frame).await;
        }
    }

    pub(crate) async fn event(&mut self) -> Event {
        loop {
            return match within(self.socket.next()).await {
                Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                    Ok(value) => Event::Json(value),
                    Err(_) => Event::Text(text.as_str().to_owned()),
                },
                Some(Ok(Message::Binary(bytes))) => Event::Binary(bytes.to_vec()),
                Some(Ok(Message::Close(frame))) => {
                    let frame = frame.unwrap();
                    Event::Closed(frame.code.into(), frame.reason.as_str().to_owned())
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                Some(Err(_)) | None => Event::Cut,
            };
        }
    }

    /// The next message, which must be JSON.
    pub(crate) async fn message(&mut self) -> Value {
        match self.event().await {
            Event::Json(value) => value,
            other @ (Event::Text(_) | Event::Binary(_) | Event::Closed(..) | Event::Cut) => {
                panic!("{other:?}")
            }
        }
    }

    /// All messages up to the close, which must have this code.
    pub(crate) async fn until_close(&mut self, code: u16) -> Vec<Value> {
        let mut messages = Vec::new();
        loop {
            match self.event().await {
                Event::Json(value) => messages.push(value),
                Event::Closed(with, _) => {
                    assert_eq!(with, code, "{messages:?}");
                    return messages;
                }
                other @ (Event::Text(_) | Event::Binary(_) | Event::Cut) => {
                    panic!("{other:?} after {messages:?}")
                }
            }
        }
    }

    pub(crate) async fn close(mut self) {
        self.socket.close(None).await.unwrap();
        while within(self.socket.next()).await.is_some_and(|message| message.is_ok()) {}
    }
}

pub(crate) fn http() -> reqwest::Client {
    // Nothing here speaks TLS, but the client wants a provider all the same; one that is installed already will do.
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder().no_proxy().build().unwrap()
}

pub(crate) fn decode(audio: &Value) -> Vec<u8> {
    STANDARD.decode(audio.as_str().unwrap()).unwrap()
}

/// So many milliseconds of something that nobody said.
pub(crate) fn noise(ms: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let step = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // Loud codes of either sign.
        (state >> 24) as u8 & 0xBF
    };
    (0..ms * 8).map(step).collect()
}
