//! Proofs that a number of class test is one's own (rule N3): what the carrier was asked, and what it said.
//!
//! Every asking stays; the entry carries the latest proof. This module asks no carrier and judges no proof.

use callwright_compliance::CallClass;
use callwright_compliance::allowlist::{AllowlistEntry, NumberProof};
use callwright_compliance::audit::{Action, Actor};
use callwright_compliance::decide::Verdict;
use callwright_compliance::id::{DecisionId, ObjectId, PersonId, TenantId, VendorId};
use jiff::{SignedDuration, Timestamp};

use crate::allowlist::entry;
use crate::codec::{Reader, json, micros, name_of};
use crate::error::{Kind, StoreError};
use crate::store::Store;
use crate::tx::{Object, Tx};

/// How old a decision may be when the carrier is asked under it.
const LEAVE_LASTS: SignedDuration = SignedDuration::from_secs(30);

/// That the carrier was asked to prove an entry's number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofAsked {
    /// The decision that let it be asked.
    pub decision: DecisionId,
    /// Which carrier.
    pub carrier: VendorId,
    /// By whom.
    pub asked_by: PersonId,
    /// When.
    pub asked_at: Timestamp,
}

impl Store {
    /// A live entry of the allowlist.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also for another tenant's.
    pub async fn allowlist_entry(
        &self,
        tenant: &TenantId,
        id: &ObjectId,
    ) -> Result<AllowlistEntry, StoreError> {
        sqlx::query(LIVE_ENTRY)
            .bind(tenant.as_str())
            .bind(id.as_str())
            .fetch_optional(self.readers())
            .await?
            .as_ref()
            .map(entry)
            .transpose()?
            .ok_or(StoreError::NotFound(Kind::AllowlistEntry))
    }

    /// The latest asking for the proof of an entry's number, where its code was not seen to be keyed yet.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn proof_asked(
        &self,
        tenant: &TenantId,
        id: &ObjectId,
    ) -> Result<Option<ProofAsked>, StoreError> {
        let row = sqlx::query(LATEST_ASKING)
            .bind(tenant.as_str())
            .bind(id.as_str())
            .fetch_optional(self.readers())
            .await?;
        row.as_ref().map(asked).transpose().map(Option::flatten)
    }
}

const LIVE_ENTRY: &str = "SELECT number, content FROM allowlist \
    WHERE tenant = ? AND id = ? AND removed_at IS NULL";
const LATEST_ASKING: &str = "SELECT decision, carrier, asked_by, asked_at, keyed_at \
    FROM number_proof WHERE tenant = ? AND entry = ? ORDER BY asked_at DESC, decision LIMIT 1";

fn asked(row: &sqlx::sqlite::SqliteRow) -> Result<Option<ProofAsked>, StoreError> {
    let row = Reader::new(row, "number_proof");
    if row.opt_time("keyed_at")?.is_some() {
        return Ok(None);
    }
    Ok(Some(ProofAsked {
        decision: row.decision("decision")?,
        carrier: row.parsed("carrier")?,
        asked_by: row.parsed("asked_by")?,
        asked_at: row.time("asked_at")?,
    }))
}

impl Tx {
    /// Writes down that the carrier is about to be asked to prove an entry's number. The actor is who asks. The decision must be about this
    /// entry, whose id stands for its request, and of the last 30 seconds.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for the entry, or for a decision that does not let this be asked; [`StoreError::Invalid`] where the entry
    /// is not for tests or the actor is no person; [`StoreError::Duplicate`] where the decision was spent.
    pub async fn ask_for_proof(
        &mut self,
        id: &ObjectId,
        decision: DecisionId,
        carrier: &VendorId,
    ) -> Result<(), StoreError> {
        self.enter()?;
        let entry = self.entry_to_prove(id).await?;
        let Actor::Person(asked_by) = self.actor.clone() else {
            return Err(StoreError::Invalid { field: "asked_by", needs: "a person" });
        };
        let leave: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM decision WHERE tenant = ? AND id = ? AND verdict = ? AND request = ? \
             AND at BETWEEN ? AND ?",
        )
        .bind(self.tenant.as_str())
        .bind(decision.to_string())
        .bind(name_of("verdict", &Verdict::MayProve)?)
        .bind(entry.id.as_str())
        .bind(micros(self.now.checked_sub(LEAVE_LASTS).unwrap_or(self.now)))
        .bind(micros(self.now))
        .fetch_optional(&mut *self.db)
        .await?;
        leave.ok_or(StoreError::NotFound(Kind::Decision))?;
        sqlx::query(
            "INSERT INTO number_proof (tenant, decision, entry, carrier, asked_by, asked_at) \
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(self.tenant.as_str())
        .bind(decision.to_string())
        .bind(entry.id.as_str())
        .bind(carrier.as_str())
        .bind(asked_by.as_str())
        .bind(micros(self.now))
        .execute(&mut *self.db)
        .await
        .map_err(|error| StoreError::from(error).duplicate(Kind::Decision))?;
        self.leave(Action::AllowlistProofAsked, Object::id(id.as_str()).under(decision)).await
    }

    /// Writes down that the code was keyed, by the carrier's record, and gives the entry its proof.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for the entry; [`StoreError::Invalid`] where the carrier was not asked, or its answer is written down.
    pub async fn prove_number(
        &mut self,
        id: &ObjectId,
        reference: &ObjectId,
        keyed_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.enter()?;
        let mut entry = self.entry_to_prove(id).await?;
        let row = sqlx::query(LATEST_ASKING)
            .bind(self.tenant.as_str())
            .bind(id.as_str())
            .fetch_optional(&mut *self.db)
            .await?;
        let asked = row.as_ref().map(asked).transpose()?.flatten().ok_or(StoreError::Invalid {
            field: "proof",
            needs: "to be asked for first: the carrier rings the number then",
        })?;
        sqlx::query(
            "UPDATE number_proof SET reference = ?, keyed_at = ? WHERE tenant = ? AND decision = ?",
        )
        .bind(reference.as_str())
        .bind(micros(keyed_at))
        .bind(self.tenant.as_str())
        .bind(asked.decision.to_string())
        .execute(&mut *self.db)
        .await?;
        entry.proof = Some(NumberProof {
            carrier: asked.carrier,
            reference: reference.clone(),
            decision: asked.decision,
            asked_by: asked.asked_by,
            asked_at: asked.asked_at,
            keyed_at,
        });
        sqlx::query("UPDATE allowlist SET content = ? WHERE tenant = ? AND id = ?")
            .bind(json("allowlist entry", &entry)?)
            .bind(self.tenant.as_str())
            .bind(id.as_str())
            .execute(&mut *self.db)
            .await?;
        let object = Object::id(id.as_str()).under(asked.decision);
        self.leave(Action::AllowlistProven, object).await
    }

    async fn entry_to_prove(&mut self, id: &ObjectId) -> Result<AllowlistEntry, StoreError> {
        let row = sqlx::query(LIVE_ENTRY)
            .bind(self.tenant.as_str())
            .bind(id.as_str())
            .fetch_optional(&mut *self.db)
            .await?
            .ok_or(StoreError::NotFound(Kind::AllowlistEntry))?;
        let entry = entry(&row)?;
        if entry.class == CallClass::Test {
            Ok(entry)
        } else {
            Err(StoreError::Invalid { field: "allowlist entry", needs: "one of class test" })
        }
    }
}
