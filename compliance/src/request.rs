//! The request to place a call, as the policy decision point sees it: ids and a number, no patient value.
//!
//! This module checks nothing; [`crate::decide()`] does.

use serde::Deserialize;

use crate::class::{CallClass, CallPurpose, PatientKind};
use crate::egress::FieldSet;
use crate::id::{DecisionId, PayerId, RequestId, TenantId, VendorId};
use crate::number::PhoneNumber;
use crate::vendor::Role;

/// A vendor that the call will use, in one role.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VendorUse {
    /// As what.
    pub role: Role,
    /// Which.
    pub vendor: VendorId,
}

/// A call that is asked for. It is a question, not a permission, so it can be built, cloned and queued freely.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DialRequest {
    /// A fresh id for this one decision.
    pub decision: DecisionId,
    /// For whom.
    pub tenant: TenantId,
    /// Which request of the tenant's.
    pub request: RequestId,
    /// Whom it goes to.
    pub class: CallClass,
    /// What for.
    pub purpose: CallPurpose,
    /// Whether it is about a living patient.
    pub patient: PatientKind,
    /// The exact number.
    pub to: PhoneNumber,
    /// The payer that is to be there.
    pub payer: PayerId,
    /// What whoever answers wants to be told before it gives any benefits, as the payer's file says. Rule V2 refuses the call where
    /// one of these may not be given.
    pub needs: FieldSet,
    /// Every vendor that the call will use. A carrier must be among them.
    pub vendors: Vec<VendorUse>,
    /// The most that the call can cost, in US cents, at its caps.
    pub cost_cents_max: u64,
}
