//! Leave to send to each vendor of a call and to the carrier, from the practice's register as it stands now (rules V1, G1).
//!
//! The register decides; this only asks it, role by role, and writes down what it refuses.

use std::sync::Arc;

use callwright_compliance::audit::{Action, Actor, Event};
use callwright_compliance::policy::BeforeNotice;
use callwright_compliance::vendor::{EgressPermit, Register, Role};
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
    let asked = ask(services, &register, services.clock.wall(), watch);
    noted(services, request, asked).await
}

/// Leave to send to a vendor in a role.
fn permit(
    services: &Services,
    register: &Register,
    now: Timestamp,
    (role, vendor): (Role, VendorId),
) -> Result<EgressPermit, DialError> {
    let permit = register.egress(role, &vendor, now, &services.policy);
    permit.map_err(|refusal| DialError::Egress { vendor, role, refusal })
}

fn ask(
    services: &Services,
    register: &Register,
    now: Timestamp,
    watch: Stopwatch,
) -> Result<Leaves, DialError> {
    let clock = CallClock::shared(services.clock, watch);
    let book = ExchangeBook::new();
    let vendors = &services.vendors;
    let id = |id: &str| VendorId::new(id).map_err(|_| DialError::Id);
    let hears = id(vendors.speech_to_text.id())?;
    let words = id(vendors.language_model.id())?;
    let speaks = id(vendors.text_to_speech.id())?;
    let first = hears_first(services, register);
    let first = first.map_err(|NoneOnPremises| DialError::NoneOnPremises)?.map(id).transpose()?;
    let leave = |role: Role, vendor: VendorId| -> Result<Egress, DialError> {
        let permit = permit(services, register, now, (role, vendor))?;
        Ok(Egress::new(permit, Arc::clone(&clock), book.clone()))
    };
    Ok(Leaves {
        speech_to_text: leave(Role::SpeechToText, hears)?,
        before_notice: first.map(|id| leave(Role::SpeechToText, id)).transpose()?,
        language_model: leave(Role::LanguageModel, words)?,
        text_to_speech: leave(Role::TextToSpeech, speaks)?,
        book: book.clone(),
    })
}

/// Writes a refusal to send down, and passes on what was asked.
async fn noted<T>(
    services: &Services,
    request: &Request,
    asked: Result<T, DialError>,
) -> Result<T, DialError> {
    if let Err(DialError::Egress { vendor, .. }) = &asked {
        note(services, request, vendor.clone(), services.clock.wall()).await?;
    }
    asked
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

/// A session with the carrier, for a call about a request.
pub(super) async fn carrier_of_call(
    services: &Services,
    request: &Request,
) -> Result<Arc<Session>, DialError> {
    let asked = carrier(services, &request.tenant).await;
    noted(services, request, asked).await
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
    let carrier = (Role::Carrier, services.carrier.id.clone());
    let permit = permit(services, &register, now, carrier)?;
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use callwright_compliance::vendor::{
        Agreement, EgressRefusal, Location, Region, RetentionFlag, Row,
    };
    use callwright_compliance::{Digest, PersonId};
    use callwright_store::{KeyRing, Page, Store};
    use jiff::Span;
    use jiff::tz::TimeZone;
    use tempfile::TempDir;

    use super::*;
    use crate::clock::Clock;
    use crate::dialler::testing::{self, node};

    const HEARS: (Role, &str) = (Role::SpeechToText, "ear");
    const HEARS_FIRST: (Role, &str) = (Role::SpeechToText, "inner-ear");
    const WORDS: (Role, &str) = (Role::LanguageModel, "mind");
    const SPEAKS: (Role, &str) = (Role::TextToSpeech, "voice");
    const CARRIES: (Role, &str) = (Role::Carrier, "phone");

    /// A row of a vendor under an agreement that was verified so many days ago and ends in so many.
    fn hosted((role, id): (Role, &str), verified_ago: i64, ends_in: i64) -> Row {
        use RetentionFlag::{AuthenticatedMedia, CustomerKey, NoRetention, NoTraining};

        let today = Clock.wall().to_zoned(TimeZone::UTC).date();
        let day = |from_now: i64| today.checked_add(Span::new().days(from_now)).unwrap();
        let agreement = Agreement {
            sha256: Digest::of(b"agreement"),
            signed: day(-500),
            expires: day(ends_in),
            verified_at: day(-verified_ago),
            verifier: PersonId::new("ben").unwrap(),
        };
        let flags = BTreeSet::from([AuthenticatedMedia, CustomerKey, NoRetention, NoTraining]);
        let location = Location::Hosted { agreement, flags };
        Row { id: VendorId::new(id).unwrap(), role, region: Region::UnitedStates, location }
    }

    fn here((role, id): (Role, &str)) -> Row {
        let location = Location::OnPremises { network: "127.0.0.0/8".parse().unwrap() };
        Row { location, ..hosted((role, id), 0, 0) }
    }

    struct Place {
        _folder: TempDir,
        services: Services,
        request: Request,
    }

    impl Place {
        /// A request of a practice whose register lets everything through that a call uses.
        async fn new() -> Place {
            let folder = tempfile::tempdir().unwrap();
            let store = Store::in_memory(KeyRing::ephemeral().unwrap()).await.unwrap();
            let (tenant, lease) = testing::claimed(&store, "oak", testing::NOW).await;
            let request = store.request(&tenant, lease.request()).await.unwrap();
            let services = testing::services(store, folder.path());
            let place = Place { _folder: folder, services, request };
            for each in [HEARS, WORDS, SPEAKS] {
                place.put(&hosted(each, 365, 0)).await;
            }
            for each in [HEARS_FIRST, CARRIES] {
                place.put(&here(each)).await;
            }
            place
        }

        async fn put(&self, row: &Row) {
            let (store, tenant) = (&self.services.store, &self.request.tenant);
            let mut tx = store.begin(tenant, &node(), Clock.wall()).await.unwrap();
            tx.put_vendor(row).await.unwrap();
            tx.commit().await.unwrap();
        }

        async fn remove(&self, (role, id): (Role, &str)) {
            let (store, tenant) = (&self.services.store, &self.request.tenant);
            let mut tx = store.begin(tenant, &node(), Clock.wall()).await.unwrap();
            tx.remove_vendor(&VendorId::new(id).unwrap(), role).await.unwrap();
            tx.commit().await.unwrap();
        }

        /// All that a call asks for before it is dialled.
        async fn ask(&self) -> Result<(), DialError> {
            let watch = self.services.clock.stopwatch();
            leaves(&self.services, &self.request, watch).await?;
            carrier_of_call(&self.services, &self.request).await?;
            Ok(())
        }

        /// Whether it is refused for this vendor and reason, told with its name, and written down about the request.
        async fn refuses(&self, (role, id): (Role, &str), why: EgressRefusal) {
            let error = self.ask().await.unwrap_err();
            let DialError::Egress { vendor, role: asked, refusal } = &error else {
                panic!("{id}: {error}")
            };
            assert_eq!((vendor.as_str(), *asked, *refusal), (id, role, why));
            assert_eq!(error.egress_rule(), Some(RuleId::V1));
            assert_eq!(error.to_string(), format!("{id} as {role}: {why}"));
            let (store, tenant) = (&self.services.store, &self.request.tenant);
            let entries = store.audit_entries(tenant, &Page::first()).await.unwrap();
            let last = entries.last().unwrap();
            assert_eq!((last.action, last.rule), (Action::EgressRefused, Some(RuleId::V1)));
            assert_eq!(last.recipient.as_ref().unwrap().as_str(), id);
            assert_eq!(last.object.as_ref().unwrap().as_str(), self.request.id.as_str());
        }
    }

    #[tokio::test]
    async fn a_vendor_without_a_row_or_with_an_old_verification_gets_no_leave() {
        let place = Place::new().await;
        place.ask().await.unwrap();
        for each in [HEARS, WORDS, SPEAKS, CARRIES] {
            place.remove(each).await;
            place.refuses(each, EgressRefusal::NotRegistered).await;
            place.put(&hosted(each, 366, 0)).await;
            place.refuses(each, EgressRefusal::VerificationOverdue).await;
            place.put(&hosted(each, 0, -1)).await;
            place.refuses(each, EgressRefusal::AgreementExpired).await;
            place.put(&if each == CARRIES { here(each) } else { hosted(each, 365, 0) }).await;
            place.ask().await.unwrap();
        }
    }

    #[tokio::test]
    async fn who_hears_until_the_notice_needs_a_row_on_premises() {
        let place = Place::new().await;
        for gone in [true, false] {
            if gone {
                place.remove(HEARS_FIRST).await;
            } else {
                place.put(&hosted(HEARS_FIRST, 0, 9)).await;
            }
            let error = place.ask().await.unwrap_err();
            assert!(matches!(error, DialError::NoneOnPremises), "{error}");
        }
    }
}
