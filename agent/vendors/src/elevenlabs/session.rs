//! One session: a task between a call and a WebSocket, with a context for each segment.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use callwright_compliance::{PhiString, Purpose};
use reqwest::header::HeaderName;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::{Sleep, sleep};
use tokio_tungstenite::tungstenite::Message as Frame;

use super::messages::{Answer, Begin, CLOSE_SOCKET, End, Words, meaning, refusal};
use super::piece::Piece;
use super::{ID, Line};
use crate::exchange::What;
use crate::text_to_speech::{SpeechResult, SpeechSession};
use crate::wire::retry::{Failure, until_done};
use crate::wire::websocket::{Dial, Incoming, Lost, Socket, connect, part, receive, send};
use crate::{Egress, VendorError};

/// Contexts that are open at once for segments. The vendor allows five; one is left for the context that keeps an idle connection
/// alive.
const OPEN_MAX: usize = 4;

/// Segments that may wait for the task, and for a context. A turn has a handful.
const WAITING_MAX: usize = 32;

/// The context that keeps an idle connection alive. Nothing is ever said in it.
const KEEP: &str = "keep";

/// What the call wants.
enum Wish {
    Warm,
    Speak(Piece),
}

/// The call's side.
pub(super) struct ElevenLabsSession {
    to: mpsc::Sender<Wish>,
    egress: Egress,
    pieces: u32,
}

pub(super) fn open(line: Arc<Line>, egress: Egress) -> ElevenLabsSession {
    let (to, wishes) = mpsc::channel(WAITING_MAX);
    let task = Task {
        line,
        egress: egress.clone(),
        wishes,
        waiting: VecDeque::new(),
        open: BTreeMap::new(),
    };
    tokio::spawn(task.run());
    ElevenLabsSession { to, egress, pieces: 0 }
}

impl SpeechSession for ElevenLabsSession {
    fn warm(&mut self) {
        // With a full queue there is something to speak, which connects as well.
        drop(self.to.try_send(Wish::Warm));
    }

    fn speak(&mut self, words: PhiString) -> mpsc::Receiver<SpeechResult> {
        self.pieces += 1;
        let (piece, from) = Piece::new(self.pieces, words);
        if let Err(error) = self.to.try_send(Wish::Speak(piece)) {
            let (wish, why) = match error {
                mpsc::error::TrySendError::Full(wish) => (wish, VendorError::Behind { vendor: ID }),
                mpsc::error::TrySendError::Closed(wish) => {
                    (wish, VendorError::Broke { vendor: ID })
                }
            };
            if let Wish::Speak(piece) = wish {
                piece.fail(why, &self.egress);
            }
        }
        from
    }
}

struct Task {
    line: Arc<Line>,
    egress: Egress,
    wishes: mpsc::Receiver<Wish>,
    /// Segments whose words were not sent yet.
    waiting: VecDeque<Piece>,
    /// Segments whose context is open, by its id. One that the call dropped stays until the vendor has ended it: it counts there.
    open: BTreeMap<String, Piece>,
}

/// How a connection ended.
enum Parted {
    /// The call is over.
    Over,
    /// Nothing was spoken for long.
    Idle,
    /// It broke.
    Lost(VendorError),
}

/// What happened.
enum Event {
    Wish(Option<Wish>),
    Came(Result<Incoming, Lost>),
    /// The segment of this context is overdue.
    Overdue(String),
    KeepAlive,
}

impl Task {
    async fn run(mut self) {
        loop {
            if !self.wait_for_wish().await {
                return;
            }
            let socket = match self.connect().await {
                Ok(Some(socket)) => socket,
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(vendor = ID, %error, "no connection");
                    self.egress.write(ID, 0, What::Failed(error.clone()));
                    self.fail_waiting(&error);
                    continue;
                }
            };
            self.egress.write(ID, 0, What::Opened);
            match self.converse(socket).await {
                Parted::Over => return,
                Parted::Idle => {}
                Parted::Lost(error) => {
                    tracing::warn!(vendor = ID, %error, "connection lost");
                    self.egress.write(ID, 0, What::Failed(error.clone()));
                    self.rescue(&error);
                }
            }
        }
    }

    /// Waits without a connection until one is wanted. False when the call is over.
    async fn wait_for_wish(&mut self) -> bool {
        if !self.waiting.is_empty() {
            return true;
        }
        match self.wishes.recv().await {
            Some(Wish::Warm) => true,
            Some(Wish::Speak(piece)) => {
                self.waiting.push_back(piece);
                true
            }
            None => false,
        }
    }

    /// Connects while wishes go on coming. `None` when the call is over.
    async fn connect(&mut self) -> Result<Option<Socket>, VendorError> {
        let (line, egress) = (Arc::clone(&self.line), self.egress.clone());
        let late = VendorError::TimedOut { vendor: ID };
        let mut connecting =
            Box::pin(
                async move { until_done(&line.config.retry, late, || dial(&line, &egress)).await },
            );
        loop {
            tokio::select! {
                done = &mut connecting => return done.map(Some),
                wish = self.wishes.recv() => match wish {
                    Some(Wish::Speak(piece)) => self.queue(piece),
                    Some(Wish::Warm) => {}
                    None => return Ok(None),
                },
            }
        }
    }

    fn queue(&mut self, piece: Piece) {
        if self.waiting.len() < WAITING_MAX {
            self.waiting.push_back(piece);
        } else {
            piece.fail(VendorError::Behind { vendor: ID }, &self.egress);
        }
    }

    fn fail_waiting(&mut self, error: &VendorError) {
        for piece in self.waiting.drain(..) {
            piece.fail(error.clone(), &self.egress);
        }
    }

    /// The connection is gone. What was not heard of yet is asked for again; the rest has failed.
    fn rescue(&mut self, error: &VendorError) {
        let mut again = Vec::new();
        for mut piece in std::mem::take(&mut self.open).into_values() {
            if piece.is_unwanted(&self.egress) {
                continue;
            }
            if piece.may_begin_again() && error.mend() == crate::Mend::Later {
                again.push(piece);
            } else {
                piece.fail(error.clone(), &self.egress);
            }
        }
        again.sort_by_key(|piece| piece.number);
        for piece in again.into_iter().rev() {
            self.waiting.push_front(piece);
        }
        if error.mend() != crate::Mend::Later {
            self.fail_waiting(error);
        }
    }

    /// Speaks over one connection until it or the call ends.
    async fn converse(&mut self, mut socket: Socket) -> Parted {
        let every = self.line.config.keep_alive_every;
        let mut keep_alive = Box::pin(sleep(every));
        let mut kept = 0;
        loop {
            if let Err(lost) = self.begin_waiting(&mut socket).await {
                return Parted::Lost(error_of(lost));
            }
            let result = match self.next_event(&mut socket, &mut keep_alive).await {
                Event::Wish(None) => {
                    part(socket, Frame::text(CLOSE_SOCKET), &self.line.config.timeouts).await;
                    return Parted::Over;
                }
                Event::Wish(Some(Wish::Warm)) => {
                    kept = 0;
                    Ok(())
                }
                Event::Wish(Some(Wish::Speak(piece))) => {
                    kept = 0;
                    keep_alive.set(sleep(every));
                    self.queue(piece);
                    Ok(())
                }
                Event::Came(Ok(incoming)) => self.came(&incoming),
                Event::Came(Err(lost)) => Err(error_of(lost)),
                Event::Overdue(context) => Err(self.overdue(&context)),
                Event::KeepAlive => {
                    keep_alive.set(sleep(every));
                    kept += 1;
                    if kept > self.line.config.keep_alives_max {
                        part(socket, Frame::text(CLOSE_SOCKET), &self.line.config.timeouts).await;
                        return Parted::Idle;
                    }
                    self.keep_alive(&mut socket, kept == 1).await.map_err(error_of)
                }
            };
            if let Err(error) = result {
                return Parted::Lost(error);
            }
        }
    }

    async fn next_event(&mut self, socket: &mut Socket, keep_alive: &mut Pin<Box<Sleep>>) -> Event {
        let idle = self.open.is_empty();
        tokio::select! {
            wish = self.wishes.recv() => Event::Wish(wish),
            came = receive(socket) => Event::Came(came),
            context = overdue(&mut self.open) => Event::Overdue(context),
            () = keep_alive, if idle => Event::KeepAlive,
        }
    }

    /// Opens contexts for the segments that wait, as many as may be open.
    async fn begin_waiting(&mut self, socket: &mut Socket) -> Result<(), Lost> {
        while self.open.len() < OPEN_MAX {
            let Some(mut piece) = self.waiting.pop_front() else { return Ok(()) };
            if piece.is_unwanted(&self.egress) {
                continue;
            }
            // The connection may be older than the leave it was made under.
            if let Err(error) = self.egress.holds() {
                piece.fail(error, &self.egress);
                continue;
            }
            piece.begin(self.line.config.timeouts.first_answer);
            self.egress.write(
                ID,
                piece.number,
                What::Request(piece.words.duplicate(Purpose::Record)),
            );
            let context = piece.context();
            // The words end in a space, as the protocol wants it.
            let words = zeroize::Zeroizing::new(format!("{} ", piece.words.expose(Purpose::Speak)));
            let frames = [
                json(&Begin::new(&context, &self.line.config.settings)),
                json(&Words { text: &words, context_id: &context, flush: true }),
                json(&End::new(&context)),
            ];
            self.open.insert(context, piece);
            for frame in frames {
                send(socket, frame, self.line.config.timeouts.write).await?;
            }
        }
        Ok(())
    }

    /// Keeps an idle connection alive, in a context of its own.
    async fn keep_alive(&mut self, socket: &mut Socket, first: bool) -> Result<(), Lost> {
        let within = self.line.config.timeouts.write;
        if first {
            send(socket, json(&Begin::new(KEEP, &self.line.config.settings)), within).await?;
        }
        send(socket, json(&Words { text: "", context_id: KEEP, flush: false }), within).await
    }

    fn came(&mut self, incoming: &Incoming) -> Result<(), VendorError> {
        let garbage = VendorError::BadAnswer { vendor: ID };
        let Incoming::Text(text) = incoming else { return Err(garbage) };
        let answer: Answer<'_> = serde_json::from_str(text).map_err(|_| garbage.clone())?;
        if let Some(name) = &answer.error {
            return Err(meaning(name));
        }
        let Some(context) = answer.context.as_deref() else { return Ok(()) };
        if context == KEEP {
            return Ok(());
        }
        // Of a context that is not open any more nothing is wanted.
        let Some(piece) = self.open.get_mut(context) else { return Ok(()) };
        if let Some(audio) = answer.audio.as_deref().filter(|audio| !audio.is_empty()) {
            let mulaw = STANDARD.decode(audio).map_err(|_| garbage)?;
            let idle = self.line.config.timeouts.idle;
            piece.audio(Bytes::from(mulaw), answer.aligned(), idle, &self.egress);
        }
        if answer.is_final == Some(true)
            && let Some(piece) = self.open.remove(context)
        {
            piece.end(&self.egress);
        }
        Ok(())
    }

    /// A segment is overdue. The connection is taken for dead, and the others are asked for again.
    fn overdue(&mut self, context: &str) -> VendorError {
        let late = VendorError::TimedOut { vendor: ID };
        if let Some(piece) = self.open.remove(context) {
            piece.fail(late.clone(), &self.egress);
        }
        late
    }
}

fn error_of(lost: Lost) -> VendorError {
    match lost {
        Lost::Closed(_) => VendorError::Broke { vendor: ID },
        Lost::Stuck => VendorError::TimedOut { vendor: ID },
        Lost::Garbage => VendorError::BadAnswer { vendor: ID },
    }
}

/// A message as text. These hold strings and numbers only, which is why it cannot fail.
fn json<T: Serialize>(message: &T) -> Frame {
    Frame::text(serde_json::to_string(message).unwrap_or_default())
}

async fn dial(line: &Line, egress: &Egress) -> Result<Socket, Failure> {
    let key = line
        .endpoint
        .key_header("")
        .map_err(|_| Failure::lasting(VendorError::Refused { vendor: ID }))?;
    let dial = Dial {
        vendor: ID,
        endpoint: &line.endpoint,
        address: &line.address,
        key: (HeaderName::from_static("xi-api-key"), key),
        sort: refusal,
    };
    connect(&dial, egress, &line.config.timeouts).await
}

/// Waits until one of the open segments is overdue; for ever where none is open. Safe to cancel.
async fn overdue(open: &mut BTreeMap<String, Piece>) -> String {
    let waits = open.iter_mut().map(|(context, piece)| {
        Box::pin(async move {
            piece.overdue().await;
            context.clone()
        })
    });
    let waits: Vec<_> = waits.collect();
    if waits.is_empty() {
        return std::future::pending().await;
    }
    futures_util::future::select_all(waits).await.0
}
