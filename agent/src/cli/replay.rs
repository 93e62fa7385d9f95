//! `callwright replay`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::output::Out;
use super::{CliError, Exit, Session};
use crate::replay;

/// Run recorded calls through the core again and compare every decision, bit for bit
///
/// A journal holds ids and closed lists only, so this needs no key, no audio and no patient data.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  callwright replay out/mine
  callwright replay calls/0123456789abcdef0123456789abcdef/journal.jsonl --json")]
pub(super) struct ReplayArgs {
    /// Journals, or folders that hold some
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ReplayArgs, session: Session, out: &mut Out) -> Result<Exit, CliError> {
    session.logs.start_plain();
    let reports = replay::run(&args.paths);
    if reports.is_empty() {
        return Err(CliError::usage("there is no journal.jsonl below these paths"));
    }
    if args.json {
        let each = reports.iter().map(|report| {
            let difference = report.outcome.as_ref().err().map(ToString::to_string);
            json!({
                "path": report.path,
                "identical": report.outcome.is_ok(),
                "inputs": report.entries,
                "difference": difference,
            })
        });
        out.json(&each.collect::<Vec<_>>())?;
    } else {
        for report in &reports {
            out.line(report)?;
        }
    }
    Ok(Exit::good_if(reports.iter().all(|report| report.outcome.is_ok())))
}
