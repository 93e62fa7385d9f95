//! Panics: where one was is told, and nothing of its message. That may hold anything, a patient's words too.
//!
//! It stops none: a panic is a defect, and what it breaks ends as its owner has it. A call's own waits until its opt-outs are written.

use std::io::Write;
use std::panic::PanicHookInfo;

use tokio::task::JoinError;

/// From here on a panic on any thread is told by its place alone, in the log and on standard error.
pub fn install() {
    std::panic::set_hook(Box::new(tell));
}

fn tell(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    tracing::error!(place, "panic");
    // If standard error is gone, the log must do.
    drop(writeln!(
        std::io::stderr().lock(),
        "callwright: a defect of the program: panic at {place}"
    ));
}

/// Why a task did not come to its end. Tokio's own words for that repeat the message of a panic; these do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broke {
    /// The hook has told where.
    #[error("a task of it panicked")]
    Panicked,
    /// It was told to stop, or the process ends.
    #[error("a task of it was cut off")]
    CutOff,
}

impl From<&JoinError> for Broke {
    fn from(error: &JoinError) -> Broke {
        if error.is_panic() { Broke::Panicked } else { Broke::CutOff }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_of_a_panic_s_message_is_in_why_a_task_broke() {
        let task = tokio::spawn(async { panic!("heard: zebulon quackenbush") });
        let error: JoinError = task.await.unwrap_err();
        assert!(error.to_string().contains("zebulon"), "tokio repeats it no more: {error}");
        let broke = Broke::from(&error);
        assert_eq!(broke, Broke::Panicked);
        assert!(!format!("{broke} {broke:?}").contains("zebulon"));
        let task = tokio::spawn(std::future::pending::<()>());
        task.abort();
        assert_eq!(Broke::from(&task.await.unwrap_err()), Broke::CutOff);
    }
}
