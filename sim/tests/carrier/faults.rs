//! Faults as data: each one happens, and the log says that it did.

use crate::app::{World, tone};
use callwright_sim::log::Party;
use callwright_sim::payer::faults::Injected;
use callwright_sim::{Limits, LogEvent};
use serde_json::json;

async fn world(faults: &str) -> World {
    World::with(&format!("[faults]\n{faults}\n"), Limits::default()).await
}

#[tokio::test]
async fn dials_that_fail() {
    for (fault, more, status, sip) in [
        ("busy", vec![], "busy", "486"),
        ("failed", vec![], "failed", "404"),
        ("no-answer", vec![("Timeout", "1")], "no-answer", "487"),
    ] {
        let world = world(&format!("dial = \"{fault}\"")).await;
        let sid = world.call(&more).await;
        let log = world.carrier.wait_finished(&sid).await.unwrap();
        assert!(!log.has(|event| *event == LogEvent::Answered));
        let last = world.seen("/status").pop().unwrap();
        assert_eq!(
            (last.value("CallStatus"), last.value("SipResponseCode")),
            (Some(status), Some(sip))
        );
        assert_eq!(world.get(&world.call_url(&sid)).await.1["status"], status);
        assert!(world.seen("/twiml").is_empty());
    }
}

#[tokio::test]
async fn the_far_end_hangs_up_in_the_middle_of_a_word() {
    let mut world = world("hang_up = { step = \"code\", after_ms = 100 }").await;
    let (sid, mut stream) = world.connected().await;
    assert_eq!(stream.other().await.unwrap()["event"], "stop");
    assert!(stream.frame().await.is_none());
    let log = world.carrier.wait_finished(&sid).await.unwrap();
    let began =
        log.first_ms(|e| matches!(e, LogEvent::PromptStarted { step, .. } if step == "code"));
    let cut = log.first_ms(|e| matches!(e, LogEvent::PromptCut { step } if step == "code"));
    assert_eq!(cut.unwrap() - began.unwrap(), 120, "100 ms into it, at the end of that frame");
    assert!(log.has(|e| matches!(e, LogEvent::Ended { by: Party::FarEnd, .. })));
}

#[tokio::test]
async fn marks_may_be_withheld_doubled_or_out_of_order() {
    for (fault, expected) in [
        ("withheld", vec![]),
        ("duplicated", vec!["a", "a", "b", "b"]),
        ("out-of-order", vec!["b", "a"]),
    ] {
        let mut world = world(&format!("marks = \"{fault}\"")).await;
        let (sid, mut stream) = world.connected().await;
        stream.audio(&tone(40)).await;
        stream.mark("a").await;
        stream.audio(&tone(40)).await;
        stream.mark("b").await;
        let both = |log: &[callwright_sim::LogEntry]| {
            log.iter().filter(|e| matches!(e.event, LogEvent::MarkEchoed { .. })).count() == 2
        };
        assert!(world.carrier.wait_for(&sid, both).await);
        world.post(&world.call_url(&sid), &[("Status", "completed")]).await;
        let mut names = Vec::new();
        while let Some(message) = stream.other().await {
            if message["event"] == "mark" {
                names.push(message["mark"]["name"].as_str().unwrap().to_owned());
            }
        }
        assert_eq!(names, expected, "{fault}");
    }
}

#[tokio::test]
async fn a_stall_loses_or_delays_what_is_said() {
    for (lost, chunks) in [(true, "15"), (false, "20")] {
        let stall = format!("stalls = [{{ at_ms = 100, for_ms = 100, lost = {lost} }}]");
        let mut world = world(&stall).await;
        let (_sid, mut stream) = world.connected().await;
        let mut last = stream.message().await.unwrap();
        while last["media"]["timestamp"] != "380" {
            last = stream.message().await.unwrap();
        }
        assert_eq!(last["media"]["chunk"], chunks, "lost: {lost}");
        stream.close().await;
    }
}

#[tokio::test]
async fn a_second_stream_with_the_same_token_is_tried() {
    let mut world = world("second_stream_at_ms = 40").await;
    let (sid, first) = world.connected().await;
    let second = world.stream().await;
    assert_ne!(first.stream_sid, second.stream_sid);
    assert_eq!(first.start["start"]["customParameters"], second.start["start"]["customParameters"]);
    second.close().await;
    let refused = LogEvent::SecondStream { accepted: false };
    assert!(world.carrier.wait_for(&sid, |log| log.iter().any(|e| e.event == refused)).await);
    first.close().await;
}

#[tokio::test]
async fn frames_that_do_not_belong_are_sent() {
    let kinds = [
        "malformed",
        "binary",
        "unknown-event",
        "other-stream",
        "not-base64",
        "second-start",
        "oversized",
    ];
    let listed: Vec<_> =
        kinds.iter().map(|kind| format!("{{ at_ms = 20, what = \"{kind}\" }}")).collect();
    let digit = "{ at_ms = 20, what = { digit = \"5\" } }";
    let mut world = world(&format!("inject = [{}, {digit}]", listed.join(", "))).await;
    let (sid, mut stream) = world.connected().await;
    let (mut binary, mut unreadable, mut events, mut longest) = (0, 0, Vec::new(), 0);
    while !events.contains(&json!("dtmf")) {
        let frame = stream.frame().await.unwrap();
        if frame.is_binary() {
            binary += 1;
            continue;
        }
        let text = frame.to_text().unwrap();
        longest = longest.max(text.len());
        match serde_json::from_str::<serde_json::Value>(text) {
            Ok(message) if message["event"] == "media" => {}
            Ok(message) => events.push(message["event"].clone()),
            Err(_) => unreadable += 1,
        }
    }
    assert_eq!((binary, unreadable), (1, 1));
    assert_eq!(events, [json!("surprise"), json!("start"), json!("dtmf")]);
    assert!(longest > 1 << 20);
    stream.close().await;
    let log = world.carrier.wait_finished(&sid).await.unwrap();
    assert!(log.has(|event| *event == LogEvent::Injected { what: Injected::Digit('5') }));
}
