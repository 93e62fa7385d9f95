//! `callwright opt-out`: the register of those who are not called, and of those whom only people call (rule C2).

use std::collections::BTreeMap;

use callwright_compliance::audit::Actor;
use callwright_compliance::opt_out::{OptOutCovers, OptOutKind, OptOutMeans};
use callwright_compliance::{ObjectId, PersonId, PhoneNumber, Purpose, RequestId, TenantId};
use callwright_store::{Covering, NewOptOut, OptOutEntry, RandomId, Store};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::hold::name;
use super::output::Out;
use super::{ActorArg, CliError, ConfigArg, Exit, Session};
use crate::config::Config;

/// Who is not to be called, or not by a machine: write it down, look it up, lift it
#[derive(Debug, Subcommand)]
pub(super) enum OptOutCommand {
    Add(AddArgs),
    List(ListArgs),
    Lift(LiftArgs),
}

/// Write an opt-out down: it blocks the next dial at once, for the whole practice
///
/// What is said on a call is written down by the call itself. This is for what reaches the practice otherwise. Nothing that anyone says
/// needs a form: any way of saying it counts.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  callwright opt-out add --number +16142000134 --means staff --practice oak-street --config callwright.toml --as ann
  callwright opt-out add --number +18002000140 --human-only --means staff --practice oak-street --config callwright.toml --as ann
  callwright opt-out add --patient-of 0123…cdef --means web --practice oak-street --config callwright.toml --as ann")]
pub(super) struct AddArgs {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    actor: ActorArg,
    /// The number that is not to be called, as +1 and ten digits
    #[arg(long, value_name = "NUMBER", required_unless_present = "patient_of")]
    number: Option<PhoneNumber>,
    /// The patient of this request is not to be called, at any number
    #[arg(long, value_name = "REQUEST", conflicts_with = "number")]
    patient_of: Option<RequestId>,
    /// Only a machine is refused: people of the practice may call (the human-only list)
    #[arg(long)]
    human_only: bool,
    /// How it reached the practice: staff or web
    #[arg(long, value_name = "MEANS", value_parser = means)]
    means: OptOutMeans,
    /// When it was said, where that is not now, as 2026-11-02T15:00:00Z
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

/// Show the register with all that was ever lifted; numbers are masked
///
/// Why something was lifted is somebody's free text. It is kept sealed and shown only with --show-phi, which is written into the audit.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  callwright opt-out list --practice oak-street --config callwright.toml
  callwright opt-out list --standing --json --practice oak-street --config callwright.toml
  callwright opt-out list --number +16142000134 --practice oak-street --config callwright.toml
  callwright opt-out list --show-phi --practice oak-street --config callwright.toml --as ann

The exit code is 0, whatever is found.")]
pub(super) struct ListArgs {
    #[command(flatten)]
    common: Common,
    /// Only what stands and blocks calls
    #[arg(long)]
    standing: bool,
    /// Only what stands for exactly this number
    #[arg(long, value_name = "NUMBER")]
    number: Option<PhoneNumber>,
    /// Print why opt-outs were lifted, too; this is written into the audit
    #[arg(long, requires = "person")]
    show_phi: bool,
    /// Your account's id, as it stands in the audit; for --show-phi
    #[arg(long = "as", value_name = "PERSON")]
    person: Option<PersonId>,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

/// Lift an opt-out, with the reason: the number may be called again, as far as it goes
///
/// The opt-out stays in the register, with who lifted it, when and why. Lift one only where whoever asked has taken it back, or where it
/// was written down by mistake.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  callwright opt-out lift 0123…cdef --reason \"a misheard sentence; recording of call 89ab…\" \\
      --practice oak-street --config callwright.toml --as ann")]
pub(super) struct LiftArgs {
    /// The opt-out's id, as `opt-out list` prints it
    #[arg(value_name = "ID")]
    id: ObjectId,
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    actor: ActorArg,
    /// Why, in 1 to 200 characters on one line; it is kept sealed, and names nobody where that can be helped
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(Debug, Args)]
struct Common {
    #[command(flatten)]
    config: ConfigArg,
    /// The practice's id
    #[arg(long, value_name = "ID")]
    practice: TenantId,
}

impl Common {
    async fn store(&self) -> Result<Store, CliError> {
        let store = Config::load(&self.config.config)?.open_store().await?;
        // An unknown practice has no empty register: it has none.
        store.practice(&self.practice).await?;
        Ok(store)
    }
}

/// What staff may write down. Voice and key are what a call hears, with the call's id.
fn means(text: &str) -> Result<OptOutMeans, String> {
    match text {
        "staff" => Ok(OptOutMeans::Staff),
        "web" => Ok(OptOutMeans::Web),
        _ => Err("staff or web; what is said on a call is written down by the call".to_owned()),
    }
}

pub(super) async fn run(
    command: &OptOutCommand,
    session: Session,
    out: &mut Out,
) -> Result<Exit, CliError> {
    session.logs.start_plain();
    match command {
        OptOutCommand::Add(args) => add(args, session, out).await?,
        OptOutCommand::List(args) => list(args, session, out).await?,
        OptOutCommand::Lift(args) => lift(args, session, out).await?,
    }
    Ok(Exit::Good)
}

async fn add(args: &AddArgs, session: Session, out: &mut Out) -> Result<(), CliError> {
    let covers = match (&args.number, &args.patient_of) {
        (Some(number), _) => Covering::Number(number),
        (None, Some(request)) => Covering::PatientOf(request),
        (None, None) => return Err(CliError::usage("give --number or --patient-of")),
    };
    let kind = if args.human_only { OptOutKind::HumanOnly } else { OptOutKind::DoNotCall };
    let store = args.common.store().await?;
    let now = session.clock.wall();
    let id = ObjectId::random()?;
    let at = args.at.unwrap_or(now);
    let new = NewOptOut { id: id.clone(), kind, means: args.means, covers, at, call: None };
    let mut tx = store.begin(&args.common.practice, &args.actor.actor(), now).await?;
    tx.record_opt_out(&new).await?;
    tx.commit().await?;
    store.close().await;
    if args.json {
        return Ok(out.json(&json!({ "id": id, "kind": kind, "at": at }))?);
    }
    Ok(out.line(match kind {
        OptOutKind::DoNotCall => format!("opt-out {id}: no call is placed there any more"),
        OptOutKind::HumanOnly => format!("opt-out {id}: only people call there from now on"),
    })?)
}

async fn list(args: &ListArgs, session: Session, out: &mut Out) -> Result<(), CliError> {
    let tenant = &args.common.practice;
    let store = args.common.store().await?;
    let mut entries = store.opt_outs(tenant).await?;
    if let Some(number) = &args.number {
        let standing = store.opt_outs_for(tenant, number, None).await?;
        entries.retain(|entry| standing.contains(&entry.opt_out));
    }
    let reasons = match &args.person {
        Some(person) if args.show_phi => {
            let actor = Actor::Person(person.clone());
            let mut tx = store.begin(tenant, &actor, session.clock.wall()).await?;
            let reasons = tx.read_lift_reasons(Purpose::ShowToOperator).await?;
            tx.commit().await?;
            reasons
        }
        Some(_) | None => BTreeMap::new(),
    };
    store.close().await;
    if args.standing {
        entries.retain(|entry| entry.lifted.is_none());
    }
    let shown = entries.iter().map(|entry| (entry, reasons.get(&entry.opt_out.id)));
    if args.json {
        let rows: Vec<_> = shown.map(|(entry, reason)| as_json(entry, reason)).collect();
        return Ok(out.json(&rows)?);
    }
    if entries.is_empty() {
        return Ok(out.line("none")?);
    }
    for (entry, reason) in shown {
        as_text(entry, reason).iter().try_for_each(|line| out.line(line))?;
    }
    Ok(())
}

/// With the reason of its lifting, where that may be shown.
fn as_json(entry: &OptOutEntry, reason: Option<&String>) -> Value {
    let lifted = entry.lifted.as_ref().map(|lifted| {
        let mut shown = json!({ "by": lifted.by, "at": lifted.at });
        if let Some(reason) = reason {
            shown["reason"] = json!(reason);
        }
        shown
    });
    json!({ "opt_out": entry.opt_out, "number": entry.number, "lifted": lifted })
}

fn as_text(entry: &OptOutEntry, reason: Option<&String>) -> Vec<String> {
    let opt_out = &entry.opt_out;
    let whom = match (opt_out.covers, &entry.number) {
        (OptOutCovers::Number, Some(number)) => number.as_str(),
        (OptOutCovers::Number, None) => "a number",
        (OptOutCovers::Person, _) => "a patient, at every number",
    };
    let (kind, means) = (opt_out.kind.name(), opt_out.means.name());
    let call = opt_out.call.as_ref().map(|call| format!(" on call {call}")).unwrap_or_default();
    let mut lines =
        vec![format!("{}  {}  {kind}  {whom}  by {means}{call}", opt_out.id, opt_out.at)];
    lines.push(match &entry.lifted {
        None => "    stands".to_owned(),
        Some(lifted) => {
            let why = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            format!("    lifted {} by {}{why}", lifted.at, name(&lifted.by))
        }
    });
    lines
}

async fn lift(args: &LiftArgs, session: Session, out: &mut Out) -> Result<(), CliError> {
    let store = args.common.store().await?;
    let (tenant, now) = (&args.common.practice, session.clock.wall());
    let mut tx = store.begin(tenant, &args.actor.actor(), now).await?;
    tx.lift_opt_out(&args.id, &args.reason).await?;
    tx.commit().await?;
    store.close().await;
    Ok(out.line(format_args!(
        "opt-out {} lifted; it stays in the register with its reason",
        args.id
    ))?)
}
