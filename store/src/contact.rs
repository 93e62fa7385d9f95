//! What is known of a patient's number: each check as a note, of which the last of each kind holds (rules C1, C3, H1).
//!
//! No such number is dialled yet: class C is refused. This module makes no check and judges none.

use callwright_compliance::PhoneNumber;
use callwright_compliance::audit::Action;
use callwright_compliance::contact::{
    CallsMade, Contact, NationalDnc, Preference, Reassigned, Residence,
};
use callwright_compliance::id::{ObjectId, RequestId, TenantId};
use jiff::{SignedDuration, Timestamp};

use crate::codec::{Reader, json, micros};
use crate::error::StoreError;
use crate::id::RandomId;
use crate::store::Store;
use crate::tx::{Object, Tx};

/// One thing that was looked up or asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContactNote {
    /// The national do-not-call registry.
    National(NationalDnc),
    /// The reassigned numbers database.
    Reassigned(Reassigned),
    /// Confidential communications.
    Preference(ContactPreference),
    /// Where the patient lives.
    Residence(Residence),
}

/// What the patient asked for (45 CFR 164.522(b)), with the number itself; it is kept as its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContactPreference {
    /// Nothing.
    NoneStated,
    /// To be called at this number only.
    OnlyNumber(PhoneNumber),
    /// Not to be telephoned.
    NoCalls,
}

impl Store {
    /// What is known of a number and of the patient of a request: the last note of each kind, every consent, and the calls made to the
    /// number or the patient. `None` where nothing was ever written down about the number.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn contact(
        &self,
        tenant: &TenantId,
        number: &PhoneNumber,
        patient_of: &RequestId,
        now: Timestamp,
    ) -> Result<Option<Contact>, StoreError> {
        let Some(key) = self.register_key(tenant).await? else {
            return Ok(None);
        };
        let digest = key.number(number);
        let consents = self.consents_of(tenant, &digest).await?;
        let rows = sqlx::query(
            "SELECT kind, content FROM contact_note WHERE tenant = ? AND number = ? \
             ORDER BY recorded_at, rowid",
        )
        .bind(tenant.as_str())
        .bind(digest.as_bytes().to_vec())
        .fetch_all(self.readers())
        .await?;
        if rows.is_empty() && consents.events().is_empty() {
            return Ok(None);
        }
        let mut contact = Contact {
            number: number.clone(),
            digest,
            consents,
            national: NationalDnc::NotChecked,
            reassigned: Reassigned::NotChecked,
            preference: Preference::NotRecorded,
            residence: Residence::default(),
            calls: self.calls_made(tenant, number, patient_of, now).await?,
        };
        for row in &rows {
            let row = Reader::new(row, "contact_note");
            match row.text("kind")?.as_str() {
                "national" => contact.national = row.json("content")?,
                "reassigned" => contact.reassigned = row.json("content")?,
                "preference" => contact.preference = row.json("content")?,
                "residence" => contact.residence = row.json("content")?,
                _ => return Err(StoreError::Stored { table: "contact_note", column: "kind" }),
            }
        }
        Ok(Some(contact))
    }

    async fn calls_made(
        &self,
        tenant: &TenantId,
        number: &PhoneNumber,
        patient_of: &RequestId,
        now: Timestamp,
    ) -> Result<CallsMade, StoreError> {
        let before = |hours: i64| {
            let ago = SignedDuration::from_hours(hours);
            now.checked_sub(ago).map_or(i64::MIN, micros)
        };
        let row = sqlx::query(
            "SELECT count(*) FILTER (WHERE intent_at > ?4) AS day, count(*) AS week FROM call \
             JOIN request ON request.tenant = call.tenant AND request.id = call.request \
             WHERE call.tenant = ?1 AND class = 'patient' AND intent_at > ?5 \
             AND (number = ?2 OR call.request IN (SELECT request FROM request_person \
             WHERE tenant = ?1 AND person = \
             (SELECT person FROM request_person WHERE tenant = ?1 AND request = ?3)))",
        )
        .bind(tenant.as_str())
        .bind(number.e164())
        .bind(patient_of.as_str())
        .bind(before(24))
        .bind(before(7 * 24))
        .fetch_one(self.readers())
        .await?;
        let row = Reader::new(&row, "call");
        Ok(CallsMade { day: row.number("day")?, week: row.number("week")? })
    }
}

impl Tx {
    /// Writes down what was found about a number. It replaces nothing: the last of its kind holds.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn note_contact(
        &mut self,
        number: &PhoneNumber,
        note: &ContactNote,
    ) -> Result<(), StoreError> {
        self.enter()?;
        let key = self.register_key().await?;
        let (kind, content) = match note {
            ContactNote::National(found) => ("national", json("note", found)?),
            ContactNote::Reassigned(found) => ("reassigned", json("note", found)?),
            ContactNote::Preference(asked) => {
                let kept = match asked {
                    ContactPreference::NoneStated => Preference::NoneStated,
                    ContactPreference::OnlyNumber(only) => Preference::OnlyNumber(key.number(only)),
                    ContactPreference::NoCalls => Preference::NoCalls,
                };
                ("preference", json("note", &kept)?)
            }
            ContactNote::Residence(place) => ("residence", json("note", place)?),
        };
        let id = ObjectId::random()?;
        sqlx::query(
            "INSERT INTO contact_note (tenant, id, number, kind, content, recorded_at) \
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(self.tenant.as_str())
        .bind(id.as_str())
        .bind(key.number(number).as_bytes().to_vec())
        .bind(kind)
        .bind(content)
        .bind(micros(self.now))
        .execute(&mut *self.db)
        .await?;
        self.leave(Action::ContactNoted, Object::id(id.as_str())).await
    }
}
