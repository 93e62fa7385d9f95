//! What must be on this machine and in the configuration: speech libraries, the carrier's settings, folders, payers' files.

use callwright_dialplan::originate::CallPlan;
use callwright_dialplan::payer::Directory;
use callwright_dialplan::twilio::ClientConfig;
use callwright_vendors::local::{Flite, Sphinx};

use super::Findings;
use crate::api::Api;
use crate::config::{Config, StartError};

/// Both libraries are opened, the recogniser with a model of one word: that tries its acoustic model and dictionary too.
pub(super) fn speech(config: &Config, findings: &mut Findings) {
    const INSTALL: &str = "install what the message names; `make setup` does on Debian and Ubuntu";
    match Flite::open() {
        Ok(_) => findings.good("voice", "flite"),
        Err(error) => findings.missing("voice", error.to_string(), INSTALL),
    }
    let trial = config.speech_cache.join("check-model");
    match Sphinx::open(&trial, &["hello".to_owned()]) {
        Ok(_) => findings.good("ear", "PocketSphinx"),
        Err(error) => findings.missing("ear", error.to_string(), INSTALL),
    }
}

pub(super) fn carrier(config: &Config, findings: &mut Findings) {
    match config.client() {
        Ok(_) => findings.good("carrier account", config.carrier.account_sid.clone()),
        Err(error @ StartError::Secret(_)) => {
            let mend = "take the auth token from the carrier's console";
            findings.missing("carrier account", error.to_string(), mend);
        }
        Err(error) => findings.missing("carrier account", error.to_string(), "see [carrier]"),
    }
    public_url(config, findings);
}

/// The URLs as they would be given to the carrier, with a made-up call.
fn public_url(config: &Config, findings: &mut Findings) {
    const SUBJECT: &str = "public URL";
    let url = &config.server.public_url;
    let call = "0".repeat(32);
    let from = config.carrier.from.clone();
    let plan = CallPlan::new(from, Api::twiml_url(url, &call), Api::status_url(url, &call));
    let is_production = config.carrier.base_url == ClientConfig::TWILIO;
    match plan {
        Err(error) => findings.missing(SUBJECT, error.to_string(), "see [server] public_url"),
        Ok(_) if is_production && !url.starts_with("https://") => findings.missing(
            SUBJECT,
            "the carrier's own API cannot reach this machine's loopback",
            "give [server] public_url the https address of your proxy",
        ),
        Ok(_) => findings.good(SUBJECT, url.clone()),
    }
}

/// The folder is made if it can be: a call needs it.
pub(super) fn calls(config: &Config, findings: &mut Findings) {
    let folder = &config.calls.folder;
    match std::fs::create_dir_all(folder) {
        Ok(()) => findings.good("folder for calls", folder.display().to_string()),
        Err(error) => {
            let mend = format!("make {} writable for this user", folder.display());
            findings.missing("folder for calls", error.kind().to_string(), mend);
        }
    }
}

pub(super) fn payers(config: &Config, findings: &mut Findings) -> Option<Directory> {
    match config.directory() {
        Ok(directory) => {
            let count = directory.payers().count();
            if count == 0 {
                let mend = "put a TOML file a payer into the folder of [payers]";
                findings.missing("payer directory", "it has no payer", mend);
            } else {
                findings.good("payer directory", format!("{count} payer(s)"));
            }
            Some(directory)
        }
        Err(error) => {
            findings.missing("payer directory", error.to_string(), "mend the payers' files");
            None
        }
    }
}
