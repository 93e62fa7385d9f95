//! One session: a task between a call and a WebSocket.
//!
//! It connects when there is audio to be heard, and not before: Deepgram closes a connection that was never sent any. It ends when
//! the call drops its side, or with one `Failed`.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::AUTHORIZATION;
use tokio::sync::mpsc;
use tokio::time::{Sleep, sleep};
use tokio_tungstenite::tungstenite::Message as Frame;

use super::hearing::Hearing;
use super::messages::{CLOSE_STREAM, FINALIZE, KEEP_ALIVE, Message};
use super::{ID, Line};
use crate::exchange::What;
use crate::speech_to_text::{Heard, RecogniserEvent, ToRecogniser, VendorSide};
use crate::wire::retry::{Failure, Waits, until_done};
use crate::wire::websocket::{Dial, Incoming, Lost, Socket, connect, part, receive, send};
use crate::{Egress, VendorError};

/// A message that Deepgram closes a connection with because it cannot use the audio (`DATA-0000`): it would not use it the next time
/// either.
const CLOSED_FOR_DATA: u16 = 1008;

pub(super) async fn run(line: Arc<Line>, egress: Egress, (to, from): VendorSide) {
    let waits = Waits::new(&line.config.retry);
    let mut session = Session {
        line,
        egress,
        to,
        from,
        hearing: Hearing::default(),
        due: VecDeque::new(),
        sent: 0,
        useful: false,
        waits,
        wait: Duration::ZERO,
    };
    if let Err(error) = session.serve().await {
        session.egress.write(ID, 0, What::Failed(error.clone()));
        // The call may be gone; then nobody needs to know.
        drop(session.from.send(RecogniserEvent::Failed(error)).await);
    }
}

struct Session {
    line: Arc<Line>,
    egress: Egress,
    to: mpsc::Receiver<ToRecogniser>,
    from: mpsc::Sender<RecogniserEvent>,
    hearing: Hearing,
    /// For each utterance that waits, until when.
    due: VecDeque<Pin<Box<Sleep>>>,
    /// Bytes sent since the last utterance ended, for the record.
    sent: u64,
    /// Whether the present connection answered anything.
    useful: bool,
    /// The waits before connecting again where the connection before was of no use.
    waits: Waits,
    /// The wait before the next connection.
    wait: Duration,
}

/// How a stretch of the session ended.
enum End {
    /// The call is over.
    Over,
    /// The connection is.
    Lost(VendorError),
}

/// What a message of the call means for the connection.
enum Step {
    Send(Bytes),
    Flush,
    Nothing,
}

impl Session {
    async fn serve(&mut self) -> Result<(), VendorError> {
        let mut reconnects_left = self.line.config.reconnects_max;
        loop {
            if !self.wait_for_audio().await {
                return Ok(());
            }
            let Some(socket) = self.connect().await? else { return Ok(()) };
            self.egress.write(ID, 0, What::Opened);
            match self.converse(socket).await? {
                End::Over => return Ok(()),
                End::Lost(error) if reconnects_left == 0 => return Err(error),
                End::Lost(error) => {
                    reconnects_left -= 1;
                    self.wait = if std::mem::take(&mut self.useful) {
                        self.waits = Waits::new(&self.line.config.retry);
                        Duration::ZERO
                    } else {
                        self.waits.next()
                    };
                    tracing::warn!(vendor = ID, %error, reconnects_left, "connection lost");
                    self.egress.write(ID, 0, What::Failed(error));
                }
            }
        }
    }

    /// Waits without a connection. False when the call is over.
    async fn wait_for_audio(&mut self) -> bool {
        while !self.hearing.awaits() {
            // Nothing is under way that could still bring words.
            while self.hearing.owes() {
                self.hearing.close_first();
            }
            self.due.clear();
            if !self.answer().await {
                return false;
            }
            let Some(message) = self.to.recv().await else { return false };
            self.take(message);
        }
        true
    }

    /// Connects while the call goes on. `None` when the call is over.
    async fn connect(&mut self) -> Result<Option<Socket>, VendorError> {
        let (line, egress) = (Arc::clone(&self.line), self.egress.clone());
        let late = VendorError::TimedOut { vendor: ID };
        let wait = std::mem::take(&mut self.wait);
        let mut connecting = Box::pin(async move {
            sleep(wait).await;
            until_done(&line.config.retry, late, || dial(&line, &egress)).await
        });
        loop {
            tokio::select! {
                done = &mut connecting => return done.map(Some),
                message = self.to.recv() => match message {
                    Some(message) => drop(self.take(message)),
                    None => return Ok(None),
                },
                () = first(&mut self.due) => self.give_up_first(),
            }
            if !self.answer().await {
                return Ok(None);
            }
        }
    }

    /// Talks over one connection until it or the call ends.
    async fn converse(&mut self, mut socket: Socket) -> Result<End, VendorError> {
        let base = match self.replay(&mut socket).await {
            Ok(base) => base,
            Err(lost) => return ended(lost),
        };
        let config = &self.line.config;
        let (every, idle, within) =
            (config.keep_alive_every, config.timeouts.idle, config.timeouts.write);
        let mut keep_alive = Box::pin(sleep(every));
        let mut quiet = Box::pin(sleep(idle));
        loop {
            let awaited = self.hearing.awaits();
            let sent = tokio::select! {
                message = self.to.recv() => {
                    let Some(message) = message else {
                        part(socket, Frame::text(CLOSE_STREAM), &self.line.config.timeouts).await;
                        return Ok(End::Over);
                    };
                    let step = self.take(message);
                    if matches!(step, Step::Send(_)) {
                        keep_alive.set(sleep(every));
                        if !awaited {
                            quiet.set(sleep(idle));
                        }
                    }
                    self.carry_out(&mut socket, step).await
                }
                incoming = receive(&mut socket) => {
                    quiet.set(sleep(idle));
                    match incoming {
                        Ok(incoming) => self.heard(base, &incoming),
                        Err(lost) => Err(lost),
                    }
                }
                () = first(&mut self.due) => {
                    self.give_up_first();
                    Ok(())
                }
                () = &mut keep_alive => {
                    keep_alive.set(sleep(every));
                    send(&mut socket, Frame::text(KEEP_ALIVE), within).await
                }
                () = &mut quiet, if awaited => Err(Lost::Stuck),
            };
            if let Err(lost) = sent {
                return ended(lost);
            }
            if !self.answer().await {
                part(socket, Frame::text(CLOSE_STREAM), &self.line.config.timeouts).await;
                return Ok(End::Over);
            }
        }
    }

    /// Sends what no connection answered yet; gives the position at which this connection's time begins.
    async fn replay(&mut self, socket: &mut Socket) -> Result<u64, Lost> {
        let (base, audio) = self.hearing.unanswered();
        for mulaw in audio {
            self.carry_out(socket, Step::Send(mulaw)).await?;
        }
        if self.hearing.owes() {
            self.hearing.flushed_anew();
            self.carry_out(socket, Step::Flush).await?;
        }
        Ok(base)
    }

    async fn carry_out(&mut self, socket: &mut Socket, step: Step) -> Result<(), Lost> {
        let within = self.line.config.timeouts.write;
        match step {
            Step::Send(mulaw) => {
                self.sent += mulaw.len() as u64;
                send(socket, Frame::Binary(mulaw), within).await
            }
            Step::Flush => send(socket, Frame::text(FINALIZE), within).await,
            Step::Nothing => Ok(()),
        }
    }

    /// Takes in what the call says.
    fn take(&mut self, message: ToRecogniser) -> Step {
        let flush = match message {
            // An empty binary message would close the stream.
            ToRecogniser::Audio { mulaw, .. } if mulaw.is_empty() => return Step::Nothing,
            ToRecogniser::Audio { at, mulaw } => {
                self.hearing.take(at, mulaw.clone());
                return Step::Send(mulaw);
            }
            ToRecogniser::Begins { .. } => return Step::Nothing,
            ToRecogniser::Sleeps => self.hearing.sleep(),
            ToRecogniser::Finalise { utterance } => {
                let bytes = std::mem::take(&mut self.sent);
                self.egress.write(ID, utterance.0, What::AudioSent { bytes });
                self.hearing.finalise(utterance)
            }
        };
        if !flush {
            return Step::Nothing;
        }
        self.due.push_back(Box::pin(sleep(self.line.config.finalise_wait)));
        Step::Flush
    }

    /// Takes in what Deepgram says.
    fn heard(&mut self, base: u64, incoming: &Incoming) -> Result<(), Lost> {
        let Incoming::Text(text) = incoming else { return Err(Lost::Garbage) };
        match serde_json::from_str::<Message<'_>>(text) {
            Ok(Message::Results(results)) => {
                if results.is_final && results.words().is_some_and(|words| !words.is_empty()) {
                    self.egress.write(ID, self.hearing.first_owed(), What::answer(text));
                }
                self.useful = true;
                if self.hearing.results(base, &results) { Ok(()) } else { Err(Lost::Garbage) }
            }
            Ok(Message::Other) => Ok(()),
            Ok(Message::Error {}) => Err(Lost::Closed(None)),
            Err(_) => Err(Lost::Garbage),
        }
    }

    /// The utterance that waits longest has waited long enough.
    fn give_up_first(&mut self) {
        self.due.pop_front();
        self.hearing.close_first();
    }

    /// Gives the call the words that are there. False when the call is over.
    async fn answer(&mut self) -> bool {
        while let Some(answer) = self.hearing.answer() {
            let utterance = answer.utterance;
            self.egress.write(ID, utterance.0, What::Ended);
            let heard = Heard { utterance, words: answer.words, done: true, end_of_turn: true };
            if self.from.send(RecogniserEvent::Heard(heard)).await.is_err() {
                return false;
            }
        }
        while self.due.len() > self.hearing.owed() {
            self.due.pop_front();
        }
        true
    }
}

/// What a lost connection means.
fn ended(lost: Lost) -> Result<End, VendorError> {
    match lost {
        Lost::Closed(Some(CLOSED_FOR_DATA)) => Err(VendorError::Rejected { vendor: ID }),
        Lost::Closed(_) => Ok(End::Lost(VendorError::Broke { vendor: ID })),
        Lost::Stuck => Ok(End::Lost(VendorError::TimedOut { vendor: ID })),
        Lost::Garbage => Ok(End::Lost(VendorError::BadAnswer { vendor: ID })),
    }
}

async fn dial(line: &Line, egress: &Egress) -> Result<Socket, Failure> {
    let key = line
        .endpoint
        .key_header("Token ")
        .map_err(|_| Failure::lasting(VendorError::Refused { vendor: ID }))?;
    let dial = Dial {
        vendor: ID,
        endpoint: &line.endpoint,
        address: &line.address,
        key: (AUTHORIZATION, key),
        sort: |_, _| None,
    };
    connect(&dial, egress, &line.config.timeouts).await
}

/// Waits for the first of some timers; for ever where there is none. Safe to cancel.
async fn first(due: &mut VecDeque<Pin<Box<Sleep>>>) {
    match due.front_mut() {
        Some(timer) => timer.await,
        None => std::future::pending().await,
    }
}
