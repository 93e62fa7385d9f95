//! What goes wrong at a vendor on purpose, as data: which vendor, from when, what, and how often.
//!
//! A fault begins when a connection is opened, after so many messages that the vendor has sent on it, or after so long. It strikes
//! `times` connections and is then spent. This module says what is due; `socket` and `openai` commit it.

use super::log::Vendor;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// One fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VendorFault {
    /// At whom.
    pub vendor: Vendor,
    /// From when.
    #[serde(default)]
    pub when: Trigger,
    /// What.
    pub kind: FaultKind,
    /// How many connections it strikes before it is spent; all of them if not given.
    #[serde(default)]
    pub times: Option<u32>,
}

impl VendorFault {
    /// A fault that strikes every connection when it is opened.
    #[must_use]
    pub const fn new(vendor: Vendor, kind: FaultKind) -> VendorFault {
        VendorFault { vendor, when: Trigger::Connect, kind, times: None }
    }

    /// The same from another moment.
    #[must_use]
    pub const fn from(self, when: Trigger) -> VendorFault {
        VendorFault { when, ..self }
    }

    /// The same for so many connections only.
    #[must_use]
    pub const fn times(self, times: u32) -> VendorFault {
        VendorFault { times: Some(times), ..self }
    }
}

/// From when a fault acts on a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// When it is opened: instead of the answer to the handshake or the request.
    #[default]
    Connect,
    /// Once the vendor has sent so many messages on it; 0 is once it is open.
    AfterMessages(u32),
    /// So many milliseconds after it was opened.
    AfterMs(u64),
}

/// What goes wrong. What an HTTP status says at the beginning is said in the vendor's own words later on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The key is refused (401).
    RefuseKey,
    /// Too many requests (429).
    RateLimit {
        /// What `Retry-After` says, in seconds.
        retry_after_s: u32,
    },
    /// The vendor is out of order (503).
    ServerError,
    /// The connection is cut, without a word.
    Die,
    /// Everything is taken and nothing is answered.
    Stall,
    /// What comes is not what the protocol says.
    Garbage(Garbage),
    /// Everything comes so much later.
    Late {
        /// Milliseconds.
        ms: u64,
    },
}

/// What comes in the place of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Garbage {
    /// The beginning of a JSON object.
    InvalidJson,
    /// JSON in which every value has the wrong type.
    WrongTypes,
    /// Bytes, where text is due.
    Binary,
}

impl Garbage {
    /// The text of it; [`Garbage::Binary`] has one for where only text can come.
    pub(super) fn text(self) -> &'static str {
        match self {
            Garbage::InvalidJson => "{\"type\":\"Results\",\"channel\":{\"alternatives\":[{",
            Garbage::WrongTypes => {
                "{\"type\":7,\"channel\":true,\"choices\":\"none\",\"audio\":{\"is\":1},\"isFinal\":\"x\",\"contextId\":[]}"
            }
            Garbage::Binary => "\u{0}\u{1}\u{fffd}\u{2}",
        }
    }
}

/// The faults that are still to come.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults(Arc<Mutex<Vec<VendorFault>>>);

impl Faults {
    pub(super) fn new(faults: Vec<VendorFault>) -> Faults {
        Faults(Arc::new(Mutex::new(faults)))
    }

    /// Puts others in their place; open connections keep what they have.
    pub(super) fn replace(&self, faults: Vec<VendorFault>) {
        // A panic while the lock is held leaves a whole list: it is changed in single steps.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    /// What a new connection will suffer.
    pub(super) fn plan(&self, vendor: Vendor) -> Plan {
        let mut plan = Plan::default();
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for fault in faults.iter_mut().filter(|fault| fault.vendor == vendor) {
            let spent = fault.times == Some(0);
            let second = fault.when == Trigger::Connect && plan.connect.is_some();
            if spent || second {
                continue;
            }
            fault.times = fault.times.map(|times| times - 1);
            match fault.when {
                Trigger::Connect => plan.connect = Some(fault.kind),
                Trigger::AfterMessages(_) | Trigger::AfterMs(_) => {
                    plan.later.push((fault.when, fault.kind));
                }
            }
        }
        plan
    }
}

/// What one connection suffers.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    /// Instead of the answer to the handshake or the request.
    pub(super) connect: Option<FaultKind>,
    later: Vec<(Trigger, FaultKind)>,
}

impl Plan {
    /// Takes out what is due now that the vendor has sent `messages`.
    pub(super) fn due_after(&mut self, messages: u32) -> Vec<FaultKind> {
        self.take(|when| matches!(when, Trigger::AfterMessages(n) if messages >= n))
    }

    /// Takes out what was due when [`Plan::wait`] had passed.
    pub(super) fn due_at(&mut self, waited: Duration) -> Vec<FaultKind> {
        self.take(
            |when| matches!(when, Trigger::AfterMs(ms) if Duration::from_millis(ms) <= waited),
        )
    }

    /// When the next fault by the clock is due, since the connection was opened.
    pub(super) fn wait(&self) -> Option<Duration> {
        let by_clock = self.later.iter().filter_map(|(when, _)| match when {
            Trigger::AfterMs(ms) => Some(Duration::from_millis(*ms)),
            Trigger::Connect | Trigger::AfterMessages(_) => None,
        });
        by_clock.min()
    }

    fn take(&mut self, is_due: impl Fn(Trigger) -> bool) -> Vec<FaultKind> {
        let mut due = Vec::new();
        self.later.retain(|(when, kind)| {
            let now = is_due(*when);
            if now {
                due.push(*kind);
            }
            !now
        });
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_as_often_as_it_says_and_its_own_vendor_only() {
        let limited = FaultKind::RateLimit { retry_after_s: 1 };
        let faults = Faults::new(vec![
            VendorFault::new(Vendor::OpenAi, limited).times(2),
            VendorFault::new(Vendor::OpenAi, FaultKind::ServerError).times(1),
        ]);
        assert_eq!(faults.plan(Vendor::Deepgram).connect, None);
        let answers: Vec<_> = (0..4).map(|_| faults.plan(Vendor::OpenAi).connect).collect();
        assert_eq!(answers, [Some(limited), Some(limited), Some(FaultKind::ServerError), None]);
    }

    #[test]
    fn later_faults_are_due_by_messages_or_by_the_clock() {
        let faults = Faults::new(vec![
            VendorFault::new(Vendor::Deepgram, FaultKind::Die).from(Trigger::AfterMessages(2)),
            VendorFault::new(Vendor::Deepgram, FaultKind::Stall).from(Trigger::AfterMs(300)),
        ]);
        let mut plan = faults.plan(Vendor::Deepgram);
        assert_eq!((plan.due_after(1), plan.due_after(2)), (vec![], vec![FaultKind::Die]));
        assert!(plan.due_after(3).is_empty(), "each is due once");
        let wait = plan.wait().unwrap();
        assert_eq!((wait, plan.due_at(wait)), (Duration::from_millis(300), vec![FaultKind::Stall]));
        assert_eq!(plan.wait(), None);
    }

    #[test]
    fn faults_are_data() {
        let text = r#"{"vendor":"openai","when":{"after_messages":3},"kind":{"garbage":"invalid_json"},"times":1}"#;
        let fault: VendorFault = serde_json::from_str(text).unwrap();
        let expected =
            VendorFault::new(Vendor::OpenAi, FaultKind::Garbage(Garbage::InvalidJson)).times(1);
        assert_eq!(fault, expected.from(Trigger::AfterMessages(3)));
        assert_eq!(serde_json::to_string(&fault).unwrap(), text);
    }
}
