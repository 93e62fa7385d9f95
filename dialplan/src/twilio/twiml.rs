//! TwiML, the carrier's instructions for a leg. Three documents are all we need.
//!
//! Source: Twilio's TwiML reference for `<Connect>`, `<Stream>`, `<Play digits>` and `<Hangup>`. It does not decide what
//! may be keyed: a document with keys takes the disclosure gate's proof that it admitted them, and one that carries a value is zeroised
//! on drop.

use std::fmt;

use callwright_compliance::egress::{Field, FieldSet};
use callwright_compliance::gate::{Admitted, Item};
use reqwest::Url;
use zeroize::Zeroizing;

use super::is_loopback;
use super::token::StreamToken;

/// The most characters that the carrier takes as `Twiml` in a request.
pub const TWIML_CHARS_MAX: usize = 4_000;

/// A parameter's name and its value are each under 500 characters.
const PARAMETER_CHARS_MAX: usize = 499;

/// The name of the parameter that carries the one-time token.
pub const TOKEN_PARAMETER: &str = "token";

/// The values that a document may press: both are published.
pub const IN_DOCUMENTS: FieldSet = FieldSet::of(&[Field::Npi, Field::CallbackNumber]);

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>"#;

/// A finished document. Answer with it as `text/xml`, or redirect a leg to it.
///
/// It may hold keys that belong to somebody, so it shows itself nowhere and is zeroised on drop.
pub struct Twiml(Zeroizing<String>);

impl Twiml {
    /// The document's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Twiml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Twiml(..)")
    }
}

/// Why a document cannot be written. Ours to mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TwimlError {
    /// The carrier takes `wss://` without a query and nothing else; `ws://` passes for this machine (the simulator).
    #[error("a stream's URL is wss://host/path without user, query and fragment")]
    StreamUrl,
    /// The stream's status call-back is not HTTPS.
    #[error("a stream's status call-back is an https URL")]
    StatusUrl,
    /// A parameter is empty, too long, named twice or has a character that XML cannot carry.
    #[error(
        "a stream parameter has 1 to {PARAMETER_CHARS_MAX} printable characters and a name of its own"
    )]
    Parameter,
    /// Keys that no telephone has.
    #[error("digits are one or more of 0-9, *, # and w (half a second of silence)")]
    Digits,
    /// The gate's proof is of something else than keys.
    #[error("the disclosure gate admitted something else than these keys")]
    NotAdmitted,
    /// The keys are a patient's, or a tax id. Documents stand in the carrier's debugger and in its log of requests; tones do not.
    #[error("keys that hold a patient's value or a tax id go as tones and never by a document")]
    Secret,
    /// More than the carrier takes.
    #[error("the document is longer than {TWIML_CHARS_MAX} characters")]
    TooLong,
}

/// Where a leg's media stream goes and what it says about itself.
pub struct StreamTarget {
    url: String,
    status_url: Option<String>,
    parameters: Vec<(String, Zeroizing<String>)>,
}

impl StreamTarget {
    /// A stream to our media endpoint, with the one-time token that lets it in.
    ///
    /// # Errors
    /// [`TwimlError::StreamUrl`].
    pub fn new(url: &str, token: &StreamToken) -> Result<StreamTarget, TwimlError> {
        let parsed = Url::parse(url).map_err(|_| TwimlError::StreamUrl)?;
        let bare = parsed.query().is_none()
            && parsed.fragment().is_none()
            && parsed.username().is_empty()
            && parsed.password().is_none();
        let scheme = parsed.scheme() == "wss" || (parsed.scheme() == "ws" && is_loopback(&parsed));
        if !(bare && scheme && is_text(url)) {
            return Err(TwimlError::StreamUrl);
        }
        let secret = Zeroizing::new(token.reveal().to_owned());
        let parameters = vec![(TOKEN_PARAMETER.to_owned(), secret)];
        Ok(StreamTarget { url: url.to_owned(), status_url: None, parameters })
    }

    /// Adds a parameter. The carrier's debugger shows parameters: ids only, never what belongs to somebody.
    ///
    /// # Errors
    /// [`TwimlError::Parameter`].
    pub fn with_parameter(mut self, name: &str, value: &str) -> Result<StreamTarget, TwimlError> {
        let fits =
            |text: &str| (1..=PARAMETER_CHARS_MAX).contains(&text.chars().count()) && is_text(text);
        if !fits(name) || !fits(value) || self.parameters.iter().any(|(n, _)| n == name) {
            return Err(TwimlError::Parameter);
        }
        self.parameters.push((name.to_owned(), Zeroizing::new(value.to_owned())));
        Ok(self)
    }

    /// Has the carrier report the stream's beginning, end and errors.
    ///
    /// # Errors
    /// [`TwimlError::StatusUrl`].
    pub fn with_status_url(mut self, url: &str) -> Result<StreamTarget, TwimlError> {
        if !is_webhook_url(url) {
            return Err(TwimlError::StatusUrl);
        }
        self.status_url = Some(url.to_owned());
        Ok(self)
    }
}

/// Joins the leg to our media stream, both ways; when we close the stream, the leg ends.
///
/// # Errors
/// [`TwimlError::TooLong`].
pub fn connect_stream(target: &StreamTarget) -> Result<Twiml, TwimlError> {
    document(&[&connect(target)])
}

/// Has the carrier press keys, then joins the leg to a new media stream.
///
/// The second rung for menus that do not hear keys sent as tones within the stream. `w` waits half a second.
///
/// This is the only document that presses keys, and it spends the disclosure gate's proof, as the playout of tones does. Send it at once:
/// what was admitted before the gate was armed anew must not be keyed ([`callwright_compliance::gate::Gate::still_passes`]).
///
/// Keys of the menu and what anybody may look up go this way; a patient's values and a tax id (a sole proprietor's is a social security
/// number) do not, for the carrier keeps documents.
///
/// # Errors
/// [`TwimlError::NotAdmitted`], [`TwimlError::Secret`], [`TwimlError::Digits`], [`TwimlError::TooLong`].
#[expect(
    clippy::needless_pass_by_value,
    reason = "the proof is spent: one admission presses keys once"
)]
pub fn play_digits_then_stream(
    admitted: Admitted,
    digits: &str,
    target: &StreamTarget,
) -> Result<Twiml, TwimlError> {
    let Item::Keys { carries, .. } = admitted.item() else {
        return Err(TwimlError::NotAdmitted);
    };
    if !carries.is_subset_of(IN_DOCUMENTS) {
        return Err(TwimlError::Secret);
    }
    let is_key = |b: u8| b.is_ascii_digit() || matches!(b, b'*' | b'#' | b'w');
    if digits.is_empty() || !digits.bytes().all(is_key) {
        return Err(TwimlError::Digits);
    }
    let play = Zeroizing::new(format!(r#"<Play digits="{digits}"/>"#));
    document(&[play.as_str(), &connect(target)])
}

/// Ends the leg: also the answer for a call that nobody waits for any more.
#[must_use]
pub fn hangup() -> Twiml {
    Twiml(Zeroizing::new(format!("{HEAD}<Response><Hangup/></Response>")))
}

/// Whether the carrier may be told to call this URL: `https`, or plain `http` to this machine (the simulator).
pub(crate) fn is_webhook_url(url: &str) -> bool {
    is_text(url)
        && Url::parse(url).is_ok_and(|parsed| {
            parsed.username().is_empty()
                && parsed.password().is_none()
                && parsed.fragment().is_none()
                && (parsed.scheme() == "https"
                    || (parsed.scheme() == "http" && is_loopback(&parsed)))
        })
}

fn document(verbs: &[&str]) -> Result<Twiml, TwimlError> {
    // Reserved in one go: a string that grows leaves copies of what it held behind.
    let mut text = Zeroizing::new(String::with_capacity(TWIML_CHARS_MAX + HEAD.len()));
    text.push_str(HEAD);
    text.push_str("<Response>");
    for verb in verbs {
        text.push_str(verb);
    }
    text.push_str("<Hangup/></Response>");
    if text.chars().count() > TWIML_CHARS_MAX { Err(TwimlError::TooLong) } else { Ok(Twiml(text)) }
}

fn connect(target: &StreamTarget) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(TWIML_CHARS_MAX));
    text.push_str("<Connect><Stream url=\"");
    escape(&target.url, &mut text);
    if let Some(url) = &target.status_url {
        text.push_str("\" statusCallback=\"");
        escape(url, &mut text);
        text.push_str("\" statusCallbackMethod=\"POST");
    }
    text.push_str("\">");
    for (name, value) in &target.parameters {
        text.push_str("<Parameter name=\"");
        escape(name, &mut text);
        text.push_str("\" value=\"");
        escape(value, &mut text);
        text.push_str("\"/>");
    }
    text.push_str("</Stream></Connect>");
    text
}

/// Whether XML 1.0 can carry every character as it is. Line breaks and tabs are refused too: an attribute would turn
/// them into blanks.
fn is_text(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'))
}

/// Escapes for an attribute's value.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twilio::token::token_for_test;
    use callwright_compliance::gate::{
        ClipKind, Counterparty, Gate, GateRules, KeySource, PacedClock,
    };
    use callwright_compliance::recording::RecordingGrant;

    /// What a gate in menu mode lets pass.
    fn admitted(item: Item) -> Admitted {
        let mut gate = Gate::new(GateRules {
            allowed: FieldSet::EMPTY,
            disclosure_repeats_max: 1,
            paced_clock: PacedClock::ProvesNothing,
            recording: RecordingGrant::none(),
        });
        gate.admit(&item).ok().unwrap()
    }

    fn keys_of(field: Field) -> Admitted {
        let mut gate = Gate::new(GateRules {
            allowed: field.into(),
            disclosure_repeats_max: 1,
            paced_clock: PacedClock::ProvesNothing,
            recording: RecordingGrant::none(),
        });
        gate.counterparty(Counterparty::MatchedMap);
        gate.asked(field.into());
        gate.admit(&Item::Keys { source: KeySource::Token, carries: field.into() }).ok().unwrap()
    }

    #[test]
    fn what_is_somebody_s_is_pressed_by_no_document() {
        for (field, may) in [
            (Field::Npi, true),
            (Field::CallbackNumber, true),
            (Field::TaxId, false),
            (Field::MemberId, false),
            (Field::PatientDateOfBirth, false),
        ] {
            let made = play_digits_then_stream(keys_of(field), "123#", &target());
            let wanted = if may { None } else { Some(TwimlError::Secret) };
            assert_eq!(made.err(), wanted, "{field:?}");
        }
    }

    fn keys() -> Admitted {
        admitted(Item::Keys { source: KeySource::Map, carries: FieldSet::EMPTY })
    }

    fn target() -> StreamTarget {
        StreamTarget::new("wss://media.example/twilio", &token_for_test()).unwrap()
    }

    fn parameter() -> String {
        format!(r#"<Parameter name="token" value="{}"/>"#, token_for_test().reveal())
    }

    #[test]
    fn connects_a_stream_and_hangs_up_after_it() {
        let target = target().with_parameter("call", "abc").unwrap();
        let expected = format!(
            "{HEAD}<Response><Connect><Stream url=\"wss://media.example/twilio\">{}\
             <Parameter name=\"call\" value=\"abc\"/></Stream></Connect><Hangup/></Response>",
            parameter()
        );
        assert_eq!(connect_stream(&target).unwrap().as_str(), expected);
    }

    #[test]
    fn keys_come_before_the_new_stream() {
        let target = target().with_status_url("https://app.example/stream?a=1&b=2").unwrap();
        let expected = format!(
            "{HEAD}<Response><Play digits=\"w1234567893#\"/><Connect>\
             <Stream url=\"wss://media.example/twilio\" \
             statusCallback=\"https://app.example/stream?a=1&amp;b=2\" \
             statusCallbackMethod=\"POST\">{}</Stream></Connect><Hangup/></Response>",
            parameter()
        );
        let twiml = play_digits_then_stream(keys(), "w1234567893#", &target).unwrap();
        assert_eq!(twiml.as_str(), expected);
        assert_eq!(format!("{twiml:?}"), "Twiml(..)");
    }

    #[test]
    fn keys_that_no_telephone_has_are_refused() {
        for digits in ["", "12a", "1 2", "1\"/><Dial>", "١"] {
            let refused = play_digits_then_stream(keys(), digits, &target()).unwrap_err();
            assert_eq!(refused, TwimlError::Digits, "{digits}");
        }
    }

    #[test]
    fn what_was_admitted_as_something_else_presses_no_keys() {
        for item in [Item::Clip(ClipKind::IAmAutomated), Item::MenuAnswer] {
            let refused = play_digits_then_stream(admitted(item), "1", &target()).unwrap_err();
            assert_eq!(refused, TwimlError::NotAdmitted, "{item:?}");
        }
    }

    #[test]
    fn markup_in_a_parameter_stays_text() {
        let target = target().with_parameter("a\"b", "<Dial>'&'</Dial>").unwrap();
        let twiml = connect_stream(&target).unwrap();
        let parameter = "name=\"a&quot;b\" value=\"&lt;Dial&gt;&apos;&amp;&apos;&lt;/Dial&gt;\"";
        assert!(twiml.as_str().contains(parameter));
        assert!(!twiml.as_str().contains("<Dial>"));
    }

    #[test]
    fn stream_urls_are_secure_and_bare() {
        let token = token_for_test();
        for url in
            ["ws://127.0.0.1:9000/m", "ws://localhost/m", "ws://[::1]:1/m", "wss://a.example"]
        {
            assert!(StreamTarget::new(url, &token).is_ok(), "{url}");
        }
        for url in [
            "ws://a.example/m",
            "https://a.example",
            "wss://a.example/m?x=1",
            "wss://u@a.example",
            "wss:",
            "ws://10.0.0.1/m",
        ] {
            assert_eq!(StreamTarget::new(url, &token).err(), Some(TwimlError::StreamUrl), "{url}");
        }
    }

    #[test]
    fn parameters_have_bounds() {
        for (name, value) in [("", "x"), ("x", ""), ("token", "x"), ("x", "a\nb"), ("x", "\u{0}")] {
            let refused = target().with_parameter(name, value).err();
            assert_eq!(refused, Some(TwimlError::Parameter));
        }
        assert!(target().with_parameter("x", &"v".repeat(499)).is_ok());
        assert!(target().with_parameter("x", &"v".repeat(500)).is_err());
        let mut full = target();
        for i in 0..9 {
            full = full.with_parameter(&format!("p{i}"), &"v".repeat(499)).unwrap();
        }
        assert_eq!(connect_stream(&full).unwrap_err(), TwimlError::TooLong);
    }

    #[test]
    fn the_hang_up_is_the_carriers_own_example() {
        assert_eq!(hangup().as_str(), format!("{HEAD}<Response><Hangup/></Response>"));
    }
}
