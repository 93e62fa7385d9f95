//! The evidence that a decision rests on, read anew for each decision.

use callwright_compliance::facts::{AiCallConsent, CallerIdentity, Reading, Source};
use callwright_compliance::{CallClass, Facts};
use callwright_dialplan::payer::Line;
use callwright_store::Request;
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

/// What the patient has said by now about calls by an AI voice: read anew, for it may have changed since the request was claimed.
pub(super) async fn consent(services: &Services, request: &Request) -> Reading<AiCallConsent> {
    let as_of = services.clock.wall();
    let said = services.store.consent_history(&request.tenant, &request.id).await;
    stored(said.map(|history| history.ai_call()), as_of)
}

/// Gathers the facts about calling a payer's line for a request.
pub(crate) async fn gather(
    services: &Services,
    request: &Request,
    consent: Reading<AiCallConsent>,
    line: &Line,
) -> Facts {
    let store = &services.store;
    let tenant = &request.tenant;
    let as_of = services.clock.wall();
    // Read anew: what was loaded when the request was claimed may have been taken back since.
    let identity = store.provider(tenant, &request.order.provider).await;
    let identity = identity.map(|provider| CallerIdentity {
        registered_name: provider.registered_name,
        callback: provider.callback,
    });
    // Only a call to the patient is bound by what is known of the patient's own number.
    let patient = (request.order.class == CallClass::Patient).then_some(&request.id);
    let contact = match patient {
        Some(id) => stored(store.contact(tenant, &line.number, id, as_of).await, as_of),
        None => Reading::read(None, Source::Store, as_of),
    };
    Facts {
        allowlist: stored(store.allowlist_for(tenant, &line.number).await, as_of),
        identity: stored(identity, as_of),
        hours: Reading::read(Some(line.hours.clone()), Source::Directory, as_of),
        vendors: stored(store.register(tenant).await, as_of),
        switch: stored(store.kill_switch(tenant, &request.id).await, as_of),
        consent,
        opt_outs: stored(store.opt_outs_for(tenant, &line.number, patient).await, as_of),
        contact,
        usage: stored(store.usage(tenant, &line.number, day_began(as_of), as_of).await, as_of),
    }
}

/// The last midnight. Days are counted in UTC: the practice's own zone would move the border of a courtesy limit by hours only.
fn day_began(now: Timestamp) -> Timestamp {
    let today = now.to_zoned(TimeZone::UTC);
    today.start_of_day().map_or(now, |midnight| midnight.timestamp())
}
