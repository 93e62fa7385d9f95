//! How to reach the carrier: address, credentials, time-outs. Nothing is read from the environment here.

use std::time::Duration;

use reqwest::Url;
use zeroize::Zeroizing;

use super::{is_loopback, is_sid};
use crate::retry_http::HttpRetry;

/// A credential. It is shown nowhere and zeroised on drop.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps a credential.
    #[must_use]
    pub fn new(secret: String) -> Secret {
        Secret(Zeroizing::new(secret))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Who we are to the carrier.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The account that calls are placed in: `AC` and 32 hexadecimal digits.
    pub account_sid: String,
    /// The user name: the account sid itself, or an API key (`SK` and 32 hexadecimal digits).
    pub user: String,
    /// The auth token, or the API key's secret.
    pub secret: Secret,
}

impl Credentials {
    /// The account's own sid and auth token.
    #[must_use]
    pub fn auth_token(account_sid: &str, token: Secret) -> Credentials {
        Credentials {
            account_sid: account_sid.to_owned(),
            user: account_sid.to_owned(),
            secret: token,
        }
    }
}

/// Everything the client needs to know.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Where the API is, up to and without `/Accounts`: [`ClientConfig::TWILIO`], or a simulator on this machine.
    pub base_url: String,
    /// Who we are.
    pub credentials: Credentials,
    /// The longest wait for a connection.
    pub connect_timeout: Duration,
    /// The longest wait for a whole answer, connecting included.
    pub request_timeout: Duration,
    /// The largest answer that is read, bytes.
    pub body_bytes_max: usize,
    /// How often and how fast a request is tried again.
    pub retry: HttpRetry,
}

impl ClientConfig {
    /// The production API of region US1, the one region that may hold patients' data (rule G1).
    pub const TWILIO: &str = "https://api.twilio.com/2010-04-01";
    /// A connection over any usable network takes less than three round trips of a second.
    pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
    /// The carrier answers within a second; ten leave two tries within a permit's 30 s.
    pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
    /// A call resource is under 2 KiB and a page of fifty under 100.
    pub const BODY_BYTES_MAX: usize = 256 * 1024;

    /// The production API with the defaults.
    #[must_use]
    pub fn new(credentials: Credentials) -> ClientConfig {
        ClientConfig {
            base_url: ClientConfig::TWILIO.to_owned(),
            credentials,
            connect_timeout: ClientConfig::CONNECT_TIMEOUT,
            request_timeout: ClientConfig::REQUEST_TIMEOUT,
            body_bytes_max: ClientConfig::BODY_BYTES_MAX,
            retry: HttpRetry::default(),
        }
    }

    /// The checked base URL.
    pub(super) fn base(&self) -> Result<Url, ConfigError> {
        if !is_sid(&self.credentials.account_sid, "AC") {
            return Err(ConfigError::AccountSid);
        }
        let user = &self.credentials.user;
        if *user != self.credentials.account_sid && !is_sid(user, "SK") {
            return Err(ConfigError::User);
        }
        if self.credentials.secret.expose().is_empty() {
            return Err(ConfigError::EmptySecret);
        }
        let url =
            Url::parse(self.base_url.trim_end_matches('/')).map_err(|_| ConfigError::BaseUrl)?;
        let bare = url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        match url.scheme() {
            "https" | "http" if !bare => Err(ConfigError::BaseUrl),
            "https" => Ok(url),
            "http" if is_loopback(&url) => Ok(url),
            "http" => Err(ConfigError::PlainHttp),
            _ => Err(ConfigError::BaseUrl),
        }
    }
}

/// Why a client cannot be made. Ours to mend: the configuration is wrong.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Not an account sid.
    #[error("the carrier's account sid is AC and 32 hexadecimal digits")]
    AccountSid,
    /// Neither the account sid nor an API key.
    #[error("the carrier's user is the account sid, or an API key: SK and 32 hexadecimal digits")]
    User,
    /// No secret.
    #[error("the carrier's auth token is empty")]
    EmptySecret,
    /// Not a usable address.
    #[error("the carrier's base URL is https://host/path without user, query or fragment")]
    BaseUrl,
    /// Credentials would cross a network in the clear.
    #[error("the carrier's base URL is plain http: only a simulator on this machine may have that")]
    PlainHttp,
    /// The HTTP client could not be made, usually for want of the system's certificates.
    #[error("no HTTP client could be made: are the system's CA certificates installed?")]
    Http,
}
