//! The plan of a call: what it may do, from its permit, and what it is about, from its request.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use callwright_compliance::gate::{Gate, GateRules, PacedClock};
use callwright_compliance::{DialPermit, Phi, PhiString, Purpose};
use callwright_core::{Config, DataItem, FieldId, Limits, Micros, QuestionPlan, ReadBack, Topic};
use callwright_prompts::clip::first_sentence_max_ms;
use callwright_prompts::{Business, NoticeText, Places, QuestionSet, question, spoken};
use callwright_store::CallId;
use callwright_understanding::Date;
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::attempt::Case;
use super::{DialError, leave};
use crate::call::journal::{self, Header, hex};
use crate::call::translate;
use crate::call::{CallPlan, ClipBook, Journal, Sessions, Vault};
use crate::services::Services;

/// The file names in a call's folder.
pub(crate) const RECORDING: &str = "recording.wav";
/// The journal.
pub(crate) const JOURNAL: &str = "journal.jsonl";

/// Which call a plan is of.
pub(super) struct About<'a> {
    pub(super) call: &'a CallId,
    pub(super) folder: &'a Path,
    pub(super) began_at: Timestamp,
}

/// The disclosure of a call. Where whoever answers sits is known of no payer's line, and of no number for sure: numbers are ported. So
/// they are taken to be wherever the law wants most.
fn notice<'a>(services: &'a Services, permit: &DialPermit) -> &'a NoticeText {
    let kept = permit.disclosures().notice;
    services.pack.notices().choose(permit.class(), Places::Unknown, kept)
}

/// The practice's clips, if the voice of this call has spoken them before.
///
/// # Errors
/// [`DialError::DisclosureTooLong`] where this voice takes longer for the first sentence than the policy allows.
pub(super) fn clips_made(
    services: &Services,
    case: &Case,
    permit: &DialPermit,
) -> Result<Option<ClipBook>, DialError> {
    let callback = spoken::phone(case.provider.callback.e164());
    let business = business(case, &callback);
    let voice = services.vendors.text_to_speech.id();
    let Some(clips) = services.clips.made(notice(services, permit), &business, voice) else {
        return Ok(None);
    };
    let max_ms = permit.disclosures().first_sentence_ms_max;
    let max_ms = first_sentence_max_ms(max_ms, business.registered_name);
    let ms = clips.first_sentence_ms(&services.pack);
    if ms > max_ms {
        return Err(DialError::DisclosureTooLong { ms, max_ms });
    }
    Ok(Some(clips))
}

/// Has the practice's clips spoken by the voice that the call will have.
pub(super) async fn make_clips(
    services: &Services,
    case: &Case,
    permit: &DialPermit,
) -> Result<(), DialError> {
    let callback = spoken::phone(case.provider.callback.e164());
    let watch = services.clock.stopwatch();
    let leaves = leave::leaves(services, &case.claimed.request, watch).await?;
    let texts = (services.pack.as_ref(), notice(services, permit));
    let voice = services.vendors.text_to_speech.as_ref();
    let business = business(case, &callback);
    services.clips.book(texts, &business, voice, leaves.text_to_speech).await?;
    Ok(())
}

fn business<'a>(case: &'a Case, callback_spoken: &'a str) -> Business<'a> {
    Business { registered_name: &case.provider.registered_name, callback_spoken }
}

/// Makes the plan, and with it the call's journal. Takes what the permit gives besides the number.
pub(super) fn call_plan(
    services: &Services,
    case: &Case,
    permit: &mut DialPermit,
    &About { call, folder, began_at }: &About<'_>,
    clips: ClipBook,
    sessions: Sessions,
) -> Result<CallPlan, DialError> {
    let menu = services.directory.menu(&case.line.menu).ok_or(DialError::NoLine)?.clone();
    let (purpose, disclosure_repeats_max) = {
        let disclosures = permit.disclosures();
        (disclosures.purpose, disclosures.repeats_max)
    };
    let allowed = case.payer.allowed(purpose);
    let mut items = items(case);
    // What this payer may not be given is not even at hand: a question for it is answered as one for what we do not have.
    items.retain(|item, _| allowed.contains(translate::field(*item)));
    let patient_name = case.patient.name.expose(Purpose::ShowToOperator).clone();
    let before = case.answered_before();
    let config = config(services, permit, &case.questions, (&before, &items));
    let header = Header {
        v: journal::VERSION,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        call: call.to_string(),
        began_at,
        policy: services.policy.digest().to_string(),
        prompts: services.pack.digest_hex(),
        directory: hex(services.directory.digest()),
        config: config.clone(),
    };
    let journal = Journal::create(&folder.join(JOURNAL), &header)?;
    let gate = Gate::new(GateRules {
        allowed,
        disclosure_repeats_max,
        paced_clock: PacedClock::ProvesNothing,
        recording: permit.recording_grant(),
    });
    let recording = permit.machine_audio().map(|leave| (folder.join(RECORDING), leave));
    Ok(CallPlan {
        id: call.to_string(),
        purpose,
        payer: case.payer.clone(),
        menu,
        questions: Arc::clone(&case.questions),
        pack: Arc::clone(&services.pack),
        clips: Arc::new(clips),
        vault: Vault::new(items, before.into_iter().map(Topic::Field).collect()),
        covered_names: vec![patient_name],
        config,
        gate,
        recording,
        journal,
        vendors: services.vendors.clone(),
        sessions,
        carrier: services.carrier.id.clone(),
        today: today(began_at, &case.line.hours.zone),
    })
}

/// What of the request can be given when it is asked for.
fn items(case: &Case) -> BTreeMap<DataItem, PhiString> {
    let provider = &case.provider;
    let patient = &case.patient;
    let copy = |value: &PhiString| value.duplicate(Purpose::Speak);
    let mut items = BTreeMap::from([
        (DataItem::ProviderName, Phi::new(provider.registered_name.clone())),
        (DataItem::CallerName, Phi::new(provider.registered_name.clone())),
        (DataItem::Npi, Phi::new(provider.npi.digits().to_owned())),
        (DataItem::TaxId, Phi::new(provider.tax_id.digits().to_owned())),
        (DataItem::CallbackNumber, Phi::new(provider.callback.e164().to_owned())),
        (DataItem::PatientName, copy(&patient.name)),
        (DataItem::PatientDateOfBirth, copy(&patient.date_of_birth)),
        (DataItem::MemberId, copy(&patient.member_id)),
        (DataItem::Relationship, copy(&patient.relationship)),
    ]);
    if let Some(group) = &patient.group_number {
        items.insert(DataItem::GroupNumber, copy(group));
    }
    if let Some(date) = &patient.date_of_service {
        items.insert(DataItem::DateOfService, copy(date));
    }
    items
}

/// The core's configuration: the caps are the permit's.
fn config(
    services: &Services,
    permit: &DialPermit,
    questions: &QuestionSet,
    (before, items): (&[FieldId], &BTreeMap<DataItem, PhiString>),
) -> Config {
    let caps = permit.caps();
    let micros =
        |time: std::time::Duration| Micros(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    let plan = |question: &question::Question| QuestionPlan {
        required: question.required,
        read_back: match question.read_back {
            question::ReadBack::Always => ReadBack::Always,
            // A field that the pack never reads back is still read back where understanding is unsure of it.
            question::ReadBack::WhenUnsure | question::ReadBack::Never => ReadBack::WhenUnsure,
        },
    };
    Config {
        questions: questions.fields.iter().map(plan).collect(),
        answered_before: before.to_vec(),
        items: items.keys().copied().collect(),
        limits: Limits {
            // The carrier's own ring time-out comes first; ours is for a carrier that says nothing.
            ring: micros(caps.ring + std::time::Duration::from_secs(15)),
            total_cap: micros(caps.total),
            person_total: micros(caps.conversation),
            ..services.limits
        },
    }
}

/// The day where the payer is.
fn today(now: Timestamp, zone: &str) -> Date {
    let zone = TimeZoneDatabase::bundled().get(zone).unwrap_or(TimeZone::UTC);
    let date = now.to_zoned(zone).date();
    let part = |n: i8| u8::try_from(n).unwrap_or(1);
    let year = u16::try_from(date.year()).unwrap_or(1900);
    // Every day of this century is one that understanding knows; a clock outside of it is taken for its first day.
    Date::new(year, part(date.month()), part(date.day()))
        .or_else(|| Date::new(2000, 1, 1))
        .unwrap_or_else(|| unreachable!("the first of January 2000 is a day"))
}
