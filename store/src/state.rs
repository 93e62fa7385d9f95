//! A request's states and which may follow which.
//!
//! Only the acts in this crate move a request, and each asks here first. When to retry is the dispatcher's matter.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::StoreError;

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    /// Waiting for a node with a free slot, not before its time.
    Queued,
    /// Held by a node under a lease; nothing was dialled yet.
    Claimed,
    /// The dial intent is written; the carrier may have been asked.
    Dialling,
    /// The far end answered.
    InCall,
    /// Finished, with every required field or with what could be had.
    Done,
    /// Finished without; no further attempt is made.
    Failed,
    /// A person of the practice must do something first.
    NeedsStaff,
}

impl RequestState {
    /// Every state.
    pub const ALL: [RequestState; 7] = [
        RequestState::Queued,
        RequestState::Claimed,
        RequestState::Dialling,
        RequestState::InCall,
        RequestState::Done,
        RequestState::Failed,
        RequestState::NeedsStaff,
    ];

    /// Whether a request in this state may become `next`.
    #[must_use]
    pub fn may_become(self, next: RequestState) -> bool {
        use RequestState::{Claimed, Dialling, Done, Failed, InCall, NeedsStaff, Queued};
        match self {
            Queued => matches!(next, Claimed | Failed | NeedsStaff),
            Claimed => matches!(next, Dialling | Queued | Failed | NeedsStaff),
            Dialling => matches!(next, InCall | Queued | Failed | NeedsStaff),
            InCall => matches!(next, Done | Queued | Failed | NeedsStaff),
            NeedsStaff => matches!(next, Queued | Done | Failed),
            Done | Failed => false,
        }
    }

    /// Whether a node holds a lease on a request in this state.
    #[must_use]
    pub fn is_leased(self) -> bool {
        matches!(self, RequestState::Claimed | RequestState::Dialling | RequestState::InCall)
    }

    /// Its name in the database and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            RequestState::Queued => "queued",
            RequestState::Claimed => "claimed",
            RequestState::Dialling => "dialling",
            RequestState::InCall => "in_call",
            RequestState::Done => "done",
            RequestState::Failed => "failed",
            RequestState::NeedsStaff => "needs_staff",
        }
    }

    pub(crate) fn stored(text: &str) -> Result<RequestState, StoreError> {
        RequestState::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or(StoreError::Stored { table: "request", column: "state" })
    }

    pub(crate) fn check(self, next: RequestState) -> Result<(), StoreError> {
        if self.may_become(next) {
            Ok(())
        } else {
            Err(StoreError::Transition { from: self, to: next })
        }
    }
}

impl fmt::Display for RequestState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_come_back() {
        for state in RequestState::ALL {
            assert_eq!(RequestState::stored(state.as_str()), Ok(state));
        }
        assert!(RequestState::stored("Queued").is_err());
    }

    #[test]
    fn an_ended_request_stays_ended_and_a_call_needs_its_intent() {
        for next in RequestState::ALL {
            assert!(!RequestState::Done.may_become(next));
            assert!(!RequestState::Failed.may_become(next));
        }
        for from in RequestState::ALL {
            assert_eq!(from.may_become(RequestState::InCall), from == RequestState::Dialling);
            assert_eq!(from.may_become(RequestState::Dialling), from == RequestState::Claimed);
            assert!(!from.may_become(from));
        }
    }
}
