//! An answered call: runs the TwiML's verbs over the far end's line, tick by tick.
//!
//! Pure of waiting: fetching and connecting happen in tasks that report to the call's inbox.

use super::World;
use super::call::{Call, Command, Happening, Wire};
use super::params::TwimlSource;
use super::playout::PlayoutQueue;
use super::progress::{Callback, Hooks, common};
use super::record::Status;
use super::socket::{self, Socket};
use super::stream::Stream;
use super::twiml::{self, StreamVerb, Verb};
use super::webhook::WebhookError;
use super::wire::{self, Refused, StreamIds};
use crate::clock;
use crate::line::{Keys, Line, TICK_MS};
use crate::log::{LogEvent, Party};
use callwright_media::{Frame, g711};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::mpsc;

/// The most documents a call may fetch: a `Redirect` to itself must end.
const FETCHES_MAX: u32 = 50;

/// See the module.
pub(super) struct Live<'c> {
    call: &'c Arc<Call>,
    world: &'c Arc<World>,
    hooks: Hooks,
    line: Line,
    verbs: VecDeque<Verb>,
    doing: Doing,
    epoch: u64,
    fetches: u32,
    replayed: bool,
    ended: Option<Party>,
}

enum Doing {
    Fetching,
    Connecting(StreamVerb),
    Streaming(Box<Stream>, StreamVerb),
    Keying(PlayoutQueue),
    Pausing { left_ms: u64 },
}

impl<'c> Live<'c> {
    pub(super) fn new(call: &'c Arc<Call>, world: &'c Arc<World>, hooks: Hooks) -> Live<'c> {
        let bank = Arc::clone(&world.bank);
        let line = Line::answer(&call.scenario, bank, &world.speech, call.log.clone(), call.nth);
        Live {
            call,
            world,
            hooks,
            line,
            verbs: VecDeque::new(),
            doing: Doing::Fetching,
            epoch: 0,
            fetches: 0,
            replayed: false,
            ended: None,
        }
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.line.now_ms()
    }

    pub(super) fn ended(&self) -> Option<Party> {
        self.ended
    }

    pub(super) fn end(&mut self, by: Party) {
        self.ended.get_or_insert(by);
    }

    /// Begins: `SendDigits` first, then the TwiML.
    pub(super) fn answer(&mut self) {
        match self.call.params.send_digits.clone() {
            Some(digits) => {
                // The verb that follows the keys fetches the call's own TwiML.
                self.doing = Doing::Keying(PlayoutQueue::of_keys(&digits));
            }
            None => self.fetch(self.call.params.twiml.clone()),
        }
    }

    /// Stops what is running and writes down what is open.
    pub(super) fn finish(&mut self, by: Party) {
        self.stop_stream(by);
        self.line.finish();
    }

    /// 20 ms pass.
    pub(super) fn tick(&mut self) {
        let now_ms = self.now_ms();
        let limit_s = self.call.params.time_limit_s.unwrap_or(u64::MAX);
        let limit_ms = limit_s.saturating_mul(1_000).min(self.world.limits.call_ms_max);
        if now_ms >= limit_ms {
            self.end(Party::Carrier);
            return;
        }
        let near = self.near(now_ms);
        let streaming = matches!(self.doing, Doing::Streaming(..));
        let lost = streaming && self.call.scenario.faults.stream_tones_lost;
        let tick = self.line.tick(&near, if lost { Keys::Lost } else { Keys::Arrive });
        if let Doing::Streaming(stream, _) = &mut self.doing {
            stream.far(now_ms, &tick.far);
        }
        self.replay_if_due(now_ms);
        if tick.hung_up {
            self.end(Party::FarEnd);
        }
    }

    /// The caller's next frame, from whatever plays to the far end now.
    fn near(&mut self, now_ms: u64) -> Frame {
        let silence = [g711::SILENCE; callwright_media::FRAME];
        match &mut self.doing {
            Doing::Streaming(stream, _) => stream.near(now_ms),
            Doing::Keying(queue) if queue.queued_ms() > 0 => queue.next_frame().0,
            Doing::Pausing { left_ms } if *left_ms > TICK_MS => {
                *left_ms -= TICK_MS;
                silence
            }
            Doing::Keying(_) | Doing::Pausing { .. } => {
                self.next_verb();
                silence
            }
            Doing::Fetching | Doing::Connecting(_) => silence,
        }
    }

    /// Takes what has reached the call.
    pub(super) fn take(&mut self, happening: Happening) {
        match happening {
            Happening::Command(Command::Complete | Command::Cancel) => {
                self.end(Party::Application);
            }
            Happening::Command(Command::ShutDown) => self.end(Party::Carrier),
            Happening::Command(Command::Redirect(source)) => {
                self.stop_stream(Party::Application);
                self.verbs.clear();
                self.fetch(source);
            }
            Happening::Fetched { epoch, twiml } if epoch == self.epoch => self.fetched(twiml),
            Happening::Connected { epoch, socket } if epoch == self.epoch => match *socket {
                Ok(socket) => self.connected(socket),
                Err(error) => {
                    self.stream_event("stream-error", &error.to_string());
                    self.error(31_920, error.to_string());
                    self.next_verb();
                }
            },
            Happening::Wire { epoch, wire } if epoch == self.epoch => self.wire(wire),
            Happening::Fetched { .. } | Happening::Connected { .. } | Happening::Wire { .. } => {}
        }
    }

    fn fetch(&mut self, source: TwimlSource) {
        self.epoch += 1;
        self.doing = Doing::Fetching;
        self.fetches += 1;
        if self.fetches > FETCHES_MAX {
            self.error(12_100, format!("more than {FETCHES_MAX} documents in one call"));
            self.end(Party::Carrier);
            return;
        }
        let (url, method, fallback) = match source {
            TwimlSource::Inline(twiml) => {
                self.fetched(Ok(twiml));
                return;
            }
            TwimlSource::Url { url, method, fallback } => (url, method, fallback),
        };
        let params = common(&self.world.account, self.call, Status::InProgress);
        let webhooks = self.world.webhooks.clone();
        let inbox = self.call.inbox.clone();
        let epoch = self.epoch;
        tokio::spawn(async move {
            let mut twiml = webhooks.call(&url, method, &params).await;
            if let (Err(_), Some((url, method))) = (&twiml, fallback) {
                twiml = webhooks.call(&url, method, &params).await;
            }
            // A call that is over has no use for it.
            drop(inbox.send(Happening::Fetched { epoch, twiml }).await);
        });
    }

    fn fetched(&mut self, twiml: Result<String, WebhookError>) {
        let text = match twiml {
            Ok(text) => text,
            Err(error) => {
                self.error(11_200, error.to_string());
                self.end(Party::Carrier);
                return;
            }
        };
        match twiml::parse(&text) {
            Ok(verbs) => {
                self.note(LogEvent::TwimlFetched { verbs: verbs.len() });
                self.verbs = verbs.into();
                self.next_verb();
            }
            Err(error) => {
                self.error(12_100, error.to_string());
                self.end(Party::Carrier);
            }
        }
    }

    /// Begins the next verb that takes time; without one the call ends.
    fn next_verb(&mut self) {
        self.epoch += 1;
        if self.fetches == 0 {
            // After `SendDigits`.
            self.fetch(self.call.params.twiml.clone());
            return;
        }
        loop {
            let Some(verb) = self.verbs.pop_front() else {
                self.end(Party::Carrier);
                return;
            };
            self.note(LogEvent::Verb { verb: verb.name() });
            match verb {
                Verb::PassedOver { .. } => {}
                Verb::Mistaken { code, message } => self.error(code, message),
                Verb::Hangup => {
                    self.end(Party::Application);
                    return;
                }
                Verb::Pause { ms } => {
                    self.doing = Doing::Pausing { left_ms: ms };
                    return;
                }
                Verb::PlayDigits(digits) => {
                    self.doing = Doing::Keying(PlayoutQueue::of_keys(&digits));
                    return;
                }
                Verb::Redirect { url, method } => {
                    self.verbs.clear();
                    self.fetch(TwimlSource::Url { url, method, fallback: None });
                    return;
                }
                Verb::Connect(stream) => {
                    self.connect(stream);
                    return;
                }
            }
        }
    }

    fn connect(&mut self, verb: StreamVerb) {
        let (url, token) = (verb.url.clone(), self.world.token.clone());
        let (inbox, epoch) = (self.call.inbox.clone(), self.epoch);
        self.doing = Doing::Connecting(verb);
        tokio::spawn(async move {
            let socket = Box::new(socket::connect(&url, &token).await);
            // A call that is over drops the socket, which closes it.
            drop(inbox.send(Happening::Connected { epoch, socket }).await);
        });
    }

    fn connected(&mut self, socket: Socket) {
        let Doing::Connecting(verb) = std::mem::replace(&mut self.doing, Doing::Fetching) else {
            return;
        };
        let (outgoing, frames) = mpsc::channel(socket::OUTGOING_MAX);
        socket::carry(socket, frames, self.call.inbox.clone(), self.epoch);
        let stream = Stream::start(
            self.new_ids(),
            &verb.parameters,
            outgoing,
            self.world.limits.queued_audio_bytes(),
            Arc::new(self.call.scenario.faults.clone()),
            self.call.log.clone(),
            self.now_ms(),
        );
        self.doing = Doing::Streaming(Box::new(stream), verb);
        self.stream_event("stream-started", "");
    }

    fn new_ids(&self) -> StreamIds {
        StreamIds {
            account: self.world.account.clone(),
            call: self.call.sid.clone(),
            stream: self.world.new_stream_sid(),
        }
    }

    fn wire(&mut self, wire: Wire) {
        let now_ms = self.now_ms();
        let Doing::Streaming(stream, _) = &mut self.doing else {
            return;
        };
        let refused = match wire {
            Wire::Closed => {
                self.stream_down(Party::Application);
                self.next_verb();
                return;
            }
            Wire::Binary => Refused::Binary,
            Wire::TooLarge => Refused::TooLarge,
            Wire::Text(text) => match wire::read(&text, stream.id()) {
                Ok(incoming) => {
                    stream.take(now_ms, incoming);
                    return;
                }
                Err(refused) => refused,
            },
        };
        self.error(31_951, refused.to_string());
        self.stream_event("stream-error", &refused.to_string());
        self.stop_stream(Party::Carrier);
        self.next_verb();
    }

    /// Ends a running stream from this side: `stop`, then close 1000.
    fn stop_stream(&mut self, by: Party) {
        let now_ms = self.now_ms();
        if let Doing::Streaming(stream, _) = &mut self.doing {
            stream.stop(now_ms);
            self.stream_down(by);
        }
    }

    fn stream_down(&mut self, by: Party) {
        if let Doing::Streaming(stream, _) = &self.doing {
            let stream = stream.id().to_owned();
            self.note(LogEvent::StreamStopped { stream, by });
            self.stream_event("stream-stopped", "");
            self.doing = Doing::Fetching;
        }
    }

    /// Sends the stream's status callback, if it has one.
    fn stream_event(&self, event: &str, error: &str) {
        let (sid, verb) = match &self.doing {
            Doing::Streaming(stream, verb) => (stream.id().to_owned(), verb),
            Doing::Connecting(verb) => (self.world.new_stream_sid(), verb),
            Doing::Fetching | Doing::Keying(_) | Doing::Pausing { .. } => return,
        };
        let Some((url, method)) = verb.status_callback.clone() else {
            return;
        };
        let name = verb.name.clone().unwrap_or_else(|| sid.clone());
        let mut params = vec![
            ("AccountSid", self.world.account.clone()),
            ("CallSid", self.call.sid.clone()),
            ("StreamSid", sid),
            ("StreamName", name),
            ("StreamEvent", event.to_owned()),
            ("Timestamp", clock::now().to_string()),
        ];
        if !error.is_empty() {
            params.push(("StreamError", error.to_owned()));
        }
        let (what, at_ms) = (event.to_owned(), self.now_ms());
        self.hooks.send(Callback { url, method, params, what, at_ms });
    }

    /// Tries a second stream with the first one's parameters, when the scenario says so.
    fn replay_if_due(&mut self, now_ms: u64) {
        let Some(at_ms) = self.call.scenario.faults.second_stream_at_ms else {
            return;
        };
        let Doing::Streaming(stream, verb) = &self.doing else {
            return;
        };
        if self.replayed || stream.age_ms() < at_ms {
            return;
        }
        self.replayed = true;
        let (ids, log) = (self.new_ids(), self.call.log.clone());
        let (url, token) = (verb.url.clone(), self.world.token.clone());
        let parameters = verb.parameters.clone();
        tokio::spawn(async move {
            let accepted = socket::replay(&url, &token, ids, &parameters).await;
            log.add(now_ms, LogEvent::SecondStream { accepted });
        });
    }

    fn error(&self, code: u32, message: String) {
        self.note(LogEvent::Error { code, message });
    }

    fn note(&self, event: LogEvent) {
        self.call.log.add(self.now_ms(), event);
    }
}
