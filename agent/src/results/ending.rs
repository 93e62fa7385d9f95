//! What ended a call that is not complete, in words for the practice's staff: what happened, and what to do next.
//!
//! The names are those of `call::translate`, and those that the dialler gives where no call came about.

/// Names and words.
const ENDINGS: &[(&str, &str)] = &[
    ("ai_refused", "The payer does not talk to automated callers. A person must call."),
    ("answers_withheld", "The representative would not or could not answer. A person should call."),
    ("busy", "The line was busy."),
    ("cap_reached", "The longest time that a call may take was reached."),
    ("carrier_failed", "The telephone carrier could not place or keep the call."),
    (
        "disclosure_unproven",
        "The announcement of the recorded, automated call could not be played to its end.",
    ),
    ("do_not_call", "The payer asked not to be called again. A person must look at this."),
    ("far_end_hung_up", "The payer's side hung up."),
    ("hold_too_long", "Nobody came to the line within the longest wait."),
    ("killed", "The call was stopped by the kill switch."),
    ("media_lost", "The sound of the call was lost."),
    (
        "menu_stuck",
        "The payer's phone menu is not the one that is known. Its map must be looked at.",
    ),
    (
        "needs_ssn",
        "The payer's line wants a social security number, which is never given. Nobody was called: a person must call.",
    ),
    ("needs_staff", "The payer asked for something that only a person can give."),
    ("no_answer", "Nobody answered."),
    ("nobody_there", "Nobody was heard on the line."),
    (
        "not_callable",
        "The payer has no known line for this question. The directory must be looked at.",
    ),
    ("out_of_service", "The payer's number is out of service. The directory must be looked at."),
    ("policy_refused", "Policy refused the call. The decision's record has the reasons."),
    ("vendor_lost", "Speech or language processing failed during the call."),
    ("voicemail", "A voice mailbox answered."),
];

/// The words for an ending's name. An ending that is younger than these words is told by a sentence that fits any.
pub(super) fn words(name: &str) -> &'static str {
    let known = ENDINGS.iter().find(|(known, _)| *known == name);
    known.map_or("The call ended early.", |(_, words)| words)
}

#[cfg(test)]
mod tests {
    use callwright_core::{Ending, LegFailure};

    use super::*;
    use crate::call::translate;

    #[test]
    fn every_ending_of_a_call_has_its_words() {
        let all = [
            Ending::AiRefused,
            Ending::AnswersWithheld,
            Ending::CapReached,
            Ending::DisclosureUnproven,
            Ending::DoNotCall,
            Ending::FarEndHungUp,
            Ending::HoldTooLong,
            Ending::Killed,
            Ending::Leg(LegFailure::Busy),
            Ending::Leg(LegFailure::Carrier),
            Ending::Leg(LegFailure::NoAnswer),
            Ending::MediaLost,
            Ending::MenuStuck,
            Ending::NeedsStaff,
            Ending::NobodyThere,
            Ending::OutOfService,
            Ending::VendorLost,
            Ending::Voicemail,
        ];
        let fallback = words("an ending that there is not");
        for ending in all {
            let name = translate::ending_name(ending);
            assert_ne!(words(name), fallback, "{name}");
        }
        assert_eq!(ENDINGS.len(), all.len() + 3, "and the three that are no call's");
        assert!(ENDINGS.is_sorted(), "kept in order, so that one is found by eye");
    }
}
