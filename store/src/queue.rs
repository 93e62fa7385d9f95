//! The queue: which node works on which request, under a lease.
//!
//! A lease is bookkeeping, not an act: it has no audit row, and nothing is dialled by taking one. It carries a count that grows with
//! every lease on the request, so that a node which was thought dead cannot act on a request that another now holds. This module
//! does not decide when to claim, how many calls may run, or when to retry: that is the dispatcher's.
//!
//! The queue is every tenant's. So a row that cannot be read is handed to its tenant's staff, with an audit row, and the next one is
//! looked at.

use callwright_compliance::audit::{Action, Actor};
use callwright_compliance::id::{ObjectId, RequestId, TenantId};
use jiff::{SignedDuration, Timestamp};
use sqlx::Transaction;
use sqlx::sqlite::{Sqlite, SqliteConnection, SqliteRow};

use crate::codec::{Reader, micros};
use crate::error::{Kind, StoreError};
use crate::id::CallId;
use crate::request::{Request, moved, request};
use crate::state::RequestState;
use crate::store::Store;
use crate::text::Code;
use crate::tx::{Object, Tx};

/// The right to work on one request until a time. It is not `Clone`: one worker has it.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a lease that is dropped keeps the request from everyone until it runs out: release it"]
pub struct Lease {
    tenant: TenantId,
    request: RequestId,
    node: Code,
    count: i64,
    until: Timestamp,
}

impl Lease {
    /// Whose request.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Which request.
    #[must_use]
    pub fn request(&self) -> &RequestId {
        &self.request
    }

    /// Which node holds it.
    #[must_use]
    pub fn node(&self) -> &Code {
        &self.node
    }

    /// When it runs out, unless a heartbeat moves it.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        self.until
    }
}

/// A request whose lease ran out while a call was dialled or running: its node died. Whoever adopts it asks the carrier what became of
/// the call, ends it, and then finishes the request.
#[derive(Debug)]
pub struct Adopted {
    /// The new lease.
    pub lease: Lease,
    /// The request, still `dialling` or `in_call`.
    pub request: Request,
    /// The call that was left behind, where it has not ended.
    pub call: Option<CallId>,
}

fn end_of(now: Timestamp, lease_for: SignedDuration) -> Result<Timestamp, StoreError> {
    let invalid = StoreError::Invalid { field: "lease", needs: "a time of at least a second" };
    if lease_for < SignedDuration::from_secs(1) {
        return Err(invalid);
    }
    now.checked_add(lease_for).map_err(|_| invalid)
}

/// What one look at the queue came to.
enum Look<T> {
    /// There is nothing to take.
    Nothing,
    /// It was taken.
    Taken(T),
    /// It could not be read and is with staff now: look again.
    SetAside,
}

fn leased(row: &SqliteRow, node: &Code, until: Timestamp) -> Result<(Lease, Request), StoreError> {
    let request = request(row)?;
    let lease = Lease {
        tenant: request.tenant.clone(),
        request: request.id.clone(),
        node: node.clone(),
        count: Reader::new(row, "request").int("lease_count")?,
        until,
    };
    Ok((lease, request))
}

impl Store {
    /// Takes the next request that may be dialled now, of any tenant: the most urgent, then the one that has waited longest. A
    /// request that was claimed and whose lease ran out is taken up again: nothing was dialled for it. One that cannot be read is
    /// handed to staff and passed over.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a lease below a second, [`StoreError::Locked`].
    pub async fn claim(
        &self,
        node: &Code,
        now: Timestamp,
        lease_for: SignedDuration,
    ) -> Result<Option<(Lease, Request)>, StoreError> {
        let until = end_of(now, lease_for)?;
        loop {
            match self.claim_next(node, now, until).await? {
                Look::Nothing => return Ok(None),
                Look::Taken(claimed) => return Ok(Some(claimed)),
                Look::SetAside => {}
            }
        }
    }

    async fn claim_next(
        &self,
        node: &Code,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Look<(Lease, Request)>, StoreError> {
        let mut db = self.writer().begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query(
            "UPDATE request SET state = 'queued', lease_owner = NULL, lease_until = NULL \
             WHERE lease_until <= ? AND state = 'claimed'",
        )
        .bind(micros(now))
        .execute(&mut *db)
        .await?;
        let row = sqlx::query(
            "UPDATE request SET state = 'claimed', lease_owner = ?, lease_until = ?, \
             lease_count = lease_count + 1, updated_at = ? \
             WHERE (tenant, id) = (SELECT tenant, id FROM request \
             WHERE state = 'queued' AND not_before <= ? AND (due IS NULL OR due > ?) \
             ORDER BY priority DESC, not_before, id LIMIT 1) RETURNING *",
        )
        .bind(node.as_str())
        .bind(micros(until))
        .bind(micros(now))
        .bind(micros(now))
        .bind(micros(now))
        .fetch_optional(&mut *db)
        .await?;
        let Some(row) = row else {
            db.commit().await?;
            return Ok(Look::Nothing);
        };
        match leased(&row, node, until) {
            Ok(claimed) => {
                db.commit().await?;
                Ok(Look::Taken(claimed))
            }
            Err(StoreError::Stored { table, column }) => {
                tracing::error!(table, column, "a queued request cannot be read");
                self.set_aside(db, &row, node, now).await?;
                Ok(Look::SetAside)
            }
            Err(error) => Err(error),
        }
    }

    /// Takes one certain request of a tenant, if it waits and may be dialled now: for whoever has just put it in. `None` where another
    /// node was quicker, or it may not be dialled yet.
    ///
    /// # Errors
    /// As [`Store::claim`].
    pub async fn claim_request(
        &self,
        tenant: &TenantId,
        request: &RequestId,
        node: &Code,
        now: Timestamp,
        lease_for: SignedDuration,
    ) -> Result<Option<(Lease, Request)>, StoreError> {
        let until = end_of(now, lease_for)?;
        let mut db = self.writer().begin_with("BEGIN IMMEDIATE").await?;
        let row = sqlx::query(
            "UPDATE request SET state = 'claimed', lease_owner = ?1, lease_until = ?2, \
             lease_count = lease_count + 1, updated_at = ?3 WHERE tenant = ?4 AND id = ?5 \
             AND state = 'queued' AND not_before <= ?3 AND (due IS NULL OR due > ?3) RETURNING *",
        )
        .bind(node.as_str())
        .bind(micros(until))
        .bind(micros(now))
        .bind(tenant.as_str())
        .bind(request.as_str())
        .fetch_optional(&mut *db)
        .await?;
        let claimed = row.as_ref().map(|row| leased(row, node, until)).transpose()?;
        db.commit().await?;
        Ok(claimed)
    }

    /// Takes over one request whose node died with a call dialled or running. Two nodes never get the same one. One that cannot be
    /// read is handed to staff and passed over; its call is closed with it, at its upper cost. The leg is down by then or goes down at
    /// the carrier's time limit: nobody serves its media any more.
    ///
    /// # Errors
    /// As [`Store::claim`].
    pub async fn adopt(
        &self,
        node: &Code,
        now: Timestamp,
        lease_for: SignedDuration,
    ) -> Result<Option<Adopted>, StoreError> {
        let until = end_of(now, lease_for)?;
        loop {
            match self.adopt_next(node, now, until).await? {
                Look::Nothing => return Ok(None),
                Look::Taken(adopted) => return Ok(Some(adopted)),
                Look::SetAside => {}
            }
        }
    }

    async fn adopt_next(
        &self,
        node: &Code,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Look<Adopted>, StoreError> {
        let mut db = self.writer().begin_with("BEGIN IMMEDIATE").await?;
        let row = sqlx::query(
            "UPDATE request SET lease_owner = ?, lease_until = ?, lease_count = lease_count + 1, \
             updated_at = ? WHERE (tenant, id) = (SELECT tenant, id FROM request \
             WHERE lease_until <= ? AND state IN ('dialling', 'in_call') \
             ORDER BY lease_until, id LIMIT 1) RETURNING *",
        )
        .bind(node.as_str())
        .bind(micros(until))
        .bind(micros(now))
        .bind(micros(now))
        .fetch_optional(&mut *db)
        .await?;
        let Some(row) = row else {
            return Ok(Look::Nothing);
        };
        match left_behind(&mut db, &row, node, until).await {
            Ok(adopted) => {
                db.commit().await?;
                Ok(Look::Taken(adopted))
            }
            Err(StoreError::Stored { table, column }) => {
                tracing::error!(table, column, "a request that was left behind cannot be read");
                self.set_aside(db, &row, node, now).await?;
                Ok(Look::SetAside)
            }
            Err(error) => Err(error),
        }
    }

    /// Hands an unreadable request to staff, and closes its call where one runs, with their audit rows.
    async fn set_aside(
        &self,
        mut db: Transaction<'static, Sqlite>,
        row: &SqliteRow,
        node: &Code,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let row = Reader::new(row, "request");
        // The texts as they stand: what cannot be read may be the request's own id.
        let (tenant, request) = (row.text("tenant")?, row.text("id")?);
        let calls = sqlx::query(
            "UPDATE call SET ended_at = ?, outcome = ? WHERE tenant = ? AND request = ? \
             AND ended_at IS NULL RETURNING id",
        )
        .bind(micros(now))
        .bind(UNREADABLE)
        .bind(&tenant)
        .bind(&request)
        .fetch_all(&mut *db)
        .await?;
        sqlx::query(
            "UPDATE request SET state = ?, outcome = ?, lease_owner = NULL, lease_until = NULL, \
             updated_at = ? WHERE tenant = ? AND id = ?",
        )
        .bind(RequestState::NeedsStaff.as_str())
        .bind(UNREADABLE)
        .bind(micros(now))
        .bind(&tenant)
        .bind(&request)
        .execute(&mut *db)
        .await?;
        let Ok(tenant) = row.parsed::<TenantId>("tenant") else {
            // Nobody's chain has such a name, so there is none to write into.
            tracing::error!("the tenant of a request that was set aside cannot be read");
            db.commit().await?;
            return Ok(());
        };
        let of = |id: &str| match ObjectId::new(id) {
            Ok(id) => Object::id(id.as_str()),
            Err(_) => Object::tenant(&tenant),
        };
        let node = ObjectId::new(node.as_str()).map_err(|_| StoreError::Invalid {
            field: "node",
            needs: "a code that is an id too",
        })?;
        let mut tx = Tx::within(self, db, &tenant, &Actor::Node(node), now).await?;
        for call in &calls {
            tx.enter()?;
            let id = Reader::new(call, "call").text("id")?;
            tx.leave(Action::CallEnded, of(&id)).await?;
        }
        tx.enter()?;
        tx.leave(moved(RequestState::NeedsStaff), of(&request)).await?;
        tx.commit().await
    }

    /// Moves a lease's end. Sent well before it runs out; a node that hears [`StoreError::LeaseLost`] stops its work at once.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] where it ran out or another node has the request.
    pub async fn heartbeat(
        &self,
        lease: &mut Lease,
        now: Timestamp,
        lease_for: SignedDuration,
    ) -> Result<(), StoreError> {
        let until = end_of(now, lease_for)?;
        let moved = sqlx::query(
            "UPDATE request SET lease_until = ? WHERE tenant = ? AND id = ? \
             AND lease_owner = ? AND lease_count = ? AND lease_until > ?",
        )
        .bind(micros(until))
        .bind(lease.tenant.as_str())
        .bind(lease.request.as_str())
        .bind(lease.node.as_str())
        .bind(lease.count)
        .bind(micros(now))
        .execute(self.writer())
        .await?;
        if moved.rows_affected() == 0 {
            return Err(StoreError::LeaseLost);
        }
        lease.until = until;
        Ok(())
    }

    /// Gives a claimed request back undialled, not to be claimed before `not_before`. It counts as no attempt.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`]; also where something was dialled: then the request is finished, not released.
    pub async fn release(
        &self,
        lease: Lease,
        not_before: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let released = sqlx::query(
            "UPDATE request SET state = 'queued', lease_owner = NULL, lease_until = NULL, \
             not_before = ?1, updated_at = ?2 \
             WHERE tenant = ?3 AND id = ?4 AND lease_owner = ?5 AND lease_count = ?6 \
             AND lease_until > ?2 AND state = 'claimed'",
        )
        .bind(micros(not_before))
        .bind(micros(now))
        .bind(lease.tenant.as_str())
        .bind(lease.request.as_str())
        .bind(lease.node.as_str())
        .bind(lease.count)
        .execute(self.writer())
        .await?;
        if released.rows_affected() == 0 { Err(StoreError::LeaseLost) } else { Ok(()) }
    }

    /// Queued requests whose time is over, oldest first: the dispatcher hands them to staff.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn overdue(&self, now: Timestamp) -> Result<Vec<(TenantId, RequestId)>, StoreError> {
        sqlx::query(
            "SELECT tenant, id FROM request WHERE state = 'queued' AND due <= ? ORDER BY due, id LIMIT ?",
        )
        .bind(micros(now))
        .bind(crate::request::PAGE_ROWS_MAX)
        .fetch_all(self.readers())
        .await?
        .iter()
        .map(|row| {
            let row = Reader::new(row, "request");
            Ok((row.parsed("tenant")?, row.parsed("id")?))
        })
        .collect()
    }
}

/// The outcome of a request that could not be read, and of its call.
const UNREADABLE: &str = "unreadable";

/// A request under its new lease, with the call that was left behind.
async fn left_behind(
    db: &mut SqliteConnection,
    row: &SqliteRow,
    node: &Code,
    until: Timestamp,
) -> Result<Adopted, StoreError> {
    let (lease, request) = leased(row, node, until)?;
    let call =
        sqlx::query("SELECT id FROM call WHERE tenant = ? AND request = ? AND ended_at IS NULL")
            .bind(lease.tenant.as_str())
            .bind(lease.request.as_str())
            .fetch_optional(db)
            .await?
            .map(|row| Reader::new(&row, "call").parsed("id"))
            .transpose()?;
    Ok(Adopted { lease, request, call })
}

/// The state of a leased request, once the lease is proven to hold now.
pub(crate) async fn held(
    db: &mut SqliteConnection,
    lease: &Lease,
    now: Timestamp,
) -> Result<RequestState, StoreError> {
    let row = sqlx::query(
        "SELECT state FROM request WHERE tenant = ? AND id = ? \
         AND lease_owner = ? AND lease_count = ? AND lease_until > ?",
    )
    .bind(lease.tenant.as_str())
    .bind(lease.request.as_str())
    .bind(lease.node.as_str())
    .bind(lease.count)
    .bind(micros(now))
    .fetch_optional(db)
    .await?
    .ok_or(StoreError::LeaseLost)?;
    RequestState::stored(&Reader::new(&row, "request").text("state")?)
}

impl Tx {
    /// As [`held`], for a lease on a request of this transaction's tenant.
    pub(crate) async fn under(&mut self, lease: &Lease) -> Result<RequestState, StoreError> {
        if lease.tenant != self.tenant {
            return Err(StoreError::NotFound(Kind::Request));
        }
        held(&mut self.db, lease, self.now).await
    }
}
