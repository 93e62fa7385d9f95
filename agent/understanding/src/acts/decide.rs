//! From senses to acts: what the phase and the other words make of what the tables found.

use callwright_core::{Act, DataItem, Phase, Topic, Verdict};

use super::{Heard, Sense, expects_machine};
use crate::normal::{Form, Token};
use crate::understand::{Context, Found};
use crate::value::{Value, date, number};

/// The acts of an utterance, the most pressing first. Never empty: words that fit nothing are [`Act::Unclear`].
pub(crate) fn decide(heard: &Heard<'_>, ctx: &Context<'_>, found: &[Found]) -> Vec<Act> {
    let mut acts = objections(heard);
    if heard.is_machine() {
        acts.push(heard.machine_act());
        return acts;
    }
    if expects_machine(heard.phase) && is_connecting(heard) {
        acts.push(Act::QueueAnnouncement);
        return acts;
    }
    let start = acts.len();
    let items = requests(heard);
    waits(heard, &items, found, &mut acts);
    greetings(heard, &mut acts);
    if (heard.has(Sense::Repeat) && !is_after_them(heard))
        || (!expects_machine(heard.phase) && is_lone_hello(heard))
    {
        acts.push(Act::RepeatPlease);
    }
    acts.extend(items.iter().map(|item| Act::DataRequest(*item)));
    // A name that came with a greeting is no answer to anything.
    let greeted = acts.iter().any(|act| matches!(act, Act::Greeting { .. }));
    let answered = found
        .iter()
        .any(|found| found.value.is_some() && !(greeted && found.extracted.topic == Topic::Name));
    let direct = acts.len() > start;
    polarity(heard, ctx, found, direct, &mut acts);
    if answered {
        acts.push(Act::Answer);
    }
    let has_asked = ctx.asked.is_some_and(|topic| has_value(found, topic));
    let unknown = heard.has(Sense::NotAvailable) || heard.has(Sense::NotHere);
    if unknown && !has_asked && !acts.contains(&Act::RepeatPlease) && items.is_empty() {
        acts.push(Act::NotAvailable);
    }
    if heard.has(Sense::HelpOffer) || heard.has(Sense::GoAhead) {
        acts.push(Act::GoAhead);
    }
    if heard.has(Sense::AnythingElse) {
        acts.push(Act::AnythingElse);
    }
    if is_goodbye(heard) {
        acts.push(Act::Goodbye);
    }
    if acts.is_empty() && (heard.has(Sense::AsksBack) || is_question(heard)) {
        acts.push(Act::OtherQuestion);
    }
    if acts.is_empty() {
        acts.push(Act::Unclear);
    }
    acts
}

fn has_value(found: &[Found], topic: Topic) -> bool {
    found
        .iter()
        .any(|found| found.extracted.topic == topic && found.extracted.verdict != Verdict::Refused)
}

/// Found anywhere, in every phase, whatever else is said.
fn objections(heard: &Heard<'_>) -> Vec<Act> {
    let harmless = |at: usize, end: usize| {
        heard.hits.iter().any(|hit| hit.sense == Sense::Harmless && hit.at < end && at < hit.end)
    };
    let said = |sense: Sense| {
        heard.hits.iter().any(|hit| hit.sense == sense && !harmless(hit.at, hit.end))
    };
    // A machine that says how it records or whom it calls objects to nothing.
    let by_person = !heard.is_machine();
    let mut acts = Vec::new();
    for (sense, act, by_machine) in [
        (Sense::DoNotCall, Act::DoNotCall, true),
        (Sense::ObjectsToRecording, Act::ObjectsToRecording, false),
        (Sense::RefusesAi, Act::RefusesAi, true),
        (Sense::Robot, Act::AreYouARobot, false),
        (Sense::AsksForHuman, Act::AsksForHuman, false),
    ] {
        if (by_person || by_machine) && said(sense) {
            acts.push(act);
        }
    }
    // "We only speak with people": the same words ask for a person and refuse a machine; and "am I talking to a person"
    // asks neither.
    if acts.contains(&Act::AreYouARobot) && !heard.has(Sense::RefusesAi) {
        acts.retain(|act| *act != Act::AsksForHuman);
    }
    acts
}

/// "Please hold while I connect you", said by a menu or a queue.
fn is_connecting(heard: &Heard<'_>) -> bool {
    let moves = heard.has(Sense::Wait) || heard.has(Sense::Transfer);
    let holds = heard
        .tokens
        .iter()
        .any(|token| matches!(token.text.as_str(), "hold" | "wait" | "connect" | "transfer"));
    moves && holds && !heard.is_personal()
}

fn waits(heard: &Heard<'_>, items: &[DataItem], found: &[Found], acts: &mut Vec<Act>) {
    if heard.has(Sense::Transfer) {
        acts.push(Act::Transfer);
        return;
    }
    let Some(at) = heard.last(Sense::Wait) else {
        return;
    };
    // "One moment... all right, I have it, go ahead": the wait is over by the end of the sentence.
    let later = |sense: Sense| heard.last(sense).is_some_and(|place| place > at);
    let over = later(Sense::GoAhead)
        || later(Sense::HelpOffer)
        || later(Sense::AnythingElse)
        || !items.is_empty()
        || !found.is_empty();
    if !over {
        acts.push(Act::HoldNotice);
    }
}

fn greetings(heard: &Heard<'_>, acts: &mut Vec<Act>) {
    if !expects_machine(heard.phase) {
        if heard.name_is_new && heard.phase == Phase::Person {
            acts.push(Act::Greeting { named: true });
        }
        return;
    }
    let greets = heard.is_personal() || heard.has(Sense::HoldThanks) || heard.has(Sense::Hello);
    if greets {
        acts.push(Act::Greeting { named: heard.name.is_some() });
    }
}

/// "Repeat after me": it asks for their words and not for ours.
fn is_after_them(heard: &Heard<'_>) -> bool {
    let word = |token: &Token, text: &str| token.text == text;
    heard
        .tokens
        .windows(2)
        .any(|pair| matches!(pair, [a, b] if word(a, "repeat") && word(b, "after")))
}

/// "Hello?" and nothing else, in the midst of a conversation.
fn is_lone_hello(heard: &Heard<'_>) -> bool {
    heard.has(Sense::Hello) && heard.tokens.len() <= 5 && heard.name.is_none()
}

/// Whether the value of what was named before it stands here: a date, or a number in figures or letters.
fn is_said(tokens: &[Token], at: usize, item: DataItem) -> bool {
    let text = |place: usize| tokens.get(place).map_or("", |token| token.text.as_str());
    let at = at + usize::from(matches!(text(at), "is" | "as" | "of"));
    let figure = |place: usize| {
        tokens.get(place).is_some_and(|token| {
            token.form != Form::Word
                || number::begins(token)
                || number::digit(&token.text).is_some()
        })
    };
    let letter = text(at).len() == 1;
    let long = tokens.get(at).is_some_and(|token| token.form != Form::Word && token.text.len() > 2);
    let dated = matches!(item, DataItem::PatientDateOfBirth | DataItem::DateOfService);
    let month = |place: usize| date::month(text(place)).is_some() && text(place) != "may";
    // "First" alone asks for order: "date of birth first". "The fifth of march" is a day.
    let day = number::ordinal_day(tokens, at)
        .is_some_and(|(_, end)| month(end) || text(end) == "of" && month(end + 1));
    dated && (month(at) || day) || long || (figure(at) || letter) && figure(at + 1)
}

/// The items that are asked for, in the order in which they were named, each once.
fn requests(heard: &Heard<'_>) -> Vec<DataItem> {
    let mut nouns: Vec<_> = heard
        .hits
        .iter()
        .filter_map(|hit| {
            if let Sense::Item(item) = hit.sense {
                Some((hit.at, hit.end, item, false))
            } else if let Sense::Asks(item) = hit.sense {
                Some((hit.at, hit.end, item, true))
            } else {
                None
            }
        })
        .collect();
    // The longer name is the right one: "tax id number" is not an id number.
    nouns.sort_by_key(|(at, end, ..)| (usize::MAX - (end - at), *at));
    let mut taken: Vec<(usize, usize, DataItem, bool)> = Vec::new();
    for noun in nouns {
        if !taken.iter().any(|other| noun.0 < other.1 && other.0 < noun.1) {
            taken.push(noun);
        }
    }
    taken.sort_by_key(|noun| noun.0);
    let short = heard.tokens.len() <= 6 && !heard.has(Sense::Statement);
    // "May I have your name" holds "I have your", which elsewhere is a statement.
    let within_request = |at: usize| {
        heard.hits.iter().any(|hit| hit.sense == Sense::Request && hit.at < at && at < hit.end)
    };
    let asked_before = |at: usize| {
        let request = heard
            .hits
            .iter()
            .any(|hit| hit.sense == Sense::Request && hit.at <= at + 3 && at <= hit.end + 14);
        let stated = heard.hits.iter().any(|hit| {
            hit.sense == Sense::Statement
                && (hit.at..=hit.end + 1).contains(&at)
                && !within_request(hit.at)
        });
        request && !stated
    };
    let last_is_request =
        heard.hits.iter().any(|hit| hit.sense == Sense::Request && hit.end == heard.tokens.len());
    let mut items = Vec::new();
    for (at, end, item, whole) in taken {
        // "Date of birth, march fifth": who says the value itself has not asked for it.
        let alone = short || (last_is_request && heard.tokens.len() <= 12);
        let asked = whole || asked_before(at) || (alone && !is_said(heard.tokens, end, item));
        if asked && !items.contains(&item) {
            items.push(item);
        }
    }
    items
}

/// Yes and no to what was asked or read back.
fn polarity(
    heard: &Heard<'_>,
    ctx: &Context<'_>,
    found: &[Found],
    direct: bool,
    acts: &mut Vec<Act>,
) {
    let said_again = ctx.read_back.and_then(|(topic, value)| {
        let found = found.iter().find(|found| found.extracted.topic == topic)?;
        Some(found.value.as_ref()? == value)
    });
    if heard.has(Sense::AsksBack) {
        return;
    }
    let deny = heard.has(Sense::Deny);
    let affirm = heard.has(Sense::Affirm) && !deny;
    if heard.reading_back {
        // "Sure, let me look" confirms nothing, and neither does a yes before a question.
        let short = heard.tokens.len() <= 3;
        let weak = heard.tokens.first().is_some_and(|token| {
            matches!(token.text.as_str(), "sure" | "right" | "absolutely" | "ok")
        });
        let yes = affirm || (heard.lead == Some(true) && (short || !weak));
        let no = deny || (heard.lead == Some(false) && !affirm);
        match (said_again, yes, no) {
            (Some(false), _, _) | (None, _, true) => acts.push(Act::Deny),
            (Some(true), _, true) | (_, true, false) if direct => {}
            (Some(true), _, false) | (_, true, false) => acts.push(Act::Affirm),
            (Some(true), _, true) | (None, false, false) => {}
        }
        return;
    }
    if direct {
        return;
    }
    let yes_no = found.iter().any(|found| matches!(found.value, Some(Value::YesNo(_))));
    if !found.is_empty() && !yes_no {
        return;
    }
    if deny || (heard.lead == Some(false) && !affirm) {
        acts.push(Act::Deny);
    } else if affirm || heard.lead == Some(true) {
        acts.push(Act::Affirm);
    }
}

fn is_goodbye(heard: &Heard<'_>) -> bool {
    let thanks = !expects_machine(heard.phase)
        && heard.has(Sense::CallThanks)
        && heard.name.is_none()
        && !heard.has(Sense::HelpOffer);
    (heard.has(Sense::Goodbye) || thanks) && !heard.has(Sense::Wait)
}

/// Words that open a question, after such as "ok" and "and".
fn is_question(heard: &Heard<'_>) -> bool {
    let texts = || heard.tokens.iter().map(|token| token.text.as_str());
    let before = std::iter::once("").chain(texts());
    let first = texts().zip(before).find(|(text, before)| match *text {
        "ok" | "and" | "so" | "alright" | "well" | "thank" | "thanks" | "sure" | "yes" => false,
        "you" => *before != "thank",
        _ => true,
    });
    heard.tokens.len() >= 2
        && first.is_some_and(|(text, _)| {
            matches!(
                text,
                "am" | "what"
                    | "who"
                    | "when"
                    | "where"
                    | "why"
                    | "how"
                    | "which"
                    | "is"
                    | "are"
                    | "do"
                    | "does"
                    | "did"
                    | "will"
                    | "would"
                    | "can"
                    | "could"
                    | "have"
                    | "has"
                    | "may"
                    | "was"
                    | "were"
                    | "should"
            )
        })
}
