//! What a serving process does beside its calls, each in a task of its own: neither the look at the kill switch nor the end of the
//! process waits for it.
//!
//! Of a kind one runs at a time; one that takes long is not begun a second time on top. What the chores do is in the modules beside this
//! one.

use std::future::Future;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::timeout;

use crate::dialler::Claimed;
use crate::panics::Broke;

/// A kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chore {
    /// Calls that a dead process left behind.
    Adopt,
    /// The audit is verified.
    Chains,
    /// Requests are claimed.
    Claim,
    /// Overdue requests become staff's.
    HandOver,
    /// What is past its period is purged.
    Purge,
    /// The audit is signed and anchored.
    Sign,
}

/// What runs.
#[derive(Default)]
pub(super) struct Chores {
    tasks: JoinSet<Vec<Claimed>>,
    running: Vec<(Id, Chore)>,
}

impl Chores {
    /// Whether one of the kind runs.
    pub(super) fn runs(&self, chore: Chore) -> bool {
        self.running.iter().any(|(_, running)| *running == chore)
    }

    /// Starts one, unless one of its kind runs.
    pub(super) fn start(&mut self, chore: Chore, work: impl Future<Output = ()> + Send + 'static) {
        self.start_claiming(chore, async move {
            work.await;
            Vec::new()
        });
    }

    /// The same, of one that brings claimed requests: [`Chores::next`] gives them.
    pub(super) fn start_claiming(
        &mut self,
        chore: Chore,
        work: impl Future<Output = Vec<Claimed>> + Send + 'static,
    ) {
        if self.runs(chore) {
            tracing::debug!(?chore, "the one before it still runs");
            return;
        }
        let task = self.tasks.spawn(work);
        self.running.push((task.id(), chore));
    }

    /// Starts something that may run beside others of its kind.
    pub(super) fn beside(&mut self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(async move {
            work.await;
            Vec::new()
        });
    }

    /// Waits for the next that is over; `None` where nothing runs. What it brought is lost to nobody who stops waiting.
    pub(super) async fn next(&mut self) -> Option<Vec<Claimed>> {
        let ended = self.tasks.join_next_with_id().await?;
        Some(self.ended(ended))
    }

    fn ended(&mut self, ended: Result<(Id, Vec<Claimed>), JoinError>) -> Vec<Claimed> {
        let (id, claimed) = ended.unwrap_or_else(|error| {
            tracing::error!(error = %Broke::from(&error), "a chore broke");
            (error.id(), Vec::new())
        });
        self.running.retain(|(running, _)| *running != id);
        claimed
    }

    /// Waits for what runs, at most `patience`, and cuts off the rest: leases run out, and what is due is due again. Claimed requests go to
    /// `give_back`, which is waited for as well.
    pub(super) async fn finish<F>(
        &mut self,
        patience: Duration,
        give_back: impl Fn(Vec<Claimed>) -> F,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        let all = async {
            while let Some(claimed) = self.next().await {
                if !claimed.is_empty() {
                    self.beside(give_back(claimed));
                }
            }
        };
        if timeout(patience, all).await.is_err() {
            let kinds: Vec<Chore> = self.running.iter().map(|(_, chore)| *chore).collect();
            tracing::warn!(?kinds, "chores did not end in time; they are cut off");
            self.tasks.abort_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::sync::oneshot;

    use super::*;
    use crate::cli::output::test::Captured;

    #[tokio::test]
    async fn of_a_kind_one_runs_at_a_time() {
        let mut chores = Chores::default();
        let (end, ends) = oneshot::channel::<()>();
        chores.start(Chore::Sign, async move { drop(ends.await) });
        chores.start(Chore::Sign, ready(()));
        chores.start(Chore::Purge, ready(()));
        assert!(chores.next().await.is_some());
        assert!(chores.runs(Chore::Sign) && !chores.runs(Chore::Purge));
        end.send(()).unwrap();
        assert!(chores.next().await.is_some());
        assert!(!chores.runs(Chore::Sign));
        assert!(chores.next().await.is_none(), "the second was begun");
    }

    #[tokio::test]
    async fn one_that_broke_may_be_begun_again() {
        let mut chores = Chores::default();
        chores.start(Chore::Chains, async { panic!("broken on purpose") });
        assert!(chores.next().await.is_some());
        assert!(!chores.runs(Chore::Chains));
    }

    /// What is logged at all is one for a whole process: this test runs once more, in one of its own.
    #[tokio::test]
    async fn what_a_panic_said_is_not_logged() {
        const ALONE: &str = "CALLWRIGHT_TEST_ALONE";
        if std::env::var_os(ALONE).is_none() {
            let name = "cli::serve::chores::tests::what_a_panic_said_is_not_logged";
            let mut again = std::process::Command::new(std::env::current_exe().unwrap());
            let done = again.args(["--exact", name]).env(ALONE, "1").output().unwrap();
            let told = String::from_utf8_lossy(&done.stdout);
            assert!(done.status.success() && told.contains("1 passed"), "{told}");
            return;
        }
        let logged = Captured::default();
        let writer = logged.clone();
        tracing_subscriber::fmt().with_writer(move || writer.clone()).init();
        let mut chores = Chores::default();
        chores.start(Chore::Purge, async { panic!("of zebulon quackenbush") });
        assert!(chores.next().await.is_some());
        let text = logged.text();
        assert!(text.contains("a chore broke") && text.contains("panicked"), "{text}");
        assert!(!text.contains("zebulon"), "{text}");
    }

    #[tokio::test]
    async fn one_that_hangs_does_not_hold_the_end_up() {
        let mut chores = Chores::default();
        chores.start(Chore::Sign, pending());
        chores.finish(Duration::ZERO, |_| ready(())).await;
        assert!(chores.next().await.is_some(), "it was cut off");
        assert!(!chores.runs(Chore::Sign));
    }
}
