//! The egress policy (rule V2): which fields may go where, and for what. Deny by default.
//!
//! This module does not send anything and knows no vendor by name; who may receive anything at all is the vendor register's matter.
//! Source: 45 CFR 164.502(b), 164.514(d) (minimum necessary).

use serde::{Deserialize, Serialize};

use super::field::{Field, FieldSet};
use crate::class::CallPurpose;
use crate::vendor::Role;

/// Where fields go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// Whoever is on the line: the payer's menu or representative.
    FarEnd,
    /// A vendor, in one of its roles.
    Vendor(Role),
}

/// The fields that may go to `destination` on a call with this purpose.
///
/// A social security number goes nowhere. Patient values go to the far end (where the gate checks each) and, as words of one segment,
/// to text-to-speech; a language model gets typed tokens and amounts; traces get nothing.
#[must_use]
pub const fn allowed(destination: Destination, purpose: CallPurpose) -> FieldSet {
    match destination {
        Destination::FarEnd => far_end(purpose),
        Destination::Vendor(role) => match role {
            Role::SpeechToText => FieldSet::of(&[Field::FarEndAudio]),
            Role::LanguageModel => FieldSet::of(&[Field::ModelTokens, Field::Amounts]),
            // The words themselves hold whatever the segment carries, so its fields are listed with them.
            Role::TextToSpeech => far_end(purpose).union(FieldSet::of(&[Field::AgentWords])),
            Role::Carrier => far_end(purpose).union(FieldSet::of(&[
                Field::AgentWords,
                Field::CallTiming,
                Field::CallbackNumber,
                Field::DialledNumber,
                Field::FarEndAudio,
            ])),
            Role::Keys => FieldSet::of(&[Field::WrappedKey]),
            Role::Storage | Role::Backup => FieldSet::of(&[Field::Ciphertext]),
            Role::Crm | Role::Webhook => FieldSet::of(&[Field::ResultFields]),
            Role::Traces => FieldSet::EMPTY,
        },
    }
}

/// What a payer asks a caller for: the provider's identity, then the patient's, and the values read back to it.
const fn far_end(purpose: CallPurpose) -> FieldSet {
    let common = FieldSet::PROVIDER.union(FieldSet::of(&[
        Field::AgentWords,
        Field::MemberId,
        Field::PatientName,
        Field::PatientDateOfBirth,
        Field::GroupNumber,
        Field::Relationship,
        Field::HeardValue,
        Field::Amounts,
    ]));
    match purpose {
        CallPurpose::MedicalBenefits => common.union(FieldSet::of(&[Field::DateOfService])),
        // Dental benefits are quoted for the plan's year, not for a day.
        CallPurpose::DentalBenefits => common,
    }
}

/// The fields that may be given to one payer on a call with this purpose: those of its own list that the policy for the purpose allows.
/// A list narrows the policy and never widens it. What the agent says without a value of the request's passes with any list, and so does
/// the call-back number.
///
/// Source: 45 CFR 164.502(b), 164.514(d): what one payer does not need in order to answer is not given to it. 47 CFR 64.1200(b)(2):
/// whoever is called is told where to call back.
#[must_use]
pub const fn allowed_to_payer(purpose: CallPurpose, list: FieldSet) -> FieldSet {
    let policy = far_end(purpose);
    let always = FieldSet::of(&[Field::CallbackNumber]);
    policy.minus(FieldSet::PROVIDER.union(FieldSet::PATIENT).minus(list.union(always)))
}

/// The fields that a payer's own list may name: what of a request may be given to any payer for this purpose.
#[must_use]
pub const fn listable(purpose: CallPurpose) -> FieldSet {
    far_end(purpose).intersection(FieldSet::PROVIDER.union(FieldSet::PATIENT))
}

/// Fields that the policy does not let go where they were to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("V2: the policy does not allow sending there: {fields}")]
pub struct FieldsRefused {
    /// The fields in the way.
    pub fields: FieldSet,
}

/// Checks that `fields` may go to `destination`.
///
/// # Errors
/// [`FieldsRefused`] with those that may not.
pub const fn check(
    destination: Destination,
    purpose: CallPurpose,
    fields: FieldSet,
) -> Result<(), FieldsRefused> {
    let fields = fields.minus(allowed(destination, purpose));
    if fields.is_empty() { Ok(()) } else { Err(FieldsRefused { fields }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PURPOSES: [CallPurpose; 2] = [CallPurpose::MedicalBenefits, CallPurpose::DentalBenefits];

    fn destinations() -> impl Iterator<Item = Destination> {
        let vendors = Role::ALL.iter().copied().map(Destination::Vendor);
        core::iter::once(Destination::FarEnd).chain(vendors)
    }

    #[test]
    fn a_social_security_number_goes_nowhere() {
        for destination in destinations() {
            for purpose in PURPOSES {
                let fields = Field::Ssn.into();
                assert_eq!(check(destination, purpose, fields), Err(FieldsRefused { fields }));
            }
        }
    }

    #[test]
    fn only_speech_and_the_carrier_get_patient_values() {
        for destination in destinations() {
            let spoken = matches!(
                destination,
                Destination::FarEnd | Destination::Vendor(Role::TextToSpeech | Role::Carrier)
            );
            let got = allowed(destination, CallPurpose::MedicalBenefits);
            assert_eq!(!got.intersection(FieldSet::PATIENT).is_empty(), spoken, "{destination:?}");
        }
    }

    #[test]
    fn a_payers_own_list_narrows_the_policy_and_never_widens_it() {
        for purpose in PURPOSES {
            let policy = allowed(Destination::FarEnd, purpose);
            for field in Field::ALL.iter().copied() {
                let got = allowed_to_payer(purpose, field.into());
                assert!(got.is_subset_of(policy), "{field:?}");
                let of_request = FieldSet::PROVIDER.union(FieldSet::PATIENT);
                let always = FieldSet::of(&[Field::CallbackNumber]);
                let expected = listable(purpose).intersection(always.union(field.into()));
                assert_eq!(got.intersection(of_request), expected, "{field:?}");
                assert!(got.contains(Field::AgentWords) && got.contains(Field::HeardValue));
            }
            assert_eq!(allowed_to_payer(purpose, listable(purpose)), policy);
        }
        assert!(!listable(CallPurpose::MedicalBenefits).contains(Field::Ssn));
    }

    #[test]
    fn traces_get_nothing_and_the_model_no_words() {
        let purpose = CallPurpose::MedicalBenefits;
        assert!(allowed(Destination::Vendor(Role::Traces), purpose).is_empty());
        let words = [Field::Transcript, Field::FarEndAudio, Field::AgentWords, Field::HeardValue];
        let model = allowed(Destination::Vendor(Role::LanguageModel), purpose);
        assert!(model.intersection(FieldSet::of(&words)).is_empty());
    }
}
