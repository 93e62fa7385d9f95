//! Results: one value a field, sealed, with who said it and where to hear it.
//!
//! What a field means and how a value is written is the question set's matter. This module keeps the last value accepted for a field;
//! a retry's calls add to what earlier ones won.

use callwright_compliance::audit::Action;
use callwright_compliance::egress::{Field, FieldSet};
use callwright_compliance::id::{RequestId, TenantId};
use callwright_compliance::phi::{PhiString, Purpose};

use crate::codec::{Reader, micros};
use crate::error::{Kind, StoreError};
use crate::id::CallId;
use crate::patient::{open_text, seal_text};
use crate::queue::Lease;
use crate::sealed::Place;
use crate::store::Store;
use crate::text::Code;
use crate::tx::{Access, Object, Tx};

/// Where a value was heard, and how sure of it understanding is.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The field, by its name in the question set.
    pub field: Code,
    /// The call in which it was heard.
    pub call: CallId,
    /// From 0 (not at all) to 1 (wholly).
    pub confidence: f64,
    /// The utterance, numbered from 1 in the call; 0 where there is none.
    pub utterance: u32,
    /// Where it begins in the call's audio, in milliseconds.
    pub from_ms: u64,
    /// Where it ends, in milliseconds.
    pub to_ms: u64,
    /// Whether it was read back and confirmed.
    pub read_back: bool,
    /// Whether there is a recording of it; none is kept where the representative objected.
    pub evidenced: bool,
}

/// A field of a result with its value. No `Debug`: the value is a [`PhiString`].
pub struct ResultField {
    /// The value in its canonical form; `None` where the representative had none to give, or would not.
    pub value: Option<PhiString>,
    /// Where it comes from.
    pub evidence: Evidence,
}

fn place<'a>(tenant: &'a TenantId, request: &'a RequestId, field: &'a Code) -> Place<'a> {
    Place {
        tenant: tenant.as_str(),
        table: "result",
        row: request.as_str(),
        column: field.as_str(),
    }
}

impl Store {
    /// The fields won so far and their evidence, by name, without a value.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn evidence(
        &self,
        tenant: &TenantId,
        request: &RequestId,
    ) -> Result<Vec<Evidence>, StoreError> {
        sqlx::query("SELECT * FROM result WHERE tenant = ? AND request = ? ORDER BY field")
            .bind(tenant.as_str())
            .bind(request.as_str())
            .fetch_all(self.readers())
            .await?
            .iter()
            .map(|row| evidence(&Reader::new(row, "result")))
            .collect()
    }

    /// The whole result, by field name. It is handed out only once the audit row is kept.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Erased`], [`StoreError::Seal`].
    pub async fn results(
        &self,
        tenant: &TenantId,
        request: &RequestId,
        access: Access<'_>,
    ) -> Result<Vec<ResultField>, StoreError> {
        let mut tx = self.begin(tenant, access.actor, access.now).await?;
        tx.enter()?;
        let key = tx.data_key(request).await?;
        let rows =
            sqlx::query("SELECT * FROM result WHERE tenant = ? AND request = ? ORDER BY field")
                .bind(tenant.as_str())
                .bind(request.as_str())
                .fetch_all(&mut *tx.db)
                .await?;
        let mut fields = Vec::with_capacity(rows.len());
        for row in &rows {
            let row = Reader::new(row, "result");
            let evidence = evidence(&row)?;
            let value = row
                .opt_sealed("value")?
                .map(|sealed| {
                    open_text(&key, place(tenant, request, &evidence.field), &sealed, "value")
                })
                .transpose()?;
            fields.push(ResultField { value, evidence });
        }
        let read = FieldSet::of(&[Field::ResultFields]);
        tx.leave_with(Action::PhiRead, Object::request(request), read, Some(access.purpose))
            .await?;
        tx.commit().await?;
        Ok(fields)
    }
}

impl Tx {
    /// Keeps a field's value and its evidence, in place of what was kept for it before.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`]; [`StoreError::NotFound`] where the call is not one of this request; [`StoreError::Invalid`] for a
    /// confidence outside 0 to 1, or a span that ends before it begins.
    pub async fn put_result(&mut self, lease: &Lease, new: &ResultField) -> Result<(), StoreError> {
        self.enter()?;
        self.under(lease).await?;
        let from = &new.evidence;
        if !(0.0..=1.0).contains(&from.confidence) {
            return Err(StoreError::Invalid { field: "confidence", needs: "a number from 0 to 1" });
        }
        let long =
            StoreError::Invalid { field: "span", needs: "an end that is not before its begin" };
        let (Ok(from_ms), Ok(to_ms)) = (i64::try_from(from.from_ms), i64::try_from(from.to_ms))
        else {
            return Err(long);
        };
        if to_ms < from_ms {
            return Err(long);
        }
        let of_request: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM call WHERE tenant = ? AND id = ? AND request = ?")
                .bind(self.tenant.as_str())
                .bind(from.call.as_str())
                .bind(lease.request().as_str())
                .fetch_optional(&mut *self.db)
                .await?;
        of_request.ok_or(StoreError::NotFound(Kind::Call))?;
        let key = self.data_key(lease.request()).await?;
        let place = place(&self.tenant, lease.request(), &from.field);
        let value = new.value.as_ref().map(|value| seal_text(&key, place, value)).transpose()?;
        sqlx::query(
            "INSERT OR REPLACE INTO result (tenant, request, field, call, value, confidence, \
             utterance, from_ms, to_ms, read_back, evidenced, at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(self.tenant.as_str())
        .bind(lease.request().as_str())
        .bind(from.field.as_str())
        .bind(from.call.as_str())
        .bind(value)
        .bind(from.confidence)
        .bind(i64::from(from.utterance))
        .bind(from_ms)
        .bind(to_ms)
        .bind(from.read_back)
        .bind(from.evidenced)
        .bind(micros(self.now))
        .execute(&mut *self.db)
        .await?;
        let fields = FieldSet::of(&[Field::ResultFields]);
        let object = Object::request(lease.request());
        self.leave_with(Action::ResultStored, object, fields, Some(Purpose::Seal)).await
    }
}

fn evidence(row: &Reader<'_>) -> Result<Evidence, StoreError> {
    Ok(Evidence {
        field: row.parsed("field")?,
        call: row.parsed("call")?,
        confidence: row.real("confidence")?,
        utterance: row.number("utterance")?,
        from_ms: row.number("from_ms")?,
        to_ms: row.number("to_ms")?,
        read_back: row.flag("read_back")?,
        evidenced: row.flag("evidenced")?,
    })
}
