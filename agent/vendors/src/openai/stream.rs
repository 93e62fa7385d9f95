//! Reading a streamed answer: server-sent events, and the chunks in them.
//!
//! Only what is used is read, so that servers which leave fields out or add some are understood. Lines are bounded.
//! Sources: WHATWG HTML §9.2.6 (event streams); OpenAI's reference of the chunk object.

use std::borrow::Cow;

use serde::Deserialize;

/// The longest line that is read. A chunk is some hundred bytes, padding included.
const LINE_BYTES_MAX: usize = 64 * 1_024;

/// The data that ends a stream.
const DONE: &str = "[DONE]";

/// The stream is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotEvents;

/// Lines out of bytes.
#[derive(Default)]
pub(super) struct Events {
    pending: Vec<u8>,
}

/// What one line of an event stream gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Data(String),
    Done,
}

impl Events {
    /// Takes bytes in and gives the data of the lines that are whole. Events of more than one data line are not used here.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<Event>, NotEvents> {
        self.pending.extend_from_slice(bytes);
        let mut events = Vec::new();
        while let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.pending.drain(..=end).collect();
            let line =
                std::str::from_utf8(&line).map_err(|_| NotEvents)?.trim_end_matches(['\r', '\n']);
            events.extend(event(line)?);
        }
        if self.pending.len() > LINE_BYTES_MAX { Err(NotEvents) } else { Ok(events) }
    }
}

fn event(line: &str) -> Result<Option<Event>, NotEvents> {
    if line.is_empty() || line.starts_with(':') {
        return Ok(None);
    }
    let (field, value) = line.split_once(':').unwrap_or((line, ""));
    let value = value.strip_prefix(' ').unwrap_or(value);
    match field {
        "data" if value == DONE => Ok(Some(Event::Done)),
        "data" => Ok(Some(Event::Data(value.to_owned()))),
        "event" | "id" | "retry" => Ok(None),
        // A page of HTML, for example.
        _ => Err(NotEvents),
    }
}

/// One chunk.
#[derive(Deserialize)]
pub(super) struct Chunk<'a> {
    #[serde(borrow, default)]
    pub(super) choices: Vec<Choice<'a>>,
    /// The stream failed in the middle.
    #[serde(default)]
    pub(super) error: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
pub(super) struct Choice<'a> {
    #[serde(borrow, default)]
    pub(super) delta: Delta<'a>,
    #[serde(borrow, default)]
    pub(super) finish_reason: Option<Cow<'a, str>>,
}

#[derive(Default, Deserialize)]
pub(super) struct Delta<'a> {
    #[serde(borrow, default)]
    pub(super) content: Option<Cow<'a, str>>,
    /// Said in place of an answer.
    #[serde(borrow, default)]
    pub(super) refusal: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) tool_calls: Option<Vec<ToolChunk<'a>>>,
}

/// A piece of a tool call.
#[derive(Deserialize)]
pub(super) struct ToolChunk<'a> {
    #[serde(default)]
    pub(super) index: u32,
    #[serde(borrow, default)]
    pub(super) function: Option<FunctionChunk<'a>>,
}

#[derive(Deserialize)]
pub(super) struct FunctionChunk<'a> {
    #[serde(borrow, default)]
    pub(super) name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) arguments: Option<Cow<'a, str>>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str =
        ": hello\r\ndata: {\"choices\":[]}\r\n\r\nevent: x\ndata:é\n\ndata: [DONE]\n\n";

    fn read(step: usize) -> Vec<Event> {
        let mut events = Events::default();
        TEXT.as_bytes().chunks(step).flat_map(|bytes| events.push(bytes).unwrap()).collect()
    }

    #[test]
    fn lines_are_put_together_wherever_they_were_broken() {
        let data = |text: &str| Event::Data(text.to_owned());
        let expected = [data("{\"choices\":[]}"), data("é"), Event::Done];
        for step in 1..TEXT.len() {
            assert_eq!(read(step), expected, "{step}");
        }
    }

    #[test]
    fn what_is_no_stream_of_events_is_refused() {
        for bytes in [b"<html>\n".as_slice(), b"{\"error\":{}}\n", b"data: \xff\n"] {
            assert_eq!(Events::default().push(bytes), Err(NotEvents));
        }
        let endless = vec![b'x'; LINE_BYTES_MAX + 1];
        assert_eq!(Events::default().push(&endless), Err(NotEvents));
    }

    #[test]
    fn chunks_are_read_as_the_protocol_page_has_them() {
        let text = r#"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,
            "delta":{"role":"assistant","content":"Hi \"you\"","tool_calls":[{"index":1,"id":"call_1","type":"function",
            "function":{"name":"press","arguments":""}}]},"finish_reason":null,"logprobs":null}],"usage":null,"obfuscation":"x"}"#;
        let chunk: Chunk<'_> = serde_json::from_str(text).unwrap();
        let delta = &chunk.choices[0].delta;
        assert_eq!(delta.content.as_deref(), Some("Hi \"you\""));
        let calls = delta.tool_calls.as_ref().unwrap();
        let function = calls[0].function.as_ref().unwrap();
        assert_eq!((calls[0].index, function.name.as_deref()), (1, Some("press")));
        let usage = r#"{"choices":[],"usage":{"total_tokens":3}}"#;
        assert!(serde_json::from_str::<Chunk<'_>>(usage).unwrap().choices.is_empty());
        let broken = r#"{"error":{"message":"m","type":"server_error"}}"#;
        assert!(serde_json::from_str::<Chunk<'_>>(broken).unwrap().error.is_some());
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(Events::default().push(&bytes));
        }
    }
}
