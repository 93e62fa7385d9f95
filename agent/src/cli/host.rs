//! The part of a serving process that `serve` and `call` share: services, and the server that the carrier talks to.

use std::sync::Arc;
use std::time::Duration;

use callwright_compliance::audit::{Action, Actor, Event};
use callwright_compliance::{Digest, ObjectId};
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
        note_start(&services, config.digest).await?;
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
        self.checkpoints.sign_all(&self.services.store, &actor, when).await;
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
async fn note_start(services: &Services, config: Digest) -> Result<(), CliError> {
    let actor = Actor::Node(services.node_id.clone());
    let loaded = [
        (Action::ConfigLoaded, config.to_string()),
        (Action::PolicyLoaded, services.policy.digest().to_string()),
    ];
    for practice in services.store.practices().await? {
        let now = services.clock.wall();
        let mut tx = services.store.begin(&practice.tenant, &actor, now).await?;
        for (action, digest) in &loaded {
            let mut event = Event::new(actor.clone(), *action);
            event.object = ObjectId::new(digest).ok();
            tx.audit(event).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}
