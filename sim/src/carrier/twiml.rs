//! TwiML as this carrier reads it: `Connect` with a `Stream`, `Play` of digits, `Pause`, `Redirect` and `Hangup`.
//!
//! `Say` is passed over (the far end is not there to listen to a carrier's voice), an unknown verb is passed over and
//! reported (12200), and a document that is not XML ends the call (12100). Source: Twilio's TwiML pages for each verb.

use super::xml::{self, Element, XmlError};
use thiserror::Error;

/// The most verbs of a document.
const VERBS_MAX: usize = 100;
/// The most parameters of a stream.
const PARAMETERS_MAX: usize = 99;
/// Names and values of parameters must stay below this many characters.
const PARAMETER_CHARS: usize = 500;
/// The most keys of one `Play`.
const DIGITS_MAX: usize = 500;

/// A verb.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Connect(StreamVerb),
    PlayDigits(String),
    Pause {
        ms: u64,
    },
    Redirect {
        url: String,
        method: Method,
    },
    Hangup,
    /// Known to Twilio, without effect here.
    PassedOver {
        name: String,
    },
    /// A mistake of the application, with Twilio's number for it.
    Mistaken {
        code: u32,
        message: String,
    },
}

impl Verb {
    /// Its name for the log.
    pub(super) fn name(&self) -> String {
        match self {
            Verb::Connect(_) => "Connect".to_owned(),
            Verb::PlayDigits(_) => "Play".to_owned(),
            Verb::Pause { .. } => "Pause".to_owned(),
            Verb::Redirect { .. } => "Redirect".to_owned(),
            Verb::Hangup => "Hangup".to_owned(),
            Verb::PassedOver { name } => name.clone(),
            Verb::Mistaken { .. } => "?".to_owned(),
        }
    }
}

/// `<Connect><Stream>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct StreamVerb {
    pub(super) url: String,
    pub(super) name: Option<String>,
    pub(super) parameters: Vec<(String, String)>,
    pub(super) status_callback: Option<(String, Method)>,
}

/// How a webhook is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Method {
    #[default]
    Post,
    Get,
}

impl Method {
    /// Reads a method; no text means POST.
    pub(super) fn parse(text: Option<&str>) -> Option<Method> {
        match text {
            None => Some(Method::Post),
            Some(text) if text.eq_ignore_ascii_case("POST") => Some(Method::Post),
            Some(text) if text.eq_ignore_ascii_case("GET") => Some(Method::Get),
            Some(_) => None,
        }
    }
}

/// Why a text is not TwiML (Twilio's error 12100).
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(super) enum TwimlError {
    #[error("not well formed: {0}")]
    Xml(#[from] XmlError),
    #[error("the root element must be `Response`")]
    NotAResponse,
    #[error("more than {VERBS_MAX} verbs")]
    TooManyVerbs,
}

/// Reads a document into its verbs.
pub(super) fn parse(text: &str) -> Result<Vec<Verb>, TwimlError> {
    let root = xml::parse(text)?;
    if root.name != "Response" {
        return Err(TwimlError::NotAResponse);
    }
    if root.children.len() > VERBS_MAX {
        return Err(TwimlError::TooManyVerbs);
    }
    Ok(root.children.iter().map(verb).collect())
}

fn verb(element: &Element) -> Verb {
    match element.name.as_str() {
        "Connect" => connect(element),
        "Play" => play(element),
        "Pause" => {
            let seconds = element.attribute("length").map_or(Ok(1), str::parse::<u32>);
            match seconds {
                Ok(seconds) => Verb::Pause { ms: u64::from(seconds) * 1_000 },
                Err(_) => mistake("`length` of `Pause` must be whole seconds"),
            }
        }
        "Redirect" => match Method::parse(element.attribute("method")) {
            Some(method) => Verb::Redirect { url: element.text.trim().to_owned(), method },
            None => mistake("`method` of `Redirect` must be GET or POST"),
        },
        "Hangup" => Verb::Hangup,
        "Say" => Verb::PassedOver { name: element.name.clone() },
        other => mistake(&format!("the verb `{other}` is not one this carrier knows")),
    }
}

fn mistake(message: &str) -> Verb {
    Verb::Mistaken { code: 12_200, message: message.to_owned() }
}

fn play(element: &Element) -> Verb {
    let Some(digits) = element.attribute("digits") else {
        return Verb::PassedOver { name: "Play".to_owned() };
    };
    let known = digits.chars().all(is_send_digit);
    if known && digits.len() <= DIGITS_MAX {
        Verb::PlayDigits(digits.to_owned())
    } else {
        mistake("`digits` of `Play` takes up to 500 of 0-9, A-D, *, #, w and W")
    }
}

/// Whether a character may stand in `digits` or `SendDigits`: a key, or a pause of half a second (`w`) or one (`W`).
pub(super) fn is_send_digit(c: char) -> bool {
    matches!(c, '0'..='9' | 'A'..='D' | '*' | '#' | 'w' | 'W')
}

fn connect(element: &Element) -> Verb {
    let [stream] = element.children.as_slice() else {
        return mistake("`Connect` must hold exactly one `Stream`");
    };
    if stream.name != "Stream" {
        return mistake("`Connect` can only hold a `Stream` here");
    }
    let Some(url) = stream.attribute("url") else {
        return mistake("`Stream` needs a `url`");
    };
    if url.contains('?') {
        return mistake("`url` of `Stream` takes no query: pass data with `Parameter`");
    }
    let mut parameters = Vec::new();
    for child in &stream.children {
        let pair = (child.attribute("name"), child.attribute("value"));
        let (Some(name), Some(value), "Parameter") = (pair.0, pair.1, child.name.as_str()) else {
            return mistake("`Stream` holds `Parameter`s with `name` and `value` only");
        };
        if name.chars().count() >= PARAMETER_CHARS || value.chars().count() >= PARAMETER_CHARS {
            return mistake("names and values of `Parameter` must have fewer than 500 characters");
        }
        parameters.push((name.to_owned(), value.to_owned()));
    }
    if parameters.len() > PARAMETERS_MAX {
        return mistake("`Stream` takes up to 99 `Parameter`s");
    }
    let Some(method) = Method::parse(stream.attribute("statusCallbackMethod")) else {
        return mistake("`statusCallbackMethod` must be GET or POST");
    };
    Verb::Connect(StreamVerb {
        url: url.to_owned(),
        name: stream.attribute("name").map(str::to_owned),
        parameters,
        status_callback: stream.attribute("statusCallback").map(|url| (url.to_owned(), method)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_documentations_example() {
        let verbs = parse(
            r#"<?xml version="1.0" encoding="UTF-8"?>
            <Response>
              <Play digits="1w2#"/>
              <Connect>
                <Stream url="wss://media.example.com/twilio" name="s1"
                        statusCallback="https://app.example.com/s?a=1&amp;b=2" statusCallbackMethod="POST">
                  <Parameter name="call_ref" value="abc"/>
                </Stream>
              </Connect>
              <Pause length="2"/><Say>hello</Say><Hangup/>
            </Response>"#,
        );
        let stream = StreamVerb {
            url: "wss://media.example.com/twilio".into(),
            name: Some("s1".into()),
            parameters: vec![("call_ref".into(), "abc".into())],
            status_callback: Some(("https://app.example.com/s?a=1&b=2".into(), Method::Post)),
        };
        let expected = vec![
            Verb::PlayDigits("1w2#".into()),
            Verb::Connect(stream),
            Verb::Pause { ms: 2_000 },
            Verb::PassedOver { name: "Say".into() },
            Verb::Hangup,
        ];
        assert_eq!(verbs, Ok(expected));
    }

    #[test]
    fn mistakes_are_told_and_passed_over() {
        for twiml in [
            "<Dial>1</Dial>",
            "<Connect/>",
            "<Connect><Stream/></Connect>",
            "<Connect><Stream url='ws://a/b?c=1'/></Connect>",
            "<Connect><Stream url='ws://a/b'><Parameter name='x'/></Stream></Connect>",
            "<Play digits='12x'/>",
            "<Pause length='soon'/>",
        ] {
            let verbs = parse(&format!("<Response>{twiml}<Hangup/></Response>")).unwrap();
            assert!(matches!(verbs[0], Verb::Mistaken { code: 12_200, .. }), "{twiml}");
            assert_eq!(verbs[1], Verb::Hangup);
        }
    }

    #[test]
    fn what_is_no_response_is_refused() {
        assert_eq!(parse("<Answer/>"), Err(TwimlError::NotAResponse));
        assert_eq!(parse("<Response>"), Err(TwimlError::Xml(XmlError::Ends)));
        assert_eq!(parse("<Response/>"), Ok(Vec::new()));
    }
}
