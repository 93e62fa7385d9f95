//! The REST routes: create, fetch, list, update and delete calls.
//!
//! Source: Twilio, Call resource. Basic authentication with the account's id and token only; API keys are not simulated.

use super::World;
use super::call::{Command, Happening};
use super::params::{ApiError, CallParams, Form, Update};
use super::record::Status;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::Arc;

/// Twilio's default page and the most it gives.
const PAGE_SIZE_DEFAULT: usize = 50;
const PAGE_SIZE_MAX: usize = 1_000;

type Pairs = Vec<(String, String)>;

/// The routes.
pub(super) fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/2010-04-01/Accounts/{account}/Calls.json", post(create).get(list))
        .route(
            "/2010-04-01/Accounts/{account}/Calls/{file}",
            get(fetch).post(update).delete(remove),
        )
        .fallback(|| async { ApiError::not_found() })
        .layer(middleware::from_fn_with_state(Arc::clone(&world), authenticate))
        .with_state(world)
}

async fn authenticate(State(world): State<Arc<World>>, request: Request, next: Next) -> Response {
    let expected = STANDARD.encode(format!("{}:{}", world.account, world.token));
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Basic "));
    let own = format!("/2010-04-01/Accounts/{}/", world.account);
    if given == Some(expected.as_str()) && request.uri().path().starts_with(&own) {
        return next.run(request).await;
    }
    let message = "Authentication Error - invalid username".to_owned();
    ApiError { status: StatusCode::UNAUTHORIZED, code: 20_003, message }.into_response()
}

async fn create(
    State(world): State<Arc<World>>,
    form: Result<axum::Form<Pairs>, FormRejection>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let params = CallParams::read(&read_form(form)?)?;
    let call = world.place(params)?;
    let resource = call.record().json();
    Ok((StatusCode::CREATED, Json(resource)))
}

async fn fetch(
    State(world): State<Arc<World>>,
    Path((_account, file)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let call = world.call(sid(&file)?).ok_or_else(ApiError::not_found)?;
    let resource = call.record().json();
    Ok(Json(resource))
}

async fn update(
    State(world): State<Arc<World>>,
    Path((_account, file)): Path<(String, String)>,
    form: Result<axum::Form<Pairs>, FormRejection>,
) -> Result<Json<Value>, ApiError> {
    let call = world.call(sid(&file)?).ok_or_else(ApiError::not_found)?;
    let update = Update::read(&read_form(form)?)?;
    let status = call.record().status;
    if status.is_over() {
        return Err(ApiError::not_found());
    }
    let answered = status == Status::InProgress;
    let command = match update {
        Update::Complete => Command::Complete,
        Update::Cancel if !answered => Command::Cancel,
        Update::Redirect(source) if answered => Command::Redirect(source),
        Update::Cancel | Update::Redirect(_) => {
            let message = "Call is not in a state in which it can be updated like that";
            return Err(ApiError::bad(21_220, message));
        }
    };
    // The call's task may have ended a moment ago; then this is an update of a call that is over.
    let sent = call.inbox.send(Happening::Command(command)).await;
    sent.map_err(|_| ApiError::not_found())?;
    let resource = call.record().json();
    Ok(Json(resource))
}

async fn remove(
    State(world): State<Arc<World>>,
    Path((_account, file)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let sid = sid(&file)?;
    let call = world.call(sid).ok_or_else(ApiError::not_found)?;
    if !call.record().status.is_over() {
        return Err(ApiError::bad(21_220, "A call can only be deleted when it is over"));
    }
    world.forget(sid);
    Ok(StatusCode::NO_CONTENT)
}

async fn list(
    State(world): State<Arc<World>>,
    Query(query): Query<Pairs>,
) -> Result<Json<Value>, ApiError> {
    let one =
        |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let page_size = match one("PageSize") {
        None => PAGE_SIZE_DEFAULT,
        Some(text) => text
            .parse::<usize>()
            .map_err(|_| ApiError::bad(20_001, "'PageSize' must be a number"))?
            .clamp(1, PAGE_SIZE_MAX),
    };
    let mut calls = Vec::new();
    for call in world.all().into_iter().rev() {
        let resource = call.record().json();
        let fits = |name: &str, field: &str| {
            one(name).is_none_or(|wanted| resource[field].as_str() == Some(wanted))
        };
        if fits("To", "to") && fits("From", "from") && fits("Status", "status") {
            calls.push(resource);
        }
        if calls.len() == page_size {
            break;
        }
    }
    let uri = format!("/2010-04-01/Accounts/{}/Calls.json", world.account);
    Ok(Json(json!({
        "calls": calls,
        "page": 0,
        "page_size": page_size,
        "start": 0,
        "end": calls.len().saturating_sub(1),
        "uri": uri,
        "first_page_uri": uri,
        "next_page_uri": null,
        "previous_page_uri": null,
    })))
}

fn read_form(form: Result<axum::Form<Pairs>, FormRejection>) -> Result<Form, ApiError> {
    match form {
        Ok(axum::Form(pairs)) => Ok(Form(pairs)),
        Err(_) => Err(ApiError::bad(20_001, "The body must be application/x-www-form-urlencoded")),
    }
}

fn sid(file: &str) -> Result<&str, ApiError> {
    file.strip_suffix(".json").ok_or_else(ApiError::not_found)
}
