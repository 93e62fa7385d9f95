//! A result as a FHIR R4 `CoverageEligibilityResponse` (hl7.org/fhir/R4/coverageeligibilityresponse.html).
//!
//! Patient, practice, provider, payer and coverage are contained: they have no life outside of the response. Conventions, where R4
//! leaves a choice:
//!
//! - A coinsurance is the patient's share, in whole percent, as `allowedUnsignedInt` of type `copay-percent`. What the payer gave as
//!   its own share is turned round; the evidence has both.
//! - A limit and what is used of it are one `benefit`, with `allowed` and `used`.
//! - What has no code stands under its question's title, as `allowedString`, `allowedMoney` or `allowedUnsignedInt`.
//! - Each answer's evidence is an extension at the nearest element that may have one ([`codes::EVIDENCE`]).
//! - The reference number of the call is an identifier that the payer assigned.
//! - A verification that is not complete has an `error` for what ended it and one for each question left open.
//!
//! It looks nothing up, and is no profile of US Core or Da Vinci. An independent validator checks it: tests/fhir.

mod codes;
mod items;
mod model;

use callwright_compliance::{CallPurpose, Phi, PhiString};
use jiff::civil::Date;

use model::{
    Class, Concept, Contained, Coverage, Extension, ExtensionValue, Fault, HumanName, Identifier,
    Insurance, Meta, Narrative, Period, Reference, Response,
};

use super::document::{Answer, Document, Outcome, shown};
use super::reading::Reading;
use super::terms::Meaning;
use super::{ResultError, ending, html};

/// The response, as JSON on several lines.
pub(super) fn render(document: &Document) -> Result<PhiString, ResultError> {
    let text = serde_json::to_string_pretty(&response(document));
    text.map(Phi::new).map_err(|_| ResultError::Form)
}

fn response(document: &Document) -> Response<'_> {
    let service = document.patient.date_of_service.as_ref();
    let service = service.map(shown);
    Response {
        resource_type: "CoverageEligibilityResponse",
        // Our ids may hold an underscore, and FHIR's may not (datatypes.html#id).
        id: document.request.as_str().replace('_', "-").into(),
        meta: document.is_made_up().then(|| Meta { security: vec![codes::test_data()] }),
        text: narrative(document),
        contained: contained(document),
        extension: document.representative.iter().map(representative).collect(),
        identifier: identifiers(document),
        status: "active",
        purpose: ["benefits"],
        patient: to("#patient"),
        serviced_date: service.filter(|day| is_day(day)).map(Into::into),
        created: document.written_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        requestor: to("#provider"),
        request: Reference {
            reference: None,
            kind: Some("CoverageEligibilityRequest"),
            identifier: Some(Box::new(request(document))),
        },
        outcome: match document.outcome {
            Outcome::Complete => "complete",
            Outcome::Partial => "partial",
            Outcome::Failed => "error",
        },
        disposition: disposition(document).into(),
        insurer: to("#payer"),
        insurance: [insurance(document)],
        pre_auth_ref: find(document, Meaning::AuthorizationNumber).map(|a| a.text().into()),
        error: errors(document),
    }
}

fn to(contained: &'static str) -> Reference<'static> {
    Reference { reference: Some(contained), kind: None, identifier: None }
}

fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<Date>().is_ok()
}

/// The answer that means something to the response as a whole.
fn find(document: &Document, meaning: Meaning) -> Option<&Answer> {
    document.answers.iter().find(|answer| answer.term.meaning == meaning)
}

/// Whether the coverage is in force; `None` where that was not answered, or not in so many words.
fn in_force(document: &Document) -> Option<bool> {
    match find(document, Meaning::InForce)?.reading() {
        Reading::Choice("active", _) => Some(true),
        Reading::Choice("inactive", _) => Some(false),
        Reading::YesNo(active) => Some(active),
        Reading::Money(_)
        | Reading::Percent(_)
        | Reading::Count(_)
        | Reading::Date(_)
        | Reading::Choice(..)
        | Reading::Text(_) => None,
    }
}

fn period(document: &Document) -> Option<Period> {
    let day = |meaning| match find(document, meaning)?.reading() {
        Reading::Date(date) => Some(date.to_string()),
        Reading::YesNo(_)
        | Reading::Money(_)
        | Reading::Percent(_)
        | Reading::Count(_)
        | Reading::Choice(..)
        | Reading::Text(_) => None,
    };
    let period = Period { start: day(Meaning::Begins), end: day(Meaning::Ends) };
    (period.start.is_some() || period.end.is_some()).then_some(period)
}

fn identifier<'a>(system: &'static str, value: &'a str) -> Identifier<'a> {
    let value = value.into();
    Identifier { extension: Vec::new(), kind: None, system: Some(system), value, assigner: None }
}

fn request(document: &Document) -> Identifier<'_> {
    identifier(codes::REQUEST, document.request.as_str())
}

fn identifiers(document: &Document) -> Vec<Identifier<'_>> {
    let reference = document.reference.iter().map(|reference| Identifier {
        extension: vec![evidence(reference)],
        kind: Some(Concept { coding: Vec::new(), text: Some("Call reference number".into()) }),
        system: None,
        value: reference.text().into(),
        assigner: Some(to("#payer")),
    });
    std::iter::once(request(document)).chain(reference).collect()
}

/// Where an answer was heard ([`codes::EVIDENCE`]).
fn evidence(answer: &Answer) -> Extension<'_> {
    let from = &answer.evidence;
    let part = |url, value| Extension { url, value };
    let ms = |ms: u64| ExtensionValue::UnsignedInt(items::unsigned(ms));
    let mut parts = vec![
        part("field", ExtensionValue::String(answer.name().into())),
        part("call", ExtensionValue::String(from.call.as_str().into())),
        part("utterance", ExtensionValue::UnsignedInt(from.utterance)),
        part("fromMs", ms(from.from_ms)),
        part("toMs", ms(from.to_ms)),
        part("confidence", ExtensionValue::Decimal((from.confidence * 100.0).round() / 100.0)),
        part("readBack", ExtensionValue::Boolean(from.read_back)),
        part("recorded", ExtensionValue::Boolean(from.evidenced)),
    ];
    if let Some((_, plan)) = items::shares(answer) {
        parts.push(part("planPays", ExtensionValue::UnsignedInt(plan)));
    }
    Extension { url: codes::EVIDENCE, value: ExtensionValue::Nested(parts) }
}

fn representative(name: &Answer) -> Extension<'_> {
    let said = Extension { url: "name", value: ExtensionValue::String(name.text().into()) };
    let value = ExtensionValue::Nested(vec![said, evidence(name)]);
    Extension { url: codes::REPRESENTATIVE, value }
}

fn contained(document: &Document) -> Vec<Contained<'_>> {
    let patient = &document.patient;
    let born = shown(&patient.date_of_birth);
    vec![
        Contained::Patient {
            id: "patient",
            name: [HumanName { text: shown(&patient.name).into() }],
            birth_date: is_day(born).then(|| born.into()),
        },
        Contained::Organization {
            id: "practice",
            identifier: Vec::new(),
            kind: [codes::provider()],
            name: document.practice.as_str().into(),
            part_of: None,
        },
        Contained::Organization {
            id: "provider",
            identifier: vec![identifier(codes::NPI, &document.provider.npi)],
            kind: [codes::provider()],
            name: document.provider.name.as_str().into(),
            part_of: Some(to("#practice")),
        },
        Contained::Organization {
            id: "payer",
            identifier: vec![identifier(codes::PAYER, &document.payer.id)],
            kind: [codes::payer()],
            name: document.payer.name.as_str().into(),
            part_of: None,
        },
        Contained::Coverage(Box::new(coverage(document))),
    ]
}

fn is_dental(document: &Document) -> bool {
    match document.purpose {
        CallPurpose::DentalBenefits => true,
        CallPurpose::MedicalBenefits => false,
    }
}

fn coverage(document: &Document) -> Coverage<'_> {
    let patient = &document.patient;
    let member = shown(&patient.member_id);
    let relationship = shown(&patient.relationship);
    let plan = find(document, Meaning::PlanType);
    let group = patient
        .group_number
        .iter()
        .map(|group| Class { kind: codes::group(), value: shown(group).into() });
    Coverage {
        id: "coverage",
        extension: plan.into_iter().map(evidence).collect(),
        identifier: [Identifier {
            extension: Vec::new(),
            kind: Some(codes::member_number()),
            system: None,
            value: member.into(),
            assigner: Some(to("#payer")),
        }],
        status: if in_force(document) == Some(false) { "cancelled" } else { "active" },
        kind: codes::plan(is_dental(document), plan.map(Answer::reading)),
        // A dependant's card has a number of its own at some payers: only the subscriber's is surely the subscriber's.
        subscriber_id: (relationship == "self").then(|| member.into()),
        beneficiary: to("#patient"),
        relationship: codes::relationship(relationship),
        period: period(document),
        payor: [to("#payer")],
        classes: group.collect(),
    }
}

fn insurance(document: &Document) -> Insurance<'_> {
    let whole = [Meaning::InForce, Meaning::Begins, Meaning::Ends, Meaning::AuthorizationNumber];
    let about_all = whole.into_iter().filter_map(|meaning| find(document, meaning));
    Insurance {
        extension: about_all.map(evidence).collect(),
        coverage: to("#coverage"),
        inforce: in_force(document),
        benefit_period: period(document),
        item: items::items(&document.answers, is_dental(document)),
    }
}

fn errors(document: &Document) -> Vec<Fault<'_>> {
    let ended = document.ended_by.iter().map(|name| codes::problem(name, ending::words(name)));
    let open = document.open.iter().map(|open| {
        let code = if open.asked { "not-given" } else { "unanswered" };
        codes::problem(code, format!("No answer: {}", open.title))
    });
    ended.chain(open).map(|code| Fault { code }).collect()
}

fn disposition(document: &Document) -> String {
    let (answered, required) = (document.required_answered(), document.required);
    let counted = format!("{answered} of {required} required questions answered by telephone.");
    let ended = document.ended_by.as_deref().map(ending::words);
    let more = document.goes_on.then_some("Another call will be placed.");
    let parts = [Some(counted.as_str()), ended, more];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// The same for people (narrative.html, rule txt-1: simple XHTML).
fn narrative(document: &Document) -> Narrative {
    let mut div = html::Page::default();
    div.raw("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>");
    div.text(&disposition(document));
    div.raw("</p><table>");
    for answer in &document.answers {
        div.raw("<tr><td>");
        div.text(&answer.title);
        div.raw("</td><td>");
        div.text(&answer.reading().words(answer.term.share));
        div.raw("</td></tr>");
    }
    div.raw("</table></div>");
    Narrative { status: "generated", div: div.into_text() }
}

#[cfg(test)]
mod tests;
