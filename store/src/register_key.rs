//! The key of a tenant's registers: it names numbers and people by keyed digests, and seals what must be shown again (rule K1).
//!
//! One key a tenant, made when first wanted, wrapped by the tenant's key and wrapped again when that is changed. So digests stay the same
//! for as long as the registers live, and mean nothing to who has the file without its key. The digests' function is HMAC-SHA-256
//! (FIPS 198-1) under a key that is derived from this one, so that no key does two things.
//!
//! A digest tells equal values, and only those: a name of other words is another person to it. Letters' case, spaces and punctuation do
//! not count.

use callwright_compliance::id::TenantId;
use callwright_compliance::{KeyedDigest, PhiString, PhoneNumber};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::codec::Reader;
use crate::error::StoreError;
use crate::person::plain;
use crate::sealed::{Place, SealKey, Sealed};
use crate::store::Store;
use crate::tx::Tx;

/// A register key is never changed in place: digests would lose their meaning.
const REGISTER_KEY_VERSION: u32 = 1;

/// A tenant's register key, and the tenant key that opens it.
const REGISTER_KEY: &str = "SELECT register_key.wrapped AS key_wrapped, tenant_key.version, tenant_key.wrapped \
     FROM register_key JOIN tenant_key ON tenant_key.tenant = register_key.tenant \
     AND tenant_key.version = tenant_key_version WHERE register_key.tenant = ?";

/// The opened key. No `Debug` or `Clone`; zeroised on drop.
pub(crate) struct RegisterKey {
    seal: SealKey,
    digest: Zeroizing<[u8; 32]>,
}

impl RegisterKey {
    fn new(seal: SealKey) -> RegisterKey {
        let digest = mac(seal.bytes(), b"callwright register digest v1", &[]);
        RegisterKey { seal, digest: Zeroizing::new(digest) }
    }

    /// The number as the registers know it.
    pub(crate) fn number(&self, number: &PhoneNumber) -> KeyedDigest {
        KeyedDigest::from_bytes(mac(&self.digest, b"number", &[number.e164().as_bytes()]))
    }

    /// The person as the registers know them: by name and date of birth, compared as the index of people compares them.
    pub(crate) fn person(&self, name: &PhiString, date_of_birth: &PhiString) -> KeyedDigest {
        let (name, born) = (plain(name), plain(date_of_birth));
        KeyedDigest::from_bytes(mac(&self.digest, b"person", &[name.as_bytes(), born.as_bytes()]))
    }

    pub(crate) fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Sealed, StoreError> {
        self.seal.seal(place, plain)
    }

    pub(crate) fn open(
        &self,
        place: Place<'_>,
        sealed: &Sealed,
        column: &'static str,
    ) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        self.seal.open(place, sealed).ok_or(StoreError::Seal { table: place.table, column })
    }
}

/// HMAC over a label and parts, each with its length before it.
fn mac(key: &[u8; 32], label: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC fills a short key up to the function's block with zeros; done here, no length can be wrong.
    let mut block = Zeroizing::new([0; 64]);
    block[..key.len()].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&(*block).into());
    for part in std::iter::once(&label).chain(parts) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn place(tenant: &TenantId) -> Place<'_> {
    let tenant = tenant.as_str();
    Place { tenant, table: "register_key", row: tenant, column: "wrapped" }
}

impl Store {
    /// The tenant's register key; `None` where the registers are empty still.
    pub(crate) async fn register_key(
        &self,
        tenant: &TenantId,
    ) -> Result<Option<RegisterKey>, StoreError> {
        let row =
            sqlx::query(REGISTER_KEY).bind(tenant.as_str()).fetch_optional(self.readers()).await?;
        row.map(|row| self.unwrap_register_key(tenant, &row)).transpose()
    }

    fn unwrap_register_key(
        &self,
        tenant: &TenantId,
        row: &sqlx::sqlite::SqliteRow,
    ) -> Result<RegisterKey, StoreError> {
        let row = Reader::new(row, "register_key");
        let wrapped = row.sealed("key_wrapped")?;
        self.tenant_key(tenant, &row)?
            .unwrap(place(tenant), &wrapped, REGISTER_KEY_VERSION)
            .map(RegisterKey::new)
            .ok_or(StoreError::Seal { table: "register_key", column: "wrapped" })
    }
}

impl Tx {
    /// The tenant's register key, where it has one.
    pub(crate) async fn find_register_key(&mut self) -> Result<Option<RegisterKey>, StoreError> {
        let row = sqlx::query(REGISTER_KEY)
            .bind(self.tenant.as_str())
            .fetch_optional(&mut *self.db)
            .await?;
        row.map(|row| self.store.unwrap_register_key(&self.tenant, &row)).transpose()
    }

    /// The tenant's register key, made when there is none.
    pub(crate) async fn register_key(&mut self) -> Result<RegisterKey, StoreError> {
        if let Some(key) = self.find_register_key().await? {
            return Ok(key);
        }
        let (tenant_key, version) = self.newest_tenant_key().await?;
        let key = SealKey::random(REGISTER_KEY_VERSION)?;
        let wrapped = tenant_key.wrap(place(&self.tenant), &key)?;
        sqlx::query(
            "INSERT INTO register_key (tenant, tenant_key_version, wrapped) VALUES (?, ?, ?)",
        )
        .bind(self.tenant.as_str())
        .bind(version)
        .bind(wrapped.as_bytes().to_vec())
        .execute(&mut *self.db)
        .await?;
        Ok(RegisterKey::new(key))
    }

    /// Wraps the register key under the tenant's new key.
    pub(crate) async fn rewrap_register_key(
        &mut self,
        new: &SealKey,
        version: u32,
    ) -> Result<(), StoreError> {
        let Some(key) = self.find_register_key().await? else {
            return Ok(());
        };
        let wrapped = new.wrap(place(&self.tenant), &key.seal)?;
        sqlx::query("UPDATE register_key SET wrapped = ?, tenant_key_version = ? WHERE tenant = ?")
            .bind(wrapped.as_bytes().to_vec())
            .bind(version)
            .bind(self.tenant.as_str())
            .execute(&mut *self.db)
            .await?;
        Ok(())
    }
}
