//! Everything that a rendered result says, gathered from the store once, with the audit rows that reading it costs.
//!
//! It renders nothing. What a call itself wrote down beside its answers, such as the disclosure, comes from `told.rs`.

use std::path::Path;

use callwright_compliance::class::PatientKind;
use callwright_compliance::{CallPurpose, PhiString, PhoneNumber, Purpose, RequestId, TenantId};
use callwright_dialplan::payer::Directory;
use callwright_prompts::{Pack, Question, QuestionSet};
use callwright_store::{Access, Evidence, Patient, Request, RequestState, ResultField, Store};
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::ResultError;
use super::reading::Reading;
use super::terms::{Term, term};
use super::told::{Told, told};
use crate::dialler::result::{REFERENCE, REPRESENTATIVE};

/// A protected value, to be rendered: the one place where values leave their wrappers here. What is rendered is wrapped again.
pub(super) fn shown(value: &PhiString) -> &str {
    value.expose(Purpose::RenderResult)
}

/// Where a document is gathered from.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// Durable state.
    pub store: &'a Store,
    /// The payers, for their names and time zones.
    pub directory: &'a Directory,
    /// The pack whose question sets were asked.
    pub pack: &'a Pack,
    /// The folder of the calls' files.
    pub calls: &'a Path,
}

/// How far a verification came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every required question has its answer.
    Complete,
    /// Some have.
    Partial,
    /// None has.
    Failed,
}

impl Outcome {
    /// Its stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Outcome::Complete => "complete",
            Outcome::Partial => "partial",
            Outcome::Failed => "failed",
        }
    }
}

/// What calls found out about one request. No `Debug`: it holds patient data.
pub struct Document {
    pub(super) request: RequestId,
    pub(super) patient_kind: PatientKind,
    pub(super) purpose: CallPurpose,
    /// The question set's id.
    pub(super) question_set: String,
    /// Its title.
    pub(super) questions: String,
    pub(super) practice: String,
    pub(super) provider: Provider,
    pub(super) payer: Payer,
    pub(super) patient: Patient,
    pub(super) written_at: Timestamp,
    pub(super) outcome: Outcome,
    /// The stable name of what ended a call that is not complete.
    pub(super) ended_by: Option<String>,
    /// Whether the request will be called about again.
    pub(super) goes_on: bool,
    /// How many questions must be answered.
    pub(super) required: usize,
    /// In the order in which they are asked.
    pub(super) answers: Vec<Answer>,
    pub(super) open: Vec<Open>,
    pub(super) representative: Option<Answer>,
    pub(super) reference: Option<Answer>,
    /// Oldest first.
    pub(super) calls: Vec<Call>,
}

/// For whom a call was placed.
pub(super) struct Provider {
    pub(super) name: String,
    pub(super) npi: String,
}

/// Who was called.
pub(super) struct Payer {
    pub(super) id: String,
    pub(super) name: String,
    /// Whose clock the times on a page are told by: a reference number is asked after by the payer's day.
    pub(super) zone: TimeZone,
}

/// One answer.
pub(super) struct Answer {
    /// What was asked, for people.
    pub(super) title: String,
    pub(super) term: Term,
    /// `None` for the representative's name, the reference number, and what is asked no more.
    question: Option<Question>,
    value: PhiString,
    pub(super) evidence: Evidence,
}

impl Answer {
    /// The field's name.
    pub(super) fn name(&self) -> &str {
        self.evidence.field.as_str()
    }

    /// The value in its canonical form.
    pub(super) fn text(&self) -> &str {
        shown(&self.value)
    }

    /// The value, read as what its question asks for.
    pub(super) fn reading(&self) -> Reading<'_> {
        match &self.question {
            Some(question) => Reading::of(&question.kind, self.text()),
            None => Reading::Text(self.text()),
        }
    }

    fn new(field: ResultField, set: &QuestionSet, title: &str) -> Option<Answer> {
        let question = set.by_name(field.evidence.field.as_str()).map(|(_, question)| question);
        Some(Answer {
            title: question.map_or(title, |question| &question.title).to_owned(),
            term: term(field.evidence.field.as_str(), set),
            question: question.cloned(),
            value: field.value?,
            evidence: field.evidence,
        })
    }
}

/// A question without an answer.
pub(super) struct Open {
    pub(super) name: String,
    pub(super) title: String,
    /// Whether it was asked and the representative had no answer to give.
    pub(super) asked: bool,
}

/// One call about the request.
pub(super) struct Call {
    pub(super) id: String,
    pub(super) began_at: Timestamp,
    pub(super) ended_at: Option<Timestamp>,
    pub(super) outcome: Option<String>,
    pub(super) number: PhoneNumber,
    pub(super) recorded: bool,
    /// What it wrote down itself, where its file is there.
    pub(super) told: Option<Told>,
}

impl Document {
    /// Gathers what is known about a request. Reading the patient and the answers is audited, with the purpose of `access`.
    ///
    /// # Errors
    /// [`ResultError::None`] before any attempt has ended, [`ResultError::NoQuestions`], [`ResultError::CallFile`], and those of
    /// the store.
    pub async fn gather(
        sources: &Sources<'_>,
        tenant: &TenantId,
        request: &RequestId,
        access: Access<'_>,
    ) -> Result<Document, ResultError> {
        let store = sources.store;
        let request = store.request(tenant, request).await?;
        let Some(ended) = &request.outcome else {
            return Err(ResultError::None { state: request.state });
        };
        let set = request.order.question_set.as_str();
        let questions = sources.pack.question_set(set);
        let questions =
            questions.ok_or_else(|| ResultError::NoQuestions { set: set.to_owned() })?;
        let practice = store.practice(tenant).await?.registered_name;
        let provider = store.provider(tenant, &request.order.provider).await?;
        let calls = calls(sources, &request, access).await?;
        let patient = store.patient(tenant, &request.id, access).await?;
        let found = found(questions, store.results(tenant, &request.id, access).await?);
        let outcome = match ended.as_str() {
            "complete" => Outcome::Complete,
            _ if found.answers.is_empty() => Outcome::Failed,
            _ => Outcome::Partial,
        };
        let ended_by = ended_by(ended.as_str(), &calls);
        Ok(Document {
            goes_on: request.state == RequestState::Queued || request.state.is_leased(),
            payer: payer(sources.directory, &request),
            patient_kind: request.order.patient_kind,
            purpose: request.order.purpose,
            question_set: questions.id.clone(),
            questions: questions.title.clone(),
            practice,
            provider: Provider {
                name: provider.registered_name,
                npi: provider.npi.digits().to_owned(),
            },
            patient,
            written_at: access.now,
            outcome,
            ended_by,
            required: questions.fields.iter().filter(|question| question.required).count(),
            answers: found.answers,
            open: found.open,
            representative: found.representative,
            reference: found.reference,
            calls,
            request: request.id,
        })
    }

    /// How far it came.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// The names of the questions without an answer.
    pub fn unanswered(&self) -> impl Iterator<Item = &str> {
        self.open.iter().map(|open| open.name.as_str())
    }

    /// Which of the calls, counted from 1, an answer was heard in.
    pub(super) fn call_number(&self, answer: &Answer) -> Option<usize> {
        let id = answer.evidence.call.as_str();
        self.calls.iter().position(|call| call.id == id).map(|at| at + 1)
    }

    /// Whether the patient is made up.
    pub(super) fn is_made_up(&self) -> bool {
        match self.patient_kind {
            PatientKind::Synthetic => true,
            PatientKind::Real => false,
        }
    }

    /// How many of the questions that must be answered are.
    pub(super) fn required_answered(&self) -> usize {
        let required = |answer: &&Answer| answer.question.as_ref().is_some_and(|q| q.required);
        self.answers.iter().filter(required).count()
    }
}

/// The stored fields, sorted out.
pub(super) struct Found {
    pub(super) answers: Vec<Answer>,
    pub(super) open: Vec<Open>,
    pub(super) representative: Option<Answer>,
    pub(super) reference: Option<Answer>,
}

/// The answers in the order of their questions, then those to questions that are asked no more; and the questions left.
pub(super) fn found(questions: &QuestionSet, mut fields: Vec<ResultField>) -> Found {
    let mut other = |name: &str, title| {
        let at = fields.iter().position(|field| field.evidence.field.as_str() == name)?;
        Answer::new(fields.swap_remove(at), questions, title)
    };
    let representative = other(REPRESENTATIVE, "Representative");
    let reference = other(REFERENCE, "Reference number");
    let place = |field: &ResultField| questions.by_name(field.evidence.field.as_str());
    fields.sort_by_key(|field| place(field).map_or(usize::MAX, |(at, _)| at));
    let mut answers = Vec::new();
    let mut asked = Vec::new();
    for field in fields {
        let name = field.evidence.field.as_str().to_owned();
        match Answer::new(field, questions, &name) {
            Some(answer) => answers.push(answer),
            None => asked.push(name),
        }
    }
    let open = questions.fields.iter().filter_map(|question| {
        let asked = asked.contains(&question.name);
        let answered = answers.iter().any(|answer| answer.name() == question.name);
        let is_open = asked || question.required && !answered;
        let (name, title) = (question.name.clone(), question.title.clone());
        is_open.then_some(Open { name, title, asked })
    });
    let open = open.collect();
    Found { answers, open, representative, reference }
}

/// What ended the last attempt; `None` for one that is complete, or whose call kept no file that tells.
fn ended_by(outcome: &str, calls: &[Call]) -> Option<String> {
    match outcome {
        "complete" => None,
        // The store has no more than that; the call itself says why.
        "partial" => calls.last()?.told.as_ref()?.ended_by.clone(),
        // The attempt's own outcome counts, also where it came to no call and an earlier one told something else.
        other => Some(other.to_owned()),
    }
}

fn payer(directory: &Directory, request: &Request) -> Payer {
    let id = &request.order.payer;
    let entry = directory.payer(id);
    let line = entry.and_then(|entry| entry.line(request.order.purpose));
    let zone = line.and_then(|line| TimeZoneDatabase::bundled().get(&line.hours.zone).ok());
    Payer {
        // A payer that left the directory is still the one that was called.
        name: entry.map_or_else(|| id.to_string(), |entry| entry.name.clone()),
        id: id.to_string(),
        zone: zone.unwrap_or(TimeZone::UTC),
    }
}

async fn calls(
    sources: &Sources<'_>,
    request: &Request,
    access: Access<'_>,
) -> Result<Vec<Call>, ResultError> {
    let mut calls = Vec::new();
    for call in sources.store.calls(&request.tenant, &request.id).await? {
        let told = told(sources, request, &call.id, access).await?;
        calls.push(Call {
            id: call.id.to_string(),
            began_at: call.answered_at.or(call.placed_at).unwrap_or(call.intent_at),
            ended_at: call.ended_at,
            outcome: call.outcome.map(|outcome| outcome.to_string()),
            number: call.number,
            recorded: call.recording.is_some(),
            told,
        });
    }
    Ok(calls)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::made_up;

    #[test]
    fn what_ended_the_last_attempt_counts() {
        let mut calls = made_up::partial().calls;
        assert_eq!(ended_by("complete", &calls), None);
        assert_eq!(ended_by("partial", &calls).as_deref(), Some("far_end_hung_up"));
        assert_eq!(ended_by("policy_refused", &calls).as_deref(), Some("policy_refused"));
        assert_eq!(ended_by("policy_refused", &[]).as_deref(), Some("policy_refused"));
        calls.last_mut().unwrap().told = None;
        assert_eq!(ended_by("partial", &calls), None);
    }

    #[test]
    fn answers_stand_in_the_order_of_their_questions_and_old_ones_last() {
        let document = made_up::odd();
        let names: Vec<&str> = document.answers.iter().map(Answer::name).collect();
        assert_eq!(names.first(), Some(&"coverage_status"));
        let asked = names.iter().position(|name| *name == "prior_authorization");
        assert!(asked < names.iter().position(|name| *name == "what_was_asked_once"));
        let open: Vec<&str> = document.unanswered().collect();
        assert_eq!(open, ["out_of_pocket_max", "out_of_pocket_met", "specialist_copay"]);
    }
}
