//! Where data lies on this machine: each place, what is in it, how it is protected, and for how long its records are to be kept.
//!
//! The periods are those of rule R1's record classes. This module purges nothing and reads none of the places.

use std::path::Path;

use callwright_compliance::retention::{Disposal, Periods, RecordClass};
use serde::Serialize;

use crate::config::Config;
use crate::services::FileKeeping;

/// One kind of record in one place.
#[derive(Debug, Serialize)]
pub(super) struct Kept {
    /// The place: a file, a folder, or a stream.
    pub(super) place: String,
    /// What is there.
    pub(super) holds: &'static str,
    /// The class of record.
    pub(super) class: &'static str,
    /// How long it is to be kept.
    pub(super) period: String,
    /// How it is protected.
    pub(super) protection: &'static str,
    /// Whether patients' values are in it.
    pub(super) has_phi: bool,
}

const SEALED_COLUMNS: &str =
    "sealed under the request's data key (AES-256-GCM); the file is its owner's only";
const OPEN: &str =
    "OPEN: for made-up patients only; requests about real ones are refused (calls.keep)";
const SEALED_FILES: &str =
    "sealed under the request's data key; a recording lies open, owner only, while its call runs";

/// The period of a class by the policy, with its source.
fn period(periods: &Periods, class: RecordClass) -> String {
    let after = match class.disposal() {
        Disposal::Files | Disposal::Erasure => ", unless held",
        Disposal::Archive | Disposal::Elsewhere => "",
    };
    format!("{} days{after} ({})", periods.days(class), class.source())
}

/// Every place.
pub(super) fn of(config: &Config, periods: &Periods) -> Vec<Kept> {
    let database = path(&config.store.database);
    let calls = path(&config.calls.folder);
    let protection = match config.calls.keeping {
        FileKeeping::Sealed => SEALED_FILES,
        FileKeeping::Open => OPEN,
    };
    let mut kept: Vec<Kept> = in_database(&database, periods).into();
    kept.extend(in_calls(&calls, protection, periods));
    kept.push(Kept {
        place: format!("{database}.erasures"),
        holds: "which requests were erased, by id; every restored backup is held to it",
        class: "erasure list",
        period: "as long as any backup".to_owned(),
        protection: "ids only",
        has_phi: false,
    });
    kept.push(Kept {
        place: path(&config.store.key_file),
        holds: "the key that wraps the practices' keys",
        class: "keys",
        period: "as long as the database and its backups, and kept apart from them".to_owned(),
        protection: "its owner's only",
        has_phi: false,
    });
    kept.push(Kept {
        place: "standard error".to_owned(),
        holds: "log lines: ids, times and kinds of error, no patient's value (rule V4)",
        class: "logs",
        period: format!("{}, where they are collected", period(periods, RecordClass::Log)),
        protection: "whatever collects them",
        has_phi: false,
    });
    kept.push(Kept {
        place: path(&config.speech_cache),
        holds: "models of the local recogniser, built from the prompt pack",
        class: "no record",
        period: "may be deleted at any time".to_owned(),
        protection: "nothing to protect",
        has_phi: false,
    });
    kept
}

fn path(path: &Path) -> String {
    path.display().to_string()
}

fn in_database(database: &str, periods: &Periods) -> [Kept; 5] {
    let place = database.to_owned();
    [
        Kept {
            place: place.clone(),
            holds: "requests and patients: name, date of birth, member id, group, relationship; what calls answered",
            class: "requests and results",
            period: format!("{}; erased on demand", period(periods, RecordClass::Result)),
            protection: SEALED_COLUMNS,
            has_phi: true,
        },
        Kept {
            place: place.clone(),
            holds: "audit: who did what to which id, when; fields by name",
            class: "audit",
            period: period(periods, RecordClass::Audit),
            protection: "hash-chained, append-only; no value stands in it",
            has_phi: false,
        },
        Kept {
            place: place.clone(),
            holds: "the wish of a patient about AI calls; who opted out",
            class: "consents and opt-outs",
            period: format!(
                "consents {}; opt-outs {}",
                period(periods, RecordClass::Consent),
                period(periods, RecordClass::OptOut)
            ),
            protection: "ids, times and states; a number that opted out",
            has_phi: false,
        },
        Kept {
            place: place.clone(),
            holds: "decisions, intents and calls, with the payer's number",
            class: "policies and their decisions",
            period: period(periods, RecordClass::Policies),
            protection: "ids, times and states",
            has_phi: false,
        },
        Kept {
            place,
            holds: "practices, providers, allowlist, vendor register with digests of agreements",
            class: "agreements",
            period: period(periods, RecordClass::Agreement),
            protection: "no patient in them; a tax id is sealed",
            has_phi: false,
        },
    ]
}

fn in_calls(calls: &str, protection: &'static str, periods: &Periods) -> [Kept; 5] {
    let at = |name: &str| format!("{calls}/CALL/{name}");
    [
        Kept {
            place: at("recording.wav"),
            holds: "the call's audio, as far as the disclosure was proven",
            class: "recordings",
            period: period(periods, RecordClass::Audio),
            protection,
            has_phi: true,
        },
        Kept {
            place: at("words.jsonl"),
            holds: "what was said",
            class: "words",
            period: format!(
                "until the result is accepted, else {}",
                period(periods, RecordClass::Words)
            ),
            protection,
            has_phi: true,
        },
        Kept {
            place: at("vendors.jsonl"),
            holds: "what went to vendors and came back",
            class: "exchanges",
            period: period(periods, RecordClass::Exchanges),
            protection,
            has_phi: true,
        },
        Kept {
            place: at("result.*"),
            holds: "the answers with their evidence; the call's egress ledger",
            class: "requests and results",
            period: period(periods, RecordClass::Result),
            protection,
            has_phi: true,
        },
        Kept {
            place: at("journal.jsonl"),
            holds: "the conversation's inputs and outputs as ids and enums",
            class: "disclosure evidence",
            period: period(periods, RecordClass::Disclosure),
            protection: "no word and no value stands in it",
            has_phi: false,
        },
    ]
}
