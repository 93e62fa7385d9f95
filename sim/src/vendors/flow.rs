//! A body on its way: pieces at their pace, with the faults of the plan, and evidence of how it ended.
//!
//! A fault "after so many milliseconds" counts the pauses between the pieces, since no clock is read; a body without pauses is over
//! before it. What the pieces are is the vendor's to say.

use super::fault::{FaultKind, Garbage, Plan};
use super::http::Refusal;
use super::log::{ConnectionLog, Side, VendorEvent};
use axum::body::{Body, Bytes};
use std::collections::VecDeque;
use std::io;
use std::time::Duration;
use tokio::sync::watch;

/// What was sent before a cut has so much time to leave this machine: "after three messages" is after three that arrived.
const LEAVING: Duration = Duration::from_millis(20);

/// One piece of a body.
pub(super) struct Piece {
    /// The pause before it.
    pub(super) after: Duration,
    pub(super) bytes: Bytes,
    /// What the log says of it.
    pub(super) note: String,
}

/// How a vendor says in the middle of a body what else it would say by a status or not at all.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    /// A refusal; none where the body can only break off.
    pub(super) refusal: fn(Refusal) -> Option<Bytes>,
    pub(super) garbage: fn(Garbage) -> Bytes,
}

/// A body that is being read.
pub(super) struct Flow {
    pieces: VecDeque<Piece>,
    manner: Manner,
    plan: Plan,
    ending: Ending,
    over: watch::Receiver<bool>,
    sent: u32,
    passed: Duration,
    garbage: Option<Garbage>,
}

/// Says who ended it: the customer, if it is dropped before the vendor is done.
struct Ending {
    log: ConnectionLog,
    by: Side,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.log.add(VendorEvent::Closed { code: None, by: self.by });
    }
}

/// What comes next, and what is left: nothing, after the last.
type Step = Option<(Result<Bytes, io::Error>, Option<Flow>)>;

impl Flow {
    pub(super) fn new(
        pieces: VecDeque<Piece>,
        manner: Manner,
        plan: Plan,
        log: ConnectionLog,
        over: watch::Receiver<bool>,
    ) -> Flow {
        let ending = Ending { log, by: Side::Customer };
        let (sent, passed, garbage) = (0, Duration::ZERO, None);
        Flow { pieces, manner, plan, ending, over, sent, passed, garbage }
    }

    /// The body.
    pub(super) fn body(self) -> Body {
        let steps = |flow: Option<Flow>| async { flow?.step().await };
        Body::from_stream(futures_util::stream::unfold(Some(self), steps))
    }

    async fn step(mut self) -> Step {
        let Some(Piece { mut after, bytes, note }) = self.pieces.pop_front() else {
            self.ending.by = Side::Vendor;
            return None;
        };
        self.passed += after;
        let mut due = self.plan.due_after(self.sent);
        due.extend(self.plan.due_at(self.passed));
        for kind in due {
            self.ending.log.add(VendorEvent::Fault { kind });
            if let Some(refusal) = Refusal::of(kind) {
                return self.refused(refusal);
            }
            match kind {
                FaultKind::Late { ms } => after += Duration::from_millis(ms),
                FaultKind::Garbage(garbage) => self.garbage = Some(garbage),
                FaultKind::Die => {
                    tokio::time::sleep(LEAVING).await;
                    return self.broken();
                }
                FaultKind::Stall => {
                    // Also when the vendors are gone.
                    drop(self.over.wait_for(|over| *over).await);
                    return self.broken();
                }
                FaultKind::RefuseKey | FaultKind::RateLimit { .. } | FaultKind::ServerError => {}
            }
        }
        if !after.is_zero() {
            tokio::time::sleep(after).await;
        }
        self.sent += 1;
        let bytes = match self.garbage {
            None => {
                self.ending.log.add(VendorEvent::Sent { text: note });
                bytes
            }
            Some(garbage) => (self.manner.garbage)(garbage),
        };
        Some((Ok(bytes), Some(self)))
    }

    fn refused(mut self, refusal: Refusal) -> Step {
        let Some(bytes) = (self.manner.refusal)(refusal) else {
            return self.broken();
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        self.ending.log.add(VendorEvent::Sent { text });
        self.ending.by = Side::Vendor;
        Some((Ok(bytes), None))
    }

    fn broken(mut self) -> Step {
        self.ending.by = Side::Vendor;
        Some((Err(io::Error::other("cut")), None))
    }
}
