//! Protected health information as a type.
//!
//! A `Phi<T>` cannot be printed, serialised, compared, dereferenced or cloned. There is one door, [`Phi::expose`], and it wants a
//! [`Purpose`]. The value is zeroised when it is dropped.
//!
//! What it does not do: it cannot follow a value that was exposed and copied elsewhere, and it does not write the audit entry
//! (`PhiRead`) itself; the caller who reads for an operator or a result does.
//! Source: 45 CFR 164.312(a)(1) (access control), 164.502(b) (minimum necessary).

use core::fmt;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Why protected health information is read. A closed list: a new reason is a reviewed change here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To be put into words that are spoken to the payer.
    Speak,
    /// To be keyed as digits into the payer's menu.
    Key,
    /// To be encrypted for the store.
    Seal,
    /// To take meaning from words that were heard.
    Understand,
    /// To be replaced by a typed token before words go to a language model.
    Tokenise,
    /// To check the form of a value on its way in.
    Validate,
    /// To compare two values, such as a read-back with what was heard.
    Compare,
    /// To write the result of a request: FHIR, X12 271, page, CSV, webhook.
    RenderResult,
    /// To show a value to an authenticated operator.
    ShowToOperator,
    /// To send recorded audio to the store, sealed, or to play it to an operator.
    Record,
    /// To replay a recorded call, with the tenant's key.
    Replay,
    /// To give a person what is held about them (45 CFR 164.524).
    Export,
}

impl Purpose {
    /// The stable name, as in audit entries.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Purpose::Speak => "speak",
            Purpose::Key => "key",
            Purpose::Seal => "seal",
            Purpose::Understand => "understand",
            Purpose::Tokenise => "tokenise",
            Purpose::Validate => "validate",
            Purpose::Compare => "compare",
            Purpose::RenderResult => "render_result",
            Purpose::ShowToOperator => "show_to_operator",
            Purpose::Record => "record",
            Purpose::Replay => "replay",
            Purpose::Export => "export",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A value of protected health information.
///
/// It has no `Debug`, `Display`, `Serialize`, `Deref`, `AsRef`, `Clone` or `PartialEq`, so a struct that holds one cannot derive
/// them either. There is no `map` and no way to take the value out: both would be exits without a purpose.
pub struct Phi<T: Zeroize>(T);

/// Text that is protected health information: a name, an id, what somebody said.
pub type PhiString = Phi<String>;

impl<T: Zeroize> Phi<T> {
    /// Takes a value into protection. The caller must not keep a copy.
    #[must_use]
    pub const fn new(value: T) -> Phi<T> {
        Phi(value)
    }

    /// The one door to the value. `purpose` says what for; searching for `.expose(` finds every use.
    #[must_use]
    pub const fn expose(&self, purpose: Purpose) -> &T {
        // The purpose is there to be read in the source and in review; the value is the same for each.
        let _: Purpose = purpose;
        &self.0
    }

    /// A second protected copy, such as one for the sealing task beside the one in the call's vault.
    #[must_use]
    pub fn duplicate(&self, purpose: Purpose) -> Phi<T>
    where
        T: Clone,
    {
        Phi(self.expose(purpose).clone())
    }
}

impl<T: Zeroize> Drop for Phi<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> ZeroizeOnDrop for Phi<T> {}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use static_assertions::assert_not_impl_any;

    use super::*;

    assert_not_impl_any!(
        PhiString: fmt::Debug, fmt::Display, Clone, Copy, PartialEq, PartialOrd, std::hash::Hash, Default, Serialize,
        serde::de::DeserializeOwned, std::ops::Deref, AsRef<str>, AsRef<String>, std::borrow::Borrow<str>
    );
    assert_not_impl_any!(String: From<PhiString>);

    struct Witness(Rc<Cell<u32>>);

    impl Zeroize for Witness {
        fn zeroize(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }

    #[test]
    fn drop_zeroises_once() {
        let count = Rc::new(Cell::new(0));
        drop(Phi::new(Witness(Rc::clone(&count))));
        assert_eq!(count.get(), 1);
    }

    #[test]
    fn a_duplicate_is_its_own_value() {
        let first = Phi::new(String::from("W47291835"));
        let second = first.duplicate(Purpose::Seal);
        drop(first);
        assert_eq!(second.expose(Purpose::Compare), "W47291835");
    }

    #[test]
    fn a_purpose_has_one_name_everywhere() {
        let all = [
            Purpose::Speak,
            Purpose::Key,
            Purpose::Seal,
            Purpose::Understand,
            Purpose::Tokenise,
            Purpose::Validate,
            Purpose::Compare,
            Purpose::RenderResult,
            Purpose::ShowToOperator,
            Purpose::Record,
            Purpose::Replay,
            Purpose::Export,
        ];
        for purpose in all {
            let json = serde_json::to_string(&purpose).unwrap();
            assert_eq!(json, format!("\"{purpose}\""));
        }
    }
}
