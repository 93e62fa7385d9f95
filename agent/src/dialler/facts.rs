//! The evidence that a decision rests on, read anew for each decision.

use callwright_compliance::facts::{CallerIdentity, Reading, Source};
use callwright_compliance::hours::PayerHours;
use callwright_compliance::{Facts, PhoneNumber};
use callwright_store::{Provider, Request};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::services::Services;

/// A reading of the store: what cannot be read refuses.
fn stored<T>(value: Result<T, callwright_store::StoreError>, as_of: Timestamp) -> Reading<T> {
    match value {
        Ok(value) => Reading::read(value, Source::Store, as_of),
        Err(error) => {
            tracing::error!(%error, "a fact could not be read");
            Reading::Unreadable
        }
    }
}

/// Gathers the facts about calling `number` for a request.
pub(crate) async fn gather(
    services: &Services,
    request: &Request,
    provider: &Provider,
    number: &PhoneNumber,
    hours: &PayerHours,
) -> Facts {
    let store = &services.store;
    let tenant = &request.tenant;
    let as_of = services.clock.wall();
    let identity = CallerIdentity {
        registered_name: provider.registered_name.clone(),
        callback: provider.callback.clone(),
    };
    Facts {
        allowlist: stored(store.allowlist_for(tenant, number).await, as_of),
        identity: Reading::read(identity, Source::Store, as_of),
        hours: Reading::read(Some(hours.clone()), Source::Directory, as_of),
        vendors: stored(store.register(tenant).await, as_of),
        switch: stored(store.kill_switch(tenant, &request.id).await, as_of),
        consent: Reading::read(request.order.consent.clone(), Source::Store, as_of),
        usage: stored(
            store.usage(tenant, number, day_began(as_of), as_of).await,
            as_of,
        ),
    }
}

/// The last midnight. Days are counted in UTC: the practice's own zone would move the border of a courtesy limit by hours only.
fn day_began(now: Timestamp) -> Timestamp {
    let today = now.to_zoned(TimeZone::UTC);
    today
        .start_of_day()
        .map_or(now, |midnight| midnight.timestamp())
}
