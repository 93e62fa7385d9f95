//! Why a command failed, and the exit code that follows from it.

use std::process::ExitCode;

use callwright_dialplan::ProveError;
use callwright_sim::SimError;
use callwright_sim::payer::problems::ScenarioError;
use callwright_store::{Fault, StoreError};

use crate::checkpoints::CheckpointError;
use crate::config::{ConfigErrors, StartError};
use crate::demo::DemoError;
use crate::destinations::Unfilled;
use crate::dialler::DialError;
use crate::intake::IntakeError;
use crate::results::ResultError;
use crate::rights::RightsError;

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
    /// The proof of a number of one's own.
    #[error(transparent)]
    Prove(#[from] ProveError),
    /// A vendor that the configuration uses may not be sent anything (rule V1). Nothing was started.
    #[error("no call may be placed, for the vendor register gives no leave to send to\n{}", lines(.0))]
    Unfilled(Vec<Unfilled>),
    /// The result.
    #[error(transparent)]
    Result(#[from] ResultError),
    /// A person's rights.
    #[error(transparent)]
    Rights(#[from] RightsError),
    /// The store.
    #[error("the store: {0}")]
    Store(#[from] StoreError),
    /// A checkpoint of the audit.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
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

fn lines(missing: &[Unfilled]) -> String {
    missing.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// How a command ends whose call was not placed or not finished, however it came to call.
const fn of_dial(error: &DialError) -> Exit {
    match error {
        DialError::Refused(_) | DialError::Egress { .. } | DialError::NoneOnPremises => {
            Exit::Refused
        }
        DialError::DisclosureTooLong { .. }
        | DialError::NoLine
        | DialError::NoTestNumber
        | DialError::NoQuestions
        | DialError::Plan(_) => Exit::Usage,
        DialError::Originate(_)
        | DialError::Vendor(_)
        | DialError::Store(_)
        | DialError::File(_)
        | DialError::Result(_)
        | DialError::Id => Exit::NotGood,
    }
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
            CliError::Dial(error)
            | CliError::Demo(DemoError::Dial(error))
            | CliError::Intake(IntakeError::Facts(error)) => of_dial(error),
            CliError::Intake(IntakeError::Refused(_)) | CliError::Unfilled(_) => Exit::Refused,
            CliError::Config(_)
            | CliError::Start(_)
            | CliError::Intake(IntakeError::Problems(_))
            | CliError::Demo(
                DemoError::NoScenario { .. }
                | DemoError::NoQuestions { .. }
                | DemoError::Scenario(_),
            )
            | CliError::Prove(ProveError::Expired | ProveError::VerifiedAlready)
            | CliError::Result(ResultError::Exists { .. })
            | CliError::Rights(
                RightsError::Blocked { .. }
                | RightsError::Identifiers { .. }
                | RightsError::Nobody
                | RightsError::File { kind: std::io::ErrorKind::AlreadyExists, .. },
            )
            | CliError::Scenario(_)
            | CliError::Usage(_) => Exit::Usage,
            CliError::Store(error)
            | CliError::Result(ResultError::Store(error))
            | CliError::Checkpoint(CheckpointError::Store(error))
            | CliError::Rights(RightsError::Store(error)) => match error.fault() {
                Fault::Caller | Fault::Operator => Exit::Usage,
                Fault::Passing | Fault::Program => Exit::NotGood,
            },
            CliError::Checkpoint(_)
            | CliError::Demo(_)
            | CliError::Intake(_)
            | CliError::Io { .. }
            | CliError::Output(_)
            | CliError::Prove(_)
            | CliError::Result(_)
            | CliError::Rights(_)
            | CliError::Sim(_) => Exit::NotGood,
        }
    }
}

#[cfg(test)]
mod tests {
    use callwright_compliance::VendorId;
    use callwright_compliance::vendor::{EgressRefusal, Role};

    use super::*;

    fn unregistered() -> DialError {
        let vendor = VendorId::new("ear").unwrap();
        let (role, refusal) = (Role::SpeechToText, EgressRefusal::NotRegistered);
        DialError::Egress { vendor, role, refusal }
    }

    #[test]
    fn a_call_ends_with_the_same_code_whichever_command_placed_it() {
        let each: [(fn() -> DialError, Exit); 6] = [
            (unregistered, Exit::Refused),
            (|| DialError::NoneOnPremises, Exit::Refused),
            (|| DialError::NoLine, Exit::Usage),
            (|| DialError::NoTestNumber, Exit::Usage),
            (|| DialError::DisclosureTooLong { ms: 7_000, max_ms: 6_000 }, Exit::Usage),
            (|| DialError::Id, Exit::NotGood),
        ];
        for (error, exit) in each {
            assert_eq!(CliError::Dial(error()).exit(), exit, "{}", error());
            assert_eq!(CliError::Demo(DemoError::Dial(error())).exit(), exit, "{}", error());
            assert_eq!(CliError::Intake(IntakeError::Facts(error())).exit(), exit, "{}", error());
        }
    }
}
