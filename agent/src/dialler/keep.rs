//! Writing down what happens to a request and its calls. Each act is kept with its audit row, in one transaction, or not at all.

use std::path::Path;

use callwright_compliance::audit::{Action, Actor, Event};
use callwright_compliance::hours::PayerHours;
use callwright_compliance::{DecisionRecord, Mend, ObjectId, Phi, ReasonCode, RuleId};
use callwright_dialplan::payer::{Line, next_open};
use callwright_dialplan::retry::{CallOutcome, EndReason, Next, RetryRules};
use callwright_dialplan::twilio::CallSid;
use callwright_store::{
    CallEnd, CallId, CarrierSid, Code, Ending, Evidence, NewIntent, Order, ResultField, StoreError,
};
use callwright_vendors as vendors;
use jiff::{SignedDuration, Timestamp};

use super::attempt::{Case, LEASE};
use super::files::{SEALED, write_files};
use super::incidents::{self, Seen};
use super::persist::{Patience, may_pass};
use super::plan::{JOURNAL, RECORDING};
use super::result::{CallResult, REFERENCE, REPRESENTATIVE};
use super::{Claimed, DialError};
use crate::call::{CallReport, Note, translate};
use crate::services::{FileKeeping, Services};

/// After a fault of our own before anything was dialled: long enough for it to pass, short enough not to lose the day.
const GIVE_BACK: SignedDuration = SignedDuration::from_mins(2);
/// After one that somebody must mend first, such as a vendor that refuses the key.
const GIVE_BACK_LONG: SignedDuration = SignedDuration::from_mins(15);
/// After a refusal that a moment mends, such as as many calls as may run.
const AGAIN_SOON: SignedDuration = SignedDuration::from_secs(30);
/// After a refusal that takes longer: a day's limit, a switch. Each try is a decision that is written down, so not more often.
const AGAIN_LATER: SignedDuration = SignedDuration::from_mins(5);
/// What a request came to whose opt-out the register does not have.
const UNWRITTEN: &str = "opt_out_unwritten";

/// Nothing was dialled: the request goes back to the queue. Gives the error back, to be told.
pub(super) async fn give_back(
    services: &Services,
    claimed: Claimed,
    actor: &Actor,
    error: DialError,
) -> DialError {
    let now = services.clock.wall();
    let needs_staff = matches!(
        error,
        DialError::NoLine
            | DialError::NoTestNumber
            | DialError::NoQuestions
            | DialError::NoneOnPremises
            | DialError::DisclosureTooLong { .. }
    );
    let result = if needs_staff {
        end(services, claimed, actor, &Ending::NeedsStaff, "not_callable").await
    } else {
        let must_be_mended =
            matches!(&error, DialError::Vendor(vendor) if vendor.mend() != vendors::Mend::Later);
        let wait = if must_be_mended { GIVE_BACK_LONG } else { GIVE_BACK };
        let released = services.store.release(claimed.lease, now + wait, now).await;
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
    case: Case,
    record: &DecisionRecord,
) -> Result<(), DialError> {
    let ending = after_refusal(record, &case.line.hours, services.clock.wall());
    end(services, case.claimed, &case.actor, &ending, outcome_of(record)).await
}

/// What a refused request came to. A payer that wants a social security number is told apart: a person calls there (rule V2).
fn outcome_of(record: &DecisionRecord) -> &'static str {
    let needs_ssn = record.reasons.iter().any(|reason| reason.code == ReasonCode::NeedsSsn);
    if needs_ssn { "needs_ssn" } else { "policy_refused" }
}

/// What comes after a refusal: of several reasons, the one that is mended last.
fn after_refusal(record: &DecisionRecord, hours: &PayerHours, now: Timestamp) -> Ending {
    let mend = record.reasons.iter().map(|reason| reason.code.mend()).max();
    let wait = match mend {
        // A refusal without a reason would be a defect: staff look at it.
        None | Some(Mend::Staff) => return Ending::NeedsStaff,
        Some(Mend::Soon) => AGAIN_SOON,
        Some(Mend::Wait) => AGAIN_LATER,
    };
    // While the line is closed there is nothing to ask for.
    let open = next_open(hours, now).unwrap_or(now);
    Ending::Retry { not_before: open.max(now + wait) }
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
    tx.finish(&claimed.lease, ending, &Code::new(outcome)?).await?;
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
    let request = &claimed.request;
    let ending = after(services, &request.order, outcome, request.attempts + 1, now);
    let name = Code::new("carrier_failed")?;
    let end = CallEnd { outcome: name.clone(), cost_cents, recording: None, journal: None };
    let mut tx = services.store.begin(&claimed.request.tenant, actor, now).await?;
    tx.call_ended(&claimed.lease, call, &end).await?;
    tx.finish(&claimed.lease, &ending, &name).await?;
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
        Note::Incident(event) => {
            let (tenant, seen) = (&claimed.request.tenant, (call, event));
            return Ok(incidents::open(&services.store, tenant, actor, seen, now).await?);
        }
        Note::Audit(action) => action,
        // The register's own, for it is tried until it stands.
        Note::OptOut(_) => return Ok(()),
    };
    let mut event = Event::new(actor.clone(), action);
    event.object = ObjectId::new(call.as_str()).ok();
    let mut tx = services.store.begin(&claimed.request.tenant, actor, now).await?;
    tx.audit(event).await?;
    Ok(tx.commit().await?)
}

/// What comes after an attempt that ended so.
pub(crate) fn after(
    services: &Services,
    order: &Order,
    outcome: CallOutcome,
    attempt: u32,
    now: Timestamp,
) -> Ending {
    let payer = services.directory.payer(&order.payer);
    let line = payer.and_then(|payer| payer.line(order.purpose));
    let opens = line.and_then(|line| next_open(&line.hours, now));
    let rules = match RetryRules::embedded() {
        Ok(rules) => rules,
        Err(error) => {
            tracing::error!(%error, "no retry rules: staff decide");
            return Ending::NeedsStaff;
        }
    };
    match rules.next(outcome, attempt, now, opens) {
        Next::At(not_before) => Ending::Retry { not_before },
        Next::End(EndReason::Done) => Ending::Done,
        Next::End(EndReason::StaffDecide | EndReason::HumanOnly | EndReason::AttemptsUsedUp) => {
            Ending::NeedsStaff
        }
        Next::End(EndReason::Withdrawn) => Ending::Failed,
    }
}

/// Whether the opt-outs that were heard on a call stand in the register (rule C2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Register {
    /// All do, or none was heard.
    Written,
    /// The store refused one for good.
    Refused,
}

impl Register {
    /// How the request goes on. One whose opt-out nobody can look up is not dialled again, whatever the call came to: staff write it first.
    fn holds(self, ending: Ending, outcome: Code) -> Result<(Ending, Code), StoreError> {
        match self {
            Register::Written => Ok((ending, outcome)),
            Register::Refused => Ok((Ending::NeedsStaff, Code::new(UNWRITTEN)?)),
        }
    }

    /// What the audit says of it.
    fn incident(self, actor: &Actor, call: &CallId) -> Option<Event> {
        match self {
            Register::Written => None,
            Register::Refused => {
                let mut event = Event::new(actor.clone(), Action::IncidentOpened);
                event.object = ObjectId::new(call.as_str()).ok();
                event.rule = Some(RuleId::C2);
                Some(event)
            }
        }
    }
}

/// The files of a call, what is in them, and what the call was.
pub(super) struct Files<'a> {
    pub(super) line: &'a Line,
    pub(super) began_at: Timestamp,
    pub(super) folder: &'a Path,
    pub(super) report: &'a CallReport,
    pub(super) result: &'a CallResult,
    pub(super) register: Register,
}

impl Files<'_> {
    fn seen(&self) -> Seen<'_> {
        let report = self.report;
        Seen {
            line: self.line,
            began_at: self.began_at,
            ledger: &report.ledger,
            outcome: report.outcome,
            people_recorded: report.people_recorded,
            announced: !report.disclosed.is_empty(),
        }
    }
}

/// The call is over: its files, its results, its ledger, and how the request goes on.
pub(super) async fn ended(
    services: &Services,
    mut claimed: Claimed,
    actor: &Actor,
    call: &CallId,
    files: &Files<'_>,
) -> Result<(), DialError> {
    let name = Code::new(translate::outcome_name(files.report.outcome))?;
    // What was won is stored first, so that no full disk for the files can lose it.
    let mut patience = Patience::new();
    while let Err(error) = store_end(services, &claimed, actor, call, files).await {
        let Some(wait) = patience.after(&error) else { return Err(error) };
        tracing::warn!(call = %call, %error, "the end of a call could not be written down yet");
        tokio::time::sleep(wait).await;
        let now = services.clock.wall();
        if let Err(error) = services.store.heartbeat(&mut claimed.lease, now, LEASE).await
            && !may_pass(&error)
        {
            return Err(error.into());
        }
    }
    write_files(services, &claimed.request.tenant, &claimed.request.id, files).await?;
    let seconds = files.report.length.as_ms() as f64 / 1_000.0;
    metrics::counter!("callwright_calls_ended_total", "outcome" => name.as_str().to_owned())
        .increment(1);
    metrics::histogram!("callwright_call_seconds").record(seconds);
    tracing::info!(call = %call, outcome = name.as_str(), seconds, "call ended");
    Ok(())
}

/// One try at writing down the end of a call, all of it or nothing.
async fn store_end(
    services: &Services,
    claimed: &Claimed,
    actor: &Actor,
    call: &CallId,
    files: &Files<'_>,
) -> Result<(), DialError> {
    let recording = files.report.recorded.is_some().then(|| files.folder.join(RECORDING));
    let name_of = |suffix: &str| format!("{call}/{RECORDING}{suffix}");
    let kept_as = match services.keeping {
        FileKeeping::Open => name_of(""),
        FileKeeping::Sealed => name_of(SEALED),
    };
    let now = services.clock.wall();
    let found =
        incidents::find(&services.store, &services.policy, &claimed.request, &files.seen(), now)
            .await?;
    let name = Code::new(translate::outcome_name(files.report.outcome))?;
    let mut tx = services.store.begin(&claimed.request.tenant, actor, now).await?;
    for field in results(claimed, call, files)? {
        tx.put_result(&claimed.lease, &field).await?;
    }
    tx.put_ledger(call, files.began_at, &files.report.ledger).await?;
    for found in &found {
        incidents::open_in(&mut tx, call, found, now).await?;
    }
    let end = CallEnd {
        outcome: name.clone(),
        cost_cents: None,
        recording: recording.map(|_| kept_as),
        journal: Some(format!("{call}/{JOURNAL}")),
    };
    tx.call_ended(&claimed.lease, call, &end).await?;
    let outcome = translate::call_outcome(files.report.outcome);
    let request = &claimed.request;
    let ending = after(services, &request.order, outcome, request.attempts + 1, now);
    if let Some(incident) = files.register.incident(actor, call) {
        tx.audit(incident).await?;
    }
    let (ending, name) = files.register.holds(ending, name)?;
    tx.finish(&claimed.lease, &ending, &name).await?;
    Ok(tx.commit().await?)
}

fn results(
    claimed: &Claimed,
    call: &CallId,
    files: &Files<'_>,
) -> Result<Vec<ResultField>, DialError> {
    let mut fields = Vec::new();
    let named = files.result.fields.iter().map(|(name, field)| (name.as_str(), field));
    let named = named
        .chain(files.result.representative.iter().map(|field| (REPRESENTATIVE, field)))
        .chain(files.result.reference_number.iter().map(|field| (REFERENCE, field)));
    // What earlier calls won is in the store already, with its own evidence.
    for (name, field) in named.filter(|(_, field)| field.evidence.call == call.as_str()) {
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
                evidenced: field.evidence.recorded,
            },
        });
    }
    tracing::debug!(request = %claimed.request.id, fields = fields.len(), "results");
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_whose_opt_out_is_not_in_the_register_is_not_dialled_again() {
        let actor = Actor::Node(ObjectId::new("node-1").unwrap());
        let call = CallId::random().unwrap();
        let won = || Code::new("partial").unwrap();
        for ending in
            [Ending::Done, Ending::Failed, Ending::Retry { not_before: Timestamp::UNIX_EPOCH }]
        {
            let held = Register::Refused.holds(ending.clone(), won()).unwrap();
            assert_eq!(held, (Ending::NeedsStaff, Code::new(UNWRITTEN).unwrap()));
            let goes_on = Register::Written.holds(ending.clone(), won()).unwrap();
            assert_eq!(goes_on, (ending, won()));
        }
        let told = Register::Refused.incident(&actor, &call).unwrap();
        assert_eq!((told.action, told.rule), (Action::IncidentOpened, Some(RuleId::C2)));
        assert_eq!(told.object, ObjectId::new(call.as_str()).ok());
        assert!(Register::Written.incident(&actor, &call).is_none());
    }
}
