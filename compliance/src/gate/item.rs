//! What asks to pass the gate, and the proof that it did.
//!
//! This module holds no state; [`super::Gate`] does.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::egress::{Field, FieldSet};

/// Fixed audio, by id. Its words are a template's, never a model's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClipKind {
    /// The whole disclosure: AI voice, registered business name, purpose, recorded and transcribed (rule D1).
    Disclosure,
    /// The part of the disclosure that an interruption kept from being heard.
    DisclosureRest,
    /// The short form, which is not interruptible.
    DisclosureShort,
    /// The truthful answer to "are you a robot?" (rule D3).
    IAmAutomated,
    /// The answer to an objection to being recorded (rule D2).
    RecordingObjection,
    /// Good-bye to somebody who does not speak with machines.
    AiRefusedBye,
    /// The end of a call on which no disclosure could be completed.
    PoliteEnd,
    /// The kill switch's spoken close (rule I1).
    KillClose,
    /// Good-bye where the practice's staff must take over.
    NeedsStaffBye,
    /// The notice at the end of a call to a patient: it was an AI voice, and how to reach a person (rule D4).
    EndNotice,
    /// A word that holds the floor, such as "one moment". No compliance clip: it passes only an open gate.
    Filler,
}

impl ClipKind {
    /// Every kind.
    pub const ALL: [ClipKind; 11] = [
        ClipKind::Disclosure,
        ClipKind::DisclosureRest,
        ClipKind::DisclosureShort,
        ClipKind::IAmAutomated,
        ClipKind::RecordingObjection,
        ClipKind::AiRefusedBye,
        ClipKind::PoliteEnd,
        ClipKind::KillClose,
        ClipKind::NeedsStaffBye,
        ClipKind::EndNotice,
        ClipKind::Filler,
    ];

    /// Whether this is one of the fixed compliance clips, which pass in every mode; while the gate is armed, a disclosure only in the
    /// form that is due.
    #[must_use]
    pub const fn passes_always(self) -> bool {
        match self {
            ClipKind::Disclosure
            | ClipKind::DisclosureRest
            | ClipKind::DisclosureShort
            | ClipKind::IAmAutomated
            | ClipKind::RecordingObjection
            | ClipKind::AiRefusedBye
            | ClipKind::PoliteEnd
            | ClipKind::KillClose
            | ClipKind::NeedsStaffBye
            | ClipKind::EndNotice => true,
            ClipKind::Filler => false,
        }
    }

    /// Whether this is a form or a part of the disclosure.
    #[must_use]
    pub const fn is_disclosure(self) -> bool {
        matches!(self, ClipKind::Disclosure | ClipKind::DisclosureRest | ClipKind::DisclosureShort)
    }

    /// Whether the far end's speech may cut the clip. The short form and the closes are heard to their end.
    #[must_use]
    pub const fn is_interruptible(self) -> bool {
        matches!(self, ClipKind::Disclosure | ClipKind::DisclosureRest | ClipKind::Filler)
    }
}

/// Where keys come from (rule V3). There is no variant for digits out of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeySource {
    /// A step of the payer's reviewed menu map.
    Map,
    /// An approved list of raw digits, such as `0` for a representative. They carry no field.
    ApprovedList,
    /// A typed token, replaced by the value it stands for. It always carries a field.
    Token,
}

/// One thing that wants to be heard by the far end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// Keys, as tones.
    Keys {
        /// Where they come from.
        source: KeySource,
        /// The fields whose values they are; empty for keys that only navigate.
        carries: FieldSet,
    },
    /// Fixed audio.
    Clip(ClipKind),
    /// A phrase of the payer's menu map, spoken to a menu that wants words. It carries no field.
    MenuAnswer,
    /// Words of a turn.
    Segment {
        /// The fields whose values the words hold.
        carries: FieldSet,
    },
}

impl Item {
    /// The fields whose values the item gives away.
    #[must_use]
    pub const fn carries(&self) -> FieldSet {
        match self {
            Item::Keys { carries, .. } | Item::Segment { carries } => *carries,
            Item::Clip(_) | Item::MenuAnswer => FieldSet::EMPTY,
        }
    }
}

/// Proof that the gate let an item pass. The playout queue takes it with the item's audio.
///
/// It cannot be made elsewhere, cloned or stored. An item that still waits when the gate is armed again must not be played: ask
/// [`super::Gate::still_passes`] when its audio begins.
#[must_use = "the playout queue takes the proof together with the audio"]
pub struct Admitted {
    item: Item,
    epoch: u32,
    arming: u32,
}

impl Admitted {
    pub(super) const fn new(item: Item, epoch: u32, arming: u32) -> Admitted {
        Admitted { item, epoch, arming }
    }

    /// What was let pass.
    #[must_use]
    pub const fn item(&self) -> Item {
        self.item
    }

    /// The playout epoch in which it was let pass.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    pub(super) const fn arming(&self) -> u32 {
        self.arming
    }
}

/// Why an item did not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateRefusal {
    /// The mode does not let this kind of item pass: no disclosure was proven to the people now on the line, or no menu is there.
    NotOpen,
    /// A form of the disclosure that could not open the gate now: ask [`super::Gate::due`] which one could.
    DisclosureNotDue,
    /// Patient values, and the far end is not yet known to be the allowlisted payer.
    CounterpartyUnverified,
    /// Patient values that the far end's last act did not ask for.
    FieldNotAsked(FieldSet),
    /// Values that the policy for this payer and purpose does not allow.
    FieldNotAllowed(FieldSet),
    /// Keys that carry a value but come from the approved list, or token keys that carry none.
    KeysFromNowhere,
}

impl fmt::Display for GateRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GateRefusal::NotOpen => f.write_str("D1: the gate is not open for this kind of item"),
            GateRefusal::DisclosureNotDue => {
                f.write_str("D1: another form of the disclosure is due")
            }
            GateRefusal::CounterpartyUnverified => {
                f.write_str("V3: the far end is not verified as the payer")
            }
            GateRefusal::FieldNotAsked(fields) => {
                write!(f, "V3: the far end did not ask for: {fields}")
            }
            GateRefusal::FieldNotAllowed(fields) => {
                write!(f, "V2: the policy does not allow giving: {fields}")
            }
            GateRefusal::KeysFromNowhere => {
                f.write_str("V3: keys with a value must come from a token or the menu map")
            }
        }
    }
}

impl core::error::Error for GateRefusal {}

/// The fields for which the counterparty must be verified: the patient's, and what was heard about the patient.
pub(super) const NEEDS_COUNTERPARTY: FieldSet =
    FieldSet::PATIENT.union(FieldSet::of(&[Field::HeardValue]));
