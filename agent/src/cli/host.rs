//! The part of a serving process that `serve` and `call` share: services, and the server that the carrier talks to.

use std::sync::Arc;
use std::time::Duration;

use callwright_compliance::ObjectId;
use callwright_compliance::audit::{Action, Actor, Event};
use tokio::net::TcpListener;

use super::CliError;
use crate::api::{Api, Server, router};
use crate::clock::Clock;
use crate::config::{Config, Opened};
use crate::destinations::{Serves, unfilled_in};
use crate::services::Services;

/// How long open connections are waited for at the end: a status call-back takes a fraction of a second.
const CONNECTIONS_PATIENCE: Duration = Duration::from_secs(2);

/// Open services, and a server for the carrier.
pub(super) struct Host {
    pub(super) services: Arc<Services>,
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
        note_policy(&services).await?;
        let api = Api {
            registry: Arc::clone(&services.registry),
            signing,
            public_url: services.public_url.clone(),
            clock,
        };
        let server = Server::start(listener, router(Arc::new(api)))
            .map_err(CliError::io("the server could not be started"))?;
        Ok(Host { services: Arc::new(services), server })
    }

    pub(super) async fn stop(self) {
        self.server.stop(CONNECTIONS_PATIENCE).await;
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

/// Each practice's audit says under which policy its calls are decided from here on.
async fn note_policy(services: &Services) -> Result<(), CliError> {
    let actor = Actor::Node(services.node_id.clone());
    let policy = ObjectId::new(&services.policy.digest().to_string()).ok();
    for practice in services.store.practices().await? {
        let mut event = Event::new(actor.clone(), Action::PolicyLoaded);
        event.object.clone_from(&policy);
        let now = services.clock.wall();
        let mut tx = services.store.begin(&practice.tenant, &actor, now).await?;
        tx.audit(event).await?;
        tx.commit().await?;
    }
    Ok(())
}
