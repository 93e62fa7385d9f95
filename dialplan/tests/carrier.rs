//! The carrier's client against a scripted carrier over real sockets, and the one way to place a call.

#![expect(clippy::unwrap_used, reason = "helpers of tests count as tests")]

#[expect(dead_code, reason = "each test uses a part of it")]
mod support;

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use callwright_compliance::PhoneNumber;
use callwright_dialplan::twilio::signature::sign;
use callwright_dialplan::twilio::status::LegStatus;
use callwright_dialplan::twilio::twiml;
use callwright_dialplan::twilio::{
    CallSid, CarrierError, Client, ClientConfig, ConfigError, Credentials, Instruction, Secret,
    Violation,
};
use callwright_dialplan::{CallPlan, OriginateError, Placed, originate};
use jiff::SignedDuration;

use support::{ACCOUNT, Carrier, Reply, Request, SID, call, decided_at, permit};

fn plan() -> CallPlan {
    CallPlan::new(
        PhoneNumber::parse_e164("+16142000134").unwrap(),
        "https://calls.example/twiml?intent=7".to_owned(),
        "https://calls.example/status".to_owned(),
    )
    .unwrap()
}

async fn place(client: &Client) -> Result<Placed, OriginateError> {
    originate(permit(), &plan(), client, decided_at()).await
}

fn error(status: u16, code: u32) -> Reply {
    let body = format!(
        r#"{{"code":{code},"message":"The number +18002000140 is wrong","status":{status}}}"#
    );
    Reply::Json(status, body)
}

fn sid() -> CallSid {
    CallSid::new(SID).unwrap()
}

/// What placing a call comes to when the carrier's first and only answer is `reply`.
async fn placed_with(reply: Reply) -> Result<Placed, OriginateError> {
    let carrier = Carrier::start(vec![reply]);
    let client = carrier.client(|config| config.body_bytes_max = 1_000);
    let result = place(&client).await;
    assert_eq!(carrier.requests().len(), 1, "tried again");
    result
}

#[tokio::test]
async fn a_call_is_placed_with_everything_from_the_permit() {
    let carrier = Carrier::start(vec![Reply::Json(201, call("queued"))]);
    let client = carrier.client(|_| {});
    let placed = place(&client).await.unwrap();
    assert_eq!(placed.call_sid.as_str(), SID);
    assert_eq!(placed.decision, permit().decision_id());
    let requests = carrier.requests();
    let [request]: &[Request; 1] = requests.as_slice().try_into().unwrap();
    assert_eq!(request.line, format!("POST /2010-04-01/Accounts/{ACCOUNT}/Calls.json HTTP/1.1"));
    // base64 of "AC00000000000000000000000000000001:secret"
    let basic = "Basic QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMTpzZWNyZXQ=";
    assert_eq!(request.authorization, basic);
    for (name, values) in [
        ("To", vec!["+18002000140"]),
        ("From", vec!["+16142000134"]),
        ("Url", vec!["https://calls.example/twiml?intent=7"]),
        ("Method", vec!["POST"]),
        ("StatusCallback", vec!["https://calls.example/status"]),
        ("StatusCallbackMethod", vec!["POST"]),
        ("StatusCallbackEvent", vec!["initiated", "ringing", "answered", "completed"]),
        ("Timeout", vec!["60"]),
        ("TimeLimit", vec!["5400"]),
    ] {
        assert_eq!(request.values(name), values, "{name}");
    }
    assert_eq!(request.form.len(), 12, "{:?}", request.form);
}

#[tokio::test]
async fn a_call_with_a_status_that_is_new_to_us_was_placed() {
    let placed = placed_with(Reply::Json(201, call("scheduled"))).await.unwrap();
    assert_eq!(placed.call_sid, sid());
}

#[tokio::test]
async fn a_permit_out_of_time_places_nothing() {
    // There is no carrier at this address: an attempt would be `Unreachable`.
    let client = nobody();
    for s in [-1, 30, 31] {
        let now = decided_at() + SignedDuration::from_secs(s);
        let refused = originate(permit(), &plan(), &client, now).await;
        assert_eq!(refused, Err(OriginateError::Expired), "{s}");
    }
}

/// A client of an address where nobody listens.
fn nobody() -> Client {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    support::client(listener.local_addr().unwrap(), |_| {})
}

#[tokio::test]
async fn without_a_connection_nothing_was_placed() {
    let error = place(&nobody()).await.unwrap_err();
    assert_eq!(error, OriginateError::Carrier(CarrierError::Unreachable));
    assert!(!error.may_have_placed());
}

#[tokio::test]
async fn refusals_are_typed_and_carry_no_number() {
    for (status, code, expected) in [
        (401, 20003, CarrierError::Auth),
        (400, 21211, CarrierError::BadNumber { code: 21211 }),
        (400, 21215, CarrierError::GeoPermission),
        (400, 13227, CarrierError::BadNumber { code: 13227 }),
        (404, 20404, CarrierError::NotFound),
        (400, 12345, CarrierError::Other { status: 400, code: 12345 }),
    ] {
        let refused = placed_with(error(status, code)).await.unwrap_err();
        assert_eq!(refused, OriginateError::Carrier(expected));
        assert!(!refused.may_have_placed());
        assert!(!format!("{refused} {refused:?}").contains("8002000140"));
    }
}

#[tokio::test]
async fn too_many_requests_are_tried_again() {
    let script = vec![error(429, 20429), error(429, 20429), Reply::Json(201, call("queued"))];
    let carrier = Carrier::start(script);
    let client = carrier.client(|_| {});
    assert_eq!(place(&client).await.unwrap().call_sid, sid());
    assert_eq!(carrier.requests().len(), 3);
}

#[tokio::test]
async fn too_many_requests_end_some_time() {
    let carrier = Carrier::start(vec![error(429, 20429), error(429, 0), error(429, 20429)]);
    let client = carrier.client(|_| {});
    let refused = place(&client).await.unwrap_err();
    assert_eq!(refused, OriginateError::Carrier(CarrierError::RateLimited));
    assert!(!refused.may_have_placed());
    assert_eq!(carrier.requests().len(), 3);
}

#[tokio::test]
async fn no_try_begins_after_the_permit_has_expired() {
    let carrier = Carrier::start(vec![error(429, 20429)]);
    // The wait before the next try is longer than what is left of the permit.
    let client = carrier.client(|config| {
        config.retry.first_wait = Duration::from_secs(60);
        config.retry.wait_max = Duration::from_secs(60);
    });
    let now = decided_at() + SignedDuration::from_millis(29_990);
    let refused = originate(permit(), &plan(), &client, now).await;
    assert_eq!(refused, Err(OriginateError::Carrier(CarrierError::RateLimited)));
    assert_eq!(carrier.requests().len(), 1);
}

#[tokio::test]
async fn a_lost_answer_may_have_placed_a_call_and_is_not_tried_again() {
    for (reply, expected) in [
        (Reply::Close, CarrierError::Interrupted),
        (error(503, 0), CarrierError::Unavailable { status: 503 }),
        (Reply::Json(201, "garbage".into()), CarrierError::ProtocolViolation(Violation::Json)),
        (Reply::Json(201, "{}".into()), CarrierError::ProtocolViolation(Violation::Sid)),
        (
            Reply::Json(201, call("queued").replace("CA00", "CA0x")),
            CarrierError::ProtocolViolation(Violation::Sid),
        ),
        (
            Reply::Json(201, format!("{}{}", call("queued"), " ".repeat(1_000))),
            CarrierError::ProtocolViolation(Violation::TooLarge),
        ),
        (Reply::Raw(endless()), CarrierError::ProtocolViolation(Violation::TooLarge)),
        (
            Reply::Raw(b"HTTP/1.1 307 X\r\nlocation: http://127.0.0.1:1/\r\n\r\n".to_vec()),
            CarrierError::ProtocolViolation(Violation::Redirect),
        ),
    ] {
        let lost = placed_with(reply).await.unwrap_err();
        assert_eq!(lost, OriginateError::Carrier(expected));
        assert!(lost.may_have_placed(), "{lost:?}");
    }
}

/// A body whose length is not said beforehand.
fn endless() -> Vec<u8> {
    let head =
        "HTTP/1.1 201 X\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = format!("{:x}\r\n{}\r\n", 400, " ".repeat(400));
    format!("{head}{}", chunk.repeat(10)).into_bytes()
}

#[tokio::test]
async fn a_carrier_that_stalls_runs_into_the_time_out() {
    let carrier = Carrier::start(vec![Reply::Stall]);
    let client = carrier.client(|config| config.request_timeout = Duration::from_millis(200));
    let lost = place(&client).await.unwrap_err();
    assert_eq!(lost, OriginateError::Carrier(CarrierError::Timeout));
    assert!(lost.may_have_placed());
    drop(client);
    assert_eq!(carrier.requests().len(), 1);
}

#[tokio::test]
async fn ending_a_leg_is_tried_again_when_the_carrier_is_out_of_order() {
    let carrier = Carrier::start(vec![error(503, 0), Reply::Json(200, call("completed"))]);
    let client = carrier.client(|_| {});
    let facts = client.complete(&sid()).await.unwrap();
    assert_eq!((facts.sid, facts.status), (sid(), LegStatus::Completed));
    let requests = carrier.requests();
    assert_eq!(requests.len(), 2);
    let line = format!("POST /2010-04-01/Accounts/{ACCOUNT}/Calls/{SID}.json HTTP/1.1");
    for request in &requests {
        assert_eq!(request.line, line);
        assert_eq!(request.values("Status"), ["completed"]);
    }
}

#[tokio::test]
async fn new_instructions_are_not_sent_twice() {
    let carrier = Carrier::start(vec![error(503, 0)]);
    let client = carrier.client(|_| {});
    let hangup = twiml::hangup();
    let lost = client.redirect(&sid(), Instruction::Twiml(&hangup)).await;
    assert_eq!(lost, Err(CarrierError::Unavailable { status: 503 }));
    let requests = carrier.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].values("Twiml"), [hangup.as_str()]);

    let carrier = Carrier::start(vec![error(400, 21220)]);
    let client = carrier.client(|_| {});
    let over = client.redirect(&sid(), Instruction::Url("https://calls.example/next")).await;
    assert_eq!(over, Err(CarrierError::NotInProgress));
    assert_eq!(carrier.requests()[0].values("Url"), ["https://calls.example/next"]);
}

#[tokio::test]
async fn a_leg_is_read() {
    let body = call("completed").replace(r#""duration":null"#, r#""duration":"107""#);
    let carrier = Carrier::start(vec![Reply::Json(200, body), error(404, 20404)]);
    let client = carrier.client(|_| {});
    let facts = client.fetch(&sid()).await.unwrap();
    assert_eq!((facts.status, facts.duration_s), (LegStatus::Completed, Some(107)));
    assert_eq!(facts.created, Some("2010-08-31T20:36:28Z".parse().unwrap()));
    assert_eq!(client.fetch(&sid()).await, Err(CarrierError::NotFound));
    let requests = carrier.requests();
    let line = format!("GET /2010-04-01/Accounts/{ACCOUNT}/Calls/{SID}.json HTTP/1.1");
    assert_eq!(requests[0].line, line);
}

#[tokio::test]
async fn the_carrier_is_asked_for_the_legs_to_a_number() {
    let page = format!(r#"{{"calls":[{}],"next_page_uri":null}}"#, call("ringing"));
    let carrier = Carrier::start(vec![Reply::Json(200, page)]);
    let client = carrier.client(|_| {});
    let number = PhoneNumber::parse_e164("+18002000140").unwrap();
    let legs = client.latest_to(&number).await.unwrap();
    assert_eq!(legs.len(), 1);
    assert_eq!(legs[0].status, LegStatus::Ringing);
    let line = format!(
        "GET /2010-04-01/Accounts/{ACCOUNT}/Calls.json?To=%2B18002000140&PageSize=50 HTTP/1.1"
    );
    assert_eq!(carrier.requests()[0].line, line);
}

#[test]
fn credentials_never_cross_a_network_in_the_clear() {
    let config = |base_url: &str| {
        let secret = Secret::new("secret".to_owned());
        let mut config = ClientConfig::new(Credentials::auth_token(ACCOUNT, secret));
        config.base_url = base_url.to_owned();
        Client::new(config).err()
    };
    assert_eq!(config("http://127.0.0.1:1/2010-04-01/"), None);
    assert_eq!(config("http://[::1]:1/2010-04-01"), None);
    assert_eq!(config("http://api.example/2010-04-01"), Some(ConfigError::PlainHttp));
    assert_eq!(config("http://10.0.0.1/2010-04-01"), Some(ConfigError::PlainHttp));
    for url in
        ["", "api.twilio.com", "ftp://a.example", "https://u:p@a.example", "https://a.example?x"]
    {
        assert_eq!(config(url), Some(ConfigError::BaseUrl), "{url}");
    }
}

#[test]
fn credentials_are_checked_and_never_shown() {
    let with = |account: &str, user: &str, secret: &str| {
        let credentials = Credentials {
            account_sid: account.to_owned(),
            user: user.to_owned(),
            secret: Secret::new(secret.to_owned()),
        };
        let mut config = ClientConfig::new(credentials);
        config.base_url = "http://localhost:1".to_owned();
        assert!(!format!("{config:?}").contains("hunter2"));
        Client::new(config).err()
    };
    let key = "SK00000000000000000000000000000001";
    assert_eq!(with(ACCOUNT, key, "hunter2"), None);
    assert_eq!(with("AC1", "AC1", "hunter2"), Some(ConfigError::AccountSid));
    assert_eq!(with(ACCOUNT, "root", "hunter2"), Some(ConfigError::User));
    assert_eq!(with(ACCOUNT, ACCOUNT, ""), Some(ConfigError::EmptySecret));
}

#[test]
fn the_simulator_can_sign_as_the_carrier_does() {
    let signature = sign(&Secret::new("12345".to_owned()), "wss://media.example/ws", &[]);
    assert_eq!(signature, "1csJINZo/v6ayX50WA3RYeORmFk=");
}
