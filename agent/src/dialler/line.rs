//! Which line a request is called on: the payer's, by the directory; for a test, one's own number in the payer's place.
//!
//! It does not say that the line may be called: the decision does.

use callwright_compliance::{CallClass, PhoneNumber, TenantId};
use callwright_dialplan::payer::{Line, PayerEntry};
use callwright_store::Order;

use super::DialError;
use crate::services::Services;

/// The payer and the line of an order.
pub(crate) async fn line_of(
    services: &Services,
    tenant: &TenantId,
    order: &Order,
) -> Result<(PayerEntry, Line), DialError> {
    let payer = services.directory.payer(&order.payer).ok_or(DialError::NoLine)?.clone();
    let mut line = payer.line(order.purpose).ok_or(DialError::NoLine)?.clone();
    match order.class {
        // Class C is refused, whatever its line.
        CallClass::Payer | CallClass::Patient => {}
        // Whoever answers a test call plays the payer's part.
        CallClass::Test => line.number = own_number(services, tenant, order).await?,
    }
    Ok((payer, line))
}

/// The number of the tenant's that stands for the payer on test calls: of several, the one that was added last.
async fn own_number(
    services: &Services,
    tenant: &TenantId,
    order: &Order,
) -> Result<PhoneNumber, DialError> {
    let entries = services.store.allowlist(tenant).await?;
    let own = entries.into_iter().rev();
    let mut own = own.filter(|entry| entry.class == CallClass::Test && entry.payer == order.payer);
    own.next().map(|entry| entry.number).ok_or(DialError::NoTestNumber)
}
