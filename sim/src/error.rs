//! Why the simulator could not start. What goes wrong during a call is in the call's log instead.

use crate::payer::problems::ScenarioError;
use thiserror::Error;

/// Why the simulator could not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SimError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; choose another port, or 0 for any")]
    Bind {
        /// The address asked for.
        address: std::net::SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// An address outside this machine was asked for.
    #[error(
        "{0} is not a loopback address: the simulator serves this machine only; use 127.0.0.1:0"
    )]
    NotLoopback(std::net::SocketAddr),
    /// The account id does not look like one.
    #[error("the account id must be `AC` and 32 hexadecimal digits, as Twilio's are")]
    AccountSid,
    /// An empty token signs nothing.
    #[error("the auth token is empty: give the same token to the simulator and to the agent")]
    AuthToken,
    /// A vendor without a key would serve anybody.
    #[error("a vendor's key is empty: give the same key to the simulator and to the agent")]
    VendorKey,
    /// No scenario to answer with.
    #[error("there is no scenario: give at least one payer")]
    NoScenario,
    /// A scenario cannot be used.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A speech library is not installed.
    #[error(transparent)]
    SpeechMissing(#[from] callwright_speech_local::Missing),
    /// A text could not be spoken.
    #[error("the far end cannot say `{text}`: {source}")]
    Unspeakable {
        /// The scenario's text.
        text: String,
        /// What the synthesiser said.
        source: callwright_speech_local::flite::SpeakError,
    },
    /// The far end's ear could not be made.
    #[error("the far end's recogniser cannot be opened: {0}")]
    Ear(#[from] callwright_speech_local::sphinx::OpenError),
    /// Its language model could not be made.
    #[error("the far end's language model cannot be made: {0}")]
    Model(#[from] callwright_speech_local::model::ModelError),
    /// The prompt pack, from which the ear learns what a caller says, could not be read.
    #[error("the prompt pack cannot be read: {0}")]
    Pack(#[from] callwright_prompts::PackError),
    /// The HTTP client for webhooks could not be made.
    #[error("the webhook client cannot be made: {0}")]
    Webhooks(reqwest::Error),
    /// The system gave no random bytes for call ids.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
    /// A worker ended before its time.
    #[error("a worker of the simulator ended before its time")]
    Worker,
}
