//! What patients said to being called, and to being called about: a history of events, and the state that follows from it (C1, C4).
//!
//! An event is added and never changed. The state is a fold over the times at which things were said, not over the order in which they
//! were written down: a grant holds where nothing was refused or revoked at the same time or later. So at the same moment refusal wins,
//! and a refusal that is written down late counts from when it was said. Source: 47 CFR 64.1200(a)(10) (revocation by any reasonable
//! means), 45 CFR 164.522. Verified 2026-10-01.
//!
//! This module does not judge how consent was worded, whether the evidence is good, or whether a call may be placed.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::audit::Actor;
use crate::class::CallPurpose;
use crate::digest::KeyedDigest;
use crate::facts::{AiCallConsent, ConsentMethod};
use crate::id::ObjectId;

/// What was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentAct {
    /// Yes.
    Granted,
    /// No, when asked.
    Refused,
    /// No more, after a yes.
    Revoked,
}

impl ConsentAct {
    /// The stable name, as in the store and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            ConsentAct::Granted => "granted",
            ConsentAct::Refused => "refused",
            ConsentAct::Revoked => "revoked",
        }
    }

    /// Whether it ends what was granted before it.
    #[must_use]
    pub const fn withdraws(self) -> bool {
        match self {
            ConsentAct::Granted => false,
            ConsentAct::Refused | ConsentAct::Revoked => true,
        }
    }
}

/// Who said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentGiver {
    /// The patient.
    Patient,
    /// Who may speak for the patient: a parent, a guardian, an agent (45 CFR 164.502(g)).
    PersonalRepresentative,
}

/// To what it was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ConsentTo {
    /// To being the subject of calls by an AI voice (rule C4).
    AiCall,
    /// To being called by one: prior express consent (rule C1; 47 U.S.C. 227(b)(1)).
    PriorExpress {
        /// The number that may be called.
        number: KeyedDigest,
        /// What the calls may be about. A refusal or revocation ends all of it, whatever it names.
        scope: BTreeSet<CallPurpose>,
        /// The version of the text that was agreed to.
        text: ObjectId,
    },
}

/// One thing that was said, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentEvent {
    /// The event's own id.
    pub id: ObjectId,
    /// To what it was said.
    pub to: ConsentTo,
    /// What.
    pub act: ConsentAct,
    /// When.
    pub at: Timestamp,
    /// Who said it.
    pub given_by: ConsentGiver,
    /// How.
    pub method: ConsentMethod,
    /// The kept evidence: a form, a note, a recording. An id, never a description.
    pub evidence: ObjectId,
    /// Who wrote it down.
    pub recorded_by: Actor,
    /// When that was.
    pub recorded_at: Timestamp,
}

/// Where prior express consent stands for a number and a purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriorExpress<'a> {
    /// It is granted, by this event.
    Granted(&'a ConsentEvent),
    /// Something is granted, but not for this purpose.
    OutOfScope,
    /// It was refused or revoked last.
    Withdrawn,
    /// Nothing was ever said about the number.
    Absent,
}

/// The events about one person or number. It grows and never shrinks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct History(Vec<ConsentEvent>);

/// An event of this id is in the history already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the history has an event of this id already: an event is never replaced")]
pub struct AlreadyThere;

impl History {
    /// The history of some events, in any order.
    #[must_use]
    pub fn of(events: impl IntoIterator<Item = ConsentEvent>) -> History {
        History(events.into_iter().collect())
    }

    /// Adds an event.
    ///
    /// # Errors
    /// [`AlreadyThere`] where one of its id is there; the history is as before then.
    pub fn append(&mut self, event: ConsentEvent) -> Result<(), AlreadyThere> {
        if self.0.iter().any(|there| there.id == event.id) {
            return Err(AlreadyThere);
        }
        self.0.push(event);
        Ok(())
    }

    /// Every event, in the order in which they were added.
    #[must_use]
    pub fn events(&self) -> &[ConsentEvent] {
        &self.0
    }

    /// Where the consent to being the subject of AI calls stands (rule C4).
    #[must_use]
    pub fn ai_call(&self) -> AiCallConsent {
        let said = || self.0.iter().filter(|event| event.to == ConsentTo::AiCall);
        let withdrawn = latest(said().filter(|event| event.act.withdraws()));
        let standing = |event: &&ConsentEvent| {
            !event.act.withdraws() && withdrawn.is_none_or(|no| no.at < event.at)
        };
        let parts = |event: &ConsentEvent| (event.at, event.method, event.evidence.clone());
        if let Some(granted) = latest(said().filter(standing)) {
            let (at, method, evidence) = parts(granted);
            return AiCallConsent::Granted { at, method, evidence };
        }
        withdrawn.map_or(AiCallConsent::Absent, |event| {
            let (at, method, evidence) = parts(event);
            AiCallConsent::Refused { at, method, evidence }
        })
    }

    /// Where prior express consent to calls about `purpose` at a number stands (rule C1).
    #[must_use]
    pub fn prior_express(&self, wanted: &KeyedDigest, purpose: CallPurpose) -> PriorExpress<'_> {
        let said = || {
            self.0.iter().filter_map(|event| match &event.to {
                ConsentTo::PriorExpress { number, scope, .. } if number == wanted => {
                    Some((event, scope))
                }
                ConsentTo::PriorExpress { .. } | ConsentTo::AiCall => None,
            })
        };
        let withdrawals = said().filter(|(event, _)| event.act.withdraws());
        let withdrawn = latest(withdrawals.map(|(event, _)| event));
        let standing = || {
            said().filter(move |(event, _)| {
                !event.act.withdraws() && withdrawn.is_none_or(|no| no.at < event.at)
            })
        };
        let covering = standing().filter(|(_, scope)| scope.contains(&purpose));
        match (latest(covering.map(|(event, _)| event)), standing().next(), withdrawn) {
            (Some(event), _, _) => PriorExpress::Granted(event),
            (None, Some(_), _) => PriorExpress::OutOfScope,
            (None, None, Some(_)) => PriorExpress::Withdrawn,
            (None, None, None) => PriorExpress::Absent,
        }
    }
}

/// The last that was said; of several at one time, the one of the greatest id, so that the order of writing does not matter.
fn latest<'a>(events: impl Iterator<Item = &'a ConsentEvent>) -> Option<&'a ConsentEvent> {
    events.max_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::PersonId;

    fn event(id: usize, act: ConsentAct, second: i64, to: ConsentTo) -> ConsentEvent {
        ConsentEvent {
            id: ObjectId::new(&format!("e{id}")).unwrap(),
            to,
            act,
            at: Timestamp::from_second(second).unwrap(),
            given_by: ConsentGiver::Patient,
            method: ConsentMethod::Verbal,
            evidence: ObjectId::new(&format!("note-{id}")).unwrap(),
            recorded_by: Actor::Person(PersonId::new("ann").unwrap()),
            recorded_at: Timestamp::from_second(1_000).unwrap(),
        }
    }

    fn number(of: &str) -> KeyedDigest {
        KeyedDigest::from_bytes(*crate::Digest::of(of.as_bytes()).as_bytes())
    }

    fn prior(scope: &[CallPurpose]) -> ConsentTo {
        let scope = scope.iter().copied().collect();
        ConsentTo::PriorExpress { number: number("a"), scope, text: ObjectId::new("v3").unwrap() }
    }

    const YES: ConsentAct = ConsentAct::Granted;

    #[test]
    fn at_the_same_moment_refusal_wins_whatever_was_written_down_first() {
        for no in [ConsentAct::Refused, ConsentAct::Revoked] {
            for (first, second) in [(YES, no), (no, YES)] {
                let history = History::of(
                    [first, second]
                        .into_iter()
                        .enumerate()
                        .map(|(id, act)| event(id, act, 10, ConsentTo::AiCall)),
                );
                assert!(matches!(history.ai_call(), AiCallConsent::Refused { .. }));
            }
        }
    }

    #[test]
    fn a_refusal_that_is_written_down_late_counts_from_when_it_was_said() {
        let mut history = History::of([event(0, YES, 10, ConsentTo::AiCall)]);
        history.append(event(1, ConsentAct::Revoked, 5, ConsentTo::AiCall)).unwrap();
        assert!(matches!(history.ai_call(), AiCallConsent::Granted { .. }), "agreed after it");
        history.append(event(2, ConsentAct::Revoked, 11, ConsentTo::AiCall)).unwrap();
        assert!(matches!(history.ai_call(), AiCallConsent::Refused { .. }));
        assert_eq!(history.events().len(), 3, "all of it is still there");
        assert_eq!(history.append(event(2, YES, 12, ConsentTo::AiCall)), Err(AlreadyThere));
        assert!(matches!(history.ai_call(), AiCallConsent::Refused { .. }));
    }

    #[test]
    fn each_kind_and_each_number_stands_alone() {
        let purpose = CallPurpose::DentalBenefits;
        let history = History::of([
            event(0, YES, 1, prior(&[purpose])),
            event(1, ConsentAct::Refused, 2, ConsentTo::AiCall),
        ]);
        assert!(matches!(history.prior_express(&number("a"), purpose), PriorExpress::Granted(_)));
        assert_eq!(history.prior_express(&number("b"), purpose), PriorExpress::Absent);
        let other = CallPurpose::MedicalBenefits;
        assert_eq!(history.prior_express(&number("a"), other), PriorExpress::OutOfScope);
        assert!(matches!(history.ai_call(), AiCallConsent::Refused { .. }));
    }

    #[test]
    fn a_revocation_ends_every_scope() {
        let (dental, medical) = (CallPurpose::DentalBenefits, CallPurpose::MedicalBenefits);
        let mut history =
            History::of([event(0, YES, 1, prior(&[dental])), event(1, YES, 2, prior(&[medical]))]);
        for purpose in [dental, medical] {
            let state = history.prior_express(&number("a"), purpose);
            assert!(matches!(state, PriorExpress::Granted(_)));
        }
        history.append(event(2, ConsentAct::Revoked, 3, prior(&[dental]))).unwrap();
        for purpose in [dental, medical] {
            let state = history.prior_express(&number("a"), purpose);
            assert_eq!(state, PriorExpress::Withdrawn);
        }
    }

    fn acts() -> impl Strategy<Value = Vec<(ConsentAct, i64)>> {
        let act = prop_oneof![
            Just(ConsentAct::Granted),
            Just(ConsentAct::Refused),
            Just(ConsentAct::Revoked)
        ];
        proptest::collection::vec((act, 0_i64..6), 0..8)
    }

    proptest! {
        #[test]
        fn the_state_does_not_depend_on_the_order_of_writing(said in acts(), turn in 0_usize..8) {
            let events: Vec<ConsentEvent> = said
                .iter()
                .enumerate()
                .map(|(id, (act, at))| event(id, *act, *at, ConsentTo::AiCall))
                .collect();
            let mut turned = events.clone();
            turned.rotate_left(if events.is_empty() { 0 } else { turn % events.len() });
            let mut back = events.clone();
            back.reverse();
            let state = History::of(events).ai_call();
            prop_assert_eq!(&History::of(turned).ai_call(), &state);
            prop_assert_eq!(&History::of(back).ai_call(), &state);
        }

        #[test]
        fn a_last_word_of_refusal_always_refuses(said in acts()) {
            let mut history = History::of(
                said.iter().enumerate().map(|(id, (act, at))| event(id, *act, *at, ConsentTo::AiCall)),
            );
            let last = said.iter().map(|(_, at)| *at).max().unwrap_or(0);
            history.append(event(99, ConsentAct::Revoked, last, ConsentTo::AiCall)).unwrap();
            let refused = matches!(history.ai_call(), AiCallConsent::Refused { .. });
            prop_assert!(refused);
        }

        #[test]
        fn granted_means_that_nothing_was_refused_since(said in acts()) {
            let history = History::of(
                said.iter().enumerate().map(|(id, (act, at))| event(id, *act, *at, ConsentTo::AiCall)),
            );
            if let AiCallConsent::Granted { at, .. } = history.ai_call() {
                let later = history.events().iter().any(|e| e.act.withdraws() && e.at >= at);
                prop_assert!(!later);
            }
        }
    }
}
