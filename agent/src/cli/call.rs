//! `callwright call`: one request, taken in and called about now.

use std::path::{Path, PathBuf};

use callwright_compliance::audit::{Action, Actor, Event};
use callwright_compliance::{ObjectId, Purpose, RequestId, TenantId};
use clap::Args;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::host::Host;
use super::output::Out;
use super::{ActorArg, CliError, ConfigArg, Exit, Session};
use crate::clock::Clock;
use crate::config::{Config, Opened};
use crate::destinations::Serves;
use crate::dialler::{Attempt, Claimed, DialError, LEASE, attempt};
use crate::intake::{self, Intake, IntakeError, Known};
use crate::services::{FileKeeping, Services};
use crate::stop::{SwitchWatch, Watched};

/// Take a request in and place its call now, in this process
///
/// The request is checked, screened by policy, sealed into the store, decided on anew, and called about. With --queue it is only taken
/// in, and a running `callwright serve` places the call when its time comes.
#[derive(Debug, Args)]
#[command(after_help = "\
A request is a JSON object:
  {
    \"practice\": \"oak-street\", \"provider\": \"<id from `setup provider`>\",
    \"payer\": \"acme-health\", \"purpose\": \"medical_benefits\", \"question_set\": \"medical\",
    \"patient\": { \"name\": \"…\", \"date_of_birth\": \"1985-04-12\", \"member_id\": \"…\", \"relationship\": \"self\" },
    \"ai_call_consent\": { \"state\": \"granted\", \"at\": \"2026-11-02T15:00:00Z\", \"method\": \"signed\", \"evidence\": \"form-17\" },
    \"patient_kind\": \"real\"
  }
May be left out: patient.group_number, patient.date_of_service, priority (0-9), not_before, due, class.
With \"class\": \"test\" a proven number of your own is called in the payer's place (`callwright setup test-number`), about a made-up patient.

Examples:
  callwright call request.json --config callwright.toml --as ann
  callwright call - --config callwright.toml --as ann --queue < request.json")]
pub(super) struct CallArgs {
    /// The file of the request; - for standard input
    #[arg(value_name = "REQUEST.json")]
    request: PathBuf,
    #[command(flatten)]
    config: ConfigArg,
    #[command(flatten)]
    actor: ActorArg,
    /// Only put the request into the queue
    #[arg(long)]
    queue: bool,
    /// Print the answers too; this is written into the audit
    #[arg(long)]
    show_phi: bool,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    args: &CallArgs,
    session: Session,
    out: &mut Out,
) -> Result<Exit, CliError> {
    let config = Config::load(&args.config.config)?;
    session.logs.start(&config.log);
    let text = read(&args.request)?;
    let done = if args.queue {
        queue(args, &config, &text, session.clock, out).await
    } else {
        match Host::start(&config, &serves(&text), session.clock).await {
            Ok(host) => {
                let done = place(args, &host.services, &text, out).await;
                host.stop().await;
                done
            }
            Err(error) => Err(error),
        }
    };
    match done {
        Err(error) if args.json => {
            out.json(&refused(&error))?;
            Ok(error.exit())
        }
        done => done,
    }
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, CliError> {
    use std::io::Read;

    let limit = intake::REQUEST_BYTES_MAX as u64 + 1;
    let mut text = Zeroizing::new(Vec::new());
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut text))
    };
    // Not by its name: people name files after patients.
    read.map_err(CliError::io("the file of the request"))?;
    Ok(text)
}

/// The practice of a request, before the request is parsed: whose register must give leave. Where none can be read, every practice's must,
/// and parsing will say what is wrong.
fn serves(text: &[u8]) -> Serves {
    #[derive(Deserialize)]
    struct Practice {
        practice: TenantId,
    }
    match serde_json::from_slice::<Practice>(text) {
        Ok(Practice { practice }) => Serves::One(practice),
        Err(_) => Serves::Every,
    }
}

fn parse(services: &Services, text: &[u8]) -> Result<Intake, CliError> {
    let known = Known {
        directory: &services.directory,
        pack: &services.pack,
        keeping: services.keeping,
        now: services.clock.wall(),
    };
    Ok(intake::parse(text, &known).map_err(IntakeError::from)?)
}

async fn queue(
    args: &CallArgs,
    config: &Config,
    text: &[u8],
    clock: Clock,
    out: &mut Out,
) -> Result<Exit, CliError> {
    let Opened { services, .. } = config.open(clock).await?;
    let intake = parse(&services, text)?;
    let taken = intake::accept(&services, &intake, &args.actor.actor()).await;
    services.store.close().await;
    let request = taken?;
    if args.json {
        out.json(&json!({ "request": request, "state": "queued" }))?;
    } else {
        out.line(format_args!("request {request} is in the queue; `callwright serve` calls"))?;
    }
    Ok(Exit::Good)
}

async fn place(
    args: &CallArgs,
    services: &Services,
    text: &[u8],
    out: &mut Out,
) -> Result<Exit, CliError> {
    let actor = args.actor.actor();
    let intake = parse(services, text)?;
    let request = intake::accept(services, &intake, &actor).await?;
    let now = services.clock.wall();
    let store = &services.store;
    let claimed = store.claim_request(&intake.tenant, &request, &services.node, now, LEASE).await?;
    let Some((lease, claimed)) = claimed else {
        return Err(CliError::usage(format!(
            "request {request} is in the queue, but may not be dialled now (not_before), or a running `serve` took it"
        )));
    };
    // Nobody watches: what matters is in the log, and the result is printed at the end.
    let (moments, _) = mpsc::channel(1);
    // The kill switch is obeyed here as in a serving process.
    let mut watched = [Watched::new(claimed.tenant.clone(), claimed.id.clone())];
    let mut watch = SwitchWatch::over(services);
    let attempt = tokio::select! {
        attempt = attempt(services, Claimed { lease, request: claimed }, moments) => attempt?,
        never = watch.keep_looking(services.clock, &mut watched) => match never {},
    };
    if args.show_phi {
        note_shown(services, &intake, &request, &actor).await?;
    }
    print(args, services.keeping, &request, &attempt, out)?;
    Ok(Exit::good_if(attempt.result.is_complete()))
}

async fn note_shown(
    services: &Services,
    intake: &Intake,
    request: &RequestId,
    actor: &Actor,
) -> Result<(), CliError> {
    let mut event = Event::new(actor.clone(), Action::PhiRead);
    event.object = ObjectId::new(request.as_str()).ok();
    event.purpose = Some(Purpose::ShowToOperator);
    event.fields = callwright_compliance::FieldSet::of(&[callwright_compliance::Field::HeardValue]);
    let now = services.clock.wall();
    let mut tx = services.store.begin(&intake.tenant, actor, now).await?;
    tx.audit(event).await?;
    Ok(tx.commit().await?)
}

fn print(
    args: &CallArgs,
    keeping: FileKeeping,
    request: &RequestId,
    attempt: &Attempt,
    out: &mut Out,
) -> Result<(), CliError> {
    let result = &attempt.result;
    let file = match keeping {
        FileKeeping::Sealed => "result.json.sealed",
        FileKeeping::Open => "result.json",
    };
    let file = attempt.folder.join(file);
    if args.json {
        let shown = args.show_phi.then_some(result);
        return Ok(out.json(&json!({
            "request": request,
            "call": attempt.call,
            "outcome": result.outcome,
            "ended_by": result.ended_by,
            "answered": result.fields.keys().collect::<Vec<_>>(),
            "missing": result.missing,
            "file": file,
            "result": shown,
        }))?);
    }
    out.line(format_args!("request   {request}"))?;
    out.line(format_args!("call      {}", attempt.call))?;
    let ended_by = result.ended_by.as_deref().map(|by| format!(", ended by {by}"));
    out.line(format_args!("outcome   {}{}", result.outcome, ended_by.unwrap_or_default()))?;
    for (name, field) in &result.fields {
        let value = if args.show_phi { field.value.as_str() } else { "answered" };
        out.line(format_args!("  {name}: {value}"))?;
    }
    for name in &result.missing {
        out.line(format_args!("  {name}: no answer"))?;
    }
    Ok(out.line(format_args!("result    {}", file.display()))?)
}

/// Why there was no call, for a program.
fn refused(error: &CliError) -> serde_json::Value {
    let mut reasons = Vec::new();
    if let CliError::Intake(IntakeError::Refused(record))
    | CliError::Dial(DialError::Refused(record)) = error
    {
        for reason in &record.reasons {
            let why = reason.code.to_string();
            reasons.push(json!({ "rule": reason.rule, "code": reason.code, "why": why }));
        }
    }
    if let CliError::Intake(IntakeError::Facts(error)) | CliError::Dial(error) = error
        && let Some(rule) = error.egress_rule()
    {
        reasons.push(json!({ "rule": rule, "why": error.to_string() }));
    }
    if let CliError::Unfilled(missing) = error {
        for unfilled in missing {
            let (role, vendor) = (unfilled.role, &unfilled.vendor);
            let why = unfilled.refusal.to_string();
            let rule = unfilled.rule();
            reasons.push(json!({ "rule": rule, "role": role, "vendor": vendor, "why": why }));
        }
    }
    let mut mistakes = Vec::new();
    if let CliError::Intake(IntakeError::Problems(problems)) = error {
        for problem in problems.iter() {
            mistakes.push(json!({ "field": problem.field, "why": problem.fault.to_string() }));
        }
    }
    json!({ "error": error.to_string(), "refused_by": reasons, "problems": mistakes })
}

#[cfg(test)]
mod tests {
    use callwright_compliance::VendorId;
    use callwright_compliance::vendor::{EgressRefusal, Role};

    use super::*;

    #[test]
    fn a_program_is_told_by_which_rule_a_vendor_was_refused() {
        let vendor = VendorId::new("ear").unwrap();
        let (role, refusal) = (Role::SpeechToText, EgressRefusal::NotRegistered);
        for (error, rule) in
            [(DialError::Egress { vendor, role, refusal }, "V1"), (DialError::NoneOnPremises, "D2")]
        {
            let told = refused(&CliError::Dial(error));
            assert_eq!(told["refused_by"][0]["rule"], rule, "{told}");
        }
        assert_eq!(refused(&CliError::Dial(DialError::NoLine))["refused_by"], json!([]));
    }
}
