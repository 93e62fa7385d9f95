//! The sentences of the rule-based model, by name.
//!
//! A name may have several wordings; the first is the usual one. Which tokens a sentence may hold is fixed by its name,
//! so that a pack cannot make a thank-you carry a member id. This module does not choose among them: the rule-based
//! model in `understanding` does.

use crate::slots::Token;

/// What a sentence does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PhraseName {
    /// Takes what was said: "All right."
    Acknowledge,
    /// Agrees to wait: "Of course, I will hold."
    AnswerHold,
    /// Asks for the representative's name.
    AskName,
    /// Asks for the call's reference number.
    AskReference,
    /// Asks the far end to say it again.
    AskRepeat,
    /// Asks a question again that was not answered: what was said was understood, but not what was asked.
    Clarify,
    /// Says what was wrong in a read-back, before asking again.
    Correct,
    /// Says good-bye for good.
    Goodbye,
    /// We do not have what was asked for; the office will follow up.
    NotAvailable,
    /// Nothing else is wanted.
    NothingElse,
    /// Takes it that the far end does not know or may not say.
    NoteNotAvailable,
    /// Gives the call-back number.
    ProvideCallbackNumber,
    /// Gives the caller's name.
    ProvideCallerName,
    /// Gives the date of service.
    ProvideDateOfService,
    /// Gives the group number.
    ProvideGroupNumber,
    /// Gives the member id.
    ProvideMemberId,
    /// Gives the national provider identifier.
    ProvideNpi,
    /// Gives the patient's date of birth.
    ProvidePatientDateOfBirth,
    /// Gives the patient's name.
    ProvidePatientName,
    /// Gives the practice's address.
    ProvideProviderAddress,
    /// Gives the practice's name.
    ProvideProviderName,
    /// Says how the patient is related to the subscriber.
    ProvideRelationship,
    /// Gives the tax id.
    ProvideTaxId,
    /// Reads the representative's name back.
    ReadBackName,
    /// Reads the reference number back.
    ReadBackReference,
    /// Leads into saying the same again.
    RepeatLead,
    /// Asks a menu for a person.
    Representative,
    /// Thanks for an answer.
    Thank,
    /// Thanks and says good-bye.
    ThankClose,
    /// Asks to be put through to someone who can help.
    Transfer,
    /// Still there, still waiting.
    Waiting,
}

/// Name, key and token of each sentence. `Some` means the sentence holds that token exactly once and no other.
const TABLE: [(PhraseName, &str, Option<Token>); 31] = [
    (PhraseName::Acknowledge, "acknowledge", None),
    (PhraseName::AnswerHold, "answer_hold", None),
    (PhraseName::AskName, "ask_name", None),
    (PhraseName::AskReference, "ask_reference", None),
    (PhraseName::AskRepeat, "ask_repeat", None),
    (PhraseName::Clarify, "clarify", None),
    (PhraseName::Correct, "correct", None),
    (PhraseName::Goodbye, "goodbye", None),
    (PhraseName::NotAvailable, "not_available", None),
    (PhraseName::NothingElse, "nothing_else", None),
    (PhraseName::NoteNotAvailable, "note_not_available", None),
    (PhraseName::ProvideCallbackNumber, "provide_callback_number", Some(Token::CallbackNumber)),
    (PhraseName::ProvideCallerName, "provide_caller_name", Some(Token::CallerName)),
    (PhraseName::ProvideDateOfService, "provide_date_of_service", Some(Token::DateOfService)),
    (PhraseName::ProvideGroupNumber, "provide_group_number", Some(Token::GroupNumber)),
    (PhraseName::ProvideMemberId, "provide_member_id", Some(Token::MemberId)),
    (PhraseName::ProvideNpi, "provide_npi", Some(Token::Npi)),
    (
        PhraseName::ProvidePatientDateOfBirth,
        "provide_patient_date_of_birth",
        Some(Token::PatientDateOfBirth),
    ),
    (PhraseName::ProvidePatientName, "provide_patient_name", Some(Token::PatientName)),
    (PhraseName::ProvideProviderAddress, "provide_provider_address", Some(Token::ProviderAddress)),
    (PhraseName::ProvideProviderName, "provide_provider_name", Some(Token::ProviderName)),
    (PhraseName::ProvideRelationship, "provide_relationship", Some(Token::Relationship)),
    (PhraseName::ProvideTaxId, "provide_tax_id", Some(Token::TaxId)),
    (PhraseName::ReadBackName, "read_back_name", Some(Token::Heard)),
    (PhraseName::ReadBackReference, "read_back_reference", Some(Token::Heard)),
    (PhraseName::RepeatLead, "repeat_lead", None),
    (PhraseName::Representative, "representative", None),
    (PhraseName::Thank, "thank", None),
    (PhraseName::ThankClose, "thank_close", None),
    (PhraseName::Transfer, "transfer", None),
    (PhraseName::Waiting, "waiting", None),
];

impl PhraseName {
    /// Every name, in the order of the keys. A pack has to hold each one.
    pub fn all() -> impl Iterator<Item = PhraseName> {
        TABLE.into_iter().map(|(name, _, _)| name)
    }

    /// Its key in `phrases.toml`.
    #[must_use]
    pub fn key(self) -> &'static str {
        self.row().1
    }

    /// The one token a sentence of this name holds, if it holds one.
    #[must_use]
    pub fn token(self) -> Option<Token> {
        self.row().2
    }

    /// The name of this key.
    #[must_use]
    pub fn from_key(key: &str) -> Option<PhraseName> {
        TABLE.into_iter().find(|(_, each, _)| *each == key).map(|(name, _, _)| name)
    }

    fn row(self) -> (PhraseName, &'static str, Option<Token>) {
        // The table is in the order of the enum; a test holds it to that.
        TABLE[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_names() {
        for (place, (name, key, _)) in TABLE.into_iter().enumerate() {
            assert_eq!(name as usize, place, "{key}");
            assert_eq!(PhraseName::from_key(key), Some(name));
        }
    }

    #[test]
    fn only_a_sentence_that_gives_or_reads_back_holds_a_token() {
        for name in PhraseName::all() {
            let gives = name.key().starts_with("provide_") || name.key().starts_with("read_back_");
            assert_eq!(name.token().is_some(), gives, "{}", name.key());
        }
    }
}
