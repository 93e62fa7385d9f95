//! When an agreement and its yearly written verification end, and when to begin renewing them.
//!
//! Sources: 45 CFR 164.308(b)(3), 164.314(a) (satisfactory assurances, in writing); the yearly verification is that of the proposed Security
//! Rule, 90 FR 898 (6 January 2025), kept here before it is law. This module refuses nothing: [`Register::egress`](super::Register::egress)
//! does.

use jiff::civil::Date;
use jiff::{Span, ToSpan};

use super::{Agreement, Location, Row};

/// How long a written verification holds, in days.
pub const VERIFICATION_DAYS: i32 = 365;

/// From how many days before its end a renewal is due.
pub const RENEWAL_DAYS: i32 = 30;

/// Something about a row that ends soon, or has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// The agreement itself.
    Agreement {
        /// Its last day.
        by: Date,
    },
    /// The vendor's written verification.
    Verification {
        /// The last day on which it holds.
        by: Date,
    },
}

impl Agreement {
    /// The last day on which the written verification holds.
    #[must_use]
    pub fn verification_ends(&self) -> Date {
        add(self.verified_at, VERIFICATION_DAYS.days())
    }

    /// The last day on which something may be sent under the agreement: its own, or its verification's.
    #[must_use]
    pub fn last_day(&self) -> Date {
        self.expires.min(self.verification_ends())
    }
}

impl Row {
    /// What must be renewed, as seen on `today`: from [`RENEWAL_DAYS`] days before its end. Nothing of a row on premises.
    #[must_use]
    pub fn renewals(&self, today: Date) -> Vec<Renewal> {
        let agreement = match &self.location {
            Location::OnPremises { .. } => return Vec::new(),
            Location::Hosted { agreement, .. } => agreement,
        };
        let is_due = |by: Date| by <= add(today, RENEWAL_DAYS.days());
        let mut due = Vec::new();
        if is_due(agreement.expires) {
            due.push(Renewal::Agreement { by: agreement.expires });
        }
        if is_due(agreement.verification_ends()) {
            due.push(Renewal::Verification { by: agreement.verification_ends() });
        }
        due
    }
}

/// A day that the calendar does not have is its last one: nothing ends after it.
fn add(day: Date, days: Span) -> Date {
    day.checked_add(days).unwrap_or(Date::MAX)
}

impl std::fmt::Display for Renewal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Renewal::Agreement { by } => write!(f, "the agreement ends on {by}"),
            Renewal::Verification { by } => write!(f, "the yearly verification ends on {by}"),
        }
    }
}
