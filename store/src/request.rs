//! Requests: what a practice wants verified, and about whom.
//!
//! [`Request`] has no patient value and can be listed and logged. [`Patient`] is read only through an audited transaction. When a
//! request runs is the queue's matter; how a patient's values are sealed is `patient.rs`'s.

use callwright_compliance::CallClass;
use callwright_compliance::audit::Action;
use callwright_compliance::class::{CallPurpose, PatientKind};
use callwright_compliance::facts::AiCallConsent;
use callwright_compliance::id::{PayerId, RequestId, TenantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::codec::{Reader, json, micros, name_of};
use crate::error::{Kind, StoreError};
use crate::id::ProviderId;
use crate::patient::Patient;
use crate::state::RequestState;
use crate::store::Store;
use crate::text::Code;
use crate::tx::{Object, Tx};

/// How urgent a request is: 0 is the least, 9 the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Priority(u8);

impl Priority {
    /// What a request has that was given none.
    pub const NORMAL: Priority = Priority(5);
}

impl TryFrom<u8> for Priority {
    type Error = StoreError;

    fn try_from(value: u8) -> Result<Priority, StoreError> {
        if value <= 9 {
            Ok(Priority(value))
        } else {
            Err(StoreError::Invalid { field: "priority", needs: "a number from 0 to 9" })
        }
    }
}

impl From<Priority> for u8 {
    fn from(priority: Priority) -> u8 {
        priority.0
    }
}

/// What the practice asks for, without who it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// For which provider.
    pub provider: ProviderId,
    /// At which payer.
    pub payer: PayerId,
    /// Whom the call goes to.
    pub class: CallClass,
    /// What the call is about.
    pub purpose: CallPurpose,
    /// Whether it is about a person.
    pub patient_kind: PatientKind,
    /// Which question set is asked.
    pub question_set: Code,
    /// What the patient had said to being the subject of calls by an AI voice when the request was made (rule C4). Where it stands
    /// now is [`Store::consent_history`]'s to say.
    pub consent: AiCallConsent,
    /// How urgent it is.
    pub priority: Priority,
    /// Not to be dialled before.
    pub not_before: Timestamp,
    /// Not to be dialled from here on; staff must act.
    pub due: Option<Timestamp>,
}

/// A request as it stands. Holds no patient value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Whose.
    pub tenant: TenantId,
    /// Its id.
    pub id: RequestId,
    /// What was asked for. Its `not_before` moves with each retry.
    pub order: Order,
    /// Where it stands.
    pub state: RequestState,
    /// How the last attempt, or the request, ended.
    pub outcome: Option<Code>,
    /// Dial intents written so far.
    pub attempts: u32,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When its patient values were destroyed.
    pub erased_at: Option<Timestamp>,
}

/// Where a listing goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<K> {
    /// The last key of the page before.
    pub after: Option<K>,
    /// At most so many rows; more than [`PAGE_ROWS_MAX`] is taken as that.
    pub limit: u32,
}

/// The longest page: a screenful many times over, and some 100 KiB of memory.
pub const PAGE_ROWS_MAX: u32 = 500;

impl<K> Page<K> {
    /// The first page, as long as pages get.
    #[must_use]
    pub fn first() -> Page<K> {
        Page { after: None, limit: PAGE_ROWS_MAX }
    }

    /// The page after `key`.
    #[must_use]
    pub fn after(key: K) -> Page<K> {
        Page { after: Some(key), limit: PAGE_ROWS_MAX }
    }

    pub(crate) fn rows(&self) -> u32 {
        self.limit.min(PAGE_ROWS_MAX)
    }
}

impl Store {
    /// A request.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also for another tenant's.
    pub async fn request(&self, tenant: &TenantId, id: &RequestId) -> Result<Request, StoreError> {
        let row = sqlx::query("SELECT * FROM request WHERE tenant = ? AND id = ?")
            .bind(tenant.as_str())
            .bind(id.as_str())
            .fetch_optional(self.readers())
            .await?
            .ok_or(StoreError::NotFound(Kind::Request))?;
        request(&row)
    }

    /// A tenant's requests, oldest first. The next page's key is the last one's `(created_at, id)`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn requests(
        &self,
        tenant: &TenantId,
        page: &Page<(Timestamp, RequestId)>,
    ) -> Result<Vec<Request>, StoreError> {
        let (at, id) = match &page.after {
            Some((at, id)) => (micros(*at), id.as_str()),
            None => (i64::MIN, ""),
        };
        sqlx::query(
            "SELECT * FROM request WHERE tenant = ? AND (created_at, id) > (?, ?) \
             ORDER BY created_at, id LIMIT ?",
        )
        .bind(tenant.as_str())
        .bind(at)
        .bind(id)
        .bind(page.rows())
        .fetch_all(self.readers())
        .await?
        .iter()
        .map(request)
        .collect()
    }
}

impl Tx {
    /// Adds a request to the queue, with its own data key, and seals the patient under it.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`]; [`StoreError::NotFound`] for the provider; [`StoreError::Invalid`] where `due` is not after
    /// `not_before`.
    pub async fn add_request(
        &mut self,
        id: &RequestId,
        order: &Order,
        patient: &Patient,
    ) -> Result<(), StoreError> {
        self.enter()?;
        let (from, due) = (micros(order.not_before), order.due.map(micros));
        if due.is_some_and(|due| due <= from) {
            return Err(StoreError::Invalid { field: "due", needs: "a time after `not_before`" });
        }
        let (key, wrapped, version) = self.new_data_key(id).await?;
        let sealed = patient.seal(&key, &self.tenant, id)?;
        sqlx::query(
            "INSERT INTO request (tenant, id, provider, payer, class, purpose, patient_kind, \
             question_set, patient_name, patient_dob, member_id, group_number, relationship, \
             date_of_service, consent, priority, not_before, due, \
             state, attempts, lease_count, created_at, updated_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', 0, 0, ?, ?)",
        )
        .bind(self.tenant.as_str())
        .bind(id.as_str())
        .bind(order.provider.as_str())
        .bind(order.payer.as_str())
        .bind(name_of("class", &order.class)?)
        .bind(name_of("purpose", &order.purpose)?)
        .bind(name_of("patient kind", &order.patient_kind)?)
        .bind(order.question_set.as_str())
        .bind(sealed.name)
        .bind(sealed.date_of_birth)
        .bind(sealed.member_id)
        .bind(sealed.group_number)
        .bind(sealed.relationship)
        .bind(sealed.date_of_service)
        .bind(json("consent", &order.consent)?)
        .bind(i64::from(u8::from(order.priority)))
        .bind(from)
        .bind(due)
        .bind(micros(self.now))
        .bind(micros(self.now))
        .execute(&mut *self.db)
        .await
        .map_err(|e| StoreError::from(e).duplicate(Kind::Request).missing(Kind::Provider))?;
        self.insert_data_key(id, &wrapped, version).await?;
        self.index_person(id, patient).await?;
        self.first_consent(id, patient, &order.consent).await?;
        self.leave(Action::RequestAccepted, Object::request(id)).await
    }

    /// Moves a request that no node holds: staff put it back, settle it, or take it out of the queue.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Transition`] where the state does not allow it, or a node holds the request;
    /// [`StoreError::Erased`] where it would be queued without its patient.
    pub async fn move_request(
        &mut self,
        id: &RequestId,
        next: RequestState,
        outcome: &Code,
    ) -> Result<(), StoreError> {
        self.enter()?;
        let (from, erased) = self.state_of(id).await?;
        if from.is_leased() || next.is_leased() {
            return Err(StoreError::Transition { from, to: next });
        }
        from.check(next)?;
        if erased && next == RequestState::Queued {
            return Err(StoreError::Erased);
        }
        sqlx::query(
            "UPDATE request SET state = ?, outcome = ?, updated_at = ? WHERE tenant = ? AND id = ?",
        )
        .bind(next.as_str())
        .bind(outcome.as_str())
        .bind(micros(self.now))
        .bind(self.tenant.as_str())
        .bind(id.as_str())
        .execute(&mut *self.db)
        .await?;
        self.leave(moved(next), Object::request(id)).await
    }

    /// Where a request stands, and whether it was erased.
    pub(crate) async fn state_of(
        &mut self,
        id: &RequestId,
    ) -> Result<(RequestState, bool), StoreError> {
        let row = sqlx::query("SELECT state, erased_at FROM request WHERE tenant = ? AND id = ?")
            .bind(self.tenant.as_str())
            .bind(id.as_str())
            .fetch_optional(&mut *self.db)
            .await?
            .ok_or(StoreError::NotFound(Kind::Request))?;
        let row = Reader::new(&row, "request");
        let state = RequestState::stored(&row.text("state")?)?;
        Ok((state, row.opt_time("erased_at")?.is_some()))
    }
}

/// The name in the audit of a request's coming to a state: back in the queue it is accepted anew, else its run is closed.
pub(crate) fn moved(next: RequestState) -> Action {
    if next == RequestState::Queued { Action::RequestAccepted } else { Action::RequestClosed }
}

pub(crate) fn request(row: &sqlx::sqlite::SqliteRow) -> Result<Request, StoreError> {
    let row = Reader::new(row, "request");
    let priority = Priority::try_from(row.number::<u8>("priority")?)
        .map_err(|_| StoreError::Stored { table: "request", column: "priority" })?;
    Ok(Request {
        tenant: row.parsed("tenant")?,
        id: row.parsed("id")?,
        order: Order {
            provider: row.parsed("provider")?,
            payer: row.parsed("payer")?,
            class: row.named("class")?,
            purpose: row.named("purpose")?,
            patient_kind: row.named("patient_kind")?,
            question_set: row.parsed("question_set")?,
            consent: row.json("consent")?,
            priority,
            not_before: row.time("not_before")?,
            due: row.opt_time("due")?,
        },
        state: RequestState::stored(&row.text("state")?)?,
        outcome: row.opt_parsed("outcome")?,
        attempts: row.number("attempts")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        erased_at: row.opt_time("erased_at")?,
    })
}
