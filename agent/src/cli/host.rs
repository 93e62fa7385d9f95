//! The part of a serving process that `serve` and `call` share: services, and the server that the carrier talks to.

use std::sync::Arc;
use std::time::Duration;

use callwright_compliance::audit::{Action, Actor, Event};
use callwright_compliance::{Digest, ObjectId};
use callwright_store::{Store, StoreError};
use jiff::Timestamp;
use tokio::net::TcpListener;

use super::CliError;
use crate::api::{Api, Server, router};
use crate::checkpoints::{Checkpoints, When};
use crate::clock::Clock;
use crate::config::{Config, Opened};
use crate::destinations::{Serves, unfilled_in};
use crate::services::Services;

/// How long open connections are waited for at the end: a status call-back takes a fraction of a second.
const CONNECTIONS_PATIENCE: Duration = Duration::from_secs(2);
/// How long the last signing of the audit is waited for: what it does not reach is signed by the next process.
const SIGNING_PATIENCE: Duration = Duration::from_secs(10);

/// Open services, and a server for the carrier.
pub(super) struct Host {
    pub(super) services: Arc<Services>,
    pub(super) checkpoints: Checkpoints,
    server: Server,
}

impl Host {
    /// Nothing listens before every role that receives protected health information has leave to, for each practice that is served
    /// (rule V1).
    pub(super) async fn start(
        config: &Config,
        serves: &Serves,
        clock: Clock,
    ) -> Result<Host, CliError> {
        roles_are_filled(config, serves, clock).await?;
        let listen = config.server.listen;
        let listener = TcpListener::bind(listen).await.map_err(CliError::io(format!(
            "{listen} cannot be listened on (is `callwright serve` running? then use --queue)"
        )))?;
        let Opened { services, signing } = config.open(clock).await?;
        let loaded = (config.digest, services.policy.digest());
        note_start(&services.store, &services.node_id, clock.wall(), loaded).await?;
        let api = Api {
            registry: Arc::clone(&services.registry),
            signing,
            public_url: services.public_url.clone(),
            clock,
        };
        let server = Server::start(listener, router(Arc::new(api)))
            .map_err(CliError::io("the server could not be started"))?;
        let checkpoints = Checkpoints::new(config.anchors.clone());
        Ok(Host { services: Arc::new(services), checkpoints, server })
    }

    pub(super) async fn stop(self) {
        self.server.stop(CONNECTIONS_PATIENCE).await;
        let actor = Actor::Node(self.services.node_id.clone());
        let when = (When::Now, self.services.clock.wall());
        let signing = self.checkpoints.sign_all(&self.services.store, &actor, when);
        if tokio::time::timeout(SIGNING_PATIENCE, signing).await.is_err() {
            tracing::error!("the audit could not be signed and anchored in time");
        }
        self.services.store.close().await;
    }
}

async fn roles_are_filled(config: &Config, serves: &Serves, clock: Clock) -> Result<(), CliError> {
    let store = config.open_store().await?;
    let missing = unfilled_in(config, &store, serves, clock.wall()).await;
    store.close().await;
    let missing = missing?;
    if missing.is_empty() { Ok(()) } else { Err(CliError::Unfilled(missing)) }
}

/// Each practice's audit says with which configuration this process works, and under which policy its calls are decided from here on.
async fn note_start(
    store: &Store,
    node: &ObjectId,
    now: Timestamp,
    (config, policy): (Digest, Digest),
) -> Result<(), StoreError> {
    let actor = Actor::Node(node.clone());
    for practice in store.practices().await? {
        let mut tx = store.begin(&practice.tenant, &actor, now).await?;
        for (action, digest) in [(Action::ConfigLoaded, config), (Action::PolicyLoaded, policy)] {
            let mut event = Event::new(actor.clone(), action);
            event.object = ObjectId::new(&digest.to_string()).ok();
            tx.audit(event).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use callwright_compliance::{PersonId, TenantId};
    use callwright_store::{KeyRing, Page};

    use super::*;

    #[tokio::test]
    async fn a_start_is_written_down_for_each_practice_with_both_digests() {
        let store = Store::in_memory(KeyRing::ephemeral().unwrap()).await.unwrap();
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let ann = Actor::Person(PersonId::new("ann").unwrap());
        let tenants = ["oak", "elm"].map(|name| TenantId::new(name).unwrap());
        for tenant in &tenants {
            store.found_practice(tenant, "A practice", &ann, now).await.unwrap();
        }
        let node = ObjectId::new("node-1").unwrap();
        let (config, policy) = (Digest::of(b"config"), Digest::of(b"policy"));
        note_start(&store, &node, now, (config, policy)).await.unwrap();
        for tenant in &tenants {
            let entries = store.audit_entries(tenant, &Page::first()).await.unwrap();
            let said: Vec<_> = entries[1..]
                .iter()
                .map(|e| (e.action, e.object.as_ref().unwrap().to_string(), e.actor.clone()))
                .collect();
            let by = Actor::Node(node.clone());
            assert_eq!(
                said,
                [
                    (Action::ConfigLoaded, config.to_string(), by.clone()),
                    (Action::PolicyLoaded, policy.to_string(), by),
                ]
            );
        }
    }
}
