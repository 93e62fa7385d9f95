//! The tools that a model may call, and what of a call is believed.
//!
//! Both lists are closed: two tools, and the topics of the call. An unknown tool, arguments that do not fit, a topic that the call
//! does not have, and a quote that the far end did not say are passed over and counted; what was in them is not written anywhere.

use std::collections::BTreeMap;

use async_openai::types::chat::{ChatCompletionTool, ChatCompletionTools, FunctionObject};
use callwright_core::{FieldId, Topic};
use callwright_prompts::QuestionSet;
use callwright_prompts::model::ToolWords;
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::ID;
use super::stream::ToolChunk;
use crate::conversation::{Line, TokenText, Who};
use crate::language_model::ToolCall;

const ANSWER: &str = "report_answer";
const STAFF: &str = "needs_staff";
const NAME: &str = "representative_name";
const REFERENCE: &str = "reference_number";

/// Calls of one turn that are looked at.
pub(super) const CALLS_MAX: usize = 8;

/// Bytes of one call's arguments; a quote is a sentence.
const ARGUMENTS_BYTES_MAX: usize = 2_048;

/// Every topic of the call by the name that the model gives it.
fn topics(questions: &QuestionSet) -> Vec<(&str, Topic)> {
    let fields = questions.fields.iter().zip(0_u16..);
    fields
        .map(|(question, place)| (question.name.as_str(), Topic::Field(FieldId(place))))
        .chain([(NAME, Topic::Name), (REFERENCE, Topic::Reference)])
        .collect()
}

/// The name of a topic; `None` where the question set does not have it.
pub(super) fn name_of(topic: Topic, questions: &QuestionSet) -> Option<&str> {
    topics(questions).into_iter().find(|(_, each)| *each == topic).map(|(name, _)| name)
}

/// The tools, with strict schemas.
pub(super) fn definitions(words: &ToolWords, questions: &QuestionSet) -> Vec<ChatCompletionTools> {
    let names: Vec<&str> = topics(questions).into_iter().map(|(name, _)| name).collect();
    let answer = json!({
        "type": "object",
        "properties": {
            "topic": { "type": "string", "enum": names, "description": words.topic },
            "quote": { "type": "string", "description": words.quote },
        },
        "required": ["topic", "quote"],
        "additionalProperties": false,
    });
    let nothing = json!({
        "type": "object", "properties": {}, "required": [], "additionalProperties": false,
    });
    [(ANSWER, &words.report_answer, answer), (STAFF, &words.needs_staff, nothing)]
        .map(|(name, description, parameters)| {
            ChatCompletionTools::Function(ChatCompletionTool {
                function: FunctionObject {
                    name: name.to_owned(),
                    description: Some(description.clone()),
                    parameters: Some(parameters),
                    strict: Some(true),
                },
            })
        })
        .into()
}

/// The calls of one turn, put together from their pieces.
#[derive(Default)]
pub(super) struct Calls {
    by_index: BTreeMap<u32, Call>,
    ignored: u64,
}

#[derive(Default)]
struct Call {
    name: String,
    arguments: Zeroizing<String>,
    too_long: bool,
}

impl Calls {
    /// Takes a piece in. Name and id come with the first one only; pieces belong together by their index.
    pub(super) fn push(&mut self, chunk: &ToolChunk<'_>) {
        if !self.by_index.contains_key(&chunk.index) && self.by_index.len() >= CALLS_MAX {
            self.ignored += 1;
            return;
        }
        let call = self.by_index.entry(chunk.index).or_default();
        let Some(function) = &chunk.function else { return };
        if let Some(name) = &function.name
            && call.name.is_empty()
        {
            call.name.push_str(name);
        }
        let arguments = function.arguments.as_deref().unwrap_or_default();
        if call.arguments.len() + arguments.len() > ARGUMENTS_BYTES_MAX {
            call.too_long = true;
        } else {
            call.arguments.push_str(arguments);
        }
    }

    /// What is believed of it, in order.
    pub(super) fn finish(mut self, questions: &QuestionSet, heard: &[Line]) -> Vec<ToolCall> {
        let calls: Vec<Call> = std::mem::take(&mut self.by_index).into_values().collect();
        let mut believed = Vec::new();
        for call in calls {
            match read(&call, questions, heard) {
                Some(call) => believed.push(call),
                None => self.ignored += 1,
            }
        }
        if self.ignored > 0 {
            metrics::counter!("callwright_model_tool_calls_ignored_total", "vendor" => ID)
                .increment(self.ignored);
            tracing::warn!(vendor = ID, ignored = self.ignored, "tool calls of no use");
        }
        believed
    }
}

fn read(call: &Call, questions: &QuestionSet, heard: &[Line]) -> Option<ToolCall> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Answer {
        topic: String,
        quote: String,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    if call.too_long {
        return None;
    }
    match call.name.as_str() {
        ANSWER => {
            let Answer { topic, quote } = serde_json::from_str(&call.arguments).ok()?;
            let quote = TokenText::covered(quote);
            let (_, topic) = topics(questions).into_iter().find(|(name, _)| *name == topic)?;
            was_said(&quote, heard).then_some(ToolCall::Answer { topic, quote })
        }
        STAFF => {
            let Nothing {} = serde_json::from_str(&call.arguments).ok()?;
            Some(ToolCall::NeedsStaff)
        }
        _ => None,
    }
}

/// Whether the far end's latest words hold the quote: what it said since the agent spoke last, word for word.
fn was_said(quote: &TokenText, heard: &[Line]) -> bool {
    let latest = heard.iter().rev().take_while(|line| line.who == Who::FarEnd);
    let mut lines: Vec<Zeroizing<String>> = latest.map(|line| plain(line.text.as_str())).collect();
    lines.reverse();
    let said = Zeroizing::new(lines.iter().map(|line| line.as_str()).collect::<String>());
    let quote = plain(quote.as_str());
    quote.chars().any(char::is_alphanumeric) && said.contains(quote.as_str())
}

/// Lower-case words, a space around each, so that a quote ends where words end.
fn plain(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len() + 2));
    for word in text.split_whitespace() {
        let inside = |c: char| c.is_alphanumeric() || matches!(c, '{' | '}' | '$' | '%');
        let word = word.trim_matches(|c| !inside(c));
        if !word.is_empty() {
            out.push(' ');
            out.extend(word.chars().flat_map(char::to_lowercase));
            out.push(' ');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use callwright_prompts::{ModelBrief, Pack};

    use super::*;

    static PACK: LazyLock<Pack> = LazyLock::new(|| Pack::embedded().unwrap());

    fn questions() -> &'static QuestionSet {
        PACK.question_set("medical").unwrap()
    }

    fn line(who: Who, text: &str) -> Line {
        Line { who, text: TokenText::covered(text.to_owned()) }
    }

    fn heard() -> Vec<Line> {
        vec![
            line(Who::FarEnd, "the copay is forty dollars"),
            line(Who::Agent, "And the deductible?"),
            line(Who::FarEnd, "The deductible is one thousand dollars."),
            line(Who::FarEnd, "my reference is {heard:id#3}"),
        ]
    }

    fn believed(calls: &[(&str, &str)]) -> Vec<ToolCall> {
        let mut all = Calls::default();
        for ((name, arguments), index) in calls.iter().zip(0..) {
            // Arguments come in pieces; only the first has the name.
            let (head, tail) = arguments.split_at(arguments.len() / 2);
            for text in [
                serde_json::json!({"index": index, "id": "c", "function": {"name": name, "arguments": head}}),
                serde_json::json!({"index": index, "function": {"arguments": tail}}),
            ] {
                let text = text.to_string();
                all.push(&serde_json::from_str(&text).unwrap());
            }
        }
        all.finish(questions(), &heard())
    }

    fn answer(topic: &str, quote: &str) -> Vec<ToolCall> {
        let arguments = serde_json::json!({"topic": topic, "quote": quote}).to_string();
        believed(&[(ANSWER, &arguments)])
    }

    #[test]
    fn a_quote_is_believed_where_it_was_said() {
        let quote = TokenText::covered("deductible is one thousand dollars".to_owned());
        let (place, _) = questions().by_name("deductible_individual").unwrap();
        let topic = Topic::Field(FieldId(u16::try_from(place).unwrap()));
        let expected = ToolCall::Answer { topic, quote };
        assert_eq!(
            answer("deductible_individual", "deductible is one thousand dollars"),
            [expected]
        );
        let reference = answer(REFERENCE, "{heard:id#3}");
        assert!(matches!(reference[..], [ToolCall::Answer { topic: Topic::Reference, .. }]));
        assert_eq!(believed(&[(STAFF, "{}")]), [ToolCall::NeedsStaff]);
    }

    #[test]
    fn what_was_not_said_just_now_is_not_believed() {
        for quote in ["forty dollars", "two thousand dollars", "deductible is one thou", "", "..."]
        {
            assert_eq!(answer("deductible_individual", quote), [], "{quote}");
        }
        assert_eq!(answer("deductible_individual", "dollars my reference").len(), 1);
    }

    #[test]
    fn unknown_tools_topics_and_arguments_are_passed_over() {
        assert_eq!(answer("social_security_number", "one thousand dollars"), []);
        for (name, arguments) in [
            ("hang_up", "{}"),
            (STAFF, r#"{"why":"x"}"#),
            (STAFF, "{"),
            (ANSWER, r#"{"topic":"representative_name"}"#),
            (ANSWER, "not json"),
        ] {
            assert_eq!(believed(&[(name, arguments)]), [], "{name} {arguments}");
        }
        let long = format!(r#"{{"x":"{}"}}"#, "y".repeat(ARGUMENTS_BYTES_MAX));
        assert_eq!(believed(&[(STAFF, &long)]), []);
        let many: Vec<_> = (0..20).map(|_| (STAFF, "{}")).collect();
        assert_eq!(believed(&many).len(), CALLS_MAX);
    }

    #[test]
    fn schemas_are_strict_and_name_every_topic() {
        let tools = definitions(&ModelBrief::embedded().unwrap().tools, questions());
        let tools = serde_json::to_value(&tools).unwrap();
        assert_eq!(tools[0]["type"], "function");
        for tool in tools.as_array().unwrap() {
            let function = &tool["function"];
            assert_eq!(function["strict"], true);
            assert_eq!(function["parameters"]["additionalProperties"], false);
            let named = function["parameters"]["properties"].as_object().unwrap().len();
            assert_eq!(function["parameters"]["required"].as_array().unwrap().len(), named);
        }
        let names = tools[0]["function"]["parameters"]["properties"]["topic"]["enum"].clone();
        assert_eq!(names.as_array().unwrap().len(), questions().fields.len() + 2);
    }
}
