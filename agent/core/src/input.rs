//! Everything that can happen to a call, as the core is told of it.

use serde::{Deserialize, Serialize};

use crate::act::{Act, DataItem, Extracted, Topic};
use crate::id::{SegmentId, StepId, TurnId, UtteranceId, ValueId};
use crate::output::Clip;
use crate::time::{Micros, SampleTime};

/// The two clocks at the moment of an input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Now {
    /// Monotonic time since the call began.
    pub at: Micros,
    /// How much of the far end had been heard by then.
    pub far: SampleTime,
}

/// One input. The driver journals each of them with the outputs it caused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    // The carrier.
    /// The far end is being rung.
    Ringing,
    /// The leg was answered; nothing is known yet of who or what did.
    Answered,
    /// A media stream of the leg is up.
    StreamUp,
    /// The media stream ended while the leg lives on.
    StreamDown,
    /// The leg is over.
    HungUp,
    /// The leg never came to be.
    Failed(LegFailure),

    // Media: what the far end sounds like, and what was played to it.
    /// The far end began to speak at `at`.
    SpeechStarted {
        /// Where speech began, back-dated to its onset.
        at: SampleTime,
    },
    /// The far end fell silent at `at`.
    SpeechEnded {
        /// Where speech ended, back-dated to its last sound.
        at: SampleTime,
    },
    /// The far end pressed a key.
    Digit(Key),
    /// A call-progress tone was heard.
    Tone(Tone),
    /// What the local detector makes of the line while on hold.
    HoldEvidence {
        /// What it sounds like.
        sound: HoldSound,
        /// Since when.
        at: SampleTime,
    },
    /// No audio has come for a while: far-end timers stand still.
    MediaStalled,
    /// Audio comes again.
    MediaResumed,
    /// The first sound of an item left for the far end.
    PlayoutStarted(Item),
    /// An item was played to its end.
    PlayoutDone(Item),
    /// An item was cut off.
    PlayoutCut {
        /// What was being played.
        item: Item,
        /// How much of it was heard.
        played_ms: u32,
    },

    // The recogniser and the understanding of what it heard.
    /// The recogniser is gone for good.
    RecogniserFailed,
    /// Words were recognised; they lie in the vault.
    Heard {
        /// Which stretch of speech.
        utterance: UtteranceId,
        /// How many words.
        words: u16,
        /// Whether the recogniser will revise them no more.
        done: bool,
        /// Whether the recogniser itself saw an end of turn.
        end_of_turn: bool,
    },
    /// An act was found in an utterance.
    Act {
        /// The utterance.
        utterance: UtteranceId,
        /// The act.
        act: Act,
    },
    /// A value was found in an utterance.
    Extracted {
        /// The utterance.
        utterance: UtteranceId,
        /// For what, and how surely.
        found: Extracted,
        /// The value, by its number in the vault.
        value: ValueId,
    },
    /// Two answers cannot both be right.
    Conflict {
        /// One topic.
        a: Topic,
        /// The other; the same one where a value was contradicted.
        b: Topic,
    },
    /// The prompt is a step of the payer's menu map.
    MenuMatched {
        /// The step.
        step: StepId,
        /// What the map says to do there.
        reply: MenuReply,
    },
    /// All that the utterance means has been said.
    Understood(UtteranceId),

    // The model.
    /// A piece of the turn is ready to be spoken.
    Segment {
        /// The turn it belongs to.
        turn: TurnId,
        /// The piece.
        segment: SegmentId,
    },
    /// The turn has no more pieces.
    TurnDone(TurnId),
    /// The model failed to word the turn.
    TurnFailed(TurnId),
    /// A piece could not be made into speech; it was not heard.
    SpeechFailed(Item),

    // The disclosure gate.
    /// The disclosure is proven to have been played; audio towards the person may pass.
    GateOpened,
    /// The gate let an item not pass.
    GateRefused(Item),
    /// What the interruption rule says must be played next.
    DisclosureOwed(Owed),

    // The operator and the clock.
    /// The kill switch: close the call politely, now.
    Kill,
    /// A person of the practice took the line: the agent is silent.
    TakeOver,
    /// The person gave the line back.
    Release,
    /// A deadline that `poll_timeout` gave has come.
    Timeout,
}

/// How a leg failed before it was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegFailure {
    /// The line was busy.
    Busy,
    /// The carrier could not, or would not, connect it.
    Carrier,
    /// Nobody answered in time.
    NoAnswer,
}

/// A telephone key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(pub char);

/// A tone of the network (ITU-T E.180, E.182 special information tones).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Subscriber busy.
    Busy,
    /// Congestion.
    Reorder,
    /// The far end's telephone rings.
    Ringback,
    /// "The number you have dialled": not in service, or the like.
    SpecialInformation,
}

/// What a line on hold sounds like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldSound {
    /// Music.
    Music,
    /// Nothing.
    Silence,
    /// Maybe somebody speaks.
    SpeechCandidate,
}

/// Something the agent plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// A fixed clip.
    Clip(Clip),
    /// The keys of a menu step.
    Keys(StepId),
    /// A piece of a turn.
    Segment(SegmentId),
}

/// What a step of the menu map asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MenuReply {
    /// Key an item of the request.
    Enter(DataItem),
    /// The queue comes next.
    Hold,
    /// Press keys that the map names.
    Press,
    /// Say a phrase that the map names.
    Say,
    /// Nothing; more will come.
    Wait,
}

/// The next step of a disclosure that was interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owed {
    /// What was not heard of it.
    Rest,
    /// The short form, which is not cut.
    Short,
    /// Nothing more: end politely.
    End,
}
