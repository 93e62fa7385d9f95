//! `callwright audit export`: a practice's whole audit as a file that a stranger verifies.

use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use callwright_compliance::audit::{
    Action, Checkpoint, Event, ExportHead, ExportLine, VerifierKey,
};
use callwright_compliance::{ObjectId, TenantId};
use callwright_store::{Page, Store, StoreError};
use clap::Args;

use super::super::output::Out;
use super::{ActorArg, CliError, Exit, Opened, PracticeArg, StoreArg, open};
use crate::checkpoints::{Checkpoints, When};
use crate::clock::Clock;

/// Write a practice's audit into a file that a stranger can verify: entries, checkpoints, the key
///
/// The log is signed first, with an entry that says who exported it. The file holds ids, names of fields, who and when, and no patient's
/// value; it says all the same what a practice did, so only you may read it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  callwright audit export callwright.toml --as ann --practice oak-street --out oak-street.audit.jsonl
  callwright audit verify oak-street.audit.jsonl --key 'callwright/audit/oak-street+…'")]
pub(in crate::cli) struct ExportArgs {
    #[command(flatten)]
    store: StoreArg,
    #[command(flatten)]
    actor: ActorArg,
    #[command(flatten)]
    practice: PracticeArg,
    /// A new file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) async fn run(args: &ExportArgs, clock: Clock, out: &mut Out) -> Result<Exit, CliError> {
    let unwritable = || CliError::io(args.out.display().to_string());
    let Opened { store, anchors } = open(&args.store.path).await?;
    let tenant = args.practice.one(&store).await?;
    // Made before anything is written down: an export that has nowhere to go did not happen.
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&args.out);
    let mut file = BufWriter::new(file.map_err(unwritable())?);
    let actor = args.actor.actor();
    let mut event = Event::new(actor.clone(), Action::Exported);
    event.object = ObjectId::new(tenant.as_str()).ok();
    let mut tx = store.begin(&tenant, &actor, clock.wall()).await?;
    tx.audit(event).await?;
    tx.checkpoint().await?;
    tx.commit().await?;
    let checkpoints = store.checkpoints(&tenant).await?;
    let key = store.audit_key(&tenant).await?.ok_or(StoreError::AuditBroken)?;
    let entries = write(&mut file, &store, (&tenant, &key), &checkpoints).await?;
    let file = file.into_inner().map_err(|error| unwritable()(error.into_error()))?;
    file.sync_all().map_err(unwritable())?;
    let when = (When::Now, clock.wall());
    let anchored = Checkpoints::new(anchors).sign(&store, &tenant, &actor, when).await;
    store.close().await;
    anchored?;
    let (count, path) = (checkpoints.len(), args.out.display());
    out.line(format_args!("{tenant}: {entries} entries and {count} checkpoints in {path}"))?;
    out.line(format_args!("key {key}"))?;
    Ok(Exit::Good)
}

/// Head, checkpoints, entries. What is appended meanwhile is left out: the newest checkpoint says where the export ends.
async fn write(
    file: &mut impl Write,
    store: &Store,
    (tenant, key): (&TenantId, &VerifierKey),
    checkpoints: &[Checkpoint],
) -> Result<u64, CliError> {
    let size = checkpoints.last().map_or(0, Checkpoint::size);
    let head = ExportHead::new(tenant.clone(), key, checkpoints.len() as u64, size);
    line(file, &ExportLine::CallwrightAudit(head))?;
    for checkpoint in checkpoints {
        line(file, &ExportLine::Checkpoint(checkpoint.note().to_owned()))?;
    }
    let mut page = Page::first();
    loop {
        let entries = store.audit_entries(tenant, &page).await?;
        let Some(last) = entries.last() else { break };
        page = Page::after(last.seq);
        for entry in entries.into_iter().take_while(|entry| entry.seq < size) {
            line(file, &ExportLine::Entry(entry))?;
        }
    }
    Ok(size)
}

fn line(file: &mut impl Write, line: &ExportLine) -> Result<(), CliError> {
    let text = line.text().map_err(|error| CliError::Output(error.into()))?;
    Ok(writeln!(file, "{text}")?)
}
