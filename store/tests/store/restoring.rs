//! Back up, erase, restore the older backup: what was erased stays unreadable, everything else comes back (rules K1, R1).

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use callwright_compliance::audit::Action;
use callwright_compliance::facts::SwitchState;
use callwright_compliance::incident::IncidentEvent;
use callwright_compliance::opt_out::{OptOutKind, OptOutMeans};
use callwright_compliance::retention::Hold;
use callwright_compliance::{ObjectId, Phi, PhoneNumber, Purpose, RequestId, VendorId};
use callwright_store::{
    Covering, Erasures, HoldScope, IfThere, KeyRing, NewIncident, NewOptOut, Page, RandomId,
    Restore, Restored, Sealed, StopScope, Store, StoreError,
};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Row};

use crate::retention::finished;
use crate::support::*;

async fn backup(store: &Store, to: &Path) -> callwright_store::Backup {
    store.backup(to, &person("admin-1"), at(20)).await.unwrap()
}

async fn erase(store: &Store, house: &House, id: &RequestId) {
    let mut tx = store.begin(&house.tenant, &person("admin-1"), at(30)).await.unwrap();
    tx.erase_request(id).await.unwrap();
    tx.commit().await.unwrap();
}

async fn restore(
    house: &House,
    backup: &Path,
    if_there: IfThere,
    erasures: Erasures,
) -> Result<Restored, StoreError> {
    let database = house.database();
    let actor = person("admin-1");
    let wanted =
        Restore { backup, database: &database, if_there, erasures, actor: &actor, now: at(40) };
    Store::restore(&wanted, house.keys()).await
}

/// Every sealed column of a request is gone or empty, its key too, and its files do not open.
async fn is_unreadable(house: &House, store: &Store, id: &RequestId, file: &Sealed) {
    let actor = person("staff-1");
    let tenant = &house.tenant;
    let erased = Some(StoreError::Erased);
    assert_eq!(store.patient(tenant, id, to_render(&actor)).await.err(), erased);
    assert_eq!(store.results(tenant, id, to_render(&actor)).await.err(), erased);
    let opened = store.open_file(tenant, id, &code("words"), file, to_render(&actor)).await;
    assert_eq!(opened.err(), erased);
    let mut raw = raw(&house.database()).await;
    let row = sqlx::query("SELECT * FROM request WHERE id = ?")
        .bind(id.as_str())
        .fetch_one(&mut raw)
        .await
        .unwrap();
    for column in [
        "patient_name",
        "patient_dob",
        "member_id",
        "group_number",
        "relationship",
        "date_of_service",
    ] {
        let bytes: Option<Vec<u8>> = row.get(column);
        assert!(bytes.is_none_or(|bytes| bytes.is_empty()), "{column}");
    }
    for statement in [
        "SELECT count(*) FROM request_key WHERE request = ?",
        "SELECT count(*) FROM result WHERE request = ? AND value IS NOT NULL",
        "SELECT count(*) FROM person_index WHERE request = ?",
    ] {
        let left: i64 =
            sqlx::query_scalar(statement).bind(id.as_str()).fetch_one(&mut raw).await.unwrap();
        assert_eq!(left, 0, "{statement}");
    }
    raw.close().await.unwrap();
}

async fn is_readable(house: &House, store: &Store, id: &RequestId, file: &Sealed) {
    let actor = person("staff-1");
    let tenant = &house.tenant;
    assert!(store.patient(tenant, id, to_render(&actor)).await.is_ok());
    assert_eq!(store.results(tenant, id, to_render(&actor)).await.unwrap().len(), 1);
    assert!(store.open_file(tenant, id, &code("words"), file, to_render(&actor)).await.is_ok());
}

async fn file_of(house: &House, id: &RequestId) -> Sealed {
    let sealer = house.store.file_sealer(&house.tenant, id).await.unwrap();
    sealer.seal(&code("words"), &Phi::new(b"planted words".to_vec())).unwrap()
}

async fn raw(path: &Path) -> SqliteConnection {
    SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path)).await.unwrap()
}

fn list(house: &House) -> PathBuf {
    house.folder.path().join("db.erasures")
}

#[tokio::test]
async fn back_up_erase_restore_the_older_backup_and_it_stays_unreadable() {
    let house = House::build().await;
    let ((gone, _), (kept, _)) = (finished(&house).await, finished(&house).await);
    let (gone_file, kept_file) = (file_of(&house, &gone).await, file_of(&house, &kept).await);
    let to = house.folder.path().join("backup");
    let made = backup(&house.store, &to).await;
    assert_eq!(made.bytes, fs::metadata(&to).unwrap().len());
    erase(&house.store, &house, &gone).await;
    house.store.close().await;

    // A log left by a crash of the database that is replaced must not be taken for the restored one's.
    fs::write(house.folder.path().join("db-shm"), [7; 64]).unwrap();
    let done = restore(&house, &to, IfThere::Replace, Erasures::Beside).await.unwrap();
    assert_eq!(done.digest, made.digest);
    assert_eq!(done.erased_again, [(house.tenant.clone(), gone.clone())]);
    let store = house.again().await;
    is_unreadable(&house, &store, &gone, &gone_file).await;
    is_readable(&house, &store, &kept, &kept_file).await;
    // The chain goes on from the backup's, and says what happened to it.
    assert!(store.verify_audit(&house.tenant, None).await.unwrap().is_ok());
    let entries = store.audit_entries(&house.tenant, &Page::first()).await.unwrap();
    let restored: Vec<_> = entries.iter().filter(|e| e.action == Action::Restored).collect();
    assert_eq!(restored.len(), 1);
    assert_eq!(restored[0].object.as_ref().unwrap().as_str(), made.digest.to_string());
    // What was decided since the backup is not known any more, so nothing is dialled until somebody looked.
    let switch = store.kill_switch(&house.tenant, &kept).await.unwrap();
    assert_eq!(switch.global, SwitchState::Stopped);
    // The replaced database is kept, with its audit.
    assert!(done.replaced.unwrap().exists());
    store.close().await;
    for left in ["db-wal", "db-shm", "db.restoring", "db.restoring-wal", "db.restoring-shm"] {
        assert!(!house.folder.path().join(left).exists(), "{left}");
    }
}

#[tokio::test]
async fn a_lost_machine_needs_the_list_from_elsewhere() {
    let house = House::build().await;
    let ((gone, _), (kept, _)) = (finished(&house).await, finished(&house).await);
    let (gone_file, kept_file) = (file_of(&house, &gone).await, file_of(&house, &kept).await);
    let to = house.folder.path().join("backup");
    backup(&house.store, &to).await;
    erase(&house.store, &house, &gone).await;
    house.store.close().await;
    let elsewhere = house.folder.path().join("elsewhere");
    fs::rename(list(&house), &elsewhere).unwrap();
    fs::remove_file(house.database()).unwrap();

    let refused = restore(&house, &to, IfThere::Refuse, Erasures::Beside).await;
    assert!(matches!(refused, Err(StoreError::NoErasureList { .. })), "{refused:?}");
    let wrong = Erasures::Also(house.folder.path().join("nowhere"));
    let refused = restore(&house, &to, IfThere::Refuse, wrong).await;
    assert!(matches!(refused, Err(StoreError::NoErasureList { .. })));
    assert!(!house.database().exists());

    let also = Erasures::Also(elsewhere);
    let done = restore(&house, &to, IfThere::Refuse, also).await.unwrap();
    assert_eq!((done.erased_again.len(), done.replaced.clone()), (1, None));
    let store = house.again().await;
    is_unreadable(&house, &store, &gone, &gone_file).await;
    is_readable(&house, &store, &kept, &kept_file).await;
    store.close().await;
    // It is beside the database from now on, so that the next restore knows it, too.
    assert!(fs::read_to_string(list(&house)).unwrap().contains(gone.as_str()));
    let done = restore(&house, &to, IfThere::Replace, Erasures::Beside).await.unwrap();
    assert_eq!(done.erased_again.len(), 1);
}

#[tokio::test]
async fn a_list_that_was_lost_is_made_up_for_by_the_replaced_database() {
    let house = House::build().await;
    let (gone, _) = finished(&house).await;
    let file = file_of(&house, &gone).await;
    let to = house.folder.path().join("backup");
    backup(&house.store, &to).await;
    erase(&house.store, &house, &gone).await;
    house.store.close().await;
    fs::remove_file(list(&house)).unwrap();
    restore(&house, &to, IfThere::Replace, Erasures::Beside).await.unwrap();
    is_unreadable(&house, &house.again().await, &gone, &file).await;
}

#[tokio::test]
async fn rotate_erase_restore_from_before_all_of_it() {
    let house = House::build().await;
    let ((gone, _), (kept, _)) = (finished(&house).await, finished(&house).await);
    let (gone_file, kept_file) = (file_of(&house, &gone).await, file_of(&house, &kept).await);
    let [before, between] = ["before", "between"].map(|name| house.folder.path().join(name));
    backup(&house.store, &before).await;
    let rotate = async |store: &Store, now| {
        let mut tx = store.begin(&house.tenant, &person("admin-1"), now).await.unwrap();
        tx.rotate_tenant_key().await.unwrap();
        tx.commit().await.unwrap();
    };
    rotate(&house.store, at(25)).await;
    is_readable(&house, &house.store, &gone, &gone_file).await;
    backup(&house.store, &between).await;
    erase(&house.store, &house, &gone).await;
    rotate(&house.store, at(35)).await;
    is_readable(&house, &house.store, &kept, &kept_file).await;
    house.store.close().await;
    for from in [&before, &between] {
        restore(&house, from, IfThere::Replace, Erasures::Beside).await.unwrap();
        // A second restore at the same moment would have no name for what it replaces.
        for entry in fs::read_dir(house.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.to_string_lossy().contains(".replaced-") {
                fs::remove_file(path).unwrap();
            }
        }
        let store = house.again().await;
        is_unreadable(&house, &store, &gone, &gone_file).await;
        is_readable(&house, &store, &kept, &kept_file).await;
        rotate(&store, at(50)).await;
        is_readable(&house, &store, &kept, &kept_file).await;
        is_unreadable(&house, &store, &gone, &gone_file).await;
        store.close().await;
    }
}

#[tokio::test]
async fn every_ciphertext_names_its_key_and_version() {
    let house = House::build().await;
    finished(&house).await;
    let mut tx = house.store.begin(&house.tenant, &person("ann"), at(30)).await.unwrap();
    let heard = opt_out();
    tx.record_opt_out(&heard).await.unwrap();
    tx.lift_opt_out(&heard.id, "asked for calls").await.unwrap();
    tx.commit().await.unwrap();
    house.store.sign_audit(&house.tenant, &node(), at(31)).await.unwrap();
    let mut raw = raw(&house.database()).await;
    let columns = sqlx::query(
        "SELECT m.name AS t, c.name AS c FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c \
         WHERE m.type = 'table' AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\' AND c.type = 'BLOB'",
    )
    .fetch_all(&mut raw)
    .await
    .unwrap();
    let mut sealed = 0;
    for column in &columns {
        let (table, name): (String, String) = (column.get("t"), column.get("c"));
        // These are digests: of audit entries, and keyed ones of who somebody is and of numbers.
        if ["prev", "digest", "peaks", "person", "number"].contains(&name.as_str()) {
            continue;
        }
        let select = format!("SELECT {name} FROM {table} WHERE {name} IS NOT NULL");
        let values: Vec<Vec<u8>> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(select)).fetch_all(&mut raw).await.unwrap();
        assert!(!values.is_empty(), "{table}.{name} has no value to look at");
        for bytes in values {
            let value = Sealed::from_bytes(bytes).unwrap();
            assert!(value.key_version() >= 1, "{table}.{name}");
            assert_ne!(value.key_id().to_string(), "0000000000000000", "{table}.{name}");
            sealed += 1;
        }
    }
    // Six of the patient, a result, the tax id, the check value, and a tenant's, a request's and the index's key.
    assert!(sealed >= 12, "{sealed}");
}

#[tokio::test]
async fn a_database_is_not_replaced_by_accident() {
    let house = House::build().await;
    finished(&house).await;
    let to = house.folder.path().join("backup");
    backup(&house.store, &to).await;
    // It is open: in the same process here, elsewhere in life.
    let open = restore(&house, &to, IfThere::Replace, Erasures::Beside).await;
    assert!(matches!(open, Err(StoreError::DatabaseInUse { .. })), "{open:?}");
    house.store.close().await;
    let there = restore(&house, &to, IfThere::Refuse, Erasures::Beside).await.unwrap_err();
    assert!(matches!(there, StoreError::DatabaseThere { newer: true, .. }), "{there:?}");
    assert!(there.to_string().contains("--replace"), "{there}");
    let store = house.again().await;
    assert!(store.practice(&house.tenant).await.is_ok(), "nothing was changed");
}

#[tokio::test]
async fn what_is_no_backup_of_this_key_or_was_changed_replaces_nothing() {
    let house = House::build().await;
    let (id, _) = finished(&house).await;
    let to = house.folder.path().join("backup");
    backup(&house.store, &to).await;
    house.store.close().await;
    let whole = fs::read(&to).unwrap();

    let (actor, database) = (person("admin-1"), house.database());
    let wanted = Restore {
        backup: &to,
        database: &database,
        if_there: IfThere::Replace,
        erasures: Erasures::Beside,
        actor: &actor,
        now: at(40),
    };
    let wrong = Store::restore(&wanted, KeyRing::ephemeral().unwrap()).await;
    assert_eq!(wrong, Err(StoreError::WrongKey));

    // Somebody's name in the audit, changed: what a program that opens the file could do.
    let mut changed = whole.clone();
    let name = b"{\"person\":\"admin-1\"}";
    for at in 0..changed.len() - name.len() {
        if changed[at..].starts_with(name) {
            changed[at + 11] = b'x';
        }
    }
    fs::write(&to, &changed).unwrap();
    assert_eq!(Store::restore(&wanted, house.keys()).await, Err(StoreError::AuditBroken));
    fs::write(&to, b"no database").unwrap();
    assert_eq!(Store::restore(&wanted, house.keys()).await, Err(StoreError::Damaged));
    fs::remove_file(&to).unwrap();
    assert!(matches!(Store::restore(&wanted, house.keys()).await, Err(StoreError::File { .. })));

    let store = house.again().await;
    let read = store.patient(&house.tenant, &id, to_render(&actor)).await;
    assert!(read.is_ok(), "the database is as it was");
    assert!(!house.folder.path().join("db.restoring").exists());
}

#[tokio::test]
async fn a_backup_with_a_log_beside_it_is_refused() {
    let house = House::build().await;
    finished(&house).await;
    let database = house.database();
    // A plain copy of the files of a database that is open: its log holds everything that was done since it was opened.
    let to = house.folder.path().join("plain");
    let beside = |end: &str| house.folder.path().join(format!("plain{end}"));
    fs::copy(&database, &to).unwrap();
    fs::copy(house.folder.path().join("db-wal"), beside("-wal")).unwrap();
    house.store.close().await;
    let refused = restore(&house, &to, IfThere::Replace, Erasures::Beside).await.unwrap_err();
    assert_eq!(refused, StoreError::UnfoldedLog { log: beside("-wal") });
    assert!(refused.to_string().contains("plain-wal"), "{refused}");
    let store = house.again().await;
    assert_eq!(store.practices().await.unwrap().len(), 1, "the database is as it was");
    store.close().await;

    // With its log written back it is restored, and so is one beside which an emptied log was left.
    let mut plain = raw(&to).await;
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_all(&mut plain).await.unwrap();
    plain.close().await.unwrap();
    fs::write(beside("-journal"), "undo").unwrap();
    let refused = restore(&house, &to, IfThere::Replace, Erasures::Beside).await.unwrap_err();
    assert_eq!(refused, StoreError::UnfoldedLog { log: beside("-journal") });
    fs::write(beside("-journal"), "").unwrap();
    fs::write(beside("-wal"), "").unwrap();
    let done = restore(&house, &to, IfThere::Replace, Erasures::Beside).await.unwrap();
    assert!(done.replaced_readable);
    let store = house.again().await;
    assert_eq!(store.practices().await.unwrap().len(), 1);
}

#[tokio::test]
async fn holds_since_the_backup_are_placed_again() {
    let house = House::build().await;
    let (old, _) = finished(&house).await;
    let to = house.folder.path().join("backup");
    backup(&house.store, &to).await;
    let (new, _) = finished(&house).await;
    let mut tx = house.store.begin(&house.tenant, &person("officer-1"), at(30)).await.unwrap();
    let first = tx.place_hold(&HoldScope::Request(old.clone()), "case 1").await.unwrap();
    let second = tx.place_hold(&HoldScope::Request(new), "case 2").await.unwrap();
    let lifted = tx.place_hold(&HoldScope::Tenant, "case 3").await.unwrap();
    tx.lift_hold(&lifted, "closed").await.unwrap();
    tx.commit().await.unwrap();
    house.store.close().await;
    let done = restore(&house, &to, IfThere::Replace, Erasures::Beside).await.unwrap();
    assert_eq!((done.holds, done.replaced_readable), (2, true));
    let store = house.again().await;
    let holds = store.holds(&house.tenant).await.unwrap();
    let scope = |id| holds.iter().find(|hold| hold.id == id).map(|hold| hold.scope.clone());
    assert_eq!(scope(first), Some(HoldScope::Request(old)));
    // Its request is not in the backup: then it covers everything.
    assert_eq!(scope(second), Some(HoldScope::Tenant));
    assert_eq!(scope(lifted), None);
}

#[tokio::test]
async fn a_database_that_is_not_the_backup_s_own_answers_for_no_erasure() {
    let house = House::build().await;
    let (gone, _) = finished(&house).await;
    let to = house.folder.path().join("backup");
    backup(&house.store, &to).await;
    erase(&house.store, &house, &gone).await;
    house.store.close().await;
    // The disc was lost; a node came up on a new one, and somebody has founded a practice there already.
    for founded in [false, true] {
        for name in ["db", "db-wal", "db-shm", "db.erasures"] {
            let path = house.folder.path().join(name);
            if path.exists() {
                fs::remove_file(path).unwrap();
            }
        }
        let store = house.again().await;
        if founded {
            let name = "Oak Street Dental LLC";
            store.found_practice(&house.tenant, name, &person("admin-1"), at(35)).await.unwrap();
        }
        store.close().await;
        let refused = restore(&house, &to, IfThere::Replace, Erasures::Beside).await;
        assert!(matches!(refused, Err(StoreError::NoErasureList { .. })), "{refused:?}");
        assert!(house.database().exists(), "it is as it was");
    }
    restore(&house, &to, IfThere::Replace, Erasures::Nothing).await.unwrap();
}

#[tokio::test]
async fn what_forbids_since_the_backup_is_taken_over() {
    let house = House::build().await;
    let (tenant, ann) = (&house.tenant, person("ann"));
    let ((known, known_call), (old, old_call)) = (finished(&house).await, finished(&house).await);
    let open = async |call| {
        let new = NewIncident::of_call(call, IncidentEvent::PhiToWrongParty, None, at(15)).unwrap();
        let mut tx = house.store.begin(tenant, &person("ann"), at(15)).await.unwrap();
        tx.open_incident(&new).await.unwrap();
        tx.commit().await.unwrap();
    };
    open(&known_call).await;
    let to = house.folder.path().join("backup");
    backup(&house.store, &to).await;
    open(&old_call).await;
    let vendor = VendorId::new("speech-1").unwrap();
    let mut tx = house.store.begin(tenant, &ann, at(30)).await.unwrap();
    tx.throw_switch(&StopScope::Vendor(vendor.clone())).await.unwrap();
    let (standing, lifted) = (opt_out(), opt_out());
    tx.record_opt_out(&standing).await.unwrap();
    tx.record_opt_out(&lifted).await.unwrap();
    tx.lift_opt_out(&lifted.id, "asked for calls").await.unwrap();
    tx.commit().await.unwrap();
    house.store.close().await;

    let done = restore(&house, &to, IfThere::Replace, Erasures::Beside).await.unwrap();
    assert_eq!((done.holds, done.opt_outs, done.opt_outs_lost), (1, 2, 0));
    let store = house.again().await;
    let holds = store.holds(tenant).await.unwrap();
    let why = "incident of the replaced database";
    assert_eq!((holds[0].scope.clone(), holds[0].reason.as_str()), (HoldScope::Request(old), why));
    // What the backup knows of is held by its own incident.
    let mut tx = store.begin(tenant, &ann, at(50)).await.unwrap();
    assert_eq!(tx.hold_on(&known).await, Ok(Hold::Held));
    drop(tx);
    let switch = store.kill_switch(tenant, &known).await.unwrap();
    assert!(switch.vendors_stopped.contains(&vendor));
    let stand = store.opt_outs_for(tenant, &number(), None).await.unwrap();
    assert_eq!(stand.iter().map(|opt_out| &opt_out.id).collect::<Vec<_>>(), [&standing.id]);
    let all = store.opt_outs(tenant).await.unwrap();
    assert_eq!(all.iter().filter(|entry| entry.lifted.is_some()).count(), 1);
    let mut tx = store.begin(tenant, &ann, at(51)).await.unwrap();
    let reasons = tx.read_lift_reasons(Purpose::ShowToOperator).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((all.len(), reasons.into_values().next().unwrap().as_str()), (2, "asked for calls"));
    assert!(store.verify_audit(tenant, None).await.unwrap().is_ok());
}

#[tokio::test]
async fn opt_outs_under_another_key_are_counted_as_lost() {
    let house = House::build().await;
    finished(&house).await;
    let to = house.folder.path().join("backup");
    backup(&house.store, &to).await;
    let mut tx = house.store.begin(&house.tenant, &person("ann"), at(30)).await.unwrap();
    tx.record_opt_out(&opt_out()).await.unwrap();
    tx.rotate_tenant_key().await.unwrap();
    tx.commit().await.unwrap();
    house.store.close().await;
    let done = restore(&house, &to, IfThere::Replace, Erasures::Beside).await.unwrap();
    assert_eq!((done.opt_outs, done.opt_outs_lost), (0, 1));
}

fn opt_out() -> NewOptOut<'static> {
    static NUMBER: LazyLock<PhoneNumber> = LazyLock::new(number);
    NewOptOut {
        id: ObjectId::random().unwrap(),
        kind: OptOutKind::DoNotCall,
        means: OptOutMeans::Voice,
        covers: Covering::Number(&NUMBER),
        at: at(25),
        call: None,
    }
}

#[tokio::test]
async fn a_damaged_database_is_replaced_and_said_to_be_unreadable() {
    let house = House::build().await;
    let (id, _) = finished(&house).await;
    let to = house.folder.path().join("backup");
    backup(&house.store, &to).await;
    house.store.close().await;
    fs::write(house.database(), [b'x'; 8192]).unwrap();
    let refused = restore(&house, &to, IfThere::Replace, Erasures::Beside).await;
    assert!(matches!(refused, Err(StoreError::NoErasureList { .. })), "{refused:?}");
    let done = restore(&house, &to, IfThere::Replace, Erasures::Nothing).await.unwrap();
    assert!(!done.replaced_readable && done.replaced.is_some());
    let actor = person("staff-1");
    let store = house.again().await;
    assert!(store.patient(&house.tenant, &id, to_render(&actor)).await.is_ok());
}

#[tokio::test]
async fn a_backup_is_private_sealed_without_the_key_and_overwrites_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::build().await;
    finished(&house).await;
    let to = house.folder.path().join("backup");
    let made = backup(&house.store, &to).await;
    assert_eq!(fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
    let bytes = fs::read(&to).unwrap();
    let key = fs::read(house.folder.path().join("key")).unwrap();
    for planted in [NAME, BORN, MEMBER, GROUP, SERVICE, TAX_ID, ANSWER] {
        assert!(!contains(&bytes, planted.as_bytes()), "{planted}");
    }
    assert!(!contains(&bytes, key.trim_ascii()));
    let again = house.store.backup(&to, &person("admin-1"), at(21)).await;
    assert!(matches!(again, Err(StoreError::File { .. })));
    assert_eq!(fs::read(&to).unwrap(), bytes, "what is there stays");
    let entries = house.store.audit_entries(&house.tenant, &Page::first()).await.unwrap();
    let said: Vec<_> = entries.iter().filter(|e| e.action == Action::BackedUp).collect();
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].object.as_ref().unwrap().as_str(), made.digest.to_string());
}
