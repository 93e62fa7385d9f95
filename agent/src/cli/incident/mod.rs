//! `callwright incident`: opened by hand or found, followed to their end, and who was exposed by them (rule I2).
//!
//! Incidents that a call has in it open by themselves, in `dialler`. What each step needs is said by `compliance`.

mod advance;
mod exposure;
mod open;
mod print;
#[cfg(test)]
mod tests;

use callwright_compliance::TenantId;
use callwright_store::{Incident, IncidentId, Store};
use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::output::Out;
use super::{CliError, ConfigArg, Exit, Session};
use crate::config::Config;

pub(super) const AFTER_HELP: &str = "\
In order (CONFIG stands for --config callwright.toml; docs/incident-response.md says who does what, and by when):
  callwright incident list CONFIG
  callwright incident show 0123…cdef CONFIG
  callwright incident advance 0123…cdef CONFIG --as ann --to contained --document note-12
  callwright incident exposure 0123…cdef CONFIG --as ann
  callwright incident advance 0123…cdef CONFIG --as ann --to assessed --document sheet-3 \\
      --nature high --recipient medium --acquired medium --remaining low --conclusion breach --affected OH=1
  callwright incident advance 0123…cdef CONFIG --as ann --to notified --document letters-3 \\
      --notice practice=mail-7 --notice individuals=letter-9@2026-11-03T15:00:00Z --notice hhs=portal-2
  callwright incident advance 0123…cdef CONFIG --as ann --to closed --document lesson-3

Documents are named by the ids under which you keep them: no sentence is stored, so no patient value can be.";

#[derive(Debug, Subcommand)]
pub(super) enum IncidentCommand {
    Open(open::OpenArgs),
    List(ListArgs),
    Show(ShowArgs),
    Advance(advance::AdvanceArgs),
    Exposure(exposure::ExposureArgs),
    Terms(open::TermsArgs),
}

/// List incidents, the newest first, each with its next deadline
#[derive(Debug, Args)]
#[command(after_help = "The exit code is 1 where a deadline has passed without its notice.")]
pub(super) struct ListArgs {
    #[command(flatten)]
    config: ConfigArg,
    /// Only this practice's
    #[arg(long, value_name = "ID")]
    practice: Option<TenantId>,
    /// Also those that are closed
    #[arg(long)]
    closed: bool,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

/// Show an incident with its history, its deadlines and what is owed
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The incident's id
    #[arg(value_name = "INCIDENT")]
    id: IncidentId,
    #[command(flatten)]
    config: ConfigArg,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    command: IncidentCommand,
    session: Session,
    out: &mut Out,
) -> Result<Exit, CliError> {
    session.logs.start_plain();
    let config = Config::load(&config_of(&command).config)?;
    let store = config.open_store().await?;
    let now = session.clock.wall();
    let done = match &command {
        IncidentCommand::Open(args) => open::run(args, &store, now, out).await,
        IncidentCommand::List(args) => list(args, &store, now, out).await,
        IncidentCommand::Show(args) => show(args, &store, now, out).await,
        IncidentCommand::Advance(args) => advance::run(args, &store, now, out).await,
        IncidentCommand::Exposure(args) => exposure::run(args, &store, now, out).await,
        IncidentCommand::Terms(args) => open::terms(args, &store, now, out).await,
    };
    store.close().await;
    done
}

fn config_of(command: &IncidentCommand) -> &ConfigArg {
    match command {
        IncidentCommand::Open(args) => &args.config,
        IncidentCommand::List(args) => &args.config,
        IncidentCommand::Show(args) => &args.config,
        IncidentCommand::Advance(args) => &args.config,
        IncidentCommand::Exposure(args) => &args.config,
        IncidentCommand::Terms(args) => &args.config,
    }
}

/// An incident by its id alone: the operator of the machine may ask about any practice's.
async fn incident(store: &Store, id: &IncidentId) -> Result<Incident, CliError> {
    let tenant = store.practice_of_incident(id).await?;
    Ok(store.incident(&tenant, id).await?)
}

async fn list(
    args: &ListArgs,
    store: &Store,
    now: Timestamp,
    out: &mut Out,
) -> Result<Exit, CliError> {
    let mut found = Vec::new();
    for practice in store.practices().await? {
        if args.practice.as_ref().is_none_or(|wanted| *wanted == practice.tenant) {
            found.extend(store.incidents(&practice.tenant).await?);
        }
    }
    found.retain(|incident| args.closed || !print::is_closed(incident));
    found.sort_by_key(|incident| std::cmp::Reverse(incident.discovered_at));
    if args.json {
        out.json(&found.iter().map(|each| print::as_json(each, now)).collect::<Vec<_>>())?;
    } else if found.is_empty() {
        out.line("no incident is open")?;
    } else {
        for incident in &found {
            out.line(print::line(incident, now))?;
        }
    }
    Ok(Exit::good_if(!found.iter().any(|incident| print::is_late(incident, now))))
}

async fn show(
    args: &ShowArgs,
    store: &Store,
    now: Timestamp,
    out: &mut Out,
) -> Result<Exit, CliError> {
    let incident = incident(store, &args.id).await?;
    if args.json {
        out.json(&print::as_json(&incident, now))?;
    } else {
        for line in print::page(&incident, now) {
            out.line(line)?;
        }
    }
    Ok(Exit::Good)
}
