//! Calls as they are kept: the intent, what the carrier said, how it ended.
//!
//! Creating a call at a carrier has no idempotency key. So the intent is written first, and a call whose intent is missing, stale or
//! ended is not to be answered: [`DialIntent::may_be_answered`]. This module reads; the steps of a call are `dialling.rs`'s.

use callwright_compliance::id::{DecisionId, RequestId, TenantId};
use callwright_compliance::number::PhoneNumber;
use jiff::Timestamp;

use crate::codec::Reader;
use crate::error::{Kind, StoreError};
use crate::id::CallId;
use crate::store::Store;
use crate::text::Code;

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
