//! Reading the audit chain and verifying it (rule A1).
//!
//! The schema refuses to change, remove or squeeze in a row. Whoever has the file can still do it by other means; then the chain no
//! longer verifies. A chain cut off at its end is found only with an anchor that is kept elsewhere.

use callwright_compliance::audit::{Anchor, Broken, Entry, Verifier, Whole};
use callwright_compliance::id::TenantId;

use crate::codec::Reader;
use crate::error::StoreError;
use crate::request::Page;
use crate::store::Store;

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
    /// is verified too.
    ///
    /// # Errors
    /// The outer error is the store's, the inner one says where the chain breaks.
    pub async fn verify_audit(
        &self,
        tenant: &TenantId,
        anchor: Option<Anchor>,
    ) -> Result<Result<Whole, Broken>, StoreError> {
        let mut verifier = Verifier::new(tenant.clone(), anchor);
        let mut page = Page::first();
        loop {
            let entries = self.audit_entries(tenant, &page).await?;
            let Some(last) = entries.last() else {
                return Ok(Ok(verifier.finish()));
            };
            page = Page::after(last.seq);
            if let Err(broken) = entries.iter().try_for_each(|entry| verifier.push(entry)) {
                return Ok(Err(broken));
            }
        }
    }
}
