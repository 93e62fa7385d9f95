//! Calls to the application: TwiML requests and status callbacks, as signed forms.
//!
//! They go to the loopback interface over plain HTTP only, follow no redirect, and take at most 15 s and 64 KiB.

use super::signature::sign;
use super::twiml::Method;
use super::xml;
use std::net::IpAddr;
use std::time::Duration;

/// Twilio's time-out for TwiML requests.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Form parameters of a request.
pub(super) type Params = Vec<(&'static str, String)>;

/// An HTTP client that signs.
#[derive(Clone, Debug)]
pub(super) struct Webhooks {
    client: reqwest::Client,
    token: String,
}

impl Webhooks {
    pub(super) fn new(token: &str) -> Result<Webhooks, reqwest::Error> {
        // Nothing here speaks TLS, but the client wants a provider all the same; one that is installed already will do.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent("TwilioProxy/1.1")
            .build()?;
        Ok(Webhooks { client, token: token.to_owned() })
    }

    /// Calls; gives the body of a 2xx answer, or what went wrong.
    pub(super) async fn call(
        &self,
        url: &str,
        method: Method,
        params: &Params,
    ) -> Result<String, WebhookError> {
        if !is_local_http(url) {
            return Err(WebhookError::NotLocal);
        }
        let request = match method {
            Method::Post => {
                let signature = sign(&self.token, url, params);
                self.client.post(url).header("X-Twilio-Signature", signature).form(params)
            }
            Method::Get => {
                let mut url = reqwest::Url::parse(url).map_err(|_| WebhookError::NotLocal)?;
                url.query_pairs_mut().extend_pairs(params);
                let signature = sign(&self.token, url.as_str(), &[("", ""); 0]);
                self.client.get(url).header("X-Twilio-Signature", signature)
            }
        };
        let mut response = request.send().await?;
        if !response.status().is_success() {
            return Err(WebhookError::Status(response.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > xml::SIZE_MAX {
                return Err(WebhookError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        String::from_utf8(body).map_err(|_| WebhookError::NotUtf8)
    }
}

/// Why a call to the application failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum WebhookError {
    #[error("the URL is not plain http on the loopback interface")]
    NotLocal,
    #[error("the application cannot be reached: {0}")]
    Http(#[from] reqwest::Error),
    #[error("the application answered {0}")]
    Status(u16),
    #[error("the answer is over 64 KiB")]
    TooLarge,
    #[error("the answer is not UTF-8")]
    NotUtf8,
}

/// Whether an URL is plain HTTP to this machine.
pub(super) fn is_local_http(url: &str) -> bool {
    reqwest::Url::parse(url).is_ok_and(|url| url.scheme() == "http" && is_local(&url))
}

/// Whether an URL is a WebSocket on this machine.
pub(super) fn is_local_ws(url: &str) -> bool {
    reqwest::Url::parse(url).is_ok_and(|url| url.scheme() == "ws" && is_local(&url))
}

fn is_local(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or("");
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_called() {
        for (url, http, ws) in [
            ("http://127.0.0.1:80/x?y=z", true, false),
            ("http://localhost/x", true, false),
            ("http://[::1]:8080/", true, false),
            ("https://127.0.0.1/", false, false),
            ("http://10.0.0.1/", false, false),
            ("http://127.0.0.1.example.com/", false, false),
            ("ws://127.0.0.1:1/m", false, true),
            ("wss://127.0.0.1:1/m", false, false),
            ("ws://media.example/", false, false),
            ("", false, false),
        ] {
            assert_eq!((is_local_http(url), is_local_ws(url)), (http, ws), "{url}");
        }
    }
}
