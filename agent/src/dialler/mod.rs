//! The policy enforcement point: the one place that goes from a request to a leg.
//!
//! For each attempt it gathers fresh facts, has `compliance` decide, writes the decision and the dial intent, and only then asks the
//! carrier, with the permit. It runs the call, keeps its lease, and writes down what came of it. It decides nothing itself.

mod account;
mod attempt;
mod facts;
mod files;
mod incidents;
mod keep;
mod leave;
mod leg;
mod line;
mod opt_outs;
mod persist;
mod plan;
pub mod result;
#[cfg(test)]
pub(crate) mod testing;

use callwright_compliance::vendor::{EgressRefusal, Role};
use callwright_compliance::{DecisionRecord, RuleId, VendorId};
use callwright_dialplan::OriginateError;
use callwright_dialplan::originate::PlanError;
use callwright_store::{Lease, Request, StoreError};
use callwright_vendors::VendorError;

pub(crate) use attempt::dial_request;
pub use attempt::{Attempt, LEASE, attempt};
pub(crate) use facts::{Asked, gather, identity_of, read as read_facts};
pub(crate) use files::{EXCHANGES, RESULT, SEALED, WORDS, seal_leftovers};
pub(crate) use keep::after;
pub(crate) use leave::{carrier, first_recogniser};
pub(crate) use line::line_of;
pub(crate) use plan::{JOURNAL, RECORDING};
pub use result::{CallResult, FieldResult};

use crate::results::ResultError;

/// Why a request was not called, or its call could not be kept account of.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DialError {
    /// Policy refuses; the record has every reason.
    #[error("policy refuses the call: {}", reasons(.0))]
    Refused(Box<DecisionRecord>),
    /// The directory has no line of the payer for this purpose. Staff must add one.
    #[error("the payer directory has no line for this payer and purpose: add one to the directory")]
    NoLine,
    /// The tenant has no number of its own for test calls of the payer's part. Staff must add one.
    #[error(
        "the allowlist has no test number for this payer: `callwright setup test-number` adds one"
    )]
    NoTestNumber,
    /// The prompt pack has no such question set.
    #[error("the prompt pack has no such question set")]
    NoQuestions,
    /// The carrier did not take the call.
    #[error("the carrier did not take the call: {0}")]
    Originate(#[from] OriginateError),
    /// The configured URLs cannot be given to a carrier.
    #[error("the public URL cannot be given to the carrier: {0}")]
    Plan(#[from] PlanError),
    /// A vendor could not be opened.
    #[error(transparent)]
    Vendor(#[from] VendorError),
    /// A vendor of the call, or the carrier, may not be sent anything.
    #[error("{vendor} as {role}: {refusal}")]
    Egress {
        /// Which.
        vendor: VendorId,
        /// As what.
        role: Role,
        /// Why.
        refusal: EgressRefusal,
    },
    /// The policy keeps hosted recognisers from people who were not told yet, and there is no other.
    #[error(
        "D2: the policy lets only a recogniser on the practice's machines hear a person before the notice, and there is none"
    )]
    NoneOnPremises,
    /// The voice takes too long for the first sentence of the disclosure. Staff must choose a faster one.
    #[error(
        "D1: the first sentence of the disclosure takes {ms} ms, {max_ms} ms are allowed for this practice's name: choose a faster voice"
    )]
    DisclosureTooLong {
        /// How long it takes.
        ms: u32,
        /// How long it may take.
        max_ms: u32,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file of the call could not be written.
    #[error("a file of the call could not be written: {0}")]
    File(#[from] std::io::Error),
    /// The result could not be put into its forms beside `result.json`.
    #[error(transparent)]
    Result(#[from] ResultError),
    /// An id could not be made into another crate's form.
    #[error("an id is not of the form that the audit takes")]
    Id,
}

impl DialError {
    /// The rule that refuses to send to a vendor of the call. That of [`DialError::Refused`] is in its record.
    #[must_use]
    pub const fn egress_rule(&self) -> Option<RuleId> {
        match self {
            DialError::Egress { .. } => Some(RuleId::V1),
            DialError::NoneOnPremises => Some(RuleId::D2),
            DialError::Refused(_)
            | DialError::NoLine
            | DialError::NoTestNumber
            | DialError::NoQuestions
            | DialError::Originate(_)
            | DialError::Plan(_)
            | DialError::Vendor(_)
            | DialError::DisclosureTooLong { .. }
            | DialError::Store(_)
            | DialError::File(_)
            | DialError::Result(_)
            | DialError::Id => None,
        }
    }
}

fn reasons(record: &DecisionRecord) -> String {
    let each = record.reasons.iter().map(|reason| format!("{} ({})", reason.rule, reason.code));
    each.collect::<Vec<_>>().join("; ")
}

/// A request and the lease that it is held under.
pub struct Claimed {
    /// The lease.
    pub lease: Lease,
    /// The request.
    pub request: Request,
}
