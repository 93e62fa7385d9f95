//! WebSockets to vendors: connecting under the call's leave, writing within a time-out, reading what matters.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use reqwest::header::{HeaderName, HeaderValue};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::{Error as WsError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config};

use super::retry::{Failure, retry_after};
use super::{Endpoint, Timeouts, dns, of_status, trust};
use crate::{Egress, VendorError};

/// Many calls at once, and little to read in each.
const READ_BUFFER_BYTES: usize = 8 * 1_024;

/// What may wait to be written: seconds of audio. A vendor that reads no more is found out by the write's time-out before.
const WRITE_BUFFER_BYTES_MAX: usize = 256 * 1_024;

/// The largest message that is read: ten seconds of speech in base64 are 107 kB.
const MESSAGE_BYTES_MAX: usize = 1_024 * 1_024;

/// A connected socket.
pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What to connect to.
pub(crate) struct Dial<'a> {
    pub(crate) vendor: &'static str,
    pub(crate) endpoint: &'a Endpoint,
    /// The whole address, query included. Never with a key in it.
    pub(crate) address: &'a str,
    /// The header with the key.
    pub(crate) key: (HeaderName, HeaderValue),
    /// The vendor's own reading of a refusal's body, where a status is not enough.
    pub(crate) sort: fn(u16, &[u8]) -> Option<VendorError>,
}

/// Connects, under the call's leave and within the time-out. Nothing is sent to an address that the leave does not cover.
pub(crate) async fn connect(
    dial: &Dial<'_>,
    egress: &Egress,
    timeouts: &Timeouts,
) -> Result<Socket, Failure> {
    let vendor = dial.vendor;
    match tokio::time::timeout(timeouts.connect, reach(dial, egress)).await {
        Ok(result) => result,
        Err(_) => Err(Failure::passing(VendorError::TimedOut { vendor })),
    }
}

async fn reach(dial: &Dial<'_>, egress: &Egress) -> Result<Socket, Failure> {
    let vendor = dial.vendor;
    let (host, port) = dial.endpoint.host();
    let addresses = dns::admitted(&host, port, egress, vendor).await.map_err(dns::failure)?;
    let stream =
        tcp(&addresses).await.map_err(|_| Failure::passing(VendorError::Unreachable { vendor }))?;
    // The address that was really connected to, before a byte is sent to it.
    let peer =
        stream.peer_addr().map_err(|_| Failure::passing(VendorError::Unreachable { vendor }))?;
    egress.admit(dns::canonical(peer.ip())).map_err(dns::failure)?;
    let mut request = dial
        .address
        .into_client_request()
        .map_err(|_| Failure::lasting(VendorError::Rejected { vendor }))?;
    request.headers_mut().insert(dial.key.0.clone(), dial.key.1.clone());
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX)
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX));
    let connector = dial.endpoint.tls().map_or(Connector::Plain, Connector::Rustls);
    client_async_tls_with_config(request, stream, Some(config), Some(connector))
        .await
        .map(|(socket, _)| socket)
        .map_err(|error| handshake(dial, error))
}

async fn tcp(addresses: &[SocketAddr]) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(addresses).await?;
    // Audio of 60 ms that waits for an acknowledgement is late.
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn handshake(dial: &Dial<'_>, error: WsError) -> Failure {
    let vendor = dial.vendor;
    match error {
        WsError::Http(answer) => {
            let status = answer.status().as_u16();
            let body = answer.body().as_deref().unwrap_or_default();
            let meaning = (dial.sort)(status, body).unwrap_or(of_status(vendor, status));
            tracing::warn!(vendor, status, "a vendor refused the WebSocket");
            Failure::of_status(meaning, status, retry_after(answer.headers()))
        }
        WsError::Tls(_) => Failure::lasting(VendorError::Untrusted { vendor }),
        WsError::Io(error) if trust::is_missing(&error) => {
            Failure::lasting(VendorError::Untrusted { vendor })
        }
        WsError::Io(_) | WsError::Protocol(ProtocolError::HandshakeIncomplete) => {
            Failure::passing(VendorError::Unreachable { vendor })
        }
        WsError::ConnectionClosed
        | WsError::AlreadyClosed
        | WsError::Capacity(_)
        | WsError::Protocol(_)
        | WsError::WriteBufferFull(_)
        | WsError::Utf8(_)
        | WsError::AttackAttempt
        | WsError::Url(_)
        | WsError::HttpFormat(_) => Failure::passing(VendorError::BadAnswer { vendor }),
    }
}

/// The socket is of no use any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// It broke, or the vendor closed it, with this code where it gave one (RFC 6455 §7.4).
    Closed(Option<u16>),
    /// The vendor does not read.
    Stuck,
    /// What came is not the WebSocket protocol, or too large.
    Garbage,
}

/// Writes within a time-out.
pub(crate) async fn send(
    socket: &mut Socket,
    message: Message,
    within: Duration,
) -> Result<(), Lost> {
    match tokio::time::timeout(within, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(Lost::Closed(None)),
        Err(_) => Err(Lost::Stuck),
    }
}

/// What came.
pub(crate) enum Incoming {
    Text(Utf8Bytes),
    Binary,
}

/// The next message. Safe to cancel.
pub(crate) async fn receive(socket: &mut Socket) -> Result<Incoming, Lost> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return Ok(Incoming::Text(text)),
            Some(Ok(Message::Binary(_))) => return Ok(Incoming::Binary),
            Some(Ok(Message::Close(frame))) => {
                return Err(Lost::Closed(frame.map(|frame| frame.code.into())));
            }
            // Pings are answered by the library while reading goes on.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Err(WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake))) | None => {
                return Err(Lost::Closed(None));
            }
            Some(Err(WsError::Capacity(_) | WsError::Protocol(_) | WsError::Utf8(_))) => {
                return Err(Lost::Garbage);
            }
            Some(Err(_)) => return Err(Lost::Closed(None)),
        }
    }
}

/// Says a vendor's good-bye and waits a little for the other end to close.
pub(crate) async fn part(mut socket: Socket, good_bye: Message, timeouts: &Timeouts) {
    if send(&mut socket, good_bye, timeouts.write).await.is_err() {
        return;
    }
    let ended = async { while receive(&mut socket).await.is_ok() {} };
    if tokio::time::timeout(timeouts.close, ended).await.is_err() {
        tracing::debug!("a vendor did not close its WebSocket in time");
    }
}
