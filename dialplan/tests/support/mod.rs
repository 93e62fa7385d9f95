//! What the carrier tests share: a carrier that follows a script over a real socket, and a permit got by good facts.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Duration;

use callwright_compliance::facts::Facts;
use callwright_compliance::vendor::{
    Agreement, EgressPermit, Location, Region, Register, RetentionFlag, Role, Row,
};
use callwright_compliance::{
    Decision, DialPermit, DialRequest, Digest, PersonId, Policy, Proving, ProvingLeave, VendorId,
    decide, prove,
};
use callwright_dialplan::twilio::{Client, ClientConfig, Credentials, HttpRetry, Secret, Session};
use jiff::Timestamp;

pub(crate) const ACCOUNT: &str = "AC00000000000000000000000000000001";
pub(crate) const SID: &str = "CA00000000000000000000000000000001";

/// What the scripted carrier does with one request.
pub(crate) enum Reply {
    /// Answers with a status and a JSON body.
    Json(u16, String),
    /// Answers with these very bytes.
    Raw(Vec<u8>),
    /// Never answers, and keeps the connection.
    Stall,
    /// Reads the request and closes the connection.
    Close,
}

/// One request as it arrived.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) authorization: String,
    pub(crate) form: Vec<(String, String)>,
}

impl Request {
    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        self.form.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect()
    }
}

/// A carrier that answers one connection after the other by its script, then is gone.
pub(crate) struct Carrier {
    pub(crate) address: SocketAddr,
    requests: Receiver<Request>,
}

impl Carrier {
    pub(crate) fn start(script: Vec<Reply>) -> Carrier {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, requests) = sync_channel(64);
        thread::spawn(move || {
            let mut stalled = Vec::new();
            for reply in script {
                let (mut stream, _) = listener.accept().unwrap();
                sender.send(read_request(&mut stream)).unwrap();
                match reply {
                    Reply::Json(status, body) => stream.write_all(&json(status, &body)).unwrap(),
                    // The client stops reading an answer that is too large.
                    Reply::Raw(bytes) => drop(stream.write_all(&bytes)),
                    Reply::Close => {}
                    Reply::Stall => stalled.push(stream),
                }
            }
            // Nothing more arrives; a stalled connection is held until the client gives up.
            drop(sender);
            for mut stream in stalled {
                drop(stream.read(&mut [0]));
            }
        });
        Carrier { address, requests }
    }

    /// A session with this carrier with short waits; the time-outs are far above what loopback needs.
    pub(crate) fn client(&self, change: impl FnOnce(&mut ClientConfig)) -> Session {
        client(self.address, change)
    }

    /// All requests that arrived, once the script is done.
    pub(crate) fn requests(self) -> Vec<Request> {
        self.requests.iter().collect()
    }
}

pub(crate) fn client(address: SocketAddr, change: impl FnOnce(&mut ClientConfig)) -> Session {
    let here = Location::OnPremises { network: "127.0.0.0/8".parse().unwrap() };
    account(&format!("http://{address}/2010-04-01"), change).open(leave(here)).unwrap()
}

/// A carrier's egress permit, given at [`decided_at`].
pub(crate) fn leave(location: Location) -> EgressPermit {
    leave_as(Role::Carrier, location)
}

pub(crate) fn leave_as(role: Role, location: Location) -> EgressPermit {
    let id = VendorId::new("simulated").unwrap();
    let row = Row { id: id.clone(), role, region: Region::UnitedStates, location };
    let register = Register { rows: vec![row] };
    register.egress(role, &id, decided_at(), &Policy::recommended()).unwrap()
}

/// A hosted carrier's place in the register.
pub(crate) fn hosted() -> Location {
    let agreement = Agreement {
        sha256: Digest::of(b"agreement"),
        signed: "2026-01-01".parse().unwrap(),
        expires: "2026-12-31".parse().unwrap(),
        verified_at: "2026-01-01".parse().unwrap(),
        verifier: PersonId::new("ann").unwrap(),
    };
    Location::Hosted { agreement, flags: [RetentionFlag::AuthenticatedMedia].into() }
}

/// An account without leave to send anything.
pub(crate) fn account(base_url: &str, change: impl FnOnce(&mut ClientConfig)) -> Client {
    let credentials = Credentials::auth_token(ACCOUNT, Secret::new("secret".to_owned()));
    let mut config = ClientConfig::new(credentials);
    config.base_url = base_url.to_owned();
    config.retry = HttpRetry {
        tries_max: 3,
        first_wait: Duration::from_millis(1),
        wait_max: Duration::from_millis(2),
    };
    change(&mut config);
    Client::new(config).unwrap()
}

fn json(status: u16, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

/// A call resource as the carrier shows it, in part.
pub(crate) fn call(status: &str) -> String {
    format!(
        r#"{{"sid":"{SID}","status":"{status}","to":"+18002000140","duration":null,
            "date_created":"Tue, 31 Aug 2010 20:36:28 +0000","price":null}}"#
    )
}

fn read_request(stream: &mut TcpStream) -> Request {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let (head, length) = loop {
        match stream.read(&mut buffer) {
            Ok(0) => panic!("the client closed before its request was whole"),
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
            Err(e) if e.kind() == ErrorKind::Interrupted => continue,
            Err(e) => panic!("{e}"),
        }
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = header(head, "content-length").map_or(0, |v| v.parse::<usize>().unwrap());
        if body.len() >= length {
            break (head.to_owned(), length);
        }
    };
    let text = String::from_utf8_lossy(&bytes);
    let body = text.split_once("\r\n\r\n").unwrap().1;
    assert_eq!(body.len(), length);
    let url = as_query(body);
    Request {
        line: head.lines().next().unwrap().to_owned(),
        authorization: header(&head, "authorization").unwrap_or_default(),
        form: url.query_pairs().map(|(n, v)| (n.into_owned(), v.into_owned())).collect(),
    }
}

/// A form is read as a query is.
fn as_query(form: &str) -> reqwest::Url {
    reqwest::Url::parse(&format!("http://x/?{form}")).unwrap()
}

fn header(head: &str, name: &str) -> Option<String> {
    head.lines().find_map(|line| {
        let (n, value) = line.split_once(':')?;
        n.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}

pub(crate) fn decided_at() -> Timestamp {
    "2026-11-23T15:00:00Z".parse().unwrap()
}

/// A permit for the payer's line, decided at [`decided_at`], with the recommended policy and a carrier on this machine.
pub(crate) fn permit() -> DialPermit {
    let request: DialRequest = serde_json::from_str(
        r#"{"decision": "000000000000000000000000000000ab", "tenant": "riverside", "request": "r1",
            "class": "payer", "purpose": "medical_benefits", "patient": "synthetic",
            "to": "+18002000140", "payer": "acme-health", "needs": [],
            "vendors": [{"role": "carrier", "vendor": "simulated"}], "cost_cents_max": 100}"#,
    )
    .unwrap();
    let facts: Facts = serde_json::from_str(&facts()).unwrap();
    match decide(&request, &facts, &Policy::recommended(), decided_at()) {
        Decision::Permit(permit) => permit,
        Decision::Refuse(refusal) => panic!("{:?}", refusal.record().reasons),
    }
}

/// Leave to prove one's own number, decided at [`decided_at`].
pub(crate) fn proving_leave() -> ProvingLeave {
    let request: DialRequest = serde_json::from_str(
        r#"{"decision": "000000000000000000000000000000ac", "tenant": "riverside", "request": "r2",
            "class": "test", "purpose": "medical_benefits", "patient": "synthetic",
            "to": "+16142000135", "payer": "acme-health", "needs": [],
            "vendors": [{"role": "carrier", "vendor": "simulated"}], "cost_cents_max": 15}"#,
    )
    .unwrap();
    let facts = facts()
        .replace("+18002000140", "+16142000135")
        .replace(r#""class": "payer""#, r#""class": "test""#)
        .replace("toll_free", "landline")
        .replace("payer_website", "own_number_proven");
    let facts: Facts = serde_json::from_str(&facts).unwrap();
    match prove(&request, &facts, &Policy::recommended(), decided_at()) {
        Proving::Leave(leave) => leave,
        Proving::Refuse(refusal) => panic!("{:?}", refusal.record().reasons),
    }
}

fn facts() -> String {
    let read = |value: &str, source: &str| {
        format!(
            r#"{{"read": {{"value": {value}, "source": "{source}", "as_of": "{}"}}}}"#,
            decided_at()
        )
    };
    let zeros = "0".repeat(64);
    let allowlist = format!(
        r#"[{{"id": "e1", "tenant": "riverside", "number": "+18002000140", "class": "payer",
             "payer": "acme-health", "line": "toll_free", "verifier": "ann", "added_by": "ann",
             "publication": {{"kind": "payer_website", "document": "d1", "sha256": "{zeros}",
                              "seen_on": "2026-11-02"}},
             "added_at": "2026-11-02T12:00:00Z", "expires_at": "2027-05-02T12:00:00Z",
             "approval": {{"second": {{"by": "bob", "at": "2026-11-03T12:00:00Z"}}}}}}]"#
    );
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday"]
        .map(|day| format!(r#"{{"day": "{day}", "open_minute": 480, "close_minute": 1020}}"#))
        .join(",");
    let hours =
        format!(r#"{{"payer": "acme-health", "zone": "America/New_York", "weekly": [{days}]}}"#);
    let vendors = r#"{"rows": [{"id": "simulated", "role": "carrier", "region": "united_states",
        "location": {"on_premises": {"network": "127.0.0.0/8"}}}]}"#;
    let switch = r#"{"global": "running", "tenant": "running", "request": "running", "vendors_stopped": []}"#;
    let consent =
        r#"{"granted": {"at": "2026-11-01T12:00:00Z", "method": "signed", "evidence": "c1"}}"#;
    let usage = r#"{"system_running": 0, "tenant_running": 0, "number_running": 0,
        "system_started_1s": 0, "number_started_today": 0, "tenant_started_today": 0, "tenant_spent_today_cents": 0}"#;
    let identity =
        r#"{"registered_name": "Riverside Family Medicine", "callback": "+16142000134"}"#;
    format!(
        r#"{{"allowlist": {}, "identity": {}, "hours": {}, "vendors": {}, "switch": {}, "consent": {}, "usage": {},
            "opt_outs": {}, "contact": {}}}"#,
        read(&allowlist, "store"),
        read(identity, "store"),
        read(&hours, "directory"),
        read(vendors, "store"),
        read(switch, "store"),
        read(consent, "store"),
        read(usage, "counters"),
        read("[]", "store"),
        read("null", "store"),
    )
}
