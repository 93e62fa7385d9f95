//! One bidirectional media stream of a call: far-end audio out, the caller's audio and marks in; and the faults on the way.
//!
//! It is driven by the call's ticks and owns no task and no clock.

use super::playout::{Marked, PlayoutQueue};
use super::wire::{Incoming, Outgoing, StreamIds, Writer};
use crate::line::TICK_MS;
use crate::log::{EchoReason, LogBook, LogEvent};
use crate::payer::faults::{Faults, MarkFault};
use callwright_media::Frame;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

/// Far-end frames that a stall may hold back: a minute.
const HELD_FRAMES_MAX: usize = 3_000;

pub(super) struct Stream {
    writer: Writer,
    outgoing: mpsc::Sender<Outgoing>,
    playout: PlayoutQueue,
    faults: Arc<Faults>,
    log: LogBook,
    /// Milliseconds of far-end audio since the stream's start.
    at_ms: u64,
    held: VecDeque<(u64, Frame)>,
    held_mark: Option<String>,
    injected: usize,
}

impl Stream {
    /// A stream whose socket is open: says `connected` and `start`.
    pub(super) fn start(
        ids: StreamIds,
        parameters: &[(String, String)],
        outgoing: mpsc::Sender<Outgoing>,
        queued_bytes_max: usize,
        faults: Arc<Faults>,
        log: LogBook,
        now_ms: u64,
    ) -> Stream {
        let mut stream = Stream {
            writer: Writer::new(ids),
            outgoing,
            playout: PlayoutQueue::new(queued_bytes_max),
            faults,
            log,
            at_ms: 0,
            held: VecDeque::new(),
            held_mark: None,
            injected: 0,
        };
        stream.send(now_ms, Writer::connected());
        let start = stream.writer.start(parameters);
        stream.send(now_ms, start);
        let stream_sid = stream.id().to_owned();
        stream.log.add(now_ms, LogEvent::StreamStarted { stream: stream_sid });
        stream
    }

    pub(super) fn id(&self) -> &str {
        self.writer.stream()
    }

    /// Milliseconds since the stream's start.
    pub(super) fn age_ms(&self) -> u64 {
        self.at_ms
    }

    /// The caller's next frame. Marks whose audio is out come back.
    pub(super) fn near(&mut self, now_ms: u64) -> Frame {
        let (frame, echoes) = self.playout.next_frame();
        for name in echoes {
            self.echo(now_ms, name, EchoReason::Played);
        }
        frame
    }

    /// Sends the far end's frame, unless the stream is stalled.
    pub(super) fn far(&mut self, now_ms: u64, frame: &Frame) {
        let at_ms = self.at_ms;
        self.at_ms += TICK_MS;
        let faults = Arc::clone(&self.faults);
        let due = |stall: &&_| {
            let stall: &crate::payer::faults::Stall = stall;
            (stall.at_ms..stall.at_ms.saturating_add(stall.for_ms)).contains(&at_ms)
        };
        if let Some(stall) = faults.stalls.iter().find(due) {
            if !stall.lost && self.held.len() < HELD_FRAMES_MAX {
                self.held.push_back((at_ms, *frame));
            }
            return;
        }
        for (at_ms, frame) in std::mem::take(&mut self.held) {
            let media = self.writer.media(at_ms, &frame);
            self.send(now_ms, media);
        }
        let media = self.writer.media(at_ms, frame);
        self.send(now_ms, media);
        while let Some(injection) = faults.inject.get(self.injected)
            && injection.at_ms <= at_ms
        {
            self.injected += 1;
            let frame = self.writer.injected(injection.what, at_ms);
            self.log.add(now_ms, LogEvent::Injected { what: injection.what });
            self.send(now_ms, frame);
        }
    }

    /// Takes a message from the application.
    pub(super) fn take(&mut self, now_ms: u64, incoming: Incoming) {
        match incoming {
            Incoming::Media(bytes) => {
                let excess = self.playout.audio(bytes);
                if excess > 0 {
                    let discarded_ms = (excess as u64).div_ceil(8);
                    self.log.add(now_ms, LogEvent::PlayoutOverflow { discarded_ms });
                }
            }
            Incoming::Mark(name) => self.mark(now_ms, name),
            Incoming::Clear => {
                let discarded_ms = self.playout.queued_ms();
                self.log.add(now_ms, LogEvent::Cleared { discarded_ms });
                for name in self.playout.clear() {
                    self.echo(now_ms, name, EchoReason::Cleared);
                }
            }
        }
    }

    fn mark(&mut self, now_ms: u64, name: String) {
        let behind_ms = self.playout.queued_ms();
        self.log.add(now_ms, LogEvent::MarkQueued { name: name.clone(), behind_ms });
        match self.playout.mark(name) {
            Marked::Queued => {}
            Marked::Echo(name) => self.echo(now_ms, name, EchoReason::NothingQueued),
            Marked::TooMany => {
                let message = "too many marks are outstanding; the mark was dropped".to_owned();
                self.log.add(now_ms, LogEvent::Error { code: 31_951, message });
            }
        }
    }

    /// A mark is due: sends it back, or does with it what the scenario's fault says.
    fn echo(&mut self, now_ms: u64, name: String, reason: EchoReason) {
        self.log.add(now_ms, LogEvent::MarkEchoed { name: name.clone(), reason });
        let mut names = vec![name];
        match self.faults.marks {
            MarkFault::None => {}
            MarkFault::Withheld => names.clear(),
            MarkFault::Duplicated => names.extend_from_within(..),
            MarkFault::OutOfOrder => match self.held_mark.take() {
                Some(earlier) => names.push(earlier),
                None => self.held_mark = names.pop(),
            },
        }
        for name in names {
            let mark = self.writer.mark(&name);
            self.send(now_ms, mark);
        }
    }

    /// Says `stop`; dropping the stream then closes the socket with 1000.
    pub(super) fn stop(&mut self, now_ms: u64) {
        let stop = self.writer.stop();
        self.send(now_ms, stop);
    }

    fn send(&mut self, now_ms: u64, frame: Outgoing) {
        match self.outgoing.try_send(frame) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => self.log.add(now_ms, LogEvent::StreamOverflow),
            // The socket is gone; its reader says so in the call's inbox.
            Err(TrySendError::Closed(_)) => {}
        }
    }
}
