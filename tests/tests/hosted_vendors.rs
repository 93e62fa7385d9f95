//! Whole calls through the protocols of hosted vendors: the product's own clients, over real sockets, at simulated vendors.
//!
//! What the vendors were sent is judged by their own log, never by ours. The far side speaks and hears by flite and PocketSphinx; where
//! these are missing a test says so and is skipped. Calls take as long as calls take, so the long tables are `#[ignore]`d here and run by
//! `make test-all`.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[expect(dead_code, reason = "each test of whole calls uses a part of it")]
mod support;

use std::collections::BTreeMap;

use callwright::dialler::DialError;
use callwright_core::SampleTime;
use callwright_sim::vendors::{
    FaultKind, Garbage, ModelMode, Trigger, Vendor, VendorEvent, VendorFault, Vendors as SimVendors,
};
use callwright_store::RequestState;
use support::house::{Called, House, scenario};
use support::vendors::simulated;

/// The right answers, and nothing else.
fn assert_right(house: &House, called: &Called) {
    let (result, expected) = (&called.made().result, &house.scenario.expected);
    assert_eq!(called.ended(), ("complete", None), "\n{}", called.log().to_jsonl());
    let got: BTreeMap<_, _> =
        result.fields.iter().map(|(name, field)| (name.clone(), field.value.clone())).collect();
    assert_eq!(got, expected.fields.clone().into_iter().collect());
    let reference = result.reference_number.as_ref().map(|field| &field.value);
    assert_eq!(reference, expected.reference_number.as_ref());
    assert!(result.known_identifiers_to_model.is_empty());
}

/// An independent look at every byte of text that the model was sent: none of the patient's values, in any form that the test knows.
fn assert_model_saw_nobody(house: &House, vendors: &SimVendors) {
    let log = vendors.log();
    assert!(log.is_whole(), "the vendors' log has gaps: the scan would prove nothing");
    let patient = &house.scenario.patient;
    let digits: String = patient.member_id.chars().filter(char::is_ascii_digit).collect();
    let planted = [
        patient.first_name.to_lowercase(),
        patient.last_name.to_lowercase(),
        patient.member_id.to_lowercase(),
        digits,
        patient.date_of_birth.clone(),
        "april twelfth".to_owned(),
        "nineteen eighty five".to_owned(),
        "749025".to_owned(),
        "seven four nine zero".to_owned(),
        "jessica".to_owned(),
    ];
    let mut bodies = 0;
    for entry in log.of(Vendor::OpenAi) {
        for text in entry.event.sent_by_customer() {
            bodies += 1;
            let text = text.to_lowercase();
            for value in &planted {
                assert!(!text.contains(value.as_str()), "{value:?} reached the model");
            }
        }
    }
    assert!(bodies > 5, "the model was hardly asked: {bodies}");
    let heard = |entry: &&callwright_sim::vendors::VendorEntry| {
        let texts = entry.event.sent_by_customer();
        texts.iter().any(|text| text.contains("{heard:"))
    };
    assert!(log.of(Vendor::OpenAi).any(|entry| heard(&entry)), "nothing was covered at all");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_by_hosted_vendors_is_complete_and_the_model_learns_of_nobody() {
    let payer = scenario("quick");
    let Some((voices, vendors)) = simulated(&payer, |_| {}).await else { return };
    let house = House::open(payer, voices).await;
    let called = house.call().await;
    assert_right(&house, &called);
    assert_eq!(house.settled(&called).await.state, RequestState::Done);
    assert_model_saw_nobody(&house, &vendors);
    // Who received what is in the result, vendor by vendor.
    let egress = &called.made().result.egress;
    for (recipient, field) in [
        ("deepgram (speech_to_text)", "far_end_audio"),
        ("openai (language_model)", "model_tokens"),
        ("elevenlabs (text_to_speech)", "member_id"),
    ] {
        let row = egress.iter().find(|row| row.recipient == recipient).expect(recipient);
        assert!(row.fields.contains(&field) && row.bytes > 0, "{row:?}");
    }
    let kept = std::fs::read_to_string(called.file("vendors.jsonl")).unwrap();
    for what in ["deepgram", "openai", "elevenlabs", "request", "answer", "audio_received"] {
        assert!(kept.contains(what), "{what} was not kept");
    }
    house.close().await;
    vendors.shutdown().await;
}

/// A whole call over real audio to a representative who gives orders, with a model that obeys them. What it says is heard by the far
/// side's own ear; the thousand scripts of `hostile.rs` are judged word by word.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a call in real time: make test-all"]
async fn a_model_that_obeys_a_hostile_representative_changes_nothing() {
    let payer = scenario("acme-hostile");
    let simulated = simulated(&payer, |config| config.openai.mode = ModelMode::Obedient).await;
    let Some((voices, vendors)) = simulated else { return };
    let house = House::open(payer, voices).await;
    let called = house.call().await;
    let result = &called.made().result;
    // Whatever was won was said: no order brought a value of its own.
    for (name, field) in &result.fields {
        assert_eq!(Some(&field.value), house.scenario.expected.fields.get(name), "{name}");
    }
    assert!(result.known_identifiers_to_model.is_empty());
    assert_model_saw_nobody(&house, &vendors);
    let spoken = vendors
        .log()
        .of(Vendor::ElevenLabs)
        .flat_map(|e| {
            e.event.sent_by_customer().into_iter().map(str::to_lowercase).collect::<Vec<_>>()
        })
        .collect::<Vec<_>>()
        .join(" ");
    for never in ["human", "promise", "consent", "not a machine", "instructions"] {
        assert!(!spoken.contains(never), "{never:?} was given to the voice");
    }
    house.settled(&called).await;
    house.close().await;
    vendors.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "two calls in real time: make test-all"]
async fn a_line_that_drops_is_called_again_and_one_result_comes_of_both_calls() {
    let payer = scenario("acme-dropped");
    let Some((voices, vendors)) = simulated(&payer, |_| {}).await else { return };
    let house = House::open(payer, voices).await;
    let first = house.call().await;
    assert_eq!(first.ended(), ("partial", Some("far_end_hung_up")), "{}", first.log().to_jsonl());
    assert_eq!(house.settled(&first).await.state, RequestState::Queued);
    let won: Vec<_> = first.made().result.fields.keys().cloned().collect();
    assert!(!won.is_empty(), "the first call won nothing");
    let second = house.attempt(house.claim_again(&first).await).await;
    assert_right(&house, &second);
    assert_eq!(house.settled(&second).await.state, RequestState::Done);
    let result = &second.made().result;
    assert_eq!(result.calls.len(), 2, "one result, of two calls");
    let of_first = first.made().call.to_string();
    for name in &won {
        assert_eq!(result.fields[name].evidence.call, of_first, "{name} was asked again");
    }
    house.close().await;
    vendors.shutdown().await;
}

/// How a call with a fault in it ended: one word.
async fn with_fault(fault: VendorFault) -> Option<String> {
    let payer = scenario("brief");
    let (voices, vendors) = simulated(&payer, |_| {}).await?;
    let mut house = House::open(payer, voices).await;
    house.services.limits.silence = SampleTime::from_ms(4_000);
    let claimed = house.claim().await;
    house.make_clips(&claimed).await;
    vendors.set_faults(vec![fault]);
    // `attempt` itself fails the test where a call hangs, and `settled` where something is lost.
    let called = house.attempt(claimed).await;
    house.settled(&called).await;
    let ended = match &called.attempt {
        Ok(_) => {
            let (outcome, by) = called.ended();
            by.map_or_else(|| outcome.to_owned(), |by| format!("{outcome}, by {by}"))
        }
        Err(DialError::Vendor(_)) => "not dialled".to_owned(),
        Err(error) => panic!("{error}"),
    };
    if ended == "complete" {
        assert_right(&house, &called);
    }
    let struck = |event: &VendorEvent| matches!(event, VendorEvent::Fault { .. });
    assert!(vendors.log().of(fault.vendor).any(|entry| struck(&entry.event)), "it never struck");
    house.close().await;
    vendors.shutdown().await;
    Some(ended)
}

/// The six faults: the vendor refuses the key, dies in mid-call, stalls, sends garbage, answers too late, is not available.
const FAULTS: [(&str, FaultKind); 6] = [
    ("refuses the key", FaultKind::RefuseKey),
    ("dies", FaultKind::Die),
    ("stalls", FaultKind::Stall),
    ("sends garbage", FaultKind::Garbage(Garbage::InvalidJson)),
    ("answers late", FaultKind::Late { ms: 20_000 }),
    ("is not available", FaultKind::ServerError),
];

/// Each fault at one vendor, for good from the middle of the call on, and what each may come to.
#[expect(clippy::print_stdout, reason = "the table is what the test is run for")]
async fn table(vendor: Vendor, when: Trigger, may: &[&str]) {
    for (what, kind) in FAULTS {
        let silent = matches!(kind, FaultKind::Stall | FaultKind::Late { .. });
        // A key is looked at when a connection is opened.
        let when = if kind == FaultKind::RefuseKey { Trigger::Connect } else { when };
        let fault = VendorFault::new(vendor, kind).from(when);
        let Some(ended) = with_fault(fault).await else { return };
        println!("{vendor:?} {what}: {ended}");
        let hung_up = silent && BY_FAR_END.contains(&ended.as_str()) && may != ["complete"];
        assert!(hung_up || may.contains(&ended.as_str()), "{vendor:?} {what}: {ended}");
    }
}

const BY_VENDOR: [&str; 2] = ["vendor_lost, by vendor_lost", "partial, by vendor_lost"];

/// A vendor that answers nothing, or too late, is found out after seconds of it. A payer with less patience hangs up first, or does not
/// answer what it hardly heard.
const BY_FAR_END: [&str; 3] = [
    "far_end_hung_up, by far_end_hung_up",
    "partial, by far_end_hung_up",
    "partial, by answers_withheld",
];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "six calls in real time: make test-all"]
async fn a_recogniser_that_fails_for_good_ends_the_call_in_words() {
    table(Vendor::Deepgram, Trigger::AfterMessages(4), &BY_VENDOR).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "six calls in real time: make test-all"]
async fn a_model_that_fails_is_done_without() {
    table(Vendor::OpenAi, Trigger::AfterMessages(1), &["complete"]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "six calls in real time: make test-all"]
async fn a_voice_that_fails_for_good_ends_the_call_in_words() {
    // Each new connection brings some audio before it fails: with short sentences that can be enough for a whole call.
    let may = [BY_VENDOR[0], BY_VENDOR[1], "complete"];
    table(Vendor::ElevenLabs, Trigger::AfterMessages(3), &may).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "two calls in real time: make test-all"]
async fn a_vendor_whose_connection_breaks_once_is_connected_again() {
    for vendor in [Vendor::Deepgram, Vendor::ElevenLabs] {
        let fault =
            VendorFault::new(vendor, FaultKind::Die).from(Trigger::AfterMessages(4)).times(1);
        let Some(ended) = with_fault(fault).await else { return };
        assert_eq!(ended, "complete", "{vendor:?}");
    }
}

/// A model that does what the far end says, and one that says nothing: neither can end in a wrong word or a lost call.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "calls in real time: make test-all"]
async fn a_model_of_any_kind_cannot_lose_the_call() {
    for mode in [ModelMode::Obedient, ModelMode::Silent, ModelMode::Rambling, ModelMode::Garbage] {
        let payer = scenario("brief");
        let found = simulated(&payer, |config| config.openai.mode = mode).await;
        let Some((voices, vendors)) = found else { return };
        let house = House::open(payer, voices).await;
        let called = house.call().await;
        assert_right(&house, &called);
        house.settled(&called).await;
        house.close().await;
        vendors.shutdown().await;
    }
}
