//! Which mention answers which question.

use callwright_prompts::{Pattern, Question, ValueKind};

use super::clause::{Gap, Search, topics};
use super::mention::{self, Mention, Sort};
use super::{Focus, Taken, phrase, questions, topic_of};
use crate::normal::Token;
use crate::understand::Context;
use crate::value::Value;

/// Subjects of benefits. Where one is named that is none of the focused question's, a number is not taken for its
/// answer only because the question was asked.
const SUBJECTS: &[&str] = &[
    "authorization",
    "balance",
    "coinsurance",
    "copay",
    "deductible",
    "emergency",
    "family",
    "lifetime",
    "maximum",
    "out of network",
    "out of pocket",
    "penalty",
    "pharmacy",
    "premium",
    "primary care",
    "therapy",
    "urgent care",
];

/// Services and cases that a number may be about. Where one is named that the question does not name, the number is not
/// the question's, even if its topic was said: "the emergency room copay".
const CASES: &[&str] = &[
    "ambulance",
    "behavioral health",
    "chiropractic",
    "durable medical",
    "emergency",
    "endodontic",
    "family",
    "fluoride",
    "full mouth",
    "generic",
    "home health",
    "hospital",
    "imaging",
    "implant",
    "inpatient",
    "lifetime",
    "maternity",
    "mental health",
    "night guard",
    "orthodontia",
    "orthodontic",
    "orthodontics",
    "out of network",
    "outpatient",
    "panoramic",
    "periodontal",
    "pharmacy",
    "preventive",
    "primary care",
    "root canal",
    "sealants",
    "skilled nursing",
    "surgery",
    "therapy",
    "urgent care",
    "x ray",
];

/// How well a mention fits a question, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// The topic was named in the value's clause, or needs no naming.
    Named,
    /// The topic was named earlier.
    Earlier,
    /// No topic was named, and the words fit the question that was asked.
    Asked,
    /// No topic was named, and only the question that was asked speaks for it.
    Bare,
    /// No topic was named; the words fit a question that is answered in the same breath.
    Sibling,
}

/// A mention as the answer to a question.
pub(super) struct Candidate {
    pub(super) mention: usize,
    pub(super) field: usize,
    pub(super) rank: Rank,
    pub(super) value: Value,
    pub(super) sure: bool,
    pub(super) from: usize,
    pub(super) to: usize,
}

/// The values of the call's questions.
pub(super) fn fields(
    tokens: &[Token],
    taken: &[(usize, usize)],
    ctx: &Context<'_>,
    focus: &Focus,
) -> Vec<Taken> {
    let mut mentions = mention::numbers(tokens, taken, ctx.today);
    for (field, question) in questions(ctx) {
        mentions.extend(mention::phrases(tokens, field, question, focus));
    }
    // "Two per calendar year" says nothing of what year the plan goes by.
    let often: Vec<(usize, usize)> = mentions
        .iter()
        .filter(|mention| matches!(mention.sort, Sort::Frequency(_)))
        .map(|mention| (mention.at, mention.end))
        .collect();
    mentions.retain(|mention| {
        let within = |(at, end): &(usize, usize)| *at <= mention.at && mention.end <= *end;
        matches!(mention.sort, Sort::Frequency(_)) || !often.iter().any(within)
    });
    if mentions.is_empty() {
        return Vec::new();
    }
    mentions.sort_by_key(|mention| (mention.at, mention.end));
    let gaps = vec![Gap::Both; mentions.len()];
    let said = topics(tokens, ctx);
    let mut search = Search { tokens, ctx, focus, mentions, gaps, said };
    let settled = search.settle();
    search.shared(settled).into_iter().filter_map(|candidate| search.take(candidate)).collect()
}

impl Search<'_> {
    /// Assigns the mentions; where two want one question, tries to share the words between them out.
    fn settle(&mut self) -> Vec<Candidate> {
        let (mut best, mut clash) = self.assign();
        let mut tried = 0;
        while let Some(gap) = clash
            && tried < self.mentions.len()
        {
            tried += 1;
            let mut better = None;
            for side in [Gap::Right, Gap::Left] {
                self.set_gap(gap, side);
                let (other, still) = self.assign();
                if other.len() > best.len() {
                    better = Some((side, other, still));
                    break;
                }
            }
            let Some((side, other, still)) = better else {
                self.set_gap(gap, Gap::Both);
                break;
            };
            self.set_gap(gap, side);
            best = other;
            clash = still;
        }
        best
    }

    fn set_gap(&mut self, after: usize, side: Gap) {
        if let Some(gap) = self.gaps.get_mut(after) {
            *gap = side;
        }
    }

    /// The best candidates, one a question and one a mention, and the first gap between two that want the same one.
    fn assign(&self) -> (Vec<Candidate>, Option<usize>) {
        let mut all: Vec<Candidate> =
            (0..self.mentions.len()).flat_map(|place| self.candidates(place)).collect();
        all.sort_by_key(|candidate| (candidate.rank, candidate.mention, candidate.field));
        let mut kept: Vec<Candidate> = Vec::new();
        let mut refused: Vec<(usize, usize)> = Vec::new();
        for mut candidate in all {
            if kept.iter().any(|other| other.mention == candidate.mention) {
                continue;
            }
            let Some(other) = kept.iter_mut().find(|other| other.field == candidate.field) else {
                candidate.sure &= self.is_undivided(candidate.mention);
                kept.push(candidate);
                continue;
            };
            if other.value == candidate.value {
                continue;
            }
            // The speaker's correction stands; without one, two values for one question are a doubt.
            let (first, later) = (self.place(other), self.place(&candidate));
            let corrected = self.focus.correction_at.is_some_and(|at| first < at && at < later);
            if corrected {
                candidate.sure = false;
                *other = candidate;
            } else {
                refused.push((candidate.mention, candidate.field));
            }
        }
        // A value that found no other question puts the one it lost to in doubt.
        let mut clash: Option<usize> = None;
        for (mention, field) in refused {
            if kept.iter().any(|other| other.mention == mention) {
                continue;
            }
            if let Some(other) = kept.iter_mut().find(|other| other.field == field) {
                other.sure = false;
                let gap = other.mention.min(mention);
                clash = Some(clash.map_or(gap, |first| first.min(gap)));
            }
        }
        (kept, clash)
    }

    /// Whether the words on either side of a mention were not shared out to settle a clash.
    fn is_undivided(&self, mention: usize) -> bool {
        let gap = |at: Option<usize>| at.and_then(|at| self.gaps.get(at)).copied();
        [gap(Some(mention)), gap(mention.checked_sub(1))]
            .into_iter()
            .flatten()
            .all(|gap| gap == Gap::Both)
    }

    fn place(&self, candidate: &Candidate) -> usize {
        self.mentions.get(candidate.mention).map_or(0, |mention| mention.at)
    }

    fn candidates(&self, place: usize) -> Vec<Candidate> {
        let Some(mention) = self.mentions.get(place) else {
            return Vec::new();
        };
        let (from, to) = self.clause(place);
        let clause = self.tokens.get(from..to).unwrap_or_default();
        let cases: Vec<&str> = CASES
            .iter()
            .copied()
            .filter(|case| is_number(mention.sort) && phrase::says(clause, case))
            .collect();
        questions(self.ctx)
            .filter(|(_, question)| cases.iter().all(|case| names(question, case)))
            .filter_map(|(field, question)| {
                let (value, sure) = value_for(mention, field, question)?;
                let (rank, pattern) = self.fit(mention, field, question, from, to)?;
                let payer_share = pattern.is_some_and(|pattern| pattern.payer_share);
                let (value, sure) = match (&value, mention.sort) {
                    (Value::Percent(share), Sort::Percent(_) | Sort::Bare(_)) if payer_share => {
                        (Value::Percent(100 - (*share).min(100)), false)
                    }
                    (Value::PlanShare(share), Sort::Percent(_) | Sort::Bare(_)) => {
                        self.plan_share(*share, sure, mention, (from, to))
                    }
                    _ => (value, sure),
                };
                // Yes or no to the other half of a question is a guess at what was meant.
                let guess = rank == Rank::Sibling && question.kind == ValueKind::YesNo;
                let sure = sure && !guess;
                Some(Candidate { mention: place, field, rank, value, sure, from, to })
            })
            .collect()
    }

    fn fit<'q>(
        &self,
        mention: &Mention,
        field: usize,
        question: &'q Question,
        from: usize,
        to: usize,
    ) -> Option<(Rank, Option<&'q Pattern>)> {
        let clause = self.tokens.get(from..to)?;
        let without = |pattern: &Pattern| !pattern.without.iter().any(|w| phrase::says(clause, w));
        let near = |pattern: &Pattern| {
            pattern.near.is_empty() || pattern.near.iter().any(|w| phrase::says(clause, w))
        };
        let governing = self.governing(mention, from, to);
        let strict = question.heard.iter().filter_map(|pattern| {
            if pattern.topic.is_empty() {
                return Some((Rank::Named, pattern));
            }
            let (at, end) = governing?;
            let named = self.said.iter().any(|said| {
                said.field == field
                    && std::ptr::eq(said.pattern, pattern)
                    && said.at < end
                    && at < said.end
            });
            let rank = if at >= from { Rank::Named } else { Rank::Earlier };
            named.then_some((rank, pattern))
        });
        let strict = strict.filter(|(_, pattern)| near(pattern) && without(pattern));
        if let Some((rank, pattern)) = strict.min_by_key(|(rank, _)| *rank) {
            return Some((rank, Some(pattern)));
        }
        if governing.is_some() {
            return None;
        }
        let other_subject = is_number(mention.sort)
            && SUBJECTS.iter().any(|subject| {
                // "Twenty percent after the deductible" is still about the coinsurance.
                phrase::says(clause, subject)
                    && !names(question, subject)
                    && !only_limits(clause, subject)
            });
        if other_subject {
            return None;
        }
        let focus = self.focus.field()?;
        let fits = question.heard.iter().find(|pattern| near(pattern) && without(pattern));
        if focus == field {
            let bare = question.heard.iter().find(|pattern| without(pattern));
            return match (fits, bare) {
                (Some(pattern), _) => Some((Rank::Asked, Some(pattern))),
                (None, Some(pattern)) => {
                    Some((Rank::Bare, (!pattern.payer_share).then_some(pattern)))
                }
                (None, None) => None,
            };
        }
        let asked = self.ctx.questions.fields.get(focus)?;
        // Several shares are asked for at once, but each is told by the name of its class.
        let named_only = question.kind == ValueKind::PlanShare;
        let sibling = asked.answers_with.contains(&question.name) && !named_only;
        fits.filter(|_| sibling).map(|pattern| (Rank::Sibling, Some(pattern)))
    }

    fn take(&self, candidate: Candidate) -> Option<Taken> {
        let mention = self.mentions.get(candidate.mention)?;
        Some(Taken {
            topic: topic_of(candidate.field)?,
            value: candidate.value,
            at: mention.at,
            end: mention.end,
            from: candidate.from.min(mention.at),
            to: candidate.to.max(mention.end),
            sure: candidate.sure,
        })
    }
}

/// Whether this is an amount, a share or a count.
fn is_number(sort: Sort) -> bool {
    match sort {
        Sort::Bare(_)
        | Sort::Count(_)
        | Sort::Frequency(_)
        | Sort::Money(_)
        | Sort::Months(_)
        | Sort::Percent(_)
        | Sort::Split(_) => true,
        Sort::Choice { .. }
        | Sort::Date(_)
        | Sort::Full { .. }
        | Sort::Other
        | Sort::YesNo { .. }
        | Sort::Zero { .. } => false,
    }
}

/// Whether one of the question's own phrases names the subject.
fn names(question: &Question, subject: &str) -> bool {
    question
        .heard
        .iter()
        .flat_map(|pattern| pattern.topic.iter().chain(&pattern.near))
        .any(|words| words.contains(subject) || subject.contains(words.as_str()))
}

/// Whether the subject only limits what was said: "after the deductible", "once the deductible is met".
fn only_limits(clause: &[Token], subject: &str) -> bool {
    phrase::places(clause, subject).all(|(at, _)| {
        let before = clause.get(at.saturating_sub(3)..at).unwrap_or_default();
        before.iter().any(|t| {
            matches!(
                t.text.as_str(),
                "after" | "before" | "once" | "until" | "subject" | "deductible"
            )
        })
    })
}

/// What a mention would be as an answer to the question, and whether its words leave no doubt.
pub(super) fn value_for(
    mention: &Mention,
    field: usize,
    question: &Question,
) -> Option<(Value, bool)> {
    let sure = mention.sure;
    match (&question.kind, mention.sort) {
        (ValueKind::Money, Sort::Money(cents)) => Some((Value::Money { cents }, sure)),
        (ValueKind::Money, Sort::Bare(dollars)) => {
            Some((Value::Money { cents: dollars.checked_mul(100)? }, sure))
        }
        (ValueKind::Percent, Sort::Percent(share)) => Some((Value::Percent(share), sure)),
        (ValueKind::Percent, Sort::Bare(share)) => {
            let share = u8::try_from(share).ok().filter(|share| *share <= 100)?;
            Some((Value::Percent(share), false))
        }
        (ValueKind::Percent, Sort::Split(patient)) => Some((Value::Percent(patient), sure)),
        (ValueKind::PlanShare, Sort::Percent(share)) => Some((Value::PlanShare(share), sure)),
        (ValueKind::PlanShare, Sort::Bare(share)) => {
            let share = u8::try_from(share).ok().filter(|share| *share <= 100)?;
            Some((Value::PlanShare(share), false))
        }
        (ValueKind::PlanShare, Sort::Split(patient)) => {
            Some((Value::PlanShare(100 - patient.min(100)), sure))
        }
        (ValueKind::Frequency, Sort::Frequency(often)) => Some((Value::Frequency(often), sure)),
        (ValueKind::Months, Sort::Months(months)) => Some((Value::Months(months), sure)),
        (ValueKind::Count, Sort::Count(count) | Sort::Bare(count)) => {
            Some((Value::Count(u32::try_from(count).ok()?), sure))
        }
        (ValueKind::Date, Sort::Date(date)) => Some((Value::Date(date), sure)),
        (ValueKind::Choice(choices), Sort::Choice { field: of, choice }) if of == field => {
            Some((Value::Choice(choices.get(choice)?.value.clone()), sure))
        }
        (ValueKind::YesNo, Sort::YesNo { field: of, yes }) if of == field => {
            Some((Value::YesNo(yes), sure))
        }
        (ValueKind::Money, Sort::Zero { field: of }) if of == field => {
            Some((Value::Money { cents: 0 }, sure))
        }
        (ValueKind::Percent, Sort::Zero { field: of }) if of == field => {
            Some((Value::Percent(0), sure))
        }
        (ValueKind::PlanShare, Sort::Zero { field: of }) if of == field => {
            Some((Value::PlanShare(0), sure))
        }
        (ValueKind::PlanShare, Sort::Full { field: of }) if of == field => {
            Some((Value::PlanShare(100), sure))
        }
        (ValueKind::Months, Sort::Zero { field: of }) if of == field => {
            Some((Value::Months(0), sure))
        }
        (ValueKind::Count, Sort::Zero { field: of }) if of == field => {
            Some((Value::Count(0), sure))
        }
        _ => None,
    }
}
