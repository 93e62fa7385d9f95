//! The ids of the store's rows: 128 random bits, written as 32 lower-case hexadecimal digits.
//!
//! An id says nothing about whom it stands for and cannot be guessed. It is no secret either: what keeps one tenant
//! from another's rows is the tenant in every query. This module makes and parses ids; it does not look them up.

use std::fmt;
use std::str::FromStr;

use callwright_compliance::id::{DecisionId, ObjectId, RequestId, TenantId};

use crate::error::StoreError;

/// Hexadecimal digits in an id.
const ID_DIGITS: usize = 32;

/// The text is not an id of this store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id is 32 lower-case hexadecimal digits: check that it was copied whole")]
pub struct IdError;

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)]);
        text.push(DIGITS[usize::from(byte & 15)]);
    }
    text
}

fn random_hex() -> Result<String, StoreError> {
    let mut bytes = [0_u8; ID_DIGITS / 2];
    getrandom::fill(&mut bytes).map_err(|_| StoreError::NoRandomness)?;
    Ok(hex(&bytes))
}

/// Ids that `compliance` names and this crate's random source makes.
pub trait RandomId: Sized {
    /// A new id from the operating system's random source.
    ///
    /// # Errors
    /// [`StoreError::NoRandomness`] where that source fails.
    fn random() -> Result<Self, StoreError>;
}

impl RandomId for TenantId {
    fn random() -> Result<TenantId, StoreError> {
        TenantId::new(&random_hex()?).map_err(|_| StoreError::NoRandomness)
    }
}

impl RandomId for RequestId {
    fn random() -> Result<RequestId, StoreError> {
        RequestId::new(&random_hex()?).map_err(|_| StoreError::NoRandomness)
    }
}

impl RandomId for ObjectId {
    fn random() -> Result<ObjectId, StoreError> {
        ObjectId::new(&random_hex()?).map_err(|_| StoreError::NoRandomness)
    }
}

impl RandomId for DecisionId {
    fn random() -> Result<DecisionId, StoreError> {
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes).map_err(|_| StoreError::NoRandomness)?;
        Ok(DecisionId(u128::from_be_bytes(bytes)))
    }
}

fn is_id(text: &str) -> bool {
    text.len() == ID_DIGITS && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// A new id from the operating system's random source.
            ///
            /// # Errors
            /// [`StoreError::NoRandomness`] where that source fails.
            pub fn random() -> Result<Self, StoreError> {
                random_hex().map(Self)
            }

            /// The 32 digits.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                if is_id(text) { Ok(Self(text.to_owned())) } else { Err(IdError) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                if is_id(&text) { Ok(Self(text)) } else { Err(IdError) }
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    };
}

id! {
    /// A place of business of a practice.
    LocationId
}
id! {
    /// A provider of a practice.
    ProviderId
}
id! {
    /// One call: one attempt at a request.
    CallId
}
id! {
    /// A legal hold.
    HoldId
}
id! {
    /// An incident.
    IncidentId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_comes_back_and_two_differ() {
        let (a, b) = (CallId::random().unwrap(), CallId::random().unwrap());
        assert_ne!(a, b);
        assert_eq!(a.to_string().parse::<CallId>(), Ok(a.clone()));
        for bad in ["", "A", "0123456789abcdef0123456789abcdeF", "0123456789abcdef0123456789abcde"]
        {
            assert_eq!(bad.parse::<CallId>(), Err(IdError));
        }
    }

    #[test]
    fn the_shared_ids_are_random_too() {
        assert_ne!(TenantId::random().unwrap(), TenantId::random().unwrap());
        assert_ne!(DecisionId::random().unwrap(), DecisionId::random().unwrap());
        assert_eq!(RequestId::random().unwrap().as_str().len(), ID_DIGITS);
    }
}
