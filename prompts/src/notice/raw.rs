//! Reading the disclosures and checking that each says what it claims, in time, and that there is one for whatever may be wanted.

use std::collections::{BTreeMap, BTreeSet};

use callwright_compliance::CallClass;
use callwright_compliance::permit::Notice;
use serde::Deserialize;

use super::{ByKeeping, Choice, Element, NoticeText, Notices, base};
use crate::clip::{Business, FIRST_SENTENCE_MAX_S, estimated_s};
use crate::problem::Findings;
use crate::slots::{Template, Token};

/// A practice whose name has three words, as the bound on the first sentence has it.
const OF_THREE_WORDS: Business<'static> =
    Business { registered_name: "Riverside Family Medicine", callback_spoken: "" };

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawKeeping {
    RecordedAndTranscribed,
    Transcribed,
}

impl From<RawKeeping> for Notice {
    fn from(raw: RawKeeping) -> Notice {
        match raw {
            RawKeeping::RecordedAndTranscribed => Notice::RecordedAndTranscribed,
            RawKeeping::Transcribed => Notice::Transcribed,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawText {
    id: String,
    class: CallClass,
    recording: RawKeeping,
    says: BTreeSet<Element>,
    disclosure: String,
    rest: String,
    short: String,
    end: Option<String>,
    source: String,
    verified_on: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlace {
    region: String,
    class: CallClass,
    wants: BTreeSet<Element>,
    source: String,
    verified_on: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlain {
    regions: Vec<String>,
    source: String,
    verified_on: String,
}

/// `notices.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawNotices {
    version: String,
    texts: Vec<RawText>,
    places: Vec<RawPlace>,
    plain: RawPlain,
}

impl RawNotices {
    /// The notices, or nothing where something was found to be wrong.
    pub(crate) fn check(self, findings: &mut Findings<'_>) -> Option<Notices> {
        if self.version.trim().is_empty() {
            findings.add("version", "is empty");
        }
        let strictest = self.strictest();
        let places = places(&self.places, &self.plain, findings);
        let mut texts: Vec<(CallClass, Notice, NoticeText)> = Vec::new();
        for raw in self.texts {
            if texts.iter().any(|(_, _, text)| text.id == raw.id) {
                findings.add(format!("texts.{}", raw.id), "is there more than once");
            }
            let (class, recording) = (raw.class, Notice::from(raw.recording));
            texts.extend(raw.check(findings).map(|text| (class, recording, text)));
        }
        let mut of = |class: CallClass| {
            let mut find = |recording: Notice| {
                let these = texts.iter().filter(|(of, how, _)| (*of, *how) == (class, recording));
                let these = these.map(|(_, _, text)| text.clone()).collect();
                let wanted = strictest.get(&class).into_iter().flatten().copied();
                let wanted = base(recording).into_iter().chain(wanted).collect();
                choice(these, &wanted, (class, recording), findings)
            };
            let recorded = find(Notice::RecordedAndTranscribed);
            let transcribed = find(Notice::Transcribed);
            Some(ByKeeping { recorded: recorded?, transcribed: transcribed? })
        };
        let (payer, test) = (of(CallClass::Payer), of(CallClass::Test));
        let patient = of(CallClass::Patient);
        Some(Notices {
            version: self.version,
            payer: payer?,
            test: test?,
            patient: patient?,
            places,
        })
    }

    /// All that any place wants, by class.
    fn strictest(&self) -> BTreeMap<CallClass, BTreeSet<Element>> {
        let mut all: BTreeMap<CallClass, BTreeSet<Element>> = BTreeMap::new();
        for place in &self.places {
            all.entry(place.class).or_default().extend(&place.wants);
        }
        all
    }
}

fn choice(
    mut texts: Vec<NoticeText>,
    wanted: &BTreeSet<Element>,
    of: (CallClass, Notice),
    findings: &mut Findings<'_>,
) -> Option<Choice> {
    texts.sort_by(|a, b| (a.says.len(), &a.id).cmp(&(b.says.len(), &b.id)));
    let strictest = texts.iter().find(|text| text.says.is_superset(wanted)).cloned();
    if strictest.is_none() {
        findings
            .add("texts", format!("none for {of:?} says all of {wanted:?}, which may be wanted"));
    }
    Some(Choice { texts, strictest: strictest? })
}

fn places(
    rows: &[RawPlace],
    plain: &RawPlain,
    findings: &mut Findings<'_>,
) -> BTreeMap<String, Vec<(CallClass, BTreeSet<Element>)>> {
    let mut places: BTreeMap<String, Vec<_>> = BTreeMap::new();
    check_source("plain", &plain.source, &plain.verified_on, findings);
    for region in &plain.regions {
        if places.insert(region.clone(), Vec::new()).is_some() {
            findings.add("plain.regions", format!("{region} is there more than once"));
        }
    }
    for row in rows {
        let path = format!("places.{}", row.region);
        check_source(&path, &row.source, &row.verified_on, findings);
        if plain.regions.contains(&row.region) {
            findings.add(path, "is among the plain regions, too");
        }
        places.entry(row.region.clone()).or_default().push((row.class, row.wants.clone()));
    }
    places
}

fn check_source(path: &str, source: &str, verified_on: &str, findings: &mut Findings<'_>) {
    if source.trim().is_empty() {
        findings.add(format!("{path}.source"), "is empty: name regulation and section");
    }
    let mut parts = verified_on.split('-');
    let digits = |part: Option<&str>, len| {
        part.is_some_and(|part| part.len() == len && part.bytes().all(|b| b.is_ascii_digit()))
    };
    let whole = digits(parts.next(), 4) && digits(parts.next(), 2) && digits(parts.next(), 2);
    if !whole || parts.next().is_some() {
        findings.add(format!("{path}.verified_on"), "is no date such as 2026-10-01");
    }
}

impl RawText {
    fn check(self, findings: &mut Findings<'_>) -> Option<NoticeText> {
        let path = format!("texts.{}", self.id);
        check_source(&path, &self.source, &self.verified_on, findings);
        let recording = Notice::from(self.recording);
        for missing in base(recording).difference(&self.says) {
            findings.add(format!("{path}.says"), format!("lacks {missing:?}, which rule D1 wants"));
        }
        let mut part = |name: &str, text: &str| template(&format!("{path}.{name}"), text, findings);
        let (disclosure, rest) = (part("disclosure", &self.disclosure), part("rest", &self.rest));
        let (short, end) =
            (part("short", &self.short), self.end.as_deref().map(|e| part("end", e)));
        let (disclosure, rest, short) = (disclosure?, rest?, short?);
        let mut says = |name: &str, template: &Template, elements: &BTreeSet<Element>| {
            check_says(&format!("{path}.{name}"), template, elements, recording, findings);
        };
        says("disclosure", &disclosure, &self.says);
        // The rest is for those who heard the name; the short form leaves the purpose out.
        says("rest", &rest, &without(&self.says, Element::Business));
        says("short", &short, &without(&self.says, Element::Purpose));
        check_first_sentence(&format!("{path}.disclosure"), &disclosure, recording, findings);
        let end = match (self.class, end) {
            (CallClass::Payer | CallClass::Test, None) => None,
            (CallClass::Payer | CallClass::Test, Some(_)) => {
                findings.add(format!("{path}.end"), "is for calls to patients only");
                None
            }
            (CallClass::Patient, None) => {
                findings.add(format!("{path}.end"), "is missing: rule D4 wants the notice again");
                None
            }
            (CallClass::Patient, Some(end)) => {
                let end = end?;
                let human = BTreeSet::from([Element::AiVoice, Element::CallbackNumber]);
                check_elements(&format!("{path}.end"), &end, &human, findings);
                Some(end)
            }
        };
        Some(NoticeText {
            id: self.id,
            says: self.says,
            disclosure,
            rest,
            short,
            end,
            source: self.source,
            verified_on: self.verified_on,
        })
    }
}

fn without(says: &BTreeSet<Element>, one: Element) -> BTreeSet<Element> {
    says.iter().copied().filter(|element| *element != one).collect()
}

fn template(path: &str, text: &str, findings: &mut Findings<'_>) -> Option<Template> {
    let template = match Template::parse(text) {
        Ok(template) => template,
        Err(error) => {
            findings.add(path, error.to_string());
            return None;
        }
    };
    for token in template.tokens() {
        if !matches!(token, Token::Business | Token::CallbackNumber) {
            let slots = "a disclosure may hold {business} and {callback_number} only";
            findings.add(path, format!("{slots}, not {token}"));
        }
    }
    Some(template)
}

fn check_says(
    path: &str,
    template: &Template,
    elements: &BTreeSet<Element>,
    recording: Notice,
    findings: &mut Findings<'_>,
) {
    check_elements(path, template, elements, findings);
    if recording == Notice::Transcribed && says(template, Element::Recorded) {
        findings.add(path, "says that the call is recorded, and it is not");
    }
}

fn check_elements(
    path: &str,
    template: &Template,
    elements: &BTreeSet<Element>,
    findings: &mut Findings<'_>,
) {
    for element in elements.iter().filter(|element| !says(template, **element)) {
        findings.add(path, format!("claims to say {element:?} and does not: {}", sign(*element)));
    }
}

/// By what an element is recognised in a text.
fn sign(element: Element) -> &'static str {
    match element {
        Element::AiVoice => "`A I voice`",
        Element::Business => "{business}",
        Element::Purpose => "`about`",
        Element::Recorded => "`recorded`",
        Element::Transcribed => "`transcribed`",
        Element::NotHuman => "`not a person`",
        Element::CallbackNumber => "{callback_number}",
        Element::AsksLeave => "a question at its end",
    }
}

fn says(template: &Template, element: Element) -> bool {
    let text = template.to_string();
    match element {
        Element::Business | Element::CallbackNumber => text.contains(sign(element)),
        Element::AsksLeave => text.trim_end().ends_with('?'),
        Element::AiVoice
        | Element::Purpose
        | Element::Recorded
        | Element::Transcribed
        | Element::NotHuman => text.contains(sign(element).trim_matches('`')),
    }
}

/// The words up to the first full stop or question mark.
pub(crate) fn first_sentence(text: &str) -> &str {
    text.split_inclusive(['.', '?']).next().unwrap_or_default()
}

/// Rule D1: who, what, why and how it is kept, in one sentence of six seconds.
fn check_first_sentence(
    path: &str,
    disclosure: &Template,
    recording: Notice,
    findings: &mut Findings<'_>,
) {
    let text = disclosure.to_string();
    match Template::parse(first_sentence(&text)) {
        Ok(first) => {
            for element in base(recording).into_iter().filter(|element| !says(&first, *element)) {
                let sign = sign(element);
                findings.add(path, format!("its first sentence does not say {element:?}: {sign}"));
            }
        }
        Err(error) => findings.add(path, error.to_string()),
    }
    let seconds = estimated_s(first_sentence(&OF_THREE_WORDS.fill(disclosure)));
    if seconds > FIRST_SENTENCE_MAX_S {
        findings.add(
            path,
            format!(
                "its first sentence takes {seconds:.1} s; at most {FIRST_SENTENCE_MAX_S} s may be"
            ),
        );
    }
}
