//! The key ring: the key file, and the two layers of keys it opens (rule K1).
//!
//! The file's key wraps each tenant's key; a tenant's key wraps one data key per request; a data key seals that request's
//! patient values. So a tenant's key can be changed by wrapping its data keys again, and a request is erased by destroying
//! its one data key. This module reads and makes key files; where wrapped keys are kept is the store's matter. It does not
//! speak to a key management service.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::error::StoreError;
use crate::sealed::{KEY, KeyId, Place, SealKey, Sealed, Secret};

/// Permission bits that let anyone but the owner at a file.
pub(crate) const OTHERS: u32 = 0o077;
/// A key file is 44 characters and a newline; what is longer is another file.
const KEY_FILE_BYTES_MAX: u64 = 64;
/// The file's key has no versions: a new one is a new file with a new id.
const FILE_KEY_VERSION: u32 = 1;

/// The key that opens a database, read from its key file.
///
/// No `Debug`, `Clone` or `Serialize`: it is moved into the store that uses it, and zeroised with it.
pub struct KeyRing {
    key: SealKey,
}

impl KeyRing {
    /// Makes a key file with 32 random bytes, readable by its owner only, and opens it.
    ///
    /// # Errors
    /// [`StoreError::KeyFileExists`] where there is a file already, [`StoreError::File`] where it cannot be written.
    pub fn create(path: &Path) -> Result<KeyRing, StoreError> {
        let secret = Secret::random()?;
        let mut text = Zeroizing::new(STANDARD.encode(secret.bytes()));
        text.push('\n');
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(
                |error| {
                    if error.kind() == io::ErrorKind::AlreadyExists {
                        return StoreError::KeyFileExists { path: path.to_owned() };
                    }
                    StoreError::file("create the key file", path, &error)
                },
            )?;
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .and_then(|()| sync_folder(path))
            .map_err(|error| StoreError::file("write the key file", path, &error))?;
        Ok(KeyRing { key: SealKey::new(secret, FILE_KEY_VERSION) })
    }

    /// Opens a key file.
    ///
    /// # Errors
    /// [`StoreError::KeyFileMissing`], [`StoreError::KeyFilePermissions`] where others may read it,
    /// [`StoreError::KeyFileMalformed`], or [`StoreError::File`].
    pub fn open(path: &Path) -> Result<KeyRing, StoreError> {
        let file = File::open(path).map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                return StoreError::KeyFileMissing { path: path.to_owned() };
            }
            StoreError::file("open the key file", path, &error)
        })?;
        // Asked of the open file, not of the path: the path may point elsewhere a moment later.
        let metadata =
            file.metadata().map_err(|error| StoreError::file("read the key file", path, &error))?;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & OTHERS != 0 {
            return Err(StoreError::KeyFilePermissions { path: path.to_owned(), mode });
        }
        let malformed = || StoreError::KeyFileMalformed { path: path.to_owned() };
        let mut text = Zeroizing::new(Vec::with_capacity(KEY_FILE_BYTES_MAX as usize + 1));
        file.take(KEY_FILE_BYTES_MAX + 1)
            .read_to_end(&mut text)
            .map_err(|error| StoreError::file("read the key file", path, &error))?;
        let mut bytes = Zeroizing::new([0_u8; KEY + 4]);
        let decoded = STANDARD
            .decode_slice(text.trim_ascii(), bytes.as_mut_slice())
            .map_err(|_| malformed())?;
        let secret = bytes.get(..decoded).and_then(Secret::from_slice).ok_or_else(malformed)?;
        Ok(KeyRing { key: SealKey::new(secret, FILE_KEY_VERSION) })
    }

    /// A key that lives only as long as this process: for a store in memory.
    ///
    /// # Errors
    /// [`StoreError::NoRandomness`].
    pub fn ephemeral() -> Result<KeyRing, StoreError> {
        Ok(KeyRing { key: SealKey::random(FILE_KEY_VERSION)? })
    }

    /// The key's name: a digest, safe to show and log.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.key.id()
    }

    /// A value that only this key opens, kept in the database to tell a wrong key file at once.
    pub(crate) fn check_value(&self) -> Result<Sealed, StoreError> {
        self.key.seal(CHECK, CHECK_TEXT)
    }

    pub(crate) fn opens(&self, check: &Sealed) -> bool {
        self.key.open(CHECK, check).is_some_and(|text| text.as_slice() == CHECK_TEXT)
    }

    pub(crate) fn wrap_tenant_key(
        &self,
        tenant: &str,
        key: &SealKey,
    ) -> Result<Sealed, StoreError> {
        self.key.wrap(tenant_place(tenant), key)
    }

    pub(crate) fn unwrap_tenant_key(
        &self,
        tenant: &str,
        wrapped: &Sealed,
        version: u32,
    ) -> Result<SealKey, StoreError> {
        self.key
            .unwrap(tenant_place(tenant), wrapped, version)
            .ok_or(StoreError::Seal { table: "tenant_key", column: "wrapped" })
    }

    /// Seals the seed of the key that signs a tenant's audit.
    pub(crate) fn seal_audit_key(&self, tenant: &str, seed: &Secret) -> Result<Sealed, StoreError> {
        self.key.seal(audit_place(tenant), seed.bytes())
    }

    pub(crate) fn open_audit_key(
        &self,
        tenant: &str,
        sealed: &Sealed,
    ) -> Result<Secret, StoreError> {
        let seed = self.key.open(audit_place(tenant), sealed);
        seed.and_then(|seed| Secret::from_slice(&seed))
            .ok_or(StoreError::Seal { table: "audit_key", column: "sealed" })
    }
}

const CHECK: Place<'static> = Place { tenant: "", table: "key_check", row: "1", column: "sealed" };
const CHECK_TEXT: &[u8] = b"callwright: this key file opens this database";

fn tenant_place(tenant: &str) -> Place<'_> {
    Place { tenant, table: "tenant_key", row: tenant, column: "wrapped" }
}

fn audit_place(tenant: &str) -> Place<'_> {
    Place { tenant, table: "audit_key", row: tenant, column: "sealed" }
}

pub(crate) fn request_place<'a>(tenant: &'a str, request: &'a str) -> Place<'a> {
    Place { tenant, table: "request_key", row: request, column: "wrapped" }
}

/// A new file is only safe once its folder's entry is on the disc too.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_key_file_is_private_and_opens_to_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let made = KeyRing::create(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let opened = KeyRing::open(&path).unwrap();
        assert_eq!(made.id(), opened.id());
        assert!(opened.opens(&made.check_value().unwrap()));
        assert!(!KeyRing::ephemeral().unwrap().opens(&made.check_value().unwrap()));
    }

    #[test]
    fn an_existing_key_file_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        KeyRing::create(&path).unwrap();
        let before = fs::read(&path).unwrap();
        assert!(matches!(KeyRing::create(&path), Err(StoreError::KeyFileExists { .. })));
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn loose_permissions_are_refused_with_the_cure() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        KeyRing::create(&path).unwrap();
        for mode in [0o640, 0o604, 0o644, 0o660, 0o610] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = KeyRing::open(&path).err().unwrap();
            assert!(matches!(error, StoreError::KeyFilePermissions { .. }));
            assert!(error.to_string().contains("chmod 600"));
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        assert!(KeyRing::open(&path).is_ok());
    }

    #[test]
    fn what_is_not_a_key_is_named_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        assert!(matches!(KeyRing::open(&path), Err(StoreError::KeyFileMissing { .. })));
        for text in ["", "not base64!", "c2hvcnQ=", &STANDARD.encode([7; 33]), &"A".repeat(4096)] {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            let error = KeyRing::open(&path).err().unwrap();
            assert!(matches!(error, StoreError::KeyFileMalformed { .. }));
            assert!(text.is_empty() || !error.to_string().contains(text));
        }
    }
}
