//! `callwright inventory`: where data goes and where it lies, generated from the configuration and the vendor registers.
//!
//! It is the data-flow and asset inventory that a risk analysis begins with (45 CFR 164.308(a)(1)(ii)(A)-(B)) and the record of processing of
//! GDPR article 30. It reads no patient's value and sends nothing; what it does not know (workforce, buildings, the carrier's own network) the
//! practice adds.

mod markdown;
mod model;
mod places;

use clap::Args;

use super::output::Out;
use super::retention;
use super::{CliError, ConfigArg, Exit, Session};
use crate::config::Config;

/// Write the data-flow inventory: every destination, its vendor, the fields that may go there, and where data lies on this machine
///
/// Markdown, or JSON with --json. It is made from the configuration file and, where the store is there, from each practice's vendor
/// register. It names fields and never values.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  callwright inventory --config callwright.toml > inventory.md
  callwright inventory --config callwright.toml --json")]
pub(super) struct InventoryArgs {
    #[command(flatten)]
    config: ConfigArg,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    args: &InventoryArgs,
    session: Session,
    out: &mut Out,
) -> Result<Exit, CliError> {
    session.logs.start_plain();
    let config = Config::load(&args.config.config)?;
    let practices = practices(&config, session).await?;
    let periods = retention::periods(&config)?;
    let inventory = model::Inventory::of(&config, &periods, practices, session.clock.wall());
    if args.json {
        out.json(&inventory)?;
    } else {
        out.text(&markdown::page(&inventory))?;
    }
    Ok(Exit::Good)
}

/// The registers of the store; none where there is no store yet, for an inventory makes none.
async fn practices(
    config: &Config,
    session: Session,
) -> Result<Vec<model::PracticeRegister>, CliError> {
    if !config.store.database.is_file() {
        return Ok(Vec::new());
    }
    let store = config.open_store().await?;
    let now = session.clock.wall();
    let mut registers = Vec::new();
    for practice in store.practices().await? {
        let register = store.register(&practice.tenant).await?;
        registers.push(model::PracticeRegister::of(config, practice.tenant, &register, now));
    }
    store.close().await;
    Ok(registers)
}
