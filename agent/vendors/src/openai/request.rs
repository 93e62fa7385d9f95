//! The request for one turn: what the model is told, as the vendor's types.
//!
//! No value is in it: goals name tokens, and the conversation is covered text. The far end's words are data in a JSON object, never
//! a message of their own, so that they speak to nobody.

use async_openai::types::chat::{
    ChatCompletionRequestMessage, ChatCompletionRequestSystemMessage,
    ChatCompletionRequestUserMessage, CreateChatCompletionRequest,
};
use callwright_core::{Goal, Topic};
use callwright_understanding::{Wording, rules_model};
use serde_json::{Value, json};

use super::OpenAiConfig;
use super::guard::token_of;
use super::tools;
use crate::conversation::{Line, Who};
use crate::language_model::TurnRequest;

/// Lines of the conversation that go with a turn: what the far end's latest words may refer to.
const LINES_MAX: usize = 24;

/// Characters of them together, the latest first: about a thousand tokens.
const LINES_CHARS_MAX: usize = 4_000;

/// Builds the request.
pub(super) fn build(config: &OpenAiConfig, turn: &TurnRequest) -> CreateChatCompletionRequest {
    let told = json!({
        "insurer": turn.payer,
        "conversation": conversation(&turn.heard),
        "goals": goals(turn),
        "tried_before": turn.again,
    });
    CreateChatCompletionRequest {
        model: config.model.clone(),
        messages: vec![
            ChatCompletionRequestMessage::System(ChatCompletionRequestSystemMessage::from(
                config.brief.system.as_str(),
            )),
            ChatCompletionRequestMessage::User(ChatCompletionRequestUserMessage::from(
                told.to_string(),
            )),
        ],
        stream: Some(true),
        // Nothing is kept at the vendor. It is said in every request, whatever the account's own setting is.
        store: Some(false),
        temperature: config.temperature,
        max_completion_tokens: Some(config.max_completion_tokens),
        tools: Some(tools::definitions(&config.brief.tools, &turn.questions)),
        // One breath may answer several topics.
        parallel_tool_calls: Some(true),
        ..CreateChatCompletionRequest::default()
    }
}

/// The lines that go with the turn.
pub(super) fn recent(heard: &[Line]) -> &[Line] {
    let mut chars = 0;
    let fits = heard.iter().rev().take(LINES_MAX).take_while(|line| {
        chars += line.text.as_str().chars().count();
        chars <= LINES_CHARS_MAX
    });
    let from = heard.len() - fits.count();
    heard.get(from..).unwrap_or_default()
}

fn conversation(heard: &[Line]) -> Vec<Value> {
    let lines = recent(heard).iter().map(|line| {
        let who = match line.who {
            Who::FarEnd => "far_end",
            Who::Agent => "agent",
        };
        json!({ "who": who, "said": line.text.as_str() })
    });
    lines.collect()
}

fn goals(turn: &TurnRequest) -> Vec<Value> {
    let told = turn.goals.iter().zip(wordings(turn)).map(|(goal, suggested)| {
        let mut told = describe(*goal, turn);
        told["suggested"] = Value::String(suggested);
        told
    });
    told.collect()
}

/// A wording that would do, for each goal of the turn.
pub(super) fn wordings(turn: &TurnRequest) -> Vec<String> {
    let wording = Wording {
        pack: &turn.pack,
        questions: &turn.questions,
        answered: &turn.answered,
        turn: turn.turn,
        again: turn.again,
    };
    let suggested = turn.goals.iter().map(|goal| {
        let segments = rules_model::turn(&[*goal], &wording);
        segments.iter().map(|segment| segment.template.to_string()).collect::<Vec<_>>().join(" ")
    });
    suggested.collect()
}

fn describe(goal: Goal, turn: &TurnRequest) -> Value {
    let topic =
        |topic: Topic| tools::name_of(topic, &turn.questions).unwrap_or_default().to_owned();
    match goal {
        Goal::Acknowledge => json!({ "goal": "acknowledge" }),
        Goal::AreYouThere => json!({ "goal": "ask_whether_anybody_is_there" }),
        Goal::Ask(asked) => json!({ "goal": "ask", "topic": topic(asked) }),
        Goal::CannotProvide(item) => json!({ "goal": "say_that_we_do_not_have_it", "item": item }),
        Goal::Clarify => json!({ "goal": "ask_to_say_it_again" }),
        Goal::Close => json!({ "goal": "thank_and_say_goodbye" }),
        Goal::GiveReason => json!({ "goal": "say_what_the_call_is_for" }),
        Goal::Provide(item) => match token_of(item) {
            Some(token) => json!({ "goal": "give", "item": item, "token": token.to_string() }),
            None => json!({ "goal": "give", "item": item }),
        },
        Goal::ReadBack(read, _) => json!({
            "goal": "read_back_and_ask_whether_it_is_right", "topic": topic(read), "token": "{heard}",
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use callwright_core::{DataItem, TurnId, ValueId};
    use callwright_prompts::{ModelBrief, Pack};

    use super::*;
    use crate::conversation::TokenText;

    fn turn(goals: &[Goal], heard: Vec<Line>) -> TurnRequest {
        let pack = Pack::embedded().unwrap();
        let questions = Arc::new(pack.question_set("medical").unwrap().clone());
        TurnRequest {
            turn: TurnId(1),
            goals: goals.to_vec(),
            again: 0,
            answered: BTreeSet::new(),
            pack: Arc::new(pack),
            questions,
            payer: "Acme Health".to_owned(),
            heard,
        }
    }

    fn line(who: Who, text: &str) -> Line {
        Line { who, text: TokenText::covered(text.to_owned()) }
    }

    fn sent(turn: &TurnRequest) -> Value {
        let config = OpenAiConfig::of_model("m-1", ModelBrief::embedded().unwrap());
        serde_json::to_value(build(&config, turn)).unwrap()
    }

    #[test]
    fn a_request_stores_nothing_streams_and_names_nobody() {
        let body = sent(&turn(&[Goal::Acknowledge], Vec::new()));
        assert_eq!(body["model"], "m-1");
        assert_eq!((&body["stream"], &body["store"]), (&Value::Bool(true), &Value::Bool(false)));
        assert_eq!(body["max_completion_tokens"], 400);
        assert_eq!(body["parallel_tool_calls"], true);
        assert!((body["temperature"].as_f64().unwrap() - 0.2).abs() < 1e-6);
        let keys: BTreeSet<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
        let expected = [
            "max_completion_tokens",
            "messages",
            "model",
            "parallel_tool_calls",
            "store",
            "stream",
            "temperature",
            "tools",
        ];
        assert_eq!(keys, BTreeSet::from(expected), "no user, no metadata");
        let roles: Vec<_> =
            body["messages"].as_array().unwrap().iter().map(|m| &m["role"]).collect();
        assert_eq!(roles, ["system", "user"]);
    }

    #[test]
    fn goals_are_closed_json_with_their_token_and_a_wording_that_would_do() {
        let read_back = Goal::ReadBack(Topic::Reference, ValueId(77));
        let goals = [Goal::Provide(DataItem::MemberId), read_back, Goal::Ask(Topic::Name)];
        let body = sent(&turn(&goals, vec![line(Who::FarEnd, "the number is {heard:id#3}")]));
        let content = body["messages"][1]["content"].as_str().unwrap();
        assert!(!content.contains("77"), "a value's number is ours");
        let told: Value = serde_json::from_str(content).unwrap();
        let said = json!([{ "who": "far_end", "said": "the number is {heard:id#3}" }]);
        assert_eq!((&told["insurer"], &told["conversation"]), (&json!("Acme Health"), &said));
        assert_eq!(told["goals"][0]["item"], "member_id");
        assert_eq!(told["goals"][0]["token"], "{member_id}");
        assert_eq!(told["goals"][0]["suggested"], "The member I D is {member_id}.");
        assert_eq!(told["goals"][1]["token"], "{heard}");
        assert_eq!(told["goals"][1]["topic"], "reference_number");
        assert_eq!(told["goals"][2]["topic"], "representative_name");
    }

    #[test]
    fn the_latest_lines_go_and_no_more_than_fit() {
        let lines: Vec<Line> =
            (0..100).map(|place| line(Who::FarEnd, &format!("line {place}"))).collect();
        assert_eq!(recent(&lines).len(), LINES_MAX);
        assert_eq!(recent(&lines).last(), lines.last());
        let long = vec![line(Who::Agent, "a"), line(Who::FarEnd, &"x".repeat(LINES_CHARS_MAX))];
        assert_eq!(recent(&long), &long[1..]);
        assert!(recent(&[line(Who::FarEnd, &"x".repeat(LINES_CHARS_MAX + 1))]).is_empty());
    }
}
