//! What a call found out, in the form in which it is handed over: each field with its value and the evidence for it.

use std::collections::{BTreeMap, BTreeSet};

use callwright_compliance::Purpose;
use callwright_compliance::egress::Recipient;
use callwright_compliance::gate::ProofBy;
use callwright_core::{Outcome, Topic};
use callwright_prompts::QuestionSet;
use callwright_store::{CallId, Request, ResultField};
use jiff::Timestamp;
use serde::Serialize;

use crate::call::vault::Won;
use crate::call::{CallReport, Summary, translate};

/// The representative's name in the store, beside the fields of the question set.
pub(crate) const REPRESENTATIVE: &str = "representative";
/// The reference number in the store.
pub(crate) const REFERENCE: &str = "reference_number";

/// The whole result. No `Debug`: it holds patient data: what may be done with it is the reader's duty.
#[derive(Clone, Serialize)]
pub struct CallResult {
    /// The request.
    pub request: String,
    /// The call that the result was written after.
    pub call: String,
    /// Every call that something of it was heard in, this one included.
    pub calls: BTreeSet<String>,
    /// The payer's id in the directory.
    pub payer: String,
    /// The question set.
    pub question_set: String,
    /// When the call began.
    pub began_at: Timestamp,
    /// How long it took, from dialling, in milliseconds.
    pub length_ms: u64,
    /// `complete`, `partial`, or what ended it.
    pub outcome: String,
    /// What ended a call that is not complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
    /// Required fields without an answer.
    pub missing: Vec<String>,
    /// The answers by field name.
    pub fields: BTreeMap<String, FieldResult>,
    /// The representative's name; `null` where it was not given.
    pub representative: Option<FieldResult>,
    /// The reference number; `null` where it was not given.
    pub reference_number: Option<FieldResult>,
    /// When people on the line of the latest call were told that this is a recorded machine.
    pub disclosures: Vec<DisclosureTime>,
    /// Whether a person on the line of the latest call objected to being recorded. Of each answer its evidence says whether there is a
    /// recording.
    pub recording_objected: bool,
    /// Patient identifiers that reached the language model. Empty, unless policy was broken.
    pub known_identifiers_to_model: Vec<String>,
    /// Who received what.
    pub egress: Vec<EgressTotal>,
    /// How long the stages of replies took.
    pub latency: Vec<Summary>,
}

/// One answer.
#[derive(Clone, Serialize)]
pub struct FieldResult {
    /// The value in its canonical form.
    pub value: String,
    /// How sure the recogniser was of the words, 0 to 1.
    pub confidence: f32,
    /// Where it was heard.
    pub evidence: EvidenceSpan,
    /// Whether it was read back and confirmed.
    pub read_back: bool,
}

/// Where a value was heard.
#[derive(Clone, Debug, Serialize)]
pub struct EvidenceSpan {
    /// The call, in whose recording it is heard.
    pub call: String,
    /// The utterance, numbered from 1.
    pub utterance: u32,
    /// Where it begins in the recording, in milliseconds.
    pub from_ms: u32,
    /// Where it ends.
    pub to_ms: u32,
    /// Whether there is a recording of it. None is kept from where somebody objected.
    pub recorded: bool,
}

/// One disclosure.
#[derive(Clone, Debug, Serialize)]
pub struct DisclosureTime {
    /// When it began, in milliseconds since dialling.
    pub began_ms: u64,
    /// When its playout was proven.
    pub proven_ms: u64,
    /// Where in the recording it was proven, in milliseconds.
    pub recording_ms: u64,
    /// How it is known: the carrier's mark, or the paced clock.
    pub proven_by: &'static str,
}

/// What one recipient got.
#[derive(Clone, Debug, Serialize)]
pub struct EgressTotal {
    /// Who: the far end, or a vendor by its id and role.
    pub recipient: String,
    /// The names of the fields.
    pub fields: Vec<&'static str>,
    /// How many bytes.
    pub bytes: u64,
}

/// What a result is about.
pub(crate) struct About<'a> {
    pub(crate) request: &'a Request,
    pub(crate) call: &'a CallId,
    pub(crate) began_at: Timestamp,
    pub(crate) questions: &'a QuestionSet,
    pub(crate) earlier: &'a [ResultField],
}

impl CallResult {
    /// The result of a call, with what earlier calls about the same request won and this one did not.
    pub(crate) fn new(about: &About<'_>, report: &CallReport) -> CallResult {
        let call = about.call.to_string();
        // What was recorded ends where somebody objected.
        let recorded_ms = report.recorded.as_ref().map_or(0, |recorded| recorded.length_ms);
        let won: BTreeMap<Topic, &Won> = report.vault.won().collect();
        let mut earlier: BTreeMap<&str, FieldResult> = about
            .earlier
            .iter()
            .filter_map(|kept| Some((kept.evidence.field.as_str(), before(kept)?)))
            .collect();
        let mut other = |topic, name: &str| {
            let before = earlier.remove(name);
            won.get(&topic).map(|won| field(won, &call, recorded_ms)).or(before)
        };
        let representative = other(Topic::Name, REPRESENTATIVE);
        let reference_number = other(Topic::Reference, REFERENCE);
        let name_of = |topic: &Topic| match topic {
            Topic::Field(field) => about.questions.fields.get(usize::from(field.0)),
            Topic::Name | Topic::Reference => None,
        };
        let mut fields: BTreeMap<String, FieldResult> =
            earlier.into_iter().map(|(name, field)| (name.to_owned(), field)).collect();
        for (topic, won) in &won {
            if let Some(question) = name_of(topic) {
                fields.insert(question.name.clone(), field(won, &call, recorded_ms));
            }
        }
        let others = [&representative, &reference_number].into_iter().flatten();
        let heard_in = fields.values().chain(others).map(|field| field.evidence.call.clone());
        let calls = heard_in.chain([call.clone()]).collect();
        let required = about.questions.fields.iter().filter(|question| question.required);
        let missing = required
            .filter(|question| !fields.contains_key(&question.name))
            .map(|question| question.name.clone())
            .collect();
        let ended_by = match report.outcome {
            Outcome::Complete => None,
            Outcome::Partial { why, .. } | Outcome::Failed(why) => {
                Some(translate::ending_name(why).to_owned())
            }
        };
        CallResult {
            request: about.request.id.to_string(),
            call,
            calls,
            payer: about.request.order.payer.to_string(),
            question_set: about.questions.id.clone(),
            began_at: about.began_at,
            length_ms: report.length.as_ms(),
            outcome: translate::outcome_name(report.outcome).to_owned(),
            ended_by,
            missing,
            fields,
            representative,
            reference_number,
            disclosures: report.disclosed.iter().map(disclosure).collect(),
            recording_objected: report.objected,
            known_identifiers_to_model: names(report.identifiers_to_model)
                .into_iter()
                .map(str::to_owned)
                .collect(),
            egress: report.ledger.totals().iter().map(total).collect(),
            latency: report.latency.clone(),
        }
    }

    /// Whether every required field is answered.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.outcome == "complete"
    }
}

/// What an earlier call won; `None` where the far end had none to give.
fn before(kept: &ResultField) -> Option<FieldResult> {
    let evidence = &kept.evidence;
    let ms = |ms: u64| u32::try_from(ms).unwrap_or(u32::MAX);
    Some(FieldResult {
        value: kept.value.as_ref()?.expose(Purpose::RenderResult).clone(),
        confidence: evidence.confidence as f32,
        evidence: EvidenceSpan {
            call: evidence.call.to_string(),
            utterance: evidence.utterance,
            from_ms: ms(evidence.from_ms),
            to_ms: ms(evidence.to_ms),
            recorded: evidence.evidenced,
        },
        read_back: evidence.read_back,
    })
}

fn field(won: &Won, call: &str, recorded_ms: u64) -> FieldResult {
    FieldResult {
        value: won.value.expose(Purpose::RenderResult).clone(),
        confidence: won.evidence.span.confidence,
        evidence: EvidenceSpan {
            call: call.to_owned(),
            utterance: won.evidence.utterance.0,
            from_ms: won.evidence.span.from_ms,
            to_ms: won.evidence.span.to_ms,
            recorded: u64::from(won.evidence.span.to_ms) <= recorded_ms,
        },
        read_back: won.read_back,
    }
}

fn disclosure(disclosed: &crate::call::Disclosed) -> DisclosureTime {
    DisclosureTime {
        began_ms: disclosed.from.as_ms(),
        proven_ms: disclosed.at.as_ms(),
        recording_ms: disclosed.far_ms,
        proven_by: match disclosed.by {
            ProofBy::Mark => "mark",
            ProofBy::PacedClock => "paced_clock",
        },
    }
}

fn names(fields: callwright_compliance::FieldSet) -> Vec<&'static str> {
    fields.iter().map(callwright_compliance::Field::name).collect()
}

fn total((recipient, total): (&Recipient, &callwright_compliance::egress::Total)) -> EgressTotal {
    let recipient = match recipient {
        Recipient::FarEnd => "far_end".to_owned(),
        Recipient::Vendor { id, role } => format!("{id} ({role})"),
    };
    EgressTotal { recipient, fields: names(total.fields), bytes: total.bytes }
}
