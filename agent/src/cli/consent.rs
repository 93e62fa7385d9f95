//! `callwright consent`: what patients said to AI calls about them (rule C4), and to being called by one (rule C1).

use callwright_compliance::consent::{
    ConsentAct, ConsentEvent, ConsentGiver, ConsentTo, History, PriorExpress,
};
use callwright_compliance::facts::{AiCallConsent, ConsentMethod};
use callwright_compliance::{CallPurpose, ObjectId, PhoneNumber, RequestId, TenantId};
use callwright_store::{ConsentAbout, NewConsent, RandomId, Store};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::json;

use super::output::Out;
use super::owner;
use super::setup::named;
use super::{ActorArg, CliError, ConfigArg, Exit, Session};
use crate::config::Config;

/// What patients said to calls by an AI voice: write it down, and see all of it
#[derive(Debug, Subcommand)]
pub(super) enum ConsentCommand {
    Record(RecordArgs),
    History(HistoryArgs),
}

/// Write down what was said; nothing that stands there is changed by it
///
/// For a request, it is about AI calls to the payer concerning its patient: a refusal or revocation holds for every request about the
/// same person, a grant for this request only, and either from the next decision on. For a number, it is the prior express consent to be
/// called there. What was said last counts; at the same moment, no counts before yes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  callwright consent record 0123…cdef --act revoked --method verbal --evidence note-31 --config callwright.toml --as ann
  callwright consent record --number +16142000134 --purpose dental_benefits --text text-3 --act granted --method signed \\
      --evidence form-17 --at 2026-11-02T15:00:00Z --practice oak-street --config callwright.toml --as ann

Evidence is the id of what the practice keeps, such as a form's. A description or a name does not belong there.")]
pub(super) struct RecordArgs {
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    config: ConfigArg,
    #[command(flatten)]
    actor: ActorArg,
    /// What was said: granted, refused, revoked
    #[arg(long, value_name = "ACT", value_parser = named::<ConsentAct>)]
    act: ConsentAct,
    /// How: signed, electronic, verbal
    #[arg(long, value_name = "METHOD", value_parser = named::<ConsentMethod>)]
    method: ConsentMethod,
    /// The id of the kept evidence: a form, a note
    #[arg(long, value_name = "ID")]
    evidence: ObjectId,
    /// When it was said, where that is not now, as 2026-11-02T15:00:00Z
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// Who said it: patient, personal_representative
    #[arg(long, value_name = "WHO", default_value = "patient", value_parser = named::<ConsentGiver>)]
    given_by: ConsentGiver,
    /// With --number: what the calls may be about, medical_benefits or dental_benefits; may be given twice
    #[arg(long, value_name = "PURPOSE", requires = "number", value_parser = named::<CallPurpose>)]
    purpose: Vec<CallPurpose>,
    /// With --number: the version of the text that was agreed to
    #[arg(long, value_name = "ID", requires = "number")]
    text: Option<ObjectId>,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

/// Show every event, oldest first, and where consent stands
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  callwright consent history 0123…cdef --config callwright.toml
  callwright consent history --number +16142000134 --practice oak-street --config callwright.toml --json

The exit code is 0, whatever is found. Numbers are shown as keyed digests.")]
pub(super) struct HistoryArgs {
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    config: ConfigArg,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

/// About whom.
#[derive(Debug, Args)]
struct Subject {
    /// A request, by its id
    #[arg(value_name = "REQUEST", required_unless_present = "number", conflicts_with = "number")]
    request: Option<RequestId>,
    /// A patient's number, as +1 and ten digits
    #[arg(long, value_name = "NUMBER", requires = "practice")]
    number: Option<PhoneNumber>,
    /// The practice; needed with --number, and where two practices have a request of this id
    #[arg(long, value_name = "ID")]
    practice: Option<TenantId>,
}

impl Subject {
    async fn tenant(&self, store: &Store) -> Result<TenantId, CliError> {
        match (&self.practice, &self.request) {
            (Some(tenant), _) => {
                store.practice(tenant).await?;
                Ok(tenant.clone())
            }
            (None, Some(request)) => owner::of_request(store, request).await,
            (None, None) => Err(CliError::usage("give a request, or --number with --practice")),
        }
    }
}

pub(super) async fn run(
    command: &ConsentCommand,
    session: Session,
    out: &mut Out,
) -> Result<Exit, CliError> {
    session.logs.start_plain();
    match command {
        ConsentCommand::Record(args) => record(args, session, out).await?,
        ConsentCommand::History(args) => history(args, out).await?,
    }
    Ok(Exit::Good)
}

async fn record(args: &RecordArgs, session: Session, out: &mut Out) -> Result<(), CliError> {
    let about = match (&args.subject.number, &args.subject.request) {
        (Some(number), _) => {
            let text = args.text.clone().ok_or_else(|| {
                CliError::usage("--number needs --text, the version of the text that it is about")
            })?;
            ConsentAbout::Number { number, scope: &args.purpose, text }
        }
        (None, Some(request)) => ConsentAbout::Request(request),
        (None, None) => return Err(CliError::usage("give a request, or --number")),
    };
    let store = Config::load(&args.config.config)?.open_store().await?;
    let tenant = args.subject.tenant(&store).await?;
    let now = session.clock.wall();
    let new = NewConsent {
        id: ObjectId::random()?,
        about,
        act: args.act,
        at: args.at.unwrap_or(now),
        given_by: args.given_by,
        method: args.method,
        evidence: args.evidence.clone(),
    };
    let mut tx = store.begin(&tenant, &args.actor.actor(), now).await?;
    tx.record_consent(&new).await?;
    tx.commit().await?;
    store.close().await;
    if args.json {
        return Ok(out.json(&json!({ "id": new.id, "act": new.act, "at": new.at }))?);
    }
    Ok(out.line(format_args!("consent event {}: {}", new.id, new.act.name()))?)
}

async fn history(args: &HistoryArgs, out: &mut Out) -> Result<(), CliError> {
    let store = Config::load(&args.config.config)?.open_store().await?;
    let tenant = args.subject.tenant(&store).await?;
    let history = match (&args.subject.number, &args.subject.request) {
        (Some(number), _) => store.number_consents(&tenant, number).await?,
        (None, Some(request)) => store.consent_history(&tenant, request).await?,
        (None, None) => return Err(CliError::usage("give a request, or --number")),
    };
    store.close().await;
    let stands = stands(&history);
    if args.json {
        let stands: serde_json::Map<String, serde_json::Value> =
            stands.into_iter().map(|(what, state)| (what, state.into())).collect();
        return Ok(out.json(&json!({ "events": history, "stands": stands }))?);
    }
    history.events().iter().try_for_each(|event| out.line(as_text(event)))?;
    stands.iter().try_for_each(|(what, state)| out.line(format_args!("{what}: {state}")))?;
    Ok(())
}

/// Where each kind of consent in a history stands.
fn stands(history: &History) -> Vec<(String, &'static str)> {
    let mut numbers: Vec<_> = history
        .events()
        .iter()
        .filter_map(|event| match &event.to {
            ConsentTo::PriorExpress { number, .. } => Some(*number),
            ConsentTo::AiCall => None,
        })
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    if numbers.is_empty() {
        let state = match history.ai_call() {
            AiCallConsent::Granted { .. } => "granted",
            AiCallConsent::Refused { .. } => "refused",
            AiCallConsent::Absent => "absent",
        };
        return vec![("ai_call".to_owned(), state)];
    }
    let mut found = Vec::new();
    for number in &numbers {
        for (purpose, name) in [
            (CallPurpose::MedicalBenefits, "medical_benefits"),
            (CallPurpose::DentalBenefits, "dental_benefits"),
        ] {
            let state = match history.prior_express(number, purpose) {
                PriorExpress::Granted(_) => "granted",
                PriorExpress::OutOfScope => "not covered",
                PriorExpress::Withdrawn => "withdrawn",
                PriorExpress::Absent => "absent",
            };
            found.push((name.to_owned(), state));
        }
    }
    found
}

fn as_text(event: &ConsentEvent) -> String {
    let to = match &event.to {
        ConsentTo::AiCall => "ai_call".to_owned(),
        ConsentTo::PriorExpress { text, .. } => format!("prior_express (text {text})"),
    };
    let (act, evidence) = (event.act.name(), &event.evidence);
    format!("{}  {to}  {act}  evidence {evidence}  event {}", event.at, event.id)
}
