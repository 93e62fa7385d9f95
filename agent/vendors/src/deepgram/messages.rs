//! What Deepgram says, as far as it is used. Unknown types and unknown fields are passed over.

use std::borrow::Cow;

use serde::Deserialize;

/// Keeps a connection without audio open. It must be text.
pub(super) const KEEP_ALIVE: &str = r#"{"type":"KeepAlive"}"#;

/// Asks for everything that was heard so far to be given as final.
pub(super) const FINALIZE: &str = r#"{"type":"Finalize"}"#;

/// Good-bye.
pub(super) const CLOSE_STREAM: &str = r#"{"type":"CloseStream"}"#;

/// A message.
#[derive(Deserialize)]
#[serde(tag = "type")]
pub(super) enum Message<'a> {
    #[serde(borrow)]
    Results(Results<'a>),
    /// Something is wrong for good.
    Error {},
    #[serde(other)]
    Other,
}

/// What was heard in a span of the audio that was sent over this connection.
#[derive(Deserialize)]
pub(super) struct Results<'a> {
    /// Where the span begins, seconds.
    pub(super) start: f64,
    /// How long it is, seconds.
    pub(super) duration: f64,
    #[serde(default)]
    pub(super) is_final: bool,
    #[serde(default)]
    pub(super) from_finalize: bool,
    #[serde(borrow)]
    pub(super) channel: Channel<'a>,
}

#[derive(Deserialize)]
pub(super) struct Channel<'a> {
    #[serde(borrow)]
    pub(super) alternatives: Vec<Alternative<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Alternative<'a> {
    #[serde(borrow, default)]
    pub(super) transcript: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) words: Vec<Word<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Word<'a> {
    #[serde(borrow)]
    pub(super) word: Cow<'a, str>,
    /// Seconds.
    pub(super) start: f64,
    /// Seconds.
    pub(super) end: f64,
    #[serde(default)]
    pub(super) confidence: f32,
}

impl<'a> Results<'a> {
    /// The words of the best reading; `None` where there is a transcript and no words, which the protocol does not have.
    pub(super) fn words(&self) -> Option<&[Word<'a>]> {
        let Some(best) = self.channel.alternatives.first() else { return Some(&[]) };
        let whole = !best.words.is_empty() || best.transcript.trim().is_empty();
        whole.then_some(best.words.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read_as_the_protocol_page_has_them() {
        let text = r#"{"type":"Results","channel_index":[0,1],"duration":1.5,"start":0.5,"is_final":true,"speech_final":true,
            "from_finalize":false,"channel":{"alternatives":[{"transcript":"my id","confidence":0.98,"languages":["en"],
            "words":[{"word":"my","start":0.5,"end":0.75,"confidence":0.99,"punctuated_word":"My","speaker":0,"language":"en"},
            {"word":"i\u0064","start":0.8,"end":1.0,"confidence":0.5}]}]},
            "metadata":{"request_id":"uuid","model_info":{"name":"general-nova-3"},"model_uuid":"uuid"}}"#;
        let Ok(Message::Results(results)) = serde_json::from_str(text) else { panic!("not read") };
        assert!(results.is_final && !results.from_finalize);
        let words: Vec<_> = results.words().unwrap().iter().map(|w| (&*w.word, w.end)).collect();
        assert_eq!(words, [("my", 0.75), ("id", 1.0)]);
    }

    #[test]
    fn other_messages_are_passed_over_and_errors_are_not() {
        for text in [
            r#"{"type":"Metadata","request_id":"uuid","duration":12.3,"channels":1}"#,
            r#"{"type":"SpeechStarted","channel":[0,1],"timestamp":9.54}"#,
            r#"{"type":"UtteranceEnd","channel":[0,1],"last_word_end":-1}"#,
            r#"{"type":"SomethingNew","x":{}}"#,
        ] {
            assert!(matches!(serde_json::from_str(text), Ok(Message::Other)), "{text}");
        }
        let error = r#"{"type":"Error","variant":"v","description":"d","message":"m"}"#;
        assert!(matches!(serde_json::from_str(error), Ok(Message::Error {})));
        for garbage in ["", "hello", "[]", r#"{"type":"Results"}"#, r#"{"kind":"Results"}"#] {
            assert!(serde_json::from_str::<Message<'_>>(garbage).is_err(), "{garbage}");
        }
    }

    #[test]
    fn a_transcript_without_words_is_no_answer() {
        let read = |alternatives: &str| {
            let text = format!(
                r#"{{"type":"Results","start":0,"duration":1,"channel":{{"alternatives":[{alternatives}]}}}}"#
            );
            match serde_json::from_str::<Message<'_>>(&text) {
                Ok(Message::Results(results)) => results.words().map(<[_]>::len),
                Ok(Message::Error {} | Message::Other) | Err(_) => panic!("not read"),
            }
        };
        assert_eq!(read(r#"{"transcript":"hello","words":[]}"#), None);
        assert_eq!(read(r#"{"transcript":"","words":[]}"#), Some(0));
        assert_eq!(read(""), Some(0));
    }
}
