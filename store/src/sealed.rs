//! Sealed values: AES-256-GCM (NIST SP 800-38D) with the value's place as associated data (rule K1).
//!
//! A sealed value says which key sealed it and in which version, so that a key can be changed while old values stay
//! readable. Its place (tenant, table, row, column) and that header are authenticated: a value that was moved to another
//! row, or whose header was changed, does not open. This module does not know where keys are kept.
//!
//! Layout: format (1 byte) · key id (8) · key version (4, big-endian) · nonce (12) · ciphertext and tag (n + 16).
//! Nonces are 96 random bits. SP 800-38D §8.3 bounds those to 2^32 values under one key; a data key seals one
//! request, which is some hundreds.

use std::fmt;

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::error::StoreError;
use crate::id::hex;

/// The only layout so far.
const FORMAT: u8 = 1;
/// Bytes of a key id.
const KEY_ID: usize = 8;
/// Bytes before the nonce.
const HEADER: usize = 1 + KEY_ID + 4;
/// Bytes of a nonce.
const NONCE: usize = 12;
/// Bytes of the tag.
const TAG: usize = 16;
/// Bytes of a key.
pub(crate) const KEY: usize = 32;

/// A value that only the store's keys open. Its bytes may be written anywhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// Takes bytes read back from where they were kept.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] where they are too short, or of a layout this program does not know.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Sealed, StoreError> {
        if bytes.len() < HEADER + NONCE + TAG || bytes.first() != Some(&FORMAT) {
            return Err(StoreError::Invalid {
                field: "sealed value",
                needs: "the bytes that sealing gave, whole",
            });
        }
        Ok(Sealed(bytes))
    }

    /// The bytes to keep.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Which key sealed it.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        let mut id = [0; KEY_ID];
        id.copy_from_slice(&self.0[1..=KEY_ID]);
        KeyId(id)
    }

    /// Which version of that key.
    #[must_use]
    pub fn key_version(&self) -> u32 {
        let mut version = [0; 4];
        version.copy_from_slice(&self.0[1 + KEY_ID..HEADER]);
        u32::from_be_bytes(version)
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} v{}, {} bytes)", self.key_id(), self.key_version(), self.0.len())
    }
}

/// Names a key without telling it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyId([u8; KEY_ID]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// 256 secret bits, zeroised on drop.
pub(crate) struct Secret(Zeroizing<[u8; KEY]>);

impl Secret {
    pub(crate) fn random() -> Result<Secret, StoreError> {
        let mut bytes = Zeroizing::new([0; KEY]);
        getrandom::fill(bytes.as_mut_slice()).map_err(|_| StoreError::NoRandomness)?;
        Ok(Secret(bytes))
    }

    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Secret> {
        let mut secret = Zeroizing::new([0; KEY]);
        if bytes.len() != KEY {
            return None;
        }
        secret.copy_from_slice(bytes);
        Some(Secret(secret))
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY] {
        &self.0
    }

    /// The id of a key is a digest of it: two key files with the same id hold the same key.
    fn id(&self) -> KeyId {
        let mut hash = Sha256::new();
        hash.update(b"callwright key id v1\0");
        hash.update(self.0.as_slice());
        let digest = hash.finalize();
        let mut id = [0; KEY_ID];
        id.copy_from_slice(&digest[..KEY_ID]);
        KeyId(id)
    }
}

/// Where a sealed value lives. It is authenticated with the value.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) table: &'static str,
    pub(crate) row: &'a str,
    pub(crate) column: &'a str,
}

impl Place<'_> {
    /// Each part with its length before it, so that no two places have the same bytes.
    fn associated_data(&self, header: &[u8]) -> Vec<u8> {
        let parts = [self.tenant, self.table, self.row, self.column];
        let mut data =
            Vec::with_capacity(HEADER + parts.iter().map(|p| p.len() + 8).sum::<usize>());
        data.extend_from_slice(header);
        for part in parts {
            data.extend_from_slice(&(part.len() as u64).to_be_bytes());
            data.extend_from_slice(part.as_bytes());
        }
        data
    }
}

/// A key with its name and version.
pub(crate) struct SealKey {
    id: KeyId,
    version: u32,
    secret: Secret,
}

impl SealKey {
    pub(crate) fn new(secret: Secret, version: u32) -> SealKey {
        SealKey { id: secret.id(), version, secret }
    }

    pub(crate) fn random(version: u32) -> Result<SealKey, StoreError> {
        Ok(SealKey::new(Secret::random()?, version))
    }

    pub(crate) fn id(&self) -> KeyId {
        self.id
    }

    /// The key's bytes, to derive another key from.
    pub(crate) fn secret_bytes(&self) -> &[u8; KEY] {
        self.secret.bytes()
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&Key::<Aes256Gcm>::from(*self.secret.bytes()))
    }

    /// Seals `plain` for `place`.
    pub(crate) fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Sealed, StoreError> {
        let mut header = [0; HEADER];
        header[0] = FORMAT;
        header[1..=KEY_ID].copy_from_slice(&self.id.0);
        header[1 + KEY_ID..].copy_from_slice(&self.version.to_be_bytes());
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| StoreError::NoRandomness)?;

        // Room for the tag from the start: growing would leave a copy of the plain bytes behind.
        let mut buffer = Vec::with_capacity(plain.len() + TAG);
        buffer.extend_from_slice(plain);
        let mut buffer = Zeroizing::new(buffer);
        self.cipher()
            .encrypt_in_place(&Nonce::from(nonce), &place.associated_data(&header), &mut *buffer)
            .map_err(|_| StoreError::Invalid {
                field: "value to seal",
                needs: "fewer than 64 GiB",
            })?;
        let mut bytes = Vec::with_capacity(HEADER + NONCE + buffer.len());
        bytes.extend_from_slice(&header);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&buffer);
        Ok(Sealed(bytes))
    }

    /// Opens what was sealed for `place`; `None` where the key, the place or the bytes are not the same.
    pub(crate) fn open(&self, place: Place<'_>, sealed: &Sealed) -> Option<Zeroizing<Vec<u8>>> {
        if sealed.key_id() != self.id || sealed.key_version() != self.version {
            return None;
        }
        let (header, rest) = sealed.0.split_at_checked(HEADER)?;
        let (nonce, body) = rest.split_at_checked(NONCE)?;
        let nonce: [u8; NONCE] = nonce.try_into().ok()?;
        let mut buffer = Zeroizing::new(body.to_vec());
        self.cipher()
            .decrypt_in_place(&Nonce::from(nonce), &place.associated_data(header), &mut *buffer)
            .ok()?;
        Some(buffer)
    }

    /// Wraps another key's bytes.
    pub(crate) fn wrap(&self, place: Place<'_>, key: &SealKey) -> Result<Sealed, StoreError> {
        self.seal(place, key.secret.bytes())
    }

    /// Unwraps a key that this one wrapped.
    pub(crate) fn unwrap(
        &self,
        place: Place<'_>,
        wrapped: &Sealed,
        version: u32,
    ) -> Option<SealKey> {
        let plain = self.open(place, wrapped)?;
        Some(SealKey::new(Secret::from_slice(&plain)?, version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HERE: Place<'static> =
        Place { tenant: "a", table: "request", row: "r1", column: "patient_name" };

    fn key() -> SealKey {
        SealKey::random(1).unwrap()
    }

    #[test]
    fn opens_only_at_its_place() {
        let key = key();
        let sealed = key.seal(HERE, b"Ada").unwrap();
        assert_eq!(key.open(HERE, &sealed).unwrap().as_slice(), b"Ada");
        for other in [
            Place { tenant: "b", ..HERE },
            Place { table: "result", ..HERE },
            Place { row: "r2", ..HERE },
            Place { column: "member_id", ..HERE },
            // The same letters, cut elsewhere.
            Place { tenant: "ar", row: "1", ..HERE },
        ] {
            assert!(key.open(other, &sealed).is_none());
        }
    }

    #[test]
    fn another_key_or_version_does_not_open() {
        let first = key();
        let sealed = first.seal(HERE, b"Ada").unwrap();
        assert!(key().open(HERE, &sealed).is_none());
        let next = SealKey::new(Secret::from_slice(first.secret.bytes()).unwrap(), 2);
        assert!(next.open(HERE, &sealed).is_none());
    }

    #[test]
    fn the_same_value_never_looks_the_same() {
        let key = key();
        let (a, b) = (key.seal(HERE, b"Ada").unwrap(), key.seal(HERE, b"Ada").unwrap());
        assert_ne!(a, b);
    }

    #[test]
    fn short_or_unknown_bytes_are_refused() {
        let whole = key().seal(HERE, b"").unwrap().as_bytes().to_vec();
        assert!(Sealed::from_bytes(whole.clone()).is_ok());
        assert!(Sealed::from_bytes(whole[..whole.len() - 1].to_vec()).is_err());
        let mut newer = whole;
        newer[0] = 2;
        assert!(Sealed::from_bytes(newer).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_come_back_and_any_flipped_bit_is_seen(
            plain in proptest::collection::vec(any::<u8>(), 0..200),
            at in any::<proptest::sample::Index>(),
            bit in 0_u8..8,
        ) {
            let key = key();
            let sealed = key.seal(HERE, &plain).unwrap();
            let opened = key.open(HERE, &sealed).unwrap();
            prop_assert_eq!(opened.as_slice(), plain.as_slice());
            let mut bytes = sealed.as_bytes().to_vec();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            let refused = match Sealed::from_bytes(bytes) {
                Ok(changed) => key.open(HERE, &changed).is_none(),
                Err(_) => true,
            };
            prop_assert!(refused);
        }
    }
}
