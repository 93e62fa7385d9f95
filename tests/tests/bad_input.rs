//! Bad input: whatever the carrier, the far end or a vendor does, a call ends in a typed outcome, nothing is lost and nothing hangs.
//!
//! Both sides hum here, so that no speech library is needed. What a request may be wrong in is `intake`'s own test.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[expect(dead_code, reason = "each test of whole calls uses a part of it")]
mod support;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

use callwright::api::Api;
use callwright::call::Vendors;
use callwright::dialler::DialError;
use callwright_compliance::RuleId;
use callwright_compliance::incident::IncidentEvent;
use callwright_core::{Micros, SampleTime};
use callwright_dialplan::OriginateError;
use callwright_dialplan::twilio::twiml::TOKEN_PARAMETER;
use callwright_dialplan::twilio::{CarrierError, Secret, signature};
use callwright_media::twilio::{CarrierEvent, CarrierStream, Limits, Start};
use callwright_sim::log::EchoReason;
use callwright_sim::payer::faults::{
    DialFault, HangUpFault, Injected, Injection, MarkFault, Stall,
};
use callwright_sim::payer::scenario::{HOLD, MenuStep};
use callwright_sim::{LogEntry, LogEvent, Scenario};
use callwright_store::{Incident, RequestState};
use callwright_vendors::VendorError;
use support::faulty::{Boasts, Dies, Hoarse, Refuses, Stalls};
use support::house::{Called, House, client, scenario};
use support::vendors::{Line, Voices};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// Makes one call to the brief payer with a fault.
async fn call(fault: impl FnOnce(&mut Scenario)) -> (House, Called) {
    let mut scenario = scenario("brief");
    fault(&mut scenario);
    let house = House::open(scenario, Voices::hummed()).await;
    let called = house.call().await;
    (house, called)
}

/// Makes one call with other vendors than those that hum.
async fn call_with(change: impl FnOnce(&mut Vendors, &Line)) -> (House, Called) {
    let mut voices = Voices::hummed();
    change(&mut voices.vendors, &voices.line);
    // A payer that loses patience soon, and has little to tell.
    let mut payer = scenario("brief");
    let person = payer.representative.as_mut().expect("the brief payer has a person");
    (person.idle_ms, person.idle_most) = (2_500, 3);
    person.topics.truncate(1);
    let mut house = House::open(payer, voices).await;
    // Longer than a recogniser may owe what it heard.
    house.services.limits.menu_step = Micros::from_s(9);
    house.services.limits.silence = SampleTime::from_ms(2_000);
    let called = house.call().await;
    (house, called)
}

/// Asserts how the call ended; what the carrier saw is told where it did not end so.
fn assert_ended(called: &Called, outcome: &str, by: Option<&str>) {
    assert_eq!(called.ended(), (outcome, by), "\n{}", called.log().to_jsonl());
}

/// The incidents that the practice has after its call, each of which must be of that call.
async fn incidents(house: &House, called: &Called) -> Vec<IncidentEvent> {
    let incidents = house.services.store.incidents(&called.tenant).await.unwrap();
    let of_call = |incident: &Incident| incident.requests.contains(&called.request);
    assert!(incidents.iter().all(of_call), "{incidents:?}");
    incidents.iter().map(|incident| incident.event).collect()
}

fn audible(called: &Called) -> Vec<(u64, u64)> {
    called.log().near_segments()
}

// Before anybody answers.

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_not_allowlisted_is_refused_by_its_rule() {
    let house = House::open(scenario("brief"), Voices::hummed()).await;
    let claimed = house.claim().await;
    let tenant = claimed.request.tenant.clone();
    let store = &house.services.store;
    let now = house.services.clock.wall();
    let actor = callwright_compliance::audit::Actor::Node(house.services.node_id.clone());
    let mut tx = store.begin(&tenant, &actor, now).await.unwrap();
    for entry in store.allowlist(&tenant).await.unwrap() {
        tx.remove_allowlist_entry(&entry.id).await.unwrap();
    }
    tx.commit().await.unwrap();
    let called = house.attempt(claimed).await;
    let Err(DialError::Refused(record)) = &called.attempt else { panic!("it was not refused") };
    assert!(record.reasons.iter().any(|reason| reason.rule == RuleId::N3), "{record:?}");
    assert!(called.seen.is_none() && house.carrier.calls().is_empty(), "something was dialled");
    assert_eq!(house.settled(&called).await.state, RequestState::NeedsStaff);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_carrier_that_cannot_be_reached_costs_the_request_an_attempt_and_no_more() {
    let mut house = House::open(scenario("brief"), Voices::hummed()).await;
    // A port on which nobody listens any more.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let account = house.services.carrier.client.account_sid().to_owned();
    let nowhere = client(&format!("http://{gone}"), &account, &house.secret);
    house.services.carrier.client = Arc::new(nowhere);
    let called = house.call().await;
    let Err(DialError::Originate(OriginateError::Carrier(error))) = &called.attempt else {
        panic!("it was placed")
    };
    assert_eq!(*error, CarrierError::Unreachable);
    assert_eq!(house.settled(&called).await.state, RequestState::Queued);
    let calls = house.services.store.calls(&called.tenant, &called.request).await.unwrap();
    assert_eq!(calls[0].outcome.as_ref().unwrap().as_str(), "carrier_failed");
    let left = std::fs::read_dir(&house.services.calls_dir).unwrap().count();
    assert_eq!(left, 0, "a call that never was left a folder");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leg_that_nobody_answers_or_that_is_busy_or_fails_says_so() {
    for (fault, outcome) in [
        (DialFault::Busy, "busy"),
        (DialFault::Failed, "carrier_failed"),
        (DialFault::NoAnswer, "no_answer"),
    ] {
        let mut scenario = scenario("brief");
        scenario.faults.dial = fault;
        let mut house = House::open(scenario, Voices::hummed()).await;
        house.services.policy.caps.payer.ring_s = 2;
        let called = house.call().await;
        assert_ended(&called, outcome, Some(outcome));
        assert!(called.made().result.fields.is_empty());
        let request = house.settled(&called).await;
        assert_eq!(request.state, RequestState::Queued, "{outcome} is tried again");
        assert_eq!(request.attempts, 1);
        house.close().await;
    }
}

// The far end.

#[tokio::test(flavor = "multi_thread")]
async fn a_far_end_that_hangs_up_in_mid_word_leaves_what_was_won() {
    let (house, called) = call(|payer| {
        payer.faults.hang_up = Some(HangUpFault {
            at_ms: None,
            step: Some("deductible".to_owned()),
            after_ms: 700,
            first_calls: None,
        });
    })
    .await;
    assert_ended(&called, "partial", Some("far_end_hung_up"));
    let result = &called.made().result;
    assert_eq!(result.fields["plan_type"].value, "ppo");
    assert!(result.missing.contains(&"coinsurance".to_owned()));
    let request = house.settled(&called).await;
    assert_eq!(request.state, RequestState::Queued, "a dropped call is made again");
    let kept = house.services.store.evidence(&called.tenant, &called.request).await.unwrap();
    assert!(kept.iter().any(|field| field.field.as_str() == "plan_type"), "what was won is kept");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_far_end_that_hangs_up_in_its_first_word_leaves_nothing() {
    let (house, called) = call(|payer| {
        payer.faults.hang_up = Some(HangUpFault {
            at_ms: None,
            step: Some("greeting".to_owned()),
            after_ms: 300,
            first_calls: None,
        });
    })
    .await;
    assert_ended(&called, "far_end_hung_up", Some("far_end_hung_up"));
    assert!(audible(&called).is_empty(), "nothing was said to nobody");
    assert_eq!(house.settled(&called).await.state, RequestState::Queued);
    house.close().await;
}

// A menu.

#[tokio::test(flavor = "multi_thread")]
async fn a_menu_that_does_not_hear_tones_gets_its_keys_from_the_carrier() {
    let (house, called) = call(|payer| {
        payer.menu = vec![MenuStep {
            id: "welcome".to_owned(),
            prompt: "acme health. benefits and eligibility press two.".to_owned(),
            choices: [("2".to_owned(), HOLD.to_owned())].into(),
            digits: None,
            then: None,
            barge_in: true,
            retry: None,
        }];
        payer.menu_patience.first_key_ms = 4_000;
        payer.menu_patience.tries = 4;
        payer.menu_patience.retry = "sorry.".to_owned();
        payer.faults.stream_tones_lost = true;
    })
    .await;
    // Whoever greets before the new stream is up is not heard: how the call ends is not this test's matter.
    let log = called.log();
    let keys: Vec<char> =
        log.entries
            .iter()
            .filter_map(|entry| {
                if let LogEvent::KeyDetected { key } = entry.event { Some(key) } else { None }
            })
            .collect();
    assert_eq!(keys, ['2'], "the tones were lost, and what the carrier pressed arrived once");
    let streams = log.entries.iter();
    let streams = streams.filter(|entry| matches!(entry.event, LogEvent::StreamStarted { .. }));
    assert_eq!(streams.count(), 2, "the leg outlived its first stream");
    house.settled(&called).await;
    house.close().await;
}

// Marks.

#[tokio::test(flavor = "multi_thread")]
async fn without_marks_the_disclosure_is_never_taken_for_proven() {
    let (house, called) = call(|payer| payer.faults.marks = MarkFault::Withheld).await;
    assert_ended(&called, "disclosure_unproven", Some("disclosure_unproven"));
    let result = &called.made().result;
    assert!(result.disclosures.is_empty() && result.fields.is_empty());
    // The disclosure, its short form and a polite end: three clips, and nothing of the patient's.
    assert_eq!(audible(&called).len(), 3, "{:?}", audible(&called));
    let far_end = result.egress.iter().find(|total| total.recipient == "far_end").unwrap();
    assert_eq!(far_end.fields, ["provider_name", "callback_number"]);
    assert_eq!(incidents(&house, &called).await, [IncidentEvent::DisclosureUnproven]);
    house.settled(&called).await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_that_come_out_of_order_end_the_call_in_words() {
    let (house, called) = call(|payer| payer.faults.marks = MarkFault::OutOfOrder).await;
    let (outcome, _) = called.ended();
    let typed = ["complete", "partial", "disclosure_unproven", "far_end_hung_up"];
    assert!(typed.contains(&outcome), "{outcome}");
    let result = &called.made().result;
    let far_end = result.egress.iter().find(|total| total.recipient == "far_end").unwrap();
    let told = far_end.fields.contains(&"member_id");
    assert!(!told || !result.disclosures.is_empty(), "a value was said before the disclosure");
    house.settled(&called).await;
    house.close().await;
}

// Frames.

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_breaks_the_protocol_ends_the_stream_and_the_call() {
    for what in [
        Injected::Malformed,
        Injected::Oversized,
        Injected::Binary,
        Injected::NotBase64,
        Injected::OtherStream,
        Injected::SecondStart,
    ] {
        let (house, called) =
            call(|payer| payer.faults.inject.push(Injection { at_ms: 1_000, what })).await;
        let ends = ["far_end_hung_up", "media_lost"];
        let (outcome, _) = called.ended();
        assert!(ends.contains(&outcome), "{what:?}: {outcome}");
        assert!(called.log().has(|event| matches!(event, LogEvent::Injected { .. })));
        assert_eq!(house.settled(&called).await.state, RequestState::Queued, "{what:?}");
        house.close().await;
    }
}

// One call for all that does no harm, as a whole call takes its time.
#[tokio::test(flavor = "multi_thread")]
async fn marks_that_come_twice_unknown_events_a_short_stall_and_a_used_token_harm_no_call() {
    let (house, called) = call(|payer| {
        let faults = &mut payer.faults;
        faults.marks = MarkFault::Duplicated;
        faults.inject.push(Injection { at_ms: 500, what: Injected::UnknownEvent });
        faults.inject.push(Injection { at_ms: 700, what: Injected::Digit('5') });
        faults.stalls.push(Stall { at_ms: 3_000, for_ms: 1_500, lost: false });
        faults.second_stream_at_ms = Some(400);
    })
    .await;
    assert_ended(&called, "complete", None);
    let log = called.log();
    assert!(log.has(|event| matches!(event, LogEvent::SecondStream { accepted: false })));
    let injected = |entry: &&LogEntry| matches!(entry.event, LogEvent::Injected { .. });
    assert_eq!(log.entries.iter().filter(injected).count(), 2);
    assert_eq!(called.made().result.disclosures.len(), 1, "a mark counts once");
    assert_eq!(house.settled(&called).await.state, RequestState::Done);
    house.close().await;
}

// Vendors.

#[tokio::test(flavor = "multi_thread")]
async fn a_recogniser_that_cannot_be_opened_is_known_before_anything_is_dialled() {
    let (house, called) = call_with(|vendors, _| vendors.speech_to_text = Arc::new(Refuses)).await;
    assert!(matches!(called.attempt, Err(DialError::Vendor(VendorError::Open { .. }))));
    assert!(house.carrier.calls().is_empty(), "something was dialled");
    let request = house.settled(&called).await;
    assert_eq!((request.state, request.attempts), (RequestState::Queued, 0));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recogniser_that_dies_ends_the_call_in_words() {
    let (house, called) =
        call_with(|vendors, line| vendors.speech_to_text = Arc::new(Dies(line.clone()))).await;
    let result = &called.made().result;
    assert_eq!(result.ended_by.as_deref(), Some("vendor_lost"), "{}", called.log().to_jsonl());
    assert_eq!(result.disclosures.len(), 1, "the person was greeted before it died");
    assert_eq!(house.settled(&called).await.state, RequestState::Queued, "it is our fault");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recogniser_that_stalls_ends_the_call_before_anything_is_said() {
    let (house, called) = call_with(|vendors, _| vendors.speech_to_text = Arc::new(Stalls)).await;
    assert_ended(&called, "vendor_lost", Some("vendor_lost"));
    assert!(audible(&called).is_empty(), "it spoke to somebody it could not hear");
    assert_eq!(house.settled(&called).await.state, RequestState::Queued, "it is our fault");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_that_fails_ends_the_call_in_words() {
    let (house, called) =
        call_with(|vendors, _| vendors.text_to_speech = Arc::new(Hoarse::default())).await;
    let result = &called.made().result;
    let by = result.ended_by.as_deref().expect("it was not complete");
    assert_ne!(by, "far_end_hung_up", "the person was left in silence");
    assert_eq!(result.disclosures.len(), 1, "the disclosure is a clip and needs no voice");
    // The disclosure and a good-bye, both clips.
    let played = |entry: &&LogEntry| {
        matches!(entry.event, LogEvent::MarkEchoed { reason: EchoReason::Played, .. })
    };
    let marks = called.log().entries.iter().filter(played).count();
    assert_eq!(marks, 2, "{}", called.log().to_jsonl());
    house.settled(&called).await;
    house.close().await;
}

// Strangers.

/// Asks our server something as plain HTTP/1.1; gives the whole answer.
async fn ask(house: &House, head: String, body: String) -> String {
    let address = house.services.public_url.trim_start_matches("http://").to_owned();
    let asking = tokio::task::spawn_blocking(move || {
        let mut socket = std::net::TcpStream::connect(&address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let length = body.len();
        let end = format!("host: {address}\r\ncontent-length: {length}\r\n\r\n{body}");
        socket.write_all(format!("{head}\r\n{end}").as_bytes()).unwrap();
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).unwrap();
        String::from_utf8(answer).unwrap()
    });
    asking.await.unwrap()
}

const FORM: &str = "content-type: application/x-www-form-urlencoded\r\nconnection: close";
const UPGRADE: &str = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
    sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nconnection: close";
/// The form of a call's id, and nobody's.
const NOBODY: &str = "00112233445566778899aabbccddeeff";

/// Asks about a call as the carrier would, signed with its secret.
async fn ask_signed(house: &House, path: &str) -> String {
    let form = [("CallSid".to_owned(), "CA1".to_owned())];
    let url = format!("{}{path}", house.services.public_url);
    let signature = signature::sign(&Secret::new(house.secret.clone()), &url, &form);
    let head = format!("POST {path} HTTP/1.1\r\n{FORM}\r\nx-twilio-signature: {signature}");
    ask(house, head, "CallSid=CA1".to_owned()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_sign_as_the_carrier_is_told_so_and_nothing_else() {
    let house = House::open(scenario("brief"), Voices::hummed()).await;
    for (method, path, headers) in [
        ("POST", format!("/twilio/twiml/{NOBODY}"), FORM),
        ("POST", format!("/twilio/status/{NOBODY}"), FORM),
        ("GET", "/twilio/media".to_owned(), UPGRADE),
    ] {
        for signature in [
            "",
            "\r\nx-twilio-signature: bm90IHRoZSBzaWduYXR1cmUuLi4=",
            "\r\nx-twilio-signature: ?",
        ] {
            let head = format!("{method} {path} HTTP/1.1\r\n{headers}{signature}");
            let answer = ask(&house, head, String::new()).await;
            assert!(answer.starts_with("HTTP/1.1 403 "), "{path}: {answer}");
            assert!(answer.contains("application/problem+json"), "{path}: {answer}");
            let (_, problem) = answer.split_once("\r\n\r\n").unwrap();
            let problem: serde_json::Value = serde_json::from_str(problem).unwrap();
            let names: Vec<&String> = problem.as_object().unwrap().keys().collect();
            assert_eq!(names, ["code", "status", "title", "type"], "no more is told");
            assert_eq!(problem["code"], "bad_signature");
        }
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_says_it_is_a_person_is_not_spoken_for_and_is_an_incident() {
    let mut voices = Voices::hummed();
    voices.vendors.language_model = Arc::new(Boasts);
    // One that has little to tell: each question is worded twice here.
    let mut payer = scenario("brief");
    payer.representative.as_mut().expect("the brief payer has a person").topics.truncate(1);
    let house = House::open(payer, voices).await;
    let called = house.call().await;
    // The question is asked all the same, in the pack's own words, and answered.
    let result = &called.made().result;
    assert!(!result.fields.is_empty(), "{:?}", called.ended());
    assert_eq!(incidents(&house, &called).await, [IncidentEvent::AiDenied]);
    let words = std::fs::read_to_string(called.file("words.jsonl")).unwrap();
    assert!(!words.contains("a real person"), "{words}");
    house.settled(&called).await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_nobody_knows_is_hung_up() {
    let house = House::open(scenario("brief"), Voices::hummed()).await;
    let answer = ask_signed(&house, &format!("/twilio/twiml/{NOBODY}")).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("<Hangup"), "{answer}");
    let answer = ask_signed(&house, "/twilio/twiml/..%2f..%2fetc").await;
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    let answer = ask_signed(&house, "/twilio/nothing").await;
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    house.close().await;
}

/// Opens a media stream as the carrier would, but with a token of its own making; whether it was let in.
async fn intrude(house: &House, parameters: BTreeMap<String, String>) -> bool {
    let url = Api::media_url(&house.services.public_url);
    let mut request = url.as_str().into_client_request().unwrap();
    let signature = signature::sign(&Secret::new(house.secret.clone()), &url, &[]);
    request.headers_mut().insert("x-twilio-signature", signature.parse().unwrap());
    let address = house.services.public_url.trim_start_matches("http://");
    let socket = tokio::net::TcpStream::connect(address).await.unwrap();
    let (socket, _) = tokio_tungstenite::client_async(request, socket).await.unwrap();
    let start = Start {
        stream_sid: "MZ00000000000000000000000000000000".to_owned(),
        account_sid: house.services.carrier.client.account_sid().to_owned(),
        call_sid: "CA00000000000000000000000000000000".to_owned(),
        parameters,
    };
    let mut stream = CarrierStream::open(socket, Limits::default(), start).await.unwrap();
    let mut audio = Vec::new();
    let next = tokio::time::timeout(Duration::from_secs(10), stream.recv(&mut audio)).await;
    !matches!(next, Ok(Ok(CarrierEvent::Ended(_)) | Err(_)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_made_up_lets_nobody_in_and_harms_no_call() {
    let house = House::open(scenario("brief"), Voices::hummed()).await;
    let intruding = async {
        let sid = house.carrier.wait_placed(1).await.unwrap();
        let up = |log: &[LogEntry]| {
            log.iter().any(|entry| matches!(entry.event, LogEvent::StreamStarted { .. }))
        };
        assert!(house.carrier.wait_for(&sid, up).await, "the call's own stream never came up");
        let folder = std::fs::read_dir(&house.services.calls_dir).unwrap().next().unwrap().unwrap();
        let call = folder.file_name().into_string().unwrap();
        let parameters = |token: &str| {
            let named = [("call", call.as_str()), ("epoch", "1"), (TOKEN_PARAMETER, token)];
            named.map(|(name, value)| (name.to_owned(), value.to_owned()))
        };
        let made_up = BTreeMap::from(parameters(&"0".repeat(64)));
        assert!(!intrude(&house, made_up).await, "a made-up token was taken");
        let mut without = BTreeMap::from(parameters(""));
        without.remove(TOKEN_PARAMETER);
        assert!(!intrude(&house, without).await, "no token was taken");
        assert!(!intrude(&house, BTreeMap::new()).await, "a stream without a call was taken");
    };
    let (called, ()) = tokio::join!(house.call(), intruding);
    assert_ended(&called, "complete", None);
    assert_eq!(
        called
            .log()
            .entries
            .iter()
            .filter(|e| matches!(e.event, LogEvent::StreamStarted { .. }))
            .count(),
        1
    );
    assert_eq!(house.settled(&called).await.state, RequestState::Done);
    house.close().await;
}
