//! `callwright result`: what is known about a request, in a form for people or for another system.
//!
//! It reads the store, and each call's own file for what only that tells. Every reading is an audit row with the account's id.

use std::path::PathBuf;

use callwright_compliance::{PhiString, Purpose, RequestId, TenantId};
use callwright_prompts::Pack;
use callwright_store::{Access, Store};
use clap::Args;

use super::output::Out;
use super::{ActorArg, CliError, ConfigArg, Exit, Session, owner};
use crate::config::{Config, StartError};
use crate::results::{self, Document, Format, Outcome, Sources};

/// Print a request's result: as FHIR, as a page to print, as CSV or as JSON
///
/// The answers and the patient's data are read from the sealed store, and the audit says who read them and what for. Whoever runs this
/// takes the data out of the store's protection: mind where it goes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  callwright result 0123…cdef --config callwright.toml --as ann --format html --out breakdown.html
  callwright result 0123…cdef --config callwright.toml --as ann --format fhir | your-importer

The exit code is 0 for a complete verification and 1 for one that is not; its result is printed either way.")]
pub(super) struct ResultArgs {
    /// The request's id, as `callwright call` prints it
    #[arg(value_name = "REQUEST")]
    request: RequestId,
    #[command(flatten)]
    config: ConfigArg,
    #[command(flatten)]
    actor: ActorArg,
    /// Whose request it is; needed only where two practices have one of this id
    #[arg(long, value_name = "ID")]
    practice: Option<TenantId>,
    /// The form
    #[arg(long, value_enum)]
    format: Format,
    /// A new file, which only you may read; else it is printed
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
}

pub(super) async fn run(
    args: &ResultArgs,
    session: Session,
    out: &mut Out,
) -> Result<Exit, CliError> {
    session.logs.start_plain();
    let config = Config::load(&args.config.config)?;
    let store = config.open_store().await?;
    let rendered = render(args, session, &config, &store).await;
    store.close().await;
    let (text, outcome) = rendered?;
    match &args.out {
        Some(path) => results::write_new(path, &text)?,
        None => out.text(text.expose(Purpose::RenderResult))?,
    }
    Ok(Exit::good_if(outcome == Outcome::Complete))
}

async fn render(
    args: &ResultArgs,
    session: Session,
    config: &Config,
    store: &Store,
) -> Result<(PhiString, Outcome), CliError> {
    let directory = config.directory()?;
    let pack = Pack::embedded().map_err(|error| StartError::Program(error.to_string()))?;
    let tenant = match &args.practice {
        Some(tenant) => tenant.clone(),
        None => owner::of_request(store, &args.request).await?,
    };
    let sources =
        Sources { store, directory: &directory, pack: &pack, calls: &config.calls.folder };
    let actor = args.actor.actor();
    let now = session.clock.wall();
    let access = Access { purpose: Purpose::RenderResult, actor: &actor, now };
    let document = Document::gather(&sources, &tenant, &args.request, access).await?;
    Ok((document.render(args.format)?, document.outcome()))
}
