//! A language model behind OpenAI's chat completions: at OpenAI itself, or at any server that speaks the same.
//!
//! The model is told what the turn is for, as closed JSON with a wording that would do, and the conversation with everything that
//! identifies covered. What it writes is taken as a template of words and typed tokens, cut where it can be spoken, and checked
//! piece by piece against the goals (module `guard`): a token that no goal names, a number of its own, a claim to be human or a promise
//! fails the turn. So does a turn that leaves out what it was for.
//!
//! What it does not do: it does not fall back to the rule-based model (the call does), keeps no state between turns, and stores
//! nothing at the vendor: `store` is false in every request. The requests' form is that of `async-openai`'s types. Its client is not
//! used: it writes the bodies of errors and of what it cannot read into the log, hides `Retry-After`, and reads through a queue
//! without bound.
//! Source: OpenAI's reference of `POST /chat/completions`, streamed.

mod cut;
mod guard;
mod reading;
mod request;
mod session;
mod stream;
mod tools;

use std::sync::Arc;
use std::time::Duration;

use callwright_compliance::vendor::{RetentionFlag, Role};
use callwright_prompts::ModelBrief;

use crate::language_model::{LanguageModel, ModelSession};
use crate::wire::{Endpoint, Retry, Timeouts};
use crate::{Egress, VendorError};

const ID: &str = "openai";
/// The flags of the vendor register that every request carries a setting for:
/// `store: false`, beside the zero data retention of the account.
const SENDS: &[RetentionFlag] = &[RetentionFlag::NoTraining, RetentionFlag::NoRetention];

/// What can be set about the model.
#[derive(Clone, Debug)]
pub struct OpenAiConfig {
    /// The model. Models are retired often: it has no default.
    pub model: String,
    /// How freely it words, 0 to 2; `None` for models that do not take it.
    pub temperature: Option<f32>,
    /// The most tokens of one turn.
    pub max_completion_tokens: u32,
    /// What it is told.
    pub brief: ModelBrief,
    /// Time-outs. `first_answer` runs from the request to its first words, tries included.
    pub timeouts: Timeouts,
    /// How a request is tried again that was not answered.
    pub retry: Retry,
    /// The longest whole turn.
    pub total: Duration,
}

impl OpenAiConfig {
    /// Near to the suggested wording, and not word for word.
    pub const TEMPERATURE: f32 = 0.2;
    /// Two sentences are about fifty; a reasoning model needs some to think.
    pub const MAX_COMPLETION_TOKENS: u32 = 400;
    /// After this silence the rules' wording is better than a better one.
    pub const FIRST_ANSWER: Duration = Duration::from_secs(3);
    /// A turn that takes longer is not two sentences.
    pub const TOTAL: Duration = Duration::from_secs(10);

    /// A model and what it is told, with everything else as it is by default.
    #[must_use]
    pub fn of_model(model: &str, brief: ModelBrief) -> OpenAiConfig {
        OpenAiConfig {
            model: model.to_owned(),
            temperature: Some(OpenAiConfig::TEMPERATURE),
            max_completion_tokens: OpenAiConfig::MAX_COMPLETION_TOKENS,
            brief,
            timeouts: Timeouts { first_answer: OpenAiConfig::FIRST_ANSWER, ..Timeouts::default() },
            retry: Retry::default(),
            total: OpenAiConfig::TOTAL,
        }
    }
}

/// The model, for a process.
pub struct OpenAi {
    line: Arc<Line>,
}

/// What every session of a process shares.
struct Line {
    endpoint: Endpoint,
    config: OpenAiConfig,
}

impl OpenAi {
    /// The production API.
    pub const BASE: &str = "https://api.openai.com/v1";

    /// A model at an address, with its key. A server of one's own that wants no key is given any.
    ///
    /// # Errors
    /// [`VendorError::Open`] where the configuration cannot work.
    pub fn new(endpoint: Endpoint, config: OpenAiConfig) -> Result<OpenAi, VendorError> {
        let open = |why: &str| VendorError::Open { vendor: ID, why: why.to_owned() };
        if config.model.trim().is_empty() {
            return Err(open("a model is wanted"));
        }
        if config.temperature.is_some_and(|degrees| !(0.0..=2.0).contains(&degrees)) {
            return Err(open("the temperature is 0 to 2"));
        }
        if config.max_completion_tokens == 0 {
            return Err(open("a turn needs tokens"));
        }
        endpoint.key_header("Bearer ").map_err(|error| open(&error.to_string()))?;
        Ok(OpenAi { line: Arc::new(Line { endpoint, config }) })
    }
}

impl LanguageModel for OpenAi {
    fn id(&self) -> &'static str {
        ID
    }

    fn open(&self, egress: Egress) -> Result<Box<dyn ModelSession>, VendorError> {
        egress.is_for(Role::LanguageModel, ID, SENDS)?;
        session::open(Arc::clone(&self.line), egress)
    }
}
