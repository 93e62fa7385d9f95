//! Where structured events go: to standard error, or to a file, as text or as JSON. No event holds a patient's value.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat, LogLevel};

/// Starts the logging of the process, once; in a test it starts nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logs {
    /// The process's own.
    Process,
    /// None.
    Silent,
}

/// Our own events from `level` on; those of libraries only where something is wrong, for they are not written with patients in mind.
fn filter(level: LogLevel) -> EnvFilter {
    EnvFilter::new(format!("warn,callwright={}", level.name()))
}

impl Logs {
    /// Logs to standard error.
    pub(super) fn start(self, log: &Log) {
        if self == Logs::Silent {
            return;
        }
        let builder =
            tracing_subscriber::fmt().with_env_filter(filter(log.level)).with_writer(io::stderr);
        // A second start finds logging started, which is as good.
        drop(match log.format {
            LogFormat::Text => builder.try_init(),
            LogFormat::Json => builder.json().try_init(),
        });
    }

    /// Logs to a file, as JSON and in detail.
    pub(super) fn start_in(self, file: &Path) -> io::Result<()> {
        if self == Logs::Process {
            let file = File::create(file)?;
            let builder = tracing_subscriber::fmt()
                .json()
                .with_env_filter(filter(LogLevel::Debug))
                .with_writer(Mutex::new(file));
            drop(builder.try_init());
        }
        Ok(())
    }

    /// Logs what is wrong, for commands without a configuration.
    pub(super) fn start_plain(self) {
        self.start(&Log { format: LogFormat::Text, level: LogLevel::Warn });
    }
}
