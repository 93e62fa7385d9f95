//! Writing down what happens to a request and its calls. Each act is kept with its audit row, in one transaction, or not at all.

use std::path::Path;

use callwright_compliance::audit::{Action, Actor, Event};
use callwright_compliance::egress::Recipient;
use callwright_compliance::{DecisionRecord, Mend, ObjectId, Phi, RequestId, TenantId};
use callwright_dialplan::retry::{CallOutcome, EndReason, Next, RetryRules};
use callwright_dialplan::twilio::CallSid;
use callwright_store::{
    CallEnd, CallId, CarrierSid, Code, Ending, Evidence, FileSealer, NewIntent, Request,
    ResultField, StoreError,
};
use jiff::SignedDuration;

use super::plan::{JOURNAL, RECORDING};
use super::result::CallResult;
use super::{Claimed, DialError};
use crate::call::{CallReport, Note, translate};
use crate::services::{FileKeeping, Services};

/// After a fault of our own before anything was dialled: long enough for it to pass, short enough not to lose the day.
const GIVE_BACK: SignedDuration = SignedDuration::from_mins(2);

/// Nothing was dialled: the request goes back to the queue. Gives the error back, to be told.
pub(super) async fn give_back(
    services: &Services,
    claimed: Claimed,
    actor: &Actor,
    error: DialError,
) -> DialError {
    let now = services.clock.wall();
    let needs_staff = matches!(error, DialError::NoLine | DialError::NoQuestions);
    let result = if needs_staff {
        end(services, claimed, actor, &Ending::NeedsStaff, "not_callable").await
    } else {
        let released = services.store.release(claimed.lease, now + GIVE_BACK, now).await;
        released.map_err(DialError::from)
    };
    if let Err(error) = result {
        // Its lease runs out, and it is claimed again then.
        tracing::error!(%error, "a request could not be given back");
    }
    error
}

/// Policy refused: waiting may mend it, or staff must.
pub(super) async fn refused(
    services: &Services,
    claimed: Claimed,
    actor: &Actor,
    record: &DecisionRecord,
) -> Result<(), DialError> {
    let staff = record.reasons.iter().any(|reason| reason.code.mend() == Mend::Staff);
    let ending = if staff {
        Ending::NeedsStaff
    } else {
        Ending::Retry { not_before: services.clock.wall() + SignedDuration::from_mins(15) }
    };
    end(services, claimed, actor, &ending, "policy_refused").await
}

async fn end(
    services: &Services,
    claimed: Claimed,
    actor: &Actor,
    ending: &Ending,
    outcome: &str,
) -> Result<(), DialError> {
    let now = services.clock.wall();
    let mut tx = services.store.begin(&claimed.request.tenant, actor, now).await?;
    tx.finish(claimed.lease, ending, &Code::new(outcome)?).await?;
    Ok(tx.commit().await?)
}

/// A call is about to be placed.
pub(super) async fn intent(
    services: &Services,
    claimed: &Claimed,
    actor: &Actor,
    intent: &NewIntent,
) -> Result<(), DialError> {
    let now = services.clock.wall();
    let mut tx = services.store.begin(&claimed.request.tenant, actor, now).await?;
    tx.dial_intent(&claimed.lease, intent).await?;
    Ok(tx.commit().await?)
}

/// The carrier took the call.
pub(super) async fn placed(
    services: &Services,
    claimed: &Claimed,
    actor: &Actor,
    call: &CallId,
    sid: &CallSid,
) -> Result<(), DialError> {
    let now = services.clock.wall();
    let mut tx = services.store.begin(&claimed.request.tenant, actor, now).await?;
    let sid: CarrierSid = sid.as_str().parse()?;
    tx.call_placed(&claimed.lease, call, &sid).await?;
    Ok(tx.commit().await?)
}

/// The carrier did not take the call, or its answer was lost.
pub(super) async fn not_placed(
    services: &Services,
    claimed: Claimed,
    actor: &Actor,
    call: &CallId,
    cost_cents: Option<u32>,
) -> Result<(), DialError> {
    let now = services.clock.wall();
    let outcome = CallOutcome::Failed;
    let ending = after(outcome, claimed.request.attempts + 1, now);
    let name = Code::new("carrier_failed")?;
    let end = CallEnd { outcome: name.clone(), cost_cents, recording: None, journal: None };
    let mut tx = services.store.begin(&claimed.request.tenant, actor, now).await?;
    tx.call_ended(&claimed.lease, call, &end).await?;
    tx.finish(claimed.lease, &ending, &name).await?;
    Ok(tx.commit().await?)
}

/// Something that must be written down while the call runs.
pub(super) async fn noted(
    services: &Services,
    claimed: &Claimed,
    actor: &Actor,
    call: &CallId,
    note: Note,
) -> Result<(), DialError> {
    let now = services.clock.wall();
    let action = match note {
        Note::Answered => {
            return match services.store.call_answered(&claimed.lease, call, now).await {
                // A leg opens a stream more than once; it is answered once.
                Ok(()) | Err(StoreError::NotFound(_) | StoreError::Transition { .. }) => Ok(()),
                Err(error) => Err(error.into()),
            };
        }
        Note::Audit(action) => action,
    };
    let mut event = Event::new(actor.clone(), action);
    event.object = ObjectId::new(call.as_str()).ok();
    let mut tx = services.store.begin(&claimed.request.tenant, actor, now).await?;
    tx.audit(event).await?;
    Ok(tx.commit().await?)
}

/// What comes after an attempt that ended so.
pub(crate) fn after(outcome: CallOutcome, attempt: u32, now: jiff::Timestamp) -> Ending {
    let rules = match RetryRules::embedded() {
        Ok(rules) => rules,
        Err(error) => {
            tracing::error!(%error, "no retry rules: staff decide");
            return Ending::NeedsStaff;
        }
    };
    match rules.next(outcome, attempt, now, None) {
        Next::At(not_before) => Ending::Retry { not_before },
        Next::End(EndReason::Done) => Ending::Done,
        Next::End(EndReason::StaffDecide | EndReason::HumanOnly | EndReason::AttemptsUsedUp) => {
            Ending::NeedsStaff
        }
        Next::End(EndReason::Withdrawn) => Ending::Failed,
    }
}

/// The files of a call, and what is in them.
pub(super) struct Files<'a> {
    pub(super) folder: &'a Path,
    pub(super) report: &'a CallReport,
    pub(super) result: &'a CallResult,
}

/// The call is over: its files, its results, its ledger, and how the request goes on.
pub(super) async fn ended(
    services: &Services,
    claimed: Claimed,
    actor: &Actor,
    call: &CallId,
    files: &Files<'_>,
) -> Result<(), DialError> {
    let recording = files.report.recorded.is_some().then(|| files.folder.join(RECORDING));
    // Sealing needs the request's key; what was won is stored first, so that no full disk can lose it.
    let (tenant, request) = (claimed.request.tenant.clone(), claimed.request.id.clone());
    let name_of = |suffix: &str| format!("{call}/{RECORDING}{suffix}");
    let kept_as = match services.keeping {
        FileKeeping::Open => name_of(""),
        FileKeeping::Sealed => name_of(SEALED),
    };
    let now = services.clock.wall();
    let name = Code::new(translate::outcome_name(files.report.outcome))?;
    let mut tx = services.store.begin(&claimed.request.tenant, actor, now).await?;
    for field in results(&claimed, call, files)? {
        tx.put_result(&claimed.lease, &field).await?;
    }
    for (recipient, total) in files.report.ledger.totals() {
        let mut event = Event::new(actor.clone(), Action::Egress);
        event.object = ObjectId::new(call.as_str()).ok();
        event.fields = total.fields;
        event.recipient = match recipient {
            Recipient::Vendor { id, .. } => Some(id.clone()),
            Recipient::FarEnd => None,
        };
        tx.audit(event).await?;
    }
    let end = CallEnd {
        outcome: name.clone(),
        cost_cents: None,
        recording: recording.map(|_| kept_as),
        journal: Some(format!("{call}/{JOURNAL}")),
    };
    tx.call_ended(&claimed.lease, call, &end).await?;
    let outcome = translate::call_outcome(files.report.outcome);
    let ending = after(outcome, claimed.request.attempts + 1, now);
    tx.finish(claimed.lease, &ending, &name).await?;
    tx.commit().await?;
    write_files(services, &tenant, &request, files).await?;
    let seconds = files.report.length.as_ms() as f64 / 1_000.0;
    metrics::counter!("callwright_calls_ended_total", "outcome" => name.as_str().to_owned())
        .increment(1);
    metrics::histogram!("callwright_call_seconds").record(seconds);
    tracing::info!(call = %call, outcome = name.as_str(), seconds, "call ended");
    Ok(())
}

fn results(
    claimed: &Claimed,
    call: &CallId,
    files: &Files<'_>,
) -> Result<Vec<ResultField>, DialError> {
    // What was recorded ends where somebody objected.
    let recorded_ms = files.report.recorded.as_ref().map_or(0, |recorded| recorded.length_ms);
    let mut fields = Vec::new();
    let named = files.result.fields.iter().map(|(name, field)| (name.as_str(), field));
    let named = named
        .chain(files.result.representative.iter().map(|field| ("representative", field)))
        .chain(files.result.reference_number.iter().map(|field| ("reference_number", field)));
    for (name, field) in named {
        fields.push(ResultField {
            value: Some(Phi::new(field.value.clone())),
            evidence: Evidence {
                field: Code::new(name)?,
                call: call.clone(),
                confidence: f64::from(field.confidence.clamp(0.0, 1.0)),
                utterance: field.evidence.utterance,
                from_ms: u64::from(field.evidence.from_ms),
                to_ms: u64::from(field.evidence.to_ms),
                read_back: field.read_back,
                evidenced: u64::from(field.evidence.to_ms) <= recorded_ms,
            },
        });
    }
    tracing::debug!(request = %claimed.request.id, fields = fields.len(), "results");
    Ok(fields)
}

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

/// What a sealed file's name ends with.
const SEALED: &str = ".sealed";

/// Makes a call's folder, which its owner alone may enter.
pub(super) fn make_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;

    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Writes the words and the result, sealed or open as the services have it, and seals the recording.
async fn write_files(
    services: &Services,
    tenant: &TenantId,
    request: &RequestId,
    files: &Files<'_>,
) -> Result<(), DialError> {
    let result = serde_json::to_vec_pretty(files.result).map_err(std::io::Error::from)?;
    let texts = [("words.jsonl", words(files.report)?), ("result.json", result)];
    match services.keeping {
        FileKeeping::Open => {
            for (name, bytes) in texts {
                std::fs::write(files.folder.join(name), bytes)?;
            }
        }
        FileKeeping::Sealed => {
            let sealer = services.store.file_sealer(tenant, request).await?;
            for (name, bytes) in texts {
                let sealed = sealer.seal(&Code::new(name)?, &Phi::new(bytes))?;
                std::fs::write(files.folder.join(format!("{name}{SEALED}")), sealed.as_bytes())?;
            }
            seal_recording(&sealer, files.folder)?;
        }
    }
    Ok(())
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
        let sealer = services.store.file_sealer(&request.tenant, &request.id).await?;
        seal_recording(&sealer, &services.calls_dir.join(call.as_str()))?;
    }
    Ok(())
}
