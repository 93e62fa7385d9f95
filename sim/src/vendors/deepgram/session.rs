//! One listening session: audio in, results out, on the clock of the audio itself.
//!
//! A result covers a *span* of audio from the end of the last final one. Interim results of a span replace each other; a final one
//! closes it: at the end of speech, when the customer asks for it, or after five seconds. It reads no clock but for the ten seconds
//! of neither audio nor `KeepAlive` after which it is closed.

use super::message::{self, About, Span};
use super::query::Query;
use crate::vendors::World;
use crate::vendors::book::{HeardWord, Hearing};
use crate::vendors::draw::Delays;
use crate::vendors::http::{Connection, Refusal};
use crate::vendors::socket::{Incoming, Outbox, Session, TICK};
use callwright_media::g711;
use callwright_media::vad::level_dbov;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;

/// Loudness is judged on 10 ms.
const GRAIN: usize = 80;
const SOUND_DBOV: f32 = -50.0;
/// Sound this long is speech, as far as a detector of voices by level knows: 30 ms.
const ONSET: u64 = 240;
/// Interim results come every second of audio.
const INTERIM: u64 = 8_000;
/// A span is closed after five seconds, whatever is going on.
const SPAN_MAX: u64 = 40_000;
/// Less audio than this since the last final result, and a `Finalize` has nothing to flush: 100 ms.
const FLUSH_MIN: u64 = 800;
/// How often it is looked whether an utterance has ended: every 100 ms of audio.
const LOOK: u64 = 800;
/// Without endpointing, silence after which the next sound is a new beginning of speech: one second.
const RESTART: u64 = 8_000;

/// The session.
pub(super) struct Listener {
    query: Query,
    about: About,
    hearing: Hearing,
    digest: Sha256,
    delays: Delays,
    idle_max: Duration,
    idle: Duration,
    /// Bytes that do not fill a grain yet.
    pending: Vec<u8>,
    /// Samples whose loudness was judged.
    judged: u64,
    speaking: bool,
    loud: u64,
    quiet: u64,
    span_start: u64,
    span_sound: bool,
    interim_at: u64,
    /// The middle of the last word that a final result gave.
    told: u64,
    /// The end of the last word of the utterance, until its end was announced.
    last_word_end: Option<u64>,
    closed: bool,
}

impl Listener {
    pub(super) fn new(world: &World, query: Query, connection: &Connection) -> Listener {
        let about = About::new(&connection.request_id, world.model_id(), &query);
        let config = &world.config.deepgram;
        Listener {
            query,
            about,
            hearing: Hearing::new(Arc::clone(&world.book)),
            digest: Sha256::new(),
            delays: config.results.of_session(connection.log.connection),
            idle_max: Duration::from_millis(config.idle_ms),
            idle: Duration::ZERO,
            pending: Vec::with_capacity(GRAIN),
            judged: 0,
            speaking: false,
            loud: 0,
            quiet: 0,
            span_start: 0,
            span_sound: false,
            interim_at: 0,
            told: 0,
            last_word_end: None,
            closed: false,
        }
    }

    fn audio(&mut self, mulaw: &[u8], out: &mut Outbox) {
        self.idle = Duration::ZERO;
        self.digest.update(mulaw);
        let mut rest = mulaw;
        while !rest.is_empty() {
            let take = (GRAIN - self.pending.len()).min(rest.len());
            let (now, later) = rest.split_at(take);
            rest = later;
            self.hearing.push(now);
            self.pending.extend_from_slice(now);
            if self.pending.len() == GRAIN {
                let samples: Vec<i16> = self.pending.iter().map(|&c| g711::decode(c)).collect();
                self.pending.clear();
                self.grain(level_dbov(&samples) > SOUND_DBOV, out);
            }
        }
    }

    /// 10 ms of audio.
    fn grain(&mut self, sound: bool, out: &mut Outbox) {
        let grain = GRAIN as u64;
        self.judged += grain;
        if sound {
            self.loud += grain;
            self.quiet = 0;
            self.span_sound = true;
        } else {
            self.quiet += grain;
            self.loud = 0;
        }
        if !self.speaking && self.loud >= ONSET {
            self.speaking = true;
            if self.query.speech_events {
                self.send(&message::speech_started(self.judged - self.loud), out);
            }
        }
        let endpoint = self.query.endpointing.map(samples);
        if self.speaking && self.quiet >= endpoint.unwrap_or(RESTART).max(grain) {
            self.speaking = false;
            if endpoint.is_some() {
                self.finish_span(true, false, out);
            }
        }
        if self.judged - self.span_start >= SPAN_MAX {
            self.finish_span(false, false, out);
        }
        if self.query.interim && self.span_sound && self.judged - self.interim_at >= INTERIM {
            self.interim_at = self.judged;
            let span = self.span(false, false, false);
            let words = self.untold(span.end);
            self.send(&message::results(&self.about, span, &words), out);
        }
        if let Some(wait) = self.query.utterance_end.map(samples)
            && self.quiet >= wait
            && self.judged.is_multiple_of(LOOK)
        {
            self.end_utterance(wait, out);
        }
    }

    /// The words that no final result gave yet, up to that position.
    fn untold(&self, end: u64) -> Vec<HeardWord> {
        let words = self.hearing.words().into_iter();
        words.filter(|word| word.middle() > self.told && word.middle() <= end).collect()
    }

    fn span(&self, is_final: bool, speech_final: bool, from_finalize: bool) -> Span {
        let end = self.hearing.position();
        Span { start: self.span_start, end, is_final, speech_final, from_finalize }
    }

    fn finish_span(&mut self, speech_final: bool, from_finalize: bool, out: &mut Outbox) {
        let span = self.span(true, speech_final, from_finalize);
        let words = self.untold(span.end);
        if let Some(last) = words.last() {
            self.told = last.middle();
            self.last_word_end = Some(last.end);
        }
        self.send(&message::results(&self.about, span, &words), out);
        self.hearing.forget_before(self.span_start);
        self.span_start = span.end;
        self.interim_at = span.end;
        self.span_sound = false;
    }

    /// Announces the end of an utterance once, when its last word is far enough back.
    fn end_utterance(&mut self, wait: u64, out: &mut Outbox) {
        let untold = self.untold(self.judged);
        let last = untold.last().map(|word| word.end).or(self.last_word_end);
        let Some(last) = last.filter(|end| self.judged >= end + wait) else {
            return;
        };
        if !untold.is_empty() {
            // Without endpointing the words are still open: the utterance's end does not close them twice.
            self.finish_span(false, false, out);
        }
        self.last_word_end = None;
        self.send(&message::utterance_end(last), out);
    }

    fn command(&mut self, text: &str, out: &mut Outbox) {
        let parsed: Result<Value, _> = serde_json::from_str(text);
        let Ok(command) = parsed else {
            let description = "Could not deserialize last text message.";
            return self.fail("UnparsableClientMessage", description, out);
        };
        match command["type"].as_str() {
            Some("KeepAlive") => self.idle = Duration::ZERO,
            Some("Finalize") => {
                if self.hearing.position() - self.span_start >= FLUSH_MIN {
                    let speech_final = self.speaking;
                    self.speaking = false;
                    self.finish_span(speech_final, true, out);
                }
            }
            Some("CloseStream") => self.finish(out),
            Some("Configure") => self.configure(&command, out),
            Some(_) | None => {
                self.fail("UnparsableClientMessage", "Unknown message type.", out);
            }
        }
    }

    /// New key terms, which only the third generation takes; they help nothing here.
    fn configure(&mut self, command: &Value, out: &mut Outbox) {
        let terms = command["keyterms"].as_array();
        let Some(terms) = terms.filter(|terms| terms.iter().all(Value::is_string)) else {
            return self.fail("UnparsableClientMessage", "keyterms must be a list of texts.", out);
        };
        let answer = if self.query.model.starts_with("nova-3") {
            message::configured(&self.about, terms)
        } else {
            message::not_configured(&self.about)
        };
        self.send(&answer, out);
    }

    /// The rest, what the whole was, and good-bye.
    fn finish(&mut self, out: &mut Outbox) {
        if self.hearing.position() > self.span_start {
            let speech_final = self.speaking;
            self.finish_span(speech_final, false, out);
        }
        let digest: String = self.digest.clone().finalize().iter().map(hex).collect();
        self.send(&message::metadata(&self.about, &digest, self.hearing.position()), out);
        self.close(1_000, "", out);
    }

    fn fail(&mut self, variant: &str, description: &str, out: &mut Outbox) {
        self.send(&message::error(variant, description), out);
        self.close(1_008, "DATA-0000", out);
    }

    fn send(&mut self, message: &Value, out: &mut Outbox) {
        out.send(self.delays.next(), message);
    }

    fn close(&mut self, code: u16, reason: &'static str, out: &mut Outbox) {
        self.closed = true;
        out.close(code, reason);
    }
}

impl Session for Listener {
    async fn receive(&mut self, incoming: Incoming, out: &mut Outbox) {
        if self.closed {
            return;
        }
        match incoming {
            // The way to close before `CloseStream` there was.
            Incoming::Binary(bytes) if bytes.is_empty() => self.finish(out),
            Incoming::Binary(bytes) => self.audio(&bytes, out),
            Incoming::Text(text) => self.command(&text, out),
        }
    }

    fn tick(&mut self, out: &mut Outbox) {
        self.idle += TICK;
        if !self.closed && self.idle >= self.idle_max {
            self.close(1_011, "NET-0001", out);
        }
    }

    fn refuse(&mut self, refusal: Refusal, out: &mut Outbox) {
        let (variant, description) = match refusal {
            Refusal::Key => ("INVALID_AUTH", "Invalid credentials."),
            Refusal::RateLimited { .. } => ("TOO_MANY_REQUESTS", "Too many requests."),
            Refusal::Unavailable => ("INTERNAL_SERVER_ERROR", "An internal error occurred."),
        };
        self.send(&message::error(variant, description), out);
        match refusal {
            Refusal::Key | Refusal::RateLimited { .. } => self.close(1_008, "DATA-0000", out),
            Refusal::Unavailable => self.close(1_011, "NET-0000", out),
        }
    }
}

fn samples(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).saturating_mul(8)
}

fn hex(byte: &u8) -> String {
    format!("{byte:02x}")
}
