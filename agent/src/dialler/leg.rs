//! A running call's leg at the carrier: ended, or told to press keys, without waiting.
//!
//! It places nothing: that takes a permit ([`callwright_dialplan::originate`]).

use std::sync::{Arc, OnceLock};

use callwright_compliance::gate::Admitted;
use callwright_dialplan::twilio::twiml::{Twiml, play_digits_then_stream};
use callwright_dialplan::twilio::{CallSid, Instruction, Session};
use callwright_store::CallId;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use crate::api::{Registry, target};
use crate::call::Leg;
use crate::clock::Clock;
use crate::services::Services;

/// The leg of one call, once it is known at the carrier.
pub(super) struct CarrierLeg {
    call: CallId,
    registry: Arc<Registry>,
    public_url: String,
    clock: Clock,
    placed: OnceLock<(Arc<Session>, CallSid)>,
}

impl CarrierLeg {
    pub(super) fn new(services: &Services, call: &CallId) -> CarrierLeg {
        CarrierLeg {
            call: call.clone(),
            registry: services.registry.clone(),
            public_url: services.public_url.clone(),
            clock: services.clock,
            placed: OnceLock::new(),
        }
    }

    pub(super) fn set(&self, session: Arc<Session>, sid: CallSid) {
        // Set once, before the driver runs.
        drop(self.placed.set((session, sid)));
    }

    /// Keys, then a new stream of this call.
    fn keys(&self, admitted: Admitted, keys: &str) -> Result<Twiml, String> {
        let call = self.call.as_str();
        let offered = self
            .registry
            .offer_next_stream(call, self.clock.wall())
            .map_err(|why| why.to_string())?;
        target(&self.public_url, call, offered)
            .and_then(|target| play_digits_then_stream(admitted, keys, &target))
            .map_err(|why| why.to_string())
    }
}

impl Leg for CarrierLeg {
    fn hang_up(&self) {
        let Some((session, sid)) = self.placed.get().cloned() else {
            return;
        };
        tokio::spawn(async move {
            // The far end may have hung up first; the carrier then says that there is no such call.
            if let Err(error) = session.complete(&sid).await {
                tracing::debug!(%error, "hang up");
            }
        });
    }

    fn press(&self, admitted: Admitted, keys: Zeroizing<String>) -> oneshot::Receiver<bool> {
        let (tell, taken) = oneshot::channel();
        let Some((session, sid)) = self.placed.get().cloned() else {
            return taken;
        };
        let document = match self.keys(admitted, &keys) {
            Ok(document) => document,
            Err(why) => {
                tracing::warn!(call = %self.call, why, "the carrier is not asked to press keys");
                return taken;
            }
        };
        let now = self.clock.wall();
        tokio::spawn(async move {
            let pressed = session.redirect(&sid, Instruction::Twiml(&document), now).await;
            if let Err(error) = &pressed {
                tracing::warn!(%error, "the carrier pressed no keys");
            }
            if tell.send(pressed.is_ok()).is_err() {
                tracing::debug!("the call that wanted keys pressed is over");
            }
        });
        taken
    }
}
