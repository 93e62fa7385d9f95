//! Proving that a number is one's own, against a scripted carrier over real sockets.

#![expect(clippy::unwrap_used, reason = "helpers of tests count as tests")]

#[expect(dead_code, reason = "each test uses a part of it")]
mod support;

use callwright_compliance::PhoneNumber;
use callwright_dialplan::twilio::{CarrierError, Violation};
use callwright_dialplan::{ProveError, prove};
use jiff::SignedDuration;

use support::{ACCOUNT, Carrier, Reply, decided_at, proving_leave};

const PN: &str = "PN00000000000000000000000000000001";

fn own() -> PhoneNumber {
    PhoneNumber::parse_e164("+16142000135").unwrap()
}

fn page(records: &str) -> Reply {
    Reply::Json(200, format!(r#"{{"outgoing_caller_ids":[{records}],"page":0}}"#))
}

#[tokio::test]
async fn the_carrier_rings_the_number_of_the_leave_and_gives_the_code() {
    let answer = r#"{"validation_code":"123456","phone_number":"+16142000135","call_sid":"CA1"}"#;
    let carrier = Carrier::start(vec![Reply::Json(200, answer.to_owned())]);
    let code = prove(proving_leave(), &carrier.client(|_| {}), decided_at()).await.ok().unwrap();
    assert_eq!(code.digits(), "123456");
    let requests = carrier.requests();
    let line = format!("POST /2010-04-01/Accounts/{ACCOUNT}/OutgoingCallerIds.json HTTP/1.1");
    assert_eq!(requests[0].line, line);
    assert_eq!(requests[0].values("PhoneNumber"), ["+16142000135"]);
}

#[tokio::test]
async fn leave_that_ran_out_rings_nobody() {
    let carrier = Carrier::start(vec![]);
    let late = decided_at() + SignedDuration::from_secs(30);
    let refused = prove(proving_leave(), &carrier.client(|_| {}), late).await;
    assert_eq!(refused.err(), Some(ProveError::Expired));
    assert!(carrier.requests().is_empty());
}

#[tokio::test]
async fn what_the_carrier_refuses_is_sorted() {
    let verified = r#"{"code":21450,"message":"+16142000135 is verified","status":400}"#;
    for (status, body, error) in [
        (400, verified, ProveError::VerifiedAlready),
        (401, "{}", ProveError::Carrier(CarrierError::Auth)),
        (
            200,
            r#"{"validation_code":"call 911"}"#,
            ProveError::Carrier(CarrierError::ProtocolViolation(Violation::Json)),
        ),
        (200, "{}", ProveError::Carrier(CarrierError::ProtocolViolation(Violation::Json))),
    ] {
        let carrier = Carrier::start(vec![Reply::Json(status, body.to_owned())]);
        let refused = prove(proving_leave(), &carrier.client(|_| {}), decided_at()).await;
        assert_eq!(refused.err(), Some(error), "{body}");
    }
}

#[tokio::test]
async fn a_keyed_code_is_known_by_the_carrier_s_record_of_the_number() {
    let dated = |number: &str, date: &str| {
        format!(r#"{{"sid":"{PN}","phone_number":"{number}","date_created":"{date}"}}"#)
    };
    let keyed = dated("+16142000135", "Mon, 23 Nov 2026 15:01:00 +0000");
    let others = dated("+16142000136", "Mon, 23 Nov 2026 15:02:00 +0000");
    let carrier = Carrier::start(vec![
        page(&format!("{others},{keyed}")),
        page(&others),
        page(""),
        page(&dated("+16142000135", "today")),
        page(&keyed.replace("PN0", "XX0")),
    ]);
    let client = carrier.client(|_| {});
    let record = client.verified(&own(), decided_at()).await.unwrap().unwrap();
    assert_eq!(record.sid.as_str(), PN);
    assert_eq!(record.created, "2026-11-23T15:01:00Z".parse().unwrap());
    assert_eq!(client.verified(&own(), decided_at()).await, Ok(None));
    assert_eq!(client.verified(&own(), decided_at()).await, Ok(None));
    for violation in [Violation::Json, Violation::Sid] {
        let wanted = Err(CarrierError::ProtocolViolation(violation));
        assert_eq!(client.verified(&own(), decided_at()).await, wanted);
    }
    assert!(carrier.requests()[0].line.contains("?PhoneNumber=%2B16142000135 "));
}
