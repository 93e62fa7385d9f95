//! Chat completions.

use crate::world::*;
use callwright_sim::vendors::{Latency, ModelMode, Side, Vendor, VendorEvent, Vendors};
use serde_json::{Value, json};

const LINE: &str = "the plan type is a p p o plan.";

/// A request as a careful client makes it.
pub(crate) fn body(stream: bool) -> Value {
    let goals = json!({"goals": [
        {"goal": {"provide": "member_id"}, "suggested": "The member I D is {member_id}."},
        {"goal": {"ask": "plan_type"}, "suggested": "What type of plan is it?"},
    ]});
    json!({
        "model": "any-model-at-all",
        "stream": stream,
        "messages": [
            {"role": "developer", "content": "You speak for a practice."},
            {"role": "user", "content": LINE},
            {"role": "developer", "content": goals.to_string()},
        ],
    })
}

fn tools() -> Value {
    json!([{"type": "function", "function": {"name": "record_answer", "strict": true, "parameters": {
        "type": "object",
        "properties": {"topic": {"type": "string", "enum": ["plan_type", "deductible_met"]}, "quote": {"type": "string"}},
        "required": ["topic", "quote"],
        "additionalProperties": false,
    }}}])
}

pub(crate) async fn post(vendors: &Vendors, key: &str, body: &Value) -> reqwest::Response {
    let url = format!("{}/v1/chat/completions", vendors.base_url());
    let sent = http().post(url).bearer_auth(key).json(body).send();
    within(sent).await.unwrap()
}

/// The data of the events, in order.
pub(crate) async fn events(response: reqwest::Response) -> Vec<String> {
    assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
    let text = within(response.text()).await.unwrap();
    assert!(text.ends_with("\n\n"));
    text.trim_end().split("\n\n").map(|e| e.strip_prefix("data: ").unwrap().to_owned()).collect()
}

const WORDS: &str = "The member I D is {member_id}. What type of plan is it?";

#[tokio::test]
async fn a_stream_is_as_documented() {
    let vendors = vendors().await;
    let mut body = body(true);
    body["stream_options"] = json!({"include_usage": true, "include_obfuscation": true});
    body["tools"] = tools();
    let response = post(&vendors, KEY, &body).await;
    assert!(response.headers()["x-request-id"].to_str().unwrap().starts_with("req_"));
    let mut events = events(response).await;
    assert_eq!(events.pop().unwrap(), "[DONE]");
    let chunks: Vec<Value> = events.iter().map(|e| serde_json::from_str(e).unwrap()).collect();
    let (usage, chunks) = chunks.split_last().unwrap();
    assert_eq!(usage["choices"], json!([]));
    let counted =
        ["prompt_tokens", "completion_tokens"].map(|n| usage["usage"][n].as_u64().unwrap());
    assert_eq!(usage["usage"]["total_tokens"], counted[0] + counted[1]);
    let (mut content, mut arguments) = (String::new(), String::new());
    for chunk in chunks {
        assert_eq!(chunk["object"], "chat.completion.chunk");
        assert_eq!(chunk["model"], "any-model-at-all");
        assert_eq!(chunk["id"], usage["id"]);
        assert_eq!(chunk["usage"], Value::Null);
        assert!(chunk["obfuscation"].is_string());
        let delta = &chunk["choices"][0]["delta"];
        content.push_str(delta["content"].as_str().unwrap_or_default());
        let call = &delta["tool_calls"][0]["function"];
        arguments.push_str(call["arguments"].as_str().unwrap_or_default());
    }
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    assert_eq!(content, WORDS);
    assert_eq!(
        serde_json::from_str::<Value>(&arguments).unwrap(),
        json!({"topic": "plan_type", "quote": LINE})
    );
    let named =
        chunks.iter().filter(|c| c["choices"][0]["delta"]["tool_calls"][0]["id"].is_string());
    assert_eq!(named.count(), 1, "id and name come once");
    let reasons: Vec<&Value> = chunks.iter().map(|c| &c["choices"][0]["finish_reason"]).collect();
    assert_eq!(reasons.last().unwrap(), &&json!("tool_calls"));
    assert!(reasons.iter().rev().skip(1).all(|reason| reason.is_null()));
}

#[tokio::test]
async fn usage_and_padding_come_only_when_asked_for() {
    let vendors = vendors().await;
    let events = events(post(&vendors, KEY, &body(true)).await).await;
    let (done, chunks) = events.split_last().unwrap();
    assert_eq!(done, "[DONE]");
    for chunk in chunks {
        let chunk: Value = serde_json::from_str(chunk).unwrap();
        assert!(chunk.get("usage").is_none() && chunk.get("obfuscation").is_none());
    }
}

#[tokio::test]
async fn a_whole_reply_is_as_documented() {
    let vendors = vendors().await;
    let mut request = body(false);
    request["tools"] = tools();
    let reply: Value = within(post(&vendors, KEY, &request).await.json()).await.unwrap();
    assert_eq!(reply["object"], "chat.completion");
    let choice = &reply["choices"][0];
    assert_eq!(
        (&choice["message"]["content"], &choice["finish_reason"]),
        (&json!(WORDS), &json!("tool_calls"))
    );
    let call = &choice["message"]["tool_calls"][0];
    assert_eq!(
        (&call["type"], &call["function"]["name"]),
        (&json!("function"), &json!("record_answer"))
    );
    let said: Value = within(post(&vendors, KEY, &body(false)).await.json()).await.unwrap();
    assert_eq!(said["choices"][0]["finish_reason"], "stop");
    assert!(said["choices"][0]["message"].get("tool_calls").is_none());
}

#[tokio::test]
async fn a_long_reply_is_cut_where_the_request_says() {
    let mut config = config();
    config.openai.mode = ModelMode::Rambling;
    let vendors = start(config).await;
    let mut request = body(false);
    request["max_completion_tokens"] = json!(30);
    let reply: Value = within(post(&vendors, KEY, &request).await.json()).await.unwrap();
    assert_eq!(reply["choices"][0]["finish_reason"], "length");
    assert_eq!(reply["usage"]["completion_tokens"], 30);
}

#[tokio::test]
async fn errors_have_the_vendors_shape() {
    let mut config = config();
    config.openai.require_no_store = true;
    let vendors = start(config).await;
    let mut stored = body(false);
    stored["store"] = json!(true);
    let mut misspelled = body(false);
    misspelled["temprature"] = json!(0.1);
    for (key, body, status, param, code) in [
        ("wrong", body(false), 401, json!(null), json!("invalid_api_key")),
        (KEY, stored, 400, json!("store"), json!(null)),
        (KEY, misspelled, 400, json!(null), json!(null)),
        (KEY, json!({"model": "m"}), 400, json!("messages"), json!(null)),
        (KEY, json!([]), 400, json!(null), json!(null)),
    ] {
        let response = post(&vendors, key, &body).await;
        assert_eq!(response.status(), status);
        assert!(response.headers().contains_key("x-request-id"));
        let error: Value = within(response.json()).await.unwrap();
        let error = &error["error"];
        assert!(error["message"].is_string(), "{error}");
        assert_eq!(
            (&error["type"], &error["param"], &error["code"]),
            (&json!("invalid_request_error"), &param, &code)
        );
    }
    let mut not_stored = body(false);
    not_stored["store"] = json!(false);
    assert_eq!(post(&vendors, KEY, &not_stored).await.status(), 200);
}

#[tokio::test]
async fn models_are_listed() {
    let vendors = vendors().await;
    let get = async |path: &str| {
        let url = format!("{}{path}", vendors.base_url());
        let response = within(http().get(url).bearer_auth(KEY).send()).await.unwrap();
        within(response.json::<Value>()).await.unwrap()
    };
    let list = get("/v1/models").await;
    assert_eq!((&list["object"], &list["data"][0]["object"]), (&json!("list"), &json!("model")));
    assert_eq!(get("/v1/models/gpt-next").await["id"], "gpt-next");
}

#[tokio::test]
async fn a_reply_that_nobody_reads_on_is_cancelled() {
    let mut config = config();
    config.openai.each_token = Latency::fixed(5_000);
    let vendors = start(config).await;
    let mut response = post(&vendors, KEY, &body(true)).await;
    assert!(within(response.chunk()).await.unwrap().is_some(), "the first comes at once");
    drop(response);
    let closed = VendorEvent::Closed { code: None, by: Side::Customer };
    within(vendors.wait_for(|log| log.iter().any(|entry| entry.event == closed))).await;
    assert!(
        !vendors
            .log()
            .has(Vendor::OpenAi, |e| matches!(e, VendorEvent::Sent { text } if text == "[DONE]"))
    );
}
