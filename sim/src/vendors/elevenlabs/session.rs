//! One speaking session: text in, audio out, for one text or for up to five contexts.
//!
//! Text waits until there is reason to speak it: a flush, the end, `auto_mode`, or as much of it as the schedule says. Contexts
//! share the socket in order: what was asked for first is sent first. It reads no clock but for the silence after which a context
//! or the socket is closed.

use super::query::Query;
use super::speech::{SpokenPiece, alignment, piece_begins_ms};
use super::words;
use crate::vendors::World;
use crate::vendors::draw::Delays;
use crate::vendors::http::Refusal;
use crate::vendors::socket::{Incoming, Outbox, Session, TICK};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Contexts that may be open at a time.
const CONTEXTS_MAX: usize = 5;
/// Text that may wait in a context.
const TEXT_MAX: usize = 4_096;
/// The vendor's default: characters to have before each generation.
const SCHEDULE: [usize; 4] = [120, 160, 250, 290];
const SCHEDULE_MIN: u64 = 50;
const SCHEDULE_MAX: u64 = 500;
const SPEED: std::ops::RangeInclusive<f64> = 0.7..=1.2;

/// What a customer's message may have.
const FIELDS: [&str; 14] = [
    "authorization",
    "close_context",
    "close_socket",
    "context_id",
    "flush",
    "generation_config",
    "generator_config",
    "language_code",
    "pronunciation_dictionary_locators",
    "text",
    "try_trigger_generation",
    "voice_settings",
    "xi-api-key",
    "xi_api_key",
];

#[derive(Debug)]
struct Context {
    text: String,
    schedule: Vec<usize>,
    spoken: usize,
    speed: f32,
    idle: Duration,
}

impl Default for Context {
    fn default() -> Context {
        let schedule = SCHEDULE.to_vec();
        Context { text: String::new(), schedule, spoken: 0, speed: 1.0, idle: Duration::ZERO }
    }
}

impl Context {
    /// Whether as much text waits as the schedule wants.
    fn is_enough(&self) -> bool {
        let wanted = self.schedule.get(self.spoken).or(self.schedule.last());
        wanted.is_some_and(|wanted| self.text.chars().count() >= *wanted)
    }
}

/// What is wrong with a message: the vendor's name for it, and a sentence.
type Fault = (&'static str, String);

/// The session.
pub(super) struct Speaker {
    world: Arc<World>,
    query: Query,
    multi: bool,
    /// Whether the key was shown.
    admitted: bool,
    begun: bool,
    contexts: BTreeMap<String, Context>,
    first_byte: Delays,
    idle: Duration,
    closed: bool,
}

impl Speaker {
    pub(super) fn new(
        world: &Arc<World>,
        query: Query,
        multi: bool,
        admitted: bool,
        connection: u64,
    ) -> Speaker {
        Speaker {
            world: Arc::clone(world),
            query,
            multi,
            admitted,
            begun: false,
            contexts: BTreeMap::new(),
            first_byte: world.config.elevenlabs.first_byte.of_session(connection),
            idle: Duration::ZERO,
            closed: false,
        }
    }

    async fn message(&mut self, text: &str, out: &mut Outbox) -> Result<(), Fault> {
        let invalid = |why: &str| ("invalid_message", why.to_owned());
        let parsed: Result<Map<String, Value>, _> = serde_json::from_str(text);
        let message = parsed.map_err(|_| invalid("The message is not a JSON object."))?;
        if let Some(unknown) = message.keys().find(|key| !FIELDS.contains(&key.as_str())) {
            return Err(invalid(&format!("Unknown field: {unknown}.")));
        }
        self.idle = Duration::ZERO;
        self.admit(&message)?;
        let flag = |name: &str| message.get(name).and_then(Value::as_bool) == Some(true);
        if self.multi && flag("close_socket") {
            self.close_contexts(out);
            self.close(1_000, out);
            return Ok(());
        }
        let id = self.context_id(&message)?;
        let text = message.get("text").and_then(Value::as_str);
        if !self.begun && text != Some(" ") {
            return Err(invalid("The first message must have a single space as its text."));
        }
        self.begun = true;
        if flag("close_context") && self.multi {
            if self.contexts.remove(&id).is_some() {
                self.end_of_context(&id, out);
            }
            return Ok(());
        }
        if self.multi && text.is_none_or(str::is_empty) && !self.contexts.contains_key(&id) {
            // Only text opens a context; a flush or a keep-alive of one that is closed comes too late.
            return Ok(());
        }
        self.open_context(&id)?;
        self.settings(&id, &message)?;
        self.words(&id, text, &message)?;
        let ends = !self.multi && text == Some("");
        if self.is_due(&id, flag("flush") || ends, flag("try_trigger_generation")) {
            self.speak(&id, out).await?;
        }
        if ends {
            let last = json!({"audio": null, "isFinal": true, "normalizedAlignment": null, "alignment": null});
            out.send(Duration::ZERO, &last);
            self.close(1_000, out);
        }
        Ok(())
    }

    /// The key, if it was not shown by the handshake, is due in the first message.
    fn admit(&mut self, message: &Map<String, Value>) -> Result<(), Fault> {
        let given = ["xi_api_key", "xi-api-key", "authorization"].iter();
        let given = given.filter_map(|name| message.get(*name)?.as_str()).next();
        let key = given.map(|key| key.trim_start_matches("Bearer "));
        if self.admitted || key == Some(self.world.config.elevenlabs.key.as_str()) {
            self.admitted = true;
            return Ok(());
        }
        let (status, message) = words(Refusal::Key);
        Err((status, message.to_owned()))
    }

    fn context_id(&self, message: &Map<String, Value>) -> Result<String, Fault> {
        match message.get("context_id") {
            None | Some(Value::Null) if self.multi => Ok("default".to_owned()),
            None | Some(Value::Null) => Ok(String::new()),
            Some(Value::String(id)) if self.multi => Ok(id.clone()),
            Some(_) => {
                Err(("invalid_message", "context_id is not a text, or not for here.".into()))
            }
        }
    }

    fn open_context(&mut self, id: &str) -> Result<(), Fault> {
        if !self.contexts.contains_key(id) && self.contexts.len() == CONTEXTS_MAX {
            let message = "Maximum simultaneous contexts exceeded (5). Please close one first.";
            return Err(("max_active_conversations", message.to_owned()));
        }
        let context = self.contexts.entry(id.to_owned()).or_default();
        context.idle = Duration::ZERO;
        Ok(())
    }

    fn settings(&mut self, id: &str, message: &Map<String, Value>) -> Result<(), Fault> {
        let Some(context) = self.contexts.get_mut(id) else {
            return Ok(());
        };
        let invalid = |why: &str| ("invalid_message", why.to_owned());
        if let Some(speed) = message.get("voice_settings").and_then(|s| s["speed"].as_f64()) {
            if !SPEED.contains(&speed) {
                return Err(invalid("voice_settings.speed must be from 0.7 to 1.2."));
            }
            context.speed = speed as f32;
        }
        let config = message.get("generation_config").map(|c| &c["chunk_length_schedule"]);
        match config {
            None | Some(Value::Null) => Ok(()),
            Some(Value::Array(list)) if !list.is_empty() => {
                let length = |value: &Value| {
                    let length = value.as_u64();
                    let length = length.filter(|l| (SCHEDULE_MIN..=SCHEDULE_MAX).contains(l))?;
                    usize::try_from(length).ok()
                };
                let schedule: Option<Vec<usize>> = list.iter().map(length).collect();
                let wrong = || invalid("chunk_length_schedule: each must be from 50 to 500.");
                context.schedule = schedule.ok_or_else(wrong)?;
                Ok(())
            }
            Some(_) => Err(invalid("chunk_length_schedule must be a list of numbers.")),
        }
    }

    fn words(
        &mut self,
        id: &str,
        text: Option<&str>,
        message: &Map<String, Value>,
    ) -> Result<(), Fault> {
        if text.is_none() && !message.get("text").is_none_or(Value::is_null) {
            return Err(("invalid_message", "text must be a text.".to_owned()));
        }
        let (Some(context), Some(text)) = (self.contexts.get_mut(id), text) else {
            return Ok(());
        };
        if context.text.len() + text.len() > TEXT_MAX {
            let message = format!("More than {TEXT_MAX} characters wait to be spoken.");
            return Err(("text_too_long", message));
        }
        context.text.push_str(text);
        Ok(())
    }

    fn is_due(&self, id: &str, flush: bool, try_trigger: bool) -> bool {
        let Some(context) = self.contexts.get(id) else {
            return false;
        };
        let sentence = context.text.trim_end().ends_with(['.', '?', '!']);
        let has_words = context.text.contains(char::is_alphanumeric);
        has_words
            && (flush || self.query.auto_mode || context.is_enough() || try_trigger && sentence)
    }

    async fn speak(&mut self, id: &str, out: &mut Outbox) -> Result<(), Fault> {
        let Some(context) = self.contexts.get_mut(id) else {
            return Ok(());
        };
        let text = std::mem::take(&mut context.text);
        context.spoken += 1;
        let spoken = self.world.agent_voice.say(&text, context.speed).await;
        let spoken =
            spoken.ok_or_else(|| ("invalid_text", "The text cannot be spoken.".to_owned()))?;
        let pieces = spoken.pieces(self.query.format);
        let mut after = self.first_byte.next();
        for (at, piece) in pieces.iter().enumerate() {
            let alignment = if self.query.sync_alignment {
                alignment(piece.chars.iter(), piece_begins_ms(at))
            } else if at == 0 {
                alignment(pieces.iter().flat_map(|piece| &piece.chars), 0)
            } else {
                Value::Null
            };
            self.send_piece(id, piece, &alignment, after, out);
            after += self.world.config.elevenlabs.pause_after(piece.ms);
        }
        Ok(())
    }

    fn send_piece(
        &self,
        id: &str,
        piece: &SpokenPiece,
        alignment: &Value,
        after: Duration,
        out: &mut Outbox,
    ) {
        let message = |audio: String| {
            let mut message = json!({
                "audio": audio,
                "isFinal": null,
                "normalizedAlignment": alignment,
                "alignment": alignment,
            });
            if self.multi {
                message["contextId"] = json!(id);
            }
            message
        };
        let note = message(format!("({} bytes)", piece.bytes.len()));
        out.send_noted(after, &message(STANDARD.encode(&piece.bytes)), &note);
    }

    fn end_of_context(&self, id: &str, out: &mut Outbox) {
        out.send(Duration::ZERO, &json!({"isFinal": true, "contextId": id}));
    }

    fn close_contexts(&mut self, out: &mut Outbox) {
        for id in std::mem::take(&mut self.contexts).into_keys() {
            self.end_of_context(&id, out);
        }
    }

    fn fail(&mut self, error: &str, message: &str, code: u16, out: &mut Outbox) {
        out.send(Duration::ZERO, &json!({"message": message, "error": error, "code": code}));
        self.close(code, out);
    }

    fn close(&mut self, code: u16, out: &mut Outbox) {
        self.closed = true;
        out.close(code, "");
    }
}

impl Session for Speaker {
    async fn receive(&mut self, incoming: Incoming, out: &mut Outbox) {
        if self.closed {
            return;
        }
        let done = match incoming {
            Incoming::Text(text) => self.message(&text, out).await,
            Incoming::Binary(_) => Err(("invalid_message", "Messages are text.".to_owned())),
        };
        if let Err((error, message)) = done {
            self.fail(error, &message, 1_008, out);
        }
    }

    fn tick(&mut self, out: &mut Outbox) {
        // What is being sent is not silence.
        if self.closed || !out.is_empty() {
            self.idle = Duration::ZERO;
            return;
        }
        self.idle += TICK;
        for context in self.contexts.values_mut() {
            context.idle += TICK;
        }
        if self.idle >= self.query.inactivity {
            let seconds = self.query.inactivity.as_secs();
            let message = format!(
                "Have not received a new text input within the timeout of {seconds}.0 seconds."
            );
            self.fail("input_timeout_exceeded", &message, 1_008, out);
        } else if self.multi {
            let limit = self.query.inactivity;
            let idle = self.contexts.iter().filter(|(_, context)| context.idle >= limit);
            let idle: Vec<String> = idle.map(|(id, _)| id.clone()).collect();
            for id in idle {
                self.contexts.remove(&id);
                self.end_of_context(&id, out);
            }
        }
    }

    fn refuse(&mut self, refusal: Refusal, out: &mut Outbox) {
        let (error, message) = words(refusal);
        let code = match refusal {
            Refusal::Key | Refusal::RateLimited { .. } => 1_008,
            Refusal::Unavailable => 1_011,
        };
        self.fail(error, message, code, out);
    }
}
