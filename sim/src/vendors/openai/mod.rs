//! A language model as OpenAI's chat completions give it, streamed or whole, with a script in the place of a mind.
//!
//! Read from OpenAI's published API reference. Not simulated: other modalities, structured response formats, several choices, log
//! probabilities, the Responses and Realtime APIs. What the script does is `script`'s to say.

mod goals;
mod obedient;
mod reply;
mod request;
mod script;
mod stream;

use super::World;
use super::http::{self, Connection, Refusal};
use super::log::Vendor;
use crate::clock;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use request::ChatRequest;
use serde_json::{Value, json};
use std::sync::Arc;

pub use script::ModelMode;

/// The one model that is listed. Any name is taken: which models there are changes with the month.
const MODEL: &str = "gpt-6-luna";

/// What is wrong with a request, in the vendor's shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    status: StatusCode,
    kind: &'static str,
    code: Option<&'static str>,
    param: Option<String>,
    message: String,
}

impl ApiError {
    fn invalid(param: &str, message: impl Into<String>) -> ApiError {
        ApiError {
            status: StatusCode::BAD_REQUEST,
            kind: "invalid_request_error",
            code: None,
            param: (!param.is_empty()).then(|| param.to_owned()),
            message: message.into(),
        }
    }

    fn of(refusal: Refusal) -> ApiError {
        let (kind, code, message) = match refusal {
            Refusal::Key => {
                ("invalid_request_error", "invalid_api_key", "Incorrect API key provided.")
            }
            Refusal::RateLimited { .. } => {
                ("requests", "rate_limit_exceeded", "Rate limit reached for requests.")
            }
            Refusal::Unavailable => {
                ("server_error", "server_error", "The server had an error. Please try again.")
            }
        };
        let (status, message) = (refusal.status(), message.to_owned());
        ApiError { status, kind, code: Some(code), param: None, message }
    }

    fn json(&self) -> Value {
        json!({"error": {
            "message": self.message,
            "type": self.kind,
            "param": self.param,
            "code": self.code,
        }})
    }

    fn response(&self) -> Response {
        (self.status, Json(self.json())).into_response()
    }
}

/// `POST /v1/chat/completions`.
pub(super) async fn chat(State(world): State<Arc<World>>, request: Request) -> Response {
    let (mut connection, request) = match enter(&world, request).await {
        Ok(entered) => entered,
        Err(response) => return response,
    };
    let Some(body) = http::body(&connection, request).await else {
        let error = ApiError::invalid("", "The body is too large or broke off.");
        return finish(&connection, error.response());
    };
    let config = &world.config.openai;
    let request = match ChatRequest::read(&body, config.require_no_store) {
        Ok(request) => request,
        Err(error) => return finish(&connection, error.response()),
    };
    let seed = request.seed.unwrap_or(config.seed ^ connection.log.connection);
    let reply = script::reply(config.mode, config.varied, &request, seed);
    let id = format!("chatcmpl-{}", connection.request_id);
    let plan = std::mem::take(&mut connection.plan);
    let delivery = stream::Delivery::new(&world, id, &request, plan, &connection.log);
    let response =
        if request.stream { delivery.streamed(reply) } else { delivery.whole(reply).await };
    finish(&connection, response)
}

/// `GET /v1/models`.
pub(super) async fn models(State(world): State<Arc<World>>, request: Request) -> Response {
    match enter(&world, request).await {
        Ok((connection, _)) => {
            let list = json!({"object": "list", "data": [model(MODEL)]});
            finish(&connection, Json(list).into_response())
        }
        Err(response) => response,
    }
}

/// `GET /v1/models/{model}`.
pub(super) async fn one_model(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    match enter(&world, request).await {
        Ok((connection, _)) => finish(&connection, Json(model(&name)).into_response()),
        Err(response) => response,
    }
}

fn model(name: &str) -> Value {
    json!({
        "id": name,
        "object": "model",
        "created": 1_760_000_000,
        "owned_by": "callwright-sim",
        "shutdown_date": null,
    })
}

/// Whether the request may come in: no fault in the way, and the right key.
async fn enter(world: &World, request: Request) -> Result<(Connection, Request), Response> {
    let refuse = |connection: &Connection, refusal: Refusal| {
        let response = refusal.with_headers(ApiError::of(refusal).response());
        with_headers(connection, response)
    };
    let requested = http::requested(&request);
    let connection = http::admit(world, Vendor::OpenAi, requested, refuse).await?;
    let given = http::text(request.headers(), "authorization");
    let given = given.and_then(|value| value.strip_prefix("Bearer "));
    if given == Some(world.config.openai.key.as_str()) {
        return Ok((connection, request));
    }
    let response = ApiError::of(Refusal::Key).response();
    Err(finish(&connection, response))
}

fn finish(connection: &Connection, response: Response) -> Response {
    connection.answer(with_headers(connection, response))
}

fn with_headers(connection: &Connection, mut response: Response) -> Response {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&format!("req_{}", connection.request_id)) {
        headers.insert("x-request-id", id);
    }
    for (name, value) in [
        ("openai-processing-ms", "1"),
        ("openai-version", "2020-10-01"),
        ("x-ratelimit-limit-requests", "10000"),
        ("x-ratelimit-remaining-requests", "9999"),
        ("x-ratelimit-reset-requests", "6ms"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Now, in seconds since 1970.
fn created() -> i64 {
    clock::now().as_second()
}
