//! Leave to send to each vendor of a call and to the carrier, from the practice's register as it stands now (rules V1, G1).
//!
//! The register decides; this only asks it, role by role.

use std::sync::Arc;

use callwright_compliance::vendor::Role;
use callwright_compliance::{TenantId, VendorId};
use callwright_dialplan::OriginateError;
use callwright_dialplan::twilio::Session;
use callwright_store::Request;
use callwright_vendors::{Egress, ExchangeBook};

use super::DialError;
use crate::call::{CallClock, Leaves};
use crate::clock::Stopwatch;
use crate::services::Services;

/// The leaves of a call whose stop-watch is `watch`, with one book for all of them.
pub(super) async fn leaves(
    services: &Services,
    request: &Request,
    watch: Stopwatch,
) -> Result<Leaves, DialError> {
    let register = services.store.register(&request.tenant).await?;
    let now = services.clock.wall();
    let clock = CallClock::shared(services.clock, watch);
    let book = ExchangeBook::new();
    let leave = |role: Role, id: &str| -> Result<Egress, DialError> {
        let vendor = VendorId::new(id).map_err(|_| DialError::Id)?;
        let permit = register.egress(role, &vendor, now, &services.policy)?;
        Ok(Egress::new(permit, Arc::clone(&clock), book.clone()))
    };
    let vendors = &services.vendors;
    Ok(Leaves {
        speech_to_text: leave(Role::SpeechToText, vendors.speech_to_text.id())?,
        language_model: leave(Role::LanguageModel, vendors.language_model.id())?,
        text_to_speech: leave(Role::TextToSpeech, vendors.text_to_speech.id())?,
        book: book.clone(),
    })
}

/// A session with the carrier, for a practice.
///
/// # Errors
/// [`DialError::Egress`] where the practice's register gives no leave; [`DialError::Originate`] where the configured address is not one
/// that its row covers.
pub(crate) async fn carrier(
    services: &Services,
    tenant: &TenantId,
) -> Result<Arc<Session>, DialError> {
    let register = services.store.register(tenant).await?;
    let now = services.clock.wall();
    let permit = register.egress(Role::Carrier, &services.carrier.id, now, &services.policy)?;
    let session = services.carrier.client.open(permit).map_err(OriginateError::from)?;
    Ok(Arc::new(session))
}
