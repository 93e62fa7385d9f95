//! `callwright audit`: verify the audit, sign and anchor it, prove an entry, give it to a stranger (rule A1).
//!
//! `verify` and `check-proof` also work on files alone, without store and key: whoever is to trust the audit runs them elsewhere.

mod export;
mod prove;
mod sign;
#[cfg(test)]
mod tests;
mod verify;

use std::path::{Path, PathBuf};

use callwright_compliance::TenantId;
use callwright_compliance::audit::VerifierKey;
use callwright_store::{KeyRing, Store};
use clap::{Args, Subcommand};

use super::output::Out;
use super::{ActorArg, CliError, Exit, Session};
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    Verify(verify::VerifyArgs),
    Checkpoint(sign::CheckpointArgs),
    Key(sign::KeyArgs),
    Prove(prove::ProveArgs),
    CheckProof(prove::CheckProofArgs),
    Export(export::ExportArgs),
}

/// Where the store is.
#[derive(Debug, Args)]
struct StoreArg {
    /// A configuration file, or a folder that holds callwright.db and callwright.key
    #[arg(value_name = "PATH")]
    path: PathBuf,
}

/// One practice.
#[derive(Debug, Args)]
struct PracticeArg {
    /// The practice; needed only where the store has several
    #[arg(long, visible_alias = "tenant", value_name = "ID")]
    practice: Option<TenantId>,
}

impl PracticeArg {
    /// The one that is meant.
    async fn one(&self, store: &Store) -> Result<TenantId, CliError> {
        let mut there = Vec::new();
        for practice in store.practices().await? {
            if self.practice.as_ref().is_none_or(|wanted| *wanted == practice.tenant) {
                there.push(practice.tenant);
            }
        }
        match there.len() {
            0 => Err(CliError::usage("there is no such practice in this store")),
            1 => Ok(there.swap_remove(0)),
            _ => Err(CliError::usage("the store has several practices: add --practice")),
        }
    }
}

/// A verifier key on the command line.
fn key(text: &str) -> Result<VerifierKey, String> {
    VerifierKey::parse(text).map_err(|error| error.to_string())
}

pub(super) async fn run(
    command: &AuditCommand,
    session: Session,
    out: &mut Out,
) -> Result<Exit, CliError> {
    session.logs.start_plain();
    match command {
        AuditCommand::Verify(args) => verify::run(args, out).await,
        AuditCommand::Checkpoint(args) => sign::checkpoint(args, session.clock, out).await,
        AuditCommand::Key(args) => sign::key(args, out).await,
        AuditCommand::Prove(args) => prove::prove(args, out).await,
        AuditCommand::CheckProof(args) => prove::check(args, out),
        AuditCommand::Export(args) => export::run(args, session.clock, out).await,
    }
}

/// A store, and the folder that the configuration anchors into.
struct Opened {
    store: Store,
    anchors: Option<PathBuf>,
}

/// Opens a store that must be there: nothing here makes one.
async fn open(path: &Path) -> Result<Opened, CliError> {
    let (database, key, anchors) = if path.is_dir() {
        (path.join("callwright.db"), path.join("callwright.key"), None)
    } else {
        let Config { store, anchors, .. } = Config::load(path)?;
        (store.database, store.key_file, anchors)
    };
    if !database.is_file() {
        let database = database.display();
        return Err(CliError::usage(format!("there is no database at {database}")));
    }
    let keys = KeyRing::open(&key)?;
    Ok(Opened { store: Store::open(&database, keys).await?, anchors })
}
