//! Twilio, the first carrier: call control over REST, and what its webhooks bring.
//!
//! Sources: Twilio's Call resource (REST 2010-04-01), TwiML `<Connect>`, `<Stream>` and `<Play>`, status call-backs, and
//! `request_validator.py` of twilio-python 9.13.0 for signatures. The media stream's own messages are in
//! `callwright-media`. Nothing here listens on a socket.

mod client;
mod config;
mod error;
mod peer;
pub mod signature;
pub mod status;
pub mod token;
pub mod twiml;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use crate::retry_http::HttpRetry;
pub(crate) use client::NewCall;
pub use client::{CallFacts, Client, Instruction, ProvingCode, Session, VerifiedNumber};
pub use config::{ClientConfig, ConfigError, Credentials, Secret};
pub use error::{CarrierError, Violation};

/// Twilio's name for one leg: `CA` and 32 hexadecimal digits. It is no secret and names no person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CallSid(String);

impl CallSid {
    /// Checks the form; `None` where it does not hold.
    #[must_use]
    pub fn new(text: &str) -> Option<CallSid> {
        is_sid(text, "CA").then(|| CallSid(text.to_owned()))
    }

    /// The sid as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CallSid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<CallSid> for String {
    fn from(sid: CallSid) -> String {
        sid.0
    }
}

impl TryFrom<String> for CallSid {
    type Error = &'static str;

    fn try_from(text: String) -> Result<CallSid, &'static str> {
        CallSid::new(&text).ok_or("a call sid is CA and 32 hexadecimal digits")
    }
}

/// Whether `text` is a sid of the kind with this prefix.
pub(crate) fn is_sid(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Whether a URL's host is this machine itself, where plain HTTP and WebSockets are taken (the simulator).
pub(crate) fn is_loopback(url: &reqwest::Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}
