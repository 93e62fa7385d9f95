//! Reading the audit and verifying it (rule A1).
//!
//! The schema refuses to change, remove or squeeze in a row. Whoever has the file can still do it by other means; then the log no
//! longer verifies. A row counts as it was written or not at all: its text is compared byte for byte, its columns with its text. A log
//! cut off or rewritten at its end is found only with something that is kept elsewhere ([`Elsewhere`]).

use callwright_compliance::audit::{
    Action, Anchor, Broken, Checkpoint, Entry, Flaw, Kept, LogVerifier, NoteError, Report,
    Verifier, VerifierKey, Whole,
};
use callwright_compliance::id::TenantId;
use sqlx::SqliteConnection;

use crate::checkpoint::{CheckpointRow, checkpoint_rows, signer};
use crate::codec::{Reader, json, micros};
use crate::error::StoreError;
use crate::request::{PAGE_ROWS_MAX, Page};
use crate::store::Store;

/// What a verifier kept apart from the log. Without any of it only what disagrees with itself is found.
#[derive(Clone, Debug, Default)]
pub struct Elsewhere {
    /// The key that the checkpoints must be signed with.
    pub key: Option<VerifierKey>,
    /// A length and the digest of the entry there.
    pub anchor: Option<Anchor>,
    /// Checkpoints: where each was kept, and its note.
    pub checkpoints: Vec<(String, String)>,
}

impl Store {
    /// A tenant's audit entries in order. The next page's key is the last one's `seq`.
    ///
    /// # Errors
    /// [`StoreError::Stored`] where a row is not an entry.
    pub async fn audit_entries(
        &self,
        tenant: &TenantId,
        page: &Page<u64>,
    ) -> Result<Vec<Entry>, StoreError> {
        let after = match page.after {
            Some(seq) => i64::try_from(seq).unwrap_or(i64::MAX),
            None => -1,
        };
        sqlx::query("SELECT entry FROM audit WHERE tenant = ? AND seq > ? ORDER BY seq LIMIT ?")
            .bind(tenant.as_str())
            .bind(after)
            .bind(page.rows())
            .fetch_all(self.readers())
            .await?
            .iter()
            .map(|row| Reader::new(row, "audit").json("entry"))
            .collect()
    }

    /// Verifies a tenant's whole chain, and that it reaches `anchor`: page by page, with one page in memory. What is appended meanwhile
    /// is verified too. [`Store::verify_log`] verifies its checkpoints as well.
    ///
    /// # Errors
    /// The outer error is the store's, the inner one says where the chain breaks.
    pub async fn verify_audit(
        &self,
        tenant: &TenantId,
        anchor: Option<Anchor>,
    ) -> Result<Result<Whole, Broken>, StoreError> {
        let mut db = self.readers().acquire().await?;
        let mut verifier = Verifier::new(tenant.clone(), anchor);
        let mut from = i64::MIN;
        loop {
            let rows = audit_rows(&mut db, tenant, from).await?;
            let Some(last) = rows.last() else {
                return Ok(Ok(verifier.finish()));
            };
            from = last.seq.saturating_add(1);
            for row in &rows {
                let taken = match &row.entry {
                    Some(entry) => verifier.push(entry),
                    None => Err(verifier.unreadable()),
                };
                if let Err(broken) = taken {
                    return Ok(Err(broken));
                }
            }
        }
    }

    /// Verifies a tenant's chain, its stored checkpoints and what was kept elsewhere, as they are at one moment, with one page of rows in
    /// memory.
    ///
    /// # Errors
    /// Those of the database. What is wrong with the log is in the report.
    pub async fn verify_log(
        &self,
        tenant: &TenantId,
        elsewhere: &Elsewhere,
    ) -> Result<Report, StoreError> {
        // A transaction sees one state: a checkpoint that is made meanwhile does not look like one that nobody stored.
        let mut db = self.readers().begin().await?;
        let own = match signer(self.keys(), &mut db, tenant).await {
            Ok(signer) => signer.map(|signer| signer.verifier()),
            // A key that does not open was changed or removed: the checkpoints have none.
            Err(StoreError::Seal { .. } | StoreError::Stored { .. }) => None,
            Err(error) => return Err(error),
        };
        let key = elsewhere.key.clone().or_else(|| own.clone());
        let mut log = LogVerifier::new(tenant.clone(), key.clone(), elsewhere.anchor);
        if own.is_some() && own != key {
            log.flaw(Flaw::OtherKey);
        }
        for row in checkpoint_rows(&mut db, tenant).await? {
            take(&mut log, &row, key.as_ref());
        }
        for (name, note) in &elsewhere.checkpoints {
            log.checkpoint(Kept::Elsewhere(name.clone()), note);
        }
        let mut from = i64::MIN;
        loop {
            let rows = audit_rows(&mut db, tenant, from).await?;
            let Some(last) = rows.last() else { break };
            if from == i64::MIN && rows.first().is_some_and(|row| !founds(row, tenant)) {
                log.flaw(Flaw::Unfounded);
            }
            from = last.seq.saturating_add(1);
            rows.iter().for_each(|row| log.push(row.entry.as_ref()));
        }
        let strays = strays(&mut db).await?;
        if strays > 0 {
            log.flaw(Flaw::Strays(strays));
        }
        db.rollback().await?;
        Ok(log.finish())
    }
}

/// Whether a log may begin with this row: with the founding, not with what was done after an older log was removed. What cannot be read is
/// the chain's to tell.
fn founds(row: &AuditRow, tenant: &TenantId) -> bool {
    let Some(entry) = &row.entry else { return true };
    let of_tenant = entry.object.as_ref().is_some_and(|object| object.as_str() == tenant.as_str());
    entry.seq != 0 || (entry.action == Action::AccountChanged && of_tenant)
}

/// A stored checkpoint, and that the tree that was kept with it is the one that was signed.
fn take(log: &mut LogVerifier, row: &CheckpointRow, key: Option<&VerifierKey>) {
    let kept = Kept::Beside(u64::try_from(row.size).unwrap_or(0));
    let other_tree = |checkpoint: Checkpoint| {
        row.tree()
            .is_none_or(|tree| (tree.size(), tree.root()) != (checkpoint.size(), checkpoint.root()))
    };
    match key.map(|key| Checkpoint::open(&row.note, key)) {
        Some(Ok(checkpoint)) if other_tree(checkpoint.clone()) => {
            log.flaw(Flaw::Note { kept, why: NoteError::Form });
        }
        Some(Ok(_) | Err(_)) | None => log.checkpoint(kept, &row.note),
    }
}

/// Rows of the audit that no practice has: they were squeezed in, or taken out of a practice's log.
async fn strays(db: &mut SqliteConnection) -> Result<u64, StoreError> {
    let rows: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM audit WHERE tenant NOT IN (SELECT tenant FROM practice)",
    )
    .fetch_one(db)
    .await?;
    Ok(u64::try_from(rows).unwrap_or(0))
}

/// A row of the audit as it lies in the file.
pub(crate) struct AuditRow {
    pub(crate) seq: i64,
    /// Absent where the row is not one as it was written.
    pub(crate) entry: Option<Entry>,
}

/// A page of a tenant's rows, whatever numbers somebody gave them.
pub(crate) async fn audit_rows(
    db: &mut SqliteConnection,
    tenant: &TenantId,
    from: i64,
) -> Result<Vec<AuditRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT seq, at, prev, digest, entry FROM audit WHERE tenant = ? AND seq >= ? \
         ORDER BY seq LIMIT ?",
    )
    .bind(tenant.as_str())
    .bind(from)
    .bind(PAGE_ROWS_MAX)
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            let row = Reader::new(row, "audit");
            Ok(AuditRow { seq: row.int("seq")?, entry: as_written(&row) })
        })
        .collect()
}

/// The entry of a row whose text is byte for byte what this program writes, and whose columns say the same.
fn as_written(row: &Reader<'_>) -> Option<Entry> {
    let text = row.text("entry").ok()?;
    let entry: Entry = serde_json::from_str(&text).ok()?;
    let same = json("audit entry", &entry).ok()? == text
        && row.number::<u64>("seq").ok()? == entry.seq
        && row.int("at").ok()? == micros(entry.at)
        && row.digest("prev").ok()? == *entry.prev.as_bytes()
        && row.digest("digest").ok()? == *entry.digest.as_bytes();
    same.then_some(entry)
}
