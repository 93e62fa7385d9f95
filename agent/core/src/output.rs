//! Everything the core wants done. The driver does it, or says in an input that it could not.

use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

use crate::act::Topic;
use crate::goal::Goal;
use crate::id::{SegmentId, StepId, TurnId, ValueId};
use crate::outcome::Outcome;
use crate::time::SampleTime;

/// One output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// The value stands for the topic.
    Accept {
        /// What it answers.
        topic: Topic,
        /// The value, by its number in the vault.
        value: ValueId,
        /// Whether the far end confirmed it when it was read back.
        read_back: bool,
    },
    /// A person may be listening: let nothing pass but the disclosure until it is proven.
    ArmGate(ArmReason),
    /// The model need not finish the turn.
    CancelTurn(TurnId),
    /// Close the recogniser's current utterance now.
    Finalise,
    /// The call is over; nothing follows.
    Finish(Outcome),
    /// End the leg.
    HangUp,
    /// Something happened that an officer must see.
    Incident(Incident),
    /// The call entered a phase.
    Phase(Phase),
    /// Play a fixed clip.
    Play(Clip),
    /// Send the keys of a menu step.
    SendDigits {
        /// The step.
        step: StepId,
        /// How.
        by: KeyWay,
    },
    /// Speak the phrase of a menu step.
    SayStep(StepId),
    /// A value that was accepted does not stand any more.
    Reopen(Topic),
    /// Switch the recogniser.
    SetRecogniser(Ear),
    /// Tell the recorder what is on the line.
    SetRecording(Recording),
    /// Speak a piece of a turn.
    Speak(SegmentId),
    /// Have the model word a turn.
    StartTurn {
        /// The turn.
        turn: TurnId,
        /// What it is for, in order.
        goals: Vec<Goal>,
        /// How many times these goals were tried before.
        again: u8,
    },
    /// Stop what is being played, at once.
    StopPlayout(Stop),
    /// An operator has the line: let nothing of ours pass, and count no disclosure, until the gate is armed for [`ArmReason::TakeOver`].
    YieldLine,
}

/// How keys reach the menu.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum KeyWay {
    /// As tones in our own audio.
    #[default]
    Tones,
    /// Pressed by the carrier: the second rung, for a line on which tones are not heard. It costs the leg its stream; a new one follows.
    Carrier,
}

/// What is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// Everything.
    Everything,
    /// What may be interrupted; clips that are heard to their end go on.
    Interruptible,
}

/// Where the call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Dialled, not yet answered.
    Ringing,
    /// A machine asks; keys answer.
    Menu,
    /// In a queue.
    Hold,
    /// A person listens.
    Person,
    /// Said good-bye, or about to.
    WrapUp,
    /// Over.
    Ended,
}

/// Why the gate must be armed (design rule: a new person, hold, transfer or doubt).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArmReason {
    /// It is not clear who listens.
    Doubt,
    /// A person put us on hold: who comes back may be another.
    Hold,
    /// A person was heard.
    Person,
    /// A person was heard after a hold or a transfer.
    PersonAgain,
    /// The operator gave the line back: who is there now was told nothing.
    TakeOver,
    /// The far end transfers the call: who comes next need not be the payer.
    Transfer,
}

/// A fixed clip. Its words are data of the prompt pack; no model can change them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clip {
    /// Respectful end after "we do not speak with machines".
    AiRefusedBye,
    /// The disclosure (rule D1).
    Disclosure,
    /// What was not heard of it.
    DisclosureRest,
    /// Its short form.
    DisclosureShort,
    /// The truthful answer to "are you a robot?" (rule D3).
    IAmAutomated,
    /// The kill switch's close.
    KillClose,
    /// The practice's staff will call.
    NeedsStaffBye,
    /// A polite end where nothing else may be said.
    PoliteEnd,
    /// The recording has been stopped (rule D2).
    RecordingObjection,
}

/// The recogniser's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ear {
    /// Nothing is sent to it.
    Asleep,
    /// It hears a menu.
    Menu,
    /// It was woken on hold: give it the seconds before this place, too.
    Woken(SampleTime),
    /// It hears a person.
    Person,
}

/// What the recorder may keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recording {
    /// Only machines are on the line.
    Machines,
    /// From here on a person may be heard: keep nothing until the disclosure is proven.
    PersonFrom(SampleTime),
    /// The person objects: keep nothing from here on.
    ObjectedAt(SampleTime),
}

/// What an officer must hear of. Neither words nor numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Incident {
    /// The far end takes no calls from a machine.
    AiRefused,
    /// The disclosure could not be proven.
    DisclosureUnproven,
    /// The far end asked not to be called again.
    DoNotCall,
    /// The gate refused something that the agent wanted to say.
    GateRefused,
    /// The far end asked for a social security number.
    SsnRequested,
}
