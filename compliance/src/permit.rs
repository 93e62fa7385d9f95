//! The permission to place one call.
//!
//! A [`DialPermit`] carries the number, so that whoever originates the call has no number of its own to put in. It is consumed by use,
//! expires 30 s after the decision, and cannot be cloned, printed, stored or sent.
//!
//! What it does not prove: that the facts were true, or that `now` was honest.

use jiff::{SignedDuration, Timestamp};

use crate::caps::Caps;
use crate::class::{CallClass, CallPurpose};
use crate::decide::DecisionRecord;
use crate::gate::ClipKind;
use crate::id::{DecisionId, PayerId, RequestId, TenantId};
use crate::number::PhoneNumber;
use crate::policy::BeforeNotice;
use crate::recording::{MachineAudioPermit, RecordingGrant, RecordingMode};

/// How long a permit holds, counted from the decision: long enough for the dial intent to be written and the carrier asked, too
/// short to wait in a queue.
pub const PERMIT_LIFE: SignedDuration = SignedDuration::from_secs(30);

/// What the disclosure says about recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Notice {
    /// Recorded and transcribed.
    RecordedAndTranscribed,
    /// Transcribed only: no audio of people is kept. Transcribing alone is disclosed too.
    Transcribed,
}

/// What must be said at the end of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndNotice {
    /// Nothing more.
    None,
    /// Again that it was an AI voice, and how a human is reached ([`ClipKind::EndNotice`]).
    AiVoiceAndHuman,
}

/// What must be said to every new person, and how (rules D1 to D4). The words are the prompt pack's, by id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisclosurePlan {
    /// The name that it gives: the one under which the business is registered.
    pub registered_name: String,
    /// The number at which people can be reached, said during or after the call.
    pub callback: PhoneNumber,
    /// What the call is about.
    pub purpose: CallPurpose,
    /// What it says about recording.
    pub notice: Notice,
    /// How long its first sentence may be, in milliseconds of speech.
    pub first_sentence_ms_max: u32,
    /// How often an interrupted disclosure is repeated before the short form.
    pub repeats_max: u8,
    /// Who may hear a person before it was proven.
    pub before_notice: BeforeNotice,
    /// What it must say at its end.
    pub at_the_end: EndNotice,
}

impl DisclosurePlan {
    /// The fixed clip that answers "are you a robot?", in every mode (rule D3).
    pub const ARE_YOU_A_ROBOT: ClipKind = ClipKind::IAmAutomated;
}

/// Leave to place exactly one call. Only [`crate::decide::decide`] makes one.
#[must_use = "a permit is used up by placing its call, or is dropped unused"]
pub struct DialPermit {
    number: PhoneNumber,
    caps: Caps,
    disclosures: DisclosurePlan,
    recording: RecordingMode,
    payer: PayerId,
    until: Timestamp,
    record: Box<DecisionRecord>,
    machine_audio_taken: bool,
    grant_taken: bool,
}

/// What [`crate::decide()`] puts into a permit.
pub(crate) struct Terms {
    pub(crate) number: PhoneNumber,
    pub(crate) caps: Caps,
    pub(crate) disclosures: DisclosurePlan,
    pub(crate) recording: RecordingMode,
    pub(crate) payer: PayerId,
}

impl DialPermit {
    pub(crate) fn new(terms: Terms, record: Box<DecisionRecord>) -> DialPermit {
        // At the end of time a permit ends where it begins, which refuses.
        let until = record.at.saturating_add(PERMIT_LIFE).unwrap_or(record.at);
        DialPermit {
            number: terms.number,
            caps: terms.caps,
            disclosures: terms.disclosures,
            recording: terms.recording,
            payer: terms.payer,
            until,
            record,
            machine_audio_taken: false,
            grant_taken: false,
        }
    }

    /// The number to dial, and no other.
    #[must_use]
    pub const fn number(&self) -> &PhoneNumber {
        &self.number
    }

    /// The decision under which the call is placed.
    #[must_use]
    pub fn decision_id(&self) -> DecisionId {
        self.record.id
    }

    /// The decision's record, to be audited before the call is placed.
    #[must_use]
    pub fn record(&self) -> &DecisionRecord {
        &self.record
    }

    /// For whom the call is.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.record.tenant
    }

    /// Which request the call is for.
    #[must_use]
    pub fn request_id(&self) -> &RequestId {
        &self.record.request
    }

    /// The payer that is to be there.
    #[must_use]
    pub const fn payer(&self) -> &PayerId {
        &self.payer
    }

    /// The class of the call.
    #[must_use]
    pub fn class(&self) -> CallClass {
        self.record.class
    }

    /// How long the call may last.
    #[must_use]
    pub const fn caps(&self) -> Caps {
        self.caps
    }

    /// What must be said to every new person.
    #[must_use]
    pub fn disclosures(&self) -> DisclosurePlan {
        self.disclosures.clone()
    }

    /// What of the call may be kept as audio.
    #[must_use]
    pub const fn recording(&self) -> RecordingMode {
        self.recording
    }

    /// Whether the call may still be placed: not before the decision, and less than [`PERMIT_LIFE`] after it.
    #[must_use]
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.record.at <= now && now < self.until
    }

    /// The leave to keep menu and hold audio, where the recording mode has it. There is one; the second time there is none.
    #[must_use = "it is given out once"]
    pub fn machine_audio(&mut self) -> Option<MachineAudioPermit> {
        let allowed = match self.recording {
            RecordingMode::Off => false,
            RecordingMode::MachineOnly | RecordingMode::AfterDisclosure => true,
        };
        let first = !core::mem::replace(&mut self.machine_audio_taken, true);
        (allowed && first).then(|| MachineAudioPermit::new(self.record.id))
    }

    /// The leave to record people once the disclosure is proven, for the call's gate. There is one; where the recording mode has none,
    /// and the second time, it is [`RecordingGrant::none`].
    pub fn recording_grant(&mut self) -> RecordingGrant {
        let allowed = self.recording == RecordingMode::AfterDisclosure;
        let first = !core::mem::replace(&mut self.grant_taken, true);
        if allowed && first {
            RecordingGrant::given(self.record.id)
        } else {
            RecordingGrant::none()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::{Serialize, de::DeserializeOwned};
    use static_assertions::assert_not_impl_any;

    use super::*;
    use crate::decide::Decision;

    assert_not_impl_any!(DialPermit: Clone, Copy, Default, std::fmt::Debug, Serialize, DeserializeOwned);
    assert_not_impl_any!(Decision: Clone, Copy, Default, std::fmt::Debug, Serialize, DeserializeOwned);
}
