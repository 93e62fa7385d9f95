//! Text to speech.

use crate::world::*;
use callwright_sim::vendors::Vendors;
use serde_json::{Value, json};

/// A hummed word.
const WORD_MS: usize = 120;

pub(crate) fn url(vendors: &Vendors, kind: &str, more: &str) -> String {
    let base = vendors.ws_url();
    format!(
        "{base}/v1/text-to-speech/voice1/{kind}?output_format=ulaw_8000&model_id=eleven_flash_v2_5{more}"
    )
}

pub(crate) async fn open(vendors: &Vendors, kind: &str, more: &str) -> Socket {
    Socket::open(&url(vendors, kind, more), &[("xi-api-key", KEY)]).await.unwrap()
}

pub(crate) async fn one(vendors: &Vendors, more: &str) -> Socket {
    let mut socket = open(vendors, "stream-input", more).await;
    socket.json(&json!({"text": " ", "voice_settings": null})).await;
    socket
}

async fn several(vendors: &Vendors, more: &str) -> Socket {
    open(vendors, "multi-stream-input", &format!("{more}&sync_alignment=true")).await
}

fn audio(messages: &[Value]) -> Vec<u8> {
    messages.iter().filter(|m| m["audio"].is_string()).flat_map(|m| decode(&m["audio"])).collect()
}

/// The words of the alignments, whose times must lie inside their own audio.
fn aligned(messages: &[Value]) -> String {
    let mut text = String::new();
    for message in messages.iter().filter(|message| message["alignment"].is_object()) {
        let alignment = &message["alignment"];
        assert_eq!(alignment, &message["normalizedAlignment"]);
        let list = |name: &str| alignment[name].as_array().unwrap().clone();
        let chars = list("chars");
        assert_eq!(chars.len(), list("charStartTimesMs").len());
        assert_eq!(chars.len(), list("charDurationsMs").len());
        text.extend(chars.iter().map(|c| c.as_str().unwrap()));
    }
    text
}

#[tokio::test]
async fn one_text_is_spoken_to_its_end() {
    let vendors = vendors().await;
    let mut socket = one(&vendors, "&sync_alignment=true").await;
    for text in ["Thank you. ", "What type of plan is it? "] {
        socket.json(&json!({"text": text, "try_trigger_generation": true})).await;
    }
    socket.json(&json!({"text": ""})).await;
    let messages = socket.until_close(1_000).await;
    let (last, spoken) = messages.split_last().unwrap();
    assert_eq!(
        last,
        &json!({"audio": null, "isFinal": true, "normalizedAlignment": null, "alignment": null})
    );
    assert!(spoken.iter().all(|message| message["isFinal"].is_null()));
    assert!(spoken.iter().all(|message| message.get("contextId").is_none()));
    assert_eq!(audio(spoken).len(), 8 * WORD_MS * 8);
    assert_eq!(aligned(spoken), " Thank you. What type of plan is it? ");
    for message in spoken {
        let ms = decode(&message["audio"]).len() as u64 / 8;
        let starts = message["alignment"]["charStartTimesMs"].as_array().unwrap();
        assert!(starts.iter().all(|start| start.as_u64().unwrap() < ms), "{message}");
    }
}

#[tokio::test]
async fn text_waits_for_a_reason_to_be_spoken() {
    let vendors = vendors().await;
    // Words alone are no reason; a flush is.
    let mut socket = one(&vendors, "").await;
    socket.json(&json!({"text": "one two three "})).await;
    socket.json(&json!({"text": "four ", "flush": true})).await;
    let first = socket.message().await;
    assert_eq!(aligned(std::slice::from_ref(&first)).trim(), "one two three four");
    // So is as much of it as the schedule says.
    let mut socket = open(&vendors, "stream-input", "").await;
    socket.json(&json!({"text": " ", "generation_config": {"chunk_length_schedule": [50]}})).await;
    let long = "this sentence is longer than the fifty characters that are asked for ";
    socket.json(&json!({"text": long})).await;
    assert!(socket.message().await["audio"].is_string());
    // And any text at all in auto mode.
    let mut socket = one(&vendors, "&auto_mode=true").await;
    socket.json(&json!({"text": "one "})).await;
    assert_eq!(decode(&socket.message().await["audio"]).len(), WORD_MS * 8);
}

#[tokio::test]
async fn audio_is_in_the_form_that_was_asked_for() {
    let vendors = vendors().await;
    for (format, bytes_per_ms) in [("ulaw_8000", 8), ("pcm_8000", 16), ("pcm_16000", 32)] {
        let url = url(&vendors, "stream-input", "").replace("ulaw_8000", format);
        let mut socket = Socket::open(&url, &[("xi-api-key", KEY)]).await.unwrap();
        socket.json(&json!({"text": " "})).await;
        socket.json(&json!({"text": "one two "})).await;
        socket.json(&json!({"text": ""})).await;
        assert_eq!(audio(&socket.until_close(1_000).await).len(), 2 * WORD_MS * bytes_per_ms);
        let url =
            format!("{}/v1/text-to-speech/v/stream?output_format={format}", vendors.base_url());
        let sent = http().post(&url).header("xi-api-key", KEY).json(&json!({"text": "one two"}));
        let response = within(sent.send()).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(within(response.bytes()).await.unwrap().len(), 2 * WORD_MS * bytes_per_ms);
    }
}

#[tokio::test]
async fn what_cannot_be_served_is_refused_in_the_vendors_shape() {
    let mut config = config();
    config.elevenlabs.require_zero_retention = true;
    let vendors = start(config).await;
    let base = url(&vendors, "stream-input", "&enable_logging=false");
    for (url, key, status, named) in [
        (base.replace("ulaw_8000", "mp3_44100_128"), KEY, 400, "unsupported_output_format"),
        (base.replace("eleven_flash_v2_5", "eleven_v3"), KEY, 400, "unsupported_model"),
        (base.replace("false", "true"), KEY, 403, "zero_retention_required"),
        (base.replace("voice1", "no-voice"), KEY, 404, "voice_not_found"),
        (base.clone(), "wrong", 401, "invalid_api_key"),
    ] {
        let refused = Socket::open(&url, &[("xi-api-key", key)]).await.unwrap_err();
        assert_eq!((refused.status, &refused.body["detail"]["status"]), (status, &json!(named)));
        assert!(refused.body["detail"]["message"].is_string());
    }
    let wrong = format!("{base}&inactivity_timeout=500");
    let refused = Socket::open(&wrong, &[("xi-api-key", KEY)]).await.unwrap_err();
    assert_eq!(refused.status, 422);
    assert_eq!(refused.body["detail"][0]["loc"], json!(["query", "inactivity_timeout"]));
    let post = async |key: &str, body: Value| {
        let path = "v1/text-to-speech/v/stream?output_format=ulaw_8000&enable_logging=false";
        let request = http().post(format!("{}/{path}", vendors.base_url()));
        within(request.header("xi-api-key", key).json(&body).send()).await.unwrap().status()
    };
    assert_eq!(post("wrong", json!({"text": "one"})).await, 401);
    assert_eq!(post(KEY, json!({"model_id": "m"})).await, 422);
    assert_eq!(post(KEY, json!({"text": "one"})).await, 200);
}

#[tokio::test]
async fn the_key_may_come_in_the_first_message() {
    let vendors = vendors().await;
    for (key, code) in [(KEY, 1_000), ("wrong", 1_008)] {
        let mut socket = Socket::open(&url(&vendors, "stream-input", ""), &[]).await.unwrap();
        socket.json(&json!({"text": " ", "xi_api_key": key})).await;
        socket.json(&json!({"text": ""})).await;
        let messages = socket.until_close(code).await;
        let refused = messages[0]["error"] == "invalid_api_key" && messages[0]["code"] == 1_008;
        assert_eq!(refused, code == 1_008, "{messages:?}");
    }
}

#[tokio::test]
async fn messages_that_are_not_of_the_protocol_end_it() {
    let vendors = vendors().await;
    for (first, second) in [
        ("{\"text\":\"Hello \"}", ""),
        ("nonsense", ""),
        ("{\"text\":\" \",\"voice\":\"x\"}", ""),
        ("{\"text\":\" \"}", "{\"text\":5}"),
        ("{\"text\":\" \"}", "{\"text\":\"a \",\"context_id\":\"c\"}"),
        ("{\"text\":\" \",\"generation_config\":{\"chunk_length_schedule\":[10]}}", ""),
        ("{\"text\":\" \",\"voice_settings\":{\"speed\":3.0}}", ""),
    ] {
        let mut socket = open(&vendors, "stream-input", "").await;
        socket.text(first).await;
        if !second.is_empty() {
            socket.text(second).await;
        }
        let messages = socket.until_close(1_008).await;
        assert_eq!(messages[0]["error"], "invalid_message", "{first} {second}: {messages:?}");
        assert_eq!(messages.len(), 1);
    }
}

#[tokio::test]
async fn contexts_have_their_own_text_audio_and_end() {
    let vendors = vendors().await;
    let mut socket = several(&vendors, "").await;
    for (id, text) in [("t1", "one two three "), ("t2", "four ")] {
        socket.json(&json!({"text": " ", "context_id": id})).await;
        socket.json(&json!({"text": text, "context_id": id})).await;
    }
    socket.json(&json!({"context_id": "t2", "flush": true})).await;
    socket.json(&json!({"text": "", "context_id": "t1", "flush": true})).await;
    // Keeps a context alive and says nothing.
    socket.json(&json!({"text": "", "context_id": "t1"})).await;
    for id in ["t1", "t2", "t2"] {
        // What was flushed is spoken to its end; a context that is closed already is none.
        socket.json(&json!({"context_id": id, "close_context": true})).await;
    }
    socket.json(&json!({"close_socket": true})).await;
    let messages = socket.until_close(1_000).await;
    let of = |id: &str| -> Vec<Value> {
        messages.iter().filter(|m| m["contextId"] == id).cloned().collect()
    };
    for (id, text, words) in [("t1", "one two three", 3), ("t2", "four", 1)] {
        let mine = of(id);
        assert_eq!(audio(&mine).len(), words * WORD_MS * 8);
        assert_eq!(aligned(&mine).trim(), text);
        assert_eq!(mine.last().unwrap(), &json!({"isFinal": true, "contextId": id}));
        assert_eq!(mine.iter().filter(|message| message["isFinal"] == true).count(), 1);
    }
    assert_eq!(messages[0]["contextId"], "t2", "first asked, first sent");
    assert_eq!(of("t1").len() + of("t2").len(), messages.len());
}

#[tokio::test]
async fn a_sixth_context_is_one_too_many() {
    let vendors = vendors().await;
    let mut socket = several(&vendors, "").await;
    for at in 0..5 {
        socket.json(&json!({"text": " ", "context_id": format!("c{at}")})).await;
    }
    // One is closed, so another may be opened.
    socket.json(&json!({"context_id": "c0", "close_context": true})).await;
    socket.json(&json!({"text": " ", "context_id": "c5"})).await;
    assert_eq!(socket.message().await, json!({"isFinal": true, "contextId": "c0"}));
    socket.json(&json!({"text": " ", "context_id": "c6"})).await;
    let messages = socket.until_close(1_008).await;
    assert_eq!(messages[0]["error"], "max_active_conversations");
    assert_eq!(messages[0]["code"], 1_008);
}

#[tokio::test]
async fn contexts_and_sockets_that_hear_nothing_are_closed() {
    let vendors = vendors().await;
    let mut socket = several(&vendors, "&inactivity_timeout=2").await;
    socket.json(&json!({"text": " ", "context_id": "t1"})).await;
    let mut pace = tokio::time::interval(std::time::Duration::from_millis(500));
    for _ in 0..6 {
        pace.tick().await;
        socket.json(&json!({"text": " ", "context_id": "t2"})).await;
    }
    assert_eq!(socket.message().await, json!({"isFinal": true, "contextId": "t1"}));
    let messages = socket.until_close(1_008).await;
    assert_eq!(messages.last().unwrap()["error"], "input_timeout_exceeded");
}
