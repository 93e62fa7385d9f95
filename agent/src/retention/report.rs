//! What a round of the purge did, for people and for programs. It holds ids, counts and times.

use std::io::ErrorKind;

use callwright_compliance::TenantId;
use callwright_compliance::retention::RecordClass;
use callwright_store::DueCall;
use jiff::Timestamp;
use serde::Serialize;

use super::Mode;

/// A round.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// When.
    pub at: Timestamp,
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// Each practice.
    pub practices: Vec<PracticeReport>,
}

/// A practice's part of a round.
#[derive(Clone, Debug, Serialize)]
pub struct PracticeReport {
    /// Which.
    pub practice: TenantId,
    /// Each class.
    pub classes: Vec<ClassReport>,
    /// What could not be deleted; it is tried again in the next round.
    pub failures: Vec<Failure>,
}

/// How a class came out of a round.
#[derive(Clone, Debug, Serialize)]
pub struct ClassReport {
    /// Which.
    pub class: RecordClass,
    /// Its period, in days.
    pub days: u32,
    /// Records purged; in a dry run, those that would be. Of `result` these are requests, of the others calls.
    pub purged: u64,
    /// Records past their period that a legal hold keeps.
    pub held: u64,
    /// When the oldest that is kept was made or last in effect.
    pub oldest: Option<Timestamp>,
    /// Whether some are past their period and are the operator's to export and archive: nothing deletes them.
    pub to_archive: bool,
}

/// Something that could not be deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The call whose files it is.
    pub call: String,
    /// Which files.
    pub class: RecordClass,
    /// The operating system's reason.
    pub why: String,
}

impl Failure {
    pub(super) fn new(due: &DueCall, why: ErrorKind) -> Failure {
        Failure { call: due.call().to_string(), class: due.class(), why: why.to_string() }
    }
}

impl Report {
    pub(super) fn new(at: Timestamp, mode: Mode) -> Report {
        Report { at, dry_run: mode == Mode::DryRun, practices: Vec::new() }
    }

    /// Whether everything that was due went.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.practices.iter().all(|practice| practice.failures.is_empty())
    }

    /// How many records were purged, or would be.
    #[must_use]
    pub fn purged(&self) -> u64 {
        let classes = self.practices.iter().flat_map(|practice| &practice.classes);
        classes.map(|class| class.purged).sum()
    }
}

impl PracticeReport {
    pub(super) fn new(tenant: &TenantId) -> PracticeReport {
        PracticeReport { practice: tenant.clone(), classes: Vec::new(), failures: Vec::new() }
    }
}
