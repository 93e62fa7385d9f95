//! Deepgram as it should be: what is sent, and what comes of the answers.

use std::time::Duration;

use bytes::Bytes;
use callwright_compliance::vendor::Role;
use callwright_core::UtteranceId;
use callwright_media::SampleTime;
use callwright_vendors::deepgram::{Deepgram, DeepgramConfig};
use callwright_vendors::{
    Egress, Endpoint, ExchangeBook, Heard, RecogniserEvent, RecogniserSession, SpeechToText,
    ToRecogniser, VendorError,
};
use tokio_tungstenite::tungstenite::Message;

use crate::common::{KEY, Peer, Server, egress, key, patient, quick, soon, written};

pub(crate) fn config() -> DeepgramConfig {
    DeepgramConfig {
        timeouts: patient(),
        retry: quick(),
        finalise_wait: Duration::from_secs(20),
        keep_alive_every: Duration::from_secs(20),
        ..DeepgramConfig::default()
    }
}

pub(crate) fn open(server: &Server, config: DeepgramConfig, egress: Egress) -> RecogniserSession {
    let base = format!("ws://127.0.0.1:{}", server.port());
    let vendor = Deepgram::new(Endpoint::new(&base, key()).unwrap(), config).unwrap();
    vendor.open(egress).unwrap()
}

pub(crate) fn leave() -> Egress {
    egress(Role::SpeechToText, "deepgram").0
}

/// 60 ms of audio, all of one byte.
pub(crate) fn audio(session: &RecogniserSession, at_ms: u64, byte: u8) {
    let mulaw = Bytes::from(vec![byte; 480]);
    session.tell(ToRecogniser::Audio { at: SampleTime::from_ms(at_ms), mulaw }).unwrap();
}

pub(crate) fn finalise(session: &RecogniserSession, number: u32) {
    session.tell(ToRecogniser::Finalise { utterance: UtteranceId(number) }).unwrap();
}

/// An answer as the protocol page has it. Times are seconds of the connection's own audio.
pub(crate) fn results(span: (f64, f64), words: &[(&str, f64, f64)], from_finalize: bool) -> String {
    let words: Vec<_> = words
        .iter()
        .map(|(word, start, end)| {
            serde_json::json!({"word": word, "start": start, "end": end, "confidence": 0.9,
                "punctuated_word": word})
        })
        .collect();
    serde_json::json!({
        "type": "Results", "channel_index": [0, 1], "start": span.0, "duration": span.1 - span.0,
        "is_final": true, "speech_final": from_finalize, "from_finalize": from_finalize,
        "channel": {"alternatives": [{"transcript": "t", "confidence": 0.9, "words": words}]},
        "metadata": {"request_id": "r"},
    })
    .to_string()
    .replace(
        "\"transcript\":\"t\"",
        if words.is_empty() { "\"transcript\":\"\"" } else { "\"transcript\":\"t\"" },
    )
}

pub(crate) async fn heard(session: &mut RecogniserSession) -> Heard {
    match soon(session.next()).await {
        Some(RecogniserEvent::Heard(heard)) => heard,
        other => panic!("words were expected, not {other:?}"),
    }
}

pub(crate) async fn failed(session: &mut RecogniserSession) -> VendorError {
    match soon(session.next()).await {
        Some(RecogniserEvent::Failed(error)) => error,
        other => panic!("a failure was expected, not {other:?}"),
    }
}

pub(crate) fn words(heard: &Heard) -> Vec<(String, u32, u32)> {
    let words = heard.words.words().words.iter();
    words.map(|word| (word.text.clone(), word.from_ms, word.to_ms)).collect()
}

/// Waits until the session has read an answer with this in it.
pub(crate) async fn read_by_session(book: &ExchangeBook, wanted: &str) {
    soon(async {
        while !written(book)
            .iter()
            .any(|(_, kind, body)| *kind == "answer" && body.contains(wanted))
        {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// Reads pieces of audio until Finalize is asked for; gives the first byte of each.
pub(crate) async fn until_finalize(peer: &mut Peer) -> Vec<u8> {
    let mut first = Vec::new();
    loop {
        match peer.next().await {
            Some(Message::Binary(bytes)) => {
                assert!(!bytes.is_empty(), "an empty binary message closes the stream");
                first.push(bytes[0]);
            }
            Some(Message::Text(text)) if text.as_str() == r#"{"type":"Finalize"}"# => return first,
            Some(Message::Text(text)) if text.as_str() == r#"{"type":"KeepAlive"}"# => {}
            other => panic!("not expected: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_call_is_heard_from_its_first_byte_to_its_good_bye() {
    let server = Server::bind().await;
    let (egress, book) = egress(Role::SpeechToText, "deepgram");
    let keyterms = vec!["Acme Health".to_owned(), "copay".to_owned()];
    let mut session = open(&server, DeepgramConfig { keyterms, ..config() }, egress);
    audio(&session, 30_000, 0x11);
    let mut peer = server.websocket().await;

    assert!(peer.uri.starts_with("/v1/listen?"));
    let expected = [
        "model=nova-3",
        "language=en-US",
        "encoding=mulaw",
        "sample_rate=8000",
        "channels=1",
        "interim_results=true",
        "punctuate=false",
        "smart_format=false",
        "numerals=false",
        "endpointing=false",
        "vad_events=false",
        "mip_opt_out=true",
        "keyterm=Acme+Health",
        "keyterm=copay",
    ];
    assert_eq!(peer.query(), expected);
    assert_eq!(peer.header("authorization"), Some(format!("Token {KEY}").as_str()));
    assert!(!peer.uri.contains(KEY));

    assert_eq!(peer.binary().await, vec![0x11; 480], "untouched");
    audio(&session, 30_060, 0x22);
    finalise(&session, 1);
    assert_eq!(until_finalize(&mut peer).await, [0x22]);
    let interim = results((0.0, 0.06), &[("four", 0.01, 0.02)], false)
        .replace("\"is_final\":true", "\"is_final\":false");
    peer.say(interim).await;
    peer.say(results((0.0, 0.06), &[("Forty", 0.01, 0.05)], false)).await;
    peer.say(r#"{"type":"SpeechStarted","channel":[0,1],"timestamp":0.0}"#).await;
    peer.say(results((0.06, 0.12), &[("dollars", 0.07, 0.11)], true)).await;
    let first = heard(&mut session).await;
    assert!(first.done && first.utterance == UtteranceId(1));
    let expected = [("forty".to_owned(), 30_010, 30_050), ("dollars".to_owned(), 30_070, 30_110)];
    assert_eq!(words(&first), expected);

    drop(session);
    assert_eq!(peer.text().await, r#"{"type":"CloseStream"}"#);
    peer.close(1000).await;

    let record = written(&book);
    let kinds: Vec<_> = record.iter().map(|(number, kind, _)| (*number, *kind)).collect();
    let expected = [(0, "opened"), (1, "audio_sent"), (1, "answer"), (1, "answer"), (1, "ended")];
    assert_eq!(kinds, expected);
    assert_eq!(record[1].2, "960");
    assert!(record[2].2.contains("Forty"));
}

#[tokio::test]
async fn asleep_it_sends_nothing_but_a_keep_alive_and_awake_it_goes_on_with_the_far_ends_time() {
    let server = Server::bind().await;
    let every = Duration::from_millis(20);
    let mut session =
        open(&server, DeepgramConfig { keep_alive_every: every, ..config() }, leave());
    audio(&session, 0, 1);
    let mut peer = server.websocket().await;
    assert_eq!(peer.binary().await[0], 1);
    session.tell(ToRecogniser::Sleeps).unwrap();
    assert!(until_finalize(&mut peer).await.is_empty());
    for _ in 0..3 {
        assert_eq!(peer.text().await, r#"{"type":"KeepAlive"}"#);
    }
    // Half an hour later, on the same connection.
    audio(&session, 1_800_000, 2);
    finalise(&session, 1);
    loop {
        match peer.next().await {
            Some(Message::Binary(bytes)) => assert_eq!(bytes[0], 2),
            Some(Message::Text(text)) if text.contains("Finalize") => break,
            Some(Message::Text(text)) => assert!(text.contains("KeepAlive")),
            other => panic!("not expected: {other:?}"),
        }
    }
    peer.say(results((0.0, 0.06), &[("music", 0.01, 0.05)], true)).await;
    peer.say(results((0.06, 0.12), &[("hello", 0.07, 0.11)], true)).await;
    let expected = [("hello".to_owned(), 1_800_010, 1_800_050)];
    assert_eq!(words(&heard(&mut session).await), expected);
    assert!(server.is_quiet());
}

#[tokio::test]
async fn it_does_not_connect_before_there_is_something_to_hear() {
    let server = Server::bind().await;
    let mut session = open(&server, config(), leave());
    session.tell(ToRecogniser::Begins { at: SampleTime(0) }).unwrap();
    session.tell(ToRecogniser::Audio { at: SampleTime(0), mulaw: Bytes::new() }).unwrap();
    finalise(&session, 1);
    let none = heard(&mut session).await;
    assert!(none.words.is_empty() && none.done);
    assert!(server.is_quiet());
}

#[tokio::test]
async fn words_asked_for_when_all_are_final_are_there_at_once() {
    let server = Server::bind().await;
    let (egress, book) = egress(Role::SpeechToText, "deepgram");
    let mut session = open(&server, config(), egress);
    audio(&session, 0, 1);
    let mut peer = server.websocket().await;
    peer.binary().await;
    peer.say(results((0.0, 0.06), &[("yes", 0.01, 0.05)], false)).await;
    read_by_session(&book, "yes").await;
    finalise(&session, 1);
    // No flush is asked for, so none could answer: the time-out is longer than the test's patience.
    assert_eq!(words(&heard(&mut session).await), [("yes".to_owned(), 10, 50)]);
    drop(session);
    assert_eq!(peer.text().await, r#"{"type":"CloseStream"}"#);
}

#[test]
fn a_configuration_that_cannot_work_is_refused_at_once() {
    let refused = |config| {
        let endpoint = Endpoint::new("wss://api.deepgram.com", key()).unwrap();
        matches!(Deepgram::new(endpoint, config), Err(VendorError::Open { .. }))
    };
    assert!(refused(DeepgramConfig { model: " ".to_owned(), ..config() }));
    assert!(refused(DeepgramConfig { keyterms: vec!["x".to_owned(); 101], ..config() }));
    assert!(refused(DeepgramConfig { keyterms: vec!["x".repeat(2_001)], ..config() }));
    assert!(!refused(config()));
}
