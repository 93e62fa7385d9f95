//! A practice's vendor register, whole: what the configuration uses, what it does not, and what is known and unsigned.

use callwright_compliance::TenantId;
use callwright_compliance::vendor::known::KNOWN;
use callwright_compliance::vendor::{Register, RetentionFlag, Role};
use jiff::Timestamp;

use super::Findings;
use crate::config::Config;
use crate::destinations::{self, Destination, Filled};
use crate::standing::Standing;

/// The register is asked as a call would ask it.
pub(super) fn look(
    config: &Config,
    register: &Register,
    tenant: &TenantId,
    now: Timestamp,
    findings: &mut Findings,
) {
    let standings = Standing::all(register, &config.policy, now);
    let missing = destinations::unfilled(config, tenant, register, now);
    let mut used = Vec::new();
    for destination in destinations::of_practice(config, register) {
        let subject = format!("practice {tenant}: vendor for {}", destination.named());
        let Destination { role, filled, .. } = destination;
        match filled {
            Filled::Vendor { vendor, .. } => {
                let standing =
                    standings.iter().find(|row| row.role == role && row.vendor == vendor);
                if let Some(unfilled) = missing
                    .iter()
                    .find(|unfilled| unfilled.role == role && unfilled.vendor == vendor)
                {
                    findings.missing(&subject, unfilled.refusal.to_string(), unfilled.mend());
                } else if let Some(standing) = standing {
                    findings.good(&subject, standing.to_string());
                    renewals(standing, tenant, &subject, findings);
                }
                used.push((role, vendor));
            }
            Filled::ThisMachine(what) => {
                findings.note(subject, format!("{what}, on this machine; no vendor"));
            }
            Filled::Nobody => findings.note(subject, "nobody: nothing is sent there"),
        }
    }
    for standing in &standings {
        if !used.iter().any(|(role, id)| *role == standing.role && *id == standing.vendor) {
            unused(standing, tenant, findings);
        }
    }
    unsigned(&standings, tenant, findings);
}

fn renewals(standing: &Standing, tenant: &TenantId, subject: &str, findings: &mut Findings) {
    let (role, id) = (standing.role, &standing.vendor);
    for renewal in &standing.renewals {
        let mend = format!(
            "renew it with {id}, then `callwright setup vendor` or `setup verify-vendor` --practice {tenant} --role {role} --id {id}"
        );
        findings.due(subject, renewal.clone(), mend);
    }
}

/// A row that no configured role asks for.
fn unused(standing: &Standing, tenant: &TenantId, findings: &mut Findings) {
    let subject = format!("practice {tenant}: registered as {}, not used", standing.role);
    let refusal = standing.refusal.as_ref().map(|refusal| format!("; no leave: {refusal}"));
    findings.note(subject, format!("{standing}{}", refusal.unwrap_or_default()));
}

/// The known vendors that have no row: none of them gives leave.
fn unsigned(standings: &[Standing], tenant: &TenantId, findings: &mut Findings) {
    let has_row =
        |id: &str, role: Role| standings.iter().any(|s| s.role == role && s.vendor.as_str() == id);
    for known in KNOWN.iter().filter(|known| !has_row(known.id(), known.role())) {
        let flags: Vec<_> = known.required().iter().copied().map(RetentionFlag::name).collect();
        let flags = if flags.is_empty() { "no flags".to_owned() } else { flags.join(" and ") };
        let subject = format!("practice {tenant}: unsigned as {}", known.role());
        findings.note(
            subject,
            format!("{}: gets nothing; {}; would need {flags}", known.id(), known.offer()),
        );
    }
}
