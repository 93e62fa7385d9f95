//! `callwright audit verify`: whether anything of the audit was changed, removed or squeezed in (rule A1).
//!
//! A chain that was cut off at its end is found only with an anchor kept elsewhere: `--anchor` takes what an earlier run printed.

use std::path::{Path, PathBuf};

use callwright_compliance::audit::{Anchor, Broken, Whole};
use callwright_compliance::{Digest, TenantId};
use callwright_store::{KeyRing, Store};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::output::Out;
use super::{CliError, Exit, Session};
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    Verify(VerifyArgs),
}

/// Verify each practice's audit chain from its first entry
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  callwright audit verify out/mine
  callwright audit verify callwright.toml --json
  callwright audit verify callwright.toml --practice oak-street --anchor 118:9f86d0…

Keep the anchor that is printed somewhere else: with it, a chain that was cut off at its end is found too.")]
pub(super) struct VerifyArgs {
    /// A configuration file, or a folder that holds callwright.db and callwright.key
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Only this practice
    #[arg(long, visible_alias = "tenant", value_name = "ID")]
    practice: Option<TenantId>,
    /// What an earlier run printed: the chain must still pass through it
    #[arg(long, value_name = "LENGTH:DIGEST", requires = "practice", value_parser = anchor)]
    anchor: Option<Anchor>,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

fn anchor(text: &str) -> Result<Anchor, String> {
    let form = || "an anchor is a length, a colon and 64 hexadecimal digits".to_owned();
    let (len, head) = text.split_once(':').ok_or_else(form)?;
    Ok(Anchor {
        len: len.parse().map_err(|_| form())?,
        head: Digest::parse(head).map_err(|_| form())?,
    })
}

pub(super) async fn run(
    command: &AuditCommand,
    session: Session,
    out: &mut Out,
) -> Result<Exit, CliError> {
    let AuditCommand::Verify(args) = command;
    session.logs.start_plain();
    let store = open(&args.path).await?;
    let mut found = Vec::new();
    for practice in store.practices().await? {
        let wanted = args.practice.as_ref().is_none_or(|tenant| *tenant == practice.tenant);
        if wanted {
            let verified = store.verify_audit(&practice.tenant, args.anchor).await?;
            found.push((practice.tenant, verified));
        }
    }
    store.close().await;
    if found.is_empty() {
        return Err(CliError::usage("there is no such practice in this store"));
    }
    let missed = |whole: &Whole| args.anchor.is_some() && !whole.reaches();
    if args.json {
        let each = found.iter().map(|(tenant, verified)| as_json(tenant, verified, missed));
        out.json(&each.collect::<Vec<_>>())?;
    } else {
        for (tenant, verified) in &found {
            out.line(as_text(tenant, verified, missed))?;
        }
    }
    let good = |verified: &Result<Whole, Broken>| verified.as_ref().is_ok_and(|w| !missed(w));
    Ok(Exit::good_if(found.iter().all(|(_, verified)| good(verified))))
}

/// Opens a store that must be there: verifying makes none.
async fn open(path: &Path) -> Result<Store, CliError> {
    let (database, key) = if path.is_dir() {
        (path.join("callwright.db"), path.join("callwright.key"))
    } else {
        let store = Config::load(path)?.store;
        (store.database, store.key_file)
    };
    if !database.is_file() {
        let database = database.display();
        return Err(CliError::usage(format!("there is no database at {database}")));
    }
    let keys = KeyRing::open(&key)?;
    Ok(Store::open(&database, keys).await?)
}

const MISSED: &str =
    "A1: the chain does not pass through the anchor: entries were removed at its end, or replaced";

fn as_text(
    tenant: &TenantId,
    verified: &Result<Whole, Broken>,
    missed: impl Fn(&Whole) -> bool,
) -> String {
    match verified {
        Ok(whole) if missed(whole) => format!("{tenant}: broken: {MISSED}"),
        Ok(whole) => {
            format!("{tenant}: whole, {} entries; anchor {}:{}", whole.len, whole.len, whole.head)
        }
        Err(broken) => format!("{tenant}: broken: {broken}"),
    }
}

fn as_json(
    tenant: &TenantId,
    verified: &Result<Whole, Broken>,
    missed: impl Fn(&Whole) -> bool,
) -> Value {
    match verified {
        Ok(whole) => json!({
            "practice": tenant,
            "whole": !missed(whole),
            "entries": whole.len,
            "anchor": format!("{}:{}", whole.len, whole.head),
            "broken": missed(whole).then_some(MISSED),
        }),
        Err(broken) => json!({
            "practice": tenant,
            "whole": false,
            "broken_at": broken.seq,
            "broken": broken.to_string(),
        }),
    }
}
