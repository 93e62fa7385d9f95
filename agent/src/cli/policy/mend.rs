//! How to mend a refusal, in the words of this command line.

use callwright_compliance::{Mend, Reason, ReasonCode, RuleId};

/// What to do about a reason.
pub(super) fn mend(reason: &Reason) -> String {
    let what = particular(reason.code).unwrap_or_else(|| general(reason.rule));
    match reason.code.mend() {
        Mend::Staff => what.to_owned(),
        Mend::Soon => format!("{what}; a queued request is tried again within minutes"),
        Mend::Wait => format!("{what}; a queued request waits and is tried again"),
    }
}

/// The reasons whose remedy is their own.
fn particular(code: ReasonCode) -> Option<&'static str> {
    if matches!(code, ReasonCode::FactUnreadable(_)) {
        return Some("see what is missing; with --config the facts are read from the store");
    }
    if code == ReasonCode::ApprovalMissing {
        return Some("`callwright setup approve`, by another person than who added the entry");
    }
    if matches!(
        code,
        ReasonCode::NumberUnproven | ReasonCode::ProofOld | ReasonCode::ProofOutOfOrder
    ) {
        return Some(
            "`callwright setup prove`, key the code that it shows, then `callwright setup proven`",
        );
    }
    if code == ReasonCode::TerritoryNotOptedIn {
        return Some("opt in with `territories` in [policy], once counsel agreed");
    }
    if code == ReasonCode::PayerClosed {
        return Some("ask with --at for a time at which the payer is open");
    }
    if matches!(code, ReasonCode::HoursMissing | ReasonCode::HoursOfOtherPayer) {
        return Some("give the line with its number and hours in the payer's file");
    }
    if code == ReasonCode::NoRecogniserOnPremises {
        return Some(
            "install the local recogniser and register it with `callwright setup vendor --role speech_to_text --id pocketsphinx --network \
             127.0.0.0/8`, or set before_notice = \"any_recogniser\" in [policy.recording] once counsel agreed",
        );
    }
    if code == ReasonCode::PriceUnset {
        return Some("set cents_per_minute in [carrier]");
    }
    None
}

/// What mends what a rule refuses.
fn general(rule: RuleId) -> &'static str {
    match rule {
        RuleId::N1 => "write +1 and ten digits, without spaces, letters or an extension",
        RuleId::N2 => {
            "only geographic US numbers and listed toll-free lines are called: check the number"
        }
        RuleId::N3 => {
            "`callwright setup allow` with fresh evidence, then `callwright setup approve` by another person"
        }
        RuleId::N4 => {
            "see `freshness` in [policy]; check the clocks of this machine and the database"
        }
        RuleId::H1 | RuleId::C1 | RuleId::C3 | RuleId::D4 => {
            "a person of the practice calls patients"
        }
        RuleId::H2 => "see `hours` in the payer's file",
        RuleId::C2 => "whoever opted out is not called",
        RuleId::C4 => "ask the patient, and send what they said with the request",
        RuleId::D1 => {
            "see `disclosure` in [policy], and the registered name: `callwright setup provider`"
        }
        RuleId::D2 | RuleId::D3 => "the disclosure gate keeps it; nothing is to be set",
        RuleId::L1 => "see [policy.caps]; `callwright policy check` names what is wrong",
        RuleId::L2 => "see [policy.limits]; running calls end, and a new day begins",
        RuleId::V1 | RuleId::G1 => {
            "`callwright setup vendor` for the role; `callwright check` lists all of them"
        }
        RuleId::V2 => "a person calls this payer, or its file names other `needs`",
        RuleId::V3 | RuleId::V4 => "the gate keeps it; nothing is to be set",
        RuleId::A1 | RuleId::K1 | RuleId::T1 | RuleId::R1 => {
            "the store keeps it; see `callwright check`"
        }
        RuleId::I1 => {
            "`callwright kill lift` with what was stopped, once its reason is gone; `callwright kill status` says what is"
        }
        RuleId::I2 => "see the open incidents",
    }
}
