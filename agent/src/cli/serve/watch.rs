//! The kill switch, looked at for every running call (rule I1).
//!
//! Thrown, the calls that it covers are told to end. Not readable, no call is started, and after a minute running ones end too: a switch
//! that cannot be seen may have been thrown.

use callwright_compliance::facts::{KillSwitch, SwitchState};
use callwright_store::StoreError;
use jiff::{SignedDuration, Timestamp};

use super::room::Running;
use crate::call::Command;
use crate::services::Services;

/// How long running calls go on while the switch cannot be read.
const UNREADABLE_MAX: SignedDuration = SignedDuration::from_secs(60);

/// Since when the switch could not be read.
#[derive(Debug, Default)]
pub(super) struct SwitchWatch {
    unreadable_since: Option<Timestamp>,
}

impl SwitchWatch {
    /// Whether a call may be started, as far as the watch knows. The decision at dial time reads the switch itself.
    pub(super) fn may_start(&self) -> bool {
        self.unreadable_since.is_none()
    }

    /// Looks at the switch for each call, and tells those that must end. One that cannot be told yet is told the next time.
    pub(super) async fn look<'a>(
        &mut self,
        services: &Services,
        calls: impl Iterator<Item = &'a mut Running>,
    ) {
        let now = services.clock.wall();
        let mut readable = true;
        for call in calls.filter(|call| !call.told) {
            let switch = services.store.kill_switch(&call.tenant, &call.request).await;
            readable &= switch.is_ok();
            if self.must_end(services, switch, now) {
                call.told = tell(services, call).await;
            }
        }
        if readable {
            self.unreadable_since = None;
        } else {
            self.unreadable_since.get_or_insert(now);
        }
    }

    fn must_end(
        &self,
        services: &Services,
        switch: Result<KillSwitch, StoreError>,
        now: Timestamp,
    ) -> bool {
        match switch {
            Ok(switch) => is_thrown(services, &switch),
            Err(error) => {
                tracing::error!(%error, "the kill switch cannot be read");
                self.unreadable_since
                    .is_some_and(|since| now.duration_since(since) >= UNREADABLE_MAX)
            }
        }
    }
}

fn is_thrown(services: &Services, switch: &KillSwitch) -> bool {
    let vendors = &services.vendors;
    let mut used = [
        services.carrier.id.as_str(),
        vendors.speech_to_text.id(),
        vendors.language_model.id(),
        vendors.text_to_speech.id(),
    ]
    .into_iter();
    [switch.global, switch.tenant, switch.request].contains(&SwitchState::Stopped)
        || used.any(|used| switch.vendors_stopped.iter().any(|stopped| stopped.as_str() == used))
}

/// Tells the call of a request to end; false where it is not up yet.
async fn tell(services: &Services, running: &Running) -> bool {
    match services.store.calls(&running.tenant, &running.request).await {
        Ok(calls) => {
            let mut up = calls.iter().filter(|call| call.ended_at.is_none());
            let told = up.any(|call| services.registry.command(call.id.as_str(), Command::Kill));
            if told {
                tracing::warn!(request = %running.request, "the kill switch ends the call");
            }
            told
        }
        Err(error) => {
            // Which call it is cannot be asked; then all of them end.
            tracing::error!(%error, "the store cannot be read: every call ends");
            services.registry.command_all(Command::Kill);
            true
        }
    }
}
