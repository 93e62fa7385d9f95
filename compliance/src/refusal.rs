//! Why a call is refused: rules and closed codes, no free text, nobody's number.
//!
//! This module decides nothing.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::decide::DecisionRecord;
use crate::egress::Field;
use crate::facts::FactKind;
use crate::number::NumberError;
use crate::rule::RuleId;
use crate::vendor::{EgressRefusal, Role};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident => $mend:ident $text:literal,)*) => {
        /// One reason of a refusal.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ReasonCode {
            $($(#[$doc])* $name,)*
            /// A fact could not be read.
            FactUnreadable(FactKind),
            /// The policy sets no greatest age for a fact.
            FreshnessUnset(FactKind),
            /// The policy lets a fact be older than the rules do.
            FreshnessTooLong(FactKind),
            /// A fact is older than the policy allows at dial time.
            FactStale(FactKind),
            /// A fact claims to have been read after `now`.
            FactFromTheFuture(FactKind),
            /// Whoever answers wants something that the policy does not let be given for this purpose.
            NeedsField(Field),
            /// A vendor that the call would use may receive nothing.
            Vendor {
                /// As what it would be used.
                role: Role,
                /// Why.
                refusal: EgressRefusal,
            },
        }

        impl ReasonCode {
            /// Whether waiting may mend it, or a person must.
            #[must_use]
            pub const fn mend(self) -> Mend {
                match self {
                    $(ReasonCode::$name => Mend::$mend,)*
                    ReasonCode::FactUnreadable(_)
                    | ReasonCode::FactStale(_)
                    | ReasonCode::FactFromTheFuture(_) => Mend::Soon,
                    ReasonCode::FreshnessUnset(_)
                    | ReasonCode::FreshnessTooLong(_)
                    | ReasonCode::NeedsField(_)
                    | ReasonCode::Vendor { .. } => Mend::Staff,
                }
            }
        }

        impl fmt::Display for ReasonCode {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(ReasonCode::$name => f.write_str($text),)*
                    ReasonCode::FactUnreadable(fact) => write!(f, "the {fact} could not be read"),
                    ReasonCode::FreshnessUnset(fact) => {
                        write!(f, "the policy sets no greatest age for the {fact}")
                    }
                    ReasonCode::FreshnessTooLong(fact) => {
                        write!(f, "the policy lets the {fact} be older than the rules do")
                    }
                    ReasonCode::FactStale(fact) => write!(f, "the {fact} was read too long ago"),
                    ReasonCode::FactFromTheFuture(fact) => {
                        write!(f, "the {fact} claims to have been read in the future: check the clocks")
                    }
                    ReasonCode::NeedsField(field) => {
                        write!(f, "the payer's line wants {}, which may not be given for this purpose", field.name())
                    }
                    ReasonCode::Vendor { role, refusal } => write!(f, "{role}: {refusal}"),
                }
            }
        }
    };
}

/// What mends a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mend {
    /// A moment: calls that run now end, or a rate falls, within minutes.
    Soon,
    /// Time: an hour, a day, or a switch that is lifted.
    Wait,
    /// A person of the practice: list, policy, register or consent must change first.
    Staff,
}

codes! {
    /// The number's form is not the plan's.
    NumberGrammar => Staff "the number is not of the form +1NXXNXXXXXX",
    /// The number's exchange is never dialled.
    NumberExchange => Staff "the number's exchange is refused in every area code",
    /// The area code is not assigned and in service.
    AreaCodeUnassigned => Staff "the area code is not in service",
    /// The area code is not of the United States.
    AreaCodeForeign => Staff "the area code is outside of the United States",
    /// The area code is of a territory that the tenant did not opt in to.
    TerritoryNotOptedIn => Staff "the area code is of a US territory that the policy does not opt in to",
    /// The area code is premium rate.
    AreaCodePremium => Staff "the area code is premium rate",
    /// The area code has no place and is not toll-free.
    AreaCodeNonGeographic => Staff "the area code is personal, governmental or otherwise without a place",
    /// A toll-free number without an exact allowlist entry that says so.
    TollFreeNotListed => Staff "a toll-free number needs an exact allowlist entry of line type toll-free",
    /// The tenant's list has no entry for the number.
    NotListed => Staff "the number is not on the tenant's allowlist",
    /// The list has two entries for the number.
    ListedTwice => Staff "the number is on the allowlist twice: remove one entry",
    /// The entry belongs to another tenant.
    ListedForOtherTenant => Staff "the allowlist entry belongs to another tenant",
    /// The entry is for another class of call.
    ListedForOtherClass => Staff "the allowlist entry is for another class of call",
    /// The entry is for another payer.
    ListedForOtherPayer => Staff "the allowlist entry is for another payer",
    /// The entry ended.
    ListingExpired => Staff "the allowlist entry has expired: verify the line and renew it",
    /// The entry holds for longer than the policy allows, or the policy sets no length.
    ListingTooLong => Staff "the allowlist entry holds for longer than the policy allows",
    /// The entry was added or its evidence seen in the future.
    ListingFromTheFuture => Staff "the allowlist entry or its evidence is dated in the future",
    /// The publication evidence does not fit the class.
    PublicationUnfit => Staff "the publication evidence does not fit the class of call",
    /// The line type may not be called.
    LineTypeRefused => Staff "the line type may not be called (mobile, pager, emergency, patient room, residence, unknown)",
    /// The line type and the area code contradict each other.
    LineTypeContradicted => Staff "the line type and the area code contradict each other",
    /// The evidence is older than an entry may hold.
    EvidenceOld => Staff "the publication was seen longer before the entry than an entry may hold: look it up again",
    /// Nobody proved that the number is one's own.
    NumberUnproven => Staff "nobody proved that the number is one's own: its code was not keyed",
    /// The proof is too old.
    ProofOld => Staff "the proof that the number is one's own is older than the policy allows: prove it again",
    /// The policy sets no age of a proof, or a greater one than the rules do.
    ProofAgeUnset => Staff "the policy must let a proof be 1 to 90 days old",
    /// The code was keyed before it was asked for, long after, or in the future.
    ProofOutOfOrder => Staff "the code was keyed before the carrier was asked, long after, or in the future: prove the number again",
    /// Only a number of class T is proven.
    ProvingOtherClass => Staff "only a number for test calls is proven by a code",
    /// Nobody approved the entry.
    ApprovalMissing => Staff "the allowlist entry waits for its second approval",
    /// The same person added and approved the entry.
    ApprovedByAdder => Staff "the allowlist entry was approved by the person who added it",
    /// The same person verified and approved the entry.
    ApprovedByVerifier => Staff "the allowlist entry was approved by the person who verified it",
    /// The approval is dated before the entry or in the future.
    ApprovalOutOfOrder => Staff "the approval is dated before the entry or in the future",
    /// The policy does not let a sole administrator approve.
    SoleAdministratorRefused => Staff "the policy does not let a sole administrator approve entries",
    /// Another person than the one who added the entry confirmed it as the sole administrator.
    SoleAdministratorNotAdder => Staff "the sole administrator who confirmed the entry is not the one who added it",
    /// The tenant has more than one administrator.
    NotSoleAdministrator => Staff "the tenant has more than one administrator: a second one must approve",
    /// Less than 24 h passed before the sole administrator confirmed.
    SoleAdministratorTooSoon => Staff "a sole administrator confirms an entry 24 h after adding it, not before",
    /// The sole administrator did not authenticate again right before confirming.
    SoleAdministratorNotReauthenticated => Staff "the sole administrator did not authenticate again to confirm the entry",
    /// The directory has no hours for the payer.
    HoursMissing => Staff "the payer's hours are not known",
    /// The hours are another payer's.
    HoursOfOtherPayer => Staff "the hours given are another payer's",
    /// The hours have no time zone.
    HoursZoneMissing => Staff "the payer's time zone is not known",
    /// The hours' time zone does not exist.
    HoursZoneUnknown => Staff "the payer's time zone is not in the time zone database",
    /// The payer is closed.
    PayerClosed => Wait "the payer is closed at this time",
    /// Class C cannot be placed.
    PatientCallsNotOffered => Staff "calls to patients are not offered: no script for them exists",
    /// Somebody at the number, or the patient, asked not to be called.
    OptedOut => Staff "somebody at the number or the patient asked not to be called; `callwright opt-out` shows who and when",
    /// The number takes calls from people only.
    HumanOnly => Staff "the number is on the human-only list: a person of the practice must call",
    /// Nothing is known of the patient at the number.
    ContactMissing => Staff "nothing is recorded of the patient at this number",
    /// What is known is of another number.
    ContactOfOtherNumber => Staff "what is recorded is of another number than the one to be called",
    /// There is no prior express consent for the number.
    PriorConsentAbsent => Staff "no prior express consent to be called at this number is recorded",
    /// It was refused or revoked.
    PriorConsentWithdrawn => Staff "the consent to be called at this number was refused or revoked",
    /// It is for something else.
    PriorConsentOutOfScope => Staff "the consent to be called does not cover this purpose",
    /// The consent is dated in the future.
    PriorConsentFromTheFuture => Staff "the consent to be called is dated in the future",
    /// The number is on the national registry.
    NationalDncListed => Staff "the number is on the national do-not-call registry",
    /// Nobody looked, or too long ago, or in the future.
    NationalDncUnchecked => Staff "the national do-not-call registry was not checked for the number in the last 31 days",
    /// The number may be somebody else's.
    NumberReassigned => Staff "the number may have been reassigned since the consent",
    /// Nobody asked, or too long ago, or about a later day than the consent's.
    ReassignedUnchecked => Staff "the reassigned numbers database was not asked in the last 31 days, or did not clear the number since the consent",
    /// The patient wants another number, or no telephone.
    PreferenceForbids => Staff "the patient asked for another number or channel (confidential communications)",
    /// Nobody looked.
    PreferenceUnknown => Staff "whether the patient asked for another number or channel is not recorded",
    /// The person was called in the last 24 hours.
    CalledThisDay => Wait "the patient was called in the last 24 hours already",
    /// The person was called three times in seven days.
    CalledThisWeek => Wait "the patient was called three times in the last seven days already",
    /// The policy sets no window for calls to patients.
    WindowUnset => Staff "the policy sets no hours for calls to patients",
    /// The window is wider than the law's, or runs backwards.
    WindowTooWide => Staff "the policy's hours for calls to patients must lie between 8:00 and 21:00, the first before the second",
    /// A zone is missing.
    WindowZoneMissing => Staff "the time zone of the number or of the patient's address is not known",
    /// A zone does not exist.
    WindowZoneUnknown => Staff "a time zone of the patient's address is not in the time zone database",
    /// The address's state is not one whose hours are known.
    WindowRegionUnknown => Staff "the state of the patient's address is no postal code of a US state or territory, so its hours are not known",
    /// It is outside of the window in at least one zone.
    OutsideWindow => Wait "outside of the hours for calls to patients in a time zone of the number or of the address",
    /// It is a holiday in at least one zone.
    Holiday => Wait "a federal or state holiday where the number or the patient's address is",
    /// The patient refused.
    ConsentRefused => Staff "the patient refused calls by an AI voice",
    /// No consent is recorded, and the policy denies then.
    ConsentAbsent => Staff "no consent to calls by an AI voice is recorded, and the policy denies without one",
    /// The consent is dated in the future.
    ConsentFromTheFuture => Staff "the consent is dated in the future",
    /// A test call about a living patient.
    TestNeedsSyntheticPatient => Staff "a test call may only be about a synthetic patient",
    /// A cap is not set.
    CapUnset => Staff "the policy leaves a cap of this class unset",
    /// A cap is above what the rules allow.
    CapTooHigh => Staff "a cap of this class is above what rule L1 allows",
    /// The system runs as many calls as it may.
    SystemBusy => Soon "the system runs as many calls as it may",
    /// The tenant runs as many calls as it may.
    TenantBusy => Soon "the tenant runs as many calls as it may",
    /// As many calls run to the number as may.
    NumberBusy => Soon "as many calls run to the number as may",
    /// Calls begin too fast.
    StartsTooFast => Soon "calls begin faster than the policy allows",
    /// The number was called as often today as it may be.
    NumberCalledOften => Wait "the number was called as often today as it may be",
    /// The tenant placed as many calls today as it may.
    TenantCalledOften => Wait "the tenant placed as many calls today as it may",
    /// The call can cost more than one may.
    CallTooDear => Staff "the call can cost more than one call may",
    /// The call has no price, and its carrier is not on the practice's own machines.
    PriceUnset => Staff "the call has no price, so no spend limit holds: set the carrier's price per minute",
    /// The day's spend would be exceeded.
    DaySpendReached => Wait "the tenant's spend of the day would be exceeded",
    /// Whoever answers wants a social security number.
    NeedsSsn => Staff "the payer's line wants a social security number, which is never given: a person must call, or the payer name another identifier",
    /// The policy keeps hosted recognisers from hearing a person before the notice, and the call has no other.
    NoRecogniserOnPremises => Staff "the policy lets only a recogniser on the practice's machines hear a person before the notice, and the call has none: install the local recogniser, or set recording.before_notice to any_recogniser",
    /// The call names no carrier among its vendors.
    CarrierMissing => Staff "the call names no carrier among the vendors that it will use",
    /// No registered business name is configured.
    RegisteredNameMissing => Staff "no registered business name is configured for the disclosure",
    /// The first sentence's length is not set or above six seconds.
    FirstSentenceUnset => Staff "the disclosure's first sentence must be limited to between 1 ms and 6 s",
    /// More repeats of the disclosure than once.
    RepeatsTooMany => Staff "an interrupted disclosure is repeated at most once",
    /// The kill switch is thrown for everything.
    StoppedGlobally => Wait "the kill switch is thrown for all calls",
    /// The kill switch is thrown for the tenant.
    StoppedForTenant => Wait "the kill switch is thrown for the tenant",
    /// The kill switch is thrown for the request.
    StoppedForRequest => Staff "the kill switch is thrown for the request",
    /// The kill switch is thrown for a vendor that the call would use.
    StoppedForVendor => Wait "the kill switch is thrown for a vendor that the call would use",
}

impl From<NumberError> for ReasonCode {
    /// Rule N1's reason against a text that is no number.
    fn from(error: NumberError) -> ReasonCode {
        match error {
            NumberError::Grammar => ReasonCode::NumberGrammar,
            NumberError::Exchange(_) => ReasonCode::NumberExchange,
        }
    }
}

impl fmt::Display for FactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FactKind::Allowlist => "allowlist",
            FactKind::Identity => "caller's identity",
            FactKind::Hours => "payer's hours",
            FactKind::Vendors => "vendor register",
            FactKind::Switch => "kill switch",
            FactKind::Consent => "patient's consent",
            FactKind::Usage => "count of running calls",
            FactKind::OptOuts => "list of opt-outs",
            FactKind::Contact => "patient's contact",
        })
    }
}

/// A rule that refused, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reason {
    /// The rule.
    pub rule: RuleId,
    /// Why.
    pub code: ReasonCode,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.code)
    }
}

/// The call is refused, for every reason that was found and not only the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub(crate) record: Box<DecisionRecord>,
}

impl Refusal {
    /// Every reason, in the order of the rules.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        &self.record.reasons
    }

    /// The decision's record, to be audited.
    #[must_use]
    pub fn record(&self) -> &DecisionRecord {
        &self.record
    }

    /// What mends it: a person, if one reason needs one.
    #[must_use]
    pub fn mend(&self) -> Mend {
        self.reasons().iter().map(|reason| reason.code.mend()).max().unwrap_or(Mend::Staff)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the policy refuses the call")?;
        for (at, reason) in self.reasons().iter().enumerate() {
            write!(f, "{} {reason}", if at == 0 { ":" } else { ";" })?;
        }
        Ok(())
    }
}

impl core::error::Error for Refusal {}
