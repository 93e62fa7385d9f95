//! What an observer of a call is told while it runs: the demo's timeline, and later the console's.
//!
//! Words come as `Phi`, beside a form in which identifiers, dates and names are covered: the observer must choose.

use callwright_compliance::PhiString;
use callwright_compliance::gate::ProofBy;
use callwright_core::{Clip, Incident, Outcome, Phase};

/// What stands in the place of a covered word.
pub(crate) const COVER: &str = "•••";

/// One thing that happened.
pub struct Moment {
    /// Milliseconds since the call began.
    pub at_ms: u64,
    /// What.
    pub what: Happening,
}

/// Words, open and covered.
pub struct Said {
    /// As they were said.
    pub words: PhiString,
    /// With identifiers, dates and names covered.
    pub covered: String,
}

/// What can happen.
pub enum Happening {
    /// The call entered a phase.
    Phase(Phase),
    /// The far end said something.
    FarEnd(Said),
    /// The agent began to say something.
    Agent(Said),
    /// A fixed clip began.
    Clip {
        /// Which.
        clip: Clip,
        /// Its words.
        words: String,
    },
    /// Keys were sent for a menu step.
    Keys {
        /// The step's name in the map.
        step: String,
        /// What was keyed, covered where it is a value.
        covered: String,
    },
    /// The disclosure is proven.
    Disclosed(ProofBy),
    /// A field was won.
    Won {
        /// The field's name for people.
        title: String,
        /// The value.
        value: Said,
        /// Whether it was read back.
        read_back: bool,
    },
    /// What an officer must see.
    Incident(Incident),
    /// The call is over.
    Finished(Outcome),
}
