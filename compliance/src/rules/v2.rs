//! V2: destination and purpose decide which fields may go. On the call the gate and the egress policy keep it; here it is an obligation.
//!
//! Source: 45 CFR 164.502(b), 164.514(d) (minimum necessary). Verified 2026-10-01. The table is [`crate::egress::allowed`].

use super::{Case, Check, Rule};
use crate::rule::RuleId;

pub(super) const RULE: Rule = Rule { id: RuleId::V2, check };

fn check(_: &Case<'_>) -> Check {
    Check::Obliged
}
