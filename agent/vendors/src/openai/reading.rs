//! One answer as it comes: chunks in, checked segments and believed tool calls out.

use callwright_prompts::ModelBrief;
use tokio::sync::mpsc;

use super::ID;
use super::cut::Cutter;
use super::guard::{Guard, Off, PIECE_CHARS_MAX};
use super::request::{recent, wordings};
use super::stream::Chunk;
use super::tools::Calls;
use crate::exchange::What;
use crate::language_model::{ModelEvent, TurnRequest};
use crate::{Egress, VendorError};

/// Bytes of a piece that has no end yet: more than any piece that passes.
const PENDING_BYTES_MAX: usize = 2 * PIECE_CHARS_MAX;

/// See the module.
pub(super) struct Reading<'a> {
    egress: &'a Egress,
    request: &'a TurnRequest,
    to: &'a mpsc::Sender<ModelEvent>,
    cutter: Cutter,
    guard: Guard<'a>,
    calls: Calls,
    said: bool,
    finished: bool,
    begun: bool,
}

impl<'a> Reading<'a> {
    pub(super) fn new(
        brief: &'a ModelBrief,
        egress: &'a Egress,
        request: &'a TurnRequest,
        to: &'a mpsc::Sender<ModelEvent>,
    ) -> Reading<'a> {
        Reading {
            egress,
            request,
            to,
            cutter: Cutter::default(),
            guard: Guard::new(&request.goals, &brief.never, &may_be_said(request)),
            calls: Calls::default(),
            said: false,
            finished: false,
            begun: false,
        }
    }

    /// Whether the answer proper has begun. Some servers send an empty chunk at once.
    pub(super) const fn has_begun(&self) -> bool {
        self.begun
    }

    /// Takes one chunk in.
    pub(super) fn chunk(&mut self, data: &str) -> Result<(), VendorError> {
        let vendor = ID;
        let chunk: Chunk<'_> =
            serde_json::from_str(data).map_err(|_| VendorError::BadAnswer { vendor })?;
        if chunk.error.is_some() {
            return Err(VendorError::Unavailable { vendor });
        }
        // One answer was asked for; the chunk with the usage has none.
        let Some(choice) = chunk.choices.first() else { return Ok(()) };
        if choice.delta.refusal.as_deref().is_some_and(|words| !words.is_empty()) {
            return Err(VendorError::OffGoals { vendor });
        }
        if let Some(text) = choice.delta.content.as_deref().filter(|text| !text.is_empty()) {
            self.begun = true;
            for piece in self.cutter.push(text) {
                self.piece(&piece)?;
            }
            if self.cutter.pending() > PENDING_BYTES_MAX {
                return Err(off(Off::Long));
            }
        }
        for call in choice.delta.tool_calls.iter().flatten() {
            self.begun = true;
            self.calls.push(call);
        }
        match choice.finish_reason.as_deref() {
            None => Ok(()),
            Some("stop" | "tool_calls") => {
                self.finished = true;
                Ok(())
            }
            // Cut off, or kept back: not the whole turn.
            Some("length" | "content_filter") => Err(VendorError::OffGoals { vendor }),
            Some(_) => Err(VendorError::BadAnswer { vendor }),
        }
    }

    /// The stream is over.
    pub(super) fn finish(mut self) -> Result<(), VendorError> {
        if !self.finished {
            return Err(VendorError::Broke { vendor: ID });
        }
        if let Some(rest) = std::mem::take(&mut self.cutter).finish() {
            self.piece(&rest)?;
        }
        self.guard.finish().map_err(off)?;
        if !self.said && !self.request.goals.is_empty() {
            return Err(off(Off::Missing));
        }
        let calls = std::mem::take(&mut self.calls);
        for call in calls.finish(&self.request.questions, recent(&self.request.heard)) {
            drop(self.to.try_send(ModelEvent::Tool(call)));
        }
        Ok(())
    }

    fn piece(&mut self, text: &str) -> Result<(), VendorError> {
        self.egress.write(ID, self.request.turn.0, What::answer(text));
        let segment = self.guard.piece(text).map_err(off)?;
        self.said = true;
        // The queue holds a whole turn; where the call dropped it, the turn is being cancelled.
        drop(self.to.try_send(ModelEvent::Segment(segment)));
        Ok(())
    }
}

/// The turn's own wordings, and the names of the call's questions: their words may be said.
fn may_be_said(request: &TurnRequest) -> Vec<String> {
    let titles = request.questions.fields.iter().map(|question| question.title.clone());
    wordings(request).into_iter().chain(titles).chain([request.payer.clone()]).collect()
}

/// A turn that is not what was asked for. Why is counted; the words are nobody's business.
fn off(why: Off) -> VendorError {
    metrics::counter!("callwright_model_turns_refused_total", "vendor" => ID, "why" => why.name())
        .increment(1);
    tracing::warn!(vendor = ID, why = why.name(), "a worded turn was refused");
    VendorError::OffGoals { vendor: ID }
}
