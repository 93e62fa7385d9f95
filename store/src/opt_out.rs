//! The register of opt-outs and the human-only list (rule C2; 47 CFR 64.1200(d)(6)).
//!
//! What was written down stands until somebody lifts it with a reason; both stay for good. This module does not hear an opt-out and does
//! not decide on calls, but for one thing: no intent to dial is written to a number that is on the register.

use std::collections::BTreeMap;

use callwright_compliance::audit::{Action, Actor};
use callwright_compliance::id::{ObjectId, RequestId, TenantId};
use callwright_compliance::opt_out::{OptOut, OptOutCovers, OptOutKind, OptOutMeans};
use callwright_compliance::{FieldSet, KeyedDigest, PhoneNumber, Purpose};
use jiff::Timestamp;

use crate::codec::{Reader, json, micros};
use crate::error::{Kind, StoreError};
use crate::id::CallId;
use crate::register_key::RegisterKey;
use crate::sealed::{Place, Sealed};
use crate::store::Store;
use crate::text::line;
use crate::tx::{Object, Tx};

/// What an opt-out is to cover.
#[derive(Clone, Copy, Debug)]
pub enum Covering<'a> {
    /// A number, whoever answers it.
    Number(&'a PhoneNumber),
    /// The patient of a request, at every number.
    PatientOf(&'a RequestId),
}

/// An opt-out that is to be written down.
#[derive(Clone, Debug)]
pub struct NewOptOut<'a> {
    /// A fresh id.
    pub id: ObjectId,
    /// What is refused.
    pub kind: OptOutKind,
    /// How it was said.
    pub means: OptOutMeans,
    /// What it covers.
    pub covers: Covering<'a>,
    /// When it was said.
    pub at: Timestamp,
    /// The call on which it was said, where it was on one. Not kept with an opt-out that covers a person: it would tie the person's digest
    /// to a request that may be erased.
    pub call: Option<&'a CallId>,
}

/// How an opt-out was lifted. The reason is a person's free text: [`Tx::read_lift_reasons`] reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifting {
    /// Who did it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// An opt-out with what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptOutEntry {
    /// The opt-out.
    pub opt_out: OptOut,
    /// The number, masked; `None` where it covers a person.
    pub number: Option<String>,
    /// How it was lifted; `None` while it stands.
    pub lifted: Option<Lifting>,
}

const STANDING: &str = "SELECT content FROM opt_out WHERE tenant = ?1 \
     AND (number = ?2 OR person = (SELECT person FROM request_person WHERE tenant = ?1 AND request = ?3)) \
     AND NOT EXISTS (SELECT 1 FROM opt_out_lift WHERE opt_out_lift.tenant = ?1 AND opt_out = opt_out.id) \
     ORDER BY at, id";

impl Store {
    /// The opt-outs that stand for a number, and for the patient of a request where the call would go to that patient.
    ///
    /// # Errors
    /// Those of the database: unreadable, no call is placed.
    pub async fn opt_outs_for(
        &self,
        tenant: &TenantId,
        number: &PhoneNumber,
        patient_of: Option<&RequestId>,
    ) -> Result<Vec<OptOut>, StoreError> {
        let Some(key) = self.register_key(tenant).await? else {
            return Ok(Vec::new());
        };
        sqlx::query(STANDING)
            .bind(tenant.as_str())
            .bind(key.number(number).as_bytes().to_vec())
            .bind(patient_of.map(RequestId::as_str))
            .fetch_all(self.readers())
            .await?
            .iter()
            .map(|row| Reader::new(row, "opt_out").json("content"))
            .collect()
    }

    /// The whole register, oldest first, with what was lifted.
    ///
    /// # Errors
    /// Those of the database; [`StoreError::Seal`] where a row was changed outside this program.
    pub async fn opt_outs(&self, tenant: &TenantId) -> Result<Vec<OptOutEntry>, StoreError> {
        let Some(key) = self.register_key(tenant).await? else {
            return Ok(Vec::new());
        };
        let rows = sqlx::query(
            "SELECT opt_out.id, content, number_sealed, lifted_by, opt_out_lift.at AS lifted_at \
             FROM opt_out LEFT JOIN opt_out_lift ON opt_out_lift.tenant = opt_out.tenant \
             AND opt_out = opt_out.id WHERE opt_out.tenant = ? ORDER BY opt_out.at, opt_out.id",
        )
        .bind(tenant.as_str())
        .fetch_all(self.readers())
        .await?;
        let entry = |row: &_| {
            let row = Reader::new(row, "opt_out");
            let id = row.text("id")?;
            let bad = StoreError::Stored { table: "opt_out", column: "number_sealed" };
            let number = row.opt_sealed("number_sealed")?;
            let number = number
                .map(|sealed| opened(&key, tenant, ("opt_out", "number"), &id, &sealed))
                .transpose()?;
            let number = number.map(|e164| PhoneNumber::parse_e164(&e164).map_err(|_| bad));
            let lifted = match row.opt_time("lifted_at")? {
                Some(at) => Some(Lifting { by: row.json("lifted_by")?, at }),
                None => None,
            };
            let number = number.transpose()?.map(|number| number.to_string());
            Ok(OptOutEntry { opt_out: row.json("content")?, number, lifted })
        };
        rows.iter().map(entry).collect()
    }
}

/// What a column of these tables says.
fn opened(
    key: &RegisterKey,
    tenant: &TenantId,
    (table, column): (&'static str, &'static str),
    row: &str,
    sealed: &Sealed,
) -> Result<String, StoreError> {
    let plain = key.open(Place { tenant: tenant.as_str(), table, row, column }, sealed, column)?;
    let text = std::str::from_utf8(&plain);
    text.map(str::to_owned).map_err(|_| StoreError::Stored { table, column })
}

impl Tx {
    /// Why opt-outs were lifted, by the opt-out's id. Somebody wrote these texts freely and may have named a patient, so reading them is an
    /// entry of the audit.
    ///
    /// # Errors
    /// [`StoreError::Seal`] where a row was changed outside this program.
    pub async fn read_lift_reasons(
        &mut self,
        purpose: Purpose,
    ) -> Result<BTreeMap<ObjectId, String>, StoreError> {
        self.enter()?;
        let mut reasons = BTreeMap::new();
        if let Some(key) = self.find_register_key().await? {
            let rows = sqlx::query("SELECT opt_out, reason FROM opt_out_lift WHERE tenant = ?")
                .bind(self.tenant.as_str())
                .fetch_all(&mut *self.db)
                .await?;
            for row in &rows {
                let row = Reader::new(row, "opt_out_lift");
                let (id, sealed) = (row.parsed::<ObjectId>("opt_out")?, row.sealed("reason")?);
                let column = ("opt_out_lift", "reason");
                let reason = opened(&key, &self.tenant, column, id.as_str(), &sealed)?;
                reasons.insert(id, reason);
            }
        }
        let object = Object::tenant(&self.tenant);
        self.leave_with(Action::PhiRead, object, FieldSet::EMPTY, Some(purpose)).await?;
        Ok(reasons)
    }

    /// Writes down an opt-out. It stands from the commit on.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a time to come; [`StoreError::NotFound`] for the request; [`StoreError::Erased`] where it no longer
    /// says who its patient was.
    pub async fn record_opt_out(&mut self, new: &NewOptOut<'_>) -> Result<(), StoreError> {
        self.enter()?;
        if new.at > self.now {
            return Err(StoreError::Invalid { field: "at", needs: "a time that has passed" });
        }
        let key = self.register_key().await?;
        let (covers, number, person) = match new.covers {
            Covering::Number(number) => (OptOutCovers::Number, Some(number), None),
            Covering::PatientOf(request) => {
                self.state_of(request).await?;
                let person = self.person_of(request).await?.ok_or(StoreError::Erased)?;
                (OptOutCovers::Person, None, Some(person))
            }
        };
        let place = Place {
            tenant: self.tenant.as_str(),
            table: "opt_out",
            row: new.id.as_str(),
            column: "number",
        };
        let sealed = number.map(|number| key.seal(place, number.e164().as_bytes())).transpose()?;
        let opt_out = OptOut {
            id: new.id.clone(),
            kind: new.kind,
            means: new.means,
            covers,
            at: new.at,
            recorded_by: self.actor.clone(),
            call: match covers {
                OptOutCovers::Number => new.call.and_then(|call| ObjectId::new(call.as_str()).ok()),
                OptOutCovers::Person => None,
            },
        };
        sqlx::query(
            "INSERT INTO opt_out (tenant, id, kind, number, number_sealed, person, content, at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(self.tenant.as_str())
        .bind(new.id.as_str())
        .bind(new.kind.name())
        .bind(number.map(|number| key.number(number).as_bytes().to_vec()))
        .bind(sealed.map(|sealed| sealed.as_bytes().to_vec()))
        .bind(person.map(|person| person.as_bytes().to_vec()))
        .bind(json("opt-out", &opt_out)?)
        .bind(micros(new.at))
        .execute(&mut *self.db)
        .await?;
        self.leave(Action::OptOutRecorded, Object::id(new.id.as_str())).await
    }

    /// Lifts an opt-out. A person must, with a reason; both stay in the register.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is none that stands; [`StoreError::Invalid`] for the reason, or where a program would do it.
    pub async fn lift_opt_out(&mut self, id: &ObjectId, reason: &str) -> Result<(), StoreError> {
        self.enter()?;
        match &self.actor {
            Actor::Person(_) => {}
            Actor::Node(_) | Actor::Key(_) | Actor::FarEnd => {
                let needs = "a person of the practice: no program lifts an opt-out";
                return Err(StoreError::Invalid { field: "actor", needs });
            }
        }
        let reason = line("reason", reason)?;
        let stands: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM opt_out WHERE tenant = ?1 AND id = ?2 AND NOT EXISTS \
             (SELECT 1 FROM opt_out_lift WHERE tenant = ?1 AND opt_out = ?2)",
        )
        .bind(self.tenant.as_str())
        .bind(id.as_str())
        .fetch_optional(&mut *self.db)
        .await?;
        stands.ok_or(StoreError::NotFound(Kind::OptOut))?;
        let key = self.register_key().await?;
        let place = Place {
            tenant: self.tenant.as_str(),
            table: "opt_out_lift",
            row: id.as_str(),
            column: "reason",
        };
        let reason = key.seal(place, reason.as_bytes())?;
        sqlx::query(
            "INSERT INTO opt_out_lift (tenant, opt_out, lifted_by, at, reason) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(self.tenant.as_str())
        .bind(id.as_str())
        .bind(json("actor", &self.actor)?)
        .bind(micros(self.now))
        .bind(reason.as_bytes().to_vec())
        .execute(&mut *self.db)
        .await?;
        self.leave(Action::OptOutLifted, Object::id(id.as_str())).await
    }

    /// Whether the number may be dialled as far as this register goes: asked once more in the transaction that writes the intent.
    pub(crate) async fn not_opted_out(&mut self, number: &PhoneNumber) -> Result<(), StoreError> {
        let Some(key) = self.find_register_key().await? else {
            return Ok(());
        };
        let standing = sqlx::query(STANDING)
            .bind(self.tenant.as_str())
            .bind(key.number(number).as_bytes().to_vec())
            .bind(None::<&str>)
            .fetch_optional(&mut *self.db)
            .await?;
        if standing.is_some() { Err(StoreError::OptedOut) } else { Ok(()) }
    }

    /// The patient of a request, as the registers know them; `None` once it was erased.
    pub(crate) async fn person_of(
        &mut self,
        request: &RequestId,
    ) -> Result<Option<KeyedDigest>, StoreError> {
        let row = sqlx::query("SELECT person FROM request_person WHERE tenant = ? AND request = ?")
            .bind(self.tenant.as_str())
            .bind(request.as_str())
            .fetch_optional(&mut *self.db)
            .await?;
        let person = row.map(|row| Reader::new(&row, "request_person").digest("person"));
        Ok(person.transpose()?.map(KeyedDigest::from_bytes))
    }
}
