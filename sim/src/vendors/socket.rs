//! One WebSocket of a vendor: messages in, messages out when they are due, a tick every 20 ms, and the faults of the plan.
//!
//! What the messages mean is the session's. What waits to be sent goes out in its order, each message no sooner than it is due: a
//! message never overtakes another.

use super::fault::{FaultKind, Garbage, Plan};
use super::http::Refusal;
use super::log::{ConnectionLog, Side, VendorEvent};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::Sleep;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::Error as WsError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Message};

/// The session's tick.
pub(super) const TICK: Duration = Duration::from_millis(20);
/// The largest message taken: two minutes of mu-law.
const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// What is read at a time; the library's own default is 128 KiB a connection.
const READ_BUFFER: usize = 8 << 10;
/// Messages that may wait to be sent: half an hour of speech in pieces.
const OUTBOX_MAX: usize = 8_192;
/// How long the customer may take to answer a close.
const CLOSE_GRACE: Duration = Duration::from_secs(2);

/// What a customer sends.
#[derive(Debug)]
pub(super) enum Incoming {
    Text(String),
    Binary(Bytes),
}

/// What is sent to a customer.
#[derive(Debug)]
enum Outgoing {
    /// A text, and what the log says of it.
    Text {
        text: String,
        note: String,
    },
    Close {
        code: u16,
        reason: &'static str,
    },
}

#[derive(Debug)]
struct Waiting {
    due: Option<Pin<Box<Sleep>>>,
    what: Outgoing,
}

/// What waits to be sent.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    queue: VecDeque<Waiting>,
    late: Duration,
    full: bool,
}

impl Outbox {
    /// Sends a message after the delay, and after everything that waits already.
    pub(super) fn send(&mut self, after: Duration, message: &Value) {
        let text = message.to_string();
        let note = text.clone();
        self.push(after, Outgoing::Text { text, note });
    }

    /// Sends a message that is noted in another form.
    pub(super) fn send_noted(&mut self, after: Duration, message: &Value, note: &Value) {
        self.push(after, Outgoing::Text { text: message.to_string(), note: note.to_string() });
    }

    /// Closes when everything that waits has been sent.
    pub(super) fn close(&mut self, code: u16, reason: &'static str) {
        self.push(Duration::ZERO, Outgoing::Close { code, reason });
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    fn push(&mut self, after: Duration, what: Outgoing) {
        let after = after + self.late;
        let due = (!after.is_zero()).then(|| Box::pin(tokio::time::sleep(after)));
        if self.full {
            return;
        }
        if self.queue.len() == OUTBOX_MAX {
            // A customer that asks for more than it takes loses the connection, not the middle of an answer.
            self.full = true;
            self.queue.clear();
            let what = Outgoing::Close { code: u16::from(CloseCode::Error), reason: "" };
            self.queue.push_back(Waiting { due: None, what });
            return;
        }
        self.queue.push_back(Waiting { due, what });
    }

    /// The next message, when it is due; never, if there is none.
    async fn next(&mut self) -> Outgoing {
        match self.queue.front_mut() {
            Some(Waiting { due: Some(due), .. }) => due.await,
            Some(Waiting { due: None, .. }) => {}
            None => std::future::pending().await,
        }
        match self.queue.pop_front() {
            Some(waiting) => waiting.what,
            None => std::future::pending().await,
        }
    }
}

/// The vendor's side of one conversation.
pub(super) trait Session: Send + 'static {
    /// Takes a message.
    fn receive(&mut self, incoming: Incoming, out: &mut Outbox) -> impl Future<Output = ()> + Send;
    /// 20 ms have passed.
    fn tick(&mut self, out: &mut Outbox);
    /// Says in the vendor's own words that it goes no further, and closes.
    fn refuse(&mut self, refusal: Refusal, out: &mut Outbox);
}

/// How a connection goes on after something happened on it.
enum Course {
    On,
    Over,
}

struct Line<S, V> {
    socket: WebSocketStream<S>,
    session: V,
    plan: Plan,
    log: ConnectionLog,
    outbox: Outbox,
    sent: u32,
    stalled: bool,
    garbage: Option<Garbage>,
    closing: bool,
}

/// Waits for the upgrade, and serves the session to its end.
pub(super) async fn run<V: Session>(
    upgrade: OnUpgrade,
    session: V,
    plan: Plan,
    log: ConnectionLog,
    mut over: watch::Receiver<bool>,
) {
    let Ok(connection) = upgrade.await else {
        return;
    };
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX));
    let io = TokioIo::new(connection);
    let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
    let line = Line {
        socket,
        session,
        plan,
        log,
        outbox: Outbox::default(),
        sent: 0,
        stalled: false,
        garbage: None,
        closing: false,
    };
    tokio::select! {
        () = line.serve() => {}
        // Also when the vendors are gone.
        _ = over.wait_for(|over| *over) => {}
    }
}

impl<S, V> Line<S, V>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    V: Session,
{
    async fn serve(mut self) {
        let mut ticks = tokio::time::interval(TICK);
        let mut wait = self.plan.wait();
        let fault = tokio::time::sleep(wait.unwrap_or(CLOSE_GRACE));
        tokio::pin!(fault);
        loop {
            let due = self.plan.due_after(self.sent);
            if let Course::Over = self.commit(due) {
                return;
            }
            let course = tokio::select! {
                incoming = self.socket.next() => self.take(incoming).await,
                outgoing = self.outbox.next() => self.give(outgoing).await,
                _ = ticks.tick() => {
                    self.session.tick(&mut self.outbox);
                    Course::On
                }
                () = &mut fault, if wait.is_some() => {
                    let waited = wait.unwrap_or_default();
                    let due = self.plan.due_at(waited);
                    wait = self.plan.wait();
                    if let Some(next) = wait {
                        let deadline = fault.deadline() + next.saturating_sub(waited);
                        fault.as_mut().reset(deadline);
                    }
                    self.commit(due)
                }
            };
            if let Course::Over = course {
                return;
            }
        }
    }

    /// Commits the faults that are due.
    fn commit(&mut self, due: Vec<FaultKind>) -> Course {
        for kind in due {
            self.log.add(VendorEvent::Fault { kind });
            if let Some(refusal) = Refusal::of(kind) {
                self.session.refuse(refusal, &mut self.outbox);
                continue;
            }
            match kind {
                FaultKind::Stall => self.stalled = true,
                FaultKind::Garbage(garbage) => self.garbage = Some(garbage),
                FaultKind::Late { ms } => self.outbox.late = Duration::from_millis(ms),
                // Dropping the socket cuts it, without a close frame.
                FaultKind::Die => return Course::Over,
                FaultKind::RefuseKey | FaultKind::RateLimit { .. } | FaultKind::ServerError => {}
            }
        }
        Course::On
    }

    async fn take(&mut self, incoming: Option<Result<Message, WsError>>) -> Course {
        let incoming = match incoming {
            Some(Ok(Message::Text(text))) => {
                self.log.add(VendorEvent::Received { text: text.as_str().to_owned() });
                Incoming::Text(text.as_str().to_owned())
            }
            Some(Ok(Message::Binary(bytes))) => {
                self.log.add(VendorEvent::Audio { bytes: bytes.len() as u64 });
                Incoming::Binary(bytes)
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => return Course::On,
            Some(Ok(Message::Close(frame))) => {
                if !self.closing {
                    let code = frame.map(|frame| u16::from(frame.code));
                    self.log.add(VendorEvent::Closed { code, by: Side::Customer });
                }
                // The library answers by itself as the rest is read.
                while let Some(Ok(_)) = self.socket.next().await {}
                return Course::Over;
            }
            Some(Err(WsError::Capacity(_))) => {
                self.outbox.close(u16::from(CloseCode::Size), "");
                return Course::On;
            }
            Some(Err(_)) | None => {
                if !self.closing {
                    self.log.add(VendorEvent::Closed { code: None, by: Side::Customer });
                }
                return Course::Over;
            }
        };
        self.session.receive(incoming, &mut self.outbox).await;
        Course::On
    }

    async fn give(&mut self, outgoing: Outgoing) -> Course {
        if self.stalled {
            return Course::On;
        }
        let (message, event) = match (outgoing, self.garbage) {
            (Outgoing::Text { .. }, Some(Garbage::Binary)) => {
                let bytes = Garbage::Binary.text().as_bytes();
                let note = "(bytes)".to_owned();
                (Message::Binary(Bytes::from_static(bytes)), VendorEvent::Sent { text: note })
            }
            (Outgoing::Text { .. }, Some(garbage)) => {
                let text = garbage.text().to_owned();
                (Message::Text(text.clone().into()), VendorEvent::Sent { text })
            }
            (Outgoing::Text { text, note }, None) => {
                (Message::Text(text.into()), VendorEvent::Sent { text: note })
            }
            (Outgoing::Close { code, reason }, _) => return self.close(code, reason).await,
        };
        self.sent += 1;
        self.log.add(event);
        match self.socket.send(message).await {
            Ok(()) => Course::On,
            Err(_) => Course::Over,
        }
    }

    async fn close(&mut self, code: u16, reason: &'static str) -> Course {
        self.closing = true;
        self.log.add(VendorEvent::Closed { code: Some(code), by: Side::Vendor });
        let frame = CloseFrame { code: CloseCode::from(code), reason: reason.into() };
        if self.socket.send(Message::Close(Some(frame))).await.is_err() {
            return Course::Over;
        }
        let answered = async { while let Some(Ok(_)) = self.socket.next().await {} };
        // A customer that does not answer the close is left.
        drop(tokio::time::timeout(CLOSE_GRACE, answered).await);
        Course::Over
    }
}
