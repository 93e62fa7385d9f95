//! The `callwright` command: makes what the process has once, and passes it on to [`callwright::cli`].

use std::io::Write;
use std::process::ExitCode;

use callwright::cli::output::Out;
use callwright::cli::{self, Cli, Exit, Logs, Session};
use callwright::clock::Clock;
use callwright::panics;
use clap::Parser;

/// The stack of a worker, in bytes. A call's future is large where nothing is optimised, as while developing.
const STACK: usize = 8 << 20;

fn main() -> ExitCode {
    panics::install();
    // Before anything speaks TLS. It fails only where it is installed already.
    drop(rustls::crypto::ring::default_provider().install_default());
    let cli = Cli::try_parse().unwrap_or_else(|error| cli::covered(error).exit());
    let session = Session { clock: Clock, logs: Logs::Process };
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(STACK)
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("the runtime cannot start: {error}"), Exit::NotGood),
    };
    match runtime.block_on(cli::run(cli, session, &mut Out::stdout())) {
        Ok(exit) => exit.into(),
        Err(error) => fail(&error.to_string(), error.exit()),
    }
}

fn fail(why: &str, exit: Exit) -> ExitCode {
    // If standard error is gone, the exit code must do.
    drop(writeln!(std::io::stderr().lock(), "callwright: {why}"));
    exit.into()
}
