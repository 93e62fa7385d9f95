//! `callwright setup entries`, `remove` and `end-vendor`: what a practice may call, and how a number or a vendor is taken off again.
//!
//! Nothing is forgotten by it: who added, approved and removed what is in the audit. A call that runs is not ended: `callwright kill` does that.

use callwright_compliance::allowlist::{AllowlistEntry, Approval};
use callwright_compliance::vendor::Role;
use callwright_compliance::{ObjectId, VendorId};
use callwright_store::Store;
use clap::Args;

use super::super::output::Out;
use super::{CliError, Common, ConfigArg, TenantId, named};
use crate::clock::Clock;
use crate::config::Config;

/// List the practice's allowlist: each entry's id, number (masked), payer, line type and end, and whether it is approved
#[derive(Debug, Args)]
pub(in crate::cli) struct EntriesArgs {
    #[command(flatten)]
    config: ConfigArg,
    /// The practice's id
    #[arg(long, value_name = "ID")]
    practice: TenantId,
}

/// Take a number off the allowlist: no new call is placed to it
///
/// What waits for it in the queue is refused when it would be dialled. The number may be added anew, with fresh evidence and another
/// approval: that is how an entry is renewed before its end.
#[derive(Debug, Args)]
pub(in crate::cli) struct RemoveArgs {
    #[command(flatten)]
    common: Common,
    /// The entry's id, as `setup allow` and `setup entries` print it
    #[arg(long, value_name = "ID")]
    entry: ObjectId,
}

/// Take a vendor in a role out of the practice's register: nothing more is sent to it in that role
///
/// For a vendor whose agreement has ended or was broken. Calls that need the role are refused until another vendor has it.
#[derive(Debug, Args)]
pub(in crate::cli) struct EndVendorArgs {
    #[command(flatten)]
    common: Common,
    /// The role that it is to lose
    #[arg(long, value_name = "ROLE", value_parser = named::<Role>)]
    role: Role,
    /// The vendor's id in the register
    #[arg(long, value_name = "ID")]
    id: VendorId,
}

pub(super) async fn entries(args: &EntriesArgs, out: &mut Out) -> Result<(), CliError> {
    let store = Config::load(&args.config.config)?.open_store().await?;
    let entries = store.allowlist(&args.practice).await?;
    store.close().await;
    for entry in entries {
        let approved = match entry.approval {
            Approval::Pending => "not approved",
            Approval::Second { .. } | Approval::SoleAdministrator { .. } => "approved",
        };
        out.line(format_args!(
            "entry {}; {} for {}, {}, until {}, {approved}",
            entry.id,
            entry.number,
            entry.payer,
            word(&entry.line),
            entry.expires_at
        ))?;
    }
    Ok(())
}

/// A word of a closed list, as it is written on the command line.
fn word(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

pub(super) async fn remove(args: &RemoveArgs, clock: Clock, out: &mut Out) -> Result<(), CliError> {
    let common = &args.common;
    let store = common.store().await?;
    let mut tx = store.begin(&common.practice, &common.actor.actor(), clock.wall()).await?;
    tx.remove_allowlist_entry(&args.entry).await?;
    tx.commit().await?;
    store.close().await;
    Ok(out.line(format_args!("entry {} removed: its number is called no more", args.entry))?)
}

pub(super) async fn end_vendor(
    args: &EndVendorArgs,
    clock: Clock,
    out: &mut Out,
) -> Result<(), CliError> {
    let common = &args.common;
    let store = common.store().await?;
    let mut tx = store.begin(&common.practice, &common.actor.actor(), clock.wall()).await?;
    tx.remove_vendor(&args.id, args.role).await?;
    tx.commit().await?;
    store.close().await;
    Ok(out.line(format_args!("vendor {} is no longer {}", args.id, args.role))?)
}

/// Refuses a second live entry for what an entry is for, and says how the first is renewed.
pub(super) async fn not_listed_yet(store: &Store, new: &AllowlistEntry) -> Result<(), CliError> {
    let entries = store.allowlist_for(&new.tenant, &new.number).await?;
    let same = |entry: &&AllowlistEntry| entry.class == new.class && entry.payer == new.payer;
    match entries.iter().find(same) {
        None => Ok(()),
        Some(entry) => Err(CliError::usage(format!(
            "the number is listed already: to renew it, take entry {} off by `callwright setup remove`, and add it anew",
            entry.id
        ))),
    }
}
