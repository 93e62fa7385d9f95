//! How long each class of record is kept, and whether a record is due to be purged (rule R1).
//!
//! A period is a number of days in the tenant's policy. [`Periods`] is made from it only where every class has one, none of them shorter
//! than the law lets it be; a policy that was never set purges nothing. [`Periods::due`] is the one answer to whether a record may go,
//! and a [`PurgePermit`] is the only way on from there: the store purges nothing without one.
//!
//! Sources: 45 CFR 164.316(b)(2)(i) (policies and records of required actions: six years from creation or from when they were last in
//! effect, whichever is later); 47 CFR 64.1200(d)(6) (do-not-call requests: five years); 45 CFR 164.502(b) (minimum necessary), for
//! what need not be kept. The recommended periods are for counsel to confirm.
//!
//! This module deletes nothing, knows no files and reads no clock.

use core::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::egress::{Field, FieldSet};

/// Six years, in days: with as many leap days as six years can have, so that it is never a day short.
pub const SIX_YEARS_DAYS: u32 = 6 * 365 + 2;
/// The longest period that is taken for meant: a hundred years.
pub const DAYS_MAX: u32 = 36_525;

/// What becomes of a class's records at the end of their period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Disposal {
    /// Files of a call are deleted.
    Files,
    /// The request is erased: its data key is destroyed, and its files go with it.
    Erasure,
    /// Nothing of the program deletes them. They are exported, and archived or destroyed with the database they lie in.
    Archive,
    /// The program does not keep them: whoever collects its output does.
    Elsewhere,
}

macro_rules! classes {
    ($($(#[$doc:meta])* $name:ident $key:ident = $text:literal, $floor:expr, $recommended:expr, $disposal:ident, $source:literal;)*) => {
        /// A class of records. A closed list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum RecordClass { $($(#[$doc])* $name,)* }

        impl RecordClass {
            /// Every class.
            pub const ALL: &'static [RecordClass] = &[$(RecordClass::$name,)*];

            /// The stable name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(RecordClass::$name => $text,)* }
            }

            /// The policy's key for its period.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(RecordClass::$name => stringify!($key),)* }
            }

            /// The shortest period that a policy may set, in days.
            #[must_use]
            pub const fn floor_days(self) -> u32 {
                match self { $(RecordClass::$name => $floor,)* }
            }

            /// The recommended period, in days.
            #[must_use]
            pub const fn recommended_days(self) -> u32 {
                match self { $(RecordClass::$name => $recommended,)* }
            }

            /// What becomes of its records at the end of their period.
            #[must_use]
            pub const fn disposal(self) -> Disposal {
                match self { $(RecordClass::$name => Disposal::$disposal,)* }
            }

            /// Why so long.
            #[must_use]
            pub const fn source(self) -> &'static str {
                match self { $(RecordClass::$name => $source,)* }
            }
        }

        /// The period of each class, in days, as a tenant's policy sets it. Zero is not set, and refused.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct RetentionPolicy { $($(#[$doc])* pub $key: u32,)* }

        impl RetentionPolicy {
            /// The recommended periods.
            #[must_use]
            pub const fn recommended() -> RetentionPolicy {
                RetentionPolicy { $($key: RecordClass::$name.recommended_days(),)* }
            }

            const fn days(&self, class: RecordClass) -> u32 {
                match class { $(RecordClass::$name => self.$key,)* }
            }
        }
    };
}

classes! {
    /// The audit chain.
    Audit audit_days = "audit", SIX_YEARS_DAYS, SIX_YEARS_DAYS, Archive, "45 CFR 164.316(b)(2)(i)";
    /// Consents and refusals, from when they were last in effect.
    Consent consent_days = "consent", SIX_YEARS_DAYS, SIX_YEARS_DAYS, Archive,
        "45 CFR 164.316(b)(2)(i); 28 U.S.C. 1658(a)";
    /// Opt-outs.
    OptOut opt_out_days = "opt_out", SIX_YEARS_DAYS, SIX_YEARS_DAYS, Archive,
        "45 CFR 164.316(b)(2)(i); 47 CFR 64.1200(d)(6)";
    /// Vendors' agreements.
    Agreement agreement_days = "agreement", SIX_YEARS_DAYS, SIX_YEARS_DAYS, Archive,
        "45 CFR 164.316(b)(2)(i), 164.504(e)";
    /// Policies that calls were decided under, and those decisions.
    Policies policies_days = "policies", SIX_YEARS_DAYS, SIX_YEARS_DAYS, Archive, "45 CFR 164.316(b)(2)(i)";
    /// Evidence of disclosure: the journal of a call. It holds ids and times, and no patient value.
    Disclosure disclosure_days = "disclosure", SIX_YEARS_DAYS, SIX_YEARS_DAYS, Files,
        "45 CFR 164.316(b)(2)(i); 47 CFR 64.1200(b)";
    /// The recording of a call.
    Audio audio_days = "audio", 1, 30, Files, "45 CFR 164.502(b)";
    /// The words of a call, unless its result is accepted before.
    Words words_days = "words", 1, 90, Files, "45 CFR 164.502(b)";
    /// What vendors were sent and answered.
    Exchanges exchanges_days = "exchanges", 1, 30, Files, "45 CFR 164.502(b)";
    /// The request: who it is about, and its result. As the clinic's record policy has it.
    Result result_days = "result", 1, SIX_YEARS_DAYS, Erasure, "the clinic's record policy; state record laws";
    /// Logs. They hold no patient value.
    Log log_days = "log", 1, 90, Elsewhere, "own rule";
}

impl RecordClass {
    /// Whether the law wants six years: then nothing makes it due earlier.
    #[must_use]
    pub const fn is_six_year(self) -> bool {
        self.floor_days() >= SIX_YEARS_DAYS
    }

    /// The fields that go with it: how an audit entry says which class was purged.
    #[must_use]
    pub const fn fields(self) -> FieldSet {
        match self {
            RecordClass::Disclosure => FieldSet::of(&[Field::CallTiming]),
            RecordClass::Audio => FieldSet::of(&[Field::Recording]),
            RecordClass::Words => FieldSet::of(&[Field::Transcript]),
            RecordClass::Exchanges => FieldSet::of(&[Field::AgentWords, Field::ModelTokens]),
            RecordClass::Result => FieldSet::PATIENT
                .minus(FieldSet::of(&[Field::Ssn]))
                .union(FieldSet::of(&[Field::ResultFields])),
            RecordClass::Audit
            | RecordClass::Consent
            | RecordClass::OptOut
            | RecordClass::Agreement
            | RecordClass::Policies
            | RecordClass::Log => FieldSet::EMPTY,
        }
    }
}

impl fmt::Display for RecordClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A period that cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is {days}: write {} to {DAYS_MAX} days ({})", .class.key(), .class.floor_days(), .class.source())]
pub struct BadPeriod {
    /// Whose.
    pub class: RecordClass,
    /// What the policy says.
    pub days: u32,
}

/// When a record began to age, and whether it is needed still.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordTimes {
    /// When it was made or was last in effect, whichever is later. `None`: it is in effect.
    pub last_in_effect: Option<Timestamp>,
    /// From when on it is not needed, whatever its period: the result was accepted, its request erased. Classes that the law wants kept
    /// for six years know no such time.
    pub released: Option<Timestamp>,
}

/// Whether a legal hold stands on a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hold {
    /// None does.
    Free,
    /// At least one does.
    Held,
}

/// Leave to purge one record. Only [`Periods::due`] makes one; it cannot be copied or stored.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "what is due is purged, or tried again in the next round"]
pub struct PurgePermit {
    class: RecordClass,
}

impl PurgePermit {
    /// Of which class the record is.
    #[must_use]
    pub const fn class(&self) -> RecordClass {
        self.class
    }
}

/// Whether a record may be purged.
#[derive(Debug, PartialEq, Eq)]
pub enum Due {
    /// Its period has not begun.
    InEffect,
    /// Its period is not over. `None`: it never will be, for no calendar has the day.
    Kept {
        /// The first moment at which it may be purged.
        until: Option<Timestamp>,
    },
    /// Its period is over, and a legal hold keeps it.
    Held,
    /// It may be purged now.
    Purge(PurgePermit),
}

/// The periods of a policy that may be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Periods(RetentionPolicy);

impl Periods {
    /// Takes a policy's periods.
    ///
    /// # Errors
    /// Every [`BadPeriod`]: not set, shorter than the law lets it be, or longer than a hundred years.
    pub fn new(policy: &RetentionPolicy) -> Result<Periods, Vec<BadPeriod>> {
        let bad: Vec<BadPeriod> = RecordClass::ALL
            .iter()
            .map(|class| BadPeriod { class: *class, days: policy.days(*class) })
            .filter(|period| !(period.class.floor_days()..=DAYS_MAX).contains(&period.days))
            .collect();
        if bad.is_empty() { Ok(Periods(*policy)) } else { Err(bad) }
    }

    /// How many days a class is kept.
    #[must_use]
    pub const fn days(&self, class: RecordClass) -> u32 {
        self.0.days(class)
    }

    fn period(&self, class: RecordClass) -> SignedDuration {
        SignedDuration::from_hours(i64::from(self.days(class)) * 24)
    }

    /// What was last in effect at this moment, or before it, is past its period at `now`. `None`: nothing is, for time is not that old.
    #[must_use]
    pub fn cutoff(&self, class: RecordClass, now: Timestamp) -> Option<Timestamp> {
        now.checked_sub(self.period(class)).ok()
    }

    /// Whether a record may be purged at `now`. A day is 24 hours: what became old at a moment is kept until that moment of the last day,
    /// to the microsecond. A legal hold wins over everything.
    #[must_use]
    pub fn due(&self, class: RecordClass, times: RecordTimes, hold: Hold, now: Timestamp) -> Due {
        let released = if class.is_six_year() { None } else { times.released };
        let over = times.last_in_effect.map(|at| at.checked_add(self.period(class)).ok());
        let until = match (over, released) {
            (None, None) => return Due::InEffect,
            (None, Some(released)) => Some(released),
            (Some(over), None) => over,
            (Some(over), Some(released)) => Some(over.map_or(released, |over| over.min(released))),
        };
        match (until, hold) {
            (Some(at), Hold::Free) if at <= now => Due::Purge(PurgePermit { class }),
            (Some(at), Hold::Held) if at <= now => Due::Held,
            (until, Hold::Free | Hold::Held) => Due::Kept { until },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use static_assertions::assert_not_impl_any;

    use super::*;

    assert_not_impl_any!(PurgePermit: Clone, Copy, Default, Serialize, serde::de::DeserializeOwned);

    fn periods() -> Periods {
        Periods::new(&RetentionPolicy::recommended()).unwrap()
    }

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_microsecond(micros).unwrap()
    }

    fn aged(micros: i64) -> RecordTimes {
        RecordTimes { last_in_effect: Some(at(micros)), released: None }
    }

    const DAY: i64 = 24 * 3_600 * 1_000_000;

    #[test]
    fn each_class_is_due_at_its_time_and_not_a_microsecond_before() {
        let made = 1_800_000_000_000_001;
        for class in RecordClass::ALL {
            let end = made + i64::from(class.recommended_days()) * DAY;
            let due = |now| periods().due(*class, aged(made), Hold::Free, at(now));
            assert_eq!(due(end - 1), Due::Kept { until: Some(at(end)) }, "{class}");
            assert_eq!(due(end), Due::Purge(PurgePermit { class: *class }), "{class}");
            assert_eq!(periods().cutoff(*class, at(end)), Some(at(made)));
        }
    }

    #[test]
    fn six_years_are_never_a_day_short() {
        // Every six years of a century, whatever leap days lie in them.
        for year in 2000..2100 {
            let begin = jiff::civil::date(year, 3, 1);
            let end = jiff::civil::date(year + 6, 3, 1);
            let days = begin.until(end).unwrap().get_days();
            assert!(i64::from(days) <= i64::from(SIX_YEARS_DAYS), "{year}: {days}");
        }
    }

    #[test]
    fn a_policy_of_a_day_is_refused_for_what_the_law_wants_kept() {
        let one = RetentionPolicy {
            audit_days: 1,
            consent_days: 1,
            opt_out_days: 1,
            agreement_days: 1,
            policies_days: 1,
            disclosure_days: 1,
            ..RetentionPolicy::recommended()
        };
        let bad = Periods::new(&one).unwrap_err();
        let classes: Vec<RecordClass> = bad.iter().map(|bad| bad.class).collect();
        let six: Vec<RecordClass> =
            RecordClass::ALL.iter().copied().filter(|class| class.is_six_year()).collect();
        assert_eq!(classes, six, "all at once, and no other");
        let text = bad[0].to_string();
        assert_eq!(text, "`audit_days` is 1: write 2192 to 36525 days (45 CFR 164.316(b)(2)(i))");
    }

    #[test]
    fn what_is_not_set_and_what_is_endless_are_refused() {
        assert_eq!(
            Periods::new(&RetentionPolicy::default()).unwrap_err().len(),
            RecordClass::ALL.len()
        );
        let endless = RetentionPolicy { audio_days: u32::MAX, ..RetentionPolicy::recommended() };
        assert_eq!(Periods::new(&endless).unwrap_err()[0].class, RecordClass::Audio);
    }

    #[test]
    fn words_go_when_the_result_is_accepted_and_evidence_does_not() {
        let (made, accepted) = (1_800_000_000_000_000, 1_800_000_000_000_500);
        let times = RecordTimes { released: Some(at(accepted)), ..aged(made) };
        let due = |class, now| periods().due(class, times, Hold::Free, at(now));
        assert!(matches!(due(RecordClass::Words, accepted - 1), Due::Kept { .. }));
        assert!(matches!(due(RecordClass::Words, accepted), Due::Purge(_)));
        assert!(matches!(due(RecordClass::Disclosure, accepted), Due::Kept { .. }));
    }

    #[test]
    fn what_is_in_effect_is_not_due() {
        let due =
            periods().due(RecordClass::Consent, RecordTimes::default(), Hold::Free, Timestamp::MAX);
        assert_eq!(due, Due::InEffect);
    }

    fn class() -> impl Strategy<Value = RecordClass> {
        (0..RecordClass::ALL.len()).prop_map(|at| RecordClass::ALL[at])
    }

    /// Any policy that is taken, with every period anywhere between its floor and the longest.
    fn any_periods() -> impl Strategy<Value = Periods> {
        proptest::collection::vec(0.0..=1.0_f64, RecordClass::ALL.len()).prop_map(|shares| {
            let json: serde_json::Map<String, serde_json::Value> = RecordClass::ALL
                .iter()
                .zip(shares)
                .map(|(class, share)| {
                    let span = f64::from(DAYS_MAX - class.floor_days());
                    let days = class.floor_days() + (span * share) as u32;
                    (class.key().to_owned(), days.into())
                })
                .collect();
            Periods::new(&serde_json::from_value(json.into()).unwrap()).unwrap()
        })
    }

    /// The last moment that can be made of microseconds: the last whole second there is.
    fn last() -> i64 {
        Timestamp::MAX.as_second() * 1_000_000
    }

    fn moment() -> impl Strategy<Value = i64> {
        0..last()
    }

    #[test]
    fn the_last_moment_is_one() {
        assert!(at(last()) < Timestamp::MAX);
    }

    proptest! {
        #[test]
        fn a_hold_wins_over_everything(
            periods in any_periods(), class in class(), made in proptest::option::of(moment()),
            released in proptest::option::of(moment()), now in moment(),
        ) {
            let times = RecordTimes { last_in_effect: made.map(at), released: released.map(at) };
            let due = periods.due(class, times, Hold::Held, at(now));
            prop_assert!(!matches!(due, Due::Purge(_)));
        }

        #[test]
        fn no_policy_and_no_release_makes_six_years_shorter(
            periods in any_periods(), class in class(), made in moment(), released in moment(), now in moment(),
        ) {
            prop_assume!(class.is_six_year());
            let times = RecordTimes { last_in_effect: Some(at(made)), released: Some(at(released)) };
            if let Due::Purge(_) = periods.due(class, times, Hold::Free, at(now)) {
                prop_assert!(now - made >= i64::from(SIX_YEARS_DAYS) * DAY);
            }
        }

        #[test]
        fn what_is_due_stays_due_and_the_cutoff_agrees(
            periods in any_periods(), class in class(), made in moment(), now in moment(), later in 0..1_000 * DAY,
        ) {
            let due = |now| matches!(periods.due(class, aged(made), Hold::Free, now), Due::Purge(_));
            let (now, later) = (at(now), at(now.saturating_add(later).min(last())));
            prop_assert!(!due(now) || due(later));
            prop_assert_eq!(due(now), periods.cutoff(class, now).is_some_and(|cutoff| at(made) <= cutoff));
        }
    }
}
