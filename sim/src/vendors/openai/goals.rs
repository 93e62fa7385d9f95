//! What a request asks the model to do, as far as it can be read by a machine: goals with suggested wording, and the far end's latest
//! words.
//!
//! Goals are JSON in a message of the turn: `{"goals": [{"goal": …, "suggested": "…"}]}`, by itself or inside other text. The far
//! end's words are the latest message of the user that is not such JSON, or the latest line of a list in it whose speaker is not the
//! assistant or the agent.

use super::request::{ChatRequest, Role};
use serde_json::Value;

/// One goal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Goal {
    /// Its name, with spaces.
    pub(super) name: String,
    /// The wording that came with it.
    pub(super) suggested: Option<String>,
}

/// What a request asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Task {
    pub(super) goals: Vec<Goal>,
    /// The far end's latest words.
    pub(super) far_end: Option<String>,
    /// The same, from a list of what was *said*, too: what a model reads that does as it hears.
    pub(super) heard: Option<String>,
}

pub(super) fn task(request: &ChatRequest) -> Task {
    let mut task = Task::default();
    let asks = |role: Role| matches!(role, Role::User | Role::Developer);
    let turn = request.messages.iter().rposition(|m| m.role == Role::Assistant);
    let turn = turn.map_or(0, |at| at + 1);
    for (at, message) in request.messages.iter().enumerate() {
        if !asks(message.role) {
            continue;
        }
        match object_with_goals(&message.text) {
            Some(object) => {
                if at >= turn {
                    task.goals = goals(&object);
                }
                if let Some(line) = far_end_line(&object, &["text", "content", "words"]) {
                    task.far_end = Some(line);
                }
                if let Some(line) = far_end_line(&object, &["text", "content", "words", "said"]) {
                    task.heard = Some(line);
                }
            }
            None if message.role == Role::User => {
                task.far_end = Some(message.text.clone());
                task.heard = Some(message.text.clone());
            }
            None => {}
        }
    }
    task
}

/// The first JSON object in the text that has a list of goals. Braces of tokens and of prose are passed over.
fn object_with_goals(text: &str) -> Option<Value> {
    text.match_indices('{').find_map(|(at, _)| {
        let rest = text.get(at..)?;
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        values.next()?.ok().filter(|value| value["goals"].is_array())
    })
}

fn goals(object: &Value) -> Vec<Goal> {
    let list = object["goals"].as_array().map_or(&[][..], Vec::as_slice);
    list.iter()
        .map(|goal| Goal { name: name(&goal["goal"]), suggested: suggested(&goal["suggested"]) })
        .collect()
}

/// A goal's name: a text, or the first key of an object, with what it holds.
fn name(goal: &Value) -> String {
    let text = match goal {
        Value::String(text) => text.clone(),
        Value::Object(fields) => {
            let words = fields.iter().map(|(key, value)| match value.as_str() {
                Some(value) => format!("{key} {value}"),
                None => key.clone(),
            });
            words.collect::<Vec<_>>().join(" ")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => String::new(),
    };
    text.replace('_', " ")
}

fn suggested(wording: &Value) -> Option<String> {
    match wording {
        Value::String(text) => Some(text.clone()),
        Value::Array(texts) => {
            Some(texts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
    .filter(|text| !text.is_empty())
}

fn far_end_line(object: &Value, keys: &[&str]) -> Option<String> {
    let lists = object.as_object()?.iter().filter(|(key, _)| key.as_str() != "goals");
    let lines = lists.filter_map(|(_, value)| value.as_array()).flatten();
    lines
        .filter_map(|line| {
            let speaker =
                ["who", "role", "speaker", "from"].iter().find_map(|key| line[key].as_str());
            let ours = matches!(speaker?, "agent" | "assistant" | "near_end" | "us");
            let text = keys.iter().find_map(|key| line[key].as_str());
            (!ours).then_some(text?.to_owned())
        })
        .next_back()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(messages: &Value) -> Task {
        let body = json!({"model": "m", "messages": messages}).to_string();
        task(&ChatRequest::read(body.as_bytes(), false).unwrap())
    }

    #[test]
    fn goals_are_found_inside_prose_and_among_tokens() {
        let text = r#"Say it with {member_id} in braces. {"goals":[{"goal":{"ask":"plan_type"},"suggested":"What type of plan is it?"},{"goal":"close"}]} No more."#;
        let task = read(&json!([
            {"role": "system", "content": "You speak for a practice."},
            {"role": "user", "content": "the policy is active."},
            {"role": "developer", "content": text},
        ]));
        let wording = Some("What type of plan is it?".to_owned());
        let expected = [
            Goal { name: "ask plan type".into(), suggested: wording },
            Goal { name: "close".into(), suggested: None },
        ];
        assert_eq!(task.goals, expected);
        assert_eq!(task.far_end.as_deref(), Some("the policy is active."));
    }

    #[test]
    fn goals_of_an_earlier_turn_are_over() {
        let task = read(&json!([
            {"role": "user", "content": "{\"goals\":[{\"goal\":\"close\"}]}"},
            {"role": "assistant", "content": "Goodbye."},
            {"role": "user", "content": "wait"},
        ]));
        assert!(task.goals.is_empty());
        assert_eq!(task.far_end.as_deref(), Some("wait"));
    }

    #[test]
    fn the_far_ends_line_may_stand_beside_the_goals() {
        let object = json!({"goals": [], "heard": [
            {"who": "far_end", "text": "one"}, {"who": "far_end", "text": "two"}, {"who": "agent", "text": "three"}]});
        let task = read(&json!([{"role": "user", "content": object.to_string()}]));
        assert_eq!(task.far_end.as_deref(), Some("two"));
    }
}
