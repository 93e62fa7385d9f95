//! The store: one database, its keys, and the ways in.
//!
//! Reads that hold no patient value are methods here and in the modules of their rows, over the reading connections. Every act is a
//! method of [`Tx`], which [`Store::begin`] opens. A second backend will implement the same methods.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use callwright_compliance::audit::{Action, Actor};
use callwright_compliance::id::{ObjectId, TenantId};
use jiff::Timestamp;
use sqlx::sqlite::SqlitePool;

use crate::codec::Reader;
use crate::erasures::{Erasure, ErasureList};
use crate::error::StoreError;
use crate::keys::KeyRing;
use crate::open::Pools;
use crate::tx::{Object, Tx};

/// The durable state of one installation. Cheap to clone; the clones share the connections.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    pools: Pools,
    keys: KeyRing,
    /// A store in memory keeps no list: there is no backup of it.
    erasures: Option<ErasureList>,
}

impl Store {
    /// Opens the database at `path`, or makes it, readable by its owner only; brings its schema up to date; destroys again what a
    /// restored backup brought back of erased requests.
    ///
    /// # Errors
    /// [`StoreError::DatabasePermissions`], [`StoreError::WrongKey`], [`StoreError::NewerDatabase`], [`StoreError::Locked`],
    /// [`StoreError::Damaged`], [`StoreError::File`].
    pub async fn open(path: &Path, keys: KeyRing) -> Result<Store, StoreError> {
        let pools = Pools::open(path, &keys).await?;
        let erasures = Some(ErasureList::beside(path));
        let store = Store(Arc::new(Inner { pools, keys, erasures }));
        store.erase_again().await?;
        Ok(store)
    }

    /// A store that ends with its last clone: for tests and simulation.
    ///
    /// A reader of it may see what a transaction has not committed yet; a reader of a file never does.
    ///
    /// # Errors
    /// [`StoreError::NoRandomness`].
    pub async fn in_memory(keys: KeyRing) -> Result<Store, StoreError> {
        let pools = Pools::in_memory(&keys).await?;
        Ok(Store(Arc::new(Inner { pools, keys, erasures: None })))
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
    pub async fn close(&self) {
        self.0.pools.readers.close().await;
        self.0.pools.writer.close().await;
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

    /// Destroys the data keys of requests on the erasure list that the database still has: it was restored from a backup.
    async fn erase_again(&self) -> Result<(), StoreError> {
        let Some(list) = &self.0.erasures else {
            return Ok(());
        };
        for Erasure { tenant, request, at } in list.read()? {
            let row = sqlx::query(
                "SELECT (SELECT max(at) FROM audit WHERE audit.tenant = request_key.tenant) AS last \
                 FROM request_key WHERE tenant = ? AND request = ?",
            )
            .bind(tenant.as_str())
            .bind(request.as_str())
            .fetch_optional(self.readers())
            .await?;
            let Some(row) = row else {
                continue;
            };
            // The time is the erasure's own, or the chain's last where that is later: no clock is read here.
            let last = Reader::new(&row, "audit").opt_time("last")?.unwrap_or(at);
            let actor = ObjectId::new("erasure-list").map_err(|_| StoreError::AuditBroken)?;
            let mut tx = self.begin(&tenant, &Actor::Node(actor), at.max(last)).await?;
            tx.enter()?;
            tx.destroy(&request, at).await?;
            tx.leave(Action::Erased, Object::request(&request)).await?;
            tx.commit().await?;
            self.checkpoint().await?;
        }
        Ok(())
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

    pub(crate) fn erasures(&self) -> Option<&ErasureList> {
        self.0.erasures.as_ref()
    }
}
