//! One verification call, end to end, on real audio: both sides speak and understand on this machine.
//!
//! What was sent to the person is judged by the carrier's own log, never by ours. It needs flite and PocketSphinx, and says so where it
//! is skipped. One call serves all checks, as it takes as long as it takes.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[expect(dead_code, reason = "each test of whole calls uses a part of it")]
mod support;

use std::path::Path;

use callwright::dialler::FieldResult;
use callwright::replay::{self, Difference};
use callwright_compliance::audit::Actor;
use callwright_compliance::gate::ClipKind;
use callwright_compliance::permit::Notice;
use callwright_compliance::{CallClass, Purpose};
use callwright_prompts::{Business, ClipName, Places, spoken};
use callwright_sim::log::EchoReason;
use callwright_sim::payer::engine::PayerEvent;
use callwright_sim::{CallLog, LogEvent};
use callwright_store::{Access, RequestState};
use support::house::{Called, House, scenario};
use support::vendors::Voices;

/// Mu-law silence, as the carrier plays it where nothing is queued.
const SILENCE: u8 = 0xFF;

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_call_end_to_end() {
    let Some(voices) = Voices::local() else {
        return;
    };
    let house = House::open(scenario("quick"), voices).await;
    let called = house.call().await;
    let told = called.log().to_jsonl();
    assert_eq!(called.ended(), ("complete", None), "\n{told}");
    assert_eq!(house.settled(&called).await.state, RequestState::Done);
    let recording = Recording::read(&called.file("recording.wav"));
    every_answer_is_right_and_has_its_evidence(&house, &called, &recording);
    the_result_tells_what_had_to_be_kept(&called);
    only_the_disclosure_was_sent_before_it_was_proven(&house, called.log());
    the_far_end_was_told_the_call_back_number(&called);
    the_recording_holds_greeting_and_disclosure(called.log(), &recording);
    the_results_are_in_the_store(&house, &called).await;
    a_changed_journal_is_found(&called.file("journal.jsonl"));
    house.close().await;
}

fn every_answer_is_right_and_has_its_evidence(house: &House, called: &Called, kept: &Recording) {
    let (result, expected) = (&called.made().result, &house.scenario.expected);
    let values = |field: &FieldResult| field.value.clone();
    let fields: Vec<_> = result.fields.iter().map(|(name, f)| (name.clone(), values(f))).collect();
    let wanted: Vec<_> = expected.fields.clone().into_iter().collect();
    assert_eq!(fields, wanted);
    let name = result.representative.as_ref().expect("the representative gave a name");
    assert!(name.value.eq_ignore_ascii_case(expected.representative.as_ref().unwrap()));
    let reference = result.reference_number.as_ref().expect("there is a reference number");
    assert_eq!(Some(&reference.value), expected.reference_number.as_ref());
    assert!(reference.read_back, "a reference number is read back");
    for field in result.fields.values().chain([name, reference]) {
        let span = &field.evidence;
        assert!(span.utterance > 0 && span.from_ms < span.to_ms, "{span:?}");
        assert!(u64::from(span.to_ms) <= kept.length_ms(), "{span:?} lies outside");
        let heard = kept.level(0, u64::from(span.from_ms), u64::from(span.to_ms));
        assert!(heard > 100.0, "there is nothing to hear at {span:?}: {heard}");
        assert!((0.0..=1.0).contains(&field.confidence));
    }
}

fn the_result_tells_what_had_to_be_kept(called: &Called) {
    let result = &called.made().result;
    assert!(result.known_identifiers_to_model.is_empty());
    let [disclosure] = &result.disclosures[..] else { panic!("{:?}", result.disclosures) };
    assert_eq!(disclosure.proven_by, "mark");
    assert!(disclosure.began_ms < disclosure.proven_ms);
    let file = std::fs::read_to_string(called.file("result.json")).unwrap();
    assert_eq!(file, serde_json::to_string_pretty(result).unwrap(), "the file is the result");
    let file: serde_json::Value = serde_json::from_str(&file).unwrap();
    assert_eq!(file["known_identifiers_to_model"], serde_json::json!([]));
    let once = PayerEvent::Misheard { step: "member_id".to_owned() };
    let misheard = |event: &LogEvent| matches!(event, LogEvent::Payer { what } if *what == once);
    assert!(called.log().has(misheard), "the member id was not misheard once");
}

/// Whoever is called by an artificial voice is told where to call back (47 CFR 64.1200(b)(2)).
fn the_far_end_was_told_the_call_back_number(called: &Called) {
    let egress = &called.made().result.egress;
    let far_end = egress.iter().find(|total| total.recipient == "far_end").unwrap();
    assert!(far_end.fields.contains(&"callback_number"), "{:?}", far_end.fields);
}

/// From the moment at which the person was on the line, by the carrier's log.
fn only_the_disclosure_was_sent_before_it_was_proven(house: &House, log: &CallLog) {
    let connected =
        |event: &LogEvent| matches!(event, LogEvent::Payer { what: PayerEvent::PersonConnected });
    let at = log.entries.iter().position(|entry| connected(&entry.event)).unwrap();
    let since = &log.entries[at..];
    let played =
        |event: &LogEvent| matches!(event, LogEvent::MarkEchoed { reason: EchoReason::Played, .. });
    let proven = since.iter().find(|entry| played(&entry.event)).expect("a mark came back");
    let key = |event: &LogEvent| matches!(event, LogEvent::KeyDetected { .. });
    assert!(!since.iter().any(|entry| key(&entry.event)), "keys were sent to a person");

    let provider = &house.scenario.provider;
    let callback = spoken::phone(&provider.callback);
    let business = Business { registered_name: &provider.name, callback_spoken: &callback };
    let voice = house.services.vendors.text_to_speech.id();
    let (notices, recorded) = (house.services.pack.notices(), Notice::RecordedAndTranscribed);
    let notice = notices.choose(CallClass::Payer, Places::Unknown, recorded);
    let clips = house.services.clips.made(notice, &business, voice).expect("they were made");
    let clip = clips.audio(ClipName::from(ClipKind::Disclosure));
    let byte = |ms: u64| usize::try_from(ms * 8).unwrap();
    // The mark is due in the tick whose frame was the last one before it.
    let heard = &log.near[byte(since[0].at_ms)..byte(proven.at_ms + 20)];
    assert!(sounding(&clip).len() > 8_000, "the disclosure is longer than a second");
    assert!(
        sounding(heard) == sounding(&clip),
        "the person heard something else than the disclosure"
    );
}

/// The audio without the silence before and after it.
fn sounding(mulaw: &[u8]) -> &[u8] {
    let first = mulaw.iter().position(|&code| code != SILENCE).unwrap_or(mulaw.len());
    let last = mulaw.iter().rposition(|&code| code != SILENCE).map_or(first, |at| at + 1);
    &mulaw[first..last]
}

fn the_recording_holds_greeting_and_disclosure(log: &CallLog, kept: &Recording) {
    let stream = log.first_ms(|event| matches!(event, LogEvent::StreamStarted { .. })).unwrap();
    let began = log.first_ms(
        |event| matches!(event, LogEvent::PromptStarted { step, .. } if step == "greeting"),
    );
    let ended =
        log.first_ms(|event| matches!(event, LogEvent::PromptEnded { step } if step == "greeting"));
    let (began, ended) = (began.unwrap() - stream, ended.unwrap() - stream);
    let greeting = kept.level(0, began, ended);
    assert!(greeting > 300.0, "the greeting is not in the recording: {greeting}");
    // By halves, so that a greeting cut at its start does not pass for a whole one.
    let first_word = kept.level(0, began, began + 600);
    assert!(first_word > 100.0, "its first word is not in the recording: {first_word}");
    let (from, to) = log
        .near_segments()
        .into_iter()
        .find(|(from, _)| from - stream > ended)
        .expect("the disclosure follows the greeting");
    let disclosure = kept.level(1, from - stream, to - stream);
    assert!(disclosure > 300.0, "the disclosure is not in the recording: {disclosure}");
    let before = kept.level(1, began, ended);
    assert!(before < 10.0, "the agent spoke during the greeting: {before}");
}

async fn the_results_are_in_the_store(house: &House, called: &Called) {
    let actor = Actor::Node(house.services.node_id.clone());
    let now = house.services.clock.wall();
    let access = Access { actor: &actor, purpose: Purpose::RenderResult, now };
    let store = &house.services.store;
    let kept = store.results(&called.tenant, &called.request, access).await.unwrap();
    let result = &called.made().result;
    assert_eq!(kept.len(), result.fields.len() + 2);
    for field in &kept {
        let name = field.evidence.field.as_str();
        let own = match name {
            "representative" => result.representative.as_ref(),
            "reference_number" => result.reference_number.as_ref(),
            _ => result.fields.get(name),
        };
        let value = field.value.as_ref().unwrap().expose(Purpose::Compare);
        assert_eq!(Some(value), own.map(|field| &field.value), "{name}");
        assert!(field.evidence.evidenced, "{name}: there is a recording of it");
    }
    let whole = store.verify_audit(&called.tenant, None).await.unwrap().unwrap();
    assert!(whole.len > 0);
}

fn a_changed_journal_is_found(journal: &Path) {
    let text = std::fs::read_to_string(journal).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let middle = lines.len() / 2;
    let folder = tempfile::tempdir().unwrap();
    let replayed = |lines: Vec<String>| {
        let path = folder.path().join("journal.jsonl");
        std::fs::write(&path, lines.join("\n")).unwrap();
        replay::run(&[path]).remove(0).outcome
    };
    let own = || lines.iter().map(|line| (*line).to_owned()).collect::<Vec<String>>();
    assert!(replayed(own()).is_ok(), "the journal as it was written");

    // Every tenth line with one digit of its time changed: the first one that differs is told.
    for at in (1..lines.len()).step_by(10) {
        let mut changed = own();
        let digit = changed[at].find("\"at\":").unwrap() + 5;
        let other = if changed[at].as_bytes()[digit] == b'7' { "8" } else { "7" };
        changed[at].replace_range(digit..=digit, other);
        let seq = at as u64;
        let outcome = replayed(changed);
        assert!(matches!(outcome, Err(Difference::Chain { seq: s }) if s == seq), "{outcome:?}");
    }
    let mut removed = own();
    removed.remove(middle);
    assert!(matches!(replayed(removed), Err(Difference::Chain { .. })));
    let mut swapped = own();
    swapped.swap(middle, middle + 1);
    assert!(matches!(replayed(swapped), Err(Difference::Chain { .. })));
    let mut cut = own();
    cut.truncate(middle);
    assert!(matches!(replayed(cut), Err(Difference::Cut { .. })));
    let mut header = own();
    header[0] = header[0].replacen("\"attempts_max\":3", "\"attempts_max\":4", 1);
    assert_ne!(header[0], lines[0], "the header has the limits");
    assert!(matches!(replayed(header), Err(Difference::Chain { seq: 1 })));
}

/// A stereo recording: the far end on the left, we on the right.
struct Recording {
    samples: Vec<[i16; 2]>,
}

impl Recording {
    /// Reads a WAV file of 16-bit PCM (the chunks that every writer writes: `fmt ` and `data`).
    fn read(path: &Path) -> Recording {
        let bytes = std::fs::read(path).unwrap();
        assert_eq!((&bytes[..4], &bytes[8..12]), (&b"RIFF"[..], &b"WAVE"[..]));
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let half = |at: usize| u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap());
        let mut at = 12;
        loop {
            let (name, length) = (&bytes[at..at + 4], word(at + 4) as usize);
            let body = at + 8;
            if name == b"fmt " {
                assert_eq!(half(body + 2), 2, "two channels");
                assert_eq!(word(body + 4), 8_000, "samples a second");
                assert_eq!(half(body + 14), 16, "bits a sample");
            } else if name == b"data" {
                let pair =
                    |b: &[u8]| [i16::from_le_bytes([b[0], b[1]]), i16::from_le_bytes([b[2], b[3]])];
                let data = &bytes[body..body + length];
                return Recording { samples: data.chunks_exact(4).map(pair).collect() };
            }
            at = body + length.next_multiple_of(2);
        }
    }

    fn length_ms(&self) -> u64 {
        self.samples.len() as u64 / 8
    }

    /// The root mean square of a channel between two moments.
    fn level(&self, channel: usize, from_ms: u64, to_ms: u64) -> f64 {
        let at = |ms: u64| usize::try_from(ms * 8).unwrap().min(self.samples.len());
        let part = &self.samples[at(from_ms)..at(to_ms)];
        let power: f64 = part.iter().map(|pair| f64::from(pair[channel]).powi(2)).sum();
        (power / part.len().max(1) as f64).sqrt()
    }
}
