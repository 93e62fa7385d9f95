//! `callwright retention`: how long what is kept, and the purge of what is past its period (rule R1).

use callwright_compliance::retention::{Disposal, Periods, RecordClass};
use callwright_compliance::{RequestId, TenantId};
use clap::{Args, Subcommand};
use serde_json::json;

use super::output::Out;
use super::owner;
use super::{ActorArg, CliError, ConfigArg, Exit, Session};
use crate::config::Config;
use crate::retention::{Bound, ClassReport, Mode, PracticeReport, Purge, Report};

pub(super) const AFTER_HELP: &str = "\
Examples:
  callwright retention show --config callwright.toml
  callwright retention run --config callwright.toml --as ann --dry-run
  callwright retention accept 0123…cdef --config callwright.toml --as ann

`callwright serve` purges by itself, when it begins and every hour. The periods are the configuration's [policy.retention]. A legal hold
(`callwright hold`) wins over every period. The audit chain, decisions, consents and agreements are never deleted by the program: past six
years, export them (`callwright backup`) before you archive or destroy the database that they lie in.";

#[derive(Debug, Subcommand)]
pub(super) enum RetentionCommand {
    Show(ShowArgs),
    Run(RunArgs),
    Accept(AcceptArgs),
}

/// Print how long each class of record is kept, what becomes of it then, and by which source
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    #[command(flatten)]
    config: ConfigArg,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

/// Purge now what is past its period, and report
///
/// The exit code is 1 where something that is due could not be deleted.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    config: ConfigArg,
    #[command(flatten)]
    actor: ActorArg,
    /// Only this practice
    #[arg(long, value_name = "ID")]
    practice: Option<TenantId>,
    /// Change nothing: count what would go
    #[arg(long)]
    dry_run: bool,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

/// Say that the practice has taken an ended request's result over: the words of its calls go in the next round
#[derive(Debug, Args)]
pub(super) struct AcceptArgs {
    /// The request's id
    #[arg(value_name = "REQUEST")]
    request: RequestId,
    #[command(flatten)]
    config: ConfigArg,
    #[command(flatten)]
    actor: ActorArg,
    /// Whose request it is; needed only where two practices have one of this id
    #[arg(long, value_name = "ID")]
    practice: Option<TenantId>,
}

pub(super) async fn run(
    command: &RetentionCommand,
    session: Session,
    out: &mut Out,
) -> Result<Exit, CliError> {
    session.logs.start_plain();
    match command {
        RetentionCommand::Show(args) => show(args, out),
        RetentionCommand::Run(args) => purge(args, session, out).await,
        RetentionCommand::Accept(args) => accept(args, session, out).await,
    }
}

/// The periods of a configuration. It was refused already where it has none.
pub(super) fn periods(config: &Config) -> Result<Periods, CliError> {
    Periods::new(&config.policy.retention).map_err(|bad| {
        let each: Vec<String> = bad.iter().map(ToString::to_string).collect();
        CliError::usage(each.join("; "))
    })
}

const fn then(disposal: Disposal) -> &'static str {
    match disposal {
        Disposal::Files => "deleted",
        Disposal::Erasure => "erased",
        Disposal::Archive => "yours to archive",
        Disposal::Elsewhere => "kept by whoever collects the logs",
    }
}

fn show(args: &ShowArgs, out: &mut Out) -> Result<Exit, CliError> {
    let periods = periods(&Config::load(&args.config.config)?)?;
    if args.json {
        let each = RecordClass::ALL.iter().map(|class| {
            json!({
                "class": class,
                "days": periods.days(*class),
                "floor_days": class.floor_days(),
                "recommended_days": class.recommended_days(),
                "then": then(class.disposal()),
                "source": class.source(),
            })
        });
        out.json(&each.collect::<Vec<_>>())?;
        return Ok(Exit::Good);
    }
    for class in RecordClass::ALL {
        let (days, name) = (periods.days(*class), class.name());
        let end = then(class.disposal());
        out.line(format_args!("{name:<11} {days:>6} days, then {end:<34} {}", class.source()))?;
    }
    Ok(Exit::Good)
}

async fn purge(args: &RunArgs, session: Session, out: &mut Out) -> Result<Exit, CliError> {
    let config = Config::load(&args.config.config)?;
    let periods = periods(&config)?;
    let store = config.open_store().await?;
    let purge = Purge {
        store: &store,
        calls: &config.calls.folder,
        periods: &periods,
        actor: &args.actor.actor(),
        now: session.clock.wall(),
    };
    let mode = if args.dry_run { Mode::DryRun } else { Mode::Purge };
    let report = purge.round(args.practice.as_ref(), mode, Bound::None).await;
    store.close().await;
    let report = report?;
    if report.practices.is_empty() {
        return Err(CliError::usage("there is no such practice in this store"));
    }
    if args.json {
        out.json(&report)?;
    } else {
        print(&report, out)?;
    }
    Ok(Exit::good_if(report.is_clean()))
}

fn print(report: &Report, out: &mut Out) -> Result<(), CliError> {
    for PracticeReport { practice, classes, failures } in &report.practices {
        for class in classes {
            out.line(format_args!("{practice}: {}", line(class, report.dry_run)))?;
        }
        for failure in failures {
            let (class, call, why) = (failure.class, &failure.call, &failure.why);
            out.line(format_args!("{practice}: {class} of call {call} not deleted: {why}"))?;
        }
    }
    Ok(())
}

fn line(class: &ClassReport, dry_run: bool) -> String {
    let done = if dry_run { "due" } else { "purged" };
    let oldest = class.oldest.map_or_else(|| "none".to_owned(), |at| at.to_string());
    let archive = if class.to_archive { "; past its period: export and archive" } else { "" };
    let (name, purged, held) = (class.class.name(), class.purged, class.held);
    format!("{name:<11} {done} {purged}, held {held}, oldest kept {oldest}{archive}")
}

async fn accept(args: &AcceptArgs, session: Session, out: &mut Out) -> Result<Exit, CliError> {
    let store = Config::load(&args.config.config)?.open_store().await?;
    let tenant = match &args.practice {
        Some(tenant) => tenant.clone(),
        None => owner::of_request(&store, &args.request).await?,
    };
    let mut tx = store.begin(&tenant, &args.actor.actor(), session.clock.wall()).await?;
    tx.accept_result(&args.request).await?;
    tx.commit().await?;
    store.close().await;
    out.line(format_args!("accepted: the words of {} go in the next round", args.request))?;
    Ok(Exit::Good)
}
