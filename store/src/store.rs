//! The store: one database, its keys, and the ways in.
//!
//! Reads that hold no patient value are methods here and in the modules of their rows, over the reading connections. Every act is a
//! method of [`Tx`], which [`Store::begin`] opens. A second backend will implement the same methods.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use callwright_compliance::audit::{Action, Actor};
use callwright_compliance::id::{ObjectId, RequestId, TenantId};
use jiff::Timestamp;
use sqlx::sqlite::SqlitePool;
use sqlx::{ConnectOptions, Connection};

use crate::codec::Reader;
use crate::erasures::{Erasure, ErasureList};
use crate::error::StoreError;
use crate::keys::KeyRing;
use crate::open::Pools;
use crate::restore::beside;
use crate::tx::{Object, Tx};

/// How long who still uses a connection is waited for at the end: longer than a statement waits for another process's lock.
const CLOSE_WITHIN: Duration = Duration::from_secs(10);

/// The durable state of one installation. Cheap to clone; the clones share the connections.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    pools: Pools,
    keys: KeyRing,
    /// A store in memory keeps no list: there is no backup of it.
    erasures: Option<ErasureList>,
    /// Its file; a store in memory has none.
    path: Option<PathBuf>,
}

impl Store {
    /// Opens the database at `path`, or makes it, readable by its owner only; brings its schema up to date; destroys again what a
    /// restored backup brought back of erased requests. See [`Store::enter_people`] for requests from before there were registers.
    ///
    /// # Errors
    /// [`StoreError::DatabasePermissions`], [`StoreError::WrongKey`], [`StoreError::NewerDatabase`], [`StoreError::Locked`],
    /// [`StoreError::Damaged`], [`StoreError::File`].
    pub async fn open(path: &Path, keys: KeyRing) -> Result<Store, StoreError> {
        let pools = Pools::open(path, &keys).await?;
        let erasures = Some(ErasureList::beside(path));
        let store = Store(Arc::new(Inner { pools, keys, erasures, path: Some(path.to_owned()) }));
        let listed = store.erasures().map_or(Ok(Vec::new()), ErasureList::read)?;
        store.erase_again(listed).await?;
        Ok(store)
    }

    /// Opens a database that is not in its place yet, with no erasure list beside it.
    pub(crate) async fn open_apart(path: &Path, keys: KeyRing) -> Result<Store, StoreError> {
        let pools = Pools::open(path, &keys).await?;
        let path = Some(path.to_owned());
        Ok(Store(Arc::new(Inner { pools, keys, erasures: None, path })))
    }

    /// A store that ends with its last clone: for tests and simulation.
    ///
    /// A reader of it may see what a transaction has not committed yet; a reader of a file never does.
    ///
    /// # Errors
    /// [`StoreError::NoRandomness`].
    pub async fn in_memory(keys: KeyRing) -> Result<Store, StoreError> {
        let pools = Pools::in_memory(&keys).await?;
        Ok(Store(Arc::new(Inner { pools, keys, erasures: None, path: None })))
    }

    /// Opens a transaction for one tenant. One is open at a time; the next waits for it. So a task that holds one calls only its
    /// methods and plain reads: another transaction, an audited read or a claim would wait for itself, and be refused as
    /// [`StoreError::Locked`].
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown tenant, [`StoreError::Locked`].
    pub async fn begin(
        &self,
        tenant: &TenantId,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Tx, StoreError> {
        Tx::begin(self, tenant, actor, now).await
    }

    /// Closes the connections and writes the log back into the file. Every clone is closed with it.
    ///
    /// Whoever holds a connection still, a task that hangs maybe, is waited for within a bound; then the log stays, and the next who
    /// opens the file reads it. No act can be lost by that, and the end of a process waits for nobody.
    pub async fn close(&self) {
        let Pools { readers, writer } = &self.0.pools;
        // Both refuse new work at once, whichever is waited for first.
        let closed = async {
            tokio::join!(readers.close(), writer.close());
            self.fold().await;
        };
        if tokio::time::timeout(CLOSE_WITHIN, closed).await.is_err() {
            tracing::error!("the database was not closed in time: a connection of it is in use");
        }
    }

    /// Writes back a log that is there still. The last connection does that, but only where it closes alone, and two that close at the
    /// same moment both find the other: so one more is opened, and is alone.
    async fn fold(&self) {
        if !self.path().is_some_and(|path| beside(path, "-wal").exists()) {
            return;
        }
        let folded = async { self.writer().connect_options().connect().await?.close().await };
        if let Err(error) = folded.await.map_err(StoreError::from) {
            tracing::warn!(%error, "the log stays beside the database; whoever opens it next reads it");
        }
    }

    /// Writes the write-ahead log back into the file and empties it. True where nobody was reading, so that all of it went.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn checkpoint(&self) -> Result<bool, StoreError> {
        let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(self.writer()).await?;
        Ok(Reader::new(&row, "wal_checkpoint").int("busy")? == 0)
    }

    /// Puts another key file in place of the one this database was made with: every tenant's key, and the one that signs its audit, is
    /// sealed again, in one transaction, with a row in every tenant's audit chain. The store is closed after; open it with the new key file. A backup
    /// from before opens with the old key file only, so keep that as long as such backups.
    ///
    /// # Errors
    /// Those of the database, [`StoreError::Seal`]. Nothing is changed then.
    pub async fn change_key_file(
        self,
        new: &KeyRing,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut db = self.writer().begin_with("BEGIN IMMEDIATE").await?;
        let rows = sqlx::query("SELECT tenant, version, wrapped FROM tenant_key")
            .fetch_all(&mut *db)
            .await?;
        let mut tenants = BTreeSet::new();
        for row in &rows {
            let row = Reader::new(row, "tenant_key");
            let (tenant, version): (TenantId, u32) =
                (row.parsed("tenant")?, row.number("version")?);
            let key = self.tenant_key(&tenant, &row)?;
            let wrapped = new.wrap_tenant_key(tenant.as_str(), &key)?;
            sqlx::query("UPDATE tenant_key SET wrapped = ? WHERE tenant = ? AND version = ?")
                .bind(wrapped.as_bytes().to_vec())
                .bind(tenant.as_str())
                .bind(version)
                .execute(&mut *db)
                .await?;
            tenants.insert(tenant);
        }
        self.reseal_audit_keys(new, &mut db).await?;
        let check = new.check_value()?;
        sqlx::query("UPDATE key_check SET sealed = ?")
            .bind(check.as_bytes().to_vec())
            .execute(&mut *db)
            .await?;
        for tenant in &tenants {
            let mut tx = Tx::within(&self, db, tenant, actor, now).await?;
            tx.enter()?;
            tx.leave(Action::KeyRotated, Object::tenant(tenant)).await?;
            db = tx.into_db()?;
        }
        db.commit().await?;
        self.close().await;
        Ok(())
    }

    /// Destroys the data keys of requests on the erasure list that the database still has: it was restored from a backup. Gives those
    /// that it had.
    pub(crate) async fn erase_again(
        &self,
        listed: Vec<Erasure>,
    ) -> Result<Vec<(TenantId, RequestId)>, StoreError> {
        let mut erased = Vec::new();
        for Erasure { tenant, request, at } in listed {
            let kept: bool = sqlx::query_scalar(
                "SELECT EXISTS (SELECT 1 FROM request_key WHERE tenant = ? AND request = ?)",
            )
            .bind(tenant.as_str())
            .bind(request.as_str())
            .fetch_one(self.readers())
            .await?;
            if !kept {
                continue;
            }
            // The time is the erasure's own, or the chain's last where that is later: no clock is read here.
            let now = self.not_before_the_last(&tenant, at).await?;
            let actor = ObjectId::new("erasure-list").map_err(|_| StoreError::AuditBroken)?;
            let mut tx = self.begin(&tenant, &Actor::Node(actor), now).await?;
            tx.enter()?;
            // A hold does not bring back what was gone before the backup was restored.
            tx.destroy(&request, at).await?;
            tx.leave(Action::Erased, Object::request(&request)).await?;
            tx.commit().await?;
            self.checkpoint().await?;
            erased.push((tenant, request));
        }
        Ok(erased)
    }

    /// `at`, or the time of the last row of the tenant's chain where that is later: a chain's times do not go back.
    pub(crate) async fn not_before_the_last(
        &self,
        tenant: &TenantId,
        at: Timestamp,
    ) -> Result<Timestamp, StoreError> {
        let row = sqlx::query("SELECT max(at) AS last FROM audit WHERE tenant = ?")
            .bind(tenant.as_str())
            .fetch_one(self.readers())
            .await?;
        let last = Reader::new(&row, "audit").opt_time("last")?;
        Ok(last.map_or(at, |last| at.max(last)))
    }

    pub(crate) fn writer(&self) -> &SqlitePool {
        &self.0.pools.writer
    }

    pub(crate) fn readers(&self) -> &SqlitePool {
        &self.0.pools.readers
    }

    pub(crate) fn keys(&self) -> &KeyRing {
        &self.0.keys
    }

    /// The database's file; `None` for a store in memory.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }

    pub(crate) fn erasures(&self) -> Option<&ErasureList> {
        self.0.erasures.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often a store is closed: of twenty-five times that two connections close at once, they meet about once.
    const ROUNDS: u32 = 100;

    #[tokio::test(flavor = "multi_thread")]
    async fn no_log_is_left_beside_a_file_that_was_closed() {
        let folder = tempfile::tempdir().unwrap();
        KeyRing::create(&folder.path().join("key")).unwrap();
        let actor = Actor::Node(ObjectId::new("node-1").unwrap());
        let mut left = 0;
        for round in 0..ROUNDS {
            let keys = KeyRing::open(&folder.path().join("key")).unwrap();
            let store = Store::open(&folder.path().join("db"), keys).await.unwrap();
            let tenant = TenantId::new(&format!("oak-{round}")).unwrap();
            store.found_practice(&tenant, "Oak", &actor, Timestamp::UNIX_EPOCH).await.unwrap();
            store.close().await;
            left += i32::from(folder.path().join("db-wal").exists());
        }
        assert_eq!(left, 0, "of {ROUNDS}");
    }

    #[tokio::test]
    async fn a_connection_that_nobody_gives_back_is_waited_for_within_a_bound() {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyRing::create(&folder.path().join("key")).unwrap();
        let store = Store::open(&folder.path().join("db"), keys).await.unwrap();
        let tenant = TenantId::new("oak").unwrap();
        let actor = Actor::Node(ObjectId::new("node-1").unwrap());
        let now = Timestamp::UNIX_EPOCH;
        store.found_practice(&tenant, "Oak", &actor, now).await.unwrap();
        let hangs = store.begin(&tenant, &actor, now).await.unwrap();

        tokio::time::pause();
        let second = Duration::from_secs(1);
        let mut closing = std::pin::pin!(store.close());
        let early = tokio::time::timeout(CLOSE_WITHIN - second, &mut closing).await;
        assert!(early.is_err(), "it was given up early");
        let closed = tokio::time::timeout(2 * second, closing).await;
        assert!(closed.is_ok(), "it is waited for longer");
        assert_eq!(store.practices().await.err(), Some(StoreError::Closed));
        tokio::time::resume();

        // What was committed is there, whoever holds on to what.
        drop(hangs);
        let keys = KeyRing::open(&folder.path().join("key")).unwrap();
        let again = Store::open(&folder.path().join("db"), keys).await.unwrap();
        assert_eq!(again.practices().await.unwrap().len(), 1);
        again.close().await;
    }
}
