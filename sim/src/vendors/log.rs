//! The vendors' own evidence: every request and message as it came over the wire, with its time and its vendor.
//!
//! It is there so that a test can look for what must never leave the house: bodies and texts are kept to the letter, whatever the
//! sender says about them; of audio only the length. Keys in headers are masked. It is bounded in entries and bytes; what no longer
//! fits is counted, and [`VendorLog::is_whole`] says whether anything was. It is never written to the process's own log.

use super::fault::FaultKind;
use crate::clock;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The most entries. A ten-minute call makes about 3 000.
pub(super) const ENTRIES_MAX: usize = 50_000;
/// The most bytes of text in all entries.
pub(super) const BYTES_MAX: usize = 32 << 20;

/// A simulated vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Vendor {
    /// Speech to text.
    Deepgram,
    /// Language model.
    OpenAi,
    /// Text to speech.
    ElevenLabs,
}

/// Who closed a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The vendor.
    Vendor,
    /// Its customer.
    Customer,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VendorEntry {
    /// Milliseconds since the vendors were started.
    pub at_ms: u64,
    /// Whose.
    pub vendor: Vendor,
    /// The connection or request, counted from 0 over all vendors.
    pub connection: u64,
    /// What.
    #[serde(flatten)]
    pub event: VendorEvent,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum VendorEvent {
    /// A request or a handshake came.
    Request {
        /// Its method.
        method: String,
        /// Its path and query, as they were sent.
        target: String,
        /// Its headers; the values that hold a key are masked.
        headers: Vec<(String, String)>,
    },
    /// The body of a request.
    Body {
        /// To the letter.
        text: String,
    },
    /// A text message came.
    Received {
        /// To the letter.
        text: String,
    },
    /// Audio came: adjacent messages are one entry.
    Audio {
        /// So many bytes.
        bytes: u64,
    },
    /// An answer by HTTP.
    Answered {
        /// Its status.
        status: u16,
    },
    /// A message was sent.
    Sent {
        /// The text, with audio cut out of it.
        text: String,
    },
    /// A fault was committed.
    Fault {
        /// Which.
        kind: FaultKind,
    },
    /// A connection is over.
    Closed {
        /// The code, where one was given.
        code: Option<u16>,
        /// Who closed it.
        by: Side,
    },
}

impl VendorEvent {
    /// Everything in this entry that a customer sent, besides audio.
    #[must_use]
    pub fn sent_by_customer(&self) -> Vec<&str> {
        match self {
            VendorEvent::Request { target, headers, .. } => {
                let headers = headers.iter().map(|(_, value)| value.as_str());
                std::iter::once(target.as_str()).chain(headers).collect()
            }
            VendorEvent::Body { text } | VendorEvent::Received { text } => vec![text],
            VendorEvent::Audio { .. }
            | VendorEvent::Answered { .. }
            | VendorEvent::Sent { .. }
            | VendorEvent::Fault { .. }
            | VendorEvent::Closed { .. } => Vec::new(),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            VendorEvent::Request { target, headers, .. } => {
                target.len() + headers.iter().map(|(name, v)| name.len() + v.len()).sum::<usize>()
            }
            VendorEvent::Body { text }
            | VendorEvent::Received { text }
            | VendorEvent::Sent { text } => text.len(),
            VendorEvent::Audio { .. }
            | VendorEvent::Answered { .. }
            | VendorEvent::Fault { .. }
            | VendorEvent::Closed { .. } => 0,
        }
    }
}

/// The evidence up to some moment.
#[derive(Clone, Debug, Default)]
pub struct VendorLog {
    /// The entries in order.
    pub entries: Vec<VendorEntry>,
    /// Entries beyond the bounds.
    pub dropped: u64,
}

impl VendorLog {
    /// Whether every entry was kept. A scan of a log that is not whole proves nothing.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.dropped == 0
    }

    /// The entries of one vendor.
    pub fn of(&self, vendor: Vendor) -> impl Iterator<Item = &VendorEntry> {
        self.entries.iter().filter(move |entry| entry.vendor == vendor)
    }

    /// Whether there is an entry of that vendor that satisfies `wanted`.
    pub fn has(&self, vendor: Vendor, wanted: impl Fn(&VendorEvent) -> bool) -> bool {
        self.of(vendor).any(|entry| wanted(&entry.event))
    }

    /// One JSON object a line.
    #[must_use]
    pub fn to_jsonl(&self) -> String {
        let mut text = String::new();
        for entry in &self.entries {
            // Every entry is made of strings, numbers and closed enums, so it always serialises.
            if let Ok(line) = serde_json::to_string(entry) {
                text.push_str(&line);
                text.push('\n');
            }
        }
        text
    }
}

#[derive(Debug)]
struct Kept {
    log: VendorLog,
    bytes: usize,
    connections: u64,
}

/// Where running vendors write their evidence. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct LogBook {
    kept: Arc<Mutex<Kept>>,
    changed: watch::Sender<u64>,
    began: Timestamp,
}

impl LogBook {
    pub(super) fn new() -> LogBook {
        let kept = Kept { log: VendorLog::default(), bytes: 0, connections: 0 };
        let kept = Arc::new(Mutex::new(kept));
        LogBook { kept, changed: watch::Sender::new(0), began: clock::now() }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // A panic while the lock is held leaves a whole log: entries are pushed in one step.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The log of a new connection.
    pub(super) fn connection(&self, vendor: Vendor) -> ConnectionLog {
        let mut kept = self.lock();
        let connection = kept.connections;
        kept.connections += 1;
        ConnectionLog { book: self.clone(), vendor, connection }
    }

    fn add(&self, vendor: Vendor, connection: u64, event: VendorEvent) {
        let at_ms = clock::ms_since(self.began);
        {
            let mut kept = self.lock();
            let more = if let VendorEvent::Audio { bytes } = event { bytes } else { 0 };
            if more > 0
                && let Some(last) = kept.log.entries.last_mut()
                && (last.vendor, last.connection) == (vendor, connection)
                && let VendorEvent::Audio { bytes } = &mut last.event
            {
                *bytes += more;
            } else {
                let size = event.bytes();
                if kept.log.entries.len() < ENTRIES_MAX && kept.bytes + size <= BYTES_MAX {
                    kept.bytes += size;
                    kept.log.entries.push(VendorEntry { at_ms, vendor, connection, event });
                } else {
                    kept.log.dropped += 1;
                }
            }
        }
        self.changed.send_modify(|changes| *changes += 1);
    }

    pub(super) fn snapshot(&self) -> VendorLog {
        self.lock().log.clone()
    }

    /// Waits until the log satisfies `wanted`.
    pub(super) async fn wait_for(&self, wanted: impl Fn(&[VendorEntry]) -> bool) {
        let mut changes = self.changed.subscribe();
        loop {
            changes.borrow_and_update();
            if wanted(&self.lock().log.entries) {
                return;
            }
            // The sender lives as long as `self`.
            if changes.changed().await.is_err() {
                return;
            }
        }
    }
}

/// The log of one connection.
#[derive(Clone, Debug)]
pub(super) struct ConnectionLog {
    book: LogBook,
    vendor: Vendor,
    pub(super) connection: u64,
}

impl ConnectionLog {
    pub(super) fn add(&self, event: VendorEvent) {
        self.book.add(self.vendor, self.connection, event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adjacent_audio_is_one_entry_and_lines_are_json() {
        let book = LogBook::new();
        let (one, two) = (book.connection(Vendor::Deepgram), book.connection(Vendor::OpenAi));
        for _ in 0..3 {
            one.add(VendorEvent::Audio { bytes: 160 });
        }
        two.add(VendorEvent::Body { text: "{\"a\":1}".into() });
        one.add(VendorEvent::Audio { bytes: 160 });
        let mut log = book.snapshot();
        let audio: Vec<_> = log.of(Vendor::Deepgram).map(|entry| entry.event.clone()).collect();
        assert_eq!(audio, [VendorEvent::Audio { bytes: 480 }, VendorEvent::Audio { bytes: 160 }]);
        for entry in &mut log.entries {
            entry.at_ms = 5;
        }
        let body =
            r#"{"at_ms":5,"vendor":"openai","connection":1,"event":"body","text":"{\"a\":1}"}"#;
        assert_eq!(log.to_jsonl().lines().nth(1), Some(body));
    }

    #[test]
    fn the_log_is_bounded_by_bytes_and_says_so() {
        let book = LogBook::new();
        let log = book.connection(Vendor::ElevenLabs);
        let text = "x".repeat(BYTES_MAX / 2);
        for _ in 0..3 {
            log.add(VendorEvent::Received { text: text.clone() });
        }
        let log = book.snapshot();
        assert_eq!((log.entries.len(), log.dropped, log.is_whole()), (2, 1, false));
    }
}
