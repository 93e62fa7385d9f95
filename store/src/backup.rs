//! Backing the database up while it is used: one file, whole and consistent, without the key file (45 CFR 164.308(a)(7)(ii)(A)).
//!
//! What is sealed in the database is sealed in the backup. Whoever has an old backup and the key file it was made under can still open
//! what was erased since: a backup is destroyed like the records in it, or made useless by changing the key file and destroying the old
//! one. The files of calls are not in it; they are sealed files, and any tool copies them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use callwright_compliance::Digest;
use callwright_compliance::audit::{Action, Actor};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};

use crate::error::StoreError;
use crate::keys::sync_folder;
use crate::store::Store;
use crate::tx::Object;

/// A backup that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Its file.
    pub path: PathBuf,
    /// Its length in bytes.
    pub bytes: u64,
    /// The SHA-256 of the file. It is the object of the audit rows that say that it was made.
    pub digest: Digest,
}

/// A file that goes unless it is kept.
struct Unfinished<'a> {
    path: &'a Path,
    kept: bool,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = fs::remove_file(self.path)
        {
            tracing::warn!(%error, "an unfinished backup is left");
        }
    }
}

impl Store {
    /// Copies the database as it is now into a new file, readable by its owner only, checks the copy, and says so in every practice's
    /// audit. The copy is read over a connection of its own, so acts go on meanwhile; those after the copy began are not in it, and
    /// neither is the row about itself.
    ///
    /// # Errors
    /// [`StoreError::File`] where there is a file already or it cannot be written, [`StoreError::Damaged`] where the copy does not hold.
    pub async fn backup(
        &self,
        to: &Path,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Backup, StoreError> {
        let failed = |doing| move |error: io::Error| StoreError::file(doing, to, &error);
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(to)
            .map_err(failed("create the backup"))?;
        let mut unfinished = Unfinished { path: to, kept: false };
        self.copy_into(to).await?;
        check(to).await?;
        File::open(to)
            .and_then(|file| file.sync_all())
            .and_then(|()| sync_folder(to))
            .map_err(failed("write the backup"))?;
        let (bytes, digest) = digest(to).map_err(failed("read the backup"))?;
        for practice in self.practices().await? {
            let mut tx = self.begin(&practice.tenant, actor, now).await?;
            tx.enter()?;
            tx.leave(Action::BackedUp, Object::id(&digest.to_string())).await?;
            tx.commit().await?;
        }
        unfinished.kept = true;
        Ok(Backup { path: to.to_owned(), bytes, digest })
    }

    /// Writes a copy into an empty file. In WAL mode a reader sees the database as it was when it began, and no writer waits for it.
    async fn copy_into(&self, to: &Path) -> Result<(), StoreError> {
        let name = to
            .to_str()
            .ok_or(StoreError::Invalid { field: "backup path", needs: "a path in UTF-8" })?;
        let copy = sqlx::query("VACUUM INTO ?").bind(name);
        let Some(path) = self.path() else {
            // What is in memory is reached by its own connections only.
            copy.execute(self.writer()).await?;
            return Ok(());
        };
        let mut db = raw(path, false).await?;
        let done = copy.execute(&mut db).await;
        db.close().await?;
        done?;
        Ok(())
    }
}

/// SQLite's own check of every page of a file that nobody else has open.
pub(crate) async fn check(path: &Path) -> Result<(), StoreError> {
    let mut db = raw(path, true).await?;
    let found: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut db).await?;
    db.close().await?;
    if found == "ok" { Ok(()) } else { Err(StoreError::Damaged) }
}

/// A plain connection, without migrations, keys or a change of the journal's mode.
pub(crate) async fn raw(path: &Path, read_only: bool) -> Result<SqliteConnection, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .read_only(read_only)
        .busy_timeout(std::time::Duration::from_millis(200))
        .pragma("trusted_schema", "OFF")
        .disable_statement_logging();
    Ok(SqliteConnection::connect_with(&options).await?)
}

/// The length and the SHA-256 of a file.
pub(crate) fn digest(path: &Path) -> io::Result<(u64, Digest)> {
    let mut file = File::open(path)?;
    let (mut hash, mut piece, mut bytes) = (Sha256::new(), vec![0; 1 << 16], 0);
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok((bytes, Digest::from_bytes(hash.finalize().into())));
        }
        hash.update(piece.get(..read).unwrap_or_default());
        bytes += read as u64;
    }
}

#[cfg(test)]
mod tests {
    use callwright_compliance::id::{ObjectId, TenantId};

    use super::*;
    use crate::keys::KeyRing;

    #[tokio::test]
    async fn an_act_that_is_open_is_not_waited_for_and_commits() {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyRing::create(&folder.path().join("key")).unwrap();
        let store = Store::open(&folder.path().join("db"), keys).await.unwrap();
        let tenant = TenantId::new("oak").unwrap();
        let actor = Actor::Node(ObjectId::new("node-1").unwrap());
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        store.found_practice(&tenant, "Oak Street Dental LLC", &actor, now).await.unwrap();
        let rows = async |db: &mut SqliteConnection| -> i64 {
            sqlx::query_scalar("SELECT count(*) FROM audit").fetch_one(db).await.unwrap()
        };

        // The one writer is taken from before the copy until after it.
        let mut tx = store.begin(&tenant, &actor, now).await.unwrap();
        tx.enter().unwrap();
        tx.leave(Action::BackedUp, Object::tenant(&tenant)).await.unwrap();
        let to = folder.path().join("backup");
        File::create(&to).unwrap();
        store.copy_into(&to).await.unwrap();
        tx.commit().await.unwrap();

        let [mut copy, mut database] =
            [raw(&to, true).await.unwrap(), raw(&folder.path().join("db"), true).await.unwrap()];
        assert_eq!((rows(&mut copy).await, rows(&mut database).await), (1, 2));
    }
}
