//! `callwright setup allow` and `approve`: which numbers a practice may call, on whose word (rule N3).

use std::path::PathBuf;

use callwright_compliance::allowlist::{
    AllowlistEntry, Approval, LineType, Publication, PublicationKind, unfit,
};
use callwright_compliance::{
    CallClass, CallPurpose, Digest, ObjectId, PayerId, PhoneNumber, Policy,
};
use callwright_store::RandomId;
use clap::Args;
use jiff::SignedDuration;
use jiff::civil::Date;

use super::super::output::Out;
use super::{CliError, Common, end, named};
use crate::clock::Clock;

/// Put a payer's line onto the practice's allowlist, with the evidence that it is published for providers
///
/// The number is the one that the payer directory has. A second person approves the entry before anything is dialled.
#[derive(Debug, Args)]
pub(in crate::cli) struct AllowArgs {
    #[command(flatten)]
    common: Common,
    /// The payer, by its id in the directory
    #[arg(long, value_name = "ID")]
    payer: PayerId,
    /// What the line is for: medical_benefits or dental_benefits
    #[arg(long, value_name = "PURPOSE", value_parser = named::<CallPurpose>)]
    purpose: CallPurpose,
    /// The kept copy of the page or document that publishes the number; its digest is kept
    #[arg(long, value_name = "FILE")]
    document: PathBuf,
    /// Where it was published: payer_website, provider_manual, contract, member_card
    #[arg(long, value_name = "KIND", value_parser = named::<PublicationKind>)]
    published: PublicationKind,
    /// The day on which it was seen there
    #[arg(long, value_name = "DAY")]
    seen_on: Date,
    /// What is at the other end: toll_free, landline, fixed_voip
    #[arg(long, value_name = "TYPE", value_parser = named::<LineType>)]
    line_type: LineType,
    /// After how many days it must be verified anew
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=365))]
    days: u16,
}

/// Approve an allowlist entry, as another person than who added it
#[derive(Debug, Args)]
pub(in crate::cli) struct ApproveArgs {
    #[command(flatten)]
    common: Common,
    /// The entry's id, as `setup allow` printed it
    #[arg(long, value_name = "ID")]
    entry: ObjectId,
}

pub(super) async fn add(args: &AllowArgs, clock: Clock, out: &mut Out) -> Result<(), CliError> {
    let common = &args.common;
    let config = common.config()?;
    let directory = config.directory()?;
    let line = directory.payer(&args.payer).and_then(|payer| payer.line(args.purpose));
    let number = line.map(|line| line.number.clone()).ok_or_else(|| {
        CliError::usage("the payer directory has no line of this payer for this purpose")
    })?;
    callable(&number, args.line_type, &config.policy)?;
    let document = &args.document;
    let bytes = std::fs::read(document).map_err(CliError::io(document.display().to_string()))?;
    let sha256 = Digest::of(&bytes);
    let now = clock.wall();
    let entry = AllowlistEntry {
        id: ObjectId::random()?,
        tenant: common.practice.clone(),
        number,
        class: CallClass::Payer,
        payer: args.payer.clone(),
        publication: Publication {
            kind: args.published,
            document: ObjectId::new(&sha256.to_string()).map_err(CliError::usage)?,
            sha256,
            seen_on: args.seen_on,
        },
        line: args.line_type,
        verifier: common.actor.person.clone(),
        added_by: common.actor.person.clone(),
        added_at: now,
        approval: Approval::Pending,
        expires_at: now + SignedDuration::from_hours(24 * i64::from(args.days)),
        proof: None,
    };
    let store = common.store().await?;
    end::not_listed_yet(&store, &entry).await?;
    let mut tx = store.begin(&common.practice, &common.actor.actor(), now).await?;
    tx.add_allowlist_entry(&entry).await?;
    tx.commit().await?;
    store.close().await;
    Ok(out.line(format_args!("entry {}; it waits for another person's approval", entry.id))?)
}

/// Refuses what the rules would refuse at every call, before anybody approves it.
pub(super) fn callable(
    number: &PhoneNumber,
    line: LineType,
    policy: &Policy,
) -> Result<(), CliError> {
    let reasons: Vec<String> =
        unfit(number, line, policy).iter().map(ToString::to_string).collect();
    if reasons.is_empty() {
        return Ok(());
    }
    Err(CliError::usage(format!("this number could never be called: {}", reasons.join("; "))))
}

pub(super) async fn approve(
    args: &ApproveArgs,
    clock: Clock,
    out: &mut Out,
) -> Result<(), CliError> {
    let common = &args.common;
    let store = common.store().await?;
    let mut tx = store.begin(&common.practice, &common.actor.actor(), clock.wall()).await?;
    tx.approve_allowlist_entry(&args.entry).await?;
    tx.commit().await?;
    store.close().await;
    Ok(out.line(format_args!("entry {} approved", args.entry))?)
}
