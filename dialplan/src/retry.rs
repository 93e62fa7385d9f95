//! Which outcome of a call is tried again, when, and how often.
//!
//! What an outcome *is* stands in code, for it must not be configured away: nobody who refused to speak with a machine
//! is called again by one. How long to wait and how often to try is data. It does not look at the clock or at a payer's
//! hours; the caller gives both.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How one attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallOutcome {
    /// Every required question was answered or refused.
    Complete,
    /// The representative was heard out, and some questions stay open.
    Partial,
    /// The line was busy.
    Busy,
    /// Nobody answered.
    NoAnswer,
    /// The carrier could not put the call through.
    Failed,
    /// The line broke during the call.
    Dropped,
    /// The payer is closed.
    PayerClosed,
    /// Nobody came while we held.
    HoldTooLong,
    /// The number is not in service, or another party has it.
    WrongNumber,
    /// The menu could not be passed with the map that we have.
    MenuLost,
    /// The far end does not speak with machines, or asked for a human.
    RefusedAi,
    /// The far end asked not to be called (rule C2).
    DoNotCall,
    /// Policy refused the call.
    PolicyRefused,
    /// An operator or the kill switch ended it.
    Stopped,
    /// Our own fault: a node died, a vendor was down.
    OurFault,
}

/// What an outcome means for the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RetryClass {
    /// It is answered.
    Done,
    /// It may be tried again, as often as the rules for this reason allow.
    Again(AgainReason),
    /// It is never tried again by itself; staff decide.
    Never,
    /// It is never tried again by a machine; a person has to call.
    HumanOnly,
}

/// The reasons for which a request may be tried again; the names are those of the rules' tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgainReason {
    /// See [`CallOutcome::Busy`].
    Busy,
    /// See [`CallOutcome::NoAnswer`].
    NoAnswer,
    /// See [`CallOutcome::Failed`].
    Failed,
    /// See [`CallOutcome::Dropped`].
    Dropped,
    /// See [`CallOutcome::PayerClosed`].
    PayerClosed,
    /// See [`CallOutcome::HoldTooLong`].
    HoldTooLong,
    /// See [`CallOutcome::OurFault`].
    OurFault,
}

impl CallOutcome {
    /// What this outcome means for the request.
    #[must_use]
    pub const fn class(self) -> RetryClass {
        match self {
            // A partial result goes to staff: asking the same representative's colleague anew is their choice.
            CallOutcome::Complete | CallOutcome::Partial => RetryClass::Done,
            CallOutcome::Busy => RetryClass::Again(AgainReason::Busy),
            CallOutcome::NoAnswer => RetryClass::Again(AgainReason::NoAnswer),
            CallOutcome::Failed => RetryClass::Again(AgainReason::Failed),
            CallOutcome::Dropped => RetryClass::Again(AgainReason::Dropped),
            CallOutcome::PayerClosed => RetryClass::Again(AgainReason::PayerClosed),
            CallOutcome::HoldTooLong => RetryClass::Again(AgainReason::HoldTooLong),
            CallOutcome::OurFault => RetryClass::Again(AgainReason::OurFault),
            CallOutcome::WrongNumber
            | CallOutcome::MenuLost
            | CallOutcome::PolicyRefused
            | CallOutcome::Stopped => RetryClass::Never,
            CallOutcome::RefusedAi | CallOutcome::DoNotCall => RetryClass::HumanOnly,
        }
    }
}

/// How long to wait and how often to try, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetryRule {
    /// Minutes before the second, third, ... attempt; the last holds for all further ones.
    pub waits_min: Vec<u32>,
    /// All attempts of the request, for whatever reasons, the first included.
    pub attempts_max: u32,
}

/// The rules by reason. A reason without a rule is not tried again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RetryRules(BTreeMap<AgainReason, RetryRule>);

/// Why rules cannot be used. Ours to mend.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RetryRulesError {
    /// Not TOML, an unknown reason or an unknown key.
    #[error("the retry rules cannot be read: {0}")]
    Toml(String),
    /// Waits that would let a machine dial without pause.
    #[error("retry rule {0:?}: write at least one wait, each of a minute to a week")]
    Waits(AgainReason),
    /// More attempts than anyone would bear.
    #[error("retry rule {0:?}: attempts_max is 1 to {ATTEMPTS_MAX}")]
    Attempts(AgainReason),
}

/// The most attempts that rules may allow: no payer is to be called about one request more often.
pub const ATTEMPTS_MAX: u32 = 10;

/// The longest wait, minutes: a week.
const WAIT_MAX_MIN: u32 = 7 * 24 * 60;

/// What happens to a request after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another attempt, not before this.
    At(Timestamp),
    /// No further attempt.
    End(EndReason),
}

/// Why there is no further attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// It is answered.
    Done,
    /// Attempts are used up, or there is no rule for the reason.
    AttemptsUsedUp,
    /// The outcome is one that staff have to look at.
    StaffDecide,
    /// A person has to call.
    HumanOnly,
    /// The practice took the request back.
    Withdrawn,
}

impl RetryRules {
    /// The rules that are part of the program.
    ///
    /// # Errors
    /// For the embedded text a test shows that there are none.
    pub fn embedded() -> Result<RetryRules, RetryRulesError> {
        RetryRules::parse(include_str!("../data/retry.toml"))
    }

    /// Reads rules, one table a reason.
    ///
    /// # Errors
    /// [`RetryRulesError`] names the reason and the bound.
    pub fn parse(text: &str) -> Result<RetryRules, RetryRulesError> {
        let rules: RetryRules =
            toml::from_str(text).map_err(|e| RetryRulesError::Toml(e.message().to_owned()))?;
        for (reason, rule) in &rules.0 {
            let fits = |wait: &u32| (1..=WAIT_MAX_MIN).contains(wait);
            if rule.waits_min.is_empty() || !rule.waits_min.iter().all(fits) {
                return Err(RetryRulesError::Waits(*reason));
            }
            if !(1..=ATTEMPTS_MAX).contains(&rule.attempts_max) {
                return Err(RetryRulesError::Attempts(*reason));
            }
        }
        Ok(rules)
    }

    /// What happens after attempt number `attempt` (from 1) ended so at `now`.
    ///
    /// `payer_opens` is when the payer's line answers next, where that is known: no attempt comes before it.
    #[must_use]
    pub fn next(
        &self,
        outcome: CallOutcome,
        attempt: u32,
        now: Timestamp,
        payer_opens: Option<Timestamp>,
    ) -> Next {
        let reason = match outcome.class() {
            RetryClass::Done => return Next::End(EndReason::Done),
            RetryClass::Never => return Next::End(EndReason::StaffDecide),
            RetryClass::HumanOnly => return Next::End(EndReason::HumanOnly),
            RetryClass::Again(reason) => reason,
        };
        let Some(rule) = self.0.get(&reason).filter(|rule| attempt < rule.attempts_max) else {
            return Next::End(EndReason::AttemptsUsedUp);
        };
        let place = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
        let Some(wait) = rule.waits_min.get(place).or(rule.waits_min.last()) else {
            return Next::End(EndReason::AttemptsUsedUp);
        };
        let wait = SignedDuration::from_mins(i64::from(*wait));
        let at = now.checked_add(wait).unwrap_or(Timestamp::MAX);
        Next::At(payer_opens.map_or(at, |opens| at.max(opens)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [CallOutcome; 15] = [
        CallOutcome::Complete,
        CallOutcome::Partial,
        CallOutcome::Busy,
        CallOutcome::NoAnswer,
        CallOutcome::Failed,
        CallOutcome::Dropped,
        CallOutcome::PayerClosed,
        CallOutcome::HoldTooLong,
        CallOutcome::WrongNumber,
        CallOutcome::MenuLost,
        CallOutcome::RefusedAi,
        CallOutcome::DoNotCall,
        CallOutcome::PolicyRefused,
        CallOutcome::Stopped,
        CallOutcome::OurFault,
    ];

    fn at(min: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + min * 60).unwrap()
    }

    #[test]
    fn every_reason_has_an_embedded_rule() {
        let rules = RetryRules::embedded().unwrap();
        for outcome in ALL {
            if let RetryClass::Again(_) = outcome.class() {
                assert!(matches!(rules.next(outcome, 1, at(0), None), Next::At(_)), "{outcome:?}");
            }
        }
    }

    #[test]
    fn waits_grow_and_end() {
        let rules = RetryRules::embedded().unwrap();
        let next = |attempt| rules.next(CallOutcome::Busy, attempt, at(0), None);
        assert_eq!(next(1), Next::At(at(5)));
        assert_eq!(next(2), Next::At(at(15)));
        assert_eq!(next(3), Next::At(at(30)));
        assert_eq!(next(4), Next::At(at(30)));
        assert_eq!(next(5), Next::End(EndReason::AttemptsUsedUp));
        assert_eq!(next(u32::MAX), Next::End(EndReason::AttemptsUsedUp));
    }

    #[test]
    fn a_payer_that_opens_later_is_waited_for() {
        let rules = RetryRules::embedded().unwrap();
        let next = |opens| rules.next(CallOutcome::PayerClosed, 1, at(0), opens);
        assert_eq!(next(Some(at(600))), Next::At(at(600)));
        assert_eq!(next(Some(at(10))), Next::At(at(60)));
    }

    #[test]
    fn no_rules_mean_no_further_attempt() {
        let next = RetryRules::default().next(CallOutcome::Busy, 1, at(0), None);
        assert_eq!(next, Next::End(EndReason::AttemptsUsedUp));
    }

    #[test]
    fn rules_out_of_bounds_are_refused() {
        let rule = |waits: &str, max| format!("[busy]\nwaits_min = {waits}\nattempts_max = {max}");
        assert!(RetryRules::parse(&rule("[1]", 2)).is_ok());
        for waits in ["[]", "[0]", "[5, 0]", "[10081]"] {
            let refused = RetryRules::parse(&rule(waits, 2));
            assert_eq!(refused, Err(RetryRulesError::Waits(AgainReason::Busy)), "{waits}");
        }
        for max in [0, 11] {
            let refused = RetryRules::parse(&rule("[5]", max));
            assert_eq!(refused, Err(RetryRulesError::Attempts(AgainReason::Busy)));
        }
        for text in ["[refused_ai]\nwaits_min = [5]\nattempts_max = 2", "[busy]\nwait = 5", "[busy"]
        {
            assert!(matches!(RetryRules::parse(text), Err(RetryRulesError::Toml(_))), "{text}");
        }
    }

    proptest! {
        /// Whatever the rules say: no machine calls again after a refusal, and what is done stays done.
        #[test]
        fn an_end_in_code_cannot_be_configured_away(
            outcome in proptest::sample::select(&ALL[..]), attempt in 1_u32..20,
        ) {
            let rules = RetryRules::embedded().unwrap();
            let next = rules.next(outcome, attempt, at(0), None);
            match outcome.class() {
                RetryClass::Done => prop_assert_eq!(next, Next::End(EndReason::Done)),
                RetryClass::Never => prop_assert_eq!(next, Next::End(EndReason::StaffDecide)),
                RetryClass::HumanOnly => prop_assert_eq!(next, Next::End(EndReason::HumanOnly)),
                RetryClass::Again(_) => match next {
                    Next::At(when) => prop_assert!(when > at(0) && attempt < ATTEMPTS_MAX),
                    Next::End(why) => prop_assert_eq!(why, EndReason::AttemptsUsedUp),
                },
            }
        }
    }
}
