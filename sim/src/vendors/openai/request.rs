//! A chat completions request, read and checked as strictly as the vendor does: unknown arguments, wrong types and tools whose
//! `strict` schema is not strict are refused by name.
//!
//! It does not look at what the messages mean.

use super::ApiError;
use serde_json::{Map, Value};

/// Arguments that the vendor knows and the script does not act on.
const PASSIVE: [&str; 23] = [
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "metadata",
    "modalities",
    "moderation",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning_effort",
    "safety_identifier",
    "service_tier",
    "stop",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
];

/// Who a message is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// `developer`, or `system`, its older name.
    Developer,
    User,
    Assistant,
    Tool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Message {
    pub(super) role: Role,
    pub(super) text: String,
}

/// A function that may be called.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tool {
    pub(super) name: String,
    pub(super) parameters: Value,
}

/// What the request says about calling tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ToolChoice {
    Auto,
    None,
    Required,
    Named(String),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct ChatRequest {
    pub(super) model: String,
    pub(super) messages: Vec<Message>,
    pub(super) tools: Vec<Tool>,
    pub(super) tool_choice: ToolChoice,
    pub(super) parallel_calls: bool,
    pub(super) stream: bool,
    pub(super) include_usage: bool,
    pub(super) include_obfuscation: bool,
    pub(super) tokens_max: Option<usize>,
    pub(super) seed: Option<u64>,
}

impl ChatRequest {
    pub(super) fn read(body: &[u8], require_no_store: bool) -> Result<ChatRequest, ApiError> {
        let parsed: Result<Map<String, Value>, _> = serde_json::from_slice(body);
        let body = parsed.map_err(|_| {
            ApiError::invalid("", "We could not parse the JSON body of your request.")
        })?;
        known(&body)?;
        let stream = flag(&body, "stream")?.unwrap_or(false);
        let options = body.get("stream_options").filter(|options| !options.is_null());
        if options.is_some() && !stream {
            let message =
                "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
            return Err(ApiError::invalid("stream_options", message));
        }
        let option = |name: &str| options.is_some_and(|o| o[name].as_bool() == Some(true));
        if flag(&body, "store")? == Some(true) && require_no_store {
            let message = "'store' must be false: this organisation keeps no data.";
            return Err(ApiError::invalid("store", message));
        }
        Ok(ChatRequest {
            model: model(&body)?,
            messages: messages(&body)?,
            tools: tools(&body)?,
            tool_choice: tool_choice(&body)?,
            parallel_calls: flag(&body, "parallel_tool_calls")?.unwrap_or(true),
            stream,
            include_usage: option("include_usage"),
            include_obfuscation: option("include_obfuscation"),
            tokens_max: tokens_max(&body)?,
            seed: body.get("seed").and_then(Value::as_i64).map(i64::cast_unsigned),
        })
    }
}

fn known(body: &Map<String, Value>) -> Result<(), ApiError> {
    for (name, value) in body {
        let active = [
            "max_completion_tokens",
            "max_tokens",
            "messages",
            "model",
            "n",
            "parallel_tool_calls",
            "response_format",
            "seed",
            "store",
            "stream",
            "stream_options",
            "temperature",
            "tool_choice",
            "tools",
        ];
        let name = name.as_str();
        if !active.contains(&name) && !PASSIVE.contains(&name) {
            let message = format!("Unrecognized request argument supplied: {name}");
            return Err(ApiError::invalid("", message));
        }
        let wrong = match name {
            "n" => !(value.is_null() || value == 1),
            "temperature" => {
                !(value.is_null() || value.as_f64().is_some_and(|t| (0.0..=2.0).contains(&t)))
            }
            "response_format" => !(value.is_null() || value["type"] == "text"),
            _ => false,
        };
        if wrong {
            let message = format!("Invalid value for '{name}', or one that is not simulated.");
            return Err(ApiError::invalid(name, message));
        }
    }
    Ok(())
}

fn flag(body: &Map<String, Value>, name: &str) -> Result<Option<bool>, ApiError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(_) => {
            let message = format!("Invalid type for '{name}': expected a boolean.");
            Err(ApiError::invalid(name, message))
        }
    }
}

fn model(body: &Map<String, Value>) -> Result<String, ApiError> {
    match body.get("model").and_then(Value::as_str) {
        Some(model) if !model.is_empty() => Ok(model.to_owned()),
        Some(_) | None => Err(ApiError::invalid("model", "you must provide a model parameter")),
    }
}

fn tokens_max(body: &Map<String, Value>) -> Result<Option<usize>, ApiError> {
    for name in ["max_completion_tokens", "max_tokens"] {
        match body.get(name) {
            None | Some(Value::Null) => {}
            Some(value) => {
                let most = value.as_u64().and_then(|most| usize::try_from(most).ok());
                let most = most.filter(|most| *most > 0);
                let message = format!("Invalid '{name}': expected a number of at least 1.");
                return most.map(Some).ok_or_else(|| ApiError::invalid(name, message));
            }
        }
    }
    Ok(None)
}

fn messages(body: &Map<String, Value>) -> Result<Vec<Message>, ApiError> {
    let list = body.get("messages").and_then(Value::as_array).filter(|list| !list.is_empty());
    let Some(list) = list else {
        return Err(ApiError::invalid("messages", "'messages' must be a list with a message."));
    };
    let read = list.iter().enumerate().map(|(at, message)| {
        read_message(message).ok_or_else(|| {
            let param = format!("messages.[{at}]");
            ApiError::invalid(&param, format!("Invalid message at '{param}'."))
        })
    });
    read.collect()
}

fn read_message(message: &Value) -> Option<Message> {
    let role = match message["role"].as_str()? {
        "developer" | "system" => Role::Developer,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" => Role::Tool,
        _ => return None,
    };
    if role == Role::Tool {
        message["tool_call_id"].as_str()?;
    }
    let text = match &message["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts: Option<Vec<&str>> = parts.iter().map(|part| part["text"].as_str()).collect();
            texts?.join("\n")
        }
        Value::Null if role == Role::Assistant => String::new(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => return None,
    };
    Some(Message { role, text })
}

fn tools(body: &Map<String, Value>) -> Result<Vec<Tool>, ApiError> {
    let list = match body.get("tools") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) if !list.is_empty() => list,
        Some(_) => return Err(ApiError::invalid("tools", "'tools' must be a list with a tool.")),
    };
    let read = list.iter().enumerate().map(|(at, tool)| {
        let param = format!("tools[{at}]");
        let function = &tool["function"];
        let name = function["name"].as_str().filter(|name| is_name(name));
        let (Some(name), Some("function")) = (name, tool["type"].as_str()) else {
            return Err(ApiError::invalid(&param, format!("Invalid '{param}'.")));
        };
        let parameters = function.get("parameters").cloned().unwrap_or(Value::Null);
        if function["strict"] == true {
            strict(&parameters).map_err(|why| ApiError {
                code: Some("invalid_function_parameters"),
                ..ApiError::invalid(
                    &format!("{param}.function.parameters"),
                    format!("Invalid schema for function '{name}': {why}"),
                )
            })?;
        }
        Ok(Tool { name: name.to_owned(), parameters })
    });
    read.collect()
}

fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (1..=64).contains(&name.len()) && name.chars().all(plain)
}

/// Whether a schema is one that `strict` allows (guide *Structured outputs*): every object is closed, and requires all it has.
fn strict(schema: &Value) -> Result<(), String> {
    if schema["type"] == "object" || schema.get("properties").is_some() {
        if schema["additionalProperties"] != false {
            return Err("'additionalProperties' is required to be supplied and to be false.".into());
        }
        let Some(properties) = schema["properties"].as_object() else {
            return Err("an object must have 'properties'.".into());
        };
        let required = schema["required"].as_array();
        for (name, inner) in properties {
            if !required.is_some_and(|list| list.iter().any(|r| r == name.as_str())) {
                let why = "'required' must include every key in properties. Missing";
                return Err(format!("{why} '{name}'."));
            }
            strict(inner)?;
        }
    }
    schema.get("items").map_or(Ok(()), strict)
}

fn tool_choice(body: &Map<String, Value>) -> Result<ToolChoice, ApiError> {
    match body.get("tool_choice") {
        None | Some(Value::Null) => Ok(ToolChoice::Auto),
        Some(choice) => match (choice.as_str(), choice["function"]["name"].as_str()) {
            (Some("auto"), _) => Ok(ToolChoice::Auto),
            (Some("none"), _) => Ok(ToolChoice::None),
            (Some("required"), _) => Ok(ToolChoice::Required),
            (None, Some(name)) => Ok(ToolChoice::Named(name.to_owned())),
            (Some(_) | None, _) => {
                Err(ApiError::invalid("tool_choice", "Invalid value for 'tool_choice'."))
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(body: &Value) -> Result<ChatRequest, ApiError> {
        ChatRequest::read(body.to_string().as_bytes(), true)
    }

    fn with(name: &str, value: Value) -> Value {
        let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "hello"}]});
        body[name] = value;
        body
    }

    #[test]
    fn contents_may_be_texts_or_parts() {
        let parts = json!([{"role": "developer", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            {"role": "assistant", "content": null, "tool_calls": []},
            {"role": "tool", "content": "{}", "tool_call_id": "call_1"}]);
        let request = read(&with("messages", parts)).unwrap();
        let roles: Vec<Role> = request.messages.iter().map(|message| message.role).collect();
        assert_eq!(roles, [Role::Developer, Role::Assistant, Role::Tool]);
        assert_eq!(request.messages[0].text, "a\nb");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (name, value) in [
            ("model", json!("")),
            ("messages", json!([])),
            ("stream", json!("yes")),
            ("stream_options", json!({"include_usage": true})),
            ("store", json!(true)),
            ("temperature", json!(3)),
            ("n", json!(2)),
            ("response_format", json!({"type": "json_object"})),
            ("max_completion_tokens", json!(0)),
            ("tools", json!([])),
            ("tool_choice", json!("maybe")),
        ] {
            let error = read(&with(name, value)).unwrap_err();
            assert_eq!(error.param.as_deref(), Some(name));
        }
        let error = read(&with("temprature", json!(1))).unwrap_err();
        assert!(error.message.contains("temprature"));
        let error = read(&with("messages", json!([{"role": "robot", "content": ""}]))).unwrap_err();
        assert_eq!(error.param.as_deref(), Some("messages.[0]"));
    }

    #[test]
    fn a_strict_tool_must_be_strict() {
        let tool = |parameters: Value| json!([{"type": "function", "function": {"name": "f", "strict": true, "parameters": parameters}}]);
        let good = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": false});
        assert_eq!(read(&with("tools", tool(good.clone()))).unwrap().tools[0].name, "f");
        for lacking in ["required", "additionalProperties"] {
            let mut bad = good.clone();
            bad.as_object_mut().unwrap().remove(lacking);
            let error = read(&with("tools", tool(bad))).unwrap_err();
            assert_eq!(error.code, Some("invalid_function_parameters"), "{lacking}");
        }
    }
}
