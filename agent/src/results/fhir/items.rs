//! Answers as benefits: which item of the response each goes into, and in which form its value.
//!
//! What is said about the whole coverage, such as its dates, is `mod.rs`'s.

use super::model::{Allowed, BenefitLine, Item, Money, Text, Used};
use super::{codes, evidence};
use crate::results::document::Answer;
use crate::results::reading::Reading;
use crate::results::terms::{Benefit, Meaning, Service, Share, Side, Sort, Span};

/// FHIR's largest `unsignedInt` (datatypes.html#unsignedInt).
const UNSIGNED_MAX: u32 = 2_147_483_647;

/// Where a benefit is put: with those of the same service, network, unit and term.
#[derive(Clone, Copy, PartialEq)]
struct Place {
    service: Service,
    in_network: bool,
    individual: bool,
    term: Span,
}

/// A number as an `unsignedInt`.
pub(super) fn unsigned(number: impl TryInto<u32>) -> u32 {
    number.try_into().unwrap_or(UNSIGNED_MAX).min(UNSIGNED_MAX)
}

/// The patient's and the plan's share of a coinsurance, in percent.
pub(super) fn shares(answer: &Answer) -> Option<(u32, u32)> {
    let Reading::Percent(percent) = answer.reading() else { return None };
    let (given, rest) = (u32::from(percent), u32::from(100 - percent));
    Some(match answer.term.share? {
        Share::Patient => (given, rest),
        Share::Plan => (rest, given),
    })
}

/// The items, each with its benefits, in the order of the answers.
pub(super) fn items(answers: &[Answer], is_dental: bool) -> Vec<Item<'_>> {
    let mut items: Vec<(Option<Place>, Item<'_>)> = Vec::new();
    for answer in answers {
        match answer.term.meaning {
            Meaning::Benefit(benefit) => put(&mut items, answer, benefit, is_dental),
            Meaning::Authorization => items.push((None, authorization(answer, is_dental))),
            Meaning::Plain => items.push((None, plain(answer, is_dental))),
            // These are told about the whole coverage.
            Meaning::InForce
            | Meaning::Begins
            | Meaning::Ends
            | Meaning::PlanType
            | Meaning::AuthorizationNumber => {}
        }
    }
    items.into_iter().map(|(_, item)| item).collect()
}

fn put<'a>(
    items: &mut Vec<(Option<Place>, Item<'a>)>,
    answer: &'a Answer,
    benefit: Benefit,
    is_dental: bool,
) {
    let Benefit { service, in_network, individual, term, .. } = benefit;
    let place = Some(Place { service, in_network, individual, term });
    let at = items.iter().position(|(there, _)| *there == place);
    let at = at.unwrap_or_else(|| {
        items.push((
            place,
            Item {
                network: codes::network(benefit),
                unit: codes::unit(benefit),
                term: codes::term(benefit),
                ..empty(service, is_dental)
            },
        ));
        items.len() - 1
    });
    let Some((_, item)) = items.get_mut(at) else { return };
    add(item, answer, benefit);
}

/// A limit and what is used of it become one benefit; anything else gets one of its own.
fn add<'a>(item: &mut Item<'a>, answer: &'a Answer, benefit: Benefit) {
    let kind = codes::benefit(benefit.sort, &answer.title);
    let same = |line: &&mut BenefitLine<'a>| {
        !kind.coding.is_empty()
            && line.kind.coding.iter().map(|c| &c.code).eq(kind.coding.iter().map(|c| &c.code))
    };
    let line = item.benefit.iter_mut().find(same);
    let new =
        || BenefitLine { extension: Vec::new(), kind: kind.clone(), allowed: None, used: None };
    match (benefit.side, line) {
        (Side::Allowed, Some(line)) if line.allowed.is_none() => {
            line.allowed = Some(allowed(answer));
            // What is allowed names the benefit, and what is used of it does not.
            line.kind = kind;
            line.extension.push(evidence(answer));
        }
        (Side::Used, Some(line)) if line.used.is_none() => {
            line.used = Some(used(answer));
            line.extension.push(evidence(answer));
        }
        (side, _) => {
            let mut line = new();
            line.extension.push(evidence(answer));
            match side {
                Side::Allowed => line.allowed = Some(allowed(answer)),
                Side::Used => line.used = Some(used(answer)),
            }
            item.benefit.push(line);
        }
    }
}

fn empty(service: Service, is_dental: bool) -> Item<'static> {
    Item {
        extension: Vec::new(),
        category: codes::category(service, is_dental),
        name: None,
        description: None,
        network: None,
        unit: None,
        term: None,
        benefit: Vec::new(),
        authorization_required: None,
    }
}

fn authorization(answer: &Answer, is_dental: bool) -> Item<'_> {
    let required = match answer.reading() {
        Reading::YesNo(required) => Some(required),
        Reading::Money(_)
        | Reading::Percent(_)
        | Reading::Count(_)
        | Reading::Date(_)
        | Reading::Choice(..)
        | Reading::Text(_) => None,
    };
    Item {
        extension: vec![evidence(answer)],
        name: Some(answer.title.as_str().into()),
        // Said in other words than yes and no, it is passed on in those.
        description: required.is_none().then(|| answer.text().into()),
        authorization_required: required,
        ..empty(Service::Plan, is_dental)
    }
}

/// An answer without a code, under its own name.
fn plain(answer: &Answer, is_dental: bool) -> Item<'_> {
    let mut item =
        Item { name: Some(answer.title.as_str().into()), ..empty(Service::Plan, is_dental) };
    item.benefit.push(BenefitLine {
        extension: vec![evidence(answer)],
        kind: codes::benefit(Sort::Other, &answer.title),
        allowed: Some(allowed(answer)),
        used: None,
    });
    item
}

/// A value in one of the three forms that `allowed[x]` and `used[x]` have.
enum Form<'a> {
    Money(Money),
    Unsigned(u32),
    String(Text<'a>),
}

fn form(answer: &Answer) -> Form<'_> {
    match answer.reading() {
        // Dollars and cents are exact in the shortest form that a double has up to 2^53 cents, which is more than any plan pays.
        Reading::Money(cents) => {
            Form::Money(Money { value: cents as f64 / 100.0, currency: "USD" })
        }
        Reading::Percent(percent) => {
            Form::Unsigned(shares(answer).map_or(u32::from(percent), |(patient, _)| patient))
        }
        Reading::Count(count) => Form::Unsigned(unsigned(count)),
        Reading::YesNo(_) | Reading::Date(_) => Form::String(answer.text().into()),
        Reading::Choice(_, _) => Form::String(answer.reading().words(None).into()),
        Reading::Text(text) => Form::String(text.into()),
    }
}

fn allowed(answer: &Answer) -> Allowed<'_> {
    match form(answer) {
        Form::Money(money) => Allowed::Money(money),
        Form::Unsigned(number) => Allowed::UnsignedInt(number),
        Form::String(text) => Allowed::String(text),
    }
}

fn used(answer: &Answer) -> Used<'_> {
    match form(answer) {
        Form::Money(money) => Used::Money(money),
        Form::Unsigned(number) => Used::UnsignedInt(number),
        Form::String(text) => Used::String(text),
    }
}
