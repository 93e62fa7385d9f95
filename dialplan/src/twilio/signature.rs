//! `X-Twilio-Signature`: proof that a webhook or a media stream comes from the carrier.
//!
//! `base64(HMAC-SHA1(auth token, data))`, where `data` is the URL and, for a form, its sorted names and values. Source:
//! `twilio/request_validator.py` of twilio-python 9.13.0, whose vectors the tests use. HMAC-SHA1 is the carrier's choice
//! and still sound as a MAC. It does not parse requests and does not stop a replay of a whole signed request: stream
//! tokens (`token`) and sequence numbers (`status`) do that.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::Secret;

/// The length of an HMAC-SHA1, bytes.
const MAC_BYTES: usize = 20;

/// What was signed besides the URL.
#[derive(Clone, Copy, Debug)]
pub enum Payload<'a> {
    /// Nothing: a GET, or the upgrade to a WebSocket.
    None,
    /// A form POST's decoded names and values.
    Form(&'a [(String, String)]),
    /// Any other body. The carrier puts its hash into the URL as `bodySHA256`.
    Body(&'a [u8]),
}

/// Why a request is not taken for the carrier's. The far end's fault, or the configured public URL is not the one that
/// the carrier calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// The header is not 20 bytes in base64.
    #[error("the signature is not the base64 of an HMAC-SHA1")]
    Malformed,
    /// It is not the carrier's signature over this request.
    #[error(
        "the signature does not fit the request: is the public URL configured as the carrier calls it?"
    )]
    Mismatch,
    /// A body that is not a form must come with its hash in the URL.
    #[error("the URL has no bodySHA256 of 64 hexadecimal digits for the body")]
    BodyHashMissing,
    /// The body is not the one whose hash was signed.
    #[error("the body does not have the hash that was signed")]
    BodyHashMismatch,
}

/// The signature of a request, as the carrier sends it. The simulator and tests use it; we only verify.
#[must_use]
pub fn sign(token: &Secret, url: &str, form: &[(String, String)]) -> String {
    STANDARD.encode(mac(token, url, form))
}

/// Checks a request's signature.
///
/// `url` is the full public URL as configured at the carrier, query included. It is also tried with and without the
/// scheme's standard port, and for `wss` with and without a slash at its end, for carriers and proxies differ there. All
/// variants name the same place, so trying them weakens nothing. Compared in constant time.
///
/// # Errors
/// [`SignatureError`]; the caller answers 403 and tells the far end nothing more.
pub fn verify(
    token: &Secret,
    url: &str,
    payload: Payload<'_>,
    given: &str,
) -> Result<(), SignatureError> {
    let given: [u8; MAC_BYTES] = STANDARD
        .decode(given.trim())
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(SignatureError::Malformed)?;
    let form = match payload {
        Payload::Form(form) => form,
        Payload::None | Payload::Body(_) => &[],
    };
    let fits = variants(url).iter().fold(Choice::from(0), |fits, url| {
        fits | mac(token, url, form).as_slice().ct_eq(given.as_slice())
    });
    if !bool::from(fits) {
        return Err(SignatureError::Mismatch);
    }
    match payload {
        Payload::None | Payload::Form(_) => Ok(()),
        Payload::Body(body) => verify_body(url, body),
    }
}

fn verify_body(url: &str, body: &[u8]) -> Result<(), SignatureError> {
    let given = url
        .split_once('?')
        .and_then(|(_, query)| query.split('&').find_map(|pair| pair.strip_prefix("bodySHA256=")))
        .filter(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
        .ok_or(SignatureError::BodyHashMissing)?;
    let hash = hex(&Sha256::digest(body));
    if bool::from(hash.as_bytes().ct_eq(given.to_ascii_lowercase().as_bytes())) {
        Ok(())
    } else {
        Err(SignatureError::BodyHashMismatch)
    }
}

/// Lower-case hexadecimal.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string does not fail");
        text
    })
}

fn mac(token: &Secret, url: &str, form: &[(String, String)]) -> [u8; MAC_BYTES] {
    let mut mac = Hmac::<Sha1>::new_from_slice(token.expose().as_bytes())
        .expect("HMAC takes a key of any length");
    mac.update(url.as_bytes());
    let mut pairs: Vec<(&str, &str)> =
        form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    // Names in byte order, each name's values in byte order and each value once.
    pairs.sort_unstable();
    pairs.dedup();
    for (name, value) in pairs {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

/// The same place as a signer may have written it, the given form first.
fn variants(url: &str) -> Vec<String> {
    let mut all = vec![url.to_owned()];
    if url.starts_with("wss://") || url.starts_with("ws://") {
        all.push(match url.strip_suffix('/') {
            Some(bare) => bare.to_owned(),
            None => format!("{url}/"),
        });
    }
    let other_ports: Vec<String> = all.iter().filter_map(|url| other_port(url)).collect();
    all.extend(other_ports);
    all
}

/// The URL without its scheme's standard port, or with it where it has none; `None` for any other port or scheme.
fn other_port(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let standard = match scheme {
        "https" | "wss" => ":443",
        "http" | "ws" => ":80",
        _ => return None,
    };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if let Some(host) = authority.strip_suffix(standard) {
        return Some(format!("{scheme}://{host}{path}"));
    }
    // The colons within brackets belong to an IPv6 address.
    let after_address = authority.rsplit_once(']').map_or(authority, |(_, after)| after);
    (!after_address.contains(':')).then(|| format!("{scheme}://{authority}{standard}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Secret {
        Secret::new("12345".to_owned())
    }

    fn form(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    /// The vector in the validator's own documentation.
    fn known() -> (&'static str, Vec<(String, String)>, &'static str) {
        let pairs = form(&[
            ("To", "+18005551212"),
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+14158675309"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
        ]);
        ("https://mycompany.com/myapp.php?foo=1&bar=2", pairs, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    }

    #[test]
    fn a_form_has_the_known_signature() {
        let (url, pairs, signature) = known();
        assert_eq!(sign(&token(), url, &pairs), signature);
        assert_eq!(verify(&token(), url, Payload::Form(&pairs), signature), Ok(()));
    }

    #[test]
    fn a_name_with_several_values_has_the_known_signature() {
        let pairs = form(&[("A", "b"), ("B", "1"), ("A", "a"), ("A", "b")]);
        let signature = "Jxdg5uY0Zdm0LAImgXG0ENhKkkE=";
        assert_eq!(sign(&token(), "https://a.b/c", &pairs), signature);
        assert_eq!(verify(&token(), "https://a.b/c", Payload::Form(&pairs), signature), Ok(()));
    }

    #[test]
    fn a_json_body_is_checked_by_its_hash() {
        let hash = "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862";
        let url = format!("https://x.example/cb?bodySHA256={hash}");
        let signature = "6KqAEO5NBJY1Np6V8Zr9UR5svnE=";
        let check = |url: &str, body: &[u8], signature: &str| {
            verify(&token(), url, Payload::Body(body), signature)
        };
        assert_eq!(check(&url, br#"{"a":1}"#, signature), Ok(()));
        assert_eq!(check(&url, br#"{"a":2}"#, signature), Err(SignatureError::BodyHashMismatch));
        let bare = "https://x.example/cb";
        assert_eq!(
            check(bare, br#"{"a":1}"#, &sign(&token(), bare, &[])),
            Err(SignatureError::BodyHashMissing)
        );
    }

    #[test]
    fn a_stream_upgrade_has_the_known_signature_with_and_without_its_slash() {
        let signature = "1csJINZo/v6ayX50WA3RYeORmFk=";
        assert_eq!(sign(&token(), "wss://media.example/ws", &[]), signature);
        for url in
            ["wss://media.example/ws", "wss://media.example/ws/", "wss://media.example:443/ws"]
        {
            assert_eq!(verify(&token(), url, Payload::None, signature), Ok(()), "{url}");
        }
        assert_eq!(
            verify(&token(), "https://media.example/ws", Payload::None, signature),
            Err(SignatureError::Mismatch)
        );
    }

    #[test]
    fn the_standard_port_may_be_written_or_not() {
        for (signed, ours) in [
            ("https://a.example:443/x?y=1", "https://a.example/x?y=1"),
            ("https://a.example/x", "https://a.example:443/x"),
            ("http://a.example:80?x=1", "http://a.example?x=1"),
            ("https://[::1]:443/x", "https://[::1]/x"),
            ("wss://a.example:443/x/", "wss://a.example/x"),
        ] {
            let signature = sign(&token(), signed, &[]);
            assert_eq!(verify(&token(), ours, Payload::None, &signature), Ok(()), "{ours}");
        }
        let signature = sign(&token(), "https://a.example:8443/x", &[]);
        assert_eq!(
            verify(&token(), "https://a.example/x", Payload::None, &signature),
            Err(SignatureError::Mismatch)
        );
    }

    #[test]
    fn anything_changed_does_not_verify() {
        let (url, pairs, signature) = known();
        let other = Secret::new("12346".to_owned());
        assert_eq!(
            verify(&other, url, Payload::Form(&pairs), signature),
            Err(SignatureError::Mismatch)
        );
        for i in 0..pairs.len() {
            let mut changed = pairs.clone();
            changed[i].1.push('0');
            assert_eq!(
                verify(&token(), url, Payload::Form(&changed), signature),
                Err(SignatureError::Mismatch)
            );
        }
        let elsewhere = "https://mycompany.com/myapp.php?foo=1&bar=3";
        assert_eq!(
            verify(&token(), elsewhere, Payload::Form(&pairs), signature),
            Err(SignatureError::Mismatch)
        );
    }

    #[test]
    fn a_header_that_is_no_signature_is_malformed() {
        for given in ["", "x", "AAAA", "not base64!", "RSOYDt4T1cUTdK1PDd93/VVr8B8"] {
            assert_eq!(
                verify(&token(), "https://a.b/c", Payload::None, given),
                Err(SignatureError::Malformed),
                "{given}"
            );
        }
    }
}
