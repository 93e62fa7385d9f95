//! The kill switch, looked at for every running call of this process (rule I1).
//!
//! Thrown, the calls that it covers are told to end: each says its fixed good-bye and hangs up. Not readable, no call is started, and
//! after a minute running ones end too: a switch that cannot be seen may have been thrown. New calls are refused elsewhere: by the
//! decision, and by the store in the transaction that writes the intent to dial. Time is an argument; whoever looks says how often.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use callwright_compliance::facts::KillSwitch;
use callwright_compliance::{RequestId, TenantId, VendorId};
use callwright_store::{Store, StoreError};
use jiff::{SignedDuration, Timestamp};
use tokio::time::{MissedTickBehavior, interval};

use crate::api::Registry;
use crate::call::Command;
use crate::clock::Clock;
use crate::services::Services;

/// How often the switch is looked at. It is obeyed within five seconds: one to look, two at most to read, and the close begins at once.
pub const BEAT: Duration = Duration::from_secs(1);
/// A reading that takes longer is none.
const READ_WITHIN: Duration = Duration::from_secs(2);
/// How long running calls go on while the switch cannot be read.
const UNREADABLE_MAX: SignedDuration = SignedDuration::from_secs(60);

/// A call that runs, or is about to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// Whose.
    pub tenant: TenantId,
    /// About which request.
    pub request: RequestId,
    /// Whether it was told to end.
    pub told: bool,
}

impl Watched {
    /// A call that was not told anything yet.
    #[must_use]
    pub const fn new(tenant: TenantId, request: RequestId) -> Watched {
        Watched { tenant, request, told: false }
    }
}

/// See the module.
pub struct SwitchWatch {
    store: Store,
    registry: Arc<Registry>,
    /// The vendors that the calls of this process use.
    used: BTreeSet<VendorId>,
    unreadable_since: Option<Timestamp>,
}

impl SwitchWatch {
    /// A watch over calls that use these vendors.
    #[must_use]
    pub fn new(store: Store, registry: Arc<Registry>, used: BTreeSet<VendorId>) -> SwitchWatch {
        SwitchWatch { store, registry, used, unreadable_since: None }
    }

    /// A watch over the calls of a process.
    #[must_use]
    pub fn over(services: &Services) -> SwitchWatch {
        let registry = Arc::clone(&services.registry);
        SwitchWatch::new(services.store.clone(), registry, services.vendors_used())
    }

    /// Whether a call may be started, as far as the watch knows. The decision at dial time reads the switch itself.
    #[must_use]
    pub fn may_start(&self) -> bool {
        self.unreadable_since.is_none()
    }

    /// Looks at the switch once for all calls, and tells those that must end. One that is not up yet is told the next time. It takes as
    /// long as one read, however many calls must end.
    pub async fn look<'a>(&mut self, now: Timestamp, calls: impl Iterator<Item = &'a mut Watched>) {
        let waiting: Vec<&mut Watched> = calls.filter(|call| !call.told).collect();
        let switches = match self.read(&waiting).await {
            Ok(switches) => switches,
            Err(error) => {
                tracing::error!(%error, "the kill switch cannot be read");
                let since = *self.unreadable_since.get_or_insert(now);
                if now.duration_since(since) >= UNREADABLE_MAX {
                    tracing::error!("the kill switch was unreadable for too long: every call ends");
                    waiting.into_iter().for_each(|call| self.tell(call));
                }
                return;
            }
        };
        self.unreadable_since = None;
        for (call, switch) in waiting.into_iter().zip(switches) {
            if switch.stops(&self.used) {
                self.tell(call);
            }
        }
    }

    /// Looks for ever, once a second.
    pub async fn keep_looking(&mut self, clock: Clock, calls: &mut [Watched]) -> Infallible {
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            beat.tick().await;
            self.look(clock.wall(), calls.iter_mut()).await;
        }
    }

    async fn read(&self, calls: &[&mut Watched]) -> Result<Vec<KillSwitch>, StoreError> {
        let each: Vec<_> = calls.iter().map(|call| (&call.tenant, &call.request)).collect();
        let reading = self.store.kill_switches(&each);
        tokio::time::timeout(READ_WITHIN, reading).await.unwrap_or(Err(StoreError::Locked))
    }

    /// Tells a call to end, and remembers it where the call is up and was reached.
    fn tell(&self, call: &mut Watched) {
        call.told = self.registry.command_about(&call.tenant, &call.request, Command::Kill);
        if call.told {
            tracing::warn!(request = %call.request, "the kill switch ends the call");
        }
    }
}

#[cfg(test)]
mod tests {
    use callwright_compliance::PersonId;
    use callwright_compliance::audit::Actor;
    use callwright_store::{CallId, KeyRing, StopScope};
    use tempfile::TempDir;

    use super::*;
    use crate::call::Lines;
    use crate::dialler::testing;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn vendor(id: &str) -> VendorId {
        VendorId::new(id).unwrap()
    }

    /// A store with two practices that each have a call up, and the ends of its lines.
    struct Place {
        _folder: TempDir,
        store: Store,
        registry: Arc<Registry>,
        calls: Vec<Watched>,
        lines: Vec<Lines>,
        /// The first call's id.
        first: CallId,
        watch: SwitchWatch,
    }

    impl Place {
        async fn new() -> Place {
            let folder = tempfile::tempdir().unwrap();
            let keys = KeyRing::create(&folder.path().join("key")).unwrap();
            let store = Store::open(&folder.path().join("db"), keys).await.unwrap();
            let registry = Arc::new(Registry::new(4));
            let (mut calls, mut lines, mut ids) = (Vec::new(), Vec::new(), Vec::new());
            for practice in ["oak", "elm"] {
                let (tenant, request, call) = testing::running(&store, practice, at(0)).await;
                lines.push(registry.enter(call.as_str(), at(60)));
                registry.about(call.as_str(), tenant.clone(), request.clone());
                calls.push(Watched::new(tenant, request));
                ids.push(call);
            }
            let used = BTreeSet::from([vendor("ear"), vendor("phone")]);
            let watch = SwitchWatch::new(store.clone(), Arc::clone(&registry), used);
            let first = ids.swap_remove(0);
            Place { _folder: folder, store, registry, calls, lines, first, watch }
        }

        async fn throw(&self, tenant: &TenantId, scope: StopScope) {
            let ann = Actor::Person(PersonId::new("ann").unwrap());
            let mut tx = self.store.begin(tenant, &ann, at(1)).await.unwrap();
            tx.throw_switch(&scope).await.unwrap();
            tx.commit().await.unwrap();
        }

        async fn look(&mut self, now: i64) {
            self.watch.look(at(now), self.calls.iter_mut()).await;
        }

        /// The first call is not up after all.
        fn leave_first(&self) {
            self.registry.leave(self.first.as_str());
        }

        /// And now it is.
        fn enter_first(&mut self) {
            let Watched { tenant, request, .. } = self.calls[0].clone();
            self.lines[0] = self.registry.enter(self.first.as_str(), at(60));
            self.registry.about(self.first.as_str(), tenant, request);
        }

        /// Which calls were told to close since this was asked last.
        fn told(&mut self) -> Vec<bool> {
            let killed = |lines: &mut Lines| lines.commands.try_recv() == Ok(Command::Kill);
            self.lines.iter_mut().map(killed).collect()
        }
    }

    #[tokio::test]
    async fn each_level_ends_its_own_calls_and_once() {
        for (scope, ends) in [
            (StopScope::Request(RequestId::new("r-oak").unwrap()), [true, false]),
            (StopScope::Tenant, [true, false]),
            (StopScope::Vendor(vendor("ear")), [true, false]),
            (StopScope::Global, [true, true]),
            (StopScope::Vendor(vendor("unused")), [false, false]),
            (StopScope::Request(RequestId::new("another").unwrap()), [false, false]),
        ] {
            let mut place = Place::new().await;
            place.look(1).await;
            assert_eq!(place.told(), [false, false]);
            let oak = place.calls[0].tenant.clone();
            place.throw(&oak, scope.clone()).await;
            place.look(2).await;
            assert_eq!(place.told(), ends, "{scope:?}");
            place.look(3).await;
            assert_eq!(place.told(), [false, false], "told twice: {scope:?}");
            assert!(place.watch.may_start());
        }
    }

    #[tokio::test]
    async fn an_unreadable_switch_starts_nothing_and_ends_everything_after_a_minute() {
        let mut place = Place::new().await;
        place.look(0).await;
        assert!(place.watch.may_start());
        place.store.close().await;
        for now in [10, 40, 69] {
            place.look(now).await;
            assert!(!place.watch.may_start());
            assert_eq!(place.told(), [false, false], "after {now} s");
        }
        place.look(70).await;
        assert_eq!(place.told(), [true, true]);
        assert!(place.calls.iter().all(|call| call.told));
    }

    #[tokio::test]
    async fn with_no_call_up_an_unreadable_switch_starts_nothing_either() {
        let mut place = Place::new().await;
        place.store.close().await;
        place.watch.look(at(0), std::iter::empty()).await;
        assert!(!place.watch.may_start());
    }

    #[tokio::test]
    async fn a_call_that_is_not_up_yet_is_told_when_it_is() {
        let mut place = Place::new().await;
        let oak = place.calls[0].tenant.clone();
        place.leave_first();
        place.throw(&oak, StopScope::Tenant).await;
        place.look(2).await;
        assert!(!place.calls[0].told);
        place.enter_first();
        place.look(3).await;
        assert_eq!(place.told(), [true, false]);
    }

    #[tokio::test]
    async fn a_call_that_comes_up_while_every_call_ends_is_told_as_well() {
        let mut place = Place::new().await;
        place.leave_first();
        place.store.close().await;
        place.look(0).await;
        place.look(60).await;
        assert!(!place.calls[0].told && place.calls[1].told);
        assert_eq!(place.told(), [false, true]);
        place.enter_first();
        place.look(61).await;
        assert_eq!(place.told(), [true, false]);
    }
}
