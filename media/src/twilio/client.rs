//! The carrier's end of a stream, for a simulated carrier: it connects to the agent as Twilio does.
//!
//! It numbers its messages, and reads the server's as strictly as Twilio. It does not pace audio, buffer it
//! or echo marks: the simulator does.

use super::limits::{Limits, Malformed};
use super::server::{End, StreamError};
use super::wire::{self, FromServer, Start, carrier_says};
use crate::tone::dtmf::Key;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// What came from the server.
#[derive(Debug, PartialEq, Eq)]
pub enum CarrierEvent {
    /// Near-end audio; it was appended to the buffer given to `recv`.
    Media,
    /// A mark to be echoed when what came before it has been played.
    Mark(String),
    /// What waits is to be thrown away, and all marks echoed.
    Clear,
    /// The server closed the socket, or it broke. Nothing comes after it.
    Ended(End),
}

/// See the module.
pub struct CarrierStream<S> {
    socket: WebSocketStream<S>,
    limits: Limits,
    start: Start,
    sequence: u64,
    chunk: u64,
    ended: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> CarrierStream<S> {
    /// Says `connected` and `start`.
    ///
    /// # Errors
    /// [`StreamError::Socket`].
    pub async fn open(
        socket: WebSocketStream<S>,
        limits: Limits,
        start: Start,
    ) -> Result<CarrierStream<S>, StreamError> {
        let mut stream =
            CarrierStream { socket, limits, start, sequence: 0, chunk: 0, ended: false };
        stream.write(carrier_says::connected()).await?;
        let sequence = stream.next_sequence();
        let text = carrier_says::start(&stream.start, sequence);
        stream.write(text).await?;
        Ok(stream)
    }

    /// The stream's `start`.
    #[must_use]
    pub fn start(&self) -> &Start {
        &self.start
    }

    /// Sends far-end audio, of any length, as it was `timestamp_ms` after the stream began.
    ///
    /// # Errors
    /// [`StreamError::Socket`].
    pub async fn media(&mut self, timestamp_ms: u64, audio: &[u8]) -> Result<(), StreamError> {
        let sequence = self.next_sequence();
        self.chunk += 1;
        let sid = &self.start.stream_sid;
        let text = carrier_says::media(sid, sequence, self.chunk, timestamp_ms, audio);
        self.write(text).await
    }

    /// Echoes a mark.
    ///
    /// # Errors
    /// [`StreamError::Socket`].
    pub async fn mark(&mut self, name: &str) -> Result<(), StreamError> {
        let sequence = self.next_sequence();
        let text = carrier_says::mark(&self.start.stream_sid, sequence, name);
        self.write(text).await
    }

    /// Tells of a key that was heard.
    ///
    /// # Errors
    /// [`StreamError::Socket`].
    pub async fn dtmf(&mut self, key: Key) -> Result<(), StreamError> {
        let sequence = self.next_sequence();
        let text = carrier_says::dtmf(&self.start.stream_sid, sequence, key);
        self.write(text).await
    }

    /// Says `stop` and closes the socket.
    ///
    /// # Errors
    /// [`StreamError::Socket`] where the server was gone before.
    pub async fn stop(mut self) -> Result<(), StreamError> {
        let sequence = self.next_sequence();
        let text = carrier_says::stop(&self.start, sequence);
        self.write(text).await?;
        self.socket.close(None).await.map_err(socket_error)
    }

    /// Sends a text as it is, for tests of a server's strictness.
    ///
    /// # Errors
    /// [`StreamError::Socket`].
    pub async fn raw(&mut self, text: String) -> Result<(), StreamError> {
        self.write(text).await
    }

    /// The next event. Audio is appended to `audio`, which the caller empties. Dropping the future loses
    /// nothing.
    ///
    /// # Errors
    /// [`StreamError`]; Twilio would report error 31951 and may end the stream.
    pub async fn recv(&mut self, audio: &mut Vec<u8>) -> Result<CarrierEvent, StreamError> {
        loop {
            if self.ended {
                return Ok(CarrierEvent::Ended(End::Closed));
            }
            let message = match self.socket.next().await {
                Some(Ok(message)) => message,
                Some(Err(_)) => return Ok(self.end(End::Lost)),
                None => return Ok(self.end(End::Closed)),
            };
            let text = match message {
                Message::Text(text) => text,
                Message::Binary(_) => return Err(Malformed::Binary.into()),
                Message::Close(_) => return Ok(self.end(End::Closed)),
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => continue,
            };
            let sid = &self.start.stream_sid;
            return Ok(match wire::read_from_server(&text, &self.limits, sid, audio)? {
                FromServer::Media => CarrierEvent::Media,
                FromServer::Mark(name) => CarrierEvent::Mark(name),
                FromServer::Clear => CarrierEvent::Clear,
            });
        }
    }

    fn end(&mut self, end: End) -> CarrierEvent {
        self.ended = true;
        CarrierEvent::Ended(end)
    }

    fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    async fn write(&mut self, text: String) -> Result<(), StreamError> {
        let message = Message::Text(Utf8Bytes::from(text));
        self.socket.send(message).await.map_err(socket_error)
    }
}

fn socket_error(error: tokio_tungstenite::tungstenite::Error) -> StreamError {
    StreamError::Socket(Box::new(error))
}
