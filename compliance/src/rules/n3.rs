//! N3: the number is an exact, unexpired entry of the tenant's allowlist, added and verified by others than the one who
//! approved it.
//!
//! Source: 47 U.S.C. 227(b)(1)(A) and (B), 47 CFR 64.1200(a)(1) (line types that are never called by an artificial voice); publication
//! by the payer is kept as evidence that calls like this one are invited. Verified 2026-10-01.
//! Class T: the number is one's own, proven by a code that was shown here and keyed there ([`crate::proving`]). A number is proven under
//! the same rule, but for the proof. A sole administrator may confirm an own entry after 24 h and a new authentication, where the policy lets them. The rule does not
//! look anything up: line type and publication are what the verifier recorded.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{Case, Check, Rule, codes_where, value};
use crate::allowlist::{AllowlistEntry, Approval, LineType, PublicationKind};
use crate::area_code::{self, AreaCodeKind};
use crate::class::CallClass;
use crate::decide::Stage;
use crate::facts::FactKind;
use crate::number::PhoneNumber;
use crate::policy::SoleAdministrator;
use crate::refusal::ReasonCode;
use crate::rule::RuleId;

pub(super) const RULE: Rule = Rule { id: RuleId::N3, check };

/// How long a sole administrator waits before confirming an own entry.
const SOLE_ADMINISTRATOR_DELAY: SignedDuration = SignedDuration::from_hours(24);
/// How fresh the authentication must be with which a sole administrator confirms.
const REAUTHENTICATION_AGE_MAX: SignedDuration = SignedDuration::from_mins(10);

/// The greatest age of a proof that a policy may set, in days: numbers change hands.
pub(crate) const PROOF_DAYS_CEILING: u32 = 90;
/// How long after the carrier was asked the code may be keyed.
const KEYING_TIME_MAX: SignedDuration = SignedDuration::from_mins(15);
/// How far the carrier's clock may run behind ours; its times are whole seconds.
const CARRIER_CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(1);

fn check(case: &Case<'_>) -> Check {
    let entries = match value(&case.facts.allowlist, FactKind::Allowlist) {
        Ok(entries) => entries,
        Err(code) => return Check::Codes(vec![code]),
    };
    let mut exact = entries.iter().filter(|entry| entry.number == case.request.to);
    let codes = match (exact.next(), exact.next()) {
        (None, _) => vec![ReasonCode::NotListed],
        (Some(_), Some(_)) => vec![ReasonCode::ListedTwice],
        (Some(entry), None) => {
            let mut codes = belongs(case, entry);
            codes.extend(holds(case, entry));
            codes.extend(line(&entry.number, entry.line));
            codes.extend(approval(case, entry));
            codes.extend(proof(case, entry));
            codes
        }
    };
    Check::Codes(codes)
}

/// Whose entry it is, and what for.
fn belongs(case: &Case<'_>, entry: &AllowlistEntry) -> Vec<ReasonCode> {
    let own_number = entry.publication.kind == PublicationKind::OwnNumberProven;
    let fits = match entry.class {
        CallClass::Payer => !own_number,
        CallClass::Test => own_number,
        CallClass::Patient => false,
    };
    codes_where([
        (entry.tenant != case.request.tenant, ReasonCode::ListedForOtherTenant),
        (entry.class != case.request.class, ReasonCode::ListedForOtherClass),
        (entry.payer != case.request.payer, ReasonCode::ListedForOtherPayer),
        (!fits, ReasonCode::PublicationUnfit),
    ])
}

/// Whether it holds now, and not for too long.
fn holds(case: &Case<'_>, entry: &AllowlistEntry) -> Vec<ReasonCode> {
    let today = case.now.to_zoned(TimeZone::UTC).date();
    let life_max = SignedDuration::from_hours(24 * i64::from(case.policy.allowlist.life_days_max));
    let from_the_future = entry.added_at > case.now || entry.publication.seen_on > today;
    let added_on = entry.added_at.to_zoned(TimeZone::UTC).date();
    let evidence_age = added_on.duration_since(entry.publication.seen_on);
    codes_where([
        (evidence_age > life_max, ReasonCode::EvidenceOld),
        (entry.expires_at <= case.now, ReasonCode::ListingExpired),
        (between(entry.added_at, entry.expires_at) > life_max, ReasonCode::ListingTooLong),
        (from_the_future, ReasonCode::ListingFromTheFuture),
    ])
}

/// What is against the type of a line, by itself and beside its number.
pub(super) fn line(number: &PhoneNumber, line: LineType) -> Vec<ReasonCode> {
    let may_be_called = match line {
        LineType::Landline | LineType::FixedVoip | LineType::TollFree => true,
        LineType::Mobile
        | LineType::Pager
        | LineType::Emergency
        | LineType::PatientRoom
        | LineType::Residential
        | LineType::Unknown => false,
    };
    let by_code =
        area_code::lookup(number.area_code()).is_some_and(|row| row.kind == AreaCodeKind::TollFree);
    codes_where([
        (!may_be_called, ReasonCode::LineTypeRefused),
        (by_code != (line == LineType::TollFree), ReasonCode::LineTypeContradicted),
    ])
}

fn approval(case: &Case<'_>, entry: &AllowlistEntry) -> Vec<ReasonCode> {
    match &entry.approval {
        Approval::Pending => vec![ReasonCode::ApprovalMissing],
        Approval::Second { by, at } => codes_where([
            (by.is_same(&entry.added_by), ReasonCode::ApprovedByAdder),
            (by.is_same(&entry.verifier), ReasonCode::ApprovedByVerifier),
            (*at < entry.added_at || *at > case.now, ReasonCode::ApprovalOutOfOrder),
        ]),
        Approval::SoleAdministrator { by, at, reauthenticated_at, administrators } => {
            let refused = case.policy.allowlist.sole_administrator == SoleAdministrator::Refused;
            let waited = between(entry.added_at, *at);
            let age = between(*reauthenticated_at, *at);
            let fresh = SignedDuration::ZERO <= age && age <= REAUTHENTICATION_AGE_MAX;
            codes_where([
                (refused, ReasonCode::SoleAdministratorRefused),
                (!by.is_same(&entry.added_by), ReasonCode::SoleAdministratorNotAdder),
                (*administrators != 1, ReasonCode::NotSoleAdministrator),
                (waited < SOLE_ADMINISTRATOR_DELAY, ReasonCode::SoleAdministratorTooSoon),
                (!fresh, ReasonCode::SoleAdministratorNotReauthenticated),
                (*at > case.now, ReasonCode::ApprovalOutOfOrder),
            ])
        }
    }
}

/// Class T: whether the number is proven to be one's own, and lately enough.
fn proof(case: &Case<'_>, entry: &AllowlistEntry) -> Vec<ReasonCode> {
    match (case.stage, case.request.class) {
        (Stage::Enqueue | Stage::Dial, CallClass::Payer | CallClass::Patient) => return vec![],
        (Stage::Prove, class) => {
            return codes_where([(class != CallClass::Test, ReasonCode::ProvingOtherClass)]);
        }
        (Stage::Enqueue | Stage::Dial, CallClass::Test) => {}
    }
    let Some(proof) = &entry.proof else {
        return vec![ReasonCode::NumberUnproven];
    };
    let days = case.policy.allowlist.test_proof_days_max;
    let age_max = SignedDuration::from_hours(24 * i64::from(days));
    let waited = between(proof.asked_at, proof.keyed_at);
    let out_of_order = waited < -CARRIER_CLOCK_SKEW
        || waited > KEYING_TIME_MAX
        || proof.asked_at < entry.added_at
        || proof.asked_at > case.now
        || proof.keyed_at > case.now;
    codes_where([
        (!(1..=PROOF_DAYS_CEILING).contains(&days), ReasonCode::ProofAgeUnset),
        (between(proof.keyed_at, case.now) > age_max, ReasonCode::ProofOld),
        (out_of_order, ReasonCode::ProofOutOfOrder),
    ])
}

fn between(earlier: Timestamp, later: Timestamp) -> SignedDuration {
    later.duration_since(earlier)
}
