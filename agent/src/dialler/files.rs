//! The files of a call: its folder, and what is written into it when the call is over, sealed or open as the services have it.
//!
//! The journal and the recording are written while the call runs, by `call::journal` and `media::recorder`.

use std::path::{Path, PathBuf};

use callwright_compliance::audit::Actor;
use callwright_compliance::{Phi, Purpose, RequestId, TenantId};
use callwright_store::{Access, CallId, Code, FileSealer, Request, StoreError};
use callwright_vendors::What;

use super::DialError;
use super::keep::Files;
use super::plan::RECORDING;
use crate::call::CallReport;
use crate::results::{self, Document, ResultError, Sources};
use crate::services::{FileKeeping, Services};

/// The words of a call, a line an utterance.
fn words(report: &CallReport) -> Result<Vec<u8>, DialError> {
    let mut out = Vec::new();
    for (id, utterance) in report.vault.utterances() {
        let each = utterance.words().words.iter();
        let words: Vec<_> = each
            .map(|word| serde_json::json!([word.text, word.from_ms, word.to_ms, word.confidence]))
            .collect();
        let line = serde_json::json!({ "utterance": id, "words": words });
        serde_json::to_writer(&mut out, &line).map_err(std::io::Error::from)?;
        out.push(b'\n');
    }
    Ok(out)
}

/// What went to vendors and came back, a line each: who, when, about which utterance, turn or piece of speech, and the words.
fn vendors(report: &CallReport) -> Result<Vec<u8>, DialError> {
    let mut out = Vec::new();
    for exchange in report.exchanges.iter() {
        let mut line = serde_json::json!({
            "vendor": exchange.vendor,
            "at_us": exchange.at.0,
            "number": exchange.number,
            "what": exchange.what.name(),
        });
        match &exchange.what {
            What::Request(body) | What::Answer(body) => {
                line["body"] = body.expose(Purpose::Record).as_str().into();
            }
            What::AudioSent { bytes } | What::AudioReceived { bytes, .. } => {
                line["bytes"] = (*bytes).into();
            }
            What::Failed(error) => line["error"] = error.to_string().into(),
            What::Opened | What::Ended | What::Cancelled => {}
        }
        serde_json::to_writer(&mut out, &line).map_err(std::io::Error::from)?;
        out.push(b'\n');
    }
    let lost = report.exchanges.lost();
    if lost > 0 {
        tracing::warn!(lost, "not all that went to vendors could be kept");
    }
    Ok(out)
}

/// The words' file.
pub(crate) const WORDS: &str = "words.jsonl";
/// The file of what went to vendors and came back.
pub(crate) const EXCHANGES: &str = "vendors.jsonl";
/// The result's file.
pub(crate) const RESULT: &str = "result.json";
/// What a sealed file's name ends with.
pub(crate) const SEALED: &str = ".sealed";

/// The folder of a call that was not placed yet. It goes, with what is in it, unless the call comes about.
pub(super) struct CallFolder {
    path: PathBuf,
    kept: bool,
}

impl CallFolder {
    /// Makes it. Its owner alone may enter.
    pub(super) fn make(path: PathBuf) -> std::io::Result<CallFolder> {
        use std::os::unix::fs::DirBuilderExt;

        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
        Ok(CallFolder { path, kept: false })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The call was placed: from here on there is something to keep.
    pub(super) fn keep(mut self) -> PathBuf {
        self.kept = true;
        std::mem::take(&mut self.path)
    }
}

impl Drop for CallFolder {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            tracing::warn!(%error, "the folder of a call that was not placed is left");
        }
    }
}

/// Writes the words and the result, sealed or open as the services have it, and seals the recording. Beside an open result lie its
/// other forms ([`results::write_all`]); from a sealed one they are rendered when somebody asks.
pub(super) async fn write_files(
    services: &Services,
    tenant: &TenantId,
    request: &RequestId,
    files: &Files<'_>,
) -> Result<(), DialError> {
    let result = serde_json::to_vec_pretty(files.result).map_err(std::io::Error::from)?;
    let texts =
        [(WORDS, words(files.report)?), (EXCHANGES, vendors(files.report)?), (RESULT, result)];
    match services.keeping {
        FileKeeping::Open => {
            for (name, bytes) in texts {
                std::fs::write(files.folder.join(name), bytes)?;
            }
            results::write_all(files.folder, &document(services, tenant, request).await?)?;
        }
        FileKeeping::Sealed => {
            let sealer = sealer(services, tenant, request, files.folder).await?;
            for (name, bytes) in texts {
                let sealed = sealer.seal(&Code::new(name)?, &Phi::new(bytes))?;
                std::fs::write(files.folder.join(format!("{name}{SEALED}")), sealed.as_bytes())?;
            }
            seal_recording(&sealer, files.folder)?;
        }
    }
    Ok(())
}

/// What is known about the request by now, as the store has it.
async fn document(
    services: &Services,
    tenant: &TenantId,
    request: &RequestId,
) -> Result<Document, ResultError> {
    let sources = Sources {
        store: &services.store,
        directory: &services.directory,
        pack: &services.pack,
        calls: &services.calls_dir,
    };
    let actor = Actor::Node(services.node_id.clone());
    let now = services.clock.wall();
    let access = Access { purpose: Purpose::RenderResult, actor: &actor, now };
    Document::gather(&sources, tenant, request, access).await
}

/// What seals the files of a call. Where the request was erased meanwhile, nothing can be sealed any more, and the recording that lies open
/// is deleted.
async fn sealer(
    services: &Services,
    tenant: &TenantId,
    request: &RequestId,
    folder: &Path,
) -> Result<FileSealer, DialError> {
    let sealer = services.store.file_sealer(tenant, request).await;
    if matches!(sealer, Err(StoreError::Erased)) {
        let recording = folder.join(RECORDING);
        if recording.exists() {
            std::fs::remove_file(recording)?;
        }
    }
    Ok(sealer?)
}

/// Seals what a call recorded and removes the open file. Does nothing where there is none.
fn seal_recording(sealer: &FileSealer, folder: &Path) -> Result<(), DialError> {
    let path = folder.join(RECORDING);
    if path.exists() {
        let bytes = Phi::new(std::fs::read(&path)?);
        let sealed = sealer.seal(&Code::new(RECORDING)?, &bytes)?;
        std::fs::write(folder.join(format!("{RECORDING}{SEALED}")), sealed.as_bytes())?;
        std::fs::remove_file(&path)?;
    }
    Ok(())
}

/// Seals the recording that a process left open when it died in the middle of a call.
///
/// # Errors
/// Those of the store and the files; the file then stays as it is.
pub(crate) async fn seal_leftovers(
    services: &Services,
    request: &Request,
    call: &CallId,
) -> Result<(), DialError> {
    if services.keeping == FileKeeping::Sealed {
        let folder = services.calls_dir.join(call.as_str());
        let sealer = sealer(services, &request.tenant, &request.id, &folder).await?;
        seal_recording(&sealer, &folder)?;
    }
    Ok(())
}
