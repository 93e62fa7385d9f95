//! Everything in an utterance that could be a value, before it is known what for.

use callwright_prompts::{Question, ValueKind};

use super::clause::clause_start;
use super::{Focus, phrase};
use crate::normal::{Form, Token};
use crate::value::number::{begins, cardinal, digit};
use crate::value::{Date, Frequency, Parsed, date, frequency, money, polar};

/// What a stretch of words could be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// A number without a unit.
    Bare(u64),
    /// A choice of the question at a place.
    Choice { field: usize, choice: usize },
    /// A number of things that can be counted.
    Count(u64),
    /// A day.
    Date(Date),
    /// How often something is covered.
    Frequency(Frequency),
    /// "Covered in full": all of it, for the question at a place.
    Full { field: usize },
    /// An amount in cents.
    Money(u64),
    /// A stretch of months.
    Months(u16),
    /// A number of something that no question asks about: days, hours.
    Other,
    /// A share.
    Percent(u8),
    /// "Eighty twenty": the plan's share and the patient's, of which this is the patient's.
    Split(u8),
    /// Yes or no to the question at a place.
    YesNo { field: usize, yes: bool },
    /// "No copay": nothing, for the question at a place.
    Zero { field: usize },
}

/// A possible value and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mention {
    pub(super) sort: Sort,
    pub(super) at: usize,
    pub(super) end: usize,
    pub(super) sure: bool,
}

/// What is counted in benefits.
const COUNTED: &[&str] = &[
    "visit",
    "visits",
    "session",
    "sessions",
    "treatment",
    "treatments",
    "unit",
    "units",
    "exam",
    "exams",
    "cleaning",
    "cleanings",
    "time",
    "times",
    "appointment",
    "appointments",
];

/// What is counted elsewhere.
const OTHER: &[&str] = &[
    "day",
    "days",
    "hour",
    "hours",
    "minute",
    "minutes",
    "month",
    "months",
    "week",
    "weeks",
    "year",
    "years",
    "business",
    "member",
    "members",
    "dependents",
    "am",
    "pm",
    "moment",
    "second",
    "sec",
    "calendar",
    "of",
    "more",
    "thing",
    "point",
];

/// The numbers and dates of an utterance, outside the stretches that are taken already.
pub(super) fn numbers(tokens: &[Token], taken: &[(usize, usize)], today: Date) -> Vec<Mention> {
    let mut found: Vec<Mention> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if let Some((_, end)) = taken.iter().find(|(from, to)| (*from..*to).contains(&at)) {
            at = *end;
            continue;
        }
        let Some(mut mention) = number(tokens, at, today) else {
            at += 1;
            continue;
        };
        if let Some(last) = found.last_mut() {
            meet(last, &mut mention, tokens);
        }
        at = mention.end.max(at + 1);
        found.push(mention);
    }
    found.retain(|mention| mention.end > mention.at);
    found
}

/// Two numbers side by side: one of them is a slip, or together they are "eighty twenty".
fn meet(last: &mut Mention, next: &mut Mention, tokens: &[Token]) {
    let pause = tokens.get(next.at).is_some_and(|token| token.after_stop);
    if last.end != next.at || pause {
        return;
    }
    let Sort::Bare(first) = last.sort else { return };
    last.sure = false;
    next.sure = false;
    match next.sort {
        // "An eighty twenty plan": the plan's share is said first.
        Sort::Bare(second) if first.checked_add(second) == Some(100) => {
            next.sort = u8::try_from(second).map_or(Sort::Other, Sort::Split);
            next.at = last.at;
            last.sort = Sort::Other;
            last.end = last.at;
        }
        // "Four... four hundred dollars": the one with the unit was meant.
        Sort::Money(_) | Sort::Percent(_) | Sort::Count(_) => last.sort = Sort::Other,
        Sort::Bare(_)
        | Sort::Choice { .. }
        | Sort::Date(_)
        | Sort::Frequency(_)
        | Sort::Full { .. }
        | Sort::Months(_)
        | Sort::Other
        | Sort::Split(_)
        | Sort::YesNo { .. }
        | Sort::Zero { .. } => {}
    }
}

fn number(tokens: &[Token], at: usize, today: Date) -> Option<Mention> {
    let mention = |sort: Sort, end: usize, sure: bool| Some(Mention { sort, at, end, sure });
    if let Some(date) = date::date(tokens, at, today) {
        return mention(Sort::Date(date.value), date.end, date.sure);
    }
    if let Some(often) = frequency::frequency(tokens, at) {
        return mention(Sort::Frequency(often.value), often.end, often.sure);
    }
    if let Some(months) = frequency::months(tokens, at) {
        return mention(Sort::Months(months.value), months.end, months.sure);
    }
    // "Class two" is a name and not a number.
    if at > 0 && is(tokens, at - 1, &["class", "type", "tier", "level"]) && begins(tokens.get(at)?)
    {
        return mention(Sort::Other, at + 1, true);
    }
    if let Some(end) = identifier(tokens, at) {
        return mention(Sort::Other, end, true);
    }
    if let Some(run) = digit_run(tokens, at) {
        let dollars = is(tokens, run.end, &["dollars", "dollar"]);
        return if dollars {
            mention(Sort::Money(run.value.saturating_mul(100)), run.end + 1, false)
        } else if is(tokens, run.end, &["percent"]) {
            let share = u8::try_from(run.value).ok().filter(|share| *share <= 100);
            mention(share.map_or(Sort::Other, Sort::Percent), run.end + 1, false)
        } else {
            mention(Sort::Bare(run.value), run.end, false)
        };
    }
    if let Some(money) = money::money(tokens, at) {
        return mention(Sort::Money(money.value), money.end, money.sure);
    }
    if let Some(share) = money::percent(tokens, at) {
        return mention(Sort::Percent(share.value), share.end, share.sure);
    }
    let token = tokens.get(at)?;
    if let Form::Decimal { cents, .. } = token.form {
        return mention(Sort::Money(cents), at + 1, true);
    }
    if !begins(token) && token.text != "a" {
        return None;
    }
    let number = cardinal(tokens, at)?;
    let next = tokens.get(number.end).filter(|next| !next.after_stop);
    let next = next.map_or("", |next| next.text.as_str());
    let lone_one = number.value == 1 && number.end == at + 1 && !next.is_empty();
    if COUNTED.contains(&next) {
        return mention(Sort::Count(number.value), number.end + 1, number.sure);
    }
    if OTHER.contains(&next) || lone_one || next == "percent" {
        return mention(Sort::Other, number.end, number.sure);
    }
    mention(Sort::Bare(number.value), number.end, number.sure)
}

fn is(tokens: &[Token], at: usize, words: &[&str]) -> bool {
    tokens.get(at).is_some_and(|token| words.contains(&token.text.as_str()))
}

/// The figure that a token is by itself.
fn figure(token: &Token) -> Option<u64> {
    match token.form {
        Form::Number(value) if token.text.len() == 1 => Some(value),
        Form::Word => digit(&token.text),
        Form::Number(_)
        | Form::Decimal { .. }
        | Form::Percent(_)
        | Form::Date { .. }
        | Form::Ordinal(_) => None,
    }
}

/// How many figures an amount or a count has at most where it is read out one by one.
const FIGURES_MAX: usize = 7;

/// "W four seven two", "the member id is four seven two", and any long row of figures: they name somebody or something, and none of
/// them is an amount. Gives the end of the row.
fn identifier(tokens: &[Token], at: usize) -> Option<usize> {
    let figures = tokens.iter().skip(at).map_while(figure).count();
    let before = |back: usize| at.checked_sub(back).and_then(|place| tokens.get(place));
    let lettered = before(1).is_some_and(|token| {
        token.text.len() == 1
            && token.text.chars().all(|c| c.is_ascii_alphabetic())
            && !matches!(token.text.as_str(), "a" | "i")
    });
    let names =
        |back: usize| before(back).is_some_and(|token| IDENTIFIERS.contains(&token.text.as_str()));
    let named =
        names(1) || is(tokens, at.wrapping_sub(1), &["is", "number"]) && (names(2) || names(3));
    let end = at + figures;
    // "Under plan b, one five zero zero dollars": a letter names a plan, too.
    let counted = is(tokens, end, &["dollars", "dollar", "percent"]);
    let lettered = lettered && !counted;
    (figures > FIGURES_MAX || figures > 1 && (lettered || named)).then_some(end)
}

/// What is named by a number that is no amount.
const IDENTIFIERS: &[&str] =
    &["dob", "fax", "id", "identification", "npi", "phone", "ssn", "tin", "zip"];

/// "one five zero zero": a number read out digit by digit.
fn digit_run(tokens: &[Token], at: usize) -> Option<Parsed<u64>> {
    let digits: Vec<u64> = tokens.iter().skip(at).map_while(figure).take(FIGURES_MAX + 1).collect();
    let end = at + digits.len();
    let counts_on = is(tokens, end, &["hundred", "thousand"]);
    if !(2..=FIGURES_MAX).contains(&digits.len()) || counts_on {
        return None;
    }
    let value = digits.iter().fold(0, |value, digit| value * 10 + digit);
    Some(Parsed { value, end, sure: false })
}

/// The phrases of a question that are values by themselves: choices, yes and no, zero.
pub(super) fn phrases(
    tokens: &[Token],
    field: usize,
    question: &Question,
    focus: &Focus,
) -> Vec<Mention> {
    match &question.kind {
        ValueKind::Choice(choices) => {
            let words: Vec<(usize, &str)> = choices
                .iter()
                .enumerate()
                .flat_map(|(place, choice)| choice.words.iter().map(move |w| (place, w.as_str())))
                .collect();
            let said = chosen(tokens, field, choices.len(), &words);
            if said.is_empty() && choices.len() == 2 && focus.is_asking(field) {
                return polar_choice(tokens, field).into_iter().collect();
            }
            said
        }
        ValueKind::YesNo => yes_no(tokens, field, question, focus).into_iter().collect(),
        ValueKind::Money | ValueKind::Percent | ValueKind::Count => {
            said(tokens, &question.zero, Sort::Zero { field }).collect()
        }
        ValueKind::PlanShare => said(tokens, &question.zero, Sort::Zero { field })
            .chain(said(tokens, &question.full, Sort::Full { field }))
            .collect(),
        ValueKind::Months => {
            let none = said(tokens, &question.zero, Sort::Zero { field }).next();
            // "Is there a waiting period?" "No, there is not."
            let no = focus.is_asking(field) && polar::answer(tokens) == Some(false);
            let denied =
                no.then_some(Mention { sort: Sort::Zero { field }, at: 0, end: 1, sure: false });
            none.or(denied).into_iter().collect()
        }
        ValueKind::Date | ValueKind::Frequency | ValueKind::Name | ValueKind::Reference => {
            Vec::new()
        }
    }
}

/// The first of these phrases that was said, as this sort of value. Always read back.
fn said<'a>(
    tokens: &'a [Token],
    phrases: &'a [String],
    sort: Sort,
) -> impl Iterator<Item = Mention> + 'a {
    phrases
        .iter()
        .flat_map(|words| phrase::places(tokens, words))
        // "No coinsurance information" says nothing about the coinsurance.
        .filter(|(_, end)| !is(tokens, *end, &["information", "info", "listed", "number"]))
        .map(move |(at, end)| Mention { sort, at, end, sure: false })
        .take(1)
}

/// "Is the coverage active?" "Yes, it is.": of two choices, the question names the first. Always read back.
fn polar_choice(tokens: &[Token], field: usize) -> Option<Mention> {
    let yes = polar::answer(tokens)?;
    let sort = Sort::Choice { field, choice: usize::from(!yes) };
    Some(Mention { sort, at: 0, end: 1, sure: false })
}

/// The choices that were said; where phrases overlap the longest counts.
fn chosen(tokens: &[Token], field: usize, count: usize, words: &[(usize, &str)]) -> Vec<Mention> {
    let mut hits: Vec<(usize, usize, usize, &str)> = words
        .iter()
        .flat_map(|(choice, words)| {
            phrase::places(tokens, words).map(|(at, end)| (at, end, *choice, *words))
        })
        .collect();
    hits.sort_by_key(|(at, end, ..)| (usize::MAX - (end - at), *at));
    let mut kept: Vec<(usize, usize, usize, &str)> = Vec::new();
    for hit in hits {
        if !kept.iter().any(|other| hit.0 < other.1 && other.0 < hit.1) {
            kept.push(hit);
        }
    }
    let agree = kept.windows(2).all(|pair| matches!(pair, [a, b] if a.2 == b.2));
    kept.iter()
        .filter_map(|&(at, end, choice, words)| {
            let before = tokens.get(at.saturating_sub(2)..at).unwrap_or_default();
            // "in active" may be "inactive": one word of the pack over two of the recogniser's.
            let torn = !words.contains(' ') && words.len() > 4 && end - at > 1;
            // "Was active" may be no more; "was terminated" still is.
            let past = !words.ends_with("ed")
                && before.iter().any(|t| matches!(t.text.as_str(), "was" | "were" | "until"));
            let sure = agree && !torn && !past && !polar::hedged(before);
            if !polar::negated(before) {
                return Some(Mention { sort: Sort::Choice { field, choice }, at, end, sure });
            }
            // "Not currently active": the other one, if there are two; else it says only what it is not.
            let other = (count == 2).then(|| 1 - choice.min(1))?;
            Some(Mention { sort: Sort::Choice { field, choice: other }, at, end, sure: false })
        })
        .collect()
}

/// Yes or no to one question.
fn yes_no(tokens: &[Token], field: usize, question: &Question, focus: &Focus) -> Option<Mention> {
    let longest = |phrases: &[String]| {
        phrases
            .iter()
            .flat_map(|words| phrase::places(tokens, words))
            .max_by_key(|(at, end)| (end - at, *at))
    };
    let (yes, no) = (longest(&question.yes), longest(&question.no));
    let length = |place: Option<(usize, usize)>| place.map_or(0, |(at, end)| end - at);
    let says = match (length(yes), length(no)) {
        (0, 0) => None,
        (yes, no) => Some(yes > no),
    };
    let place = if says == Some(true) { yes } else { no };
    // "No waiting period, and the clause applies": the "no" is not about the clause.
    let from = place.map_or(0, |(at, _)| clause_start(tokens, at));
    let tokens = tokens.get(from..).unwrap_or_default();
    // After a read-back a yes or no is about the read-back.
    let particles = if focus.reading_back { None } else { polar::read(tokens, says) };
    let whole = particles.or_else(|| {
        let yes = says?;
        Some(polar::Polarity { yes, sure: !polar::hedged(tokens) })
    })?;
    let (at, end) = place.unwrap_or((0, 1));
    Some(Mention { sort: Sort::YesNo { field, yes: whole.yes }, at, end, sure: whole.sure })
}
