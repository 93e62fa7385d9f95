//! `callwright person`: everything held about one person, given out or erased.

use std::path::PathBuf;

use callwright_compliance::{Purpose, RequestId, TenantId};
use callwright_store::{Access, Store, StoreError};
use clap::{ArgGroup, Args, Subcommand};

use super::output::Out;
use super::owner;
use super::retention::periods;
use super::{ActorArg, CliError, ConfigArg, Exit, Session};
use crate::config::Config;
use crate::retention::Purge;
use crate::rights::{self, Erased, Export, RightsError};

pub(super) const AFTER_HELP: &str = "\
Examples:
  callwright person export 0123…cdef --config callwright.toml --as ann --out for-the-patient
  callwright person erase --identifiers who.json --practice oak-street --config callwright.toml --as ann

A person is named by one of their requests, or by a file with name, date of birth and, to narrow it, member id:
  {\"name\": \"…\", \"date_of_birth\": \"1961-07-13\", \"member_id\": \"…\"}
They must be as the request had them; case, spaces and punctuation do not count. All requests of that name and birth date in the practice
are taken: verify first that they are one person's, for two people may share both.";

#[derive(Debug, Subcommand)]
pub(super) enum PersonCommand {
    Export(ExportArgs),
    Erase(EraseArgs),
}

/// Who it is about.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("who").required(true).args(["request", "identifiers"]))]
struct Who {
    /// One of the person's requests
    #[arg(value_name = "REQUEST")]
    request: Option<RequestId>,
    /// A file with name, date of birth and, if wanted, member id
    #[arg(long, value_name = "FILE", requires = "practice")]
    identifiers: Option<PathBuf>,
    /// Whose patient
    #[arg(long, value_name = "ID")]
    practice: Option<TenantId>,
    /// Only the request that is given, and no other of the same person
    #[arg(long, requires = "request")]
    only: bool,
}

/// Write everything that is held about a person into a new folder
///
/// Requests, answers, calls with recording and words, the consent to AI calls, decisions, and an accounting of who was told what. The
/// folder lies open: mind where it goes. The audit says that it was given out.
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    who: Who,
    #[command(flatten)]
    config: ConfigArg,
    #[command(flatten)]
    actor: ActorArg,
    /// A folder that is not there yet
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

/// Destroy the data keys of a person's requests and delete their files. It cannot be undone
///
/// A legal hold or a running call on any of them blocks it. What the law wants kept stays, holds no patient value, and is listed.
#[derive(Debug, Args)]
pub(super) struct EraseArgs {
    #[command(flatten)]
    who: Who,
    #[command(flatten)]
    config: ConfigArg,
    #[command(flatten)]
    actor: ActorArg,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    command: &PersonCommand,
    session: Session,
    out: &mut Out,
) -> Result<Exit, CliError> {
    session.logs.start_plain();
    match command {
        PersonCommand::Export(args) => export(args, session, out).await,
        PersonCommand::Erase(args) => erase(args, session, out).await,
    }
}

/// The requests that are meant, and whose they are.
async fn find(
    who: &Who,
    store: &Store,
    access: Access<'_>,
) -> Result<(TenantId, Vec<RequestId>), CliError> {
    if let (Some(file), Some(tenant)) = (&who.identifiers, &who.practice) {
        let person = rights::read_person(file)?;
        let found = store.find_person(tenant, &person, access).await?;
        if found.is_empty() {
            return Err(RightsError::Nobody.into());
        }
        return Ok((tenant.clone(), found));
    }
    let Some(request) = &who.request else {
        return Err(CliError::usage("give a request, or --identifiers with --practice"));
    };
    let tenant = match &who.practice {
        Some(tenant) => tenant.clone(),
        None => owner::of_request(store, request).await?,
    };
    if who.only {
        return Ok((tenant, vec![request.clone()]));
    }
    let found = match store.same_person(&tenant, request, access).await {
        // Whose it was is not known any more; what is left of its files can still go.
        Err(StoreError::Erased) => vec![request.clone()],
        found => found?,
    };
    Ok((tenant, found))
}

async fn export(args: &ExportArgs, session: Session, out: &mut Out) -> Result<Exit, CliError> {
    let config = Config::load(&args.config.config)?;
    let store = config.open_store().await?;
    let actor = args.actor.actor();
    let access = Access { purpose: Purpose::Export, actor: &actor, now: session.clock.wall() };
    let (tenant, requests) = find(&args.who, &store, access).await?;
    let from = Export { store: &store, calls: &config.calls.folder, to: &args.out };
    let done = rights::export(&from, &tenant, &requests, access).await;
    store.close().await;
    let done = done?;
    if args.json {
        out.json(&done)?;
    } else {
        let (requests, files) = (done.requests.len(), done.files);
        // The folder's name is not repeated: it may be the person's.
        out.line(format_args!(
            "written: {requests} requests, {files} files of calls; the folder lies open, mind where it goes"
        ))?;
        for name in &done.unreadable {
            out.line(format_args!("not readable: {name}"))?;
        }
    }
    Ok(Exit::good_if(done.unreadable.is_empty()))
}

async fn erase(args: &EraseArgs, session: Session, out: &mut Out) -> Result<Exit, CliError> {
    let config = Config::load(&args.config.config)?;
    let periods = periods(&config)?;
    let store = config.open_store().await?;
    let (actor, now) = (args.actor.actor(), session.clock.wall());
    let access = Access { purpose: Purpose::Compare, actor: &actor, now };
    let (tenant, requests) = find(&args.who, &store, access).await?;
    let calls = &config.calls.folder;
    let purge = Purge { store: &store, calls, periods: &periods, actor: &actor, now };
    let done = rights::erase(&purge, &tenant, &requests).await;
    store.close().await;
    let done = done?;
    if args.json {
        out.json(&done)?;
    } else {
        print(&done, out)?;
    }
    Ok(Exit::good_if(done.failures.is_empty()))
}

fn print(done: &Erased, out: &mut Out) -> Result<(), CliError> {
    for request in &done.requests {
        out.line(format_args!("erased: request {request}"))?;
    }
    for failure in &done.failures {
        let (class, call, why) = (failure.class, &failure.call, &failure.why);
        out.line(format_args!("{class} of call {call} not deleted yet: {why}"))?;
    }
    for kept in &done.retained {
        let (class, days, source) = (kept.class, kept.days, kept.source);
        out.line(format_args!("kept, without a patient's value: {class}, {days} days ({source})"))?;
    }
    Ok(())
}
