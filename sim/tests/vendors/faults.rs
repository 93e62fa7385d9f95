//! What goes wrong on purpose, at each vendor, at the beginning and later.

use crate::world::*;
use crate::{deepgram, elevenlabs, openai};
use callwright_sim::vendors::{
    FaultKind, Garbage, Side, Trigger, Vendor, VendorEvent, VendorFault, Vendors,
};
use serde_json::{Value, json};
use std::time::Duration;

const WEBSOCKETS: [Vendor; 2] = [Vendor::Deepgram, Vendor::ElevenLabs];

async fn with(faults: Vec<VendorFault>) -> Vendors {
    let mut config = config();
    config.faults = faults;
    start(config).await
}

/// Opens a session that has something to answer, and gets as many messages as it is asked for.
async fn session(vendors: &Vendors, vendor: Vendor) -> Result<Socket, Refused> {
    let token = format!("Token {KEY}");
    let (url, headers) = match vendor {
        Vendor::Deepgram => {
            (deepgram::url(vendors, "&endpointing=false"), [("authorization", token.as_str())])
        }
        Vendor::ElevenLabs => {
            (elevenlabs::url(vendors, "stream-input", "&auto_mode=true"), [("xi-api-key", KEY)])
        }
        Vendor::OpenAi => panic!("it has no WebSocket"),
    };
    let mut socket = Socket::open(&url, &headers).await?;
    if vendor == Vendor::ElevenLabs {
        socket.json(&json!({"text": " "})).await;
    }
    Ok(socket)
}

/// Gives the vendor reason for one more message.
async fn provoke(socket: &mut Socket, vendor: Vendor) {
    match vendor {
        Vendor::Deepgram => {
            socket.audio(&[0xFF; 1_600]).await;
            socket.json(&json!({"type": "Finalize"})).await;
        }
        Vendor::ElevenLabs => socket.json(&json!({"text": "one "})).await,
        Vendor::OpenAi => panic!("it has no WebSocket"),
    }
}

async fn stream(vendors: &Vendors) -> reqwest::Response {
    openai::post(vendors, KEY, &openai::body(true)).await
}

#[tokio::test]
async fn statuses_are_given_as_often_as_they_should_and_then_it_works() {
    for vendor in WEBSOCKETS {
        let vendors = with(vec![
            VendorFault::new(vendor, FaultKind::RefuseKey).times(1),
            VendorFault::new(vendor, FaultKind::RateLimit { retry_after_s: 7 }).times(1),
            VendorFault::new(vendor, FaultKind::ServerError).times(1),
        ])
        .await;
        for (status, retry_after) in [(401, None), (429, Some("7")), (503, None)] {
            let refused = session(&vendors, vendor).await.unwrap_err();
            assert_eq!(refused.status, status);
            let header = refused.headers.get("retry-after").map(|v| v.to_str().unwrap());
            assert_eq!(header, retry_after);
            assert!(refused.body.is_object(), "{vendor:?} {status}");
        }
        session(&vendors, vendor).await.unwrap();
    }
    let vendors = with(vec![
        VendorFault::new(Vendor::OpenAi, FaultKind::RateLimit { retry_after_s: 7 }).times(2),
    ])
    .await;
    for _ in 0..2 {
        let response = stream(&vendors).await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()["retry-after"]),
            (429, &"7".parse().unwrap())
        );
        let error: Value = within(response.json()).await.unwrap();
        assert_eq!(error["error"]["code"], "rate_limit_exceeded");
    }
    assert_eq!(stream(&vendors).await.status(), 200);
}

#[tokio::test]
async fn a_socket_is_cut_after_so_many_messages() {
    for vendor in WEBSOCKETS {
        let fault = VendorFault::new(vendor, FaultKind::Die).from(Trigger::AfterMessages(2));
        let vendors = with(vec![fault]).await;
        let mut socket = session(&vendors, vendor).await.unwrap();
        for _ in 0..2 {
            provoke(&mut socket, vendor).await;
            assert!(matches!(socket.event().await, Event::Json(_)));
        }
        assert_eq!(socket.event().await, Event::Cut, "{vendor:?}");
    }
    let fault = VendorFault::new(Vendor::OpenAi, FaultKind::Die).from(Trigger::AfterMessages(3));
    let vendors = with(vec![fault]).await;
    let mut response = stream(&vendors).await;
    let mut got = Vec::new();
    let broken = loop {
        match within(response.chunk()).await {
            Ok(Some(bytes)) => got.extend(bytes),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert!(broken && !String::from_utf8(got).unwrap().contains("[DONE]"));
}

#[tokio::test]
async fn a_vendor_that_stalls_takes_everything_and_says_nothing() {
    for vendor in WEBSOCKETS {
        let fault = VendorFault::new(vendor, FaultKind::Stall).from(Trigger::AfterMessages(1));
        let vendors = with(vec![fault]).await;
        let mut socket = session(&vendors, vendor).await.unwrap();
        provoke(&mut socket, vendor).await;
        assert!(matches!(socket.event().await, Event::Json(_)));
        provoke(&mut socket, vendor).await;
        let quiet = tokio::time::timeout(Duration::from_millis(300), socket.event()).await;
        assert!(quiet.is_err(), "{vendor:?}: {quiet:?}");
        socket.close().await;
    }
    // At the beginning the request itself is never answered; a shutdown is not held up by it.
    for when in [Trigger::Connect, Trigger::AfterMessages(0)] {
        let fault = VendorFault::new(Vendor::OpenAi, FaultKind::Stall).from(when);
        let vendors = with(vec![fault]).await;
        let answer = async { stream(&vendors).await.text().await };
        let quiet = tokio::time::timeout(Duration::from_millis(300), answer).await;
        assert!(quiet.is_err());
        within(vendors.shutdown()).await;
    }
}

#[tokio::test]
async fn garbage_comes_in_the_place_of_messages() {
    for vendor in WEBSOCKETS {
        for garbage in [Garbage::InvalidJson, Garbage::WrongTypes, Garbage::Binary] {
            let fault = VendorFault::new(vendor, FaultKind::Garbage(garbage));
            let vendors = with(vec![fault.from(Trigger::AfterMessages(1))]).await;
            let mut socket = session(&vendors, vendor).await.unwrap();
            provoke(&mut socket, vendor).await;
            assert!(matches!(socket.event().await, Event::Json(_)));
            provoke(&mut socket, vendor).await;
            let event = socket.event().await;
            match garbage {
                Garbage::InvalidJson => assert!(matches!(event, Event::Text(_)), "{event:?}"),
                Garbage::WrongTypes => assert!(matches!(event, Event::Json(_)), "{event:?}"),
                Garbage::Binary => assert!(matches!(event, Event::Binary(_)), "{event:?}"),
            }
        }
    }
    let fault = VendorFault::new(Vendor::OpenAi, FaultKind::Garbage(Garbage::InvalidJson));
    let vendors = with(vec![fault.from(Trigger::AfterMessages(2))]).await;
    let events = openai::events(stream(&vendors).await).await;
    let good = events.iter().take_while(|e| serde_json::from_str::<Value>(e).is_ok()).count();
    assert_eq!(good, 2);
}

#[tokio::test]
async fn a_vendor_gives_up_in_its_own_words() {
    for (vendor, code) in [(Vendor::Deepgram, 1_011), (Vendor::ElevenLabs, 1_011)] {
        let fault = VendorFault::new(vendor, FaultKind::ServerError);
        let vendors = with(vec![fault.from(Trigger::AfterMs(50))]).await;
        let mut socket = session(&vendors, vendor).await.unwrap();
        let messages = socket.until_close(code).await;
        let [error] = &messages[..] else { panic!("{messages:?}") };
        assert!(error["type"] == "Error" || error["error"] == "system_busy", "{error}");
    }
    let fault = VendorFault::new(Vendor::OpenAi, FaultKind::ServerError);
    let vendors = with(vec![fault.from(Trigger::AfterMessages(2))]).await;
    let events = openai::events(stream(&vendors).await).await;
    assert_eq!(events.len(), 3);
    let last: Value = serde_json::from_str(&events[2]).unwrap();
    assert_eq!(last["error"]["type"], "server_error");
}

#[tokio::test]
async fn late_answers_come_late_and_in_order() {
    for vendor in WEBSOCKETS {
        let fault = VendorFault::new(vendor, FaultKind::Late { ms: 1_500 });
        let vendors = with(vec![fault.from(Trigger::AfterMessages(0))]).await;
        let mut socket = session(&vendors, vendor).await.unwrap();
        provoke(&mut socket, vendor).await;
        let soon = tokio::time::timeout(Duration::from_millis(200), socket.event()).await;
        assert!(soon.is_err(), "{vendor:?}: {soon:?}");
        assert!(matches!(socket.event().await, Event::Json(_)));
    }
    let fault = VendorFault::new(Vendor::OpenAi, FaultKind::Late { ms: 1_500 });
    let vendors = with(vec![fault]).await;
    let soon = tokio::time::timeout(Duration::from_millis(200), stream(&vendors)).await;
    assert!(soon.is_err());
    assert_eq!(openai::events(stream(&vendors).await).await.last().unwrap(), "[DONE]");
}

#[tokio::test]
async fn faults_can_be_changed_while_the_vendors_run_and_are_in_the_evidence() {
    let vendors = with(Vec::new()).await;
    let kind = FaultKind::RefuseKey;
    vendors.set_faults(vec![VendorFault::new(Vendor::OpenAi, kind)]);
    assert_eq!(stream(&vendors).await.status(), 401);
    vendors.set_faults(Vec::new());
    assert_eq!(stream(&vendors).await.status(), 200);
    let log = vendors.log();
    assert!(log.has(Vendor::OpenAi, |event| *event == VendorEvent::Fault { kind }));
    assert!(log.has(Vendor::OpenAi, |event| *event == VendorEvent::Answered { status: 401 }));
    assert!(!log.has(Vendor::Deepgram, |event| matches!(
        event,
        VendorEvent::Closed { by: Side::Vendor, .. }
    )));
}
