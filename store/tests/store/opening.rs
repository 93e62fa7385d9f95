//! Opening: permissions, keys, versions, damage.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;

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
    let made = migrations(&house).await;
    house.store.close().await;
    for _ in 0..2 {
        let store = house.again().await;
        assert_eq!(store.request(&house.tenant, &id).await.unwrap(), first);
        store.close().await;
    }
    assert_eq!(migrations(&house).await, made);
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
    let error = Store::open(&house.database(), house.keys()).await.err().unwrap();
    assert!(matches!(error, StoreError::NewerDatabase { found: 99, .. }), "{error}");
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

async fn raw(house: &House) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(house.database());
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn migrations(house: &House) -> i64 {
    let mut raw = raw(house).await;
    sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations").fetch_one(&mut raw).await.unwrap()
}
