//! `callwright setup vendors`, `vendor` and `verify-vendor`: who may receive call data, in which role, under what (rule V1).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use callwright_compliance::network::Network;
use callwright_compliance::vendor::known::{self, KNOWN, Unsigned};
use callwright_compliance::vendor::{Agreement, Location, Region, RetentionFlag, Role, Row};
use callwright_compliance::{Digest, PersonId, VendorId};
use clap::{ArgGroup, Args};
use jiff::civil::Date;
use serde_json::json;

use super::super::output::Out;
use super::{CliError, Common, named};
use crate::clock::Clock;

/// Say which vendor may receive call data in a role, and under what
///
/// On premises: --network. Hosted: the signed agreement, its days, and the settings that are switched on at the vendor. Both mean that
/// the vendor processes and stores in the United States only; say nothing of one that does not. `setup vendors` lists what is known of
/// vendors, with the settings that each needs.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("where").required(true).args(["network", "agreement"]))]
pub(in crate::cli) struct VendorArgs {
    #[command(flatten)]
    common: Common,
    /// As what it is used: speech_to_text, language_model, text_to_speech, carrier, …
    #[arg(long, value_name = "ROLE", value_parser = named::<Role>)]
    role: Role,
    /// The vendor's id, as the configuration or the adapter names it
    #[arg(long, value_name = "ID")]
    id: VendorId,
    /// On premises: the network that its addresses lie in, as 127.0.0.0/8
    #[arg(long, value_name = "CIDR")]
    network: Option<Network>,
    /// Hosted: the file of the signed business associate agreement; its digest is kept
    #[arg(long, value_name = "FILE", requires_all = ["signed", "expires"])]
    agreement: Option<PathBuf>,
    /// The day on which the last party signed
    #[arg(long, value_name = "DAY")]
    signed: Option<Date>,
    /// The last day on which the agreement holds
    #[arg(long, value_name = "DAY")]
    expires: Option<Date>,
    /// The day of the vendor's latest written verification that it keeps to it; the day of signing where it is left out
    #[arg(long, value_name = "DAY")]
    verified: Option<Date>,
    /// A setting that is on there: no_training, no_retention, authenticated_media, customer_key
    #[arg(long = "flag", value_name = "FLAG", value_parser = named::<RetentionFlag>)]
    flags: Vec<RetentionFlag>,
}

pub(super) async fn put(args: &VendorArgs, clock: Clock, out: &mut Out) -> Result<(), CliError> {
    let common = &args.common;
    let row = row(args, &common.actor.person)?;
    let store = common.store().await?;
    let mut tx = store.begin(&common.practice, &common.actor.actor(), clock.wall()).await?;
    tx.put_vendor(&row).await?;
    tx.commit().await?;
    store.close().await;
    Ok(out.line(format_args!("vendor {} as {}", args.id, args.role))?)
}

fn row(args: &VendorArgs, verifier: &PersonId) -> Result<Row, CliError> {
    let (id, role) = (args.id.clone(), args.role);
    if let Some(network) = args.network {
        let location = Location::OnPremises { network };
        return Ok(Row { id, role, region: Region::UnitedStates, location });
    }
    let (Some(file), Some(signed), Some(expires)) = (&args.agreement, args.signed, args.expires)
    else {
        return Err(CliError::usage("give --network, or --agreement with --signed and --expires"));
    };
    let verified_at = args.verified.unwrap_or(signed);
    if expires < signed {
        return Err(CliError::usage(
            "--expires is before --signed: an agreement ends after it begins",
        ));
    }
    let flags: BTreeSet<_> = args.flags.iter().copied().collect();
    let entry = known_entry(&args.id, role)?;
    if let Some(known) = entry {
        claimed_in_vain(known, &flags)?;
    }
    let sha256 = digest(file)?;
    let verifier = verifier.clone();
    let agreement = Agreement { sha256, signed, expires, verified_at, verifier };
    let Some(known) = entry else {
        let location = Location::Hosted { agreement, flags };
        return Ok(Row { id, role, region: Region::UnitedStates, location });
    };
    known.sign(id, agreement, flags).map_err(|missing| {
        let list: Vec<_> =
            missing.missing.iter().map(|flag| format!("--flag {}", flag.name())).collect();
        CliError::usage(format!(
            "{} needs more before it may have the role: have it granted or switched on there ({}), then give {}",
            known.name(),
            known.at_vendor(),
            list.join(" ")
        ))
    })
}

fn digest(file: &Path) -> Result<Digest, CliError> {
    let bytes = std::fs::read(file).map_err(CliError::io(file.display().to_string()))?;
    if bytes.is_empty() {
        return Err(CliError::usage(format!("{} is empty: it is no agreement", file.display())));
    }
    Ok(Digest::of(&bytes))
}

/// What is known of a vendor in a role. A known vendor has the roles that are known of it and no other.
fn known_entry(id: &VendorId, role: Role) -> Result<Option<&'static Unsigned>, CliError> {
    if let Some(entry) = known::find(id, role) {
        return Ok(Some(entry));
    }
    let roles: Vec<_> = known::of_vendor(id).map(|known| known.role().to_string()).collect();
    if roles.is_empty() {
        return Ok(None);
    }
    Err(CliError::usage(format!("{id} is known as {}, not as {role}", roles.join(" and "))))
}

/// A flag for which nothing is known to be set or sent would make the row say more than is true.
fn claimed_in_vain(known: &Unsigned, flags: &BTreeSet<RetentionFlag>) -> Result<(), CliError> {
    let vain: Vec<_> = flags.iter().filter(|flag| !known.required().contains(flag)).collect();
    if vain.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = vain.into_iter().map(|flag| flag.name()).collect();
    Err(CliError::usage(format!(
        "nothing is set or sent at {} for {}: leave it out",
        known.name(),
        names.join(" and ")
    )))
}

/// Record a vendor's yearly written verification that it keeps to its agreement
///
/// A verification holds for 365 days. `callwright check` asks for the next one 30 days before its end; after it, nothing is sent.
#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyArgs {
    #[command(flatten)]
    common: Common,
    /// As what the vendor is used
    #[arg(long, value_name = "ROLE", value_parser = named::<Role>)]
    role: Role,
    /// The vendor's id in the register
    #[arg(long, value_name = "ID")]
    id: VendorId,
    /// The day on which the vendor gave it
    #[arg(long, value_name = "DAY")]
    on: Date,
}

pub(super) async fn verify(args: &VerifyArgs, clock: Clock, out: &mut Out) -> Result<(), CliError> {
    let common = &args.common;
    let store = common.store().await?;
    let register = store.register(&common.practice).await?;
    let of = |row: &Row| row.role == args.role && row.id == args.id;
    let Some(mut row) = register.rows.into_iter().find(of) else {
        return Err(CliError::usage(format!(
            "practice {} has no {} as {}: `callwright setup vendor` adds it",
            common.practice, args.id, args.role
        )));
    };
    let Location::Hosted { agreement, .. } = &mut row.location else {
        return Err(CliError::usage(format!("{} is on premises: nobody verifies it", args.id)));
    };
    if args.on < agreement.verified_at {
        return Err(CliError::usage(format!(
            "a later verification is on record: {}",
            agreement.verified_at
        )));
    }
    agreement.verified_at = args.on;
    agreement.verifier = common.actor.person.clone();
    let until = agreement.verification_ends();
    let mut tx = store.begin(&common.practice, &common.actor.actor(), clock.wall()).await?;
    tx.put_vendor(&row).await?;
    tx.commit().await?;
    store.close().await;
    Ok(out.line(format_args!("vendor {} as {}: verified until {until}", args.id, args.role))?)
}

/// List the vendors that are known by their public pages: what each says, and what it needs before it may receive anything
///
/// An entry is not signed, and gives no leave. A page is no agreement: `setup vendor` takes the signed one.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  callwright setup vendors
  callwright setup vendors --role speech_to_text --json")]
pub(in crate::cli) struct VendorsArgs {
    /// Only the vendors in this role
    #[arg(long, value_name = "ROLE", value_parser = named::<Role>)]
    role: Option<Role>,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

pub(super) fn list(args: &VendorsArgs, out: &mut Out) -> Result<(), CliError> {
    let wanted = KNOWN.iter().filter(|known| args.role.is_none_or(|role| known.role() == role));
    if args.json {
        return Ok(out.json(&wanted.map(entry).collect::<Vec<_>>())?);
    }
    for known in wanted {
        let flags: Vec<_> = known.required().iter().copied().map(RetentionFlag::name).collect();
        let sent: Vec<_> = known.sent().iter().map(ToString::to_string).collect();
        let or_none =
            |list: Vec<String>| if list.is_empty() { "none".to_owned() } else { list.join(", ") };
        out.line(format_args!("{} as {}: {}", known.id(), known.role(), known.name()))?;
        out.line(format_args!("  unsigned; {}", known.offer()))?;
        out.line(format_args!("  says     {}", known.says()))?;
        out.line(format_args!("  source   {}, read {}", known.source(), known.verified_on()))?;
        out.line(format_args!("  there    {}", known.at_vendor()))?;
        out.line(format_args!("  sent     {}", or_none(sent)))?;
        let given: String = flags.iter().map(|flag| format!(" --flag {flag}")).collect();
        out.line(format_args!(
            "  sign     callwright setup vendor … --role {} --id {} --agreement FILE --signed DAY --expires DAY{given}",
            known.role(),
            known.id()
        ))?;
    }
    Ok(())
}

fn entry(known: &Unsigned) -> serde_json::Value {
    json!({
        "vendor": known.id(),
        "name": known.name(),
        "role": known.role(),
        "signed": false,
        "offer": known.offer().to_string(),
        "says": known.says(),
        "source": known.source(),
        "read_on": known.verified_on(),
        "required_flags": known.required(),
        "sent": known.sent().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "at_vendor": known.at_vendor(),
    })
}
