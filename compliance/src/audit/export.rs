//! The export of a log: JSON lines that a stranger verifies without the store.
//!
//! The first line is the head ([`ExportHead`]), then come the checkpoints, then the entries, each as `{"checkpoint": …}` or
//! `{"entry": …}`. A line that is not byte for byte as it was written is refused. The key in the head shows only that the file agrees with
//! itself: whoever verifies compares it with the one that they keep, and the checkpoints with those that they were given before.

use serde::{Deserialize, Serialize};

use super::chain::Anchor;
use super::entry::Entry;
use super::log::{Flaw, Kept, LogVerifier, Report};
use super::note::VerifierKey;
use crate::id::TenantId;

/// The only form so far.
const FORM: u32 = 1;

/// What an export begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportHead {
    /// The version of this form.
    form: u32,
    /// Whose log.
    pub practice: TenantId,
    /// The key that verifies its checkpoints.
    pub key: String,
    /// How many checkpoints follow.
    pub checkpoints: u64,
    /// How many entries follow them.
    pub entries: u64,
}

impl ExportHead {
    /// The head of an export.
    #[must_use]
    pub fn new(
        practice: TenantId,
        key: &VerifierKey,
        checkpoints: u64,
        entries: u64,
    ) -> ExportHead {
        ExportHead { form: FORM, practice, key: key.to_string(), checkpoints, entries }
    }
}

/// One line of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportLine {
    /// The first.
    CallwrightAudit(ExportHead),
    /// A checkpoint's signed note.
    Checkpoint(String),
    /// An entry.
    Entry(Entry),
}

impl ExportLine {
    /// The line's text, without its newline.
    ///
    /// # Errors
    /// Those of the JSON writer, which has none for these types.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Reads a line; `None` where it is not one as it was written.
    #[must_use]
    pub fn read(text: &str) -> Option<ExportLine> {
        let line: ExportLine = serde_json::from_str(text).ok()?;
        (line.text().ok()? == text).then_some(line)
    }
}

/// The file is not an export, or not a whole one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnExport {
    /// The first line is not a head of this form.
    #[error("the first line is not that of an audit export of this form")]
    Head,
    /// The key in the head is none, or has the name of another log.
    #[error("the head has no verifier key of its practice")]
    Key,
}

/// Verifies an export line by line.
#[derive(Clone, Debug)]
#[must_use = "a verification says something only once it is finished"]
pub struct ExportVerifier {
    log: LogVerifier,
    head: ExportHead,
    checkpoints: u64,
    entries: u64,
}

impl ExportVerifier {
    /// Begins with the first line. `key` is the one that the verifier keeps, `anchor` a length and digest that they keep.
    ///
    /// # Errors
    /// [`NotAnExport`].
    pub fn new(
        first: &str,
        key: Option<&VerifierKey>,
        anchor: Option<Anchor>,
    ) -> Result<ExportVerifier, NotAnExport> {
        let Some(ExportLine::CallwrightAudit(head)) = ExportLine::read(first) else {
            return Err(NotAnExport::Head);
        };
        if head.form != FORM {
            return Err(NotAnExport::Head);
        }
        let own = VerifierKey::parse(&head.key).map_err(|_| NotAnExport::Key)?;
        if super::tenant_of(&own).as_ref() != Ok(&head.practice) || own.to_string() != head.key {
            return Err(NotAnExport::Key);
        }
        let trusted = key.unwrap_or(&own).clone();
        let mut log = LogVerifier::new(head.practice.clone(), Some(trusted.clone()), anchor);
        if trusted != own {
            log.flaw(Flaw::OtherKey);
        }
        Ok(ExportVerifier { log, head, checkpoints: 0, entries: 0 })
    }

    /// Whose log, and what the head says of it.
    pub const fn head(&self) -> &ExportHead {
        &self.head
    }

    /// Takes a checkpoint that was kept elsewhere, before the second line.
    pub fn elsewhere(&mut self, name: String, note: &str) {
        self.log.checkpoint(Kept::Elsewhere(name), note);
    }

    /// Takes the next line.
    pub fn push(&mut self, text: &str) {
        if self.log.is_broken() {
            // Nothing behind a break counts.
            self.entries += 1;
            return;
        }
        match ExportLine::read(text) {
            Some(ExportLine::Checkpoint(note)) if self.entries == 0 => {
                self.checkpoints += 1;
                // It lies under its own size: an export has no other name for it.
                let size = note.lines().nth(1).and_then(|size| size.parse().ok()).unwrap_or(0);
                self.log.checkpoint(Kept::Beside(size), &note);
            }
            Some(ExportLine::Entry(entry)) => {
                self.entries += 1;
                self.log.push(Some(&entry));
            }
            Some(ExportLine::Checkpoint(_) | ExportLine::CallwrightAudit(_)) | None => {
                self.entries += 1;
                self.log.push(None);
            }
        }
    }

    /// The file ends here.
    pub fn finish(mut self) -> Report {
        let ExportHead { checkpoints, entries, .. } = self.head;
        if (self.checkpoints, self.entries) != (checkpoints, entries) {
            self.log.flaw(Flaw::Incomplete { checkpoints, entries });
        }
        self.log.finish()
    }
}
