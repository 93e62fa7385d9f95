//! The carrier's own evidence of a call: an append-only log, and the audio both ways as it was really played.
//!
//! Times are milliseconds of line time since the answer (one tick is 20 ms of audio); what happens before the answer is at 0.
//! Nothing of it goes to the process's own log, since it holds what was said and keyed.
//! It says nothing about what the caller believes, and it is bounded: past the bound entries are counted, not kept.

use crate::payer::engine::PayerEvent;
use crate::payer::faults::Injected;
use callwright_media::g711;
use serde::Serialize;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The most entries of one call. A two-minute call makes about three hundred.
pub const ENTRIES_MAX: usize = 20_000;

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogEntry {
    /// Its place, from 0 without gaps.
    pub seq: u64,
    /// Milliseconds since the answer.
    pub at_ms: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: LogEvent,
}

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The far end.
    FarEnd,
    /// The calling application, through REST, TwiML or its socket.
    Application,
    /// The carrier: a limit, an error or the end of the TwiML.
    Carrier,
}

/// Why a mark came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EchoReason {
    /// Everything queued before it had been played.
    Played,
    /// Nothing was queued.
    NothingQueued,
    /// A `clear` threw away what was queued before it.
    Cleared,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum LogEvent {
    /// The call was made by REST.
    Created {
        /// The scenario that answers.
        scenario: String,
    },
    /// The far end's telephone rings.
    Ringing,
    /// The far end answered.
    Answered,
    /// The call is over.
    Ended {
        /// The call's last status.
        status: String,
        /// Who ended it.
        by: Party,
    },
    /// TwiML was got from the application.
    TwimlFetched {
        /// How many verbs it has.
        verbs: usize,
    },
    /// A verb was begun.
    Verb {
        /// Its name.
        verb: String,
    },
    /// A media stream is up.
    StreamStarted {
        /// Its id.
        stream: String,
    },
    /// A media stream is down.
    StreamStopped {
        /// Its id.
        stream: String,
        /// Who ended it.
        by: Party,
    },
    /// The caller's audio, as played to the far end: one stretch without longer pauses.
    NearSegment {
        /// Its first sample.
        start_ms: u64,
        /// The end of its last frame.
        end_ms: u64,
    },
    /// A mark was put into the playout queue.
    MarkQueued {
        /// Its name.
        name: String,
        /// How much audio was queued before it.
        behind_ms: u64,
    },
    /// A mark was due to come back.
    MarkEchoed {
        /// Its name.
        name: String,
        /// Why.
        reason: EchoReason,
    },
    /// The playout queue was emptied.
    Cleared {
        /// How much audio was thrown away.
        discarded_ms: u64,
    },
    /// Audio was thrown away because more was queued than the carrier holds.
    PlayoutOverflow {
        /// How much.
        discarded_ms: u64,
    },
    /// The application reads its socket too slowly: a message was thrown away (31930).
    StreamOverflow,
    /// The far end heard a key.
    KeyDetected {
        /// The key.
        key: char,
    },
    /// The far end began to say something.
    PromptStarted {
        /// The step.
        step: String,
        /// The words.
        text: String,
    },
    /// The far end said it to the end.
    PromptEnded {
        /// The step.
        step: String,
    },
    /// The far end stopped half-way.
    PromptCut {
        /// The step.
        step: String,
    },
    /// Hold music began.
    MusicStarted,
    /// Hold music ended.
    MusicEnded,
    /// Something else at the far end.
    Payer {
        /// What.
        #[serde(flatten)]
        what: PayerEvent,
    },
    /// The far end's recogniser failed; it hears nothing from here on.
    EarFailed,
    /// A frame that does not belong was sent into the stream.
    Injected {
        /// Which.
        what: Injected,
    },
    /// A second stream with the first one's parameters was tried.
    SecondStream {
        /// Whether the application took it.
        accepted: bool,
    },
    /// A callback was sent.
    CallbackSent {
        /// Its status or stream event.
        what: String,
        /// Whether the application answered with 2xx.
        accepted: bool,
    },
    /// Something the application did wrong, by Twilio's number for it.
    Error {
        /// The number, such as 31951.
        code: u32,
        /// What was wrong.
        message: String,
    },
}

/// A call's evidence up to some moment.
#[derive(Clone, Debug, Default)]
pub struct CallLog {
    /// The entries in order.
    pub entries: Vec<LogEntry>,
    /// Entries beyond the bound.
    pub dropped: u64,
    /// The caller's audio as played to the far end since the answer: mu-law, 8 kHz, silence included. Empty if not kept.
    pub near: Vec<u8>,
    /// The far end's audio since the answer, likewise.
    pub far: Vec<u8>,
}

impl CallLog {
    /// When the first entry that satisfies `wanted` was made.
    pub fn first_ms(&self, wanted: impl Fn(&LogEvent) -> bool) -> Option<u64> {
        self.entries.iter().find(|entry| wanted(&entry.event)).map(|entry| entry.at_ms)
    }

    /// Whether there is an entry that satisfies `wanted`.
    pub fn has(&self, wanted: impl Fn(&LogEvent) -> bool) -> bool {
        self.entries.iter().any(|entry| wanted(&entry.event))
    }

    /// The stretches of the caller's audio that have ended, as (start, end) in milliseconds since the answer.
    #[must_use]
    pub fn near_segments(&self) -> Vec<(u64, u64)> {
        let mut segments = Vec::new();
        for entry in &self.entries {
            if let LogEvent::NearSegment { start_ms, end_ms } = entry.event {
                segments.push((start_ms, end_ms));
            }
        }
        segments
    }

    /// The caller's audio between two moments, as 16-bit samples; as much of it as there is.
    #[must_use]
    pub fn near_between(&self, from_ms: u64, to_ms: u64) -> Vec<i16> {
        let at = |ms: u64| usize::try_from(ms * 8).unwrap_or(usize::MAX).min(self.near.len());
        let (from, to) = (at(from_ms), at(to_ms));
        self.near[from..to.max(from)].iter().map(|&code| g711::decode(code)).collect()
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

    /// Writes `carrier.jsonl`, `near.wav` and `far.wav` into a folder.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        std::fs::write(folder.join("carrier.jsonl"), self.to_jsonl())?;
        write_wav(&folder.join("near.wav"), &self.near)?;
        write_wav(&folder.join("far.wav"), &self.far)
    }
}

fn write_wav(path: &Path, mulaw: &[u8]) -> io::Result<()> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).map_err(io::Error::other)?;
    for &code in mulaw {
        writer.write_sample(g711::decode(code)).map_err(io::Error::other)?;
    }
    writer.finalize().map_err(io::Error::other)
}

/// Where a running call writes its evidence. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct LogBook {
    log: Arc<Mutex<CallLog>>,
    changed: watch::Sender<u64>,
    keeps_audio: bool,
}

impl LogBook {
    pub(crate) fn new(keeps_audio: bool) -> LogBook {
        let log = Arc::new(Mutex::new(CallLog::default()));
        LogBook { log, changed: watch::Sender::new(0), keeps_audio }
    }

    fn lock(&self) -> MutexGuard<'_, CallLog> {
        // A panic while the lock is held leaves a whole log: entries are pushed in one step.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, at_ms: u64, event: LogEvent) {
        let seq = {
            let mut log = self.lock();
            let seq = log.entries.len() as u64;
            if log.entries.len() < ENTRIES_MAX {
                log.entries.push(LogEntry { seq, at_ms, event });
            } else {
                log.dropped += 1;
            }
            seq
        };
        self.changed.send_replace(seq + 1);
    }

    pub(crate) fn audio(&self, near: &[u8], far: &[u8]) {
        if self.keeps_audio {
            let mut log = self.lock();
            log.near.extend_from_slice(near);
            log.far.extend_from_slice(far);
        }
    }

    /// The moment of the latest entry.
    pub(crate) fn latest_ms(&self) -> u64 {
        self.lock().entries.last().map_or(0, |entry| entry.at_ms)
    }

    pub(crate) fn snapshot(&self) -> CallLog {
        self.lock().clone()
    }

    /// Waits until the log satisfies `wanted`; false if the call ended without.
    pub(crate) async fn wait_for(&self, wanted: impl Fn(&[LogEntry]) -> bool) -> bool {
        let mut changes = self.changed.subscribe();
        loop {
            changes.borrow_and_update();
            let (done, over) = {
                let log = self.lock();
                let is_end = |entry: &LogEntry| matches!(entry.event, LogEvent::Ended { .. });
                (wanted(&log.entries), log.entries.iter().any(is_end))
            };
            if done || over {
                return done;
            }
            if changes.changed().await.is_err() {
                return false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_become_lines_of_json() {
        let book = LogBook::new(true);
        book.add(0, LogEvent::Answered);
        let what = PayerEvent::Told { topic: "plan".into() };
        book.add(40, LogEvent::Payer { what });
        let text = book.snapshot().to_jsonl();
        let expected = "{\"seq\":0,\"at_ms\":0,\"event\":\"answered\"}\n\
            {\"seq\":1,\"at_ms\":40,\"event\":\"payer\",\"what\":\"told\",\"topic\":\"plan\"}\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn the_log_is_bounded() {
        let book = LogBook::new(false);
        for _ in 0..ENTRIES_MAX + 3 {
            book.add(0, LogEvent::Ringing);
        }
        let log = book.snapshot();
        assert_eq!((log.entries.len(), log.dropped), (ENTRIES_MAX, 3));
    }

    #[test]
    fn evidence_can_be_written_to_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let book = LogBook::new(true);
        book.audio(&[0x00; 160], &[0xFF; 160]);
        book.add(20, LogEvent::Answered);
        book.snapshot().write(folder.path()).unwrap();
        let mut wav = hound::WavReader::open(folder.path().join("near.wav")).unwrap();
        assert_eq!(wav.samples::<i16>().map(Result::unwrap).collect::<Vec<_>>(), [-32_124; 160]);
    }
}
