//! An inventory as a page of Markdown.

use std::fmt::Display;

use callwright_compliance::vendor::Region;

use super::model::{Flow, Inventory, PracticeRegister, Recipient};
use super::places::Kept;
use crate::standing::{Place, Standing};

/// Adds a line.
fn line(page: &mut String, text: impl Display) {
    page.push_str(&text.to_string());
    page.push('\n');
}

/// The whole page.
pub(super) fn page(inventory: &Inventory) -> String {
    let mut page = String::new();
    line(&mut page, "# Data-flow inventory\n");
    line(
        &mut page,
        format_args!(
            "Made by callwright {} at {}, under the policy with SHA-256 `{}`. Fields are named, never their values.\n",
            inventory.version, inventory.made_at, inventory.policy_sha256
        ),
    );
    line(
        &mut page,
        "For the risk analysis of 45 CFR 164.308(a)(1)(ii)(A)-(B) and the record of processing of GDPR article 30. A field that is not listed \
         for a destination does not go there (rule V2).\n",
    );
    flows(&mut page, &inventory.flows);
    line(&mut page, "## Vendor registers\n");
    if inventory.practices.is_empty() {
        line(&mut page, "The store has no practice yet: nothing may be sent for anybody.\n");
    }
    for practice in &inventory.practices {
        register(&mut page, practice);
    }
    kept(&mut page, &inventory.kept);
    page
}

fn flows(page: &mut String, flows: &[Flow]) {
    line(page, "## Where data goes\n");
    line(
        page,
        "| Destination | Recipient | Fields, by purpose | Sent with every request | To be agreed or set there |",
    );
    line(page, "|---|---|---|---|---|");
    for flow in flows {
        let fields: Vec<_> = flow
            .fields
            .iter()
            .map(|(purpose, fields)| format!("{}: {fields}", name(purpose)))
            .collect();
        let fields = if fields.is_empty() { "none".to_owned() } else { fields.join("; ") };
        let until = if flow.before_notice { ", until the notice" } else { "" };
        let sent = if flow.sent.is_empty() { "—".to_owned() } else { flow.sent.join(", ") };
        line(
            page,
            format_args!(
                "| {}{until} | {} | {} | {} | {} |",
                flow.destination,
                cell(&recipient(&flow.recipient)),
                cell(&fields),
                cell(&sent),
                cell(flow.at_vendor.unwrap_or("—"))
            ),
        );
    }
    line(page, "");
}

/// The name that something has in JSON.
fn name(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

fn recipient(recipient: &Recipient) -> String {
    match recipient {
        Recipient::Payer => "the payer on the line, an entry of the allowlist".to_owned(),
        Recipient::Vendor { vendor, name, address } => {
            let name = name.map(|name| format!(" ({name})")).unwrap_or_default();
            let place = match address {
                Some(address) => format!("at {address}"),
                None => "in this process".to_owned(),
            };
            format!("`{vendor}`{name}, {place}")
        }
        Recipient::ThisMachine { what } => format!("this machine: {what}"),
        Recipient::Nobody => "nobody".to_owned(),
    }
}

fn register(page: &mut String, practice: &PracticeRegister) {
    line(page, format_args!("### Practice `{}`\n", practice.practice));
    line(page, "| Role | Vendor | Region | Where | Agreement | Verified | Flags | Leave to send |");
    line(page, "|---|---|---|---|---|---|---|---|");
    for row in &practice.rows {
        line(page, format_args!("{}", standing(row)));
    }
    line(page, "");
    for gap in &practice.unfilled {
        line(
            page,
            format_args!("- **No leave**: {} as {}: {}", gap.vendor, gap.role, cell(&gap.why)),
        );
    }
    if !practice.unfilled.is_empty() {
        line(page, "");
    }
}

fn standing(row: &Standing) -> String {
    let region = match row.region {
        Region::UnitedStates => "US only",
        Region::Elsewhere => "elsewhere",
    };
    let (place, agreement, verified, flags) = match &row.place {
        Place::OnPremises { network } => {
            let none = || "—".to_owned();
            (format!("on premises, {network}"), none(), none(), none())
        }
        Place::Hosted { signed, expires, verified_at, verified_until, flags, agreement_sha256 } => {
            (
                "hosted".to_owned(),
                format!("signed {signed}, expires {expires}, SHA-256 `{agreement_sha256}`"),
                format!("{verified_at}, until {verified_until}"),
                flags.join(", "),
            )
        }
    };
    let mut leave = row.refusal.clone().unwrap_or_else(|| "yes".to_owned());
    for renewal in &row.renewals {
        leave.push_str("; due: ");
        leave.push_str(renewal);
    }
    format!(
        "| {} | `{}` | {region} | {place} | {agreement} | {verified} | {flags} | {} |",
        row.role,
        row.vendor,
        cell(&leave)
    )
}

fn kept(page: &mut String, kept: &[Kept]) {
    line(page, "## Where data lies on this machine\n");
    line(
        page,
        "The periods are those of `policy.retention`, for counsel to set; a legal hold outlasts them.\n",
    );
    line(page, "| Place | Holds | Patients' values | Class of record | To be kept | Protection |");
    line(page, "|---|---|---|---|---|---|");
    for place in kept {
        let phi = if place.has_phi { "yes" } else { "no" };
        line(
            page,
            format_args!(
                "| `{}` | {} | {phi} | {} | {} | {} |",
                cell(&place.place),
                place.holds,
                place.class,
                place.period,
                place.protection
            ),
        );
    }
    line(page, "");
}

/// A text that cannot break out of its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}
