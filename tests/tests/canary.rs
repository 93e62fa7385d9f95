//! Planted people: what identifies them is in no log line, no journal, no error and no file that is not sealed.
//!
//! One call is made about people that nobody else is named like, with every event of every crate written down, down to traces.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[expect(dead_code, reason = "each test of whole calls uses a part of it")]
mod support;

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use callwright::services::FileKeeping;
use callwright_compliance::Purpose;
use callwright_compliance::audit::Actor;
use callwright_sim::Scenario;
use callwright_store::Access;
use support::house::{House, client, scenario};
use support::vendors::Voices;
use tracing_subscriber::filter::LevelFilter;

/// What was logged.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

impl Logged {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

const WORDS: [&str; 10] =
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/// A number as it may be written: together, apart, and as words.
fn number_forms(digits: &str) -> Vec<String> {
    let figures: Vec<String> = digits.chars().map(String::from).collect();
    let named = |zero: &str| -> Vec<String> {
        let word = |c: char| match c.to_digit(10) {
            Some(0) => zero.to_owned(),
            Some(n) => WORDS[n as usize].to_owned(),
            None => c.to_string(),
        };
        digits.chars().map(word).collect()
    };
    let mut forms = Vec::new();
    for separator in ["", " ", ", ", "-", "."] {
        for each in [&figures, &named("zero"), &named("oh")] {
            forms.push(each.join(separator));
        }
    }
    forms
}

/// Everything that must not be found.
fn planted() -> Vec<String> {
    let mut forms = vec!["zebulon".to_owned(), "quackenbush".to_owned()];
    forms.extend(number_forms("9081726354"));
    forms.extend(number_forms("8163529074"));
    let dates = [
        "1949-07-23",
        "19490723",
        "07231949",
        "07/23/1949",
        "7/23/1949",
        "7/23/49",
        "07-23-1949",
        "july 23",
        "23 july",
        "july twenty third",
        "nineteen forty nine",
        "year: 1949",
    ];
    forms.extend(dates.map(str::to_owned));
    forms
}

/// The planted forms that occur in a text.
fn found_in(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    planted().into_iter().filter(|form| text.contains(form.as_str())).collect()
}

fn payer() -> Scenario {
    let mut payer = scenario("brief");
    payer.patient.first_name = "Zebulon".to_owned();
    payer.patient.last_name = "Quackenbush".to_owned();
    payer.patient.date_of_birth = "1949-07-23".to_owned();
    payer.patient.member_id = "XQ9081726354".to_owned();
    let person = payer.representative.as_mut().expect("the brief payer has a person");
    let mut birth = person.requests[0].clone();
    birth.id = "date_of_birth".to_owned();
    birth.ask = "can i have the patient's date of birth?".to_owned();
    let mut name = birth.clone();
    name.id = "name".to_owned();
    name.ask = "what is the patient's name?".to_owned();
    person.requests.extend([birth, name]);
    for topic in &mut person.topics {
        if topic.id == "reference" {
            topic.answer =
                "the reference number is eight one six three five two nine zero seven four."
                    .to_owned();
        }
    }
    payer
}

fn scan_files(folder: &Path, scanned: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            scan_files(&path, scanned);
        } else {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            assert_eq!(found_in(&text), [""; 0], "{}", path.display());
            scanned.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
}

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
