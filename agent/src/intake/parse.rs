//! From the text of a request to typed values, once. Every mistake is named by its field.
//!
//! Whether the request may be called about is not asked here: that is `compliance`'s, in [`super::accept`].

use callwright_compliance::class::{CallClass, CallPurpose, PatientKind};
use callwright_compliance::facts::{AiCallConsent, ConsentMethod};
use callwright_compliance::id::{ObjectId, PayerId, TenantId};
use callwright_compliance::{Phi, PhiString};
use callwright_dialplan::payer::Directory;
use callwright_prompts::Pack;
use callwright_store::{Code, Order, PATIENT_VALUE_BYTES_MAX, Patient, Priority, ProviderId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::fields::Fields;
use super::problem::{Fault, Problem, Problems, REQUEST_BYTES_MAX};
use crate::services::FileKeeping;

const ID: &str = "an id: 1 to 64 letters, digits, `.`, `_` or `-`";
const PROVIDER: &str = "a provider's id: 32 hexadecimal digits, as `setup provider` prints it";
const PURPOSE: &str = "one of medical_benefits, dental_benefits";
const SET: &str = "the name of a question set, as medical";
const CLASS: &str = "one of payer, test, patient";
const KIND: &str = "one of real, synthetic";
const TIME: &str = "a time with its zone, as 2026-11-02T15:00:00Z";
const DAY: &str = "a day that there is, as 1985-04-12";
const NAME: &str = "a name of 1 to 400 bytes on one line";
const NUMBER: &str = "2 to 40 letters, digits, spaces or `-`, as on the card";
const RELATIONSHIP: &str = "one of self, spouse, child, other";
const STATE: &str = "one of granted, refused, absent";
const METHOD: &str = "one of signed, electronic, verbal";
const PRIORITY: &str = "a whole number from 0 to 9";

/// What a request is checked against.
pub struct Known<'a> {
    /// The payers.
    pub directory: &'a Directory,
    /// The question sets.
    pub pack: &'a Pack,
    /// How the files of calls are kept.
    pub keeping: FileKeeping,
    /// The time.
    pub now: Timestamp,
}

/// A request, parsed. No `Debug`: it holds a patient.
pub struct Intake {
    /// Whose it is.
    pub tenant: TenantId,
    /// What is asked for.
    pub order: Order,
    /// About whom.
    pub patient: Patient,
}

/// Reads a request.
///
/// # Errors
/// [`Problems`] with every mistake.
pub fn parse(text: &[u8], known: &Known<'_>) -> Result<Intake, Problems> {
    if text.len() > REQUEST_BYTES_MAX {
        return Err(Problems::one("", Fault::TooLong));
    }
    let object = match serde_json::from_slice(text) {
        Ok(Value::Object(object)) => object,
        Ok(_) => return Err(Problems::one("", Fault::Form("an object"))),
        Err(error) => {
            let fault = Fault::Json { line: error.line(), column: error.column() };
            return Err(Problems::one("", fault));
        }
    };
    let mut problems = Vec::new();
    match request(object, known, &mut problems) {
        Some(intake) if problems.is_empty() => Ok(intake),
        _ => Err(Problems(problems)),
    }
}

fn request(
    object: Map<String, Value>,
    known: &Known<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Intake> {
    let mut fields = Fields::new("", object, problems);
    let tenant = fields.required("practice", ID, |text| TenantId::new(&text).ok());
    let provider: Option<ProviderId> = fields.required("provider", PROVIDER, |t| t.parse().ok());
    let payer = fields.required("payer", ID, |text| PayerId::new(&text).ok());
    let purpose: Option<CallPurpose> = fields.required("purpose", PURPOSE, named);
    let question_set = fields.required("question_set", SET, |text| Code::new(&text).ok());
    let patient = fields.object("patient", "who the request is about");
    let consent = fields.object("ai_call_consent", "what the patient said to AI calls");
    let patient_kind = fields.required("patient_kind", KIND, named);
    let class = fields.optional("class", CLASS, named::<CallClass>);
    let priority = priority(&mut fields);
    let not_before = fields.optional("not_before", TIME, |text| text.parse::<Timestamp>().ok());
    let due = fields.optional("due", TIME, |text| text.parse::<Timestamp>().ok());

    line(&mut fields, known, payer.as_ref(), purpose);
    let set = question_set.as_ref().and_then(|set| known.pack.question_set(set.as_str()));
    if question_set.is_some() && set.is_none() {
        let fault = Fault::NotKnown("the prompt pack has no such question set");
        fields.note("question_set", fault);
    }
    if patient_kind == Some(PatientKind::Real) && known.keeping == FileKeeping::Open {
        fields.note("patient_kind", Fault::OpenFiles);
    }
    let not_before = not_before.map(|time| time.unwrap_or(known.now));
    if let (Ok(from), Ok(Some(due))) = (&not_before, &due)
        && due <= from
    {
        fields.note("due", Fault::Form("a time after `not_before`, and after now"));
    }
    fields.finish();
    let patient = patient.and_then(|object| self::patient(object, known.now, problems));
    let consent = consent.and_then(|object| self::consent(object, known.now, problems));
    Some(Intake {
        tenant: tenant?,
        order: Order {
            provider: provider?,
            payer: payer?,
            class: class.ok()?.unwrap_or(CallClass::Payer),
            purpose: purpose?,
            patient_kind: patient_kind?,
            question_set: question_set?,
            consent: consent?,
            priority: priority?,
            not_before: not_before.ok()?,
            due: due.ok()?,
        },
        patient: patient?,
    })
}

/// The name of a variant of a closed list.
fn named<T: DeserializeOwned>(text: String) -> Option<T> {
    serde_json::from_value(Value::String(text)).ok()
}

/// The payer must be in the directory, with a line for the purpose.
fn line(
    fields: &mut Fields<'_>,
    known: &Known<'_>,
    payer: Option<&PayerId>,
    purpose: Option<CallPurpose>,
) {
    let Some(payer) = payer else { return };
    match known.directory.payer(payer) {
        None => {
            let fault = Fault::NotKnown("the payer directory has no such payer; add its file");
            fields.note("payer", fault);
        }
        Some(entry) => {
            if purpose.is_some_and(|purpose| entry.line(purpose).is_none()) {
                fields.note("purpose", Fault::NotKnown("the payer has no line for this purpose"));
            }
        }
    }
}

fn priority(fields: &mut Fields<'_>) -> Option<Priority> {
    let Some(value) = fields.value("priority") else {
        return Some(Priority::NORMAL);
    };
    let number = value.as_u64().and_then(|number| u8::try_from(number).ok());
    let priority = number.and_then(|number| Priority::try_from(number).ok());
    if priority.is_none() {
        fields.note("priority", Fault::Form(PRIORITY));
    }
    priority
}

/// A text that becomes a protected value if it has the form.
fn protected(good: impl FnOnce(&str) -> bool) -> impl FnOnce(String) -> Option<PhiString> {
    move |text| {
        let is_good = good(&text);
        // Protected first, so that a refused value is zeroised too.
        let value = Phi::new(text);
        is_good.then_some(value)
    }
}

fn is_name(text: &str) -> bool {
    let fits = text.len() <= PATIENT_VALUE_BYTES_MAX;
    fits && !text.trim().is_empty() && !text.chars().any(char::is_control)
}

fn is_number(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-');
    (2..=40).contains(&text.len())
        && text.bytes().all(plain)
        && text.bytes().any(|b| b.is_ascii_alphanumeric())
}

/// Whether a text is a day in exactly the form that is spoken from later.
fn day(text: &str) -> Option<Date> {
    let date: Date = text.parse().ok()?;
    (text.len() == 10 && date.year() >= 1_850).then_some(date)
}

fn patient(
    object: Map<String, Value>,
    now: Timestamp,
    problems: &mut Vec<Problem>,
) -> Option<Patient> {
    let mut fields = Fields::new("/patient", object, problems);
    let name = fields.required("name", NAME, protected(is_name));
    // The day after today is already today in some zones of the world.
    let tomorrow = now.to_zoned(jiff::tz::TimeZone::UTC).date().tomorrow().ok()?;
    let mut is_future = false;
    let date_of_birth = fields.required(
        "date_of_birth",
        DAY,
        protected(|text| {
            is_future = day(text).is_some_and(|day| day > tomorrow);
            day(text).is_some()
        }),
    );
    if is_future {
        fields.note("date_of_birth", Fault::Future);
    }
    let member_id = fields.required("member_id", NUMBER, protected(is_number));
    let group_number = fields.optional("group_number", NUMBER, protected(is_number));
    let relationship = fields.required(
        "relationship",
        RELATIONSHIP,
        protected(|text| matches!(text, "self" | "spouse" | "child" | "other")),
    );
    let date_of_service =
        fields.optional("date_of_service", DAY, protected(|text| day(text).is_some()));
    fields.finish();
    Some(Patient {
        name: name?,
        date_of_birth: date_of_birth?,
        member_id: member_id?,
        group_number: group_number.ok()?,
        relationship: relationship?,
        date_of_service: date_of_service.ok()?,
    })
}

enum State {
    Granted,
    Refused,
    Absent,
}

fn state(text: String) -> Option<State> {
    match text.as_str() {
        "granted" => Some(State::Granted),
        "refused" => Some(State::Refused),
        "absent" => Some(State::Absent),
        _ => None,
    }
}

fn consent(
    object: Map<String, Value>,
    now: Timestamp,
    problems: &mut Vec<Problem>,
) -> Option<AiCallConsent> {
    let mut fields = Fields::new("/ai_call_consent", object, problems);
    let state = fields.required("state", STATE, state);
    if matches!(state, Some(State::Absent)) {
        fields.finish();
        return Some(AiCallConsent::Absent);
    }
    let at = fields.required("at", TIME, |text| text.parse::<Timestamp>().ok());
    if at.is_some_and(|at| at > now) {
        fields.note("at", Fault::Future);
    }
    let method: Option<ConsentMethod> = fields.required("method", METHOD, named);
    let evidence = fields.required("evidence", ID, |text| ObjectId::new(&text).ok());
    fields.finish();
    let (at, method, evidence) = (at?, method?, evidence?);
    Some(match state? {
        State::Granted => AiCallConsent::Granted { at, method, evidence },
        State::Refused => AiCallConsent::Refused { at, method, evidence },
        State::Absent => AiCallConsent::Absent,
    })
}
