//! Reading a part of the egress ledger, page by page.

use callwright_compliance::TenantId;
use callwright_compliance::egress::Sent;
use callwright_store::{LedgerScope, Page, Store, StoreError};

/// Gives each entry of a part of a practice's ledger, oldest first.
pub(super) async fn each(
    store: &Store,
    tenant: &TenantId,
    scope: &LedgerScope,
    mut take: impl FnMut(Sent),
) -> Result<(), StoreError> {
    let mut page = Page::first();
    loop {
        let (sent, next) = store.ledger(tenant, scope, &page).await?;
        sent.into_iter().for_each(&mut take);
        let Some(next) = next else {
            return Ok(());
        };
        page = Page::after(next);
    }
}
