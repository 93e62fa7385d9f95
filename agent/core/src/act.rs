//! What an utterance does: the closed list through which words reach control flow.
//!
//! Understanding turns words into these acts. A hostile sentence can make the core do only what one of them can.
//! This module does not know any words.

use serde::{Deserialize, Serialize};

use crate::id::{FieldId, StepId};

/// One thing the far end did with an utterance. One utterance may do several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Gave an answer that holds a value; the value follows as `Extracted`.
    Answer,
    /// Asked "are you a robot?" or the like. Answered truthfully by a fixed clip, always (rule D3).
    AreYouARobot,
    /// Wants to speak with a human of the practice.
    AsksForHuman,
    /// Said or keyed "do not call again" (rule C2).
    DoNotCall,
    /// Said yes to what was asked or read back.
    Affirm,
    /// Said no to what was asked or read back.
    Deny,
    /// Asked us for an item about the provider or the patient.
    DataRequest(DataItem),
    /// Asked what we want to know: "how can I help you?", "go ahead".
    GoAhead,
    /// A person greeted us. `named` when a name was heard with it.
    Greeting {
        /// Whether the greeting holds the representative's name.
        named: bool,
    },
    /// Said good-bye, or "thank you for calling".
    Goodbye,
    /// Asked us to wait: "one moment please".
    HoldNotice,
    /// A menu prompt that the payer's map knows.
    MenuPrompt(StepId),
    /// A menu prompt, by its form, that no map knows.
    MenuUnknown,
    /// Does not know, or may not say, what was asked; `Refused` where a field is at stake.
    NotAvailable,
    /// Objects to being recorded.
    ObjectsToRecording,
    /// Asked something that we do not have a fixed answer for.
    OtherQuestion,
    /// A machine's word while in the queue: "your call is important to us".
    QueueAnnouncement,
    /// Does not speak with machines.
    RefusesAi,
    /// Did not understand us and asks for it again.
    RepeatPlease,
    /// Offers more: "is there anything else?".
    AnythingElse,
    /// Says that the call is being transferred.
    Transfer,
    /// An answering machine or voicemail greeting.
    Voicemail,
    /// A number or mailbox that is not in service.
    OutOfService,
    /// Words that none of the above fits.
    Unclear,
}

/// What a representative or a menu may ask us for (a closed list: rule V3 and the egress policy count on it).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataItem {
    /// The call-back number of the practice.
    CallbackNumber,
    /// Who is calling.
    CallerName,
    /// The date of service asked about.
    DateOfService,
    /// The group number of the plan.
    GroupNumber,
    /// The member or subscriber id.
    MemberId,
    /// The national provider identifier.
    Npi,
    /// The patient's date of birth.
    PatientDateOfBirth,
    /// The patient's full name.
    PatientName,
    /// The practice's address.
    ProviderAddress,
    /// The practice's or the provider's name.
    ProviderName,
    /// The reason for the call.
    ReasonForCall,
    /// How the patient is related to the subscriber.
    Relationship,
    /// A social security number. Never given unless a second person approved it beforehand (rule V2).
    Ssn,
    /// The provider's tax id.
    TaxId,
}

/// How sure understanding is of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The words fit the field's form and the recogniser was sure of them.
    Clear,
    /// The words fit, but the recogniser was unsure or a part was missing: read it back.
    Unsure,
    /// The far end said that there is none, or that it cannot tell.
    Refused,
}

/// What a call wants to learn: the questions of its set, and the two things that every call asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// A question of the call's question set.
    Field(FieldId),
    /// The representative's name.
    Name,
    /// The reference number of the call.
    Reference,
}

/// A value was heard for a topic. The value itself stays in the vault under the id that travels beside this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Extracted {
    /// What it answers.
    pub topic: Topic,
    /// How sure understanding is.
    pub verdict: Verdict,
}
