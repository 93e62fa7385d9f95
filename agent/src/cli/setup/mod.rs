//! `callwright setup`: what must be in the store before a first real call. Each command is one audited act.

mod allow;
mod end;
mod provider;
mod test_number;
#[cfg(test)]
mod tests;
mod vendor;

use std::path::PathBuf;

use callwright_compliance::TenantId;
use callwright_store::{KeyRing, StopScope, Store};
use clap::{Args, Subcommand};
use serde::de::DeserializeOwned;

use super::output::Out;
use super::{ActorArg, CliError, ConfigArg, Exit, Session};
use crate::clock::Clock;
use crate::config::Config;

pub(super) const AFTER_HELP: &str = "\
A first installation, in order (CONFIG stands for --config callwright.toml):
  callwright setup key CONFIG
  callwright setup practice CONFIG --as ann --practice oak-street --name \"Oak Street Family Medicine LLC\"
  callwright setup provider CONFIG --as ann --practice oak-street --name \"Oak Street Family Medicine\" \\
      --npi 1234567893 --tax-id-file tax-id.txt --callback +16142000134 \\
      --street \"12 River Street\" --city Columbus --state OH --zip 43004
  callwright setup vendors
  callwright setup vendor CONFIG --as ann --practice oak-street --role speech_to_text --id pocketsphinx --network 127.0.0.0/8
  callwright setup vendor CONFIG --as ann --practice oak-street --role carrier --id twilio \\
      --agreement baa.pdf --signed 2026-09-01 --expires 2027-08-31 --flag authenticated_media
  callwright setup allow CONFIG --as ann --practice oak-street --payer acme-health --purpose medical_benefits \\
      --document contact-page.pdf --published payer_website --seen-on 2026-11-02 --line-type toll_free
  callwright setup approve CONFIG --as ben --practice oak-street --entry <id from `setup allow`>
  callwright check CONFIG

A number of your own for test calls:
  callwright setup test-number CONFIG --as ann --practice oak-street --number \"(614) 200-0135\" --payer acme-health --line-type landline
  callwright setup approve CONFIG --as ben --practice oak-street --entry <id>
  callwright setup prove CONFIG --as ann --practice oak-street --entry <id>     the carrier rings: key the code that is shown
  callwright setup proven CONFIG --as ann --practice oak-street --entry <id>

A number that is not to be called any more, a vendor whose agreement has ended:
  callwright setup entries CONFIG --practice oak-street
  callwright setup remove CONFIG --as ann --practice oak-street --entry <id>
  callwright setup end-vendor CONFIG --as ann --practice oak-street --role speech_to_text --id deepgram

Who approves an allowlist entry is another person than who added it. Who somebody is stands after --as, and is not verified.";

#[derive(Debug, Subcommand)]
pub(super) enum SetupCommand {
    /// Make the key file. Without it the database cannot be read: keep a copy in a safe place
    Key(ConfigArg),
    Practice(PracticeArgs),
    RotateKey(RotateArgs),
    ChangeKeyFile(KeyFileArgs),
    Provider(provider::ProviderArgs),
    Vendors(vendor::VendorsArgs),
    Vendor(vendor::VendorArgs),
    VerifyVendor(vendor::VerifyArgs),
    Allow(allow::AllowArgs),
    Approve(allow::ApproveArgs),
    Entries(end::EntriesArgs),
    Remove(end::RemoveArgs),
    EndVendor(end::EndVendorArgs),
    TestNumber(test_number::TestNumberArgs),
    /// Have the carrier ring a test number, and show the code that must be keyed there
    Prove(test_number::EntryArgs),
    /// Write down that the code was keyed, as the carrier's record says
    Proven(test_number::EntryArgs),
}

/// Add a practice
#[derive(Debug, Args)]
pub(super) struct PracticeArgs {
    #[command(flatten)]
    common: Common,
    /// Its business name as registered with the state: every call discloses it
    #[arg(long, value_name = "NAME")]
    name: String,
}

/// Give a practice a new key: every data key is wrapped again, and the old key forgotten
///
/// Do it once a year, and after anybody who could read the key file has left. Nothing that is sealed changes, and backups from before
/// still open with the key file.
#[derive(Debug, Args)]
pub(super) struct RotateArgs {
    #[command(flatten)]
    common: Common,
}

/// Make a new key file and put it in the place of the one this database was made with
///
/// Every practice's key is wrapped again. Backups from before open with the old key file only: keep it as long as they are to be restored,
/// and destroy it to make them unreadable for good, with whoever was erased since.
#[derive(Debug, Args)]
pub(super) struct KeyFileArgs {
    #[command(flatten)]
    config: ConfigArg,
    #[command(flatten)]
    actor: ActorArg,
    /// The new key file; it is not there yet
    #[arg(long, value_name = "FILE")]
    new: PathBuf,
}

/// What every act on a practice needs.
#[derive(Debug, Args)]
struct Common {
    #[command(flatten)]
    config: ConfigArg,
    #[command(flatten)]
    actor: ActorArg,
    /// The practice's id: letters, digits, `.`, `_`, `-`
    #[arg(long, value_name = "ID")]
    practice: TenantId,
}

impl Common {
    fn config(&self) -> Result<Config, CliError> {
        Ok(Config::load(&self.config.config)?)
    }

    async fn store(&self) -> Result<Store, CliError> {
        Ok(self.config()?.open_store().await?)
    }
}

/// A word of a closed list, by the name that it has in the store.
pub(in crate::cli) fn named<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let word = serde_json::Value::String(text.to_owned());
    // What was typed is not repeated: it may stand in the wrong place.
    serde_json::from_value(word)
        .map_err(|error| error.to_string().replace(&format!("`{text}`"), "of this name"))
}

pub(super) async fn run(
    command: SetupCommand,
    session: Session,
    out: &mut Out,
) -> Result<Exit, CliError> {
    session.logs.start_plain();
    let clock = session.clock;
    match command {
        SetupCommand::Key(config) => key(&config, out)?,
        SetupCommand::Practice(args) => practice(&args, clock, out).await?,
        SetupCommand::RotateKey(args) => rotate(&args, clock, out).await?,
        SetupCommand::ChangeKeyFile(args) => change_key_file(&args, clock, out).await?,
        SetupCommand::Provider(args) => provider::add(&args, clock, out).await?,
        SetupCommand::Vendors(args) => vendor::list(&args, out)?,
        SetupCommand::VerifyVendor(args) => vendor::verify(&args, clock, out).await?,
        SetupCommand::Vendor(args) => vendor::put(&args, clock, out).await?,
        SetupCommand::Allow(args) => allow::add(&args, clock, out).await?,
        SetupCommand::Approve(args) => allow::approve(&args, clock, out).await?,
        SetupCommand::Entries(args) => end::entries(&args, out).await?,
        SetupCommand::Remove(args) => end::remove(&args, clock, out).await?,
        SetupCommand::EndVendor(args) => end::end_vendor(&args, clock, out).await?,
        SetupCommand::TestNumber(args) => test_number::add(&args, clock, out).await?,
        SetupCommand::Prove(args) => test_number::ask(&args, clock, out).await?,
        SetupCommand::Proven(args) => test_number::keyed(&args, clock, out).await?,
    }
    Ok(Exit::Good)
}

fn key(config: &ConfigArg, out: &mut Out) -> Result<(), CliError> {
    let config = Config::load(&config.config)?;
    let keys = KeyRing::create(&config.store.key_file)?;
    let path = config.store.key_file.display();
    Ok(out.line(format_args!("key {} made in {path}: keep a copy in a safe place", keys.id()))?)
}

async fn practice(args: &PracticeArgs, clock: Clock, out: &mut Out) -> Result<(), CliError> {
    let common = &args.common;
    let store = common.store().await?;
    let actor = common.actor.actor();
    store.found_practice(&common.practice, &args.name, &actor, clock.wall()).await?;
    let stops = store.stops().await;
    store.close().await;
    out.line(format_args!("practice {}", common.practice))?;
    for stop in stops?.iter().filter(|stop| stop.tenant.as_ref() == Some(&common.practice)) {
        if let StopScope::Vendor(vendor) = &stop.scope {
            out.line(format_args!(
                "stopped: calls that use {vendor}, as for other practices (`callwright kill status`)"
            ))?;
        }
    }
    Ok(())
}

async fn rotate(args: &RotateArgs, clock: Clock, out: &mut Out) -> Result<(), CliError> {
    let common = &args.common;
    let store = common.store().await?;
    let mut tx = store.begin(&common.practice, &common.actor.actor(), clock.wall()).await?;
    tx.rotate_tenant_key().await?;
    tx.commit().await?;
    store.close().await;
    Ok(out.line(format_args!("practice {}: a new key wraps its data keys", common.practice))?)
}

async fn change_key_file(args: &KeyFileArgs, clock: Clock, out: &mut Out) -> Result<(), CliError> {
    let store = Config::load(&args.config.config)?.open_store().await?;
    let keys = KeyRing::create(&args.new)?;
    store.change_key_file(&keys, &args.actor.actor(), clock.wall()).await?;
    let (id, path) = (keys.id(), args.new.display());
    Ok(out.line(format_args!("key {id} in {path}: set store.key_file to it; keep a copy apart"))?)
}
