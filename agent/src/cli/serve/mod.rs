//! `callwright serve`: the process that places calls as their time comes, until it is told to stop.

mod adopt;
mod chains;
mod chores;
mod dispatch;
mod purge;
mod room;

use std::future::Future;
use std::time::Duration;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::host::Host;
use super::output::Out;
use super::{CliError, ConfigArg, Exit, Session};
use crate::config::Config;
use crate::destinations::Serves;
use dispatch::Dispatch;

/// Serve: take requests from the queue when their time comes and call about them, until SIGTERM or Ctrl-C
///
/// Told to stop, it takes no further request and lets running calls end by themselves for --drain minutes; what runs then still is closed
/// politely. Every second it looks at the kill switch; every hour it purges what is past its period (`callwright retention show`). It does
/// not start where the vendor register of a practice gives no leave for a vendor that the configuration uses; `callwright check` lists them.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  callwright check --config callwright.toml && callwright serve --config callwright.toml")]
pub(super) struct ServeArgs {
    #[command(flatten)]
    config: ConfigArg,
    /// How long running calls may go on after the signal to stop
    #[arg(long, value_name = "MINUTES", default_value_t = 15, value_parser = clap::value_parser!(u64).range(0..=180))]
    drain: u64,
}

pub(super) async fn run(
    args: &ServeArgs,
    session: Session,
    out: &mut Out,
) -> Result<Exit, CliError> {
    let config = Config::load(&args.config.config)?;
    session.logs.start(&config.log);
    let stop = shutdown_signal().map_err(CliError::io("signals cannot be watched"))?;
    let host = Host::start(&config, &Serves::Every, session.clock).await?;
    out.line(format_args!("serving on {} as {}", config.server.listen, config.server.public_url))?;
    let mut dispatch = Dispatch::new(host.services.clone(), host.checkpoints.clone());
    dispatch.until(stop).await;
    out.line(format_args!("stopping; calls that still run: {}", dispatch.running()))?;
    dispatch.drain(Duration::from_secs(args.drain * 60)).await;
    host.stop().await;
    Ok(Exit::Good)
}

/// Resolves when the process is told to stop: SIGTERM, or Ctrl-C. The watch begins at once.
pub(super) fn shutdown_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
