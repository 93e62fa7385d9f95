//! Keys that the carrier presses: the second rung, for a menu whose line does not hear tones.
//!
//! The carrier is given other instructions for the leg, which ends its media stream; the new stream finds its way here as the first did.
//! It does not decide when tones are given up: the core does.

use callwright_compliance::egress::FieldSet;
use callwright_compliance::gate::KeySource;
use callwright_core::{Input, Item};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::driver::Driver;

/// Keys on their way.
pub(super) struct Pressing {
    item: Item,
    taken: oneshot::Receiver<bool>,
}

impl Driver {
    /// Has the carrier press keys. Says whether it was asked to.
    pub(super) fn press(
        &mut self,
        item: Item,
        source: KeySource,
        carries: FieldSet,
        keys: Zeroizing<String>,
    ) -> bool {
        match self.playout.keys_by_carrier(source, carries) {
            Ok(admitted) => {
                tracing::info!(call = self.plan.id, "tones are not heard: the carrier presses keys");
                let taken = self.leg.press(admitted, keys);
                self.pressing = Some(Pressing { item, taken });
                true
            }
            Err(error) => {
                tracing::warn!(call = self.plan.id, %error, "not pressed");
                self.input(Input::GateRefused(item));
                false
            }
        }
    }

    /// The carrier took the keys, or did not. Where it did not, the menu asks again, and its timers end the call.
    pub(super) fn keys_pressed(&mut self, taken: bool) {
        let Some(Pressing { item, .. }) = self.pressing.take() else {
            return;
        };
        self.input(if taken {
            Input::PlayoutDone(item)
        } else {
            Input::PlayoutCut { item, played_ms: 0 }
        });
    }
}

/// What became of the keys; pends while there are none.
pub(super) async fn pressed(pressing: &mut Option<Pressing>) -> bool {
    match pressing {
        // A carrier's end that is gone has pressed nothing.
        Some(Pressing { taken, .. }) => taken.await.unwrap_or(false),
        None => std::future::pending().await,
    }
}
