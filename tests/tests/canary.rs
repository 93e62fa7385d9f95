//! Planted people: what identifies them is in no log line, no journal, no error and no file that is not sealed.
//!
//! One call is made about people that nobody else is named like, with every event of every crate written down, down to traces. Further
//! calls (`canary/panics.rs`) are made with vendors that panic over their words; each is a process of its own, for a panic's hook and the
//! log are a process's. What is told of a wrong request is the binary's own test (`agent/tests/planted_requests.rs`).

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "canary/forms.rs"]
mod forms;
#[path = "canary/panics.rs"]
mod panics;
#[path = "canary/people.rs"]
mod people;
#[expect(dead_code, reason = "each test of whole calls uses a part of it")]
mod support;

use std::sync::Arc;

use callwright::services::FileKeeping;
use callwright_compliance::Purpose;
use callwright_compliance::audit::Actor;
use callwright_store::Access;
use forms::found_in;
use people::{Logged, payer, scan_files};
use support::house::{House, client};
use support::vendors::Voices;
use tracing_subscriber::filter::LevelFilter;

#[test]
fn the_scan_finds_what_it_looks_for() {
    for text in [
        "for ZEBULON Quackenbush",
        "id: XQ9081726354",
        "nine, zero, eight, one, seven, two, six, three, five, four",
        "nine oh eight one seven two six three five four",
        "reference 8-1-6-3-5-2-9-0-7-4",
        "born July twenty third, nineteen forty nine",
        "dob=1949-07-23",
    ] {
        assert!(!found_in(text).is_empty(), "{text}");
    }
    assert_eq!(found_in("call=5f2c phase=Person npi=1234567893 at=2026-11-22"), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn planted_people_are_in_no_log_journal_error_or_open_file() {
    let logged = Logged::default();
    let writer = logged.clone();
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    let mut house = House::open(payer(), Voices::hummed()).await;
    house.services.keeping = FileKeeping::Sealed;
    let called = house.call().await;
    house.settled(&called).await;

    // They were there to be found: said to the payer, heard from it, and kept.
    let result = &called.made().result;
    let far_end = result.egress.iter().find(|total| total.recipient == "far_end").unwrap();
    for field in ["member_id", "patient_date_of_birth", "patient_name"] {
        assert!(far_end.fields.contains(&field), "{field} was not said: {:?}", far_end.fields);
    }
    assert_eq!(result.reference_number.as_ref().unwrap().value, "8163529074");
    let actor = Actor::Node(house.services.node_id.clone());
    let now = house.services.clock.wall();
    let access = Access { actor: &actor, purpose: Purpose::RenderResult, now };
    let store = &house.services.store;
    let kept = store.results(&called.tenant, &called.request, access).await.unwrap();
    let reference = kept.iter().find(|f| f.evidence.field.as_str() == "reference_number").unwrap();
    let value = reference.value.as_ref().unwrap().expose(Purpose::Compare);
    assert_eq!(value, "8163529074", "the store opens what it sealed");

    // Errors, too.
    let account = house.services.carrier.client.account_sid().to_owned();
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nowhere = client(&format!("http://{gone}"), &account, &house.secret);
    house.services.carrier.client = Arc::new(nowhere);
    let error = house.call().await.attempt.err().expect("nobody is there to take a call");
    let told = format!("{error} {error:?}");
    assert_eq!(found_in(&told), [""; 0], "{told}");

    let mut scanned = Vec::new();
    scan_files(house.folder(), &mut scanned);
    for name in ["journal.jsonl", "callwright.db", "recording.wav.sealed", "result.json.sealed"] {
        assert!(scanned.iter().any(|file| file == name), "{name} was not there: {scanned:?}");
    }
    let text = logged.text();
    assert!(text.contains("TRACE") && text.contains("call ended"), "nothing was logged");
    for line in text.lines() {
        assert_eq!(found_in(line), [""; 0], "{line}");
    }
    house.close().await;
}
