//! The purge: what is past its period goes, by itself, and what went is told (rule R1).
//!
//! A round goes through every practice and class in small batches. In one transaction of the store it asks what is due, deletes the files,
//! and writes down that they are gone; so a hold that is placed meanwhile comes before or after a whole batch. What is due, and what a
//! hold keeps, is decided in `compliance` and `store`. It reads no clock, and no file's content.

mod files;
mod report;
#[cfg(test)]
pub(crate) mod tests;

use std::path::{Path, PathBuf};

use callwright_compliance::audit::Actor;
use callwright_compliance::retention::{Disposal, Periods, RecordClass};
use callwright_compliance::{RequestId, TenantId};
use callwright_store::{DueCall, DueKey, DueSearch, Page, Store, StoreError};
use jiff::{SignedDuration, Timestamp};

pub(crate) use files::{SEALED_CLASSES, names};
pub use report::{ClassReport, Failure, PracticeReport, Report};

/// Calls or requests of one transaction: few, for meanwhile nobody else writes.
const BATCH: u32 = 25;
/// Batches of a class and practice in one round of a serving process. What is left is taken an hour later.
const SERVING_BATCHES: u32 = 20;
/// How often a serving process purges.
const EVERY: SignedDuration = SignedDuration::from_hours(1);

/// Classes that are purged, in this order: a purged request releases the files of its calls.
const PURGED: [RecordClass; 5] = [
    RecordClass::Result,
    RecordClass::Audio,
    RecordClass::Words,
    RecordClass::Exchanges,
    RecordClass::Disclosure,
];

/// Whether a round changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// What is due is purged.
    Purge,
    /// What is due is counted.
    DryRun,
}

/// What a round works with.
pub struct Purge<'a> {
    /// Durable state.
    pub store: &'a Store,
    /// The folder of the calls' files.
    pub calls: &'a Path,
    /// The periods.
    pub periods: &'a Periods,
    /// Who purges.
    pub actor: &'a Actor,
    /// When.
    pub now: Timestamp,
}

/// How far a round goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// As much as a serving process does in an hour.
    Serving,
    /// Until nothing is due.
    None,
}

impl Bound {
    fn batches(self) -> u32 {
        match self {
            Bound::Serving => SERVING_BATCHES,
            Bound::None => u32::MAX,
        }
    }
}

impl Purge<'_> {
    /// One round over every practice, or over one. What could not be purged is in the report, and is tried again in the next round.
    ///
    /// # Errors
    /// Those of the store. What was purged before stays purged and audited.
    pub async fn round(
        &self,
        of: Option<&TenantId>,
        mode: Mode,
        bound: Bound,
    ) -> Result<Report, StoreError> {
        let mut report = Report::new(self.now, mode);
        for practice in self.store.practices().await? {
            if of.is_none_or(|of| *of == practice.tenant) {
                report.practices.push(self.practice(&practice.tenant, mode, bound).await?);
            }
        }
        Ok(report)
    }

    async fn practice(
        &self,
        tenant: &TenantId,
        mode: Mode,
        bound: Bound,
    ) -> Result<PracticeReport, StoreError> {
        let mut report = PracticeReport::new(tenant);
        let mut counts = std::collections::BTreeMap::new();
        for class in PURGED {
            let search = self.search(class, None);
            let mut count = 0;
            if class == RecordClass::Result {
                count += self.requests(tenant, &search, mode, bound).await?;
                // A call's own result files go with its request, and are counted with it.
                self.files(tenant, &search, mode, bound, &mut report.failures).await?;
            } else {
                count += self.files(tenant, &search, mode, bound, &mut report.failures).await?;
            }
            counts.insert(class, count);
        }
        for class in RecordClass::ALL {
            let state = self.store.class_state(tenant, &self.search(*class, None)).await?;
            let past = state.oldest.is_some_and(|oldest| {
                class.disposal() == Disposal::Archive
                    && self.periods.cutoff(*class, self.now).is_some_and(|cutoff| oldest <= cutoff)
            });
            report.classes.push(ClassReport {
                class: *class,
                days: self.periods.days(*class),
                purged: counts.get(class).copied().unwrap_or(0),
                held: state.held,
                oldest: state.oldest,
                to_archive: past,
            });
        }
        Ok(report)
    }

    fn search<'a>(&'a self, class: RecordClass, of: Option<&'a RequestId>) -> DueSearch<'a> {
        DueSearch { class, periods: self.periods, of, now: self.now }
    }

    /// Purges requests, or counts those that are due.
    async fn requests(
        &self,
        tenant: &TenantId,
        search: &DueSearch<'_>,
        mode: Mode,
        bound: Bound,
    ) -> Result<u64, StoreError> {
        let (mut count, mut page) = (0, first());
        for _ in 0..bound.batches() {
            // Looked for without a transaction first: nobody waits for a round that finds nothing.
            let due = self.store.due_requests(tenant, search, &page).await?;
            let Some(last) = due.last() else {
                break;
            };
            let next = after(last.key());
            match mode {
                Mode::DryRun => count += due.len() as u64,
                Mode::Purge => {
                    let mut tx = self.store.begin(tenant, self.actor, self.now).await?;
                    let due = tx.due_requests(search, &page).await?;
                    let purged = due.len() as u64;
                    for each in due {
                        tx.purge_request(each).await?;
                    }
                    if purged > 0 {
                        tx.commit().await?;
                    }
                    count += purged;
                }
            }
            page = next;
        }
        Ok(count)
    }

    /// Purges the files of calls, or counts the calls whose are due.
    async fn files(
        &self,
        tenant: &TenantId,
        search: &DueSearch<'_>,
        mode: Mode,
        bound: Bound,
        failures: &mut Vec<Failure>,
    ) -> Result<u64, StoreError> {
        let (mut count, mut page) = (0, first());
        for _ in 0..bound.batches() {
            let due = self.store.due_calls(tenant, search, &page).await?;
            let Some(last) = due.last() else {
                break;
            };
            let next = after(last.key());
            count += match mode {
                Mode::DryRun => due.len() as u64,
                Mode::Purge => self.batch(tenant, search, &page, failures).await?,
            };
            page = next;
        }
        Ok(count)
    }

    async fn batch(
        &self,
        tenant: &TenantId,
        search: &DueSearch<'_>,
        page: &Page<DueKey>,
        failures: &mut Vec<Failure>,
    ) -> Result<u64, StoreError> {
        let mut tx = self.store.begin(tenant, self.actor, self.now).await?;
        let mut purged = 0;
        for (due, done) in deleted(self.calls, tx.due_calls(search, page).await?).await? {
            match done {
                Ok(found) => {
                    tx.files_purged(due, found).await?;
                    purged += 1;
                }
                Err(error) => failures.push(Failure::new(&due, error.kind())),
            }
        }
        if purged > 0 {
            tx.commit().await?;
        }
        Ok(purged)
    }

    /// Deletes what is left of the calls of an erased request. Its journals stay: they hold no patient value.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn erased(
        &self,
        tenant: &TenantId,
        request: &RequestId,
    ) -> Result<(u64, Vec<Failure>), StoreError> {
        let (mut count, mut failures) = (0, Vec::new());
        for class in SEALED_CLASSES {
            let search = self.search(class, Some(request));
            count += self.files(tenant, &search, Mode::Purge, Bound::None, &mut failures).await?;
        }
        Ok((count, failures))
    }
}

fn first() -> Page<DueKey> {
    Page { after: None, limit: BATCH }
}

fn after(key: DueKey) -> Page<DueKey> {
    Page { after: Some(key), limit: BATCH }
}

/// Deletes the files of due calls, off the threads that carry live audio.
async fn deleted(
    calls: &Path,
    due: Vec<DueCall>,
) -> Result<Vec<(DueCall, std::io::Result<callwright_store::Found>)>, StoreError> {
    let calls: PathBuf = calls.to_owned();
    let work = tokio::task::spawn_blocking(move || {
        let delete = |due: DueCall| {
            let done = files::delete(&calls.join(due.call().as_str()), due.class());
            (due, done)
        };
        due.into_iter().map(delete).collect()
    });
    // A deletion that panicked is a defect; nothing of the batch is written down then, and the next round takes it up.
    work.await.map_err(|_| StoreError::Closed)
}

/// When a serving process purges next: at once when it begins, then every hour.
#[derive(Debug, Default)]
pub(crate) struct Hourly {
    last: Option<Timestamp>,
}

impl Hourly {
    /// Whether it is time, by the clock passed in. A clock that was set back does not stop the purge for longer than an hour.
    pub(crate) fn is_due(&mut self, now: Timestamp) -> bool {
        let due = self.last.is_none_or(|last| now.duration_since(last).abs() >= EVERY);
        if due {
            self.last = Some(now);
        }
        due
    }
}
