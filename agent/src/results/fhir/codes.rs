//! The codes of a response, with the systems that they are of, and the names of our own.
//!
//! The bindings of benefit categories, networks, units, terms and types are *example* bindings in R4: a payer may use other codes.
//! These are the ones that HL7 gives (terminology.hl7.org, as in R4 4.0.1). Where HL7 has none, a concept has its text only.

use super::model::{Coding, Concept};
use crate::results::reading::Reading;
use crate::results::terms::{Benefit, Service, Sort, Span};

/// The root of our own names. It is a name and not an address: `.example` belongs to nobody (RFC 2606 §2), and nothing answers there.
macro_rules! own {
    ($rest:literal) => {
        concat!("https://callwright.example/fhir/", $rest)
    };
}

/// The extension with the evidence of one answer. It holds, each under its own short url:
///
/// | url | value | |
/// |---|---|---|
/// | `field` | string | the field's name in the question set |
/// | `call` | string | the call's id |
/// | `utterance` | unsignedInt | the utterance of the call, numbered from 1 |
/// | `fromMs`, `toMs` | unsignedInt | where in the call's recording it is heard, in milliseconds |
/// | `confidence` | decimal | how sure the recogniser was of the words, 0 to 1 |
/// | `readBack` | boolean | whether it was read back and confirmed |
/// | `recorded` | boolean | whether there is a recording of it |
/// | `planPays` | unsignedInt | for a coinsurance: the plan's share in percent; the benefit has the patient's |
pub(super) const EVIDENCE: &str = own!("StructureDefinition/answer-evidence");
/// The extension with the representative: `name`, a string, and the evidence.
pub(super) const REPRESENTATIVE: &str = own!("StructureDefinition/representative");
/// Our ids of requests.
pub(super) const REQUEST: &str = own!("request");
/// The payer directory's ids.
pub(super) const PAYER: &str = own!("payer");
/// What ended a call that is not complete; and `unanswered` and `not-given` for single questions.
pub(super) const PROBLEM: &str = own!("CodeSystem/verification-problem");

/// National provider identifiers (hl7.org/fhir/R4/identifier-registry.html).
pub(super) const NPI: &str = "http://hl7.org/fhir/sid/us-npi";

const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/ex-benefitcategory";
const NETWORK: &str = "http://terminology.hl7.org/CodeSystem/benefit-network";
const UNIT: &str = "http://terminology.hl7.org/CodeSystem/benefit-unit";
const TERM: &str = "http://terminology.hl7.org/CodeSystem/benefit-term";
const TYPE: &str = "http://terminology.hl7.org/CodeSystem/benefit-type";
/// `benefit-type` has no out-of-pocket maximum and no specialist's visit; this system, of what a patient pays, has.
const COST: &str = "http://terminology.hl7.org/CodeSystem/coverage-copay-type";
const RELATIONSHIP: &str = "http://terminology.hl7.org/CodeSystem/subscriber-relationship";
const CLASS: &str = "http://terminology.hl7.org/CodeSystem/coverage-class";
const ORGANIZATION: &str = "http://terminology.hl7.org/CodeSystem/organization-type";
const IDENTIFIER: &str = "http://terminology.hl7.org/CodeSystem/v2-0203";
const ACT: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const REASON: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";

pub(super) const fn coding(
    system: &'static str,
    code: &'static str,
    display: &'static str,
) -> Coding<'static> {
    Coding { system, code: super::model::code(code), display: Some(display) }
}

fn one(system: &'static str, code: &'static str, display: &'static str) -> Concept<'static> {
    Concept { coding: vec![coding(system, code, display)], text: None }
}

/// Test data about nobody, as HL7 marks it.
pub(super) fn test_data() -> Coding<'static> {
    coding(REASON, "HTEST", "test health data")
}

pub(super) fn provider() -> Concept<'static> {
    one(ORGANIZATION, "prov", "Healthcare Provider")
}

pub(super) fn payer() -> Concept<'static> {
    one(ORGANIZATION, "pay", "Payer")
}

pub(super) fn member_number() -> Concept<'static> {
    one(IDENTIFIER, "MB", "Member Number")
}

pub(super) fn group() -> Concept<'static> {
    one(CLASS, "group", "Group")
}

/// The relations that a request may name (`intake`).
pub(super) fn relationship(name: &str) -> Concept<'_> {
    let (code, display) = match name {
        "self" => ("self", "Self"),
        "spouse" => ("spouse", "Spouse"),
        "child" => ("child", "Child"),
        "other" => ("other", "Other"),
        _ => return Concept { coding: Vec::new(), text: Some(name.into()) },
    };
    one(RELATIONSHIP, code, display)
}

/// The plan's type; for dental plans, that they are.
pub(super) fn plan(is_dental: bool, plan: Option<Reading<'_>>) -> Option<Concept<'static>> {
    let mut concept = Concept::default();
    if is_dental {
        concept.coding.push(coding(ACT, "DENTAL", "dental care policy"));
    }
    if let Some(reading) = plan {
        let value = if let Reading::Choice(value, _) = reading { value } else { "" };
        concept.coding.extend(match value {
            "hmo" => Some(coding(ACT, "HMO", "health maintenance organization policy")),
            "pos" => Some(coding(ACT, "POS", "point of service policy")),
            "ppo" => Some(coding(ACT, "PPO", "preferred provider organization policy")),
            _ => None,
        });
        concept.text = Some(reading.words(None).into());
    }
    (is_dental || plan.is_some()).then_some(concept)
}

pub(super) fn category(service: Service, is_dental: bool) -> Concept<'static> {
    let (code, display) = match service {
        Service::Plan if is_dental => ("35", "Dental Care"),
        Service::Plan => ("30", "Health Benefit Plan Coverage"),
        Service::SpecialistVisit => ("1", "Medical Care"),
    };
    one(CATEGORY, code, display)
}

pub(super) fn network(benefit: Benefit) -> Option<Concept<'static>> {
    benefit.in_network.then(|| one(NETWORK, "in", "In Network"))
}

pub(super) fn unit(benefit: Benefit) -> Option<Concept<'static>> {
    benefit.individual.then(|| one(UNIT, "individual", "Individual"))
}

pub(super) fn term(benefit: Benefit) -> Option<Concept<'static>> {
    match benefit.term {
        Span::Unsaid => None,
        Span::Year => Some(one(TERM, "annual", "Annual")),
    }
}

/// A benefit's type, with the question's title as its text.
pub(super) fn benefit<'a>(sort: Sort, title: &'a str) -> Concept<'a> {
    let coding = match sort {
        Sort::Maximum => vec![coding(TYPE, "benefit", "Benefit")],
        Sort::Deductible => vec![coding(TYPE, "deductible", "Deductible")],
        Sort::OutOfPocket => vec![coding(COST, "maxoutofpocket", "Maximum out of pocket")],
        Sort::SpecialistCopay => vec![
            coding(TYPE, "copay", "Copayment per service"),
            coding(COST, "spvisit", "Specialist Office Visit"),
        ],
        Sort::Coinsurance => vec![coding(TYPE, "copay-percent", "Copayment Percent per service")],
        Sort::Other => Vec::new(),
    };
    Concept { coding, text: Some(title.into()) }
}

pub(super) fn problem<'a>(code: &'a str, text: impl Into<super::model::Text<'a>>) -> Concept<'a> {
    let coding = vec![Coding { system: PROBLEM, code: code.into(), display: None }];
    Concept { coding, text: Some(text.into()) }
}
