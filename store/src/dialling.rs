//! The steps of a call, each under the lease of its request: intent, placed, answered, ended, and how the request goes on.
//!
//! A request has at most one call that has not ended; the schema enforces it. This module places no call.

use std::collections::BTreeSet;

use callwright_compliance::audit::Action;
use callwright_compliance::decide::Verdict;
use callwright_compliance::id::{DecisionId, RequestId, VendorId};
use callwright_compliance::number::PhoneNumber;
use callwright_compliance::policy::Limits;
use jiff::Timestamp;

use crate::call::CarrierSid;
use crate::codec::{micros, name_of};
use crate::error::{Kind, RunningLimit, StoreError};
use crate::evidence::{day_began, usage_of, usage_row};
use crate::id::CallId;
use crate::queue::{Lease, held};
use crate::request::moved;
use crate::state::RequestState;
use crate::store::Store;
use crate::text::{Code, path};
use crate::tx::{Object, Tx};

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
    /// Permit expiry plus the carrier request's time-out. Not after the end of the lease.
    pub expires: Timestamp,
    /// The vendors that the call would use. A stop on any of them, or on the request, refuses the intent.
    pub vendors: BTreeSet<VendorId>,
    /// The policy's limits. Calls and spend are counted against them once more: two nodes may have decided on the same counts.
    pub limits: Limits,
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
        held(&mut db, lease, now).await?.check(RequestState::InCall)?;
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
        permit.map(|_| ()).ok_or(StoreError::NotFound(Kind::Decision))
    }

    /// Whether one more call may run, begin and be paid for: rule L2 on the counts as they are in this transaction, which is the only one
    /// that writes.
    async fn room_for(&mut self, new: &NewIntent) -> Result<(), StoreError> {
        let (now, tenant) = (self.now, &self.tenant);
        let row = usage_row(&mut *self.db, tenant, &new.number, day_began(now), now).await?;
        let usage = usage_of(&row)?;
        let limits = &new.limits;
        for (limit, count, max) in [
            (RunningLimit::System, usage.system_running, limits.system_running_max),
            (RunningLimit::Tenant, usage.tenant_running, limits.tenant_running_max),
            (RunningLimit::Number, usage.number_running, limits.number_running_max),
            (RunningLimit::Starts, usage.system_started_1s, limits.system_started_1s_max),
            (RunningLimit::NumberDay, usage.number_started_today, limits.number_started_day_max),
            (RunningLimit::TenantDay, usage.tenant_started_today, limits.tenant_started_day_max),
        ] {
            if count >= max {
                return Err(StoreError::LimitReached(limit));
            }
        }
        let spent = usage.tenant_spent_today_cents.saturating_add(new.cost_cents_max.into());
        if spent > limits.tenant_day_cents_max {
            return Err(StoreError::LimitReached(RunningLimit::Spend));
        }
        Ok(())
    }

    /// Writes the intent to dial: the last thing before the carrier is asked. The decision must permit, be of this request, and
    /// not have placed a call before. The lease must outlive the intent, so that nobody adopts a call that may still be answered.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`]; [`StoreError::Transition`]; [`StoreError::LeaseTooShort`]: renew it;
    /// [`StoreError::NotFound`] for the decision; [`StoreError::OptedOut`] where the number came onto the register since;
    /// [`StoreError::Stopped`] where the kill switch was thrown since it was made; [`StoreError::LimitReached`] where rule L2 lets no more;
    /// [`StoreError::Duplicate`] where the decision was spent.
    pub async fn dial_intent(&mut self, lease: &Lease, new: &NewIntent) -> Result<(), StoreError> {
        self.enter()?;
        self.under(lease).await?.check(RequestState::Dialling)?;
        if new.expires <= self.now {
            return Err(StoreError::Invalid { field: "expires", needs: "a time to come" });
        }
        if new.expires > lease.until() {
            return Err(StoreError::LeaseTooShort);
        }
        self.permitted(new.decision, lease.request()).await?;
        self.not_stopped(lease.request(), &new.vendors).await?;
        self.not_opted_out(&new.number).await?;
        self.room_for(new).await?;
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
        self.leave(Action::DialIntent, Object::call(&new.call).under(new.decision)).await
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
        let recording =
            end.recording.as_deref().map(|text| path("recording path", text)).transpose()?;
        let journal = end.journal.as_deref().map(|text| path("journal path", text)).transpose()?;
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

    /// Ends the work on a request. Its call must have ended. Once this is committed the lease holds nothing any more; until then
    /// it holds, so that a commit that failed can be tried again.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`]; [`StoreError::CallOrder`] while its call runs; [`StoreError::Transition`].
    pub async fn finish(
        &mut self,
        lease: &Lease,
        ending: &Ending,
        outcome: &Code,
    ) -> Result<(), StoreError> {
        self.enter()?;
        let next = ending.state();
        self.under(lease).await?.check(next)?;
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
        self.leave(moved(next), Object::request(lease.request())).await
    }
}

fn once(changed: u64) -> Result<(), StoreError> {
    if changed == 1 { Ok(()) } else { Err(StoreError::CallOrder) }
}
