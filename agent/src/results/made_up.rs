//! Documents about people who do not exist, for the tests of the renderers.

use std::sync::LazyLock;

use callwright_compliance::{CallPurpose, PatientKind, Phi, PhiString, PhoneNumber, RequestId};
use callwright_prompts::{Pack, Question, QuestionSet, ValueKind};
use callwright_store::{CallId, Code, Evidence, Patient, ResultField};
use jiff::Timestamp;
use jiff::tz::TimeZoneDatabase;

use super::document::{self, Call, Document, Outcome, Payer, Provider};
use super::told::{Disclosure, Told};

pub(super) const NAME: &str = "Maria Lopez";
pub(super) const BORN: &str = "1985-04-12";
pub(super) const MEMBER: &str = "W47291835";

const CALLS: [&str; 2] = ["00000000000000000000000000000ca1", "00000000000000000000000000000ca2"];

/// What the simulated payer of the demo says.
const ANSWERS: [(&str, &str); 12] = [
    ("coverage_status", "active"),
    ("effective_date", "2026-01-01"),
    ("plan_type", "ppo"),
    ("deductible_individual", "1500.00"),
    ("deductible_met", "400.00"),
    ("out_of_pocket_max", "6000.00"),
    ("out_of_pocket_met", "2200.00"),
    ("specialist_copay", "40.00"),
    ("coinsurance", "20"),
    ("prior_authorization", "no"),
    ("representative", "jessica"),
    ("reference_number", "749025"),
];

fn phi(text: &str) -> PhiString {
    Phi::new(text.to_owned())
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn call(id: &str, began_at: &str, ended_at: &str, outcome: &str, told: Told) -> Call {
    Call {
        id: id.to_owned(),
        began_at: at(began_at),
        ended_at: Some(at(ended_at)),
        outcome: Some(outcome.to_owned()),
        number: PhoneNumber::parse_e164("+18002000140").unwrap(),
        recorded: true,
        told: Some(told),
    }
}

fn told(ended_by: Option<&str>) -> Told {
    Told {
        ended_by: ended_by.map(str::to_owned),
        disclosures: vec![Disclosure { proven_ms: 48_640, proven_by: "mark".to_owned() }],
        recording_objected: false,
    }
}

/// An answer as the store has it, the `n`th of its call.
fn kept(name: &str, value: Option<&str>, call: &str, n: u32) -> ResultField {
    ResultField {
        value: value.map(phi),
        evidence: Evidence {
            field: Code::new(name).unwrap(),
            call: call.parse::<CallId>().unwrap(),
            confidence: 0.9375,
            utterance: n + 7,
            from_ms: u64::from(n) * 6_500 + 100_250,
            to_ms: u64::from(n) * 6_500 + 103_750,
            read_back: matches!(name, "reference_number" | "deductible_met"),
            evidenced: true,
        },
    }
}

/// Read once: properties make a thousand documents.
fn medical() -> &'static QuestionSet {
    static PACK: LazyLock<Pack> = LazyLock::new(|| Pack::embedded().unwrap());
    PACK.question_set("medical").unwrap()
}

fn document(outcome: Outcome, fields: Vec<ResultField>, calls: Vec<Call>) -> Document {
    of_set(medical(), outcome, fields, calls)
}

fn of_set(
    questions: &QuestionSet,
    outcome: Outcome,
    fields: Vec<ResultField>,
    calls: Vec<Call>,
) -> Document {
    let found = document::found(questions, fields);
    Document {
        request: RequestId::new("00000000000000000000000000000e01").unwrap(),
        patient_kind: PatientKind::Synthetic,
        purpose: CallPurpose::MedicalBenefits,
        question_set: questions.id.clone(),
        questions: questions.title.clone(),
        practice: "Riverside Family Medicine".to_owned(),
        provider: Provider {
            name: "Riverside Family Medicine".to_owned(),
            npi: "1234567893".to_owned(),
        },
        payer: Payer {
            id: "acme-health".to_owned(),
            name: "Acme Health".to_owned(),
            zone: TimeZoneDatabase::bundled().get("America/New_York").unwrap(),
        },
        patient: Patient {
            name: phi(NAME),
            date_of_birth: phi(BORN),
            member_id: phi(MEMBER),
            group_number: None,
            relationship: phi("self"),
            date_of_service: None,
        },
        written_at: at("2026-11-20T15:34:05Z"),
        outcome,
        ended_by: None,
        goes_on: false,
        required: questions.fields.iter().filter(|question| question.required).count(),
        answers: found.answers,
        open: found.open,
        representative: found.representative,
        reference: found.reference,
        calls,
    }
}

/// Everything answered, in one call.
pub(super) fn complete() -> Document {
    let field = |(n, (name, value)): (u32, (&str, &str))| kept(name, Some(value), CALLS[0], n);
    let fields = (0..).zip(ANSWERS).map(field).collect();
    let one =
        call(CALLS[0], "2026-11-20T15:31:00Z", "2026-11-20T15:34:01Z", "complete", told(None));
    document(Outcome::Complete, fields, vec![one])
}

/// Two calls, both cut off: one answer of the second was not recorded, one could not be given, one was not reached.
pub(super) fn partial() -> Document {
    let mut fields: Vec<ResultField> = (0..)
        .zip(ANSWERS)
        .map(|(n, (name, value))| kept(name, Some(value), CALLS[usize::from(n > 4)], n))
        .filter(|field| field.evidence.field.as_str() != "prior_authorization")
        .collect();
    for field in &mut fields {
        match field.evidence.field.as_str() {
            "coinsurance" => field.evidence.evidenced = false,
            "specialist_copay" => field.value = None,
            _ => {}
        }
    }
    let calls = vec![
        call(
            CALLS[0],
            "2026-11-20T15:31:00Z",
            "2026-11-20T15:33:00Z",
            "partial",
            told(Some("far_end_hung_up")),
        ),
        call(
            CALLS[1],
            "2026-11-20T16:01:00Z",
            "2026-11-20T16:04:30Z",
            "partial",
            Told { recording_objected: true, ..told(Some("far_end_hung_up")) },
        ),
    ];
    let mut document = document(Outcome::Partial, fields, calls);
    document.ended_by = Some("far_end_hung_up".to_owned());
    document.goes_on = true;
    document.patient.group_number = Some(phi("G-4711"));
    document.patient.date_of_service = Some(phi("2026-12-01"));
    document.patient.relationship = phi("child");
    document
}

/// Nobody answered.
pub(super) fn failed() -> Document {
    let one = call(
        CALLS[0],
        "2026-11-20T15:31:00Z",
        "2026-11-20T15:32:00Z",
        "no_answer",
        Told { disclosures: Vec::new(), ..told(Some("no_answer")) },
    );
    let mut document = document(Outcome::Failed, Vec::new(), vec![one]);
    document.ended_by = Some("no_answer".to_owned());
    document
}

/// A page of a dental plan, with questions of its own: a plan's share, a number, and words for which there is no code.
pub(super) fn dental() -> Document {
    let question = |name: &str, title: &str, kind| Question {
        name: name.to_owned(),
        title: title.to_owned(),
        kind,
        ..medical().fields[0].clone()
    };
    let asked = [
        ("annual_maximum", "Annual maximum", ValueKind::Money, "1500.00"),
        ("annual_maximum_used", "Annual maximum used", ValueKind::Money, "262.50"),
        ("preventive_plan_pays", "Preventive services", ValueKind::PlanShare, "100"),
        ("basic_plan_pays", "Basic services", ValueKind::PlanShare, "80"),
        ("bitewing_frequency", "Bitewings, how often", ValueKind::Frequency, "1 per 12 months"),
        ("lab_fee", "Laboratory fee", ValueKind::Money, "12.34"),
        ("lab_share", "Laboratory share", ValueKind::Percent, "15"),
        ("next_cleaning", "Next cleaning", ValueKind::Date, "2026-12-24"),
        ("missing_tooth_clause", "Missing tooth clause", ValueKind::YesNo, "yes"),
        ("fees", "Fee schedule", ValueKind::Reference, "A12"),
    ];
    let fields =
        (0..).zip(&asked).map(|(n, (name, .., value))| kept(name, Some(value), CALLS[0], n));
    let fields = fields.collect();
    let each = asked.into_iter();
    let questions = QuestionSet {
        id: "dental".to_owned(),
        title: "Dental benefits".to_owned(),
        reason: Vec::new(),
        shares: callwright_prompts::question::Shares::default(),
        fields: each.map(|(name, title, kind, _)| question(name, title, kind)).collect(),
    };
    let calls = complete().calls;
    let purpose = CallPurpose::DentalBenefits;
    Document { purpose, ..of_set(&questions, Outcome::Complete, fields, calls) }
}

/// Values that are not of their kinds, a payer that says too much, and a field that no question asks any more.
pub(super) fn odd() -> Document {
    let odd = [
        ("coverage_status", "<script>alert('x')</script>"),
        ("effective_date", "last \"spring\" & since"),
        ("plan_type", "gold\u{1}plus"),
        ("deductible_individual", "=1500"),
        ("deductible_met", "99999999999999999999.00"),
        ("coinsurance", "120"),
        ("prior_authorization", "only for imaging"),
        ("what_was_asked_once", "forty two"),
        ("authorization_number", "PA 77"),
        ("termination_date", "2026-12-31"),
    ];
    let fields = (0..).zip(odd).map(|(n, (name, value))| kept(name, Some(value), CALLS[0], n));
    let mut document = document(Outcome::Partial, fields.collect(), complete().calls);
    document.ended_by = Some("an_ending_of_tomorrow".to_owned());
    document.patient.date_of_birth = phi("in April");
    document.patient.relationship = phi("step child");
    document
}

/// As [`complete`], with another value for one field.
pub(super) fn answered(field: &str, value: &str) -> Document {
    let kept = |(n, (name, usual)): (u32, (&str, &str))| {
        let value = if name == field { value } else { usual };
        kept(name, Some(value), CALLS[0], n)
    };
    document(Outcome::Complete, (0..).zip(ANSWERS).map(kept).collect(), complete().calls)
}
