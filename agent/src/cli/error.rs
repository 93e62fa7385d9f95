//! Why a command failed, and the exit code that follows from it.

use std::process::ExitCode;

use callwright_sim::SimError;
use callwright_sim::payer::problems::ScenarioError;
use callwright_store::{Fault, StoreError};

use crate::config::{ConfigErrors, StartError};
use crate::demo::DemoError;
use crate::dialler::DialError;
use crate::intake::IntakeError;
use crate::results::ResultError;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is well: 0.
    Good,
    /// The verification is not complete, or something is broken: 1.
    NotGood,
    /// The command, the configuration or the request must be mended first: 2.
    Usage,
    /// Policy refuses: 3.
    Refused,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Good => 0,
            Exit::NotGood => 1,
            Exit::Usage => 2,
            Exit::Refused => 3,
        })
    }
}

impl Exit {
    /// [`Exit::Good`] or [`Exit::NotGood`].
    #[must_use]
    pub const fn good_if(good: bool) -> Exit {
        if good { Exit::Good } else { Exit::NotGood }
    }
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CliError {
    /// The configuration file.
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    /// Something that the configuration names could not be opened.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The demo.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// The request.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// The call.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// The result.
    #[error(transparent)]
    Result(#[from] ResultError),
    /// The store.
    #[error("the store: {0}")]
    Store(#[from] StoreError),
    /// The simulator.
    #[error("the simulated carrier: {0}")]
    Sim(#[from] SimError),
    /// A scenario file.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// What was given on the command line does not fit.
    #[error("{0}")]
    Usage(String),
    /// A file or a socket.
    #[error("{what}: {source}")]
    Io {
        /// Which.
        what: String,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// The output could not be written.
    #[error("the output could not be written: {0}")]
    Output(#[from] std::io::Error),
}

impl CliError {
    /// Names the file or socket of an error.
    pub(super) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> CliError {
        let what = what.into();
        move |source| CliError::Io { what, source }
    }

    /// A usage error.
    pub(super) fn usage(why: impl std::fmt::Display) -> CliError {
        CliError::Usage(why.to_string())
    }

    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            CliError::Dial(DialError::Refused(_) | DialError::NoneOnPremises)
            | CliError::Demo(DemoError::Dial(DialError::Refused(_)))
            | CliError::Intake(IntakeError::Refused(_)) => Exit::Refused,
            CliError::Config(_)
            | CliError::Start(_)
            | CliError::Intake(IntakeError::Problems(_))
            | CliError::Demo(DemoError::NoScenario { .. } | DemoError::Scenario(_))
            | CliError::Dial(
                DialError::DisclosureTooLong { .. }
                | DialError::NoLine
                | DialError::NoQuestions
                | DialError::Plan(_),
            )
            | CliError::Result(ResultError::Exists { .. })
            | CliError::Scenario(_)
            | CliError::Usage(_) => Exit::Usage,
            CliError::Store(error) | CliError::Result(ResultError::Store(error)) => {
                match error.fault() {
                    Fault::Caller | Fault::Operator => Exit::Usage,
                    Fault::Passing | Fault::Program => Exit::NotGood,
                }
            }
            CliError::Demo(_)
            | CliError::Dial(_)
            | CliError::Intake(_)
            | CliError::Io { .. }
            | CliError::Output(_)
            | CliError::Result(_)
            | CliError::Sim(_) => Exit::NotGood,
        }
    }
}
