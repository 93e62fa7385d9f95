//! Practices (the tenants), their places of business and their providers.
//!
//! Nothing here is about a patient. A tax id is sealed under the tenant's key all the same: it may be a social security number.
//! Whether a call-back number may be dialled is not asked: it is spoken, never dialled.

use std::str::FromStr;

use callwright_compliance::audit::{Action, Actor};
use callwright_compliance::id::TenantId;
use callwright_compliance::number::PhoneNumber;
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::codec::{Reader, micros};
use crate::error::{Kind, StoreError};
use crate::id::{LocationId, ProviderId};
use crate::identifiers::{Npi, TaxId};
use crate::sealed::{Place, SealKey, Sealed};
use crate::store::Store;
use crate::text::line;
use crate::tx::{Object, Tx};

/// A practice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Practice {
    /// Its id.
    pub tenant: TenantId,
    /// The business name as registered: the one the disclosure speaks (rule D1).
    pub registered_name: String,
    /// When it was added.
    pub created_at: Timestamp,
}

/// A place of business, in the United States.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Its id.
    pub id: LocationId,
    /// What the practice calls it.
    pub name: String,
    /// Street and number.
    pub street: String,
    /// City.
    pub city: String,
    /// Two-letter state, upper case.
    pub state: String,
    /// Five digits, or nine as `12345-6789`.
    pub zip: String,
}

/// A provider at a place of business.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Its id.
    pub id: ProviderId,
    /// Where.
    pub location: LocationId,
    /// The name under which payers know the provider.
    pub registered_name: String,
    /// National provider identifier.
    pub npi: Npi,
    /// Tax id.
    pub tax_id: TaxId,
    /// The number a payer may call back.
    pub callback: PhoneNumber,
}

fn state(text: &str) -> Result<&str, StoreError> {
    if text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase()) {
        Ok(text)
    } else {
        Err(StoreError::Invalid { field: "state", needs: "two upper-case letters, as OH" })
    }
}

fn zip(text: &str) -> Result<&str, StoreError> {
    let digits =
        |part: &str, count| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
    let good = match text.split_once('-') {
        Some((five, four)) => digits(five, 5) && digits(four, 4),
        None => digits(text, 5),
    };
    if good {
        Ok(text)
    } else {
        Err(StoreError::Invalid { field: "zip", needs: "five digits, or as 12345-6789" })
    }
}

fn tax_id_place<'a>(tenant: &'a TenantId, provider: &'a ProviderId) -> Place<'a> {
    Place { tenant: tenant.as_str(), table: "provider", row: provider.as_str(), column: "tax_id" }
}

impl Store {
    /// Adds a practice with its first key, the key that signs its audit, and the first row of its audit chain. A vendor that is stopped
    /// for any practice is stopped for this one, too: whoever stopped it for all could not name one that was still to come.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] where the tenant exists, [`StoreError::Invalid`] for the name.
    pub async fn found_practice(
        &self,
        tenant: &TenantId,
        registered_name: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let name = line("registered name", registered_name)?;
        let mut tx = Tx::found(self, tenant, actor, now).await?;
        tx.enter()?;
        sqlx::query("INSERT INTO practice (tenant, registered_name, created_at) VALUES (?, ?, ?)")
            .bind(tenant.as_str())
            .bind(name)
            .bind(micros(now))
            .execute(&mut *tx.db)
            .await
            .map_err(|error| StoreError::from(error).duplicate(Kind::Practice))?;
        tx.insert_tenant_key(&SealKey::random(1)?, 1).await?;
        tx.insert_audit_key().await?;
        tx.leave(Action::AccountChanged, Object::tenant(tenant)).await?;
        tx.stop_what_is_stopped().await?;
        tx.commit().await
    }

    /// A practice.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn practice(&self, tenant: &TenantId) -> Result<Practice, StoreError> {
        sqlx::query("SELECT * FROM practice WHERE tenant = ?")
            .bind(tenant.as_str())
            .fetch_optional(self.readers())
            .await?
            .as_ref()
            .map(practice)
            .transpose()?
            .ok_or(StoreError::NotFound(Kind::Practice))
    }

    /// Every practice of this installation, by id: for the operator of the machine, who sets it up.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn practices(&self) -> Result<Vec<Practice>, StoreError> {
        sqlx::query("SELECT * FROM practice ORDER BY tenant")
            .fetch_all(self.readers())
            .await?
            .iter()
            .map(practice)
            .collect()
    }

    /// A practice's places of business, by name.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn locations(&self, tenant: &TenantId) -> Result<Vec<Location>, StoreError> {
        sqlx::query("SELECT * FROM location WHERE tenant = ? ORDER BY name, id")
            .bind(tenant.as_str())
            .fetch_all(self.readers())
            .await?
            .iter()
            .map(location)
            .collect()
    }

    /// A provider.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Seal`] where the stored tax id was tampered with.
    pub async fn provider(
        &self,
        tenant: &TenantId,
        id: &ProviderId,
    ) -> Result<Provider, StoreError> {
        let row = sqlx::query(
            "SELECT provider.*, tenant_key.wrapped, tenant_key.version FROM provider \
             JOIN tenant_key ON tenant_key.tenant = provider.tenant AND version = tax_id_key \
             WHERE provider.tenant = ? AND id = ?",
        )
        .bind(tenant.as_str())
        .bind(id.as_str())
        .fetch_optional(self.readers())
        .await?
        .ok_or(StoreError::NotFound(Kind::Provider))?;
        let key = self.tenant_key(tenant, &Reader::new(&row, "tenant_key"))?;
        provider(&row, tenant, &key)
    }

    /// The ids and names of a practice's providers, by name.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn providers(
        &self,
        tenant: &TenantId,
    ) -> Result<Vec<(ProviderId, String)>, StoreError> {
        sqlx::query(
            "SELECT id, registered_name FROM provider WHERE tenant = ? ORDER BY registered_name, id",
        )
        .bind(tenant.as_str())
        .fetch_all(self.readers())
        .await?
        .iter()
        .map(|row| {
            let row = Reader::new(row, "provider");
            Ok((row.parsed("id")?, row.text("registered_name")?))
        })
        .collect()
    }

    pub(crate) fn tenant_key(
        &self,
        tenant: &TenantId,
        row: &Reader<'_>,
    ) -> Result<SealKey, StoreError> {
        let wrapped = row.sealed("wrapped")?;
        self.keys().unwrap_tenant_key(tenant.as_str(), &wrapped, row.number("version")?)
    }
}

impl Tx {
    /// Adds a place of business.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`], or [`StoreError::Invalid`] for a field.
    pub async fn add_location(&mut self, new: &Location) -> Result<(), StoreError> {
        self.enter()?;
        sqlx::query(
            "INSERT INTO location (tenant, id, name, street, city, state, zip, created_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(self.tenant.as_str())
        .bind(new.id.as_str())
        .bind(line("location name", &new.name)?)
        .bind(line("street", &new.street)?)
        .bind(line("city", &new.city)?)
        .bind(state(&new.state)?)
        .bind(zip(&new.zip)?)
        .bind(micros(self.now))
        .execute(&mut *self.db)
        .await
        .map_err(|error| StoreError::from(error).duplicate(Kind::Location))?;
        self.leave(Action::AccountChanged, Object::id(new.id.as_str())).await
    }

    /// Adds a provider.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] for the same NPI at the same place, [`StoreError::NotFound`] for the place,
    /// [`StoreError::Invalid`] for the name.
    pub async fn add_provider(&mut self, new: &Provider) -> Result<(), StoreError> {
        self.enter()?;
        let (key, version) = self.newest_tenant_key().await?;
        let place = tax_id_place(&self.tenant, &new.id);
        let tax_id = key.seal(place, new.tax_id.digits().as_bytes())?;
        sqlx::query(
            "INSERT INTO provider \
             (tenant, id, location, registered_name, npi, tax_id, tax_id_key, callback, created_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(self.tenant.as_str())
        .bind(new.id.as_str())
        .bind(new.location.as_str())
        .bind(line("registered name", &new.registered_name)?)
        .bind(new.npi.digits())
        .bind(tax_id.as_bytes().to_vec())
        .bind(version)
        .bind(new.callback.e164())
        .bind(micros(self.now))
        .execute(&mut *self.db)
        .await
        .map_err(|e| StoreError::from(e).duplicate(Kind::Provider).missing(Kind::Location))?;
        self.leave(Action::AccountChanged, Object::id(new.id.as_str())).await
    }

    /// Seals every tax id of the tenant again, from `old` keys to the newest. Part of changing a tenant's key.
    pub(crate) async fn reseal_tax_ids(
        &mut self,
        old: &SealKey,
        new: &SealKey,
        version: u32,
    ) -> Result<(), StoreError> {
        let rows = sqlx::query("SELECT id, tax_id FROM provider WHERE tenant = ?")
            .bind(self.tenant.as_str())
            .fetch_all(&mut *self.db)
            .await?;
        for row in &rows {
            let row = Reader::new(row, "provider");
            let id: ProviderId = row.parsed("id")?;
            let place = tax_id_place(&self.tenant, &id);
            let plain = open_tax_id(old, place, &row.sealed("tax_id")?)?;
            let sealed = new.seal(place, &plain)?;
            sqlx::query(
                "UPDATE provider SET tax_id = ?, tax_id_key = ? WHERE tenant = ? AND id = ?",
            )
            .bind(sealed.as_bytes().to_vec())
            .bind(version)
            .bind(self.tenant.as_str())
            .bind(id.as_str())
            .execute(&mut *self.db)
            .await?;
        }
        Ok(())
    }
}

fn open_tax_id(
    key: &SealKey,
    place: Place<'_>,
    sealed: &Sealed,
) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    key.open(place, sealed).ok_or(StoreError::Seal { table: "provider", column: "tax_id" })
}

fn practice(row: &sqlx::sqlite::SqliteRow) -> Result<Practice, StoreError> {
    let row = Reader::new(row, "practice");
    Ok(Practice {
        tenant: row.parsed("tenant")?,
        registered_name: row.text("registered_name")?,
        created_at: row.time("created_at")?,
    })
}

fn location(row: &sqlx::sqlite::SqliteRow) -> Result<Location, StoreError> {
    let row = Reader::new(row, "location");
    Ok(Location {
        id: row.parsed("id")?,
        name: row.text("name")?,
        street: row.text("street")?,
        city: row.text("city")?,
        state: row.text("state")?,
        zip: row.text("zip")?,
    })
}

fn provider(
    row: &sqlx::sqlite::SqliteRow,
    tenant: &TenantId,
    key: &SealKey,
) -> Result<Provider, StoreError> {
    let row = Reader::new(row, "provider");
    let id: ProviderId = row.parsed("id")?;
    let plain = open_tax_id(key, tax_id_place(tenant, &id), &row.sealed("tax_id")?)?;
    let tax_id = std::str::from_utf8(&plain)
        .ok()
        .and_then(|digits| TaxId::from_str(digits).ok())
        .ok_or(StoreError::Stored { table: "provider", column: "tax_id" })?;
    Ok(Provider {
        id,
        location: row.parsed("location")?,
        registered_name: row.text("registered_name")?,
        npi: row.parsed("npi")?,
        tax_id,
        callback: row.parsed("callback")?,
    })
}
