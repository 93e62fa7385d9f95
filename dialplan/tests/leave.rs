//! The carrier is sent something under its egress permit only, and at the addresses that this covers (rule V1).

#![expect(clippy::unwrap_used, reason = "helpers of tests count as tests")]

#[expect(dead_code, reason = "each test of the carrier uses a part of it")]
mod support;

use std::net::{Ipv4Addr, TcpListener};

use callwright_compliance::PhoneNumber;
use callwright_compliance::VendorId;
use callwright_compliance::vendor::known::{self, Setting};
use callwright_compliance::vendor::{Location, PeerRefused, Role};
use callwright_dialplan::twilio::{CallSid, CarrierError, ClientConfig, Instruction, twiml};
use callwright_dialplan::{CallPlan, OriginateError, originate};
use jiff::SignedDuration;

use support::{Carrier, Reply, SID, account, call, decided_at, hosted, leave, leave_as, permit};

fn here() -> Location {
    Location::OnPremises { network: "127.0.0.0/8".parse().unwrap() }
}

fn plan() -> CallPlan {
    let url = |path| format!("https://calls.example/{path}");
    CallPlan::new(PhoneNumber::parse_e164("+16142000134").unwrap(), url("twiml"), url("status"))
        .unwrap()
}

#[test]
fn a_session_wants_the_carrier_s_own_permit() {
    let client = account("http://127.0.0.1:9/2010-04-01", |_| {});
    let refused = client.open(leave_as(Role::SpeechToText, here())).err();
    assert_eq!(refused, Some(CarrierError::WrongPermit));
}

#[test]
fn an_address_that_the_row_does_not_cover_opens_no_session() {
    let open = |url: &str, location| account(url, |_| {}).open(leave(location)).err();
    let refused = Some(CarrierError::Peer(PeerRefused));
    // A row on premises covers its network; a hosted carrier lives on no local address.
    assert_eq!(open("http://127.0.0.1:9", here()), None);
    assert_eq!(open("https://34.1.2.3", here()), refused);
    assert_eq!(open("https://[::ffff:34.1.2.3]", here()), refused);
    assert_eq!(open("http://127.0.0.1:9", hosted()), refused);
    assert_eq!(open("http://[::1]:9", hosted()), refused);
    assert_eq!(open("https://10.0.0.7", hosted()), refused);
    assert_eq!(open("https://34.1.2.3", hosted()), None);
    assert_eq!(open(ClientConfig::TWILIO, hosted()), None, "a name is checked as it is resolved");
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_is_connected_to_by_nobody() {
    // Somebody listens there, who would be connected to if the address were not looked at.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let session = account(&format!("http://localhost:{port}"), |_| {}).open(leave(hosted()));
    let session = session.unwrap();
    let lost = originate(permit(), &plan(), &session, decided_at()).await.unwrap_err();
    assert_eq!(lost, OriginateError::Carrier(CarrierError::Peer(PeerRefused)));
    assert!(!lost.may_have_placed());
    let sid = CallSid::new(SID).unwrap();
    assert_eq!(session.complete(&sid).await, Err(CarrierError::Peer(PeerRefused)));
    assert!(listener.accept().is_err(), "not even a connection");
}

#[tokio::test]
async fn after_its_end_a_permit_ends_legs_and_nothing_else() {
    let carrier = Carrier::start(vec![Reply::Json(200, call("completed"))]);
    let session = carrier.client(|_| {});
    let late = decided_at() + SignedDuration::from_hours(3);
    let (sid, number) = (CallSid::new(SID).unwrap(), PhoneNumber::parse_e164("+18002000140"));
    let ended = CarrierError::PermitEnded;
    assert_eq!(session.fetch(&sid, late).await, Err(ended));
    assert_eq!(session.latest_to(&number.unwrap(), late).await, Err(ended));
    let hangup = twiml::hangup();
    assert_eq!(session.redirect(&sid, Instruction::Twiml(&hangup), late).await, Err(ended));
    assert!(session.complete(&sid).await.is_ok());
    assert_eq!(carrier.requests().len(), 1);
}

#[tokio::test]
async fn a_call_is_placed_with_the_settings_that_the_register_knows_of_the_carrier() {
    let carrier = Carrier::start(vec![Reply::Json(201, call("queued"))]);
    let session = carrier.client(|_| {});
    originate(permit(), &plan(), &session, decided_at()).await.unwrap();
    let requests = carrier.requests();
    let known = known::find(&VendorId::new("twilio").unwrap(), Role::Carrier).unwrap();
    assert!(!known.sent().is_empty());
    for setting in known.sent() {
        let Setting::Form { name, value } = setting else { panic!("{setting} is no field") };
        assert_eq!(requests[0].values(name), [*value], "{name}");
    }
}
