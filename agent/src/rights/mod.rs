//! The rights of a person: everything held about them, given out; and everything that may go, erased (45 CFR 164.524, 164.528; GDPR 15, 17).
//!
//! A person is named by one of their requests, or by exact identifiers in a file; the store finds the requests by keyed digests. Whether
//! whoever asks is that person, or may ask for them, is the practice's to verify. This module does not amend anything.

mod erase;
mod export;
mod identifiers;
#[cfg(test)]
mod tests;

use std::io::ErrorKind;
use std::path::PathBuf;

use callwright_compliance::RequestId;
use callwright_store::StoreError;

pub use erase::{Erased, Retained, erase};
pub use export::{Export, Exported, export};
pub use identifiers::read_person;

/// Why somebody's data was not given out or not erased. No message holds a value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RightsError {
    /// Nothing was erased, for some of it may not be.
    #[error("nothing was erased: {}", blocked(.held, .running))]
    Blocked {
        /// Requests under a legal hold, or concerned by an incident that is not closed.
        held: Vec<RequestId>,
        /// Requests that a call is about to be placed for, or runs for.
        running: Vec<RequestId>,
    },
    /// The file of identifiers is not one.
    #[error(
        "the file of identifiers: {why}; write {{\"name\": …, \"date_of_birth\": \"YYYY-MM-DD\", \"member_id\": …}}, of which the last may be left out"
    )]
    Identifiers {
        /// What is wrong with it. Not its name: people name files after patients.
        why: String,
    },
    /// Nobody was found.
    #[error(
        "no request is about such a person: name and date of birth must be as the request had them; one that was erased is not found"
    )]
    Nobody,
    /// A file could not be read or written.
    #[error("{path}: {kind}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The operating system's reason.
        kind: ErrorKind,
    },
    /// The store.
    #[error("the store: {0}")]
    Store(#[from] StoreError),
    /// The export could not be put into its form: a fault of ours.
    #[error("the export could not be put into its form: a fault of the program")]
    Form,
}

fn blocked(held: &[RequestId], running: &[RequestId]) -> String {
    let list = |what: &str, ids: &[RequestId]| {
        let ids: Vec<&str> = ids.iter().map(RequestId::as_str).collect();
        (!ids.is_empty()).then(|| format!("{what}: {}", ids.join(", ")))
    };
    let reasons = [
        list(
            "a legal hold or an open incident stands on (`callwright hold list` says which)",
            held,
        ),
        list("a call runs or is about to be placed for", running),
    ];
    reasons.into_iter().flatten().collect::<Vec<_>>().join("; ")
}
