//! How a call ends.

use serde::{Deserialize, Serialize};

use crate::input::LegFailure;

/// The end of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every required question is answered, and the name and reference number were given or refused.
    Complete,
    /// Some answers were won before the call ended.
    Partial {
        /// How many required questions are open.
        missing: u16,
        /// What ended it.
        why: Ending,
    },
    /// Nothing was won.
    Failed(Ending),
}

/// What ended a call that is not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The representative does not speak with machines.
    AiRefused,
    /// The far end could not, or would not, answer what is still open.
    AnswersWithheld,
    /// A limit of the call was reached.
    CapReached,
    /// The disclosure could not be proven.
    DisclosureUnproven,
    /// The far end asked not to be called again.
    DoNotCall,
    /// The far end hung up, or the line dropped.
    FarEndHungUp,
    /// The queue outlasted our patience.
    HoldTooLong,
    /// The kill switch.
    Killed,
    /// The leg was never answered.
    Leg(LegFailure),
    /// The media stream was lost.
    MediaLost,
    /// The menu led nowhere.
    MenuStuck,
    /// The far end wants a person of the practice.
    NeedsStaff,
    /// Nobody spoke any more.
    NobodyThere,
    /// The number is not in service.
    OutOfService,
    /// A vendor that the call cannot do without was lost.
    VendorLost,
    /// A voicemail answered.
    Voicemail,
}
