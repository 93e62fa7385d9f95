//! Names of tenants, requests, payers, vendors, people and audited objects.
//!
//! They are opaque: 1 to 64 of `A-Z a-z 0-9 . _ -`, so no name, sentence or E.164 number can be carried by one into a record or an
//! audit entry. This module does not make ids; the caller has the random numbers.

use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The text is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id: 1 to 64 characters of A-Z a-z 0-9 . _ - are wanted")]
pub struct NotAnId;

/// The longest id, in characters.
pub const ID_LEN_MAX: usize = 64;

fn checked(text: &str) -> Result<Box<str>, NotAnId> {
    let fits = (1..=ID_LEN_MAX).contains(&text.len());
    let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-');
    if fits && text.bytes().all(plain) { Ok(text.into()) } else { Err(NotAnId) }
}

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(Box<str>);

        impl $name {
            /// Takes the text of an id.
            ///
            /// # Errors
            /// [`NotAnId`] where the text is empty, too long, or has a character outside the list.
            pub fn new(text: &str) -> Result<$name, NotAnId> {
                checked(text).map($name)
            }

            /// The text.
            #[must_use]
            pub const fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl core::str::FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<$name, NotAnId> {
                $name::new(text)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                let text = String::deserialize(deserializer)?;
                $name::new(&text).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

id! {
    /// A practice: the tenant of the store, the policy and the audit chain.
    TenantId
    /// What a practice wants verified.
    RequestId
    /// A payer in the directory, such as `acme-health`.
    PayerId
    /// A row of the vendor register, such as `deepgram`.
    VendorId
    /// A person who acts: administrator, verifier, operator. An account, never a name.
    PersonId
    /// Anything else that an audit entry is about, or that is evidence: a call, a document, a configuration.
    ObjectId
}

impl PersonId {
    /// Whether it names the same person. `Ann` is `ann`: where two people are wanted, another way of writing one is no second person.
    #[must_use]
    pub fn is_same(&self, other: &PersonId) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

/// A fresh id of one decision: 128 random bits from the caller. Printed and serialised as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DecisionId(pub u128);

impl DecisionId {
    /// Reads the 32 lower-case hexadecimal digits that `Display` writes.
    ///
    /// # Errors
    /// [`NotAnId`] for anything else.
    pub fn parse(text: &str) -> Result<DecisionId, NotAnId> {
        let hex = |c: u8| matches!(c, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 32 || !text.bytes().all(hex) {
            return Err(NotAnId);
        }
        u128::from_str_radix(text, 16).map(DecisionId).map_err(|_| NotAnId)
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecisionId({self})")
    }
}

impl Serialize for DecisionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DecisionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<DecisionId, D::Error> {
        let text = String::deserialize(deserializer)?;
        DecisionId::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_carries_no_sentence_and_no_number() {
        assert!(TenantId::new("riverside-family.01_A").is_ok());
        let long = "x".repeat(ID_LEN_MAX + 1);
        for text in ["", " ", "Maria Lopez", "+16142000134", "a/b", "é", "a\n", long.as_str()] {
            assert_eq!(TenantId::new(text), Err(NotAnId), "{text:?}");
        }
    }

    #[test]
    fn a_decision_id_reads_what_it_writes() {
        let id = DecisionId(0x0123_4567_89ab_cdef);
        assert_eq!(DecisionId::parse(&id.to_string()), Ok(id));
        assert_eq!(DecisionId::parse("+1234567890123456789012345678901"), Err(NotAnId));
        assert_eq!(DecisionId::parse(""), Err(NotAnId));
    }
}
