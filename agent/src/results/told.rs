//! What a call wrote down about itself: what ended it, when the disclosure was heard, whether somebody objected to being recorded.
//!
//! It stands in the call's result file, sealed or open, and not in the store. Where the file is gone a result does without it: its
//! answers and their evidence are in the store.

use std::io::ErrorKind;
use std::path::Path;

use callwright_compliance::{Phi, Purpose};
use callwright_store::{Access, CallId, Code, Request, Sealed, StoreError};
use serde::Deserialize;

use super::ResultError;
use super::document::Sources;
use crate::dialler::{RESULT, SEALED};

/// The part of a result file that is read again.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Told {
    #[serde(default)]
    pub(super) ended_by: Option<String>,
    #[serde(default)]
    pub(super) disclosures: Vec<Disclosure>,
    #[serde(default)]
    pub(super) recording_objected: bool,
}

/// One disclosure.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Disclosure {
    /// When its playout was proven, in milliseconds since dialling.
    pub(super) proven_ms: u64,
    /// How it is known.
    pub(super) proven_by: String,
}

/// What a call told; `None` where its file is not there.
pub(super) async fn told(
    sources: &Sources<'_>,
    request: &Request,
    call: &CallId,
    access: Access<'_>,
) -> Result<Option<Told>, ResultError> {
    let damaged = || ResultError::CallFile { call: call.to_string() };
    let folder = sources.calls.join(call.as_str());
    let bytes = if let Some(open) = read(&folder.join(RESULT))? {
        Phi::new(open)
    } else if let Some(sealed) = read(&folder.join(format!("{RESULT}{SEALED}")))? {
        let sealed = Sealed::from_bytes(sealed).map_err(|_| damaged())?;
        let (store, name) = (sources.store, Code::new(RESULT)?);
        let opened = store.open_file(&request.tenant, &request.id, &name, &sealed, access).await;
        opened.map_err(|error| {
            if matches!(error, StoreError::Seal { .. }) { damaged() } else { error.into() }
        })?
    } else {
        return Ok(None);
    };
    let told = serde_json::from_slice(bytes.expose(Purpose::RenderResult));
    // What is wrong with it may quote it.
    told.map(Some).map_err(|_| damaged())
}

/// A file's bytes; `None` where it is not there.
fn read(path: &Path) -> Result<Option<Vec<u8>>, ResultError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ResultError::file(path)(error)),
    }
}
