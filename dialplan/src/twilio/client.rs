//! Twilio's call resource over REST: create, end, redirect, read.
//!
//! A [`Client`] knows the account and the address, and can send nothing. A [`Session`] can: it is opened with the carrier's egress permit
//! from a practice's vendor register (rule V1), and connects to no address that the permit does not cover. Creating a call is private to
//! this crate: only [`originate`](crate::originate::originate) does it, and that takes a dial permit, too. Nothing here decides, keeps
//! state, or logs numbers or bodies.

mod caller_id;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use callwright_compliance::number::PhoneNumber;
use callwright_compliance::vendor::{EgressPermit, Role};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, RequestBuilder, Response, Url};
use serde::Deserialize;

use super::peer::{self, CoveredNames};
use super::status::LegStatus;
use super::twiml::Twiml;
use super::{CallSid, CarrierError, ClientConfig, ConfigError, Violation};
use crate::retry_http::{self, Repeat};

pub use caller_id::{ProvingCode, VerifiedNumber};

/// After this, no further try of a request begins that may be repeated freely.
const GIVE_UP_AFTER: Duration = Duration::from_secs(20);

/// The most calls of one number that are looked at when the carrier is asked about a call.
const PAGE_CALLS: &str = "50";

/// The carrier's API for one account, without leave to send anything to it.
#[derive(Clone)]
pub struct Client {
    base: Url,
    config: ClientConfig,
}

/// Leave to send to the carrier, and the connections that are made under it.
pub struct Session {
    http: reqwest::Client,
    base: Url,
    config: ClientConfig,
    permit: Arc<EgressPermit>,
}

/// What a leg in progress is to do next.
pub enum Instruction<'a> {
    /// These instructions. Such as press keys were made with the disclosure gate's proof
    /// ([`play_digits_then_stream`](super::twiml::play_digits_then_stream)); there is no other way to make them.
    Twiml(&'a Twiml),
    /// The instructions at this address of ours, fetched by POST: a [`Twiml`] too.
    Url(&'a str),
}

/// What the carrier says about a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallFacts {
    /// The leg.
    pub sid: CallSid,
    /// Where it stands.
    pub status: LegStatus,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// How long it lasted from answer to end, seconds; `None` before its end.
    pub duration_s: Option<u32>,
}

/// What a new leg needs; only `originate` can fill it in.
pub(crate) struct NewCall<'a> {
    pub(crate) to: &'a PhoneNumber,
    pub(crate) from: &'a PhoneNumber,
    pub(crate) twiml_url: &'a str,
    pub(crate) status_url: &'a str,
    pub(crate) ring_s: u64,
    pub(crate) time_limit_s: u64,
    pub(crate) give_up_after: Duration,
}

#[derive(Deserialize)]
struct CallResource {
    sid: Option<String>,
    status: Option<String>,
    date_created: Option<String>,
    duration: Option<String>,
}

#[derive(Deserialize)]
struct CallPage {
    calls: Vec<CallResource>,
}

#[derive(Deserialize)]
struct ErrorBody {
    #[serde(default)]
    code: u32,
}

impl Client {
    /// A client for one account.
    ///
    /// Where the process has no default TLS provider yet, ring becomes it.
    ///
    /// # Errors
    /// The configuration is wrong; see [`ConfigError`].
    pub fn new(config: ClientConfig) -> Result<Client, ConfigError> {
        let base = config.base()?;
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            // It fails only where another thread was quicker, which is as good.
            drop(rustls::crypto::ring::default_provider().install_default());
        }
        let client = Client { base, config };
        // Tried now, so that a machine without certificates is found at start-up and not when the first call is due.
        client.builder().build().map_err(|_| ConfigError::Http)?;
        Ok(client)
    }

    /// Opens a session under the carrier's egress permit. It connects when something is sent.
    ///
    /// # Errors
    /// [`CarrierError::WrongPermit`] where the permit is for another role, [`CarrierError::Peer`] where the configured address is not one
    /// that it covers, [`CarrierError::Unreachable`] where no HTTP client can be made.
    pub fn open(&self, permit: EgressPermit) -> Result<Session, CarrierError> {
        if permit.role() != Role::Carrier {
            return Err(CarrierError::WrongPermit);
        }
        if let Some(address) = peer::literal(&self.base) {
            permit.check_peer(&address)?;
        }
        let permit = Arc::new(permit);
        let names = CoveredNames { permit: Arc::clone(&permit) };
        let http = self.builder().dns_resolver(Arc::new(names)).build();
        let http = http.map_err(|_| CarrierError::Unreachable)?;
        Ok(Session { http, base: self.base.clone(), config: self.config.clone(), permit })
    }

    /// No proxy is ever asked: it would connect in our place, to addresses that nothing here has checked.
    fn builder(&self) -> reqwest::ClientBuilder {
        let builder = reqwest::Client::builder()
            .connect_timeout(self.config.connect_timeout)
            .timeout(self.config.request_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("callwright/", env!("CARGO_PKG_VERSION")));
        if self.base.scheme() == "http" {
            builder.tls_certs_only(std::iter::empty())
        } else {
            builder.https_only(true)
        }
    }

    /// The account that calls are placed in.
    #[must_use]
    pub fn account_sid(&self) -> &str {
        &self.config.credentials.account_sid
    }
}

impl Session {
    /// Whether the permit still holds.
    fn holds(&self, now: Timestamp) -> Result<(), CarrierError> {
        if self.permit.is_valid_at(now) { Ok(()) } else { Err(CarrierError::PermitEnded) }
    }

    /// Places a call. `POST /Calls.json`.
    ///
    /// # Errors
    /// See [`CarrierError`]; ask [`CarrierError::may_have_placed`] before dialling again.
    pub(crate) async fn create(
        &self,
        call: NewCall<'_>,
        now: Timestamp,
    ) -> Result<CallSid, CarrierError> {
        self.holds(now)?;
        let ring = call.ring_s.to_string();
        let time_limit = call.time_limit_s.to_string();
        let form = [
            ("To", call.to.e164()),
            ("From", call.from.e164()),
            ("Url", call.twiml_url),
            ("Method", "POST"),
            ("StatusCallback", call.status_url),
            ("StatusCallbackMethod", "POST"),
            ("StatusCallbackEvent", "initiated"),
            ("StatusCallbackEvent", "ringing"),
            ("StatusCallbackEvent", "answered"),
            ("StatusCallbackEvent", "completed"),
            ("Timeout", ring.as_str()),
            ("TimeLimit", time_limit.as_str()),
        ];
        let url = self.calls("Calls.json");
        let make = || self.request(Method::POST, url.clone()).form(&form);
        let retry = &self.config.retry;
        let answer =
            retry_http::send(retry, Repeat::OnlyIfUndone, call.give_up_after, make).await?;
        let body = self.success(answer).await?;
        // The sid alone: a call whose status is new to us was placed all the same.
        let sid = call_sid(&parse(&body)?)?;
        tracing::info!(%sid, "call created");
        Ok(sid)
    }

    /// Ends a leg, whether it rings or is in progress. `Status=completed`.
    ///
    /// Also where the permit has ended since the session was opened: the request names nobody, and a leg that could not be ended would go
    /// on telling the carrier more than this.
    ///
    /// # Errors
    /// [`CarrierError::NotFound`] or [`CarrierError::NotInProgress`] where it is over already; see [`CarrierError`].
    pub async fn complete(&self, sid: &CallSid) -> Result<CallFacts, CarrierError> {
        self.update(sid, &[("Status", "completed")], Repeat::Freely).await
    }

    /// Gives a leg in progress new instructions; its media stream ends.
    ///
    /// Not repeated once it may have been carried out: instructions may press keys.
    ///
    /// # Errors
    /// As for [`Session::complete`].
    pub async fn redirect(
        &self,
        sid: &CallSid,
        instruction: Instruction<'_>,
        now: Timestamp,
    ) -> Result<CallFacts, CarrierError> {
        self.holds(now)?;
        match instruction {
            Instruction::Twiml(twiml) => {
                self.update(sid, &[("Twiml", twiml.as_str())], Repeat::OnlyIfUndone).await
            }
            Instruction::Url(url) => {
                let form = [("Url", url), ("Method", "POST")];
                self.update(sid, &form, Repeat::OnlyIfUndone).await
            }
        }
    }

    /// Where a leg stands. `GET /Calls/{sid}.json`.
    ///
    /// # Errors
    /// See [`CarrierError`].
    pub async fn fetch(&self, sid: &CallSid, now: Timestamp) -> Result<CallFacts, CarrierError> {
        self.holds(now)?;
        let url = self.calls(&format!("Calls/{sid}.json"));
        let make = || self.request(Method::GET, url.clone());
        let answer =
            retry_http::send(&self.config.retry, Repeat::Freely, GIVE_UP_AFTER, make).await?;
        call_facts(&parse(&self.success(answer).await?)?)
    }

    /// The latest legs to one number, newest first, at most 50: how the carrier is asked whether a call whose answer was
    /// lost exists. `GET /Calls.json`.
    ///
    /// # Errors
    /// See [`CarrierError`].
    pub async fn latest_to(
        &self,
        to: &PhoneNumber,
        now: Timestamp,
    ) -> Result<Vec<CallFacts>, CarrierError> {
        self.holds(now)?;
        let mut url = self.calls("Calls.json");
        url.query_pairs_mut().extend_pairs([("To", to.e164()), ("PageSize", PAGE_CALLS)]);
        let make = || self.request(Method::GET, url.clone());
        let answer =
            retry_http::send(&self.config.retry, Repeat::Freely, GIVE_UP_AFTER, make).await?;
        parse::<CallPage>(&self.success(answer).await?)?.calls.iter().map(call_facts).collect()
    }

    async fn update(
        &self,
        sid: &CallSid,
        form: &[(&str, &str)],
        repeat: Repeat,
    ) -> Result<CallFacts, CarrierError> {
        let url = self.calls(&format!("Calls/{sid}.json"));
        let make = || self.request(Method::POST, url.clone()).form(form);
        let answer = retry_http::send(&self.config.retry, repeat, GIVE_UP_AFTER, make).await?;
        call_facts(&parse(&self.success(answer).await?)?)
    }

    fn calls(&self, rest: &str) -> Url {
        let mut url = self.base.clone();
        let path = format!(
            "{}/Accounts/{}/{rest}",
            self.base.path().trim_end_matches('/'),
            self.config.credentials.account_sid
        );
        url.set_path(&path);
        url
    }

    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let credentials = &self.config.credentials;
        self.http
            .request(method, url)
            .basic_auth(&credentials.user, Some(credentials.secret.expose()))
    }

    /// The body of a success; anything else sorted into an error.
    async fn success(&self, answer: Response) -> Result<Vec<u8>, CarrierError> {
        let status = answer.status();
        let peer: Option<SocketAddr> = answer.remote_addr();
        let is_json = answer
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.contains("json"));
        let body = self.body(answer).await;
        if status.is_success() {
            return body;
        }
        // The status alone says enough where the error's body cannot be had.
        let code = body
            .ok()
            .filter(|_| is_json)
            .and_then(|body| serde_json::from_slice::<ErrorBody>(&body).ok())
            .map_or(0, |body| body.code);
        tracing::warn!(status = status.as_u16(), code, ?peer, "carrier refused a request");
        Err(CarrierError::of(status.as_u16(), code))
    }

    /// Reads a body up to the limit.
    async fn body(&self, mut answer: Response) -> Result<Vec<u8>, CarrierError> {
        let too_large = CarrierError::ProtocolViolation(Violation::TooLarge);
        let max = self.config.body_bytes_max;
        if answer.content_length().is_some_and(|length| length > max as u64) {
            return Err(too_large);
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|e| retry_http::sort(&e))? {
            if body.len() + chunk.len() > max {
                return Err(too_large);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, CarrierError> {
    serde_json::from_slice(body).map_err(|_| CarrierError::ProtocolViolation(Violation::Json))
}

fn call_sid(call: &CallResource) -> Result<CallSid, CarrierError> {
    let sid = call.sid.as_deref().and_then(CallSid::new);
    sid.ok_or(CarrierError::ProtocolViolation(Violation::Sid))
}

fn call_facts(call: &CallResource) -> Result<CallFacts, CarrierError> {
    let sid = call_sid(call)?;
    let status = call
        .status
        .as_deref()
        .and_then(LegStatus::parse)
        .ok_or(CarrierError::ProtocolViolation(Violation::Json))?;
    let created = call
        .date_created
        .as_deref()
        .and_then(|date| rfc2822::DateTimeParser::new().parse_timestamp(date).ok());
    let duration_s = call.duration.as_deref().and_then(|seconds| seconds.parse().ok());
    Ok(CallFacts { sid, status, created, duration_s })
}
