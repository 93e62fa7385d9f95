//! `callwright audit prove` and `callwright audit check-proof`: one entry under a signed checkpoint, for somebody who has nothing else.

use std::path::PathBuf;

use callwright_compliance::TenantId;
use callwright_compliance::audit::{Checkpoint, Entry, Leaves, Proof, VerifierKey};
use callwright_store::{Page, Store};
use clap::Args;
use serde_json::json;

use super::super::output::Out;
use super::{CliError, Exit, Opened, PracticeArg, StoreArg, open};

/// Far above the proof of a log of any length.
const PROOF_BYTES_MAX: u64 = 64 * 1_024;

/// Prove that an entry is in the signed log: a JSON document that is checked without the store
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  callwright audit prove callwright.toml 17 --practice oak-street > entry-17.json
  callwright audit prove callwright.toml 17 --size 400 --since 118

With --since it is also proven that the log of the newer checkpoint begins with that of the older: nothing of it was changed. The
document holds the entry itself: ids, names of fields, who and when; no patient's value.")]
pub(in crate::cli) struct ProveArgs {
    #[command(flatten)]
    store: StoreArg,
    /// The entry's number, from 0
    #[arg(value_name = "SEQ")]
    seq: u64,
    #[command(flatten)]
    practice: PracticeArg,
    /// Under the checkpoint of so many entries; else under the newest
    #[arg(long, value_name = "ENTRIES")]
    size: Option<u64>,
    /// And that nothing changed since the checkpoint of so many entries
    #[arg(long, value_name = "ENTRIES")]
    since: Option<u64>,
}

pub(super) async fn prove(args: &ProveArgs, out: &mut Out) -> Result<Exit, CliError> {
    let Opened { store, .. } = open(&args.store.path).await?;
    let tenant = args.practice.one(&store).await?;
    let proof = make(args, &store, &tenant).await;
    store.close().await;
    out.json(&proof?)?;
    Ok(Exit::Good)
}

async fn make(args: &ProveArgs, store: &Store, tenant: &TenantId) -> Result<Proof, CliError> {
    let checkpoints = store.checkpoints(tenant).await?;
    let newest = checkpoints.last().ok_or_else(|| {
        CliError::usage("nothing is signed yet: `callwright audit checkpoint` signs the log")
    })?;
    let checkpoint = match args.size {
        Some(size) => of_size(&checkpoints, size)?,
        None => newest,
    };
    let older = args.since.map(|size| of_size(&checkpoints, size)).transpose()?;
    let (leaves, entry) = leaves(store, tenant, args.seq, checkpoint.size()).await?;
    let proof = entry.and_then(|entry| Proof::make(entry, &leaves, checkpoint, older));
    proof.ok_or_else(|| {
        CliError::usage(format!(
            "entry {} is not among the {} of the checkpoint, or --since is not older than it",
            args.seq,
            checkpoint.size()
        ))
    })
}

fn of_size(checkpoints: &[Checkpoint], size: u64) -> Result<&Checkpoint, CliError> {
    checkpoints.iter().find(|checkpoint| checkpoint.size() == size).ok_or_else(|| {
        let sizes: Vec<String> = checkpoints.iter().map(|c| c.size().to_string()).collect();
        CliError::usage(format!(
            "there is no checkpoint of {size} entries; there are those of {}",
            sizes.join(", ")
        ))
    })
}

/// The leaves of the first `size` entries, and the entry that is asked for.
async fn leaves(
    store: &Store,
    tenant: &TenantId,
    seq: u64,
    size: u64,
) -> Result<(Leaves, Option<Entry>), CliError> {
    let (mut leaves, mut wanted) = (Leaves::new(), None);
    let mut page = Page::first();
    loop {
        let entries = store.audit_entries(tenant, &page).await?;
        let Some(last) = entries.last() else { break };
        page = Page::after(last.seq);
        for entry in entries.into_iter().take_while(|entry| entry.seq < size) {
            leaves.push(entry.digest);
            if entry.seq == seq {
                wanted = Some(entry);
            }
        }
    }
    Ok((leaves, wanted))
}

/// Check a proof, without store and key file
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  callwright audit check-proof entry-17.json --key 'callwright/audit/oak-street+c74f20a3+ARpc…'

The key is the one that `callwright audit key` printed and you kept. Exit code 0: the entry was in the log when the checkpoint was signed.")]
pub(in crate::cli) struct CheckProofArgs {
    /// The document that `callwright audit prove` printed
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The practice's verifier key
    #[arg(long, value_name = "KEY", value_parser = super::key)]
    key: VerifierKey,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn check(args: &CheckProofArgs, out: &mut Out) -> Result<Exit, CliError> {
    use std::io::Read;

    let mut text = String::new();
    let file = std::fs::File::open(&args.file);
    file.and_then(|file| file.take(PROOF_BYTES_MAX).read_to_string(&mut text))
        .map_err(CliError::io(args.file.display().to_string()))?;
    let proof: Proof = serde_json::from_str(&text)
        .map_err(|error| CliError::usage(format!("this is no proof: {error}")))?;
    let checked = proof.check(&args.key);
    let (seq, tenant) = (proof.entry.seq, &proof.entry.tenant);
    if args.json {
        out.json(&json!({
            "practice": tenant,
            "seq": seq,
            "proven": checked.is_ok(),
            "size": checked.as_ref().ok().map(|proven| proven.checkpoint.size()),
            "since": checked.as_ref().ok().and_then(|p| p.older.as_ref().map(Checkpoint::size)),
            "why": checked.as_ref().err().map(ToString::to_string),
        }))?;
    } else {
        match &checked {
            Ok(proven) => {
                let size = proven.checkpoint.size();
                out.line(format_args!(
                    "{tenant}: entry {seq} is in the signed log of {size} entries"
                ))?;
                if let Some(older) = &proven.older {
                    let older = older.size();
                    out.line(format_args!(
                        "{tenant}: of which the first {older} are as they were signed before"
                    ))?;
                }
                let (at, action) = (proof.entry.at, proof.entry.action.name());
                out.line(format_args!("{tenant}: it says: {action} at {at}"))?;
            }
            Err(why) => out.line(format_args!("{tenant}: entry {seq} is not proven: {why}"))?,
        }
    }
    Ok(Exit::good_if(checked.is_ok()))
}
