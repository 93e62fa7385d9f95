//! The vendors that need no network and no key: flite, PocketSphinx and the rule-based model.
//!
//! The two of speech are for trying calls out offline; see `callwright_speech_local` for what they are worth. The rule-based model is
//! also the fast path of a production call.

mod flite;
mod rules;
mod sphinx;

pub use flite::Flite;
pub use rules::Rules;
pub use sphinx::Sphinx;
