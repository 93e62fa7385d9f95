//! The loop of a serving process: once a second it looks at the kill switch, and starts what is due: claiming, adopting, handing over,
//! signing, purging.
//!
//! The loop itself waits for nothing but the switch. Whatever asks the store, the carrier or a disc runs beside it, in a task of its own:
//! none may hold the switch up (rule I1). What may be dialled is decided per attempt in `dialler`; the store's claim has the last word
//! between processes.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use callwright_compliance::audit::Actor;
use callwright_compliance::{PatientKind, PhoneNumber};
use callwright_store::{Code, Ending, Lease, Request, RequestState, StoreError};
use jiff::SignedDuration;
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{MissedTickBehavior, interval};

use super::chores::{Chore, Chores};
use super::room::{self, Running};
use super::{adopt, chains, purge};
use crate::call::Command;
use crate::checkpoints::{Checkpoints, When};
use crate::dialler::{Claimed, DialError, LEASE, attempt};
use crate::panics::Broke;
use crate::retention::Hourly;
use crate::services::{FileKeeping, Services};
use crate::stop::{BEAT, SwitchWatch, Watched};

/// Every so many beats requests are claimed. The policy counts begun calls over one second by the moment of their intent, which comes a
/// varying time after the claim; two seconds keep two claims apart.
const CLAIM_BEATS: u64 = 2;
/// Every so many beats calls of dead processes are looked for; their leases run for two minutes.
const ADOPT_BEATS: u64 = 15;
/// Every so many beats requests whose time is over are handed to staff.
const OVERDUE_BEATS: u64 = 60;
/// Every so many beats it is asked whether the audit wants signing. Beside the beats of the others, so that no second does everything.
const SIGN_BEATS: u64 = 16;
/// Every so many beats, and at the start, the audit chains are verified: once a day.
const CHAIN_BEATS: u64 = 24 * 60 * 60;
/// A request that finds no room is looked at again after this.
const NO_ROOM_AGAIN: SignedDuration = SignedDuration::from_secs(20);
/// One that was claimed as the process was told to stop may be claimed by another at once.
const NOW_AGAIN: SignedDuration = SignedDuration::ZERO;
/// After running calls were told to end: the polite close takes some seconds, writing down what was won a few more.
const CLOSE_PATIENCE: Duration = Duration::from_secs(30);
/// Once the calls are over: a write or two, not a folder that does not answer.
const CHORES_PATIENCE: Duration = Duration::from_secs(5);

/// See the module.
pub(super) struct Dispatch {
    services: Arc<Services>,
    checkpoints: Checkpoints,
    calls: JoinSet<()>,
    chores: Chores,
    running: Vec<(Id, Running)>,
    watch: SwitchWatch,
    purge: Hourly,
    beats: u64,
}

impl Dispatch {
    pub(super) fn new(services: Arc<Services>, checkpoints: Checkpoints) -> Dispatch {
        Dispatch {
            watch: SwitchWatch::over(&services),
            services,
            checkpoints,
            calls: JoinSet::new(),
            chores: Chores::default(),
            running: Vec::new(),
            purge: Hourly::default(),
            beats: 0,
        }
    }

    /// How many calls run.
    pub(super) fn running(&self) -> usize {
        self.running.len()
    }

    /// Serves until `stop`.
    pub(super) async fn until(&mut self, stop: impl Future<Output = ()>) {
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => return,
                Some(ended) = self.calls.join_next_with_id() => self.ended(ended),
                Some(claimed) = self.chores.next() => self.take_all(claimed),
                _ = beat.tick() => self.beat().await,
            }
        }
    }

    /// Takes no further request and waits for running calls, at most `patience`; then tells them to end, and waits a little more.
    pub(super) async fn drain(&mut self, patience: Duration) {
        if tokio::time::timeout(patience, self.empty()).await.is_err() {
            tracing::warn!(calls = self.running(), "calls still run; they are closed");
            self.services.registry.command_all(Command::Kill);
            if tokio::time::timeout(CLOSE_PATIENCE, self.empty()).await.is_err() {
                // Their leases run out; the next process adopts them, asks the carrier and ends their legs.
                tracing::error!(calls = self.running(), "calls did not close in time");
            }
        }
        let services = &self.services;
        let put_back = |claimed| give_back(Arc::clone(services), claimed, NOW_AGAIN);
        self.chores.finish(CHORES_PATIENCE, put_back).await;
    }

    /// Until no call runs. The kill switch is obeyed meanwhile.
    async fn empty(&mut self) {
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.calls.is_empty() {
            tokio::select! {
                Some(ended) = self.calls.join_next_with_id() => self.ended(ended),
                // Claimed just before the end: another process may have it at once.
                Some(claimed) = self.chores.next() => self.put_back(claimed, NOW_AGAIN),
                _ = beat.tick() => {
                    self.look_at_switch().await;
                    self.beats += 1;
                    if self.beats.is_multiple_of(SIGN_BEATS) {
                        self.sign();
                    }
                }
            }
        }
    }

    fn ended(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = match ended {
            Ok((id, ())) => id,
            Err(error) => {
                // Its lease runs out, and it is adopted: the carrier is asked, and its leg ended.
                tracing::error!(error = %Broke::from(&error), "the task of a call broke");
                error.id()
            }
        };
        self.running.retain(|(running, _)| *running != id);
    }

    async fn beat(&mut self) {
        self.beats += 1;
        self.look_at_switch().await;
        let services = || Arc::clone(&self.services);
        let chores = &mut self.chores;
        // Asked only where it can begin: the hour is not lost to one that still runs.
        if !chores.runs(Chore::Purge) && self.purge.is_due(self.services.clock.wall()) {
            chores.start(Chore::Purge, purge::round(services()));
        }
        if self.beats % CHAIN_BEATS == 1 {
            chores.start(Chore::Chains, chains::verify(services(), self.checkpoints.clone()));
        }
        if self.beats.is_multiple_of(ADOPT_BEATS) {
            chores.start(Chore::Adopt, adopt::one(services()));
        }
        if self.beats.is_multiple_of(OVERDUE_BEATS) {
            chores.start(Chore::HandOver, hand_over(services()));
        }
        if self.beats.is_multiple_of(CLAIM_BEATS) && self.watch.may_start() {
            let most = room::room(self.running.len(), self.services.policy.limits);
            chores.start_claiming(Chore::Claim, claim(services(), most));
        }
        if self.beats.is_multiple_of(SIGN_BEATS) {
            self.sign();
        }
    }

    fn sign(&mut self) {
        let (services, checkpoints) = (Arc::clone(&self.services), self.checkpoints.clone());
        self.chores.start(Chore::Sign, async move {
            let actor = Actor::Node(services.node_id.clone());
            let when = (When::Due, services.clock.wall());
            checkpoints.sign_all(&services.store, &actor, when).await;
        });
    }

    async fn look_at_switch(&mut self) {
        let calls = self.running.iter_mut().map(|(_, running)| &mut running.watched);
        self.watch.look(self.services.clock.wall(), calls).await;
    }

    fn take_all(&mut self, claimed: Vec<Claimed>) {
        for claimed in claimed {
            self.take(claimed);
        }
    }

    /// Starts a claimed request's attempt, or gives it back.
    fn take(&mut self, claimed: Claimed) {
        let services = &self.services;
        let limits = services.policy.limits;
        let request = &claimed.request;
        if request.order.patient_kind == PatientKind::Real && services.keeping == FileKeeping::Open
        {
            self.chores.beside(refuse_open(Arc::clone(services), claimed));
            return;
        }
        let number = self.number_of(request);
        let running = self.running.iter().map(|(_, running)| running);
        if let Some(number) = &number
            && let Err(full) = room::check(running, &request.tenant, number, limits)
        {
            tracing::debug!(request = %request.id, ?full, "no room yet");
            self.put_back(vec![claimed], NO_ROOM_AGAIN);
            return;
        }
        let (tenant, id) = (request.tenant.clone(), request.id.clone());
        let task = self.calls.spawn(one(Arc::clone(services), claimed));
        // Without a line nothing is dialled: the attempt hands the request to staff at once.
        if let Some(number) = number {
            let running = Running { watched: Watched::new(tenant, id), number };
            self.running.push((task.id(), running));
        }
    }

    fn put_back(&mut self, claimed: Vec<Claimed>, after: SignedDuration) {
        if !claimed.is_empty() {
            self.chores.beside(give_back(Arc::clone(&self.services), claimed, after));
        }
    }

    fn number_of(&self, request: &Request) -> Option<PhoneNumber> {
        let payer = self.services.directory.payer(&request.order.payer)?;
        payer.line(request.order.purpose).map(|line| line.number.clone())
    }
}

/// Requests that were not called about in time are staff's.
async fn hand_over(services: Arc<Services>) {
    told(each_overdue(&services).await);
}

async fn each_overdue(services: &Services) -> Result<(), StoreError> {
    let store = &services.store;
    let now = services.clock.wall();
    let actor = Actor::Node(services.node_id.clone());
    for (tenant, request) in store.overdue(now).await? {
        let mut tx = store.begin(&tenant, &actor, now).await?;
        tx.move_request(&request, RequestState::NeedsStaff, &Code::new("overdue")?).await?;
        tx.commit().await?;
        tracing::warn!(%request, "the request is overdue: staff must act");
    }
    Ok(())
}

/// Claims what may be dialled now, `most` at most.
async fn claim(services: Arc<Services>, most: u32) -> Vec<Claimed> {
    let mut all = Vec::new();
    for _ in 0..most {
        let now = services.clock.wall();
        match services.store.claim(&services.node, now, LEASE).await {
            Ok(Some((lease, request))) => all.push(Claimed { lease, request }),
            Ok(None) => break,
            Err(error) => {
                // What was claimed before it is held, and is dialled.
                told(Err(error));
                break;
            }
        }
    }
    all
}

/// Requests that were claimed and are not dialled go back into the queue.
async fn give_back(services: Arc<Services>, claimed: Vec<Claimed>, after: SignedDuration) {
    for Claimed { lease, .. } in claimed {
        let now = services.clock.wall();
        // Where it fails, the lease runs out.
        told(services.store.release(lease, now + after, now).await);
    }
}

/// The request was taken in while files were sealed; now they are not.
async fn refuse_open(services: Arc<Services>, claimed: Claimed) {
    let Claimed { lease, request } = claimed;
    tracing::error!(request = %request.id, "[calls] keep is \"open\": a call about a living patient is not placed");
    told(end_unplaced(&services, lease, &request).await);
}

async fn end_unplaced(
    services: &Services,
    lease: Lease,
    request: &Request,
) -> Result<(), StoreError> {
    let actor = Actor::Node(services.node_id.clone());
    let mut tx = services.store.begin(&request.tenant, &actor, services.clock.wall()).await?;
    tx.finish(&lease, &Ending::NeedsStaff, &Code::new("files_open")?).await?;
    tx.commit().await
}

fn told(done: Result<(), StoreError>) {
    if let Err(error) = done {
        tracing::error!(%error, "the store; it is tried again");
    }
}

/// One attempt. What came of it is in the store; here it is only told.
async fn one(services: Arc<Services>, claimed: Claimed) {
    let request = claimed.request.id.clone();
    // Nobody watches: the log and the store have everything.
    let (moments, _) = mpsc::channel(1);
    match attempt(&services, claimed, moments).await {
        Ok(attempt) => {
            let outcome = attempt.result.outcome;
            tracing::info!(%request, call = %attempt.call, outcome, "attempt over");
        }
        Err(DialError::Refused(record)) => {
            tracing::warn!(%request, decision = %record.id, reasons = record.reasons.len(), "policy refused");
        }
        Err(error) => tracing::error!(%request, %error, "the attempt failed"),
    }
}

#[cfg(test)]
mod tests {
    use callwright_compliance::TenantId;
    use callwright_compliance::audit::{Action, Event};
    use callwright_store::{KeyRing, Store};

    use super::*;
    use crate::clock::Clock;
    use crate::dialler::testing::{self, node};

    /// So many beats, each with all that it began.
    async fn beats(dispatch: &mut Dispatch, count: u64) {
        for _ in 0..count {
            dispatch.beat().await;
            while let Some(claimed) = dispatch.chores.next().await {
                assert!(claimed.is_empty());
            }
        }
    }

    #[tokio::test]
    async fn the_audit_is_signed_and_anchored_in_rounds_once_entries_have_waited() {
        let folder = tempfile::tempdir().unwrap();
        let anchors = folder.path().join("anchors");
        std::fs::create_dir(&anchors).unwrap();
        let store = Store::in_memory(KeyRing::ephemeral().unwrap()).await.unwrap();
        let tenant = TenantId::new("oak").unwrap();
        let ago = |minutes| Clock.wall() - SignedDuration::from_mins(minutes);
        store.found_practice(&tenant, "Oak", &node(), ago(6)).await.unwrap();
        let services = Arc::new(testing::services(store.clone(), folder.path()));
        let mut dispatch = Dispatch::new(services, Checkpoints::new(Some(anchors.clone())));
        let signed = async || {
            let anchored = std::fs::read_dir(&anchors).unwrap().count();
            (store.checkpoints(&tenant).await.unwrap().len(), anchored)
        };

        beats(&mut dispatch, SIGN_BEATS - 1).await;
        assert_eq!(signed().await, (0, 0));
        beats(&mut dispatch, 1).await;
        assert_eq!(signed().await, (1, 1));

        // What has not waited long enough waits for a later round.
        let act = async || {
            let mut tx = store.begin(&tenant, &node(), Clock.wall()).await.unwrap();
            tx.audit(Event::new(node(), Action::ConfigLoaded)).await.unwrap();
            tx.commit().await.unwrap();
        };
        act().await;
        beats(&mut dispatch, SIGN_BEATS).await;
        assert_eq!(signed().await, (1, 1));
        // Many that wait call for one at once.
        for _ in 0..255 {
            act().await;
        }
        beats(&mut dispatch, SIGN_BEATS).await;
        assert_eq!(signed().await, (2, 2));
    }
}
