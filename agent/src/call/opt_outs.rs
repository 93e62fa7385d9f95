//! Opt-outs that were heard on the call: told at once to who keeps them, and waited for before the leg is hung up (rule C2).
//!
//! A store that does not answer holds the hang-up for [`KEPT_WITHIN`] at most: whoever asked to be left alone is not kept on the line.
//! A call that is being killed waits for nothing: its five seconds go to its good-bye (rule I1).
//! What was not kept by then is written by the dialler before the attempt ends. This module writes nothing into the store.
//!
//! No fixed clip offers a key for this, so keys of the far end say nothing here.

use std::collections::BTreeSet;
use std::time::Duration;

use callwright_compliance::opt_out::{OptOutKind, OptOutMeans};
use callwright_core::Input;
use tokio::sync::oneshot;

use super::Note;
use super::driver::Driver;

/// How long a hang-up waits for the register: many times what a write takes, and well below the five seconds of the kill switch.
pub(super) const KEPT_WITHIN: Duration = Duration::from_secs(2);

/// An opt-out on its way into the register.
#[derive(Debug)]
pub struct OptOutHeard {
    /// What is refused.
    pub kind: OptOutKind,
    /// How it was said.
    pub means: OptOutMeans,
    /// Told once it is committed; dropped where it will not be during the call.
    pub kept: oneshot::Sender<()>,
}

/// What was heard of the kind on this call.
#[derive(Debug, Default)]
pub(super) struct OptOuts {
    heard: BTreeSet<OptOutKind>,
    unkept: Vec<oneshot::Receiver<()>>,
    hang_up_due: bool,
    killed: bool,
}

impl OptOuts {
    /// What must be told; `None` where it was on this call before.
    fn hear(&mut self, kind: OptOutKind, means: OptOutMeans) -> Option<OptOutHeard> {
        self.heard.insert(kind).then(|| {
            let (kept, waits) = oneshot::channel();
            self.unkept.push(waits);
            OptOutHeard { kind, means, kept }
        })
    }

    /// Waits until everything that was heard is kept, or cannot be, for `within` at most. False where time ran out.
    async fn kept(&mut self, within: Duration) -> bool {
        let unkept = std::mem::take(&mut self.unkept);
        let all = async {
            for kept in unkept {
                // An error says that nobody will answer: there is nothing to wait for.
                drop(kept.await);
            }
        };
        tokio::time::timeout(within, all).await.is_ok()
    }

    /// How long a hang-up may wait for the register.
    fn patience(&self) -> Duration {
        if self.killed { Duration::ZERO } else { KEPT_WITHIN }
    }

    /// Every kind that was heard.
    pub(super) fn into_heard(self) -> BTreeSet<OptOutKind> {
        self.heard
    }
}

impl Driver {
    /// Somebody on the line opts out.
    pub(super) fn opted_out(&mut self, kind: OptOutKind) {
        if let Some(heard) = self.opt_outs.hear(kind, OptOutMeans::Voice) {
            self.note(Note::OptOut(heard));
        }
    }

    /// The call must end now.
    pub(super) fn killed(&mut self) {
        self.opt_outs.killed = true;
        self.input(Input::Kill);
    }

    /// The core wants the leg ended: it is, as soon as [`Driver::hang_up_if_due`] has seen to what was heard.
    pub(super) fn hang_up(&mut self) {
        self.opt_outs.hang_up_due = true;
    }

    /// Ends the leg, once the opt-outs that were heard are in the register.
    pub(super) async fn hang_up_if_due(&mut self) {
        if !std::mem::take(&mut self.opt_outs.hang_up_due) {
            return;
        }
        let patience = self.opt_outs.patience();
        if !self.opt_outs.kept(patience).await {
            tracing::error!(
                call = self.plan.id,
                "an opt-out is not in the register yet: the leg is ended"
            );
        }
        self.leg.hang_up();
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::task::Poll;

    use callwright_prompts::{Business, ClipName, Pack};

    use super::*;

    #[tokio::test]
    async fn a_hang_up_waits_for_the_register() {
        let mut opt_outs = OptOuts::default();
        let heard = opt_outs.hear(OptOutKind::DoNotCall, OptOutMeans::Voice).unwrap();
        let refused = opt_outs.hear(OptOutKind::HumanOnly, OptOutMeans::Voice).unwrap();
        let mut waits = Box::pin(opt_outs.kept(Duration::MAX));
        let mut is_ready =
            async || poll_fn(|context| Poll::Ready(waits.as_mut().poll(context))).await;
        assert!(is_ready().await.is_pending());
        heard.kept.send(()).unwrap();
        assert!(is_ready().await.is_pending(), "one of two");
        refused.kept.send(()).unwrap();
        assert_eq!(is_ready().await, Poll::Ready(true));
    }

    #[tokio::test]
    async fn a_register_that_does_not_answer_holds_nobody_on_the_line() {
        let mut opt_outs = OptOuts::default();
        let heard = opt_outs.hear(OptOutKind::DoNotCall, OptOutMeans::Voice).unwrap();
        assert!(!opt_outs.kept(Duration::ZERO).await);
        drop(heard);
        // One whose keeper is gone is not waited for at all.
        let gone = opt_outs.hear(OptOutKind::HumanOnly, OptOutMeans::Voice);
        drop(gone);
        assert!(opt_outs.kept(Duration::ZERO).await);
        assert_eq!(opt_outs.into_heard(), [OptOutKind::DoNotCall, OptOutKind::HumanOnly].into());
    }

    #[tokio::test]
    async fn a_call_that_is_killed_does_not_wait_for_the_register() {
        let mut opt_outs = OptOuts::default();
        let _heard = opt_outs.hear(OptOutKind::DoNotCall, OptOutMeans::Voice).unwrap();
        assert_eq!(opt_outs.patience(), KEPT_WITHIN);
        opt_outs.killed = true;
        let patience = opt_outs.patience();
        assert!(!opt_outs.kept(patience).await);
        assert_eq!(opt_outs.into_heard(), [OptOutKind::DoNotCall].into(), "settled afterwards");
    }

    #[test]
    fn what_is_said_twice_is_told_once() {
        let mut opt_outs = OptOuts::default();
        assert!(opt_outs.hear(OptOutKind::DoNotCall, OptOutMeans::Voice).is_some());
        assert!(opt_outs.hear(OptOutKind::DoNotCall, OptOutMeans::Voice).is_none());
    }

    #[test]
    fn no_clip_offers_a_key_to_opt_out_with() {
        // One that does must be understood: see `Input::Digit` in the core.
        let pack = Pack::embedded().unwrap();
        let business = Business { registered_name: "Oak", callback_spoken: "six one four" };
        for notice in pack.notices().iter() {
            for name in ClipName::ALL {
                let text = pack.clip_text(notice, name, &business).to_lowercase();
                assert!(!text.contains("press") && !text.contains("key"), "{text}");
            }
        }
    }
}
