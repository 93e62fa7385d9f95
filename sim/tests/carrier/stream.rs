//! Media Streams: order, pace, marks, clears, keys, redirects, ends.

use crate::app::{ACCOUNT, TOKEN, World, tone};
use callwright_media::dtmf::{Key, Press, generate};
use callwright_sim::Limits;
use callwright_sim::LogEvent;
use callwright_sim::carrier::signature::sign;
use callwright_sim::log::{EchoReason, Party};
use callwright_sim::payer::engine::PayerEvent;
use serde_json::json;

#[tokio::test]
async fn a_stream_begins_as_documented_and_never_pauses() {
    let mut world = World::new().await;
    world.page(
        "/twiml",
        "<Connect><Stream url='WS' name='s1' statusCallback='APP/stream'><Parameter name='token' value='abc'/></Stream></Connect>"
            .replace("APP", &world.app_url)
            .as_str(),
    );
    let sid = world.call(&[]).await;
    let mut stream = world.stream().await;
    assert_eq!(stream.signature, sign(TOKEN, &world.ws_url, &[("", ""); 0]));
    assert_eq!(stream.path, "/media");
    let expected = json!({"event":"start","sequenceNumber":"1","streamSid":stream.stream_sid,
        "start":{"accountSid":ACCOUNT,"streamSid":stream.stream_sid,"callSid":sid,"tracks":["inbound"],
        "mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},
        "customParameters":{"token":"abc"}}});
    assert_eq!(stream.start, expected);
    for number in 1..=60_u64 {
        let media = stream.message().await.unwrap();
        assert_eq!(media["event"], "media");
        assert_eq!(media["sequenceNumber"], (number + 1).to_string());
        assert_eq!(media["media"]["chunk"], number.to_string());
        assert_eq!(media["media"]["timestamp"], ((number - 1) * 20).to_string());
        assert_eq!(media["media"]["track"], "inbound");
        // 160 bytes of mu-law are 216 characters of base64.
        assert_eq!(media["media"]["payload"].as_str().unwrap().len(), 216);
    }
    stream.close().await;
    let log = world.carrier.wait_finished(&sid).await.unwrap();
    // The audio of line time is there to the frame, and both ways are as long.
    assert_eq!(log.near.len(), log.far.len());
    assert!(log.far.len() >= 60 * 160 && log.far.iter().any(|&byte| byte != 0xFF));
    let events: Vec<_> =
        world.seen("/stream").iter().map(|s| s.value("StreamEvent").unwrap().to_owned()).collect();
    assert_eq!(events, ["stream-started", "stream-stopped"]);
}

#[tokio::test]
async fn marks_come_back_when_the_audio_before_them_is_out() {
    let mut world = World::new().await;
    let (sid, mut stream) = world.connected().await;
    stream.mark("at once").await;
    assert!(stream.mark_echo("at once").await <= 3);
    stream.audio(&tone(200)).await;
    stream.mark("first").await;
    stream.audio(&tone(100)).await;
    stream.mark("second").await;
    // 200 ms are ten frames; the messages may cross up to three of them.
    let first = stream.mark_echo("first").await;
    assert!((10..=13).contains(&first), "{first} frames");
    let second = stream.mark_echo("second").await;
    assert!((4..=6).contains(&second), "{second} frames");
    stream.close().await;
    let log = world.carrier.wait_finished(&sid).await.unwrap();
    let [(start_ms, end_ms)] = log.near_segments()[..] else { panic!("{:?}", log.near_segments()) };
    assert_eq!(end_ms - start_ms, 300);
    // The carrier's own evidence: by the first mark the far end had heard its 200 ms and no more than a frame of the rest.
    let played = |name: &str| {
        let echo = LogEvent::MarkEchoed { name: name.into(), reason: EchoReason::Played };
        log.first_ms(|event| *event == echo).unwrap()
    };
    assert_eq!((played("first"), played("second")), (start_ms + 200, start_ms + 300));
    assert!(log.near_between(start_ms, end_ms).iter().all(|sample| sample.unsigned_abs() > 1_000));
    assert!(log.near_between(0, start_ms).iter().all(|sample| *sample == 0));
}

#[tokio::test]
async fn clear_empties_the_queue_and_returns_every_mark() {
    let mut world = World::new().await;
    let (sid, mut stream) = world.connected().await;
    stream.audio(&tone(5_000)).await;
    stream.mark("a").await;
    stream.audio(&tone(5_000)).await;
    stream.mark("b").await;
    stream.clear().await;
    assert!(stream.mark_echo("a").await <= 3);
    assert_eq!(stream.mark_echo("b").await, 0);
    stream.audio(&tone(100)).await;
    stream.mark("c").await;
    let c = stream.mark_echo("c").await;
    assert!((5..=8).contains(&c), "{c} frames");
    stream.close().await;
    let log = world.carrier.wait_finished(&sid).await.unwrap();
    for name in ["a", "b"] {
        let echo = LogEvent::MarkEchoed { name: name.into(), reason: EchoReason::Cleared };
        assert!(log.has(|event| *event == echo), "{name}");
    }
    assert!(log.has(|e| matches!(e, LogEvent::Cleared { discarded_ms } if *discarded_ms > 9_500)));
    let heard_ms: u64 = log.near_segments().iter().map(|(start, end)| end - start).sum();
    assert!(heard_ms < 400, "{heard_ms} ms were heard");
}

#[tokio::test]
async fn queued_audio_is_bounded() {
    let limits = Limits { queued_audio_ms_max: 1_000, ..Limits::default() };
    let mut world = World::with("", limits).await;
    let (sid, mut stream) = world.connected().await;
    stream.audio(&tone(3_000)).await;
    stream.mark("end").await;
    stream.mark_echo("end").await;
    stream.close().await;
    let log = world.carrier.wait_finished(&sid).await.unwrap();
    assert!(log.has(|e| *e == LogEvent::PlayoutOverflow { discarded_ms: 2_000 }));
}

#[tokio::test]
async fn keys_as_tones_reach_the_payer() {
    let mut world = World::new().await;
    let (sid, mut stream) = world.connected().await;
    stream.audio(&generate(&Key::parse_all("47#").unwrap(), Press::default())).await;
    let connected = LogEvent::Payer { what: PayerEvent::PersonConnected };
    assert!(world.carrier.wait_for(&sid, |log| log.iter().any(|e| e.event == connected)).await);
    stream.close().await;
    let log = world.carrier.wait_finished(&sid).await.unwrap();
    let mut keys = Vec::new();
    for entry in &log.entries {
        if let LogEvent::KeyDetected { key } = entry.event {
            keys.push(key);
        }
    }
    assert_eq!(keys, ['4', '7', '#']);
    let accepted = PayerEvent::KeysAccepted { step: "code".into(), keys: "47#".into() };
    assert!(log.has(|event| *event == LogEvent::Payer { what: accepted.clone() }));
    assert!(log.has(|event| *event == LogEvent::MusicStarted));
}

#[tokio::test]
async fn when_the_application_closes_the_next_verb_runs() {
    let mut world = World::new().await;
    let twiml = "<Connect><Stream url='WS'/></Connect><Say>passed over</Say><Play digits='4w7#'/><Pause length='1'/>";
    world.page("/twiml", twiml);
    let sid = world.call(&[]).await;
    let stream = world.stream().await;
    stream.close().await;
    let log = world.carrier.wait_finished(&sid).await.unwrap();
    assert!(log.has(|e| matches!(e, LogEvent::StreamStopped { by: Party::Application, .. })));
    let accepted = PayerEvent::KeysAccepted { step: "code".into(), keys: "47#".into() };
    assert!(log.has(|e| *e == LogEvent::Payer { what: accepted.clone() }));
    let ended = LogEvent::Ended { status: "completed".into(), by: Party::Carrier };
    assert!(log.has(|e| *e == ended), "the TwiML ran out");
}

#[tokio::test]
async fn a_redirect_stops_the_stream_and_opens_another_on_the_same_call() {
    let mut world = World::new().await;
    let (sid, mut first) = world.connected().await;
    let twiml = format!(
        "<Response><Play digits='4'/><Connect><Stream url='{}'><Parameter name='t' value='2'/></Stream></Connect></Response>",
        world.ws_url
    );
    let (status, body) = world.post(&world.call_url(&sid), &[("Twiml", &twiml)]).await;
    assert_eq!((status, &body["status"]), (200, &json!("in-progress")));
    let stop = first.other().await.unwrap();
    assert_eq!((&stop["event"], &stop["stop"]["callSid"]), (&json!("stop"), &json!(sid)));
    assert!(first.frame().await.is_none(), "closed with 1000");
    let second = world.stream().await;
    assert_ne!(first.stream_sid, second.stream_sid);
    assert_eq!(second.start["start"]["callSid"], json!(sid));
    assert_eq!(second.start["start"]["customParameters"], json!({"t":"2"}));
    assert_eq!(second.start["sequenceNumber"], "1");
    let key = LogEvent::KeyDetected { key: '4' };
    assert!(world.carrier.log(&sid).unwrap().has(|event| *event == key));
    second.close().await;
    world.carrier.wait_finished(&sid).await.unwrap();
}

#[tokio::test]
async fn a_call_ended_by_rest_sends_stop_and_closes() {
    let mut world = World::new().await;
    let (sid, mut stream) = world.connected().await;
    assert_eq!(world.post(&world.call_url(&sid), &[("Status", "completed")]).await.0, 200);
    assert_eq!(stream.other().await.unwrap()["event"], "stop");
    assert!(stream.frame().await.is_none());
    let log = world.carrier.wait_finished(&sid).await.unwrap();
    let ended = LogEvent::Ended { status: "completed".into(), by: Party::Application };
    assert!(log.has(|event| *event == ended));
}

#[tokio::test]
async fn what_the_protocol_does_not_know_ends_the_stream() {
    let mut world = World::new().await;
    for bad in ["{", "{\"event\":\"start\"}", "{\"event\":\"clear\",\"streamSid\":\"MZ1\"}", ""] {
        let (sid, mut stream) = world.connected().await;
        if bad.is_empty() {
            stream.send_binary().await
        } else {
            stream.send_text(bad).await
        }
        assert_eq!(stream.other().await.unwrap()["event"], "stop");
        assert!(stream.frame().await.is_none());
        let log = world.carrier.wait_finished(&sid).await.unwrap();
        assert!(log.has(|e| matches!(e, LogEvent::Error { code: 31_951, .. })), "{bad}");
    }
}

#[tokio::test]
async fn a_stream_that_cannot_be_had_is_an_error_and_the_next_verb_runs() {
    let world = World::new().await;
    for url in ["ws://127.0.0.1:9/", "wss://media.example/", "ws://192.0.2.1/"] {
        world.page("/twiml", &format!("<Connect><Stream url='{url}'/></Connect><Hangup/>"));
        let sid = world.call(&[]).await;
        let log = world.carrier.wait_finished(&sid).await.unwrap();
        assert!(log.has(|e| matches!(e, LogEvent::Error { code: 31_920, .. })), "{url}");
        assert!(log.has(|e| matches!(e, LogEvent::Ended { by: Party::Application, .. })));
    }
}

#[tokio::test]
async fn the_time_limit_is_the_carriers_to_keep() {
    let mut world = World::new().await;
    world.page("/twiml", "<Connect><Stream url='WS'/></Connect>");
    let sid = world.call(&[("TimeLimit", "1")]).await;
    let mut stream = world.stream().await;
    assert_eq!(stream.other().await.unwrap()["event"], "stop");
    let log = world.carrier.wait_finished(&sid).await.unwrap();
    let ended = LogEvent::Ended { status: "completed".into(), by: Party::Carrier };
    assert_eq!(log.first_ms(|event| *event == ended), Some(1_000));
}

#[tokio::test]
async fn send_digits_are_keyed_before_the_twiml_is_fetched() {
    let world = World::new().await;
    world.page("/twiml", "<Hangup/>");
    let sid = world.call(&[("SendDigits", "4")]).await;
    let log = world.carrier.wait_finished(&sid).await.unwrap();
    let key = log.first_ms(|e| *e == LogEvent::KeyDetected { key: '4' }).unwrap();
    let fetched = log.first_ms(|e| matches!(e, LogEvent::TwimlFetched { .. })).unwrap();
    assert!(key < fetched, "{key} and {fetched}");
}
