"""openai against the simulated chat completions."""

import json

import openai
from checks import HTTP, KEY, equal, refuses, run, strictly
from openai.types.chat import ChatCompletion, ChatCompletionChunk

LINE = "the plan type is a p p o plan."
WORDS = "The member I D is {member_id}. What type of plan is it?"
GOALS = {
    "goals": [
        {"goal": {"provide": "member_id"}, "suggested": "The member I D is {member_id}."},
        {"goal": {"ask": "plan_type"}, "suggested": "What type of plan is it?"},
    ]
}
TOOL = {
    "type": "function",
    "function": {
        "name": "record_answer",
        "description": "The far end answered a question.",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {
                "topic": {"type": "string", "enum": ["plan_type", "deductible_met"]},
                "quote": {"type": "string"},
            },
            "required": ["topic", "quote"],
            "additionalProperties": False,
        },
    },
}
REQUEST = {
    "model": "any-model",
    "store": False,
    "temperature": 0.2,
    "max_completion_tokens": 200,
    "messages": [
        {"role": "developer", "content": "You speak for a practice."},
        {"role": "user", "content": LINE},
        {"role": "developer", "content": json.dumps(GOALS)},
    ],
}


def client(key=KEY):
    return openai.OpenAI(api_key=key, base_url=f"{HTTP}/v1", max_retries=0)


def a_stream_is_read():
    """a stream is read chunk by chunk, with its usage at the end"""
    options = {"include_usage": True}
    stream = client().chat.completions.create(stream=True, stream_options=options, **REQUEST)
    chunks = list(stream)
    equal("".join(c.choices[0].delta.content or "" for c in chunks if c.choices), WORDS)
    reasons = [c.choices[0].finish_reason for c in chunks if c.choices]
    equal((reasons[-1], set(reasons[:-1])), ("stop", {None}))
    usage = chunks[-1].usage
    equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)
    for chunk in chunks:
        strictly(ChatCompletionChunk, chunk.model_dump())
    return f"{len(chunks)} chunks"


def the_stream_helper_assembles_a_call():
    """the SDK's own accumulator makes a whole completion of a stream with a tool call"""
    with client().chat.completions.stream(tools=[TOOL], **REQUEST) as stream:
        completion = stream.get_final_completion()
    choice = completion.choices[0]
    equal((choice.finish_reason, choice.message.content), ("tool_calls", WORDS))
    call = choice.message.tool_calls[0]
    equal(call.function.name, "record_answer")
    equal(json.loads(call.function.arguments), {"topic": "plan_type", "quote": LINE})


def a_whole_reply_is_read():
    """a reply that is not streamed passes the SDK's model without leniency"""
    raw = client().chat.completions.with_raw_response.create(tools=[TOOL], **REQUEST)
    completion = strictly(ChatCompletion, json.loads(raw.text))
    equal(completion.choices[0].message.content, WORDS)
    assert raw.headers["x-request-id"].startswith("req_")
    answered = REQUEST["messages"] + [
        completion.choices[0].message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": completion.choices[0].message.tool_calls[0].id, "content": "{}"},
    ]
    after = client().chat.completions.create(**{**REQUEST, "messages": answered, "tools": [TOOL]})
    assert not after.choices[0].message.tool_calls, "the answer was dealt with"


def errors_are_the_sdks_own():
    """each error becomes the SDK's own exception, with its code"""
    wrong = client("wrong").chat.completions.create
    refuses(openai.AuthenticationError, lambda: wrong(**REQUEST), status_code=401, code="invalid_api_key")
    create = client().chat.completions.create
    refuses(openai.BadRequestError, lambda: create(**{**REQUEST, "messages": []}), param="messages")
    loose = json.loads(json.dumps(TOOL))
    del loose["function"]["parameters"]["additionalProperties"]
    bad = {"code": "invalid_function_parameters", "status_code": 400}
    refuses(openai.BadRequestError, lambda: create(tools=[loose], **REQUEST), **bad)


def models_are_listed():
    """models are listed and one is fetched"""
    listed = [model.id for model in client().models.list()]
    assert listed, "there is no model"
    equal(client().models.retrieve(listed[0]).id, listed[0])


run(
    a_stream_is_read,
    the_stream_helper_assembles_a_call,
    a_whole_reply_is_read,
    errors_are_the_sdks_own,
    models_are_listed,
)
