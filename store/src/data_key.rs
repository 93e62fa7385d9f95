//! Data keys: one for each request, wrapped by the tenant's key; sealing files beside the database; erasing; changing keys.
//!
//! Erasing a request destroys its one data key, so that its values are unreadable in the file, in its write-ahead log and, through
//! the erasure list, in every backup that is restored (rule K1; NIST SP 800-88, cryptographic erase). This module does not decide
//! when a request must be kept by law: that is the caller's. A legal hold it obeys.

use callwright_compliance::audit::Action;
use callwright_compliance::egress::{Field, FieldSet};
use callwright_compliance::id::{RequestId, TenantId};
use callwright_compliance::phi::{Phi, Purpose};
use callwright_compliance::retention::Hold;
use jiff::Timestamp;

use crate::codec::{Reader, micros};
use crate::erasures::Erasure;
use crate::error::{Kind, StoreError};
use crate::keys::request_place;
use crate::sealed::{Place, SealKey, Sealed};
use crate::store::Store;
use crate::text::Code;
use crate::tx::{Access, Object, Tx};

/// A data key is never changed in place: a new one would be a new row.
const DATA_KEY_VERSION: u32 = 1;

/// A request's wrapped data key, where it has one, and the wrapped tenant key that opens it.
const DATA_KEY: &str = "SELECT request_key.version AS key_version, request_key.wrapped AS key_wrapped, \
     tenant_key.version, tenant_key.wrapped FROM request \
     LEFT JOIN request_key ON request_key.tenant = request.tenant AND request = id \
     LEFT JOIN tenant_key ON tenant_key.tenant = request.tenant \
     AND tenant_key.version = tenant_key_version \
     WHERE request.tenant = ? AND id = ?";

/// Seals the files of one request while its call runs: recordings, words. It cannot open them.
///
/// No `Debug` or `Clone`; the key is zeroised on drop.
pub struct FileSealer {
    tenant: TenantId,
    request: RequestId,
    key: SealKey,
}

impl FileSealer {
    /// Seals one file, or one numbered piece of a long one: `name` is authenticated, so pieces cannot be swapped.
    ///
    /// # Errors
    /// [`StoreError::NoRandomness`].
    pub fn seal(&self, name: &Code, bytes: &Phi<Vec<u8>>) -> Result<Sealed, StoreError> {
        self.key.seal(file_place(&self.tenant, &self.request, name), bytes.expose(Purpose::Record))
    }
}

fn file_place<'a>(tenant: &'a TenantId, request: &'a RequestId, name: &'a Code) -> Place<'a> {
    Place { tenant: tenant.as_str(), table: "file", row: request.as_str(), column: name.as_str() }
}

impl Store {
    /// What seals a request's files.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Erased`].
    pub async fn file_sealer(
        &self,
        tenant: &TenantId,
        request: &RequestId,
    ) -> Result<FileSealer, StoreError> {
        let row = sqlx::query(DATA_KEY)
            .bind(tenant.as_str())
            .bind(request.as_str())
            .fetch_optional(self.readers())
            .await?
            .ok_or(StoreError::NotFound(Kind::Request))?;
        let key = self.unwrap_data_key(tenant, request, &row)?;
        Ok(FileSealer { tenant: tenant.clone(), request: request.clone(), key })
    }

    /// Opens a file that a [`FileSealer`] sealed, once the audit row is kept.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Erased`], or [`StoreError::Seal`] where the bytes are of another file.
    pub async fn open_file(
        &self,
        tenant: &TenantId,
        request: &RequestId,
        name: &Code,
        sealed: &Sealed,
        access: Access<'_>,
    ) -> Result<Phi<Vec<u8>>, StoreError> {
        let mut tx = self.begin(tenant, access.actor, access.now).await?;
        tx.enter()?;
        let key = tx.data_key(request).await?;
        let mut plain = key
            .open(file_place(tenant, request, name), sealed)
            .ok_or(StoreError::Seal { table: "file", column: "content" })?;
        let opened = Phi::new(std::mem::take(&mut *plain));
        let fields = FieldSet::of(&[Field::Recording, Field::Transcript]);
        tx.leave_with(Action::PhiRead, Object::request(request), fields, Some(access.purpose))
            .await?;
        tx.commit().await?;
        Ok(opened)
    }

    fn unwrap_data_key(
        &self,
        tenant: &TenantId,
        request: &RequestId,
        row: &sqlx::sqlite::SqliteRow,
    ) -> Result<SealKey, StoreError> {
        let row = Reader::new(row, "request_key");
        let Some(wrapped) = row.opt_sealed("key_wrapped")? else {
            return Err(StoreError::Erased);
        };
        self.tenant_key(tenant, &row)?
            .unwrap(
                request_place(tenant.as_str(), request.as_str()),
                &wrapped,
                row.number("key_version")?,
            )
            .ok_or(StoreError::Seal { table: "request_key", column: "wrapped" })
    }
}

impl Tx {
    pub(crate) async fn insert_tenant_key(
        &mut self,
        key: &SealKey,
        version: u32,
    ) -> Result<(), StoreError> {
        let wrapped = self.store.keys().wrap_tenant_key(self.tenant.as_str(), key)?;
        sqlx::query(
            "INSERT INTO tenant_key (tenant, version, wrapped, created_at) VALUES (?, ?, ?, ?)",
        )
        .bind(self.tenant.as_str())
        .bind(version)
        .bind(wrapped.as_bytes().to_vec())
        .bind(micros(self.now))
        .execute(&mut *self.db)
        .await?;
        Ok(())
    }

    pub(crate) async fn newest_tenant_key(&mut self) -> Result<(SealKey, u32), StoreError> {
        let row = sqlx::query(
            "SELECT version, wrapped FROM tenant_key WHERE tenant = ? ORDER BY version DESC LIMIT 1",
        )
        .bind(self.tenant.as_str())
        .fetch_optional(&mut *self.db)
        .await?
        .ok_or(StoreError::NotFound(Kind::Practice))?;
        let row = Reader::new(&row, "tenant_key");
        Ok((self.store.tenant_key(&self.tenant, &row)?, row.number("version")?))
    }

    /// A new data key, wrapped under the newest tenant key, whose version is given too.
    pub(crate) async fn new_data_key(
        &mut self,
        request: &RequestId,
    ) -> Result<(SealKey, Sealed, u32), StoreError> {
        let (tenant_key, version) = self.newest_tenant_key().await?;
        let key = SealKey::random(DATA_KEY_VERSION)?;
        let place = request_place(self.tenant.as_str(), request.as_str());
        let wrapped = tenant_key.wrap(place, &key)?;
        Ok((key, wrapped, version))
    }

    pub(crate) async fn insert_data_key(
        &mut self,
        request: &RequestId,
        wrapped: &Sealed,
        tenant_key_version: u32,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO request_key (tenant, request, version, tenant_key_version, wrapped) \
             VALUES (?, ?, ?, ?, ?)",
        )
        .bind(self.tenant.as_str())
        .bind(request.as_str())
        .bind(DATA_KEY_VERSION)
        .bind(tenant_key_version)
        .bind(wrapped.as_bytes().to_vec())
        .execute(&mut *self.db)
        .await?;
        Ok(())
    }

    /// A request's data key.
    pub(crate) async fn data_key(&mut self, request: &RequestId) -> Result<SealKey, StoreError> {
        let row = sqlx::query(DATA_KEY)
            .bind(self.tenant.as_str())
            .bind(request.as_str())
            .fetch_optional(&mut *self.db)
            .await?
            .ok_or(StoreError::NotFound(Kind::Request))?;
        self.store.unwrap_data_key(&self.tenant, request, &row)
    }

    /// Destroys a request's data key, and with it every patient value, result value and sealed file of the request. It cannot be
    /// undone. What is left says that there was a request, how it went, and that it was erased. Erasing twice is the same as once.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::NotErasable`] while a node works on it; [`StoreError::Held`] under a legal hold;
    /// [`StoreError::Frozen`] while an incident that concerns it is not closed.
    pub async fn erase_request(&mut self, id: &RequestId) -> Result<(), StoreError> {
        self.enter()?;
        let (state, _) = self.state_of(id).await?;
        if state.is_leased() {
            return Err(StoreError::NotErasable(state));
        }
        self.not_frozen(id).await?;
        if self.hold_on(id).await? == Hold::Held {
            return Err(StoreError::Held);
        }
        self.destroy_for_good(id).await?;
        self.leave(Action::Erased, Object::request(id)).await
    }

    /// Destroys the key now, and in every backup that is restored: the request goes on the erasure list.
    pub(crate) async fn destroy_for_good(&mut self, id: &RequestId) -> Result<(), StoreError> {
        self.destroy(id, self.now).await?;
        self.erased.push(Erasure {
            tenant: self.tenant.clone(),
            request: id.clone(),
            at: self.now,
        });
        Ok(())
    }

    /// Removes the key and the sealed bytes, and takes the request out of the queue for good.
    pub(crate) async fn destroy(
        &mut self,
        id: &RequestId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        for statement in [
            "DELETE FROM request_key WHERE tenant = ? AND request = ?",
            "DELETE FROM person_index WHERE tenant = ? AND request = ?",
            "DELETE FROM request_person WHERE tenant = ? AND request = ?",
            "UPDATE result SET value = NULL WHERE tenant = ? AND request = ?",
        ] {
            sqlx::query(statement)
                .bind(self.tenant.as_str())
                .bind(id.as_str())
                .execute(&mut *self.db)
                .await?;
        }
        let wipe = "UPDATE request SET patient_name = x'', patient_dob = x'', member_id = x'', \
             group_number = NULL, relationship = x'', date_of_service = NULL, \
             state = CASE WHEN state IN ('done', 'failed') THEN state ELSE 'failed' END, \
             outcome = CASE WHEN state IN ('done', 'failed') THEN outcome ELSE 'erased' END, \
             lease_owner = NULL, lease_until = NULL, lease_count = lease_count + 1, \
             erased_at = ifnull(erased_at, ?), updated_at = ? WHERE tenant = ? AND id = ?";
        sqlx::query(wipe)
            .bind(micros(at))
            .bind(micros(self.now))
            .bind(self.tenant.as_str())
            .bind(id.as_str())
            .execute(&mut *self.db)
            .await?;
        sqlx::query(
            "INSERT INTO erasure (tenant, request, at) SELECT ?1, ?2, ?3 \
             WHERE NOT EXISTS (SELECT 1 FROM erasure WHERE tenant = ?1 AND request = ?2)",
        )
        .bind(self.tenant.as_str())
        .bind(id.as_str())
        .bind(micros(at))
        .execute(&mut *self.db)
        .await?;
        Ok(())
    }

    /// Gives the tenant a new key: wraps every data key, the index's and the registers' again, seals the tax ids again, and forgets the
    /// old key.
    ///
    /// # Errors
    /// [`StoreError::Seal`] where a stored key was tampered with; nothing is changed then.
    pub async fn rotate_tenant_key(&mut self) -> Result<(), StoreError> {
        self.enter()?;
        let (old, old_version) = self.newest_tenant_key().await?;
        let version = old_version
            .checked_add(1)
            .ok_or(StoreError::Stored { table: "tenant_key", column: "version" })?;
        let new = SealKey::random(version)?;
        self.insert_tenant_key(&new, version).await?;
        let rows =
            sqlx::query("SELECT request, version, wrapped FROM request_key WHERE tenant = ?")
                .bind(self.tenant.as_str())
                .fetch_all(&mut *self.db)
                .await?;
        for row in &rows {
            let row = Reader::new(row, "request_key");
            let request: RequestId = row.parsed("request")?;
            let place = request_place(self.tenant.as_str(), request.as_str());
            let key = old
                .unwrap(place, &row.sealed("wrapped")?, row.number("version")?)
                .ok_or(StoreError::Seal { table: "request_key", column: "wrapped" })?;
            let wrapped = new.wrap(place, &key)?;
            sqlx::query(
                "UPDATE request_key SET wrapped = ?, tenant_key_version = ? \
                 WHERE tenant = ? AND request = ?",
            )
            .bind(wrapped.as_bytes().to_vec())
            .bind(version)
            .bind(self.tenant.as_str())
            .bind(request.as_str())
            .execute(&mut *self.db)
            .await?;
        }
        self.reseal_tax_ids(&old, &new, version).await?;
        self.rewrap_index_key(&old, &new, version).await?;
        self.rewrap_register_key(&new, version).await?;
        sqlx::query("DELETE FROM tenant_key WHERE tenant = ? AND version < ?")
            .bind(self.tenant.as_str())
            .bind(version)
            .execute(&mut *self.db)
            .await?;
        self.leave(Action::KeyRotated, Object::tenant(&self.tenant)).await
    }
}
