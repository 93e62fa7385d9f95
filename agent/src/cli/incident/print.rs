//! Incidents as lines and as JSON. They hold ids, names of events and times: no patient value.

use callwright_compliance::incident::{Deadline, IncidentState, Step};
use callwright_store::{Incident, Taken};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(super) fn is_closed(incident: &Incident) -> bool {
    incident.course.state() == IncidentState::Closed
}

/// What is owed; nothing once it is closed.
fn owed(incident: &Incident) -> Vec<Deadline> {
    if is_closed(incident) { Vec::new() } else { incident.course.owed() }
}

/// Whether a deadline has passed without its notice.
pub(super) fn is_late(incident: &Incident, now: Timestamp) -> bool {
    owed(incident).iter().any(|deadline| deadline.by < now)
}

/// One line about one incident.
pub(super) fn line(incident: &Incident, now: Timestamp) -> String {
    let next = owed(incident).first().map(|deadline| format!("; {}", due(deadline, now)));
    format!(
        "{}  {}  {} ({}){}",
        incident.id,
        incident.tenant,
        incident.event,
        incident.course.state().name(),
        next.unwrap_or_default()
    )
}

fn due(deadline: &Deadline, now: Timestamp) -> String {
    let late = if deadline.by < now { "LATE: " } else { "" };
    format!("{late}tell {} by {}", deadline.duty, deadline.by)
}

/// All about one incident.
pub(super) fn page(incident: &Incident, now: Timestamp) -> Vec<String> {
    let mut lines = vec![
        format!("incident    {}", incident.id),
        format!("practice    {}", incident.tenant),
        format!("event       {}: {}", incident.event, incident.event.title()),
        format!("state       {}", incident.course.state().name()),
        format!("discovered  {}", incident.discovered_at),
        format!("opened      {} by {}", incident.opened_at, json!(incident.opened_by)),
    ];
    if let Some(call) = &incident.scope.call {
        lines.push(format!("call        {call}"));
    }
    if let Some(vendor) = incident.vendor.as_ref().or(incident.scope.vendor.as_ref()) {
        lines.push(format!("vendor      {vendor}"));
    }
    if let Some(document) = &incident.document {
        lines.push(format!("document    {document}"));
    }
    let held = if incident.scope.is_everything() && incident.requests.is_empty() {
        "everything of the practice".to_owned()
    } else {
        format!("{} requests", incident.requests.len())
    };
    lines.push(format!("held        {held}, until it is closed"));
    for taken in &incident.steps {
        let by = json!(taken.by);
        lines.push(format!("  {}  {} by {by}", taken.at, said(taken)));
    }
    for deadline in owed(incident) {
        lines.push(format!("  owed: {} ({})", due(&deadline, now), deadline.source));
    }
    lines
}

fn said(taken: &Taken) -> String {
    let state = taken.state.name();
    match &taken.step {
        Step::Contain { document } | Step::Close { document } => format!("{state} ({document})"),
        Step::Assess(assessment) => {
            format!("{state} as {} ({})", name(&assessment.conclusion), assessment.document)
        }
        Step::Notify { notices } => {
            let told = notices.iter().map(|n| format!("{} ({})", n.duty, n.proof));
            format!("{state}: {}", told.collect::<Vec<_>>().join(", "))
        }
    }
}

fn name(value: &impl serde::Serialize) -> String {
    json!(value).as_str().unwrap_or_default().replace('_', " ")
}

/// The same for a program.
pub(super) fn as_json(incident: &Incident, now: Timestamp) -> Value {
    let step = |taken: &Taken| json!({ "state": taken.state, "at": taken.at, "by": taken.by, "step": taken.step });
    json!({
        "incident": incident.id,
        "practice": incident.tenant,
        "event": incident.event,
        "what": incident.event.title(),
        "rule": incident.event.rule(),
        "state": incident.course.state(),
        "vendor": incident.vendor,
        "scope": incident.scope,
        "discovered_at": incident.discovered_at,
        "opened_at": incident.opened_at,
        "opened_by": incident.opened_by,
        "document": incident.document,
        "requests": incident.requests,
        "steps": incident.steps.iter().map(step).collect::<Vec<_>>(),
        "owed": owed(incident),
        "late": is_late(incident, now),
    })
}
