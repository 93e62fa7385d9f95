//! What the call wants to learn, and how far it has come.

use alloc::vec::Vec;

use crate::act::{Topic, Verdict};
use crate::config::{Config, QuestionPlan, ReadBack};
use crate::id::{FieldId, ValueId};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// Heard, and waiting to be read back.
    Held(ValueId),
    Accepted,
    /// Answered by an earlier call.
    Before,
    /// The far end has none, may not say, or was asked too often.
    GivenUp,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    topic: Topic,
    plan: QuestionPlan,
    state: State,
    asked: u8,
    read: u8,
}

/// A value that has just been accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) topic: Topic,
    pub(crate) value: ValueId,
    pub(crate) read_back: bool,
}

/// The checklist of one call: the question set's fields, the representative's name, the reference number.
#[derive(Clone, Debug)]
pub(crate) struct Checklist {
    entries: Vec<Entry>,
    attempts_max: u8,
}

impl Checklist {
    pub(crate) fn new(config: &Config) -> Checklist {
        let entry = |topic, plan| Entry { topic, plan, state: State::Open, asked: 0, read: 0 };
        let fields = config.questions.iter().enumerate().map(|(at, plan)| {
            let id = FieldId(u16::try_from(at).unwrap_or(u16::MAX));
            let before = config.answered_before.contains(&id);
            let state = if before { State::Before } else { State::Open };
            Entry { state, ..entry(Topic::Field(id), *plan) }
        });
        let name = QuestionPlan { required: false, read_back: ReadBack::WhenUnsure };
        let reference = QuestionPlan { required: false, read_back: ReadBack::Always };
        let entries =
            fields.chain([entry(Topic::Name, name), entry(Topic::Reference, reference)]).collect();
        Checklist { entries, attempts_max: config.limits.attempts_max }
    }

    fn entry(&mut self, topic: Topic) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|e| e.topic == topic)
    }

    /// A value was heard. Says whether it stands at once.
    pub(crate) fn heard(
        &mut self,
        topic: Topic,
        verdict: Verdict,
        value: ValueId,
    ) -> Option<Accepted> {
        let entry = self.entry(topic)?;
        match (entry.state, verdict, entry.plan.read_back) {
            (State::Accepted | State::Before, _, _) => None,
            (_, Verdict::Refused, _) => {
                entry.state = State::GivenUp;
                None
            }
            (_, Verdict::Clear, ReadBack::WhenUnsure) => {
                entry.state = State::Accepted;
                Some(Accepted { topic, value, read_back: false })
            }
            (_, Verdict::Clear | Verdict::Unsure, _) => {
                entry.state = State::Held(value);
                None
            }
        }
    }

    /// Two answers disagree: an answer that was accepted without having been confirmed is asked for again. Says whether it was one.
    pub(crate) fn doubt(&mut self, topic: Topic) -> bool {
        if let Some(entry) = self.entry(topic)
            && entry.state == State::Accepted
            && entry.read == 0
        {
            entry.state = State::Open;
            return true;
        }
        false
    }

    /// The far end confirmed what was read back.
    pub(crate) fn confirmed(&mut self, topic: Topic, value: ValueId) -> Option<Accepted> {
        let entry = self.entry(topic)?;
        if entry.state != State::Held(value) {
            return None;
        }
        entry.state = State::Accepted;
        Some(Accepted { topic, value, read_back: true })
    }

    /// The far end said that what was read back is wrong.
    pub(crate) fn denied(&mut self, topic: Topic) {
        if let Some(entry) = self.entry(topic) {
            entry.state = State::Open;
        }
    }

    /// The far end does not have it.
    pub(crate) fn give_up(&mut self, topic: Topic) {
        if let Some(entry) = self.entry(topic)
            && !matches!(entry.state, State::Accepted | State::Before)
        {
            entry.state = State::GivenUp;
        }
    }

    /// The next value to read back. One that was read back too often stands unconfirmed instead.
    pub(crate) fn next_read_back(&mut self) -> Option<Result<(Topic, ValueId), Accepted>> {
        let attempts_max = self.attempts_max;
        let entry = self.entries.iter_mut().find(|e| matches!(e.state, State::Held(_)))?;
        let State::Held(value) = entry.state else {
            return None;
        };
        if entry.read >= attempts_max {
            entry.state = State::Accepted;
            return Some(Err(Accepted { topic: entry.topic, value, read_back: false }));
        }
        entry.read += 1;
        Some(Ok((entry.topic, value)))
    }

    /// The next topic to ask for, in order; one that was asked too often is given up.
    pub(crate) fn next_question(&mut self) -> Option<Topic> {
        let attempts_max = self.attempts_max;
        for entry in &mut self.entries {
            if entry.state != State::Open {
                continue;
            }
            if entry.asked >= attempts_max {
                entry.state = State::GivenUp;
                continue;
            }
            entry.asked += 1;
            return Some(entry.topic);
        }
        None
    }

    /// Whether any required question is without an accepted answer, and how many.
    pub(crate) fn missing(&self) -> u16 {
        let answered = |e: &Entry| matches!(e.state, State::Accepted | State::Before);
        let open = |e: &&Entry| e.plan.required && !answered(e);
        u16::try_from(self.entries.iter().filter(open).count()).unwrap_or(u16::MAX)
    }

    /// Whether the name and the reference number were given, or refused.
    pub(crate) fn is_signed_off(&self) -> bool {
        self.entries.iter().all(|e| {
            matches!(e.topic, Topic::Field(_))
                || matches!(e.state, State::Accepted | State::GivenUp)
        })
    }

    /// Whether an earlier call answered something.
    pub(crate) fn has_answers_before(&self) -> bool {
        self.entries.iter().any(|e| e.state == State::Before)
    }

    /// Whether this call won something.
    pub(crate) fn won_any(&self) -> bool {
        self.entries
            .iter()
            .any(|e| e.state == State::Accepted && matches!(e.topic, Topic::Field(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Limits;
    use alloc::vec;

    fn checklist() -> Checklist {
        let plan = QuestionPlan { required: true, read_back: ReadBack::WhenUnsure };
        let always = QuestionPlan { required: true, read_back: ReadBack::Always };
        Checklist::new(&Config {
            questions: vec![plan, always],
            answered_before: vec![],
            items: vec![],
            limits: Limits::default(),
        })
    }

    const FIRST: Topic = Topic::Field(FieldId(0));
    const SECOND: Topic = Topic::Field(FieldId(1));

    #[test]
    fn a_clear_answer_stands_and_an_unsure_one_waits_for_its_read_back() {
        let mut list = checklist();
        assert_eq!(list.missing(), 2);
        assert!(list.heard(FIRST, Verdict::Clear, ValueId(1)).is_some());
        assert!(list.heard(SECOND, Verdict::Clear, ValueId(2)).is_none());
        assert_eq!(list.next_read_back(), Some(Ok((SECOND, ValueId(2)))));
        assert!(list.confirmed(SECOND, ValueId(1)).is_none(), "another value was read back");
        let stands = list.confirmed(SECOND, ValueId(2)).unwrap();
        assert!(stands.read_back);
        assert_eq!(list.missing(), 0);
    }

    #[test]
    fn a_denied_value_is_asked_again_and_at_last_given_up() {
        let mut list = checklist();
        assert_eq!(list.next_question(), Some(FIRST));
        assert!(list.heard(FIRST, Verdict::Unsure, ValueId(1)).is_none());
        list.denied(FIRST);
        assert_eq!(list.next_question(), Some(FIRST));
        list.denied(FIRST);
        assert_eq!(list.next_question(), Some(FIRST));
        assert_eq!(list.next_question(), Some(SECOND), "three times is enough");
        assert_eq!(list.missing(), 2);
    }

    #[test]
    fn what_an_earlier_call_answered_is_neither_asked_nor_overwritten_nor_missing() {
        let plan = QuestionPlan { required: true, read_back: ReadBack::WhenUnsure };
        let config = Config {
            questions: vec![plan; 2],
            answered_before: vec![FieldId(0)],
            items: vec![],
            limits: Limits::default(),
        };
        let mut list = Checklist::new(&config);
        assert_eq!(list.missing(), 1);
        assert!(list.heard(FIRST, Verdict::Clear, ValueId(1)).is_none());
        list.give_up(FIRST);
        assert_eq!((list.missing(), list.next_question()), (1, Some(SECOND)));
        assert!(!list.won_any() && list.has_answers_before());
        assert!(list.heard(SECOND, Verdict::Clear, ValueId(2)).is_some());
        assert_eq!(list.missing(), 0);
    }

    #[test]
    fn an_accepted_answer_is_not_overwritten_by_a_later_one() {
        let mut list = checklist();
        assert!(list.heard(FIRST, Verdict::Clear, ValueId(1)).is_some());
        assert!(list.heard(FIRST, Verdict::Clear, ValueId(9)).is_none());
        assert!(list.doubt(FIRST));
        assert_eq!(list.next_question(), Some(FIRST), "a conflict opens it again");
    }
}
