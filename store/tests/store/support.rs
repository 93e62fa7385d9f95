//! A database in a folder of its own, with a practice, a provider, and requests about people who do not exist.

use std::collections::BTreeSet;
use std::path::PathBuf;

use callwright_compliance::audit::Actor;
use callwright_compliance::decide::{DecisionRecord, Stage, Verdict};
use callwright_compliance::facts::AiCallConsent;
use callwright_compliance::policy::Limits;
use callwright_compliance::{
    CallClass, CallPurpose, DecisionId, Digest, ObjectId, PatientKind, PayerId, PersonId, Phi,
    PhiString, PhoneNumber, Purpose, RequestId, TenantId, VendorId,
};
use callwright_store::{
    Access, CallId, Code, KeyRing, Lease, Location, LocationId, NewIntent, Order, Patient,
    Priority, Provider, ProviderId, RandomId, Request, Store,
};
use jiff::{SignedDuration, Timestamp};
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

pub(crate) const NAME: &str = "Wilhelmina Zzyzx-Planted";
pub(crate) const BORN: &str = "1961-07-13";
pub(crate) const MEMBER: &str = "QX7719340021";
pub(crate) const GROUP: &str = "GRP-PLANTED-55";
pub(crate) const RELATIONSHIP: &str = "stepchild-planted";
pub(crate) const SERVICE: &str = "2027-03-09";
pub(crate) const TAX_ID: &str = "987123654";
pub(crate) const ANSWER: &str = "deductible-planted-1500";
pub(crate) const LEASE: SignedDuration = SignedDuration::from_secs(30);

/// A fixed time, and so many seconds later.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

pub(crate) fn code(text: &str) -> Code {
    Code::new(text).unwrap()
}

pub(crate) fn person(id: &str) -> Actor {
    Actor::Person(PersonId::new(id).unwrap())
}

pub(crate) fn node() -> Actor {
    Actor::Node(ObjectId::new("node-1").unwrap())
}

pub(crate) fn number() -> PhoneNumber {
    PhoneNumber::parse_e164("+16142000134").unwrap()
}

pub(crate) fn to_render(actor: &Actor) -> Access<'_> {
    Access { purpose: Purpose::RenderResult, actor, now: at(500) }
}

fn phi(text: &str) -> PhiString {
    Phi::new(text.to_owned())
}

pub(crate) fn patient() -> Patient {
    Patient {
        name: phi(NAME),
        date_of_birth: phi(BORN),
        member_id: phi(MEMBER),
        group_number: Some(phi(GROUP)),
        relationship: phi(RELATIONSHIP),
        date_of_service: Some(phi(SERVICE)),
    }
}

pub(crate) struct House {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) store: Store,
    pub(crate) tenant: TenantId,
    pub(crate) provider: ProviderId,
}

impl House {
    pub(crate) async fn build() -> House {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyRing::create(&folder.path().join("key")).unwrap();
        let store = Store::open(&folder.path().join("db"), keys).await.unwrap();
        let (tenant, provider) = practice(&store).await;
        House { folder, store, tenant, provider }
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("db")
    }

    pub(crate) fn keys(&self) -> KeyRing {
        KeyRing::open(&self.folder.path().join("key")).unwrap()
    }

    /// The same file again, as another process would open it.
    pub(crate) async fn again(&self) -> Store {
        Store::open(&self.database(), self.keys()).await.unwrap()
    }

    pub(crate) async fn request(&self) -> RequestId {
        request(&self.store, &self.tenant, &self.provider).await
    }

    /// Whether a node that asks is given nothing.
    pub(crate) async fn idle(&self, now: Timestamp) -> bool {
        self.store.claim(&code("node-2"), now, LEASE).await.unwrap().is_none()
    }

    /// Whether there is nothing to adopt.
    pub(crate) async fn orphanless(&self, now: Timestamp) -> bool {
        self.store.adopt(&code("node-3"), now, LEASE).await.unwrap().is_none()
    }

    /// Everything on the disc that belongs to the database.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        ["db", "db-wal", "db-shm", "db.erasures"]
            .iter()
            .filter_map(|name| std::fs::read(self.folder.path().join(name)).ok())
            .flatten()
            .collect()
    }

    pub(crate) async fn claim(&self, now: Timestamp) -> (Lease, Request) {
        self.store.claim(&code("node-1"), now, LEASE).await.unwrap().unwrap()
    }
}

pub(crate) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

pub(crate) async fn practice(store: &Store) -> (TenantId, ProviderId) {
    let tenant = TenantId::random().unwrap();
    let admin = person("admin-1");
    store.found_practice(&tenant, "Oak Street Dental LLC", &admin, at(0)).await.unwrap();
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
        tax_id: TAX_ID.parse().unwrap(),
        callback: PhoneNumber::parse_e164("+16142000199").unwrap(),
    };
    let mut tx = store.begin(&tenant, &admin, at(0)).await.unwrap();
    tx.add_location(&location).await.unwrap();
    tx.add_provider(&provider).await.unwrap();
    tx.commit().await.unwrap();
    (tenant, provider.id)
}

pub(crate) fn order(provider: &ProviderId) -> Order {
    Order {
        provider: provider.clone(),
        payer: PayerId::new("acme-health").unwrap(),
        class: CallClass::Payer,
        purpose: CallPurpose::DentalBenefits,
        patient_kind: PatientKind::Synthetic,
        question_set: code("dental"),
        consent: AiCallConsent::Absent,
        priority: Priority::NORMAL,
        not_before: at(0),
        due: None,
    }
}

pub(crate) async fn request(store: &Store, tenant: &TenantId, provider: &ProviderId) -> RequestId {
    let id = RequestId::random().unwrap();
    let mut tx = store.begin(tenant, &person("staff-1"), at(1)).await.unwrap();
    tx.add_request(&id, &order(provider), &patient()).await.unwrap();
    tx.commit().await.unwrap();
    id
}

pub(crate) fn decision(tenant: &TenantId, request: &RequestId, verdict: Verdict) -> DecisionRecord {
    DecisionRecord {
        id: DecisionId::random().unwrap(),
        stage: Stage::Dial,
        tenant: tenant.clone(),
        request: request.clone(),
        class: CallClass::Payer,
        verdict,
        reasons: Vec::new(),
        rules: Vec::new(),
        policy: Digest::of(b"policy"),
        facts: Digest::of(b"facts"),
        at: at(2),
    }
}

pub(crate) fn intent(decision: DecisionId, now: Timestamp) -> NewIntent {
    NewIntent {
        call: CallId::random().unwrap(),
        decision,
        number: number(),
        cost_cents_max: 90,
        expires: now + SignedDuration::from_secs(20),
        vendors: BTreeSet::from([VendorId::new("speech-1").unwrap()]),
        limits: Limits {
            system_running_max: 9,
            tenant_running_max: 9,
            number_running_max: 9,
            system_started_1s_max: 9,
            number_started_day_max: 9,
            tenant_started_day_max: 9,
            call_cents_max: 90,
            tenant_day_cents_max: 900,
        },
    }
}

/// Decides and writes the intent, as a node would.
pub(crate) async fn dial(store: &Store, lease: &Lease, now: Timestamp) -> CallId {
    let record = decision(lease.tenant(), lease.request(), Verdict::Permitted);
    let new = intent(record.id, now);
    let mut tx = store.begin(lease.tenant(), &node(), now).await.unwrap();
    tx.record_decision(&record).await.unwrap();
    tx.dial_intent(lease, &new).await.unwrap();
    tx.commit().await.unwrap();
    new.call
}

/// The file, opened past the store: what somebody does who has it.
pub(crate) async fn raw(house: &House) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(house.database()).foreign_keys(false);
    SqliteConnection::connect_with(&options).await.unwrap()
}
