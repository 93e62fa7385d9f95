//! Signing the audit: the key of each tenant, and the checkpoints that it signs (rule A1).
//!
//! A checkpoint is an act: its entry is appended first, and the checkpoint covers it. What came since the last one is verified before it is
//! signed, so that nothing is signed that was squeezed in. The seed of the key is sealed under the key file; it signs here and goes nowhere.
//! This module does not know when a checkpoint is due, and writes to no other place than the database: see the agent for both. Whoever
//! has the key file and the database can sign a forged log; that is what a checkpoint kept elsewhere is for.

use callwright_compliance::audit::{
    Action, Actor, Anchor, Checkpoint, NoteSigner, Tree, Verifier, VerifierKey, genesis, origin,
};
use callwright_compliance::digest::Digest;
use callwright_compliance::id::TenantId;
use jiff::Timestamp;
use sqlx::sqlite::SqliteConnection;

use crate::audit::audit_rows;
use crate::codec::{Reader, micros};
use crate::error::StoreError;
use crate::keys::KeyRing;
use crate::sealed::Secret;
use crate::store::Store;
use crate::tx::{Object, Tx};

/// What no checkpoint covers yet. Entries that tell of anchored checkpoints are not counted: they would call for the next one for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsigned {
    /// How many entries.
    pub entries: u64,
    /// When the first of them was written.
    pub since: Option<Timestamp>,
}

impl Store {
    /// The key that verifies a tenant's checkpoints: for whoever is to verify, to keep elsewhere. A practice from before there were
    /// checkpoints gets its key with its first.
    ///
    /// # Errors
    /// [`StoreError::Seal`] where the stored key was changed.
    pub async fn audit_key(&self, tenant: &TenantId) -> Result<Option<VerifierKey>, StoreError> {
        let mut db = self.readers().acquire().await?;
        Ok(signer(self.keys(), &mut db, tenant).await?.map(|signer| signer.verifier()))
    }

    /// A tenant's checkpoints, the smallest first.
    ///
    /// # Errors
    /// [`StoreError::AuditBroken`] where one is not as it was signed.
    pub async fn checkpoints(&self, tenant: &TenantId) -> Result<Vec<Checkpoint>, StoreError> {
        let mut db = self.readers().acquire().await?;
        let rows = checkpoint_rows(&mut db, tenant).await?;
        let Some(signer) = signer(self.keys(), &mut db, tenant).await? else {
            return if rows.is_empty() { Ok(Vec::new()) } else { Err(StoreError::AuditBroken) };
        };
        let key = signer.verifier();
        rows.iter().map(|row| row.open(&key)).collect()
    }

    /// A tenant's newest checkpoint.
    ///
    /// # Errors
    /// As [`Store::checkpoints`].
    pub async fn newest_checkpoint(
        &self,
        tenant: &TenantId,
    ) -> Result<Option<Checkpoint>, StoreError> {
        let mut db = self.readers().acquire().await?;
        let Some(row) = newest_row(&mut db, tenant).await? else {
            return Ok(None);
        };
        let signer = signer(self.keys(), &mut db, tenant).await?;
        row.open(&signer.ok_or(StoreError::AuditBroken)?.verifier()).map(Some)
    }

    /// What no checkpoint covers yet.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn unsigned(&self, tenant: &TenantId) -> Result<Unsigned, StoreError> {
        let mut db = self.readers().acquire().await?;
        unsigned(&mut db, tenant).await
    }

    /// Signs a tenant's log as it is; `None` where the newest checkpoint covers it already.
    ///
    /// # Errors
    /// Those of [`Tx::checkpoint`].
    pub async fn sign_audit(
        &self,
        tenant: &TenantId,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Option<Checkpoint>, StoreError> {
        let mut tx = self.begin(tenant, actor, now).await?;
        if unsigned(&mut tx.db, tenant).await?.entries == 0 {
            return Ok(None);
        }
        let checkpoint = tx.checkpoint().await?;
        tx.commit().await?;
        Ok(Some(checkpoint))
    }

    /// Seals every tenant's signing key under another key file. Part of changing it.
    pub(crate) async fn reseal_audit_keys(
        &self,
        new: &KeyRing,
        db: &mut SqliteConnection,
    ) -> Result<(), StoreError> {
        let rows = sqlx::query("SELECT tenant, sealed FROM audit_key").fetch_all(&mut *db).await?;
        for row in &rows {
            let row = Reader::new(row, "audit_key");
            let tenant: TenantId = row.parsed("tenant")?;
            let seed = self.keys().open_audit_key(tenant.as_str(), &row.sealed("sealed")?)?;
            let sealed = new.seal_audit_key(tenant.as_str(), &seed)?;
            sqlx::query("UPDATE audit_key SET sealed = ? WHERE tenant = ?")
                .bind(sealed.as_bytes().to_vec())
                .bind(tenant.as_str())
                .execute(&mut *db)
                .await?;
        }
        Ok(())
    }
}

impl Tx {
    /// Makes the key that signs the tenant's audit. Part of an act.
    pub(crate) async fn insert_audit_key(&mut self) -> Result<(), StoreError> {
        let sealed = self.store.keys().seal_audit_key(self.tenant.as_str(), &Secret::random()?)?;
        sqlx::query("INSERT INTO audit_key (tenant, sealed, created_at) VALUES (?, ?, ?)")
            .bind(self.tenant.as_str())
            .bind(sealed.as_bytes().to_vec())
            .bind(micros(self.now))
            .execute(&mut *self.db)
            .await?;
        Ok(())
    }

    /// Signs the log, with the entry that says so and everything that this transaction did before.
    ///
    /// # Errors
    /// [`StoreError::AuditBroken`] where what came since the last checkpoint does not verify: nothing is signed then.
    pub async fn checkpoint(&mut self) -> Result<Checkpoint, StoreError> {
        let signer = self.audit_signer().await?;
        self.enter()?;
        let mut tree = self.tree(&signer.verifier()).await?;
        self.leave(Action::Checkpointed, Object::id(&tree.root().to_string())).await?;
        self.enter()?;
        tree.push(self.head().head);
        let checkpoint =
            Checkpoint::sign(&self.tenant, &tree, &signer).map_err(|_| StoreError::AuditBroken)?;
        let size = i64::try_from(checkpoint.size()).map_err(|_| StoreError::AuditBroken)?;
        let peaks = tree.peaks().iter().flat_map(Digest::as_bytes).copied().collect::<Vec<u8>>();
        sqlx::query("INSERT INTO audit_checkpoint (tenant, size, peaks, note) VALUES (?, ?, ?, ?)")
            .bind(self.tenant.as_str())
            .bind(size)
            .bind(peaks)
            .bind(checkpoint.note())
            .execute(&mut *self.db)
            .await?;
        self.settle();
        Ok(checkpoint)
    }

    /// The tenant's signer; made now, with its audit row, for a practice that has none.
    async fn audit_signer(&mut self) -> Result<NoteSigner, StoreError> {
        if let Some(signer) = signer(self.store.keys(), &mut self.db, &self.tenant).await? {
            return Ok(signer);
        }
        // Checkpoints without their key: somebody removed it. A new one would make them look forged.
        if newest_row(&mut self.db, &self.tenant).await?.is_some() {
            return Err(StoreError::AuditBroken);
        }
        self.enter()?;
        self.insert_audit_key().await?;
        self.leave(Action::KeyRotated, Object::id("audit-key")).await?;
        let made = signer(self.store.keys(), &mut self.db, &self.tenant).await?;
        made.ok_or(StoreError::AuditBroken)
    }

    /// The tree of the whole log: that of the last checkpoint, grown by what came since, which is verified on the way.
    async fn tree(&mut self, key: &VerifierKey) -> Result<Tree, StoreError> {
        let mut tree = Tree::new();
        let mut began = Anchor { len: 0, head: genesis(&self.tenant) };
        if let Some(row) = newest_row(&mut self.db, &self.tenant).await? {
            let checkpoint = row.open(key)?;
            tree = row.tree().ok_or(StoreError::AuditBroken)?;
            if (tree.size(), tree.root()) != (checkpoint.size(), checkpoint.root()) {
                return Err(StoreError::AuditBroken);
            }
            let last = audit_rows(&mut self.db, &self.tenant, row.size - 1).await?;
            let last = last.into_iter().next().and_then(|row| row.entry);
            let last = last.filter(|entry| entry.digest == entry.expected_digest());
            began = Anchor { len: tree.size(), head: last.ok_or(StoreError::AuditBroken)?.digest };
        }
        let mut verifier = Verifier::resume(self.tenant.clone(), began);
        let mut from = i64::try_from(began.len).map_err(|_| StoreError::AuditBroken)?;
        loop {
            let rows = audit_rows(&mut self.db, &self.tenant, from).await?;
            let Some(last) = rows.last() else { break };
            from = last.seq.saturating_add(1);
            for row in rows {
                let entry = row.entry.ok_or(StoreError::AuditBroken)?;
                verifier.push(&entry).map_err(|_| StoreError::AuditBroken)?;
                tree.push(entry.digest);
            }
        }
        if verifier.reached() == self.head() { Ok(tree) } else { Err(StoreError::AuditBroken) }
    }
}

/// A tenant's signer, from its sealed seed.
pub(crate) async fn signer(
    keys: &KeyRing,
    db: &mut SqliteConnection,
    tenant: &TenantId,
) -> Result<Option<NoteSigner>, StoreError> {
    let row = sqlx::query("SELECT sealed FROM audit_key WHERE tenant = ?")
        .bind(tenant.as_str())
        .fetch_optional(db)
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let sealed = Reader::new(&row, "audit_key").sealed("sealed")?;
    let seed = keys.open_audit_key(tenant.as_str(), &sealed)?;
    // A tenant's id has no sign that a key's name may not have.
    NoteSigner::new(&origin(tenant), seed.bytes()).map(Some).map_err(|_| StoreError::AuditBroken)
}

/// A stored checkpoint as it lies in the file.
pub(crate) struct CheckpointRow {
    pub(crate) size: i64,
    peaks: Vec<u8>,
    pub(crate) note: String,
}

impl CheckpointRow {
    fn read(row: &sqlx::sqlite::SqliteRow) -> Result<CheckpointRow, StoreError> {
        let row = Reader::new(row, "audit_checkpoint");
        Ok(CheckpointRow {
            size: row.int("size")?,
            peaks: row.bytes("peaks")?,
            note: row.text("note")?,
        })
    }

    fn open(&self, key: &VerifierKey) -> Result<Checkpoint, StoreError> {
        Checkpoint::open(&self.note, key).map_err(|_| StoreError::AuditBroken)
    }

    /// The tree that was kept with it.
    pub(crate) fn tree(&self) -> Option<Tree> {
        let (peaks, rest) = self.peaks.as_chunks::<32>();
        let peaks = peaks.iter().copied().map(Digest::from_bytes).collect();
        let tree = Tree::resume(u64::try_from(self.size).ok()?, peaks)?;
        rest.is_empty().then_some(tree)
    }
}

/// Every stored checkpoint, the smallest first.
pub(crate) async fn checkpoint_rows(
    db: &mut SqliteConnection,
    tenant: &TenantId,
) -> Result<Vec<CheckpointRow>, StoreError> {
    sqlx::query("SELECT size, peaks, note FROM audit_checkpoint WHERE tenant = ? ORDER BY size")
        .bind(tenant.as_str())
        .fetch_all(db)
        .await?
        .iter()
        .map(CheckpointRow::read)
        .collect()
}

async fn newest_row(
    db: &mut SqliteConnection,
    tenant: &TenantId,
) -> Result<Option<CheckpointRow>, StoreError> {
    sqlx::query(
        "SELECT size, peaks, note FROM audit_checkpoint WHERE tenant = ? ORDER BY size DESC LIMIT 1",
    )
    .bind(tenant.as_str())
    .fetch_optional(db)
    .await?
    .as_ref()
    .map(CheckpointRow::read)
    .transpose()
}

async fn unsigned(db: &mut SqliteConnection, tenant: &TenantId) -> Result<Unsigned, StoreError> {
    // The text is searched and not parsed: a row that somebody spoilt must not stop the count.
    let row = sqlx::query(
        "SELECT count(*) AS entries, min(at) AS since FROM audit WHERE tenant = ?1 \
         AND seq >= ifnull((SELECT max(size) FROM audit_checkpoint WHERE tenant = ?1), 0) \
         AND instr(entry, '\"action\":\"anchored\"') = 0",
    )
    .bind(tenant.as_str())
    .fetch_one(db)
    .await?;
    let row = Reader::new(&row, "audit");
    Ok(Unsigned { entries: row.number("entries")?, since: row.opt_time("since")? })
}
