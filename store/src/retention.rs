//! What is due to be purged, and that it was (rule R1; 45 CFR 164.316(b)(2)(i)).
//!
//! The store finds what is past its period, in small batches, and `compliance` has the say over each record: what comes back carries its
//! [`PurgePermit`]. Requests are purged here, by destroying their data key. Files are the caller's to delete, inside the transaction that
//! found them, so that no hold can be placed in between; [`Tx::files_purged`] then writes it down. Nothing else is purged: no method of
//! this crate removes an audit row, a decision, a hold or a register's history.

use callwright_compliance::audit::{Action, Event};
use callwright_compliance::id::{ObjectId, RequestId, TenantId};
use callwright_compliance::retention::{Due, Hold, Periods, PurgePermit, RecordClass, RecordTimes};
use callwright_compliance::rule::RuleId;
use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::codec::{Reader, json, micros};
use crate::error::{Kind, StoreError};
use crate::id::CallId;
use crate::request::Page;
use crate::state::RequestState;
use crate::store::Store;
use crate::tx::{Object, Tx};

/// Where a search for what is due goes on: the time and the id of the last one found.
pub type DueKey = (Timestamp, String);

/// A search for what is due.
#[derive(Clone, Copy, Debug)]
pub struct DueSearch<'a> {
    /// Of which class.
    pub class: RecordClass,
    /// By which periods.
    pub periods: &'a Periods,
    /// Only of this request.
    pub of: Option<&'a RequestId>,
    /// When.
    pub now: Timestamp,
}

/// A call whose files of one class are due.
#[derive(Debug)]
#[must_use = "what is due is purged, or tried again in the next round"]
pub struct DueCall {
    call: CallId,
    ended_at: Timestamp,
    /// Whether the call left such files, as far as the database knows.
    expected: bool,
    permit: PurgePermit,
}

impl DueCall {
    /// Which call.
    #[must_use]
    pub fn call(&self) -> &CallId {
        &self.call
    }

    /// Of which class the files are.
    #[must_use]
    pub fn class(&self) -> RecordClass {
        self.permit.class()
    }

    /// Where a search goes on after this one.
    #[must_use]
    pub fn key(&self) -> DueKey {
        (self.ended_at, self.call.as_str().to_owned())
    }
}

/// A request that is due: who it is about, its results, and every sealed file of its calls.
#[derive(Debug)]
#[must_use = "what is due is purged, or tried again in the next round"]
pub struct DueRequest {
    request: RequestId,
    closed_at: Timestamp,
    permit: PurgePermit,
}

impl DueRequest {
    /// Which request.
    #[must_use]
    pub fn request(&self) -> &RequestId {
        &self.request
    }

    /// Where a search goes on after this one.
    #[must_use]
    pub fn key(&self) -> DueKey {
        (self.closed_at, self.request.as_str().to_owned())
    }
}

/// Whether files were found where a call's files lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// At least one was, and was deleted.
    Some,
    /// None was there.
    None,
}

/// How a class stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassState {
    /// Past their period, and kept by a legal hold.
    pub held: u64,
    /// When the oldest record that is kept was made or last in effect; `None` where there is none, or nothing of the kind is kept here.
    pub oldest: Option<Timestamp>,
}

/// Calls with files of a class, past their period or released. The age counts from the call's end; the class `result` goes with its
/// request alone. `?7` asks for what a hold stands on, or for what none does.
const DUE_CALLS: &str = "SELECT call.id, call.ended_at, call.placed_at, call.recording IS NOT NULL AS recorded, \
     request.erased_at, acceptance.at AS accepted_at \
     FROM call_record JOIN call ON call.tenant = call_record.tenant AND call.id = call_record.call \
     JOIN request ON request.tenant = call.tenant AND request.id = call.request \
     LEFT JOIN acceptance ON acceptance.tenant = call.tenant AND acceptance.request = call.request \
     WHERE call_record.tenant = ?1 AND call_record.class = ?2 AND call.ended_at IS NOT NULL \
     AND (call.ended_at <= ?3 OR (?4 AND acceptance.at >= call.ended_at AND acceptance.at <= ?6) OR (?5 AND request.erased_at <= ?6)) \
     AND EXISTS (SELECT 1 FROM held AS hold WHERE hold.tenant = call.tenant \
     AND (hold.request IS NULL OR hold.request = call.request)) = ?7 \
     AND (?8 IS NULL OR call.request = ?8) AND (call.ended_at, call.id) > (?9, ?10) \
     ORDER BY call.ended_at, call.id LIMIT ?11";

/// Requests that nobody works on, past their period.
const DUE_REQUESTS: &str = "SELECT id, state, updated_at FROM request \
     WHERE tenant = ?1 AND erased_at IS NULL AND state IN ('done', 'failed', 'needs_staff') \
     AND updated_at <= ?2 \
     AND EXISTS (SELECT 1 FROM held AS hold WHERE hold.tenant = request.tenant \
     AND (hold.request IS NULL OR hold.request = request.id)) = ?3 \
     AND (updated_at, id) > (?4, ?5) ORDER BY updated_at, id LIMIT ?6";

/// What releases a class's files before their period is over.
struct Release {
    by_acceptance: bool,
    by_erasure: bool,
}

fn release(class: RecordClass) -> Release {
    let by_erasure = !class.is_six_year();
    Release { by_acceptance: class == RecordClass::Words, by_erasure }
}

fn after(page: &Page<DueKey>) -> (i64, &str) {
    page.after.as_ref().map_or((i64::MIN, ""), |(at, id)| (micros(*at), id))
}

async fn call_rows(
    db: &mut SqliteConnection,
    tenant: &TenantId,
    search: &DueSearch<'_>,
    hold: Hold,
    page: &Page<DueKey>,
) -> Result<Vec<SqliteRow>, StoreError> {
    let release = release(search.class);
    let by_age = search.class != RecordClass::Result;
    let cutoff = search.periods.cutoff(search.class, search.now).filter(|_| by_age);
    let (at, id) = after(page);
    Ok(sqlx::query(DUE_CALLS)
        .bind(tenant.as_str())
        .bind(search.class.name())
        .bind(cutoff.map(micros))
        .bind(release.by_acceptance)
        .bind(release.by_erasure)
        .bind(micros(search.now))
        .bind(hold == Hold::Held)
        .bind(search.of.map(RequestId::as_str))
        .bind(at)
        .bind(id)
        .bind(page.rows())
        .fetch_all(db)
        .await?)
}

/// The calls found, each with its permit. What the query and the rule do not agree on is left alone.
async fn due_calls(
    db: &mut SqliteConnection,
    tenant: &TenantId,
    search: &DueSearch<'_>,
    page: &Page<DueKey>,
) -> Result<Vec<DueCall>, StoreError> {
    let release = release(search.class);
    let mut due = Vec::new();
    for row in call_rows(db, tenant, search, Hold::Free, page).await? {
        let row = Reader::new(&row, "call");
        let ended_at = row.time("ended_at")?;
        // Who accepted a result had not seen the words of a later call.
        let accepted = row
            .opt_time("accepted_at")?
            .filter(|accepted| release.by_acceptance && *accepted >= ended_at);
        let erased = row.opt_time("erased_at")?.filter(|_| release.by_erasure);
        let last_in_effect = (search.class != RecordClass::Result).then_some(ended_at);
        let times =
            RecordTimes { last_in_effect, released: accepted.into_iter().chain(erased).min() };
        if let Due::Purge(permit) = search.periods.due(search.class, times, Hold::Free, search.now)
        {
            let expected = match search.class {
                RecordClass::Audio => row.flag("recorded")?,
                RecordClass::Disclosure
                | RecordClass::Words
                | RecordClass::Exchanges
                | RecordClass::Result
                | RecordClass::Audit
                | RecordClass::Consent
                | RecordClass::OptOut
                | RecordClass::Agreement
                | RecordClass::Policies
                | RecordClass::Log => row.opt_time("placed_at")?.is_some(),
            };
            due.push(DueCall { call: row.parsed("id")?, ended_at, expected, permit });
        }
    }
    Ok(due)
}

async fn request_rows(
    db: &mut SqliteConnection,
    tenant: &TenantId,
    search: &DueSearch<'_>,
    hold: Hold,
    page: &Page<DueKey>,
) -> Result<Vec<SqliteRow>, StoreError> {
    let (at, id) = after(page);
    Ok(sqlx::query(DUE_REQUESTS)
        .bind(tenant.as_str())
        .bind(search.periods.cutoff(RecordClass::Result, search.now).map(micros))
        .bind(hold == Hold::Held)
        .bind(at)
        .bind(id)
        .bind(page.rows())
        .fetch_all(db)
        .await?)
}

async fn due_requests(
    db: &mut SqliteConnection,
    tenant: &TenantId,
    search: &DueSearch<'_>,
    page: &Page<DueKey>,
) -> Result<Vec<DueRequest>, StoreError> {
    let mut due = Vec::new();
    for row in request_rows(db, tenant, search, Hold::Free, page).await? {
        let row = Reader::new(&row, "request");
        let closed_at = row.time("updated_at")?;
        let times = RecordTimes { last_in_effect: Some(closed_at), released: None };
        let answer = search.periods.due(RecordClass::Result, times, Hold::Free, search.now);
        if let Due::Purge(permit) = answer {
            due.push(DueRequest { request: row.parsed("id")?, closed_at, permit });
        }
    }
    Ok(due)
}

impl Store {
    /// The calls whose files of a class are due, oldest first: what a purge would take. To purge, ask [`Tx::due_calls`].
    ///
    /// # Errors
    /// Those of the database.
    pub async fn due_calls(
        &self,
        tenant: &TenantId,
        search: &DueSearch<'_>,
        page: &Page<DueKey>,
    ) -> Result<Vec<DueCall>, StoreError> {
        let mut db = self.readers().acquire().await?;
        due_calls(&mut db, tenant, search, page).await
    }

    /// The requests that are due, oldest first: what a purge would take. To purge, ask [`Tx::due_requests`].
    ///
    /// # Errors
    /// Those of the database.
    pub async fn due_requests(
        &self,
        tenant: &TenantId,
        search: &DueSearch<'_>,
        page: &Page<DueKey>,
    ) -> Result<Vec<DueRequest>, StoreError> {
        let mut db = self.readers().acquire().await?;
        due_requests(&mut db, tenant, search, page).await
    }

    /// How a class stands: what a hold keeps beyond its period, and the oldest record that is kept.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn class_state(
        &self,
        tenant: &TenantId,
        search: &DueSearch<'_>,
    ) -> Result<ClassState, StoreError> {
        let mut db = self.readers().acquire().await?;
        let held = if is_of_files(search.class) { held(&mut db, tenant, search).await? } else { 0 };
        let oldest = match oldest(search.class) {
            Some(statement) => sqlx::query(statement)
                .bind(tenant.as_str())
                .bind(search.class.name())
                .fetch_one(&mut *db)
                .await
                .map_err(StoreError::from)
                .and_then(|row| Reader::new(&row, "retention").opt_time("oldest"))?,
            None => None,
        };
        Ok(ClassState { held, oldest })
    }
}

/// Classes of which calls have files.
fn is_of_files(class: RecordClass) -> bool {
    match class {
        RecordClass::Disclosure
        | RecordClass::Audio
        | RecordClass::Words
        | RecordClass::Exchanges
        | RecordClass::Result => true,
        RecordClass::Audit
        | RecordClass::Consent
        | RecordClass::OptOut
        | RecordClass::Agreement
        | RecordClass::Policies
        | RecordClass::Log => false,
    }
}

/// The statement for the oldest record of a class that is kept here.
fn oldest(class: RecordClass) -> Option<&'static str> {
    match class {
        RecordClass::Audit => {
            Some("SELECT min(at) AS oldest FROM audit WHERE tenant = ?1 AND ?2 <> ''")
        }
        RecordClass::Consent => {
            Some("SELECT min(at) AS oldest FROM consent_event WHERE tenant = ?1 AND ?2 <> ''")
        }
        RecordClass::Agreement => {
            Some("SELECT min(updated_at) AS oldest FROM vendor WHERE tenant = ?1 AND ?2 <> ''")
        }
        RecordClass::Policies => {
            Some("SELECT min(at) AS oldest FROM decision WHERE tenant = ?1 AND ?2 <> ''")
        }
        RecordClass::Result => Some(
            "SELECT min(updated_at) AS oldest FROM request WHERE tenant = ?1 AND ?2 <> '' AND erased_at IS NULL",
        ),
        RecordClass::Disclosure
        | RecordClass::Audio
        | RecordClass::Words
        | RecordClass::Exchanges => Some(
            "SELECT min(ended_at) AS oldest FROM call_record JOIN call ON call.tenant = call_record.tenant \
             AND call.id = call_record.call WHERE call_record.tenant = ?1 AND class = ?2",
        ),
        RecordClass::OptOut => {
            Some("SELECT min(at) AS oldest FROM opt_out WHERE tenant = ?1 AND ?2 <> ''")
        }
        RecordClass::Log => None,
    }
}

/// Counts what a hold keeps beyond its period: page by page, so that no number of rows fills the memory. Of `result` these are requests.
async fn held(
    db: &mut SqliteConnection,
    tenant: &TenantId,
    search: &DueSearch<'_>,
) -> Result<u64, StoreError> {
    let (mut count, mut page) = (0, Page::first());
    loop {
        let (rows, time) = if search.class == RecordClass::Result {
            (request_rows(db, tenant, search, Hold::Held, &page).await?, "updated_at")
        } else {
            (call_rows(db, tenant, search, Hold::Held, &page).await?, "ended_at")
        };
        count += rows.len() as u64;
        let Some(last) = rows.last() else {
            return Ok(count);
        };
        let last = Reader::new(last, "retention");
        page = Page::after((last.time(time)?, last.text("id")?));
    }
}

impl Tx {
    /// The calls whose files of a class are due and which no hold keeps, oldest first. Delete their files, then say so with
    /// [`Tx::files_purged`], all in this transaction: while it is open, no hold can be placed.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn due_calls(
        &mut self,
        search: &DueSearch<'_>,
        page: &Page<DueKey>,
    ) -> Result<Vec<DueCall>, StoreError> {
        due_calls(&mut self.db, &self.tenant, search, page).await
    }

    /// The requests that are due and which no hold keeps, oldest first; for [`Tx::purge_request`] of this transaction.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn due_requests(
        &mut self,
        search: &DueSearch<'_>,
        page: &Page<DueKey>,
    ) -> Result<Vec<DueRequest>, StoreError> {
        due_requests(&mut self.db, &self.tenant, search, page).await
    }

    /// Writes down that a call's files of a class are gone. Where none was there and none was to be expected, nothing was purged, and
    /// nothing is said but that there is nothing left.
    ///
    /// # Errors
    /// Those of the database; [`StoreError::Unaudited`] where an act before it failed.
    pub async fn files_purged(&mut self, due: DueCall, found: Found) -> Result<(), StoreError> {
        let class = due.permit.class();
        if found == Found::Some || due.expected {
            self.enter()?;
            self.append(self.purged(class, due.call.as_str())).await?;
        } else {
            self.bookkept();
        }
        sqlx::query("DELETE FROM call_record WHERE tenant = ? AND class = ? AND call = ?")
            .bind(self.tenant.as_str())
            .bind(class.name())
            .bind(due.call.as_str())
            .execute(&mut *self.db)
            .await?;
        Ok(())
    }

    /// Purges a request at the end of its period: its data key is destroyed, here and in every backup that is restored. Its calls' files
    /// are due from then on.
    ///
    /// # Errors
    /// [`StoreError::NotErasable`] where a node works on it again; [`StoreError::Held`].
    pub async fn purge_request(&mut self, due: DueRequest) -> Result<(), StoreError> {
        self.enter()?;
        let (state, _) = self.state_of(&due.request).await?;
        if state.is_leased() || state == RequestState::Queued {
            return Err(StoreError::NotErasable(state));
        }
        if self.hold_on(&due.request).await? == Hold::Held {
            return Err(StoreError::Held);
        }
        self.destroy_for_good(&due.request).await?;
        self.append(self.purged(due.permit.class(), due.request.as_str())).await
    }

    /// Says that somebody of the practice took a request's result over: the words of its calls until then go in the next round.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Transition`] while the request goes on or waits for staff, who may have it called about
    /// again; [`StoreError::Duplicate`] where it was accepted.
    pub async fn accept_result(&mut self, request: &RequestId) -> Result<(), StoreError> {
        self.enter()?;
        let (state, _) = self.state_of(request).await?;
        match state {
            RequestState::Done | RequestState::Failed => {}
            RequestState::Queued
            | RequestState::Claimed
            | RequestState::Dialling
            | RequestState::InCall
            | RequestState::NeedsStaff => {
                return Err(StoreError::Transition { from: state, to: RequestState::Done });
            }
        }
        sqlx::query(
            "INSERT INTO acceptance (tenant, request, accepted_by, at) VALUES (?, ?, ?, ?)",
        )
        .bind(self.tenant.as_str())
        .bind(request.as_str())
        .bind(json("actor", &self.actor)?)
        .bind(micros(self.now))
        .execute(&mut *self.db)
        .await
        .map_err(|error| StoreError::from(error).duplicate(Kind::Acceptance))?;
        self.leave(Action::ResultAccepted, Object::request(request)).await
    }

    /// The audit's word for one purged record: its id, and by its fields the class.
    fn purged(&self, class: RecordClass, id: &str) -> Event {
        let mut event = Event::new(self.actor.clone(), Action::Purged);
        event.object = ObjectId::new(id).ok();
        event.fields = class.fields();
        event.rule = Some(RuleId::R1);
        event
    }
}
