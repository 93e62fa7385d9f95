//! A person's requests are found by exact identifiers, and by nothing that lies open on the disc.

use callwright_compliance::{Phi, Purpose, RequestId};
use callwright_store::{Access, Patient, Person, StoreError};
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

async fn raw(house: &House) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(house.database());
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn rows(house: &House, table: &str) -> i64 {
    let count = format!("SELECT count(*) FROM {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(count)).fetch_one(&mut raw(house).await).await.unwrap()
}
