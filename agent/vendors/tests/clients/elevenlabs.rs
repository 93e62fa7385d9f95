//! ElevenLabs as it should be: what is sent for each segment, and whose audio is whose.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use callwright_compliance::Phi;
use callwright_compliance::vendor::Role;
use callwright_vendors::elevenlabs::{ElevenLabs, ElevenLabsConfig, VoiceSettings};
use callwright_vendors::{
    Egress, Endpoint, SpeechResult, SpeechSession, TextToSpeech, VendorError,
};
use serde_json::{Value, json};
use tokio::sync::mpsc::Receiver;

use crate::common::{KEY, Peer, Server, egress, key, patient, quick, soon, written};

pub(crate) fn config() -> ElevenLabsConfig {
    ElevenLabsConfig { timeouts: patient(), retry: quick(), ..ElevenLabsConfig::of_voice("voice1") }
}

pub(crate) fn open(
    server: &Server,
    config: ElevenLabsConfig,
    egress: Egress,
) -> Box<dyn SpeechSession> {
    let base = format!("ws://127.0.0.1:{}", server.port());
    ElevenLabs::new(Endpoint::new(&base, key()).unwrap(), config).unwrap().open(egress).unwrap()
}

pub(crate) fn leave() -> Egress {
    egress(Role::TextToSpeech, "elevenlabs").0
}

pub(crate) fn speak(session: &mut Box<dyn SpeechSession>, words: &str) -> Receiver<SpeechResult> {
    session.speak(Phi::new(words.to_owned()))
}

/// Reads the messages that begin a segment; gives its context and its words.
pub(crate) async fn begun(peer: &mut Peer) -> (String, String) {
    let mut messages = Vec::new();
    for _ in 0..3 {
        messages.push(serde_json::from_str::<Value>(&peer.text().await).unwrap());
    }
    let context = messages[0]["context_id"].as_str().unwrap().to_owned();
    assert_eq!(messages[0], json!({"text": " ", "context_id": context}));
    let words = messages[1]["text"].as_str().unwrap().to_owned();
    assert_eq!(messages[1], json!({"text": words, "context_id": context, "flush": true}));
    assert_eq!(messages[2], json!({"context_id": context, "close_context": true}));
    (context, words)
}

pub(crate) async fn say_audio(peer: &mut Peer, context: &str, mulaw: &[u8]) {
    let alignment =
        json!({"chars": ["H", "i"], "charStartTimesMs": [0, 80], "charDurationsMs": [80, 60]});
    let message = json!({"audio": STANDARD.encode(mulaw), "isFinal": null, "contextId": context,
        "normalizedAlignment": alignment, "alignment": alignment});
    peer.say(message.to_string()).await;
}

pub(crate) async fn say_final(peer: &mut Peer, context: &str) {
    peer.say(json!({"isFinal": true, "contextId": context}).to_string()).await;
}

pub(crate) async fn audio(from: &mut Receiver<SpeechResult>) -> Vec<u8> {
    soon(from.recv()).await.expect("audio").expect("no failure").to_vec()
}

pub(crate) async fn failed(from: &mut Receiver<SpeechResult>) -> VendorError {
    let error = soon(from.recv()).await.expect("a result").expect_err("a failure");
    assert!(soon(from.recv()).await.is_none(), "nothing follows a failure");
    error
}

pub(crate) async fn over(from: &mut Receiver<SpeechResult>) {
    assert!(soon(from.recv()).await.is_none());
}

#[tokio::test]
async fn a_segment_is_spoken_from_its_words_to_its_end() {
    let server = Server::bind().await;
    let (egress, book) = egress(Role::TextToSpeech, "elevenlabs");
    let mut session = open(&server, config(), egress);
    let mut from = speak(&mut session, "The member I D is W, four.");
    let mut peer = server.websocket().await;
    assert!(peer.uri.starts_with("/v1/text-to-speech/voice1/multi-stream-input?"));
    let expected = [
        "model_id=eleven_flash_v2_5",
        "output_format=ulaw_8000",
        "enable_logging=false",
        "enable_ssml_parsing=false",
        "inactivity_timeout=180",
        "sync_alignment=true",
        "auto_mode=true",
    ];
    assert_eq!(peer.query(), expected);
    assert_eq!(peer.header("xi-api-key"), Some(KEY));
    assert!(!peer.uri.contains(KEY));

    let (context, words) = begun(&mut peer).await;
    assert_eq!(words, "The member I D is W, four. ");
    say_audio(&mut peer, &context, &[1, 2, 3]).await;
    assert_eq!(audio(&mut from).await, [1, 2, 3], "before the rest is there");
    let snake = json!({"audio": STANDARD.encode([4, 5]), "context_id": context, "alignment": null});
    peer.say(snake.to_string()).await;
    say_final(&mut peer, &context).await;
    assert_eq!(audio(&mut from).await, [4, 5]);
    over(&mut from).await;
    drop(session);
    assert_eq!(peer.text().await, r#"{"close_socket":true}"#);

    let record = written(&book);
    let expected = [
        (0, "opened", String::new()),
        (1, "request", "The member I D is W, four.".to_owned()),
        (1, "audio_received", "3/2".to_owned()),
        (1, "audio_received", "5/2".to_owned()),
        (1, "ended", String::new()),
    ];
    assert_eq!(record, expected, "counts of characters, and no alignment");
}

#[tokio::test]
async fn segments_share_a_connection_and_keep_their_audio_apart() {
    let server = Server::bind().await;
    let mut session = open(&server, config(), leave());
    let mut first = speak(&mut session, "One.");
    let mut second = speak(&mut session, "Two.");
    let mut peer = server.websocket().await;
    let (one, _) = begun(&mut peer).await;
    let (two, words) = begun(&mut peer).await;
    assert!(one != two && words == "Two. ");
    say_audio(&mut peer, &two, &[2]).await;
    say_audio(&mut peer, &one, &[1]).await;
    say_final(&mut peer, &two).await;
    say_final(&mut peer, &one).await;
    assert_eq!((audio(&mut first).await, audio(&mut second).await), (vec![1], vec![2]));
    over(&mut first).await;
    over(&mut second).await;
    assert!(server.is_quiet());
}

#[tokio::test]
async fn a_dropped_segment_is_silent_and_the_next_one_is_heard() {
    let server = Server::bind().await;
    let mut session = open(&server, config(), leave());
    let first = speak(&mut session, "One.");
    let mut peer = server.websocket().await;
    let (one, _) = begun(&mut peer).await;
    drop(first);
    let mut second = speak(&mut session, "Two.");
    let (two, _) = begun(&mut peer).await;
    say_audio(&mut peer, &one, &[1]).await;
    say_audio(&mut peer, &two, &[2]).await;
    say_audio(&mut peer, &one, &[1]).await;
    say_final(&mut peer, &one).await;
    say_audio(&mut peer, &one, &[1]).await;
    say_final(&mut peer, &two).await;
    assert_eq!(audio(&mut second).await, [2]);
    over(&mut second).await;
    assert!(server.is_quiet());
}

#[tokio::test]
async fn no_more_contexts_are_open_than_the_vendor_allows() {
    let server = Server::bind().await;
    let mut session = open(&server, config(), leave());
    let mut pieces: Vec<_> = (0..6).map(|n| speak(&mut session, &format!("Piece {n}."))).collect();
    // One that is dropped while it waits is never sent.
    drop(pieces.remove(4));
    let mut peer = server.websocket().await;
    let mut contexts = Vec::new();
    for _ in 0..4 {
        contexts.push(begun(&mut peer).await.0);
    }
    say_audio(&mut peer, &contexts[2], &[2]).await;
    assert_eq!(audio(&mut pieces[2]).await, [2]);
    say_final(&mut peer, &contexts[2]).await;
    let (context, words) = begun(&mut peer).await;
    assert_eq!(words, "Piece 5. ", "not before one had ended");
    say_audio(&mut peer, &context, &[5]).await;
    assert_eq!(audio(&mut pieces[4]).await, [5]);
}

#[tokio::test]
async fn warming_connects_and_says_nothing() {
    let server = Server::bind().await;
    let mut session = open(&server, config(), leave());
    session.warm();
    let mut peer = server.websocket().await;
    session.warm();
    let mut from = speak(&mut session, "Hello.");
    let (context, _) = begun(&mut peer).await;
    say_audio(&mut peer, &context, &[7]).await;
    assert_eq!(audio(&mut from).await, [7]);
    assert!(server.is_quiet());
}

#[tokio::test]
async fn an_idle_connection_is_kept_for_a_while_and_then_let_go() {
    let server = Server::bind().await;
    let every = Duration::from_millis(15);
    let config = ElevenLabsConfig { keep_alive_every: every, keep_alives_max: 2, ..config() };
    let mut session = open(&server, config, leave());
    session.warm();
    let mut peer = server.websocket().await;
    assert_eq!(peer.text().await, r#"{"text":" ","context_id":"keep"}"#);
    assert_eq!(peer.text().await, r#"{"text":"","context_id":"keep"}"#);
    assert_eq!(peer.text().await, r#"{"text":"","context_id":"keep"}"#);
    assert_eq!(peer.text().await, r#"{"close_socket":true}"#);
    peer.close(1000).await;
    let mut from = speak(&mut session, "Hello.");
    let mut peer = server.websocket().await;
    let (context, _) = begun(&mut peer).await;
    say_audio(&mut peer, &context, &[7]).await;
    assert_eq!(audio(&mut from).await, [7]);
}

#[test]
fn a_configuration_that_cannot_work_is_refused_at_once() {
    let refused = |config| {
        let endpoint = Endpoint::new(ElevenLabs::BASE, key()).unwrap();
        matches!(ElevenLabs::new(endpoint, config), Err(VendorError::Open { .. }))
    };
    let settings = |settings| ElevenLabsConfig { settings, ..config() };
    assert!(refused(ElevenLabsConfig::of_voice("../x")));
    assert!(refused(ElevenLabsConfig { model: String::new(), ..config() }));
    assert!(refused(settings(VoiceSettings { speed: Some(2.0), ..VoiceSettings::default() })));
    assert!(refused(settings(VoiceSettings {
        stability: Some(f32::NAN),
        ..VoiceSettings::default()
    })));
    assert!(!refused(settings(VoiceSettings { speed: Some(1.1), ..VoiceSettings::default() })));
}
