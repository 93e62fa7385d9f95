//! A small application: answers webhooks with TwiML, writes down every request, and hands each media stream to the test.

use axum::Router;
use axum::extract::{Request, State};
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use callwright_sim::carrier::signature::sign;
use callwright_sim::{Carrier, CarrierConfig, Limits, Scenario, ScenarioSource, Speech};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{
    ErrorResponse, Request as WsRequest, Response as WsResponse,
};

pub(crate) const ACCOUNT: &str = "AC00000000000000000000000000000001";
pub(crate) const TOKEN: &str = "12345";

/// A payer with one menu step of two keys, then a representative.
pub(crate) const PAYER: &str = r##"
id = "small"
title = "a small payer"
line = "+18002000140"
ring_ms = 20
lead_in_ms = 20
patient = { first_name = "Maria", last_name = "Lopez", date_of_birth = "1985-04-12", member_id = "W47291835" }
provider = { name = "Riverside", npi = "1234567893", tax_id = "123456789", callback = "+16142000134" }
expected = { fields = {} }
hold = { parts = [{ music_ms = 100 }] }
[[menu]]
id = "code"
prompt = "enter the code"
digits = { count = 2, terminator = "#", expect = "47" }
[representative]
greeting = "hello"
repeat_request = "again please"
confirmation = "yes"
idle_prompt = "are you there"
closing = "goodbye"
topics = []
[representative.lookup]
say = "one moment"
silence_ms = 40
then = "here it is"
"##;

/// One request to the application.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) signature: String,
    pub(crate) form: Vec<(String, String)>,
}

impl Seen {
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Clone, Default)]
struct Shared {
    pages: Arc<Mutex<BTreeMap<String, String>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// The application and the carrier it talks to.
pub(crate) struct World {
    pub(crate) carrier: Carrier,
    pub(crate) http: reqwest::Client,
    pub(crate) app_url: String,
    pub(crate) ws_url: String,
    shared: Shared,
    streams: mpsc::Receiver<Stream>,
}

/// A media stream as the application has it.
pub(crate) struct Stream {
    pub(crate) signature: String,
    pub(crate) path: String,
    pub(crate) stream_sid: String,
    pub(crate) start: Value,
    /// `media` messages received.
    pub(crate) frames: u32,
    socket: WebSocketStream<TcpStream>,
}

impl World {
    pub(crate) async fn new() -> World {
        World::with("", Limits::default()).await
    }

    /// A world whose payer has more lines at the end of its file.
    pub(crate) async fn with(more: &str, limits: Limits) -> World {
        World::of(&format!("{PAYER}{more}"), limits, Speech::Tones).await
    }

    /// A world with that payer, who speaks and hears like that.
    pub(crate) async fn of(payer: &str, limits: Limits, speech: Speech) -> World {
        let scenario = Scenario::parse(payer).unwrap();
        let source = ScenarioSource::ByLine(vec![scenario]);
        let mut config = CarrierConfig::new(ACCOUNT, TOKEN, source, speech);
        config.limits = limits;
        let carrier = Carrier::start(config).await.unwrap();
        let shared = Shared::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let app_url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(page).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let ws_url = format!("ws://{}/media", listener.local_addr().unwrap());
        let (give, streams) = mpsc::channel(8);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let stream = Stream::accept(socket).await;
                if give.send(stream).await.is_err() {
                    return;
                }
            }
        });
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        World { carrier, http, app_url, ws_url, shared, streams }
    }

    /// What the application answers at a path.
    pub(crate) fn page(&self, path: &str, twiml: &str) {
        let twiml = twiml.replace("WS", &self.ws_url);
        self.shared
            .pages
            .lock()
            .unwrap()
            .insert(path.into(), format!("<Response>{twiml}</Response>"));
    }

    pub(crate) fn seen(&self, path: &str) -> Vec<Seen> {
        let seen = self.shared.seen.lock().unwrap();
        seen.iter().filter(|request| request.path == path).cloned().collect()
    }

    pub(crate) fn calls_url(&self) -> String {
        format!("{}/2010-04-01/Accounts/{ACCOUNT}/Calls.json", self.carrier.base_url())
    }

    pub(crate) async fn post(&self, url: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let request = self.http.post(url).basic_auth(ACCOUNT, Some(TOKEN)).form(form);
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or(Value::Null))
    }

    pub(crate) async fn get(&self, url: &str) -> (u16, Value) {
        let response = self.http.get(url).basic_auth(ACCOUNT, Some(TOKEN)).send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or(Value::Null))
    }

    /// Places a call that fetches `/twiml` and reports all its progress to `/status`.
    pub(crate) async fn call(&self, more: &[(&str, &str)]) -> String {
        let (url, status) = (format!("{}/twiml", self.app_url), format!("{}/status", self.app_url));
        let mut form = vec![
            ("To", "+18002000140"),
            ("From", "+16142000134"),
            ("Url", url.as_str()),
            ("StatusCallback", status.as_str()),
        ];
        for event in ["initiated", "ringing", "answered", "completed"] {
            form.push(("StatusCallbackEvent", event));
        }
        form.extend_from_slice(more);
        let (code, body) = self.post(&self.calls_url(), &form).await;
        assert_eq!(code, 201, "{body}");
        body["sid"].as_str().unwrap().to_owned()
    }

    pub(crate) fn call_url(&self, sid: &str) -> String {
        format!("{}/2010-04-01/Accounts/{ACCOUNT}/Calls/{sid}.json", self.carrier.base_url())
    }

    /// Shuts the carrier down; gives every request that the application saw.
    pub(crate) async fn shutdown(self) -> Vec<Seen> {
        self.carrier.shutdown().await;
        let seen = self.shared.seen.lock().unwrap();
        seen.clone()
    }

    /// The next media stream, after its `start`.
    pub(crate) async fn stream(&mut self) -> Stream {
        self.streams.recv().await.unwrap()
    }

    /// A call with a stream, as most tests need it.
    pub(crate) async fn connected(&mut self) -> (String, Stream) {
        self.page("/twiml", "<Connect><Stream url='WS'/></Connect>");
        let sid = self.call(&[]).await;
        (sid, self.stream().await)
    }
}

async fn page(State(shared): State<Shared>, request: Request) -> impl IntoResponse {
    let path = request.uri().path().to_owned();
    let signature = request.headers().get("x-twilio-signature");
    let signature = signature.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    let body = axum::body::to_bytes(request.into_body(), 100_000).await.unwrap();
    let url = format!("http://a/?{}", std::str::from_utf8(&body).unwrap());
    let form = reqwest::Url::parse(&url).unwrap().query_pairs().into_owned().collect();
    shared.seen.lock().unwrap().push(Seen { path: path.clone(), signature, form });
    let page = shared.pages.lock().unwrap().get(&path).cloned();
    ([("content-type", "text/xml")], page.unwrap_or_default())
}

impl Stream {
    #[expect(clippy::result_large_err, reason = "the callback's type is tungstenite's")]
    async fn accept(socket: TcpStream) -> Stream {
        let mut seen = (String::new(), String::new());
        let look =
            |request: &WsRequest, response: WsResponse| -> Result<WsResponse, ErrorResponse> {
                let header = request.headers().get("x-twilio-signature").unwrap();
                assert!(request.headers().get("sec-websocket-protocol").is_none());
                assert!(request.headers().get("origin").is_none());
                seen = (header.to_str().unwrap().to_owned(), request.uri().to_string());
                Ok(response)
            };
        let socket = tokio_tungstenite::accept_hdr_async(socket, look).await.unwrap();
        let (signature, path) = seen;
        let mut stream = Stream {
            signature,
            path,
            stream_sid: String::new(),
            start: Value::Null,
            frames: 0,
            socket,
        };
        let connected = stream.message().await.unwrap();
        assert_eq!(connected, json!({"event":"connected","protocol":"Call","version":"1.0.0"}));
        stream.start = stream.message().await.unwrap();
        stream.stream_sid = stream.start["streamSid"].as_str().unwrap().to_owned();
        stream
    }

    /// The next text message; none once the carrier has closed.
    pub(crate) async fn message(&mut self) -> Option<Value> {
        let frame = self.frame().await?;
        Some(serde_json::from_str(frame.to_text().unwrap()).unwrap())
    }

    /// The next frame; none once the carrier has closed, which it must do with 1000.
    pub(crate) async fn frame(&mut self) -> Option<Message> {
        match self.socket.next().await {
            Some(Ok(Message::Close(close))) => {
                assert_eq!(u16::from(close.unwrap().code), 1_000);
                None
            }
            Some(Ok(message)) => Some(message),
            Some(Err(_)) | None => None,
        }
    }

    /// The next message that is no `media`; media frames are counted.
    pub(crate) async fn other(&mut self) -> Option<Value> {
        loop {
            let message = self.message().await?;
            if message["event"] != "media" {
                return Some(message);
            }
            self.frames += 1;
        }
    }

    /// Waits for the echo of a mark; gives how many media frames came before it.
    pub(crate) async fn mark_echo(&mut self, name: &str) -> u32 {
        let before = self.frames;
        let mark = self.other().await.unwrap();
        assert_eq!((&mark["event"], &mark["mark"]["name"]), (&json!("mark"), &json!(name)));
        self.frames - before
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        self.socket.send(Message::Text(text.into())).await.unwrap();
    }

    pub(crate) async fn send_binary(&mut self) {
        self.socket.send(Message::Binary(vec![0_u8; 160].into())).await.unwrap();
    }

    pub(crate) async fn audio(&mut self, mulaw: &[u8]) {
        let payload = STANDARD.encode(mulaw);
        let sid = self.stream_sid.clone();
        let media = json!({"event":"media","streamSid":sid,"media":{"payload":payload}});
        self.send_text(&media.to_string()).await;
    }

    pub(crate) async fn mark(&mut self, name: &str) {
        let sid = self.stream_sid.clone();
        let mark = json!({"event":"mark","streamSid":sid,"mark":{"name":name}});
        self.send_text(&mark.to_string()).await;
    }

    pub(crate) async fn clear(&mut self) {
        let clear = json!({"event":"clear","streamSid":self.stream_sid});
        self.send_text(&clear.to_string()).await;
    }

    pub(crate) async fn close(mut self) {
        self.socket.close(None).await.unwrap();
        while self.socket.next().await.is_some_and(|frame| frame.is_ok()) {}
    }
}

/// The signature that a form POST must bear.
pub(crate) fn signature(url: &str, form: &[(String, String)]) -> String {
    sign(TOKEN, url, form)
}

/// So many milliseconds of a loud tone.
pub(crate) fn tone(ms: usize) -> Vec<u8> {
    (0..ms * 8).map(|at| if at % 16 < 8 { 0x10 } else { 0x90 }).collect()
}

/// A reading of the REST errors' shape.
pub(crate) fn error_code(body: &Value) -> u64 {
    let code = body["code"].as_u64().unwrap();
    assert_eq!(body["more_info"], format!("https://www.twilio.com/docs/errors/{code}"));
    assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()));
    code
}
