//! `callwright audit verify`: whether anything of the audit was changed, removed or squeezed in.
//!
//! What was cut off or rewritten at the end is found only with something kept elsewhere: `--anchor` takes it, and `[audit] anchor_folder`
//! is looked into by itself. An export is verified from its file alone.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use callwright_compliance::audit::{
    Anchor, ExportVerifier, Flaw, Report, VerifierKey, Whole, origin,
};
use callwright_compliance::{Digest, TenantId};
use callwright_store::Elsewhere;
use clap::Args;
use serde_json::{Value, json};

use super::super::output::Out;
use super::super::{CliError, Exit};
use super::{Opened, open};
use crate::checkpoints::{Checkpoints, read_note};

/// Verify each practice's audit from its first entry: the chain, and every signed checkpoint
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  callwright audit verify out/mine
  callwright audit verify callwright.toml --json
  callwright audit verify callwright.toml --anchor /mnt/worm/callwright
  callwright audit verify callwright.toml --practice oak-street --anchor 118:9f86d0…
  callwright audit verify oak-street.audit.jsonl --key 'callwright/audit/oak-street+…'

A log that was cut off or rewritten at its end agrees with itself. It is found with what lies elsewhere: a checkpoint, or the anchor that is
printed. The folder `audit.anchor_folder` of the configuration is looked into by itself.")]
pub(in crate::cli) struct VerifyArgs {
    /// A configuration file, a folder that holds callwright.db and callwright.key, or the file of an export
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Only this practice
    #[arg(long, visible_alias = "tenant", value_name = "ID")]
    practice: Option<TenantId>,
    /// What was kept elsewhere: a checkpoint's file, a folder of them, or what an earlier run printed. May be given several times
    #[arg(long, value_name = "FILE|FOLDER|LENGTH:DIGEST")]
    anchor: Vec<String>,
    /// The verifier key that you keep: the checkpoints must be signed with it and no other
    #[arg(long, value_name = "KEY", value_parser = super::key)]
    key: Option<VerifierKey>,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

/// What was kept elsewhere, as the command line says it.
#[derive(Default)]
struct Anchors {
    folders: Vec<PathBuf>,
    files: Vec<(String, String)>,
    length: Option<Anchor>,
}

impl Anchors {
    fn read(args: &VerifyArgs) -> Result<Anchors, CliError> {
        let mut anchors = Anchors::default();
        for text in &args.anchor {
            let path = Path::new(text);
            if path.is_dir() {
                anchors.folders.push(path.to_owned());
            } else if path.is_file() {
                anchors.files.push((text.clone(), read_note(path)?));
            } else if anchors.length.replace(length(text)?).is_some() {
                return Err(CliError::usage("give one --anchor LENGTH:DIGEST"));
            }
        }
        Ok(anchors)
    }

    /// Those of one practice.
    async fn of(&self, tenant: &TenantId) -> Result<Vec<(String, String)>, CliError> {
        let mut found = Vec::new();
        for folder in &self.folders {
            found.extend(Checkpoints::new(Some(folder.clone())).anchored(tenant).await?);
        }
        let first = format!("{}\n", origin(tenant));
        found.extend(self.files.iter().filter(|(_, note)| note.starts_with(&first)).cloned());
        Ok(found)
    }
}

fn length(text: &str) -> Result<Anchor, CliError> {
    let form = || {
        CliError::usage(format!(
            "--anchor {text}: there is no such file or folder, and a length, a colon and 64 hexadecimal digits it is not"
        ))
    };
    let (len, head) = text.split_once(':').ok_or_else(form)?;
    Ok(Anchor {
        len: len.parse().map_err(|_| form())?,
        head: Digest::parse(head).map_err(|_| form())?,
    })
}

pub(super) async fn run(args: &VerifyArgs, out: &mut Out) -> Result<Exit, CliError> {
    let anchors = Anchors::read(args)?;
    let anchored = anchors.length.is_some();
    let found = match export(&args.path)? {
        Some(file) => vec![verify_export(file, args, &anchors).await?],
        None => verify_store(args, anchors).await?,
    };
    if found.is_empty() {
        return Err(CliError::usage("there is no such practice in this store"));
    }
    // An anchor that was missed is a flaw, so where there is none it was compared.
    let compared = |report: &Report| report.elsewhere > 0 || anchored;
    if args.json {
        let each = found.iter().map(|(tenant, report)| as_json(tenant, report, compared(report)));
        out.json(&each.collect::<Vec<_>>())?;
    } else {
        for (tenant, report) in &found {
            for line in as_text(tenant, report, compared(report)) {
                out.line(line)?;
            }
        }
    }
    Ok(Exit::good_if(found.iter().all(|(_, report)| report.is_good())))
}

async fn verify_store(
    args: &VerifyArgs,
    mut anchors: Anchors,
) -> Result<Vec<(TenantId, Report)>, CliError> {
    if args.practice.is_none() && (anchors.length.is_some() || args.key.is_some()) {
        return Err(CliError::usage(
            "an anchor LENGTH:DIGEST and a --key are one practice's: add --practice",
        ));
    }
    let Opened { store, anchors: configured } = open(&args.path).await?;
    anchors.folders.extend(configured);
    let mut found = Vec::new();
    let mut used = 0;
    for practice in store.practices().await? {
        let tenant = practice.tenant;
        if args.practice.as_ref().is_some_and(|wanted| *wanted != tenant) {
            continue;
        }
        let checkpoints = anchors.of(&tenant).await?;
        used += anchors.files.iter().filter(|file| checkpoints.contains(file)).count();
        let elsewhere = Elsewhere { key: args.key.clone(), anchor: anchors.length, checkpoints };
        let report = store.verify_log(&tenant, &elsewhere).await?;
        found.push((tenant, report));
    }
    store.close().await;
    if used < anchors.files.len() {
        return Err(CliError::usage(
            "an --anchor file is no checkpoint of a practice that is verified here",
        ));
    }
    Ok(found)
}

/// The file of an export, where `path` is one.
fn export(path: &Path) -> Result<Option<BufReader<File>>, CliError> {
    if !path.is_file() {
        return Ok(None);
    }
    let mut file =
        BufReader::new(File::open(path).map_err(CliError::io(path.display().to_string()))?);
    let begins = file.fill_buf().map_err(CliError::io(path.display().to_string()))?;
    Ok(begins.starts_with(b"{").then_some(file))
}

async fn verify_export(
    file: BufReader<File>,
    args: &VerifyArgs,
    anchors: &Anchors,
) -> Result<(TenantId, Report), CliError> {
    let unreadable = || CliError::io(args.path.display().to_string());
    let mut lines = file.lines();
    let first = lines.next().transpose().map_err(unreadable())?.unwrap_or_default();
    let begun = ExportVerifier::new(&first, args.key.as_ref(), anchors.length);
    let mut verifier = begun.map_err(CliError::usage)?;
    let tenant = verifier.head().practice.clone();
    if args.practice.as_ref().is_some_and(|wanted| *wanted != tenant) {
        return Err(CliError::usage(format!("this is the export of {tenant}")));
    }
    for (name, note) in anchors.of(&tenant).await? {
        verifier.elsewhere(name, &note);
    }
    for line in lines {
        verifier.push(&line.map_err(unreadable())?);
    }
    Ok((tenant, verifier.finish()))
}

fn as_text(tenant: &TenantId, report: &Report, compared: bool) -> Vec<String> {
    if !report.is_good() {
        return report.flaws.iter().map(|flaw| format!("{tenant}: broken: {flaw}")).collect();
    }
    let Whole { len, head, .. } = report.whole;
    let signed = report.signed.map_or(String::new(), |signed| {
        let (beside, elsewhere) = (report.beside, report.elsewhere);
        format!(
            ", the first {signed} signed; checkpoints: {beside} stored, {elsewhere} kept elsewhere"
        )
    });
    // Whoever reads "whole" must know that a tail which was cut off would not have been seen.
    let blind = if compared { "" } else { "; not compared with anything outside" };
    vec![format!("{tenant}: whole, {len} entries{signed}{blind}; anchor {len}:{head}")]
}

fn as_json(tenant: &TenantId, report: &Report, compared: bool) -> Value {
    let Whole { len, head, .. } = report.whole;
    let broken_at = report.flaws.iter().find_map(|flaw| match flaw {
        Flaw::Chain(broken) => Some(broken.seq),
        Flaw::Note { .. }
        | Flaw::Cut { .. }
        | Flaw::Replaced { .. }
        | Flaw::AnchorMissed(_)
        | Flaw::CheckpointGone { .. }
        | Flaw::CheckpointUntold { .. }
        | Flaw::NoKey
        | Flaw::OtherKey
        | Flaw::Incomplete { .. }
        | Flaw::Strays(_)
        | Flaw::Unfounded => None,
    });
    let flaws: Vec<String> = report.flaws.iter().map(ToString::to_string).collect();
    json!({
        "practice": tenant,
        "whole": report.is_good(),
        "entries": len,
        "anchor": format!("{len}:{head}"),
        "signed": report.signed,
        "checkpoints_stored": report.beside,
        "checkpoints_elsewhere": report.elsewhere,
        "compared_outside": compared,
        "broken": flaws.first(),
        "broken_at": broken_at,
        "flaws": flaws,
    })
}
