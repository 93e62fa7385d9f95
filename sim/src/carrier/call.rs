//! One call: rings, answers, fetches TwiML, runs its verbs, carries the stream, ends. One task, one inbox, one 20 ms clock.
//!
//! What the far end says and hears is `line`'s matter; what goes over the socket is `stream`'s.

use super::World;
use super::params::{CallParams, Progress, TwimlSource};
use super::progress::Progressions;
use super::record::{Record, Status};
use super::socket::{ConnectError, Socket};
use super::webhook::WebhookError;
use crate::line::TICK_MS;
use crate::log::{LogBook, LogEvent, Party};
use crate::payer::faults::DialFault;
use crate::payer::scenario::Scenario;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::MissedTickBehavior;

/// Messages that may wait for the call's task; the socket's reader waits when it is full.
pub(super) const INBOX_MAX: usize = 256;

/// A call, as REST and the tests see it.
pub(super) struct Call {
    pub(super) sid: String,
    pub(super) params: CallParams,
    pub(super) scenario: Arc<Scenario>,
    /// Which of the payer's calls, from 0.
    pub(super) nth: usize,
    pub(super) log: LogBook,
    pub(super) inbox: mpsc::Sender<Happening>,
    pub(super) finished: watch::Sender<bool>,
    record: Mutex<Record>,
}

/// What reaches a call's task. `epoch` tells which of its fetches or streams it belongs to; stale ones are passed over.
pub(super) enum Happening {
    Command(Command),
    Fetched { epoch: u64, twiml: Result<String, WebhookError> },
    Connected { epoch: u64, socket: Box<Result<Socket, ConnectError>> },
    Wire { epoch: u64, wire: Wire },
}

/// What REST asks of a call.
#[derive(Debug)]
pub(super) enum Command {
    Complete,
    Cancel,
    Redirect(TwimlSource),
    /// The carrier shuts down.
    ShutDown,
}

/// What comes from the stream's socket.
#[derive(Debug)]
pub(super) enum Wire {
    Text(String),
    Binary,
    TooLarge,
    Closed,
}

impl Call {
    pub(super) fn new(
        record: Record,
        params: CallParams,
        (scenario, nth): (Arc<Scenario>, usize),
        log: LogBook,
        inbox: mpsc::Sender<Happening>,
    ) -> Call {
        let sid = record.sid.clone();
        let finished = watch::Sender::new(false);
        Call { sid, params, scenario, nth, log, inbox, finished, record: Mutex::new(record) }
    }

    pub(super) fn record(&self) -> MutexGuard<'_, Record> {
        // A panic while the lock is held leaves a whole record: each change is one assignment after another.
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs a call from its creation to its last callback.
pub(super) async fn run(call: Arc<Call>, mut inbox: mpsc::Receiver<Happening>, world: Arc<World>) {
    let scenario = call.scenario.id.clone();
    call.log.add(0, LogEvent::Created { scenario });
    let mut progress = Progressions::new(&call, &world);
    progress.tell(Progress::Initiated, Status::Initiated, None);
    let (status, by, duration_s) = match ring(&call, &mut inbox, &mut progress).await {
        Rung::Over(status, by) => (status, by, None),
        Rung::Answered => {
            call.log.add(0, LogEvent::Answered);
            progress.tell(Progress::Answered, Status::InProgress, None);
            let mut live = super::live::Live::new(&call, &world, progress.hooks());
            let by = talk(&mut live, &mut inbox).await;
            (Status::Completed, by, Some(live.now_ms().div_ceil(1_000)))
        }
    };
    let at_ms = duration_s.map_or(0, |_| call.log.latest_ms());
    call.log.add(at_ms, LogEvent::Ended { status: status.name().to_owned(), by });
    progress.tell(Progress::Completed, status, duration_s);
    progress.finish().await;
    call.finished.send_replace(true);
}

enum Rung {
    Answered,
    Over(Status, Party),
}

async fn ring(
    call: &Call,
    inbox: &mut mpsc::Receiver<Happening>,
    progress: &mut Progressions,
) -> Rung {
    progress.tell(Progress::Ringing, Status::Ringing, None);
    call.log.add(0, LogEvent::Ringing);
    let patience_ms = call.params.timeout_s * 1_000;
    let ring_ms = call.scenario.ring_ms;
    let (wait_ms, outcome) = match call.scenario.faults.dial {
        DialFault::NoAnswer => (patience_ms, Rung::Over(Status::NoAnswer, Party::Carrier)),
        _ if ring_ms > patience_ms => (patience_ms, Rung::Over(Status::NoAnswer, Party::Carrier)),
        DialFault::None => (ring_ms, Rung::Answered),
        DialFault::Busy => (ring_ms, Rung::Over(Status::Busy, Party::FarEnd)),
        DialFault::Failed => (ring_ms, Rung::Over(Status::Failed, Party::Carrier)),
    };
    let mut answer = std::pin::pin!(tokio::time::sleep(Duration::from_millis(wait_ms)));
    loop {
        tokio::select! {
            () = &mut answer => return outcome,
            happening = inbox.recv() => match happening {
                Some(Happening::Command(Command::Complete | Command::Cancel)) => {
                    return Rung::Over(Status::Canceled, Party::Application);
                }
                Some(Happening::Command(Command::ShutDown)) | None => {
                    return Rung::Over(Status::Canceled, Party::Carrier);
                }
                // REST lets no redirect through before the answer, and there is nothing to fetch or to carry yet.
                Some(
                    Happening::Command(Command::Redirect(_))
                    | Happening::Fetched { .. }
                    | Happening::Connected { .. }
                    | Happening::Wire { .. },
                ) => {}
            },
        }
    }
}

/// Carries the answered call until someone ends it; says who.
async fn talk(live: &mut super::live::Live<'_>, inbox: &mut mpsc::Receiver<Happening>) -> Party {
    let mut ticks = tokio::time::interval(Duration::from_millis(TICK_MS));
    // A late tick is made up for, so that line time keeps to real time.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    live.answer();
    loop {
        if let Some(by) = live.ended() {
            live.finish(by);
            return by;
        }
        tokio::select! {
            happening = inbox.recv() => match happening {
                Some(happening) => live.take(happening),
                None => live.end(Party::Carrier),
            },
            _tick = ticks.tick() => live.tick(),
        }
    }
}
