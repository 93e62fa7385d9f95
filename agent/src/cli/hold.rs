//! `callwright hold`: legal holds. What they cover is not purged and not erased until they are lifted (rule R1). What open incidents hold is
//! listed with them: whoever may not erase must see why.

use callwright_compliance::audit::Actor;
use callwright_compliance::{RequestId, TenantId};
use callwright_store::{HoldId, HoldScope, IncidentId, LegalHold};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::output::Out;
use super::{ActorArg, CliError, ConfigArg, Exit, Session};
use crate::config::Config;

pub(super) const AFTER_HELP: &str = "\
Examples:
  callwright hold place --config callwright.toml --as ann --practice oak-street --request 0123…cdef --reason \"complaint 2026-14\"
  callwright hold place --config callwright.toml --as ann --practice oak-street --reason \"subpoena of 3 November\"
  callwright hold list --config callwright.toml
  callwright hold lift 89ab…4567 --config callwright.toml --as ann --practice oak-street --reason \"case closed\"

A reason lies open in the database: name a case, never a patient.";

#[derive(Debug, Subcommand)]
pub(super) enum HoldCommand {
    Place(PlaceArgs),
    Lift(LiftArgs),
    List(ListArgs),
}

/// Place a hold on a request, or on everything of a practice
#[derive(Debug, Args)]
pub(super) struct PlaceArgs {
    #[command(flatten)]
    config: ConfigArg,
    #[command(flatten)]
    actor: ActorArg,
    /// Whose
    #[arg(long, value_name = "ID")]
    practice: TenantId,
    /// Only this request, its calls and their files
    #[arg(long, value_name = "ID")]
    request: Option<RequestId>,
    /// Why, on one line
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Lift a hold
#[derive(Debug, Args)]
pub(super) struct LiftArgs {
    /// The hold's id, as `callwright hold list` prints it
    #[arg(value_name = "HOLD")]
    hold: HoldId,
    #[command(flatten)]
    config: ConfigArg,
    #[command(flatten)]
    actor: ActorArg,
    /// Whose
    #[arg(long, value_name = "ID")]
    practice: TenantId,
    /// Why, on one line
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// List holds that stand, and what open incidents hold
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    config: ConfigArg,
    /// Only this practice
    #[arg(long, value_name = "ID")]
    practice: Option<TenantId>,
    /// Those that were lifted, too
    #[arg(long)]
    all: bool,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    command: &HoldCommand,
    session: Session,
    out: &mut Out,
) -> Result<Exit, CliError> {
    session.logs.start_plain();
    match command {
        HoldCommand::Place(args) => place(args, session, out).await?,
        HoldCommand::Lift(args) => lift(args, session, out).await?,
        HoldCommand::List(args) => list(args, out).await?,
    }
    Ok(Exit::Good)
}

async fn place(args: &PlaceArgs, session: Session, out: &mut Out) -> Result<(), CliError> {
    let store = Config::load(&args.config.config)?.open_store().await?;
    let scope = args.request.clone().map_or(HoldScope::Tenant, HoldScope::Request);
    let mut tx = store.begin(&args.practice, &args.actor.actor(), session.clock.wall()).await?;
    let id = tx.place_hold(&scope, &args.reason).await?;
    tx.commit().await?;
    store.close().await;
    Ok(out.line(format_args!("hold {id} on {}", words(&scope, &args.practice)))?)
}

async fn lift(args: &LiftArgs, session: Session, out: &mut Out) -> Result<(), CliError> {
    let store = Config::load(&args.config.config)?.open_store().await?;
    let mut tx = store.begin(&args.practice, &args.actor.actor(), session.clock.wall()).await?;
    tx.lift_hold(&args.hold, &args.reason).await?;
    tx.commit().await?;
    store.close().await;
    Ok(out.line(format_args!("hold {} lifted", args.hold))?)
}

async fn list(args: &ListArgs, out: &mut Out) -> Result<(), CliError> {
    let store = Config::load(&args.config.config)?.open_store().await?;
    let (mut holds, mut incidents) = (Vec::new(), Vec::new());
    for practice in store.practices().await? {
        if args.practice.as_ref().is_none_or(|wanted| *wanted == practice.tenant) {
            let each = store.holds(&practice.tenant).await?;
            let wanted = each.into_iter().filter(|hold| args.all || hold.lifted.is_none());
            holds.extend(wanted.map(|hold| (practice.tenant.clone(), hold)));
            let each = store.held_by_incidents(&practice.tenant).await?.into_iter();
            incidents.extend(each.map(|(id, scope)| (practice.tenant.clone(), id, scope)));
        }
    }
    store.close().await;
    if args.json {
        let each = holds.iter().map(|(tenant, hold)| as_json(tenant, hold));
        let held = incidents.iter().map(|(tenant, id, scope)| incident_as_json(tenant, id, scope));
        return Ok(out.json(&each.chain(held).collect::<Vec<_>>())?);
    }
    for (tenant, hold) in &holds {
        out.line(as_text(tenant, hold))?;
    }
    for (tenant, id, scope) in &incidents {
        let on = words(scope, tenant);
        out.line(format_args!(
            "incident {id} on {on} until it is closed (`callwright incident show {id}`)"
        ))?;
    }
    if holds.is_empty() && incidents.is_empty() {
        out.line("no hold stands")?;
    }
    Ok(())
}

fn words(scope: &HoldScope, tenant: &TenantId) -> String {
    match scope {
        HoldScope::Request(request) => format!("request {request} of {tenant}"),
        HoldScope::Tenant => format!("everything of {tenant}"),
    }
}

/// Who acted, in a word.
pub(super) fn name(actor: &Actor) -> &str {
    match actor {
        Actor::Node(id) | Actor::Key(id) => id.as_str(),
        Actor::Person(id) => id.as_str(),
        Actor::FarEnd => "the far end",
    }
}

fn as_text(tenant: &TenantId, hold: &LegalHold) -> String {
    let (id, at, by) = (&hold.id, hold.placed_at, name(&hold.placed_by));
    let on = words(&hold.scope, tenant);
    let end = hold.lifted.as_ref().map_or_else(String::new, |lifted| {
        format!("; lifted {} by {}: {}", lifted.at, name(&lifted.by), lifted.reason)
    });
    format!("{id} on {on} since {at} by {by}: {}{end}", hold.reason)
}

const fn request(scope: &HoldScope) -> Option<&RequestId> {
    match scope {
        HoldScope::Request(request) => Some(request),
        HoldScope::Tenant => None,
    }
}

fn incident_as_json(tenant: &TenantId, id: &IncidentId, scope: &HoldScope) -> Value {
    json!({ "incident": id, "practice": tenant, "request": request(scope) })
}

fn as_json(tenant: &TenantId, hold: &LegalHold) -> Value {
    json!({
        "hold": hold.id,
        "practice": tenant,
        "request": request(&hold.scope),
        "reason": hold.reason,
        "placed_by": name(&hold.placed_by),
        "placed_at": hold.placed_at,
        "lifted": hold.lifted.as_ref().map(|lifted| json!({
            "by": name(&lifted.by), "at": lifted.at, "reason": lifted.reason,
        })),
    })
}
