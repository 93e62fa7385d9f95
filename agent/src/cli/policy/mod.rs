//! `callwright policy`: what policy says, asked without calling anybody.
//!
//! Nothing here decides, writes or permits: [`callwright_compliance::decide()`] decides, and its permit is dropped at once.

mod check;
mod explain;
mod mend;
mod print;
mod report;
#[cfg(test)]
mod tests;

use clap::Subcommand;

use super::output::Out;
use super::setup::named;
use super::{CliError, Exit, Session};

/// Ask what policy says: about a call, or about the policy itself
#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    Explain(explain::ExplainArgs),
    Check(check::CheckArgs),
}

pub(super) async fn run(
    command: &PolicyCommand,
    session: Session,
    out: &mut Out,
) -> Result<Exit, CliError> {
    session.logs.start_plain();
    match command {
        PolicyCommand::Explain(args) => explain::run(args, session.clock, out).await,
        PolicyCommand::Check(args) => check::run(args, session.clock, out),
    }
}
