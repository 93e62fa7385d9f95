//! The server's end of a stream: what the agent talks to.
//!
//! [`Stream::open`] waits for `connected` and `start` within a time the caller gives; then [`Stream::recv`]
//! and [`Stream::send`]. A message that breaks the protocol closes the socket with a matching code and ends
//! the stream with a typed error; an event this version does not know is counted and left alone. The end of
//! the socket without `stop` is an ordinary end.

use super::limits::{Limits, Malformed};
use super::wire::{self, FromCarrier, Numbered, Start, server_says};
use crate::playout::Transmit;
use crate::tone::dtmf::Key;
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error as WsError};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// The carrier said `stop`: the far end hung up, or the call was redirected or completed.
    Stop,
    /// The carrier closed the socket without saying `stop`.
    Closed,
    /// The connection broke.
    Lost,
}

/// What came from the carrier.
#[derive(Debug, PartialEq, Eq)]
pub enum StreamEvent {
    /// Far-end audio; it was appended to the buffer given to `recv`.
    Media {
        /// Milliseconds since the stream began, by the carrier's count.
        timestamp_ms: u64,
    },
    /// A key that the carrier heard.
    Digit(Key),
    /// A mark came back.
    Mark(String),
    /// The stream is over. Nothing comes after it.
    Ended(End),
}

/// Why a stream cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The peer's fault: a message that breaks the protocol.
    #[error("the carrier broke the protocol: {0}")]
    Malformed(#[from] Malformed),
    /// The peer's fault: a message longer than the limits.
    #[error("the carrier sent a message longer than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// The peer's fault: no `connected` and `start` in time.
    #[error("the carrier did not start the stream within {} ms", .0.as_millis())]
    StartTimeout(Duration),
    /// The socket ended before `start`.
    #[error("the socket ended before the stream started")]
    EndedEarly,
    /// The network or the peer's WebSocket.
    #[error("the carrier's socket failed: {0}")]
    Socket(#[source] Box<WsError>),
}

/// What was odd about a stream, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamCounts {
    /// Messages whose event this version does not know.
    pub unknown_events: u64,
    /// Places where the carrier's sequence numbers are not one apart.
    pub sequence_gaps: u64,
}

/// One open stream. See the module.
pub struct Stream<S> {
    socket: WebSocketStream<S>,
    limits: Limits,
    start: Start,
    sequence: Option<u64>,
    counts: StreamCounts,
    ended: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream<S> {
    /// Waits at most `within` for `connected` and `start`. The socket should have been made with
    /// [`Limits::websocket`].
    ///
    /// # Errors
    /// [`StreamError`]; the socket is closed then.
    pub async fn open(
        mut socket: WebSocketStream<S>,
        limits: Limits,
        within: Duration,
    ) -> Result<Stream<S>, StreamError> {
        let opened = tokio::time::timeout(within, read_start(&mut socket, &limits)).await;
        let result = opened.unwrap_or(Err(StreamError::StartTimeout(within)));
        match result {
            Ok((start, sequence)) => Ok(Stream {
                socket,
                limits,
                start,
                sequence,
                counts: StreamCounts::default(),
                ended: false,
            }),
            Err(error) => {
                close_for(&mut socket, &error).await;
                Err(error)
            }
        }
    }

    /// What `start` said. The caller checks the token among its parameters before it trusts the stream.
    #[must_use]
    pub fn start(&self) -> &Start {
        &self.start
    }

    /// What was odd so far.
    #[must_use]
    pub fn counts(&self) -> StreamCounts {
        self.counts
    }

    /// The next event. Audio is appended to `audio`, which the caller empties. Dropping the future loses
    /// nothing.
    ///
    /// # Errors
    /// [`StreamError`]; the socket is closed then, and further calls give `Ended`.
    pub async fn recv(&mut self, audio: &mut Vec<u8>) -> Result<StreamEvent, StreamError> {
        loop {
            if self.ended {
                return Ok(StreamEvent::Ended(End::Closed));
            }
            let message = match self.socket.next().await {
                Some(Ok(message)) => message,
                Some(Err(error)) if is_loss(&error) => return Ok(self.end(End::Lost)),
                Some(Err(error)) => return Err(self.fail(read_error(error, &self.limits)).await),
                None => return Ok(self.end(End::Closed)),
            };
            match self.read(message, audio) {
                Ok(Some(event)) => return Ok(event),
                Ok(None) => {}
                Err(malformed) => return Err(self.fail(malformed.into()).await),
            }
        }
    }

    /// Puts one thing into the socket's buffer. Call [`Stream::flush`] after the last of a batch.
    ///
    /// # Errors
    /// [`StreamError::Socket`].
    pub async fn send(&mut self, transmit: &Transmit) -> Result<(), StreamError> {
        let sid = &self.start.stream_sid;
        let text = match transmit {
            Transmit::Media(audio) => server_says::media(sid, audio),
            Transmit::Mark(name) => server_says::mark(sid, name),
            Transmit::Clear => server_says::clear(sid),
        };
        self.socket
            .feed(Message::Text(Utf8Bytes::from(text)))
            .await
            .map_err(|error| StreamError::Socket(Box::new(error)))
    }

    /// Writes out what was put into the buffer.
    ///
    /// # Errors
    /// [`StreamError::Socket`].
    pub async fn flush(&mut self) -> Result<(), StreamError> {
        self.socket.flush().await.map_err(|error| StreamError::Socket(Box::new(error)))
    }

    /// Closes the socket in good order. The carrier goes on with the next TwiML verb, or hangs up if there is
    /// none.
    pub async fn close(mut self) {
        close(&mut self.socket, CloseCode::Normal).await;
    }

    fn end(&mut self, end: End) -> StreamEvent {
        self.ended = true;
        StreamEvent::Ended(end)
    }

    async fn fail(&mut self, error: StreamError) -> StreamError {
        self.ended = true;
        close_for(&mut self.socket, &error).await;
        error
    }

    fn read(
        &mut self,
        message: Message,
        audio: &mut Vec<u8>,
    ) -> Result<Option<StreamEvent>, Malformed> {
        let text = match message {
            Message::Text(text) => text,
            Message::Binary(_) => return Err(Malformed::Binary),
            Message::Close(_) => return Ok(Some(self.end(End::Closed))),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => return Ok(None),
        };
        let sid = Some(self.start.stream_sid.as_str());
        let Numbered { sequence, message } =
            wire::read_from_carrier(&text, &self.limits, sid, audio)?;
        self.count_sequence(sequence);
        match message {
            FromCarrier::Media { timestamp_ms } => Ok(Some(StreamEvent::Media { timestamp_ms })),
            FromCarrier::Digit(key) => Ok(Some(StreamEvent::Digit(key))),
            FromCarrier::Mark(name) => Ok(Some(StreamEvent::Mark(name))),
            FromCarrier::Stop => Ok(Some(self.end(End::Stop))),
            FromCarrier::Unknown => {
                self.counts.unknown_events += 1;
                Ok(None)
            }
            FromCarrier::Connected => Err(again("connected")),
            FromCarrier::Start(_) => Err(again("start")),
        }
    }

    fn count_sequence(&mut self, sequence: Option<u64>) {
        let Some(now) = sequence else {
            return;
        };
        if self.sequence.is_some_and(|before| before.checked_add(1) != Some(now)) {
            self.counts.sequence_gaps += 1;
        }
        self.sequence = Some(now);
    }
}

fn again(got: &'static str) -> Malformed {
    let wanted = "media";
    Malformed::OutOfOrder { got, wanted }
}

async fn read_start<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut WebSocketStream<S>,
    limits: &Limits,
) -> Result<(Start, Option<u64>), StreamError> {
    let mut wanted = "connected";
    let mut audio = Vec::new();
    loop {
        let message = match socket.next().await {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Err(read_error(error, limits)),
            None => return Err(StreamError::EndedEarly),
        };
        let text = match message {
            Message::Text(text) => text,
            Message::Binary(_) => return Err(Malformed::Binary.into()),
            Message::Close(_) => return Err(StreamError::EndedEarly),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => continue,
        };
        let Numbered { sequence, message } =
            match wire::read_from_carrier(&text, limits, None, &mut audio) {
                // Before `start` no stream has a name: whatever names one is early.
                Err(Malformed::OtherStream) => return Err(early("media", wanted)),
                other => other?,
            };
        match (message, wanted) {
            (FromCarrier::Connected, "connected") => wanted = "start",
            (FromCarrier::Start(start), "start") => return Ok((*start, sequence)),
            (FromCarrier::Connected, _) => return Err(early("connected", wanted)),
            (FromCarrier::Start(_), _) => return Err(early("start", wanted)),
            (FromCarrier::Unknown, _) => {}
            (FromCarrier::Media { .. }, _) => return Err(early("media", wanted)),
            (FromCarrier::Digit(_), _) => return Err(early("dtmf", wanted)),
            (FromCarrier::Mark(_), _) => return Err(early("mark", wanted)),
            (FromCarrier::Stop, _) => return Err(StreamError::EndedEarly),
        }
    }
}

fn early(got: &'static str, wanted: &'static str) -> StreamError {
    Malformed::OutOfOrder { got, wanted }.into()
}

/// Whether the error only means that the connection is gone.
fn is_loss(error: &WsError) -> bool {
    use tokio_tungstenite::tungstenite::error::ProtocolError;
    matches!(
        error,
        WsError::Io(_)
            | WsError::ConnectionClosed
            | WsError::AlreadyClosed
            | WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake)
    )
}

fn read_error(error: WsError, limits: &Limits) -> StreamError {
    if let WsError::Capacity(CapacityError::MessageTooLong { .. }) = error {
        let limit = limits.message_bytes_max;
        return StreamError::TooLarge { limit };
    }
    StreamError::Socket(Box::new(error))
}

/// Closes with the code that RFC 6455 §7.4.1 has for the error.
async fn close_for<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut WebSocketStream<S>,
    error: &StreamError,
) {
    let code = match error {
        StreamError::Malformed(Malformed::Binary) => CloseCode::Unsupported,
        StreamError::Malformed(Malformed::Json { .. }) => CloseCode::Invalid,
        StreamError::Malformed(_) | StreamError::StartTimeout(_) => CloseCode::Policy,
        StreamError::TooLarge { .. } => CloseCode::Size,
        StreamError::EndedEarly => CloseCode::Normal,
        StreamError::Socket(_) => return,
    };
    close(socket, code).await;
}

/// How long a peer may take to accept the closing frame: it has broken the protocol, or the call is over.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

async fn close<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut WebSocketStream<S>,
    code: CloseCode,
) {
    let reason = Utf8Bytes::from_static("");
    let frame = CloseFrame { code, reason };
    match tokio::time::timeout(CLOSE_WITHIN, socket.close(Some(frame))).await {
        Ok(Ok(())) => {}
        // The peer is gone or does not read: there is nobody left to tell.
        Ok(Err(_)) | Err(_) => {
            tracing::debug!("the carrier's socket did not take the closing frame")
        }
    }
}
