//! V3: values that are spoken or keyed come from tokens and were asked for by the verified payer. The gate keeps it; here it is an
//! obligation.
//!
//! Source: 45 CFR 164.514(h) (verification of identity). Verified 2026-10-01. See [`crate::gate::Gate::admit`].

use super::{Case, Check, Rule};
use crate::rule::RuleId;

pub(super) const RULE: Rule = Rule { id: RuleId::V3, check };

fn check(_: &Case<'_>) -> Check {
    Check::Obliged
}
