//! The WebSocket of a media stream: connects as Twilio does, and carries frames both ways in tasks of their own, so that a
//! slow application never holds up the call's clock.
//!
//! Plain `ws` to the loopback interface only. It does not know what the frames mean.

use super::call::{Happening, Wire};
use super::signature::sign;
use super::webhook;
use super::wire::{Outgoing, StreamIds, Writer};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::Error as WsError;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

/// Frames that may wait for a slow application: ten seconds. Twilio's own bound is not published (31930).
pub(super) const OUTGOING_MAX: usize = 500;
/// The largest frame taken: a minute and a half of audio in base64.
const FRAME_BYTES_MAX: usize = 1 << 20;
/// The time for the application to answer the upgrade, and then the close.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const CLOSE_GRACE: Duration = Duration::from_secs(1);

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Why there is no stream (Twilio's 31920).
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("the stream's URL is not ws:// on the loopback interface")]
    NotLocal,
    #[error("the application did not upgrade: {0}")]
    Refused(Box<WsError>),
    #[error("the application took more than 10 s to answer the upgrade")]
    TimedOut,
}

/// Opens the socket, with the signature over its URL.
pub(super) async fn connect(url: &str, token: &str) -> Result<Socket, ConnectError> {
    if !webhook::is_local_ws(url) {
        return Err(ConnectError::NotLocal);
    }
    let refused = |error| ConnectError::Refused(Box::new(error));
    let mut request = url.into_client_request().map_err(refused)?;
    let signature = sign(token, url, &[("", ""); 0]);
    let signature = HeaderValue::from_str(&signature).map_err(|e| refused(e.into()))?;
    request.headers_mut().insert("x-twilio-signature", signature);
    request.headers_mut().insert("user-agent", HeaderValue::from_static("Twilio.TmeWs/1.0"));
    let limits = WebSocketConfig::default()
        .max_message_size(Some(FRAME_BYTES_MAX))
        .max_frame_size(Some(FRAME_BYTES_MAX));
    let connecting = connect_async_with_config(request, Some(limits), true);
    match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
        Ok(Ok((socket, _))) => Ok(socket),
        Ok(Err(error)) => Err(refused(error)),
        Err(_) => Err(ConnectError::TimedOut),
    }
}

/// Carries frames until the sender of `outgoing` is gone or the application closes. Ends by itself in either case.
pub(super) fn carry(
    socket: Socket,
    outgoing: mpsc::Receiver<Outgoing>,
    inbox: mpsc::Sender<Happening>,
    epoch: u64,
) {
    let (sink, stream) = socket.split();
    tokio::spawn(async move {
        let mut reader = tokio::spawn(read(stream, inbox, epoch));
        write(sink, outgoing).await;
        if tokio::time::timeout(CLOSE_GRACE, &mut reader).await.is_err() {
            reader.abort();
        }
    });
}

async fn write(mut sink: SplitSink<Socket, Message>, mut outgoing: mpsc::Receiver<Outgoing>) {
    while let Some(frame) = outgoing.recv().await {
        let message = match frame {
            Outgoing::Text(text) => Message::Text(text.into()),
            Outgoing::Binary(bytes) => Message::Binary(Bytes::from(bytes)),
        };
        if sink.send(message).await.is_err() {
            return;
        }
    }
    let close = CloseFrame { code: CloseCode::Normal, reason: "".into() };
    // The application may be gone already; then there is nobody to say it to.
    drop(sink.send(Message::Close(Some(close))).await);
}

async fn read(mut stream: SplitStream<Socket>, inbox: mpsc::Sender<Happening>, epoch: u64) {
    loop {
        let wire = match stream.next().await {
            Some(Ok(Message::Text(text))) => Wire::Text(text.as_str().to_owned()),
            Some(Ok(Message::Binary(_))) => Wire::Binary,
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
            Some(Err(WsError::Capacity(_))) => Wire::TooLarge,
            Some(Ok(Message::Close(_)) | Err(_)) | None => Wire::Closed,
        };
        let ends = matches!(wire, Wire::Closed | Wire::TooLarge);
        if inbox.send(Happening::Wire { epoch, wire }).await.is_err() || ends {
            break;
        }
    }
    // Reads on so that the close handshake can end.
    while let Some(Ok(_)) = stream.next().await {}
}

/// Opens a second stream with the first one's parameters, as one would who had seen its token; says whether the
/// application took it: it upgraded and did not close within the grace.
pub(super) async fn replay(
    url: &str,
    token: &str,
    ids: StreamIds,
    parameters: &[(String, String)],
) -> bool {
    let Ok(mut socket) = connect(url, token).await else {
        return false;
    };
    for frame in [Writer::connected(), Writer::new(ids).start(parameters)] {
        let Outgoing::Text(text) = frame else {
            continue;
        };
        if socket.send(Message::Text(text.into())).await.is_err() {
            return false;
        }
    }
    let closed = async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            }
        }
    };
    let accepted = tokio::time::timeout(CLOSE_GRACE, closed).await.is_err();
    drop(socket.close(None).await);
    accepted
}
