//! `callwright policy check`: whether a configuration's policy is whole and says nothing against itself.

use std::path::PathBuf;

use callwright_compliance::RuleId;
use clap::Args;
use jiff::tz::TimeZone;
use serde_json::json;

use super::super::output::Out;
use super::{CliError, Exit};
use crate::clock::Clock;
use crate::config::{Config, ConfigErrors, Problem};

/// Check a configuration file and its policy: every mistake at once, each with its line
///
/// Refused are unknown keys, wrong values, limits of zero, values above what a rule allows, values that contradict each other, and hosted
/// vendors of which the policy requires no flag. It opens nothing but the file.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  callwright policy check callwright.toml
  callwright policy check callwright.toml --json

Exit codes: 0 the policy is whole; 2 the file has mistakes.")]
pub(in crate::cli) struct CheckArgs {
    /// The configuration file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &CheckArgs, clock: Clock, out: &mut Out) -> Result<Exit, CliError> {
    let today = clock.wall().to_zoned(TimeZone::UTC).date();
    let due: Vec<RuleId> =
        RuleId::ALL.iter().copied().filter(|rule| rule.is_due_for_review(today)).collect();
    let config = match Config::load(&args.file) {
        Ok(config) => config,
        Err(errors) if args.json => {
            out.json(&mistakes(&errors))?;
            return Ok(Exit::Usage);
        }
        Err(errors) => return Err(errors.into()),
    };
    let digest = config.policy.digest();
    if args.json {
        let due: Vec<_> = due
            .iter()
            .map(|rule| json!({ "rule": rule, "verified_on": rule.verified_on() }))
            .collect();
        out.json(&json!({ "whole": true, "policy": digest, "due_for_review": due }))?;
        return Ok(Exit::Good);
    }
    out.line(format_args!("the policy is whole: {digest}"))?;
    for rule in due {
        out.line(format_args!(
            "warn    {rule}: its source was last read on {}: read it again ({})",
            rule.verified_on(),
            rule.source()
        ))?;
    }
    Ok(Exit::Good)
}

fn mistakes(errors: &ConfigErrors) -> serde_json::Value {
    let each = |problem: &Problem| {
        json!({
            "line": problem.place.map(|place| place.line),
            "column": problem.place.map(|place| place.column),
            "key": problem.key,
            "why": problem.fault.to_string(),
            "mend": problem.mend,
        })
    };
    let problems: Vec<_> = errors.problems().iter().map(each).collect();
    json!({ "whole": false, "problems": problems })
}
