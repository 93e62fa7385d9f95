//! The part of FHIR R4 that a response takes, as types: what may stand where, in FHIR's own names and order.
//!
//! Source: hl7.org/fhir/R4/coverageeligibilityresponse.html, coverage.html, patient.html, organization.html, datatypes.html and
//! extensibility.html (version 4.0.1). What is not sent has no field here. No type has `Debug`: they hold patient data.

use std::borrow::Cow;

use serde::Serialize;

/// datatypes.html#string: not empty, and of white space and control characters only spaces, tabs and line ends.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(Cow<'a, str>);

/// Whether FHIR has a string with this character: its form is `[ \r\n\t\S]+`.
fn may_stand(each: char) -> bool {
    matches!(each, ' ' | '\r' | '\n' | '\t') || !each.is_whitespace() && !each.is_control()
}

/// What may not stand there becomes a space, or the sign for what cannot be shown.
fn clean(each: char) -> char {
    match each {
        _ if may_stand(each) => each,
        _ if each.is_whitespace() => ' ',
        _ => char::REPLACEMENT_CHARACTER,
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Text<'a> {
        match text {
            "" => Text("\u{FFFD}".into()),
            _ if text.chars().all(may_stand) => Text(text.into()),
            _ => Text(text.chars().map(clean).collect()),
        }
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Text(Text::from(text.as_str()).0.into_owned().into())
    }
}

impl PartialEq<Text<'_>> for Text<'_> {
    fn eq(&self, other: &Text<'_>) -> bool {
        self.0 == other.0
    }
}

/// A code of ours, which is never one that a payer said.
pub(super) const fn code(text: &'static str) -> Text<'static> {
    Text(Cow::Borrowed(text))
}

/// datatypes.html#Coding.
#[derive(Clone, Serialize)]
pub(super) struct Coding<'a> {
    pub(super) system: &'static str,
    pub(super) code: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) display: Option<&'static str>,
}

/// datatypes.html#CodeableConcept.
#[derive(Clone, Default, Serialize)]
pub(super) struct Concept<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) coding: Vec<Coding<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<Text<'a>>,
}

/// datatypes.html#Identifier.
#[derive(Serialize)]
pub(super) struct Identifier<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) extension: Vec<Extension<'a>>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<Concept<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) system: Option<&'static str>,
    pub(super) value: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) assigner: Option<Reference<'a>>,
}

/// references.html#Reference: to a contained resource, or to one that only its identifier tells.
#[derive(Serialize)]
pub(super) struct Reference<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reference: Option<&'static str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) identifier: Option<Box<Identifier<'a>>>,
}

/// datatypes.html#Period.
#[derive(Clone, Serialize)]
pub(super) struct Period {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) start: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end: Option<String>,
}

/// datatypes.html#Money.
#[derive(Serialize)]
pub(super) struct Money {
    pub(super) value: f64,
    pub(super) currency: &'static str,
}

/// extensibility.html#Extension.
#[derive(Serialize)]
pub(super) struct Extension<'a> {
    pub(super) url: &'static str,
    #[serde(flatten)]
    pub(super) value: ExtensionValue<'a>,
}

/// The value of an extension, or the extensions in it: never both (ext-1).
#[derive(Serialize)]
pub(super) enum ExtensionValue<'a> {
    #[serde(rename = "extension")]
    Nested(Vec<Extension<'a>>),
    #[serde(rename = "valueString")]
    String(Text<'a>),
    #[serde(rename = "valueBoolean")]
    Boolean(bool),
    #[serde(rename = "valueDecimal")]
    Decimal(f64),
    #[serde(rename = "valueUnsignedInt")]
    UnsignedInt(u32),
}

/// narrative.html: the same for people.
#[derive(Serialize)]
pub(super) struct Narrative {
    pub(super) status: &'static str,
    pub(super) div: String,
}

/// resource.html#Meta.
#[derive(Serialize)]
pub(super) struct Meta {
    pub(super) security: Vec<Coding<'static>>,
}

/// A resource that is part of the response and lives nowhere else (references.html#contained).
#[derive(Serialize)]
#[serde(tag = "resourceType")]
pub(super) enum Contained<'a> {
    /// patient.html.
    Patient {
        id: &'static str,
        name: [HumanName<'a>; 1],
        #[serde(rename = "birthDate", skip_serializing_if = "Option::is_none")]
        birth_date: Option<Text<'a>>,
    },
    /// organization.html.
    Organization {
        id: &'static str,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        identifier: Vec<Identifier<'a>>,
        #[serde(rename = "type")]
        kind: [Concept<'a>; 1],
        name: Text<'a>,
        #[serde(rename = "partOf", skip_serializing_if = "Option::is_none")]
        part_of: Option<Reference<'a>>,
    },
    /// coverage.html.
    Coverage(Box<Coverage<'a>>),
}

/// datatypes.html#HumanName, as one text: a request does not tell given names from family names.
#[derive(Serialize)]
pub(super) struct HumanName<'a> {
    pub(super) text: Text<'a>,
}

/// coverage.html.
#[derive(Serialize)]
pub(super) struct Coverage<'a> {
    pub(super) id: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) extension: Vec<Extension<'a>>,
    pub(super) identifier: [Identifier<'a>; 1],
    pub(super) status: &'static str,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<Concept<'a>>,
    #[serde(rename = "subscriberId", skip_serializing_if = "Option::is_none")]
    pub(super) subscriber_id: Option<Text<'a>>,
    pub(super) beneficiary: Reference<'a>,
    pub(super) relationship: Concept<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) period: Option<Period>,
    pub(super) payor: [Reference<'a>; 1],
    #[serde(rename = "class", skip_serializing_if = "Vec::is_empty")]
    pub(super) classes: Vec<Class<'a>>,
}

/// coverage.html, `class`.
#[derive(Serialize)]
pub(super) struct Class<'a> {
    #[serde(rename = "type")]
    pub(super) kind: Concept<'a>,
    pub(super) value: Text<'a>,
}

/// coverageeligibilityresponse.html.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Response<'a> {
    pub(super) resource_type: &'static str,
    pub(super) id: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) meta: Option<Meta>,
    pub(super) text: Narrative,
    pub(super) contained: Vec<Contained<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) extension: Vec<Extension<'a>>,
    pub(super) identifier: Vec<Identifier<'a>>,
    pub(super) status: &'static str,
    pub(super) purpose: [&'static str; 1],
    pub(super) patient: Reference<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) serviced_date: Option<Text<'a>>,
    pub(super) created: String,
    pub(super) requestor: Reference<'a>,
    pub(super) request: Reference<'a>,
    pub(super) outcome: &'static str,
    pub(super) disposition: Text<'a>,
    pub(super) insurer: Reference<'a>,
    pub(super) insurance: [Insurance<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pre_auth_ref: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) error: Vec<Fault<'a>>,
}

/// coverageeligibilityresponse.html, `insurance`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Insurance<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) extension: Vec<Extension<'a>>,
    pub(super) coverage: Reference<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) inforce: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) benefit_period: Option<Period>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) item: Vec<Item<'a>>,
}

/// coverageeligibilityresponse.html, `insurance.item`. It has a category and no product (ces-1).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) extension: Vec<Extension<'a>>,
    pub(super) category: Concept<'static>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) network: Option<Concept<'static>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unit: Option<Concept<'static>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) term: Option<Concept<'static>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) benefit: Vec<BenefitLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) authorization_required: Option<bool>,
}

/// coverageeligibilityresponse.html, `insurance.item.benefit`.
#[derive(Serialize)]
pub(super) struct BenefitLine<'a> {
    pub(super) extension: Vec<Extension<'a>>,
    #[serde(rename = "type")]
    pub(super) kind: Concept<'a>,
    #[serde(flatten)]
    pub(super) allowed: Option<Allowed<'a>>,
    #[serde(flatten)]
    pub(super) used: Option<Used<'a>>,
}

/// `allowed[x]`.
#[derive(Serialize)]
pub(super) enum Allowed<'a> {
    #[serde(rename = "allowedMoney")]
    Money(Money),
    #[serde(rename = "allowedUnsignedInt")]
    UnsignedInt(u32),
    #[serde(rename = "allowedString")]
    String(Text<'a>),
}

/// `used[x]`.
#[derive(Serialize)]
pub(super) enum Used<'a> {
    #[serde(rename = "usedMoney")]
    Money(Money),
    #[serde(rename = "usedUnsignedInt")]
    UnsignedInt(u32),
    #[serde(rename = "usedString")]
    String(Text<'a>),
}

/// coverageeligibilityresponse.html, `error`.
#[derive(Serialize)]
pub(super) struct Fault<'a> {
    pub(super) code: Concept<'a>,
}
