//! Opt-outs and the human-only list (rule C2): numbers and people that are not called, or not by a machine.
//!
//! An opt-out stands from the moment it is written down until somebody lifts it with a reason; what was lifted stays in the history.
//! Whoever answers a number may say it, for the whole tenant: 47 CFR 64.1200(a)(10) (any reasonable means), (d)(3) (recording and
//! honouring a request). Verified 2026-10-01. A payer's representative who refuses an AI voice puts the number on the human-only list.
//!
//! This module keeps nothing and hears nothing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::audit::Actor;
use crate::id::ObjectId;

/// What is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptOutKind {
    /// Any call.
    DoNotCall,
    /// Calls by an AI voice: people of the practice may call.
    HumanOnly,
}

impl OptOutKind {
    /// The stable name, as in the store and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            OptOutKind::DoNotCall => "do_not_call",
            OptOutKind::HumanOnly => "human_only",
        }
    }
}

/// How it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptOutMeans {
    /// Spoken on a call.
    Voice,
    /// Keyed on a call that offered the key.
    Key,
    /// Told to the practice's staff, in any way.
    Staff,
    /// On the practice's web page.
    Web,
}

impl OptOutMeans {
    /// The stable name, as in the store and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            OptOutMeans::Voice => "voice",
            OptOutMeans::Key => "key",
            OptOutMeans::Staff => "staff",
            OptOutMeans::Web => "web",
        }
    }
}

/// What it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptOutCovers {
    /// One number, whoever answers it.
    Number,
    /// A patient, at every number.
    Person,
}

/// One opt-out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptOut {
    /// Its id.
    pub id: ObjectId,
    /// What is refused.
    pub kind: OptOutKind,
    /// How it was said.
    pub means: OptOutMeans,
    /// What it covers.
    pub covers: OptOutCovers,
    /// When it was said.
    pub at: Timestamp,
    /// Who wrote it down; a node of ours where it was said on a call.
    pub recorded_by: Actor,
    /// The call on which it was said, where it was on one.
    #[serde(default)]
    pub call: Option<ObjectId>,
}
