//! The rule-based model: it words a turn from the pack's templates.
//!
//! It is the no-model path for plain answers in production and the whole model of a system without a language model. It
//! sees goals and the numbers of topics, never a value: a segment is a template with typed tokens, and whoever speaks it
//! fills them in behind the gate. What a segment carries is listed beside it, for the gate to check against what the far
//! end asked for.
//!
//! Of several wordings it takes one by counting, so that the same call sounds the same when it is replayed.

use std::collections::BTreeSet;

use callwright_core::{DataItem, FieldId, Goal, Topic, TurnId, ValueId};
use callwright_prompts::{Pack, PhraseName, QuestionSet, Template};

/// What wording depends on, beside the goals.
#[derive(Clone, Copy, Debug)]
pub struct Wording<'a> {
    /// The words there are.
    pub pack: &'a Pack,
    /// What the call asks.
    pub questions: &'a QuestionSet,
    /// What is answered already: a question that asks for two things is not asked where one of them is known. Topics only: a model
    /// gets no values.
    pub answered: &'a BTreeSet<Topic>,
    /// The turn, which chooses among equal wordings.
    pub turn: TurnId,
    /// How many times these goals were tried before.
    pub again: u8,
}

/// One piece of a turn, spoken in one go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The words, with typed tokens in the place of values.
    pub template: Template,
    /// The items about the provider or the patient that are spoken with it.
    pub carries: Vec<DataItem>,
    /// The value that `{heard}` stands for, where the template has it.
    pub heard: Option<ValueId>,
}

/// The words for these goals, in their order. Empty only where the question set or the pack lacks what a goal names.
#[must_use]
pub fn turn(goals: &[Goal], ctx: &Wording<'_>) -> Vec<Segment> {
    goals.iter().filter_map(|goal| segment(*goal, ctx)).collect()
}

fn segment(goal: Goal, ctx: &Wording<'_>) -> Option<Segment> {
    match goal {
        Goal::Acknowledge => plain(PhraseName::Acknowledge, ctx),
        Goal::AreYouThere | Goal::Clarify => plain(PhraseName::AskRepeat, ctx),
        Goal::Ask(Topic::Field(field)) => ask(usize::from(field.0), ctx),
        Goal::Ask(Topic::Name) => plain(PhraseName::AskName, ctx),
        Goal::Ask(Topic::Reference) => plain(PhraseName::AskReference, ctx),
        Goal::CannotProvide(_) => plain(PhraseName::NotAvailable, ctx),
        Goal::Close => plain(PhraseName::ThankClose, ctx),
        Goal::GiveReason => reason(ctx),
        Goal::Provide(item) => provide(item, ctx),
        Goal::ReadBack(topic, value) => read_back(topic, value, ctx),
    }
}

/// The usual wording first; another one each time it has to be said again.
fn phrase(name: PhraseName, ctx: &Wording<'_>) -> Option<Template> {
    let count = usize::try_from(ctx.turn.0).unwrap_or(0).saturating_add(usize::from(ctx.again));
    ctx.pack.phrase(name, count).cloned()
}

fn plain(name: PhraseName, ctx: &Wording<'_>) -> Option<Segment> {
    Some(Segment { template: phrase(name, ctx)?, carries: Vec::new(), heard: None })
}

/// What the call is for.
fn reason(ctx: &Wording<'_>) -> Option<Segment> {
    let count = usize::try_from(ctx.turn.0).unwrap_or(0).saturating_add(usize::from(ctx.again));
    let template = ctx.questions.reason.iter().cycle().nth(count)?.clone();
    Some(Segment { template, carries: Vec::new(), heard: None })
}

/// A question. The first wording may ask for two things at once, so it is passed over where the other one is known, and
/// the wordings go round when the question has to be asked again.
fn ask(place: usize, ctx: &Wording<'_>) -> Option<Segment> {
    let question = ctx.questions.fields.get(place)?;
    let known = question.answers_with.iter().any(|name| {
        ctx.questions
            .by_name(name)
            .and_then(|(place, _)| u16::try_from(place).ok())
            .is_some_and(|place| ctx.answered.contains(&Topic::Field(FieldId(place))))
    });
    let first = usize::from(known && question.ask.len() > 1);
    let wording = question.ask.iter().cycle().nth(first + usize::from(ctx.again))?;
    let template = Template::parse(wording).ok()?;
    Some(Segment { template, carries: Vec::new(), heard: None })
}

fn provide(item: DataItem, ctx: &Wording<'_>) -> Option<Segment> {
    let name = match item {
        DataItem::CallbackNumber => PhraseName::ProvideCallbackNumber,
        DataItem::CallerName => PhraseName::ProvideCallerName,
        DataItem::DateOfService => PhraseName::ProvideDateOfService,
        DataItem::GroupNumber => PhraseName::ProvideGroupNumber,
        DataItem::MemberId => PhraseName::ProvideMemberId,
        DataItem::Npi => PhraseName::ProvideNpi,
        DataItem::PatientDateOfBirth => PhraseName::ProvidePatientDateOfBirth,
        DataItem::PatientName => PhraseName::ProvidePatientName,
        DataItem::ProviderAddress => PhraseName::ProvideProviderAddress,
        DataItem::ProviderName => PhraseName::ProvideProviderName,
        DataItem::ReasonForCall => return reason(ctx),
        DataItem::Relationship => PhraseName::ProvideRelationship,
        // No sentence says a social security number (rule V2): staff follow up.
        DataItem::Ssn => return plain(PhraseName::NotAvailable, ctx),
        DataItem::TaxId => PhraseName::ProvideTaxId,
    };
    Some(Segment { template: phrase(name, ctx)?, carries: vec![item], heard: None })
}

fn read_back(topic: Topic, value: ValueId, ctx: &Wording<'_>) -> Option<Segment> {
    let template = match topic {
        Topic::Field(field) => {
            ctx.questions.fields.get(usize::from(field.0))?.read_back_phrase.clone()
        }
        Topic::Name => phrase(PhraseName::ReadBackName, ctx)?,
        Topic::Reference => phrase(PhraseName::ReadBackReference, ctx)?,
    };
    Some(Segment { template, carries: Vec::new(), heard: Some(value) })
}

#[cfg(test)]
mod tests {
    use callwright_prompts::Token;

    use super::*;
    use crate::fixture::{PACK, field, questions};

    fn say(goals: &[Goal], answered: &BTreeSet<Topic>, turn_id: u32, again: u8) -> Vec<Segment> {
        let questions = questions();
        turn(goals, &Wording { pack: &PACK, questions, answered, turn: TurnId(turn_id), again })
    }

    fn every_goal() -> Vec<Goal> {
        let items = [
            DataItem::CallbackNumber,
            DataItem::CallerName,
            DataItem::DateOfService,
            DataItem::GroupNumber,
            DataItem::MemberId,
            DataItem::Npi,
            DataItem::PatientDateOfBirth,
            DataItem::PatientName,
            DataItem::ProviderAddress,
            DataItem::ProviderName,
            DataItem::ReasonForCall,
            DataItem::Relationship,
            DataItem::Ssn,
            DataItem::TaxId,
        ];
        let fields = (0..questions().fields.len())
            .map(|place| Topic::Field(FieldId(u16::try_from(place).unwrap())));
        let topics: Vec<Topic> = fields.chain([Topic::Name, Topic::Reference]).collect();
        let mut goals = vec![
            Goal::Acknowledge,
            Goal::AreYouThere,
            Goal::Clarify,
            Goal::Close,
            Goal::GiveReason,
        ];
        goals.extend(items.map(Goal::Provide));
        goals.extend(items.map(Goal::CannotProvide));
        goals.extend(topics.iter().map(|topic| Goal::Ask(*topic)));
        goals.extend(topics.iter().map(|topic| Goal::ReadBack(*topic, ValueId(7))));
        goals
    }

    #[test]
    fn every_goal_has_words_in_every_turn() {
        for goal in every_goal() {
            for turn_id in 0..5 {
                let said = say(&[goal], &BTreeSet::new(), turn_id, u8::try_from(turn_id).unwrap());
                assert_eq!(said.len(), 1, "{goal:?}");
            }
        }
    }

    #[test]
    fn a_segment_carries_exactly_what_its_tokens_name() {
        for goal in every_goal() {
            for segment in say(&[goal], &BTreeSet::new(), 0, 0) {
                let heard = segment.template.tokens().any(|token| token == Token::Heard);
                assert_eq!(heard, segment.heard.is_some(), "{goal:?}");
                let items =
                    segment.template.tokens().filter(|token| *token != Token::Heard).count();
                assert_eq!(items, segment.carries.len(), "{goal:?}");
            }
        }
    }

    #[test]
    fn an_ssn_is_never_said() {
        let said = say(&[Goal::Provide(DataItem::Ssn)], &BTreeSet::new(), 1, 0);
        assert!(said[0].carries.is_empty() && said[0].template.tokens().next().is_none());
    }

    #[test]
    fn a_question_for_two_things_is_not_asked_where_one_is_known() {
        let goal = [Goal::Ask(field("deductible_individual"))];
        let first = say(&goal, &BTreeSet::new(), 3, 0);
        let answered = BTreeSet::from([field("deductible_met")]);
        let alone = say(&goal, &answered, 3, 0);
        assert!(first[0].template.to_string().contains("has been met"));
        assert!(!alone[0].template.to_string().contains("has been met"));
    }

    #[test]
    fn wordings_take_turns_and_repeat_for_a_replay() {
        let thanks: Vec<_> =
            (0..4).map(|id| say(&[Goal::Close], &BTreeSet::new(), id, 0)).collect();
        assert_ne!(thanks[0], thanks[1]);
        assert_eq!(thanks[0], thanks[2]);
        let asked = |again| say(&[Goal::Ask(field("coinsurance"))], &BTreeSet::new(), 0, again);
        assert_ne!(asked(0), asked(1));
        assert_eq!(asked(0), asked(0));
    }
}
