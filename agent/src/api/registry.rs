//! The calls that run in this process, by id, and the way to each.

use std::sync::{Mutex, PoisonError};

use callwright_compliance::{RequestId, TenantId};
use callwright_dialplan::twilio::CallSid;
use callwright_dialplan::twilio::status::{Applied, LegProgress, StatusUpdate};
use callwright_dialplan::twilio::token::{StreamToken, StreamTokens, TOKEN_BYTES};
use dashmap::DashMap;
use jiff::Timestamp;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::MediaStream;
use crate::call::{Command, LINES_MAX, Lines};

/// The way to one running call.
pub struct CallHandle {
    streams: mpsc::Sender<MediaStream>,
    statuses: mpsc::Sender<callwright_dialplan::twilio::status::LegStatus>,
    commands: mpsc::Sender<Command>,
    progress: Mutex<Option<LegProgress>>,
    /// From here on the carrier is told to hang up when it asks: the intent is stale.
    answer_until: Timestamp,
    /// How many streams the leg was told to open.
    epoch: u32,
    /// A stream of the leg has come: it was answered in time.
    answered: bool,
    /// About whose request it is.
    about: Option<(TenantId, RequestId)>,
    /// The leg, once the carrier has named it.
    leg: Option<CallSid>,
}

/// See the module.
pub struct Registry {
    calls: DashMap<String, CallHandle>,
    tokens: Mutex<StreamTokens<String>>,
}

/// A call's stay in the registry: it is forgotten when this is dropped, by a panic of its attempt, too.
pub(crate) struct Stay<'r> {
    registry: &'r Registry,
    call: String,
}

impl Drop for Stay<'_> {
    fn drop(&mut self) {
        self.registry.leave(&self.call);
    }
}

/// Why no stream can be offered to a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoStream {
    /// No such call runs here, or it waits no more.
    #[error("no such call waits for its leg")]
    NotAwaited,
    /// As many legs wait as there is room for.
    #[error("too many streams are awaited")]
    Full,
    /// The operating system has no random bytes.
    #[error("no randomness")]
    NoRandomness,
}

impl Registry {
    /// A registry for at most `capacity` calls that wait for a stream at the same time.
    #[must_use]
    pub fn new(capacity: usize) -> Registry {
        let lifetime = StreamTokens::<String>::LIFETIME;
        Registry {
            calls: DashMap::new(),
            tokens: Mutex::new(StreamTokens::new(capacity, lifetime)),
        }
    }

    /// Makes room for a call and gives its ends of the lines.
    pub fn enter(&self, call: &str, answer_until: Timestamp) -> Lines {
        let (streams, streams_rx) = mpsc::channel(LINES_MAX);
        let (statuses, statuses_rx) = mpsc::channel(LINES_MAX);
        let (commands, commands_rx) = mpsc::channel(LINES_MAX);
        let progress = Mutex::new(None);
        let handle = CallHandle {
            streams,
            statuses,
            commands,
            progress,
            answer_until,
            epoch: 0,
            answered: false,
            about: None,
            leg: None,
        };
        self.calls.insert(call.to_owned(), handle);
        Lines { streams: streams_rx, statuses: statuses_rx, commands: commands_rx }
    }

    /// Says about whose request a call is: the kill switch knows no more of it.
    pub fn about(&self, call: &str, tenant: TenantId, request: RequestId) {
        if let Some(mut handle) = self.calls.get_mut(call) {
            handle.about = Some((tenant, request));
        }
    }

    /// The carrier took a call: this is its leg.
    pub fn placed(&self, call: &str, leg: CallSid) {
        if let Some(mut handle) = self.calls.get_mut(call) {
            handle.leg = Some(leg);
        }
    }

    /// Whether a call that runs here runs on this leg.
    #[must_use]
    pub fn has_leg(&self, leg: &CallSid) -> bool {
        self.calls.iter().any(|handle| handle.leg.as_ref() == Some(leg))
    }

    /// Has a call that was entered forgotten when what is given is dropped.
    pub(crate) fn stay(&self, call: &str) -> Stay<'_> {
        Stay { registry: self, call: call.to_owned() }
    }

    /// Forgets a call that is over.
    pub fn leave(&self, call: &str) {
        self.calls.remove(call);
        self.lock_tokens().revoke(&call.to_owned());
    }

    /// How many calls run here.
    #[must_use]
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether no call runs here.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Tells every running call something.
    pub fn command_all(&self, command: Command) {
        for handle in &self.calls {
            if handle.commands.try_send(command).is_err() {
                tracing::warn!(call = handle.key(), ?command, "a call takes no more commands");
            }
        }
    }

    /// Tells one running call something; false where it does not run here, or is closing.
    pub fn command(&self, call: &str, command: Command) -> bool {
        self.calls.get(call).is_some_and(|handle| handle.commands.try_send(command).is_ok())
    }

    /// Tells the call about a request something; false where none runs here, or it is closing.
    pub fn command_about(&self, tenant: &TenantId, request: &RequestId, command: Command) -> bool {
        let about = |handle: &CallHandle| {
            handle.about.as_ref().is_some_and(|(whose, which)| whose == tenant && which == request)
        };
        let mut found = self.calls.iter().filter(|handle| about(handle));
        found.any(|handle| handle.commands.try_send(command).is_ok())
    }

    /// The leg asks what to do: the token of its first stream, and the stream's number.
    ///
    /// # Errors
    /// [`NoStream`]; the carrier is then told to hang up.
    pub fn offer_stream(&self, call: &str, now: Timestamp) -> Result<(StreamToken, u32), NoStream> {
        self.offer(call, now, |handle| now < handle.answer_until)
    }

    /// A leg that runs is about to be given other instructions, which end its stream: the token of its next one.
    ///
    /// # Errors
    /// [`NoStream`], where no stream of the leg has come yet, too.
    pub fn offer_next_stream(
        &self,
        call: &str,
        now: Timestamp,
    ) -> Result<(StreamToken, u32), NoStream> {
        self.offer(call, now, |handle| handle.answered)
    }

    fn offer(
        &self,
        call: &str,
        now: Timestamp,
        is_awaited: impl Fn(&CallHandle) -> bool,
    ) -> Result<(StreamToken, u32), NoStream> {
        let mut handle = self.calls.get_mut(call).ok_or(NoStream::NotAwaited)?;
        if !is_awaited(&handle) {
            return Err(NoStream::NotAwaited);
        }
        let mut random = Zeroizing::new([0; TOKEN_BYTES]);
        getrandom::fill(random.as_mut_slice()).map_err(|_| NoStream::NoRandomness)?;
        handle.epoch += 1;
        let epoch = handle.epoch;
        let token = self.lock_tokens().issue(call.to_owned(), epoch, &random, now);
        token.map(|token| (token, epoch)).map_err(|_| NoStream::Full)
    }

    /// A stream arrived: hands it to its call, if its token is good.
    pub fn stream(&self, stream: MediaStream, now: Timestamp) -> Result<(), &'static str> {
        let parameters = &stream.start().parameters;
        let parameter = |name: &str| parameters.get(name).map(String::as_str);
        let call = parameter("call").ok_or("the stream names no call")?.to_owned();
        let epoch = parameter("epoch").and_then(|text| text.parse().ok());
        let token = parameter(callwright_dialplan::twilio::twiml::TOKEN_PARAMETER);
        let (Some(epoch), Some(token)) = (epoch, token) else {
            return Err("the stream has no token");
        };
        self.lock_tokens()
            .redeem(&call, epoch, token, now)
            .map_err(|_| "the stream's token is wrong, used or expired")?;
        let mut handle = self.calls.get_mut(&call).ok_or("no such call runs here")?;
        handle.answered = true;
        handle.streams.try_send(stream).map_err(|_| "the call is over")
    }

    /// The carrier reports on a leg. Old news is dropped.
    pub fn status(&self, call: &str, update: &StatusUpdate) -> bool {
        let Some(handle) = self.calls.get(call) else {
            return false;
        };
        let mut progress = handle.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let progress = progress.get_or_insert_with(|| LegProgress::new(update.call_sid.clone()));
        if let Applied::Advanced(status) = progress.apply(update)
            && handle.statuses.try_send(status).is_err()
        {
            tracing::debug!(call, "a status for a call that has ended");
        }
        true
    }

    fn lock_tokens(&self) -> std::sync::MutexGuard<'_, StreamTokens<String>> {
        // A panic while the table was held leaves it whole: each change is one step.
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
