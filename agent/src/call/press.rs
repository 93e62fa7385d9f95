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

/// Keys that go to the far end, for the ledger and the observer.
pub(super) struct Sent {
    /// The fields whose values they are.
    pub(super) carries: FieldSet,
    /// How many they are.
    pub(super) count: u64,
    /// The menu step that they answer.
    pub(super) step: String,
    /// The keys, with what identifies covered.
    pub(super) covered: String,
}

/// Keys that the carrier was asked to press.
pub(super) struct Pressing {
    item: Item,
    sent: Sent,
    taken: oneshot::Receiver<bool>,
}

impl Driver {
    /// Has the carrier press keys.
    pub(super) fn press(
        &mut self,
        item: Item,
        source: KeySource,
        keys: Zeroizing<String>,
        sent: Sent,
    ) {
        match self.playout.keys_by_carrier(source, sent.carries) {
            Ok(admitted) => {
                tracing::info!(
                    call = self.plan.id,
                    "tones are not heard: the carrier presses keys"
                );
                let taken = self.leg.press(admitted, keys);
                self.pressing = Some(Pressing { item, sent, taken });
            }
            Err(error) => {
                tracing::warn!(call = self.plan.id, %error, "not pressed");
                self.input(Input::GateRefused(item));
            }
        }
    }

    /// The carrier took the keys, or did not. Where it did not, nothing went out; the menu asks again, and its timers end the call.
    pub(super) fn keys_pressed(&mut self, taken: bool) {
        let Some(Pressing { item, sent, .. }) = self.pressing.take() else {
            return;
        };
        if taken {
            self.keys_sent(sent);
            self.input(Input::PlayoutDone(item));
        } else {
            self.input(Input::PlayoutCut { item, played_ms: 0 });
        }
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
