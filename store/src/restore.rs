//! Putting a backup in the place of a database, without bringing back what was erased since (rules K1, R1).
//!
//! Everything is done to a copy beside the database, and the copy is moved into its place last: its schema is brought up to date, its key
//! and its audit chains are checked, what the erasure lists name is erased again, what forbids something in the database that it replaces
//! is taken over (`replaced.rs`), and the kill switch is thrown, for a restored database knows no finished request since the backup.
//! The database that is replaced is kept under another name: its audit rows are records. The files of calls are not touched here.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use callwright_compliance::Digest;
use callwright_compliance::audit::{Action, Actor};
use callwright_compliance::id::{RequestId, TenantId};
use jiff::Timestamp;
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;

use crate::backup::{check, digest, raw};
use crate::codec::Reader;
use crate::erasures::{Erasure, ErasureList};
use crate::error::StoreError;
use crate::evidence::StopScope;
use crate::keys::{KeyRing, sync_folder};
use crate::replaced::{Old, TakenOver};
use crate::store::Store;
use crate::tx::Object;

/// What is known about erasures since the backup, beside the list that lies by the database and what the database itself says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Erasures {
    /// The list by the database must be there, or a database that is replaced and went on from where the backup ends.
    Beside,
    /// This copy of a list counts too.
    Also(PathBuf),
    /// The operator answers for it that nothing was erased.
    Nothing,
}

/// What happens where a database is in the place already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfThere {
    /// It stays, and nothing is restored.
    Refuse,
    /// It is moved aside. One that is open somewhere is never replaced.
    Replace,
}

/// A restore that is wanted.
#[derive(Clone, Debug)]
pub struct Restore<'a> {
    /// The backup.
    pub backup: &'a Path,
    /// Where the database is to be.
    pub database: &'a Path,
    /// What if there is one.
    pub if_there: IfThere,
    /// What was erased.
    pub erasures: Erasures,
    /// Who restores.
    pub actor: &'a Actor,
    /// When.
    pub now: Timestamp,
}

/// What a restore did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The SHA-256 of the backup's file.
    pub digest: Digest,
    /// What the backup still had and is erased again.
    pub erased_again: Vec<(TenantId, RequestId)>,
    /// How many holds were taken over from the database that was replaced, or placed for its open incidents.
    pub holds: usize,
    /// How many opt-outs were taken over from the database that was replaced.
    pub opt_outs: usize,
    /// How many that stand there were not, because its register has another key: they must be recorded again by hand.
    pub opt_outs_lost: usize,
    /// Whether the database that was replaced could be read. If not, holds, stops and opt-outs since the backup must be made again by
    /// hand.
    pub replaced_readable: bool,
    /// Where the database that was replaced is now.
    pub replaced: Option<PathBuf>,
    /// Requests that wait to be called, as they did when the backup was made. Some may have been called since.
    pub waiting: u64,
}

impl Store {
    /// Restores a backup. The store is closed when this returns; open it as ever.
    ///
    /// # Errors
    /// [`StoreError::DatabaseThere`], [`StoreError::DatabaseInUse`], [`StoreError::UnfoldedLog`], [`StoreError::NoErasureList`],
    /// [`StoreError::Damaged`], [`StoreError::WrongKey`], [`StoreError::NewerDatabase`], [`StoreError::AuditBroken`],
    /// [`StoreError::File`], [`StoreError::Locked`]. The database is as it was then.
    pub async fn restore(wanted: &Restore<'_>, keys: KeyRing) -> Result<Restored, StoreError> {
        let lock = exclusive(wanted.database).await?;
        let (old, lock) = lock.read(wanted.backup).await;
        let done = restore(wanted, keys, old.as_ref()).await;
        lock.release().await;
        done
    }
}

/// The restore itself, while nobody can open the database that is replaced.
async fn restore(
    wanted: &Restore<'_>,
    keys: KeyRing,
    old: Option<&Old>,
) -> Result<Restored, StoreError> {
    let place = wanted.database;
    without_log(wanted.backup)?;
    let (_, digest) = digest(wanted.backup)
        .map_err(|error| StoreError::file("read the backup", wanted.backup, &error))?;
    let there = place.exists();
    if there && wanted.if_there == IfThere::Refuse {
        let newer = is_newer(wanted.backup, old).await?;
        return Err(StoreError::DatabaseThere { path: place.to_owned(), newer });
    }
    let list = ErasureList::beside(place);
    let listed = erasures(wanted, &list, old)?;
    let copy = Copy::make(wanted.backup, place)?;
    check(&copy.path).await?;
    let store = Store::open_apart(&copy.path, keys).await?;
    let done = settle(&store, wanted, digest, &listed, old).await;
    let folded = fold(store).await;
    let mut done = done?;
    folded?;
    // From here on the list by the database has everything, whatever happens next.
    let known = list.read()?;
    let new: Vec<Erasure> = listed.into_iter().filter(|each| !known.contains(each)).collect();
    if !new.is_empty() {
        list.append(&new)?;
    }
    done.replaced_readable = old.is_some() || !there;
    done.replaced = put_in_place(copy, place, there, wanted.now)?;
    Ok(done)
}

/// Refuses a backup with a log beside it that holds something: only the file is restored, and what is in the log only, an opt-out maybe,
/// would be lost without a word.
fn without_log(backup: &Path) -> Result<(), StoreError> {
    for log in LOGS.map(|end| beside(backup, end)) {
        match fs::metadata(&log) {
            Ok(found) if found.len() > 0 => return Err(StoreError::UnfoldedLog { log }),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(StoreError::file("look at the log of the backup", &log, &error));
            }
            Ok(_) | Err(_) => {}
        }
    }
    Ok(())
}

/// Closes the copy with all of it in its file, for it is moved into its place without its log. Where somebody still reads an older state
/// of it, the log cannot be written back.
async fn fold(copy: Store) -> Result<(), StoreError> {
    let folded = copy.checkpoint().await;
    copy.close().await;
    if folded? { Ok(()) } else { Err(StoreError::Locked) }
}

/// All that is known to be erased.
fn erasures(
    wanted: &Restore<'_>,
    list: &ErasureList,
    old: Option<&Old>,
) -> Result<Vec<Erasure>, StoreError> {
    let mut all: Vec<Erasure> = old.map(|old| old.erasures.clone()).unwrap_or_default();
    all.extend(list.read()?);
    let known = match &wanted.erasures {
        Erasures::Also(path) => {
            let copy = ErasureList::at(path);
            if !copy.exists() {
                return Err(StoreError::NoErasureList { path: path.clone() });
            }
            all.extend(copy.read()?);
            true
        }
        Erasures::Beside => list.exists() || old.map_or(Ok(false), Old::continues)?,
        Erasures::Nothing => true,
    };
    if !known {
        return Err(StoreError::NoErasureList { path: list.path().to_owned() });
    }
    // One line for each request, with the time of the first.
    let mut each: BTreeMap<(TenantId, RequestId), Timestamp> = BTreeMap::new();
    for Erasure { tenant, request, at } in all {
        each.entry((tenant, request)).and_modify(|first| *first = at.min(*first)).or_insert(at);
    }
    let erasure = |((tenant, request), at)| Erasure { tenant, request, at };
    Ok(each.into_iter().map(erasure).collect())
}

/// Everything that is done to the copy before it is put into its place.
async fn settle(
    store: &Store,
    wanted: &Restore<'_>,
    digest: Digest,
    listed: &[Erasure],
    old: Option<&Old>,
) -> Result<Restored, StoreError> {
    let practices = store.practices().await?;
    for practice in &practices {
        if store.verify_audit(&practice.tenant, None).await?.is_err() {
            return Err(StoreError::AuditBroken);
        }
    }
    let erased_again = store.erase_again(listed.to_vec()).await?;
    let mut taken = TakenOver::default();
    for (at, practice) in practices.iter().enumerate() {
        let tenant = &practice.tenant;
        let now = store.not_before_the_last(tenant, wanted.now).await?;
        let standing = store.holds(tenant).await?;
        let mut tx = store.begin(tenant, wanted.actor, now).await?;
        tx.enter()?;
        tx.leave(Action::Restored, Object::id(&digest.to_string())).await?;
        if at == 0 {
            tx.throw_switch(&StopScope::Global).await?;
        }
        if let Some(old) = old {
            let here = old.take_over(&mut tx, &standing).await?;
            taken.holds += here.holds;
            taken.opt_outs += here.opt_outs;
            taken.opt_outs_lost += here.opt_outs_lost;
        }
        tx.commit().await?;
    }
    let waiting = "SELECT count(*) AS waiting FROM request WHERE state NOT IN ('done', 'failed', 'needs_staff')";
    let row = sqlx::query(waiting).fetch_one(store.readers()).await?;
    let waiting = Reader::new(&row, "request").number("waiting")?;
    let TakenOver { holds, opt_outs, opt_outs_lost } = taken;
    Ok(Restored {
        digest,
        erased_again,
        holds,
        opt_outs,
        opt_outs_lost,
        replaced_readable: true,
        replaced: None,
        waiting,
    })
}

/// The database that is to be replaced, so that nobody opens it meanwhile.
enum Exclusive {
    Nothing,
    Locked(SqliteConnection),
    /// It is no database any more.
    Damaged,
}

/// Locks a database that nobody else has open, and folds its write-ahead log into it.
async fn exclusive(path: &Path) -> Result<Exclusive, StoreError> {
    if !path.exists() {
        return Ok(Exclusive::Nothing);
    }
    let locked = async {
        let mut db = raw(path, false).await?;
        // SQLite leaves the write-ahead mode only when no other connection is open.
        sqlx::query("PRAGMA journal_mode = DELETE").fetch_all(&mut db).await?;
        sqlx::query("BEGIN EXCLUSIVE").execute(&mut db).await?;
        Ok(db)
    };
    match locked.await {
        Ok(db) => Ok(Exclusive::Locked(db)),
        Err(StoreError::Damaged) => Ok(Exclusive::Damaged),
        Err(StoreError::Locked) => Err(StoreError::DatabaseInUse { path: path.to_owned() }),
        Err(error) => Err(error),
    }
}

impl Exclusive {
    /// What it tells; `None` where it cannot be read.
    async fn read(self, backup: &Path) -> (Option<Old>, Exclusive) {
        match self {
            Exclusive::Locked(mut db) => {
                let old = Old::read(&mut db, backup).await;
                if let Err(error) = &old {
                    tracing::warn!(%error, "the database that is replaced cannot be read");
                }
                (old.ok(), Exclusive::Locked(db))
            }
            other @ (Exclusive::Nothing | Exclusive::Damaged) => (None, other),
        }
    }

    /// Lets others at it again. Closed and not only dropped: the lock is gone when this returns.
    async fn release(self) {
        if let Exclusive::Locked(db) = self
            && let Err(error) = db.close().await
        {
            tracing::debug!(%error, "the connection to the replaced database did not close well");
        }
    }
}

/// Whether the database in the place has acts later than the backup's last.
async fn is_newer(backup: &Path, old: Option<&Old>) -> Result<bool, StoreError> {
    let mut db = raw(backup, true).await?;
    let row = sqlx::query("SELECT max(at) AS last FROM audit").fetch_one(&mut db).await?;
    let last = Reader::new(&row, "audit").opt_time("last")?;
    drop(row);
    db.close().await?;
    Ok(old.is_some_and(|old| old.last > last))
}

/// The copy of a backup beside the database. It goes, with what SQLite makes beside it, unless it is put into its place.
struct Copy {
    path: PathBuf,
    placed: bool,
}

/// What SQLite makes beside a database.
const BESIDE: [&str; 3] = ["-wal", "-journal", "-shm"];
/// Those of it that hold something of the database.
const LOGS: [&str; 2] = ["-wal", "-journal"];

pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

impl Copy {
    fn make(backup: &Path, database: &Path) -> Result<Copy, StoreError> {
        let copy = Copy { path: beside(database, ".restoring"), placed: false };
        let failed = |error| StoreError::file("copy the backup to", &copy.path, &error);
        for path in [copy.path.clone()].into_iter().chain(BESIDE.map(|end| beside(&copy.path, end)))
        {
            remove(&path).map_err(failed)?;
        }
        let mut from = File::open(backup)
            .map_err(|error| StoreError::file("read the backup", backup, &error))?;
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&copy.path)
            .and_then(|mut to| io::copy(&mut from, &mut to).and_then(|_| to.sync_all()))
            .map_err(failed)?;
        Ok(copy)
    }

    fn into_place(mut self, database: &Path) -> Result<(), StoreError> {
        let failed = |error| StoreError::file("put the restored database at", database, &error);
        // A log of another database beside this one would be taken for its own.
        for end in BESIDE {
            remove(&beside(database, end)).map_err(failed)?;
            remove(&beside(&self.path, end)).map_err(failed)?;
        }
        fs::rename(&self.path, database).and_then(|()| sync_folder(database)).map_err(failed)?;
        self.placed = true;
        Ok(())
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if self.placed {
            return;
        }
        for path in [self.path.clone()].into_iter().chain(BESIDE.map(|end| beside(&self.path, end)))
        {
            if let Err(error) = remove(&path) {
                tracing::warn!(%error, "an unfinished copy of a backup is left");
            }
        }
    }
}

/// Puts the copy into its place, and gives where the database that was there is now. If it fails, that one is in its place again.
fn put_in_place(
    copy: Copy,
    place: &Path,
    there: bool,
    now: Timestamp,
) -> Result<Option<PathBuf>, StoreError> {
    let aside = if there { Some(move_aside(place, now)?) } else { None };
    copy.into_place(place).inspect_err(|_| {
        if let Some(aside) = &aside
            && let Err(error) = rename_all(aside, place)
        {
            tracing::error!(%error, aside = %aside.display(), "the database could not be moved back");
        }
    })?;
    Ok(aside)
}

/// Moves the database that is replaced aside, with what lies beside it.
fn move_aside(database: &Path, now: Timestamp) -> Result<PathBuf, StoreError> {
    let aside = beside(database, &format!(".replaced-{}", now.as_microsecond()));
    let failed = |error| StoreError::file("move the replaced database to", &aside, &error);
    if aside.exists() {
        return Err(failed(io::ErrorKind::AlreadyExists.into()));
    }
    rename_all(database, &aside).map_err(|error| {
        if let Err(error) = rename_all(&aside, database) {
            tracing::debug!(%error, "nothing of the database had been moved yet");
        }
        failed(error)
    })?;
    Ok(aside)
}

/// Renames a database and what lies beside it: that first, for a database without its log is not whole.
fn rename_all(from: &Path, to: &Path) -> io::Result<()> {
    for end in BESIDE {
        match fs::rename(beside(from, end), beside(to, end)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    fs::rename(from, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_moved_aside_is_moved_back_where_the_copy_cannot_take_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("db");
        let old = [("db", "old"), ("db-wal", "log"), ("db-journal", "undo"), ("backup", "new")];
        for (name, text) in old {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let copy = Copy::make(&folder.path().join("backup"), &place).unwrap();
        // Somebody takes the copy away.
        fs::remove_file(&copy.path).unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let refused = put_in_place(copy, &place, true, now);
        assert!(matches!(refused, Err(StoreError::File { .. })), "{refused:?}");
        assert_eq!(fs::read_to_string(&place).unwrap(), "old");
        assert_eq!(fs::read_to_string(beside(&place, "-wal")).unwrap(), "log");
        assert_eq!(fs::read_to_string(beside(&place, "-journal")).unwrap(), "undo");
        assert!(!beside(&place, ".replaced-0").exists());

        let copy = Copy::make(&folder.path().join("backup"), &place).unwrap();
        let aside = put_in_place(copy, &place, true, now).unwrap().unwrap();
        assert_eq!(fs::read_to_string(&place).unwrap(), "new");
        assert_eq!(fs::read_to_string(&aside).unwrap(), "old");
        // SQLite would roll the restored database back by the journal of the replaced one.
        for (end, text) in [("-wal", "log"), ("-journal", "undo")] {
            assert!(!beside(&place, end).exists(), "{end}");
            assert_eq!(fs::read_to_string(beside(&aside, end)).unwrap(), text);
        }
    }

    #[tokio::test]
    async fn a_copy_that_somebody_reads_is_not_put_into_place_without_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db.restoring");
        let keys = KeyRing::create(&folder.path().join("key")).unwrap();
        let (tenant, now) = (TenantId::new("oak").unwrap(), Timestamp::UNIX_EPOCH);
        let actor = Actor::Node("node-1".parse().unwrap());
        let open = async || {
            let key = KeyRing::open(&folder.path().join("key")).unwrap();
            Store::open_apart(&path, key).await.unwrap()
        };
        drop(keys);
        let store = open().await;
        let mut reader = raw(&path, true).await.unwrap();
        let mut practices = async |statements: &[&'static str]| -> i64 {
            let mut count = -1;
            for statement in statements {
                let found = sqlx::query_scalar(*statement).fetch_optional(&mut reader).await;
                count = found.unwrap().unwrap_or(count);
            }
            count
        };
        let count = "SELECT count(*) FROM practice";
        assert_eq!(practices(&["BEGIN", count]).await, 0);
        store.found_practice(&tenant, "Oak Street Dental LLC", &actor, now).await.unwrap();
        // It need not be waited for.
        sqlx::query("PRAGMA busy_timeout = 0").execute(store.writer()).await.unwrap();
        assert_eq!(fold(store).await, Err(StoreError::Locked));
        assert!(fs::metadata(beside(&path, "-wal")).unwrap().len() > 0, "the log holds it still");

        assert_eq!(practices(&["COMMIT"]).await, -1);
        assert_eq!(fold(open().await).await, Ok(()));
        let alone = folder.path().join("alone");
        fs::copy(&path, &alone).unwrap();
        let mut alone = raw(&alone, true).await.unwrap();
        let kept: i64 = sqlx::query_scalar(count).fetch_one(&mut alone).await.unwrap();
        assert_eq!(kept, 1, "all of it is in the file");
    }
}
