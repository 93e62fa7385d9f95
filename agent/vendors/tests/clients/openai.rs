//! A language model as it should be: the request on the wire, and turns that come out of the stream.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use callwright_compliance::vendor::Role;
use callwright_core::{DataItem, Goal, Topic, TurnId, ValueId};
use callwright_prompts::{ModelBrief, Pack};
use callwright_vendors::openai::{OpenAi, OpenAiConfig};
use callwright_vendors::{
    Egress, Endpoint, ExchangeBook, LanguageModel, Line, ModelEvent, ModelSession, TokenText,
    ToolCall, TurnRequest, VendorError, Who,
};
use serde_json::{Value, json};
use tokio::sync::mpsc::Receiver;

use crate::common::{Http, KEY, Server, egress, key, patient, quick, settle, soon, written};

static PACK: LazyLock<Arc<Pack>> = LazyLock::new(|| Arc::new(Pack::embedded().unwrap()));

pub(crate) fn config() -> OpenAiConfig {
    OpenAiConfig {
        timeouts: patient(),
        retry: quick(),
        total: patient().idle,
        ..OpenAiConfig::of_model("model-1", ModelBrief::embedded().unwrap())
    }
}

pub(crate) fn open(server: &Server, config: OpenAiConfig, egress: Egress) -> Box<dyn ModelSession> {
    let base = format!("http://127.0.0.1:{}/v1", server.port());
    OpenAi::new(Endpoint::new(&base, key()).unwrap(), config).unwrap().open(egress).unwrap()
}

pub(crate) fn leave() -> Egress {
    egress(Role::LanguageModel, "openai").0
}

pub(crate) fn request(goals: &[Goal]) -> TurnRequest {
    let said = "the reference number is {heard:id#3}";
    TurnRequest {
        turn: TurnId(4),
        goals: goals.to_vec(),
        again: 0,
        answered: BTreeSet::new(),
        pack: Arc::clone(&PACK),
        questions: Arc::new(PACK.question_set("medical").unwrap().clone()),
        payer: "Acme Health".to_owned(),
        heard: vec![Line { who: Who::FarEnd, text: TokenText::covered(said.to_owned()) }],
    }
}

pub(crate) const MEMBER: Goal = Goal::Provide(DataItem::MemberId);

/// The head of a stream that goes on until the connection ends.
pub(crate) const STREAM: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

/// A chunk as the protocol page has it.
pub(crate) fn chunk(delta: &Value, finish: Option<&str>) -> String {
    let chunk = json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": null}],
        "usage": null, "obfuscation": "abc",
    });
    format!("data: {chunk}\n\n")
}

pub(crate) fn content(text: &str) -> String {
    chunk(&json!({ "content": text }), None)
}

/// The end of a turn.
pub(crate) fn stop() -> String {
    format!("{}data: [DONE]\n\n", chunk(&json!({}), Some("stop")))
}

pub(crate) async fn event(events: &mut Receiver<ModelEvent>) -> ModelEvent {
    soon(events.recv()).await.expect("an event")
}

/// The next event must be a segment.
pub(crate) async fn segment(events: &mut Receiver<ModelEvent>) -> String {
    let event = event(events).await;
    let ModelEvent::Segment(segment) = event else { panic!("not a segment: {event:?}") };
    segment.template.to_string()
}

/// The turn is whole and its channel has ended.
pub(crate) async fn done(events: &mut Receiver<ModelEvent>) {
    assert!(matches!(event(events).await, ModelEvent::Done));
    assert!(soon(events.recv()).await.is_none());
}

/// The next event must be the turn's failure, and its channel has ended.
pub(crate) async fn failed(events: &mut Receiver<ModelEvent>) -> VendorError {
    let event = event(events).await;
    let ModelEvent::Failed(error) = event else { panic!("not a failure: {event:?}") };
    assert!(soon(events.recv()).await.is_none());
    error
}

#[tokio::test]
async fn a_turn_is_asked_for_and_spoken_as_it_comes() {
    let server = Server::bind().await;
    let (egress, book) = egress(Role::LanguageModel, "openai");
    let mut session = open(&server, config(), egress);
    let read_back = Goal::ReadBack(Topic::Reference, ValueId(9));
    let mut events = session.turn(request(&[read_back, MEMBER]));
    let mut http = Http { stream: server.tcp().await };

    let (head, body) = http.request().await;
    let first = head.lines().next().unwrap();
    assert_eq!(first, "POST /v1/chat/completions HTTP/1.1", "no key in the address");
    let head = head.to_lowercase();
    assert!(head.contains(&format!("\r\nauthorization: bearer {KEY}")), "{head}");
    assert!(head.contains("\r\naccept: text/event-stream"));
    assert!(!head.contains("\r\nproxy") && !head.contains("\r\nreferer"));
    let sent: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&sent["model"], &sent["store"]), (&json!("model-1"), &json!(false)));
    assert_eq!(sent["stream"], true);
    assert!(sent.get("user").is_none() && sent.get("metadata").is_none());
    assert_eq!(sent["tools"][0]["function"]["strict"], true);
    assert!(sent["messages"][1]["content"].as_str().unwrap().contains("{heard:id#3}"));

    http.write(STREAM).await;
    http.write(": keep-alive\n\n").await;
    http.write(&chunk(&json!({"role": "assistant", "content": ""}), None)).await;
    http.write(&content("I have {hea")).await;
    http.write(&content("rd}, right? ")).await;
    let first = event(&mut events).await;
    let ModelEvent::Segment(first) = first else { panic!("{first:?}") };
    assert_eq!(first.template.to_string(), "I have {heard},", "before the rest was said");
    assert_eq!((first.heard, first.carries.len()), (Some(ValueId(9)), 0));
    http.write(&content("The member I D is {member_id}.")).await;
    let call = json!({"tool_calls": [{"index": 0, "id": "c", "type": "function",
        "function": {"name": "report_answer", "arguments": "{\"topic\":\"reference_number\","}}]});
    http.write(&chunk(&call, None)).await;
    let rest = json!({"tool_calls": [{"index": 0, "function": {"arguments": "\"quote\":\"{heard:id#3}\"}"}}]});
    http.write(&chunk(&rest, None)).await;
    http.write(&chunk(&json!({}), Some("tool_calls"))).await;
    http.write("data: {\"choices\":[],\"usage\":{\"total_tokens\":3}}\n\ndata: [DONE]\n\n").await;
    assert_eq!(segment(&mut events).await, "right?");
    let last = event(&mut events).await;
    let ModelEvent::Segment(last) = last else { panic!("{last:?}") };
    assert_eq!(last.carries, [DataItem::MemberId]);
    let tool = event(&mut events).await;
    let quote = TokenText::covered("{heard:id#3}".to_owned());
    let expected = ToolCall::Answer { topic: Topic::Reference, quote };
    assert!(matches!(tool, ModelEvent::Tool(call) if call == expected));
    done(&mut events).await;

    let record = written(&book);
    let kinds: Vec<_> = record.iter().map(|(number, kind, _)| (*number, *kind)).collect();
    let answer = (4, "answer");
    assert_eq!(kinds, [(4, "request"), answer, answer, answer, (4, "ended")]);
    assert_eq!((record[0].2.as_str(), record[2].2.as_str()), (body.as_str(), "right?"));
}

#[tokio::test]
async fn a_turn_that_is_dropped_closes_its_connection_and_makes_the_next_one_ready() {
    let server = Server::bind().await;
    let (egress, book) = egress(Role::LanguageModel, "openai");
    let mut session = open(&server, config(), egress);
    let mut events = session.turn(request(&[Goal::Acknowledge]));
    let mut http = Http { stream: server.tcp().await };
    http.request().await;
    http.write(STREAM).await;
    http.write(&content("All right, ")).await;
    http.write(&content("I ")).await;
    assert_eq!(segment(&mut events).await, "All right,");
    drop(events);
    http.closed().await;

    let mut http = Http { stream: server.tcp().await };
    let (head, body) = http.request().await;
    assert!(head.starts_with("HEAD /v1/models HTTP/1.1") && body.is_empty(), "no words");
    http.answer("200 OK", "", "").await;
    warmed(&book).await;
    // The next turn has that connection, and nothing of the turn before.
    let mut events = session.turn(request(&[Goal::Acknowledge]));
    posted(&mut http, &server).await;
    http.write(STREAM).await;
    http.write(&(content("Okay.") + &stop())).await;
    assert_eq!(segment(&mut events).await, "Okay.");
    done(&mut events).await;
}

/// Waits until a connection was made ready and is back in the client's pool.
async fn warmed(book: &ExchangeBook) {
    soon(async {
        while book.drain().exchanges.iter().all(|exchange| exchange.what.name() != "opened") {
            tokio::task::yield_now().await;
        }
    })
    .await;
    settle().await;
}

/// A turn is asked for over this connection, and over no new one.
async fn posted(http: &mut Http, server: &Server) {
    tokio::select! {
        (head, _) = http.request() => assert!(head.starts_with("POST ")),
        _ = server.tcp() => panic!("a second connection was made"),
    }
}

#[tokio::test]
async fn warming_sends_no_words_and_its_connection_is_used() {
    let server = Server::bind().await;
    let (egress, book) = egress(Role::LanguageModel, "openai");
    let mut session = open(&server, config(), egress);
    session.warm();
    let mut http = Http { stream: server.tcp().await };
    let (head, body) = http.request().await;
    assert!(head.starts_with("HEAD ") && body.is_empty());
    http.answer("405 Method Not Allowed", "", "").await;
    warmed(&book).await;
    let mut events = session.turn(request(&[Goal::Acknowledge]));
    posted(&mut http, &server).await;
    http.write(STREAM).await;
    http.write(&(content("Okay.") + &stop())).await;
    drop(http);
    assert_eq!(segment(&mut events).await, "Okay.");
    done(&mut events).await;
}

/// An answer in chunks, as OpenAI sends it, after which the connection stays.
async fn say_in_chunks(http: &mut Http, text: &str) {
    http.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
    for part in [content(text), stop()] {
        http.write(&format!("{:x}\r\n{part}\r\n", part.len())).await;
    }
}

#[tokio::test]
async fn a_turn_that_is_whole_leaves_its_connection_to_the_next_one() {
    let server = Server::bind().await;
    let mut session = open(&server, config(), leave());
    let mut events = session.turn(request(&[Goal::Acknowledge]));
    let mut http = Http { stream: server.tcp().await };
    http.request().await;
    say_in_chunks(&mut http, "Okay.").await;
    assert_eq!(segment(&mut events).await, "Okay.");
    // The turn is whole before its answer is.
    done(&mut events).await;
    http.write("0\r\n\r\n").await;
    settle().await;
    let mut events = session.turn(request(&[Goal::Acknowledge]));
    posted(&mut http, &server).await;
    say_in_chunks(&mut http, "All right.").await;
    assert_eq!(segment(&mut events).await, "All right.");
    done(&mut events).await;
}

#[tokio::test]
async fn after_the_call_nothing_more_is_sent() {
    let server = Server::bind().await;
    let mut session = open(&server, config(), leave());
    let events = session.turn(request(&[Goal::Acknowledge]));
    let mut http = Http { stream: server.tcp().await };
    http.request().await;
    drop((session, events));
    http.closed().await;
    settle().await;
    assert!(server.is_quiet());
}

#[tokio::test]
async fn a_turn_without_goals_may_have_no_words() {
    let server = Server::bind().await;
    let mut session = open(&server, config(), leave());
    let mut events = session.turn(request(&[]));
    let mut http = Http { stream: server.tcp().await };
    http.request().await;
    http.write(STREAM).await;
    let call = json!({"tool_calls": [{"index": 0, "id": "c", "type": "function",
        "function": {"name": "needs_staff", "arguments": "{}"}}]});
    http.write(&(chunk(&call, None) + &stop())).await;
    assert!(matches!(event(&mut events).await, ModelEvent::Tool(ToolCall::NeedsStaff)));
    done(&mut events).await;
}

#[test]
fn a_configuration_that_cannot_work_is_refused_at_once() {
    let refused = |config| {
        let endpoint = Endpoint::new("https://api.openai.com/v1", key()).unwrap();
        matches!(OpenAi::new(endpoint, config), Err(VendorError::Open { .. }))
    };
    assert!(refused(OpenAiConfig { model: String::new(), ..config() }));
    assert!(refused(OpenAiConfig { temperature: Some(f32::NAN), ..config() }));
    assert!(refused(OpenAiConfig { max_completion_tokens: 0, ..config() }));
    assert!(!refused(OpenAiConfig { temperature: None, ..config() }));
}
