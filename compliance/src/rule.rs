//! The rules by id: title, source, and the day on which the source was last read.
//!
//! The ids are the names used in code, tests, audit entries and documents. Which part of the house applies a rule is said by
//! [`RuleId::applied_by`]; this module applies none.

use core::fmt;

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

/// Who applies a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AppliedBy {
    /// [`crate::decide::decide`], before a call.
    Decision,
    /// The decision puts the obligation into the permit; the disclosure gate and the playout keep it.
    Gate,
    /// The vendor register and the egress policy.
    Egress,
    /// The audit chain and the store.
    Store,
    /// The call's driver and the agent's process.
    Agent,
}

/// Sources are read again after this many days; older ones warn.
pub const VERIFIED_DAYS_MAX: i32 = 90;

macro_rules! rules {
    ($($id:ident $applied:ident $on:expr, $title:literal, $source:literal;)*) => {
        /// The id of a rule.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum RuleId {
            $(#[doc = $title] $id,)*
        }

        impl RuleId {
            /// Every rule.
            pub const ALL: &'static [RuleId] = &[$(RuleId::$id,)*];

            /// The id as text.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(RuleId::$id => stringify!($id),)* }
            }

            /// What the rule says, in one line.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(RuleId::$id => $title,)* }
            }

            /// Regulation and section, or where else it comes from.
            #[must_use]
            pub const fn source(self) -> &'static str {
                match self { $(RuleId::$id => $source,)* }
            }

            /// The day on which the source was last read.
            #[must_use]
            pub const fn verified_on(self) -> Date {
                match self { $(RuleId::$id => $on,)* }
            }

            /// Who applies it.
            #[must_use]
            pub const fn applied_by(self) -> AppliedBy {
                match self { $(RuleId::$id => AppliedBy::$applied,)* }
            }
        }
    };
}

/// When the sources below were last read together.
const REVIEW: Date = date(2026, 10, 1);

rules! {
    N1 Decision REVIEW, "The number has the plan's grammar and no refused exchange",
        "NANPA numbering plan (ATIS-0300051); libphonenumber v9.0.35 short numbers";
    N2 Decision REVIEW, "The area code is in service, geographic and in the US, a territory by opt-in, or toll-free by exact entry",
        "NANPA NPA report, 5 January 2026, brought up to 21 September 2026";
    N3 Decision REVIEW, "The number is an exact, unexpired, twice approved entry of the tenant's allowlist; a test number is proven by a keyed code",
        "47 U.S.C. 227(b)(1)(A); 47 CFR 64.1200(a)(1)";
    N4 Decision REVIEW, "Every fact is read afresh at dial time",
        "Own rule: what was true at enqueueing may have changed";
    H1 Decision REVIEW, "Class C: calling window in every zone of the number and of the patient's address",
        "47 CFR 64.1200(c)(1); state calling-time laws";
    H2 Decision REVIEW, "Class P: inside the payer's own hours, in the payer's own zone",
        "Own rule: a payer invites calls by publishing its hours";
    C1 Decision REVIEW, "Class C: prior express consent, unrevoked, on no do-not-call list",
        "47 U.S.C. 227(b)(1); 47 CFR 64.1200(a)(1), (d); FCC 24-17; 45 CFR 164.522(b)";
    C2 Decision REVIEW, "An opt-out heard from anyone is recorded before hang-up and blocks the next dial",
        "47 CFR 64.1200(a)(10), (b)(3), (d)";
    C3 Decision REVIEW, "Class C: at most one call a day and three a week for each person",
        "47 CFR 64.1200(a)(3)(v)";
    C4 Decision REVIEW, "The patient did not refuse to be the subject of calls by an AI voice",
        "45 CFR 164.522(a); state AI disclosure laws (Cal. Health & Safety Code 1339.75)";
    D1 Gate REVIEW, "First words to every new person: AI voice, registered name, purpose, recorded and transcribed",
        "47 CFR 64.1200(b); FCC 24-17; Cal. Pub. Util. Code 2874";
    D2 Gate REVIEW, "No recording or transcript of a person is kept before the disclosure's playout is proven",
        "Cal. Penal Code 632, 632.7; RCW 9.73.030(3); C.G.S. 52-570d";
    D3 Gate REVIEW, "The question whether it is a machine is always answered truthfully, by a fixed clip",
        "Cal. Bus. & Prof. Code 17941; Utah Code 13-77-103";
    D4 Gate REVIEW, "Class C: AI notice again at the end, with how to reach a human",
        "Cal. Health & Safety Code 1339.75";
    L1 Decision REVIEW, "A hard cap by our own timer and at the carrier",
        "Own rule; Twilio ends a call only after 4 h by default (twilio.com/docs/voice/limitations-and-edge-cases)";
    L2 Decision REVIEW, "Rates and spend for tenant, number and system; unset is zero",
        "Own rule";
    V1 Egress REVIEW, "Every egress goes to a registered vendor with a valid agreement and the required flags",
        "45 CFR 164.308(b), 164.314(a), 164.502(e), 164.504(e)";
    V2 Egress REVIEW, "Destination and purpose decide which fields may go, and a line that wants others is not called; no social security number",
        "45 CFR 164.502(b), 164.514(d)";
    V3 Gate REVIEW, "Values spoken or keyed come from tokens and were asked for by the verified payer",
        "45 CFR 164.514(h) (verification of identity)";
    V4 Agent REVIEW, "No patient value in logs, errors, traces or metrics",
        "45 CFR 164.502(b), 164.312(a)(1)";
    A1 Store REVIEW, "No act without its audit row; chain and checkpoints verify",
        "45 CFR 164.312(b), 164.316(b)(2)(i)";
    K1 Store REVIEW, "Every ciphertext has key id and version; what was erased stays unreadable",
        "45 CFR 164.312(a)(2)(iv)";
    T1 Store REVIEW, "No tenant, no rows",
        "45 CFR 164.312(a)(1)";
    R1 Store REVIEW, "Each class of record has a period and is purged, none early",
        "45 CFR 164.316(b)(2)(i)";
    G1 Egress REVIEW, "Protected health information is processed and stored in the US only",
        "Own rule; Twilio's HIPAA terms cover US area codes only";
    I1 Decision REVIEW, "The kill switch stops new calls within 5 s; unreadable means stopped",
        "Own rule; NIST SP 800-61r3";
    I2 Agent REVIEW, "Incident events open an incident by themselves",
        "45 CFR 164.308(a)(6), 164.410";
}

impl RuleId {
    /// Whether the source should be read again: it was last read more than [`VERIFIED_DAYS_MAX`] days before `today`.
    #[must_use]
    pub fn is_due_for_review(self, today: Date) -> bool {
        let age = today.since(self.verified_on()).map(|span| span.get_days());
        age.is_ok_and(|days| days > VERIFIED_DAYS_MAX)
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
