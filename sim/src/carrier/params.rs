//! The parameters of "create call" and "update call", checked as Twilio checks them, and the errors it answers with.
//!
//! Codes marked so in the protocol notes are from Twilio's error dictionary; others are the nearest one it has. Parameters
//! without effect here (recording, answering-machine detection) are taken and passed over.

use super::twiml::{self, Method};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Ring time if none is asked for, and the most that can be.
const TIMEOUT_S_DEFAULT: u64 = 60;
const TIMEOUT_S_MAX: u64 = 600;
/// Twilio's own bound on a call.
const TIME_LIMIT_S_MAX: u64 = 86_400;
const TWIML_CHARS_MAX: usize = 4_000;
const SEND_DIGITS_MAX: usize = 32;

/// An error answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    pub(super) code: u32,
    pub(super) message: String,
}

impl ApiError {
    pub(super) fn bad(code: u32, message: &str) -> ApiError {
        ApiError { status: StatusCode::BAD_REQUEST, code, message: message.to_owned() }
    }

    pub(super) fn not_found() -> ApiError {
        let message = "The requested resource was not found".to_owned();
        ApiError { status: StatusCode::NOT_FOUND, code: 20_404, message }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let more_info = format!("https://www.twilio.com/docs/errors/{}", self.code);
        let body = json!({
            "code": self.code,
            "message": self.message,
            "more_info": more_info,
            "status": self.status.as_u16(),
        });
        (self.status, Json(body)).into_response()
    }
}

/// Form parameters, repeated names kept.
pub(super) struct Form(pub(super) Vec<(String, String)>);

impl Form {
    fn one(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }

    fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn method(&self, name: &str) -> Result<Method, ApiError> {
        Method::parse(self.one(name))
            .ok_or_else(|| ApiError::bad(20_001, &format!("'{name}' must be GET or POST")))
    }

    fn number(&self, name: &str, most: u64) -> Result<Option<u64>, ApiError> {
        let Some(text) = self.one(name) else {
            return Ok(None);
        };
        match text.parse() {
            Ok(value) if (1..=most).contains(&value) => Ok(Some(value)),
            _ => {
                let message = format!("'{name}' must be a whole number from 1 to {most}");
                Err(ApiError::bad(20_001, &message))
            }
        }
    }

    fn twiml(&self) -> Result<Option<TwimlSource>, ApiError> {
        if let Some(url) = self.one("Url") {
            let fallback = match self.one("FallbackUrl") {
                Some(url) => {
                    let method = self.method("FallbackMethod")?;
                    Some((checked_url(url, 21_205)?, method))
                }
                None => None,
            };
            let method = self.method("Method")?;
            return Ok(Some(TwimlSource::Url { url: checked_url(url, 21_205)?, method, fallback }));
        }
        let Some(twiml) = self.one("Twiml") else {
            return Ok(None);
        };
        if twiml.chars().count() > TWIML_CHARS_MAX {
            return Err(ApiError::bad(21_225, "'Twiml' takes up to 4000 characters"));
        }
        Ok(Some(TwimlSource::Inline(twiml.to_owned())))
    }
}

/// Where a call's TwiML comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TwimlSource {
    Inline(String),
    Url { url: String, method: Method, fallback: Option<(String, Method)> },
}

/// A moment of a call of which the application is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Initiated,
    Ringing,
    Answered,
    Completed,
}

/// The parameters of "create call".
#[derive(Clone, Debug)]
pub(super) struct CallParams {
    pub(super) to: String,
    pub(super) from: String,
    pub(super) twiml: TwimlSource,
    pub(super) status_callback: Option<(String, Method)>,
    pub(super) events: Vec<Progress>,
    pub(super) timeout_s: u64,
    pub(super) time_limit_s: Option<u64>,
    pub(super) send_digits: Option<String>,
}

impl CallParams {
    pub(super) fn read(form: &Form) -> Result<CallParams, ApiError> {
        let to =
            form.one("To").ok_or_else(|| ApiError::bad(21_201, "No 'To' number is specified"))?;
        let from = form
            .one("From")
            .ok_or_else(|| ApiError::bad(21_213, "No 'From' number is specified"))?;
        if !is_e164(to) {
            return Err(ApiError::bad(21_211, "The 'To' number is not a valid phone number."));
        }
        if !is_e164(from) {
            return Err(ApiError::bad(21_212, "The 'From' number is not a valid phone number."));
        }
        let twiml = form
            .twiml()?
            .ok_or_else(|| ApiError::bad(21_205, "One of 'Url' and 'Twiml' is needed"))?;
        let method = form.method("StatusCallbackMethod")?;
        let status_callback = match form.one("StatusCallback") {
            Some(url) => Some((checked_url(url, 21_609)?, method)),
            None => None,
        };
        let send_digits = form.one("SendDigits").map(str::to_owned);
        if let Some(digits) = &send_digits
            && (digits.len() > SEND_DIGITS_MAX || !digits.chars().all(twiml::is_send_digit))
        {
            return Err(ApiError::bad(
                21_221,
                "'SendDigits' takes up to 32 of 0-9, A-D, *, #, w, W",
            ));
        }
        Ok(CallParams {
            to: to.to_owned(),
            from: from.to_owned(),
            twiml,
            status_callback,
            events: events(form)?,
            timeout_s: form.number("Timeout", TIMEOUT_S_MAX)?.unwrap_or(TIMEOUT_S_DEFAULT),
            time_limit_s: form.number("TimeLimit", TIME_LIMIT_S_MAX)?,
            send_digits,
        })
    }
}

fn events(form: &Form) -> Result<Vec<Progress>, ApiError> {
    let mut events = Vec::new();
    // The SDKs repeat the parameter; some callers write several names into one, separated by spaces.
    for name in form.all("StatusCallbackEvent").flat_map(str::split_whitespace) {
        events.push(match name {
            "initiated" => Progress::Initiated,
            "ringing" => Progress::Ringing,
            "answered" => Progress::Answered,
            "completed" => Progress::Completed,
            other => {
                let message = format!("'StatusCallbackEvent' does not know '{other}'");
                return Err(ApiError::bad(21_626, &message));
            }
        });
    }
    if events.is_empty() {
        events.push(Progress::Completed);
    }
    Ok(events)
}

/// The parameters of "update call".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Update {
    Complete,
    Cancel,
    Redirect(TwimlSource),
}

impl Update {
    pub(super) fn read(form: &Form) -> Result<Update, ApiError> {
        match form.one("Status") {
            Some("completed") => return Ok(Update::Complete),
            Some("canceled") => return Ok(Update::Cancel),
            Some(_) => {
                let message = "'Status' can only be set to 'completed' or 'canceled'";
                return Err(ApiError::bad(21_218, message));
            }
            None => {}
        }
        let twiml = form.twiml()?;
        twiml
            .map(Update::Redirect)
            .ok_or_else(|| ApiError::bad(20_001, "One of 'Status', 'Url' and 'Twiml' is needed"))
    }
}

/// `+` and up to fifteen digits, the first not 0 (ITU-T E.164 §6.2).
pub(super) fn is_e164(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or("");
    (8..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|digit| digit.is_ascii_digit())
}

/// An URL of a webhook: the simulator calls nobody outside this machine.
fn checked_url(text: &str, code: u32) -> Result<String, ApiError> {
    if super::webhook::is_local_http(text) {
        Ok(text.to_owned())
    } else {
        let message = "the simulated carrier only calls http:// URLs on the loopback interface";
        Err(ApiError::bad(code, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Form {
        Form(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
    }

    const GOOD: [(&str, &str); 3] =
        [("To", "+18002000140"), ("From", "+16142000134"), ("Url", "http://127.0.0.1:9/t")];

    #[test]
    fn defaults_are_twilios() {
        let params = CallParams::read(&form(&GOOD)).unwrap();
        assert_eq!((params.timeout_s, params.time_limit_s), (60, None));
        assert_eq!(params.events, [Progress::Completed]);
    }

    #[test]
    fn each_fault_has_its_code() {
        for (changes, code) in [
            (vec![("To", "")], 21_201),
            (vec![("To", "+0123456789")], 21_211),
            (vec![("To", "8002000140")], 21_211),
            (vec![("From", "")], 21_213),
            (vec![("From", "me")], 21_212),
            (vec![("Url", "")], 21_205),
            (vec![("Url", "http://example.com/")], 21_205),
            (vec![("StatusCallback", "ftp://127.0.0.1/")], 21_609),
            (vec![("StatusCallbackEvent", "answered often")], 21_626),
            (vec![("SendDigits", "12x")], 21_221),
            (vec![("Timeout", "601")], 20_001),
            (vec![("TimeLimit", "soon")], 20_001),
            (vec![("Method", "PUT")], 20_001),
        ] {
            let kept = GOOD.iter().filter(|(name, _)| changes.iter().all(|(n, _)| n != name));
            let pairs: Vec<_> = kept.copied().chain(changes.clone()).collect();
            let error = CallParams::read(&form(&pairs)).unwrap_err();
            assert_eq!(error.code, code, "{changes:?}");
        }
    }

    #[test]
    fn updates_are_read() {
        assert_eq!(Update::read(&form(&[("Status", "completed")])), Ok(Update::Complete));
        assert_eq!(Update::read(&form(&[("Status", "canceled")])), Ok(Update::Cancel));
        assert_eq!(Update::read(&form(&[("Status", "busy")])).unwrap_err().code, 21_218);
        assert_eq!(Update::read(&form(&[])).unwrap_err().code, 20_001);
        let redirect = Update::Redirect(TwimlSource::Inline("<Response/>".into()));
        assert_eq!(Update::read(&form(&[("Twiml", "<Response/>")])), Ok(redirect));
    }
}
