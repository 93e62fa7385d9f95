//! The `callwright` command: makes what the process has once, and passes it on to [`callwright::cli`].

use std::io::Write;
use std::process::ExitCode;

use callwright::cli::output::Out;
use callwright::cli::{self, Cli, Exit, Logs, Session};
use callwright::clock::Clock;
use clap::Parser;

/// The stack of a worker, in bytes. A call's future is large where nothing is optimised, as while developing.
const STACK: usize = 8 << 20;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(tell_panic));
    // Before anything speaks TLS. It fails only where it is installed already.
    drop(rustls::crypto::ring::default_provider().install_default());
    let cli = Cli::parse();
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
        // Whoever reads the output has seen enough, as `head` has.
        Err(cli::CliError::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            Exit::Good.into()
        }
        Err(error) => fail(&error.to_string(), error.exit()),
    }
}

fn fail(why: &str, exit: Exit) -> ExitCode {
    // If standard error is gone, the exit code must do.
    drop(writeln!(std::io::stderr().lock(), "callwright: {why}"));
    exit.into()
}

/// Says where a panic was, and nothing of its message: that may hold anything, a patient's words too.
fn tell_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    tracing::error!(place, "panic");
    drop(writeln!(
        std::io::stderr().lock(),
        "callwright: a defect of the program: panic at {place}"
    ));
}
