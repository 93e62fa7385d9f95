//! A reply on its way: whole, or token by token as server-sent events, at the pace of a model and with the faults of the plan.
//!
//! Source: OpenAI, *Chat completions* and its streaming chunks.

use super::reply::{Call, Reply, tokens};
use super::request::ChatRequest;
use super::{ApiError, created};
use crate::vendors::World;
use crate::vendors::draw::Delays;
use crate::vendors::fault::{FaultKind, Garbage, Plan};
use crate::vendors::flow::{Flow, Manner, Piece};
use crate::vendors::http::{Refusal, cut_off};
use crate::vendors::log::{ConnectionLog, VendorEvent};
use axum::Json;
use axum::body::Bytes;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::watch;

/// Padding that hides the lengths of tokens: chunks with it are all about as long.
const OBFUSCATED_LENGTH: usize = 16;

/// Delivers a reply.
pub(super) struct Delivery {
    id: String,
    created: i64,
    model: String,
    usage: Option<Value>,
    prompt_tokens: usize,
    obfuscated: bool,
    first: Delays,
    each: Delays,
    plan: Plan,
    log: ConnectionLog,
    over: watch::Receiver<bool>,
}

impl Delivery {
    pub(super) fn new(
        world: &World,
        id: String,
        request: &ChatRequest,
        plan: Plan,
        log: &ConnectionLog,
    ) -> Delivery {
        let config = &world.config.openai;
        let prompt = request.messages.iter().map(|message| tokens(&message.text).len() + 3);
        Delivery {
            id,
            created: created(),
            model: request.model.clone(),
            usage: request.include_usage.then_some(Value::Null),
            prompt_tokens: prompt.sum(),
            obfuscated: request.include_obfuscation,
            first: config.first_token.of_session(log.connection),
            each: config.each_token.of_session(log.connection),
            plan,
            log: log.clone(),
            over: world.over(),
        }
    }

    /// The whole reply, when its last token is there.
    pub(super) async fn whole(mut self, reply: Reply) -> Response {
        let mut wait = self.first.next();
        for _ in 1..reply.cost() {
            wait += self.each.next();
        }
        let mut due = self.plan.due_after(0);
        due.extend(self.plan.due_at(wait));
        for kind in due {
            self.log.add(VendorEvent::Fault { kind });
            if let Some(refusal) = Refusal::of(kind) {
                return ApiError::of(refusal).response();
            }
            match kind {
                FaultKind::Late { ms } => wait += Duration::from_millis(ms),
                FaultKind::Garbage(garbage) => return garbage.text().into_response(),
                FaultKind::Die => return cut_off(),
                FaultKind::Stall => {
                    // Also when the vendors are gone.
                    drop(self.over.wait_for(|over| *over).await);
                    return cut_off();
                }
                FaultKind::RefuseKey | FaultKind::RateLimit { .. } | FaultKind::ServerError => {}
            }
        }
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        let answer = self.completion(&reply);
        self.log.add(VendorEvent::Sent { text: answer.to_string() });
        Json(answer).into_response()
    }

    /// The reply as it is made.
    pub(super) fn streamed(mut self, reply: Reply) -> Response {
        let events = self.events(&reply).into_iter().map(|(after, event)| Piece {
            after,
            bytes: data(&event),
            note: event,
        });
        let flow = Flow::new(events.collect(), MANNER, self.plan, self.log, self.over);
        let headers = [
            (header::CONTENT_TYPE, "text/event-stream; charset=utf-8"),
            (header::CACHE_CONTROL, "no-cache"),
        ];
        (headers, flow.body()).into_response()
    }

    fn completion(&self, reply: &Reply) -> Value {
        let calls: Vec<Value> = reply
            .calls
            .iter()
            .enumerate()
            .map(|(at, call)| {
                let function = json!({"name": call.name, "arguments": call.arguments});
                json!({"id": self.call_id(at), "type": "function", "function": function})
            })
            .collect();
        let content = if reply.content.is_empty() && !calls.is_empty() {
            Value::Null
        } else {
            json!(reply.content)
        };
        let mut message =
            json!({"role": "assistant", "content": content, "refusal": null, "annotations": []});
        if !calls.is_empty() {
            message["tool_calls"] = json!(calls);
        }
        json!({
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": [{
                "index": 0,
                "message": message,
                "logprobs": null,
                "finish_reason": reply.finish_reason(),
            }],
            "usage": self.usage_of(reply),
            "service_tier": "default",
            "system_fingerprint": null,
        })
    }

    fn call_id(&self, at: usize) -> String {
        format!("call_{}_{at}", self.id.trim_start_matches("chatcmpl-"))
    }

    fn usage_of(&self, reply: &Reply) -> Value {
        let (prompt, completion) = (self.prompt_tokens, reply.cost());
        json!({
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        })
    }

    /// The events of the stream, each with the pause before it.
    fn events(&mut self, reply: &Reply) -> Vec<(Duration, String)> {
        let mut events = Vec::new();
        let role = json!({"role": "assistant", "content": "", "refusal": null});
        events.push((self.first.next(), self.chunk(&role, None)));
        for piece in reply.pieces() {
            let delta = json!({"content": piece});
            events.push((self.each.next(), self.chunk(&delta, None)));
        }
        for (at, call) in reply.calls.iter().enumerate() {
            for delta in self.call_deltas(at, call) {
                events.push((self.each.next(), self.chunk(&delta, None)));
            }
        }
        let end = self.chunk(&json!({}), Some(reply.finish_reason()));
        events.push((Duration::ZERO, end));
        if self.usage.is_some() {
            let mut last = self.empty();
            last["choices"] = json!([]);
            last["usage"] = self.usage_of(reply);
            events.push((Duration::ZERO, last.to_string()));
        }
        events.push((Duration::ZERO, "[DONE]".to_owned()));
        events
    }

    /// A call in pieces: id and name only in the first, the arguments in the others.
    fn call_deltas(&self, at: usize, call: &Call) -> Vec<Value> {
        let function = json!({"name": call.name, "arguments": ""});
        let first =
            json!({"index": at, "id": self.call_id(at), "type": "function", "function": function});
        let mut deltas = vec![json!({"tool_calls": [first]})];
        deltas.extend(
            tokens(&call.arguments).into_iter().map(
                |piece| json!({"tool_calls": [{"index": at, "function": {"arguments": piece}}]}),
            ),
        );
        deltas
    }

    fn empty(&self) -> Value {
        let mut chunk = json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "service_tier": "default",
            "system_fingerprint": null,
        });
        if let Some(usage) = &self.usage {
            chunk["usage"] = usage.clone();
        }
        chunk
    }

    fn chunk(&self, delta: &Value, finish_reason: Option<&str>) -> String {
        let mut chunk = self.empty();
        let choice =
            json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason});
        chunk["choices"] = json!([choice]);
        if self.obfuscated {
            let shown = delta["content"].as_str().map_or(0, |content| content.chars().count());
            chunk["obfuscation"] = json!("x".repeat(OBFUSCATED_LENGTH.saturating_sub(shown)));
        }
        chunk.to_string()
    }
}

const MANNER: Manner = Manner {
    refusal: |refusal| Some(data(&ApiError::of(refusal).json().to_string())),
    garbage: |garbage| match garbage {
        // No line of it is an event.
        Garbage::Binary => Bytes::from_static(Garbage::Binary.text().as_bytes()),
        Garbage::InvalidJson | Garbage::WrongTypes => data(garbage.text()),
    },
};

fn data(event: &str) -> Bytes {
    Bytes::from(format!("data: {event}\n\n"))
}
