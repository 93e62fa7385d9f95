//! The events that are incidents: a closed list, each with what happened and the rule that was to prevent it.
//!
//! This module does not find them; see [`super::review`](mod@super::review) and whoever sees one happen.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::rule::RuleId;

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $rule:ident, $title:literal;)*) => {
        /// What happened. A closed list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum IncidentEvent { $($(#[$doc])* $name,)* }

        impl IncidentEvent {
            /// Every event, in the order of declaration.
            pub const ALL: &'static [IncidentEvent] = &[$(IncidentEvent::$name,)*];

            /// The stable name, as in the store and on the command line.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(IncidentEvent::$name => $text,)* }
            }

            /// What happened, for people.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(IncidentEvent::$name => $title,)* }
            }

            /// The rule that was to prevent it, or that finds it.
            #[must_use]
            pub const fn rule(self) -> RuleId {
                match self { $(IncidentEvent::$name => RuleId::$rule,)* }
            }
        }
    };
}

events! {
    /// Patient values reached a far end that is not the payer: a wrong number, a voicemail, a wrong payer.
    PhiToWrongParty = "phi_to_wrong_party", V3,
        "patient values reached somebody who is not the payer";
    /// A call was dialled outside of the hours in which it may be.
    CallOutsideWindow = "call_outside_window", H2,
        "a call was placed outside of the permitted hours";
    /// People's audio was kept, and no disclosure was proven.
    RecordedWithoutAnnouncement = "recorded_without_announcement", D2,
        "people were recorded without a proven announcement";
    /// Words that claim to be a person, or deny being a machine, came to be spoken.
    AiDenied = "ai_denied", D3,
        "the agent was about to deny being a machine";
    /// A number that had asked not to be called was called.
    CalledAfterOptOut = "called_after_opt_out", C2,
        "a number that had opted out was called";
    /// A vendor received something without leave from the register.
    VendorWithoutAgreement = "vendor_without_agreement", V1,
        "a vendor was used without a valid agreement";
    /// An emergency number was dialled. Somebody must call back at once and say that it was a mistake.
    EmergencyDialled = "emergency_dialled", N2,
        "an emergency number was dialled: call it back by hand now";
    /// A person was on the line and could not be told, provably, who calls.
    DisclosureUnproven = "disclosure_unproven", D1,
        "a person was heard and the disclosure could not be proven";
    /// The audit chain does not verify.
    AuditBroken = "audit_broken", A1,
        "the audit chain is broken";
    /// Something else that a person reports, such as a vendor's notice of a breach.
    Reported = "reported", I2,
        "an incident that a person reported";
}

impl fmt::Display for IncidentEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
