//! What a decision rests on, beside the allowlist: vendor register, kill switch, usage (rules V1, I1, L2); and the decisions themselves.
//!
//! The values are `compliance`'s types, which judges them. This module only keeps and reads them. It does not wrap them as fresh
//! evidence: whoever asks knows when.

use std::collections::BTreeSet;

use callwright_compliance::audit::{Action, Actor};
use callwright_compliance::decide::DecisionRecord;
use callwright_compliance::facts::{KillSwitch, SwitchState, Usage};
use callwright_compliance::id::{DecisionId, RequestId, TenantId, VendorId};
use callwright_compliance::number::PhoneNumber;
use callwright_compliance::vendor::{Register, Role, Row};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sqlx::sqlite::SqliteRow;

use crate::codec::{Reader, json, micros, name_of};
use crate::error::{Kind, StoreError};
use crate::store::Store;
use crate::tx::{Object, Tx};

/// What a kill switch stops (rule I1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopScope {
    /// Every call of this installation. Its audit row stands in the chain of the tenant whose actor threw it; who may is the
    /// caller's to check.
    Global,
    /// Every call of the tenant.
    Tenant,
    /// Every use of a vendor by the tenant.
    Vendor(VendorId),
    /// One request.
    Request(RequestId),
}

impl StopScope {
    fn columns<'a>(
        &'a self,
        tenant: &'a TenantId,
    ) -> (&'static str, Option<&'a str>, Option<&'a str>) {
        let tenant = Some(tenant.as_str());
        match self {
            StopScope::Global => ("global", None, None),
            StopScope::Tenant => ("tenant", tenant, None),
            StopScope::Vendor(vendor) => ("vendor", tenant, Some(vendor.as_str())),
            StopScope::Request(request) => ("request", tenant, Some(request.as_str())),
        }
    }

    pub(crate) fn stored(row: &Reader<'_>) -> Result<StopScope, StoreError> {
        match row.text("scope")?.as_str() {
            "global" => Ok(StopScope::Global),
            "tenant" => Ok(StopScope::Tenant),
            "vendor" => row.parsed("subject").map(StopScope::Vendor),
            "request" => row.parsed("subject").map(StopScope::Request),
            _ => Err(StoreError::Stored { table: "kill_switch", column: "scope" }),
        }
    }

    fn object(&self, tenant: &TenantId) -> Object {
        match self {
            StopScope::Global | StopScope::Tenant => Object::tenant(tenant),
            StopScope::Vendor(vendor) => Object::id(vendor.as_str()),
            StopScope::Request(request) => Object::request(request),
        }
    }
}

/// A stop that is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thrown {
    /// Whose calls it stops; `None` for everybody's.
    pub tenant: Option<TenantId>,
    /// What it stops.
    pub scope: StopScope,
    /// Who threw it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// How the switch stands for a request, by the stops in force: the global ones and those of its tenant.
fn switch_for<'r>(
    rows: impl IntoIterator<Item = &'r sqlx::sqlite::SqliteRow>,
    request: &RequestId,
) -> Result<KillSwitch, StoreError> {
    let mut switch = KillSwitch {
        global: SwitchState::Running,
        tenant: SwitchState::Running,
        request: SwitchState::Running,
        vendors_stopped: BTreeSet::new(),
    };
    for row in rows {
        match StopScope::stored(&Reader::new(row, "kill_switch"))? {
            StopScope::Global => switch.global = SwitchState::Stopped,
            StopScope::Tenant => switch.tenant = SwitchState::Stopped,
            StopScope::Vendor(vendor) => {
                switch.vendors_stopped.insert(vendor);
            }
            StopScope::Request(stopped) if stopped == *request => {
                switch.request = SwitchState::Stopped;
            }
            StopScope::Request(_) => {}
        }
    }
    Ok(switch)
}

/// The stops in force for a tenant.
const IN_FORCE: &str = "SELECT scope, subject FROM kill_switch \
     WHERE lifted_at IS NULL AND (tenant IS NULL OR tenant = ?)";

impl Store {
    /// The tenant's vendor register.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn register(&self, tenant: &TenantId) -> Result<Register, StoreError> {
        let rows = sqlx::query("SELECT content FROM vendor WHERE tenant = ? ORDER BY id, role")
            .bind(tenant.as_str())
            .fetch_all(self.readers())
            .await?
            .iter()
            .map(|row| Reader::new(row, "vendor").json("content"))
            .collect::<Result<_, StoreError>>()?;
        Ok(Register { rows })
    }

    /// How the kill switch stands for a request.
    ///
    /// # Errors
    /// Those of the database: unreadable, it permits nothing.
    pub async fn kill_switch(
        &self,
        tenant: &TenantId,
        request: &RequestId,
    ) -> Result<KillSwitch, StoreError> {
        let rows = sqlx::query(IN_FORCE).bind(tenant.as_str()).fetch_all(self.readers()).await?;
        switch_for(&rows, request)
    }

    /// The same for each of several requests, whosever they are, in their order: one read, however many there are.
    ///
    /// # Errors
    /// Those of the database: unreadable, it permits nothing.
    pub async fn kill_switches(
        &self,
        requests: &[(&TenantId, &RequestId)],
    ) -> Result<Vec<KillSwitch>, StoreError> {
        let rows =
            sqlx::query("SELECT tenant, scope, subject FROM kill_switch WHERE lifted_at IS NULL")
                .fetch_all(self.readers())
                .await?;
        let mut stops = Vec::new();
        for row in &rows {
            stops.push((Reader::new(row, "kill_switch").opt_text("tenant")?, row));
        }
        let switch = |&(tenant, request): &(&TenantId, &RequestId)| {
            let covers = |whose: &Option<String>| match whose {
                Some(whose) => whose == tenant.as_str(),
                None => true,
            };
            let own = stops.iter().filter(|(whose, _)| covers(whose)).map(|(_, row)| *row);
            switch_for(own, request)
        };
        requests.iter().map(switch).collect()
    }

    /// Every stop in force in this installation, oldest first: for the operator of the machine.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn stops(&self) -> Result<Vec<Thrown>, StoreError> {
        sqlx::query("SELECT * FROM kill_switch WHERE lifted_at IS NULL ORDER BY thrown_at, id")
            .fetch_all(self.readers())
            .await?
            .iter()
            .map(|row| {
                let row = Reader::new(row, "kill_switch");
                Ok(Thrown {
                    tenant: row.opt_parsed("tenant")?,
                    scope: StopScope::stored(&row)?,
                    by: row.json("thrown_by")?,
                    at: row.time("thrown_at")?,
                })
            })
            .collect()
    }

    /// What runs and was spent, by the calls whose intent was written. `day_began` is the last midnight in UTC: see [`day_began`].
    ///
    /// # Errors
    /// Those of the database.
    pub async fn usage(
        &self,
        tenant: &TenantId,
        number: &PhoneNumber,
        day_began: Timestamp,
        now: Timestamp,
    ) -> Result<Usage, StoreError> {
        usage_of(&usage_row(self.readers(), tenant, number, day_began, now).await?)
    }

    /// A decision's record.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also for another tenant's.
    pub async fn decision(
        &self,
        tenant: &TenantId,
        id: DecisionId,
    ) -> Result<DecisionRecord, StoreError> {
        let row = sqlx::query("SELECT record FROM decision WHERE tenant = ? AND id = ?")
            .bind(tenant.as_str())
            .bind(id.to_string())
            .fetch_optional(self.readers())
            .await?
            .ok_or(StoreError::NotFound(Kind::Decision))?;
        Reader::new(&row, "decision").json("record")
    }

    /// Every decision about a request, oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn decisions(
        &self,
        tenant: &TenantId,
        request: &RequestId,
    ) -> Result<Vec<DecisionRecord>, StoreError> {
        sqlx::query("SELECT record FROM decision WHERE tenant = ? AND request = ? ORDER BY at, id")
            .bind(tenant.as_str())
            .bind(request.as_str())
            .fetch_all(self.readers())
            .await?
            .iter()
            .map(|row| Reader::new(row, "decision").json("record"))
            .collect()
    }
}

impl Tx {
    /// Refuses where a stop covers the request or a vendor it would use. In the transaction that writes the intent to dial it has the
    /// last word: whoever throws the switch after that ends a call that can be seen.
    pub(crate) async fn not_stopped(
        &mut self,
        request: &RequestId,
        vendors: &BTreeSet<VendorId>,
    ) -> Result<(), StoreError> {
        let rows =
            sqlx::query(IN_FORCE).bind(self.tenant.as_str()).fetch_all(&mut *self.db).await?;
        if switch_for(&rows, request)?.stops(vendors) { Err(StoreError::Stopped) } else { Ok(()) }
    }

    /// Adds a vendor in a role to the register, or changes it.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn put_vendor(&mut self, row: &Row) -> Result<(), StoreError> {
        self.enter()?;
        sqlx::query(
            "INSERT OR REPLACE INTO vendor (tenant, id, role, content, updated_at) \
             VALUES (?, ?, ?, ?, ?)",
        )
        .bind(self.tenant.as_str())
        .bind(row.id.as_str())
        .bind(name_of("role", &row.role)?)
        .bind(json("vendor", row)?)
        .bind(micros(self.now))
        .execute(&mut *self.db)
        .await?;
        self.leave(Action::VendorChanged, Object::id(row.id.as_str())).await
    }

    /// Removes a vendor in a role from the register.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn remove_vendor(&mut self, id: &VendorId, role: Role) -> Result<(), StoreError> {
        self.enter()?;
        let changed = sqlx::query("DELETE FROM vendor WHERE tenant = ? AND id = ? AND role = ?")
            .bind(self.tenant.as_str())
            .bind(id.as_str())
            .bind(name_of("role", &role)?)
            .execute(&mut *self.db)
            .await?;
        found(changed.rows_affected(), Kind::Vendor)?;
        self.leave(Action::VendorChanged, Object::id(id.as_str())).await
    }

    /// Throws a kill switch. Thrown twice is thrown.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn throw_switch(&mut self, scope: &StopScope) -> Result<(), StoreError> {
        self.enter()?;
        let (name, tenant, subject) = scope.columns(&self.tenant);
        sqlx::query(
            "INSERT OR IGNORE INTO kill_switch (scope, tenant, subject, thrown_by, thrown_at) \
             VALUES (?, ?, ?, ?, ?)",
        )
        .bind(name)
        .bind(tenant)
        .bind(subject)
        .bind(json("actor", &self.actor)?)
        .bind(micros(self.now))
        .execute(&mut *self.db)
        .await?;
        let object = scope.object(&self.tenant);
        self.leave(Action::KillSwitch, object).await
    }

    /// Stops for this tenant each vendor that is stopped for another.
    pub(crate) async fn stop_what_is_stopped(&mut self) -> Result<(), StoreError> {
        let rows = sqlx::query(
            "SELECT DISTINCT scope, subject FROM kill_switch \
             WHERE scope = 'vendor' AND lifted_at IS NULL ORDER BY subject",
        )
        .fetch_all(&mut *self.db)
        .await?;
        for row in &rows {
            self.throw_switch(&StopScope::stored(&Reader::new(row, "kill_switch"))?).await?;
        }
        Ok(())
    }

    /// Lifts a kill switch. Lifted twice is lifted.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn lift_switch(&mut self, scope: &StopScope) -> Result<(), StoreError> {
        self.enter()?;
        let (name, tenant, subject) = scope.columns(&self.tenant);
        sqlx::query(
            "UPDATE kill_switch SET lifted_by = ?, lifted_at = ? \
             WHERE scope = ? AND tenant IS ? AND subject IS ? AND lifted_at IS NULL",
        )
        .bind(json("actor", &self.actor)?)
        .bind(micros(self.now))
        .bind(name)
        .bind(tenant)
        .bind(subject)
        .execute(&mut *self.db)
        .await?;
        let object = scope.object(&self.tenant);
        self.leave(Action::KillSwitchReleased, object).await
    }

    /// Keeps a decision, whatever it said. Nothing is done on a decision before this is committed.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where it is of another tenant; [`StoreError::Duplicate`].
    pub async fn record_decision(&mut self, record: &DecisionRecord) -> Result<(), StoreError> {
        self.enter()?;
        if record.tenant != self.tenant {
            return Err(StoreError::NotFound(Kind::Practice));
        }
        sqlx::query(
            "INSERT INTO decision (tenant, id, request, verdict, record, at) \
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(self.tenant.as_str())
        .bind(record.id.to_string())
        .bind(record.request.as_str())
        .bind(name_of("verdict", &record.verdict)?)
        .bind(json("decision record", record)?)
        .bind(micros(record.at))
        .execute(&mut *self.db)
        .await
        .map_err(|error| StoreError::from(error).duplicate(Kind::Decision))?;
        self.leave(Action::DecisionMade, Object::request(&record.request).under(record.id)).await
    }
}

/// The last midnight. Days are counted in UTC: the practice's own zone would move the border of a courtesy limit by hours only.
#[must_use]
pub fn day_began(now: Timestamp) -> Timestamp {
    let today = now.to_zoned(TimeZone::UTC);
    today.start_of_day().map_or(now, |midnight| midnight.timestamp())
}

/// Counts what runs, began and was spent: as evidence for a decision, and once more before a call is dialled.
pub(crate) async fn usage_row<'c>(
    db: impl sqlx::Executor<'c, Database = sqlx::Sqlite>,
    tenant: &TenantId,
    number: &PhoneNumber,
    day_began: Timestamp,
    now: Timestamp,
) -> Result<SqliteRow, StoreError> {
    let second_ago = now.checked_sub(SignedDuration::from_secs(1)).unwrap_or(now);
    let row = sqlx::query(
        "SELECT count(*) FILTER (WHERE ended_at IS NULL) AS system_running, \
             count(*) FILTER (WHERE ended_at IS NULL AND tenant = ?1) AS tenant_running, \
             count(*) FILTER (WHERE ended_at IS NULL AND number = ?2) AS number_running, \
             count(*) FILTER (WHERE intent_at > ?3) AS system_started_1s, \
             count(*) FILTER (WHERE number = ?2 AND intent_at >= ?4) AS number_started_today, \
             count(*) FILTER (WHERE tenant = ?1 AND intent_at >= ?4) AS tenant_started_today, \
             ifnull(sum(cost_cents) FILTER (WHERE tenant = ?1 AND intent_at >= ?4), 0) AS spent \
             FROM call WHERE ended_at IS NULL OR intent_at > ?3 OR intent_at >= ?4",
    )
    .bind(tenant.as_str())
    .bind(number.e164())
    .bind(micros(second_ago))
    .bind(micros(day_began))
    .fetch_one(db)
    .await?;
    Ok(row)
}

pub(crate) fn usage_of(row: &SqliteRow) -> Result<Usage, StoreError> {
    let row = Reader::new(row, "call");
    Ok(Usage {
        system_running: row.number("system_running")?,
        tenant_running: row.number("tenant_running")?,
        number_running: row.number("number_running")?,
        system_started_1s: row.number("system_started_1s")?,
        number_started_today: row.number("number_started_today")?,
        tenant_started_today: row.number("tenant_started_today")?,
        tenant_spent_today_cents: row.number("spent")?,
    })
}

pub(crate) fn found(changed: u64, what: Kind) -> Result<(), StoreError> {
    if changed == 1 { Ok(()) } else { Err(StoreError::NotFound(what)) }
}
