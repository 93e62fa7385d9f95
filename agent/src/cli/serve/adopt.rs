//! Calls that a dead process left behind: the carrier is asked to end the leg, the call is closed in the store, the request goes on.
//!
//! Only then may the request be dialled again. Where the carrier cannot be asked, the lease is left to run out, and the call is
//! adopted once more.

use std::sync::Arc;

use callwright_compliance::TenantId;
use callwright_compliance::audit::Actor;
use callwright_dialplan::retry::CallOutcome;
use callwright_dialplan::twilio::{CallSid, CarrierError};
use callwright_store::{Adopted, Call, CallEnd, Code, StoreError};

use crate::dialler::{LEASE, after, carrier, seal_leftovers};
use crate::services::Services;

/// How a call ends in the store whose process died.
const OUTCOME: &str = "process_lost";

/// Adopts one call, if there is any.
pub(super) async fn one(services: Arc<Services>) {
    if let Err(error) = adopt(&services).await {
        tracing::error!(%error, "the store; it is tried again");
    }
}

async fn adopt(services: &Services) -> Result<(), StoreError> {
    let now = services.clock.wall();
    let store = &services.store;
    let Some(adopted) = store.adopt(&services.node, now, LEASE).await? else {
        return Ok(());
    };
    let request = adopted.request.id.clone();
    let call = match &adopted.call {
        Some(id) => Some(store.call(&adopted.request.tenant, id).await?),
        None => None,
    };
    if let Some(call) = &call
        && !leg_is_down(services, &adopted.request.tenant, call).await
    {
        tracing::error!(%request, call = %call.id, "a call that was left behind cannot be accounted for yet");
        return Ok(());
    }
    if let Some(call) = &call
        && let Err(error) = seal_leftovers(services, &adopted.request, &call.id).await
    {
        // The folder is its owner's alone; the next look at it is the operator's.
        tracing::error!(%request, call = %call.id, %error, "a recording could not be sealed");
    }
    tracing::warn!(%request, "a call that a process left behind is closed");
    close(services, adopted, call.as_ref()).await
}

/// Ends the leg at the carrier. True where it is certainly over.
async fn leg_is_down(services: &Services, tenant: &TenantId, call: &Call) -> bool {
    let Some(sid) = &call.carrier_sid else {
        // The process died between its intent and the carrier's answer. If there is a leg, it asked what to do when it was answered,
        // and was told to hang up, for no process waited for it; an intent is shorter than a lease.
        return true;
    };
    let Some(sid) = CallSid::new(sid.as_str()) else {
        return true;
    };
    let session = match carrier(services, tenant).await {
        Ok(session) => session,
        Err(error) => {
            tracing::warn!(%error, "there is no leave to ask the carrier about a leg");
            return false;
        }
    };
    match session.complete(&sid).await {
        Ok(_) | Err(CarrierError::NotFound | CarrierError::NotInProgress) => true,
        Err(error) => {
            tracing::warn!(%error, "the carrier could not be asked about a leg");
            false
        }
    }
}

async fn close(
    services: &Services,
    adopted: Adopted,
    call: Option<&Call>,
) -> Result<(), StoreError> {
    let now = services.clock.wall();
    let actor = Actor::Node(services.node_id.clone());
    let outcome = Code::new(OUTCOME)?;
    let request = &adopted.request;
    let mut tx = services.store.begin(&request.tenant, &actor, now).await?;
    if let Some(call) = call {
        let end = CallEnd {
            outcome: outcome.clone(),
            // What it cost is not known; the upper bound goes on counting.
            cost_cents: None,
            recording: None,
            journal: None,
        };
        tx.call_ended(&adopted.lease, &call.id, &end).await?;
    }
    let ending = after(services, &request.order, CallOutcome::OurFault, request.attempts, now);
    tx.finish(&adopted.lease, &ending, &outcome).await?;
    tx.commit().await
}
