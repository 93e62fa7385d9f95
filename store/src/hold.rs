//! Legal holds: what they cover is not purged and not erased until they are lifted (rule R1).
//!
//! A hold is placed for one request or for everything of a practice, with a reason, by whoever has one: a person, or an incident that
//! opens. Several may stand on the same thing; each is lifted on its own, with a reason. This module does not know why.

use callwright_compliance::audit::{Action, Actor};
use callwright_compliance::id::{RequestId, TenantId};
use callwright_compliance::retention::Hold;
use jiff::Timestamp;

use crate::codec::{Reader, json, micros};
use crate::error::{Kind, StoreError};
use crate::evidence::found;
use crate::id::{HoldId, IncidentId};
use crate::store::Store;
use crate::text::line;
use crate::tx::{Object, Tx};

/// What a hold covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HoldScope {
    /// One request, its calls and their files.
    Request(RequestId),
    /// Everything of the practice, also what is to come.
    Tenant,
}

impl HoldScope {
    fn request(&self) -> Option<&str> {
        match self {
            HoldScope::Request(request) => Some(request.as_str()),
            HoldScope::Tenant => None,
        }
    }
}

/// A hold as it stands, or stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegalHold {
    /// Its id.
    pub id: HoldId,
    /// What it covers.
    pub scope: HoldScope,
    /// Why it was placed.
    pub reason: String,
    /// Who placed it.
    pub placed_by: Actor,
    /// When.
    pub placed_at: Timestamp,
    /// How it was lifted, where it was.
    pub lifted: Option<Lifted>,
}

/// How a hold was lifted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifted {
    /// Who did.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

impl Store {
    /// A tenant's holds, standing and lifted, oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn holds(&self, tenant: &TenantId) -> Result<Vec<LegalHold>, StoreError> {
        sqlx::query("SELECT * FROM legal_hold WHERE tenant = ? ORDER BY placed_at, id")
            .bind(tenant.as_str())
            .fetch_all(self.readers())
            .await?
            .iter()
            .map(hold)
            .collect()
    }

    /// What a tenant's open incidents hold, each until it is closed: it is neither purged nor erased either (rule I2).
    ///
    /// # Errors
    /// Those of the database.
    pub async fn held_by_incidents(
        &self,
        tenant: &TenantId,
    ) -> Result<Vec<(IncidentId, HoldScope)>, StoreError> {
        sqlx::query(
            "SELECT incident, request FROM held_by_incident WHERE tenant = ? ORDER BY incident, request",
        )
        .bind(tenant.as_str())
        .fetch_all(self.readers())
        .await?
        .iter()
        .map(|row| {
            let row = Reader::new(row, "held_by_incident");
            Ok((row.parsed("incident")?, scope(&row)?))
        })
        .collect()
    }
}

fn scope(row: &Reader<'_>) -> Result<HoldScope, StoreError> {
    Ok(row.opt_parsed("request")?.map_or(HoldScope::Tenant, HoldScope::Request))
}

fn hold(row: &sqlx::sqlite::SqliteRow) -> Result<LegalHold, StoreError> {
    let row = Reader::new(row, "legal_hold");
    let lifted = match row.opt_time("lifted_at")? {
        Some(at) => {
            Some(Lifted { by: row.json("lifted_by")?, at, reason: row.text("lifted_reason")? })
        }
        None => None,
    };
    Ok(LegalHold {
        id: row.parsed("id")?,
        scope: scope(&row)?,
        reason: row.text("reason")?,
        placed_by: row.json("placed_by")?,
        placed_at: row.time("placed_at")?,
        lifted,
    })
}

impl Tx {
    /// Places a hold. `reason` is one line of at most 200 characters; it lies open in the database, so it names no patient.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for the request, [`StoreError::Invalid`] for the reason.
    pub async fn place_hold(
        &mut self,
        scope: &HoldScope,
        reason: &str,
    ) -> Result<HoldId, StoreError> {
        let id = HoldId::random()?;
        self.insert_hold(&id, scope, reason).await?;
        Ok(id)
    }

    /// As [`Tx::place_hold`], under the id that the hold had in a database that is being replaced.
    pub(crate) async fn insert_hold(
        &mut self,
        id: &HoldId,
        scope: &HoldScope,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.enter()?;
        let reason = line("reason", reason)?;
        sqlx::query(
            "INSERT INTO legal_hold (tenant, id, request, reason, placed_by, placed_at) \
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(self.tenant.as_str())
        .bind(id.as_str())
        .bind(scope.request())
        .bind(reason)
        .bind(json("actor", &self.actor)?)
        .bind(micros(self.now))
        .execute(&mut *self.db)
        .await
        .map_err(|error| StoreError::from(error).missing(Kind::Request))?;
        self.leave(Action::HoldPlaced, hold_object(&self.tenant, scope)).await
    }

    /// Lifts a hold that stands.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is none of this id, or it was lifted before; [`StoreError::Invalid`] for the reason.
    pub async fn lift_hold(&mut self, id: &HoldId, reason: &str) -> Result<(), StoreError> {
        self.enter()?;
        let reason = line("reason", reason)?;
        let lifted = sqlx::query(
            "UPDATE legal_hold SET lifted_by = ?, lifted_at = ?, lifted_reason = ? \
             WHERE tenant = ? AND id = ? AND lifted_at IS NULL RETURNING request",
        )
        .bind(json("actor", &self.actor)?)
        .bind(micros(self.now))
        .bind(reason)
        .bind(self.tenant.as_str())
        .bind(id.as_str())
        .fetch_all(&mut *self.db)
        .await?;
        found(lifted.len() as u64, Kind::Hold)?;
        self.leave(Action::HoldLifted, Object::id(id.as_str())).await
    }

    /// Whether a hold stands on a request: its own, or the practice's; or an incident that is not closed concerns it (rule I2).
    ///
    /// # Errors
    /// Those of the database: unreadable, nothing may be purged or erased.
    pub async fn hold_on(&mut self, request: &RequestId) -> Result<Hold, StoreError> {
        let standing: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM held WHERE tenant = ? AND (request IS NULL OR request = ?))",
        )
        .bind(self.tenant.as_str())
        .bind(request.as_str())
        .fetch_one(&mut *self.db)
        .await?;
        Ok(if standing { Hold::Held } else { Hold::Free })
    }
}

fn hold_object(tenant: &TenantId, scope: &HoldScope) -> Object {
    match scope {
        HoldScope::Request(request) => Object::request(request),
        HoldScope::Tenant => Object::tenant(tenant),
    }
}
