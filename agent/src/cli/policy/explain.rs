//! `callwright policy explain`: would this call be permitted, by which rules, and what would have to change.
//!
//! It asks the decision that every call is asked, with the facts that are in the store. It writes nothing, audits nothing, and the permit,
//! if there is one, is dropped before a word is printed.

mod ground;

use std::path::PathBuf;

use callwright_compliance::{
    CallClass, CallPurpose, PayerId, PhoneNumber, Policy, ReasonCode, TenantId, decide,
};
use callwright_dialplan::number::parse_human;
use clap::Args;
use jiff::Timestamp;

use super::super::output::Out;
use super::print::print;
use super::report::{Explanation, Verdict, rows, rows_without_a_number};
use super::{CliError, Exit, named};
use crate::clock::Clock;
use ground::Ground;

/// Say whether a call would be permitted, by each rule, with its source and how to mend a refusal
///
/// It places no call, writes nothing and makes no permit. Without a configuration, a store or an entry on the allowlist the answer is no,
/// and it says what is missing.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  callwright policy explain --to +18002000140 --class payer --config callwright.toml
  callwright policy explain --to +18002000140 --class payer --config callwright.toml --at 2026-12-25T15:00:00Z
  callwright policy explain --to 911 --class test --json

Exit codes: 0 the call would be permitted; 2 the command line or the configuration file must be mended; 3 it would be refused.")]
pub(in crate::cli) struct ExplainArgs {
    /// The number as it would be dialled, +1 and ten digits. Any other text is explained too: rule N1 refuses it
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    pub(super) to: String,
    /// payer: a payer's provider line; test: one's own proven number; patient: always refused
    #[arg(long, value_name = "CLASS", value_parser = named::<CallClass>)]
    pub(super) class: CallClass,
    /// The payer. Left out: the one whose line or allowlist entry has the number
    #[arg(long, value_name = "ID")]
    pub(super) payer: Option<PayerId>,
    /// The practice. Left out: the only one in the store
    #[arg(long, value_name = "ID")]
    pub(super) practice: Option<TenantId>,
    /// What the call is for: medical_benefits or dental_benefits. Left out: what the line answers
    #[arg(long, value_name = "PURPOSE", value_parser = named::<CallPurpose>)]
    pub(super) purpose: Option<CallPurpose>,
    /// The configuration file, whose policy and store are asked
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// At what time, as 2026-11-02T15:00:00Z. Left out: now
    #[arg(long, value_name = "RFC3339")]
    pub(super) at: Option<Timestamp>,
    /// Print a JSON object
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(args: &ExplainArgs, clock: Clock, out: &mut Out) -> Result<Exit, CliError> {
    let at = args.at.unwrap_or_else(|| clock.wall());
    let explanation = explain(args, at).await?;
    if args.json {
        out.json(&explanation)?;
    } else {
        print(&explanation, out)?;
    }
    Ok(match explanation.verdict {
        Verdict::Permitted => Exit::Good,
        Verdict::Refused => Exit::Refused,
    })
}

async fn explain(args: &ExplainArgs, at: Timestamp) -> Result<Explanation, CliError> {
    match PhoneNumber::parse_e164(&args.to) {
        Ok(number) => {
            let ground = ground::find(args, &number, at).await?;
            judged(args, number, ground, at)
        }
        Err(error) => no_number(args, error.into(), at),
    }
}

fn judged(
    args: &ExplainArgs,
    number: PhoneNumber,
    ground: Ground,
    at: Timestamp,
) -> Result<Explanation, CliError> {
    let to = number.to_string();
    let request = ground.request(args, number)?;
    // The permit, if there is one, ends here.
    let record = decide(&request, &ground.facts, &ground.policy, at).record().clone();
    let is_permitted = record.verdict == decide::Verdict::Permitted && ground.missing.is_empty();
    Ok(Explanation {
        verdict: if is_permitted { Verdict::Permitted } else { Verdict::Refused },
        to: Some(to),
        class: args.class,
        at,
        practice: ground.practice,
        payer: ground.payer,
        policy: record.policy,
        rules: rows(&record, at),
        missing: ground.missing,
        assumed: ground.assumed,
    })
}

/// The text is no number. Which other rules there are is said, too.
fn no_number(args: &ExplainArgs, code: ReasonCode, at: Timestamp) -> Result<Explanation, CliError> {
    let policy = match &args.config {
        Some(path) => ground::config(path)?.map(|config| config.policy),
        None => None,
    };
    let hint = parse_human(&args.to).ok();
    let hint = hint.map(|number| format!("people read it as {}: ask about that", number.e164()));
    Ok(Explanation {
        verdict: Verdict::Refused,
        to: None,
        class: args.class,
        at,
        practice: args.practice.clone(),
        payer: args.payer.clone(),
        policy: policy.unwrap_or_else(Policy::recommended).digest(),
        missing: Vec::new(),
        assumed: Vec::new(),
        rules: rows_without_a_number(code, hint, at),
    })
}
