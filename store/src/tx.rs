//! A transaction: acts and their audit rows, kept together or not at all (rule A1; 45 CFR 164.312(b)).
//!
//! Each act is a method that writes its own audit row before it returns. An act that fails, or whose future is dropped half-way, spoils
//! the transaction: [`Tx::commit`] then refuses, as PostgreSQL would. Dropping a transaction undoes it. What an act means is the matter
//! of the module that has it.

use callwright_compliance::audit::{Action, Actor, Anchor, Chain, Entry, Event};
use callwright_compliance::digest::Digest;
use callwright_compliance::egress::FieldSet;
use callwright_compliance::id::{DecisionId, ObjectId, RequestId, TenantId};
use callwright_compliance::phi::Purpose;
use jiff::Timestamp;
use sqlx::Transaction;
use sqlx::sqlite::{Sqlite, SqliteConnection};

use crate::codec::{Reader, json, micros};
use crate::erasures::Erasure;
use crate::error::{Kind, StoreError};
use crate::id::CallId;
use crate::store::Store;

/// Acts of one actor for one tenant at one time.
#[must_use = "a transaction that is not committed is undone"]
pub struct Tx {
    pub(crate) db: Transaction<'static, Sqlite>,
    pub(crate) store: Store,
    pub(crate) tenant: TenantId,
    pub(crate) actor: Actor,
    pub(crate) now: Timestamp,
    /// Requests whose data key this transaction destroys, for the list beside the database.
    pub(crate) erased: Vec<Erasure>,
    chain: Chain,
    /// An act has begun and its audit row is not written.
    unaudited: bool,
    rows: u32,
}

/// Who reads patient values, what for, and when: what their audit row says.
#[derive(Clone, Copy, Debug)]
pub struct Access<'a> {
    /// What for.
    pub purpose: Purpose,
    /// Who.
    pub actor: &'a Actor,
    /// When.
    pub now: Timestamp,
}

/// What an act was done to, and under which decision.
pub(crate) struct Object {
    id: Option<ObjectId>,
    decision: Option<DecisionId>,
}

impl Object {
    pub(crate) fn id(id: &str) -> Object {
        Object { id: ObjectId::new(id).ok(), decision: None }
    }

    pub(crate) fn tenant(tenant: &TenantId) -> Object {
        Object::id(tenant.as_str())
    }

    pub(crate) fn request(request: &RequestId) -> Object {
        Object::id(request.as_str())
    }

    pub(crate) fn call(call: &CallId) -> Object {
        Object::id(call.as_str())
    }

    pub(crate) fn under(self, decision: DecisionId) -> Object {
        Object { decision: Some(decision), ..self }
    }
}

impl Tx {
    pub(crate) async fn begin(
        store: &Store,
        tenant: &TenantId,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Tx, StoreError> {
        let mut db = store.writer().begin_with("BEGIN IMMEDIATE").await?;
        let known: Option<i64> = sqlx::query_scalar("SELECT 1 FROM practice WHERE tenant = ?")
            .bind(tenant.as_str())
            .fetch_optional(&mut *db)
            .await?;
        known.ok_or(StoreError::NotFound(Kind::Practice))?;
        Tx::within(store, db, tenant, actor, now).await
    }

    /// For a tenant that this transaction founds.
    pub(crate) async fn found(
        store: &Store,
        tenant: &TenantId,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Tx, StoreError> {
        let db = store.writer().begin_with("BEGIN IMMEDIATE").await?;
        Tx::within(store, db, tenant, actor, now).await
    }

    /// Goes on in an open database transaction.
    pub(crate) async fn within(
        store: &Store,
        mut db: Transaction<'static, Sqlite>,
        tenant: &TenantId,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Tx, StoreError> {
        let chain = head(&mut db, tenant).await?;
        Ok(Tx {
            db,
            store: store.clone(),
            tenant: tenant.clone(),
            actor: actor.clone(),
            now,
            erased: Vec::new(),
            chain,
            unaudited: false,
            rows: 0,
        })
    }

    /// Whose rows this transaction is about.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Writes down something that was done, or seen, outside of the store: an egress, a disclosure, a sign-in.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn audit(&mut self, event: Event) -> Result<(), StoreError> {
        self.enter()?;
        self.append(event).await
    }

    /// Keeps every act and its audit row.
    ///
    /// # Errors
    /// [`StoreError::Unaudited`] where nothing was done or an act failed, [`StoreError::File`] where the erasure list cannot be written.
    /// Nothing is kept then. Where only the erasure list was written, the next opening of the store erases what it names.
    pub async fn commit(self) -> Result<(), StoreError> {
        if self.unaudited || self.rows == 0 {
            return Err(StoreError::Unaudited);
        }
        // First the list: a request that is on it but still in the database is erased at the next opening; the other way about, a
        // restored backup would bring it back.
        if let (Some(list), false) = (self.store.erasures(), self.erased.is_empty()) {
            list.append(&self.erased)?;
        }
        self.db.commit().await?;
        if !self.erased.is_empty() && !self.store.checkpoint().await? {
            tracing::warn!(
                "a reader kept the write-ahead log; an erased key leaves it at the next checkpoint"
            );
        }
        Ok(())
    }

    /// Gives the database transaction back, once every act has its audit row.
    pub(crate) fn into_db(self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        if self.unaudited { Err(StoreError::Unaudited) } else { Ok(self.db) }
    }

    /// Begins an act: until [`Tx::leave`], the transaction cannot be committed.
    pub(crate) fn enter(&mut self) -> Result<(), StoreError> {
        if self.unaudited {
            return Err(StoreError::Unaudited);
        }
        self.unaudited = true;
        Ok(())
    }

    /// Ends an act with its audit row.
    pub(crate) async fn leave(&mut self, action: Action, object: Object) -> Result<(), StoreError> {
        self.leave_with(action, object, FieldSet::EMPTY, None).await
    }

    /// Ends an act that read or wrote patient values, with the names of the fields and what for.
    pub(crate) async fn leave_with(
        &mut self,
        action: Action,
        object: Object,
        fields: FieldSet,
        purpose: Option<Purpose>,
    ) -> Result<(), StoreError> {
        let id = object.id.ok_or(StoreError::Invalid {
            field: "id",
            needs: "1 to 64 letters, digits, `.`, `_` or `-`",
        })?;
        let mut event = Event::new(self.actor.clone(), action);
        event.object = Some(id);
        event.decision = object.decision;
        event.fields = fields;
        event.purpose = purpose;
        self.append(event).await
    }

    /// Ends an act with an audit row of its own making. More rows may follow, each with its own call.
    pub(crate) async fn leave_as(&mut self, event: Event) -> Result<(), StoreError> {
        self.append(event).await
    }

    async fn append(&mut self, event: Event) -> Result<(), StoreError> {
        let entry = self.chain.append(self.now, event);
        self.insert(&entry).await?;
        self.unaudited = false;
        self.rows += 1;
        Ok(())
    }

    async fn insert(&mut self, entry: &Entry) -> Result<(), StoreError> {
        let seq = i64::try_from(entry.seq).map_err(|_| StoreError::AuditBroken)?;
        sqlx::query(
            "INSERT INTO audit (tenant, seq, at, prev, digest, entry) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(entry.tenant.as_str())
        .bind(seq)
        .bind(micros(entry.at))
        .bind(entry.prev.as_bytes().to_vec())
        .bind(entry.digest.as_bytes().to_vec())
        .bind(json("audit entry", entry)?)
        .execute(&mut *self.db)
        .await?;
        Ok(())
    }
}

/// Where a tenant's chain ends.
async fn head(db: &mut SqliteConnection, tenant: &TenantId) -> Result<Chain, StoreError> {
    let last =
        sqlx::query("SELECT seq, digest FROM audit WHERE tenant = ? ORDER BY seq DESC LIMIT 1")
            .bind(tenant.as_str())
            .fetch_optional(db)
            .await?;
    let Some(row) = last else {
        return Ok(Chain::new(tenant.clone()));
    };
    let row = Reader::new(&row, "audit");
    let len = row.number::<u64>("seq")? + 1;
    let head = Digest::from_bytes(row.digest("digest")?);
    Ok(Chain::resume(tenant.clone(), Anchor { len, head }))
}
