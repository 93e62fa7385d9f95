//! The limits and delays of a call, with their defaults and where these come from.
//!
//! A configuration is a part of the journal's header: the same inputs under another configuration are another call.

use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

use crate::act::DataItem;
use crate::id::FieldId;
use crate::time::{Micros, SampleTime};

/// Ringing without an answer: Twilio's own default `Timeout` is 60 s.
pub const RING: Micros = Micros::from_s(60);
/// One menu step may take this long before the call gives up on it.
pub const MENU_STEP: Micros = Micros::from_s(30);
/// The whole menu. Ten levels (the depth vendors report) at under 50 s each.
pub const MENU_TOTAL: Micros = Micros::from_s(8 * 60);
/// The same prompt for the fourth time is a loop.
pub const MENU_REPEATS_MAX: u8 = 3;
/// When a menu asks the same for so many times more, its line does not hear tones: the carrier presses the keys from here on. Once more is
/// not enough: a prompt that we spoke into says itself again, too.
pub const TONES_UNHEARD: u8 = 2;
/// Patience in the queue; published hold times run from 15 to 60 minutes.
pub const HOLD_TOTAL: Micros = Micros::from_s(45 * 60);
/// Talking about one patient (rule L1).
pub const PERSON_TOTAL: Micros = Micros::from_s(15 * 60);
/// From good-bye to hanging up.
pub const WRAP_UP: Micros = Micros::from_s(60);
/// The hard cap of the whole call (rule L1); the carrier holds the same one.
pub const TOTAL_CAP: Micros = Micros::from_s(90 * 60);
/// How long the words are waited for that the far end hung up on.
pub const LAST_WORDS: Micros = Micros::from_s(2);
/// The release of the line after our hang-up; 47 U.S.C. 227(d)(3)(B) wants 5 s.
pub const HANG_UP_CONFIRM: Micros = Micros::from_s(5);
/// Silence that ends a menu prompt: longer than the pause between its sentences.
pub const ENDPOINT_MENU: SampleTime = SampleTime::from_ms(1_100);
/// Silence that ends a person's turn.
pub const ENDPOINT_PERSON: SampleTime = SampleTime::from_ms(600);
/// The same where the recogniser saw an end of turn.
pub const ENDPOINT_EAGER: SampleTime = SampleTime::from_ms(200);
/// Far-end speech shorter than this while we speak is not an interruption ("mm-hm").
pub const BARGE_IN: SampleTime = SampleTime::from_ms(400);
/// Silence of a person after our turn before we ask whether they are there.
pub const SILENCE: SampleTime = SampleTime::from_ms(9_000);
/// The same after "one moment please".
pub const WAIT_NOTICE: SampleTime = SampleTime::from_ms(120_000);
/// Music for this long in a conversation means that we were put on hold.
pub const HOLD_MUSIC: SampleTime = SampleTime::from_ms(3_000);
/// A model that takes longer than this to its first words has failed.
pub const MODEL_REPLY: Micros = Micros::from_s(8);
/// A stream may be gone for this long before the call is lost.
pub const STREAM_LOST: Micros = Micros::from_s(15);
/// How long we wait for the far end's good-bye after ours.
pub const GOODBYE_GRACE: SampleTime = SampleTime::from_ms(4_000);
/// An item that is not played to its end so long after it began is stuck.
pub const PLAYOUT_STUCK: Micros = Micros::from_s(45);
/// A recogniser that owes the words of a finished utterance for this long has failed.
pub const RECOGNISER_REPLY: Micros = Micros::from_s(5);
/// So many utterances in a row whose words a recogniser owes show that it is gone.
pub const MISSED_REPLIES_MAX: u8 = 2;
/// So many pieces of a call that could not be spoken show that the voice is gone.
pub const SPEECH_FAILURES_MAX: u8 = 4;
/// How often one topic is asked, or one item repeated.
pub const ATTEMPTS_MAX: u8 = 3;

/// The plan of one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionPlan {
    /// Whether the call is complete without it.
    pub required: bool,
    /// When the answer is read back.
    pub read_back: ReadBack,
}

/// When an answer is read back to the far end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadBack {
    /// Always.
    Always,
    /// When understanding is unsure of it.
    WhenUnsure,
}

/// All that shapes one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The questions, in the order in which they are asked.
    pub questions: Vec<QuestionPlan>,
    /// Questions that an earlier call about the same request answered: they stand, and are not asked again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answered_before: Vec<FieldId>,
    /// What of the request may be given when it is asked for.
    pub items: Vec<DataItem>,
    /// The limits.
    pub limits: Limits,
}

/// Limits and delays. `Default` is the table of named constants of this module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// See [`RING`].
    pub ring: Micros,
    /// See [`MENU_STEP`].
    pub menu_step: Micros,
    /// See [`MENU_TOTAL`].
    pub menu_total: Micros,
    /// See [`HOLD_TOTAL`].
    pub hold_total: Micros,
    /// See [`PERSON_TOTAL`].
    pub person_total: Micros,
    /// See [`TOTAL_CAP`].
    pub total_cap: Micros,
    /// See [`ENDPOINT_MENU`].
    pub endpoint_menu: SampleTime,
    /// See [`ENDPOINT_PERSON`].
    pub endpoint_person: SampleTime,
    /// See [`SILENCE`].
    pub silence: SampleTime,
    /// See [`ATTEMPTS_MAX`].
    pub attempts_max: u8,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            ring: RING,
            menu_step: MENU_STEP,
            menu_total: MENU_TOTAL,
            hold_total: HOLD_TOTAL,
            person_total: PERSON_TOTAL,
            total_cap: TOTAL_CAP,
            endpoint_menu: ENDPOINT_MENU,
            endpoint_person: ENDPOINT_PERSON,
            silence: SILENCE,
            attempts_max: ATTEMPTS_MAX,
        }
    }
}
