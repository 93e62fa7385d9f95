//! `/v1/listen`.

use crate::world::*;
use callwright_sim::vendors::Vendors;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;

const PHONE: &str = "encoding=mulaw&sample_rate=8000&model=nova-3";
const SILENCE: [u8; 8_000] = [0xFF; 8_000];

pub(crate) fn url(vendors: &Vendors, more: &str) -> String {
    format!("{}/v1/listen?{PHONE}{more}", vendors.ws_url())
}

pub(crate) async fn listen(vendors: &Vendors, more: &str) -> Socket {
    let token = format!("Token {KEY}");
    Socket::open(&url(vendors, more), &[("authorization", &token)]).await.unwrap()
}

fn transcript(results: &Value) -> &str {
    results["channel"]["alternatives"][0]["transcript"].as_str().unwrap()
}

fn of_type<'a>(messages: &'a [Value], kind: &str) -> Vec<&'a Value> {
    messages.iter().filter(|message| message["type"] == kind).collect()
}

/// The words of the final results, one after another.
fn finals(messages: &[Value]) -> String {
    let finals = of_type(messages, "Results").into_iter().filter(|m| m["is_final"] == true);
    let texts: Vec<&str> = finals.map(transcript).filter(|text| !text.is_empty()).collect();
    texts.join(" ")
}

fn digest(audio: &[u8]) -> String {
    Sha256::digest(audio).iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn finish(socket: &mut Socket) -> Vec<Value> {
    socket.json(&json!({"type": "CloseStream"})).await;
    socket.until_close(1_000).await
}

#[tokio::test]
async fn the_key_is_shown_in_one_of_three_ways() {
    let vendors = vendors().await;
    for scheme in ["Token", "token", "Bearer"] {
        let shown = format!("{scheme} {KEY}");
        let socket = Socket::open(&url(&vendors, ""), &[("authorization", &shown)]).await.unwrap();
        assert!(!socket.headers["dg-request-id"].is_empty());
    }
    let offered = format!("token, {KEY}");
    let socket =
        Socket::open(&url(&vendors, ""), &[("sec-websocket-protocol", &offered)]).await.unwrap();
    assert_eq!(socket.headers["sec-websocket-protocol"], "token");
    for headers in [&[][..], &[("authorization", "Token wrong")], &[("authorization", "Basic a")]] {
        let refused = Socket::open(&url(&vendors, ""), headers).await.unwrap_err();
        assert_eq!((refused.status, &refused.body["err_code"]), (401, &json!("INVALID_AUTH")));
        assert_eq!(refused.body["err_msg"], refused.headers["dg-error"].to_str().unwrap());
        assert_eq!(refused.body["request_id"], refused.headers["dg-request-id"].to_str().unwrap());
    }
}

#[tokio::test]
async fn a_query_that_cannot_be_served_is_refused_by_name() {
    let mut config = config();
    config.deepgram.require_opt_out = true;
    let vendors = start(config).await;
    let token = format!("Token {KEY}");
    let base = format!("{}/v1/listen", vendors.ws_url());
    for (query, named) in [
        ("?encoding=linear16&sample_rate=8000", "encoding"),
        ("?encoding=mulaw&sample_rate=16000", "sample_rate"),
        ("?encoding=mulaw&sample_rate=8000&interim=true", "interim"),
        ("?encoding=mulaw&sample_rate=8000", "mip_opt_out"),
    ] {
        let url = format!("{base}{query}");
        let refused = Socket::open(&url, &[("authorization", &token)]).await.unwrap_err();
        assert_eq!(refused.status, 400);
        assert_eq!(refused.body["err_code"], "INVALID_QUERY_PARAMETER");
        assert!(refused.body["err_msg"].as_str().unwrap().contains(named), "{}", refused.body);
    }
    listen(&vendors, "&mip_opt_out=true").await;
}

#[tokio::test]
async fn a_recording_is_heard_with_every_field_and_on_its_own_clock() {
    let vendors = vendors().await;
    let options = "&interim_results=true&endpointing=300&vad_events=true&utterance_end_ms=1000";
    let mut socket = listen(&vendors, options).await;
    socket.audio(&SILENCE[..3_000]).await;
    socket.audio(&recording(GREETING)).await;
    socket.audio(&SILENCE).await;
    socket.audio(&SILENCE).await;
    let messages = finish(&mut socket).await;
    assert_eq!(finals(&messages), plain(GREETING));
    let (mut covered, mut last_word) = (0.0, 0.0);
    for results in of_type(&messages, "Results") {
        assert_eq!(results["channel_index"], json!([0, 1]));
        assert_eq!(results["metadata"]["model_info"]["arch"], "nova-3");
        assert_eq!(results["metadata"]["model_info"]["name"], "general-nova-3");
        let start = results["start"].as_f64().unwrap();
        assert!((start - covered).abs() < 1e-6, "spans follow each other: {results}");
        let end = start + results["duration"].as_f64().unwrap();
        if results["is_final"] != true {
            assert_eq!(results["speech_final"], false);
            continue;
        }
        covered = end;
        for word in results["channel"]["alternatives"][0]["words"].as_array().unwrap() {
            let (from, to) = (word["start"].as_f64().unwrap(), word["end"].as_f64().unwrap());
            assert!(last_word <= from && from < to && to <= end + 0.3, "{word}");
            assert!(word["confidence"].as_f64().unwrap() > 0.9, "{word}");
            last_word = from;
        }
    }
    let interim = of_type(&messages, "Results").into_iter().find(|m| m["is_final"] == false);
    assert!(plain(GREETING).starts_with(transcript(interim.unwrap())), "{interim:?}");
    assert!(of_type(&messages, "Results").iter().any(|m| m["speech_final"] == true));
    let started = of_type(&messages, "SpeechStarted")[0]["timestamp"].as_f64().unwrap();
    assert!((0.37..0.6).contains(&started), "{started}");
    let ends = of_type(&messages, "UtteranceEnd");
    assert_eq!(ends.len(), 1, "{ends:?}");
    let last = ends[0]["last_word_end"].as_f64().unwrap();
    assert!((4.5..5.2).contains(&last), "{last}");
}

#[tokio::test]
async fn without_interim_results_there_are_none_and_punctuation_is_there_when_asked_for() {
    let vendors = vendors().await;
    let mut socket = listen(&vendors, "&smart_format=true&endpointing=300").await;
    socket.audio(&recording(ANSWER)).await;
    socket.audio(&SILENCE).await;
    let messages = finish(&mut socket).await;
    assert!(of_type(&messages, "Results").iter().all(|results| results["is_final"] == true));
    assert_eq!(finals(&messages), ANSWER);
    let first = of_type(&messages, "Results")[0];
    assert_eq!(first["channel"]["alternatives"][0]["words"][0]["punctuated_word"], "the");
}

#[tokio::test]
async fn finalize_flushes_what_was_heard_and_nothing_twice() {
    let vendors = vendors().await;
    let mut socket = listen(&vendors, "&endpointing=false").await;
    let mulaw = recording(QUEUE);
    let (half, rest) = mulaw.split_at(mulaw.len() / 2);
    socket.audio(half).await;
    socket.json(&json!({"type": "Finalize"})).await;
    // Nothing is left to flush, so no answer comes to these.
    socket.json(&json!({"type": "Finalize"})).await;
    socket.json(&json!({"type": "Finalize", "channel": 0})).await;
    let first = socket.message().await;
    assert_eq!((&first["from_finalize"], &first["is_final"]), (&json!(true), &json!(true)));
    assert!(transcript(&first).starts_with("all representatives are busy"), "{first}");
    socket.audio(rest).await;
    socket.json(&json!({"type": "Finalize"})).await;
    let second = socket.message().await;
    assert_eq!(second["from_finalize"], true);
    assert_eq!(second["start"], first["duration"]);
    let both = format!("{} {}", transcript(&first), transcript(&second));
    assert_eq!(both, plain(QUEUE));
    let messages = finish(&mut socket).await;
    assert_eq!(of_type(&messages, "Results").len(), 0, "{messages:?}");
}

#[tokio::test]
async fn wherever_it_is_flushed_no_word_is_lost_or_told_twice() {
    let vendors = vendors().await;
    for frames in [11, 29, 50, 83] {
        let mut socket = listen(&vendors, "&endpointing=300&interim_results=true").await;
        for text in [QUEUE, ANSWER, GREETING] {
            for piece in recording(text).chunks(frames * 160) {
                socket.audio(piece).await;
                socket.json(&json!({"type": "Finalize"})).await;
            }
            socket.audio(&SILENCE).await;
        }
        let messages = finish(&mut socket).await;
        let said = [QUEUE, ANSWER, GREETING].map(plain).join(" ");
        assert_eq!(finals(&messages), said, "flushed every {frames} frames");
    }
}

#[tokio::test]
async fn the_end_is_the_rest_then_metadata_then_1000() {
    let vendors = vendors().await;
    for legacy in [false, true] {
        let mut socket = listen(&vendors, "&endpointing=false").await;
        socket.audio(&recording(ANSWER)).await;
        if legacy {
            socket.binary(&[]).await;
        } else {
            socket.json(&json!({"type": "CloseStream"})).await;
        }
        let messages = socket.until_close(1_000).await;
        let [results, metadata] = &messages[..] else { panic!("{messages:?}") };
        assert_eq!(transcript(results), plain(ANSWER));
        assert_eq!(metadata["type"], "Metadata");
        assert_eq!(metadata["request_id"], results["metadata"]["request_id"]);
        assert_eq!(metadata["sha256"], digest(&recording(ANSWER)));
        assert_eq!((&metadata["duration"], &metadata["channels"]), (&json!(3.7), &json!(1)));
    }
}

#[tokio::test]
async fn silence_on_the_socket_ends_it_unless_it_is_kept_alive() {
    let mut config = config();
    config.deepgram.idle_ms = 1_500;
    let vendors = start(config).await;
    let mut socket = listen(&vendors, "").await;
    assert_eq!(socket.event().await, Event::Closed(1_011, "NET-0001".into()));
    let mut socket = listen(&vendors, "").await;
    let mut pace = tokio::time::interval(Duration::from_millis(300));
    for _ in 0..8 {
        pace.tick().await;
        socket.json(&json!({"type": "KeepAlive"})).await;
    }
    let messages = finish(&mut socket).await;
    assert_eq!(messages.len(), 1, "only metadata: {messages:?}");
}

#[tokio::test]
async fn text_that_is_no_message_is_an_error_and_the_end() {
    let vendors = vendors().await;
    for text in ["hello", "{\"type\":\"Stop\"}", "{\"type\":1}", "[]"] {
        let mut socket = listen(&vendors, "").await;
        socket.text(text).await;
        let messages = socket.until_close(1_008).await;
        let [error] = &messages[..] else { panic!("{messages:?}") };
        assert_eq!(error["type"], "Error");
        assert!(error["variant"].is_string() && error["description"].is_string());
    }
}

#[tokio::test]
async fn what_nobody_said_gives_no_words() {
    let vendors = vendors().await;
    let mut socket = listen(&vendors, "&vad_events=true&interim_results=true").await;
    socket.audio(&noise(1_500)).await;
    socket.audio(&SILENCE).await;
    let keys = callwright_media::dtmf::Key::parse_all("123456").unwrap();
    let press = callwright_media::dtmf::Press::default();
    socket.audio(&callwright_media::dtmf::generate(&keys, press)).await;
    socket.audio(&SILENCE).await;
    let messages = finish(&mut socket).await;
    let results = of_type(&messages, "Results");
    assert!(!results.is_empty() && results.iter().all(|results| transcript(results).is_empty()));
    assert!(results.iter().all(|r| r["channel"]["alternatives"][0]["confidence"] == 0.0));
    assert!(!of_type(&messages, "SpeechStarted").is_empty(), "it was loud enough for speech");
    assert!(of_type(&messages, "UtteranceEnd").is_empty(), "there was no utterance");
}

#[tokio::test]
async fn streams_side_by_side_do_not_hear_each_other() {
    let vendors = vendors().await;
    let mut sockets = Vec::new();
    for text in [GREETING, QUEUE, ANSWER] {
        sockets.push((text, listen(&vendors, "&endpointing=false").await, recording(text)));
    }
    for at in 0..300 {
        for (_, socket, mulaw) in &mut sockets {
            if let Some(frame) = mulaw.chunks(160).nth(at) {
                socket.binary(frame).await;
            }
        }
    }
    for (text, socket, _) in &mut sockets {
        let messages = finish(socket).await;
        assert_eq!(finals(&messages), plain(text));
    }
}

#[tokio::test]
async fn key_terms_can_be_changed_on_the_third_generation_only() {
    let vendors = vendors().await;
    let mut socket = listen(&vendors, "&keyterm=Delta+Dental").await;
    socket.json(&json!({"type": "Configure", "keyterms": ["CDT D2740"]})).await;
    let answer = socket.message().await;
    assert_eq!(
        (&answer["type"], &answer["keyterms"]),
        (&json!("ConfigureSuccess"), &json!(["CDT D2740"]))
    );
    socket.json(&json!({"type": "Configure", "keyterms": "one"})).await;
    assert_eq!(socket.until_close(1_008).await[0]["type"], "Error");
    let old = url(&vendors, "").replace("nova-3", "nova-2");
    let token = format!("Token {KEY}");
    let mut socket = Socket::open(&old, &[("authorization", &token)]).await.unwrap();
    socket.json(&json!({"type": "Configure", "keyterms": []})).await;
    let answer = socket.message().await;
    assert_eq!(answer["code"], "CONFIGURE_KEYTERMS_NOT_SUPPORTED");
}
