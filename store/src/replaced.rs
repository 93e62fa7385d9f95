//! What a database that a backup replaces still tells, and what of it is taken over (rules C2, I1, I2, K1, R1).
//!
//! Erasures, holds, what open incidents hold, stops in force, opt-outs and their lifts: what was written since the backup, and forbids
//! something. Nothing that permits is taken over. This module moves no file and judges no erasure list; `restore.rs` does.

use std::collections::BTreeMap;
use std::path::Path;

use callwright_compliance::audit::Action;
use callwright_compliance::id::TenantId;
use jiff::Timestamp;
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::backup::raw;
use crate::codec::Reader;
use crate::erasures::Erasure;
use crate::error::StoreError;
use crate::evidence::StopScope;
use crate::hold::{HoldScope, LegalHold};
use crate::id::{HoldId, IncidentId};
use crate::tx::{Object, Tx};

/// Why a hold stands that was an incident's.
const INCIDENT: &str = "incident of the replaced database";

/// A hold that somebody placed.
struct OldHold {
    tenant: TenantId,
    id: HoldId,
    scope: HoldScope,
    reason: String,
}

/// What an incident that is not closed holds.
struct Frozen {
    tenant: TenantId,
    incident: IncidentId,
    scope: HoldScope,
}

/// How an opt-out was lifted: the row as it is.
struct OldLift {
    by: String,
    at: i64,
    reason: Vec<u8>,
}

/// An opt-out: the row as it is, for its digests and seals mean the same under the same register key.
struct OldOptOut {
    tenant: TenantId,
    id: String,
    kind: String,
    number: Option<Vec<u8>>,
    number_sealed: Option<Vec<u8>>,
    person: Option<Vec<u8>>,
    content: String,
    at: i64,
    lift: Option<OldLift>,
}

/// What the database that is replaced tells.
pub(crate) struct Old {
    pub(crate) erasures: Vec<Erasure>,
    pub(crate) last: Option<Timestamp>,
    continues: Result<bool, StoreError>,
    holds: Vec<OldHold>,
    frozen: Vec<Frozen>,
    stops: Vec<(Option<TenantId>, StopScope)>,
    opt_outs: Vec<OldOptOut>,
    register_keys: BTreeMap<TenantId, Vec<u8>>,
}

/// How much was taken over.
#[derive(Clone, Copy, Default)]
pub(crate) struct TakenOver {
    pub(crate) holds: usize,
    pub(crate) opt_outs: usize,
    pub(crate) opt_outs_lost: usize,
}

impl Old {
    /// Reads it over the connection that locks it.
    pub(crate) async fn read(db: &mut SqliteConnection, backup: &Path) -> Result<Old, StoreError> {
        let last = rows(db, "audit", "SELECT max(at) AS last FROM audit").await?;
        let last =
            last.first().map(|row| Reader::new(row, "audit").opt_time("last")).transpose()?;
        Ok(Old {
            erasures: erasures(db).await?,
            last: last.flatten(),
            continues: continues(db, backup).await,
            holds: holds(db).await?,
            frozen: frozen(db).await?,
            stops: stops(db).await?,
            opt_outs: opt_outs(db).await?,
            register_keys: register_keys(db).await?,
        })
    }

    /// Whether this database went on from where the backup ends, so that it knows every erasure since. A fresh one that was put in the
    /// place of a lost one does not, and neither does one that was restored from an earlier backup.
    ///
    /// # Errors
    /// What the backup could not be read for.
    pub(crate) fn continues(&self) -> Result<bool, StoreError> {
        self.continues.clone()
    }

    /// Takes over what one practice needs, in the restored database.
    pub(crate) async fn take_over(
        &self,
        tx: &mut Tx,
        standing: &[LegalHold],
    ) -> Result<TakenOver, StoreError> {
        let tenant = tx.tenant().clone();
        let mut taken = TakenOver::default();
        for hold in self.holds.iter().filter(|hold| hold.tenant == tenant) {
            if !standing.iter().any(|each| each.id == hold.id) {
                let scope = known(tx, &hold.scope).await;
                tx.insert_hold(&hold.id, &scope, &hold.reason).await?;
                taken.holds += 1;
            }
        }
        let mut placed = Vec::new();
        for frozen in self.frozen.iter().filter(|frozen| frozen.tenant == tenant) {
            let scope = known(tx, &frozen.scope).await;
            if !placed.contains(&scope) && !tx.has_open_incident(&frozen.incident).await? {
                tx.place_hold(&scope, INCIDENT).await?;
                placed.push(scope);
                taken.holds += 1;
            }
        }
        for (whose, scope) in &self.stops {
            if whose.as_ref().is_none_or(|whose| *whose == tenant) {
                tx.throw_switch(scope).await?;
            }
        }
        let same_key = match (self.register_keys.get(&tenant), tx.wrapped_register_key().await?) {
            (Some(old), Some(new)) => *old == new,
            (None, _) | (_, None) => false,
        };
        for opt_out in self.opt_outs.iter().filter(|opt_out| opt_out.tenant == tenant) {
            if tx.has_opt_out(opt_out).await? {
                tx.lift_again(opt_out).await?;
            } else if same_key {
                tx.opt_out_again(opt_out).await?;
                tx.lift_again(opt_out).await?;
                taken.opt_outs += 1;
            } else if opt_out.lift.is_none() {
                taken.opt_outs_lost += 1;
            }
        }
        Ok(taken)
    }
}

/// What the backup does not know is covered by a hold on everything.
async fn known(tx: &mut Tx, scope: &HoldScope) -> HoldScope {
    match scope {
        HoldScope::Request(request) if tx.state_of(request).await.is_err() => HoldScope::Tenant,
        HoldScope::Request(_) | HoldScope::Tenant => scope.clone(),
    }
}

impl Tx {
    async fn has_open_incident(&mut self, incident: &IncidentId) -> Result<bool, StoreError> {
        let open =
            "SELECT EXISTS (SELECT 1 FROM held_by_incident WHERE tenant = ? AND incident = ?)";
        Ok(sqlx::query_scalar(open)
            .bind(self.tenant.as_str())
            .bind(incident.as_str())
            .fetch_one(&mut *self.db)
            .await?)
    }

    async fn wrapped_register_key(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(sqlx::query_scalar("SELECT wrapped FROM register_key WHERE tenant = ?")
            .bind(self.tenant.as_str())
            .fetch_optional(&mut *self.db)
            .await?)
    }

    async fn has_opt_out(&mut self, old: &OldOptOut) -> Result<bool, StoreError> {
        let there = "SELECT EXISTS (SELECT 1 FROM opt_out WHERE tenant = ? AND id = ?)";
        Ok(sqlx::query_scalar(there)
            .bind(self.tenant.as_str())
            .bind(&old.id)
            .fetch_one(&mut *self.db)
            .await?)
    }

    async fn opt_out_again(&mut self, old: &OldOptOut) -> Result<(), StoreError> {
        self.enter()?;
        sqlx::query(
            "INSERT INTO opt_out (tenant, id, kind, number, number_sealed, person, content, at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(self.tenant.as_str())
        .bind(&old.id)
        .bind(&old.kind)
        .bind(&old.number)
        .bind(&old.number_sealed)
        .bind(&old.person)
        .bind(&old.content)
        .bind(old.at)
        .execute(&mut *self.db)
        .await?;
        self.leave(Action::OptOutRecorded, Object::id(&old.id)).await
    }

    /// Lifts an opt-out that is in the register as it was lifted, if it was.
    async fn lift_again(&mut self, old: &OldOptOut) -> Result<(), StoreError> {
        let Some(lift) = &old.lift else {
            return Ok(());
        };
        let lifted = "SELECT EXISTS (SELECT 1 FROM opt_out_lift WHERE tenant = ? AND opt_out = ?)";
        let lifted: bool = sqlx::query_scalar(lifted)
            .bind(self.tenant.as_str())
            .bind(&old.id)
            .fetch_one(&mut *self.db)
            .await?;
        if lifted {
            return Ok(());
        }
        self.enter()?;
        sqlx::query(
            "INSERT INTO opt_out_lift (tenant, opt_out, lifted_by, at, reason) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(self.tenant.as_str())
        .bind(&old.id)
        .bind(&lift.by)
        .bind(lift.at)
        .bind(&lift.reason)
        .execute(&mut *self.db)
        .await?;
        self.leave(Action::OptOutLifted, Object::id(&old.id)).await
    }
}

/// The rows of a statement; none where the database is from before there was such a table or view.
async fn rows(
    db: &mut SqliteConnection,
    table: &'static str,
    statement: &'static str,
) -> Result<Vec<SqliteRow>, StoreError> {
    let has = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ?)";
    let has: bool = sqlx::query_scalar(has).bind(table).fetch_one(&mut *db).await?;
    if has { Ok(sqlx::query(statement).fetch_all(&mut *db).await?) } else { Ok(Vec::new()) }
}

async fn erasures(db: &mut SqliteConnection) -> Result<Vec<Erasure>, StoreError> {
    rows(db, "erasure", "SELECT tenant, request, at FROM erasure")
        .await?
        .iter()
        .map(|row| {
            let row = Reader::new(row, "erasure");
            let (tenant, request) = (row.parsed("tenant")?, row.parsed("request")?);
            Ok(Erasure { tenant, request, at: row.time("at")? })
        })
        .collect()
}

/// Whether every practice's chain in the backup is the beginning of its chain here.
async fn continues(db: &mut SqliteConnection, backup: &Path) -> Result<bool, StoreError> {
    let mut from = raw(backup, true).await?;
    let heads = sqlx::query(
        "SELECT practice.tenant, ifnull(audit.seq, -1) AS seq, ifnull(audit.digest, x'') AS digest \
         FROM practice LEFT JOIN audit ON audit.tenant = practice.tenant \
         AND audit.seq = (SELECT max(seq) FROM audit AS chain WHERE chain.tenant = practice.tenant)",
    )
    .fetch_all(&mut from)
    .await?;
    from.close().await?;
    for row in &heads {
        let row = Reader::new(row, "audit");
        let has: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM audit WHERE tenant = ? AND seq = ? AND digest = ?)",
        )
        .bind(row.text("tenant")?)
        .bind(row.int("seq")?)
        .bind(row.bytes("digest")?)
        .fetch_one(&mut *db)
        .await?;
        if !has {
            return Ok(false);
        }
    }
    Ok(true)
}

fn scope(row: &Reader<'_>) -> Result<HoldScope, StoreError> {
    Ok(row.opt_parsed("request")?.map_or(HoldScope::Tenant, HoldScope::Request))
}

async fn holds(db: &mut SqliteConnection) -> Result<Vec<OldHold>, StoreError> {
    let standing = "SELECT tenant, id, request, reason FROM legal_hold WHERE lifted_at IS NULL";
    rows(db, "legal_hold", standing)
        .await?
        .iter()
        .map(|row| {
            let row = Reader::new(row, "legal_hold");
            let (tenant, id) = (row.parsed("tenant")?, row.parsed("id")?);
            Ok(OldHold { tenant, id, scope: scope(&row)?, reason: row.text("reason")? })
        })
        .collect()
}

async fn frozen(db: &mut SqliteConnection) -> Result<Vec<Frozen>, StoreError> {
    rows(db, "held_by_incident", "SELECT tenant, incident, request FROM held_by_incident")
        .await?
        .iter()
        .map(|row| {
            let row = Reader::new(row, "held_by_incident");
            let (tenant, incident) = (row.parsed("tenant")?, row.parsed("incident")?);
            Ok(Frozen { tenant, incident, scope: scope(&row)? })
        })
        .collect()
}

async fn stops(
    db: &mut SqliteConnection,
) -> Result<Vec<(Option<TenantId>, StopScope)>, StoreError> {
    rows(
        db,
        "kill_switch",
        "SELECT scope, tenant, subject FROM kill_switch WHERE lifted_at IS NULL",
    )
    .await?
    .iter()
    .map(|row| {
        let row = Reader::new(row, "kill_switch");
        Ok((row.opt_parsed("tenant")?, StopScope::stored(&row)?))
    })
    .collect()
}

async fn opt_outs(db: &mut SqliteConnection) -> Result<Vec<OldOptOut>, StoreError> {
    let all = "SELECT opt_out.*, lifted_by, opt_out_lift.at AS lifted_at, reason FROM opt_out \
         LEFT JOIN opt_out_lift ON opt_out_lift.tenant = opt_out.tenant AND opt_out = opt_out.id \
         ORDER BY opt_out.at, opt_out.id";
    rows(db, "opt_out", all)
        .await?
        .iter()
        .map(|row| {
            let row = Reader::new(row, "opt_out");
            let lift = match row.opt_text("lifted_by")? {
                Some(by) => {
                    Some(OldLift { by, at: row.int("lifted_at")?, reason: row.bytes("reason")? })
                }
                None => None,
            };
            Ok(OldOptOut {
                tenant: row.parsed("tenant")?,
                id: row.text("id")?,
                kind: row.text("kind")?,
                number: row.opt_bytes("number")?,
                number_sealed: row.opt_bytes("number_sealed")?,
                person: row.opt_bytes("person")?,
                content: row.text("content")?,
                at: row.int("at")?,
                lift,
            })
        })
        .collect()
}

async fn register_keys(
    db: &mut SqliteConnection,
) -> Result<BTreeMap<TenantId, Vec<u8>>, StoreError> {
    rows(db, "register_key", "SELECT tenant, wrapped FROM register_key")
        .await?
        .iter()
        .map(|row| {
            let row = Reader::new(row, "register_key");
            Ok((row.parsed("tenant")?, row.bytes("wrapped")?))
        })
        .collect()
}
