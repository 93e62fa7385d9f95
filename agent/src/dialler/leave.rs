//! Leave to send to each vendor of a call, from the practice's register as it stands now (rules V1, G1).
//!
//! The register decides; this only asks it, role by role.

use std::sync::Arc;

use callwright_compliance::VendorId;
use callwright_compliance::policy::BeforeNotice;
use callwright_compliance::vendor::{Register, Role};
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
    let first = hears_first(services, &register);
    let before_notice = match first.map_err(|NoneOnPremises| DialError::NoneOnPremises)? {
        Some(id) => Some(leave(Role::SpeechToText, id)?),
        None => None,
    };
    Ok(Leaves {
        speech_to_text: leave(Role::SpeechToText, vendors.speech_to_text.id())?,
        before_notice,
        language_model: leave(Role::LanguageModel, vendors.language_model.id())?,
        text_to_speech: leave(Role::TextToSpeech, vendors.text_to_speech.id())?,
        book: book.clone(),
    })
}

/// The policy wants a recogniser on premises before the notice, and there is none.
pub(super) struct NoneOnPremises;

/// The recogniser that hears until the notice (rule D2): none but the call's own where the policy or the register lets that one. The
/// decision asks the same; this keeps a call from ever running otherwise.
pub(super) fn hears_first(
    services: &Services,
    register: &Register,
) -> Result<Option<&'static str>, NoneOnPremises> {
    let vendors = &services.vendors;
    let on_premises = |id: &str| {
        VendorId::new(id).is_ok_and(|id| register.is_on_premises(Role::SpeechToText, &id))
    };
    match services.policy.recording.before_notice {
        BeforeNotice::AnyRecogniser => Ok(None),
        BeforeNotice::OnPremisesOnly if on_premises(vendors.speech_to_text.id()) => Ok(None),
        BeforeNotice::OnPremisesOnly => {
            let first = vendors.before_notice.as_ref().map(|vendor| vendor.id());
            first.filter(|id| on_premises(id)).map(Some).ok_or(NoneOnPremises)
        }
    }
}
