//! A result as one JSON object in the words of this project: what a program reads that knows callwright.
//!
//! It is of the request, over all its calls, and names the people; `result.json` is of a single call, and tells how it went inside.
//! What both have has the same name and form in both, but for `outcome`: here it is `complete`, `partial` or `failed`, and what ended a
//! call stands in `ended_by` alone.

use std::collections::BTreeMap;

use callwright_compliance::{CallPurpose, Phi, PhiString};
use jiff::Timestamp;
use serde::Serialize;

use super::ResultError;
use super::document::{Answer, Call, Document, shown};

#[derive(Serialize)]
struct Whole<'a> {
    request: &'a str,
    written_at: Timestamp,
    /// Whether the patient is made up.
    synthetic: bool,
    purpose: CallPurpose,
    question_set: &'a str,
    practice: &'a str,
    provider: Provider<'a>,
    payer: Payer<'a>,
    patient: Patient<'a>,
    outcome: &'static str,
    ended_by: Option<&'a str>,
    /// Whether another call will be placed.
    goes_on: bool,
    missing: Vec<&'a str>,
    /// Of those, what was asked and could not be answered.
    not_given: Vec<&'a str>,
    fields: BTreeMap<&'a str, Field<'a>>,
    representative: Option<Field<'a>>,
    reference_number: Option<Field<'a>>,
    calls: Vec<OneCall<'a>>,
}

#[derive(Serialize)]
struct Provider<'a> {
    name: &'a str,
    npi: &'a str,
}

#[derive(Serialize)]
struct Payer<'a> {
    id: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
struct Patient<'a> {
    name: &'a str,
    date_of_birth: &'a str,
    member_id: &'a str,
    group_number: Option<&'a str>,
    relationship: &'a str,
    date_of_service: Option<&'a str>,
}

#[derive(Serialize)]
struct Field<'a> {
    title: &'a str,
    value: &'a str,
    /// The same for people.
    words: String,
    confidence: f64,
    evidence: Span<'a>,
    read_back: bool,
    /// Whether there is a recording of it.
    recorded: bool,
}

#[derive(Serialize)]
struct Span<'a> {
    call: &'a str,
    utterance: u32,
    from_ms: u64,
    to_ms: u64,
}

#[derive(Serialize)]
struct OneCall<'a> {
    call: &'a str,
    number: &'a str,
    began_at: Timestamp,
    ended_at: Option<Timestamp>,
    outcome: Option<&'a str>,
    recorded: bool,
    /// `null` where the call's own file is gone.
    recording_objected: Option<bool>,
    disclosures: Option<Vec<Disclosure<'a>>>,
}

#[derive(Serialize)]
struct Disclosure<'a> {
    proven_ms: u64,
    proven_by: &'a str,
}

/// The object, on several lines.
pub(super) fn render(document: &Document) -> Result<PhiString, ResultError> {
    let text = serde_json::to_string_pretty(&whole(document));
    text.map(Phi::new).map_err(|_| ResultError::Form)
}

fn whole(document: &Document) -> Whole<'_> {
    let patient = &document.patient;
    let asked = document.open.iter().filter(|open| open.asked);
    Whole {
        request: document.request.as_str(),
        written_at: document.written_at,
        synthetic: document.is_made_up(),
        purpose: document.purpose,
        question_set: &document.question_set,
        practice: &document.practice,
        provider: Provider { name: &document.provider.name, npi: &document.provider.npi },
        payer: Payer { id: &document.payer.id, name: &document.payer.name },
        patient: Patient {
            name: shown(&patient.name),
            date_of_birth: shown(&patient.date_of_birth),
            member_id: shown(&patient.member_id),
            group_number: patient.group_number.as_ref().map(shown),
            relationship: shown(&patient.relationship),
            date_of_service: patient.date_of_service.as_ref().map(shown),
        },
        outcome: document.outcome.name(),
        ended_by: document.ended_by.as_deref(),
        goes_on: document.goes_on,
        missing: document.unanswered().collect(),
        not_given: asked.map(|open| open.name.as_str()).collect(),
        fields: document.answers.iter().map(|answer| (answer.name(), field(answer))).collect(),
        representative: document.representative.as_ref().map(field),
        reference_number: document.reference.as_ref().map(field),
        calls: document.calls.iter().map(call).collect(),
    }
}

fn field(answer: &Answer) -> Field<'_> {
    let from = &answer.evidence;
    Field {
        title: &answer.title,
        value: answer.text(),
        words: answer.reading().words(answer.term.share),
        confidence: from.confidence,
        evidence: Span {
            call: from.call.as_str(),
            utterance: from.utterance,
            from_ms: from.from_ms,
            to_ms: from.to_ms,
        },
        read_back: from.read_back,
        recorded: from.evidenced,
    }
}

fn call(call: &Call) -> OneCall<'_> {
    let told = call.told.as_ref();
    let disclosures = told.map(|told| {
        let each = told.disclosures.iter();
        each.map(|one| Disclosure { proven_ms: one.proven_ms, proven_by: &one.proven_by }).collect()
    });
    OneCall {
        call: &call.id,
        number: call.number.e164(),
        began_at: call.began_at,
        ended_at: call.ended_at,
        outcome: call.outcome.as_deref(),
        recorded: call.recorded,
        recording_objected: told.map(|told| told.recording_objected),
        disclosures,
    }
}

#[cfg(test)]
mod tests {
    use callwright_compliance::Purpose;
    use serde_json::{Value, json};

    use super::*;
    use crate::results::made_up;

    fn value(document: &Document) -> Value {
        serde_json::from_str(render(document).unwrap().expose(Purpose::Compare)).unwrap()
    }

    #[test]
    fn an_answer_has_its_value_its_words_and_its_evidence() {
        let result = value(&made_up::complete());
        let call = &result["calls"][0]["call"];
        assert_eq!(
            result["fields"]["deductible_met"],
            json!({
                "title": "Individual deductible met",
                "value": "400.00",
                "words": "$400.00",
                "confidence": 0.9375,
                "evidence": {
                    "call": call, "utterance": 11, "from_ms": 126_250, "to_ms": 129_750,
                },
                "read_back": true,
                "recorded": true,
            })
        );
        assert_eq!((&result["outcome"], &result["ended_by"]), (&json!("complete"), &Value::Null));
        assert_eq!(result["patient"]["member_id"], made_up::MEMBER);
    }

    #[test]
    fn what_is_open_and_why_is_told() {
        let result = value(&made_up::partial());
        assert_eq!(result["missing"], json!(["specialist_copay", "prior_authorization"]));
        assert_eq!(result["not_given"], json!(["specialist_copay"]));
        assert_eq!(result["ended_by"], "far_end_hung_up");
        assert_eq!(result["goes_on"], true);
        assert_eq!(result["calls"][1]["recording_objected"], true);
        let result = value(&made_up::failed());
        assert_eq!((&result["outcome"], &result["fields"]), (&json!("failed"), &json!({})));
    }
}
