//! What must be in the store: its key, a practice with a provider, a vendor for each role, an approved line to call.

use callwright_compliance::allowlist::{AllowlistEntry, Approval};
use callwright_compliance::facts::SwitchState;
use callwright_compliance::{RequestId, TenantId};
use callwright_dialplan::payer::Directory;
use callwright_store::{KeyRing, RandomId, Store, StoreError};
use jiff::Timestamp;

use super::{Findings, register};
use crate::config::Config;

/// Opens the store only where both its files are there: a check makes neither.
pub(super) async fn store(
    config: &Config,
    directory: Option<&Directory>,
    now: Timestamp,
    findings: &mut Findings,
) {
    let files = &config.store;
    let keys = match KeyRing::open(&files.key_file) {
        Ok(keys) => {
            findings.good("key file", keys.id().to_string());
            Some(keys)
        }
        Err(error) => {
            let mend = "`callwright setup key` makes one for a new database";
            findings.missing("key file", error.to_string(), mend);
            None
        }
    };
    if !files.database.is_file() {
        let found = format!("there is no {}", files.database.display());
        findings.missing(
            "store",
            found,
            "`callwright setup practice` makes it with its first practice",
        );
        return without(findings);
    }
    let Some(keys) = keys else {
        return without(findings);
    };
    match Store::open(&files.database, keys).await {
        Ok(store) => {
            findings.good("store", files.database.display().to_string());
            if let Err(error) = practices(config, &store, directory, now, findings).await {
                findings.missing("store", error.to_string(), "mend that, and check again");
            }
            store.close().await;
        }
        Err(error) => {
            findings.missing("store", error.to_string(), "mend that, and check again");
            without(findings);
        }
    }
}

/// What cannot be there without a store.
fn without(findings: &mut Findings) {
    let none = "the store cannot be looked into";
    findings.missing("practice", none, "`callwright setup practice` adds one");
    findings.missing("provider", none, "`callwright setup provider` adds one");
    findings.missing("vendor register", none, "`callwright setup vendor` adds one for each role");
    findings.missing(
        "allowlist",
        none,
        "`callwright setup allow`, then `approve` by another person",
    );
}

async fn practices(
    config: &Config,
    store: &Store,
    directory: Option<&Directory>,
    now: Timestamp,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let practices = store.practices().await?;
    if practices.is_empty() {
        without(findings);
    }
    for practice in practices {
        let tenant = &practice.tenant;
        findings.good(format!("practice {tenant}"), practice.registered_name.clone());
        let providers = store.providers(tenant).await?.len();
        let subject = format!("practice {tenant}: provider");
        if providers == 0 {
            findings.missing(subject, "none", "`callwright setup provider` adds one");
        } else {
            findings.good(subject, format!("{providers}"));
        }
        register::look(config, &store.register(tenant).await?, tenant, now, findings);
        allowlist(store, directory, tenant, now, findings).await?;
        switch(store, tenant, findings).await?;
    }
    Ok(())
}

async fn allowlist(
    store: &Store,
    directory: Option<&Directory>,
    tenant: &TenantId,
    now: Timestamp,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let entries = store.allowlist(tenant).await?;
    let subject = format!("practice {tenant}: allowlist");
    let holds = |entry: &&AllowlistEntry| {
        let in_directory = directory.is_none_or(|all| all.line_of(&entry.number).is_some());
        entry.approval != Approval::Pending && entry.expires_at > now && in_directory
    };
    let good = entries.iter().filter(holds).count();
    let pending = entries.iter().filter(|entry| entry.approval == Approval::Pending).count();
    if good > 0 {
        findings
            .good(subject, format!("{good} line(s) may be called, {pending} wait for approval"));
    } else {
        let found = format!("no line that may be called; {pending} wait for approval");
        let mend = "`callwright setup allow`, then `callwright setup approve` by another person";
        findings.missing(subject, found, mend);
    }
    Ok(())
}

async fn switch(
    store: &Store,
    tenant: &TenantId,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    // Of no request: the switch of the practice and of the installation is asked for.
    let switch = store.kill_switch(tenant, &RequestId::random()?).await?;
    let subject = format!("practice {tenant}: kill switch");
    if [switch.global, switch.tenant].contains(&SwitchState::Stopped) {
        findings.missing(
            subject,
            "it is thrown",
            "`callwright kill lift`, once its reason is gone",
        );
    } else {
        findings.good(subject, "not thrown");
    }
    Ok(())
}
