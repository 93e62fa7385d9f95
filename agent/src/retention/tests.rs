//! The purge over real files and a real database: what is due goes from the disc, and nothing else does.

use std::fs;
use std::path::PathBuf;

use callwright_compliance::audit::{Action, Actor};
use callwright_compliance::decide::{DecisionRecord, Stage, Verdict};
use callwright_compliance::facts::AiCallConsent;
use callwright_compliance::policy::Limits;
use callwright_compliance::retention::{Periods, RecordClass, RetentionPolicy, SIX_YEARS_DAYS};
use callwright_compliance::{
    CallClass, CallPurpose, DecisionId, Digest, ObjectId, PatientKind, PayerId, Phi, PhoneNumber,
    RequestId, TenantId,
};
use callwright_store::{
    CallEnd, CallId, Code, Ending, Evidence, HoldScope, KeyRing, Location, LocationId, NewIntent,
    Order, Page, Patient, Priority, Provider, ProviderId, RandomId, ResultField, Store,
};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use super::*;
use crate::dialler::{JOURNAL, RECORDING, SEALED};

/// A fixed time, and so many seconds later.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn days(count: u32) -> SignedDuration {
    SignedDuration::from_hours(i64::from(count) * 24)
}

pub(crate) fn actor() -> Actor {
    Actor::Node(ObjectId::new("node-1").unwrap())
}

/// An installation in a folder, with calls that are over and their files.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) store: Store,
    pub(crate) tenant: TenantId,
    pub(crate) periods: Periods,
    provider: ProviderId,
}

/// When each call of a [`Place`] ended.
const ENDED: i64 = 5;

impl Place {
    pub(crate) async fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyRing::create(&folder.path().join("key")).unwrap();
        let store = Store::open(&folder.path().join("db"), keys).await.unwrap();
        let tenant = TenantId::new("oak").unwrap();
        store.found_practice(&tenant, "Oak", &actor(), at(0)).await.unwrap();
        let location = Location {
            id: LocationId::random().unwrap(),
            name: "Main".to_owned(),
            street: "12 Oak Street".to_owned(),
            city: "Columbus".to_owned(),
            state: "OH".to_owned(),
            zip: "43215".to_owned(),
        };
        let provider = Provider {
            id: ProviderId::random().unwrap(),
            location: location.id.clone(),
            registered_name: "Dr. Example".to_owned(),
            npi: "1234567893".parse().unwrap(),
            tax_id: "12-3456789".parse().unwrap(),
            callback: PhoneNumber::parse_e164("+16142000199").unwrap(),
        };
        let mut tx = store.begin(&tenant, &actor(), at(0)).await.unwrap();
        tx.add_location(&location).await.unwrap();
        tx.add_provider(&provider).await.unwrap();
        tx.commit().await.unwrap();
        let periods = Periods::new(&RetentionPolicy::recommended()).unwrap();
        fs::create_dir(folder.path().join("calls")).unwrap();
        Place { folder, store, tenant, periods, provider: provider.id }
    }

    pub(crate) fn calls(&self) -> PathBuf {
        self.folder.path().join("calls")
    }

    /// A request about somebody, called once. The call has every file a call can have, sealed.
    pub(crate) async fn called(&self, name: &str) -> (RequestId, CallId) {
        let (id, call) = (RequestId::random().unwrap(), CallId::random().unwrap());
        let phi = |text: &str| Phi::new(text.to_owned());
        let patient = Patient {
            name: phi(name),
            date_of_birth: phi("1961-07-13"),
            member_id: phi("QX7719340021"),
            group_number: None,
            relationship: phi("self"),
            date_of_service: None,
        };
        let order = Order {
            provider: self.provider.clone(),
            payer: PayerId::new("acme-health").unwrap(),
            class: CallClass::Payer,
            purpose: CallPurpose::MedicalBenefits,
            patient_kind: PatientKind::Synthetic,
            question_set: Code::new("medical").unwrap(),
            consent: AiCallConsent::Absent,
            priority: Priority::NORMAL,
            not_before: at(0),
            due: None,
        };
        let (store, tenant) = (&self.store, &self.tenant);
        let mut tx = store.begin(tenant, &actor(), at(1)).await.unwrap();
        tx.add_request(&id, &order, &patient).await.unwrap();
        tx.commit().await.unwrap();
        self.call(&id, &call).await;
        self.write_files(&id, &call).await;
        (id, call)
    }

    async fn call(&self, id: &RequestId, call: &CallId) {
        let (store, tenant) = (&self.store, &self.tenant);
        let (node, lease) = (Code::new("node-1").unwrap(), SignedDuration::from_secs(60));
        let claimed = store.claim_request(tenant, id, &node, at(2), lease).await.unwrap();
        let (lease, _) = claimed.unwrap();
        let record = DecisionRecord {
            id: DecisionId::random().unwrap(),
            stage: Stage::Dial,
            tenant: tenant.clone(),
            request: id.clone(),
            class: CallClass::Payer,
            verdict: Verdict::Permitted,
            reasons: Vec::new(),
            rules: Vec::new(),
            policy: Digest::of(b"policy"),
            facts: Digest::of(b"facts"),
            at: at(2),
        };
        let nine = Limits {
            system_running_max: 9,
            tenant_running_max: 9,
            number_running_max: 9,
            system_started_1s_max: 99,
            number_started_day_max: 99,
            tenant_started_day_max: 99,
            call_cents_max: 1_000,
            tenant_day_cents_max: 100_000,
        };
        let intent = NewIntent {
            call: call.clone(),
            decision: record.id,
            number: PhoneNumber::parse_e164("+16142000134").unwrap(),
            cost_cents_max: 90,
            expires: at(22),
            vendors: [].into(),
            limits: nine,
        };
        let mut tx = store.begin(tenant, &actor(), at(2)).await.unwrap();
        tx.record_decision(&record).await.unwrap();
        tx.dial_intent(&lease, &intent).await.unwrap();
        tx.call_placed(&lease, call, &format!("CA{call}").parse().unwrap()).await.unwrap();
        tx.commit().await.unwrap();
        store.call_answered(&lease, call, at(3)).await.unwrap();
        let mut tx = store.begin(tenant, &actor(), at(ENDED)).await.unwrap();
        let evidence = Evidence {
            field: Code::new("deductible").unwrap(),
            call: call.clone(),
            confidence: 0.9,
            utterance: 1,
            from_ms: 0,
            to_ms: 900,
            read_back: true,
            evidenced: true,
        };
        let value = Some(Phi::new("1500.00".to_owned()));
        tx.put_result(&lease, &ResultField { value, evidence }).await.unwrap();
        let end = CallEnd {
            outcome: Code::new("complete").unwrap(),
            cost_cents: None,
            recording: Some(format!("{call}/{RECORDING}{SEALED}")),
            journal: Some(format!("{call}/{JOURNAL}")),
        };
        tx.call_ended(&lease, call, &end).await.unwrap();
        tx.finish(&lease, &Ending::Done, &Code::new("complete").unwrap()).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn write_files(&self, id: &RequestId, call: &CallId) {
        let folder = self.calls().join(call.as_str());
        fs::create_dir(&folder).unwrap();
        let sealer = self.store.file_sealer(&self.tenant, id).await.unwrap();
        for name in SEALED_CLASSES.into_iter().flat_map(names) {
            let plain = Phi::new(format!("planted in {name}").into_bytes());
            let sealed = sealer.seal(&Code::new(name).unwrap(), &plain).unwrap();
            fs::write(folder.join(format!("{name}{SEALED}")), sealed.as_bytes()).unwrap();
        }
        fs::write(folder.join(JOURNAL), "ids and times").unwrap();
    }

    pub(crate) fn purge<'a>(
        &'a self,
        calls: &'a Path,
        actor: &'a Actor,
        now: Timestamp,
    ) -> Purge<'a> {
        Purge { store: &self.store, calls, periods: &self.periods, actor, now }
    }

    pub(crate) async fn round(&self, now: Timestamp, mode: Mode) -> Report {
        let (calls, actor) = (self.calls(), actor());
        self.purge(&calls, &actor, now).round(None, mode, Bound::None).await.unwrap()
    }

    /// The files of a call, by name; empty where the folder is gone.
    pub(crate) fn files(&self, call: &CallId) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.calls().join(call.as_str())) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .map(|name| name.trim_end_matches(SEALED).to_owned())
            .collect();
        names.sort();
        names
    }

    pub(crate) async fn hold(&self, scope: &HoldScope) -> callwright_store::HoldId {
        let mut tx = self.store.begin(&self.tenant, &actor(), at(10)).await.unwrap();
        let id = tx.place_hold(scope, "case 14").await.unwrap();
        tx.commit().await.unwrap();
        id
    }
}

fn purged(report: &Report, class: RecordClass) -> u64 {
    report.practices[0].classes.iter().find(|each| each.class == class).unwrap().purged
}

const ALL: [&str; 8] = [
    "journal.jsonl",
    "recording.wav",
    "result.csv",
    "result.fhir.json",
    "result.html",
    "result.json",
    "vendors.jsonl",
    "words.jsonl",
];

/// All files but some.
fn without(gone: &[&str]) -> Vec<String> {
    ALL.iter().filter(|name| !gone.contains(name)).map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn a_clock_jump_deletes_each_class_at_its_time_and_not_a_microsecond_before() {
    let place = Place::new().await;
    let (request, call) = place.called("Ada Planted").await;
    assert_eq!(place.files(&call), without(&[]));
    let micro = SignedDuration::from_micros(1);
    let results = ["result.csv", "result.fhir.json", "result.html", "result.json"];
    let mut gone: Vec<&str> = Vec::new();
    for (after, goes) in [
        (30, &["recording.wav", "vendors.jsonl"][..]),
        (90, &["words.jsonl"][..]),
        (SIX_YEARS_DAYS, &results[..]),
    ] {
        let end = at(ENDED) + days(after);
        place.round(end - micro, Mode::Purge).await;
        assert_eq!(place.files(&call), without(&gone), "{after} days, a microsecond before");
        let report = place.round(end, Mode::Purge).await;
        assert!(report.is_clean());
        gone.extend(goes);
        if after == SIX_YEARS_DAYS {
            // The journal's six years end at the same moment, and with its last file the folder goes.
            gone.push("journal.jsonl");
            assert_eq!(purged(&report, RecordClass::Result), 1);
            assert_eq!(purged(&report, RecordClass::Disclosure), 1);
        }
        assert_eq!(place.files(&call), without(&gone), "{after} days");
        assert_eq!(place.round(end, Mode::Purge).await.purged(), 0, "it goes once");
    }
    assert!(!place.calls().join(call.as_str()).exists());
    let row = place.store.request(&place.tenant, &request).await.unwrap();
    assert!(row.erased_at.is_some());
    assert!(place.store.verify_audit(&place.tenant, None).await.unwrap().is_ok());
}

#[tokio::test]
async fn a_short_result_period_shortens_nothing_that_the_law_wants_kept() {
    let mut place = Place::new().await;
    let policy = RetentionPolicy { result_days: 1, ..RetentionPolicy::recommended() };
    place.periods = Periods::new(&policy).unwrap();
    let (_, call) = place.called("Ada Planted").await;
    place.round(at(ENDED) + days(1), Mode::Purge).await;
    assert_eq!(place.files(&call), ["journal.jsonl"]);
    place
        .round(at(ENDED) + days(SIX_YEARS_DAYS) - SignedDuration::from_micros(1), Mode::Purge)
        .await;
    assert_eq!(place.files(&call), ["journal.jsonl"]);
}

#[tokio::test]
async fn a_dry_run_tells_the_same_and_changes_nothing() {
    let place = Place::new().await;
    let (_, call) = place.called("Ada Planted").await;
    let late = at(ENDED) + days(100);
    let entries =
        async || place.store.audit_entries(&place.tenant, &Page::first()).await.unwrap().len();
    let before = entries().await;
    let told = place.round(late, Mode::DryRun).await;
    assert!(told.dry_run);
    assert_eq!((place.files(&call), entries().await), (without(&[]), before));
    let done = place.round(late, Mode::Purge).await;
    for class in [RecordClass::Audio, RecordClass::Words, RecordClass::Exchanges] {
        assert_eq!((purged(&told, class), purged(&done, class)), (1, 1), "{class}");
    }
    assert_eq!(told.purged(), done.purged());
    assert_eq!(entries().await, before + 3);
}

#[tokio::test]
async fn a_hold_keeps_the_files_and_the_report_says_so() {
    let place = Place::new().await;
    let ((held, kept), (_, other)) =
        (place.called("Ada Planted").await, place.called("Bea Planted").await);
    place.hold(&HoldScope::Request(held)).await;
    let report = place.round(at(ENDED) + days(2 * SIX_YEARS_DAYS), Mode::Purge).await;
    assert_eq!((place.files(&kept), place.files(&other)), (without(&[]), Vec::new()));
    for class in &report.practices[0].classes {
        let purged = PURGED.contains(&class.class);
        assert_eq!(class.held, u64::from(purged), "{}", class.class);
    }
}

#[tokio::test]
async fn what_cannot_be_deleted_is_reported_and_tried_again() {
    let place = Place::new().await;
    let (_, call) = place.called("Ada Planted").await;
    // A folder where the file should be: even a superuser cannot delete it as a file.
    let path = place.calls().join(call.as_str()).join(format!("{RECORDING}{SEALED}"));
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let late = at(ENDED) + days(30);
    let report = place.round(late, Mode::Purge).await;
    assert!(!report.is_clean());
    let failures = &report.practices[0].failures;
    assert_eq!((failures.len(), failures[0].class), (1, RecordClass::Audio));
    assert_eq!(purged(&report, RecordClass::Exchanges), 1, "the rest goes on");
    fs::remove_dir(&path).unwrap();
    let report = place.round(late, Mode::Purge).await;
    assert_eq!((report.is_clean(), purged(&report, RecordClass::Audio)), (true, 1));
}

#[tokio::test]
async fn open_files_are_deleted_like_sealed_ones() {
    let place = Place::new().await;
    let (_, call) = place.called("Ada Planted").await;
    let folder = place.calls().join(call.as_str());
    for name in SEALED_CLASSES.into_iter().flat_map(names) {
        fs::rename(folder.join(format!("{name}{SEALED}")), folder.join(name)).unwrap();
    }
    place.round(at(ENDED) + days(SIX_YEARS_DAYS), Mode::Purge).await;
    assert_eq!(place.files(&call), [""; 0]);
}

#[tokio::test]
async fn more_than_one_batch_is_purged_and_a_serving_round_is_bounded() {
    let place = Place::new().await;
    let count = u64::from(BATCH) + 3;
    for _ in 0..count {
        place.called("Ada Planted").await;
    }
    let late = at(ENDED) + days(30);
    let (calls, actor) = (place.calls(), actor());
    let purge = place.purge(&calls, &actor, late);
    assert_eq!(purged(&place.round(late, Mode::DryRun).await, RecordClass::Audio), count);
    let report = purge.round(None, Mode::Purge, Bound::Serving).await.unwrap();
    assert_eq!(purged(&report, RecordClass::Audio), count);
    let mut said = 0;
    let mut page = Page::first();
    loop {
        let entries = place.store.audit_entries(&place.tenant, &page).await.unwrap();
        let Some(last) = entries.last() else { break };
        page = Page::after(last.seq);
        said += entries.iter().filter(|entry| entry.action == Action::Purged).count() as u64;
    }
    assert_eq!(said, 2 * count, "audio and exchanges, a row each");
    assert!(Bound::Serving.batches() < Bound::None.batches());
}

#[test]
fn a_serving_process_purges_at_once_and_then_every_hour() {
    let mut hourly = Hourly::default();
    let due: Vec<i64> = (0..3 * 3_600 + 2).filter(|second| hourly.is_due(at(*second))).collect();
    assert_eq!(due, [0, 3_600, 7_200, 10_800]);
    // A clock that was set back by a day counts as an hour that passed.
    assert!(hourly.is_due(at(-86_400)));
    assert!(!hourly.is_due(at(-86_399)));
}
