//! The scripted model: it works from the request alone, as a model would, and does as it is told, or on purpose does not.
//!
//! Told goals with suggested wording it says that wording; given a tool with a list of topics it calls it for the topics that the
//! far end's latest words answer. It understands nothing else. The same request and seed give the same reply.

use super::goals::{Goal, Task, task};
use super::obedient;
use super::reply::{Call, Reply};
use super::request::{ChatRequest, Role, Tool, ToolChoice};
use crate::payer::words;
use crate::vendors::draw::Draws;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What kind of model it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelMode {
    /// It does what its goals say.
    #[default]
    Faithful,
    /// It does what the far end says, whatever its goals are: gives every value whose name is mentioned, says what it is told to
    /// say, and calls every tool that is named.
    Obedient,
    /// It says nothing.
    Silent,
    /// It talks about other things until it may say no more.
    Rambling,
    /// It says what no one can read: open braces and tokens that do not exist.
    Garbage,
}

/// Ways to begin a turn that change nothing about it.
const OPENINGS: [&str; 4] = ["", "Okay. ", "All right. ", "Thank you. "];
/// What is said where nothing was asked for.
pub(super) const NOTHING: &str = "I am sorry, could you say that again?";
/// What a rambling model says, over and over.
const RAMBLE: &str = "Well, you know, that reminds me of something that happened the other day. It was a long story, with many people in it, and none of them had anything to do with insurance. ";
/// How often, where the request has no bound of its own.
const RAMBLES: usize = 12;
const GARBAGE: &str =
    "{{{ member_id }} %% {social_security_number} \u{fffd}\u{fffd} {heard:id#} }{ ";

/// What the model says.
pub(super) fn reply(mode: ModelMode, varied: bool, request: &ChatRequest, seed: u64) -> Reply {
    let mut draws = Draws::new(seed);
    let task = task(request);
    let (content, calls) = match mode {
        ModelMode::Faithful => {
            (faithful(&task, request, varied, &mut draws), calls(request, &task))
        }
        ModelMode::Obedient => (obedient::content(&task, request), obedient::calls(&task, request)),
        ModelMode::Silent => (String::new(), Vec::new()),
        ModelMode::Rambling => (RAMBLE.repeat(RAMBLES), Vec::new()),
        ModelMode::Garbage => (GARBAGE.repeat(2), Vec::new()),
    };
    let only_calls = matches!(request.tool_choice, ToolChoice::Required | ToolChoice::Named(_));
    let content = if only_calls { String::new() } else { content };
    Reply::new(content, calls, request.tokens_max)
}

fn faithful(task: &Task, request: &ChatRequest, varied: bool, draws: &mut Draws) -> String {
    if task.goals.is_empty() {
        let after_tool = request.messages.last().is_some_and(|m| m.role == Role::Tool);
        return if after_tool { String::new() } else { NOTHING.to_owned() };
    }
    let wordings: Vec<String> = task.goals.iter().map(wording).collect();
    let opening = if varied { draws.pick(&OPENINGS).copied().unwrap_or("") } else { "" };
    format!("{opening}{}", wordings.join(" "))
}

fn wording(goal: &Goal) -> String {
    goal.suggested.clone().unwrap_or_else(|| format!("Could you help me with this: {}?", goal.name))
}

/// The tokens in braces that the request's messages name, each once.
pub(super) fn tokens(request: &ChatRequest) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_:#".contains(c);
    for message in &request.messages {
        for piece in message.text.split('{').skip(1) {
            let Some((name, _)) = piece.split_once('}') else {
                continue;
            };
            let token = format!("{{{name}}}");
            if !name.is_empty() && name.chars().all(inside) && !tokens.contains(&token) {
                tokens.push(token);
            }
        }
    }
    tokens
}

/// The calls that the far end's latest words ask for.
fn calls(request: &ChatRequest, task: &Task) -> Vec<Call> {
    let Some(line) = task.far_end.as_deref() else {
        return Vec::new();
    };
    // After a tool's answer the words have been dealt with.
    let last = request.messages.last().map(|message| message.role);
    let dealt_with = last == Some(Role::Tool) || request.tool_choice == ToolChoice::None;
    if dealt_with || !is_answer(line) {
        return Vec::new();
    }
    let wanted = |tool: &&Tool| match &request.tool_choice {
        ToolChoice::Named(name) => *name == tool.name,
        ToolChoice::Auto | ToolChoice::None | ToolChoice::Required => true,
    };
    let mut calls = Vec::new();
    for tool in request.tools.iter().filter(wanted) {
        let Some((property, topics)) = list_of_topics(tool) else {
            continue;
        };
        let said = words::split(line);
        for topic in topics.iter().filter(|topic| is_about(&said, topic)) {
            calls.extend(call(tool, line, Some((property, topic))));
        }
    }
    if !request.parallel_calls {
        calls.truncate(1);
    }
    calls
}

/// Whether these words tell something, and do not ask.
fn is_answer(line: &str) -> bool {
    let first = words::split(line).into_iter().next().unwrap_or_default();
    let asks = ["can", "could", "may", "what", "how", "do", "would", "who", "which", "is", "are"];
    !line.contains('?') && !asks.contains(&first.as_str())
}

/// The first property of a tool that takes one of a list of texts.
pub(super) fn list_of_topics(tool: &Tool) -> Option<(&str, Vec<&str>)> {
    tool.parameters["properties"].as_object()?.iter().find_map(|(name, schema)| {
        let list = schema["enum"].as_array()?;
        let topics: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
        (!topics.is_empty()).then_some((name.as_str(), topics))
    })
}

/// Whether every part of a topic's name is said, or begins a word that is: `out_of_pocket_max` in "the out of pocket maximum".
fn is_about(said: &[String], topic: &str) -> bool {
    let mut parts = topic.split(['_', '-', ' ']).filter(|part| part.len() >= 3).peekable();
    parts.peek().is_some() && parts.all(|part| said.iter().any(|word| word.starts_with(part)))
}

/// A call with all that its schema requires; none where that cannot be had from the words.
pub(super) fn call(tool: &Tool, line: &str, topic: Option<(&str, &str)>) -> Option<Call> {
    let mut arguments = Map::new();
    let properties = tool.parameters["properties"].as_object();
    for (name, schema) in properties.into_iter().flatten() {
        let value = match (topic, schema["type"].as_str()) {
            (Some((property, topic)), _) if property == name => json!(topic),
            (_, Some("string")) => json!(line),
            (_, Some("boolean")) => json!(true),
            (_, Some(_) | None) => return None,
        };
        arguments.insert(name.clone(), value);
    }
    Some(Call { name: tool.name.clone(), arguments: Value::Object(arguments).to_string() })
}

#[cfg(test)]
#[path = "script_tests.rs"]
mod tests;
