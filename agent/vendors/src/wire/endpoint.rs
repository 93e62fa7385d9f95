//! Where a vendor is, and the key to it.
//!
//! An address is read once, at start-up, and every mistake in it is found then. Without TLS there is loopback and nothing else.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use reqwest::Url;
use reqwest::header::HeaderValue;
use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::BuilderVerifierExt;

use super::{Secret, provider};

/// Why an address or a key is none. The operator mends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// The address is not an absolute one, or has more in it than scheme, host, port and path.
    #[error("the vendor's address is no base address: write it as https://api.example.com/v1")]
    Address,
    /// The address is without TLS, and not this machine's own.
    #[error(
        "the vendor's address is without TLS: only this machine's own may be, others begin with https:// or wss://"
    )]
    PlainText,
    /// The key is empty, or has characters that no key has.
    #[error("the vendor's key is empty or has a line end or another unprintable character in it")]
    Key,
    /// The certificates to trust cannot be read.
    #[error("the certificates to trust are no PEM file of at least one certificate")]
    Certificates,
    /// TLS could not be set up.
    #[error(
        "TLS could not be set up: check that the system has its certificates (package ca-certificates)"
    )]
    Tls,
}

/// A vendor's address and key.
#[derive(Clone)]
pub struct Endpoint {
    base: Url,
    key: Secret,
    security: Security,
}

#[derive(Clone)]
enum Security {
    /// This machine's own address, without TLS.
    Loopback,
    Tls(Arc<ClientConfig>),
}

impl Endpoint {
    /// A vendor at a base address, whose certificate the system vouches for.
    ///
    /// `https` and `wss` mean the same here, and so do `http` and `ws`, which are for loopback alone.
    ///
    /// # Errors
    /// [`EndpointError`].
    pub fn new(base: &str, key: Secret) -> Result<Endpoint, EndpointError> {
        Endpoint::with(base, key, system_config)
    }

    /// A vendor of one's own, whose certificate one of these (PEM) vouches for, and no other.
    ///
    /// # Errors
    /// [`EndpointError`].
    pub fn trusting(base: &str, key: Secret, pem: &[u8]) -> Result<Endpoint, EndpointError> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|_| EndpointError::Certificates)?;
            roots.add(certificate).map_err(|_| EndpointError::Certificates)?;
        }
        if roots.is_empty() {
            return Err(EndpointError::Certificates);
        }
        Endpoint::with(base, key, || {
            Ok(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
        })
    }

    fn with(
        base: &str,
        key: Secret,
        tls: impl FnOnce() -> Result<ClientConfig, EndpointError>,
    ) -> Result<Endpoint, EndpointError> {
        let base = parse(base)?;
        if key.expose().trim().is_empty() || HeaderValue::from_str(key.expose()).is_err() {
            return Err(EndpointError::Key);
        }
        provider();
        let security = if base.scheme() == "http" {
            if !is_loopback(&base) {
                return Err(EndpointError::PlainText);
            }
            Security::Loopback
        } else {
            Security::Tls(Arc::new(tls()?))
        };
        Ok(Endpoint { base, key, security })
    }

    /// The host and the port.
    pub(crate) fn host(&self) -> (Host, u16) {
        (host_of(&self.base), self.base.port_or_known_default().unwrap_or(443))
    }

    /// The address of a path below the base, for HTTP.
    pub(crate) fn http(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        url
    }

    /// The same for a WebSocket, with its query.
    pub(crate) fn websocket(&self, path: &str, query: &[(&str, &str)]) -> String {
        let mut url = self.http(path);
        url.query_pairs_mut().extend_pairs(query);
        // A URL does not let its scheme be changed from one kind to another; its text does.
        url.as_str().replacen("http", "ws", 1)
    }

    /// How TLS is done; `None` on loopback without it.
    pub(crate) fn tls(&self) -> Option<Arc<ClientConfig>> {
        match &self.security {
            Security::Loopback => None,
            Security::Tls(config) => Some(Arc::clone(config)),
        }
    }

    /// The value of a header that carries the key, after a prefix such as `Token `. It is marked as not to be logged or indexed.
    pub(crate) fn key_header(&self, prefix: &str) -> Result<HeaderValue, EndpointError> {
        let mut value = HeaderValue::from_str(&format!("{prefix}{}", self.key.expose()))
            .map_err(|_| EndpointError::Key)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

/// The host of a vendor: addresses told from names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    Address(IpAddr),
    Name(String),
}

fn host_of(url: &Url) -> Host {
    let host = url.host_str().unwrap_or_default();
    // An IPv6 address stands in brackets in a URL.
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse().map_or_else(|_| Host::Name(host.to_owned()), Host::Address)
}

fn system_config() -> Result<ClientConfig, EndpointError> {
    let verified =
        ClientConfig::builder().with_platform_verifier().map_err(|_| EndpointError::Tls)?;
    Ok(verified.with_no_client_auth())
}

fn parse(base: &str) -> Result<Url, EndpointError> {
    let http = match base.split_once("://") {
        Some(("wss" | "https", rest)) => format!("https://{rest}"),
        Some(("ws" | "http", rest)) => format!("http://{rest}"),
        Some(_) | None => return Err(EndpointError::Address),
    };
    let url = Url::parse(&http).map_err(|_| EndpointError::Address)?;
    let bare = url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if bare { Ok(url) } else { Err(EndpointError::Address) }
}

fn is_loopback(url: &Url) -> bool {
    match host_of(url) {
        Host::Address(address) => address.is_loopback(),
        // Whatever the name resolves to is checked again before anything is sent.
        Host::Name(name) => name == "localhost",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Secret {
        Secret::new("k-123".to_owned())
    }

    #[test]
    fn plain_text_is_for_loopback_alone() {
        for base in ["http://127.0.0.1:8080/v1", "ws://localhost:9", "http://[::1]:9"] {
            assert!(Endpoint::new(base, key()).is_ok(), "{base}");
        }
        for base in ["http://10.0.0.8/v1", "ws://api.deepgram.com", "http://localhost.example.com"]
        {
            assert_eq!(Endpoint::new(base, key()).err(), Some(EndpointError::PlainText), "{base}");
        }
    }

    #[test]
    fn an_address_is_scheme_host_port_and_path() {
        for base in [
            "api.openai.com/v1",
            "ftp://api.openai.com",
            "https://user@api.openai.com",
            "https://api.openai.com/v1?key=k-123",
            "https://api.openai.com/#x",
            "https://",
        ] {
            assert_eq!(Endpoint::new(base, key()).err(), Some(EndpointError::Address), "{base}");
        }
    }

    #[test]
    fn a_key_is_printable_and_there() {
        for bad in ["", "  ", "k\n", "k\u{7f}"] {
            let key = Secret::new(bad.to_owned());
            assert_eq!(Endpoint::new("ws://[::1]:1", key).err(), Some(EndpointError::Key));
        }
    }

    #[test]
    fn neither_address_nor_headers_show_the_key() {
        let endpoint = Endpoint::new("ws://127.0.0.1:1/v1/", key()).unwrap();
        let header = endpoint.key_header("Token ").unwrap();
        let shown =
            format!("{endpoint:?} {header:?} {}", endpoint.websocket("/listen", &[("a", "b c")]));
        assert!(!shown.contains("k-123"), "{shown}");
        assert!(shown.ends_with("ws://127.0.0.1:1/v1/listen?a=b+c"), "{shown}");
        assert_eq!(header, "Token k-123");
    }

    #[test]
    fn tls_is_verified_by_what_is_given_or_by_the_system() {
        let trusting = |pem: &[u8]| Endpoint::trusting("wss://asr.example", key(), pem).err();
        assert_eq!(trusting(b""), Some(EndpointError::Certificates));
        assert_eq!(
            trusting(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            Some(EndpointError::Certificates)
        );
        let system = Endpoint::new("https://api.deepgram.com", key()).unwrap();
        let address = system.websocket("/v1/listen", &[("channels", "1")]);
        assert_eq!(address, "wss://api.deepgram.com/v1/listen?channels=1");
    }
}
