//! `callwright audit checkpoint` and `callwright audit key`: sign the audit, and the key that verifies it.

use callwright_compliance::TenantId;
use callwright_compliance::audit::Checkpoint;
use clap::Args;
use serde_json::json;

use super::super::output::Out;
use super::{ActorArg, CliError, Exit, Opened, StoreArg, open};
use crate::checkpoints::{Checkpoints, When};
use crate::clock::Clock;

/// Sign each practice's audit as it is, anchor it, and print the checkpoint
///
/// `callwright serve` does it by itself, every five minutes or 256 entries, and `callwright call` at its end. A log that has nothing new
/// since its last checkpoint gets none; that one is printed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  callwright audit checkpoint callwright.toml --as ann
  callwright audit checkpoint callwright.toml --as ann --practice oak-street > somewhere-else/oak-street.checkpoint

A checkpoint says how many entries there are and what they hash to, signed. Give it to somebody else: the practice, an auditor, storage
that nobody can write twice. docs/audit.md says how.")]
pub(in crate::cli) struct CheckpointArgs {
    #[command(flatten)]
    store: StoreArg,
    #[command(flatten)]
    actor: ActorArg,
    /// Only this practice
    #[arg(long, visible_alias = "tenant", value_name = "ID")]
    practice: Option<TenantId>,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

pub(super) async fn checkpoint(
    args: &CheckpointArgs,
    clock: Clock,
    out: &mut Out,
) -> Result<Exit, CliError> {
    let Opened { store, anchors } = open(&args.store.path).await?;
    let checkpoints = Checkpoints::new(anchors);
    let actor = args.actor.actor();
    let mut made: Vec<Checkpoint> = Vec::new();
    for practice in store.practices().await? {
        let tenant = practice.tenant;
        if args.practice.as_ref().is_none_or(|wanted| *wanted == tenant) {
            let when = (When::Now, clock.wall());
            made.extend(checkpoints.sign(&store, &tenant, &actor, when).await?);
        }
    }
    store.close().await;
    if made.is_empty() {
        return Err(CliError::usage("there is no such practice in this store"));
    }
    if args.json {
        let each = made.iter().map(|checkpoint| {
            json!({
                "practice": checkpoint.tenant(),
                "size": checkpoint.size(),
                "root": checkpoint.root(),
                "note": checkpoint.note(),
            })
        });
        out.json(&each.collect::<Vec<_>>())?;
    } else {
        for checkpoint in &made {
            out.text(checkpoint.note())?;
        }
    }
    Ok(Exit::Good)
}

/// Print the key that verifies each practice's checkpoints
///
/// It is no secret. Whoever is to verify the audit keeps it apart from this machine: a checkpoint means what the key that signed it means.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  callwright audit key callwright.toml
  callwright/audit/oak-street+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
pub(in crate::cli) struct KeyArgs {
    #[command(flatten)]
    store: StoreArg,
    /// Only this practice
    #[arg(long, visible_alias = "tenant", value_name = "ID")]
    practice: Option<TenantId>,
}

pub(super) async fn key(args: &KeyArgs, out: &mut Out) -> Result<Exit, CliError> {
    let Opened { store, .. } = open(&args.store.path).await?;
    let mut lines = Vec::new();
    for practice in store.practices().await? {
        let tenant = practice.tenant;
        if args.practice.as_ref().is_none_or(|wanted| *wanted == tenant) {
            let key = store.audit_key(&tenant).await?;
            lines.push(match key {
                Some(key) => key.to_string(),
                None => {
                    return Err(CliError::usage(format!(
                        "{tenant} has no key yet: `callwright audit checkpoint` makes it"
                    )));
                }
            });
        }
    }
    store.close().await;
    if lines.is_empty() {
        return Err(CliError::usage("there is no such practice in this store"));
    }
    for line in lines {
        out.line(line)?;
    }
    Ok(Exit::Good)
}
