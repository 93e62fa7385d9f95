//! For tests: a practice with a call that runs, in a store of its own, about a patient who does not exist; and services over a store.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use callwright_compliance::audit::Actor;
use callwright_compliance::decide::{DecisionRecord, Stage, Verdict};
use callwright_compliance::egress::{Field, Ledger, LedgerEntry, Recipient};
use callwright_compliance::facts::AiCallConsent;
use callwright_compliance::policy::Limits;
use callwright_compliance::vendor::Role;
use callwright_compliance::{
    CallClass, CallPurpose, DecisionId, Digest, ObjectId, PatientKind, PayerId, Phi, PhoneNumber,
    Policy, RequestId, TenantId, VendorId,
};
use callwright_core::Limits as CoreLimits;
use callwright_dialplan::payer::Directory;
use callwright_dialplan::twilio::{Client, ClientConfig, Credentials, Secret};
use callwright_prompts::Pack;
use callwright_store::{
    CallEnd, CallId, Code, Ending, KeyRing, Lease, Location, LocationId, NewIntent, Order, Patient,
    Priority, Provider, ProviderId, RandomId, Store,
};
use callwright_vendors::{
    Egress, LanguageModel, ModelSession, RecogniserSession, SpeechSession, SpeechToText,
    TextToSpeech, VendorError,
};
use jiff::{SignedDuration, Timestamp};

use crate::api::Registry;
use crate::call::Vendors;
use crate::call::clips::ClipShelf;
use crate::cli::Place;
use crate::clock::Clock;
use crate::services::{Carrier, FileKeeping, Services};

/// When everything here happens: a Monday morning in Columbus, long gone.
pub(crate) const NOW: Timestamp = Timestamp::constant(1_750_082_400, 0);

/// The store that the configuration of a test's folder names, with a new key.
pub(crate) async fn store_at(place: &Place) -> Store {
    place.good("setup key CONFIG").await;
    let keys = KeyRing::open(&place.path("callwright.key")).unwrap();
    Store::open(&place.path("callwright.db"), keys).await.unwrap()
}

/// A ledger in which the far end got the member id and the recogniser what the far end said.
pub(crate) fn ledger() -> Ledger {
    let mut ledger = Ledger::new();
    let ear = VendorId::new("ear").unwrap();
    for (at_ms, recipient, field) in [
        (0, Recipient::FarEnd, Field::ProviderName),
        (60_000, Recipient::FarEnd, Field::MemberId),
        (61_000, Recipient::Vendor { id: ear, role: Role::SpeechToText }, Field::FarEndAudio),
    ] {
        let purpose = CallPurpose::MedicalBenefits;
        ledger.add(LedgerEntry { at_ms, recipient, purpose, fields: field.into(), bytes: 10 });
    }
    ledger
}

/// Ends a call that [`running`] began, with its ledger.
pub(crate) async fn end(store: &Store, lease: &Lease, call: &CallId, now: Timestamp) {
    let outcome = Code::new("voicemail").unwrap();
    let over =
        CallEnd { outcome: outcome.clone(), cost_cents: None, recording: None, journal: None };
    let mut tx = store.begin(lease.tenant(), &node(), now).await.unwrap();
    tx.put_ledger(call, NOW, &ledger()).await.unwrap();
    tx.call_ended(lease, call, &over).await.unwrap();
    tx.finish(lease, &Ending::Failed, &outcome).await.unwrap();
    tx.commit().await.unwrap();
}

/// The process that dials.
pub(crate) fn node() -> Actor {
    Actor::Node(ObjectId::new("node-1").unwrap())
}

/// A practice of this name with a request `r-NAME`, dialled at `now`.
pub(crate) async fn running(
    store: &Store,
    name: &str,
    now: Timestamp,
) -> (TenantId, RequestId, CallId) {
    let (tenant, lease) = claimed(store, name, now).await;
    let call = dial(store, &lease, now).await;
    (tenant, lease.request().clone(), call)
}

/// The same, claimed and not dialled yet.
pub(crate) async fn claimed(store: &Store, name: &str, now: Timestamp) -> (TenantId, Lease) {
    let tenant = TenantId::new(name).unwrap();
    store.found_practice(&tenant, "Practice LLC", &node(), now).await.unwrap();
    let location = Location {
        id: LocationId::random().unwrap(),
        name: "Main office".to_owned(),
        street: "12 Oak Street".to_owned(),
        city: "Columbus".to_owned(),
        state: "OH".to_owned(),
        zip: "43215".to_owned(),
    };
    let provider = Provider {
        id: ProviderId::random().unwrap(),
        location: location.id.clone(),
        registered_name: "Dr. Example DDS".to_owned(),
        npi: "1234567893".parse().unwrap(),
        tax_id: "987123654".parse().unwrap(),
        callback: PhoneNumber::parse_e164("+16142000199").unwrap(),
    };
    let request = RequestId::new(&format!("r-{name}")).unwrap();
    let mut tx = store.begin(&tenant, &node(), now).await.unwrap();
    tx.add_location(&location).await.unwrap();
    tx.add_provider(&provider).await.unwrap();
    tx.add_request(&request, &order(&provider, now), &patient()).await.unwrap();
    tx.commit().await.unwrap();
    let node = Code::new("node-1").unwrap();
    let lease = store.claim(&node, now, SignedDuration::from_secs(60)).await;
    (tenant, lease.unwrap().unwrap().0)
}

fn order(provider: &Provider, now: Timestamp) -> Order {
    Order {
        provider: provider.id.clone(),
        payer: PayerId::new("acme-health").unwrap(),
        class: CallClass::Payer,
        purpose: CallPurpose::MedicalBenefits,
        patient_kind: PatientKind::Real,
        question_set: Code::new("medical").unwrap(),
        consent: AiCallConsent::Absent,
        priority: Priority::NORMAL,
        not_before: now,
        due: None,
    }
}

fn patient() -> Patient {
    let phi = |text: &str| Phi::new(text.to_owned());
    Patient {
        name: phi("Wilhelmina Zzyzx"),
        date_of_birth: phi("1961-07-13"),
        member_id: phi("QX7719340021"),
        group_number: None,
        relationship: phi("self"),
        date_of_service: None,
    }
}

/// Decides, writes the intent, and has the carrier take the call.
pub(crate) async fn dial(store: &Store, lease: &Lease, now: Timestamp) -> CallId {
    let record = DecisionRecord {
        id: DecisionId::random().unwrap(),
        stage: Stage::Dial,
        tenant: lease.tenant().clone(),
        request: lease.request().clone(),
        class: CallClass::Payer,
        verdict: Verdict::Permitted,
        reasons: Vec::new(),
        rules: Vec::new(),
        policy: Digest::of(b"policy"),
        facts: Digest::of(b"facts"),
        at: now,
    };
    let most = Limits {
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
        call: CallId::random().unwrap(),
        decision: record.id,
        number: PhoneNumber::parse_e164("+16142000134").unwrap(),
        cost_cents_max: 90,
        expires: now + SignedDuration::from_secs(20),
        vendors: BTreeSet::new(),
        limits: most,
    };
    let mut tx = store.begin(lease.tenant(), &node(), now).await.unwrap();
    tx.record_decision(&record).await.unwrap();
    tx.dial_intent(lease, &intent).await.unwrap();
    let sid = format!("CA{}", intent.call);
    tx.call_placed(lease, &intent.call, &sid.parse().unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    intent.call
}

/// A vendor that has a name and cannot be opened.
struct Stub(&'static str);

impl Stub {
    fn shut(&self) -> VendorError {
        VendorError::Open { vendor: self.0, why: "a stub".to_owned() }
    }
}

impl SpeechToText for Stub {
    fn id(&self) -> &'static str {
        self.0
    }

    fn open(&self, _leave: Egress) -> Result<RecogniserSession, VendorError> {
        Err(self.shut())
    }
}

impl LanguageModel for Stub {
    fn id(&self) -> &'static str {
        self.0
    }

    fn open(&self, _leave: Egress) -> Result<Box<dyn ModelSession>, VendorError> {
        Err(self.shut())
    }
}

impl TextToSpeech for Stub {
    fn id(&self) -> &'static str {
        self.0
    }

    fn open(&self, _leave: Egress) -> Result<Box<dyn SpeechSession>, VendorError> {
        Err(self.shut())
    }
}

/// Services over a store, with the recommended policy. The vendors are `ear`, `inner-ear` until the notice, `mind`, `voice`, and the
/// carrier `phone`; none of them can be reached.
pub(crate) fn services(store: Store, folder: &Path) -> Services {
    let account = format!("AC{:032}", 1);
    let credentials = Credentials::auth_token(&account, Secret::new("secret".to_owned()));
    let mut config = ClientConfig::new(credentials);
    config.base_url = "http://127.0.0.1:9/2010-04-01".to_owned();
    Services {
        clock: Clock,
        node: Code::new("node-1").unwrap(),
        node_id: ObjectId::new("node-1").unwrap(),
        store,
        policy: Policy::recommended(),
        directory: Arc::new(Directory::embedded().unwrap()),
        pack: Arc::new(Pack::embedded().unwrap()),
        vendors: Vendors {
            speech_to_text: Arc::new(Stub("ear")),
            before_notice: Some(Arc::new(Stub("inner-ear"))),
            language_model: Arc::new(Stub("mind")),
            text_to_speech: Arc::new(Stub("voice")),
        },
        clips: ClipShelf::default(),
        carrier: Carrier {
            client: Arc::new(Client::new(config).unwrap()),
            id: VendorId::new("phone").unwrap(),
            from: PhoneNumber::parse_e164("+16142000199").unwrap(),
            cents_per_minute: 0,
        },
        registry: Arc::new(Registry::new(4)),
        public_url: "http://127.0.0.1:9".to_owned(),
        calls_dir: folder.join("calls"),
        keeping: FileKeeping::Open,
        limits: CoreLimits::default(),
    }
}
