//! Status callbacks of a call, in order, from a task of their own so that a slow application holds nothing up.
//!
//! Source: Twilio, Call resource, "StatusCallback request parameters". Twilio does not promise the order of arrival; this
//! carrier keeps it, and numbers them all the same.

use super::World;
use super::call::Call;
use super::params::{CallParams, Progress};
use super::record::Status;
use super::twiml::Method;
use super::webhook::Params;
use crate::clock::{now, rfc2822};
use crate::log::LogEvent;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Callbacks that may wait: a call makes four, and two for each of its streams.
const WAITING_MAX: usize = 64;

/// A callback to be sent.
pub(super) struct Callback {
    pub(super) url: String,
    pub(super) method: Method,
    pub(super) params: Params,
    pub(super) what: String,
    pub(super) at_ms: u64,
}

/// Where callbacks are handed in.
#[derive(Clone)]
pub(super) struct Hooks(mpsc::Sender<Callback>);

impl Hooks {
    /// Queues a callback; one that finds no room is lost, as a real one may be.
    pub(super) fn send(&self, callback: Callback) {
        drop(self.0.try_send(callback));
    }
}

/// Tells the application how a call comes along, and keeps the call's record in step.
pub(super) struct Progressions {
    call: Arc<Call>,
    hooks: Hooks,
    sender: JoinHandle<()>,
    sequence: u32,
}

impl Progressions {
    pub(super) fn new(call: &Arc<Call>, world: &Arc<World>) -> Progressions {
        let (hooks, mut waiting) = mpsc::channel::<Callback>(WAITING_MAX);
        let webhooks = world.webhooks.clone();
        let log = call.log.clone();
        let sender = tokio::spawn(async move {
            while let Some(Callback { url, method, params, what, at_ms }) = waiting.recv().await {
                let accepted = webhooks.call(&url, method, &params).await.is_ok();
                log.add(at_ms, LogEvent::CallbackSent { what, accepted });
            }
        });
        Progressions { call: Arc::clone(call), hooks: Hooks(hooks), sender, sequence: 0 }
    }

    pub(super) fn hooks(&self) -> Hooks {
        self.hooks.clone()
    }

    /// Moves the call to a status and tells the application if it asked for this event.
    pub(super) fn tell(&mut self, event: Progress, status: Status, duration_s: Option<u64>) {
        let params = {
            let mut record = self.call.record();
            record.set(status, duration_s);
            let mut params = common(&record.account, &self.call, status);
            if status.is_over() {
                let seconds = record.duration_s.unwrap_or(0);
                params.push(("CallDuration", seconds.to_string()));
                params.push(("SipResponseCode", status.sip_response_code().to_string()));
                if status == Status::Completed {
                    params.push(("Duration", seconds.div_ceil(60).to_string()));
                }
            }
            params
        };
        let call = &self.call;
        let Some((url, method)) = call.params.status_callback.clone() else {
            return;
        };
        if !call.params.events.contains(&event) {
            return;
        }
        let mut params = params;
        params.push(("CallbackSource", "call-progress-events".to_owned()));
        params.push(("SequenceNumber", self.sequence.to_string()));
        params.push(("Timestamp", rfc2822(now())));
        self.sequence += 1;
        let at_ms = call.log.latest_ms();
        let what = status.name().to_owned();
        self.hooks.send(Callback { url, method, params, what, at_ms });
    }

    /// Waits until every callback has been sent.
    pub(super) async fn finish(self) {
        drop(self.hooks);
        // The sender ends when its queue does; it has nothing to say.
        drop(self.sender.await);
    }
}

/// The parameters of every request about a call.
pub(super) fn common(account: &str, call: &Call, status: Status) -> Params {
    let CallParams { to, from, .. } = &call.params;
    vec![
        ("CallSid", call.sid.clone()),
        ("AccountSid", account.to_owned()),
        ("From", from.clone()),
        ("To", to.clone()),
        ("Caller", from.clone()),
        ("Called", to.clone()),
        ("CallStatus", status.name().to_owned()),
        ("ApiVersion", "2010-04-01".to_owned()),
        ("Direction", "outbound-api".to_owned()),
    ]
}
