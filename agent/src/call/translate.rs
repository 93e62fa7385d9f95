//! The same thing in the words of two crates. Every match is exhaustive, so that a new variant on either side must be thought of.

use callwright_compliance::egress::{Field, FieldSet};
use callwright_compliance::gate::{ArmReason as GateArm, ClipKind, NextStep};
use callwright_core::{
    ArmReason, Clip, DataItem, Ending, HoldSound, Input, Key, LegFailure, MenuReply, Outcome, Owed,
    SampleTime, Tone,
};
use callwright_dialplan::menu::{KeyItem, StepAct};
use callwright_dialplan::retry::CallOutcome;
use callwright_dialplan::twilio::status::LegStatus;
use callwright_media::hold::HoldEvidence;
use callwright_media::session::MediaEvent;
use callwright_media::tone::progress::Progress;
use callwright_prompts::Token;

/// The core's far-end time of media's.
pub(crate) fn far(at: callwright_media::SampleTime) -> SampleTime {
    SampleTime(at.0)
}

/// Media's far-end time of the core's.
pub(crate) fn media(at: SampleTime) -> callwright_media::SampleTime {
    callwright_media::SampleTime(at.0)
}

/// The field that an item is, to compliance.
pub(crate) fn field(item: DataItem) -> Field {
    match item {
        DataItem::CallbackNumber => Field::CallbackNumber,
        DataItem::CallerName => Field::CallerName,
        DataItem::DateOfService => Field::DateOfService,
        DataItem::GroupNumber => Field::GroupNumber,
        DataItem::MemberId => Field::MemberId,
        DataItem::Npi => Field::Npi,
        DataItem::PatientDateOfBirth => Field::PatientDateOfBirth,
        DataItem::PatientName => Field::PatientName,
        DataItem::ProviderAddress => Field::ProviderAddress,
        DataItem::ProviderName => Field::ProviderName,
        DataItem::ReasonForCall => Field::ReasonForCall,
        DataItem::Relationship => Field::Relationship,
        DataItem::Ssn => Field::Ssn,
        DataItem::TaxId => Field::TaxId,
    }
}

/// The item that a token stands for; `None` for what was heard in the call, which is no item of the request.
pub(crate) fn item(token: Token) -> Option<DataItem> {
    Some(match token {
        Token::Business | Token::ProviderName => DataItem::ProviderName,
        Token::CallbackNumber => DataItem::CallbackNumber,
        Token::CallerName => DataItem::CallerName,
        Token::DateOfService => DataItem::DateOfService,
        Token::GroupNumber => DataItem::GroupNumber,
        Token::MemberId => DataItem::MemberId,
        Token::Npi => DataItem::Npi,
        Token::PatientDateOfBirth => DataItem::PatientDateOfBirth,
        Token::PatientName => DataItem::PatientName,
        Token::ProviderAddress => DataItem::ProviderAddress,
        Token::Relationship => DataItem::Relationship,
        Token::TaxId => DataItem::TaxId,
        Token::Heard | Token::HeardEarlier(..) => return None,
    })
}

/// The item that a menu wants to have keyed.
pub(crate) fn key_item(item: KeyItem) -> DataItem {
    match item {
        KeyItem::Npi => DataItem::Npi,
        KeyItem::TaxId => DataItem::TaxId,
        KeyItem::MemberId => DataItem::MemberId,
        KeyItem::PatientDateOfBirth => DataItem::PatientDateOfBirth,
        KeyItem::CallbackNumber => DataItem::CallbackNumber,
    }
}

/// What a menu step wants of the core.
pub(crate) fn menu_reply(act: &StepAct) -> MenuReply {
    match act {
        StepAct::Press(_) => MenuReply::Press,
        StepAct::Key { item, .. } => MenuReply::Enter(key_item(*item)),
        StepAct::Say(_) => MenuReply::Say,
        StepAct::Wait => MenuReply::Wait,
        StepAct::ExpectHold => MenuReply::Hold,
    }
}

/// The gate's name of a clip.
pub(crate) fn clip_kind(clip: Clip) -> ClipKind {
    match clip {
        Clip::AiRefusedBye => ClipKind::AiRefusedBye,
        Clip::Disclosure => ClipKind::Disclosure,
        Clip::DisclosureRest => ClipKind::DisclosureRest,
        Clip::DisclosureShort => ClipKind::DisclosureShort,
        Clip::IAmAutomated => ClipKind::IAmAutomated,
        Clip::KillClose => ClipKind::KillClose,
        Clip::NeedsStaffBye => ClipKind::NeedsStaffBye,
        Clip::PoliteEnd => ClipKind::PoliteEnd,
        Clip::RecordingObjection => ClipKind::RecordingObjection,
    }
}

/// The gate's reason for being armed.
pub(crate) fn arm(why: ArmReason) -> GateArm {
    match why {
        ArmReason::Doubt => GateArm::Doubt,
        ArmReason::Person => GateArm::Person,
        // Who comes back to the line after a hold need not be who left it.
        ArmReason::PersonAgain => GateArm::NewPerson,
        ArmReason::Hold => GateArm::HoldEnded,
        ArmReason::TakeOver => GateArm::TakeOver,
        ArmReason::Transfer => GateArm::Transfer,
    }
}

/// What an interrupted disclosure owes; `None` where nothing does.
pub(crate) fn owed(next: NextStep) -> Option<Owed> {
    match next {
        NextStep::RepeatRest => Some(Owed::Rest),
        NextStep::ShortForm => Some(Owed::Short),
        NextStep::EndPolitely => Some(Owed::End),
        NextStep::Continue => None,
    }
}

/// What media heard, for the core; `None` for what means nothing to it.
pub(crate) fn media_event(event: MediaEvent) -> Option<Input> {
    Some(match event {
        MediaEvent::SpeechStarted { at, .. } => Input::SpeechStarted { at: far(at) },
        MediaEvent::SpeechEnded { at, .. } => Input::SpeechEnded { at: far(at) },
        MediaEvent::Digit { key, .. } => Input::Digit(Key(key.symbol())),
        MediaEvent::Tone { tone, .. } => Input::Tone(match tone {
            Progress::Busy => Tone::Busy,
            Progress::Reorder => Tone::Reorder,
            Progress::Ringback => Tone::Ringback,
            Progress::SpecialInformation => Tone::SpecialInformation,
            Progress::DialTone | Progress::FaxAnswer => return None,
        }),
        MediaEvent::Hold { evidence, at } => {
            let sound = match evidence {
                HoldEvidence::Music => HoldSound::Music,
                HoldEvidence::Silence => HoldSound::Silence,
                HoldEvidence::SpeechCandidate => HoldSound::SpeechCandidate,
            };
            Input::HoldEvidence { sound, at: far(at) }
        }
        MediaEvent::Stalled => Input::MediaStalled,
        MediaEvent::Resumed => Input::MediaResumed,
    })
}

/// What a status call-back means to the core; `None` for one that says nothing new.
pub(crate) fn leg_status(status: LegStatus) -> Option<Input> {
    match status {
        LegStatus::Queued | LegStatus::Initiated => None,
        LegStatus::Ringing => Some(Input::Ringing),
        LegStatus::InProgress => Some(Input::Answered),
        LegStatus::Completed | LegStatus::Canceled => Some(Input::HungUp),
        LegStatus::Busy => Some(Input::Failed(LegFailure::Busy)),
        LegStatus::NoAnswer => Some(Input::Failed(LegFailure::NoAnswer)),
        LegStatus::Failed => Some(Input::Failed(LegFailure::Carrier)),
    }
}

/// The outcome as the retry table knows it.
pub(crate) fn call_outcome(outcome: Outcome) -> CallOutcome {
    let why = match outcome {
        Outcome::Complete => return CallOutcome::Complete,
        Outcome::Partial { why: Ending::FarEndHungUp | Ending::MediaLost, .. } => {
            return CallOutcome::Dropped;
        }
        // What was won is kept; the rest is asked again.
        Outcome::Partial { why: Ending::VendorLost, .. } => return CallOutcome::OurFault,
        Outcome::Partial { .. } => return CallOutcome::Partial,
        Outcome::Failed(why) => why,
    };
    match why {
        Ending::AiRefused | Ending::NeedsStaff => CallOutcome::RefusedAi,
        Ending::AnswersWithheld => CallOutcome::Partial,
        Ending::CapReached | Ending::HoldTooLong => CallOutcome::HoldTooLong,
        Ending::DisclosureUnproven | Ending::MediaLost => CallOutcome::OurFault,
        Ending::DoNotCall => CallOutcome::DoNotCall,
        Ending::FarEndHungUp | Ending::NobodyThere => CallOutcome::Dropped,
        Ending::Killed => CallOutcome::Stopped,
        Ending::Leg(LegFailure::Busy) => CallOutcome::Busy,
        Ending::Leg(LegFailure::NoAnswer) => CallOutcome::NoAnswer,
        Ending::Leg(LegFailure::Carrier) => CallOutcome::Failed,
        Ending::MenuStuck => CallOutcome::MenuLost,
        Ending::OutOfService | Ending::Voicemail => CallOutcome::WrongNumber,
        Ending::VendorLost => CallOutcome::OurFault,
    }
}

/// The outcome's stable name, as in results and the store.
pub(crate) fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Complete => "complete",
        Outcome::Partial { .. } => "partial",
        Outcome::Failed(why) => ending_name(why),
    }
}

/// The ending's stable name.
pub(crate) fn ending_name(why: Ending) -> &'static str {
    match why {
        Ending::AiRefused => "ai_refused",
        Ending::AnswersWithheld => "answers_withheld",
        Ending::CapReached => "cap_reached",
        Ending::DisclosureUnproven => "disclosure_unproven",
        Ending::DoNotCall => "do_not_call",
        Ending::FarEndHungUp => "far_end_hung_up",
        Ending::HoldTooLong => "hold_too_long",
        Ending::Killed => "killed",
        Ending::Leg(LegFailure::Busy) => "busy",
        Ending::Leg(LegFailure::Carrier) => "carrier_failed",
        Ending::Leg(LegFailure::NoAnswer) => "no_answer",
        Ending::MediaLost => "media_lost",
        Ending::MenuStuck => "menu_stuck",
        Ending::NeedsStaff => "needs_staff",
        Ending::NobodyThere => "nobody_there",
        Ending::OutOfService => "out_of_service",
        Ending::VendorLost => "vendor_lost",
        Ending::Voicemail => "voicemail",
    }
}

/// The fields that a list of requested items is.
pub(crate) fn fields(items: impl IntoIterator<Item = DataItem>) -> FieldSet {
    let mut set = FieldSet::EMPTY;
    for item in items {
        set.insert(field(item));
    }
    set
}
