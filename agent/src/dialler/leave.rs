//! Leave to send to each vendor of a call, from the practice's register as it stands now (rules V1, G1).
//!
//! The register decides; this only asks it, role by role.

use std::sync::Arc;

use callwright_compliance::VendorId;
use callwright_compliance::vendor::Role;
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
