//! `callwright setup vendor`: one vendor in one role (rule V1).

use std::path::PathBuf;

use callwright_compliance::network::Network;
use callwright_compliance::vendor::{Agreement, Location, Region, RetentionFlag, Role, Row};
use callwright_compliance::{Digest, PersonId, VendorId};
use clap::{ArgGroup, Args};
use jiff::civil::Date;

use super::super::output::Out;
use super::{CliError, Common, named};
use crate::clock::Clock;

/// Say which vendor may receive call data in a role, and under what
///
/// On premises: --network. Hosted: the signed agreement, its days, and the settings that are switched on at the vendor. Both mean that
/// the vendor processes and stores in the United States only; say nothing of one that does not.
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
    /// A setting that is on there: no_training, no_retention, authenticated_media, customer_key
    #[arg(long = "flag", value_name = "FLAG", value_parser = named::<RetentionFlag>)]
    flags: Vec<RetentionFlag>,
}

pub(super) async fn put(args: &VendorArgs, clock: Clock, out: &mut Out) -> Result<(), CliError> {
    let common = &args.common;
    let row = Row {
        id: args.id.clone(),
        role: args.role,
        region: Region::UnitedStates,
        location: location(args, &common.actor.person)?,
    };
    let store = common.store().await?;
    let mut tx = store.begin(&common.practice, &common.actor.actor(), clock.wall()).await?;
    tx.put_vendor(&row).await?;
    tx.commit().await?;
    store.close().await;
    Ok(out.line(format_args!("vendor {} as {}", args.id, args.role))?)
}

fn location(args: &VendorArgs, verifier: &PersonId) -> Result<Location, CliError> {
    if let Some(network) = args.network {
        return Ok(Location::OnPremises { network });
    }
    let (Some(file), Some(signed), Some(expires)) = (&args.agreement, args.signed, args.expires)
    else {
        return Err(CliError::usage("give --network, or --agreement with --signed and --expires"));
    };
    let bytes = std::fs::read(file).map_err(CliError::io(file.display().to_string()))?;
    let sha256 = Digest::of(&bytes);
    let agreement = Agreement { sha256, signed, expires, verifier: verifier.clone() };
    Ok(Location::Hosted { agreement, flags: args.flags.iter().copied().collect() })
}
