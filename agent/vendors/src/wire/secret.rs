//! Keys of vendors.

use std::fmt;

use zeroize::Zeroizing;

/// A key. It is wiped when dropped and cannot be printed.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps a key.
    #[must_use]
    pub fn new(secret: String) -> Secret {
        Secret(Zeroizing::new(secret))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
