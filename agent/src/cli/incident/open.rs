//! `callwright incident open` and `terms`.

use std::collections::{BTreeMap, BTreeSet};

use callwright_compliance::incident::{IncidentEvent, StateClock, StateCode, Terms};
use callwright_compliance::{ObjectId, RequestId, TenantId, VendorId};
use callwright_store::{CallId, IncidentId, LedgerScope, NewIncident, Opened, Store};
use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::super::output::Out;
use super::super::setup::named;
use super::super::{ActorArg, CliError, ConfigArg, Exit};

/// Open an incident by hand: something that no call shows, such as a vendor's notice or a letter from a payer
///
/// Its clocks run from the discovery, and what it concerns cannot be erased until it is closed. Without --call, --request, --vendor,
/// --from or --to it concerns everything of the practice. The events that a call shows open one by themselves.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  callwright incident open --practice oak-street --event phi_to_wrong_party --call 0123…cdef --document letter-4 CONFIG --as ann
  callwright incident open --practice oak-street --event reported --vendor deepgram --from 2026-11-01T00:00:00Z \\
      --discovered 2026-11-05T09:00:00Z --document notice-2 CONFIG --as ann")]
pub(in crate::cli) struct OpenArgs {
    #[command(flatten)]
    pub(super) config: ConfigArg,
    #[command(flatten)]
    actor: ActorArg,
    /// Whose data are concerned
    #[arg(long, value_name = "ID")]
    practice: TenantId,
    /// What happened: phi_to_wrong_party, call_outside_window, recorded_without_announcement, ai_denied, called_after_opt_out,
    /// vendor_without_agreement, emergency_dialled, disclosure_unproven, audit_broken, reported
    #[arg(long, value_name = "EVENT", value_parser = named::<IncidentEvent>)]
    event: IncidentEvent,
    /// The call on which it happened
    #[arg(long, value_name = "ID", conflicts_with_all = ["request", "from", "to"])]
    call: Option<CallId>,
    /// A request that is concerned; may be given more than once
    #[arg(long, value_name = "ID")]
    request: Vec<RequestId>,
    /// The vendor that it is about
    #[arg(long, value_name = "ID")]
    vendor: Option<VendorId>,
    /// Concerned from then on
    #[arg(long, value_name = "RFC3339")]
    from: Option<Timestamp>,
    /// Concerned until then
    #[arg(long, value_name = "RFC3339")]
    to: Option<Timestamp>,
    /// When it was known, or would have been with reasonable diligence; else now
    #[arg(long, value_name = "RFC3339")]
    discovered: Option<Timestamp>,
    /// The kept document that reports it
    #[arg(long, value_name = "ID")]
    document: Option<ObjectId>,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    args: &OpenArgs,
    store: &Store,
    now: Timestamp,
    out: &mut Out,
) -> Result<Exit, CliError> {
    let new = NewIncident {
        id: IncidentId::random()?,
        event: args.event,
        vendor: args.vendor.clone(),
        scope: LedgerScope {
            call: args.call.clone(),
            requests: args.request.iter().cloned().collect::<BTreeSet<_>>(),
            // On one call the whole call is concerned, whichever vendor it is about.
            vendor: args.vendor.clone().filter(|_| args.call.is_none()),
            from: args.from,
            to: args.to,
        },
        discovered_at: args.discovered.unwrap_or(now),
        document: args.document.clone(),
    };
    let mut tx = store.begin(&args.practice, &args.actor.actor(), now).await?;
    let opened = tx.open_incident(&new).await?;
    let is_new = matches!(opened, Opened::New(_));
    if is_new {
        tx.commit().await?;
    }
    let incident = store.incident(&args.practice, opened.id()).await?;
    if args.json {
        out.json(&json!({
            "incident": incident.id,
            "new": is_new,
            "owed": incident.course.owed(),
            "requests": incident.requests,
        }))?;
    } else {
        let how = if is_new { "is open" } else { "was open already" };
        out.line(format_args!("incident {} {how}", incident.id))?;
        for deadline in incident.course.owed() {
            out.line(format_args!("  tell {} by {}", deadline.duty, deadline.by))?;
        }
    }
    Ok(Exit::Good)
}

/// Set what binds a practice's incidents beside the law: its agreement's hours, the GDPR, counsel's State clocks
///
/// It holds for incidents that are opened from then on. Each call sets all of it anew; what is left out is not set.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  callwright incident terms --practice oak-street --contract-hours 48 --state-clock TX=1440:memo-7 CONFIG --as ann")]
pub(in crate::cli) struct TermsArgs {
    #[command(flatten)]
    pub(super) config: ConfigArg,
    #[command(flatten)]
    actor: ActorArg,
    /// Whose
    #[arg(long, value_name = "ID")]
    practice: TenantId,
    /// In how many hours the practice is to be told, by its agreement: usually 24 to 72
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    contract_hours: u16,
    /// The GDPR applies: the supervisory authority is told within 72 hours
    #[arg(long)]
    gdpr: bool,
    /// A State's own clock in hours, with counsel's memorandum: TX=1440:memo-7; may be given more than once
    #[arg(long, value_name = "STATE=HOURS:DOCUMENT", value_parser = state_clock)]
    state_clock: Vec<(StateCode, StateClock)>,
}

fn state_clock(text: &str) -> Result<(StateCode, StateClock), String> {
    let wanted = || "must be STATE=HOURS:DOCUMENT, as TX=1440:memo-7".to_owned();
    let (state, rest) = text.split_once('=').ok_or_else(wanted)?;
    let (hours, document) = rest.split_once(':').ok_or_else(wanted)?;
    let state = state.parse::<StateCode>().map_err(|error| error.to_string())?;
    let hours = hours.parse::<u32>().ok().filter(|hours| *hours > 0).ok_or_else(wanted)?;
    let document = ObjectId::new(document).map_err(|error| error.to_string())?;
    Ok((state, StateClock { hours, document }))
}

pub(super) async fn terms(
    args: &TermsArgs,
    store: &Store,
    now: Timestamp,
    out: &mut Out,
) -> Result<Exit, CliError> {
    let clocks: BTreeMap<_, _> = args.state_clock.iter().cloned().collect();
    if clocks.len() != args.state_clock.len() {
        return Err(CliError::usage("a State has two clocks: give each State once"));
    }
    let terms = Terms::new(args.contract_hours, args.gdpr, clocks).map_err(CliError::usage)?;
    let mut tx = store.begin(&args.practice, &args.actor.actor(), now).await?;
    tx.set_incident_terms(&terms).await?;
    tx.commit().await?;
    let hours = terms.contract_hours();
    Ok(out
        .line(format_args!("practice {}: told within {hours} hours of a discovery", args.practice))
        .map(|()| Exit::Good)?)
}
