//! The way in: a request as JSON is parsed once, screened by policy, and put into the queue, sealed.
//!
//! ```json
//! {
//!   "practice": "oak-street", "provider": "0123456789abcdef0123456789abcdef",
//!   "payer": "acme-health", "purpose": "medical_benefits", "question_set": "medical",
//!   "patient": { "name": "…", "date_of_birth": "1985-04-12", "member_id": "…", "relationship": "self" },
//!   "ai_call_consent": { "state": "granted", "at": "2026-11-02T15:00:00Z", "method": "signed", "evidence": "form-17" },
//!   "patient_kind": "synthetic"
//! }
//! ```
//!
//! `patient.group_number`, `patient.date_of_service`, `priority`, `not_before`, `due` and `class` may be left out; `"class": "test"` calls
//! one's own proven number in the payer's place, about a synthetic patient. Nothing is dialled here: what is queued is decided on again at
//! dial time (rule N4).

mod fields;
mod parse;
mod problem;
#[cfg(test)]
mod tests;

use callwright_compliance::audit::Actor;
use callwright_compliance::facts::{Reading, Source};
use callwright_compliance::{DecisionRecord, RequestId, Screening, screen};
use callwright_store::{Kind, RandomId, Request, RequestState, StoreError};
use jiff::Timestamp;

pub use parse::{Intake, Known, parse};
pub use problem::{Fault, Problem, Problems, REQUEST_BYTES_MAX};

use crate::dialler::{self, DialError};
use crate::services::Services;

/// Why a request was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IntakeError {
    /// The request has mistakes. Whoever wrote it mends them.
    #[error(transparent)]
    Problems(#[from] Problems),
    /// Policy refuses it as things are; the record has every reason. Nothing was queued.
    #[error("policy refuses the request: {}", reasons(.0))]
    Refused(Box<DecisionRecord>),
    /// The facts about it could not be gathered.
    #[error(transparent)]
    Facts(DialError),
    /// The store failed.
    #[error("the store: {0}")]
    Store(#[from] StoreError),
}

fn reasons(record: &DecisionRecord) -> String {
    let each = record.reasons.iter().map(ToString::to_string);
    each.collect::<Vec<_>>().join("; ")
}

/// Screens a request and puts it into the queue. The decision is audited, whatever it says.
///
/// # Errors
/// [`IntakeError`]; nothing is queued then.
pub async fn accept(
    services: &Services,
    intake: &Intake,
    actor: &Actor,
) -> Result<RequestId, IntakeError> {
    let now = services.clock.wall();
    let id = RequestId::random()?;
    let screening = screening(services, intake, &id, now).await?;
    let mut tx = services.store.begin(&intake.tenant, actor, now).await?;
    tx.record_decision(screening.record()).await?;
    match screening {
        Screening::MayQueue(_) => {
            tx.add_request(&id, &intake.order, &intake.patient).await?;
            tx.commit().await?;
            tracing::info!(request = %id, "request queued");
            Ok(id)
        }
        Screening::Refuse(refusal) => {
            // A refusal that was stated here holds for the person, though nothing is queued.
            tx.keep_stated_refusal(&intake.patient, &intake.order.consent).await?;
            tx.commit().await?;
            tracing::info!(request = %id, "request refused");
            Err(IntakeError::Refused(Box::new(refusal.record().clone())))
        }
    }
}

async fn screening(
    services: &Services,
    intake: &Intake,
    id: &RequestId,
    now: Timestamp,
) -> Result<Screening, IntakeError> {
    let order = &intake.order;
    services.store.practice(&intake.tenant).await.map_err(unknown("/practice"))?;
    let provider = services.store.provider(&intake.tenant, &order.provider).await;
    provider.map_err(unknown("/provider"))?;
    let (_, line) =
        dialler::line_of(services, &intake.tenant, order).await.map_err(IntakeError::Facts)?;
    let request = Request {
        tenant: intake.tenant.clone(),
        id: id.clone(),
        order: order.clone(),
        state: RequestState::Queued,
        outcome: None,
        attempts: 0,
        created_at: now,
        updated_at: now,
        erased_at: None,
    };
    let consent = Reading::read(request.order.consent.clone(), Source::Store, now);
    let facts = dialler::gather(services, &request, consent, &line).await;
    let dial = dialler::dial_request(services, &request, &line, &facts);
    let dial = dial.map_err(IntakeError::Facts)?;
    Ok(screen(&dial, &facts, &services.policy, now))
}

/// An id that is of the right form and stands for nothing here is a mistake of the request.
fn unknown(field: &'static str) -> impl FnOnce(StoreError) -> IntakeError {
    move |error| {
        if matches!(error, StoreError::NotFound(Kind::Practice | Kind::Provider)) {
            let what = "`callwright setup` adds practices and providers and prints their ids";
            return Problems::one(field, Fault::NotKnown(what)).into();
        }
        error.into()
    }
}
