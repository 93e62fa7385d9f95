//! Values that cannot both be right.
//!
//! A conflict reopens what it names; it never decides which of the two is wrong.

use callwright_core::{FieldId, Topic};

use crate::understand::{Context, Found};
use crate::value::Value;

/// The conflicts that the new values bring. `corrects` says that the speaker took something back, so that a value that
/// differs from the known one is its correction and not its contradiction.
pub(crate) fn find(found: &[Found], ctx: &Context<'_>, corrects: bool) -> Vec<(Topic, Topic)> {
    let mut conflicts = Vec::new();
    let in_hand = ctx.read_back.map(|(topic, _)| topic);
    for new in found {
        let topic = new.extracted.topic;
        let differs = match (&new.value, ctx.known.value(topic)) {
            (Some(new), Some(known)) => new != known,
            (Some(_) | None, None) | (None, Some(_)) => false,
        };
        if differs && !corrects && in_hand != Some(topic) && topic != Topic::Name {
            conflicts.push((topic, topic));
        }
    }
    let held = |topic: Topic| {
        found
            .iter()
            .find(|new| new.extracted.topic == topic)
            .and_then(|new| new.value.as_ref())
            .or_else(|| ctx.known.value(topic))
    };
    for pair in pairs(ctx) {
        let (part, whole) = pair;
        let is_new =
            found.iter().any(|new| new.extracted.topic == part || new.extracted.topic == whole);
        if is_new && more(held(part), held(whole)) {
            conflicts.push(pair);
        }
    }
    for (used, remaining, whole) in sums(ctx) {
        let is_new =
            found.iter().any(|new| [used, remaining, whole].contains(&new.extracted.topic));
        if is_new && do_not_add_up(held(used), held(remaining), held(whole)) {
            conflicts.push((remaining, whole));
        }
    }
    conflicts.extend(not_yet_active(found, ctx, &held));
    conflicts
}

/// Questions about a part with the question about its whole: `deductible_met` with `deductible_individual`.
fn pairs<'a>(ctx: &Context<'a>) -> impl Iterator<Item = (Topic, Topic)> + 'a {
    let questions = ctx.questions;
    let id = |place: usize| u16::try_from(place).ok().map(|place| Topic::Field(FieldId(place)));
    questions.fields.iter().enumerate().filter_map(move |(place, question)| {
        let is_part =
            ["_met", "_used", "_remaining"].iter().any(|end| question.name.ends_with(end));
        let whole = question.answers_with.iter().find_map(|name| {
            questions.by_name(name).filter(|(_, other)| other.kind == question.kind)
        })?;
        is_part.then_some((id(place)?, id(whole.0)?))
    })
}

/// Questions of which two are the parts of a third: what was used, what remains, and the whole.
fn sums<'a>(ctx: &Context<'a>) -> impl Iterator<Item = (Topic, Topic, Topic)> + 'a {
    let questions = ctx.questions;
    let topic = |name: &str| {
        let (place, _) = questions.by_name(name)?;
        u16::try_from(place).ok().map(|place| Topic::Field(FieldId(place)))
    };
    questions.fields.iter().filter_map(move |question| {
        let whole = question.name.strip_suffix("_remaining")?;
        let used = topic(&format!("{whole}_used")).or_else(|| topic(&format!("{whole}_met")))?;
        Some((used, topic(&question.name)?, topic(whole)?))
    })
}

/// Whether two parts are not the whole. Nothing is said where one of the three is not known.
fn do_not_add_up(used: Option<&Value>, remaining: Option<&Value>, whole: Option<&Value>) -> bool {
    match (used, remaining, whole) {
        (
            Some(Value::Money { cents: used }),
            Some(Value::Money { cents: remaining }),
            Some(Value::Money { cents: whole }),
        ) => used.checked_add(*remaining) != Some(*whole),
        _ => false,
    }
}

/// Whether the part is more than the whole.
fn more(part: Option<&Value>, whole: Option<&Value>) -> bool {
    match (part, whole) {
        (Some(Value::Money { cents: part }), Some(Value::Money { cents: whole })) => part > whole,
        (Some(Value::Count(part)), Some(Value::Count(whole))) => part > whole,
        _ => false,
    }
}

/// "Active", with an effective date in the future.
fn not_yet_active<'v>(
    found: &[Found],
    ctx: &Context<'_>,
    held: &impl Fn(Topic) -> Option<&'v Value>,
) -> Option<(Topic, Topic)> {
    let topic = |name: &str| {
        let (place, _) = ctx.questions.by_name(name)?;
        Some(Topic::Field(FieldId(u16::try_from(place).ok()?)))
    };
    let (status, effective) = (topic("coverage_status")?, topic("effective_date")?);
    let is_new =
        found.iter().any(|new| new.extracted.topic == status || new.extracted.topic == effective);
    let active = matches!(held(status)?, Value::Choice(choice) if choice == "active");
    let future = matches!(held(effective)?, Value::Date(date) if *date > ctx.today);
    (is_new && active && future).then_some((status, effective))
}
