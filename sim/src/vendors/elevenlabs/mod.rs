//! Text to speech as ElevenLabs gives it: over one WebSocket for one text, over one for several contexts, and by plain HTTP.
//!
//! Read from ElevenLabs' published AsyncAPI and API reference. It speaks by flite where that is installed, or hums. Not simulated:
//! MP3 and Opus, voices (any id is the same voice), SSML, pronunciation dictionaries, text normalisation, dialogue, Scribe.

mod query;
mod session;
mod speech;

use super::World;
use super::fault::Garbage;
use super::flow::{Flow, Manner, Piece};
use super::http::{self, Connection, Refusal};
use super::log::Vendor;
use super::socket;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use query::{Query, Wrong};
use serde_json::{Value, json};
use session::Speaker;
use std::sync::Arc;

pub(super) use speech::AgentVoice;

/// `…/stream-input`.
pub(super) async fn stream_input(
    State(world): State<Arc<World>>,
    Path(voice): Path<String>,
    request: Request,
) -> Response {
    open(&world, &voice, request, false).await
}

/// `…/multi-stream-input`.
pub(super) async fn multi_stream_input(
    State(world): State<Arc<World>>,
    Path(voice): Path<String>,
    request: Request,
) -> Response {
    open(&world, &voice, request, true).await
}

async fn open(world: &Arc<World>, voice: &str, mut request: Request, multi: bool) -> Response {
    let requested = http::requested(&request);
    let admitted = http::admit(world, Vendor::ElevenLabs, requested, |_, r| refusal(r)).await;
    let connection = match admitted {
        Ok(connection) => connection,
        Err(response) => return response,
    };
    let key = match key(world, &request) {
        Key::Wrong => return connection.answer(refusal(Refusal::Key)),
        Key::Right => true,
        // It may still come in the first message.
        Key::None => false,
    };
    let query = match read(world, voice, &request) {
        Ok(query) => query,
        Err(problem) => return connection.answer(wrong(&problem)),
    };
    let Some((response, upgrade)) = http::upgrade(&mut request, None) else {
        let message = "This address is a WebSocket.";
        let response = detail(StatusCode::BAD_REQUEST, "websocket_required", message);
        return connection.answer(response);
    };
    let response = connection.answer(response);
    let session = Speaker::new(world, query, multi, key, connection.log.connection);
    let log = connection.log.clone();
    world.spawn(socket::run(upgrade, session, connection.plan, log, world.over()));
    response
}

/// `POST /v1/text-to-speech/{voice}` and `…/stream`.
pub(super) async fn speak(
    State(world): State<Arc<World>>,
    Path(voice): Path<String>,
    request: Request,
) -> Response {
    let requested = http::requested(&request);
    let admitted = http::admit(&world, Vendor::ElevenLabs, requested, |_, r| refusal(r)).await;
    let mut connection = match admitted {
        Ok(connection) => connection,
        Err(response) => return response,
    };
    let response = match spoken(&world, &voice, request, &mut connection).await {
        Ok(response) | Err(response) => response,
    };
    connection.answer(response)
}

async fn spoken(
    world: &World,
    voice: &str,
    request: Request,
    connection: &mut Connection,
) -> Result<Response, Response> {
    if !matches!(key(world, &request), Key::Right) {
        return Err(refusal(Refusal::Key));
    }
    let query = read(world, voice, &request).map_err(|problem| wrong(&problem))?;
    let body = http::body(connection, request).await;
    let body = body.and_then(|body| serde_json::from_slice::<Value>(&body).ok());
    let text = body.as_ref().and_then(|body| body["text"].as_str()).filter(|text| !text.is_empty());
    let Some(text) = text else {
        let missing = Wrong::invalid("body", "text", "Field required");
        return Err(wrong(&missing));
    };
    let Some(speech) = world.agent_voice.say(text, 1.0).await else {
        let message = "The text cannot be spoken.";
        return Err(detail(StatusCode::BAD_REQUEST, "invalid_text", message));
    };
    let config = &world.config.elevenlabs;
    let mut first = Some(config.first_byte.of_session(connection.log.connection).next());
    let pieces = speech.pieces(query.format).into_iter().map(|piece| Piece {
        after: first.take().unwrap_or_else(|| config.pause_after(piece.ms)),
        note: format!("({} bytes of audio)", piece.bytes.len()),
        bytes: Bytes::from(piece.bytes),
    });
    let plan = std::mem::take(&mut connection.plan);
    let flow = Flow::new(pieces.collect(), MANNER, plan, connection.log.clone(), world.over());
    let mut response = flow.body().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(query.format.media_type()));
    if let Ok(id) = HeaderValue::from_str(&connection.request_id) {
        headers.insert("request-id", id);
    }
    Ok(response)
}

/// In the middle of audio nothing can be said: the body breaks off.
const MANNER: Manner = Manner {
    refusal: |_| None,
    garbage: |garbage| match garbage {
        Garbage::InvalidJson | Garbage::WrongTypes | Garbage::Binary => {
            Bytes::from_static(garbage.text().as_bytes())
        }
    },
};

enum Key {
    Right,
    Wrong,
    None,
}

/// The key in the header, or one of the query's two ways for browsers.
fn key(world: &World, request: &Request) -> Key {
    let pairs = http::query(request).unwrap_or_default();
    let in_query = pairs
        .into_iter()
        .find(|(name, _)| matches!(name.as_str(), "authorization" | "single_use_token" | "token"));
    let given = http::text(request.headers(), "xi-api-key").map(str::to_owned);
    match given.or(in_query.map(|(_, value)| value)) {
        None => Key::None,
        Some(key) if key == world.config.elevenlabs.key => Key::Right,
        Some(_) => Key::Wrong,
    }
}

fn read(world: &World, voice: &str, request: &Request) -> Result<Query, Wrong> {
    if voice.is_empty() || !voice.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        let message = "A voice with that voice_id was not found.";
        return Err(Wrong::not_served(StatusCode::NOT_FOUND, "voice_not_found", message));
    }
    let pairs = http::query(request);
    let pairs = pairs.ok_or_else(|| Wrong::invalid("query", "", "The query cannot be decoded"))?;
    let query = Query::read(&pairs)?;
    if world.config.elevenlabs.require_zero_retention && query.logging {
        let message = "enable_logging must be false: this workspace keeps no data.";
        return Err(Wrong::not_served(StatusCode::FORBIDDEN, "zero_retention_required", message));
    }
    Ok(query)
}

fn wrong(problem: &Wrong) -> Response {
    match problem {
        Wrong::Invalid { place, name, message } => {
            let detail = json!([{"loc": [place, name], "msg": message, "type": "value_error"}]);
            (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({"detail": detail}))).into_response()
        }
        Wrong::NotServed { code, status, message } => detail(*code, status, message),
    }
}

fn refusal(refusal: Refusal) -> Response {
    let (status, message) = words(refusal);
    refusal.with_headers(detail(refusal.status(), status, message))
}

/// The vendor's name for a refusal, and its sentence.
fn words(refusal: Refusal) -> (&'static str, &'static str) {
    match refusal {
        Refusal::Key => ("invalid_api_key", "Invalid API key"),
        Refusal::RateLimited { .. } => {
            ("too_many_concurrent_requests", "Too many concurrent requests.")
        }
        Refusal::Unavailable => ("system_busy", "We are currently experiencing heavy traffic."),
    }
}

fn detail(code: StatusCode, status: &str, message: &str) -> Response {
    (code, Json(json!({"detail": {"status": status, "message": message}}))).into_response()
}
