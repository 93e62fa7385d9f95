//! Whose a percentage is, and values that are said once for several services.
//!
//! The words come from the question set ([`callwright_prompts::question::Shares`]). A share of which nobody said whose it is, is taken
//! for the plan's and read back as such: the question asked for that one.

use super::assign::{Candidate, Rank, value_for};
use super::clause::Search;
use super::mention::Mention;
use super::phrase;
use crate::value::Value;

/// Whose share it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Patient,
    Plan,
}

impl Search<'_> {
    /// The plan's share, from a percentage that is the plan's or the patient's. One that had to be turned round is in doubt: what was
    /// understood is then said to the far end in the plan's terms.
    pub(super) fn plan_share(
        &self,
        share: u8,
        sure: bool,
        mention: &Mention,
        clause: (usize, usize),
    ) -> (Value, bool) {
        match self.whose(mention, clause) {
            Some((Whose::Plan, clear)) => (Value::PlanShare(share), sure && clear),
            Some((Whose::Patient, _)) => (Value::PlanShare(100 - share.min(100)), false),
            None => (Value::PlanShare(share), false),
        }
    }

    /// The phrase nearest before the value decides, else the nearest after it; and whether they agree. A phrase right before another
    /// value is that one's: "the plan pays eighty percent, you pay twenty percent".
    fn whose(&self, mention: &Mention, (from, to): (usize, usize)) -> Option<(Whose, bool)> {
        let shares = &self.ctx.questions.shares;
        let plan = shares.plan.iter().map(|words| (Whose::Plan, words));
        let patient = shares.patient.iter().map(|words| (Whose::Patient, words));
        let said: Vec<(Whose, usize, usize)> = plan
            .chain(patient)
            .flat_map(|(whose, words)| {
                phrase::places(self.tokens, words).map(move |(at, end)| (whose, at, end))
            })
            .filter(|(_, at, end)| *at >= from && *end <= to)
            .collect();
        let before = said.iter().filter(|(_, _, end)| *end <= mention.at);
        // Of two that end together the longer one says more.
        let before = before.max_by_key(|(_, at, end)| (*end, usize::MAX - *at));
        let introduces = |end: usize| self.mentions.iter().any(|other| other.at == end);
        let after = said.iter().filter(|(_, at, end)| *at >= mention.end && !introduces(*end));
        let after = after.min_by_key(|(_, at, end)| (*at, usize::MAX - *end));
        let agree = before.zip(after).is_none_or(|((one, ..), (other, ..))| one == other);
        before.or(after).map(|(whose, ..)| (*whose, agree))
    }

    /// Adds the answers that are said in one breath with others: "cleanings and exams are covered twice a year" are two.
    pub(super) fn shared(&self, settled: Vec<Candidate>) -> Vec<Candidate> {
        let mut more: Vec<Candidate> = Vec::new();
        for one in &settled {
            let Some(mention) = self.mentions.get(one.mention) else { continue };
            let shares = matches!(one.value, Value::Frequency(_) | Value::PlanShare(_));
            if !shares || one.rank != Rank::Named {
                continue;
            }
            let Some((mut at, _)) = self.governing(mention, one.from, one.to) else { continue };
            while at < mention.at
                && let Some((field, place)) = self.joined_before(at, mention)
            {
                at = place;
                let taken = |other: &Candidate| other.field == field;
                if !settled.iter().any(taken) && !more.iter().any(taken) {
                    let value = one.value.clone();
                    more.insert(0, Candidate { field, value, from: at, ..*one });
                }
            }
        }
        more.extend(settled);
        more
    }

    /// The topic that is joined to the one at `at`, and where it begins: "cleanings and", "cleanings, ".
    fn joined_before(&self, at: usize, mention: &Mention) -> Option<(usize, usize)> {
        let word = |at: usize| self.tokens.get(at).map_or("", |token| token.text.as_str());
        let qualifies =
            |at: usize| matches!(word(at), "a" | "an" | "the" | "oral" | "routine" | "both");
        let head = (0..at).rev().take_while(|place| qualifies(*place)).last().unwrap_or(at);
        let joins = head.checked_sub(1).filter(|place| matches!(word(*place), "and" | "or"));
        let end = joins.unwrap_or(head);
        let could = |field: usize| {
            let question = self.ctx.questions.fields.get(field);
            question.is_some_and(|question| value_for(mention, field, question).is_some())
        };
        let said = self.said.iter().filter(|said| said.end == end && could(said.field));
        said.min_by_key(|said| said.at).map(|said| (said.field, said.at))
    }
}
