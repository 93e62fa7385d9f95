//! From an HTTP request to a WebSocket (RFC 6455 §4.2), on the connection that axum holds.

use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use callwright_media::twilio::{Limits, Stream};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::MediaStream;
use super::problem::{self, Problem};

/// From the upgrade to `start`: the carrier sends both first messages at once.
const START_WITHIN: Duration = Duration::from_secs(10);

fn has(headers: &HeaderMap, name: header::HeaderName, word: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(word)))
}

/// Answers the handshake and gives the stream to `then`, once it has started.
pub(super) fn upgrade<F>(mut request: Request, then: F) -> Result<Response, Problem>
where
    F: FnOnce(MediaStream) + Send + 'static,
{
    let headers = request.headers();
    let wants = has(headers, header::CONNECTION, "upgrade")
        && has(headers, header::UPGRADE, "websocket")
        && has(headers, header::SEC_WEBSOCKET_VERSION, "13");
    let key = headers.get(header::SEC_WEBSOCKET_KEY).cloned();
    let (true, Some(key)) = (wants, key) else {
        return Err(problem::bad_request());
    };
    let accept = derive_accept_key(key.as_bytes());
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let connection = match upgraded.await {
            Ok(connection) => TokioIo::new(connection),
            Err(error) => {
                tracing::warn!(%error, "a media connection was lost during its upgrade");
                return;
            }
        };
        let limits = Limits::default();
        let config = Some(limits.websocket());
        let socket = WebSocketStream::from_raw_socket(connection, Role::Server, config).await;
        match Stream::open(socket, limits, START_WITHIN).await {
            Ok(stream) => then(stream),
            Err(error) => tracing::warn!(%error, "a media stream did not start"),
        }
    });
    let headers = [
        (header::CONNECTION, "upgrade".to_owned()),
        (header::UPGRADE, "websocket".to_owned()),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    Ok((StatusCode::SWITCHING_PROTOCOLS, headers).into_response())
}
