//! The queue of requests as a pure machine: which request is dialled next, and what becomes of it afterwards.
//!
//! Inputs go in with the time, outputs come out. The contract: after every [`Dispatcher::handle`] or
//! [`Dispatcher::handle_timeout`], take outputs with [`Dispatcher::poll_output`] until there are none, carry them out,
//! and call `handle_timeout` no later than [`Dispatcher::poll_timeout`] says.
//!
//! - A request is at most once in flight: claimed, running, or lost and not yet accounted for.
//! - No call is started beyond the limits. A limit that is not set is zero, and nothing starts.
//! - Within a priority the oldest request goes first; one whose number is at its limit lets the next pass.
//! - A call whose lease runs out is not started again: it is *recovered* first, for its leg may still be up.
//!
//! It does not decide whether a call is allowed: a started request is decided on anew by `callwright-compliance`, and a
//! refusal comes back as an outcome. It does not store anything; the store's claim has the last word between nodes.

mod machine;
mod queue;

use callwright_compliance::id::RequestId;
use callwright_compliance::number::PhoneNumber;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::retry::{CallOutcome, EndReason, RetryRules};

pub use machine::Dispatcher;

/// How soon a request should be dialled. Later variants go first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// When nothing else waits.
    Low,
    /// In its turn.
    #[default]
    Normal,
    /// The patient is here.
    Urgent,
}

/// How many calls may be in flight at once (rule L2). Unset is zero, and nothing starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// In all.
    pub total: u32,
    /// To one number of a payer.
    pub per_number: u32,
}

/// What the machine goes by.
#[derive(Clone, Debug)]
pub struct Config {
    /// How many calls may be in flight.
    pub limits: Limits,
    /// What is tried again.
    pub retry: RetryRules,
    /// How many requests are held at most; further ones stay with the caller.
    pub held_max: usize,
    /// How long a claim may take before the request counts as lost.
    pub claim_timeout: SignedDuration,
    /// How long to wait after the store could not be asked for a claim.
    pub claim_again: SignedDuration,
    /// How often recovery of a lost call is asked for until it is accounted for.
    pub recover_again: SignedDuration,
}

impl Config {
    /// A claim is one transaction; a store that needs longer is in trouble.
    pub const CLAIM_TIMEOUT: SignedDuration = SignedDuration::from_secs(15);
    /// A store that restarts is back in a few seconds.
    pub const CLAIM_AGAIN: SignedDuration = SignedDuration::from_secs(5);
    /// Recovery asks the carrier, which is not to be flooded.
    pub const RECOVER_AGAIN: SignedDuration = SignedDuration::from_secs(60);
    /// Two days' work of the busiest practice; the rest waits in the store.
    pub const HELD_MAX: usize = 10_000;

    /// These limits and rules, with the defaults.
    #[must_use]
    pub const fn new(limits: Limits, retry: RetryRules) -> Config {
        Config {
            limits,
            retry,
            held_max: Config::HELD_MAX,
            claim_timeout: Config::CLAIM_TIMEOUT,
            claim_again: Config::CLAIM_AGAIN,
            recover_again: Config::RECOVER_AGAIN,
        }
    }
}

/// What the store said to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is ours until then, and longer by [`Input::Renewed`].
    Won {
        /// When the lease ends.
        until: Timestamp,
    },
    /// Another node has it, or it is gone: it is that node's from here on.
    Taken,
    /// The store could not be asked, and certainly nothing was claimed.
    Unavailable,
}

/// What happens to the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A request is to be dialled.
    Enqueued {
        /// Which one.
        request: RequestId,
        /// The payer's number, for the limit per number only: what is dialled is on the permit.
        number: PhoneNumber,
        /// Not before this.
        not_before: Timestamp,
        /// How soon.
        priority: Priority,
        /// Attempts made already, before a restart or by another node.
        attempts_made: u32,
    },
    /// One more call can be hosted. Each [`Output::Start`] uses one up; a claim that is not won gives it back by itself.
    SlotFree,
    /// The store answered a claim.
    Claimed {
        /// Which request.
        request: RequestId,
        /// Which attempt.
        attempt: u32,
        /// What it said.
        claim: Claim,
    },
    /// The lease of a running call was renewed.
    Renewed {
        /// Which request.
        request: RequestId,
        /// Which attempt.
        attempt: u32,
        /// When the lease ends now.
        until: Timestamp,
    },
    /// An attempt is over: its leg is down at the carrier, or never was.
    CallEnded {
        /// Which request.
        request: RequestId,
        /// Which attempt.
        attempt: u32,
        /// How it ended.
        outcome: CallOutcome,
        /// When the payer's line answers next, where that is known.
        payer_opens: Option<Timestamp>,
    },
    /// The practice takes a request back. One in flight is not tried again after its end.
    Withdrawn {
        /// Which request.
        request: RequestId,
    },
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Claim this request, then have the call decided on and placed. Answer with [`Input::Claimed`].
    Start {
        /// Which request.
        request: RequestId,
        /// Which attempt, from 1.
        attempt: u32,
    },
    /// The request waits for its next attempt: store that.
    Park {
        /// Which request.
        request: RequestId,
        /// Attempts made so far.
        attempts_made: u32,
        /// Not before this.
        until: Timestamp,
    },
    /// Nothing was heard of a call in time. Find out at the carrier what became of its leg, end it if it is up, then
    /// answer with [`Input::CallEnded`]. Repeated until answered.
    Recover {
        /// Which request.
        request: RequestId,
        /// Which attempt.
        attempt: u32,
    },
    /// The request is answered and held no longer.
    Done {
        /// Which request.
        request: RequestId,
    },
    /// The request is not tried again and held no longer; staff's next step follows from `why`.
    GiveUp {
        /// Which request.
        request: RequestId,
        /// Why.
        why: EndReason,
    },
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimerName {
    /// A parked request may be tried.
    NotBefore,
    /// A claim has not been answered.
    Claim,
    /// A lease ends.
    Lease,
    /// Recovery is asked for once more.
    Recover,
}

/// Why an input was not taken. The caller's fault; the machine is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// Outputs of the input before were not taken.
    #[error("outputs are left: take them all before the next input")]
    NotDrained,
    /// As many requests are held as may be.
    #[error("the queue is full: keep the request in the store and offer it again")]
    Full,
    /// The request is held already.
    #[error("the request is in the queue already")]
    Twice,
    /// The request is not held.
    #[error("no such request in the queue")]
    Unknown,
    /// The input is about another attempt than the one in flight, or the request is not in a stage where it fits.
    #[error("the input does not fit the request's stage")]
    Stage,
}

#[cfg(test)]
mod tests;
