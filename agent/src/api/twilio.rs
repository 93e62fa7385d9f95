//! The carrier's webhooks and media streams, in Twilio's form.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Response};
use callwright_dialplan::twilio::signature::{self, Payload};
use callwright_dialplan::twilio::status::StatusUpdate;
use callwright_dialplan::twilio::token::StreamToken;
use callwright_dialplan::twilio::twiml::{self, StreamTarget, Twiml, TwimlError};

use super::problem::{self, Problem};
use super::{Api, upgrade};

/// The names and values of a form. The body's own limit bounds them.
type Pairs = Vec<(String, String)>;

/// Call ids are 32 hexadecimal digits; anything else is not ours.
fn is_call_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn check(api: &Api, headers: &HeaderMap, url: &str, payload: Payload<'_>) -> Result<(), Problem> {
    let given = headers
        .get("x-twilio-signature")
        .and_then(|value| value.to_str().ok())
        .ok_or_else(problem::forbidden)?;
    signature::verify(&api.signing, url, payload, given).map_err(|error| {
        tracing::warn!(%error, "a webhook was refused");
        problem::forbidden()
    })
}

fn url_of(api: &Api, uri: &Uri) -> String {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    format!("{}{path}", api.public_url)
}

/// The leg was answered: what now? Connect a media stream, if its call still waits; else hang up.
pub(super) async fn twiml(
    State(api): State<Arc<Api>>,
    Path(call): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Problem> {
    check(&api, &headers, &url_of(&api, &uri), Payload::Form(&pairs))?;
    if !is_call_id(&call) {
        return Err(problem::not_found());
    }
    let document = connect(&api, &call).unwrap_or_else(|why| {
        tracing::warn!(call, why, "the carrier asked about a call; it is told to hang up");
        twiml::hangup()
    });
    let body = document.as_str().to_owned();
    Ok(([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], body).into_response())
}

fn connect(api: &Api, call: &str) -> Result<Twiml, String> {
    let offered =
        api.registry.offer_stream(call, api.clock.wall()).map_err(|why| why.to_string())?;
    target(&api.public_url, call, offered)
        .and_then(|target| twiml::connect_stream(&target))
        .map_err(|why| why.to_string())
}

/// Where the stream goes that was offered to a call's leg.
pub(crate) fn target(
    public_url: &str,
    call: &str,
    (token, epoch): (StreamToken, u32),
) -> Result<StreamTarget, TwimlError> {
    StreamTarget::new(&Api::media_url(public_url), &token)?
        .with_parameter("call", call)?
        .with_parameter("epoch", &epoch.to_string())
}

/// The leg's progress.
pub(super) async fn status(
    State(api): State<Arc<Api>>,
    Path(call): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Problem> {
    check(&api, &headers, &url_of(&api, &uri), Payload::Form(&pairs))?;
    let named = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let update = StatusUpdate::parse(named).map_err(|error| {
        tracing::warn!(call, %error, "a status call-back was refused");
        problem::bad_request()
    })?;
    if !api.registry.status(&call, &update) {
        tracing::debug!(call, "a status call-back for a call that is over");
    }
    Ok(axum::http::StatusCode::NO_CONTENT.into_response())
}

/// A media stream.
pub(super) async fn media(
    State(api): State<Arc<Api>>,
    request: Request,
) -> Result<Response, Problem> {
    let url = Api::media_url(&api.public_url);
    check(&api, request.headers(), &url, Payload::None)?;
    upgrade::upgrade(request, move |stream| {
        let now = api.clock.wall();
        if let Err(why) = api.registry.stream(stream, now) {
            // The stream was dropped with its socket: nothing more is said to a stranger.
            tracing::warn!(why, "a media stream was refused");
        }
    })
}
