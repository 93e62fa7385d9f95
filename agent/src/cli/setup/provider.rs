//! `callwright setup provider`.

use std::path::{Path, PathBuf};

use callwright_compliance::{PhoneNumber, TenantId};
use callwright_dialplan::number::parse_human;
use callwright_store::{Location, LocationId, Npi, Provider, ProviderId, Store, TaxId};
use clap::Args;
use zeroize::Zeroizing;

use super::super::output::Out;
use super::{CliError, Common};
use crate::clock::Clock;

/// Add a provider, with the place of business
///
/// A place that is there already, by street and ZIP code, is used again.
#[derive(Debug, Args)]
pub(in crate::cli) struct ProviderArgs {
    #[command(flatten)]
    common: Common,
    /// The name under which payers know the provider
    #[arg(long, value_name = "NAME")]
    name: String,
    /// National provider identifier, ten digits
    #[arg(long, value_name = "NPI")]
    npi: Npi,
    /// A file with the tax id alone; - for standard input. It may be a social security number, so it is not an argument
    #[arg(long, value_name = "FILE")]
    tax_id_file: PathBuf,
    /// The number that a payer may call back
    #[arg(long, value_name = "NUMBER", value_parser = parse_human)]
    callback: PhoneNumber,
    /// What the practice calls the place
    #[arg(long, value_name = "NAME", default_value = "Main office")]
    place: String,
    /// Street and number
    #[arg(long)]
    street: String,
    /// City
    #[arg(long)]
    city: String,
    /// Two letters, as OH
    #[arg(long)]
    state: String,
    /// Five digits, or nine as 12345-6789
    #[arg(long)]
    zip: String,
}

pub(super) async fn add(args: &ProviderArgs, clock: Clock, out: &mut Out) -> Result<(), CliError> {
    let common = &args.common;
    let tax_id = tax_id(&args.tax_id_file)?;
    let store = common.store().await?;
    let known = known_place(&store, &common.practice, args).await?;
    let id = ProviderId::random()?;
    let location = match &known {
        Some(known) => known.clone(),
        None => LocationId::random()?,
    };
    let mut tx = store.begin(&common.practice, &common.actor.actor(), clock.wall()).await?;
    if known.is_none() {
        let place = Location {
            id: location.clone(),
            name: args.place.clone(),
            street: args.street.clone(),
            city: args.city.clone(),
            state: args.state.clone(),
            zip: args.zip.clone(),
        };
        tx.add_location(&place).await?;
    }
    let provider = Provider {
        id: id.clone(),
        location,
        registered_name: args.name.clone(),
        npi: args.npi.clone(),
        tax_id,
        callback: args.callback.clone(),
    };
    tx.add_provider(&provider).await?;
    tx.commit().await?;
    store.close().await;
    Ok(out.line(format_args!("provider {id}"))?)
}

fn tax_id(path: &Path) -> Result<TaxId, CliError> {
    let text = if path == Path::new("-") {
        std::io::read_to_string(std::io::stdin().lock())
    } else {
        std::fs::read_to_string(path)
    };
    let text = text.map(Zeroizing::new).map_err(CliError::io(path.display().to_string()))?;
    Ok(text.trim().parse()?)
}

async fn known_place(
    store: &Store,
    practice: &TenantId,
    args: &ProviderArgs,
) -> Result<Option<LocationId>, CliError> {
    let places = store.locations(practice).await?;
    let same = |place: &Location| place.street == args.street.trim() && place.zip == args.zip;
    Ok(places.into_iter().find(same).map(|place| place.id))
}
