//! A call and, beside it, its account: what it notes is written down, its lease renewed, its opt-outs brought into the register.

use std::any::Any;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::time::Duration;

use callwright_store::CallId;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use super::attempt::LEASE;
use super::opt_outs::{AGAIN, Line, OptOutBook, settle};
use super::{Claimed, DialError, keep};
use crate::call::{CallReport, Command, Note};
use crate::services::Services;

/// How often the lease is renewed.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// Runs a call to its end, and its account until every opt-out that was heard is in the register, or is refused by the store for good.
///
/// A panic of the call is passed on only then: what somebody asked for before it holds all the same (rule C2).
pub(super) async fn run_with(
    services: &Services,
    claimed: &mut Claimed,
    line: Line,
    call: Pin<Box<impl Future<Output = CallReport>>>,
    notes: mpsc::Receiver<Note>,
) -> (CallReport, Result<(), DialError>) {
    let id = line.call.clone();
    // Side by side: a store that is slow must not stop the call's audio, timers and kill switch.
    let account = keep_account(services, claimed, line, notes);
    let (ended, book) = tokio::join!(caught(call), account);
    let heard = ended.as_ref().map_or_else(|_| BTreeSet::new(), |report| report.opt_outs.clone());
    let settled = settle(services, claimed, book, &heard).await;
    if let Err(error) = &settled {
        tracing::error!(call = %id, %error, "an opt-out is not in the register: staff must write it");
    }
    match ended {
        Ok(report) => (report, settled),
        Err(panic) => resume_unwind(panic),
    }
}

/// The end of a call, or its panic. Either way nothing of the call is left: its line for notes is closed.
async fn caught<T>(mut call: Pin<Box<impl Future<Output = T>>>) -> Result<T, Box<dyn Any + Send>> {
    std::future::poll_fn(|context| {
        // Nobody looks at a call again that broke.
        match catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => std::task::Poll::Ready(Err(panic)),
        }
    })
    .await
}

/// Writes down what the call notes, and renews its lease, until the call has no more to tell.
async fn keep_account(
    services: &Services,
    claimed: &mut Claimed,
    line: Line,
    mut notes: mpsc::Receiver<Note>,
) -> OptOutBook {
    let mut heartbeat = interval(HEARTBEAT);
    let mut again = interval(AGAIN);
    again.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (actor, call) = (line.actor.clone(), line.call.clone());
    let mut book = OptOutBook::new(services.store.clone(), line);
    loop {
        let kept = tokio::select! {
            note = notes.recv() => match note {
                Some(Note::OptOut(heard)) => {
                    book.hear(heard, services.clock.wall());
                    again.reset_immediately();
                    Ok(())
                }
                Some(note) => keep::noted(services, claimed, &actor, &call, note).await,
                None => return book,
            },
            _ = again.tick(), if book.is_owed() => {
                // One that fails has said so, is tried again, and ends the call by itself.
                drop(book.write(services.clock.wall()).await);
                Ok(())
            }
            _ = heartbeat.tick() => {
                let now = services.clock.wall();
                let held = services.store.heartbeat(&mut claimed.lease, now, LEASE).await;
                held.map_err(DialError::from)
            }
        };
        close_unless(kept, services, &call);
    }
}

/// What cannot be written down, or is not held any more, may not go on: the call closes in words.
fn close_unless(result: Result<(), DialError>, services: &Services, call: &CallId) {
    if let Err(error) = result {
        tracing::error!(%call, %error, "the call is closed");
        if !services.registry.command(call.as_str(), Command::Kill) {
            tracing::debug!(%call, "it is closing already");
        }
    }
}

#[cfg(test)]
mod tests {
    use callwright_compliance::PhoneNumber;
    use callwright_compliance::opt_out::{OptOutKind, OptOutMeans};
    use callwright_store::{KeyRing, Store};
    use tokio::sync::oneshot;

    use super::*;
    use crate::call::OptOutHeard;
    use crate::dialler::testing;

    #[tokio::test]
    async fn an_opt_out_outlives_the_panic_of_its_call() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::in_memory(KeyRing::ephemeral().unwrap()).await.unwrap();
        let services = testing::services(store.clone(), folder.path());
        let now = services.clock.wall();
        let (tenant, lease) = testing::claimed(&store, "oak", now).await;
        let call = testing::dial(&store, &lease, now).await;
        let request = store.request(&tenant, lease.request()).await.unwrap();
        let number = PhoneNumber::parse_e164("+16142000134").unwrap();
        let line =
            Line { tenant: tenant.clone(), actor: testing::node(), number: number.clone(), call };

        let (notes, noted) = mpsc::channel(1);
        let running = Box::pin(async move {
            let (kept, _waits) = oneshot::channel();
            let heard =
                OptOutHeard { kind: OptOutKind::DoNotCall, means: OptOutMeans::Voice, kept };
            notes.send(Note::OptOut(heard)).await.unwrap();
            panic!("a vendor's session broke")
        });
        let attempt = tokio::spawn(async move {
            let mut claimed = Claimed { lease, request };
            run_with(&services, &mut claimed, line, running, noted).await.1
        });
        assert!(attempt.await.unwrap_err().is_panic(), "nobody learns of the panic");
        let standing = store.opt_outs_for(&tenant, &number, None).await.unwrap();
        assert_eq!(standing.len(), 1, "the opt-out was lost");
    }
}
