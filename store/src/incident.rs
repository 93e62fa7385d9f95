//! Incidents as they are kept: what happened, whom it concerns, and each step since, with its audit row (rule I2).
//!
//! Nothing here is changed or removed; the schema refuses it. Opening an incident freezes the deletion of what it concerns
//! ([`Tx::freeze`]). Which events there are, which step may follow and by when whom to tell is `compliance`'s matter.

use std::collections::BTreeSet;

use callwright_compliance::audit::{Action, Actor, Event};
use callwright_compliance::egress::CallIncident;
use callwright_compliance::id::{ObjectId, RequestId, TenantId, VendorId};
use callwright_compliance::incident::{Course, IncidentEvent, IncidentState, Step, Terms};
use jiff::Timestamp;

use crate::codec::{Reader, json, micros, name_of};
use crate::error::{Kind, StoreError};
use crate::id::{CallId, IncidentId};
use crate::ledger::LedgerScope;
use crate::store::Store;
use crate::tx::{Object, Tx};

/// What is to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewIncident {
    /// A fresh id.
    pub id: IncidentId,
    /// What happened.
    pub event: IncidentEvent,
    /// The vendor it is about, where it is about one.
    pub vendor: Option<VendorId>,
    /// Which part of the ledger is concerned. One call: the incident is that call's, and the event is opened for it once.
    pub scope: LedgerScope,
    /// When it was known, or would have been with reasonable diligence (45 CFR 164.410(a)(2)). Not after now.
    pub discovered_at: Timestamp,
    /// What reports it, where something does.
    pub document: Option<ObjectId>,
}

impl NewIncident {
    /// An event of one call, discovered now.
    ///
    /// # Errors
    /// [`StoreError::NoRandomness`].
    pub fn of_call(
        call: &CallId,
        event: IncidentEvent,
        vendor: Option<VendorId>,
        now: Timestamp,
    ) -> Result<NewIncident, StoreError> {
        Ok(NewIncident {
            id: IncidentId::random()?,
            event,
            vendor,
            scope: LedgerScope::of_call(call.clone()),
            discovered_at: now,
            document: None,
        })
    }
}

/// What came of opening one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It is open, under this id.
    New(IncidentId),
    /// The same event of the same call has one already. Nothing was done, and nothing is to be committed for it.
    Already(IncidentId),
}

impl Opened {
    /// The incident's id.
    #[must_use]
    pub const fn id(&self) -> &IncidentId {
        match self {
            Opened::New(id) | Opened::Already(id) => id,
        }
    }
}

/// A step that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// What was done.
    pub step: Step,
    /// The state that it led to.
    pub state: IncidentState,
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// An incident with its history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Whose.
    pub tenant: TenantId,
    /// Its id.
    pub id: IncidentId,
    /// What happened.
    pub event: IncidentEvent,
    /// With which vendor.
    pub vendor: Option<VendorId>,
    /// Which part of the ledger is concerned.
    pub scope: LedgerScope,
    /// When it was discovered.
    pub discovered_at: Timestamp,
    /// When it was opened here.
    pub opened_at: Timestamp,
    /// By whom.
    pub opened_by: Actor,
    /// What reports it.
    pub document: Option<ObjectId>,
    /// The requests that it concerned when it was opened, and whose deletion it froze.
    pub requests: BTreeSet<RequestId>,
    /// Every step, oldest first.
    pub steps: Vec<Taken>,
    /// What the steps make of it: state, deadlines, what is owed.
    pub course: Course,
}

impl Store {
    /// The terms of a practice's incidents; the strictest usual ones where none were set.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn incident_terms(&self, tenant: &TenantId) -> Result<Terms, StoreError> {
        let row =
            sqlx::query(NEWEST_TERMS).bind(tenant.as_str()).fetch_optional(self.readers()).await?;
        terms(row.as_ref())
    }

    /// An incident.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also for another tenant's.
    pub async fn incident(
        &self,
        tenant: &TenantId,
        id: &IncidentId,
    ) -> Result<Incident, StoreError> {
        let mut db = self.readers().acquire().await?;
        let row = sqlx::query("SELECT * FROM incident WHERE tenant = ? AND id = ?")
            .bind(tenant.as_str())
            .bind(id.as_str())
            .fetch_optional(&mut *db)
            .await?
            .ok_or(StoreError::NotFound(Kind::Incident))?;
        incident(&row, &mut db).await
    }

    /// A practice's incidents, the newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn incidents(&self, tenant: &TenantId) -> Result<Vec<Incident>, StoreError> {
        let mut db = self.readers().acquire().await?;
        let rows = sqlx::query(
            "SELECT * FROM incident WHERE tenant = ? ORDER BY discovered_at DESC, opened_at DESC, id",
        )
        .bind(tenant.as_str())
        .fetch_all(&mut *db)
        .await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            found.push(incident(row, &mut db).await?);
        }
        Ok(found)
    }

    /// The practice whose incident this is: for the operator of the machine, who has only its id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn practice_of_incident(&self, id: &IncidentId) -> Result<TenantId, StoreError> {
        let row = sqlx::query("SELECT tenant FROM incident WHERE id = ?")
            .bind(id.as_str())
            .fetch_optional(self.readers())
            .await?
            .ok_or(StoreError::NotFound(Kind::Incident))?;
        Reader::new(&row, "incident").parsed("tenant")
    }

    /// The incidents of a practice's calls, as the accounting of disclosures goes by them.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn call_incidents(
        &self,
        tenant: &TenantId,
    ) -> Result<BTreeSet<CallIncident>, StoreError> {
        sqlx::query("SELECT call, event, vendor FROM incident WHERE tenant = ? AND call NOT NULL")
            .bind(tenant.as_str())
            .fetch_all(self.readers())
            .await?
            .iter()
            .map(|row| {
                let row = Reader::new(row, "incident");
                Ok(CallIncident {
                    call: row.parsed("call")?,
                    event: row.named("event")?,
                    vendor: row.opt_parsed("vendor")?,
                })
            })
            .collect()
    }
}

impl Tx {
    /// Sets the terms of the practice's incidents from here on. Incidents that were discovered before keep theirs.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn set_incident_terms(&mut self, terms: &Terms) -> Result<(), StoreError> {
        self.enter()?;
        sqlx::query(
            "INSERT INTO incident_terms (tenant, seq, terms, set_by, set_at) SELECT ?1, \
             (SELECT ifnull(max(seq) + 1, 0) FROM incident_terms WHERE tenant = ?1), ?2, ?3, ?4",
        )
        .bind(self.tenant.as_str())
        .bind(json("terms", terms)?)
        .bind(json("actor", &self.actor)?)
        .bind(micros(self.now))
        .execute(&mut *self.db)
        .await?;
        let object = Object::tenant(&self.tenant);
        self.leave(Action::IncidentTermsSet, object).await
    }

    /// Opens an incident: its clocks run from its discovery, and the deletion of what it concerns is frozen.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for a call or request of the scope; [`StoreError::Invalid`] for a discovery in the future, and for a scope that ends
    /// before it begins.
    pub async fn open_incident(&mut self, new: &NewIncident) -> Result<Opened, StoreError> {
        if let Some(already) = self.incident_of(new).await? {
            return Ok(Opened::Already(already));
        }
        self.enter()?;
        if new.discovered_at > self.now {
            return Err(StoreError::Invalid { field: "discovered", needs: "a time not after now" });
        }
        // It would concern nothing, and look as if it did.
        if new.scope.from.zip(new.scope.to).is_some_and(|(from, to)| from >= to) {
            return Err(StoreError::Invalid { field: "from", needs: "a time before `to`" });
        }
        let terms = sqlx::query(NEWEST_TERMS)
            .bind(self.tenant.as_str())
            .fetch_optional(&mut *self.db)
            .await?;
        let terms = self::terms(terms.as_ref())?;
        sqlx::query(
            "INSERT INTO incident (tenant, id, event, call, vendor, scope, everything, terms, \
             document, discovered_at, opened_at, opened_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(self.tenant.as_str())
        .bind(new.id.as_str())
        .bind(new.event.name())
        .bind(new.scope.call.as_ref().map(CallId::as_str))
        .bind(new.vendor.as_ref().map(VendorId::as_str))
        .bind(json("scope", &new.scope)?)
        .bind(new.scope.is_everything())
        .bind(json("terms", &terms)?)
        .bind(new.document.as_ref().map(ObjectId::as_str))
        .bind(micros(new.discovered_at))
        .bind(micros(self.now))
        .bind(json("actor", &self.actor)?)
        .execute(&mut *self.db)
        .await
        .map_err(|e| StoreError::from(e).duplicate(Kind::Incident).missing(Kind::Call))?;
        self.freeze(&new.id, &new.scope).await?;
        let mut event = self.incident_event(Action::IncidentOpened, &new.id);
        event.rule = Some(new.event.rule());
        event.recipient.clone_from(&new.vendor);
        self.append(event).await?;
        Ok(Opened::New(new.id.clone()))
    }

    /// Takes an incident a step on.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Step`] where the step does not follow.
    pub async fn advance_incident(
        &mut self,
        id: &IncidentId,
        step: &Step,
    ) -> Result<Course, StoreError> {
        self.enter()?;
        let row = sqlx::query("SELECT * FROM incident WHERE tenant = ? AND id = ?")
            .bind(self.tenant.as_str())
            .bind(id.as_str())
            .fetch_optional(&mut *self.db)
            .await?
            .ok_or(StoreError::NotFound(Kind::Incident))?;
        let Incident { mut course, steps, .. } = incident(&row, &mut self.db).await?;
        course.take(step, self.now)?;
        sqlx::query(
            "INSERT INTO incident_step (tenant, incident, seq, state, step, taken_by, taken_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(self.tenant.as_str())
        .bind(id.as_str())
        .bind(i64::try_from(steps.len()).unwrap_or(i64::MAX))
        .bind(course.state().name())
        .bind(json("step", step)?)
        .bind(json("actor", &self.actor)?)
        .bind(micros(self.now))
        .execute(&mut *self.db)
        .await?;
        let event = self.incident_event(Action::IncidentAdvanced, id);
        self.append(event).await?;
        Ok(course)
    }

    fn incident_event(&self, action: Action, id: &IncidentId) -> Event {
        let mut event = Event::new(self.actor.clone(), action);
        event.object = ObjectId::new(id.as_str()).ok();
        event
    }

    /// The incident that the same event of the same call has already.
    async fn incident_of(&mut self, new: &NewIncident) -> Result<Option<IncidentId>, StoreError> {
        let Some(call) = &new.scope.call else {
            return Ok(None);
        };
        sqlx::query(
            "SELECT id FROM incident \
             WHERE tenant = ? AND call = ? AND event = ? AND vendor IS ?",
        )
        .bind(self.tenant.as_str())
        .bind(call.as_str())
        .bind(new.event.name())
        .bind(new.vendor.as_ref().map(VendorId::as_str))
        .fetch_optional(&mut *self.db)
        .await?
        .map(|row| Reader::new(&row, "incident").parsed("id"))
        .transpose()
    }

    /// Holds the deletion of what an incident concerns: the requests named, that of its call, and those that the ledger has in its scope.
    /// An incident over everything holds the whole practice. A call whose ledger was lost or is not whole may be in any scope of its time.
    ///
    /// **The one place** that knows how deletion is held: the rows that are written here are what [`Tx::not_frozen`] asks.
    async fn freeze(&mut self, id: &IncidentId, scope: &LedgerScope) -> Result<(), StoreError> {
        let mut requests = scope.requests.clone();
        if let Some(call) = &scope.call {
            let row = sqlx::query("SELECT request FROM call WHERE tenant = ? AND id = ?")
                .bind(self.tenant.as_str())
                .bind(call.as_str())
                .fetch_optional(&mut *self.db)
                .await?
                .ok_or(StoreError::NotFound(Kind::Call))?;
            requests.insert(Reader::new(&row, "call").parsed("request")?);
        }
        if requests.is_empty() && !scope.is_everything() {
            let rows = sqlx::query(
                "SELECT DISTINCT call.request FROM egress \
                 JOIN call ON call.tenant = egress.tenant AND call.id = egress.call \
                 WHERE egress.tenant = ?1 AND (?2 IS NULL OR egress.vendor = ?2) \
                 AND (?3 IS NULL OR egress.at >= ?3) AND (?4 IS NULL OR egress.at < ?4) \
                 UNION SELECT call.request FROM call LEFT JOIN egress_ledger AS kept \
                 ON kept.tenant = call.tenant AND kept.call = call.id \
                 WHERE call.tenant = ?1 AND call.placed_at IS NOT NULL \
                 AND (kept.call IS NULL OR kept.overflowed > 0) \
                 AND (?3 IS NULL OR ifnull(call.ended_at, ?3) >= ?3) \
                 AND (?4 IS NULL OR call.intent_at < ?4)",
            )
            .bind(self.tenant.as_str())
            .bind(scope.vendor.as_ref().map(VendorId::as_str))
            .bind(scope.from.map(micros))
            .bind(scope.to.map(micros))
            .fetch_all(&mut *self.db)
            .await?;
            for row in &rows {
                requests.insert(Reader::new(row, "call").parsed("request")?);
            }
        }
        for request in &requests {
            sqlx::query(
                "INSERT INTO incident_request (tenant, incident, request) VALUES (?, ?, ?)",
            )
            .bind(self.tenant.as_str())
            .bind(id.as_str())
            .bind(request.as_str())
            .execute(&mut *self.db)
            .await
            .map_err(|error| StoreError::from(error).missing(Kind::Request))?;
        }
        Ok(())
    }

    /// Refuses where an incident that is not closed concerns the request: evidence may not be destroyed.
    pub(crate) async fn not_frozen(&mut self, request: &RequestId) -> Result<(), StoreError> {
        let open: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM incident WHERE tenant = ?1 \
             AND (everything = 1 OR EXISTS (SELECT 1 FROM incident_request AS held \
                 WHERE held.tenant = ?1 AND held.incident = incident.id AND held.request = ?2)) \
             AND NOT EXISTS (SELECT 1 FROM incident_step AS step \
                 WHERE step.tenant = ?1 AND step.incident = incident.id AND step.state = 'closed')",
        )
        .bind(self.tenant.as_str())
        .bind(request.as_str())
        .fetch_optional(&mut *self.db)
        .await?;
        if open.is_some() { Err(StoreError::Frozen) } else { Ok(()) }
    }
}

const NEWEST_TERMS: &str =
    "SELECT terms FROM incident_terms WHERE tenant = ? ORDER BY seq DESC LIMIT 1";

fn terms(row: Option<&sqlx::sqlite::SqliteRow>) -> Result<Terms, StoreError> {
    row.map_or_else(|| Ok(Terms::default()), |row| Reader::new(row, "incident_terms").json("terms"))
}

async fn incident(
    row: &sqlx::sqlite::SqliteRow,
    db: &mut sqlx::sqlite::SqliteConnection,
) -> Result<Incident, StoreError> {
    let row = Reader::new(row, "incident");
    let (tenant, id): (TenantId, IncidentId) = (row.parsed("tenant")?, row.parsed("id")?);
    let discovered_at = row.time("discovered_at")?;
    let mut course = Course::open(discovered_at, row.json("terms")?);
    let rows =
        sqlx::query("SELECT * FROM incident_step WHERE tenant = ? AND incident = ? ORDER BY seq")
            .bind(tenant.as_str())
            .bind(id.as_str())
            .fetch_all(&mut *db)
            .await?;
    let mut steps = Vec::with_capacity(rows.len());
    for row in &rows {
        let row = Reader::new(row, "incident_step");
        let (step, at): (Step, _) = (row.json("step")?, row.time("taken_at")?);
        let broken = StoreError::Stored { table: "incident_step", column: "step" };
        course.take(&step, at).map_err(|_| broken.clone())?;
        if name_of("state", &course.state())? != row.text("state")? {
            return Err(broken);
        }
        steps.push(Taken { step, state: course.state(), by: row.json("taken_by")?, at });
    }
    let rows =
        sqlx::query("SELECT request FROM incident_request WHERE tenant = ? AND incident = ?")
            .bind(tenant.as_str())
            .bind(id.as_str())
            .fetch_all(&mut *db)
            .await?;
    let requests = rows
        .iter()
        .map(|row| Reader::new(row, "incident_request").parsed("request"))
        .collect::<Result<_, StoreError>>()?;
    Ok(Incident {
        event: row.named("event")?,
        vendor: row.opt_parsed("vendor")?,
        scope: row.json("scope")?,
        opened_at: row.time("opened_at")?,
        opened_by: row.json("opened_by")?,
        document: row.opt_parsed("document")?,
        discovered_at,
        tenant,
        id,
        requests,
        steps,
        course,
    })
}
