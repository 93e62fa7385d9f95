//! What must be on this machine and in the configuration: speech libraries, the carrier's settings, folders, payers' files.

use callwright_dialplan::originate::CallPlan;
use callwright_dialplan::payer::Directory;
use callwright_dialplan::twilio::ClientConfig;
use callwright_prompts::Pack;
use callwright_vendors::local::{Flite, Sphinx};

use super::Findings;
use crate::api::Api;
use crate::config::{Config, Hears, Speaks, StartError};

const INSTALL: &str = "install what the message names; `make setup` does on Debian and Ubuntu";

/// Who hears, words and speaks: a library on this machine is opened; of a hosted vendor key, address and settings are looked at, and
/// nothing is sent to it.
pub(super) fn vendors(config: &Config, findings: &mut Findings) {
    let vendors = &config.vendors;
    let [(_, hears), (_, words), (_, speaks)] = vendors.ids();
    match vendors.text_to_speech {
        Speaks::Local => told("voice", speaks, Flite::open(), INSTALL, findings),
        Speaks::ElevenLabs { .. } => {
            told("voice", speaks, vendors.speaks(), "see [text_to_speech]", findings);
        }
    }
    told("wording", words, vendors.words(), "see [language_model]", findings);
    match vendors.speech_to_text {
        Hears::Local => local_ear("ear", hears, config, findings),
        Hears::Deepgram { .. } => match (Pack::embedded(), config.directory()) {
            (Ok(pack), Ok(directory)) => {
                let opened = vendors.hears(&pack, &directory, &config.speech_cache);
                told("ear", hears, opened, "see [speech_to_text]", findings);
            }
            // The payers' files have a row of their own.
            (_, Err(_)) => {}
            (Err(error), _) => findings.missing("ear", error.to_string(), "report this"),
        },
    }
    if let Some(first) = vendors.before_notice(config.policy.recording.before_notice) {
        local_ear("ear until the notice", first, config, findings);
    }
}

/// With a model of one word: that tries its acoustic model and dictionary, too.
fn local_ear(subject: &str, id: &str, config: &Config, findings: &mut Findings) {
    let trial = config.speech_cache.join("check-model");
    let opened = Sphinx::open(&trial, &["hello".to_owned()]);
    told(subject, id, opened, INSTALL, findings);
}

fn told<T, E: std::fmt::Display>(
    subject: &str,
    id: &str,
    opened: Result<T, E>,
    mend: &str,
    findings: &mut Findings,
) {
    match opened {
        Ok(_) => findings.good(subject, id),
        Err(error) => findings.missing(subject, error.to_string(), mend),
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
