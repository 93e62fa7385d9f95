//! Opening: permissions, keys, versions, damage.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use callwright_compliance::vendor::{Agreement, Location, Region, RetentionFlag, Role, Row};
use callwright_compliance::{Digest, PersonId, VendorId};
use callwright_store::{Fault, KeyRing, Store, StoreError};
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::support::*;

#[tokio::test]
async fn the_files_are_their_owners_only() {
    let house = House::build().await;
    house.request().await;
    for name in ["db", "db-wal", "db-shm"] {
        let mode = fs::metadata(house.folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    house.store.close().await;
    fs::set_permissions(house.database(), fs::Permissions::from_mode(0o640)).unwrap();
    let error = Store::open(&house.database(), house.keys()).await.err().unwrap();
    assert!(matches!(error, StoreError::DatabasePermissions { mode: 0o640, .. }));
    assert!(error.to_string().contains("chmod 600"));
    assert_eq!(error.fault(), Fault::Operator);
}

#[tokio::test]
async fn another_key_file_is_told_at_once_and_changes_nothing() {
    let house = House::build().await;
    house.store.close().await;
    let before = fs::read(house.database()).unwrap();
    let wrong = Store::open(&house.database(), KeyRing::ephemeral().unwrap()).await;
    let error = wrong.err().unwrap();
    assert_eq!(error, StoreError::WrongKey);
    assert!(error.to_string().contains("the key file does not open this database"));
    assert_eq!(fs::read(house.database()).unwrap(), before);
    assert!(house.again().await.practice(&house.tenant).await.is_ok());
}

#[tokio::test]
async fn opening_again_finds_the_same_and_migrates_nothing() {
    let house = House::build().await;
    let id = house.request().await;
    let first = house.store.request(&house.tenant, &id).await.unwrap();
    house.store.close().await;
    let ran = migrations(&house).await;
    for _ in 0..2 {
        let store = house.again().await;
        assert_eq!(store.request(&house.tenant, &id).await.unwrap(), first);
        store.close().await;
    }
    assert!(ran > 0);
    assert_eq!(migrations(&house).await, ran);
}

#[tokio::test]
async fn two_programs_may_make_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    KeyRing::create(&key).unwrap();
    let path = folder.path().join("db");
    let open = || Store::open(&path, KeyRing::open(&key).unwrap());
    let (a, b) = tokio::join!(open(), open());
    let (a, b) = (a.unwrap(), b.unwrap());
    let (tenant, _) = practice(&a).await;
    assert!(b.practice(&tenant).await.is_ok());
}

#[tokio::test]
async fn a_newer_database_and_a_changed_one_are_refused() {
    let house = House::build().await;
    house.store.close().await;
    let mut raw = raw(&house).await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (99, 'later', 1, x'00', 0)",
    )
    .execute(&mut raw)
    .await
    .unwrap();
    let known = migrations(&house).await - 1;
    let error = Store::open(&house.database(), house.keys()).await.err().unwrap();
    assert_eq!(error, StoreError::NewerDatabase { found: 99, known });
    sqlx::raw_sql("DELETE FROM _sqlx_migrations WHERE version = 99; UPDATE _sqlx_migrations SET checksum = x'00'")
        .execute(&mut raw)
        .await
        .unwrap();
    let error = Store::open(&house.database(), house.keys()).await.err().unwrap();
    assert_eq!(error, StoreError::ChangedMigration(1));
}

#[tokio::test]
async fn an_erasure_after_a_torn_one_does_not_keep_the_store_from_opening() {
    let house = House::build().await;
    let (first, second) = (house.request().await, house.request().await);
    let erase = async |id| {
        let mut tx = house.store.begin(&house.tenant, &person("admin-1"), at(9)).await.unwrap();
        tx.erase_request(id).await.unwrap();
        tx.commit().await.unwrap();
    };
    erase(&first).await;
    let list = house.folder.path().join("db.erasures");
    let mut torn = fs::read(&list).unwrap();
    torn.truncate(torn.len() / 2);
    let mut file = fs::OpenOptions::new().append(true).open(&list).unwrap();
    file.write_all(&torn).unwrap();
    erase(&second).await;
    house.store.close().await;
    let store = house.again().await;
    for id in [&first, &second] {
        let row = store.request(&house.tenant, id).await.unwrap();
        assert_eq!(row.erased_at, Some(at(9)));
    }
}

#[tokio::test]
async fn what_is_no_database_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    fs::write(&path, [b'x'; 8192]).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let error = Store::open(&path, KeyRing::ephemeral().unwrap()).await.err().unwrap();
    assert_eq!(error, StoreError::Damaged);
    let nowhere = folder.path().join("no/such/db");
    let error = Store::open(&nowhere, KeyRing::ephemeral().unwrap()).await.err().unwrap();
    assert!(matches!(error, StoreError::File { .. }));
}

#[tokio::test]
async fn a_store_in_memory_keeps_what_it_is_given() {
    let store = Store::in_memory(KeyRing::ephemeral().unwrap()).await.unwrap();
    let (tenant, provider) = practice(&store).await;
    let id = request(&store, &tenant, &provider).await;
    let actor = person("staff-1");
    assert!(store.patient(&tenant, &id, to_render(&actor)).await.is_ok());
    let other = Store::in_memory(KeyRing::ephemeral().unwrap()).await.unwrap();
    assert!(other.practices().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_agreement_from_before_yearly_verifications_is_verified_as_of_its_signature() {
    let house = House::build().await;
    let row = Row {
        id: VendorId::new("deepgram").unwrap(),
        role: Role::SpeechToText,
        region: Region::UnitedStates,
        location: Location::Hosted {
            agreement: Agreement {
                sha256: Digest::of(b"agreement"),
                signed: "2026-02-03".parse().unwrap(),
                expires: "2028-02-03".parse().unwrap(),
                verified_at: "2026-02-03".parse().unwrap(),
                verifier: PersonId::new("admin-1").unwrap(),
            },
            flags: [RetentionFlag::NoTraining].into(),
        },
    };
    let mut tx = house.store.begin(&house.tenant, &person("admin-1"), at(2)).await.unwrap();
    tx.put_vendor(&row).await.unwrap();
    tx.commit().await.unwrap();
    house.store.close().await;
    let mut raw = raw(&house).await;
    sqlx::raw_sql(
        "UPDATE vendor SET content = json_remove(content, '$.location.hosted.agreement.verified_at'); \
         DROP TABLE number_proof; \
         DELETE FROM _sqlx_migrations WHERE version >= 6",
    )
    .execute(&mut raw)
    .await
    .unwrap();
    raw.close().await.unwrap();
    let store = house.again().await;
    assert_eq!(store.register(&house.tenant).await.unwrap().rows, [row]);
}

async fn raw(house: &House) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(house.database());
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn migrations(house: &House) -> i64 {
    let mut raw = raw(house).await;
    sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations").fetch_one(&mut raw).await.unwrap()
}

/// Tables to which rows are only added, and a row of each; of those that know one change, a row that saw it.
const ONLY_ADDED_TO: [(&str, &str); 11] = [
    ("contact_note", "'t', 'a', zeroblob(32), 'national', '{}', 1"),
    ("legal_hold", "'t', 'a', NULL, 'case', '{}', 1, '{}', 2, 'closed'"),
    ("acceptance", "'t', 'a', '{}', 1"),
    ("erasure", "'t', 'a', 1"),
    ("incident_terms", "'t', 0, '{}', '{}', 1"),
    ("incident", "'t', 'a', 'e', 'c', NULL, '{}', 0, '{}', NULL, 1, 1, '{}'"),
    ("incident_request", "'t', 'a', 'b'"),
    ("egress", "'t', 'c', 0, 1, NULL, NULL, 'p', '[]', 1"),
    ("egress_ledger", "'t', 'c', 1, 0, 1"),
    ("number_proof", "'t', 'a', 'b', 'c', 'd', 1, 'r', 2"),
    ("opt_out_lift", "'t', 'a', 'b', 1, x'00'"),
];

#[tokio::test]
async fn what_is_only_added_to_is_not_changed_removed_or_replaced() {
    let house = House::build().await;
    let mut db = crate::support::raw(&house).await;
    let mut run = async |statement: String| {
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut db).await.map(|_| ())
    };
    for (table, row) in ONLY_ADDED_TO {
        run(format!("INSERT INTO {table} VALUES ({row})")).await.unwrap();
        for refused in [
            format!("INSERT OR REPLACE INTO {table} VALUES ({row})"),
            format!("UPDATE {table} SET tenant = tenant"),
            format!("DELETE FROM {table}"),
        ] {
            let error = run(refused.clone()).await.expect_err(&refused);
            let code = error.as_database_error().unwrap().code().unwrap().into_owned();
            assert_eq!(code, "1811", "{refused}: by a trigger");
        }
    }
    // Another id does not let an incident of the same event of the same call take the first one's place.
    let row = "'t', 'b', 'e', 'c', NULL, '{}', 0, '{}', NULL, 1, 1, '{}'";
    assert!(run(format!("INSERT OR REPLACE INTO incident VALUES ({row})")).await.is_err());
}

#[tokio::test]
async fn a_hold_is_lifted_and_a_proof_answered_once_and_neither_is_changed() {
    let house = House::build().await;
    let mut db = crate::support::raw(&house).await;
    let mut run = async |statement: &'static str| sqlx::query(statement).execute(&mut db).await;
    let hold = "INSERT INTO legal_hold VALUES ('t', 'a', 'r', 'case', '{}', 1, NULL, NULL, NULL)";
    let proof = "INSERT INTO number_proof VALUES ('t', 'a', 'e', 'c', 'd', 1, NULL, NULL)";
    let lift = "UPDATE legal_hold SET lifted_by = '{}', lifted_at = 2, lifted_reason = 'closed'";
    let answer = "UPDATE number_proof SET reference = 'r', keyed_at = 2";
    run(hold).await.unwrap();
    run(proof).await.unwrap();
    for refused in [
        "UPDATE legal_hold SET lifted_by = '{}', lifted_at = 2, lifted_reason = 'x', request = NULL",
        "UPDATE legal_hold SET lifted_by = '{}', lifted_at = 2, lifted_reason = 'x', reason = 'y'",
        "UPDATE legal_hold SET lifted_by = '{}', lifted_at = 2, lifted_reason = 'x', placed_at = 9",
        "UPDATE legal_hold SET lifted_by = '{}', lifted_at = 2, lifted_reason = 'x', placed_by = 'y'",
        "UPDATE number_proof SET reference = 'r', keyed_at = 2, asked_at = 9",
        "UPDATE number_proof SET entry = 'x'",
    ] {
        assert!(run(refused).await.is_err(), "{refused}");
    }
    for once in [lift, answer] {
        run(once).await.unwrap();
        assert!(run(once).await.is_err(), "{once}");
    }
    let again = "UPDATE legal_hold SET lifted_by = NULL, lifted_at = NULL, lifted_reason = NULL";
    assert!(run(again).await.is_err());
}
