//! D2: no recording or transcript of a person is kept before the disclosure's playout is proven. The gate alone mints the permit for it;
//! here it is an obligation, or nothing where no audio is kept.
//!
//! Source: Cal. Penal Code 632 and 632.7, RCW 9.73.030(3) (the announcement itself is recorded), C.G.S. 52-570d. Every call is treated
//! as one where all parties must consent, because a representative's place cannot be known. Verified 2026-10-01.

use super::{Case, Check, Rule};
use crate::rule::RuleId;

pub(super) const RULE: Rule = Rule { id: RuleId::D2, check };

fn check(_: &Case<'_>) -> Check {
    // Transcribing is intercepting too, so the obligation stands in every recording mode.
    Check::Obliged
}
