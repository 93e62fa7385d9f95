//! The commands. Each reads its arguments, asks the rooms to work, and says what came of it.
//!
//! Output goes to a writer that is passed in ([`output`]), logs to standard error, and every ending has an exit code ([`Exit`]).

mod audit;
mod backup;
mod call;
mod check;
mod consent;
mod covered;
mod demo;
mod disclosures;
mod error;
mod hold;
mod host;
mod incident;
mod inventory;
mod kill;
mod ledger;
mod logs;
mod opt_out;
pub mod output;
mod owner;
mod person;
mod policy;
#[cfg(test)]
mod register_tests;
mod replay;
mod result;
mod retention;
mod serve;
mod setup;
mod sim;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::Place;

use std::path::PathBuf;

use callwright_compliance::PersonId;
use callwright_compliance::audit::Actor;
use clap::{Args, Parser, Subcommand};

pub use covered::covered;
pub use error::{CliError, Exit};
pub use logs::Logs;
use output::Out;

use crate::clock::Clock;

const AFTER_HELP: &str = "\
Begin with:
  callwright demo                                     one whole call on this machine, against a simulated payer
  callwright check --config callwright.toml           what a first real call still needs
  callwright policy explain --to +18002000140 --class payer --config callwright.toml
  callwright call request.json --config callwright.toml

Exit codes:
  0  all is well: the verification is complete, the check found nothing missing, the chain is whole
  1  not complete, something missing or broken, or a failure of the program
  2  the command line, the configuration or the request must be mended first; nothing was done
  3  policy refuses the call; the rules that refuse it are printed

Logs go to standard error. Nothing that is logged holds a patient's value, and nothing that is printed, but for `callwright result` and where --show-phi is given;
`callwright person export` writes it into a folder.";

/// Places insurance-verification calls for medical and dental practices, under policy, and brings the answers home with evidence.
#[derive(Debug, Parser)]
#[command(name = "callwright", version, about, after_help = AFTER_HELP, propagate_version = true)]
#[command(max_term_width = 110, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::DemoArgs),
    Serve(serve::ServeArgs),
    Call(call::CallArgs),
    Result(result::ResultArgs),
    Check(check::CheckArgs),
    Inventory(inventory::InventoryArgs),
    Replay(replay::ReplayArgs),
    /// Verify the audit, sign and anchor it, prove an entry of it, export it
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    #[command(subcommand)]
    Consent(consent::ConsentCommand),
    #[command(subcommand)]
    OptOut(opt_out::OptOutCommand),
    /// How long records are kept, and the purge of what is past its period
    #[command(subcommand, after_help = retention::AFTER_HELP)]
    Retention(retention::RetentionCommand),
    /// Legal holds: what they cover is neither purged nor erased
    #[command(subcommand, after_help = hold::AFTER_HELP)]
    Hold(hold::HoldCommand),
    /// Everything held about one person: give it out, or erase it
    #[command(subcommand, after_help = person::AFTER_HELP)]
    Person(person::PersonCommand),
    Backup(backup::BackupArgs),
    Restore(backup::RestoreArgs),
    Kill(kill::KillArgs),
    /// Incidents: open, follow, assess, and say who was exposed
    #[command(subcommand, after_help = incident::AFTER_HELP)]
    Incident(incident::IncidentCommand),
    Disclosures(disclosures::DisclosuresArgs),
    /// Fill the store for a first installation: key, practice, provider, vendors, allowlist
    #[command(subcommand, after_help = setup::AFTER_HELP)]
    Setup(setup::SetupCommand),
    /// The outside world, simulated on this machine
    #[command(subcommand)]
    Sim(sim::SimCommand),
}

/// The configuration file.
#[derive(Debug, Args)]
struct ConfigArg {
    /// The configuration file; deploy/callwright.toml is a documented example
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Who acts.
#[derive(Debug, Args)]
struct ActorArg {
    /// Your account's id, as it stands in the audit: letters, digits, `.`, `_`, `-`; never a person's name
    #[arg(long = "as", value_name = "PERSON")]
    person: PersonId,
}

impl ActorArg {
    fn actor(&self) -> Actor {
        Actor::Person(self.person.clone())
    }
}

/// What every command is given.
#[derive(Clone, Copy, Debug)]
pub struct Session {
    /// The time.
    pub clock: Clock,
    /// How logging is started.
    pub logs: Logs,
}

/// Runs a command.
///
/// # Errors
/// [`CliError`], whose [`CliError::exit`] is the exit code.
pub async fn run(cli: Cli, session: Session, out: &mut Out) -> Result<Exit, CliError> {
    match cli.command {
        Command::Demo(args) => demo::run(args, session).await,
        Command::Serve(args) => serve::run(&args, session, out).await,
        Command::Call(args) => call::run(&args, session, out).await,
        Command::Result(args) => result::run(&args, session, out).await,
        Command::Check(args) => check::run(&args, session, out).await,
        Command::Inventory(args) => inventory::run(&args, session, out).await,
        Command::Replay(args) => replay::run(&args, session, out),
        Command::Audit(command) => audit::run(&command, session, out).await,
        Command::Policy(command) => policy::run(&command, session, out).await,
        Command::Consent(command) => consent::run(&command, session, out).await,
        Command::OptOut(command) => opt_out::run(&command, session, out).await,
        Command::Retention(command) => retention::run(&command, session, out).await,
        Command::Hold(command) => hold::run(&command, session, out).await,
        Command::Person(command) => person::run(&command, session, out).await,
        Command::Backup(args) => backup::backup(&args, session, out).await,
        Command::Restore(args) => backup::restore(&args, session, out).await,
        Command::Kill(args) => kill::run(&args, session, out).await,
        Command::Incident(command) => incident::run(command, session, out).await,
        Command::Disclosures(args) => disclosures::run(&args, session, out).await,
        Command::Setup(command) => setup::run(command, session, out).await,
        Command::Sim(command) => sim::run(command, session, out).await,
    }
}
