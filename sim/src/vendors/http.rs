//! What the three vendors' HTTP has in common: evidence of a request, keys, faults at its beginning, and the upgrade to WebSocket
//! (RFC 6455 §4.2.2).
//!
//! It knows no vendor's words: each gives its own answer to a [`Refusal`].

use super::World;
use super::fault::{FaultKind, Plan};
use super::log::{ConnectionLog, Vendor, VendorEvent};
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::OnUpgrade;
use std::time::Duration;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// The largest body of a request: far more than a conversation has words.
const BODY_BYTES_MAX: usize = 4 << 20;
/// Headers whose values are keys, or hold one.
const KEYS: [&str; 3] = ["authorization", "xi-api-key", "sec-websocket-protocol"];

/// Why a vendor does not serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The key is wrong or missing.
    Key,
    /// Too many requests.
    RateLimited { retry_after_s: u32 },
    /// The vendor's own fault.
    Unavailable,
}

impl Refusal {
    /// The refusal that a fault is, if it is one.
    pub(super) fn of(kind: FaultKind) -> Option<Refusal> {
        match kind {
            FaultKind::RefuseKey => Some(Refusal::Key),
            FaultKind::RateLimit { retry_after_s } => Some(Refusal::RateLimited { retry_after_s }),
            FaultKind::ServerError => Some(Refusal::Unavailable),
            FaultKind::Die | FaultKind::Stall | FaultKind::Garbage(_) | FaultKind::Late { .. } => {
                None
            }
        }
    }

    pub(super) fn status(self) -> StatusCode {
        match self {
            Refusal::Key => StatusCode::UNAUTHORIZED,
            Refusal::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Refusal::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Adds `Retry-After` where there is one to say.
    pub(super) fn with_headers(self, mut response: Response) -> Response {
        if let Refusal::RateLimited { retry_after_s } = self {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after_s));
        }
        response
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) log: ConnectionLog,
    pub(super) plan: Plan,
    /// What the vendor calls it.
    pub(super) request_id: String,
}

impl Connection {
    /// Notes the answer and gives it.
    pub(super) fn answer(&self, response: Response) -> Response {
        self.log.add(VendorEvent::Answered { status: response.status().as_u16() });
        response
    }
}

/// Notes a request, and commits the fault that strikes at its beginning.
pub(super) async fn admit(
    world: &World,
    vendor: Vendor,
    requested: VendorEvent,
    refuse: impl Fn(&Connection, Refusal) -> Response,
) -> Result<Connection, Response> {
    let log = world.log.connection(vendor);
    log.add(requested);
    let plan = world.faults.plan(vendor);
    let connection = Connection { plan, request_id: world.request_id(log.connection), log };
    let Some(kind) = connection.plan.connect else {
        return Ok(connection);
    };
    connection.log.add(VendorEvent::Fault { kind });
    if let Some(refusal) = Refusal::of(kind) {
        return Err(connection.answer(refuse(&connection, refusal)));
    }
    match kind {
        FaultKind::Late { ms } => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            Ok(connection)
        }
        FaultKind::Garbage(garbage) => Err(connection.answer(garbage.text().into_response())),
        FaultKind::Die => Err(cut_off()),
        FaultKind::Stall => {
            world.closed().await;
            Err(cut_off())
        }
        FaultKind::RefuseKey | FaultKind::RateLimit { .. } | FaultKind::ServerError => {
            Ok(connection)
        }
    }
}

/// An answer whose body breaks off before its first byte, so that the connection is cut.
pub(super) fn cut_off() -> Response {
    let broken =
        futures_util::stream::once(async { Err::<Bytes, _>(std::io::Error::other("cut")) });
    Body::from_stream(broken).into_response()
}

/// What came, for the log: a request itself may not be held while something is awaited.
pub(super) fn requested(request: &Request) -> VendorEvent {
    let headers = request.headers().iter().map(|(name, value)| {
        let name = name.as_str().to_owned();
        let masked = KEYS.contains(&name.as_str());
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name, if masked { "(masked)".to_owned() } else { value })
    });
    VendorEvent::Request {
        method: request.method().to_string(),
        target: request.uri().to_string(),
        headers: headers.collect(),
    }
}

/// A header's value, where it is text.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The parameters of the query, decoded as forms are; none where it cannot be decoded.
pub(super) fn query(request: &Request) -> Option<Vec<(String, String)>> {
    axum::extract::Query::try_from_uri(request.uri()).ok().map(|axum::extract::Query(pairs)| pairs)
}

/// Takes and notes the body of a request; none where it is too large or breaks off.
pub(super) async fn body(connection: &Connection, request: Request) -> Option<Bytes> {
    let bytes = axum::body::to_bytes(request.into_body(), BODY_BYTES_MAX).await.ok()?;
    connection.log.add(VendorEvent::Body { text: String::from_utf8_lossy(&bytes).into_owned() });
    Some(bytes)
}

/// Whether the request wants to be a WebSocket; gives the answer to it and the connection to come. `protocol` is the one that was
/// chosen of those offered.
pub(super) fn upgrade(
    request: &mut Request,
    protocol: Option<&str>,
) -> Option<(Response, OnUpgrade)> {
    let headers = request.headers();
    let has = |name: HeaderName, word: &str| {
        let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|p| p.trim().eq_ignore_ascii_case(word))
    };
    let wanted = has(header::UPGRADE, "websocket")
        && has(header::CONNECTION, "upgrade")
        && has(header::SEC_WEBSOCKET_VERSION, "13");
    let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| wanted)?;
    let accept = derive_accept_key(key.as_bytes());
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let headers = response.headers_mut();
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, HeaderValue::from_str(&accept).ok()?);
    if let Some(protocol) = protocol {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_str(protocol).ok()?);
    }
    Some((response, hyper::upgrade::on(request)))
}
