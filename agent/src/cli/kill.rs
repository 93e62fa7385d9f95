//! `callwright switch`: the kill switch (rule I1). A serving process looks at it every second.

use callwright_compliance::TenantId;
use callwright_store::{StopScope, Store};
use clap::{Args, Subcommand};

use super::output::Out;
use super::{ActorArg, CliError, ConfigArg, Exit, Session};
use crate::config::Config;

/// The kill switch: stop calls, and let them go on
#[derive(Debug, Subcommand)]
pub(super) enum SwitchCommand {
    /// Stop: no call is placed, and running calls end within seconds
    Throw(SwitchArgs),
    /// Let calls be placed again
    Lift(SwitchArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  callwright switch throw --all --config callwright.toml --as ann
  callwright switch lift --practice oak-street --config callwright.toml --as ann")]
pub(super) struct SwitchArgs {
    #[command(flatten)]
    config: ConfigArg,
    #[command(flatten)]
    actor: ActorArg,
    /// The calls of this practice
    #[arg(long, value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
    practice: Option<TenantId>,
    /// Every call of this installation
    #[arg(long)]
    all: bool,
}

pub(super) async fn run(
    command: &SwitchCommand,
    session: Session,
    out: &mut Out,
) -> Result<Exit, CliError> {
    let (SwitchCommand::Throw(args) | SwitchCommand::Lift(args)) = command;
    session.logs.start_plain();
    let config = Config::load(&args.config.config)?;
    let store = config.open_store().await?;
    let (scope, tenant) = match &args.practice {
        Some(practice) => (StopScope::Tenant, practice.clone()),
        None => (StopScope::Global, first(&store).await?),
    };
    let mut tx = store.begin(&tenant, &args.actor.actor(), session.clock.wall()).await?;
    match command {
        SwitchCommand::Throw(_) => tx.throw_switch(&scope).await?,
        SwitchCommand::Lift(_) => tx.lift_switch(&scope).await?,
    }
    tx.commit().await?;
    store.close().await;
    out.line(match command {
        SwitchCommand::Throw(_) => "stopped: no call is placed, and running calls end",
        SwitchCommand::Lift(_) => "lifted: calls may be placed again",
    })?;
    Ok(Exit::Good)
}

/// The global switch has no practice of its own; its audit row stands in the first one's chain.
async fn first(store: &Store) -> Result<TenantId, CliError> {
    let practices = store.practices().await?;
    let first = practices.into_iter().next().map(|practice| practice.tenant);
    first.ok_or_else(|| CliError::usage("the store has no practice: there is nothing to stop"))
}
