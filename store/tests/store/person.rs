//! A person's requests are found by exact identifiers, and by nothing that lies open on the disc.

use callwright_compliance::audit::Action;
use callwright_compliance::facts::{AiCallConsent, ConsentMethod};
use callwright_compliance::opt_out::{OptOutKind, OptOutMeans};
use callwright_compliance::{ObjectId, Phi, Purpose, RequestId};
use callwright_store::{
    Access, Covering, NewOptOut, Order, Page, Patient, Person, RandomId, Store, StoreError,
};
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::support::*;

fn named(name: &str, born: &str, member: Option<&str>) -> Person {
    let phi = |text: &str| Phi::new(text.to_owned());
    Person { name: phi(name), date_of_birth: phi(born), member_id: member.map(phi) }
}

async fn find(house: &House, person: &Person) -> Vec<RequestId> {
    let actor = crate::support::person("staff-1");
    let access = Access { purpose: Purpose::Compare, actor: &actor, now: at(500) };
    house.store.find_person(&house.tenant, person, access).await.unwrap()
}

async fn same(house: &House, request: &RequestId) -> Result<Vec<RequestId>, StoreError> {
    let actor = crate::support::person("staff-1");
    let access = Access { purpose: Purpose::Compare, actor: &actor, now: at(500) };
    house.store.same_person(&house.tenant, request, access).await
}

async fn request_of(house: &House, name: &str, born: &str, member: &str) -> RequestId {
    let phi = |text: &str| Phi::new(text.to_owned());
    let patient = Patient {
        name: phi(name),
        date_of_birth: phi(born),
        member_id: phi(member),
        group_number: None,
        relationship: phi("self"),
        date_of_service: None,
    };
    let id = callwright_store::RandomId::random().unwrap();
    let mut tx =
        house.store.begin(&house.tenant, &crate::support::person("staff-1"), at(1)).await.unwrap();
    tx.add_request(&id, &order(&house.provider), &patient).await.unwrap();
    tx.commit().await.unwrap();
    id
}

#[tokio::test]
async fn a_person_is_found_by_name_and_birth_and_narrowed_by_member_id() {
    let house = House::build().await;
    let first = house.request().await;
    let moved = request_of(&house, NAME, BORN, "OTHER-PLAN-1").await;
    let twin = request_of(&house, "Theodora Zzyzx-Planted", BORN, MEMBER).await;
    let mut both = [first.clone(), moved.clone()];
    both.sort();
    let mut found = find(&house, &named("wilhelmina  ZZYZX planted", BORN, None)).await;
    found.sort();
    assert_eq!(found, both, "case, spaces and punctuation do not count");
    assert_eq!(find(&house, &named(NAME, BORN, Some(MEMBER))).await, std::slice::from_ref(&first));
    assert_eq!(find(&house, &named(NAME, BORN, Some("other plan 1"))).await, [moved]);
    assert_eq!(same(&house, &twin).await.unwrap(), [twin], "one member id is a whole family's");
    let mut found = same(&house, &first).await.unwrap();
    found.sort();
    assert_eq!(found, both);
    for (name, born) in [("Wilhelmina Zzyzx", BORN), (NAME, "1961-07-14"), ("Wil", BORN)] {
        assert_eq!(find(&house, &named(name, born, None)).await, []);
    }
}

#[tokio::test]
async fn another_practice_finds_nobody_and_an_erased_person_is_not_found() {
    let house = House::build().await;
    let id = house.request().await;
    let (other, _) = practice(&house.store).await;
    let actor = crate::support::person("staff-1");
    let access = Access { purpose: Purpose::Compare, actor: &actor, now: at(500) };
    let who = named(NAME, BORN, None);
    assert_eq!(house.store.find_person(&other, &who, access).await.unwrap(), []);
    assert_eq!(find(&house, &who).await, std::slice::from_ref(&id));
    let mut tx = house.store.begin(&house.tenant, &actor, at(501)).await.unwrap();
    tx.erase_request(&id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(find(&house, &who).await, []);
    assert_eq!(same(&house, &id).await, Err(StoreError::Erased));
    assert_eq!(rows(&house, "person_index").await, 0, "its digests are gone, too");
}

#[tokio::test]
async fn the_index_holds_no_value_and_no_plain_digest_of_one() {
    let house = House::build().await;
    house.request().await;
    let disc = house.bytes();
    for planted in [NAME, "wilhelmina zzyzx planted", BORN, MEMBER] {
        assert!(!contains(&disc, planted.as_bytes()), "{planted}");
        let plain = callwright_compliance::Digest::of(planted.as_bytes());
        assert!(!contains(&disc, plain.as_bytes()), "{planted}");
    }
    // The same person in another practice has other digests: the key is the tenant's.
    let (tenant, provider) = practice(&house.store).await;
    request(&house.store, &tenant, &provider).await;
    let mut raw = raw(&house).await;
    let kinds: Vec<i64> = sqlx::query_scalar(
        "SELECT count(DISTINCT digest) FROM person_index GROUP BY kind ORDER BY kind",
    )
    .fetch_all(&mut raw)
    .await
    .unwrap();
    assert_eq!(kinds, [2, 2]);
}

#[tokio::test]
async fn requests_from_before_the_index_are_found_and_the_index_survives_a_new_key() {
    let house = House::build().await;
    let id = house.request().await;
    let mut db = raw(&house).await;
    for table in ["person_index", "index_key"] {
        let delete = sqlx::AssertSqlSafe(format!("DELETE FROM {table}"));
        sqlx::query(delete).execute(&mut db).await.unwrap();
    }
    db.close().await.unwrap();
    let who = named(NAME, BORN, Some(MEMBER));
    assert_eq!(find(&house, &who).await, std::slice::from_ref(&id));
    let mut tx = house
        .store
        .begin(&house.tenant, &crate::support::person("admin-1"), at(600))
        .await
        .unwrap();
    tx.rotate_tenant_key().await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(find(&house, &who).await, [id]);
}

/// A request about the usual patient, who refuses AI calls where it says so.
async fn asked(house: &House, consent: AiCallConsent) -> RequestId {
    let id = RequestId::random().unwrap();
    let order = Order { consent, ..order(&house.provider) };
    let mut tx =
        house.store.begin(&house.tenant, &crate::support::person("staff-1"), at(1)).await.unwrap();
    tx.add_request(&id, &order, &patient()).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// Back to the schema of before. One patient's values do not open any more, one request has lost its practice and one its id.
async fn as_before_the_registers(
    house: &House,
    unreadable: &RequestId,
    lost: &RequestId,
    nameless: &RequestId,
) {
    let mut db = raw(house).await;
    let undo = "PRAGMA foreign_keys = OFF; DROP TABLE contact_note; DROP TABLE opt_out_lift; \
         DROP TABLE opt_out; DROP TABLE consent_event; DROP TABLE request_person; \
         DROP TABLE register_key; DELETE FROM _sqlx_migrations WHERE version = 2";
    sqlx::raw_sql(undo).execute(&mut db).await.unwrap();
    sqlx::query("UPDATE request SET patient_name = (SELECT patient_dob FROM request WHERE id = ?1) WHERE id = ?1")
        .bind(unreadable.as_str())
        .execute(&mut db)
        .await
        .unwrap();
    for (id, spoil) in [
        (lost, "UPDATE request SET tenant = 'nobody' WHERE id = ?"),
        (lost, "UPDATE request_key SET tenant = 'nobody' WHERE request = ?"),
        (nameless, "UPDATE request SET id = ' ' WHERE id = ?"),
        (nameless, "UPDATE request_key SET request = ' ' WHERE request = ?"),
    ] {
        sqlx::query(spoil).bind(id.as_str()).execute(&mut db).await.unwrap();
    }
    db.close().await.unwrap();
}

#[tokio::test]
async fn requests_from_before_the_registers_are_known_by_their_people() {
    let house = House::build().await;
    let refusal = AiCallConsent::Refused {
        at: at(-10),
        method: ConsentMethod::Verbal,
        evidence: ObjectId::new("note-1").unwrap(),
    };
    let refused = asked(&house, refusal).await;
    let other = asked(&house, AiCallConsent::Absent).await;
    let stranger = request_of(&house, "Theodora Zzyzx", BORN, MEMBER).await;
    let erased = asked(&house, AiCallConsent::Absent).await;
    let unreadable = request_of(&house, "Ambrose Planted", BORN, MEMBER).await;
    let lost = asked(&house, AiCallConsent::Absent).await;
    let nameless = asked(&house, AiCallConsent::Absent).await;
    let staff = crate::support::person("staff-1");
    let mut tx = house.store.begin(&house.tenant, &staff, at(2)).await.unwrap();
    tx.erase_request(&erased).await.unwrap();
    tx.commit().await.unwrap();
    house.store.close().await;
    as_before_the_registers(&house, &unreadable, &lost, &nameless).await;

    let store = house.again().await;
    store.enter_people(at(3)).await.unwrap();
    let reads = async |store: &Store| {
        let entries = store.audit_entries(&house.tenant, &Page::first()).await.unwrap();
        let reads = entries.iter().filter(|entry| entry.action == Action::PhiRead);
        let reads = reads.inspect(|entry| assert_eq!(entry.at, at(3), "when it was read"));
        reads.filter_map(|entry| entry.object.clone()).collect::<Vec<ObjectId>>()
    };
    let mut wanted: Vec<&str> = [&refused, &other, &stranger].map(RequestId::as_str).to_vec();
    wanted.sort_unstable();
    let read = reads(&store).await;
    assert_eq!(read.iter().map(ObjectId::as_str).collect::<Vec<_>>(), wanted, "each once");
    assert_eq!(rows(&house, "request_person").await, 3);

    // What the patient said about one of them holds for the others, and for nobody else's.
    let says =
        async |id: &RequestId| store.consent_history(&house.tenant, id).await.unwrap().ai_call();
    assert!(matches!(says(&refused).await, AiCallConsent::Refused { .. }));
    assert!(matches!(says(&other).await, AiCallConsent::Refused { .. }));
    assert!(matches!(says(&stranger).await, AiCallConsent::Absent));
    let new = NewOptOut {
        id: ObjectId::random().unwrap(),
        kind: OptOutKind::HumanOnly,
        means: OptOutMeans::Voice,
        covers: Covering::PatientOf(&refused),
        at: at(3),
        call: None,
    };
    let mut tx = store.begin(&house.tenant, &staff, at(4)).await.unwrap();
    tx.record_opt_out(&new).await.unwrap();
    tx.commit().await.unwrap();
    for (id, covered) in [(&refused, 1), (&other, 1), (&stranger, 0)] {
        let stand = store.opt_outs_for(&house.tenant, &number(), Some(id)).await.unwrap();
        assert_eq!(stand.len(), covered);
    }
    assert!(store.verify_audit(&house.tenant, None).await.unwrap().is_ok());

    // It is done once.
    store.close().await;
    let store = house.again().await;
    store.enter_people(at(5)).await.unwrap();
    assert_eq!(reads(&store).await.len(), 3);
}

async fn raw(house: &House) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(house.database());
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn rows(house: &House, table: &str) -> i64 {
    let count = format!("SELECT count(*) FROM {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(count)).fetch_one(&mut raw(house).await).await.unwrap()
}
