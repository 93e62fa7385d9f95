//! Leave to send to each vendor of a call and to the carrier, from the practice's register as it stands now (rules V1, G1).
//!
//! The register decides; this only asks it, role by role, and writes down what it refuses.

use std::sync::Arc;

use callwright_compliance::audit::{Action, Actor, Event};
use callwright_compliance::policy::BeforeNotice;
use callwright_compliance::vendor::{EgressRefusal, Register, Role};
use callwright_compliance::{ObjectId, Policy, RuleId, TenantId, VendorId};
use callwright_dialplan::OriginateError;
use callwright_dialplan::twilio::Session;
use callwright_store::Request;
use callwright_vendors::{Egress, ExchangeBook};
use jiff::Timestamp;

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
    match ask(services, &register, now, watch)? {
        Ok(leaves) => Ok(leaves),
        Err((vendor, refusal)) => {
            note(services, request, vendor, now).await?;
            Err(refusal.into())
        }
    }
}

type Refused = (VendorId, EgressRefusal);

fn ask(
    services: &Services,
    register: &Register,
    now: Timestamp,
    watch: Stopwatch,
) -> Result<Result<Leaves, Refused>, DialError> {
    let clock = CallClock::shared(services.clock, watch);
    let book = ExchangeBook::new();
    let vendors = &services.vendors;
    let id = |id: &str| VendorId::new(id).map_err(|_| DialError::Id);
    let hears = id(vendors.speech_to_text.id())?;
    let words = id(vendors.language_model.id())?;
    let speaks = id(vendors.text_to_speech.id())?;
    let first = hears_first(services, register);
    let first = first.map_err(|NoneOnPremises| DialError::NoneOnPremises)?.map(id).transpose()?;
    let leave = |role: Role, vendor: VendorId| -> Result<Egress, Refused> {
        let permit = register.egress(role, &vendor, now, &services.policy);
        let permit = permit.map_err(|refusal| (vendor, refusal))?;
        Ok(Egress::new(permit, Arc::clone(&clock), book.clone()))
    };
    let all = || -> Result<Leaves, Refused> {
        Ok(Leaves {
            speech_to_text: leave(Role::SpeechToText, hears)?,
            before_notice: first.map(|id| leave(Role::SpeechToText, id)).transpose()?,
            language_model: leave(Role::LanguageModel, words)?,
            text_to_speech: leave(Role::TextToSpeech, speaks)?,
            book: book.clone(),
        })
    };
    Ok(all())
}

/// That nothing may be sent to a vendor is an entry of the audit, whatever becomes of the request.
async fn note(
    services: &Services,
    request: &Request,
    vendor: VendorId,
    now: Timestamp,
) -> Result<(), DialError> {
    let actor = Actor::Node(services.node_id.clone());
    let mut event = Event::new(actor.clone(), Action::EgressRefused);
    event.object = ObjectId::new(request.id.as_str()).ok();
    event.rule = Some(RuleId::V1);
    event.recipient = Some(vendor);
    let mut tx = services.store.begin(&request.tenant, &actor, now).await?;
    tx.audit(event).await?;
    Ok(tx.commit().await?)
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

/// The policy wants a recogniser on premises before the notice, and there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoneOnPremises;

/// The recogniser that hears until the notice (rule D2): none but the call's own where the policy or the register lets that one. The
/// decision asks the same; this keeps a call from ever running otherwise.
pub(super) fn hears_first(
    services: &Services,
    register: &Register,
) -> Result<Option<&'static str>, NoneOnPremises> {
    let vendors = &services.vendors;
    let local = vendors.before_notice.as_ref().map(|vendor| vendor.id());
    first_recogniser(&services.policy, register, vendors.speech_to_text.id(), local)
}

/// As [`hears_first`], for a call whose recogniser is `own`, where `local` is there to hear until the notice. An explanation asks this, too.
pub(crate) fn first_recogniser<'a>(
    policy: &Policy,
    register: &Register,
    own: &str,
    local: Option<&'a str>,
) -> Result<Option<&'a str>, NoneOnPremises> {
    let on_premises = |id: &str| {
        VendorId::new(id).is_ok_and(|id| register.is_on_premises(Role::SpeechToText, &id))
    };
    match policy.recording.before_notice {
        BeforeNotice::AnyRecogniser => Ok(None),
        BeforeNotice::OnPremisesOnly if on_premises(own) => Ok(None),
        BeforeNotice::OnPremisesOnly => {
            local.filter(|id| on_premises(id)).map(Some).ok_or(NoneOnPremises)
        }
    }
}
