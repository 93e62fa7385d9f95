//! The list of erased requests, kept in a file beside the database and apart from its backups (rule K1).
//!
//! A database that is restored from a backup has old data keys in it again. On opening, the store destroys those that the list
//! names. So a backup of the database is restored without replacing the list; `restore.rs`
//! does that. One line an erasure: tenant, request and the
//! microsecond, with spaces between. The list holds opaque ids only.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use callwright_compliance::id::{RequestId, TenantId};
use jiff::Timestamp;

use crate::error::StoreError;
use crate::keys::sync_folder;

/// One erased request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Erasure {
    pub(crate) tenant: TenantId,
    pub(crate) request: RequestId,
    pub(crate) at: Timestamp,
}

impl Erasure {
    fn line(&self) -> String {
        format!("{} {} {}\n", self.tenant, self.request, self.at.as_microsecond())
    }

    fn parse(line: &str) -> Option<Erasure> {
        let mut parts = line.split(' ');
        let erasure = Erasure {
            tenant: parts.next()?.parse().ok()?,
            request: parts.next()?.parse().ok()?,
            at: Timestamp::from_microsecond(parts.next()?.parse().ok()?).ok()?,
        };
        parts.next().is_none().then_some(erasure)
    }
}

/// The file beside a database.
pub(crate) struct ErasureList {
    path: PathBuf,
}

impl ErasureList {
    pub(crate) fn beside(database: &Path) -> ErasureList {
        let mut path = database.as_os_str().to_owned();
        path.push(".erasures");
        ErasureList { path: path.into() }
    }

    /// A list that lies somewhere else.
    pub(crate) fn at(path: &Path) -> ErasureList {
        ErasureList { path: path.to_owned() }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is a file.
    pub(crate) fn exists(&self) -> bool {
        self.path.exists()
    }

    /// Every erasure, oldest first. A last line without its newline is a write that never finished: its transaction did not commit.
    pub(crate) fn read(&self) -> Result<Vec<Erasure>, StoreError> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => {
                return Err(StoreError::file("read the erasure list", &self.path, &error));
            }
        };
        text.split_inclusive('\n')
            .filter_map(|line| line.strip_suffix('\n'))
            .filter(|line| !line.is_empty())
            .map(|line| {
                Erasure::parse(line).ok_or_else(|| {
                    let broken = io::Error::from(io::ErrorKind::InvalidData);
                    StoreError::file("understand a line of the erasure list", &self.path, &broken)
                })
            })
            .collect()
    }

    /// Adds erasures and waits until they are on the disc. A line that an earlier write left unfinished is cut off first: with a
    /// newline after it, it would be a whole line that nobody understands. The caller holds the database's writing transaction, so
    /// nobody else appends meanwhile.
    pub(crate) fn append(&self, erasures: &[Erasure]) -> Result<(), StoreError> {
        let text: String = erasures.iter().map(Erasure::line).collect();
        OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&self.path)
            .and_then(|mut file| {
                cut_torn_line(&mut file)?;
                file.write_all(text.as_bytes())?;
                file.sync_all()
            })
            .and_then(|()| sync_folder(&self.path))
            .map_err(|error| StoreError::file("write the erasure list", &self.path, &error))
    }
}

/// Cuts a file off after its last newline.
fn cut_torn_line(file: &mut File) -> io::Result<()> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    if whole < bytes.len() {
        file.set_len(whole as u64)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn erasure(request: &str) -> Erasure {
        Erasure {
            tenant: TenantId::new("oak").unwrap(),
            request: RequestId::new(request).unwrap(),
            at: Timestamp::from_microsecond(1_700_000_000_000_001).unwrap(),
        }
    }

    #[test]
    fn what_is_appended_is_read_and_others_cannot_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let list = ErasureList::beside(&folder.path().join("db"));
        assert_eq!(list.read().unwrap(), Vec::new());
        list.append(&[erasure("a")]).unwrap();
        list.append(&[erasure("b"), erasure("c")]).unwrap();
        assert_eq!(list.read().unwrap(), [erasure("a"), erasure("b"), erasure("c")]);
        assert_eq!(fs::metadata(&list.path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_is_appended_after_a_torn_line_is_read() {
        for torn in ["oak half", "oak b 1700000000000001"] {
            let folder = tempfile::tempdir().unwrap();
            let list = ErasureList::beside(&folder.path().join("db"));
            // Also where the torn line is the first.
            for before in [&[][..], &[erasure("a")][..]] {
                fs::write(&list.path, before.iter().map(Erasure::line).collect::<String>())
                    .unwrap();
                let mut file = OpenOptions::new().append(true).open(&list.path).unwrap();
                file.write_all(torn.as_bytes()).unwrap();
                list.append(&[erasure("c")]).unwrap();
                let wanted: Vec<_> = before.iter().cloned().chain([erasure("c")]).collect();
                assert_eq!(list.read().unwrap(), wanted);
            }
        }
    }

    #[test]
    fn a_torn_line_is_passed_over_and_a_strange_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let list = ErasureList::beside(&folder.path().join("db"));
        list.append(&[erasure("a")]).unwrap();
        let mut file = OpenOptions::new().append(true).open(&list.path).unwrap();
        file.write_all(b"oak half").unwrap();
        assert_eq!(list.read().unwrap(), [erasure("a")]);
        file.write_all(b"\n").unwrap();
        assert!(matches!(list.read(), Err(StoreError::File { .. })));
    }
}
