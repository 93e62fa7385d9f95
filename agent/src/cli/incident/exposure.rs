//! `callwright incident exposure`: who was exposed to whom, from the ledger. Names only where they are asked for, and then audited.

use std::collections::BTreeMap;

use callwright_compliance::audit::Actor;
use callwright_compliance::egress::{Exposed, Exposure, Recipient};
use callwright_compliance::incident::Counted;
use callwright_compliance::{Purpose, RequestId, TenantId, VendorId};
use callwright_store::{Access, Incident, IncidentId, LedgerScope, Store, StoreError, Unaccounted};
use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::output::Out;
use super::super::{ActorArg, CliError, ConfigArg, Exit, ledger};

/// Who was exposed by an incident: which individuals, which fields, to whom, when, sealed or in the clear
///
/// It is read from the ledger of every call that the incident concerns. Individuals are the ids of their requests; one person may have
/// several, so the counts are upper bounds. The State is that of the place of care: where patients live is not in the store.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  callwright incident exposure 0123…cdef --config callwright.toml --as ann
  callwright incident exposure 0123…cdef --config callwright.toml --as ann --show-phi --json > letters.json")]
pub(in crate::cli) struct ExposureArgs {
    /// The incident's id
    #[arg(value_name = "INCIDENT")]
    id: IncidentId,
    #[command(flatten)]
    pub(super) config: ConfigArg,
    #[command(flatten)]
    actor: ActorArg,
    /// Only what went to this vendor
    #[arg(long, value_name = "ID")]
    vendor: Option<VendorId>,
    /// Print the patients' names, too; each is an audit row
    #[arg(long)]
    show_phi: bool,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

/// One individual, as printed.
struct Individual<'a> {
    request: &'a RequestId,
    state: Option<String>,
    payer: String,
    /// Only with --show-phi.
    name: Option<String>,
    to: &'a BTreeMap<Recipient, Exposed>,
}

/// What the exposure comes to.
struct Sums {
    individuals: usize,
    in_clear: Counted,
    unaccounted: Vec<Unaccounted>,
    overflowed: u64,
}

pub(super) async fn run(
    args: &ExposureArgs,
    store: &Store,
    now: Timestamp,
    out: &mut Out,
) -> Result<Exit, CliError> {
    let incident = super::incident(store, &args.id).await?;
    let tenant = &incident.tenant;
    let mut scope = incident.scope.clone();
    if args.vendor.is_some() {
        scope.vendor.clone_from(&args.vendor);
    }
    let mut exposure = Exposure::new();
    ledger::each(store, tenant, &scope, |sent| exposure.add(&sent)).await?;
    let actor = args.actor.actor();
    let reader = args.show_phi.then_some((&actor, now));
    let mut individuals = Vec::new();
    for (request, to) in exposure.individuals() {
        individuals.push(individual(store, tenant, request, to, reader).await?);
    }
    let sums = sums(store, tenant, &scope, &exposure, &individuals).await?;
    if args.json {
        out.json(&as_json(&incident, &individuals, &sums))?;
    } else {
        for line in lines(&individuals, &sums) {
            out.line(line)?;
        }
    }
    Ok(Exit::Good)
}

async fn individual<'a>(
    store: &Store,
    tenant: &TenantId,
    request: &'a RequestId,
    to: &'a BTreeMap<Recipient, Exposed>,
    reader: Option<(&Actor, Timestamp)>,
) -> Result<Individual<'a>, CliError> {
    let name = match reader {
        None => None,
        Some((actor, now)) => {
            let access = Access { purpose: Purpose::ShowToOperator, actor, now };
            match store.patient(tenant, request, access).await {
                Ok(patient) => Some(patient.name.expose(Purpose::ShowToOperator).clone()),
                // Erased since: that there was somebody is all that is left.
                Err(StoreError::Erased) => None,
                Err(error) => return Err(error.into()),
            }
        }
    };
    let state = Some(store.state_of_care(tenant, request).await?);
    let payer = store.request(tenant, request).await?.order.payer.to_string();
    Ok(Individual { request, state, payer, name, to })
}

async fn sums(
    store: &Store,
    tenant: &TenantId,
    scope: &LedgerScope,
    exposure: &Exposure,
    individuals: &[Individual<'_>],
) -> Result<Sums, CliError> {
    let mut in_clear = Counted::default();
    let states: BTreeMap<&RequestId, _> =
        individuals.iter().map(|each| (each.request, each.state.as_deref())).collect();
    for request in exposure.in_clear() {
        let state = states.get(request).copied().flatten();
        match state.and_then(|state| state.parse().ok()) {
            Some(state) => *in_clear.by_state.entry(state).or_default() += 1,
            None => in_clear.elsewhere += 1,
        }
    }
    Ok(Sums {
        individuals: individuals.len(),
        in_clear,
        unaccounted: store.unaccounted(tenant, scope).await?,
        overflowed: store.overflowed(tenant, scope).await?,
    })
}

fn recipient(to: &Recipient, payer: &str) -> String {
    match to {
        Recipient::FarEnd => format!("far end ({payer})"),
        Recipient::Vendor { id, role } => format!("{id} ({role})"),
    }
}

fn lines(individuals: &[Individual<'_>], sums: &Sums) -> Vec<String> {
    let mut lines = Vec::new();
    for each in individuals {
        let name = each.name.as_ref().map(|name| format!("  {name}")).unwrap_or_default();
        let state = each.state.as_deref().unwrap_or("??");
        lines.push(format!("{}{name}  {state}", each.request));
        for (to, exposed) in each.to {
            let form = json!(exposed.form);
            lines.push(format!(
                "  {}: {}, {} to {}, {} bytes, {}",
                recipient(to, &each.payer),
                exposed.fields,
                exposed.first,
                exposed.last,
                exposed.bytes,
                form.as_str().unwrap_or_default(),
            ));
        }
    }
    let clear = sums.in_clear.total();
    lines.push(format!("individuals, at most: {}; in the clear: {clear}", sums.individuals));
    for (state, count) in &sums.in_clear.by_state {
        lines.push(format!("  {state}: {count}"));
    }
    let more = if sums.in_clear.may_need_media() { "yes" } else { "no" };
    lines.push(format!("more than 500 in one State: {more}; 500 or more in all: {}", clear >= 500));
    for call in &sums.unaccounted {
        let why = if call.ended { "its process died" } else { "it still runs" };
        lines.push(format!(
            "no ledger of call {} (request {}): {why}; take everything that policy allows for sent",
            call.call, call.request
        ));
    }
    if sums.overflowed > 0 {
        lines.push(format!(
            "{} sends have no entry, for a full ledger: the audit has their fields",
            sums.overflowed
        ));
    }
    lines
}

fn as_json(incident: &Incident, individuals: &[Individual<'_>], sums: &Sums) -> Value {
    let each = individuals.iter().map(|each| {
        let to = each.to.iter().map(|(to, exposed)| {
            json!({
                "recipient": to,
                "fields": exposed.fields,
                "first": exposed.first,
                "last": exposed.last,
                "bytes": exposed.bytes,
                "form": exposed.form,
            })
        });
        json!({
            "request": each.request,
            "name": each.name,
            "state_of_care": each.state,
            "payer": each.payer,
            "to": to.collect::<Vec<_>>(),
        })
    });
    let unaccounted = sums.unaccounted.iter().map(|call| {
        json!({ "call": call.call, "request": call.request, "dialled_at": call.dialled_at, "ended": call.ended })
    });
    json!({
        "incident": incident.id,
        "practice": incident.tenant,
        "individuals": each.collect::<Vec<_>>(),
        "in_clear": sums.in_clear.total(),
        "in_clear_by_state_of_care": sums.in_clear.by_state,
        "more_than_500_in_a_state": sums.in_clear.may_need_media(),
        "500_or_more": sums.in_clear.total() >= 500,
        "calls_without_ledger": unaccounted.collect::<Vec<_>>(),
        "sends_without_entry": sums.overflowed,
    })
}
