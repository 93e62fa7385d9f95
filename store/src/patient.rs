//! The patient of a request: six values, each sealed in its own column, read only with an audit row.
//!
//! This module does not keep keys and does not know what the values are used for.

use callwright_compliance::audit::Action;
use callwright_compliance::egress::{Field, FieldSet};
use callwright_compliance::id::{RequestId, TenantId};
use callwright_compliance::phi::{Phi, PhiString, Purpose};
use zeroize::Zeroize;

use crate::codec::Reader;
use crate::error::{Kind, StoreError};
use crate::sealed::{Place, SealKey, Sealed};
use crate::store::Store;
use crate::tx::{Access, Object, Tx};

/// Longest patient value, in bytes: no name, id or date is longer, and a whole document is refused.
pub const PATIENT_VALUE_BYTES_MAX: usize = 400;

/// Who a request is about. No `Debug`: each value is a [`Phi`].
pub struct Patient {
    /// Full name.
    pub name: PhiString,
    /// Date of birth, as `YYYY-MM-DD`.
    pub date_of_birth: PhiString,
    /// Member or subscriber id.
    pub member_id: PhiString,
    /// Group number of the plan.
    pub group_number: Option<PhiString>,
    /// How the patient is related to the subscriber.
    pub relationship: PhiString,
    /// The date of service asked about, as `YYYY-MM-DD`.
    pub date_of_service: Option<PhiString>,
}

/// The columns of a patient, sealed.
pub(crate) struct SealedPatient {
    pub(crate) name: Vec<u8>,
    pub(crate) date_of_birth: Vec<u8>,
    pub(crate) member_id: Vec<u8>,
    pub(crate) group_number: Option<Vec<u8>>,
    pub(crate) relationship: Vec<u8>,
    pub(crate) date_of_service: Option<Vec<u8>>,
}

/// The bytes of one sealed text.
pub(crate) fn seal_text(
    key: &SealKey,
    place: Place<'_>,
    text: &PhiString,
) -> Result<Vec<u8>, StoreError> {
    let text = text.expose(Purpose::Seal);
    if text.is_empty() || text.len() > PATIENT_VALUE_BYTES_MAX {
        return Err(StoreError::Invalid {
            field: "patient value",
            needs: "1 to 400 bytes of text",
        });
    }
    Ok(key.seal(place, text.as_bytes())?.as_bytes().to_vec())
}

/// The text back.
pub(crate) fn open_text(
    key: &SealKey,
    place: Place<'_>,
    sealed: &Sealed,
    column: &'static str,
) -> Result<PhiString, StoreError> {
    let broken = StoreError::Seal { table: place.table, column };
    let mut plain = key.open(place, sealed).ok_or(broken.clone())?;
    match String::from_utf8(std::mem::take(&mut *plain)) {
        Ok(text) => Ok(Phi::new(text)),
        Err(error) => {
            error.into_bytes().zeroize();
            Err(broken)
        }
    }
}

impl Patient {
    pub(crate) fn seal(
        &self,
        key: &SealKey,
        tenant: &TenantId,
        request: &RequestId,
    ) -> Result<SealedPatient, StoreError> {
        let seal = |column: &'static str, text: &PhiString| {
            let place =
                Place { tenant: tenant.as_str(), table: "request", row: request.as_str(), column };
            seal_text(key, place, text)
        };
        let maybe = |column: &'static str, text: &Option<PhiString>| {
            text.as_ref().map(|text| seal(column, text)).transpose()
        };
        Ok(SealedPatient {
            name: seal("patient_name", &self.name)?,
            date_of_birth: seal("patient_dob", &self.date_of_birth)?,
            member_id: seal("member_id", &self.member_id)?,
            group_number: maybe("group_number", &self.group_number)?,
            relationship: seal("relationship", &self.relationship)?,
            date_of_service: maybe("date_of_service", &self.date_of_service)?,
        })
    }

    fn open(
        row: &Reader<'_>,
        key: &SealKey,
        tenant: &TenantId,
        request: &RequestId,
    ) -> Result<Patient, StoreError> {
        let place = |column: &'static str| Place {
            tenant: tenant.as_str(),
            table: "request",
            row: request.as_str(),
            column,
        };
        let open =
            |column: &'static str| open_text(key, place(column), &row.sealed(column)?, column);
        let maybe = |column: &'static str| {
            row.opt_sealed(column)?
                .map(|sealed| open_text(key, place(column), &sealed, column))
                .transpose()
        };
        Ok(Patient {
            name: open("patient_name")?,
            date_of_birth: open("patient_dob")?,
            member_id: open("member_id")?,
            group_number: maybe("group_number")?,
            relationship: open("relationship")?,
            date_of_service: maybe("date_of_service")?,
        })
    }

    fn fields(&self) -> FieldSet {
        let mut fields = FieldSet::of(&[
            Field::PatientName,
            Field::PatientDateOfBirth,
            Field::MemberId,
            Field::Relationship,
        ]);
        if self.group_number.is_some() {
            fields = fields.union(FieldSet::of(&[Field::GroupNumber]));
        }
        if self.date_of_service.is_some() {
            fields = fields.union(FieldSet::of(&[Field::DateOfService]));
        }
        fields
    }
}

impl Store {
    /// Reads who a request is about. The values are handed out only once the audit row that names them is kept.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Erased`], or [`StoreError::Seal`] where a stored value was tampered with.
    pub async fn patient(
        &self,
        tenant: &TenantId,
        id: &RequestId,
        access: Access<'_>,
    ) -> Result<Patient, StoreError> {
        let mut tx = self.begin(tenant, access.actor, access.now).await?;
        let patient = tx.read_patient(id, access.purpose).await?;
        tx.commit().await?;
        Ok(patient)
    }
}

impl Tx {
    pub(crate) async fn read_patient(
        &mut self,
        id: &RequestId,
        purpose: Purpose,
    ) -> Result<Patient, StoreError> {
        self.enter()?;
        let key = self.data_key(id).await?;
        let row = sqlx::query(
            "SELECT patient_name, patient_dob, member_id, group_number, relationship, \
             date_of_service FROM request WHERE tenant = ? AND id = ?",
        )
        .bind(self.tenant.as_str())
        .bind(id.as_str())
        .fetch_optional(&mut *self.db)
        .await?
        .ok_or(StoreError::NotFound(Kind::Request))?;
        let patient = Patient::open(&Reader::new(&row, "request"), &key, &self.tenant, id)?;
        let fields = patient.fields();
        self.leave_with(Action::PhiRead, Object::request(id), fields, Some(purpose)).await?;
        Ok(patient)
    }
}
