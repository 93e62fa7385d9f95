//! Fields: the names of what can leave, never the values. The gate, the egress policy, the ledger and the audit speak in them.

use core::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// One kind of information that can leave this machine. A closed list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[repr(u8)]
        pub enum Field { $($(#[$doc])* $name,)* }

        impl Field {
            /// Every field, in the order of declaration.
            pub const ALL: &'static [Field] = &[$(Field::$name,)*];

            /// The stable name, as in audit entries, the ledger and the store.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Field::$name => $text,)* }
            }
        }
    };
}

fields! {
    /// What the far end sounds like.
    FarEndAudio = "far_end_audio",
    /// The words of one segment that the agent speaks.
    AgentWords = "agent_words",
    /// The provider's national provider identifier.
    Npi = "npi",
    /// The provider's tax id.
    TaxId = "tax_id",
    /// The practice's or provider's name.
    ProviderName = "provider_name",
    /// The practice's address.
    ProviderAddress = "provider_address",
    /// The practice's call-back number.
    CallbackNumber = "callback_number",
    /// Who is calling.
    CallerName = "caller_name",
    /// The reason for the call, as a fixed phrase.
    ReasonForCall = "reason_for_call",
    /// The member or subscriber id.
    MemberId = "member_id",
    /// The patient's name.
    PatientName = "patient_name",
    /// The patient's date of birth.
    PatientDateOfBirth = "patient_date_of_birth",
    /// The group number of the plan.
    GroupNumber = "group_number",
    /// The date of service asked about.
    DateOfService = "date_of_service",
    /// How the patient is related to the subscriber.
    Relationship = "relationship",
    /// A social security number. Off by default everywhere (rule V2).
    Ssn = "ssn",
    /// A value that the far end said, such as the reference number that is read back.
    HeardValue = "heard_value",
    /// Money, percent and counts that were heard, without whose they are.
    Amounts = "amounts",
    /// Words with every identifier, date, spelling and name replaced by a typed token.
    ModelTokens = "model_tokens",
    /// When a call began and ended, and how it is routed.
    CallTiming = "call_timing",
    /// The number that is dialled.
    DialledNumber = "dialled_number",
    /// The recording of a call.
    Recording = "recording",
    /// The words of a call.
    Transcript = "transcript",
    /// The verified result of a request.
    ResultFields = "result_fields",
    /// Ciphertext whose key stays here.
    Ciphertext = "ciphertext",
    /// A data key wrapped by another key.
    WrappedKey = "wrapped_key",
}

/// A set of fields. Printing one shows names, never values.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldSet(u32);

const _: () = assert!(Field::ALL.len() <= 32, "a FieldSet has 32 places");

impl FieldSet {
    /// No field.
    pub const EMPTY: FieldSet = FieldSet(0);

    /// Who the patient is: never given before the counterparty is verified and has asked.
    pub const PATIENT: FieldSet = FieldSet::of(&[
        Field::MemberId,
        Field::PatientName,
        Field::PatientDateOfBirth,
        Field::GroupNumber,
        Field::DateOfService,
        Field::Relationship,
        Field::Ssn,
    ]);

    /// Facts about the provider and the call, which are not about the patient.
    pub const PROVIDER: FieldSet = FieldSet::of(&[
        Field::Npi,
        Field::TaxId,
        Field::ProviderName,
        Field::ProviderAddress,
        Field::CallbackNumber,
        Field::CallerName,
        Field::ReasonForCall,
    ]);

    /// What says, or may say, something about the patient to whoever reads it: the identifiers, and the health information itself. Words
    /// with tokens count: they are not de-identified (45 CFR 164.514). Words that carry an identifier are entered with its field.
    pub const HEALTH: FieldSet = FieldSet::PATIENT.union(FieldSet::of(&[
        Field::FarEndAudio,
        Field::HeardValue,
        Field::Amounts,
        Field::ModelTokens,
        Field::Recording,
        Field::Transcript,
        Field::ResultFields,
    ]));

    /// The same, encrypted under a key that stays here.
    pub const SEALED: FieldSet = FieldSet::of(&[Field::Ciphertext]);

    /// The set of the fields listed.
    #[must_use]
    pub const fn of(fields: &[Field]) -> FieldSet {
        let mut bits = 0;
        let mut at = 0;
        while at < fields.len() {
            bits |= 1 << fields[at] as u32;
            at += 1;
        }
        FieldSet(bits)
    }

    /// Whether `field` is in the set.
    #[must_use]
    pub const fn contains(self, field: Field) -> bool {
        self.0 & FieldSet::of(&[field]).0 != 0
    }

    /// The fields in either set.
    #[must_use]
    pub const fn union(self, other: FieldSet) -> FieldSet {
        FieldSet(self.0 | other.0)
    }

    /// The fields in both sets.
    #[must_use]
    pub const fn intersection(self, other: FieldSet) -> FieldSet {
        FieldSet(self.0 & other.0)
    }

    /// The fields of this set that are not in the other.
    #[must_use]
    pub const fn minus(self, other: FieldSet) -> FieldSet {
        FieldSet(self.0 & !other.0)
    }

    /// Whether every field of this set is in the other.
    #[must_use]
    pub const fn is_subset_of(self, other: FieldSet) -> bool {
        self.minus(other).is_empty()
    }

    /// Whether the set holds nothing.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Adds a field.
    pub const fn insert(&mut self, field: Field) {
        self.0 |= FieldSet::of(&[field]).0;
    }

    /// The fields, in the order of declaration.
    pub fn iter(self) -> impl Iterator<Item = Field> {
        Field::ALL.iter().copied().filter(move |field| self.contains(*field))
    }
}

impl FromIterator<Field> for FieldSet {
    fn from_iter<I: IntoIterator<Item = Field>>(fields: I) -> FieldSet {
        let mut set = FieldSet::EMPTY;
        fields.into_iter().for_each(|field| set.insert(field));
        set
    }
}

impl From<Field> for FieldSet {
    fn from(field: Field) -> FieldSet {
        FieldSet::of(&[field])
    }
}

impl fmt::Debug for FieldSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl fmt::Display for FieldSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, field) in self.iter().enumerate() {
            if at > 0 {
                f.write_str(", ")?;
            }
            f.write_str(field.name())?;
        }
        Ok(())
    }
}

impl Serialize for FieldSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for field in self.iter() {
            list.serialize_element(&field)?;
        }
        list.end()
    }
}

impl<'de> Deserialize<'de> for FieldSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<FieldSet, D::Error> {
        struct List;

        impl<'de> Visitor<'de> for List {
            type Value = FieldSet;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of field names")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<FieldSet, A::Error> {
                let mut set = FieldSet::EMPTY;
                while let Some(field) = list.next_element()? {
                    set.insert(field);
                }
                Ok(set)
            }
        }

        deserializer.deserialize_seq(List)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_those_of_serde() {
        for field in Field::ALL {
            assert_eq!(serde_json::to_string(field).unwrap(), format!("\"{}\"", field.name()));
        }
    }

    #[test]
    fn patient_and_provider_do_not_overlap() {
        assert!(FieldSet::PATIENT.intersection(FieldSet::PROVIDER).is_empty());
        assert!(!FieldSet::PATIENT.contains(Field::HeardValue));
    }

    proptest! {
        #[test]
        fn sets_obey_the_algebra(a in 0u32..1 << Field::ALL.len(), b in 0u32..1 << Field::ALL.len()) {
            let (a, b) = (FieldSet(a), FieldSet(b));
            prop_assert_eq!(a.minus(b).union(a.intersection(b)), a);
            prop_assert_eq!(a.is_subset_of(b), a.union(b) == b);
            prop_assert_eq!(a.iter().collect::<FieldSet>(), a);
            let json = serde_json::to_string(&a).unwrap();
            prop_assert_eq!(serde_json::from_str::<FieldSet>(&json).unwrap(), a);
        }
    }
}
