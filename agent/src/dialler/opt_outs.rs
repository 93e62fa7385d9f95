//! Opt-outs that were heard on a call, on their way into the register (rule C2).
//!
//! Each is written the moment it is heard, and again every quarter of a second until it stands. A store that cannot take it cannot take
//! the decision and the intent of another dial either, so nothing overtakes it. What was written late leaves an incident in the audit.
//! What the store refuses for good ends the request's calls: staff must write it, and nothing redials the request meanwhile.

use std::collections::BTreeSet;
use std::time::Duration;

use callwright_compliance::audit::{Action, Actor, Event};
use callwright_compliance::opt_out::{OptOutKind, OptOutMeans};
use callwright_compliance::{ObjectId, PhoneNumber, RuleId, TenantId};
use callwright_store::{CallId, Covering, NewOptOut, RandomId, Store, StoreError};
use jiff::Timestamp;

use super::attempt::LEASE;
use super::persist::{Patience, may_pass};
use super::{Claimed, DialError};
use crate::call::OptOutHeard;
use crate::services::Services;

/// How soon a write that failed is tried again: the next dial must be blocked within a second.
pub(super) const AGAIN: Duration = Duration::from_millis(250);

/// Whose line was called, and on which call.
pub(super) struct Line {
    pub(super) tenant: TenantId,
    pub(super) actor: Actor,
    pub(super) number: PhoneNumber,
    pub(super) call: CallId,
}

/// The opt-outs of one call: what was heard and is not written, and what is.
pub(super) struct OptOutBook {
    store: Store,
    line: Line,
    owed: Vec<(Timestamp, OptOutHeard)>,
    written: BTreeSet<OptOutKind>,
    failed: bool,
}

impl OptOutBook {
    pub(super) fn new(store: Store, line: Line) -> OptOutBook {
        OptOutBook { store, line, owed: Vec::new(), written: BTreeSet::new(), failed: false }
    }

    /// Takes what was heard now.
    pub(super) fn hear(&mut self, heard: OptOutHeard, now: Timestamp) {
        self.owed.push((now, heard));
    }

    /// Whether something is not written yet.
    pub(super) fn is_owed(&self) -> bool {
        !self.owed.is_empty()
    }

    /// Tries to write everything that is owed, and tells the call.
    pub(super) async fn write(&mut self, now: Timestamp) -> Result<(), StoreError> {
        while let Some((at, heard)) = self.owed.first() {
            if let Err(error) = self.write_one(heard.kind, heard.means, *at, now).await {
                self.failed(&error);
                return Err(error);
            }
            let (_, heard) = self.owed.remove(0);
            self.written.insert(heard.kind);
            if heard.kept.send(()).is_err() {
                tracing::debug!("the call that told of an opt-out is over");
            }
        }
        Ok(())
    }

    /// Writes what the call heard and nobody was told of: its line to us was full, or it ended first.
    pub(super) async fn write_rest(
        &mut self,
        heard: &BTreeSet<OptOutKind>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(now).await?;
        for kind in heard.difference(&self.written.clone()) {
            if let Err(error) = self.write_one(*kind, OptOutMeans::Voice, now, now).await {
                self.failed(&error);
                return Err(error);
            }
            self.written.insert(*kind);
        }
        Ok(())
    }

    fn failed(&mut self, error: &StoreError) {
        if !std::mem::replace(&mut self.failed, true) {
            metrics::counter!("callwright_opt_outs_late_total").increment(1);
        }
        tracing::error!(call = %self.line.call, %error, "an opt-out is not in the register yet; it is tried again");
    }

    async fn write_one(
        &self,
        kind: OptOutKind,
        means: OptOutMeans,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.begin(&self.line.tenant, &self.line.actor, now).await?;
        let id = ObjectId::random()?;
        let covers = Covering::Number(&self.line.number);
        // A clock that was set back meanwhile must not make it an opt-out of the future, which the register refuses.
        let at = at.min(now);
        let new =
            NewOptOut { id: id.clone(), kind, means, covers, at, call: Some(&self.line.call) };
        tx.record_opt_out(&new).await?;
        if self.failed {
            let mut incident = Event::new(self.line.actor.clone(), Action::IncidentOpened);
            incident.object = Some(id);
            incident.rule = Some(RuleId::C2);
            tx.audit(incident).await?;
        }
        tx.commit().await?;
        tracing::info!(call = %self.line.call, kind = kind.name(), "an opt-out is in the register");
        Ok(())
    }
}

/// Writes what is left when a call is over: what was heard stands in the register before the attempt ends, or the attempt ends with staff.
///
/// # Errors
/// [`DialError`] where trying again cannot help. The request must then not be dialled again: see [`super::keep::Register`].
pub(super) async fn settle(
    services: &Services,
    claimed: &mut Claimed,
    mut book: OptOutBook,
    heard: &BTreeSet<OptOutKind>,
) -> Result<(), DialError> {
    let mut patience = Patience::new();
    loop {
        let written = book.write_rest(heard, services.clock.wall()).await;
        let Err(error) = written.map_err(DialError::from) else { return Ok(()) };
        let Some(wait) = patience.after(&error) else { return Err(error) };
        tokio::time::sleep(wait).await;
        let now = services.clock.wall();
        if let Err(error) = services.store.heartbeat(&mut claimed.lease, now, LEASE).await
            && !may_pass(&error)
        {
            tracing::warn!(%error, "the lease was lost while an opt-out waited for the store");
        }
    }
}

#[cfg(test)]
mod tests {
    use callwright_compliance::PersonId;
    use callwright_store::{KeyRing, Kind, Page};
    use tokio::sync::oneshot;

    use super::*;

    struct House {
        store: Store,
        tenant: TenantId,
        actor: Actor,
        number: PhoneNumber,
    }

    impl House {
        async fn empty() -> House {
            House {
                store: Store::in_memory(KeyRing::ephemeral().unwrap()).await.unwrap(),
                tenant: TenantId::new("oak").unwrap(),
                actor: Actor::Node(ObjectId::new("node-1").unwrap()),
                number: PhoneNumber::parse_e164("+16142000134").unwrap(),
            }
        }

        async fn found(&self) {
            let ann = Actor::Person(PersonId::new("ann").unwrap());
            self.store.found_practice(&self.tenant, "Oak", &ann, at(0)).await.unwrap();
        }

        fn book(&self) -> OptOutBook {
            let line = Line {
                tenant: self.tenant.clone(),
                actor: self.actor.clone(),
                number: self.number.clone(),
                call: CallId::random().unwrap(),
            };
            OptOutBook::new(self.store.clone(), line)
        }

        async fn standing(&self) -> Vec<(OptOutKind, Timestamp)> {
            let standing = self.store.opt_outs_for(&self.tenant, &self.number, None).await;
            standing.unwrap().into_iter().map(|opt_out| (opt_out.kind, opt_out.at)).collect()
        }

        async fn actions(&self) -> Vec<Action> {
            let entries = self.store.audit_entries(&self.tenant, &Page::first()).await.unwrap();
            let heard = entries.iter().filter(|entry| entry.actor == self.actor);
            heard.map(|entry| entry.action).collect()
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn heard(kind: OptOutKind) -> (OptOutHeard, oneshot::Receiver<()>) {
        let (kept, waits) = oneshot::channel();
        (OptOutHeard { kind, means: OptOutMeans::Voice, kept }, waits)
    }

    #[tokio::test]
    async fn the_call_is_told_once_the_register_has_it() {
        let house = House::empty().await;
        house.found().await;
        let mut book = house.book();
        for kind in [OptOutKind::DoNotCall, OptOutKind::HumanOnly] {
            let (heard, mut waits) = heard(kind);
            book.hear(heard, at(1));
            assert!(book.is_owed() && waits.try_recv().is_err());
            book.write(at(1)).await.unwrap();
            assert_eq!(waits.try_recv(), Ok(()));
            assert!(house.standing().await.contains(&(kind, at(1))));
        }
        assert!(!book.is_owed());
        // The call's own account adds nothing to what is written.
        let all = [OptOutKind::DoNotCall, OptOutKind::HumanOnly].into();
        book.write_rest(&all, at(2)).await.unwrap();
        assert_eq!(house.actions().await, [Action::OptOutRecorded, Action::OptOutRecorded]);
    }

    #[tokio::test]
    async fn what_the_store_refuses_is_tried_until_it_stands_and_leaves_an_incident() {
        let house = House::empty().await;
        let mut book = house.book();
        let (heard, mut waits) = heard(OptOutKind::DoNotCall);
        book.hear(heard, at(1));
        // A store that does not know the practice yet takes nothing.
        for second in [1, 2] {
            let refused = book.write(at(second)).await;
            assert_eq!(refused, Err(StoreError::NotFound(Kind::Practice)));
            assert!(book.is_owed() && waits.try_recv() == Err(oneshot::error::TryRecvError::Empty));
        }
        house.found().await;
        book.write(at(3)).await.unwrap();
        assert_eq!(waits.try_recv(), Ok(()));
        assert_eq!(house.standing().await, [(OptOutKind::DoNotCall, at(1))], "when it was said");
        assert_eq!(house.actions().await, [Action::OptOutRecorded, Action::IncidentOpened]);
    }

    #[tokio::test]
    async fn a_clock_that_was_set_back_keeps_nothing_from_the_register() {
        let house = House::empty().await;
        house.found().await;
        let mut book = house.book();
        let (heard, mut waits) = heard(OptOutKind::DoNotCall);
        book.hear(heard, at(9));
        book.write(at(5)).await.unwrap();
        assert_eq!(waits.try_recv(), Ok(()));
        assert_eq!(house.standing().await, [(OptOutKind::DoNotCall, at(5))]);
    }

    #[tokio::test]
    async fn what_nobody_was_told_of_is_written_when_the_call_is_over() {
        let house = House::empty().await;
        house.found().await;
        let mut book = house.book();
        book.write_rest(&[OptOutKind::HumanOnly].into(), at(5)).await.unwrap();
        assert_eq!(house.standing().await, [(OptOutKind::HumanOnly, at(5))]);
        let mut none = house.book();
        none.write_rest(&BTreeSet::new(), at(6)).await.unwrap();
        assert_eq!(house.standing().await.len(), 1);
    }
}
