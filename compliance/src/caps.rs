//! How long a call may last (rule L1).
//!
//! The caps go to our own timers and to the carrier (`TimeLimit` in seconds). This module enforces neither.

use core::time::Duration;

use serde::{Deserialize, Serialize};

/// The caps of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// From the answer to the hard end, hold included.
    pub total: Duration,
    /// How long it may ring.
    pub ring: Duration,
    /// How long people of the payer may be talked with.
    pub conversation: Duration,
}

impl Caps {
    /// The total for the carrier, in whole seconds: the second lock, where our own timer fails.
    #[must_use]
    pub const fn carrier_limit_s(&self) -> u32 {
        // `total` was made from a u32 of seconds.
        self.total.as_secs() as u32
    }
}

/// The caps of one class, in the policy. Zero is unset and refuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClassCaps {
    /// The total, in seconds.
    pub total_s: u32,
    /// How long it may ring, in seconds.
    pub ring_s: u32,
    /// The conversation, in seconds.
    pub conversation_s: u32,
}

impl ClassCaps {
    /// The caps as durations.
    #[must_use]
    pub const fn caps(self) -> Caps {
        Caps {
            total: Duration::from_secs(self.total_s as u64),
            ring: Duration::from_secs(self.ring_s as u64),
            conversation: Duration::from_secs(self.conversation_s as u64),
        }
    }
}
