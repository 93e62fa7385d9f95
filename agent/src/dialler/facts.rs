//! The evidence that a decision rests on, read anew for each decision.

use callwright_compliance::facts::{AiCallConsent, CallerIdentity, Reading, Source};
use callwright_compliance::hours::PayerHours;
use callwright_compliance::{CallClass, Facts, PhoneNumber, RequestId, TenantId};
use callwright_dialplan::payer::Line;
use callwright_store::{Provider, Request, Store, StoreError, day_began};
use jiff::Timestamp;

use crate::services::Services;

/// A reading of the store: what cannot be read refuses.
fn stored<T>(value: Result<T, StoreError>, as_of: Timestamp) -> Reading<T> {
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

/// What facts are asked about, and what of them is not read from the store here.
pub(crate) struct Asked<'a> {
    /// For whom.
    pub(crate) tenant: &'a TenantId,
    /// For which request; one that is not stored has no switch of its own.
    pub(crate) request: &'a RequestId,
    /// Of which class. Only a call to the patient is bound by what is known of the patient's own number.
    pub(crate) class: CallClass,
    /// Which number.
    pub(crate) number: &'a PhoneNumber,
    /// As whom the practice calls.
    pub(crate) identity: Result<CallerIdentity, StoreError>,
    /// The payer's hours, by the directory.
    pub(crate) hours: Reading<Option<PayerHours>>,
    /// What the patient said.
    pub(crate) consent: Reading<AiCallConsent>,
}

/// Reads the facts of a decision as of one time. Nothing is written.
pub(crate) async fn read(store: &Store, asked: Asked<'_>, as_of: Timestamp) -> Facts {
    let Asked { tenant, request, class, number, identity, hours, consent } = asked;
    let patient = (class == CallClass::Patient).then_some(request);
    let contact = match patient {
        Some(id) => stored(store.contact(tenant, number, id, as_of).await, as_of),
        None => Reading::read(None, Source::Store, as_of),
    };
    Facts {
        allowlist: stored(store.allowlist_for(tenant, number).await, as_of),
        identity: stored(identity, as_of),
        hours,
        vendors: stored(store.register(tenant).await, as_of),
        switch: stored(store.kill_switch(tenant, request).await, as_of),
        consent,
        opt_outs: stored(store.opt_outs_for(tenant, number, patient).await, as_of),
        contact,
        usage: stored(store.usage(tenant, number, day_began(as_of), as_of).await, as_of),
    }
}

/// As whom a practice calls for a provider.
pub(crate) fn identity_of(provider: Provider) -> CallerIdentity {
    CallerIdentity { registered_name: provider.registered_name, callback: provider.callback }
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
    let identity = store.provider(tenant, &request.order.provider).await.map(identity_of);
    let hours = Reading::read(Some(line.hours.clone()), Source::Directory, as_of);
    let number = &line.number;
    let class = request.order.class;
    let asked = Asked { tenant, request: &request.id, class, number, identity, hours, consent };
    read(store, asked, as_of).await
}
