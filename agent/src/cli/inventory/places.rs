//! Where data lies on this machine: each place, what is in it, how it is protected, and for how long its records are to be kept.
//!
//! The periods are those of rule R1's record classes. This module purges nothing and reads none of the places.

use std::path::Path;

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
    pub(super) period: &'static str,
    /// How it is protected.
    pub(super) protection: &'static str,
    /// Whether patients' values are in it.
    pub(super) has_phi: bool,
}

const SEALED_COLUMNS: &str =
    "sealed under the request's data key (AES-256-GCM); the file is its owner's only";
const SIX_YEARS: &str = "6 years (45 CFR 164.316(b)(2)(i))";
const OPEN: &str =
    "OPEN: for made-up patients only; requests about real ones are refused (calls.keep)";
const SEALED_FILES: &str =
    "sealed under the request's data key; a recording lies open, owner only, while its call runs";

/// Every place.
pub(super) fn of(config: &Config) -> Vec<Kept> {
    let database = path(&config.store.database);
    let calls = path(&config.calls.folder);
    let protection = match config.calls.keeping {
        FileKeeping::Sealed => SEALED_FILES,
        FileKeeping::Open => OPEN,
    };
    let mut kept: Vec<Kept> = in_database(&database).into();
    kept.extend(in_calls(&calls, protection));
    kept.push(Kept {
        place: format!("{database}.erasures"),
        holds: "which requests were erased, by id; every restored backup is held to it",
        class: "erasure list",
        period: "as long as any backup",
        protection: "ids only",
        has_phi: false,
    });
    kept.push(Kept {
        place: path(&config.store.key_file),
        holds: "the key that wraps the practices' keys",
        class: "keys",
        period: "as long as the database and its backups, and kept apart from them",
        protection: "its owner's only",
        has_phi: false,
    });
    kept.push(Kept {
        place: "standard error".to_owned(),
        holds: "log lines: ids, times and kinds of error, no patient's value (rule V4)",
        class: "logs",
        period: "90 days, where they are collected",
        protection: "whatever collects them",
        has_phi: false,
    });
    kept.push(Kept {
        place: path(&config.speech_cache),
        holds: "models of the local recogniser, built from the prompt pack",
        class: "no record",
        period: "may be deleted at any time",
        protection: "nothing to protect",
        has_phi: false,
    });
    kept
}

fn path(path: &Path) -> String {
    path.display().to_string()
}

fn in_database(database: &str) -> [Kept; 4] {
    let place = database.to_owned();
    [
        Kept {
            place: place.clone(),
            holds: "requests and patients: name, date of birth, member id, group, relationship; what calls answered",
            class: "requests and results",
            period: "as the practice's record policy says; erased on demand",
            protection: SEALED_COLUMNS,
            has_phi: true,
        },
        Kept {
            place: place.clone(),
            holds: "audit: who did what to which id, when; fields by name",
            class: "audit",
            period: SIX_YEARS,
            protection: "hash-chained, append-only; no value stands in it",
            has_phi: false,
        },
        Kept {
            place: place.clone(),
            holds: "the wish of a patient about AI calls; decisions, intents and calls, with the payer's number",
            class: "consent and disclosure evidence",
            period: SIX_YEARS,
            protection: "ids, times and states",
            has_phi: false,
        },
        Kept {
            place,
            holds: "practices, providers, allowlist, vendor register with digests of agreements",
            class: "agreements and policies",
            period: SIX_YEARS,
            protection: "no patient in them; a tax id is sealed",
            has_phi: false,
        },
    ]
}

fn in_calls(calls: &str, protection: &'static str) -> [Kept; 4] {
    let at = |name: &str| format!("{calls}/CALL/{name}");
    [
        Kept {
            place: at("recording.wav"),
            holds: "the call's audio, as far as the disclosure was proven",
            class: "recordings",
            period: "30 days or less, unless held",
            protection,
            has_phi: true,
        },
        Kept {
            place: at("words.jsonl, vendors.jsonl"),
            holds: "what was said; what went to vendors and came back",
            class: "transcripts",
            period: "until the result is accepted, then redacted",
            protection,
            has_phi: true,
        },
        Kept {
            place: at("result.*"),
            holds: "the answers with their evidence; the call's egress ledger",
            class: "requests and results",
            period: "as the practice's record policy says",
            protection,
            has_phi: true,
        },
        Kept {
            place: at("journal.jsonl"),
            holds: "the conversation's inputs and outputs as ids and enums",
            class: "journals",
            period: "as the call's recording",
            protection: "no word and no value stands in it",
            has_phi: false,
        },
    ]
}
