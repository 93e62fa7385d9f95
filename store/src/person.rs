//! Finding the requests about one person, by keyed digests of exact identifiers: no patient value is in the index.
//!
//! The digest is HMAC-SHA-256 (FIPS 198-1) under a key of the tenant's that its tenant key wraps. Name and date of birth together are one
//! digest, the member id is another: a member id alone is a whole family's. A digest is still derived from who somebody is
//! (45 CFR 164.514(c)), so it goes when the request is erased. Letters' case, spaces and punctuation do not count; nothing else is
//! guessed, and nobody is found by a similar name.

use callwright_compliance::audit::{Action, Entry};
use callwright_compliance::egress::{Field, FieldSet};
use callwright_compliance::id::{ObjectId, RequestId, TenantId};
use callwright_compliance::phi::{PhiString, Purpose};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::codec::Reader;
use crate::error::StoreError;
use crate::patient::Patient;
use crate::sealed::{Place, SealKey};
use crate::store::Store;
use crate::tx::{Access, Object, Tx};

/// The key of an index is never changed in place: another one would mean another index.
const INDEX_KEY_VERSION: u32 = 1;

/// Who is looked for. No `Debug`: each value is protected.
pub struct Person {
    /// The full name.
    pub name: PhiString,
    /// The date of birth, as `YYYY-MM-DD`.
    pub date_of_birth: PhiString,
    /// The member id: narrows the search to requests with it.
    pub member_id: Option<PhiString>,
}

impl Person {
    /// The person a request is about, whatever their member id was.
    fn of(patient: &Patient) -> Person {
        Person {
            name: patient.name.duplicate(Purpose::Compare),
            date_of_birth: patient.date_of_birth.duplicate(Purpose::Compare),
            member_id: None,
        }
    }

    fn fields(&self) -> FieldSet {
        let fields = FieldSet::of(&[Field::PatientName, Field::PatientDateOfBirth]);
        if self.member_id.is_some() { fields.union(Field::MemberId.into()) } else { fields }
    }
}

/// What a digest is of.
#[derive(Clone, Copy)]
enum Indexed {
    NameAndBirth,
    MemberId,
}

impl Indexed {
    const fn name(self) -> &'static str {
        match self {
            Indexed::NameAndBirth => "name_and_birth",
            Indexed::MemberId => "member_id",
        }
    }
}

/// Lower-case words of letters and digits with one space between them: **the one** form in which people are compared, here and in the
/// registers. What has no letters or digits gives nothing.
pub(crate) fn plain(text: &PhiString) -> Zeroizing<String> {
    // As long as the text may become, so that growing leaves no copy behind.
    let text = text.expose(Purpose::Compare);
    let mut plain = Zeroizing::new(String::with_capacity(text.len() * 2));
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if !plain.is_empty() {
            plain.push(' ');
        }
        plain.extend(word.chars().flat_map(char::to_lowercase));
    }
    plain
}

/// Each part with its length before it, under the kind's name.
fn digest(key: &SealKey, kind: Indexed, parts: &[&PhiString]) -> Result<[u8; 32], StoreError> {
    let broken = StoreError::Seal { table: "index_key", column: "wrapped" };
    let mut mac = Hmac::<Sha256>::new_from_slice(key.bytes()).map_err(|_| broken)?;
    mac.update(b"callwright person index v1\0");
    mac.update(kind.name().as_bytes());
    for part in parts {
        let plain = plain(part);
        if plain.is_empty() {
            return Err(StoreError::Invalid { field: "identifier", needs: "letters or digits" });
        }
        mac.update(&(plain.len() as u64).to_be_bytes());
        mac.update(plain.as_bytes());
    }
    Ok(mac.finalize().into_bytes().into())
}

/// A request's patient in the index, part by part.
fn digests(key: &SealKey, patient: &Patient) -> [Result<(Indexed, [u8; 32]), StoreError>; 2] {
    let whole = [&patient.name, &patient.date_of_birth];
    [(Indexed::NameAndBirth, &whole[..]), (Indexed::MemberId, &[&patient.member_id][..])]
        .map(|(kind, parts)| digest(key, kind, parts).map(|digest| (kind, digest)))
}

fn index_place(tenant: &TenantId) -> Place<'_> {
    Place { tenant: tenant.as_str(), table: "index_key", row: tenant.as_str(), column: "wrapped" }
}

impl Store {
    /// The requests about a person that have not been erased, oldest first. Looking is audited, without who was looked for.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for an identifier without letters or digits.
    pub async fn find_person(
        &self,
        tenant: &TenantId,
        person: &Person,
        access: Access<'_>,
    ) -> Result<Vec<RequestId>, StoreError> {
        let mut tx = self.begin(tenant, access.actor, access.now).await?;
        let found = tx.find_person(person, access.purpose).await?;
        tx.commit().await?;
        Ok(found)
    }

    /// The requests about the person that a request is about, itself among them.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Erased`].
    pub async fn same_person(
        &self,
        tenant: &TenantId,
        request: &RequestId,
        access: Access<'_>,
    ) -> Result<Vec<RequestId>, StoreError> {
        let mut tx = self.begin(tenant, access.actor, access.now).await?;
        let person = Person::of(&tx.read_patient(request, access.purpose).await?);
        let found = tx.find_person(&person, access.purpose).await?;
        tx.commit().await?;
        Ok(found)
    }
}

impl Store {
    /// The audit entries about one thing, a request or a call, in order. It looks through the whole chain of the tenant.
    ///
    /// # Errors
    /// [`StoreError::Stored`] where a row is not an entry.
    pub async fn entries_about(
        &self,
        tenant: &TenantId,
        object: &ObjectId,
    ) -> Result<Vec<Entry>, StoreError> {
        sqlx::query(
            "SELECT entry FROM audit WHERE tenant = ? AND json_extract(entry, '$.object') = ? ORDER BY seq",
        )
        .bind(tenant.as_str())
        .bind(object.as_str())
        .fetch_all(self.readers())
        .await?
        .iter()
        .map(|row| Reader::new(row, "audit").json("entry"))
        .collect()
    }
}

impl Tx {
    async fn find_person(
        &mut self,
        person: &Person,
        purpose: Purpose,
    ) -> Result<Vec<RequestId>, StoreError> {
        self.index_missing().await?;
        self.enter()?;
        let key = self.index_key().await?;
        let parts = [&person.name, &person.date_of_birth];
        let whole = digest(&key, Indexed::NameAndBirth, &parts)?;
        let member = match &person.member_id {
            Some(id) => Some(digest(&key, Indexed::MemberId, &[id])?.to_vec()),
            None => None,
        };
        let found = sqlx::query(
            "SELECT request.id FROM request WHERE request.tenant = ?1 AND erased_at IS NULL \
             AND EXISTS (SELECT 1 FROM person_index AS named WHERE named.tenant = ?1 \
             AND named.request = request.id AND named.kind = 'name_and_birth' AND named.digest = ?2) \
             AND (?3 IS NULL OR EXISTS (SELECT 1 FROM person_index AS member WHERE member.tenant = ?1 \
             AND member.request = request.id AND member.kind = 'member_id' AND member.digest = ?3)) \
             ORDER BY created_at, request.id",
        )
        .bind(self.tenant.as_str())
        .bind(whole.to_vec())
        .bind(member)
        .fetch_all(&mut *self.db)
        .await?
        .iter()
        .map(|row| Reader::new(row, "request").parsed("id"))
        .collect::<Result<Vec<RequestId>, StoreError>>()?;
        let object = Object::tenant(&self.tenant);
        self.leave_with(Action::PhiRead, object, person.fields(), Some(purpose)).await?;
        Ok(found)
    }

    /// Enters a request's patient into the index.
    pub(crate) async fn index_person(
        &mut self,
        request: &RequestId,
        patient: &Patient,
    ) -> Result<(), StoreError> {
        for digest in digests(&self.index_key().await?, patient) {
            self.index_digest(request, digest?).await?;
        }
        Ok(())
    }

    async fn index_digest(
        &mut self,
        request: &RequestId,
        (kind, digest): (Indexed, [u8; 32]),
    ) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO person_index (tenant, request, kind, digest) VALUES (?, ?, ?, ?)")
            .bind(self.tenant.as_str())
            .bind(request.as_str())
            .bind(kind.name())
            .bind(digest.to_vec())
            .execute(&mut *self.db)
            .await?;
        Ok(())
    }

    /// Indexes requests from before there was an index, by those parts that have letters or digits: one patient's bad value hides nobody
    /// else. Reading each patient has its audit row.
    async fn index_missing(&mut self) -> Result<(), StoreError> {
        let rows = sqlx::query(
            "SELECT request FROM request_key WHERE tenant = ?1 AND NOT EXISTS \
             (SELECT 1 FROM person_index WHERE person_index.tenant = ?1 \
             AND person_index.request = request_key.request)",
        )
        .bind(self.tenant.as_str())
        .fetch_all(&mut *self.db)
        .await?;
        for row in &rows {
            let request: RequestId = Reader::new(row, "request_key").parsed("request")?;
            let patient = self.read_patient(&request, Purpose::Compare).await?;
            for digest in digests(&self.index_key().await?, &patient) {
                match digest {
                    Ok(digest) => self.index_digest(&request, digest).await?,
                    Err(StoreError::Invalid { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    /// The tenant's index key; made where there is none yet.
    async fn index_key(&mut self) -> Result<SealKey, StoreError> {
        let (tenant_key, version) = self.newest_tenant_key().await?;
        let kept = sqlx::query("SELECT wrapped FROM index_key WHERE tenant = ?")
            .bind(self.tenant.as_str())
            .fetch_optional(&mut *self.db)
            .await?;
        if let Some(row) = kept {
            let wrapped = Reader::new(&row, "index_key").sealed("wrapped")?;
            return tenant_key
                .unwrap(index_place(&self.tenant), &wrapped, INDEX_KEY_VERSION)
                .ok_or(StoreError::Seal { table: "index_key", column: "wrapped" });
        }
        let key = SealKey::random(INDEX_KEY_VERSION)?;
        let wrapped = tenant_key.wrap(index_place(&self.tenant), &key)?;
        sqlx::query("INSERT INTO index_key (tenant, tenant_key_version, wrapped) VALUES (?, ?, ?)")
            .bind(self.tenant.as_str())
            .bind(version)
            .bind(wrapped.as_bytes().to_vec())
            .execute(&mut *self.db)
            .await?;
        Ok(key)
    }

    /// Wraps the index key under the tenant's new key.
    pub(crate) async fn rewrap_index_key(
        &mut self,
        old: &SealKey,
        new: &SealKey,
        version: u32,
    ) -> Result<(), StoreError> {
        let kept = sqlx::query("SELECT wrapped FROM index_key WHERE tenant = ?")
            .bind(self.tenant.as_str())
            .fetch_optional(&mut *self.db)
            .await?;
        let Some(row) = kept else {
            return Ok(());
        };
        let place = index_place(&self.tenant);
        let key = old
            .unwrap(place, &Reader::new(&row, "index_key").sealed("wrapped")?, INDEX_KEY_VERSION)
            .ok_or(StoreError::Seal { table: "index_key", column: "wrapped" })?;
        let wrapped = new.wrap(place, &key)?;
        sqlx::query("UPDATE index_key SET wrapped = ?, tenant_key_version = ? WHERE tenant = ?")
            .bind(wrapped.as_bytes().to_vec())
            .bind(version)
            .bind(self.tenant.as_str())
            .execute(&mut *self.db)
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use callwright_compliance::audit::Actor;
    use callwright_compliance::facts::AiCallConsent;
    use callwright_compliance::{CallClass, CallPurpose, PatientKind, PayerId, Phi, PhoneNumber};
    use jiff::Timestamp;

    use super::*;
    use crate::keys::KeyRing;
    use crate::{Code, Location, LocationId, Order, Priority, Provider, ProviderId, RandomId};

    fn phi(text: &str) -> PhiString {
        Phi::new(text.to_owned())
    }

    fn patient(name: &str, member_id: &str) -> Patient {
        Patient {
            name: phi(name),
            date_of_birth: phi("1961-07-13"),
            member_id: phi(member_id),
            group_number: None,
            relationship: phi("self"),
            date_of_service: None,
        }
    }

    async fn provider(tx: &mut Tx) -> ProviderId {
        let location = Location {
            id: LocationId::random().unwrap(),
            name: "Main office".to_owned(),
            street: "12 Oak Street".to_owned(),
            city: "Columbus".to_owned(),
            state: "OH".to_owned(),
            zip: "43215".to_owned(),
        };
        let provider = Provider {
            id: ProviderId::random().unwrap(),
            location: location.id.clone(),
            registered_name: "Dr. Example DDS".to_owned(),
            npi: "1234567893".parse().unwrap(),
            tax_id: "987123654".parse().unwrap(),
            callback: PhoneNumber::parse_e164("+16142000199").unwrap(),
        };
        tx.add_location(&location).await.unwrap();
        tx.add_provider(&provider).await.unwrap();
        provider.id
    }

    #[tokio::test]
    async fn a_value_without_letters_or_digits_from_before_the_index_hides_nobody() {
        let store = Store::in_memory(KeyRing::ephemeral().unwrap()).await.unwrap();
        let tenant = TenantId::new("oak").unwrap();
        let actor = Actor::Node(ObjectId::new("node-1").unwrap());
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        store.found_practice(&tenant, "Oak Street Dental LLC", &actor, now).await.unwrap();
        let mut tx = store.begin(&tenant, &actor, now).await.unwrap();
        let order = Order {
            provider: provider(&mut tx).await,
            payer: PayerId::new("acme-health").unwrap(),
            class: CallClass::Payer,
            purpose: CallPurpose::DentalBenefits,
            patient_kind: PatientKind::Synthetic,
            question_set: Code::new("dental").unwrap(),
            consent: AiCallConsent::Absent,
            priority: Priority::NORMAL,
            not_before: now,
            due: None,
        };
        let ids = [RequestId::random().unwrap(), RequestId::random().unwrap()];
        for id in &ids {
            tx.add_request(id, &order, &patient("Ann Planted", "Q1")).await.unwrap();
        }
        // As an older program kept them: no index, and the first one's member id is a dash.
        let key = tx.data_key(&ids[0]).await.unwrap();
        let dash = patient("Ann Planted", "-").seal(&key, &tenant, &ids[0]).unwrap();
        sqlx::query("UPDATE request SET member_id = ? WHERE id = ?")
            .bind(dash.member_id)
            .bind(ids[0].as_str())
            .execute(&mut *tx.db)
            .await
            .unwrap();
        sqlx::query("DELETE FROM person_index").execute(&mut *tx.db).await.unwrap();

        let find = |member_id: Option<&str>| Person {
            name: phi("ann PLANTED"),
            date_of_birth: phi("1961-07-13"),
            member_id: member_id.map(phi),
        };
        let mut by_name = tx.find_person(&find(None), Purpose::Compare).await.unwrap();
        by_name.sort();
        let mut both = ids.to_vec();
        both.sort();
        assert_eq!(by_name, both);
        let by_member = tx.find_person(&find(Some("Q1")), Purpose::Compare).await.unwrap();
        assert_eq!(by_member, [ids[1].clone()]);
        // What comes in new is refused.
        let id = RequestId::random().unwrap();
        let refused = tx.add_request(&id, &order, &patient("Ann Planted", "-")).await;
        assert!(matches!(refused, Err(StoreError::Invalid { field: "identifier", .. })));
    }
}
