//! What can go wrong with a recording, and what became of the file.
//!
//! No behaviour here.

use std::io;

/// Why the recorder could not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    /// The disk's fault: the file could not be made, written, cut or closed.
    #[error("the recording could not be {doing}: {source}; see to the disk's space and rights")]
    Disk {
        /// What failed.
        doing: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The disk's fault: a part that had to be deleted could not be, so the whole file was.
    #[error("a part of the recording could not be deleted, so all of it was: {source}")]
    Deleted {
        /// Why the part could not be.
        #[source]
        source: io::Error,
    },
    /// The disk's fault: a part had to be deleted, and neither it nor the file could be.
    #[error(
        "the recording holds what must not be kept, and could not be deleted: {source}; delete it by hand"
    )]
    NotDeleted {
        /// Why the part could not be.
        #[source]
        source: io::Error,
    },
    /// The caller's fault: the permit is another call's.
    #[error(
        "the recording permit is of another decision than this recorder's: give it to its own call"
    )]
    OtherCall,
}

impl RecorderError {
    pub(super) fn failed(doing: &'static str) -> impl FnOnce(io::Error) -> RecorderError {
        move |source| RecorderError::Disk { doing, source }
    }

    /// Whether the file is gone, or should be.
    pub(super) fn is_about_deletion(&self) -> bool {
        match self {
            RecorderError::Deleted { .. } | RecorderError::NotDeleted { .. } => true,
            RecorderError::Disk { .. } | RecorderError::OtherCall => false,
        }
    }
}
