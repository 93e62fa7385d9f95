//! `callwright backup` and `callwright restore`: the database, without its key file and without the files of calls.

use std::path::{Path, PathBuf};

use callwright_store::{Erasures, IfThere, KeyRing, Restore, Restored, Store};
use clap::Args;
use serde_json::json;

use super::output::Out;
use super::retention::periods;
use super::{ActorArg, CliError, ConfigArg, Exit, Session};
use crate::config::Config;
use crate::retention::Purge;

/// Copy the database into a new file, while it is used
///
/// Patient values are sealed in it as in the database. The key file is not in it: keep a copy of that apart. The files of calls are
/// copied by your own tools; the erasure list beside the database should be copied often, and to another place than the backups.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  callwright backup --config callwright.toml --as ann --out backups/2026-11-30.db

Whoever has an old backup and the key file can open what was erased since: destroy backups when they are no longer needed.")]
pub(super) struct BackupArgs {
    #[command(flatten)]
    config: ConfigArg,
    #[command(flatten)]
    actor: ActorArg,
    /// A file that is not there yet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

/// Put a backup in the place of the database
///
/// What was erased since the backup is erased again, by the list beside the database, by the database that is replaced, and by a copy that
/// --erasures names. Holds, stops and opt-outs of the database that is replaced are taken over. The kill switch is thrown: nothing is
/// dialled until you have looked at what waits and have lifted it. The database that is replaced is kept beside the new one.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  callwright restore backups/2026-11-30.db --config callwright.toml --as ann --replace
  callwright restore 2026-11-30.db --config callwright.toml --as ann --erasures elsewhere/callwright.db.erasures
  callwright kill lift --all --config callwright.toml --as ann")]
pub(super) struct RestoreArgs {
    /// The backup
    #[arg(value_name = "FILE")]
    backup: PathBuf,
    #[command(flatten)]
    config: ConfigArg,
    #[command(flatten)]
    actor: ActorArg,
    /// Replace the database that is there
    #[arg(long)]
    replace: bool,
    /// A copy of the erasure list, where it is not beside the database
    #[arg(long, value_name = "FILE", conflicts_with = "nothing_erased")]
    erasures: Option<PathBuf>,
    /// Nothing was erased since the backup, and so there is no list
    #[arg(long)]
    nothing_erased: bool,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn backup(
    args: &BackupArgs,
    session: Session,
    out: &mut Out,
) -> Result<Exit, CliError> {
    session.logs.start_plain();
    let config = Config::load(&args.config.config)?;
    there(&config.store.database)?;
    let store = config.open_store().await?;
    let made = store.backup(&args.out, &args.actor.actor(), session.clock.wall()).await;
    store.close().await;
    let made = made?;
    if args.json {
        let (file, bytes, sha256) = (&made.path, made.bytes, made.digest);
        out.json(&json!({ "file": file, "bytes": bytes, "sha256": sha256 }))?;
    } else {
        let (bytes, digest) = (made.bytes, made.digest);
        out.line(format_args!("{}: {bytes} bytes, SHA-256 {digest}", made.path.display()))?;
        out.line("not in it: the key file, the erasure list, the files of calls")?;
    }
    Ok(Exit::Good)
}

/// Backing up makes no database.
fn there(database: &Path) -> Result<(), CliError> {
    if database.is_file() {
        return Ok(());
    }
    Err(CliError::usage(format!("there is no database at {}", database.display())))
}

pub(super) async fn restore(
    args: &RestoreArgs,
    session: Session,
    out: &mut Out,
) -> Result<Exit, CliError> {
    session.logs.start_plain();
    let config = Config::load(&args.config.config)?;
    let periods = periods(&config)?;
    let (actor, now) = (args.actor.actor(), session.clock.wall());
    let wanted = Restore {
        backup: &args.backup,
        database: &config.store.database,
        if_there: if args.replace { IfThere::Replace } else { IfThere::Refuse },
        erasures: match (&args.erasures, args.nothing_erased) {
            (Some(path), _) => Erasures::Also(path.clone()),
            (None, true) => Erasures::Nothing,
            (None, false) => Erasures::Beside,
        },
        actor: &actor,
        now,
    };
    let done = Store::restore(&wanted, KeyRing::open(&config.store.key_file)?).await?;
    // Their sealed files are unreadable by now; they are deleted all the same.
    let store = config.open_store().await?;
    let calls = &config.calls.folder;
    let purge = Purge { store: &store, calls, periods: &periods, actor: &actor, now };
    let mut left = Vec::new();
    for (tenant, request) in &done.erased_again {
        left.extend(purge.erased(tenant, request).await?.1);
    }
    store.close().await;
    if args.json {
        out.json(&json!({
            "sha256": done.digest,
            "erased_again": done.erased_again.iter().map(|(_, request)| request).collect::<Vec<_>>(),
            "holds": done.holds,
            "opt_outs": done.opt_outs,
            "opt_outs_lost": done.opt_outs_lost,
            "replaced_readable": done.replaced_readable,
            "replaced": done.replaced,
            "waiting": done.waiting,
            "files_left": left,
        }))?;
    } else {
        print(&done, left.len(), out)?;
    }
    Ok(Exit::good_if(left.is_empty() && done.replaced_readable && done.opt_outs_lost == 0))
}

fn print(done: &Restored, left: usize, out: &mut Out) -> Result<(), CliError> {
    out.line(format_args!("restored the backup with SHA-256 {}", done.digest))?;
    out.line(format_args!("erased again: {} requests", done.erased_again.len()))?;
    out.line(format_args!("legal holds placed again: {}", done.holds))?;
    out.line(format_args!("opt-outs taken over: {}", done.opt_outs))?;
    if done.opt_outs_lost > 0 {
        out.line(format_args!(
            "opt-outs of the replaced database that could not be taken over: {}: record them again",
            done.opt_outs_lost
        ))?;
    }
    if let Some(replaced) = &done.replaced {
        let replaced = replaced.display();
        out.line(format_args!(
            "the replaced database is {replaced}: its audit is a record, keep it"
        ))?;
    }
    if !done.replaced_readable {
        out.line(
            "the replaced database could not be read: make the legal holds, stops and opt-outs since the backup again",
        )?;
    }
    if left > 0 {
        out.line(format_args!("files of erased requests not deleted yet: {left}"))?;
    }
    out.line(format_args!(
        "requests that waited when the backup was made: {}; some may have been called since",
        done.waiting
    ))?;
    Ok(out.line("the kill switch is thrown: look first, then `callwright kill lift --all`")?)
}
