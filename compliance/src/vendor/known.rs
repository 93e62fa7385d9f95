//! Vendors that are known by their public pages: what each says, which flags it must have set, and what is sent to it with every request.
//!
//! An entry is [`Unsigned`]: it is no [`Row`], a [`Register`](super::Register) holds rows only, and so nothing here can give an egress permit.
//! [`Unsigned::sign`] makes a row of one, given the agreement and the flags. A page is no agreement, and pages change: each entry carries the
//! day on which it was read. This module knows nothing of what a practice has signed.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{Agreement, Location, Region, RetentionFlag, Role, Row};
use crate::id::VendorId;

mod table;

pub use table::KNOWN;

/// What a vendor's public pages say about a business associate agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// It offers one.
    Offered,
    /// It offers one on a condition.
    OnCondition(&'static str),
    /// None was found. It is treated as one that has none.
    NotFound,
}

/// One setting of the vendor's that goes with every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// A query parameter.
    Query {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: &'static str,
    },
    /// A member of the JSON body that is `false`.
    BodyFalse {
        /// Its name.
        name: &'static str,
    },
    /// A field of the form.
    Form {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: &'static str,
    },
}

/// A known vendor in one role, with which nothing is signed. It gives no leave to send anything.
#[derive(Debug)]
pub struct Unsigned {
    id: &'static str,
    name: &'static str,
    role: Role,
    offer: Offer,
    says: &'static str,
    source: &'static str,
    verified_on: Date,
    required: &'static [RetentionFlag],
    sent: &'static [Setting],
    at_vendor: &'static str,
}

/// An agreement does not make a row of an unsigned entry: these flags are required of the vendor and not among those that are set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("V1: these flags must be set at the vendor, too: {}", list(.missing))]
pub struct FlagsMissing {
    /// The flags, in order.
    pub missing: Vec<RetentionFlag>,
}

fn list(flags: &[RetentionFlag]) -> String {
    flags.iter().map(|flag| flag.name()).collect::<Vec<_>>().join(", ")
}

/// The entry of a vendor in a role, if it is known.
#[must_use]
pub fn find(id: &VendorId, role: Role) -> Option<&'static Unsigned> {
    KNOWN.iter().find(|known| known.id == id.as_str() && known.role == role)
}

/// The entries of a vendor, in all its roles.
pub fn of_vendor(id: &VendorId) -> impl Iterator<Item = &'static Unsigned> {
    KNOWN.iter().filter(|known| known.id == id.as_str())
}

impl Unsigned {
    /// The vendor's id in a register.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// Its name, for people.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// As what it is used.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// What it says about an agreement.
    #[must_use]
    pub const fn offer(&self) -> Offer {
        self.offer
    }

    /// What its pages say about what it keeps.
    #[must_use]
    pub const fn says(&self) -> &'static str {
        self.says
    }

    /// Which pages.
    #[must_use]
    pub const fn source(&self) -> &'static str {
        self.source
    }

    /// The day on which they were last read.
    #[must_use]
    pub const fn verified_on(&self) -> Date {
        self.verified_on
    }

    /// The flags that must be set there, beside those that the policy requires of the role.
    #[must_use]
    pub const fn required(&self) -> &'static [RetentionFlag] {
        self.required
    }

    /// What goes with every request. Tests of the adapters hold them to it.
    #[must_use]
    pub const fn sent(&self) -> &'static [Setting] {
        self.sent
    }

    /// What must be agreed or switched on at the vendor, because no request can ask for it.
    #[must_use]
    pub const fn at_vendor(&self) -> &'static str {
        self.at_vendor
    }

    /// The register's row for the vendor, now that an agreement is signed and the flags are set there. The operator vouches for both, and
    /// for its processing and storing in the United States only (rule G1).
    ///
    /// # Errors
    /// [`FlagsMissing`] where not all required flags are set.
    pub fn sign(
        &self,
        id: VendorId,
        agreement: Agreement,
        flags: BTreeSet<RetentionFlag>,
    ) -> Result<Row, FlagsMissing> {
        let missing: Vec<_> =
            self.required.iter().copied().filter(|flag| !flags.contains(flag)).collect();
        if !missing.is_empty() {
            return Err(FlagsMissing { missing });
        }
        let location = Location::Hosted { agreement, flags };
        Ok(Row { id, role: self.role, region: Region::UnitedStates, location })
    }
}

impl std::fmt::Display for Offer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Offer::Offered => f.write_str("agreement offered"),
            Offer::OnCondition(condition) => write!(f, "agreement offered {condition}"),
            Offer::NotFound => f.write_str("no agreement found"),
        }
    }
}

impl std::fmt::Display for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Setting::Query { name, value } | Setting::Form { name, value } => {
                write!(f, "{name}={value}")
            }
            Setting::BodyFalse { name } => write!(f, "{name}: false"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::id::PersonId;

    fn agreement() -> Agreement {
        Agreement {
            sha256: Digest::of(b"agreement"),
            signed: "2026-01-01".parse().unwrap(),
            expires: "2026-12-31".parse().unwrap(),
            verified_at: "2026-01-01".parse().unwrap(),
            verifier: PersonId::new("ann").unwrap(),
        }
    }

    #[test]
    fn entries_are_well_formed_and_stand_once() {
        let mut seen = BTreeSet::new();
        for known in KNOWN {
            let id = VendorId::new(known.id()).unwrap();
            assert!(seen.insert((known.id(), known.role())), "{} stands twice", known.id());
            assert!(find(&id, known.role()).is_some_and(|found| std::ptr::eq(found, known)));
            assert!(of_vendor(&id).any(|found| std::ptr::eq(found, known)));
            for text in [known.name(), known.says(), known.source(), known.at_vendor()] {
                assert!(text.len() > 2, "{}: an empty text", known.id());
            }
            assert!(known.verified_on().year() >= 2026, "{}", known.id());
        }
    }

    #[test]
    fn an_entry_becomes_a_row_with_an_agreement_and_all_its_flags_only() {
        for known in KNOWN {
            let id = VendorId::new(known.id()).unwrap();
            let all: BTreeSet<_> = known.required().iter().copied().collect();
            let row = known.sign(id.clone(), agreement(), all.clone()).unwrap();
            assert_eq!((row.id.as_str(), row.role), (known.id(), known.role()));
            for flag in known.required() {
                let mut less = all.clone();
                less.remove(flag);
                let missing = vec![*flag];
                let refused = known.sign(id.clone(), agreement(), less);
                assert_eq!(refused, Err(FlagsMissing { missing }));
            }
        }
    }

    #[test]
    fn flags_have_the_names_of_serde() {
        for flag in [
            RetentionFlag::NoTraining,
            RetentionFlag::NoRetention,
            RetentionFlag::AuthenticatedMedia,
            RetentionFlag::CustomerKey,
        ] {
            assert_eq!(serde_json::to_string(&flag).unwrap(), format!("\"{}\"", flag.name()));
        }
    }
}
