//! Speech to text as Deepgram's `/v1/listen` gives it over a WebSocket, hearing by the utterance book.
//!
//! Read from Deepgram's published AsyncAPI and documentation. Telephone audio only: mu-law at 8 kHz on one channel. Not simulated:
//! other encodings, several channels, diarisation, redaction, search, numerals (words stay as they were said), callbacks, Flux, and
//! the REST form.

mod message;
mod query;
mod session;

use super::World;
use super::http::{self, Connection, Refusal};
use super::log::Vendor;
use super::socket;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use query::Query;
use serde_json::json;
use session::Listener;
use std::sync::Arc;

/// How a customer shows its key (documentation, *Using the Sec-WebSocket-Protocol*).
enum Shown<'a> {
    Header(&'a str),
    /// The protocol to be echoed, and the key.
    Protocol(&'a str, &'a str),
}

/// The handshake.
pub(super) async fn listen(State(world): State<Arc<World>>, mut request: Request) -> Response {
    let requested = http::requested(&request);
    let admitted = http::admit(&world, Vendor::Deepgram, requested, refusal).await;
    let connection = match admitted {
        Ok(connection) => connection,
        Err(response) => return response,
    };
    match open(&world, &mut request, &connection) {
        Ok((response, upgrade, query)) => {
            let session = Listener::new(&world, query, &connection);
            let log = connection.log.clone();
            let response = connection.answer(response);
            let run = socket::run(upgrade, session, connection.plan, log, world.over());
            world.spawn(run);
            response
        }
        Err(Rejected::Refused(refused)) => connection.answer(refusal(&connection, refused)),
        Err(Rejected::Wrong(code, message)) => {
            connection.answer(error(&connection, StatusCode::BAD_REQUEST, code, &message))
        }
    }
}

/// Why a handshake fails: for a reason that any request may have, or for one of its own.
enum Rejected {
    Refused(Refusal),
    Wrong(&'static str, String),
}

type Opened = (Response, hyper::upgrade::OnUpgrade, Query);

fn open(world: &World, request: &mut Request, connection: &Connection) -> Result<Opened, Rejected> {
    let shown = shown(request);
    let (key, protocol) = match &shown {
        Some(Shown::Header(key)) => (Some(*key), None),
        Some(Shown::Protocol(protocol, key)) => (Some(*key), Some((*protocol).to_owned())),
        None => (None, None),
    };
    if key != Some(world.config.deepgram.key.as_str()) {
        return Err(Rejected::Refused(Refusal::Key));
    }
    let wrong = |message: String| Rejected::Wrong("INVALID_QUERY_PARAMETER", message);
    let pairs = http::query(request).ok_or_else(|| wrong("It cannot be decoded.".to_owned()))?;
    let query = Query::read(&pairs).map_err(wrong)?;
    if world.config.deepgram.require_opt_out && !query.opted_out {
        let message = "mip_opt_out=true is required here: this account holds health data.";
        return Err(wrong(message.to_owned()));
    }
    let Some((mut response, upgrade)) = http::upgrade(request, protocol.as_deref()) else {
        let message = "Only the WebSocket form of this address is simulated.".to_owned();
        return Err(Rejected::Wrong("Bad Request", message));
    };
    identify(connection, &mut response);
    Ok((response, upgrade, query))
}

fn shown(request: &Request) -> Option<Shown<'_>> {
    let headers = request.headers();
    if let Some(value) = http::text(headers, header::AUTHORIZATION.as_str()) {
        let (scheme, key) = value.split_once(' ')?;
        let known = scheme.eq_ignore_ascii_case("token") || scheme.eq_ignore_ascii_case("bearer");
        return known.then_some(Shown::Header(key.trim()));
    }
    let offered = http::text(headers, header::SEC_WEBSOCKET_PROTOCOL.as_str())?;
    let (scheme, key) = offered.split_once(',')?;
    let (scheme, key) = (scheme.trim(), key.trim());
    matches!(scheme, "token" | "bearer").then_some(Shown::Protocol(scheme, key))
}

fn identify(connection: &Connection, response: &mut Response) {
    if let Ok(value) = HeaderValue::from_str(&connection.request_id) {
        response.headers_mut().insert("dg-request-id", value);
    }
}

fn refusal(connection: &Connection, refusal: Refusal) -> Response {
    let (code, message) = match refusal {
        Refusal::Key => ("INVALID_AUTH", "Invalid credentials."),
        Refusal::RateLimited { .. } => {
            ("TOO_MANY_REQUESTS", "Too many requests. Please try again later.")
        }
        Refusal::Unavailable => ("SERVICE_UNAVAILABLE", "The service is temporarily unavailable."),
    };
    refusal.with_headers(error(connection, refusal.status(), code, message))
}

/// A failed handshake: JSON, and the same in headers.
fn error(connection: &Connection, status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({"err_code": code, "err_msg": message, "request_id": connection.request_id});
    let mut response = (status, Json(body)).into_response();
    identify(connection, &mut response);
    if let Ok(value) = HeaderValue::from_str(message) {
        response.headers_mut().insert("dg-error", value);
    }
    response
}
