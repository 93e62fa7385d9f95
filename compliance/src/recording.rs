//! Permissions to keep audio. Each is a value that cannot be forged or copied.
//!
//! - [`MachineAudioPermit`]: menu and hold audio, where only machines are heard. One per dial permit.
//! - [`RecordingGrant`]: the dial permit's leave to record people on this call, were the disclosure proven. One per dial permit; it
//!   goes into the gate's rules.
//! - [`RecordingPermit`]: people's audio, minted by the gate alone, on proven disclosure, and only where it was given a grant.
//!
//! This module does not record, cut or delete: `media::recorder` does. Source: rule D2; Cal. Penal Code 632, 632.7; RCW 9.73.030(3).

use serde::{Deserialize, Serialize};

use crate::id::DecisionId;

/// What of a call may be kept as audio.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum RecordingMode {
    /// Nothing.
    #[default]
    Off,
    /// Menu and hold audio only; cut at the first human sound.
    MachineOnly,
    /// Menu and hold audio, and people once the disclosure to them is proven.
    AfterDisclosure,
}

/// Leave to keep menu and hold audio, up to the first human sound. Made by [`crate::permit::DialPermit::machine_audio`], once.
#[must_use = "menu and hold audio is kept only by a recorder that holds this permit"]
pub struct MachineAudioPermit {
    decision: DecisionId,
}

impl MachineAudioPermit {
    pub(crate) const fn new(decision: DecisionId) -> MachineAudioPermit {
        MachineAudioPermit { decision }
    }

    /// The decision under which the call was placed.
    #[must_use]
    pub const fn decision_id(&self) -> DecisionId {
        self.decision
    }
}

/// A call's leave to record people. Without one the gate opens for speech, but mints no [`RecordingPermit`].
#[must_use = "a gate without the grant mints no recording permit"]
pub struct RecordingGrant(Leave);

enum Leave {
    Refused,
    Given(DecisionId),
}

impl RecordingGrant {
    /// No leave to record people.
    pub const fn none() -> RecordingGrant {
        RecordingGrant(Leave::Refused)
    }

    pub(crate) const fn given(decision: DecisionId) -> RecordingGrant {
        RecordingGrant(Leave::Given(decision))
    }

    /// Whether people may be recorded once the disclosure is proven.
    #[must_use]
    pub const fn allows(&self) -> bool {
        matches!(self.0, Leave::Given(_))
    }

    pub(crate) const fn mint(&self, arming: u32) -> Option<RecordingPermit> {
        match self.0 {
            Leave::Refused => None,
            Leave::Given(decision) => Some(RecordingPermit { decision, arming }),
        }
    }
}

/// Leave to keep the audio and words of the people now on the line. The gate alone makes one, when the disclosure to them was
/// proven to have been played out.
///
/// It ends when the gate is armed again or an objection is heard; ask [`crate::gate::Gate::covers`].
#[must_use = "people's audio is kept only by a recorder that holds this permit"]
pub struct RecordingPermit {
    decision: DecisionId,
    arming: u32,
}

impl RecordingPermit {
    /// The decision under which the call was placed.
    #[must_use]
    pub const fn decision_id(&self) -> DecisionId {
        self.decision
    }

    pub(crate) const fn arming(&self) -> u32 {
        self.arming
    }
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;
    use static_assertions::assert_not_impl_any;

    use super::*;

    assert_not_impl_any!(MachineAudioPermit: Clone, Copy, Default, std::fmt::Debug, Serialize, DeserializeOwned);
    assert_not_impl_any!(RecordingGrant: Clone, Copy, Default, std::fmt::Debug, Serialize, DeserializeOwned);
    assert_not_impl_any!(RecordingPermit: Clone, Copy, Default, std::fmt::Debug, Serialize, DeserializeOwned);

    #[test]
    fn no_grant_mints_nothing() {
        assert!(RecordingGrant::none().mint(0).is_none());
        assert!(!RecordingGrant::none().allows());
    }
}
