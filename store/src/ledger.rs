//! The egress ledger of calls that ended: each entry with its time of day, its fields by name, and no value (rule V2; 45 CFR 164.528).
//!
//! A ledger is kept once, in the transaction that ends its call. This module does not judge what was sent: `compliance` does.

use std::collections::BTreeSet;

use callwright_compliance::audit::{Action, Event};
use callwright_compliance::egress::{Ledger, Recipient, Sent};
use callwright_compliance::id::{ObjectId, RequestId, TenantId, VendorId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::codec::{Reader, json, micros, name_of};
use crate::error::{Kind, StoreError};
use crate::id::CallId;
use crate::request::Page;
use crate::store::Store;
use crate::tx::Tx;

/// A part of one practice's ledger. Each bound narrows it; without any it is the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerScope {
    /// Only this call.
    pub call: Option<CallId>,
    /// Only these requests; none means all.
    pub requests: BTreeSet<RequestId>,
    /// Only what went to this vendor.
    pub vendor: Option<VendorId>,
    /// Only from here on.
    pub from: Option<Timestamp>,
    /// Only before.
    pub to: Option<Timestamp>,
}

impl LedgerScope {
    /// One call.
    #[must_use]
    pub fn of_call(call: CallId) -> LedgerScope {
        LedgerScope { call: Some(call), ..LedgerScope::default() }
    }

    /// Whether it is everything that the practice ever sent.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        *self == LedgerScope::default()
    }
}

/// Where a listing of the ledger goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerKey {
    at: Timestamp,
    call: CallId,
    seq: i64,
}

/// A call that was placed, and of which no ledger was kept: it runs, or its process died. What it sent is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unaccounted {
    /// The call.
    pub call: CallId,
    /// Its request.
    pub request: RequestId,
    /// When it was dialled.
    pub dialled_at: Timestamp,
    /// Whether it is over.
    pub ended: bool,
}

/// The conditions of a scope over `call`, for the parameters 1 to 3: tenant, call, requests.
macro_rules! in_scope {
    () => {
        "call.tenant = ?1 AND (?2 IS NULL OR call.id = ?2) \
         AND (?3 = '[]' OR call.request IN (SELECT value FROM json_each(?3)))"
    };
}

impl Store {
    /// A page of a part of the ledger, oldest first, with the key of the next page; `None` after the last.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn ledger(
        &self,
        tenant: &TenantId,
        scope: &LedgerScope,
        page: &Page<LedgerKey>,
    ) -> Result<(Vec<Sent>, Option<LedgerKey>), StoreError> {
        let (at, call, seq) = match &page.after {
            Some(key) => (micros(key.at), key.call.as_str(), key.seq),
            None => (i64::MIN, "", -1),
        };
        let text = concat!(
            "SELECT egress.*, call.request FROM egress \
             JOIN call ON call.tenant = egress.tenant AND call.id = egress.call WHERE ",
            in_scope!(),
            " AND (?4 IS NULL OR egress.vendor = ?4) \
             AND (?5 IS NULL OR egress.at >= ?5) AND (?6 IS NULL OR egress.at < ?6) \
             AND (egress.at, egress.call, egress.seq) > (?7, ?8, ?9) \
             ORDER BY egress.at, egress.call, egress.seq LIMIT ?10"
        );
        let rows = sqlx::query(text)
            .bind(tenant.as_str())
            .bind(scope.call.as_ref().map(CallId::as_str))
            .bind(json("requests", &scope.requests)?)
            .bind(scope.vendor.as_ref().map(VendorId::as_str))
            .bind(scope.from.map(micros))
            .bind(scope.to.map(micros))
            .bind(at)
            .bind(call)
            .bind(seq)
            .bind(page.rows())
            .fetch_all(self.readers())
            .await?;
        let sent = rows.iter().map(sent).collect::<Result<Vec<_>, _>>()?;
        let key = rows.last().map(key).transpose()?;
        Ok((sent, key))
    }

    /// The calls of a part of the ledger of which nothing was kept, oldest first. The vendor does not narrow it: which ones they used is
    /// not known either.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn unaccounted(
        &self,
        tenant: &TenantId,
        scope: &LedgerScope,
    ) -> Result<Vec<Unaccounted>, StoreError> {
        let text = concat!(
            "SELECT call.* FROM call WHERE ",
            in_scope!(),
            " AND placed_at IS NOT NULL \
             AND (?4 IS NULL OR ifnull(ended_at, ?4) >= ?4) AND (?5 IS NULL OR intent_at < ?5) \
             AND NOT EXISTS (SELECT 1 FROM egress_ledger \
                 WHERE egress_ledger.tenant = call.tenant AND egress_ledger.call = call.id) \
             ORDER BY intent_at, id"
        );
        sqlx::query(text)
            .bind(tenant.as_str())
            .bind(scope.call.as_ref().map(CallId::as_str))
            .bind(json("requests", &scope.requests)?)
            .bind(scope.from.map(micros))
            .bind(scope.to.map(micros))
            .fetch_all(self.readers())
            .await?
            .iter()
            .map(|row| {
                let row = Reader::new(row, "call");
                Ok(Unaccounted {
                    call: row.parsed("id")?,
                    request: row.parsed("request")?,
                    dialled_at: row.time("intent_at")?,
                    ended: row.opt_time("ended_at")?.is_some(),
                })
            })
            .collect()
    }

    /// How many sends of calls in a part of the ledger have no entry, because their ledgers were full. Their totals are in the audit.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn overflowed(
        &self,
        tenant: &TenantId,
        scope: &LedgerScope,
    ) -> Result<u64, StoreError> {
        let text = concat!(
            "SELECT ifnull(sum(overflowed), 0) AS lost FROM egress_ledger \
             JOIN call ON call.tenant = egress_ledger.tenant AND call.id = egress_ledger.call WHERE ",
            in_scope!(),
        );
        let row = sqlx::query(text)
            .bind(tenant.as_str())
            .bind(scope.call.as_ref().map(CallId::as_str))
            .bind(json("requests", &scope.requests)?)
            .fetch_one(self.readers())
            .await?;
        Reader::new(&row, "egress_ledger").number("lost")
    }

    /// In which State the provider of a request has its place. Where the patient lives is not in the store.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; those of the database.
    pub async fn state_of_care(
        &self,
        tenant: &TenantId,
        request: &RequestId,
    ) -> Result<String, StoreError> {
        let row = sqlx::query(
            "SELECT location.state FROM request \
             JOIN provider ON provider.tenant = request.tenant AND provider.id = request.provider \
             JOIN location ON location.tenant = request.tenant AND location.id = provider.location \
             WHERE request.tenant = ? AND request.id = ?",
        )
        .bind(tenant.as_str())
        .bind(request.as_str())
        .fetch_optional(self.readers())
        .await?
        .ok_or(StoreError::NotFound(Kind::Request))?;
        Reader::new(&row, "location").text("state")
    }
}

impl Tx {
    /// Keeps the whole ledger of a call that began at `began_at`, with an audit row for each recipient.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for the call; [`StoreError::Duplicate`] where its ledger was kept before.
    pub async fn put_ledger(
        &mut self,
        call: &CallId,
        began_at: Timestamp,
        ledger: &Ledger,
    ) -> Result<(), StoreError> {
        self.enter()?;
        let kept: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM egress_ledger WHERE tenant = ? AND call = ?")
                .bind(self.tenant.as_str())
                .bind(call.as_str())
                .fetch_optional(&mut *self.db)
                .await?;
        if kept.is_some() {
            return Err(StoreError::Duplicate(Kind::Ledger));
        }
        for (seq, entry) in (0_i64..).zip(ledger.entries()) {
            let after =
                i64::try_from(entry.at_ms).map_or(SignedDuration::MAX, SignedDuration::from_millis);
            let at = began_at.saturating_add(after).unwrap_or(began_at);
            let (vendor, role) = match &entry.recipient {
                Recipient::FarEnd => (None, None),
                Recipient::Vendor { id, role } => (Some(id.as_str()), Some(name_of("role", role)?)),
            };
            sqlx::query(
                "INSERT INTO egress (tenant, call, seq, at, vendor, role, purpose, fields, bytes) \
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(self.tenant.as_str())
            .bind(call.as_str())
            .bind(seq)
            .bind(micros(at))
            .bind(vendor)
            .bind(role)
            .bind(name_of("purpose", &entry.purpose)?)
            .bind(json("fields", &entry.fields)?)
            .bind(i64::try_from(entry.bytes).unwrap_or(i64::MAX))
            .execute(&mut *self.db)
            .await
            .map_err(|e| StoreError::from(e).duplicate(Kind::Ledger).missing(Kind::Call))?;
        }
        sqlx::query(
            "INSERT INTO egress_ledger (tenant, call, entries, overflowed, kept_at) \
             VALUES (?, ?, ?, ?, ?)",
        )
        .bind(self.tenant.as_str())
        .bind(call.as_str())
        .bind(i64::try_from(ledger.entries().len()).unwrap_or(i64::MAX))
        .bind(i64::try_from(ledger.overflowed()).unwrap_or(i64::MAX))
        .bind(micros(self.now))
        .execute(&mut *self.db)
        .await
        .map_err(|e| StoreError::from(e).duplicate(Kind::Ledger).missing(Kind::Call))?;
        let mut events = Vec::new();
        for (recipient, total) in ledger.totals() {
            let mut event = Event::new(self.actor.clone(), Action::Egress);
            event.fields = total.fields;
            event.recipient = match recipient {
                Recipient::Vendor { id, .. } => Some(id.clone()),
                Recipient::FarEnd => None,
            };
            events.push(event);
        }
        if events.is_empty() {
            // That nothing was sent is said, too.
            events.push(Event::new(self.actor.clone(), Action::Egress));
        }
        for mut event in events {
            event.object = ObjectId::new(call.as_str()).ok();
            self.append(event).await?;
        }
        Ok(())
    }
}

fn key(row: &sqlx::sqlite::SqliteRow) -> Result<LedgerKey, StoreError> {
    let row = Reader::new(row, "egress");
    Ok(LedgerKey { at: row.time("at")?, call: row.parsed("call")?, seq: row.int("seq")? })
}

fn sent(row: &sqlx::sqlite::SqliteRow) -> Result<Sent, StoreError> {
    let row = Reader::new(row, "egress");
    let recipient = match row.opt_parsed::<VendorId>("vendor")? {
        Some(id) => Recipient::Vendor { id, role: row.named("role")? },
        None => Recipient::FarEnd,
    };
    Ok(Sent {
        request: row.parsed("request")?,
        call: row.parsed("call")?,
        at: row.time("at")?,
        recipient,
        purpose: row.named("purpose")?,
        fields: row.json("fields")?,
        bytes: row.number("bytes")?,
    })
}
