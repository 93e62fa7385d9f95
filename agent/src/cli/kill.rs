//! `callwright kill`: the kill switch (rule I1). A process that has calls looks at it every second.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use callwright_compliance::audit::Actor;
use callwright_compliance::{PersonId, TenantId, VendorId};
use callwright_store::{StopScope, Store, StoreError, Thrown};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::output::Out;
use super::{CliError, ConfigArg, Exit, Session, owner};
use crate::config::{Config, StartError};

/// Stop calls, at once: one call, a practice's, those that use a vendor, or all of them
///
/// No call that it covers is placed any more, and running ones say a fixed good-bye and end within seconds. It holds until it is lifted,
/// also for processes that start later. Who threw it stands in the audit.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = "\
Examples:
  callwright kill --all --config callwright.toml --as ann
  callwright kill --call 0123…cdef --config callwright.toml --as ann
  callwright kill --vendor deepgram --practice oak-street --config callwright.toml --as ann
  callwright kill status --config callwright.toml
  callwright kill lift --all --config callwright.toml --as ann")]
pub(super) struct KillArgs {
    #[command(subcommand)]
    command: Option<KillCommand>,
    #[command(flatten)]
    stop: Option<StopArgs>,
}

#[derive(Debug, Subcommand)]
enum KillCommand {
    /// Let calls be placed again: takes the same options as the stop
    Lift(StopArgs),
    /// Print what is stopped
    Status(StatusArgs),
}

/// What is stopped, and by whom. A practice stands alone, or narrows a vendor down.
#[derive(Debug, Args)]
struct StopArgs {
    // Not flattened as elsewhere: clap takes an optional group that has groups in it for absent.
    /// The configuration file; deploy/callwright.toml is a documented example
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Your account's id, as it stands in the audit: letters, digits, `.`, `_`, `-`; never a person's name
    #[arg(long = "as", value_name = "PERSON")]
    person: PersonId,
    /// One running call, by its id or by its request's; the request is not called about again until it is lifted
    #[arg(
        long,
        value_name = "ID",
        required_unless_present_any = ["practice", "vendor", "all"],
        conflicts_with_all = ["practice", "vendor", "all"]
    )]
    call: Option<String>,
    /// The calls of this practice
    #[arg(long, value_name = "ID", conflicts_with = "all")]
    practice: Option<TenantId>,
    /// The calls that use this vendor, of every practice unless --practice is given. A practice that is set up later has every vendor
    /// stopped that is stopped for any
    #[arg(long, value_name = "ID", conflicts_with = "all")]
    vendor: Option<VendorId>,
    /// Every call of this installation
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args)]
struct StatusArgs {
    #[command(flatten)]
    config: ConfigArg,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    args: &KillArgs,
    session: Session,
    out: &mut Out,
) -> Result<Exit, CliError> {
    session.logs.start_plain();
    match (&args.command, &args.stop) {
        (Some(KillCommand::Status(args)), _) => status(args, out).await,
        (Some(KillCommand::Lift(args)), _) => turn(args, false, session, out).await,
        (None, Some(args)) => turn(args, true, session, out).await,
        (None, None) => {
            Err(CliError::usage("say what to stop: --call, --practice, --vendor or --all"))
        }
    }
}

async fn turn(
    args: &StopArgs,
    throw: bool,
    session: Session,
    out: &mut Out,
) -> Result<Exit, CliError> {
    let store = open(&args.config).await?;
    let done = turn_each(args, throw, session, &store, out).await;
    let known = known(&args.config, &store).await;
    store.close().await;
    done?;
    match &args.vendor {
        // A stop is lifted whatever it is on.
        Some(vendor) if throw && !known.contains(vendor.as_str()) => {
            let known = known.into_iter().collect::<Vec<_>>().join(", ");
            // Calls that run may use it all the same; but one that was mistyped must not look like a success.
            out.line(format_args!(
                "it stands, but no practice has the vendor {vendor}, nor has the configuration; they have {known}"
            ))?;
            Ok(Exit::NotGood)
        }
        Some(_) | None => Ok(Exit::Good),
    }
}

/// Opens the store of a configuration. No mistake elsewhere in that file, and no database that others may read, is a reason not to stop
/// calls: the database is closed to others here, which every other command leaves to whoever runs it.
async fn open(config: &Path) -> Result<Store, CliError> {
    let files = Config::store_files(config)?;
    let (path, mode) = match files.open().await {
        Err(StartError::Store(StoreError::DatabasePermissions { path, mode })) => (path, mode),
        opened => return Ok(opened?),
    };
    let shown = path.display();
    tracing::warn!(
        "others may read {shown} (mode {mode:o}): now its owner alone may, with mode 600"
    );
    let owner_only = Permissions::from_mode(mode & 0o700);
    fs::set_permissions(&path, owner_only.clone()).map_err(CliError::io(shown.to_string()))?;
    for log in ["-wal", "-shm"] {
        let mut beside = path.clone().into_os_string();
        beside.push(log);
        // Where there is none, there is nothing to close.
        drop(fs::set_permissions(beside, owner_only.clone()));
    }
    Ok(files.open().await?)
}

/// The vendors that somebody has, as far as it can be read.
async fn known(path: &Path, store: &Store) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    match Config::load(path) {
        Ok(config) => {
            let hears_first = config.vendors.before_notice(config.policy.recording.before_notice);
            let own = config.vendors.ids().into_iter().map(|(_, id)| id).chain(hears_first);
            known.extend(own.map(str::to_owned));
            known.insert(config.carrier.vendor.to_string());
        }
        Err(error) => tracing::warn!(%error, "no other command will take this configuration"),
    }
    for practice in store.practices().await.unwrap_or_default() {
        if let Ok(register) = store.register(&practice.tenant).await {
            known.extend(register.rows.iter().map(|row| row.id.to_string()));
        }
    }
    known
}

/// One stop after the other: each stands in the audit of the practice that it is about.
async fn turn_each(
    args: &StopArgs,
    throw: bool,
    session: Session,
    store: &Store,
    out: &mut Out,
) -> Result<(), CliError> {
    for (tenant, scope) in stops(args, store).await? {
        let mut tx =
            store.begin(&tenant, &Actor::Person(args.person.clone()), session.clock.wall()).await?;
        if throw {
            tx.throw_switch(&scope).await?;
        } else {
            tx.lift_switch(&scope).await?;
        }
        tx.commit().await?;
        let (name, what) = (words(&scope), if throw { "stopped" } else { "lifted" });
        match scope {
            StopScope::Global => out.line(format_args!("{what}: {name}"))?,
            StopScope::Tenant | StopScope::Vendor(_) | StopScope::Request(_) => {
                out.line(format_args!("{what}: {name} of practice {tenant}"))?;
            }
        }
    }
    Ok(())
}

async fn stops(what: &StopArgs, store: &Store) -> Result<Vec<(TenantId, StopScope)>, CliError> {
    let practices = store.practices().await?;
    if practices.is_empty() {
        return Err(CliError::usage("the store has no practice: there is nothing to stop"));
    }
    let mut all = practices.into_iter().map(|practice| practice.tenant);
    if let Some(id) = &what.call {
        let (tenant, request) = owner::of_call(store, id).await?;
        return Ok(vec![(tenant, StopScope::Request(request))]);
    }
    match (&what.vendor, &what.practice) {
        (Some(vendor), Some(tenant)) => {
            Ok(vec![(tenant.clone(), StopScope::Vendor(vendor.clone()))])
        }
        (Some(vendor), None) => {
            Ok(all.map(|tenant| (tenant, StopScope::Vendor(vendor.clone()))).collect())
        }
        (None, Some(tenant)) => Ok(vec![(tenant.clone(), StopScope::Tenant)]),
        // The global switch has no practice of its own; its audit row stands in the first one's chain.
        (None, None) => {
            Ok(all.next().map(|first| (first, StopScope::Global)).into_iter().collect())
        }
    }
}

fn words(scope: &StopScope) -> String {
    match scope {
        StopScope::Global => "every call of this installation".to_owned(),
        StopScope::Tenant => "every call".to_owned(),
        StopScope::Vendor(vendor) => format!("calls that use {vendor}"),
        StopScope::Request(request) => format!("request {request}"),
    }
}

async fn status(args: &StatusArgs, out: &mut Out) -> Result<Exit, CliError> {
    let store = open(&args.config.config).await?;
    let stops = store.stops().await;
    store.close().await;
    let stops = stops?;
    if args.json {
        out.json(&stops.iter().map(as_json).collect::<Vec<_>>())?;
    } else if stops.is_empty() {
        out.line("nothing is stopped")?;
    } else {
        for stop in &stops {
            let of = stop.tenant.as_ref().map(|tenant| format!(" of practice {tenant}"));
            let (name, by) = (words(&stop.scope), json!(stop.by));
            out.line(format_args!("{name}{}, since {}, by {by}", of.unwrap_or_default(), stop.at))?;
        }
    }
    Ok(Exit::Good)
}

fn as_json(stop: &Thrown) -> Value {
    let (level, subject) = match &stop.scope {
        StopScope::Global => ("all", None),
        StopScope::Tenant => ("practice", None),
        StopScope::Vendor(vendor) => ("vendor", Some(vendor.as_str())),
        StopScope::Request(request) => ("call", Some(request.as_str())),
    };
    json!({
        "level": level,
        "practice": stop.tenant,
        "subject": subject,
        "by": stop.by,
        "at": stop.at,
    })
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use clap::Parser;
    use serde_json::json;

    use super::super::Cli;
    use super::super::tests::Place;
    use crate::dialler::testing;

    /// Two practices, each with a running call; the ids of the first one's.
    async fn place() -> (Place, String, String) {
        let place = Place::new();
        let store = testing::store_at(&place).await;
        let now = testing::NOW;
        let (_, request, call) = testing::running(&store, "oak", now).await;
        testing::running(&store, "elm", now).await;
        store.close().await;
        (place, request.to_string(), call.to_string())
    }

    async fn stopped(place: &Place) -> Vec<(String, Option<String>, Option<String>)> {
        let text = place.good("kill status CONFIG --json").await;
        let found: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        let word = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        found
            .iter()
            .inspect(|stop| assert_eq!(stop["by"], json!({ "person": "ann" })))
            .map(|stop| {
                (word(&stop["level"]).unwrap(), word(&stop["practice"]), word(&stop["subject"]))
            })
            .collect()
    }

    #[tokio::test]
    async fn every_level_is_thrown_seen_and_lifted() {
        let (place, request, call) = place().await;
        let of = |practice: &str| Some(practice.to_owned());
        for (what, wanted) in [
            (format!("--call {call}"), vec![("call", of("oak"), Some(request.clone()))]),
            (format!("--call {request}"), vec![("call", of("oak"), Some(request.clone()))]),
            ("--practice elm".to_owned(), vec![("practice", of("elm"), None)]),
            ("--vendor flite --practice oak".to_owned(), vec![("vendor", of("oak"), of("flite"))]),
            (
                "--vendor flite".to_owned(),
                vec![("vendor", of("elm"), of("flite")), ("vendor", of("oak"), of("flite"))],
            ),
            ("--all".to_owned(), vec![("all", None, None)]),
        ] {
            let wanted: Vec<_> = wanted.into_iter().map(|(l, p, s)| (l.to_owned(), p, s)).collect();
            let said = place.good(&format!("kill CONFIG --as ann {what}")).await;
            assert!(said.starts_with("stopped: "), "{said}");
            assert_eq!(stopped(&place).await, wanted, "{what}");
            place.good(&format!("kill lift CONFIG --as ann {what}")).await;
            assert_eq!(stopped(&place).await, []);
        }
        assert_eq!(place.good("kill status CONFIG").await, "nothing is stopped\n");
    }

    #[tokio::test]
    async fn an_id_that_nobody_has_stops_nothing() {
        let (place, ..) = place().await;
        for id in ["0123456789abcdef0123456789abcdef", "nobody", "a b"] {
            let command = format!("kill CONFIG --as ann --call {}", id.replace(' ', "/"));
            let (exit, _) = place.run(&command).await;
            assert_eq!(exit.unwrap_err().exit(), super::Exit::Usage, "{id}");
        }
        let (exit, _) = place.run("kill CONFIG --as ann --practice nobody").await;
        assert_eq!(exit.unwrap_err().exit(), super::Exit::Usage);
        assert_eq!(stopped(&place).await, []);
    }

    #[tokio::test]
    async fn a_stop_of_a_vendor_that_nobody_has_stands_and_is_no_success() {
        let (place, ..) = place().await;
        let (exit, text) = place.run("kill CONFIG --as ann --vendor openia --practice oak").await;
        assert_eq!(exit.unwrap(), super::Exit::NotGood);
        let known = "they have flite, pocketsphinx, rules, twilio\n";
        assert!(text.ends_with(known), "{text}");
        // A call that runs may use what no row and no configuration names any more.
        assert_eq!(stopped(&place).await.len(), 1);
        place.good("kill lift CONFIG --as ann --vendor openia").await;
        // A row of the register is enough, whatever the configuration names; and what stands can be lifted.
        let vendor = "--practice oak --role speech_to_text --id openia --network 127.0.0.0/8";
        place.good(&format!("setup vendor CONFIG --as ann {vendor}")).await;
        place.good("kill CONFIG --as ann --vendor openia").await;
        place.good("kill lift CONFIG --as ann --vendor nobody").await;
        assert_eq!(stopped(&place).await.len(), 2);
    }

    #[tokio::test]
    async fn a_mistake_elsewhere_in_the_configuration_keeps_nobody_from_stopping_calls() {
        let (place, ..) = place().await;
        let config = place.path("callwright.toml");
        let text = fs::read_to_string(&config).unwrap();
        fs::write(&config, format!("{text}\n[colour]\nred = 1\n")).unwrap();
        let (check, _) = place.run("hold list CONFIG").await;
        assert_eq!(check.unwrap_err().exit(), super::Exit::Usage, "every other command refuses");
        place.good("kill CONFIG --as ann --all").await;
        assert_eq!(stopped(&place).await.len(), 1);
        place.good("kill lift CONFIG --as ann --all").await;
    }

    #[tokio::test]
    async fn a_practice_that_comes_later_has_the_vendors_stopped_that_are() {
        let (place, ..) = place().await;
        place.good("kill CONFIG --as ann --vendor twilio").await;
        let said = place.good("setup practice CONFIG --as ann --practice pine --name Pine").await;
        assert!(said.contains("stopped: calls that use twilio"), "{said}");
        let of = |practice: &str| {
            ("vendor".to_owned(), Some(practice.to_owned()), Some("twilio".to_owned()))
        };
        assert_eq!(stopped(&place).await, [of("elm"), of("oak"), of("pine")]);
        let explain =
            "policy explain CONFIG --to +18002000140 --class payer --practice pine --json";
        let (_, why) = place.run(explain).await;
        assert!(why.contains("I1"), "{why}");
        place.good("kill lift CONFIG --as ann --vendor twilio").await;
        let said = place.good("setup practice CONFIG --as ann --practice ash --name Ash").await;
        assert_eq!((said.as_str(), stopped(&place).await), ("practice ash\n", vec![]));
    }

    #[tokio::test]
    async fn a_vendor_stop_without_a_practice_is_no_success() {
        let place = Place::new();
        place.good("setup key CONFIG").await;
        for what in ["--vendor twilio", "--all"] {
            let (exit, _) = place.run(&format!("kill CONFIG --as ann {what}")).await;
            assert_eq!(exit.unwrap_err().exit(), super::Exit::Usage, "{what}");
        }
    }

    #[tokio::test]
    async fn a_database_that_others_may_read_is_stopped_all_the_same() {
        let (place, ..) = place().await;
        let database = place.path("callwright.db");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        for command in ["kill CONFIG --as ann --all", "kill status CONFIG"] {
            fs::set_permissions(&database, Permissions::from_mode(0o644)).unwrap();
            let (check, _) = place.run("audit verify FOLDER").await;
            assert_eq!(
                check.unwrap_err().exit(),
                super::Exit::Usage,
                "every other command refuses"
            );
            assert_eq!(mode(&database), 0o644);
            place.good(command).await;
            assert_eq!(mode(&database), 0o600);
        }
        assert_eq!(stopped(&place).await.len(), 1);
    }

    #[test]
    fn what_to_stop_must_be_said_and_only_once() {
        for (words, good) in [
            ("kill --config c --as ann", false),
            ("kill --all --as ann", false),
            ("kill --all --config c", false),
            ("kill --all --practice oak --config c --as ann", false),
            ("kill --call x --vendor ear --config c --as ann", false),
            ("kill lift --config c --as ann", false),
            ("kill --all status --config c", false),
            ("kill --all --config c --as ann", true),
            ("kill status --config c", true),
            ("kill lift --vendor ear --practice oak --config c --as ann", true),
        ] {
            let words = ["callwright"].into_iter().chain(words.split(' '));
            let parsed = Cli::try_parse_from(words.clone());
            assert_eq!(parsed.is_ok(), good, "{:?}", words.collect::<Vec<_>>());
        }
    }
}
