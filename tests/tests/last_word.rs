//! What changes after a call was decided on and before it is dialled: the stop and the register as they stand then have the last word.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[expect(dead_code, reason = "each test of whole calls uses a part of it")]
mod support;

use std::sync::{Arc, OnceLock};

use callwright::demo::seed;
use callwright::dialler::DialError;
use callwright_compliance::audit::{Action, Actor};
use callwright_compliance::vendor::{EgressRefusal, Role};
use callwright_compliance::{PersonId, RuleId, TenantId, VendorId};
use callwright_store::{Page, RequestState, StopScope, Store, StoreError};
use support::faulty::AtOpening;
use support::house::{Called, House, scenario};
use support::vendors::Voices;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

/// What somebody does with the practice's store between the decision and the dialling.
#[derive(Clone)]
enum Meanwhile {
    Stop(VendorId),
    Unregister(Role, VendorId),
}

impl Meanwhile {
    async fn happens(&self, store: &Store, tenant: &TenantId) {
        let now = callwright::clock::Clock.wall();
        let ann = Actor::Person(PersonId::new("ann").unwrap());
        let mut tx = store.begin(tenant, &ann, now).await.unwrap();
        match self {
            Meanwhile::Stop(vendor) => {
                tx.throw_switch(&StopScope::Vendor(vendor.clone())).await.unwrap();
            }
            Meanwhile::Unregister(role, vendor) => tx.remove_vendor(vendor, *role).await.unwrap(),
        }
        tx.commit().await.unwrap();
    }
}

/// Attempts a call during which something happens after it was decided on. Nothing may be dialled.
async fn call(meanwhile: Meanwhile) -> (House, Called) {
    let place: Arc<OnceLock<(Store, TenantId)>> = Arc::default();
    let mut voices = Voices::hummed();
    let at_opening = {
        let place = Arc::clone(&place);
        move || {
            let (store, tenant) = place.get().expect("the practice is there");
            block_in_place(|| Handle::current().block_on(meanwhile.happens(store, tenant)));
        }
    };
    voices.vendors.speech_to_text = Arc::new(AtOpening(voices.line.clone(), at_opening));
    let house = House::open(scenario("brief"), voices).await;
    let claimed = house.claim().await;
    let (store, tenant) = (house.services.store.clone(), claimed.request.tenant.clone());
    assert!(place.set((store, tenant)).is_ok());
    let called = house.attempt(claimed).await;
    let decided = house.services.store.decisions(&called.tenant, &called.request).await.unwrap();
    assert!(decided.iter().all(|record| record.reasons.is_empty()), "it was refused before");
    assert!(called.seen.is_none() && house.carrier.calls().is_empty(), "something was dialled");
    assert_eq!(house.settled(&called).await.state, RequestState::Queued);
    (house, called)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_on_any_vendor_of_a_call_refuses_to_dial_it() {
    for id in ["lips", "rules", "hum", seed::CARRIER] {
        let (house, called) = call(Meanwhile::Stop(VendorId::new(id).unwrap())).await;
        let stopped = matches!(called.attempt, Err(DialError::Store(StoreError::Stopped)));
        assert!(stopped, "{id}: {:?}", called.attempt.err());
        assert!(
            house.services.store.calls(&called.tenant, &called.request).await.unwrap().is_empty()
        );
        house.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_carrier_that_left_the_register_is_not_asked_and_that_is_written_down() {
    let carrier = VendorId::new(seed::CARRIER).unwrap();
    let gone = Meanwhile::Unregister(Role::Carrier, carrier.clone());
    let (house, called) = call(gone).await;
    let Err(DialError::Egress { vendor, role, refusal }) = &called.attempt else {
        panic!("it was not refused")
    };
    assert_eq!((vendor, *role, *refusal), (&carrier, Role::Carrier, EgressRefusal::NotRegistered));
    let entries = house.services.store.audit_entries(&called.tenant, &Page::first()).await.unwrap();
    let refused: Vec<_> =
        entries.iter().filter(|entry| entry.action == Action::EgressRefused).collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(
        (refused[0].recipient.as_ref(), refused[0].rule),
        (Some(&carrier), Some(RuleId::V1))
    );
    assert_eq!(refused[0].object.as_ref().unwrap().as_str(), called.request.as_str());
    house.close().await;
}
