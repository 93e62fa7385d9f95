//! Which files of a call are of which class, and deleting them.
//!
//! A name stands here once; whoever writes, purges or exports a call's files takes it from here or from where it is written. Nothing is
//! overwritten before it is deleted: what is sealed needs no more, and a disc that moves its blocks would not obey.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

use callwright_compliance::retention::RecordClass;
use callwright_store::Found;

use crate::dialler::{EXCHANGES, JOURNAL, RECORDING, RESULT, SEALED, WORDS};
use crate::results::FILES;

/// The classes whose files hold what a patient is known by. They go when the request is erased.
pub(crate) const SEALED_CLASSES: [RecordClass; 4] =
    [RecordClass::Audio, RecordClass::Words, RecordClass::Exchanges, RecordClass::Result];

/// The files of a class in a call's folder, without the ending of sealed ones.
pub(crate) fn names(class: RecordClass) -> Vec<&'static str> {
    match class {
        RecordClass::Disclosure => vec![JOURNAL],
        RecordClass::Audio => vec![RECORDING],
        RecordClass::Words => vec![WORDS],
        RecordClass::Exchanges => vec![EXCHANGES],
        RecordClass::Result => {
            std::iter::once(RESULT).chain(FILES.iter().map(|(name, _)| *name)).collect()
        }
        RecordClass::Audit
        | RecordClass::Consent
        | RecordClass::OptOut
        | RecordClass::Agreement
        | RecordClass::Policies
        | RecordClass::Log => Vec::new(),
    }
}

/// Deletes the files of a class, sealed and open, and the folder with its last file. Returns once they are gone from the disc.
///
/// # Errors
/// Those of the files; what could be deleted is.
pub(super) fn delete(folder: &Path, class: RecordClass) -> io::Result<Found> {
    let mut found = Found::None;
    let mut failed = None;
    for name in names(class) {
        for name in [name.to_owned(), format!("{name}{SEALED}")] {
            match fs::remove_file(folder.join(name)) {
                Ok(()) => found = Found::Some,
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => failed = Some(error),
            }
        }
    }
    if let Some(error) = failed {
        return Err(error);
    }
    if found == Found::Some {
        // A name that is gone comes back with a power cut until its folder is on the disc.
        File::open(folder)?.sync_all()?;
        match fs::remove_dir(folder) {
            Err(error) if error.kind() != ErrorKind::DirectoryNotEmpty => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(found)
}
