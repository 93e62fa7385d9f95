//! Calls: the intent before dialling, what the carrier then said, and how the request goes on.
//!
//! Creating a call at a carrier has no idempotency key. So the intent is written first, and a call whose intent is missing, stale or
//! ended is not to be answered: [`DialIntent::may_be_answered`]. A request has at most one call that has not ended; the schema
//! enforces it. This module places no call.

use callwright_compliance::audit::Action;
use callwright_compliance::decide::Verdict;
use callwright_compliance::id::{DecisionId, RequestId, TenantId};
use callwright_compliance::number::PhoneNumber;
use jiff::Timestamp;

use crate::codec::{Reader, micros, name_of};
use crate::error::{Kind, StoreError};
use crate::id::CallId;
use crate::queue::{Lease, held};
use crate::request::moved;
use crate::state::RequestState;
use crate::store::Store;
use crate::text::{Code, path};
use crate::tx::{Object, Tx};

/// Longest carrier id of a call, in bytes. Twilio's have 34, Telnyx's call-control ids some 80.
pub const SID_BYTES_MAX: usize = 128;

/// The carrier's id of a call: printable ASCII without spaces.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CarrierSid(String);

impl CarrierSid {
    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for CarrierSid {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<CarrierSid, StoreError> {
        if (1..=SID_BYTES_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(CarrierSid(text.to_owned()))
        } else {
            Err(StoreError::Invalid {
                field: "carrier sid",
                needs: "1 to 128 printable ASCII characters",
            })
        }
    }
}

/// One attempt at a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its id.
    pub id: CallId,
    /// The request it is for.
    pub request: RequestId,
    /// The decision that permitted it.
    pub decision: DecisionId,
    /// The node that dialled.
    pub node: Code,
    /// The number dialled.
    pub number: PhoneNumber,
    /// The most it can cost, in US cents; once it ended, what it did.
    pub cost_cents: u32,
    /// The carrier's id, once placed.
    pub carrier_sid: Option<CarrierSid>,
    /// When the intent was written.
    pub intent_at: Timestamp,
    /// When the carrier took it.
    pub placed_at: Option<Timestamp>,
    /// When the far end answered.
    pub answered_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How it ended.
    pub outcome: Option<Code>,
    /// Where its recording is.
    pub recording: Option<String>,
    /// Where its journal is.
    pub journal: Option<String>,
}

/// What is written before a call is created at the carrier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialIntent {
    /// The call to be.
    pub call: CallId,
    /// For which request.
    pub request: RequestId,
    /// The node that writes it.
    pub node: Code,
    /// When it was written.
    pub at: Timestamp,
    /// From here on the call is not to be answered: permit expiry plus the carrier request's time-out.
    pub expires: Timestamp,
    /// Whether the call has ended.
    pub ended: bool,
}

impl DialIntent {
    /// Whether a carrier that asks what to do with this call now is told to go on. Otherwise it is told to hang up.
    #[must_use]
    pub fn may_be_answered(&self, now: Timestamp) -> bool {
        !self.ended && self.at <= now && now < self.expires
    }
}

/// A call that is about to be placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewIntent {
    /// A fresh id.
    pub call: CallId,
    /// The decision that permits it.
    pub decision: DecisionId,
    /// The number, as the permit carries it.
    pub number: PhoneNumber,
    /// The most it can cost at its caps, in US cents.
    pub cost_cents_max: u32,
    /// Permit expiry plus the carrier request's time-out.
    pub expires: Timestamp,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallEnd {
    /// The outcome's name.
    pub outcome: Code,
    /// What it cost, in US cents, where that is known; else its upper bound goes on counting.
    pub cost_cents: Option<u32>,
    /// Where the sealed recording is, where one was kept. A path of ids only.
    pub recording: Option<String>,
    /// Where the journal is. A path of ids only.
    pub journal: Option<String>,
}

/// How a request goes on after a node's work on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Finished with what was wanted, or with what could be had.
    Done,
    /// Finished without; no further attempt.
    Failed,
    /// A person of the practice must act.
    NeedsStaff,
    /// Back to the queue. The fields already won are kept.
    Retry {
        /// Not to be claimed before.
        not_before: Timestamp,
    },
}

impl Ending {
    fn state(&self) -> RequestState {
        match self {
            Ending::Done => RequestState::Done,
            Ending::Failed => RequestState::Failed,
            Ending::NeedsStaff => RequestState::NeedsStaff,
            Ending::Retry { .. } => RequestState::Queued,
        }
    }
}

impl Store {
    /// A call.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also for another tenant's.
    pub async fn call(&self, tenant: &TenantId, id: &CallId) -> Result<Call, StoreError> {
        let row = sqlx::query("SELECT * FROM call WHERE tenant = ? AND id = ?")
            .bind(tenant.as_str())
            .bind(id.as_str())
            .fetch_optional(self.readers())
            .await?
            .ok_or(StoreError::NotFound(Kind::Call))?;
        call(&row)
    }

    /// A request's calls, oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn calls(
        &self,
        tenant: &TenantId,
        request: &RequestId,
    ) -> Result<Vec<Call>, StoreError> {
        sqlx::query("SELECT * FROM call WHERE tenant = ? AND request = ? ORDER BY intent_at, id")
            .bind(tenant.as_str())
            .bind(request.as_str())
            .fetch_all(self.readers())
            .await?
            .iter()
            .map(call)
            .collect()
    }

    /// The intent of a call, for the webhook through which the carrier asks what to do.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]: hang up.
    pub async fn dial_intent(
        &self,
        tenant: &TenantId,
        id: &CallId,
    ) -> Result<DialIntent, StoreError> {
        let row = sqlx::query(
            "SELECT dial_intent.*, call.request, call.ended_at FROM dial_intent \
             JOIN call ON call.tenant = dial_intent.tenant AND call.id = dial_intent.call \
             WHERE dial_intent.tenant = ? AND dial_intent.call = ?",
        )
        .bind(tenant.as_str())
        .bind(id.as_str())
        .fetch_optional(self.readers())
        .await?
        .ok_or(StoreError::NotFound(Kind::Call))?;
        let row = Reader::new(&row, "dial_intent");
        Ok(DialIntent {
            call: row.parsed("call")?,
            request: row.parsed("request")?,
            node: row.parsed("node")?,
            at: row.time("at")?,
            expires: row.time("expires")?,
            ended: row.opt_time("ended_at")?.is_some(),
        })
    }

    /// The far end answered: a person, a menu or a machine. What the carrier tells is no act of ours and has no audit row.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`]; [`StoreError::CallOrder`] where it was not placed, or answered or ended before;
    /// [`StoreError::Transition`].
    pub async fn call_answered(
        &self,
        lease: &Lease,
        call: &CallId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut db = self.writer().begin_with("BEGIN IMMEDIATE").await?;
        held(&mut db, lease, now)
            .await?
            .check(RequestState::InCall)?;
        let changed = sqlx::query(
            "UPDATE call SET answered_at = ? WHERE tenant = ? AND id = ? AND request = ? \
             AND placed_at IS NOT NULL AND answered_at IS NULL AND ended_at IS NULL",
        )
        .bind(micros(now))
        .bind(lease.tenant().as_str())
        .bind(call.as_str())
        .bind(lease.request().as_str())
        .execute(&mut *db)
        .await?;
        once(changed.rows_affected())?;
        sqlx::query(
            "UPDATE request SET state = 'in_call', updated_at = ? WHERE tenant = ? AND id = ?",
        )
        .bind(micros(now))
        .bind(lease.tenant().as_str())
        .bind(lease.request().as_str())
        .execute(&mut *db)
        .await?;
        db.commit().await?;
        Ok(())
    }
}

impl Tx {
    /// Whether a decision permits a call for this request.
    async fn permitted(
        &mut self,
        decision: DecisionId,
        request: &RequestId,
    ) -> Result<(), StoreError> {
        let permit: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM decision WHERE tenant = ? AND id = ? AND request = ? AND verdict = ?",
        )
        .bind(self.tenant.as_str())
        .bind(decision.to_string())
        .bind(request.as_str())
        .bind(name_of("verdict", &Verdict::Permitted)?)
        .fetch_optional(&mut *self.db)
        .await?;
        permit
            .map(|_| ())
            .ok_or(StoreError::NotFound(Kind::Decision))
    }

    /// Writes the intent to dial: the last thing before the carrier is asked. The decision must permit, be of this request, and
    /// not have placed a call before.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`]; [`StoreError::Transition`]; [`StoreError::NotFound`] for the decision;
    /// [`StoreError::Duplicate`] where the decision was spent.
    pub async fn dial_intent(&mut self, lease: &Lease, new: &NewIntent) -> Result<(), StoreError> {
        self.enter()?;
        self.under(lease).await?.check(RequestState::Dialling)?;
        if new.expires <= self.now {
            return Err(StoreError::Invalid {
                field: "expires",
                needs: "a time to come",
            });
        }
        self.permitted(new.decision, lease.request()).await?;
        sqlx::query(
            "INSERT INTO call (tenant, id, request, decision, node, number, cost_cents, intent_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(self.tenant.as_str())
        .bind(new.call.as_str())
        .bind(lease.request().as_str())
        .bind(new.decision.to_string())
        .bind(lease.node().as_str())
        .bind(new.number.e164())
        .bind(new.cost_cents_max)
        .bind(micros(self.now))
        .execute(&mut *self.db)
        .await
        .map_err(|error| StoreError::from(error).duplicate(Kind::Call))?;
        sqlx::query(
            "INSERT INTO dial_intent (tenant, call, node, at, expires) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(self.tenant.as_str())
        .bind(new.call.as_str())
        .bind(lease.node().as_str())
        .bind(micros(self.now))
        .bind(micros(new.expires))
        .execute(&mut *self.db)
        .await?;
        sqlx::query(
            "UPDATE request SET state = 'dialling', attempts = attempts + 1, updated_at = ? \
             WHERE tenant = ? AND id = ?",
        )
        .bind(micros(self.now))
        .bind(self.tenant.as_str())
        .bind(lease.request().as_str())
        .execute(&mut *self.db)
        .await?;
        self.leave(
            Action::DialIntent,
            Object::call(&new.call).under(new.decision),
        )
        .await
    }

    /// The carrier took the call.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`]; [`StoreError::CallOrder`] where it was placed before, or has ended.
    pub async fn call_placed(
        &mut self,
        lease: &Lease,
        call: &CallId,
        sid: &CarrierSid,
    ) -> Result<(), StoreError> {
        self.enter()?;
        self.under(lease).await?;
        let changed = sqlx::query(
            "UPDATE call SET placed_at = ?, carrier_sid = ? WHERE tenant = ? AND id = ? \
             AND request = ? AND placed_at IS NULL AND ended_at IS NULL",
        )
        .bind(micros(self.now))
        .bind(sid.as_str())
        .bind(self.tenant.as_str())
        .bind(call.as_str())
        .bind(lease.request().as_str())
        .execute(&mut *self.db)
        .await
        .map_err(|error| StoreError::from(error).duplicate(Kind::Call))?;
        once(changed.rows_affected())?;
        self.leave(Action::CallPlaced, Object::call(call)).await
    }

    /// The call is over, or is known never to have come about.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`]; [`StoreError::CallOrder`] where it ended before; [`StoreError::Invalid`] for a path.
    pub async fn call_ended(
        &mut self,
        lease: &Lease,
        call: &CallId,
        end: &CallEnd,
    ) -> Result<(), StoreError> {
        self.enter()?;
        self.under(lease).await?;
        let recording = end
            .recording
            .as_deref()
            .map(|text| path("recording path", text))
            .transpose()?;
        let journal = end
            .journal
            .as_deref()
            .map(|text| path("journal path", text))
            .transpose()?;
        let changed = sqlx::query(
            "UPDATE call SET ended_at = ?, outcome = ?, cost_cents = ifnull(?, cost_cents), \
             recording = ?, journal = ? WHERE tenant = ? AND id = ? AND request = ? AND ended_at IS NULL",
        )
        .bind(micros(self.now))
        .bind(end.outcome.as_str())
        .bind(end.cost_cents)
        .bind(recording)
        .bind(journal)
        .bind(self.tenant.as_str())
        .bind(call.as_str())
        .bind(lease.request().as_str())
        .execute(&mut *self.db)
        .await?;
        once(changed.rows_affected())?;
        self.leave(Action::CallEnded, Object::call(call)).await
    }

    /// Ends the work on a request and gives the lease up. Its call must have ended.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`]; [`StoreError::CallOrder`] while its call runs; [`StoreError::Transition`].
    pub async fn finish(
        &mut self,
        lease: Lease,
        ending: &Ending,
        outcome: &Code,
    ) -> Result<(), StoreError> {
        self.enter()?;
        let next = ending.state();
        self.under(&lease).await?.check(next)?;
        let running: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM call WHERE tenant = ? AND request = ? AND ended_at IS NULL",
        )
        .bind(self.tenant.as_str())
        .bind(lease.request().as_str())
        .fetch_optional(&mut *self.db)
        .await?;
        if running.is_some() {
            return Err(StoreError::CallOrder);
        }
        let not_before = match ending {
            Ending::Retry { not_before } => Some(micros(*not_before)),
            Ending::Done | Ending::Failed | Ending::NeedsStaff => None,
        };
        sqlx::query(
            "UPDATE request SET state = ?, outcome = ?, not_before = ifnull(?, not_before), \
             lease_owner = NULL, lease_until = NULL, updated_at = ? WHERE tenant = ? AND id = ?",
        )
        .bind(next.as_str())
        .bind(outcome.as_str())
        .bind(not_before)
        .bind(micros(self.now))
        .bind(self.tenant.as_str())
        .bind(lease.request().as_str())
        .execute(&mut *self.db)
        .await?;
        self.leave(moved(next), Object::request(lease.request()))
            .await
    }
}

fn once(changed: u64) -> Result<(), StoreError> {
    if changed == 1 {
        Ok(())
    } else {
        Err(StoreError::CallOrder)
    }
}

fn call(row: &sqlx::sqlite::SqliteRow) -> Result<Call, StoreError> {
    let row = Reader::new(row, "call");
    Ok(Call {
        id: row.parsed("id")?,
        request: row.parsed("request")?,
        decision: row.decision("decision")?,
        node: row.parsed("node")?,
        number: row.parsed("number")?,
        cost_cents: row.number("cost_cents")?,
        carrier_sid: row.opt_parsed("carrier_sid")?,
        intent_at: row.time("intent_at")?,
        placed_at: row.opt_time("placed_at")?,
        answered_at: row.opt_time("answered_at")?,
        ended_at: row.opt_time("ended_at")?,
        outcome: row.opt_parsed("outcome")?,
        recording: row.opt_text("recording")?,
        journal: row.opt_text("journal")?,
    })
}
