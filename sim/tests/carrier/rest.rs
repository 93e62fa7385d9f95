//! REST and webhooks.

use crate::app::{ACCOUNT, TOKEN, World, error_code, signature};
use callwright_sim::Speech;
use callwright_sim::log::Party;
use callwright_sim::{
    Carrier, CarrierConfig, Limits, LogEvent, Scenario, ScenarioSource, SimError,
};
use serde_json::json;

#[tokio::test]
async fn strangers_are_turned_away() {
    let world = World::new().await;
    let url = world.calls_url();
    for request in [
        world.http.post(&url),
        world.http.post(&url).basic_auth(ACCOUNT, Some("wrong")),
        world.http.get(url.replace(ACCOUNT, "AC2")).basic_auth(ACCOUNT, Some(TOKEN)),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401);
        let body = response.json().await.unwrap();
        assert_eq!(error_code(&body), 20_003);
    }
}

#[tokio::test]
async fn errors_have_twilios_shape_and_codes() {
    let world = World::new().await;
    let twiml = ("Twiml", "<Response/>");
    for (form, code) in [
        (vec![("From", "+16142000134"), twiml], 21_201),
        (vec![("To", "911"), ("From", "+16142000134"), twiml], 21_211),
        (vec![("To", "+18002000140"), ("From", "x"), twiml], 21_212),
        (vec![("To", "+18002000140"), ("From", "+16142000134")], 21_205),
        (vec![("To", "+18002000199"), ("From", "+16142000134"), twiml], 21_214),
    ] {
        let (status, body) = world.post(&world.calls_url(), &form).await;
        assert_eq!((status, error_code(&body), &body["status"]), (400, code, &json!(400)));
    }
    let unknown = world.call_url("CA00000000000000000000000000000000");
    for (status, body) in
        [world.get(&unknown).await, world.post(&unknown, &[("Status", "completed")]).await]
    {
        assert_eq!((status, error_code(&body)), (404, 20_404));
    }
}

#[tokio::test]
async fn a_call_is_created_queued_and_can_be_found() {
    let world = World::new().await;
    world.page("/twiml", "<Pause length='60'/>");
    let form = [
        ("To", "+18002000140"),
        ("From", "+16142000134"),
        ("Twiml", "<Response><Pause length='60'/></Response>"),
    ];
    let (status, body) = world.post(&world.calls_url(), &form).await;
    assert_eq!(
        (status, &body["status"], &body["direction"]),
        (201, &json!("queued"), &json!("outbound-api"))
    );
    let sid = body["sid"].as_str().unwrap();
    assert!(sid.starts_with("CA") && sid.len() == 34, "{sid}");
    let other = world.call(&[]).await;
    assert_ne!(sid, other);
    let (_, list) = world.get(&format!("{}?To=%2B18002000140&PageSize=1", world.calls_url())).await;
    assert_eq!(list["calls"].as_array().unwrap().len(), 1);
    assert_eq!(list["calls"][0]["sid"], other, "the latest first");
    let (_, list) = world.get(&format!("{}?Status=busy", world.calls_url())).await;
    assert_eq!(list["calls"], json!([]));
}

#[tokio::test]
async fn progress_is_told_in_order_signed_and_numbered() {
    let world = World::new().await;
    world.page("/twiml", "<Hangup/>");
    let sid = world.call(&[]).await;
    let log = world.carrier.wait_finished(&sid).await.unwrap();
    assert!(log.has(|event| matches!(event, LogEvent::Ended { by: Party::Application, .. })));
    let url = format!("{}/status", world.app_url);
    let told = world.seen("/status");
    let statuses: Vec<_> = told.iter().map(|seen| seen.value("CallStatus").unwrap()).collect();
    assert_eq!(statuses, ["initiated", "ringing", "in-progress", "completed"]);
    for (number, seen) in told.iter().enumerate() {
        assert_eq!(seen.signature, signature(&url, &seen.form));
        assert_eq!(seen.value("SequenceNumber"), Some(number.to_string().as_str()));
        assert_eq!(seen.value("CallSid"), Some(sid.as_str()));
        assert_eq!(seen.value("CallbackSource"), Some("call-progress-events"));
        assert!(seen.value("Timestamp").unwrap().ends_with(" +0000"));
        assert_eq!(seen.value("CallDuration").is_some(), number == 3);
    }
    let [fetched] = world.seen("/twiml").try_into().unwrap();
    assert_eq!(fetched.signature, signature(&format!("{}/twiml", world.app_url), &fetched.form));
    assert_eq!(fetched.value("CallStatus"), Some("in-progress"));
    let (_, body) = world.get(&world.call_url(&sid)).await;
    assert_eq!(body["status"], "completed");
    assert!(body["end_time"].is_string() && body["duration"].is_string());
}

#[tokio::test]
async fn a_call_that_is_over_is_not_found_by_updates_and_can_be_deleted() {
    let world = World::new().await;
    world.page("/twiml", "<Hangup/>");
    let sid = world.call(&[]).await;
    world.carrier.wait_finished(&sid).await.unwrap();
    let (status, body) = world.post(&world.call_url(&sid), &[("Status", "completed")]).await;
    assert_eq!((status, error_code(&body)), (404, 20_404));
    let delete = world.http.delete(world.call_url(&sid)).basic_auth(ACCOUNT, Some(TOKEN));
    assert_eq!(delete.send().await.unwrap().status(), 204);
    assert_eq!(world.get(&world.call_url(&sid)).await.0, 404);
}

#[tokio::test]
async fn a_ringing_call_can_be_cancelled_and_not_redirected() {
    let world = World::with("[faults]\ndial = \"no-answer\"\n", Limits::default()).await;
    let sid = world.call(&[]).await;
    assert!(
        world.carrier.wait_for(&sid, |log| log.iter().any(|e| e.event == LogEvent::Ringing)).await
    );
    let url = world.call_url(&sid);
    let (status, body) = world.post(&url, &[("Twiml", "<Response/>")]).await;
    assert_eq!((status, error_code(&body)), (400, 21_220));
    assert_eq!(world.post(&url, &[("Status", "canceled")]).await.0, 200);
    world.carrier.wait_finished(&sid).await.unwrap();
    let last = world.seen("/status").pop().unwrap();
    assert_eq!(
        (last.value("CallStatus"), last.value("SipResponseCode")),
        (Some("canceled"), Some("487"))
    );
}

#[tokio::test]
async fn there_is_a_bound_on_calls() {
    let limits = Limits { live_calls_max: 1, ..Limits::default() };
    let world = World::with("[faults]\ndial = \"no-answer\"\n", limits).await;
    world.call(&[]).await;
    let form = [("To", "+18002000140"), ("From", "+16142000134"), ("Twiml", "<Response/>")];
    let (status, body) = world.post(&world.calls_url(), &form).await;
    assert_eq!((status, error_code(&body)), (429, 20_429));
}

#[tokio::test]
async fn twiml_that_cannot_be_had_or_read_ends_the_call() {
    let world = World::new().await;
    for (page, code) in [("<Gather/><Hangup/>", 12_200), ("<Hangup>", 12_100)] {
        world.page("/twiml", page);
        let sid = world.call(&[]).await;
        let log = world.carrier.wait_finished(&sid).await.unwrap();
        assert!(log.has(|e| matches!(e, LogEvent::Error { code: c, .. } if *c == code)), "{page}");
    }
    // Port 9 is the discard service's; nothing listens there.
    let dead = [("Url", "http://127.0.0.1:9/"), ("To", "+18002000140"), ("From", "+16142000134")];
    let (_, body) = world.post(&world.calls_url(), &dead).await;
    let log = world.carrier.wait_finished(body["sid"].as_str().unwrap()).await.unwrap();
    assert!(log.has(|e| matches!(e, LogEvent::Error { code: 11_200, .. })));
    world.page("/fallback", "<Hangup/>");
    let fallback = format!("{}/fallback", world.app_url);
    let form = [dead[0], dead[1], dead[2], ("FallbackUrl", fallback.as_str())];
    let (_, body) = world.post(&world.calls_url(), &form).await;
    let log = world.carrier.wait_finished(body["sid"].as_str().unwrap()).await.unwrap();
    assert!(log.has(|e| *e == LogEvent::TwimlFetched { verbs: 1 }));
}

#[tokio::test]
async fn a_carrier_is_started_with_sound_values_only() {
    let scenario = Scenario::acme_medical().unwrap();
    let any = ScenarioSource::Any(Box::new(scenario));
    let config =
        |sid: &str, token: &str| CarrierConfig::new(sid, token, any.clone(), Speech::Tones);
    let start = async |config| Carrier::start(config).await.err();
    assert!(matches!(start(config("AC1", "t")).await, Some(SimError::AccountSid)));
    assert!(matches!(start(config(ACCOUNT, "")).await, Some(SimError::AuthToken)));
    let mut outside = config(ACCOUNT, "t");
    outside.bind = "0.0.0.0:0".parse().unwrap();
    assert!(matches!(start(outside).await, Some(SimError::NotLoopback(_))));
    let mut nobody = config(ACCOUNT, "t");
    nobody.scenarios = ScenarioSource::ByLine(vec![]);
    assert!(matches!(start(nobody).await, Some(SimError::NoScenario)));
}

#[tokio::test]
async fn shutdown_ends_the_calls_and_tells_so() {
    let world = World::new().await;
    world.page("/twiml", "<Pause length='60'/>");
    let sid = world.call(&[]).await;
    assert!(
        world.carrier.wait_for(&sid, |log| log.iter().any(|e| e.event == LogEvent::Answered)).await
    );
    let told = world.shutdown().await;
    let last = told.last().unwrap();
    assert_eq!((last.path.as_str(), last.value("CallStatus")), ("/status", Some("completed")));
}
