//! Giving out everything held about a person: requests, answers, calls with their files, consent, decisions, and who was told what.
//!
//! The folder that is written lies open, readable by its owner only: whoever asked for it answers for it. Every reading has its audit
//! row, and so has the giving out, before the first file is written.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use callwright_compliance::audit::{Action, Entry, Event};
use callwright_compliance::retention::RecordClass;
use callwright_compliance::{FieldSet, ObjectId, Phi, PhiString, Purpose, RequestId, TenantId};
use callwright_store::{
    Access, Call, Code, Patient, Request, ResultField, Sealed, Store, StoreError,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::RightsError;
use crate::dialler::SEALED;
use crate::retention::names;

/// Where an export comes from and goes to.
#[derive(Clone, Copy)]
pub struct Export<'a> {
    /// Durable state.
    pub store: &'a Store,
    /// The folder of the calls' files.
    pub calls: &'a Path,
    /// A folder that is not there yet.
    pub to: &'a Path,
}

/// What was given out.
#[derive(Clone, Debug, Serialize)]
pub struct Exported {
    /// The requests.
    pub requests: Vec<RequestId>,
    /// How many files of calls.
    pub files: usize,
    /// Files of calls that do not open under their request's key, as `CALL/NAME`: damaged, or changed outside of this program.
    pub unreadable: Vec<String>,
}

/// The file with everything but the files of calls.
const DOCUMENT: &str = "person.json";

/// Classes whose files are given out.
const CLASSES: [RecordClass; 5] = [
    RecordClass::Disclosure,
    RecordClass::Audio,
    RecordClass::Words,
    RecordClass::Exchanges,
    RecordClass::Result,
];

/// Writes everything about some requests into a new folder. `access` says who asked; its purpose should be [`Purpose::Export`].
///
/// # Errors
/// [`RightsError::File`] where the folder is there already or cannot be written; those of the store.
pub async fn export(
    export: &Export<'_>,
    tenant: &TenantId,
    requests: &[RequestId],
    access: Access<'_>,
) -> Result<Exported, RightsError> {
    let done = give_out(export, tenant, requests, access).await;
    done.map_err(|error| unnamed(error, export.to))
}

/// The folder's name may be the person's: it is not repeated.
fn unnamed(error: RightsError, to: &Path) -> RightsError {
    if let RightsError::File { path, kind } = &error
        && let Ok(inside) = path.strip_prefix(to)
    {
        // By its components, which leave no slash at the end.
        let path = Path::new("the folder of the export").join(inside).components().collect();
        return RightsError::File { path, kind: *kind };
    }
    error
}

async fn give_out(
    export: &Export<'_>,
    tenant: &TenantId,
    requests: &[RequestId],
    access: Access<'_>,
) -> Result<Exported, RightsError> {
    if export.to.exists() {
        return Err(failed(export.to)(ErrorKind::AlreadyExists.into()));
    }
    let mut done = Exported { requests: requests.to_vec(), files: 0, unreadable: Vec::new() };
    let (mut documents, mut of_calls) = (Vec::new(), Vec::new());
    for request in requests {
        let request = export.store.request(tenant, request).await?;
        let calls = export.store.calls(tenant, &request.id).await?;
        documents.push(about(export.store, &request, &calls, access).await?);
        of_calls.extend(calls.into_iter().map(|call| (request.clone(), call)));
    }
    note(export.store, tenant, requests, access).await?;
    make_folder(export.to)?;
    for (request, call) in &of_calls {
        files(export, request, call, access, &mut done).await?;
    }
    let document = json!({ "written_at": access.now, "practice": tenant, "requests": documents });
    let text = Phi::new(serde_json::to_vec_pretty(&document).map_err(|_| RightsError::Form)?);
    write(&export.to.join(DOCUMENT), &text)?;
    Ok(done)
}

/// The audit says first that it is given out: a copy that fails half-way was given out, too.
async fn note(
    store: &Store,
    tenant: &TenantId,
    requests: &[RequestId],
    access: Access<'_>,
) -> Result<(), StoreError> {
    let mut tx = store.begin(tenant, access.actor, access.now).await?;
    for request in requests {
        let mut event = Event::new(access.actor.clone(), Action::Exported);
        event.object = ObjectId::new(request.as_str()).ok();
        event.purpose = Some(access.purpose);
        event.fields =
            CLASSES.iter().fold(FieldSet::EMPTY, |fields, class| fields.union(class.fields()));
        tx.audit(event).await?;
    }
    tx.commit().await
}

/// The value itself: the one place where the values of an export leave their wrappers.
fn shown(value: &PhiString) -> &str {
    value.expose(Purpose::Export)
}

async fn about(
    store: &Store,
    request: &Request,
    calls: &[Call],
    access: Access<'_>,
) -> Result<Value, RightsError> {
    let (tenant, id, order) = (&request.tenant, &request.id, &request.order);
    let patient = store.patient(tenant, id, access).await?;
    let results = store.results(tenant, id, access).await?;
    let mut history = entries(store, tenant, id.as_str()).await?;
    for call in calls {
        history.extend(entries(store, tenant, call.id.as_str()).await?);
    }
    history.sort_by_key(|entry| entry.seq);
    let told = history.iter().filter(|entry| is_disclosure(entry.action));
    Ok(json!({
        "request": id,
        "state": request.state,
        "outcome": request.outcome,
        "created_at": request.created_at,
        "updated_at": request.updated_at,
        "provider": order.provider,
        "payer": order.payer,
        "purpose": order.purpose,
        "class": order.class,
        "question_set": order.question_set,
        "patient_kind": order.patient_kind,
        "patient": who(&patient),
        "ai_call_consent": order.consent,
        "result": results.iter().map(answer).collect::<Vec<_>>(),
        "decisions": store.decisions(tenant, id).await?,
        "calls": calls.iter().map(one_call).collect::<Vec<_>>(),
        "disclosures": told.map(|entry| disclosure(entry, request, calls)).collect::<Vec<_>>(),
        "history": history.iter().map(act).collect::<Vec<_>>(),
    }))
}

async fn entries(store: &Store, tenant: &TenantId, id: &str) -> Result<Vec<Entry>, StoreError> {
    match ObjectId::new(id) {
        Ok(id) => store.entries_about(tenant, &id).await,
        Err(_) => Ok(Vec::new()),
    }
}

fn who(patient: &Patient) -> Value {
    json!({
        "name": shown(&patient.name),
        "date_of_birth": shown(&patient.date_of_birth),
        "member_id": shown(&patient.member_id),
        "group_number": patient.group_number.as_ref().map(shown),
        "relationship": shown(&patient.relationship),
        "date_of_service": patient.date_of_service.as_ref().map(shown),
    })
}

fn answer(field: &ResultField) -> Value {
    let from = &field.evidence;
    json!({
        "field": from.field,
        "value": field.value.as_ref().map(shown),
        "call": from.call,
        "confidence": from.confidence,
        "utterance": from.utterance,
        "from_ms": from.from_ms,
        "to_ms": from.to_ms,
        "read_back": from.read_back,
        "recorded": from.evidenced,
    })
}

fn one_call(call: &Call) -> Value {
    json!({
        "call": call.id,
        "number": call.number.e164(),
        "decision": call.decision,
        "intent_at": call.intent_at,
        "placed_at": call.placed_at,
        "answered_at": call.answered_at,
        "ended_at": call.ended_at,
        "outcome": call.outcome,
    })
}

/// Whether an act told something of the person to somebody outside.
fn is_disclosure(action: Action) -> bool {
    matches!(action, Action::Egress | Action::ResultDelivered)
}

/// Date, recipient, what, and what for: the fields of 45 CFR 164.528(b)(2).
fn disclosure(entry: &Entry, request: &Request, calls: &[Call]) -> Value {
    let call = calls
        .iter()
        .find(|call| entry.object.as_ref().is_some_and(|id| id.as_str() == call.id.as_str()));
    json!({
        "at": entry.at,
        "call": call.map(|call| &call.id),
        "recipient": entry.recipient.as_ref().map_or_else(|| format!("payer {}", request.order.payer), ToString::to_string),
        "number": call.filter(|_| entry.recipient.is_none()).map(|call| call.number.e164()),
        "fields": entry.fields,
        "purpose": request.order.purpose,
    })
}

fn act(entry: &Entry) -> Value {
    json!({
        "at": entry.at,
        "action": entry.action,
        "object": entry.object,
        "purpose": entry.purpose,
        "fields": entry.fields,
        "recipient": entry.recipient,
    })
}

/// Copies what is left of a call's files, opened.
async fn files(
    export: &Export<'_>,
    request: &Request,
    call: &Call,
    access: Access<'_>,
    done: &mut Exported,
) -> Result<(), RightsError> {
    let from = export.calls.join(call.id.as_str());
    let to = export.to.join(call.id.as_str());
    for name in CLASSES.into_iter().flat_map(names) {
        let bytes = if let Some(open) = read(&from.join(name))? {
            Phi::new(open)
        } else if let Some(sealed) = read(&from.join(format!("{name}{SEALED}")))? {
            let opened = match Sealed::from_bytes(sealed) {
                Ok(sealed) => {
                    let (store, code) = (export.store, Code::new(name)?);
                    store.open_file(&request.tenant, &request.id, &code, &sealed, access).await
                }
                Err(_) => Err(StoreError::Seal { table: "file", column: "content" }),
            };
            match opened {
                Ok(bytes) => bytes,
                Err(StoreError::Seal { .. }) => {
                    done.unreadable.push(format!("{}/{name}", call.id));
                    continue;
                }
                Err(error) => return Err(error.into()),
            }
        } else {
            continue;
        };
        if !to.exists() {
            make_folder(&to)?;
        }
        write(&to.join(name), &bytes)?;
        done.files += 1;
    }
    Ok(())
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> RightsError {
    let path: PathBuf = path.to_owned();
    move |error| RightsError::File { path, kind: error.kind() }
}

fn make_folder(path: &Path) -> Result<(), RightsError> {
    DirBuilder::new().mode(0o700).create(path).map_err(failed(path))
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, RightsError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path)(error)),
    }
}

fn write(path: &Path, bytes: &Phi<Vec<u8>>) -> Result<(), RightsError> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(bytes.expose(Purpose::Export)))
        .map_err(failed(path))
}
