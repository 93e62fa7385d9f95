//! What the vendors keep of what was sent to them.

use crate::world::*;
use crate::{deepgram, elevenlabs, openai};
use callwright_sim::vendors::{Latency, Vendor, VendorEvent, Vendors};
use serde_json::json;

/// What was planted, and where.
const PLANTED: [&str; 5] =
    ["planted-keyterm", "planted-header", "planted-goal", "planted-text", "planted-body"];

async fn plant(vendors: &Vendors) {
    let url = deepgram::url(vendors, "&keyterm=planted-keyterm");
    let token = format!("Token {KEY}");
    let headers = [("authorization", token.as_str()), ("x-mark", "planted-header")];
    let mut socket = Socket::open(&url, &headers).await.unwrap();
    socket.audio(&[0xFF; 1_600]).await;
    socket.json(&json!({"type": "CloseStream"})).await;
    socket.until_close(1_000).await;
    let mut body = openai::body(false);
    body["messages"][1]["content"] = json!("planted-goal");
    openai::post(vendors, KEY, &body).await;
    let mut socket = elevenlabs::one(vendors, "").await;
    socket.json(&json!({"text": "planted-text "})).await;
    socket.json(&json!({"text": ""})).await;
    socket.until_close(1_000).await;
    let url = format!("{}/v1/text-to-speech/v?output_format=ulaw_8000", vendors.base_url());
    let request = http().post(url).header("xi-api-key", KEY);
    within(request.json(&json!({"text": "planted-body"})).send()).await.unwrap();
}

#[tokio::test]
async fn whatever_a_customer_sends_is_kept_to_the_letter_except_keys_and_audio() {
    let vendors = vendors().await;
    plant(&vendors).await;
    let log = vendors.log();
    assert!(log.is_whole());
    let sent: Vec<&str> = log.entries.iter().flat_map(|e| e.event.sent_by_customer()).collect();
    for planted in PLANTED {
        assert!(sent.iter().any(|text| text.contains(planted)), "{planted}");
    }
    assert!(!log.to_jsonl().contains(KEY), "a key is evidence of nothing");
    assert!(log.has(Vendor::Deepgram, |event| *event == VendorEvent::Audio { bytes: 1_600 }));
    // Audio that was sent is counted, too.
    assert!(log.has(Vendor::ElevenLabs, |event| {
        matches!(event, VendorEvent::Sent { text } if text.contains("(960 bytes)"))
    }));
    assert!(log.to_jsonl().lines().all(|line| line.len() < 4_000));
    let mut at = 0;
    for entry in &log.entries {
        assert!(entry.at_ms >= at);
        at = entry.at_ms;
    }
}

/// When each message of a vendor was sent, after the last that came before it.
fn delays_ms(vendors: &Vendors, vendor: Vendor) -> Vec<u64> {
    let mut asked = 0;
    let mut delays = Vec::new();
    for entry in vendors.log().of(vendor) {
        if let VendorEvent::Received { .. } | VendorEvent::Body { .. } = entry.event {
            asked = entry.at_ms;
        } else if let VendorEvent::Sent { .. } = entry.event {
            delays.push(entry.at_ms - asked);
        }
    }
    delays
}

#[tokio::test]
async fn answers_take_the_time_that_they_are_given() {
    let mut config = config();
    config.deepgram.results = Latency::fixed(300);
    config.openai.first_token = Latency::fixed(300);
    config.openai.each_token = Latency::fixed(20);
    config.elevenlabs.first_byte = Latency::fixed(300);
    config.elevenlabs.times_real_time = 1;
    let vendors = start(config).await;
    let mut socket = deepgram::listen(&vendors, "&endpointing=false").await;
    socket.audio(&[0xFF; 1_600]).await;
    socket.json(&json!({"type": "Finalize"})).await;
    socket.message().await;
    assert!(delays_ms(&vendors, Vendor::Deepgram)[0] >= 299);
    openai::events(openai::post(&vendors, KEY, &openai::body(true)).await).await;
    let delays = delays_ms(&vendors, Vendor::OpenAi);
    assert!(delays[0] >= 299 && delays[10] >= delays[0] + 199, "{delays:?}");
    let mut socket = elevenlabs::one(&vendors, "").await;
    socket.json(&json!({"text": "one two three four five six seven eight "})).await;
    socket.json(&json!({"text": ""})).await;
    socket.until_close(1_000).await;
    // 960 ms in four pieces, the first after 300 ms and the others in real time.
    let delays = delays_ms(&vendors, Vendor::ElevenLabs);
    assert!(delays[0] >= 299 && delays[3] >= 1_049, "{delays:?}");
}

#[tokio::test]
async fn waiting_for_evidence_ends_when_it_is_there() {
    let vendors = vendors().await;
    let heard = vendors.wait_for(|log| {
        log.iter().any(|entry| matches!(&entry.event, VendorEvent::Received { text } if text.contains("CloseStream")))
    });
    let (_, ()) = tokio::join!(within(heard), async {
        let mut socket = deepgram::listen(&vendors, "").await;
        socket.json(&json!({"type": "CloseStream"})).await;
        socket.until_close(1_000).await;
    });
}
