//! `callwright disclosures`: the accounting of disclosures, from the ledger (45 CFR 164.528).

use std::collections::{BTreeMap, BTreeSet};

use callwright_compliance::audit::{Action, Event};
use callwright_compliance::egress::{Disclosure, Recipient, Standing, account};
use callwright_compliance::{CallPurpose, ObjectId, RequestId, TenantId};
use callwright_dialplan::payer::Directory;
use callwright_store::{CallId, LedgerScope, Store};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::output::Out;
use super::{ActorArg, CliError, ConfigArg, Exit, Session, ledger, owner};
use crate::config::Config;

/// Print to whom a patient's information went: the accounting of disclosures
///
/// Each line has the date, the recipient, what was disclosed by name of field, what for, and whether the accounting that a patient may ask
/// for must list it. Disclosures for payment are excluded (45 CFR 164.528(a)(1)(i)); inside are those to somebody who was not the payer
/// and to a vendor without an agreement, as the incidents of the calls have it. That it was printed stands in the audit.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  callwright disclosures --request 0123…cdef --config callwright.toml --as ann
  callwright disclosures --practice oak-street --from 2026-01-01T00:00:00Z --inside --json --config callwright.toml --as ann")]
pub(super) struct DisclosuresArgs {
    #[command(flatten)]
    config: ConfigArg,
    #[command(flatten)]
    actor: ActorArg,
    /// Of one request
    #[arg(long, value_name = "ID", required_unless_present = "practice")]
    request: Option<RequestId>,
    /// Of one practice
    #[arg(long, value_name = "ID")]
    practice: Option<TenantId>,
    /// From then on; the accounting goes back six years
    #[arg(long, value_name = "RFC3339")]
    from: Option<Timestamp>,
    /// Until then
    #[arg(long, value_name = "RFC3339")]
    to: Option<Timestamp>,
    /// Only what the patient's accounting must list
    #[arg(long)]
    inside: bool,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

/// A disclosure as it is printed: the elements of 45 CFR 164.528(b)(2), and what lets one check it.
#[derive(Serialize)]
struct Line {
    date: Timestamp,
    until: Timestamp,
    recipient: String,
    /// Not in the store for vendors; for a payer the number that was called.
    address: Option<String>,
    description: String,
    purpose: &'static str,
    standing: Standing,
    must_be_listed: bool,
    request: RequestId,
    call: ObjectId,
    pieces: u64,
    bytes: u64,
}

pub(super) async fn run(
    args: &DisclosuresArgs,
    session: Session,
    out: &mut Out,
) -> Result<Exit, CliError> {
    session.logs.start_plain();
    let config = Config::load(&args.config.config)?;
    let directory = config.directory()?;
    let store = config.open_store().await?;
    let done = print(args, &store, &directory, session.clock.wall(), out).await;
    store.close().await;
    done
}

async fn print(
    args: &DisclosuresArgs,
    store: &Store,
    directory: &Directory,
    now: Timestamp,
    out: &mut Out,
) -> Result<Exit, CliError> {
    let tenant = match (&args.practice, &args.request) {
        (Some(tenant), Some(request)) => {
            // Another practice's request is not there.
            store.request(tenant, request).await?;
            tenant.clone()
        }
        (Some(tenant), None) => store.practice(tenant).await?.tenant,
        (None, Some(request)) => owner::of_request(store, request).await?,
        (None, None) => return Err(CliError::usage("give --request or --practice")),
    };
    let scope = LedgerScope {
        requests: args.request.iter().cloned().collect::<BTreeSet<_>>(),
        from: args.from,
        to: args.to,
        ..LedgerScope::default()
    };
    let mut sent = Vec::new();
    ledger::each(store, &tenant, &scope, |each| {
        if each.form().is_some() {
            sent.push(each);
        }
    })
    .await?;
    let mut disclosures = account(&sent, &store.call_incidents(&tenant).await?);
    disclosures.retain(|disclosure| !args.inside || disclosure.standing.is_inside());
    let lost = store.unaccounted(&tenant, &scope).await?;
    let lines = lines(store, directory, &tenant, disclosures).await?;
    note(args, store, &tenant, now).await?;
    if args.json {
        let lost: Vec<Value> = lost
            .iter()
            .map(|call| json!({ "call": call.call, "request": call.request, "ended": call.ended }))
            .collect();
        out.json(
            &json!({ "practice": tenant, "disclosures": lines, "calls_without_ledger": lost }),
        )?;
        return Ok(Exit::Good);
    }
    for line in &lines {
        out.line(text(line))?;
    }
    if lines.is_empty() {
        out.line("no disclosure")?;
    }
    for call in lost {
        let why = if call.ended { "its process died" } else { "it still runs" };
        out.line(format_args!("call {}: no ledger, {why}", call.call))?;
    }
    Ok(Exit::Good)
}

/// That an accounting was given is a record of its own (45 CFR 164.528(d)).
async fn note(
    args: &DisclosuresArgs,
    store: &Store,
    tenant: &TenantId,
    now: Timestamp,
) -> Result<(), CliError> {
    let actor = args.actor.actor();
    let mut event = Event::new(actor.clone(), Action::Exported);
    let object = args.request.as_ref().map_or(tenant.as_str(), RequestId::as_str);
    event.object = ObjectId::new(object).ok();
    let mut tx = store.begin(tenant, &actor, now).await?;
    tx.audit(event).await?;
    Ok(tx.commit().await?)
}

/// Whom a call went to.
#[derive(Clone)]
struct Called {
    name: String,
    number: String,
}

async fn lines(
    store: &Store,
    directory: &Directory,
    tenant: &TenantId,
    disclosures: Vec<Disclosure>,
) -> Result<Vec<Line>, CliError> {
    let mut called: BTreeMap<ObjectId, Called> = BTreeMap::new();
    let mut lines = Vec::with_capacity(disclosures.len());
    for disclosure in disclosures {
        let to = match called.get(&disclosure.call) {
            Some(to) => to.clone(),
            None => {
                let to = whom(store, directory, tenant, &disclosure).await?;
                called.insert(disclosure.call.clone(), to.clone());
                to
            }
        };
        lines.push(line(disclosure, to));
    }
    Ok(lines)
}

async fn whom(
    store: &Store,
    directory: &Directory,
    tenant: &TenantId,
    disclosure: &Disclosure,
) -> Result<Called, CliError> {
    let payer = store.request(tenant, &disclosure.request).await?.order.payer;
    let name =
        directory.payer(&payer).map_or_else(|| payer.to_string(), |entry| entry.name.clone());
    let call: CallId = disclosure.call.as_str().parse().map_err(CliError::usage)?;
    let number = store.call(tenant, &call).await?.number.e164().to_owned();
    Ok(Called { name, number })
}

fn line(disclosure: Disclosure, to: Called) -> Line {
    let (recipient, address) = match &disclosure.recipient {
        Recipient::FarEnd if disclosure.standing == Standing::InsideWrongParty => {
            (format!("not {}, as it turned out", to.name), Some(to.number))
        }
        Recipient::FarEnd => (to.name, Some(to.number)),
        Recipient::Vendor { id, role } => (format!("{id} ({role})"), None),
    };
    let fields: Vec<String> =
        disclosure.fields.iter().map(|field| field.name().replace('_', " ")).collect();
    Line {
        date: disclosure.first,
        until: disclosure.last,
        recipient,
        address,
        description: fields.join(", "),
        purpose: match disclosure.purpose {
            CallPurpose::MedicalBenefits => {
                "payment: verification of medical benefits by telephone"
            }
            CallPurpose::DentalBenefits => "payment: verification of dental benefits by telephone",
        },
        standing: disclosure.standing,
        must_be_listed: disclosure.standing.is_inside(),
        request: disclosure.request,
        call: disclosure.call,
        pieces: disclosure.pieces,
        bytes: disclosure.bytes,
    }
}

fn text(line: &Line) -> String {
    let mark = if line.must_be_listed { "INSIDE" } else { "excluded" };
    let address = line.address.as_ref().map(|address| format!(" ({address})"));
    let (recipient, address) = (&line.recipient, address.unwrap_or_default());
    let (what, why) = (&line.description, line.purpose);
    format!("{}  {mark}  {recipient}{address}: {what}; {why}; request {}", line.date, line.request)
}
